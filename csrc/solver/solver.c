// The life of a solve: it starts methods, verifies what they claim, moves on when one fails, and
// keeps the best iterate.
#include "solver/solver.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "simd/kernels.h"
#include "solver/method.h"
#include "sparse/spmv.h"

// A recurrence is followed a little below the target, so that its rounding does not make the
// verification miss by a hair.
#define CLAIM_FACTOR 0.9

// Once a recurrence has drifted from the truth, each further piece of it is verified after this
// gain: longer ones add more rounding than they take off.
#define PIECE_FACTOR 0.4

// A backward error that no method in f64 improves on by trying again.
#define ATTAINABLE_BACKWARD_ERROR 1e-14

// Right-hand sides beyond 2^+-32 are scaled. Recurrences hold products of two of their entries and
// one of the matrix or of its inverse diagonal: so these may use nearly all of the exponents.
#define MAX_INTERNAL_EXPONENT 32

static const sl_method *running(const sl_solver *solver) {
  return solver->plan.entries[solver->plan.at].method;
}

static sl_solve_attempt *attempt(sl_solver *solver) {
  return &solver->attempts[solver->attempt_count - 1];
}

// ---- creation -----------------------------------------------------------------------------------

static sl_status reserve(sl_solver *solver) {
  uint32_t n = solver->n;
  SL_TRY(SL_ALLOC(&solver->inverse_diagonal, n));
  SL_TRY(SL_ALLOC(&solver->right_side.original, n));
  SL_TRY(SL_ALLOC(&solver->x, n));
  SL_TRY(SL_ALLOC(&solver->best, n));
  SL_TRY(SL_ALLOC(&solver->r, n));
  if (solver->null_space.count > 0) SL_TRY(SL_ALLOC(&solver->right_side.scaled, n));
  return sl_solver_reserve_vectors(solver, 1);
}

static sl_status prepare(sl_solver *solver) {
  SL_TRY(sl_csr_classify(solver->matrix, &solver->facts));
  SL_TRY(sl_solver_find_traits(solver));
  sl_csr *matrix = solver->matrix;
  if (solver->facts->symmetric && solver->traits.tight && !matrix->has_no_null_vectors) {
    SL_TRY(sl_null_space_find(matrix, &solver->null_space));
    matrix->has_no_null_vectors = solver->null_space.count == 0;
  }
  SL_TRY(sl_solver_make_plan(solver));
  return reserve(solver);
}

sl_status sl_solver_create(sl_csr *matrix, const sl_solver_options *options, sl_solver **out) {
  return sl_solver_create_of(&sl_all_methods, matrix, options, out);
}

sl_status sl_solver_create_of(const sl_method_set *methods, sl_csr *matrix,
                              const sl_solver_options *options, sl_solver **out) {
  *out = NULL;
  sl_memory_budget counted;
  sl_solver_options chosen = options != NULL ? *options : sl_solver_options_default();
  SL_REQUIRE(matrix->rows == matrix->cols, SL_ERR_NOT_SQUARE, "matrix", "a square matrix");
  sl_solver *solver;
  SL_TRY(SL_ALLOC_ZERO(&solver, 1));
  solver->job.kind = &sl_solver_kind;
  solver->methods = methods;
  solver->held = sizeof *solver;
  solver->matrix = matrix;
  solver->n = matrix->rows;
  solver->options = chosen;
  uint64_t automatic = (uint64_t)solver->n * 10 + 1000;
  solver->max_iterations = chosen.max_iterations > 0 ? chosen.max_iterations
                           : automatic < UINT32_MAX  ? (uint32_t)automatic
                                                     : UINT32_MAX;
  sl_memory_budget_begin(&counted, UINT64_MAX);
  sl_status status = sl_solver_set_tolerance(solver, chosen.tolerance);
  if (status == SL_OK) status = prepare(solver);
  solver->held += (size_t)sl_memory_budget_end(&counted);
  if (status != SL_OK) {
    sl_solver_destroy(solver);
    return status;
  }
  *out = solver;
  return SL_OK;
}

void sl_solver_drop_state(sl_plan_entry *entry) {
  if (entry->state == NULL) return;
  if (entry->method->destroy != NULL) entry->method->destroy(entry->state);
  sl_free(entry->state);
  entry->state = NULL;
}

