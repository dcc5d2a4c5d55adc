// Both triangular solves, block by block. One right-hand side, or four at a time: the factors are
// then read once for four.
#include "direct/lu_object.h"

#include "base/memory.h"
#include "simd/kernels.h"
#include "simd/simd.h"

#define LANES 4
#define NOINLINE __attribute__((noinline))

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

// The same where the exponents are mild and nothing else is to be divided out.
NOINLINE static void load_mildly(const double *b, const uint32_t *order, const int32_t *exponents,
                                 uint32_t n, double *y) {
  for (uint32_t k = 0; k < n; k++) y[k] = sl_times_normal_power(b[order[k]], exponents[k]);
}

NOINLINE static void store_mildly(const double *y, const uint32_t *order, const int32_t *exponents,
                                  uint32_t n, double *x) {
  for (uint32_t k = 0; k < n; k++) x[order[k]] = sl_times_normal_power(y[k], exponents[k]);
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

// Of short rows the entry that was computed last, which comes last, is what is waited for.
#define SHORT_ROW 8

// sum less the products of a row with y. Entries are taken two at a time: engines look between any two
// rounds of a loop whether to stop.
static inline double gather(const uint32_t *index, const double *value, uint64_t count, double sum,
                            const double *y) {
  const uint32_t *end = index + count;
  if (count >= SHORT_ROW) {
    sl_f64x2 both = {sum, 0};
    for (; end - index >= 2; index += 2, value += 2) {
      both -= sl_f64x2_load(value) * (sl_f64x2){y[index[0]], y[index[1]]};
    }
    sum = both[0] + both[1];
  } else {
    for (; end - index >= 2; index += 2, value += 2) {
      sum -= value[0] * y[index[0]];
      sum -= value[1] * y[index[1]];
    }
  }
  if (index < end) sum -= *value * y[*index];
  return sum;
}

static inline void spread(const uint32_t *index, const double *value, uint64_t count, double factor,
                          double *y) {
  for (uint64_t t = 0; t < count; t++) y[index[t]] -= value[t] * factor;
}

// Rows begin .. end - 1 of a block, each of the four in the order in which a solve passes it: the
// lower factor with what lies outside of the blocks, then the upper one; transposed the upper, then
// the lower one.
NOINLINE static void solve_lower(const sl_lu *lu, uint32_t begin, uint32_t end, double *y) {
  uint64_t at = lu->lower_start[begin], outside = lu->outside_start[begin];
  bool any_outside = outside != lu->outside_start[end];
  for (uint32_t k = begin; k < end; k++) {
    uint64_t next = lu->lower_start[k + 1];
    double sum = y[k];
    if (any_outside) {
      uint64_t next_outside = lu->outside_start[k + 1];
      sum = gather(lu->outside_index + outside, lu->outside_value + outside, next_outside - outside,
                   sum, y);
      outside = next_outside;
    }
    sum = gather(lu->lower_index + at, lu->lower_value + at, next - at, sum, y);
    y[k] = sum / lu->pivot[k];
    at = next;
  }
}

NOINLINE static void solve_upper(const sl_lu *lu, uint32_t begin, uint32_t end, double *y) {
  uint64_t next = lu->upper_start[end];
  for (uint32_t k = end; k-- > begin;) {
    uint64_t at = lu->upper_start[k];
    y[k] = gather(lu->upper_index + at, lu->upper_value + at, next - at, y[k], y);
    next = at;
  }
}

NOINLINE static void solve_upper_transpose(const sl_lu *lu, uint32_t begin, uint32_t end,
                                           double *y) {
  for (uint32_t k = begin; k < end; k++) {
    uint64_t at = lu->upper_start[k];
    spread(lu->upper_index + at, lu->upper_value + at, lu->upper_start[k + 1] - at, y[k], y);
  }
}

NOINLINE static void solve_lower_transpose(const sl_lu *lu, uint32_t begin, uint32_t end,
                                           double *y) {
  for (uint32_t k = end; k-- > begin;) {
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

NOINLINE static void solve_block_four(const sl_lu *lu, uint32_t first, uint32_t end, double *y) {
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

NOINLINE static void solve_block_transpose_four(const sl_lu *lu, uint32_t first, uint32_t end,
                                                double *y) {
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

typedef void (*part)(const sl_lu *, uint32_t begin, uint32_t end, double *y);

static const part parts[2][2] = {{solve_lower, solve_upper},
                                 {solve_upper_transpose, solve_lower_transpose}};

void sl_lu_pass_begin(const sl_lu *lu, bool transpose, const double *b, double *y,
                      sl_lu_pass *pass) {
  const uint32_t *from = transpose ? lu->column_order : lu->row_order;
  const int32_t *scale = transpose ? lu->column_exponent : lu->row_exponent;
  *pass = (sl_lu_pass){.transpose = transpose};
  // Nothing of what is between these leaves the range when it is divided by pivots of usual sizes. What others
  // make of it is infinite or lost, as it would be with powers taken apart, and seen in the residual.
  double largest = lu->mild_scale ? sl_norm_inf_f64(b, lu->n) : INFINITY;
  double most = lu->unit_scale ? 0x1p100 : 0x1p60;
  if (largest <= most && (largest * most >= 1 || largest == 0)) {
    if (lu->unit_scale) {
      for (uint32_t k = 0; k < lu->n; k++) y[k] = b[from[k]];
    } else {
      load_mildly(b, from, scale, lu->n, y);
    }
    return;
  }
  pass->common = common_exponent(b, from, scale, lu->n);
  load(b, from, scale, lu->n, pass->common, y, 1);
}

// Rows of a block from the one at hand on, until they have `work` entries, or its end.
static uint32_t some_rows(const uint64_t *start, uint32_t row, uint32_t end, uint64_t work) {
  uint32_t begin = row;
  if (start[end] - start[row] + (end - row) <= work) return end;
  while (row < end && start[row] - start[begin] + (row - begin) < work) row++;
  return row;
}

// The same from the back.
static uint32_t some_rows_back(const uint64_t *start, uint32_t begin, uint32_t row, uint64_t work) {
  uint32_t end = row;
  if (start[row] - start[begin] + (row - begin) <= work) return begin;
  while (row > begin && start[end] - start[row] + (end - row) < work) row--;
  return row;
}

// Neighbouring blocks of one row, from `block` on, are passed as one: they have no upper part.
static uint64_t pass_singles(const sl_lu *lu, double *y, uint32_t block, uint64_t work,
                             sl_lu_pass *pass) {
  const uint32_t *start = lu->block_start, *outside = lu->outside_start;
  uint32_t from = start[block], to = start[block + 1];
  if (pass->transpose) {
    while (block > 0 && start[block] - start[block - 1] == 1 &&
           outside[to] - outside[from] < work) {
      from = start[--block];
    }
    solve_lower_transpose(lu, from, to, y);
  } else {
    while (++block < lu->blocks && start[block + 1] - start[block] == 1 &&
           outside[to] - outside[from] < work) {
      to = start[block + 1];
    }
    solve_lower(lu, from, to, y);
  }
  pass->blocks += to - from;
  return outside[to] - outside[from] + (to - from);
}

bool sl_lu_pass_step(const sl_lu *lu, double *y, uint64_t work, uint64_t *spent, sl_lu_pass *pass) {
  uint64_t done = 0;
  while (pass->blocks < lu->blocks && done < work) {
    uint32_t block = pass->transpose ? lu->blocks - 1 - pass->blocks : pass->blocks;
    uint32_t first = lu->block_start[block], end = lu->block_start[block + 1];
    if (end - first == 1) {
      done += pass_singles(lu, y, block, work - done, pass);
      continue;
    }
    bool lower = pass->second == pass->transpose;
    const uint64_t *start = lower ? lu->lower_start : lu->upper_start;
    uint32_t from, to;
    if (pass->second) {
      to = end - pass->rows;
      from = some_rows_back(start, first, to, work - done);
    } else {
      from = first + pass->rows;
      to = some_rows(start, from, end, work - done);
    }
    parts[pass->transpose][pass->second](lu, from, to, y);
    done += start[to] - start[from] + (to - from);
    if (lower) done += lu->outside_start[to] - lu->outside_start[from];
    pass->rows += to - from;
    if (pass->rows < end - first) continue;
    pass->rows = 0;
    pass->blocks += pass->second;
    pass->second = !pass->second;
  }
  *spent += done;
  return pass->blocks == lu->blocks;
}

void sl_lu_pass_end(const sl_lu *lu, const double *y, const sl_lu_pass *pass, double *x) {
  const uint32_t *to = pass->transpose ? lu->row_order : lu->column_order;
  const int32_t *unscale = pass->transpose ? lu->row_exponent : lu->column_exponent;
  if (lu->unit_scale && pass->common == 0) {
    for (uint32_t k = 0; k < lu->n; k++) x[to[k]] = y[k];
    return;
  }
  if (lu->mild_scale && pass->common == 0) {
    store_mildly(y, to, unscale, lu->n, x);
    return;
  }
  store(y, 1, to, unscale, lu->n, pass->common, x);
}

static void solve_four(const sl_lu *lu, bool transpose, const double *b, double *y, double *x) {
  uint32_t n = lu->n;
  const uint32_t *from = transpose ? lu->column_order : lu->row_order;
  const uint32_t *to = transpose ? lu->row_order : lu->column_order;
  const int32_t *scale = transpose ? lu->column_exponent : lu->row_exponent;
  const int32_t *unscale = transpose ? lu->row_exponent : lu->column_exponent;
  int32_t common[LANES];
  for (size_t lane = 0; lane < LANES; lane++) {
    common[lane] = common_exponent(b + lane * n, from, scale, n);
    load(b + lane * n, from, scale, n, common[lane], y + lane, LANES);
  }
  for (uint32_t passed = 0; passed < lu->blocks; passed++) {
    uint32_t block = transpose ? lu->blocks - 1 - passed : passed;
    (transpose ? solve_block_transpose_four : solve_block_four)(lu, lu->block_start[block],
                                                                lu->block_start[block + 1], y);
  }
  for (size_t lane = 0; lane < LANES; lane++) {
    store(y + lane, LANES, to, unscale, n, common[lane], x + lane * n);
  }
}

static sl_status solve(const sl_lu *lu, bool transpose, const double *b, double *x, size_t count) {
  SL_REQUIRE(lu->factored, SL_ERR_STATE, "lu", "a factorisation that has ended CONVERGED");
  if (count == 0) return SL_OK;
  size_t n = lu->n, j = 0;
  double *y;
  SL_TRY(SL_ALLOC(&y, n * (count < LANES ? 1 : LANES)));
  for (; j + LANES <= count; j += LANES) solve_four(lu, transpose, b + j * n, y, x + j * n);
  for (; j < count; j++) {
    sl_lu_pass pass;
    uint64_t spent = 0;
    sl_lu_pass_begin(lu, transpose, b + j * n, y, &pass);
    sl_lu_pass_step(lu, y, UINT64_MAX, &spent, &pass);
    sl_lu_pass_end(lu, y, &pass, x + j * n);
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
