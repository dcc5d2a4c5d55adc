// What the files of this room share: the solver's state and what a method has to provide.
#ifndef SL_SOLVER_METHOD_H
#define SL_SOLVER_METHOD_H

#include "base/job.h"
#include "solver/certificate.h"
#include "solver/null_space.h"
#include "solver/types.h"

#define SL_SOLVER_MAX_VECTORS 8

struct sl_lanczos;

// Facts beyond the matrix class that choosing and checking a method needs.
typedef struct sl_traits {
  int diagonal_sign;          // of a symmetric matrix: +1 or -1 when all nonzero diagonal entries
                              // have that sign, else 0
  bool sdd;                   // symmetric, and no row has a negative slack (up to rounding)
  uint32_t zero_diagonal_row; // first row with a_ii = 0 that is no isolated row of zeros of a
                              // symmetric matrix, or n
  bool structurally_singular; // asymmetric with a row or column of zeros
  bool tight;                 // some row may have no slack: there may be null vectors
} sl_traits;

// What the method does next in a running solve.
typedef enum sl_phase {
  SL_PHASE_SETUP, // it builds what it needs
  SL_PHASE_START, // residual of x, then the recurrence starts
  SL_PHASE_ITERATE,
} sl_phase;

typedef struct sl_solver sl_solver;

// A method to try, why, and what it has built: kept for the next solve, destroyed with the solver.
typedef struct sl_plan_entry {
  sl_solver_method id;
  sl_solver_reason reason;
  const sl_method *method;
  void *state; // the method's own; NULL before it was first prepared
} sl_plan_entry;

#define SL_PLAN_LENGTH 10u

typedef struct sl_plan {
  sl_plan_entry entries[SL_PLAN_LENGTH]; // in the order of trying
  uint32_t length, at;
  uint32_t preferred; // the entry that solved last: where to begin
} sl_plan;

// The right-hand side as it was given, and what becomes of it.
typedef struct sl_right_side {
  double *original; // n: as given
  double *scaled;   // n: projected and scaled, or NULL while the original is solved for
  double norm;      // ||b||_2 as given
  int exponent;     // x and b are scaled by 2^-exponent
  bool inconsistent;
} sl_right_side;

// What is known of x beyond what the recurrence says.
typedef struct sl_verification {
  bool holds;       // r and vectors[0] hold the true residual of x and the bound of its rounding
  double row_ratio; // what sl_csr_residual_bound returned for them
  double norm;      // true residual norm when the recurrence last claimed convergence
} sl_verification;

typedef struct sl_history {
  double *values; // relative residual after each iteration
  uint32_t length, capacity;
} sl_history;

// What a method asks of the driver, beside the outcome of its step.
typedef enum sl_request {
  SL_REQUEST_NONE,
  SL_REQUEST_REST,  // the iteration is not at its end: call step again
  SL_REQUEST_SETUP, // another piece of setup before it goes on; stands until it has started again
} sl_request;

struct sl_solver {
  sl_job job; // the first member; its outcome is the solve's
  sl_solver_options options;
  // The system.
  const sl_method_set *methods;
  sl_csr *matrix;
  const sl_matrix_class *facts;
  uint32_t n;
  sl_traits traits;
  sl_null_space null_space;
  double *inverse_diagonal; // n: there once the first method is set up
  bool inverted;            // it is there
  sl_plan plan;
  // The running solve.
  sl_phase phase;
  sl_request request;
  sl_right_side right_side;
  double *b;                              // n: what is solved for
  double *x, *best, *r;                   // n each
  double *kept;                           // n: the best verified x, NULL before it is needed
  double *vectors[SL_SOLVER_MAX_VECTORS]; // n each, the running method's
  uint32_t vector_count;
  double b_norm; // of the scaled b before projection
  double target; // residual norm to reach
  double norm;   // residual norm of x as the recurrence sees it
  double best_norm;
  bool best_in_x;            // the best iterate is x itself, `best` is out of date
  bool x_is_zero;            // nothing has been done yet: r = b
  bool numerically_singular; // a factorisation found a rank below n - null_space.count
  sl_verification verified;
  double kept_norm; // true residual norm of `kept`; infinite when there is none in this solve
  double claim;     // what the recurrence's norm must come down to before it is verified
  uint32_t iterations, max_iterations;
  uint64_t work;
  sl_history history;
  sl_solve_attempt attempts[SL_SOLVER_MAX_ATTEMPTS];
  uint32_t attempt_count;
  uint64_t max_bytes; // 0: none
  size_t held;        // bytes, the solver itself included, a history not
};

