// All eigenpairs of a small dense symmetric matrix, in steps. Internal to the room.
//
// Based on: A. S. Householder's reduction to tridiagonal form and the implicit QL iteration of
// A. Dubrulle, R. S. Martin, J. H. Wilkinson, "The implicit QL algorithm", Numer. Math. 12 (1968).
#ifndef SL_EIGEN_TRIDIAGONAL_H
#define SL_EIGEN_TRIDIAGONAL_H

#include <stdbool.h>
#include <stdint.h>

typedef struct sl_small {
  uint32_t n;
  double *vectors; // n x n, column by column: the matrix, both halves; then the eigenvectors
  double *values;  // n
  double *off;     // n: off the diagonal
  double *scratch; // 2 n
  int stage;
  uint32_t at;
  uint32_t turns; // of QL on this eigenvalue
} sl_small;

// Begins; the arrays of `small` are the caller's and filled in.
void sl_small_begin(sl_small *small, uint32_t n);

// Goes on for about `work` multiplications; *spent grows. True: values and vectors are there, in no
// order. About 9 n^3 in all. The matrix must be finite, and its squares too.
bool sl_small_step(sl_small *small, uint64_t work, uint64_t *spent);

#endif
