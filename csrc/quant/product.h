// Product quantisation: a vector is cut into parts of four numbers, and each part is replaced by
// the nearest of sixteen points that were learned for it, its centroids: four bits a part.
//
// Based on: H. Jégou, M. Douze, C. Schmid, "Product quantization for nearest neighbor search", IEEE
// TPAMI 33 (2011), doi:10.1109/TPAMI.2010.57. The centroids are learned by S. P. Lloyd's k-means
// ("Least squares quantization in PCM", IEEE Trans. Inf. Theory 28, 1982), which starts with points
// drawn as D. Arthur and S. Vassilvitskii do ("k-means++: the advantages of careful seeding", SODA
// 2007): all parts in one pass over the vectors, so that these may come from anywhere.
//
// A codebook is 64 numbers a part: number i of the sixteen centroids, for i = 0..3 in turn. Vectors
// have four numbers a part. None allocates, none fails.
#ifndef SL_QUANT_PRODUCT_H
#define SL_QUANT_PRODUCT_H

#include <stdint.h>

#include "base/rng.h"

enum { SL_PART = 4, SL_CENTROIDS = 16, SL_PART_BOOK = SL_PART * SL_CENTROIDS };

// The nearest centroids of x, the first of equals. values: `parts`, written. Returns the sum of the
// squared distances. O(parts).
double sl_product_encode(const float *x, const float *book, uint32_t parts, uint8_t *values);

// The vector that codes stand for. x: 4 * parts, written.
void sl_product_decode(const uint8_t *values, const float *book, uint32_t parts, float *x);

// Products of a vector with all centroids. products: 16 * parts, written.
void sl_product_table(const float *x, const float *book, uint32_t parts, float *products);

// Draws centroid `chosen` of all parts: called with each vector of a pass, for chosen = 0..15 in
// turn. A vector is kept with the probability of its squared distance to the nearest of those before.
//   book    centroid `chosen` is written
//   totals  parts, 0 before each pass: the sums of the squared distances so far
void sl_product_draw(const float *x, float *book, uint32_t parts, uint32_t chosen, float *totals,
                     sl_rng *rng);

// One round of k-means: each vector is added to the sums of its nearest centroids, and then the
// centroids move to the means; one that is nearest to no vector stays.
//   sums    64 * parts, as a codebook; counts: 16 * parts; both 0 before the round
// sl_product_gather returns the sum of the squared distances, which no round makes larger.
double sl_product_gather(const float *x, const float *book, uint32_t parts, float *sums,
                         float *counts);
void sl_product_move(float *book, uint32_t parts, const float *sums, const float *counts);

#endif
