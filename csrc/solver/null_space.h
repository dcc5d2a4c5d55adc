// Null vectors of a symmetric matrix that can be read off its structure.
//
// A connected component in which every |a_ii| equals the sum of the row's other absolute values (up
// to rounding) is singular exactly when signs s_i = +-1 exist with s_i s_j a_ij of the sign
// opposite to the diagonal for every entry i != j: s is then its null vector, and the component is
// called balanced. A Laplacian is balanced with s = 1; an isolated row of zeros is balanced as
// well.
#ifndef SL_SOLVER_NULL_SPACE_H
#define SL_SOLVER_NULL_SPACE_H

#include "base/status.h"
#include "sparse/csr.h"

#define SL_NO_COMPONENT UINT32_MAX

typedef struct sl_null_space {
  uint32_t n;
  uint32_t count;   // balanced components; the arrays are NULL when there is none
  uint32_t *labels; // n: balanced component of the row, or SL_NO_COMPONENT
  double *signs;    // n: s_i; 0 outside
  uint32_t *sizes;  // count
  double *sums;     // count: scratch of a projection
} sl_null_space;

typedef struct sl_row_sums {
  double diagonal;
  double off;   // sum of the other absolute values
  double terms; // entries
} sl_row_sums;

// O(row length).
sl_row_sums sl_sum_row(const sl_csr *matrix, uint32_t row);

// Whether |diagonal| and the rest are the same up to rounding. Only then can a row be one of a balanced
// component.
bool sl_has_no_slack(const sl_row_sums *sums);

// Finds the balanced components of a square symmetric matrix (the caller's duty).
//   out   written: owned by the caller, also when count is 0
//   Errors: ERR_MEMORY. Allocates 16 bytes a row. O(nnz).
sl_status sl_null_space_find(const sl_csr *matrix, sl_null_space *out);

// Frees the arrays. A zeroed one is allowed.
void sl_null_space_destroy(sl_null_space *space);

size_t sl_null_space_bytes(const sl_null_space *space);

// v -= its part in the null space. v: n, read and written.
//   Returns the 2-norm of what was taken away. Does not allocate. O(n); O(1) when count is 0.
double sl_null_space_project(const sl_null_space *space, double *v);

#endif
