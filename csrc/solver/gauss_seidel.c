// Gauss-Seidel sweeps in row order.
//
// Based on: Y. Saad, "Iterative methods for sparse linear systems", 2nd ed. (2003), 4.1,
// doi:10.1137/1.9780898718003. Written as x_i += r_i / a_ii with the residual r_i at that moment,
// so that the norm of those residuals, an estimate one sweep old, costs nothing; the driver
// computes the true residual when the estimate says that it is time.
#include <math.h>
#include <string.h>

#include "solver/internal.h"

#define NOINLINE __attribute__((noinline))
#define BLOCK_ROWS 1024u

// A sweep over rows begin .. end - 1; returns the sum of squares of the residuals met.
#define DEFINE_SWEEP(SUFFIX, VALUE)                                                                \
  NOINLINE static double sweep_##SUFFIX(const sl_csr *matrix, const double *b,                     \
                                        const double *inverse, double *x, uint32_t begin,          \
                                        uint32_t end) {                                            \
    const uint32_t *pointers = matrix->row_pointers, *columns = matrix->columns;                   \
    double squares = 0;                                                                            \
    for (uint32_t i = begin; i < end; i++) {                                                       \
      double sum = b[i];                                                                           \
      for (uint32_t k = pointers[i]; k < pointers[i + 1]; k++) sum -= VALUE(k) * x[columns[k]];    \
      squares += sum * sum;                                                                        \
      x[i] += sum * inverse[i];                                                                    \
    }                                                                                              \
    return squares;                                                                                \
  }

#define VALUE_F64(k) (((const double *)matrix->values)[k])
#define VALUE_F32(k) ((double)((const float *)matrix->values)[k])
#define VALUE_PATTERN(k) 1.0
DEFINE_SWEEP(f64, VALUE_F64)
DEFINE_SWEEP(f32, VALUE_F32)
DEFINE_SWEEP(pattern, VALUE_PATTERN)

static double sweep(sl_solver *solver) {
  const sl_csr *matrix = solver->matrix;
  const double *b = solver->b, *inverse = solver->inverse_diagonal;
  double squares = 0;
  for (uint32_t begin = 0, end; begin < solver->n; begin = end) {
    end = solver->n - begin > BLOCK_ROWS ? begin + BLOCK_ROWS : solver->n;
    switch (matrix->value_type) {
    case SL_VALUES_F64:
      squares += sweep_f64(matrix, b, inverse, solver->x, begin, end);
      break;
    case SL_VALUES_F32:
      squares += sweep_f32(matrix, b, inverse, solver->x, begin, end);
      break;
    default:
      squares += sweep_pattern(matrix, b, inverse, solver->x, begin, end);
      break;
    }
  }
  return squares;
}

// Growth of the residual over its best level at which sweeps are called divergent.
#define DIVERGED 1e4

static void start(sl_solver *solver) {
  // After a claim that did not hold, the estimate is corrected by what it was wrong by.
  bool corrects = isfinite(solver->verified_norm) && solver->alpha > 0;
  solver->omega = corrects ? fmax(1, 1.1 * solver->omega * solver->norm / solver->alpha) : 1;
  // Sweeps overwrite x before its new residual is known: the iterate to fall back to is kept.
  memcpy(solver->best, solver->x, solver->n * sizeof *solver->x);
  solver->best_in_x = false;
  solver->rho = INFINITY;
  solver->stall_norm = INFINITY;
  solver->stall_iteration = solver->iterations;
}

static sl_outcome iterate(sl_solver *solver) {
  double met = sqrt(sweep(solver));
  solver->work += solver->matrix->nnz;
  // `met` belongs to the iterate before the sweep; the last gain tells what the sweep made of it.
  double gain = met < solver->rho && isfinite(solver->rho) ? met / solver->rho : 1;
  solver->rho = met;
  solver->alpha = solver->norm = met * gain * solver->omega;
  solver->best_in_x = met < solver->best_norm;
  if (solver->norm <= 0.9 * solver->target) return SL_OUTCOME_CONVERGED;
  if (!(met <= DIVERGED * solver->best_norm)) return SL_OUTCOME_BREAKDOWN;
  if (met < 0.9 * solver->stall_norm) {
    solver->stall_norm = met;
    solver->stall_iteration = solver->iterations;
  }
  // A tenth in a thousand sweeps: anything else is faster.
  return solver->iterations - solver->stall_iteration > 1000 ? SL_OUTCOME_STAGNATED
                                                             : SL_OUTCOME_RUNNING;
}

const sl_method_operations sl_method_gauss_seidel = {NULL, start, iterate};
