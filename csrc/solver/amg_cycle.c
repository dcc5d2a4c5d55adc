// The V-cycle. Based on: W. L. Briggs, V. E. Henson, S. F. McCormick, "A multigrid tutorial", 2nd
// ed. (2000), doi:10.1137/1.9780898719505, with Gauss-Seidel forward on the way down and backward
// on the way up, which makes the cycle symmetric.
#include "solver/amg_level.h"
#include "solver/dense_cholesky.h"

#define NOINLINE __attribute__((noinline))
#define BLOCK_ROWS 4096u

// Calls f(level, ..., begin, end) over all rows in blocks.
#define FOR_BLOCKS(f, level, ...)                                                                  \
  for (uint32_t begin = 0, end; begin < (level)->n; begin = end) {                                 \
    end = (level)->n - begin > BLOCK_ROWS ? begin + BLOCK_ROWS : (level)->n;                       \
    f(level, __VA_ARGS__, begin, end);                                                             \
  }

// x = (D + L)^-1 b: a forward sweep from x = 0 needs the lower half only.
NOINLINE static void sweep_from_zero(const sl_amg_level *level, const float *b, float *x,
                                     uint32_t begin, uint32_t end) {
  for (uint32_t i = begin; i < end; i++) {
    float sum = b[i];
    uint32_t stop = level->middles[i];
    for (uint32_t k = level->pointers[i]; k < stop; k++) {
      sum -= level->values[k] * x[level->columns[k]];
    }
    x[i] = sum * level->inverse_diagonal[i];
  }
}

// After that sweep b - A x = -U x: the residual needs the upper half only. It is restricted at
// once.
NOINLINE static void restrict_residual(const sl_amg_level *level, const float *x, float *coarse,
                                       uint32_t begin, uint32_t end) {
  for (uint32_t i = begin; i < end; i++) {
    float sum = 0;
    uint32_t stop = level->pointers[i + 1];
    for (uint32_t k = level->middles[i]; k < stop; k++) {
      sum -= level->values[k] * x[level->columns[k]];
    }
    stop = level->p_pointers[i + 1];
    for (uint32_t k = level->p_pointers[i]; k < stop; k++) {
      coarse[level->p_columns[k]] += level->p_values[k] * sum;
    }
  }
}

NOINLINE static void add_correction(const sl_amg_level *level, const float *coarse, float *x,
                                    uint32_t begin, uint32_t end) {
  for (uint32_t i = begin; i < end; i++) {
    float sum = x[i];
    uint32_t stop = level->p_pointers[i + 1];
    for (uint32_t k = level->p_pointers[i]; k < stop; k++) {
      sum += level->p_values[k] * coarse[level->p_columns[k]];
    }
    x[i] = sum;
  }
}

NOINLINE static void sweep_backward(const sl_amg_level *level, const float *b, float *x,
                                    uint32_t begin, uint32_t end) {
  for (uint32_t i = end; i-- > begin;) {
    float sum = b[i];
    uint32_t stop = level->pointers[i + 1];
    for (uint32_t k = level->pointers[i]; k < stop; k++) {
      sum -= level->values[k] * x[level->columns[k]];
    }
    x[i] = sum * level->inverse_diagonal[i];
  }
}

static void sweep_backward_all(const sl_amg_level *level) {
  uint32_t end = level->n;
  while (end > 0) {
    uint32_t begin = end > BLOCK_ROWS ? end - BLOCK_ROWS : 0;
    sweep_backward(level, level->b, level->x, begin, end);
    end = begin;
  }
}

static void solve_coarsest(const sl_amg *amg) {
  const sl_amg_level *level = &amg->levels[amg->level_count - 1];
  if (amg->factor != NULL) {
    double y[300];
    for (uint32_t i = 0; i < level->n; i++) y[i] = level->b[i];
    sl_dense_cholesky_solve(amg->factor, level->n, y);
    for (uint32_t i = 0; i < level->n; i++) level->x[i] = (float)y[i];
    return;
  }
  FOR_BLOCKS(sweep_from_zero, level, level->b, level->x)
  sweep_backward_all(level);
}

NOINLINE static void narrow(const double *r, const uint32_t *order, double scale, float *b,
                            uint32_t begin, uint32_t end) {
  if (order == NULL) {
    for (uint32_t i = begin; i < end; i++) b[i] = (float)(r[i] * scale);
  } else {
    for (uint32_t i = begin; i < end; i++) b[i] = (float)(r[order[i]] * scale);
  }
}

const float *sl_amg_cycle(sl_amg *amg, const double *r, double scale) {
  uint32_t last = amg->level_count - 1;
  const sl_amg_level *levels = amg->levels;
  for (uint32_t begin = 0, end; begin < levels->n; begin = end) {
    end = levels->n - begin > BLOCK_ROWS ? begin + BLOCK_ROWS : levels->n;
    narrow(r, amg->ordering.order, scale, levels->b, begin, end);
  }
  for (uint32_t l = 0; l < last; l++) {
    const sl_amg_level *level = &levels[l], *next = &levels[l + 1];
    FOR_BLOCKS(sweep_from_zero, level, level->b, level->x)
    for (uint32_t c = 0; c < next->n; c++) next->b[c] = 0;
    FOR_BLOCKS(restrict_residual, level, level->x, next->b)
  }
  solve_coarsest(amg);
  for (uint32_t l = last; l-- > 0;) {
    const sl_amg_level *level = &levels[l];
    FOR_BLOCKS(add_correction, level, levels[l + 1].x, level->x)
    sweep_backward_all(level);
  }
  if (amg->z == NULL) return levels->x;
  const uint32_t *places = amg->ordering.places;
  for (uint32_t i = 0; i < levels->n; i++) amg->z[i] = levels->x[places[i]];
  return amg->z;
}
