// Walks that compare the first part of a row, its head, before they fetch the rest: rows of rabitq2,
// rabitq4 and rabitq8. Most neighbours that a walk comes by are too far away, and a third of a
// rotated vector says so.
//
// The head of <q, x>, times w = |q|^2 / |head of q|^2, is off by w times what the part of x across q
// has in common with the head of q. Over rotations that is normal, with the standard deviation
// |q| |x| sin(angle) sqrt((w - 1) / n) of n elements. A row is left out where it would have to be off
// by more than two of these to be as near as the last of the candidates.
//
// Based on: J. Gao, C. Long, "High-dimensional approximate nearest neighbor search: with reliable and
// efficient distance comparison operations", SIGMOD 2023, doi:10.1145/3589282, arXiv:2303.09855
// (ADSampling: section 3, a test of hypothesis over the first elements of a rotated vector).
// Deviations: codes; one head, not heads that grow; the product is estimated, as the lengths are
// known, and along the query; and queries are rotated anyway.
#ifndef SL_HNSW_HEADS_H
#define SL_HNSW_HEADS_H

#include "hnsw/score.h"

// Prepares a scorer over rows of those codes for a query, and otherwise does nothing. Short rows have
// no head. O(dimension).
void sl_heads_query(const sl_store *store, sl_scorer *scorer);

// Keeps those of `count` slots whose key may be at most `limit`.
//   score   the store's; a scorer with a head
//   slots   read; the kept come to stand in front
//   keys    written: of the kept, as sl_score_found() says them
// Returns how many. Nearly always no more than one in forty that are as near as the limit is lost,
// and fewer of the nearer ones. O(count * dimension).
uint32_t sl_heads_sieve(sl_score score, const sl_scorer *scorer, uint32_t *slots, uint32_t count,
                        float limit, float *keys);

static inline bool sl_score_has_heads(sl_score score) {
  return score == SL_SCORE_RABITQ2 || score == SL_SCORE_RABITQ4 || score == SL_SCORE_RABITQ8;
}

#endif
