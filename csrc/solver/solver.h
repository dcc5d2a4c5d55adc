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
#include "solver/ordering.h"
#include "sparse/csr.h"

//  X(name, value, text). Values are pinned; the text is what TypeScript shows. All but AUTO have a
//  table sl_method_<name> in the file of the method (internal.h).
#define SL_SOLVER_METHOD_LIST(X)                                                                   \
  X(AUTO, 0, "auto")                                                                               \
  SL_SOLVER_CONCRETE_METHOD_LIST(X)
#define SL_SOLVER_CONCRETE_METHOD_LIST(X)                                                          \
  /* conjugate gradients with the diagonal as preconditioner: symmetric definite */                \
  X(CG, 1, "cg")                                                                                   \
  /* sweeps in row order: dominant in rows or columns, or symmetric definite */                    \
  X(GAUSS_SEIDEL, 2, "gaussSeidel")                                                                \
  /* stabilised bi-conjugate gradients: any matrix, without a promise */                           \
  X(BICGSTAB, 3, "bicgstab")                                                                       \
  /* dense LU with partial pivoting: any matrix with n <= SL_SOLVER_MAX_DENSE */                   \
  X(LU, 4, "lu")                                                                                   \
  /* flexible conjugate gradients with algebraic multigrid: as CG, good on meshes and grids */     \
  X(AMG, 5, "amg")                                                                                 \
  /* the same with a randomised approximate Cholesky factor: symmetric, diagonally dominant */     \
  X(APPROXIMATE_CHOLESKY, 6, "approximateCholesky")                                                \
  /* restarted minimal residuals with an incomplete LU factor: any matrix, without a promise */    \
  X(GMRES, 7, "gmres")                                                                             \
  /* flexible conjugate gradients with a symmetric Gauss-Seidel sweep: as CG */                    \
  X(SYMMETRIC_GAUSS_SEIDEL, 8, "symmetricGaussSeidel")                                             \
  /* the same with an incomplete Cholesky factor without fill, shifted where it breaks down */     \
  X(INCOMPLETE_CHOLESKY, 9, "incompleteCholesky")                                                  \
  /* dense Cholesky: symmetric definite or semidefinite with n <= SL_SOLVER_MAX_DENSE */           \
  X(CHOLESKY, 10, "cholesky")                                                                      \
  /* BICGSTAB with an incomplete LU factor in place of the diagonal */                             \
  X(BICGSTAB_ILU, 11, "bicgstabIlu")

typedef enum sl_solver_method {
#define X(name, value, text) SL_SOLVER_##name = value,
  SL_SOLVER_METHOD_LIST(X)
#undef X
} sl_solver_method;

// Methods to choose from: a table each, by their values, NULL for those that are left out. A
// program links the code of the sets that it names.
typedef struct sl_method sl_method;
typedef struct sl_method_set {
  const sl_method *tables[12];
} sl_method_set;

// All of them, and those without a preconditioner that is a system of its own to build: CG,
// GAUSS_SEIDEL, BICGSTAB, LU and GMRES. These are enough for matrices with a clear slack.
extern const sl_method_set sl_all_methods;
extern const sl_method_set sl_light_methods;

// Largest n for a dense factorisation.
#define SL_SOLVER_MAX_DENSE 400u

// Text of a method ("gaussSeidel"), or "unknown". Static storage; never null.
const char *sl_solver_method_name(sl_solver_method method);

// The method with this text. Errors: ERR_OPTION ("method").
sl_status sl_solver_method_from_name(const char *name, sl_solver_method *out);

typedef struct sl_solver_options {
  sl_solver_method method; // AUTO (default) or one by name
  double tolerance;        // > 0, < 1: converged when ||b - A x||_2 <= tolerance ||b||_2; 1e-8
  uint32_t max_iterations; // over all methods tried; 0 (default): 10 n + 1000
  uint64_t max_work;       // edge operations over all methods tried; 0 (default): no limit
  bool record_history;     // keep the relative residual after each iteration
  // AUTO (default): the method's choice. NATURAL and REVERSE_CUTHILL_MCKEE go with AMG,
  // SYMMETRIC_GAUSS_SEIDEL and INCOMPLETE_CHOLESKY, NATURAL and TOPOLOGICAL with GAUSS_SEIDEL; the
  // other methods take none.
  sl_ordering_kind ordering;
} sl_solver_options;

