// Incomplete LU factorisation without fill: a preconditioner for any square matrix.
#ifndef SL_SOLVER_ILU_H
#define SL_SOLVER_ILU_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "sparse/csr.h"

typedef struct sl_ilu sl_ilu;

// Factorises. Pivots that are small beside their row are replaced, so that it always ends.
//   matrix   read; square (the caller's duty)
//   Errors: ERR_MEMORY, ERR_OVERFLOW. Allocates 12 bytes an entry and 28 a row, and 8 an entry
//   while it works. O(sum over entries a_ij of the length of row j).
sl_status sl_ilu_create(const sl_csr *matrix, sl_ilu **out);

// Frees it. NULL is allowed.
void sl_ilu_destroy(sl_ilu *ilu);

size_t sl_ilu_bytes(const sl_ilu *ilu);

// Entries of both factors: what one application multiplies.
uint64_t sl_ilu_entries(const sl_ilu *ilu);

// z = U^-1 L^-1 v. v, z: n f64, read and written; may be the same. Does not allocate. O(entries).
void sl_ilu_solve(const sl_ilu *ilu, const double *v, double *z);

#endif
