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

// Checks a sparse vector. `push` must be cleared; it is used to find repeated indices and cleared.
//   Errors: ERR_INDEX, ERR_NOT_FINITE, ERR_ARGUMENT (an index twice), all ("argument", position).
sl_status sl_local_vector_check(const sl_local_vector *vector, sl_push *push, const char *argument);

// Edge operations after which pushing gives way: `asked`, or when that is 0, 0.3 nnz for one
// answer.
uint64_t sl_local_push_limit(const sl_csr *matrix, uint64_t asked);

// Edge operations that all pushes of a query may take by default: about what a full solve costs.
uint64_t sl_local_total_push_limit(const sl_csr *matrix);

#endif
