// Flexible preconditioned conjugate gradients: f64, with a preconditioner in f32.
//
// Based on: Y. Notay, "Flexible conjugate gradients", SIAM J. Sci. Comput. 22 (2000),
// doi:10.1137/S1064827599362314, truncated to one direction: beta uses the change of the residual,
// so that a preconditioner which is not quite symmetric (f32 rounding) does not spoil the
// directions. A preconditioner is positive definite whatever the sign of A, and may return any
// positive multiple of M^-1 r: the factor cancels.
#include <math.h>

#include "simd/kernels.h"
#include "simd/simd.h"
#include "solver/amg.h"
#include "solver/approximate_cholesky.h"
#include "solver/incomplete_cholesky.h"
#include "solver/method.h"
#include "sparse/spmv.h"

#define NOINLINE __attribute__((noinline))
#define BLOCK 2048u

// vectors: direction p and its image q = A p.
enum { P, Q, PCG_VECTORS };

// What makes z = M^-1 r, with a state of its own.
typedef struct preconditioner {
  sl_status (*create)(sl_solver *solver, bool coarsen, void **out);
  sl_status (*build)(void *factor, bool *done, uint64_t *work);
  // z = M^-1 (scale r), n f32, valid until the next call; NULL: not yet, to be called again
  const float *(*apply)(void *factor, const double *r, double scale, uint32_t *piece,
                        uint64_t *work);
  size_t (*bytes)(const void *factor);
  void (*destroy)(void *factor);
  bool coarsen; // of multigrid; false: symmetric Gauss-Seidel is the cycle of one level
} preconditioner;

typedef struct pcg {
  const preconditioner *with;
  void *factor;   // the preconditioner's state; NULL before it was begun
  uint32_t piece; // of an application, from which it goes on
  double rho;     // z^T r of the last iteration
  double alpha;
  bool restart; // the next direction is z alone
} pcg;

// ---- algebraic multigrid ------------------------------------------------------------------------

static sl_status create_amg(sl_solver *solver, bool coarsen, void **out) {
  return sl_amg_create(solver->matrix, solver->traits.diagonal_sign, solver->options.ordering,
                       coarsen, (sl_amg **)out);
}
static sl_status build_amg(void *amg, bool *done, uint64_t *work) {
  return sl_amg_build(amg, done, work);
}
static const float *apply_amg(void *amg, const double *r, double scale, uint32_t *piece,
                              uint64_t *work) {
  (void)piece;
  sl_amg_facts facts;
  sl_amg_describe(amg, &facts);
  *work += facts.cycle_work;
  return sl_amg_cycle(amg, r, scale);
}
static size_t bytes_amg(const void *amg) { return sl_amg_bytes(amg); }
static void destroy_amg(void *amg) { sl_amg_destroy(amg); }

static const preconditioner multigrid = {create_amg, build_amg,   apply_amg,
                                         bytes_amg,  destroy_amg, true};
static const preconditioner sweep = {create_amg, build_amg,   apply_amg,
                                     bytes_amg,  destroy_amg, false};

// ---- approximate Cholesky -----------------------------------------------------------------------

static sl_status create_approximate(sl_solver *solver, bool coarsen, void **out) {
  (void)coarsen;
  SL_TRY(sl_approximate_cholesky_create(solver->matrix, solver->traits.diagonal_sign,
                                        (sl_approximate_cholesky **)out));
  solver->work += 2 * (uint64_t)solver->matrix->nnz;
  return SL_OK;
}
static sl_status build_approximate(void *factor, bool *done, uint64_t *work) {
  return sl_approximate_cholesky_build(factor, done, work);
}
static const float *apply_approximate(void *factor, const double *r, double scale, uint32_t *piece,
                                      uint64_t *work) {
  return sl_approximate_cholesky_solve(factor, r, scale, piece, work);
}
static size_t bytes_approximate(const void *factor) {
  return sl_approximate_cholesky_bytes(factor);
}
static void destroy_approximate(void *factor) { sl_approximate_cholesky_destroy(factor); }

static const preconditioner approximate = {create_approximate,  build_approximate,
                                           apply_approximate,   bytes_approximate,
                                           destroy_approximate, false};

// ---- incomplete Cholesky ------------------------------------------------------------------------

