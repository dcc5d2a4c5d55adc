// Dense Cholesky factorisation, row by row: the kernels that a direct solve and multigrid's
// coarsest level share. Internal to the room.
#ifndef SL_SOLVER_DENSE_CHOLESKY_H
#define SL_SOLVER_DENSE_CHOLESKY_H

#include <stddef.h>

// Row `i` of the factor from row i of the matrix, in place, rows above i being done.
//   l   n x n, row by row; l[i n .. i n + i] is read, l[i n .. i n + i - 1] written
//   Returns the pivot: the caller stores 1 / its square root, or 0, at l[i n + i]. O(i^2).
double sl_dense_cholesky_row(double *l, size_t n, size_t i);

// y = (L L^T)^-1 y. y: n, read and written. O(n^2).
void sl_dense_cholesky_solve(const double *l, size_t n, double *y);

#endif
