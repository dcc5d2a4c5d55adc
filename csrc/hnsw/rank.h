// Keys of exact rows beside those of codes, and what both say in the terms of the metric.
#ifndef SL_HNSW_RANK_H
#define SL_HNSW_RANK_H

#include "hnsw/score.h"

// A key of exact rows on the scale of the codes' keys: cosine codes have squared distances.
double sl_rank_on_scale_of_codes(const sl_store *store, float key);

// Keeps the k best of `count` slots by their exact rows, and of those that are in the pool already.
// Exact rows are not looked at where the keys of the codes prove that they are too far away.
//   vector, scorer  the query, encoded
//   keys            of the codes, by which the slots are best sorted
//   pool, kept      as of sl_pool_keep(), which fills it
//   decoded         store->vector_bytes, written when needed
// Returns how many exact rows were compared. Exact rows only. O(count * dimension) at most.
//
// Based on: the search of arXiv:2405.12497, section 4: an exact distance is computed where the lower
// bound of the estimate is below the k-th best so far, so that the bound decides how many.
uint32_t sl_rank_near(const sl_store *store, const float *vector, const sl_scorer *scorer,
                      uint32_t k, const uint32_t *slots, const float *keys, uint32_t count,
                      uint64_t *pool, uint32_t *kept, void *decoded);

// What a key of the pool says in the terms of the metric.
float sl_rank_distance(const sl_store *store, float key, float query_factor);

#endif
