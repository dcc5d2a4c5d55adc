// The whole of x with A x = b when b is sparse and x nearly is: push on the columns of A, from
// where b is not zero. What is far from there is left at zero, and a bound says by how much that is
// wrong.
//
//   sl_local_sparse_create(matrix, &sparse);                  O(nnz), once a matrix
//   sl_local_sparse_begin(sparse, &options, indices, values, count);
//   do sl_job_step(sl_local_sparse_job(sparse), work, &outcome);
//   while (outcome == SL_OUTCOME_RUNNING);
//   sl_local_sparse_finish(sparse, &result);
//   sl_local_sparse_destroy(sparse);
//
// Pushing column j moves r_j / a_jj into x_j and takes that multiple of column j off r = b - A x.
// What is left in r proves the error e of x:
//
//   columns strictly dominant   ||e||_1 <= ||r||_1 / min column slack, and less: one more Jacobi
//                               step costs no column, and leaves sum |r_j| g_j of the mass, with g_j
//                               the other absolute values of column j over |a_jj|
//   rows strictly dominant      max |e_i| <= max_i |r_i| / row slack_i
//
// r is computed afresh from x before that is used, and rounding is added.
#ifndef SL_SOLVER_LOCAL_SPARSE_H
#define SL_SOLVER_LOCAL_SPARSE_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"
#include "base/status.h"
#include "solver/local.h"
#include "solver/types.h"
#include "sparse/csr.h"

typedef struct sl_local_sparse_options {
  double absolute_error; // > 0 and finite: wanted bound. No default: 0 is refused
  sl_bound_norm norm;    // of that bound. NONE (default): INF where rows are dominant, else ONE.
                         // ONE needs dominant columns
  uint64_t push_work;    // edge operations after which pushing gives way to a full solve; 0
                         // (default): 0.3 nnz, at least 30,000, less when it will not make it
  uint64_t max_work;     // edge operations in all, full solve included; 0 (default): no limit
} sl_local_sparse_options;

sl_local_sparse_options sl_local_sparse_options_default(void);

typedef struct sl_local_sparse_result {
  sl_outcome outcome; // CONVERGED: error_bound <= absolute_error. WORK_LIMIT, TIME_LIMIT.
                      // STAGNATED: rounding is larger than absolute_error
  sl_local_method method;
  uint32_t count;          // entries of x that are not zero
  const uint32_t *indices; // count, in the order in which they were reached (from a full solve:
                           // ascending); valid until the next begin
  const double *values;    // count; same lifetime
  double error_bound;      // of x in error_bound_norm, over all n entries
  sl_bound_norm error_bound_norm;
  uint64_t touched_columns; // columns of A read; n more for a full solve
  uint64_t edge_operations; // entries of A multiplied
} sl_local_sparse_result;

typedef struct sl_local_sparse sl_local_sparse;

// Classifies A, transposes it unless it is symmetric, and reserves the workspace: 49 bytes a row.
//   matrix   read and kept; must outlive the object
//   Errors: ERR_NOT_SQUARE, ERR_NOT_DOMINANT ("matrix"), ERR_MEMORY. Allocates. O(nnz).
sl_status sl_local_sparse_create(sl_csr *matrix, sl_local_sparse **out);

// The same with the methods that its full solves choose from: above, sl_all_methods.
sl_status sl_local_sparse_create_of(const sl_method_set *methods, sl_csr *matrix,
                                    sl_local_sparse **out);

// Frees it. NULL is allowed.
void sl_local_sparse_destroy(sl_local_sparse *sparse);

// Bytes held, the matrix not counted.
size_t sl_local_sparse_bytes(const sl_local_sparse *sparse);

// Starts a query; a running one is dropped.
//   indices, values   count places where b is not zero, distinct, any order; read and copied
//   Errors: ERR_OPTION ("absolute_error", "norm"), ERR_NOT_DOMINANT ("norm": ONE without dominant
//           columns), ERR_INDEX, ERR_ARGUMENT (an index twice), ERR_NOT_FINITE ("b", position),
//           ERR_MEMORY. Allocates. O(count).
sl_status sl_local_sparse_begin(sl_local_sparse *sparse, const sl_local_sparse_options *options,
                                const uint32_t *indices, const double *values, uint32_t count);

// The query that was begun last, as work in steps (base/job.h). A step fails with ERR_MEMORY; it
// allocates for the result, and 100 bytes a row for a full solve, freed at its end.
sl_job *sl_local_sparse_job(sl_local_sparse *sparse);
extern const sl_job_kind sl_local_sparse_kind;

// Gives x and its bound. Errors: ERR_STATE (not begun, or still running). O(1).
sl_status sl_local_sparse_finish(const sl_local_sparse *sparse, sl_local_sparse_result *result);

#endif
