// Based on: NIST, "SHA-3 Standard: Permutation-Based Hash and Extendable-Output Functions", FIPS PUB
// 202, 2015, doi:10.6028/NIST.FIPS.202; G. Bertoni, J. Daemen, M. Peeters, G. Van Assche, R. Van Keer, "Keccak
// implementation overview", version 3.2, 2012.
#include "crypto/keccak.h"

#include <string.h>

#include "base/bytes.h"

#define ROUNDS 24

static const uint64_t constants[ROUNDS] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

#define ROTATE(x, n) ((x) << (n) | (x) >> (64 - (n)))

// theta: the parity of column x.
#define PARITY(x) (a[x] ^ a[(x) + 5] ^ a[(x) + 10] ^ a[(x) + 15] ^ a[(x) + 20])

// The end of theta, rho and pi for one plane: lanes i0..i4 become b0..b4.
#define PLANE(i0, r0, i1, r1, i2, r2, i3, r3, i4, r4)                                              \
  do {                                                                                             \
    b0 = a[i0] ^ d[(i0) % 5], b1 = a[i1] ^ d[(i1) % 5], b2 = a[i2] ^ d[(i2) % 5];                  \
    b3 = a[i3] ^ d[(i3) % 5], b4 = a[i4] ^ d[(i4) % 5];                                            \
    if (r0 > 0) b0 = ROTATE(b0, r0 > 0 ? r0 : 1);                                                  \
    b1 = ROTATE(b1, r1), b2 = ROTATE(b2, r2), b3 = ROTATE(b3, r3), b4 = ROTATE(b4, r4);            \
  } while (0)

// chi of one plane.
#define CHI(to, e0, e1, e2, e3, e4)                                                                \
  do {                                                                                             \
    e[to] = (e0), e[(to) + 1] = (e1), e[(to) + 2] = (e2), e[(to) + 3] = (e3), e[(to) + 4] = (e4);  \
  } while (0)

// Six lanes are held as their complements, so that chi, b ^ (~c & d) everywhere, needs 8 complements instead
// of 25 (the overview, section 2.2). Every round leaves the same six that way.
static void complement(uint64_t *a) {
  a[1] = ~a[1], a[2] = ~a[2], a[8] = ~a[8], a[12] = ~a[12], a[17] = ~a[17], a[20] = ~a[20];
}

void sl_keccak_permute(uint64_t *lanes) {
  // Indices are constants: compilers keep lanes in registers as far as those reach. One round a turn: with
  // two or more, engines of WebAssembly spill so much that a round takes a fifth longer.
  uint64_t a[SL_KECCAK_LANES], e[SL_KECCAK_LANES], b0, b1, b2, b3, b4;
  memcpy(a, lanes, sizeof a);
  complement(a);
  for (int round = 0; round < ROUNDS; round++) {
    const uint64_t c0 = PARITY(0), c1 = PARITY(1), c2 = PARITY(2), c3 = PARITY(3), c4 = PARITY(4);
    const uint64_t d[5] = {c4 ^ ROTATE(c1, 1), c0 ^ ROTATE(c2, 1), c1 ^ ROTATE(c3, 1),
                           c2 ^ ROTATE(c4, 1), c3 ^ ROTATE(c0, 1)};
    PLANE(0, 0, 6, 44, 12, 43, 18, 21, 24, 14);
    CHI(0, b0 ^ (b1 | b2) ^ constants[round], b1 ^ (~b2 | b3), b2 ^ (b3 & b4), b3 ^ (b4 | b0),
        b4 ^ (b0 & b1));
    PLANE(3, 28, 9, 20, 10, 3, 16, 45, 22, 61);
    CHI(5, b0 ^ (b1 | b2), b1 ^ (b2 & b3), b2 ^ (b3 | ~b4), b3 ^ (b4 | b0), b4 ^ (b0 & b1));
    PLANE(1, 1, 7, 6, 13, 25, 19, 8, 20, 18);
    CHI(10, b0 ^ (b1 | b2), b1 ^ (b2 & b3), b2 ^ (~b3 & b4), ~b3 ^ (b4 | b0), b4 ^ (b0 & b1));
    PLANE(4, 27, 5, 36, 11, 10, 17, 15, 23, 56);
    CHI(15, b0 ^ (b1 & b2), b1 ^ (b2 | b3), b2 ^ (~b3 | b4), ~b3 ^ (b4 & b0), b4 ^ (b0 | b1));
    PLANE(2, 62, 8, 55, 14, 39, 15, 41, 21, 2);
    CHI(20, b0 ^ (~b1 & b2), ~b1 ^ (b2 | b3), b2 ^ (b3 & b4), b3 ^ (b4 | b0), b4 ^ (b0 & b1));
    memcpy(a, e, sizeof a);
  }
  complement(a);
  memcpy(lanes, a, sizeof a);
}

void sl_keccak_init(sl_keccak *hash, uint32_t rate, uint32_t suffix) {
  memset(hash, 0, sizeof *hash);
  hash->rate = rate;
  hash->suffix = suffix;
}

// The state as bytes: lanes are little-endian, as this machine is (base/bytes.h).
static uint8_t *bytes_of(sl_keccak *hash) { return (uint8_t *)hash->lanes; }

// Bytes `at`.. of the block.
static void add(sl_keccak *hash, const uint8_t *bytes, size_t count) {
  uint8_t *to = bytes_of(hash) + hash->at;
  for (size_t i = 0; i < count; i++) to[i] ^= bytes[i];
  hash->at += (uint32_t)count;
}

void sl_keccak_update(sl_keccak *hash, const void *bytes, size_t count) {
  if (count == 0) return; // `bytes` may be null
  const uint8_t *from = bytes;
  if (hash->at > 0) {
    size_t room = hash->rate - hash->at;
    size_t now = count < room ? count : room;
    add(hash, from, now);
    from += now;
    count -= now;
    if (hash->at < hash->rate) return;
    sl_keccak_permute(hash->lanes);
    hash->at = 0;
  }
  for (; count >= hash->rate; from += hash->rate, count -= hash->rate) {
    for (uint32_t i = 0; i < hash->rate / 8; i++)
      hash->lanes[i] ^= sl_get_u64(from + 8 * (size_t)i);
    sl_keccak_permute(hash->lanes);
  }
  add(hash, from, count);
}

void sl_keccak_squeeze(sl_keccak *hash, uint8_t *out, size_t count) {
  if (!hash->squeezing) {
    bytes_of(hash)[hash->at] ^= (uint8_t)hash->suffix;
    bytes_of(hash)[hash->rate - 1] ^= 0x80;
    hash->squeezing = true;
    hash->at = hash->rate; // the block is used up
  }
  while (count > 0) {
    if (hash->at == hash->rate) {
      sl_keccak_permute(hash->lanes);
      hash->at = 0;
    }
    size_t room = hash->rate - hash->at;
    size_t now = count < room ? count : room;
    memcpy(out, bytes_of(hash) + hash->at, now);
    hash->at += (uint32_t)now;
    out += now;
    count -= now;
  }
}
