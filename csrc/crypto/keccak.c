// Based on: NIST, "SHA-3 Standard: Permutation-Based Hash and Extendable-Output Functions", FIPS PUB
// 202, 2015, doi:10.6028/NIST.FIPS.202.
#include "crypto/keccak.h"

#include <string.h>

#include "base/bytes.h"

#include "crypto/keccak_round.h"

const uint64_t sl_keccak_constants[SL_KECCAK_ROUNDS] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

void sl_keccak_permute(uint64_t *lanes) {
  uint64_t a[SL_KECCAK_LANES], e[SL_KECCAK_LANES];
  memcpy(a, lanes, sizeof a);
  for (int round = 0; round < SL_KECCAK_ROUNDS; round += 2) {
    SL_KECCAK_ROUND(uint64_t, a, e, sl_keccak_constants[round]);
    SL_KECCAK_ROUND(uint64_t, e, a, sl_keccak_constants[round + 1]);
  }
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
