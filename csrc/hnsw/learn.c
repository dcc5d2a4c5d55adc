#include "hnsw/learn.h"

#include <math.h>
#include <string.h>

#include "hnsw/codes.h"
#include "hnsw/exact.h"
#include "hnsw/model.h"
#include "hnsw/product_learn.h"

// Numbers that are coded anew in the middle of an addition.
enum { LEARN_NUMBERS = 1 << 22 };

// Centre: the mean. Widths: square roots of the largest differences, relative to the largest of
// all. A row's error in a dimension is in proportion to its width, the query's to one over it: the
// root shares a range of 100 between dimensions evenly between the two.
static void learn_model(sl_store *store, float *model) {
  uint32_t n = store->dimension, seen = 0;
  float *centre = model + 1, *widths = centre + n, most = 0;
  memset(centre, 0, 2 * (size_t)n * sizeof *model);
  for (uint32_t slot = 0; slot < store->used; slot++) {
    if (store->states[slot] != SL_SLOT_LIVE) continue;
    const float *x = sl_store_known_vector(store, slot);
    float share = 1 / (float)++seen;
    for (uint32_t i = 0; i < n; i++) centre[i] += (x[i] - centre[i]) * share;
  }
  for (uint32_t slot = 0; slot < store->used; slot++) {
    if (store->states[slot] != SL_SLOT_LIVE) continue;
    const float *x = sl_store_known_vector(store, slot);
    for (uint32_t i = 0; i < n; i++) {
      float d = fabsf(x[i] - centre[i]);
      widths[i] = widths[i] < d ? d : widths[i];
      most = most < d ? d : most;
    }
  }
  for (uint32_t i = 0; i < n; i++) {
    float width = most > 0 ? sqrtf(widths[i] / most) : 1;
    widths[i] = width > SL_LEAST_WIDTH ? width : SL_LEAST_WIDTH;
  }
  model[0] = most;
  store->learned = seen;
}

void sl_codes_learn(sl_store *store) {
  bool early = store->early_rows >= store->used;
  // Codes that are made from codes lose more each time.
  bool known = early || store->exact == SL_EXACT_FLOAT16 || store->exact == SL_EXACT_FLOAT32;
  if (store->live == 0 || !known) return;
  float *next = sl_model_set(store, true);
  size_t bytes = store->dimension * sizeof(float);
  // Signs say too little to measure from: float16 rows beside them keep their first origin, unless
  // the vectors themselves are here.
  bool moves = early || (store->codes == SL_CODES_INT8 && store->exact == SL_EXACT_FLOAT16);
  learn_model(store, next);
  memcpy(next + 1 + 2 * (size_t)store->dimension, early ? next + 1 : sl_model_origin(store), bytes);
  if (store->codes == SL_CODES_PRODUCT) sl_pq_learn(store);
  for (uint32_t slot = 0; slot < store->used; slot++) {
    if (store->states[slot] == SL_SLOT_FREE) continue;
    const float *vector = sl_store_known_vector(store, slot);
    store->second_model = !store->second_model;
    sl_code_write(store, vector, sl_store_row(store, slot));
    if (moves) sl_store_write_exact(store, slot, vector);
    store->second_model = !store->second_model;
  }
  store->second_model = !store->second_model;
  sl_codes_weigh(store);
  store->recodings++;
}

// The first vector of all, when no early vectors are kept any more.
static void learn_one(sl_store *store, const float *vector) {
  uint32_t slot = store->used - 1, n = store->dimension;
  memcpy(sl_model_centre(store), vector, n * sizeof(float));
  memcpy(sl_model_origin(store), vector, n * sizeof(float));
  sl_code_write(store, vector, sl_store_row(store, slot));
  sl_store_write_exact(store, slot, vector);
  store->learned = 1;
  store->recodings++;
}

void sl_codes_learn_when_due(sl_store *store, const float *newest) {
  uint32_t count = store->live;
  if (count == 1 && store->used == 1) {
    if (store->early_rows > 0) {
      sl_codes_learn(store);
    } else {
      learn_one(store, newest);
    }
    return;
  }
  bool full = store->early_limit > 0 && store->used == store->early_limit;
  bool grown = count >= 4 * (uint64_t)store->learned &&
               (uint64_t)store->used * store->dimension <= LEARN_NUMBERS;
  if (full || grown) sl_codes_learn(store);
  if (full) sl_codes_drop_early(store);
}
