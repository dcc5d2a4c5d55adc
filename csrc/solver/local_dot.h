// One number t^T x with A x = b, without x: push from t, push from b, and random walks between what
// the two have left over.
//
//   sl_local_dot_create(matrix, &dot);                        O(nnz), once a matrix
//   sl_local_dot_begin(dot, &options, &t, &b);
//   do sl_job_step(sl_local_dot_job(dot), work, &outcome); while (outcome == SL_OUTCOME_RUNNING);
//   sl_local_dot_finish(dot, &result);
//   sl_local_dot_destroy(dot);
//
// With M = A where rows are strictly dominant (start s = t, end q = b), else M = A^T (s = b, q =
// t), the number is s^T M^{-1} q. Push from s on the rows of M leaves r, push from q on its columns
// (when q is sparse) leaves w, and
//
//   s^T M^{-1} q = p.q + r.y + r^T M^{-1} w,   |last term| <= sum |r_j| g_j * max_i |w_i| / slack_i
//
// after one more Jacobi step on r that reads no row. That is a proved bound, with all rounding.
// Where it is loose because signs cancel or because everything is near (expanders), walks from r
// that pay w where they stop estimate the last term, and the interval says how well with a
// probability: the draws are seeded, and the number of walks is decided by tests whose risks add up
// to 1 - confidence.
#ifndef SL_SOLVER_LOCAL_DOT_H
#define SL_SOLVER_LOCAL_DOT_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"
#include "base/status.h"
#include "solver/local.h"
#include "solver/solver.h"
#include "sparse/csr.h"

typedef struct sl_local_dot_options {
  double absolute_error; // > 0 and finite: wanted of the bound or of the interval. 0 is refused
  double confidence;     // in (0, 1): walks may be used, and the interval holds with at least this
                         // probability. 0 (default): proved bounds only
  uint64_t seed;         // of the walks
  uint64_t push_work;    // edge operations for pushing on each side; 0 (default): 0.3 nnz, at least
                         // 30,000, less when it will not make it
  uint64_t max_work;     // edge operations in all; 0 (default): no limit
} sl_local_dot_options;

sl_local_dot_options sl_local_dot_options_default(void);

typedef struct sl_local_dot_result {
  sl_outcome outcome; // CONVERGED: error_bound or half_width <= absolute_error. WORK_LIMIT,
                      // TIME_LIMIT. STAGNATED: rounding is larger than absolute_error
  sl_local_method method;
  double value;
  double error_bound;    // proved: |value - exact| at most
  double half_width;     // |value - exact| at most, with probability >= confidence; infinite when
                         // there were no walks
  double confidence;     // as asked
  uint64_t walks;        // that the interval rests on
  uint64_t touched_rows; // rows read by pushes, distinct on each side; n more for a full solve
  uint64_t edge_operations; // entries of A read, by pushes, walks and full solve
} sl_local_dot_result;

typedef struct sl_local_dot sl_local_dot;

// Classifies A and reserves the workspace: 49 bytes a row for each side, and A^T when A is not
// symmetric.
//   matrix   read and kept; must outlive the object
//   Errors: ERR_NOT_SQUARE, ERR_NOT_DOMINANT ("matrix"), ERR_MEMORY. Allocates. O(nnz).
sl_status sl_local_dot_create(sl_csr *matrix, sl_local_dot **out);

// The same with the methods that its full solves choose from: above, sl_all_methods.
sl_status sl_local_dot_create_of(const sl_method_set *methods, sl_csr *matrix, sl_local_dot **out);

// Frees it. NULL is allowed.
void sl_local_dot_destroy(sl_local_dot *dot);

// Bytes held, the matrix not counted.
size_t sl_local_dot_bytes(const sl_local_dot *dot);

// Starts a query; a running one is dropped.
//   t, b     dense (n numbers) or sparse (distinct indices); read now and kept: both must stay
//            unchanged and alive until the query has ended
//   Errors: ERR_OPTION ("absolute_error", "confidence"), ERR_INDEX, ERR_ARGUMENT (an index twice),
//           ERR_NOT_FINITE, ERR_RANGE (sums overflow), all ("t" or "b", position), ERR_MEMORY.
//   O(entries given).
sl_status sl_local_dot_begin(sl_local_dot *dot, const sl_local_dot_options *options,
                             const sl_local_vector *t, const sl_local_vector *b);

// The same with the vectors as arrays: indices NULL for a dense one, whose count must be n.
//   Errors: as above and ERR_SHAPE ("t" or "b").
sl_status sl_local_dot_begin_arrays(sl_local_dot *dot, const sl_local_dot_options *options,
                                    const uint32_t *t_indices, const double *t_values,
                                    uint32_t t_count, const uint32_t *b_indices,
                                    const double *b_values, uint32_t b_count);

// The query that was begun last, as work in steps (base/job.h). A step fails with ERR_MEMORY; it
// allocates for walks and for a full solve, freed at the end.
sl_job *sl_local_dot_job(sl_local_dot *dot);
extern const sl_job_kind sl_local_dot_kind;

// Gives the number and what is known of its error. Errors: ERR_STATE (not begun, still running).
// O(1).
sl_status sl_local_dot_finish(const sl_local_dot *dot, sl_local_dot_result *result);

#endif