// Also after a failed setup: what it has left is in no state to go on from, and others take room
// that the next method may need.
static void drop_setup(sl_solver *solver) {
  for (uint32_t k = 0; k < solver->plan.length; k++) sl_solver_drop_state(&solver->plan.entries[k]);
}

void sl_solver_destroy(sl_solver *solver) {
  if (solver == NULL) return;
  sl_null_space_destroy(&solver->null_space);
  drop_setup(solver);
  sl_free(solver->inverse_diagonal);
  sl_free(solver->right_side.original);
  sl_free(solver->right_side.scaled);
  sl_free(solver->x);
  sl_free(solver->best);
  sl_free(solver->kept);
  sl_free(solver->r);
  for (uint32_t k = 0; k < solver->vector_count; k++) sl_free(solver->vectors[k]);
  sl_free(solver->history.values);
  sl_free(solver);
}

sl_status sl_solver_reserve_vectors(sl_solver *solver, uint32_t count) {
  while (solver->vector_count < count) {
    SL_TRY(SL_ALLOC(&solver->vectors[solver->vector_count], solver->n));
    solver->vector_count++;
  }
  return SL_OK;
}

size_t sl_solver_bytes(const sl_solver *solver) {
  size_t vectors =
      5 + solver->vector_count + (solver->right_side.scaled != NULL) + (solver->kept != NULL);
  size_t bytes = sizeof *solver + vectors * solver->n * sizeof(double) +
                 sl_null_space_bytes(&solver->null_space) +
                 solver->history.capacity * sizeof *solver->history.values;
  for (uint32_t k = 0; k < solver->plan.length; k++) {
    const sl_plan_entry *entry = &solver->plan.entries[k];
    if (entry->state == NULL) continue;
    bytes += entry->method->size;
    if (entry->method->bytes != NULL) bytes += entry->method->bytes(entry->state);
  }
  return bytes;
}

uint32_t sl_solver_size(const sl_solver *solver) { return solver->n; }

sl_status sl_solver_set_tolerance(sl_solver *solver, double tolerance) {
  SL_REQUIRE(tolerance > 0 && tolerance < 1, SL_ERR_OPTION, "tolerance",
             "a number between 0 and 1, both excluded");
  solver->options.tolerance = tolerance;
  return SL_OK;
}

sl_status sl_solver_set_max_bytes(sl_solver *solver, uint64_t max_bytes) {
  SL_REQUIRE(max_bytes == 0 || max_bytes >= sl_solver_bytes(solver), SL_ERR_OPTION, "max_bytes",
             "at least what the solver holds already");
  solver->max_bytes = max_bytes;
  return SL_OK;
}

// ---- begin --------------------------------------------------------------------------------------

static void next_attempt(sl_solver *solver) {
  solver->attempts[solver->attempt_count++] = (sl_solve_attempt){
      .method = sl_solver_running(solver)->id,
      .reason = sl_solver_running(solver)->reason,
      .outcome = SL_OUTCOME_RUNNING,
      .relative_residual = 1,
  };
  solver->phase = SL_PHASE_SETUP;
  solver->request = SL_REQUEST_NONE;
  solver->verified.norm = INFINITY;
  solver->claim = CLAIM_FACTOR * solver->target;
}

static void end(sl_solver *solver, sl_outcome outcome) {
  attempt(solver)->outcome = outcome;
  if (outcome == SL_OUTCOME_CONVERGED) {
    solver->plan.preferred = solver->plan.at;
    if (solver->right_side.inconsistent) outcome = SL_OUTCOME_INCONSISTENT;
    if (solver->numerically_singular) outcome = SL_OUTCOME_SINGULAR;
  }
  sl_job_end(&solver->job, outcome);
}

// to = 2^exponent from
static void scale(const double *from, int exponent, double *to, uint32_t n) {
  if (exponent == 0) {
    memcpy(to, from, n * sizeof *to);
    return;
  }
  for (uint32_t i = 0; i < n; i++) to[i] = ldexp(from[i], exponent);
}

