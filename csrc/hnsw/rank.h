// Keys of exact rows beside those of codes, and what both say in the terms of the metric.
#ifndef SL_HNSW_RANK_H
#define SL_HNSW_RANK_H

#include "hnsw/score.h"

// A key of exact rows on the scale of the codes' keys: cosine codes have squared distances.
double sl_rank_on_scale_of_codes(const sl_store *store, float key);

// The key of the exact row of a slot.
//   decoded  store->vector_bytes, written when needed
float sl_rank_key(const sl_store *store, const float *vector, const sl_scorer *scorer,
                  uint32_t slot, void *decoded);

// May the exact key of a slot be at most `worst`, another exact key, where the key of its code is
// `key`? Codes with tails only.
bool sl_rank_may_be_near(const sl_store *store, const sl_scorer *scorer, uint32_t slot, float key,
                         float worst);

// What a key of the pool says in the terms of the metric.
float sl_rank_distance(const sl_store *store, float key, float query_factor);

#endif
