#include "hnsw/rerank.h"

#include <math.h>

#include "hnsw/codes.h"
#include "hnsw/levels.h"
#include "hnsw/model.h"

// A key of exact rows on the scale of the codes' keys: cosine codes have squared distances.
static double on_scale_of_codes(const sl_store *store, float key) {
  if (store->exact == SL_EXACT_RABITQ4) return key;
  return store->metric == SL_METRIC_COSINE ? 2 + 2 * (double)key : key;
}

float sl_rerank_key(const sl_store *store, const float *vector, const sl_scorer *scorer,
                    uint32_t slot, void *decoded) {
  if (store->exact == SL_EXACT_RABITQ4) return sl_levels_exact_key(store, scorer, slot);
  size_t n = sl_metric_padded(store->metric, store->dimension);
  const float *row = sl_store_vector(store, slot, decoded);
  return store->metric == SL_METRIC_EUCLIDEAN ? sl_squared1_f32(vector, row, n)
                                              : -sl_dot1_f32(vector, row, n);
}

bool sl_rerank_may_be_near(const sl_store *store, const sl_scorer *scorer, uint32_t slot, float key,
                           float worst) {
  // The exact key is rounded as well; its rows are codes of 11 bits or the vectors themselves.
  double limit = on_scale_of_codes(store, worst);
  return !(sl_code_key_least(store, scorer, slot, key) > limit + fabs(limit) * 0x1p-9);
}

bool sl_rerank(sl_hnsw *index, const float *vector, const sl_scorer *scorer, uint32_t k) {
  const sl_store *store = &index->store;
  if (store->exact == SL_EXACT_NONE || index->pool_count == 0) return false;
  bool bounded = sl_codes_have_tails(store->codes);
  uint64_t *pool = index->pool;
  uint64_t last = pool[index->pool_count - 1];
  uint32_t kept = 0;
  for (uint32_t i = 0; i < index->pool_count; i++) {
    // The best so far stand in front, in places that were read before.
    uint64_t entry = pool[i];
    uint32_t slot = sl_entry_slot(entry);
    if (bounded && kept == k) {
      float worst = sl_entry_key(k < SL_HEAP_FROM ? pool[k - 1] : pool[0]);
      if (!sl_rerank_may_be_near(store, scorer, slot, sl_entry_key(entry), worst)) continue;
    }
    float key = sl_rerank_key(store, vector, scorer, slot, index->decoded);
    index->scored++;
    sl_pool_keep(pool, &kept, k, sl_entry(key, slot));
  }
  if (k >= SL_HEAP_FROM) sl_pool_sort(pool, kept);
  index->pool_count = kept;
  if (!bounded || kept < k) return false;
  double least = sl_code_key_likely(store, scorer, sl_entry_slot(last), sl_entry_key(last));
  return least < on_scale_of_codes(store, sl_entry_key(pool[kept - 1]));
}

float sl_rerank_distance(const sl_store *store, float key, float query_factor) {
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
