// What the files of this room share: the solver's state and what a method has to provide.
#ifndef SL_SOLVER_INTERNAL_H
#define SL_SOLVER_INTERNAL_H

#include "solver/certificate.h"
#include "solver/lanczos.h"
#include "solver/null_space.h"
#include "solver/solver.h"

#define SL_SOLVER_MAX_VECTORS 8

// Facts beyond the matrix class that choosing and checking a method needs.
typedef struct sl_traits {
  int diagonal_sign;          // +1 or -1 when all nonzero diagonal entries have that sign, else 0
  bool sdd;                   // symmetric, and no row has a negative slack (up to rounding)
  uint32_t zero_diagonal_row; // first row with a_ii = 0 that is no isolated row of zeros of a
                              // symmetric matrix, or n
  bool structurally_singular; // asymmetric with a row or column of zeros
} sl_traits;

typedef enum sl_phase {
  SL_PHASE_IDLE,  // nothing begun
  SL_PHASE_SETUP, // the method builds what it needs
  SL_PHASE_START, // residual of x, then the recurrence starts
  SL_PHASE_ITERATE,
  SL_PHASE_ENDED,
} sl_phase;

struct dense_cholesky;
struct dense_lu;
struct gauss_seidel;
struct gmres;

struct sl_solver {
  sl_csr *matrix;
  const sl_matrix_class *facts;
  uint32_t n;
  sl_solver_options options;
  sl_traits traits;
  sl_null_space null_space;

  sl_solver_method plan[10]; // methods to try, in order, and why
  sl_solver_reason reasons[10];
  uint32_t plan_length, plan_at;
  uint32_t preferred; // place in the plan of the method that solved last: where to begin

  double *inverse_diagonal;               // n
  double *original_b;                     // n: as given
  double *scaled_b;                       // n: projected and scaled, or NULL while b is original_b
  double *b;                              // n: what is solved for
  double *x, *best, *r;                   // n each
  double *kept;                           // n: the best verified x, NULL before it is needed
  double *vectors[SL_SOLVER_MAX_VECTORS]; // n each, the method's
  uint32_t vector_count;
  struct dense_lu *lu;
  struct dense_cholesky *dense_cholesky;
  struct gauss_seidel *gauss_seidel;
  struct gmres *gmres;
  struct sl_amg *amg;
  struct sl_approximate_cholesky *cholesky;
  struct sl_incomplete_cholesky *incomplete;
  struct sl_ilu *ilu; // of GMRES and of BiCGSTAB

  // The running solve. x and b are scaled by 2^-exponent.
  sl_phase phase;
  sl_outcome outcome;
  int exponent;
  bool inconsistent;
  bool numerically_singular; // a factorisation found a rank below n - null_space.count
  double original_norm;      // ||b||_2 as given
  double b_norm;             // of the scaled b before projection
  double target;             // residual norm to reach
  double norm;               // residual norm of x as the recurrence sees it
  double best_norm;
  bool best_in_x;     // the best iterate is x itself, `best` is out of date
  bool verified;      // r and vectors[0] hold the true residual of x and the bound of its rounding
  uint64_t max_bytes; // 0: none
  size_t held;        // bytes, the solver itself included, a history not
  double row_ratio;   // what sl_csr_residual_bound returned for them
  bool x_is_zero;     // nothing has been done yet: r = b
  double verified_norm; // true residual norm when the recurrence last claimed convergence
  double kept_norm;     // true residual norm of `kept`; infinite when there is none in this solve
  double claim;         // what the recurrence's norm must come down to before it is verified
  uint32_t iterations, max_iterations;
  uint64_t work;
  double *history;
  uint32_t history_length, history_capacity;
  sl_solve_attempt attempts[SL_SOLVER_MAX_ATTEMPTS];
  uint32_t attempt_count;

