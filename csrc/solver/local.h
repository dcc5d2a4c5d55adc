// What all local answers share: how they were found, vectors in two forms, limits of work.
#ifndef SL_SOLVER_LOCAL_H
#define SL_SOLVER_LOCAL_H

#include <stdint.h>

#include "base/status.h"
#include "solver/push.h"
#include "sparse/csr.h"

//  X(name, value, text). Values are pinned; the text is what TypeScript shows.
#define SL_LOCAL_METHOD_LIST(X)                                                                    \
  X(PUSH, 0, "push")             /* push alone */                                                  \
  X(PUSH_FULL, 1, "push+full")   /* push ran over its work limit, and a full solve took over */    \
  X(PUSH_WALKS, 2, "push+walks") /* random walks estimate what push has left */

typedef enum sl_local_method {
#define X(name, value, text) SL_LOCAL_##name = value,
  SL_LOCAL_METHOD_LIST(X)
#undef X
} sl_local_method;

// Text of a method, or "unknown". Static storage; never null.
const char *sl_local_method_name(sl_local_method method);

// A vector of n numbers: all of them, or only those that are not zero. Not owned.
typedef struct sl_local_vector {
  const double *dense;     // n, or NULL and then
  const uint32_t *indices; // count, distinct
  const double *values;    // count
  uint32_t count;
} sl_local_vector;

// Makes one of arrays as a host gives them.
//   indices   count row indices; NULL: the vector is dense and count must be n
//   Errors: ERR_SHAPE ("argument").
sl_status sl_local_vector_make(const uint32_t *indices, const double *values, uint32_t count,
                               uint32_t n, const char *argument, sl_local_vector *out);

// Checks a sparse vector. `push` must be cleared; it is used to find repeated indices and cleared.
//   Errors: ERR_INDEX, ERR_NOT_FINITE, ERR_ARGUMENT (an index twice), all ("argument", position).
sl_status sl_local_vector_check(const sl_local_vector *vector, sl_push *push, const char *argument);

// Edge operations after which pushing gives way: `asked`, or when that is 0, 0.3 nnz for one
// answer.
uint64_t sl_local_push_limit(const sl_csr *matrix, uint64_t asked);

// Edge operations that cost about what a full solve does: 8 nnz, at least 30,000.
uint64_t sl_local_total_push_limit(const sl_csr *matrix);

// 1 / slack of each row, rounded up: what turns a right-hand side into a bound of the solution.
typedef struct sl_row_slack {
  double *inverse;        // n; NULL when nearly the same everywhere, which halves what is read
  double largest_inverse; // 1 / min slack
} sl_row_slack;

// For a strictly row-dominant matrix. Errors: ERR_MEMORY. Allocates. O(nnz).
sl_status sl_row_slack_measure(const sl_csr *matrix, sl_row_slack *out);

// A zeroed one is allowed.
void sl_row_slack_free(sl_row_slack *slack);

// Where the entries of M^{-1} b lie, for all b with these extremes, rounded outwards.
typedef struct sl_local_box {
  double center, radius; // |x_j - center| <= radius
  double largest;        // |x_j| <= this; both infinite unless rows are dominant, by no denormal
  double norm1;          // ||b||_1; infinite unless columns are dominant
} sl_local_box;

// Reads b once. When M is an M-matrix with dominant rows, x keeps the sign that b has, and for b of
// one sign the radius is half as large.
//   slack   of the rows of push->matrix; a zeroed one unless they are dominant
//   b       dense (checked here) or sparse (checked before)
//   Errors: ERR_NOT_FINITE, ERR_RANGE ("argument"). Does not allocate. O(numbers in b).
sl_status sl_local_bound(const sl_push *push, const sl_row_slack *slack, const sl_local_vector *b,
                         const char *argument, sl_local_box *out);

#endif
