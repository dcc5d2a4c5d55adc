// Scorers over the rows of a store: how near the vectors of slots are to one vector.
#ifndef SL_HNSW_SCORER_H
#define SL_HNSW_SCORER_H

#include "hnsw/score.h"

// A scorer for an encoded vector.
//   buffer  store->query_bytes, written for codes and sketches; must live as long as the scorer
sl_scorer sl_scorer_make(const sl_store *store, const void *vector, unsigned char *buffer);

// A scorer for what stands in a slot; `buffer` as above.
sl_scorer sl_scorer_of_slot(const sl_store *store, uint32_t slot, unsigned char *buffer);

// The same in two parts, for several slots in turn: over the rows, and then for each slot.
sl_scorer sl_scorer_over(const sl_store *store);
void sl_scorer_turn(const sl_store *store, uint32_t slot, unsigned char *buffer, sl_scorer *scorer);

#endif
