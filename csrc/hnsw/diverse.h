// Results that differ from each other.
//
// Based on: J. Carbonell, J. Goldstein, "The use of MMR, diversity-based reranking for reordering
// documents and producing summaries", SIGIR 1998, doi:10.1145/290941.291025. Deviation: distances
// take the place of similarities, so that it is there for every metric. Where similarity is 1 minus
// the distance, or the negated distance, the choice is the paper's.
#ifndef SL_HNSW_DIVERSE_H
#define SL_HNSW_DIVERSE_H

#include "hnsw/store.h"

// Chooses k of `count` results of a search. The first is the nearest; each further one has the
// least
//
//   (1 - diversity) * its distance - diversity * its distance from the nearest chosen before
//
// and among equal ones the least distance, so that 0 keeps the nearest, and 1 looks at nothing but how far apart they are.
//   ids, distances   count, read and written: the chosen come to stand in front, in the order in
//                    which they were chosen; what stands behind them has no meaning
//   diversity        0 to 1
//   Errors: ERR_ARGUMENT (diversity out of its domain), ERR_INDEX (an id that is not there),
//   ERR_MEMORY. Takes count vectors of scratch. O(k * count * dimension).
sl_status sl_diversify(const sl_store *store, uint32_t *ids, float *distances, uint32_t count,
                       uint32_t k, double diversity);

#endif