// Numbers far from 1 would overflow or vanish when squared. A power of two changes no digit.
static sl_status scale_and_project(sl_solver *solver, double largest) {
  uint32_t n = solver->n;
  int exponent = 0;
  if (largest > 0) frexp(largest, &exponent);
  solver->right_side.exponent =
      exponent > MAX_INTERNAL_EXPONENT || exponent < -MAX_INTERNAL_EXPONENT ? exponent : 0;
  solver->b = solver->right_side.original;
  solver->right_side.inconsistent = false;
  if (solver->right_side.exponent != 0 || solver->null_space.count > 0) {
    if (solver->right_side.scaled == NULL) SL_TRY(SL_ALLOC(&solver->right_side.scaled, n));
    solver->b = solver->right_side.scaled;
    scale(solver->right_side.original, -solver->right_side.exponent, solver->b, n);
  }
  solver->right_side.norm = sl_norm2_f64(solver->right_side.original, n);
  solver->b_norm = sl_norm2_f64(solver->b, n);
  solver->target = solver->options.tolerance * solver->b_norm;
  double away = sl_null_space_project(&solver->null_space, solver->b);
  // What is left of the tolerance after the part of b that no x can meet.
  double left = solver->target * solver->target - away * away;
  if (left > 0.01 * solver->target * solver->target)
    solver->target = sqrt(left);
  else if (away > 0)
    solver->right_side.inconsistent = true;
  return SL_OK;
}

sl_status sl_solver_begin(sl_solver *solver, const double *b, const double *initial_guess) {
  uint32_t n = solver->n;
  sl_job_drop(&solver->job);
  size_t bad = sl_first_not_finite_f64(b, n);
  SL_REQUIRE_AT(bad == n, SL_ERR_NOT_FINITE, "b", "finite numbers", bad);
  SL_REQUIRE(isfinite(sl_norm2_f64(b, n)), SL_ERR_RANGE, "b", "a norm below 1.8e308");
  if (initial_guess != NULL) {
    bad = sl_first_not_finite_f64(initial_guess, n);
    SL_REQUIRE_AT(bad == n, SL_ERR_NOT_FINITE, "initial_guess", "finite numbers", bad);
  }
  memcpy(solver->right_side.original, b, n * sizeof *b);
  SL_TRY(scale_and_project(solver, sl_norm_inf_f64(b, n)));
  // Without a right-hand side the answer is zero, and no relative tolerance means anything.
  if (initial_guess == NULL || solver->b_norm == 0)
    memset(solver->x, 0, n * sizeof *solver->x);
  else
    scale(initial_guess, -solver->right_side.exponent, solver->x, n);
  solver->norm = solver->best_norm = solver->b_norm;
  solver->best_in_x = true;
  solver->verified.holds = false;
  solver->x_is_zero = initial_guess == NULL || solver->b_norm == 0;
  solver->kept_norm = INFINITY;
  solver->numerically_singular = false;
  solver->iterations = 0;
  solver->work = 0;
  solver->history.length = 0;
  solver->attempt_count = 0;
  solver->plan.at = solver->plan.preferred;
  next_attempt(solver);
  sl_job_begin(&solver->job);
  return SL_OK;
}

// ---- progress of a solve ------------------------------------------------------------------------

void sl_solver_note_norm(sl_solver *solver, double norm) {
  if (norm < solver->best_norm) {
    solver->best_norm = norm;
    solver->best_in_x = true;
  } else if (solver->best_in_x) {
    memcpy(solver->best, solver->x, solver->n * sizeof *solver->x);
    solver->best_in_x = false;
  }
}

static double relative_norm(const sl_solver *solver) {
  return solver->b_norm > 0 ? solver->norm / solver->b_norm : 0;
}

static sl_status record(sl_solver *solver) {
  if (!solver->options.record_history) return SL_OK;
  if (solver->history.length == solver->history.capacity) {
    uint32_t capacity = solver->history.capacity * 2 + 64;
    SL_TRY(SL_REALLOC(&solver->history.values, capacity));
    solver->history.capacity = capacity;
  }
  solver->history.values[solver->history.length++] = relative_norm(solver);
  return SL_OK;
}

