// Gauss-Seidel sweeps in a good order, in f32 inside an f64 refinement.
//
// Based on: Y. Saad, "Iterative methods for sparse linear systems", 2nd ed. (2003), 4.1,
// doi:10.1137/1.9780898718003, and iterative refinement with a solver of lower precision (C. B.
// Moler, "Iterative refinement in floating point", J. ACM 14 (1967), doi:10.1145/321386.321394).
// Sweeps are bound by the gathers of the unknowns, which f32 halves: A d = r is swept in f32 as far
// as f32 carries, then x += d and r = b - A x are computed in f64. Rows are divided by their
// diagonal entry beforehand. What a sweep sees of the residual is an estimate one sweep old and
// costs nothing; the driver computes the true residual when the estimate says that it is time.
//
// Rows are swept as they come unless the topological order is asked for, or the first sweeps gain
// little and that order is found to leave behind less than half of what the natural one does: on a
// matrix that is nearly triangular but shuffled, a sweep in it does the work of dozens.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "simd/kernels.h"
#include "solver/method.h"
#include "solver/ordering.h"
#include "sparse/spmv.h"

#define NOINLINE __attribute__((noinline))
#define BLOCK_ROWS 1024u

// Reduction of the residual by sweeps in f32, then its rounding shows.
#define LEAST_REDUCTION 4e-6

// Growth of the residual at which sweeps are called divergent.
#define DIVERGED 1e4

// Sweeps after which the gain of the last half of them says how many remain. An order is looked for
// when they are more than four times that half.
#define PROBE 12u

// What another order leaves behind, beside the natural one, when it is taken.
#define LAG_THAT_PAYS 0.5

typedef enum stage { ORDER, JUDGE, COPY, READY } stage;

typedef struct gauss_seidel {
  uint32_t n;
  size_t nnz;
  stage stage;
  bool judged;          // whether another order pays is known
  sl_ordering ordering; // arrays of NULL: the natural order
  uint32_t next_row;
  double lag[2]; // of the natural order and of the other
  // The rows in the order of the sweeps; the matrix's own arrays when that is the natural one.
  uint32_t *own_pointers, *own_columns;
  const uint32_t *pointers, *columns;
  float *values; // nnz: a_ij / a_ii
  float *d, *r;  // n: correction, and scale * r_i / a_ii
  double scale;
  double first, last; // size of the residual met by the first and the last sweep since r was made
  uint32_t sweeps;    // since r was made
  double halfway;     // what the sweep in the middle of the probe met
  double outer_norm;  // ||r||_2 in f64
  double correction;  // what the estimate has been wrong by
  double stall_norm;  // best norm when progress was last seen ...
  uint32_t stall_iteration; // ... and when
} gauss_seidel;

static void destroy(void *of) {
  gauss_seidel *state = of;
  sl_ordering_destroy(&state->ordering);
  sl_free(state->own_pointers);
  sl_free(state->own_columns);
  sl_free(state->values);
  sl_free(state->d);
  sl_free(state->r);
}

static size_t bytes(const void *of) {
  const gauss_seidel *state = of;
  size_t n = state->n, nnz = state->nnz;
  size_t order = sl_ordering_bytes(&state->ordering);
  if (state->own_pointers != NULL) order += (n + 1 + nnz) * sizeof(uint32_t);
  return (nnz + 2 * n) * sizeof(float) + order;
}

static inline uint32_t row_at(const gauss_seidel *state, uint32_t place) {
  return state->own_columns != NULL ? state->ordering.order[place] : place;
}

// x += d, when that is an improvement.
static void settle(sl_solver *solver) {
  gauss_seidel *state = sl_solver_state(solver);
  if (state->first == 0 || !(state->last < state->first)) {
    solver->norm = state->outer_norm;
    return;
  }
  double back = 1 / state->scale;
  for (uint32_t i = 0; i < solver->n; i++) solver->x[row_at(state, i)] += state->d[i] * back;
  state->first = 0;
}

// ---- setup --------------------------------------------------------------------------------------

static sl_status create(sl_solver *solver, gauss_seidel *state) {
  const sl_csr *matrix = solver->matrix;
  state->n = solver->n;
  state->nnz = matrix->nnz;
  SL_TRY(SL_ALLOC(&state->values, matrix->nnz));
  SL_TRY(SL_ALLOC(&state->d, solver->n));
  SL_TRY(SL_ALLOC(&state->r, solver->n));
  state->pointers = matrix->row_pointers;
  state->columns = matrix->columns;
  bool asked = solver->options.ordering == SL_ORDER_TOPOLOGICAL;
  state->stage = asked ? ORDER : COPY;
  state->judged = solver->options.ordering != SL_ORDER_AUTO;
  return SL_OK;
}

static void stay_natural(gauss_seidel *state) {
  sl_ordering_destroy(&state->ordering);
  state->judged = true;
  state->next_row = 0;
  state->stage = READY;
}