  sl_lanczos lanczos; // of the running CG
  // Scalars of the recurrences.
  double rho, alpha, omega;
  double stall_norm;        // BiCGSTAB: best norm when progress was last seen ...
  uint32_t stall_iteration; // ... and when
  bool restart;             // BiCGSTAB: take a new shadow residual
  bool rebuild;             // the method asks for another piece of setup before it goes on
  bool in_iteration;        // the iteration is not at its end: iterate is to be called again
  uint32_t piece;           // of the iteration, from which it goes on
};

// A method. All work on solver->x and solver->r, count their edge operations in solver->work, and
// never allocate outside `setup`.
typedef struct sl_method_operations {
  // Builds what the method needs, or a part of it: called until *done. NULL: nothing to build.
  sl_status (*setup)(sl_solver *solver, bool *done);
  // Begins the recurrence from x, with r = b - A x and norm = ||r|| given. NULL: nothing to do.
  void (*start)(sl_solver *solver);
  // One iteration: updates x, r (or only x), norm and the best iterate. RUNNING, CONVERGED (a claim
  // that the driver verifies), STAGNATED, INDEFINITE, BREAKDOWN. Where one would take long it may
  // end early, with x, norm and the best iterate untouched: RUNNING and solver->in_iteration, and
  // what it needs to go on in solver->piece, which is 0 in a new iteration.
  sl_outcome (*iterate)(sl_solver *solver);
  // Brings x up to date when iterations end, for whatever reason. NULL: it always is.
  void (*settle)(sl_solver *solver);
} sl_method_operations;

extern const sl_method_operations sl_method_cg;
extern const sl_method_operations sl_method_pcg;
extern const sl_method_operations sl_method_gauss_seidel;
extern const sl_method_operations sl_method_bicgstab;
extern const sl_method_operations sl_method_gmres;
extern const sl_method_operations sl_method_lu;
extern const sl_method_operations sl_method_dense_cholesky;

// Makes sure that solver->vectors[0 .. count - 1] exist. Errors: ERR_MEMORY.
sl_status sl_solver_reserve_vectors(sl_solver *solver, uint32_t count);

// To be called with the residual norm that x will have after the update that follows. When that is
// no improvement, the best iterate is set aside first.
void sl_solver_note_norm(sl_solver *solver, double norm);

// Fills in traits (null_space must be known). Errors: ERR_MEMORY. O(nnz).
sl_status sl_solver_find_traits(sl_solver *solver);

// Checks that the asked method applies and writes the plan. Errors as sl_solver_create.
sl_status sl_solver_make_plan(sl_solver *solver);

// True for methods that are of no use once the matrix has turned out to be indefinite.
bool sl_solver_needs_definite(sl_solver_method method);

// The automatic choice: true when the running method should give way to the next of the plan.
// Called after each iteration, and after each piece of a setup.
bool sl_solver_gives_way(sl_solver *solver);

// 1 / a_ii; for a zero diagonal 1 / (largest absolute value of the column), 1 for an empty column.
sl_status sl_solver_invert_diagonal(sl_solver *solver);

// Builds the next piece of solver->ilu.
sl_status sl_solver_build_ilu(sl_solver *solver, bool *done);

// One step of iterative refinement with a direct method; the first is the solve itself.
//   add_correction   x += (an approximation of A^-1) r
sl_outcome sl_solver_refine(sl_solver *solver, void (*add_correction)(sl_solver *));

void sl_gmres_destroy(struct gmres *state);
size_t sl_gmres_bytes(const struct gmres *state);
void sl_gauss_seidel_destroy(struct gauss_seidel *state);
size_t sl_gauss_seidel_bytes(const sl_solver *solver);
void sl_dense_cholesky_destroy(struct dense_cholesky *state);
size_t sl_dense_cholesky_bytes(const struct dense_cholesky *state);
void sl_dense_lu_destroy(struct dense_lu *lu);
size_t sl_dense_lu_bytes(const struct dense_lu *lu);

#endif
