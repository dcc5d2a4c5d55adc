// The codebook of product codes and the share of their error (product.h), learned from the vectors: a
// part of learn.c.
#ifndef SL_HNSW_PRODUCT_LEARN_H
#define SL_HNSW_PRODUCT_LEARN_H

#include "hnsw/rows.h"

// Learns the other set's codebook and share from the known vectors, whose centre stands there.
// O(vectors looked at * dimension): at most 4096 of them, and fewer where they are long.
void sl_pq_learn(sl_store *store);

#endif
