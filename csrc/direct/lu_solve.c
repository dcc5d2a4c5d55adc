// Both triangular solves, block by block. One right-hand side, or four at a time: the factors are
// then read once for four.
#include "direct/lu_object.h"

#include "base/memory.h"
#include "simd/simd.h"

#define LANES 4

// Largest exponent of b, scaled as the system is: the numbers of the solve are at most 2, whatever
// the range of b. 0 for zeros, and where something is not finite.
static int32_t common_exponent(const double *b, const uint32_t *order, const int32_t *exponents,
                               uint32_t n) {
  int32_t largest = SL_EXPONENT_OF_ZERO / 2;
  for (uint32_t k = 0; k < n; k++) {
    int32_t exponent = sl_exponent(b[order[k]]) + exponents[k];
    if (exponent > largest) largest = exponent;
  }
  return largest == SL_EXPONENT_OF_ZERO / 2 ? 0 : largest;
}

static void load(const double *b, const uint32_t *order, const int32_t *exponents, uint32_t n,
                 int32_t common, double *y, uint32_t lanes) {
  for (uint32_t k = 0; k < n; k++) {
    y[(size_t)k * lanes] = sl_times_power(b[order[k]], exponents[k] - common);
  }
}

static void store(const double *y, uint32_t lanes, const uint32_t *order, const int32_t *exponents,
                  uint32_t n, int32_t common, double *x) {
  for (uint32_t k = 0; k < n; k++) {
    x[order[k]] = sl_times_power(y[(size_t)k * lanes], exponents[k] + common);
  }
}

// ---- one right-hand side ------------------------------------------------------------------------

static inline double gather(const uint32_t *index, const double *value, uint64_t count,
                            const double *y) {
  double even = 0, odd = 0;
  uint64_t t = 0;
  for (; t + 1 < count; t += 2) {
    even += value[t] * y[index[t]];
    odd += value[t + 1] * y[index[t + 1]];
  }
  if (t < count) even += value[t] * y[index[t]];
  return even + odd;
}

static inline void spread(const uint32_t *index, const double *value, uint64_t count, double factor,
                          double *y) {
  for (uint64_t t = 0; t < count; t++) y[index[t]] -= value[t] * factor;
}

__attribute__((noinline)) static void solve_block(const sl_lu *lu, uint32_t first, uint32_t end,
                                                  double *y) {
  for (uint32_t k = first; k < end; k++) {
    uint64_t at = lu->lower_start[k], outside = lu->outside_start[k];
    double sum = y[k];
    sum -= gather(lu->outside_index + outside, lu->outside_value + outside,
                  lu->outside_start[k + 1] - outside, y);
    sum -= gather(lu->lower_index + at, lu->lower_value + at, lu->lower_start[k + 1] - at, y);
    y[k] = sum / lu->pivot[k];
  }
  for (uint32_t k = end; k-- > first;) {
    uint64_t at = lu->upper_start[k];
    y[k] -= gather(lu->upper_index + at, lu->upper_value + at, lu->upper_start[k + 1] - at, y);
  }
}

__attribute__((noinline)) static void solve_block_transpose(const sl_lu *lu, uint32_t first,
                                                            uint32_t end, double *y) {
  for (uint32_t k = first; k < end; k++) {
    uint64_t at = lu->upper_start[k];
    spread(lu->upper_index + at, lu->upper_value + at, lu->upper_start[k + 1] - at, y[k], y);
  }
  for (uint32_t k = end; k-- > first;) {
    uint64_t at = lu->lower_start[k], outside = lu->outside_start[k];
    double value = y[k] / lu->pivot[k];
    y[k] = value;
    spread(lu->lower_index + at, lu->lower_value + at, lu->lower_start[k + 1] - at, value, y);
    spread(lu->outside_index + outside, lu->outside_value + outside,
           lu->outside_start[k + 1] - outside, value, y);
  }
}

// ---- four of them -------------------------------------------------------------------------------

typedef struct four {
  sl_f64x2 low, high;
} four;

static inline four four_load(const double *p) {
  return (four){sl_f64x2_load(p), sl_f64x2_load(p + 2)};
}

static inline void four_store(double *p, four v) {
  sl_f64x2_store(p, v.low);
  sl_f64x2_store(p + 2, v.high);
}

static inline four four_less(four v, double factor, const double *p) {
  sl_f64x2 splat = sl_f64x2_splat(factor);
  return (four){v.low - splat * sl_f64x2_load(p), v.high - splat * sl_f64x2_load(p + 2)};
}

static inline four gather_four(const uint32_t *index, const double *value, uint64_t count, four sum,
                               const double *y) {
  for (uint64_t t = 0; t < count; t++) sum = four_less(sum, value[t], y + (size_t)index[t] * LANES);
  return sum;
}