// r = b - A x of the system that is solved (projected, scaled), without its null space part.
static void compute_residual(sl_solver *solver) {
  double *bound = solver->vectors[0];
  solver->verified.row_ratio =
      sl_csr_residual_bound(solver->matrix, solver->x, solver->b, solver->r, bound);
  // With b as given this is what the certificate needs, as long as nothing moves on from here.
  solver->verified.holds = solver->b == solver->right_side.original;
  sl_null_space_project(&solver->null_space, solver->r);
  solver->norm = sl_norm2_f64(solver->r, solver->n);
  solver->work += solver->matrix->nnz;
}

// Whether x and its residual are numbers that can be squared, also in the scale of the b that was
// given.
static bool is_usable(const sl_solver *solver) {
  return solver->norm < 0x1p480 && isfinite(ldexp(solver->norm, solver->right_side.exponent)) &&
         sl_first_not_finite_f64(solver->x, solver->n) == solver->n;
}

// What overflowed is no iterate: zero is better.
static void start_from_zero(sl_solver *solver) {
  memset(solver->x, 0, solver->n * sizeof *solver->x);
  compute_residual(solver);
}

static void take_best(sl_solver *solver) {
  if (!solver->best_in_x && !(solver->norm < solver->best_norm)) {
    memcpy(solver->x, solver->best, solver->n * sizeof *solver->x);
    solver->norm = solver->best_norm;
  }
  solver->best_in_x = true;
  solver->best_norm = solver->norm;
  sl_null_space_project(&solver->null_space, solver->x);
}

// Sets x, verified a moment ago, aside: what follows may end with a worse one. Without the memory
// for it that is what happens.
static void keep(sl_solver *solver) {
  size_t before = sl_bytes_in_use(), more = solver->n * sizeof *solver->x;
  bool room = solver->max_bytes == 0 || solver->held + more <= solver->max_bytes;
  if (!(solver->norm < solver->kept_norm)) return;
  if (solver->kept == NULL && (!room || SL_ALLOC(&solver->kept, solver->n) != SL_OK)) return;
  solver->held += sl_bytes_in_use() - before;
  memcpy(solver->kept, solver->x, more);
  solver->kept_norm = solver->norm;
}

static bool is_attainable_level(const sl_solver *solver) {
  uint32_t n = solver->n;
  double reached =
      sl_solver_backward_error(sl_norm_inf_f64(solver->r, n), solver->facts->norm_inf,
                               sl_norm_inf_f64(solver->x, n), sl_norm_inf_f64(solver->b, n));
  return reached <= ATTAINABLE_BACKWARD_ERROR;
}

static bool has_another(const sl_solver *solver) {
  return solver->plan.at + 1 < solver->plan.length &&
         solver->attempt_count < SL_SOLVER_MAX_ATTEMPTS;
}

// A dense factor scales rows, which iterations do not: where most of b is left its answer may be
// better, however small the residual is beside the largest numbers.
#define FAR_FROM_B 0x1p-26

static bool factor_may_do_better(const sl_solver *solver) {
  const sl_plan *plan = &solver->plan;
  if (!(solver->norm > FAR_FROM_B * solver->b_norm) || !has_another(solver)) return false;
  for (uint32_t k = plan->at + 1; k < plan->length; k++) {
    if (plan->entries[k].id == SL_SOLVER_LU) return true;
  }
  return false;
}

// The next method of the plan goes on from the best iterate.
static void move_on(sl_solver *solver, sl_outcome outcome) {
  attempt(solver)->outcome = outcome;
  bool indefinite = outcome == SL_OUTCOME_INDEFINITE;
  do solver->plan.at++;
  while (indefinite && solver->plan.at + 1 < solver->plan.length && running(solver)->definite);
  next_attempt(solver);
}

// The method ended without an answer.
static void fail(sl_solver *solver, sl_outcome outcome) {
  bool rounding = is_attainable_level(solver) && !solver->numerically_singular;
  if (rounding && factor_may_do_better(solver)) {
    // Not from an x whose own rounding is what is left.
    keep(solver);
    start_from_zero(solver);
    solver->best_norm = solver->norm;
    move_on(solver, outcome);
  } else if (rounding) {
    end(solver, SL_OUTCOME_STAGNATED);
  } else if (has_another(solver) && !solver->numerically_singular) {
    move_on(solver, outcome);
  } else {
    // That it is singular tells more than how the method noticed.
    bool singular = solver->traits.structurally_singular || solver->numerically_singular;
    end(solver, singular ? SL_OUTCOME_SINGULAR : outcome);
  }
}

