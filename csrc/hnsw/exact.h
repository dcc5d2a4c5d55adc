// Exact rows, which results of codes are ranked again with, and the vector of a slot as well as it
// is known.
#ifndef SL_HNSW_EXACT_H
#define SL_HNSW_EXACT_H

#include "hnsw/rows.h"

// Writes the exact row of a slot, where there are exact rows. O(dimension).
void sl_store_write_exact(sl_store *store, uint32_t slot, const float *vector);

// The vector of a slot as well as it is known, as an encoded vector (without codes: the row).
//   buffer  store->vector_bytes, written when needed
const void *sl_store_vector(const sl_store *store, uint32_t slot, void *buffer);

// Of codes with tails: the vector of a slot where more than its code is known, in scratch or where
// it is kept, else NULL.
const float *sl_store_known_vector(const sl_store *store, uint32_t slot);

#endif