static inline void spread_four(const uint32_t *index, const double *value, uint64_t count,
                               four factor, double *y) {
  for (uint64_t t = 0; t < count; t++) {
    double *to = y + (size_t)index[t] * LANES;
    sl_f64x2 splat = sl_f64x2_splat(value[t]);
    sl_f64x2_store(to, sl_f64x2_load(to) - splat * factor.low);
    sl_f64x2_store(to + 2, sl_f64x2_load(to + 2) - splat * factor.high);
  }
}

static inline four four_over(four v, double divisor) {
  sl_f64x2 splat = sl_f64x2_splat(divisor);
  return (four){v.low / splat, v.high / splat};
}

__attribute__((noinline)) static void solve_block_four(const sl_lu *lu, uint32_t first,
                                                       uint32_t end, double *y) {
  for (uint32_t k = first; k < end; k++) {
    uint64_t at = lu->lower_start[k], outside = lu->outside_start[k];
    four sum = four_load(y + (size_t)k * LANES);
    sum = gather_four(lu->outside_index + outside, lu->outside_value + outside,
                      lu->outside_start[k + 1] - outside, sum, y);
    sum = gather_four(lu->lower_index + at, lu->lower_value + at, lu->lower_start[k + 1] - at, sum,
                      y);
    four_store(y + (size_t)k * LANES, four_over(sum, lu->pivot[k]));
  }
  for (uint32_t k = end; k-- > first;) {
    uint64_t at = lu->upper_start[k];
    four sum = four_load(y + (size_t)k * LANES);
    sum = gather_four(lu->upper_index + at, lu->upper_value + at, lu->upper_start[k + 1] - at, sum,
                      y);
    four_store(y + (size_t)k * LANES, sum);
  }
}

__attribute__((noinline)) static void solve_block_transpose_four(const sl_lu *lu, uint32_t first,
                                                                 uint32_t end, double *y) {
  for (uint32_t k = first; k < end; k++) {
    uint64_t at = lu->upper_start[k];
    spread_four(lu->upper_index + at, lu->upper_value + at, lu->upper_start[k + 1] - at,
                four_load(y + (size_t)k * LANES), y);
  }
  for (uint32_t k = end; k-- > first;) {
    uint64_t at = lu->lower_start[k], outside = lu->outside_start[k];
    four value = four_over(four_load(y + (size_t)k * LANES), lu->pivot[k]);
    four_store(y + (size_t)k * LANES, value);
    spread_four(lu->lower_index + at, lu->lower_value + at, lu->lower_start[k + 1] - at, value, y);
    spread_four(lu->outside_index + outside, lu->outside_value + outside,
                lu->outside_start[k + 1] - outside, value, y);
  }
}

// ---- all of them --------------------------------------------------------------------------------

static void solve_blocks(const sl_lu *lu, bool transpose, bool by_four, double *y) {
  for (uint32_t b = 0; b < lu->blocks; b++) {
    uint32_t block = transpose ? lu->blocks - 1 - b : b;
    uint32_t first = lu->block_start[block], end = lu->block_start[block + 1];
    if (by_four) {
      (transpose ? solve_block_transpose_four : solve_block_four)(lu, first, end, y);
    } else {
      (transpose ? solve_block_transpose : solve_block)(lu, first, end, y);
    }
  }
}

static sl_status solve(const sl_lu *lu, bool transpose, const double *b, double *x, size_t count) {
  SL_REQUIRE(lu->factored, SL_ERR_STATE, "lu", "a factorisation that has ended CONVERGED");
  if (count == 0) return SL_OK;
  uint32_t n = lu->n;
  const uint32_t *from = transpose ? lu->column_order : lu->row_order;
  const uint32_t *to = transpose ? lu->row_order : lu->column_order;
  const int32_t *scale = transpose ? lu->column_exponent : lu->row_exponent;
  const int32_t *unscale = transpose ? lu->row_exponent : lu->column_exponent;
  double *y;
  SL_TRY(SL_ALLOC(&y, (size_t)n * (count < LANES ? 1 : LANES)));
  for (size_t j = 0; j < count;) {
    uint32_t lanes = count - j >= LANES ? LANES : 1;
    int32_t common[LANES];
    for (uint32_t lane = 0; lane < lanes; lane++) {
      const double *column = b + (j + lane) * n;
      common[lane] = common_exponent(column, from, scale, n);
      load(column, from, scale, n, common[lane], y + lane, lanes);
    }
    solve_blocks(lu, transpose, lanes == LANES, y);
    for (uint32_t lane = 0; lane < lanes; lane++) {
      store(y + lane, lanes, to, unscale, n, common[lane], x + (j + lane) * n);
    }
    j += lanes;
  }
  sl_free(y);
  return SL_OK;
}

sl_status sl_lu_solve(const sl_lu *lu, const double *b, double *x, size_t count) {
  return solve(lu, false, b, x, count);
}

sl_status sl_lu_solve_transpose(const sl_lu *lu, const double *b, double *x, size_t count) {
  return solve(lu, true, b, x, count);
}
