#include "hnsw/exact.h"

#include <math.h>
#include <string.h>

#include "hnsw/codes.h"
#include "hnsw/levels.h"
#include "hnsw/model.h"
#include "quant/float16.h"

// What 16-bit exact rows are measured from: what an int8 code stands for, which leaves a 250th of
// the vector to be written with 11 bits; beside signs the origin; otherwise zero.
static void read_base(const sl_store *store, uint32_t slot, float *base) {
  const float *origin = sl_codes_origin(store);
  if (store->codes == SL_CODES_INT8) {
    sl_code_read(store, sl_store_row(store, slot), base);
  } else if (origin != NULL) {
    memcpy(base, origin, sizeof *base * store->dimension);
  } else {
    memset(base, 0, sizeof *base * store->dimension);
  }
}

void sl_store_write_exact(sl_store *store, uint32_t slot, const float *vector) {
  if (store->exact == SL_EXACT_NONE) return;
  unsigned char *exact = sl_store_exact(store, slot);
  uint32_t n = store->dimension;
  if (store->exact == SL_EXACT_FLOAT32) {
    memcpy(exact, vector, 4 * (size_t)n);
    return;
  }
  if (store->exact == SL_EXACT_RABITQ4) {
    sl_levels_write_exact(store, slot, sl_code_centred(store, vector, sl_codes_bits(store)));
    return;
  }
  const float *rest = vector;
  float most = 0;
  if (sl_codes_have_tails(store->codes)) {
    float *difference = sl_codes_scratch(store);
    read_base(store, slot, difference);
    for (uint32_t i = 0; i < n; i++) difference[i] = vector[i] - difference[i];
    rest = difference;
  }
  for (uint32_t i = 0; i < n; i++) most = most < fabsf(rest[i]) ? fabsf(rest[i]) : most;
  memset(exact, 0, store->exact_bytes);
  memcpy(exact, &most, sizeof most);
  uint16_t *halves = (uint16_t *)(exact + sizeof most);
  for (uint32_t i = 0; i < n && most > 0; i++) halves[i] = sl_float16_from_f32(rest[i] / most);
}

// What an exact row says.
static void read_exact(const sl_store *store, uint32_t slot, float *vector) {
  const unsigned char *exact = sl_store_exact(store, slot);
  uint32_t n = store->dimension;
  if (store->exact == SL_EXACT_FLOAT32) {
    memcpy(vector, exact, 4 * (size_t)n);
    return;
  }
  if (store->exact == SL_EXACT_RABITQ4) {
    float *x = sl_codes_scratch(store);
    sl_levels_read_exact(store, slot, x);
    sl_code_turn_back(store, x, vector);
    return;
  }
  enum { BLOCK = 64 };
  float most, rest[BLOCK];
  memcpy(&most, exact, sizeof most);
  read_base(store, slot, vector);
  const uint16_t *halves = (const uint16_t *)(exact + sizeof most);
  for (uint32_t i = 0; i < n; i += BLOCK) {
    uint32_t count = n - i < BLOCK ? n - i : BLOCK;
    sl_float16_decode(halves + i, count, rest);
    for (uint32_t j = 0; j < count; j++) vector[i + j] += most * rest[j];
  }
}

const void *sl_store_vector(const sl_store *store, uint32_t slot, void *buffer) {
  const unsigned char *row = sl_store_row(store, slot);
  if (store->codes == SL_CODES_NONE) return row;
  float *vector = buffer;
  uint32_t n = store->dimension;
  // Exact rows have no padding.
  if (store->exact == SL_EXACT_FLOAT32 && store->exact_bytes == store->vector_bytes) {
    return sl_store_exact(store, slot);
  }
  memset(buffer, 0, store->vector_bytes);
  if (store->exact != SL_EXACT_NONE) {
    read_exact(store, slot, vector);
  } else if (store->codes == SL_CODES_BINARY) {
    // Signs alone: a vector of length 1 in their direction.
    float size = (float)(1 / sqrt((double)n));
    for (uint32_t i = 0; i < n; i++) vector[i] = row[i / 8] >> (i % 8) & 1 ? size : -size;
  } else {
    sl_code_read(store, row, vector);
  }
  return buffer;
}

const float *sl_store_known_vector(const sl_store *store, uint32_t slot) {
  if (slot < store->early_rows) return store->early + (size_t)slot * store->dimension;
  if (store->exact == SL_EXACT_NONE) return NULL;
  return sl_store_vector(store, slot, sl_codes_read_buffer(store));
}
