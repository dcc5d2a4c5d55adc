#include "hnsw/rank.h"

#include <math.h>

#include "hnsw/codes.h"
#include "hnsw/exact.h"
#include "hnsw/levels.h"
#include "hnsw/model.h"
#include "simd/distance_f32.h"

double sl_rank_on_scale_of_codes(const sl_store *store, float key) {
  if (store->exact == SL_EXACT_RABITQ4) return key;
  return store->metric == SL_METRIC_COSINE ? 2 + 2 * (double)key : key;
}

// The keys of the exact rows of four slots, all of which are on their way from memory before the
// first is needed.
static void rank4(const sl_store *store, const float *vector, const sl_scorer *scorer,
                  const uint32_t slots[4], void *decoded, float keys[4]) {
  uint32_t bytes = store->exact_bytes < SL_TOUCH_MOST ? store->exact_bytes : SL_TOUCH_MOST;
  for (int r = 0; r < 4; r++) sl_touch(sl_store_exact(store, slots[r]), bytes);
  if (store->exact == SL_EXACT_RABITQ4) {
    sl_levels_exact_keys(store, scorer, slots, keys);
    return;
  }
  size_t n = sl_metric_padded(store->metric, store->dimension);
  for (int r = 0; r < 4; r++) {
    if (r > 0 && slots[r] == slots[r - 1]) {
      keys[r] = keys[r - 1];
      continue;
    }
    const float *row = sl_store_vector(store, slots[r], decoded);
    keys[r] = store->metric == SL_METRIC_EUCLIDEAN ? sl_squared1_f32(vector, row, n)
                                                   : -sl_dot1_f32(vector, row, n);
  }
}

// May the exact key of a slot be at most `worst`, another exact key, where the key of its code is
// `key`?
static bool may_be_near(const sl_store *store, const sl_scorer *scorer, uint32_t slot, float key,
                        float worst) {
  // The exact key is rounded as well; its rows are codes of 11 bits or the vectors themselves.
  double limit = sl_rank_on_scale_of_codes(store, worst), off = fabs(limit) * 0x1p-9;
  // Of cosine they are f32 products of vectors of about length 1, which say little of near ones.
  if (store->metric == SL_METRIC_COSINE) off += (store->dimension / 8 + 16) * 0x1p-23;
  return !(sl_code_key_least(store, scorer, slot, key) > limit + off);
}

uint32_t sl_rank_near(const sl_store *store, const float *vector, const sl_scorer *scorer,
                      uint32_t k, const uint32_t *slots, const float *keys, uint32_t count,
                      uint64_t *pool, uint32_t *kept, void *decoded) {
  bool bounded = sl_codes_have_tails(store->codes);
  uint32_t looked = 0;
  for (uint32_t i = 0; i < count;) {
    uint32_t four[4], n = 0;
    float coded[4], exact[4];
    // Four at a time; what the first of them moves the limit to counts for the others.
    for (float worst = sl_pool_limit(pool, *kept, k); i < count && n < 4; i++) {
      if (bounded && *kept == k && !may_be_near(store, scorer, slots[i], keys[i], worst)) continue;
      coded[n] = keys[i];
      four[n++] = slots[i];
    }
    if (n == 0) break;
    for (uint32_t r = n; r < 4; r++) four[r] = four[n - 1];
    rank4(store, vector, scorer, four, decoded, exact);
    looked += n;
    for (uint32_t r = 0; r < n; r++) {
      float worst = sl_pool_limit(pool, *kept, k);
      if (bounded && *kept == k && !may_be_near(store, scorer, four[r], coded[r], worst)) continue;
      sl_pool_keep(pool, kept, k, sl_entry(exact[r], four[r]));
    }
  }
  return looked;
}

float sl_rank_distance(const sl_store *store, float key, float query_factor) {
  bool of_codes = store->exact == SL_EXACT_NONE || store->exact == SL_EXACT_RABITQ4;
  if (store->codes != SL_CODES_NONE && of_codes) {
    // The angle that a share of differing signs stands for.
    if (store->codes == SL_CODES_BINARY) {
      return (float)(1 - cos(3.14159265358979323846 * (double)key / store->dimension));
    }
    if (store->metric != SL_METRIC_DOT && key < 0) key = 0; // rounding of codes
    if (store->metric == SL_METRIC_COSINE) return key / 2;  // squared, of vectors of length 1
  }
  return sl_metric_distance(store->metric, key, query_factor, store->curvature);
}
