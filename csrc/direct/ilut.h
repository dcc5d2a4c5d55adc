// Incomplete LU factors with a drop tolerance and threshold pivoting among columns (ILUTP): M = L U near
// A, with few entries, for matrices that need not be symmetric. Internal to the modules of the bundle.
//
// Rows and columns are scaled to entries of about 1, and rows are taken in the order of reverse
// Cuthill-McKee on the pattern of A + A^T.
//
// Based on: Y. Saad, "ILUT: A dual threshold incomplete LU factorization", Numer. Linear Algebra Appl. 1
// (1994), doi:10.1002/nla.1680010405; Y. Saad, "Iterative Methods for Sparse Linear Systems", SIAM
// (2003), doi:10.1137/1.9780898718003, section 10.4.4 (pivoting).
#ifndef SL_DIRECT_ILUT_H
#define SL_DIRECT_ILUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "sparse/csr.h"

typedef struct sl_ilut sl_ilut;

// Begins the factors.
//   matrix      square, f64; read and kept until they are done
//   drop        entries below this part of the norm of their row are left out; 0 .. 1
//   fill        >= 0: a row of L and one of U keep at most so many times half of the average row of A,
//               1 more, the largest
//   threshold   0 .. 1: the diagonal entry is the pivot unless it is smaller than this part of the
//               largest candidate
//   Errors: ERR_MEMORY, ERR_OVERFLOW. Allocates 72 bytes a row, 32 of them until they are done. O(nnz).
sl_status sl_ilut_begin(const sl_csr *matrix, double drop, double fill, double threshold,
                        sl_ilut **out);

// Goes on for about `work` multiplications, one row at least. done: written. *spent grows. A row of
// which nothing is left gets a small pivot. Errors: ERR_MEMORY: 12 bytes an entry.
sl_status sl_ilut_step(sl_ilut *factors, uint64_t work, uint64_t *spent, bool *done);

// A part of x = M^-1 b: as sl_incomplete_solve.
bool sl_ilut_solve(const sl_ilut *factors, const double *b, double *x, double *y, uint64_t work,
                   uint32_t *cursor);

// Entries of both factors.
double sl_ilut_fill(const sl_ilut *factors);

// Frees them. NULL is allowed.
void sl_ilut_destroy(sl_ilut *factors);

size_t sl_ilut_bytes(const sl_ilut *factors);

#endif