// A method: a table in the file that holds it and the state that is its own. All work on solver->x
// and solver->r, count their edge operations in solver->work, and allocate in `prepare` only.
// Several entries of a plan may have the same method; each has a state of its own.
struct sl_method {
  // Builds what the method needs, or a part of it: called until *done. The state is all 0 at first.
  // After an error it is destroyed.
  sl_status (*prepare)(sl_solver *solver, bool *done);
  // Begins the recurrence from x, with r = b - A x and norm = ||r|| given. NULL: nothing to do.
  void (*start)(sl_solver *solver);
  // One iteration: updates x, r (or only x), norm and the best iterate. RUNNING, CONVERGED (a claim
  // that the driver verifies), STAGNATED, INDEFINITE, BREAKDOWN. Where one would take long it may
  // end early, with x, norm and the best iterate untouched: RUNNING and SL_REQUEST_REST.
  sl_outcome (*step)(sl_solver *solver);
  // Brings x up to date when iterations end, for whatever reason. NULL: it always is.
  void (*settle)(sl_solver *solver);
  // The automatic choice, after each iteration and each piece of a setup: true when the next method
  // of the plan is to be tried. NULL: never.
  bool (*gives_way)(sl_solver *solver);
  size_t size;                        // of the state
  size_t (*bytes)(const void *state); // held beside it. NULL: none
  void (*destroy)(void *state);       // frees what is held beside it. NULL: nothing
  const void *variant;                // the method's own, where one file has several
  // What it applies to.
  bool definite; // symmetric matrices only, and of no use once one has turned out to be indefinite
  bool diagonal; // one without zeros
  bool dominant; // symmetric diagonally dominant matrices only
  bool dense;    // n <= SL_SOLVER_MAX_DENSE only
  // The method computes r from x; others update both side by side, and rounding parts them.
  bool true_residual;
  // Orders of rows that can be asked for beside AUTO: bits 1 << sl_ordering_kind.
  uint32_t orderings;
};

#define X(name, value, text) extern const sl_method sl_method_##name;
SL_SOLVER_CONCRETE_METHOD_LIST(X)
#undef X

// The entry of the plan that is being tried.
static inline sl_plan_entry *sl_solver_running(sl_solver *solver) {
  return &solver->plan.entries[solver->plan.at];
}

// The running method's state.
static inline void *sl_solver_state(const sl_solver *solver) {
  return solver->plan.entries[solver->plan.at].state;
}

// Destroys what an entry of the plan has built.
void sl_solver_drop_state(sl_plan_entry *entry);

// Makes sure that solver->vectors[0 .. count - 1] exist. Errors: ERR_MEMORY.
sl_status sl_solver_reserve_vectors(sl_solver *solver, uint32_t count);

// To be called with the residual norm that x will have after the update that follows. When that is
// no improvement, the best iterate is set aside first.
void sl_solver_note_norm(sl_solver *solver, double norm);

// Fills in traits. Errors: ERR_MEMORY. O(nnz).
sl_status sl_solver_find_traits(sl_solver *solver);

// Checks that the asked method applies and writes the plan. Errors as sl_solver_create.
sl_status sl_solver_make_plan(sl_solver *solver);

// Whether the running method gives way to the next of the plan: never one that was asked for.
bool sl_solver_gives_way(sl_solver *solver);

// What the first iterations of CG say about those to come: true when a stronger method is cheaper.
// Fills in the prediction of the attempt. O(1).
bool sl_solver_leaves_cg(sl_solver *solver, const struct sl_lanczos *lanczos);

// Iterations that the running method was predicted to need from here; <= 0 when nothing was
// predicted, or it has needed more.
double sl_solver_predicted_left(const sl_solver *solver);

// 1 / a_ii; for a zero diagonal 1 / (largest absolute value of the column), 1 for an empty column.
sl_status sl_solver_invert_diagonal(sl_solver *solver);

// One step of iterative refinement with a direct method; the first is the solve itself.
//   add_correction   x += (an approximation of A^-1) r
sl_outcome sl_solver_refine(sl_solver *solver, void (*add_correction)(sl_solver *));

#endif