// x is so large that the rounding of its residual alone is of the size of b: whatever the residual
// looks like, it says nothing, and the matrix is singular as far as f64 can tell.
static bool is_noise(const sl_solver *solver) {
  return sl_norm2_f64(solver->vectors[0], solver->n) > solver->b_norm && solver->b_norm > 0;
}

// Goes back to the best iterate and computes its true residual. True: it meets the target.
static bool meets_target(sl_solver *solver) {
  if (solver->phase == SL_PHASE_ITERATE && running(solver)->settle != NULL) {
    running(solver)->settle(solver);
  }
  take_best(solver);
  compute_residual(solver);
  if (solver->kept_norm < INFINITY && !(solver->norm <= solver->kept_norm)) {
    memcpy(solver->x, solver->kept, solver->n * sizeof *solver->x);
    compute_residual(solver);
  }
  if (!is_usable(solver)) start_from_zero(solver);
  solver->best_norm = solver->norm;
  attempt(solver)->relative_residual = relative_norm(solver);
  if (!(solver->norm <= solver->target)) return false;
  if (is_noise(solver)) solver->numerically_singular = true;
  return true;
}

static void end_at_limit(sl_solver *solver, sl_outcome limit) {
  end(solver, meets_target(solver) ? SL_OUTCOME_CONVERGED : limit);
}

// Whether the method's x and residual are updated side by side, so that rounding parts them more
// with every iteration. The others compute true residuals themselves.
static bool drifts(const sl_solver *solver) { return !running(solver)->true_residual; }

// After the recurrence has ended in whatever way.
static void verify(sl_solver *solver, sl_outcome claim) {
  if (meets_target(solver)) {
    end(solver, SL_OUTCOME_CONVERGED);
  } else if (claim == SL_OUTCOME_CONVERGED && solver->norm < 0.5 * solver->verified.norm) {
    // The recurrence has drifted from the truth; it starts again from the true residual.
    solver->verified.norm = solver->norm;
    if (drifts(solver)) {
      solver->claim = fmax(CLAIM_FACTOR * solver->target, PIECE_FACTOR * solver->norm);
    }
    keep(solver);
    solver->phase = SL_PHASE_START;
  } else {
    fail(solver, claim == SL_OUTCOME_CONVERGED ? SL_OUTCOME_STAGNATED : claim);
  }
}

static void start(sl_solver *solver) {
  if (solver->verified.norm == INFINITY) {
    if (solver->x_is_zero) {
      memcpy(solver->r, solver->b, solver->n * sizeof *solver->r);
      solver->norm = sl_norm2_f64(solver->r, solver->n);
    } else {
      compute_residual(solver);
    }
    solver->x_is_zero = false;
    bool worse = !(solver->norm <= solver->b_norm);
    // An initial guess is taken as it is, unless nothing can be computed with it.
    if (worse && (solver->attempt_count > 1 || !is_usable(solver))) start_from_zero(solver);
    solver->best_norm = solver->norm;
    solver->best_in_x = true;
    attempt(solver)->relative_residual = relative_norm(solver);
    if (solver->norm <= solver->target) {
      take_best(solver);
      end(solver, SL_OUTCOME_CONVERGED);
      return;
    }
  }
  solver->verified.holds = false;
  if (running(solver)->start != NULL) running(solver)->start(solver);
  solver->request = SL_REQUEST_NONE;
  solver->phase = SL_PHASE_ITERATE;
}

static sl_status iterate(sl_solver *solver) {
  if (solver->iterations >= solver->max_iterations) {
    end_at_limit(solver, SL_OUTCOME_ITERATION_LIMIT);
    return SL_OK;
  }
  solver->request = SL_REQUEST_NONE;
  sl_outcome outcome = running(solver)->step(solver);
  if (solver->request == SL_REQUEST_REST) return SL_OK;
  solver->iterations++;
  attempt(solver)->iterations++;
  if (!isfinite(solver->norm)) outcome = SL_OUTCOME_BREAKDOWN;
  SL_TRY(record(solver));
  if (outcome == SL_OUTCOME_RUNNING && solver->norm <= solver->claim) {
    outcome = SL_OUTCOME_CONVERGED;
  }
  if (outcome != SL_OUTCOME_RUNNING) {
    verify(solver, outcome);
  } else if (solver->request == SL_REQUEST_SETUP) {
    solver->phase = SL_PHASE_SETUP;
  } else if (has_another(solver) && sl_solver_gives_way(solver)) {
    attempt(solver)->relative_residual = relative_norm(solver);
    take_best(solver);
    move_on(solver, SL_OUTCOME_RUNNING);
  }
  return SL_OK;
}

