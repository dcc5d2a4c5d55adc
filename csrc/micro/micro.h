// The smallest approximate index: an HNSW graph over f32 vectors that only grow in number, for
// hosts where a hundred kilobytes are too many. Three metrics, no deletes, no filters, no files.
//
// Based on: Yu. A. Malkov, D. A. Yashunin, "Efficient and robust approximate nearest neighbor
// search using Hierarchical Navigable Small World graphs", IEEE TPAMI 42 (2020), arXiv:1603.09320:
// algorithms 1, 2, 4 and 5, with the deviations of hnsw/hnsw.h.
//
// It builds the graph that sl_hnsw_add builds from the same vectors, options and seed, and answers
// with the same bits; what is left out there has no part in either.
#ifndef SL_MICRO_MICRO_H
#define SL_MICRO_MICRO_H

#include <stdint.h>

#include "base/status.h"
#include "hnsw/metric.h"

typedef struct sl_micro sl_micro;

// An empty index.
//   metric           SL_METRIC_COSINE, SL_METRIC_DOT or SL_METRIC_EUCLIDEAN
//   dimension        1..65,536
//   m                links a vector on the upper levels, 2 m on level 0; 2..128
//   ef_construction  candidates looked at for each insertion; m..65,536
//   capacity         vectors to make room for at once; the index grows beyond it by itself
//   seed             of the levels
//   Errors: ERR_OPTION (the option's name), ERR_MEMORY. Allocates.
sl_status sl_micro_create(sl_metric metric, uint32_t dimension, uint32_t m,
                          uint32_t ef_construction, uint32_t capacity, uint64_t seed,
                          sl_micro **out);
void sl_micro_destroy(sl_micro *index);

// Adds `count` vectors; they are called by the order in which they came, from 0 on.
//   vectors  count * dimension f32, read; |x| <= 1e16, under cosine not zero
//   added    written, also on failure: how many went in; those stay
//   Errors: ERR_NOT_FINITE, ERR_RANGE (position = the vector), ERR_MEMORY, ERR_OVERFLOW. May
//   allocate. O(ef_construction * m * dimension) expected each.
sl_status sl_micro_add(sl_micro *index, const float *vectors, uint32_t count, uint32_t *added);

// The (approximately) k nearest of each query, nearest first; equal distances by id.
//   queries          count * dimension f32, read
//   ef               candidates kept, 1..; raised to k where it is smaller
//   ids, distances   count * k, written: row q holds found[q] results; the rest is left alone.
//                    Distances: 1 - cos, -x.y, |x - y|
//   found            count, written: k, or the number of vectors where that is less
//   Errors: ERR_ARGUMENT (k or ef = 0), ERR_NOT_FINITE, ERR_RANGE (position = the query),
//   ERR_MEMORY. May allocate scratch. O(ef * m * dimension) expected each.
sl_status sl_micro_search(sl_micro *index, const float *queries, uint32_t count, uint32_t k,
                          uint32_t ef, uint32_t *ids, float *distances, uint32_t *found);

uint32_t sl_micro_size(const sl_micro *index);

#endif
