#include "hnsw/rank.h"

#include <math.h>

#include "hnsw/codes.h"
#include "hnsw/exact.h"
#include "hnsw/levels.h"
#include "simd/distance_f32.h"

double sl_rank_on_scale_of_codes(const sl_store *store, float key) {
  if (store->exact == SL_EXACT_RABITQ4) return key;
  return store->metric == SL_METRIC_COSINE ? 2 + 2 * (double)key : key;
}

float sl_rank_key(const sl_store *store, const float *vector, const sl_scorer *scorer,
                  uint32_t slot, void *decoded) {
  if (store->exact == SL_EXACT_RABITQ4) return sl_levels_exact_key(store, scorer, slot);
  size_t n = sl_metric_padded(store->metric, store->dimension);
  const float *row = sl_store_vector(store, slot, decoded);
  return store->metric == SL_METRIC_EUCLIDEAN ? sl_squared1_f32(vector, row, n)
                                              : -sl_dot1_f32(vector, row, n);
}

bool sl_rank_may_be_near(const sl_store *store, const sl_scorer *scorer, uint32_t slot, float key,
                         float worst) {
  // The exact key is rounded as well; its rows are codes of 11 bits or the vectors themselves.
  double limit = sl_rank_on_scale_of_codes(store, worst), off = fabs(limit) * 0x1p-9;
  // Of cosine they are f32 products of vectors of about length 1, which say little of near ones.
  if (store->metric == SL_METRIC_COSINE) off += (store->dimension / 8 + 16) * 0x1p-23;
  return !(sl_code_key_least(store, scorer, slot, key) > limit + off);
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