static sl_status create_incomplete(sl_solver *solver, bool coarsen, void **out) {
  (void)coarsen;
  bool natural = solver->options.ordering != SL_ORDER_REVERSE_CUTHILL_MCKEE &&
                 !sl_ordering_is_scattered(solver->matrix);
  natural |= solver->options.ordering == SL_ORDER_NATURAL;
  return sl_incomplete_cholesky_create(solver->matrix, solver->traits.diagonal_sign,
                                       natural ? SL_ORDER_NATURAL : SL_ORDER_REVERSE_CUTHILL_MCKEE,
                                       (sl_incomplete_cholesky **)out);
}
static sl_status build_incomplete(void *factor, bool *done, uint64_t *work) {
  return sl_incomplete_cholesky_build(factor, done, work);
}
static const float *apply_incomplete(void *factor, const double *r, double scale, uint32_t *piece,
                                     uint64_t *work) {
  (void)piece;
  *work += 2 * sl_incomplete_cholesky_entries(factor);
  return sl_incomplete_cholesky_solve(factor, r, scale);
}
static size_t bytes_incomplete(const void *factor) { return sl_incomplete_cholesky_bytes(factor); }
static void destroy_incomplete(void *factor) { sl_incomplete_cholesky_destroy(factor); }

static const preconditioner incomplete = {create_incomplete, build_incomplete,   apply_incomplete,
                                          bytes_incomplete,  destroy_incomplete, false};

// ---- vector loops -------------------------------------------------------------------------------

typedef struct sums {
  double zr, zq;
} sums;

// z^T r and z^T q of an f32 z.
NOINLINE static void dot_block(const float *z, const double *r, const double *q, uint32_t n,
                               sums *total) {
  sl_f64x2 zr0 = {0, 0}, zr1 = zr0, zq0 = zr0, zq1 = zr0;
  uint32_t i = 0;
  for (; i + 4 <= n; i += 4) {
    sl_f64x2 a = sl_f64x2_load_f32(z + i), b = sl_f64x2_load_f32(z + i + 2);
    zr0 += a * sl_f64x2_load(r + i);
    zr1 += b * sl_f64x2_load(r + i + 2);
    zq0 += a * sl_f64x2_load(q + i);
    zq1 += b * sl_f64x2_load(q + i + 2);
  }
  double zr = sl_f64x2_sum(zr0 + zr1), zq = sl_f64x2_sum(zq0 + zq1);
  for (; i < n; i++) {
    zr += (double)z[i] * r[i];
    zq += (double)z[i] * q[i];
  }
  total->zr += zr;
  total->zq += zq;
}

// r -= alpha q; returns r^T r.
NOINLINE static double update_residual(double alpha, const double *q, double *r, uint32_t n) {
  sl_f64x2 factor = sl_f64x2_splat(alpha), rr0 = {0, 0}, rr1 = rr0;
  uint32_t i = 0;
  for (; i + 4 <= n; i += 4) {
    sl_f64x2 a = sl_f64x2_load(r + i) - factor * sl_f64x2_load(q + i);
    sl_f64x2 b = sl_f64x2_load(r + i + 2) - factor * sl_f64x2_load(q + i + 2);
    sl_f64x2_store(r + i, a);
    sl_f64x2_store(r + i + 2, b);
    rr0 += a * a;
    rr1 += b * b;
  }
  double rr = sl_f64x2_sum(rr0 + rr1);
  for (; i < n; i++) {
    r[i] -= alpha * q[i];
    rr += r[i] * r[i];
  }
  return rr;
}

// p = z + beta p
NOINLINE static void update_direction(const float *z, double beta, double *p, uint32_t n) {
  sl_f64x2 keep = sl_f64x2_splat(beta);
  uint32_t i = 0;
  for (; i + 2 <= n; i += 2) {
    sl_f64x2_store(p + i, sl_f64x2_load_f32(z + i) + keep * sl_f64x2_load(p + i));
  }
  for (; i < n; i++) p[i] = z[i] + beta * p[i];
}

#define FOR_BLOCKS(n)                                                                              \
  for (uint32_t i = 0, count; i < (n) && (count = (n) - i < BLOCK ? (n) - i : BLOCK, true);        \
       i += BLOCK)

// ---- the method ---------------------------------------------------------------------------------

static sl_status prepare(sl_solver *solver, bool *done) {
  pcg *state = sl_solver_state(solver);
  state->with = sl_solver_running(solver)->method->variant;
  // A diagonal of both signs: there is nothing to precondition, and `step` says so.
  *done = solver->traits.diagonal_sign == 0;
  if (*done) return SL_OK;
  SL_TRY(sl_solver_reserve_vectors(solver, PCG_VECTORS));
  if (state->factor == NULL) {
    SL_TRY(state->with->create(solver, state->with->coarsen, &state->factor));
  }
  return state->with->build(state->factor, done, &solver->work);
}

