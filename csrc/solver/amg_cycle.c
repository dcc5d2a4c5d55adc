// The V-cycle. Based on: W. L. Briggs, V. E. Henson, S. F. McCormick, "A multigrid tutorial", 2nd
// ed. (2000), doi:10.1137/1.9780898719505, with Gauss-Seidel forward on the way down and backward
// on the way up, which makes the cycle symmetric.
#include "simd/kernels.h"
#include "solver/amg_level.h"

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

// x = (L L^T)^-1 b; the diagonal of the factor is stored inverted.
static void solve_dense(const double *l, size_t n, const float *b, float *x, double *y) {
  for (size_t i = 0; i < n; i++) {
    y[i] = (b[i] - sl_dot_f64(l + i * n, y, i)) * l[i * n + i];
  }
  for (size_t i = n; i-- > 0;) {
    y[i] *= l[i * n + i];
    sl_axpy_f64(-y[i], l + i * n, y, i);
  }
  for (size_t i = 0; i < n; i++) x[i] = (float)y[i];
}

static void solve_coarsest(const sl_amg *amg) {
  const sl_amg_level *level = &amg->levels[amg->level_count - 1];
  if (amg->factor != NULL) {
    double y[300];
    solve_dense(amg->factor, level->n, level->b, level->x, y);
    return;
  }
  FOR_BLOCKS(sweep_from_zero, level, level->b, level->x)
  sweep_backward_all(level);
}

NOINLINE static void narrow(const double *r, double scale, float *b, uint32_t begin, uint32_t end) {
  for (uint32_t i = begin; i < end; i++) b[i] = (float)(r[i] * scale);
}

const float *sl_amg_cycle(sl_amg *amg, const double *r, double scale) {
  uint32_t last = amg->level_count - 1;
  const sl_amg_level *levels = amg->levels;
  for (uint32_t begin = 0, end; begin < levels->n; begin = end) {
    end = levels->n - begin > BLOCK_ROWS ? begin + BLOCK_ROWS : levels->n;
    narrow(r, scale, levels->b, begin, end);
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
  return levels->x;
}
