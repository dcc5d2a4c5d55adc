// Rows that are the first elements of vectors, a part of store.c. Embeddings that are trained for it
// say most in their first elements; all of a vector stands in its exact row.
//
// Keys are those of the metric between prefixes: squared distances, negated inner products, and
// under cosine inner products of prefixes scaled to length 1. The sum over all elements of such a
// vector is 1, but that over its first ones is not: scaled, a prefix is compared as an embedding of
// so many dimensions would be. A prefix of zeros has no direction under cosine, and a key of 0.
//
// Based on: A. Kusupati et al., "Matryoshka representation learning", NeurIPS 2022,
// arXiv:2205.13147, section 4.3: a shortlist by a prefix, ranked again by whole vectors.
#ifndef SL_HNSW_PREFIX_H
#define SL_HNSW_PREFIX_H

#include "hnsw/rows.h"

// Sizes of a store whose metric, dimension and prefix are set.
void sl_prefix_shape(sl_store *store);

// Writes the row of a vector, or a query. row: store->row_bytes. O(prefix).
void sl_prefix_write(const sl_store *store, const float *vector, unsigned char *row);

// Could a row have been written by sl_prefix_write()? Safe on any bytes.
bool sl_prefix_is_valid(const sl_store *store, const unsigned char *row);

#endif
