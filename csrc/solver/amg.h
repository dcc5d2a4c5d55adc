// Algebraic multigrid by smoothed aggregation: a preconditioner for symmetric definite matrices
// whose off-diagonal entries are mostly of the sign opposite to the diagonal (meshes, grids, graph
// Laplacians).
//
// Everything is f32: it is a preconditioner, and half the bytes are half the time. The matrix is
// scaled by a power of two, and turned positive when it is negative definite.
#ifndef SL_SOLVER_AMG_H
#define SL_SOLVER_AMG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "solver/ordering.h"
#include "sparse/csr.h"

typedef struct sl_amg sl_amg;

typedef struct sl_amg_facts {
  uint32_t levels;
  double operator_complexity; // entries of all levels / entries of the finest
  uint64_t cycle_work;        // entries multiplied in one cycle
} sl_amg_facts;

// Prepares a hierarchy without building it.
//   matrix   read and kept until the setup is done; square, symmetric, diagonal entries of one sign
//            or zero in rows of zeros (the caller's duty)
//   sign     +1 or -1: that of the diagonal
//   order    of the finest level: NATURAL, REVERSE_CUTHILL_MCKEE, or AUTO for the latter where the
//            rows of the matrix lie scattered
//   coarsen  false: the finest level stays alone, and a cycle is one symmetric Gauss-Seidel sweep
//   Errors: ERR_MEMORY. Allocates O(n). O(nnz).
sl_status sl_amg_create(const sl_csr *matrix, int sign, sl_ordering_kind order, bool coarsen,
                        sl_amg **out);

// Builds the next piece.
//   done   written: nothing is left to build
//   work   read and written: entries handled are added
//   Errors: ERR_MEMORY, ERR_UNSUPPORTED ("matrix": values that span more than f32 does);
//   only destroying it is allowed afterwards. Allocates. A piece is some ten thousand rows.
sl_status sl_amg_build(sl_amg *amg, bool *done, uint64_t *work);

// Frees it. NULL is allowed.
void sl_amg_destroy(sl_amg *amg);

size_t sl_amg_bytes(const sl_amg *amg);

// Facts of what is built so far; cycle_work once it is done.
void sl_amg_describe(const sl_amg *amg, sl_amg_facts *out);

// True when going on is not worth it: a level has more than 1/2.5 of the rows of the one above, all
// levels together have more than twice the entries of the finest, or the product with the first
// prolongation shows that they will. Ask between two pieces of the setup.
bool sl_amg_is_poor(const sl_amg *amg);

// z = M^{-1} r: one V-cycle, forward Gauss-Seidel down and backward up, symmetric up to f32
// rounding.
//   r   n f64, read; scale * r is what the cycle sees: choose it so that its norm is near 1
//   Returns z: n f32, valid until the next cycle. Does not allocate. O(nnz).
const float *sl_amg_cycle(sl_amg *amg, const double *r, double scale);

#endif