static void start(sl_solver *solver) {
  pcg *state = sl_solver_state(solver);
  state->restart = true;
  state->piece = 0;
}

// Brings the residual to the middle of f32's range.
static double residual_scale(double norm) {
  int exponent;
  frexp(norm, &exponent);
  return ldexp(1, -exponent);
}

// p = z + beta p. False: the preconditioner is not positive definite.
static bool next_direction(sl_solver *solver, pcg *state, const float *z) {
  uint32_t n = solver->n;
  double *p = solver->vectors[P], *q = solver->vectors[Q];
  sums total = {0, 0};
  if (state->restart) {
    // q holds nothing yet: dotting r twice keeps to one loop.
    FOR_BLOCKS(n) dot_block(z + i, solver->r + i, solver->r + i, count, &total);
    sl_widen_f32(z, p, n);
    state->restart = false;
  } else {
    FOR_BLOCKS(n) dot_block(z + i, solver->r + i, q + i, count, &total);
    // z^T (r - r_old) = -alpha z^T q, and rho / alpha = p^T A p of the last iteration.
    double beta = -total.zq * state->alpha / state->rho;
    FOR_BLOCKS(n) update_direction(z + i, beta, p + i, count);
  }
  state->rho = total.zr;
  return total.zr > 0;
}

static sl_outcome step(sl_solver *solver) {
  pcg *state = sl_solver_state(solver);
  uint32_t n = solver->n;
  if (solver->traits.diagonal_sign == 0) return SL_OUTCOME_INDEFINITE;
  double *p = solver->vectors[P], *q = solver->vectors[Q];
  const float *z = state->with->apply(state->factor, solver->r, residual_scale(solver->norm),
                                      &state->piece, &solver->work);
  if (z == NULL) {
    solver->request = SL_REQUEST_REST;
    return SL_OUTCOME_RUNNING;
  }
  if (!next_direction(solver, state, z)) return SL_OUTCOME_BREAKDOWN;
  sl_csr_multiply(solver->matrix, p, q);
  solver->work += solver->matrix->nnz;
  double curvature = sl_dot_f64(p, q, n);
  if (!(curvature * solver->traits.diagonal_sign > 0)) return SL_OUTCOME_INDEFINITE;
  double alpha = state->alpha = state->rho / curvature, rr = 0;
  FOR_BLOCKS(n) rr += update_residual(alpha, q + i, solver->r + i, count);
  solver->norm = sqrt(rr);
  sl_solver_note_norm(solver, solver->norm);
  sl_axpy_f64(alpha, p, solver->x, n);
  return SL_OUTCOME_RUNNING;
}

static size_t bytes(const void *of) {
  const pcg *state = of;
  return state->factor != NULL ? state->with->bytes(state->factor) : 0;
}

static void destroy(void *of) {
  pcg *state = of;
  if (state->factor != NULL) state->with->destroy(state->factor);
}

// ---- the methods, one for each preconditioner ---------------------------------------------------

// What has been built of a hierarchy shows whether it is worth going on.
static bool gives_way_poor(sl_solver *solver) {
  const pcg *state = sl_solver_state(solver);
  if (solver->phase != SL_PHASE_SETUP || !sl_amg_is_poor(state->factor)) return false;
  sl_solver_drop_state(sl_solver_running(solver));
  return true;
}

#define ORDERS (1u << SL_ORDER_NATURAL | 1u << SL_ORDER_REVERSE_CUTHILL_MCKEE)
#define SHARED                                                                                     \
  .prepare = prepare, .start = start, .step = step, .size = sizeof(pcg), .bytes = bytes,           \
  .destroy = destroy, .definite = true, .diagonal = true

const sl_method sl_method_AMG = {SHARED, .variant = &multigrid, .gives_way = gives_way_poor,
                                 .orderings = ORDERS};
const sl_method sl_method_SYMMETRIC_GAUSS_SEIDEL = {SHARED, .variant = &sweep, .orderings = ORDERS};
const sl_method sl_method_INCOMPLETE_CHOLESKY = {SHARED, .variant = &incomplete,
                                                 .orderings = ORDERS};
const sl_method sl_method_APPROXIMATE_CHOLESKY = {SHARED, .variant = &approximate,
                                                  .dominant = true};
