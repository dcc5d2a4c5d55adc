// Kernels on tall blocks of columns. Internal to the room.
//
// All of them work on a run of rows; sums over rows are taken in runs of SL_EIGEN_ROWS, so that how
// the work is cut never shows in a result.
#ifndef SL_EIGEN_BLOCK_H
#define SL_EIGEN_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "sparse/csr.h"

#define SL_EIGEN_ROWS 1024u

// h[j] += q_j^T v over `rows` rows; q column by column, ld apart.
void sl_block_dots(uint32_t rows, uint32_t columns, const double *q, size_t ld, const double *v,
                   double *h);

// w -= Q h.
void sl_block_subtract(uint32_t rows, uint32_t columns, const double *q, size_t ld, const double *h,
                       double *w);

// Q[, 0 .. keep) = Q[, 0 .. columns) S, S columns x keep with its own distance of columns; the
// columns are chosen[0 .. keep) of it.
//   scratch   keep x 64, written
void sl_block_rotate(uint32_t rows, uint32_t columns, uint32_t keep, double *q, size_t ld,
                     const double *s, size_t lds, const uint32_t *chosen, double *scratch);

// y = A x in rows begin .. end - 1. Values f64.
void sl_block_product(const sl_csr *a, uint32_t begin, uint32_t end, const double *x, double *y);

#endif
