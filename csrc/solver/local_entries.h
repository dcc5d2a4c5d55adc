// Single entries of x = A^{-1} b by local push, with a proved bound, touching only the rows needed.
//
//   sl_local_entries_create(matrix, &entries);                      O(nnz), once a matrix
//   sl_local_entries_set_dense(entries, b);                         O(n), once a b; set_sparse:
//                                                                   O(count)
//   sl_local_entries_begin(entries, &options, indices, count);
//   do sl_job_step(sl_local_entries_job(entries), work, &outcome);
//   while (outcome == SL_OUTCOME_RUNNING);
//   sl_local_entries_finish(entries, &result);
//   sl_local_entries_destroy(entries);
//
// For entry t the push (see push.h) starts from e_t and leaves x_t = p.b + r.x. The remaining r.x
// is bounded without solving anything:
//
//   rows strictly dominant      every |x_j| <= X = max_i |b_i| / slack_i. When A is an M-matrix, x
//                               also keeps the sign that b has, which gives an interval of half
//                               that width for b of one sign. One Jacobi step from there costs no
//                               row and gives  x_t = p.b + sum r_j (b_j / a_jj + c g_j) +- h sum
//                               |r_j| g_j, with x in [c - h, c + h] and g_j = sum_{k != j} |a_jk| /
//                               |a_jj|
//   columns strictly dominant   |r.x| <= max_j (|r_j| / column slack_j) ||b||_1
//
// and the smaller one is reported where both hold. Before it is, r is computed afresh from p, and
// the rounding of every step is added, so a bound is a bound.
//
// How many rows that takes depends on the slack, on absolute_error and on how many rows are near t,
// not on n; when it takes too many (a work limit for one entry, another for all) x is solved for in
// full, starting from what the push has proved: x_t = p.b + r.x needs x only to
// absolute_error / ||r||_1.
#ifndef SL_SOLVER_LOCAL_ENTRIES_H
#define SL_SOLVER_LOCAL_ENTRIES_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"
#include "base/status.h"
#include "solver/local.h"
#include "sparse/csr.h"

typedef struct sl_local_entries_options {
  double absolute_error; // > 0 and finite: wanted for each entry. No default: 0 is refused
  uint64_t push_work;    // edge operations after which pushing for one entry gives way to a full
                         // solve; 0 (default): 0.3 nnz, at least 30,000, and over all entries of
                         // a query about a third of what the full solve is expected to cost, rows
                         // that come from memory counted as several
  uint64_t max_work;     // edge operations in all, full solve included; 0 (default): no limit
} sl_local_entries_options;

sl_local_entries_options sl_local_entries_options_default(void);

typedef struct sl_local_entries_result {
  sl_outcome outcome; // CONVERGED: every bound <= absolute_error. WORK_LIMIT, TIME_LIMIT.
                      // STAGNATED: rounding is larger than absolute_error
  sl_local_method method;
  uint32_t count;             // entries asked for
  uint32_t pushed_entries;    // of them answered by push alone
  const double *values;       // count, in the order of the indices; valid until the next begin
  const double *error_bounds; // count: |values[k] - exact| at most; same lifetime
  double error_bound;         // the largest of them
  uint64_t touched_rows;    // rows of A read, distinct for each entry, added up; n more for a solve
  uint64_t edge_operations; // entries of A multiplied, certificates and full solve included
} sl_local_entries_result;

typedef struct sl_local_entries sl_local_entries;

// Classifies A and reserves the push workspace: 57 bytes a row.
//   matrix   read and kept; must outlive the object
//   Errors: ERR_NOT_SQUARE, ERR_NOT_DOMINANT ("matrix"), ERR_MEMORY. Allocates. O(nnz).
sl_status sl_local_entries_create(sl_csr *matrix, sl_local_entries **out);

// Frees it. NULL is allowed.
void sl_local_entries_destroy(sl_local_entries *entries);

// Bytes held, the matrix not counted.
size_t sl_local_entries_bytes(const sl_local_entries *entries);

// Rows of the matrix.
uint32_t sl_local_entries_size(const sl_local_entries *entries);

// The right-hand side. It is read now, for the bounds of x, and kept: it must stay unchanged and
// alive until another is set or the object is destroyed. Ends a running computation.
//   b        length = n entries, read, finite
//   Errors: ERR_SHAPE ("b"), ERR_NOT_FINITE ("b", position), ERR_RANGE ("b": sums overflow). Does
//   not allocate. O(n).
sl_status sl_local_entries_set_dense(sl_local_entries *entries, const double *b, size_t length);

// The same for a b that is zero but in `count` places; then nothing in the whole query is O(n).
//   indices  count row indices, distinct, any order; values: count, finite. Both kept as above.
//   Errors: ERR_INDEX ("b", position), ERR_ARGUMENT ("b", position: an index occurs twice),
//           ERR_NOT_FINITE, ERR_RANGE ("b"). On an error no right-hand side is set. O(count).
sl_status sl_local_entries_set_sparse(sl_local_entries *entries, const uint32_t *indices,
                                      const double *values, uint32_t count);

// From the next begin on the rows that pushing reads are listed, or no more. Errors: ERR_MEMORY.
// Allocates 5 bytes a row the first time.
sl_status sl_local_entries_keep_touched(sl_local_entries *entries, bool keep);

// The rows that pushing has read in the last query, each once, whatever entry it was for; a full
// solve, which reads all, adds none. Zero of them unless they are kept.
//   rows, count  written: the list, valid until the next begin. Errors: ERR_STATE (not begun, or
//   still running). O(1).
sl_status sl_local_entries_touched(const sl_local_entries *entries, const uint32_t **rows,
                                   uint32_t *count);

// Starts a query; a running one is dropped.
//   options   read
//   indices   count of them, read and copied; may repeat
//   Errors: ERR_STATE (no right-hand side), ERR_EMPTY ("indices"), ERR_INDEX ("indices", position),
//           ERR_OPTION ("absolute_error"), ERR_MEMORY. Allocates 20 bytes an index when it is the
//           longest query so far.
sl_status sl_local_entries_begin(sl_local_entries *entries, const sl_local_entries_options *options,
                                 const uint32_t *indices, uint32_t count);

// The query that was begun last, as work in steps (base/job.h). A step fails with ERR_MEMORY when a
// full solve could not be set up; it allocates only when it goes over to one, about 100 bytes a
// row, freed at its end. Where it is stopped, entries not reached yet get the bound that needs no
// row: O(n) at most.
sl_job *sl_local_entries_job(sl_local_entries *entries);
extern const sl_job_kind sl_local_entries_kind;

// How many entries of the query are answered. O(1).
uint32_t sl_local_entries_settled(const sl_local_entries *entries);

// Gives the values and their bounds. Errors: ERR_STATE (not begun, or still running). O(1).
sl_status sl_local_entries_finish(sl_local_entries *entries, sl_local_entries_result *result);

#endif
