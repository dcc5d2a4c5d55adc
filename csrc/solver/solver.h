// Solver: full solves of A x = b for a square sparse matrix.
//
// Life of a solve:
//
//   sl_solver_create(matrix, &options, &solver);        classify, check, choose; once a matrix
//   sl_solver_begin(solver, b, NULL);                   as often as there are right-hand sides
//   do sl_job_step(sl_solver_job(solver), work, &outcome); while (outcome == SL_OUTCOME_RUNNING);
//   sl_solver_finish(solver, x, &result);               x and its certificate
//   sl_solver_destroy(solver);
//
// What a method needs to build once (a factorisation, a hierarchy) is built inside the steps of the
// first solve, because the automatic choice looks at how the real system behaves before it pays for
// anything; later solves with the same solver reuse it.
//
// What is promised: the residual in the result is b - A x computed in f64 with the original matrix
// for the x that is returned, and CONVERGED is reported only when that residual meets the
// tolerance.
#ifndef SL_SOLVER_SOLVER_H
#define SL_SOLVER_SOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/job.h"
#include "base/status.h"
#include "solver/types.h"
#include "sparse/csr.h"

// Text of a method ("gaussSeidel"), or "unknown". Static storage; never null.
const char *sl_solver_method_name(sl_solver_method method);

// The method with this text. Errors: ERR_OPTION ("method").
sl_status sl_solver_method_from_name(const char *name, sl_solver_method *out);

sl_solver_options sl_solver_options_default(void);

// Text of a reason, or "unknown". Static storage; never null.
const char *sl_solver_reason_text(sl_solver_reason reason);

typedef struct sl_solver sl_solver;

// Classifies the matrix, checks that the asked method applies, reserves the vectors.
//   matrix    read, kept: it must outlive the solver (its class is computed when it is not yet)
//   options   read; NULL for the defaults
//   out       written: the solver, or NULL
//   Errors: ERR_NOT_SQUARE ("matrix"), ERR_OPTION ("method", "tolerance", "ordering": none that the
//           method takes), ERR_NOT_SYMMETRIC ("matrix": CG and its like), ERR_ZERO_DIAGONAL
//           ("matrix", position = row: CG and its like, GAUSS_SEIDEL), ERR_UNSUPPORTED ("method":
//           LU or CHOLESKY with n > SL_SOLVER_MAX_DENSE), ERR_MEMORY.
//   Allocates: 40 to 90 bytes a row (LU, CHOLESKY: 8 n^2). O(nnz).
sl_status sl_solver_create(sl_csr *matrix, const sl_solver_options *options, sl_solver **out);

// The same with the methods of a set, which is kept: sl_solver_create takes sl_all_methods.
//   Errors: as above; ERR_OPTION ("method") for one that the set leaves out.
sl_status sl_solver_create_of(const sl_method_set *methods, sl_csr *matrix,
                              const sl_solver_options *options, sl_solver **out);

// Frees it. NULL is allowed.
void sl_solver_destroy(sl_solver *solver);

// Bytes held, without the matrix.
size_t sl_solver_bytes(const sl_solver *solver);

// Rows of the matrix: the length of b and x.
uint32_t sl_solver_size(const sl_solver *solver);

// Sets the tolerance of the solves that are begun from now on; what was built stays.
//   Errors: ERR_OPTION ("tolerance"): not in (0, 1). O(1).
sl_status sl_solver_set_tolerance(sl_solver *solver, double tolerance);

// Limits the memory that the solver may hold, the matrix not counted; 0: no limit of its own. A
// method whose setup would go beyond it is left as one that failed, and where no other is left the
// solve ends with MEMORY_LIMIT and the best iterate. Methods that were set up before stay.
//   Errors: ERR_OPTION ("max_bytes"): less than sl_solver_bytes now. O(levels of what is built).
sl_status sl_solver_set_max_bytes(sl_solver *solver, uint64_t max_bytes);

// Starts a solve; allowed at any time, a running one is dropped.
//   b              n entries, read and copied
//   initial_guess  n entries, read and copied; NULL for zero
//   Errors: ERR_NOT_FINITE ("b" or "initial_guess", position), ERR_RANGE ("b": so large that its
//           norm overflows), ERR_MEMORY. On an error nothing is running. O(n).
//   An initial guess whose residual overflows is replaced by zero.
//   Allocates only when b is smaller than 2^-32 or larger than 2^32, where it has to be scaled.
sl_status sl_solver_begin(sl_solver *solver, const double *b, const double *initial_guess);

// The solve that was begun last, as work in steps (base/job.h). A piece of work is one iteration, a
// part of one that would take long, or one block of a setup, which is at most about 4 nnz edge
// operations. A step fails with ERR_MEMORY when the last method left could not be set up for want
// of memory, with no limit of the solver's own. It allocates in a setup, 8 n bytes where a
// recurrence drifts from the truth, for the best iterate, and for the history, which no limit of
// the solver's own counts. A solve that is stopped keeps the best iterate so far for
// finish. How much work is left is known while conjugate gradients go on as they predicted.
sl_job *sl_solver_job(sl_solver *solver);
extern const sl_job_kind sl_solver_kind;

// Gives the solution, or the iterate with the smallest residual so far, and its certificate.
//   x        n entries, written
//   result   written
//   On singular components (zero slack, see below) x has zero mean.
//   Errors: ERR_STATE (not begun, or still running: step or stop it first). O(nnz).
sl_status sl_solver_finish(sl_solver *solver, double *x, sl_solve_result *result);

// The certificate for another x with the b of the last begin: what finish would say of it. For
// hosts that round or change x before they hand it on.
//   x        n entries, read
//   result   written: as in finish, with residual, backward error and bound of this x; CONVERGED
//            becomes STAGNATED when x misses the tolerance
//   Errors: ERR_STATE, ERR_NOT_FINITE ("x", position). O(nnz).
sl_status sl_solver_certify(sl_solver *solver, const double *x, sl_solve_result *result);

// Attempt `index` of the last solve, for hosts that cannot follow result.attempts.
//   Errors: ERR_INDEX ("index"). O(1).
sl_status sl_solver_attempt(const sl_solver *solver, uint32_t index, sl_solve_attempt *out);

// O(1). Errors: ERR_STATE (not begun).
sl_status sl_solver_progress(const sl_solver *solver, sl_solve_progress *out);

// Singular systems. A connected component of a symmetric matrix in which every diagonal entry
// equals the sum of the other absolute values (a Laplacian, or one after changing signs of rows and
// columns) has a null vector of entries +-1. On such components b is projected off the null vector,
// and x is made orthogonal to it (zero mean for a Laplacian). When what was projected away exceeds
// the tolerance, no x meets it: the outcome is INCONSISTENT, x solves the projected system, and the
// residual contains the part that cannot be met.

#endif
