// Incomplete LU factorisation without fill: a preconditioner for any square matrix.
#ifndef SL_SOLVER_ILU_H
#define SL_SOLVER_ILU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "sparse/csr.h"

typedef enum sl_ilu_stage {
  SL_ILU_COPY,
  SL_ILU_ELIMINATE,
  SL_ILU_NARROW,
  SL_ILU_DONE
} sl_ilu_stage;

typedef struct sl_ilu {
  const sl_csr *matrix; // read until it is built
  uint32_t n;
  double scale;        // a power of two: what is factorised is scale * A
  uint32_t *pointers;  // n + 1
  uint32_t *diagonals; // n: place of the diagonal entry in the row
  uint32_t *columns;
  float *values;   // L without its ones, U without its diagonal
  double *inverse; // n: 1 / u_ii
  // While it is built.
  sl_ilu_stage stage;
  uint32_t next_row;
  double *exact;    // as values
  uint32_t *places; // n: where a column stands in the row being made, plus 1; 0 elsewhere
} sl_ilu;

// Prepares a factorisation without computing it.
//   matrix   read and kept until it is built; square (the caller's duty)
//   Errors: ERR_MEMORY, ERR_OVERFLOW. Allocates 12 bytes an entry and 28 a row, and 8 an entry and
//   4 a row until it is built. O(n).
sl_status sl_ilu_create(const sl_csr *matrix, sl_ilu **out);

// Goes on with a few thousand rows. Pivots that are small beside their row are replaced, so that it
// always succeeds.
//   work   read and written: entries handled are added
//   Returns true when nothing is left. Does not allocate. O(sum over entries a_ij of the rows i of
//   a piece of the length of row j).
bool sl_ilu_build(sl_ilu *ilu, uint64_t *work);

// Frees it. NULL is allowed.
void sl_ilu_destroy(sl_ilu *ilu);

size_t sl_ilu_bytes(const sl_ilu *ilu);

// Entries of both factors: what one application multiplies.
uint64_t sl_ilu_entries(const sl_ilu *ilu);

// z = U^-1 L^-1 v. v, z: n f64, read and written; may be the same. Does not allocate. O(entries).
void sl_ilu_solve(const sl_ilu *ilu, const double *v, double *z);

#endif
