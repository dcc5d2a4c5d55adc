// Based on: NIST, "Secure Hash Standard", FIPS PUB 180-4, 2015, doi:10.6028/NIST.FIPS.180-4.
#include "crypto/sha512.h"

#include <string.h>

#include "crypto/endian.h"

static const uint64_t start[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                  0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                  0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

static const uint64_t constants[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817};

#define ROTATE(x, n) ((x) >> (n) | (x) << (64 - (n)))

// One round; its callers turn the names of the eight variables, so that none is moved. `w` is W_i + K_i.
#define ROUND(a, b, c, d, e, f, g, h, w)                                                           \
  do {                                                                                             \
    h += (w) + (ROTATE(e, 14) ^ ROTATE(e, 18) ^ ROTATE(e, 41)) + (g ^ (e & (f ^ g)));              \
    d += h;                                                                                        \
    h += (ROTATE(a, 28) ^ ROTATE(a, 34) ^ ROTATE(a, 39)) + ((a & b) | (c & (a | b)));              \
  } while (0)

// W_(i + 16) in the place of W_i; indices are taken modulo 16.
#define W(i) w[(i) & 15]
#define NEXT(i)                                                                                    \
  (w[i] += (ROTATE(W((i) + 1), 1) ^ ROTATE(W((i) + 1), 8) ^ W((i) + 1) >> 7) + W((i) + 9) +        \
           (ROTATE(W((i) + 14), 19) ^ ROTATE(W((i) + 14), 61) ^ W((i) + 14) >> 6))

#define EIGHT(word, i)                                                                             \
  do {                                                                                             \
    ROUND(a, b, c, d, e, f, g, h, word((i) + 0) + k[(i) + 0]);                                     \
    ROUND(h, a, b, c, d, e, f, g, word((i) + 1) + k[(i) + 1]);                                     \
    ROUND(g, h, a, b, c, d, e, f, word((i) + 2) + k[(i) + 2]);                                     \
    ROUND(f, g, h, a, b, c, d, e, word((i) + 3) + k[(i) + 3]);                                     \
    ROUND(e, f, g, h, a, b, c, d, word((i) + 4) + k[(i) + 4]);                                     \
    ROUND(d, e, f, g, h, a, b, c, word((i) + 5) + k[(i) + 5]);                                     \
    ROUND(c, d, e, f, g, h, a, b, word((i) + 6) + k[(i) + 6]);                                     \
    ROUND(b, c, d, e, f, g, h, a, word((i) + 7) + k[(i) + 7]);                                     \
  } while (0)

static void add_block(uint64_t *state, const uint8_t *block) {
  uint64_t a = state[0], b = state[1], c = state[2], d = state[3];
  uint64_t e = state[4], f = state[5], g = state[6], h = state[7];
  uint64_t w[16];
  const uint64_t *k = constants;
#define FIRST(i) (w[i] = sl_big64(block + 8 * (i)))
  EIGHT(FIRST, 0);
  EIGHT(FIRST, 8);
#undef FIRST
  for (k += 16; k < constants + 80; k += 16) {
    EIGHT(NEXT, 0);
    EIGHT(NEXT, 8);
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static void add_blocks(uint64_t *state, const uint8_t *blocks, size_t count) {
  for (size_t i = 0; i < count; i++) add_block(state, blocks + SL_SHA512_BLOCK_BYTES * i);
}

void sl_sha512_init(sl_sha512 *hash) {
  memcpy(hash->state, start, sizeof hash->state);
  hash->length = 0;
}

void sl_sha512_update(sl_sha512 *hash, const void *bytes, size_t count) {
  if (count == 0) return; // `bytes` may be null
  const uint8_t *from = bytes;
  size_t held = (size_t)(hash->length % SL_SHA512_BLOCK_BYTES);
  hash->length += count;
  if (held > 0) {
    size_t room = SL_SHA512_BLOCK_BYTES - held;
    size_t now = count < room ? count : room;
    memcpy(hash->block + held, from, now);
    if (now < room) return;
    add_blocks(hash->state, hash->block, 1);
    from += now;
    count -= now;
  }
  add_blocks(hash->state, from, count / SL_SHA512_BLOCK_BYTES);
  size_t rest = count % SL_SHA512_BLOCK_BYTES;
  memcpy(hash->block, from + (count - rest), rest);
}

void sl_sha512_final(sl_sha512 *hash, uint8_t *out) {
  size_t held = (size_t)(hash->length % SL_SHA512_BLOCK_BYTES);
  hash->block[held++] = 0x80;
  if (held > SL_SHA512_BLOCK_BYTES - 16) {
    memset(hash->block + held, 0, SL_SHA512_BLOCK_BYTES - held);
    add_blocks(hash->state, hash->block, 1);
    held = 0;
  }
  memset(hash->block + held, 0, SL_SHA512_BLOCK_BYTES - 8 - held);
  sl_put_big64(hash->block + SL_SHA512_BLOCK_BYTES - 8, hash->length * 8);
  add_blocks(hash->state, hash->block, 1);
  for (int i = 0; i < 8; i++) sl_put_big64(out + 8 * i, hash->state[i]);
}
