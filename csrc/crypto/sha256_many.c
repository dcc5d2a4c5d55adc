// Based on: S. Gueron, V. Krasnov, "Simultaneous hashing of multiple messages", J. Information Security
// 2012, doi:10.4236/jis.2012.34039: a lane of every vector belongs to one message.
#include "crypto/sha256_many.h"

#include <string.h>

#include "crypto/endian.h"
#include "crypto/sha256_round.h"

// A message cut into blocks. Whole blocks lie in the message, but for the first one behind a prefix; the
// last one or two, with the padding, are here.
typedef struct blocks {
  const uint8_t *message;
  size_t before; // bytes of the prefix: 0 or 1
  size_t whole, all;
  uint8_t first[SL_SHA256_BLOCK_BYTES];
  uint8_t last[2 * SL_SHA256_BLOCK_BYTES];
} blocks;

static void cut(blocks *b, int prefix, const uint8_t *message, size_t count) {
  b->message = message;
  b->before = prefix != SL_SHA256_NO_PREFIX;
  const size_t length = count + b->before;
  const size_t rest = length % SL_SHA256_BLOCK_BYTES;
  const size_t padded = rest < SL_SHA256_BLOCK_BYTES - 8 ? 1 : 2;
  b->whole = length / SL_SHA256_BLOCK_BYTES;
  b->all = b->whole + padded;
  uint8_t *begin = b->whole > 0 ? b->first : b->last;
  memset(b->last, 0, sizeof b->last);
  if (b->before) begin[0] = (uint8_t)prefix;
  if (b->before && b->whole > 0) memcpy(b->first + 1, message, SL_SHA256_BLOCK_BYTES - 1);
  const size_t skipped = b->whole > 0 ? 0 : b->before;
  if (rest > skipped)
    memcpy(b->last + skipped, message + (count - (rest - skipped)), rest - skipped);
  b->last[rest] = 0x80;
  sl_put_big64(b->last + padded * SL_SHA256_BLOCK_BYTES - 8, (uint64_t)length * 8);
}

static const uint8_t *block(const blocks *b, size_t i) {
  if (i >= b->whole) return b->last + SL_SHA256_BLOCK_BYTES * (i - b->whole);
  if (i == 0 && b->before) return b->first;
  return b->message + (SL_SHA256_BLOCK_BYTES * i - b->before);
}

// The blocks of one message from `i` on, and the digest.
static void finish(const blocks *b, size_t i, uint32_t *state, uint8_t *out) {
  for (; i < b->all; i++) sl_sha256_blocks(state, block(b, i), 1);
  for (int k = 0; k < 8; k++) sl_put_big32(out + 4 * k, state[k]);
}

static void one(int prefix, const uint8_t *message, size_t count, uint8_t *out) {
  blocks b;
  uint32_t state[8];
  cut(&b, prefix, message, count);
  memcpy(state, sl_sha256_start, sizeof state);
  finish(&b, 0, state, out);
}

// Without vectors the four would only be in each other's way.
#if !defined(__wasm__) || defined(__wasm_simd128__)
#define LANES 4

typedef uint32_t lanes __attribute__((vector_size(16)));

static void add_four(lanes *state, const uint8_t *const *at) {
  lanes a = state[0], b = state[1], c = state[2], d = state[3];
  lanes e = state[4], f = state[5], g = state[6], h = state[7];
  lanes w[16], ab, bc = b ^ c;
  const uint32_t *k = sl_sha256_constants;
#define FIRST(i)                                                                                   \
  (w[i] = (lanes){sl_big32(at[0] + 4 * (i)), sl_big32(at[1] + 4 * (i)), sl_big32(at[2] + 4 * (i)), \
                  sl_big32(at[3] + 4 * (i))})
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

static void four(int prefix, const uint8_t *const *messages, const size_t *counts, uint8_t *out) {
  blocks b[LANES];
  lanes state[8];
  size_t common = SIZE_MAX;
  for (int i = 0; i < LANES; i++) {
    cut(&b[i], prefix, messages[i], counts[i]);
    if (b[i].all < common) common = b[i].all;
  }
  for (int k = 0; k < 8; k++)
    state[k] =
        (lanes){sl_sha256_start[k], sl_sha256_start[k], sl_sha256_start[k], sl_sha256_start[k]};
  for (size_t i = 0; i < common; i++) {
    const uint8_t *at[LANES] = {block(&b[0], i), block(&b[1], i), block(&b[2], i), block(&b[3], i)};
    add_four(state, at);
  }
  for (int i = 0; i < LANES; i++) {
    uint32_t mine[8];
    for (int k = 0; k < 8; k++) mine[k] = state[k][i];
    finish(&b[i], common, mine, out + SL_SHA256_BYTES * (size_t)i);
  }
}
#endif

void sl_sha256_many(int prefix, const uint8_t *messages, const uint32_t *offsets, size_t count,
                    uint8_t *out) {
  size_t i = 0;
#ifdef LANES
  for (; i + LANES <= count; i += LANES) {
    const uint8_t *each[LANES];
    size_t counts[LANES];
    for (size_t k = 0; k < LANES; k++) {
      each[k] = messages + offsets[i + k];
      counts[k] = offsets[i + k + 1] - offsets[i + k];
    }
    four(prefix, each, counts, out + SL_SHA256_BYTES * i);
  }
#endif
  for (; i < count; i++)
    one(prefix, messages + offsets[i], offsets[i + 1] - offsets[i], out + SL_SHA256_BYTES * i);
}

void sl_sha256_many_equal(int prefix, const uint8_t *messages, size_t each, size_t count,
                          uint8_t *out) {
  size_t i = 0;
#ifdef LANES
  const size_t counts[LANES] = {each, each, each, each};
  for (; i + LANES <= count; i += LANES) {
    const uint8_t *from = messages + each * i;
    const uint8_t *at[LANES] = {from, from + each, from + 2 * each, from + 3 * each};
    four(prefix, at, counts, out + SL_SHA256_BYTES * i);
  }
#endif
  for (; i < count; i++) one(prefix, messages + each * i, each, out + SL_SHA256_BYTES * i);
}