static sl_status prepare_method(sl_solver *solver, bool *done) {
  sl_plan_entry *entry = sl_solver_running(solver);
  if (entry->state == NULL) SL_TRY(sl_alloc_zero(1, entry->method->size, &entry->state));
  return entry->method->prepare(solver, done);
}

// The next piece of a setup, with what is left of the solver's own limit as its budget.
static sl_status set_up_within_limit(sl_solver *solver, bool *done) {
  uint64_t left = solver->max_bytes == 0             ? UINT64_MAX
                  : solver->max_bytes > solver->held ? solver->max_bytes - solver->held
                                                     : 0;
  sl_memory_budget budget;
  sl_memory_budget_begin(&budget, left);
  sl_status status = prepare_method(solver, done);
  if (status != SL_OK) drop_setup(solver);
  solver->held += (size_t)sl_memory_budget_end(&budget); // modulo 2^n: also where it became less
  return status;
}

static sl_status set_up(sl_solver *solver) {
  bool done = true;
  // Where a factorisation answers at once, none is needed.
  if (!solver->inverted) SL_TRY(sl_solver_invert_diagonal(solver));
  solver->inverted = true;
  sl_status status = set_up_within_limit(solver, &done);
  if (status != SL_OK) {
    // A method that does not fit into memory, or to a matrix beyond f32's range, is one that
    // failed; the last one's want of memory is told, unless it is the caller's own limit that was
    // met.
    bool over_limit = status == SL_ERR_MEMORY && solver->max_bytes > 0;
    sl_outcome outcome = over_limit ? SL_OUTCOME_MEMORY_LIMIT : SL_OUTCOME_BREAKDOWN;
    if (has_another(solver)) {
      move_on(solver, outcome);
      return SL_OK;
    }
    if (over_limit || status == SL_ERR_UNSUPPORTED) {
      end_at_limit(solver, outcome);
      return SL_OK;
    }
    end(solver, outcome);
    return status;
  }
  if (has_another(solver) && sl_solver_gives_way(solver))
    move_on(solver, SL_OUTCOME_RUNNING);
  else if (done)
    solver->phase = SL_PHASE_START;
  return SL_OK;
}

static sl_status advance(sl_solver *solver) {
  uint64_t before = solver->work;
  uint32_t index = solver->attempt_count - 1;
  bool setting_up = solver->phase == SL_PHASE_SETUP;
  sl_status status = SL_OK;
  switch (solver->phase) {
  case SL_PHASE_SETUP:
    status = set_up(solver);
    break;
  case SL_PHASE_START:
    start(solver);
    break;
  case SL_PHASE_ITERATE:
    status = iterate(solver);
    break;
  }
  uint64_t spent = solver->work - before;
  if (setting_up)
    solver->attempts[index].setup_work += spent;
  else
    solver->attempts[index].work += spent;
  return status;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_solver *solver = (sl_solver *)job;
  uint64_t limit = solver->options.max_work;
  uint64_t until = solver->work + work < work ? UINT64_MAX : solver->work + work;
  bool in_parts = false;
  // A part of an iteration is a step of its own: what it does may be no edge operations.
  while (sl_job_is_running(job) && solver->work < until && !in_parts) {
    in_parts = solver->request == SL_REQUEST_REST;
    SL_TRY(advance(solver));
    in_parts |= solver->request == SL_REQUEST_REST;
    if (limit > 0 && solver->work >= limit && sl_job_is_running(job)) {
      end_at_limit(solver, SL_OUTCOME_WORK_LIMIT);
    }
  }
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  end_at_limit((sl_solver *)job, why);
  return SL_OK;
}

static uint64_t work(const sl_job *job) { return ((const sl_solver *)job)->work; }

