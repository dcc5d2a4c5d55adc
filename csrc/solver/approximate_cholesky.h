// Randomised approximate Cholesky factorisation: a preconditioner for symmetric diagonally dominant
// matrices of any structure, the one that is left where multigrid's coarse levels fill up (social
// and collaboration graphs).
//
// Positive off-diagonal entries are taken care of by the double cover: a graph Laplacian of twice
// the size whose antisymmetric solutions are those of the matrix. The factor is f32. Random numbers
// come from a fixed seed: the same matrix gives the same factor, bit by bit.
#ifndef SL_SOLVER_APPROXIMATE_CHOLESKY_H
#define SL_SOLVER_APPROXIMATE_CHOLESKY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "sparse/csr.h"

typedef struct sl_approximate_cholesky sl_approximate_cholesky;

// Prepares a factorisation without computing it.
//   matrix   read; square, symmetric, diagonally dominant (the caller's duty)
//   sign     +1 or -1: that of the diagonal
//   Errors: ERR_MEMORY, ERR_OVERFLOW. Allocates about 32 bytes an entry and 60 a row. O(nnz).
sl_status sl_approximate_cholesky_create(const sl_csr *matrix, int sign,
                                         sl_approximate_cholesky **out);

// Eliminates the next few thousand unknowns, and after the last puts a part of the factor in order.
//   done   written: nothing is left to do
//   work   read and written: edges handled are added
//   Errors: ERR_MEMORY, ERR_OVERFLOW, ERR_UNSUPPORTED ("matrix": values that span more than f32
//   does); only destroying it is allowed afterwards. Allocates.
sl_status sl_approximate_cholesky_build(sl_approximate_cholesky *factor, bool *done,
                                        uint64_t *work);

// Frees it. NULL is allowed.
void sl_approximate_cholesky_destroy(sl_approximate_cholesky *factor);

size_t sl_approximate_cholesky_bytes(const sl_approximate_cholesky *factor);

// Entries of the factor so far: an application multiplies each twice.
uint64_t sl_approximate_cholesky_entries(const sl_approximate_cholesky *factor);

// A part of z = M^{-1} (scale r), or all of it for up to 65536 unknowns: called until it is done.
//   r       n f64, read; the same in all parts
//   piece   read and written: 0 begins; 0 again when it is done
//   work    read and written: entries handled are added
//   Returns z when it is done: n f32, valid until the next call. NULL until then. Does not
//   allocate. O(entries) in all.
const float *sl_approximate_cholesky_solve(sl_approximate_cholesky *factor, const double *r,
                                           double scale, uint32_t *piece, uint64_t *work);

#endif