static sl_status order(sl_solver *solver) {
  gauss_seidel *state = sl_solver_state(solver);
  sl_ordering *ordering = &state->ordering;
  if (ordering->order == NULL) {
    SL_TRY(sl_ordering_begin(solver->matrix, SL_ORDER_TOPOLOGICAL, ordering));
  }
  if (sl_ordering_step(ordering, 64 * BLOCK_ROWS, &solver->work)) state->stage = JUDGE;
  return SL_OK;
}

static sl_status take_order(sl_solver *solver) {
  gauss_seidel *state = sl_solver_state(solver);
  if (solver->request == SL_REQUEST_SETUP) settle(solver);
  SL_TRY(SL_ALLOC(&state->own_pointers, (size_t)solver->n + 1));
  SL_TRY(SL_ALLOC(&state->own_columns, solver->matrix->nnz));
  state->own_pointers[0] = 0;
  state->pointers = state->own_pointers;
  state->columns = state->own_columns;
  state->stage = COPY;
  return SL_OK;
}

#define SETUP_ROWS (16 * BLOCK_ROWS)

static uint32_t end_of_piece(const sl_solver *solver) {
  const gauss_seidel *state = sl_solver_state(solver);
  uint32_t begin = state->next_row;
  return solver->n - begin > SETUP_ROWS ? begin + SETUP_ROWS : solver->n;
}

static sl_status judge(sl_solver *solver) {
  gauss_seidel *state = sl_solver_state(solver);
  uint32_t begin = state->next_row, end = end_of_piece(solver);
  if (state->judged) return take_order(solver);
  sl_ordering_add_lag(&state->ordering, solver->inverse_diagonal, begin, end, state->lag);
  solver->work += solver->matrix->row_pointers[end] - solver->matrix->row_pointers[begin];
  state->next_row = end;
  if (end < solver->n) return SL_OK;
  state->next_row = 0;
  state->judged = true;
  if (state->lag[1] < LAG_THAT_PAYS * state->lag[0]) return take_order(solver);
  stay_natural(state);
  return SL_OK;
}

NOINLINE static void copy_rows(sl_solver *solver, uint32_t begin, uint32_t end) {
  gauss_seidel *state = sl_solver_state(solver);
  const sl_csr *matrix = solver->matrix;
  const uint32_t *places = state->ordering.places;
  for (uint32_t i = begin; i < end; i++) {
    uint32_t row = row_at(state, i), at = state->pointers[i];
    double inverse = solver->inverse_diagonal[row];
    for (uint32_t k = matrix->row_pointers[row]; k < matrix->row_pointers[row + 1]; k++, at++) {
      state->values[at] = (float)(sl_csr_value(matrix, k) * inverse);
      if (places != NULL) state->own_columns[at] = places[matrix->columns[k]];
    }
    if (places != NULL) state->own_pointers[i + 1] = at;
  }
  solver->work += state->pointers[end] - state->pointers[begin];
}

static void copy(sl_solver *solver) {
  gauss_seidel *state = sl_solver_state(solver);
  uint32_t begin = state->next_row, end = end_of_piece(solver);
  copy_rows(solver, begin, end);
  state->next_row = end < solver->n ? end : 0;
  if (end == solver->n) state->stage = READY;
}

// Without the memory for another order the natural one, which is there, goes on.
static sl_status go_on_naturally(gauss_seidel *state) {
  sl_free(state->own_pointers);
  state->own_pointers = NULL;
  stay_natural(state);
  return SL_OK;
}

static sl_status prepare(sl_solver *solver, bool *done) {
  gauss_seidel *state = sl_solver_state(solver);
  if (state->values == NULL) SL_TRY(create(solver, state));
  sl_status status = SL_OK;
  if (state->stage == ORDER)
    status = order(solver);
  else if (state->stage == JUDGE)
    status = judge(solver);
  else if (state->stage == COPY)
    copy(solver);
  if (status != SL_OK && solver->options.ordering == SL_ORDER_AUTO) {
    status = go_on_naturally(state);
  }
  *done = state->stage == READY;
  return status;
}

// ---- sweeps -------------------------------------------------------------------------------------

// A sweep over rows begin .. end - 1; returns the sum of squares of the residuals met. Two partial
// sums hide the latency of an add.
NOINLINE static double sweep_rows(const uint32_t *pointers, const uint32_t *columns,
                                  const float *values, const float *r, float *d, uint32_t begin,
                                  uint32_t end) {
  double squares = 0;
  for (uint32_t i = begin; i < end; i++) {
    float even = r[i], odd = 0;
    uint32_t k = pointers[i], stop = pointers[i + 1];
    for (; k + 1 < stop; k += 2) {
      even -= values[k] * d[columns[k]];
      odd -= values[k + 1] * d[columns[k + 1]];
    }
    if (k < stop) even -= values[k] * d[columns[k]];
    double change = (double)(even + odd);
    squares += change * change;
    d[i] += (float)change;
  }
  return squares;
}

