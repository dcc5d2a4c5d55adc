// The second pass of an index of codes: candidates ranked again with their exact rows.
#ifndef SL_HNSW_RERANK_H
#define SL_HNSW_RERANK_H

#include "hnsw/graph.h"
#include "hnsw/model.h"

// How many candidates a search for k is to find, with `ef` kept on the way: all of them where there
// are exact rows to rank them again with, since no code knows by how many places it is wrong.
static inline uint32_t sl_rerank_depth(const sl_store *store, uint32_t k, uint32_t ef) {
  return store->exact == SL_EXACT_NONE || ef < k ? k : ef;
}

// The fewest candidates that are worth ranking again: of no more than k, codes of some bits would
// always be unsure whether the k-th is right.
static inline uint32_t sl_rerank_least(const sl_store *store, uint32_t k) {
  bool more = sl_codes_levels(store->codes) > 0 && store->exact != SL_EXACT_NONE;
  return more && k < UINT32_MAX / 2 ? 2 * k : k;
}

// Ranks the pool (ascending keys of codes) again and leaves its k best. Rows whose codes prove them
// too far away are not looked at.
//   vector  the query, encoded
//   scorer  of the query, as the pool was found with it
// Returns whether the pool was cut within what the codes are off by: its last entry may belong to a
// vector that is nearer than the k-th best, and so may others behind it.
// Nothing happens without exact rows. O(pool * dimension) at most.
bool sl_rerank(sl_hnsw *index, const float *vector, const sl_scorer *scorer, uint32_t k);

#endif
