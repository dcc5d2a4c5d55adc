// Centre and widths of codes with tails (codes.h) and the codebook of product codes (product.h),
// learned from the vectors.
#ifndef SL_HNSW_LEARN_H
#define SL_HNSW_LEARN_H

#include "hnsw/rows.h"

// Learns centre and widths from the vectors as well as they are known, and codes all rows anew.
// Does nothing where nothing but the codes is known. The rows change: the caller marks it. O(used * dimension).
void sl_codes_learn(sl_store *store);

// The same when it is time: called with each new vector, which has been written to a slot.
void sl_codes_learn_when_due(sl_store *store, const float *newest);

#endif