sl_solver_options sl_solver_options_default(void);

// Norm that an error bound is in.
typedef enum sl_bound_norm {
  SL_BOUND_NONE = 0, // no bound is known; error_bound is infinite
  SL_BOUND_INF = 1,  // max |x_i - exact_i|
  SL_BOUND_ONE = 2,  // sum |x_i - exact_i|
} sl_bound_norm;

// Why a method was tried.
#define SL_SOLVER_REASON_LIST(X)                                                                   \
  X(ASKED, 0, "asked for by name")                                                                 \
  X(DEFINITE_DOMINANT, 1, "symmetric, diagonally dominant, diagonal of one sign")                  \
  X(CLEAR_SLACK, 2, "diagonally dominant with a slack of at least 2 %")                            \
  X(SMALL, 3, "small enough for a dense factorisation")                                            \
  X(MAYBE_DEFINITE, 4, "symmetric with a diagonal of one sign")                                    \
  X(GENERAL, 5, "takes any matrix")                                                                \
  X(DOMINANT, 6, "diagonally dominant")                                                            \
  X(PREDICTED, 7, "conjugate gradients alone would take more work")                                \
  X(COARSENS_BADLY, 8, "multigrid's coarse levels would be too large")                             \
  X(REMAINS, 9, "nothing stronger could be set up")

typedef enum sl_solver_reason {
#define X(name, value, text) SL_REASON_##name = value,
  SL_SOLVER_REASON_LIST(X)
#undef X
} sl_solver_reason;

// Text of a reason, or "unknown". Static storage; never null.
const char *sl_solver_reason_text(sl_solver_reason reason);

// One method that was tried in a solve, in the order of trying.
typedef struct sl_solve_attempt {
  sl_solver_method method;
  sl_solver_reason reason;
  sl_outcome outcome; // RUNNING: it was left before it ended
  uint32_t iterations;
  double relative_residual; // when it ended
  uint64_t setup_work;      // edge operations to build its preconditioner or factors in this solve
  uint64_t work;            // edge operations of its iterations
  double condition;         // estimated from the first iterations of CG; 0: not estimated
  double predicted;         // iterations that it was predicted to need from there; 0: not predicted
} sl_solve_attempt;

#define SL_SOLVER_MAX_ATTEMPTS 8u

typedef struct sl_solve_result {
  sl_outcome outcome;       // never RUNNING
  sl_solver_method method;  // that gave x; never AUTO
  uint32_t iterations;      // over all attempts
  double residual;          // ||b - A x||_2
  double relative_residual; // residual / ||b||_2; the residual itself when b = 0
  double backward_error;    // ||b - A x||_inf / (||A||_inf ||x||_inf + ||b||_inf)
  double error_bound;       // upper bound of the error of x in error_bound_norm, all rounding
                            // included; infinite for NONE
  sl_bound_norm error_bound_norm;
  uint64_t work;                    // edge operations: matrix or preconditioner entries multiplied
  uint64_t touched_rows;            // rows of A that were read: n
  const double *history;            // relative residual after each iteration; NULL unless recorded
  uint32_t history_length;          // valid until the solver is begun again or destroyed
  const sl_solve_attempt *attempts; // same lifetime
  uint32_t attempt_count;
} sl_solve_result;

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
// of memory, with no limit of the solver's own. It allocates in a setup, and for the history, which
// no limit of the solver's own counts. A solve that is stopped keeps the best iterate so far for
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

// Where a running solve is, for progress displays.
typedef struct sl_solve_progress {
  sl_outcome outcome;      // RUNNING, or how it ended
  sl_solver_method method; // being tried now; AUTO before the first step
  uint32_t iterations;
  double relative_residual; // of the running recurrence; 1 before anything is known
  uint64_t work;
} sl_solve_progress;

// O(1). Errors: ERR_STATE (not begun).
sl_status sl_solver_progress(const sl_solver *solver, sl_solve_progress *out);

// Singular systems. A connected component of a symmetric matrix in which every diagonal entry
// equals the sum of the other absolute values (a Laplacian, or one after changing signs of rows and
// columns) has a null vector of entries +-1. On such components b is projected off the null vector,
// and x is made orthogonal to it (zero mean for a Laplacian). When what was projected away exceeds
// the tolerance, no x meets it: the outcome is INCONSISTENT, x solves the projected system, and the
// residual contains the part that cannot be met.

#endif
