// Based on: NIST, "Secure Hash Standard", FIPS PUB 180-4, 2015, doi:10.6028/NIST.FIPS.180-4.
#include "crypto/sha256.h"

#include <string.h>

#include "crypto/endian.h"
#include "crypto/sha256_round.h"

const uint32_t sl_sha256_start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                     0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

const uint32_t sl_sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static void add_block(uint32_t *state, const uint8_t *block) {
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
  uint32_t w[16], ab, bc = b ^ c;
  const uint32_t *k = sl_sha256_constants;
#define FIRST(i) (w[i] = sl_big32(block + 4 * (i)))
  EIGHT(FIRST, 0);
  EIGHT(FIRST, 8);
#undef FIRST
  for (k += 16; k < sl_sha256_constants + 64; k += 16) {
    EIGHT(NEXT, 0);
    EIGHT(NEXT, 8);
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

void sl_sha256_blocks(uint32_t *state, const uint8_t *blocks, size_t count) {
  for (size_t i = 0; i < count; i++) add_block(state, blocks + SL_SHA256_BLOCK_BYTES * i);
}

void sl_sha256_init(sl_sha256 *hash) {
  memcpy(hash->state, sl_sha256_start, sizeof hash->state);
  hash->length = 0;
}

void sl_sha256_update(sl_sha256 *hash, const void *bytes, size_t count) {
  if (count == 0) return; // `bytes` may be null
  const uint8_t *from = bytes;
  size_t held = (size_t)(hash->length % SL_SHA256_BLOCK_BYTES);
  hash->length += count;
  if (held > 0) {
    size_t room = SL_SHA256_BLOCK_BYTES - held;
    size_t now = count < room ? count : room;
    memcpy(hash->block + held, from, now);
    if (now < room) return;
    sl_sha256_blocks(hash->state, hash->block, 1);
    from += now;
    count -= now;
  }
  sl_sha256_blocks(hash->state, from, count / SL_SHA256_BLOCK_BYTES);
  size_t rest = count % SL_SHA256_BLOCK_BYTES;
  memcpy(hash->block, from + (count - rest), rest);
}

void sl_sha256_final(sl_sha256 *hash, uint8_t *out) {
  size_t held = (size_t)(hash->length % SL_SHA256_BLOCK_BYTES);
  hash->block[held++] = 0x80;
  if (held > SL_SHA256_BLOCK_BYTES - 8) {
    memset(hash->block + held, 0, SL_SHA256_BLOCK_BYTES - held);
    sl_sha256_blocks(hash->state, hash->block, 1);
    held = 0;
  }
  memset(hash->block + held, 0, SL_SHA256_BLOCK_BYTES - 8 - held);
  sl_put_big64(hash->block + SL_SHA256_BLOCK_BYTES - 8, hash->length * 8);
  sl_sha256_blocks(hash->state, hash->block, 1);
  for (int i = 0; i < 8; i++) sl_put_big32(out + 4 * i, hash->state[i]);
}

void sl_sha256_of(const void *bytes, size_t count, uint8_t *out) {
  sl_sha256 hash;
  sl_sha256_init(&hash);
  sl_sha256_update(&hash, bytes, count);
  sl_sha256_final(&hash, out);
}