// The conjugate gradients predict their own iterations, each a multiplication by the matrix.
static uint64_t expected(const sl_job *job) {
  const sl_solver *solver = (const sl_solver *)job;
  double left = sl_solver_predicted_left(solver);
  return left > 0 && left < 0x1p50 ? solver->work + (uint64_t)left * solver->matrix->nnz : 0;
}

static size_t bytes(const sl_job *job) { return sl_solver_bytes((const sl_solver *)job); }
static void destroy(sl_job *job) { sl_solver_destroy((sl_solver *)job); }

const sl_job_kind sl_solver_kind = {"solver", step, stop, work, expected, bytes, destroy};

sl_job *sl_solver_job(sl_solver *solver) { return &solver->job; }

// ---- results ------------------------------------------------------------------------------------

// is_verified: r, vectors[0] and row_ratio are of this very x.
static void fill_result(sl_solver *solver, const double *x, bool is_verified,
                        sl_solve_result *result) {
  sl_solver_certificate certificate;
  if (!is_verified) {
    solver->verified.row_ratio = sl_csr_residual_bound(
        solver->matrix, x, solver->right_side.original, solver->r, solver->vectors[0]);
  }
  sl_solver_compute_certificate(solver->matrix, solver->facts, x, solver->right_side.original,
                                solver->r, solver->vectors[0], solver->verified.row_ratio,
                                &certificate);
  sl_outcome outcome = solver->job.outcome;
  double limit = solver->right_side.norm * solver->options.tolerance;
  if (outcome == SL_OUTCOME_CONVERGED && !(certificate.residual <= limit)) {
    outcome = SL_OUTCOME_STAGNATED;
  }
  *result = (sl_solve_result){
      .outcome = outcome,
      .method = attempt(solver)->method,
      .iterations = solver->iterations,
      .residual = certificate.residual,
      .relative_residual = certificate.relative_residual,
      .backward_error = certificate.backward_error,
      .error_bound = certificate.error_bound,
      .error_bound_norm = certificate.bound_norm,
      .work = solver->work,
      .touched_rows = solver->n,
      .history = solver->history.length > 0 ? solver->history.values : NULL,
      .history_length = solver->history.length,
      .attempts = solver->attempts,
      .attempt_count = solver->attempt_count,
  };
}

sl_status sl_solver_finish(sl_solver *solver, double *x, sl_solve_result *result) {
  SL_TRY(sl_job_require_ended(&solver->job));
  scale(solver->x, solver->right_side.exponent, x, solver->n);
  // A solution beyond the largest number cannot be given, and what is left of it solves nothing. Nor is
  // one worth anything whose residual is beyond it: zero leaves b.
  bool fits = sl_first_not_finite_f64(x, solver->n) == solver->n;
  for (;;) {
    if (!fits) memset(x, 0, solver->n * sizeof *x);
    fill_result(solver, x, solver->verified.holds && fits, result);
    if (!fits || isfinite(result->residual)) break;
    fits = false;
  }
  solver->verified.holds = fits;
  return SL_OK;
}

sl_status sl_solver_certify(sl_solver *solver, const double *x, sl_solve_result *result) {
  SL_TRY(sl_job_require_ended(&solver->job));
  size_t bad = sl_first_not_finite_f64(x, solver->n);
  SL_REQUIRE_AT(bad == solver->n, SL_ERR_NOT_FINITE, "x", "finite numbers", bad);
  fill_result(solver, x, false, result);
  solver->verified.holds = false;
  return SL_OK;
}

sl_status sl_solver_attempt(const sl_solver *solver, uint32_t index, sl_solve_attempt *out) {
  SL_REQUIRE(index < solver->attempt_count, SL_ERR_INDEX, "index", "an attempt of the last solve");
  *out = solver->attempts[index];
  return SL_OK;
}

sl_status sl_solver_progress(const sl_solver *solver, sl_solve_progress *out) {
  SL_REQUIRE(solver->job.begun, SL_ERR_STATE, "solver", "a call of begin() first");
  *out = (sl_solve_progress){
      .outcome = solver->job.outcome,
      .method = solver->work > 0 ? solver->plan.entries[solver->plan.at].id : SL_SOLVER_AUTO,
      .iterations = solver->iterations,
      .relative_residual = relative_norm(solver),
      .work = solver->work,
  };
  return SL_OK;
}
