// Sparse QR factorisation of a matrix with at least as many rows as columns: A P = Q R, Q kept as
// Householder vectors. Internal to the modules of the bundle.
//
// Columns are ordered by minimum degree on A^T A, which is not formed. Column by column, each is
// reflected by the vectors before it that it reaches in the elimination tree of A^T A.
//
// Based on: A. George, J. W. H. Liu, E. Ng, "A data structure for sparse QR and LU factorizations", SIAM
// J. Sci. Stat. Comput. 9 (1988), doi:10.1137/0909008; T. A. Davis, "Direct Methods for Sparse Linear
// Systems", SIAM (2006), doi:10.1137/1.9780898718881, chapter 5; M. T. Heath, "Some extensions of an
// algorithm for sparse linear least squares problems", SIAM J. Sci. Stat. Comput. 3 (1982) (columns that
// depend on others).
#ifndef SL_DIRECT_SPARSE_QR_H
#define SL_DIRECT_SPARSE_QR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "sparse/csr.h"

typedef struct sl_sparse_qr sl_sparse_qr;

// Begins the factorisation.
//   matrix      m x n, m >= n, f64; read and kept until it is done
//   transpose   its transpose; read and kept until it is done
//   Errors: ERR_MEMORY, ERR_OVERFLOW. Allocates about 36 bytes a row and 60 a column. O(nnz).
sl_status sl_sparse_qr_begin(const sl_csr *matrix, const sl_csr *transpose, sl_sparse_qr **out);

// Goes on for about `work` multiplications, one column at least. done: written. *spent grows.
//   Errors: ERR_SINGULAR ("matrix", position: a column that depends on others, up to rounding),
//           ERR_MEMORY: 12 bytes an entry of R and of the vectors.
sl_status sl_sparse_qr_step(sl_sparse_qr *qr, uint64_t work, uint64_t *spent, bool *done);

// A part of x = argmin |b - A x|.
//   b        m, read when *cursor is 0
//   x        n, written when it is done
//   y        sl_sparse_qr_rows, read and written: not to be touched in between
//   cursor   read and written: 0 begins
// True: it is done. O(entries) in all.
bool sl_sparse_qr_solve(const sl_sparse_qr *qr, const double *b, double *x, double *y,
                        uint64_t work, uint32_t *cursor);

// Rows of Q: m, and more where rows are missing in the pattern. Known from the beginning.
uint32_t sl_sparse_qr_rows(const sl_sparse_qr *qr);

// Entries of R and of the vectors; largest |r_kk| over the smallest.
double sl_sparse_qr_fill(const sl_sparse_qr *qr);
double sl_sparse_qr_condition(const sl_sparse_qr *qr);

// Frees it. NULL is allowed.
void sl_sparse_qr_destroy(sl_sparse_qr *qr);

size_t sl_sparse_qr_bytes(const sl_sparse_qr *qr);

#endif
