// What a full solve is asked with, and what it gives.
#ifndef SL_SOLVER_TYPES_H
#define SL_SOLVER_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "solver/ordering.h"

//  X(name, value, text). Values are pinned; the text is what TypeScript shows. All but AUTO have a
//  table sl_method_<name> in the file of the method (method.h).
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

// Norm that an error bound is in.
typedef enum sl_bound_norm {
  SL_BOUND_NONE = 0, // no bound is known; error_bound is infinite
  SL_BOUND_INF = 1,  // max |x_i - exact_i|
  SL_BOUND_ONE = 2,  // sum |x_i - exact_i|
} sl_bound_norm;

// Why a method was tried.
#define SL_SOLVER_REASON_LIST(X)                                                                   \
  X(ASKED, 0, "asked for by name")                                                                 \
  X(DEFINITE_DOMINANT, 1, "diagonally dominant, symmetric with a diagonal of one sign")            \
  X(CLEAR_SLACK, 2, "with 2 % slack, diagonally dominant")                                         \
  X(SMALL, 3, "small enough for dense LU")                                                         \
  X(MAYBE_DEFINITE, 4, "symmetric with a diagonal of one sign")                                    \
  X(GENERAL, 5, "takes any matrix")                                                                \
  X(DOMINANT, 6, "diagonally dominant")                                                            \
  X(PREDICTED, 7, "cg alone would take more work")                                                 \
  X(COARSENS_BADLY, 8, "multigrid would coarsen badly")                                            \
  X(REMAINS, 9, "nothing stronger applies")

typedef enum sl_solver_reason {
#define X(name, value, text) SL_REASON_##name = value,
  SL_SOLVER_REASON_LIST(X)
#undef X
} sl_solver_reason;

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

// Where a running solve is, for progress displays.
typedef struct sl_solve_progress {
  sl_outcome outcome;      // RUNNING, or how it ended
  sl_solver_method method; // being tried now; AUTO before the first step
  uint32_t iterations;
  double relative_residual; // of the running recurrence; 1 before anything is known
  uint64_t work;
} sl_solve_progress;

#endif
