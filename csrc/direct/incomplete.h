// Incomplete Cholesky factors with a drop tolerance: M = L L^T near A, with few entries. As a
// preconditioner, M^-1 is symmetric positive definite whatever A is. Internal to the modules of the
// bundle.
//
// The matrix is scaled so that its rows have norms near 1, and ordered by reverse Cuthill-McKee. Where a pivot is not
// positive the factorisation begins again with more on the diagonal.
//
// Based on: M. T. Jones, P. E. Plassmann, "An improved incomplete Cholesky factorization", ACM TOMS
// 21 (1995), doi:10.1145/200979.200981; T. A. Manteuffel, "An incomplete factorization technique for
// positive definite linear systems", Math. Comp. 34 (1980) (the shift); C.-J. Lin, J. J. More,
// "Incomplete Cholesky factorizations with limited memory", SIAM J. Sci. Comput. 21 (1999),
// doi:10.1137/S1064827597327334 (entries limited by memory, the scaling).
#ifndef SL_DIRECT_INCOMPLETE_H
#define SL_DIRECT_INCOMPLETE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "sparse/csr.h"

typedef struct sl_incomplete sl_incomplete;

// Begins a factor.
//   matrix   square with a symmetric pattern and symmetric values, f64; read and kept until the
//            factor is done
//   drop     entries of L below this part of the norm of a column are left out; 0 .. 1
//   fill     >= 0: a column of L keeps at most so many times the average column of A, 1 more, the
//            largest
//   Errors: ERR_MEMORY. Allocates 64 bytes a row, 40 of them until it is done. O(nnz log degree).
sl_status sl_incomplete_begin(const sl_csr *matrix, double drop, double fill, sl_incomplete **out);

// Goes on for about `work` multiplications, one column at least. done: written. *spent grows.
//   Errors: ERR_MEMORY: 12 bytes an entry of L.
sl_status sl_incomplete_step(sl_incomplete *factor, uint64_t work, uint64_t *spent, bool *done);

// A part of x = M^-1 b.
//   b        n, read when *cursor is 0
//   x        n, written when it is done
//   y        n, read and written: not to be touched in between
//   cursor   read and written: 0 begins
// True: it is done. O(entries of L) in all.
bool sl_incomplete_solve(const sl_incomplete *factor, const double *b, double *x, double *y,
                         uint64_t work, uint32_t *cursor);

// Entries of L, its diagonal included.
double sl_incomplete_fill(const sl_incomplete *factor);

// What was added to the diagonal of the scaled matrix.
double sl_incomplete_shift(const sl_incomplete *factor);

// Frees it. NULL is allowed.
void sl_incomplete_destroy(sl_incomplete *factor);

size_t sl_incomplete_bytes(const sl_incomplete *factor);

#endif
