// Incomplete Cholesky factorisation without fill, IC(0): a preconditioner for symmetric definite
// matrices. The matrix is first scaled to a diagonal of ones. Where a pivot breaks down, a shift is
// added to that diagonal and doubled until none does. f32: it is a preconditioner.
#ifndef SL_SOLVER_INCOMPLETE_CHOLESKY_H
#define SL_SOLVER_INCOMPLETE_CHOLESKY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "solver/ordering.h"
#include "sparse/csr.h"

typedef enum sl_ic_stage {
  SL_IC_ORDER,
  SL_IC_COUNT,     // entries of each row, and its scale
  SL_IC_COPY,      // the scaled entries
  SL_IC_FACTORISE, // back to COPY with a larger shift when it breaks down
  SL_IC_DONE,
} sl_ic_stage;

typedef struct sl_incomplete_cholesky {
  const sl_csr *matrix; // read until it is built
  uint32_t n;
  double unit;          // what the matrix is multiplied by: +-2^k
  sl_ordering ordering; // arrays of NULL: the natural order
  // While it is built.
  sl_ic_stage stage;
  uint32_t next_row;
  uint32_t *cursors; // n: where the next entry of each row goes
  double *row;       // n: the row being made, 0 elsewhere
  // The factor L of D^-1/2 A D^-1/2 + shift I, by rows.
  double shift;
  float *scale;       // n: 1 / sqrt |a_ii|; 0 for a row of zeros
  uint32_t *pointers; // n + 1
  uint32_t *columns;  // entries below the diagonal, ascending in each row
  float *values;
  float *inverse_diagonal; // n
  float *y, *z;            // n each: scratch and result
} sl_incomplete_cholesky;

// Prepares a factorisation without computing it.
//   matrix   read and kept until it is built; square, symmetric, its diagonal of one sign and zero
//            in rows of zeros only (the caller's duty)
//   sign     +1 or -1: that of the diagonal
//   kind     NATURAL or REVERSE_CUTHILL_MCKEE
//   Errors: ERR_MEMORY. Allocates 4 bytes an entry and 36 to 44 a row. O(nnz).
sl_status sl_incomplete_cholesky_create(const sl_csr *matrix, int sign, sl_ordering_kind kind,
                                        sl_incomplete_cholesky **out);

// Goes on with a few thousand rows.
//   done   written: nothing is left to build
//   work   read and written: entries handled are added
//   Errors: ERR_UNSUPPORTED ("matrix": values that span more than f32 does); only destroying it is
//   allowed afterwards. Does not allocate. O(sum over the rows i of a piece, over a_ij below the
//   diagonal, of the length of row j).
sl_status sl_incomplete_cholesky_build(sl_incomplete_cholesky *factor, bool *done, uint64_t *work);

// Frees it. NULL is allowed.
void sl_incomplete_cholesky_destroy(sl_incomplete_cholesky *factor);

size_t sl_incomplete_cholesky_bytes(const sl_incomplete_cholesky *factor);

// Entries of the factor: an application multiplies each twice.
uint64_t sl_incomplete_cholesky_entries(const sl_incomplete_cholesky *factor);

// z = M^-1 (scale r). r: n f64, read. Returns z: n f32, valid until the next call. Does not
// allocate. O(entries).
const float *sl_incomplete_cholesky_solve(sl_incomplete_cholesky *factor, const double *r,
                                          double scale);

#endif
