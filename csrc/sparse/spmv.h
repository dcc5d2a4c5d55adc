// Products of a sparse matrix with dense vectors. x, y f64, accumulated in f64 in the order of the
// stored entries (left to right), so that every build gives the same bits. x and y must not
// overlap. None of them allocates or fails; lengths are the caller's duty. O(nnz).
//
// The loops are noinline functions over blocks of rows, called many times: an engine that tiers up
// between calls then runs the optimised code from the second block on.
#ifndef SL_SPARSE_SPMV_H
#define SL_SPARSE_SPMV_H

#include "sparse/csr.h"

// y = A x.  x: cols, read. y: rows, written.
void sl_csr_multiply(const sl_csr *matrix, const double *x, double *y);

// y = A^T x.  x: rows, read. y: cols, written. Scatters; sl_csr_transpose + multiply is faster when
// it is needed more than about three times.
void sl_csr_multiply_transpose(const sl_csr *matrix, const double *x, double *y);

// r = b - A x.  x: cols, b: rows, read. r: rows, written; r may be b.
void sl_csr_residual(const sl_csr *matrix, const double *x, const double *b, double *r);

// r = b - A x as above, and bound[i] >= |computed r_i - exact r_i|, the rounding of the residual
// itself: (k + 2) u (|b_i| + sum_j |a_ij x_j|) with k entries in the row, u = 2^-53, rounded up.
// bound: rows, written.
// Returns max_i (|r_i| + bound[i]) / slack_i, with the slack of sl_csr_row_slack, which is at hand
// in the same pass; infinity when a row has no slack, 0 without rows. x and b finite, or it tells
// nothing.
double sl_csr_residual_bound(const sl_csr *matrix, const double *x, const double *b, double *r,
                             double *bound);

// y = A x, or y = A^T x when `transposed`, with the lengths checked: what the bindings call. NaN and
// infinities in x go where they go.
//   x_length, y_length   cols and rows; rows and cols when transposed
//   Errors: ERR_SHAPE ("x", "y"), ERR_ARGUMENT (x and y are the same array).
sl_status sl_csr_apply(const sl_csr *matrix, bool transposed, const double *x, size_t x_length,
                       double *y, size_t y_length);

#endif