static double sweep(sl_solver *solver) {
  gauss_seidel *state = sl_solver_state(solver);
  double squares = 0;
  for (uint32_t begin = 0, end; begin < solver->n; begin = end) {
    end = solver->n - begin > BLOCK_ROWS ? begin + BLOCK_ROWS : solver->n;
    squares +=
        sweep_rows(state->pointers, state->columns, state->values, state->r, state->d, begin, end);
  }
  solver->work += solver->matrix->nnz;
  return sqrt(squares);
}

// Begins the sweeps for the r and norm that solver holds.
static void begin_sweeps(sl_solver *solver) {
  gauss_seidel *state = sl_solver_state(solver);
  // The middle of f32's range, whatever the units of A and b are.
  double largest = 0;
  int exponent = 0;
  for (uint32_t i = 0; i < solver->n; i++) {
    largest = fmax(largest, fabs(solver->r[i] * solver->inverse_diagonal[i]));
  }
  frexp(largest, &exponent);
  state->scale = ldexp(1, exponent > -1000 ? -exponent : 1000);
  for (uint32_t i = 0; i < solver->n; i++) {
    uint32_t row = row_at(state, i);
    state->r[i] = (float)(solver->r[row] * solver->inverse_diagonal[row] * state->scale);
  }
  memset(state->d, 0, solver->n * sizeof *state->d);
  state->outer_norm = solver->norm;
  state->first = state->last = 0;
  state->sweeps = 0;
}

static void start(sl_solver *solver) {
  gauss_seidel *state = sl_solver_state(solver);
  bool stays =
      solver->request == SL_REQUEST_SETUP && state->own_columns == NULL && state->first > 0;
  if (stays) return; // the sweeps go on as if nothing had been looked at
  // After a claim that did not hold, the estimate is corrected by what it was wrong by.
  bool corrects = isfinite(solver->verified.norm) && state->last > 0;
  double estimate = state->correction * state->outer_norm * state->last / state->first;
  state->correction = corrects ? fmax(1, 1.1 * state->correction * solver->norm / estimate) : 1;
  state->stall_norm = INFINITY;
  state->stall_iteration = solver->iterations;
  begin_sweeps(solver);
}

// The residual of the improved x, and sweeps on it.
static sl_outcome refine(sl_solver *solver) {
  gauss_seidel *state = sl_solver_state(solver);
  memcpy(solver->best, solver->x, solver->n * sizeof *solver->x);
  solver->best_norm = state->outer_norm;
  settle(solver);
  sl_csr_residual(solver->matrix, solver->x, solver->b, solver->r);
  solver->work += solver->matrix->nnz;
  solver->norm = sl_norm2_f64(solver->r, solver->n);
  solver->best_in_x = solver->norm < solver->best_norm;
  if (!(solver->norm < 0.5 * state->outer_norm)) return SL_OUTCOME_STAGNATED;
  solver->best_norm = solver->norm;
  begin_sweeps(solver);
  return SL_OUTCOME_RUNNING;
}

static bool is_slow(const sl_solver *solver, double met) {
  gauss_seidel *state = sl_solver_state(solver);
  state->sweeps++;
  if (state->sweeps == PROBE / 2) state->halfway = met;
  if (state->sweeps != PROBE) return false;
  double gain = met / state->halfway;
  return solver->norm * gain * gain * gain * gain > solver->target;
}

static sl_outcome step(sl_solver *solver) {
  gauss_seidel *state = sl_solver_state(solver);
  double before = state->last, met = sweep(solver);
  state->last = met;
  if (state->first == 0) state->first = met;
  // What a sweep meets belongs to the iterate before it; the last gain tells what it made of it.
  double gain = before > 0 && met < before ? met / before : 1, reduction = met / state->first;
  solver->norm = state->correction * state->outer_norm * reduction * gain;
  if (!(met <= DIVERGED * state->first)) return SL_OUTCOME_BREAKDOWN;
  if (met == 0 || solver->norm <= 0.9 * solver->target) return SL_OUTCOME_CONVERGED;
  if (reduction <= LEAST_REDUCTION || (reduction < 1e-4 && gain > 0.95)) return refine(solver);
  if (!state->judged && is_slow(solver, met)) {
    // The driver comes back to setup.
    state->stage = ORDER;
    solver->request = SL_REQUEST_SETUP;
    return SL_OUTCOME_RUNNING;
  }
  if (solver->norm < 0.9 * state->stall_norm) {
    state->stall_norm = solver->norm;
    state->stall_iteration = solver->iterations;
  }
  // A tenth in a thousand sweeps: anything else is faster.
  return solver->iterations - state->stall_iteration > 1000 ? SL_OUTCOME_STAGNATED
                                                            : SL_OUTCOME_RUNNING;
}

const sl_method sl_method_GAUSS_SEIDEL = {
    .prepare = prepare,
    .start = start,
    .step = step,
    .settle = settle,
    .size = sizeof(gauss_seidel),
    .bytes = bytes,
    .destroy = destroy,
    .diagonal = true,
    .true_residual = true,
    .orderings = 1u << SL_ORDER_NATURAL | 1u << SL_ORDER_TOPOLOGICAL,
};
