#include "solver/local.h"

#include <float.h>
#include <math.h>

#include "base/memory.h"
#include "simd/kernels.h"
#include "simd/simd.h"

#define NOINLINE __attribute__((noinline))
#define SCAN_BLOCK 4096u

// After this many times nnz the pushes of a query have cost about what one full solve does.
#define TOTAL_PUSH_PASSES 8.0
#define PUSH_PASSES 0.3
// Some tens of microseconds: less than it takes to set a full solve up, however small the matrix.
#define LEAST_PUSH_WORK 30000u

const char *sl_local_method_name(sl_local_method method) {
  switch (method) {
#define X(name, value, text)                                                                       \
  case SL_LOCAL_##name:                                                                            \
    return text;
    SL_LOCAL_METHOD_LIST(X)
#undef X
  }
  return "unknown";
}

sl_status sl_local_vector_make(const uint32_t *indices, const double *values, uint32_t count,
                               uint32_t n, const char *argument, sl_local_vector *out) {
  *out = (sl_local_vector){.indices = indices, .values = values, .count = count};
  if (indices) return SL_OK;
  SL_REQUIRE(count == n, SL_ERR_SHAPE, argument, "one number for each row");
  *out = (sl_local_vector){.dense = values};
  return SL_OK;
}

sl_status sl_local_vector_check(const sl_local_vector *vector, sl_push *push,
                                const char *argument) {
  sl_status status = SL_OK;
  for (uint32_t k = 0; k < vector->count && status == SL_OK; k++) {
    double value = vector->values[k];
    if (vector->indices[k] >= push->matrix->rows) {
      status = sl_fail(SL_ERR_INDEX, argument, "indices below the number of rows", k);
    } else if (value - value != 0) {
      status = sl_fail(SL_ERR_NOT_FINITE, argument, "finite numbers", k);
    } else {
      uint32_t before = push->support_count;
      sl_push_seed(push, vector->indices[k], 0);
      if (push->support_count == before) {
        status = sl_fail(SL_ERR_ARGUMENT, argument, "each index only once", k);
      }
    }
  }
  sl_push_clear(push);
  return status;
}

static uint64_t passes(const sl_csr *matrix, double how_many) {
  uint64_t work = (uint64_t)(how_many * matrix->nnz);
  return work > LEAST_PUSH_WORK ? work : LEAST_PUSH_WORK;
}

uint64_t sl_local_push_limit(const sl_csr *matrix, uint64_t asked) {
  return asked > 0 ? asked : passes(matrix, PUSH_PASSES);
}

uint64_t sl_local_total_push_limit(const sl_csr *matrix) {
  return passes(matrix, TOTAL_PUSH_PASSES);
}

// ---- bounds of a solution from its right-hand side

sl_status sl_row_slack_measure(const sl_csr *matrix, sl_row_slack *out) {
  double least = INFINITY, most = 0;
  SL_TRY(SL_ALLOC(&out->inverse, matrix->rows));
  for (uint32_t i = 0; i < matrix->rows; i++) {
    double slack = sl_csr_row_slack(matrix, i);
    if (slack < least) least = slack;
    if (slack > most) most = slack;
    out->inverse[i] = sl_inverse_above(slack);
  }
  out->largest_inverse = sl_inverse_above(least);
  if (most <= least * 1.01) {
    sl_free(out->inverse);
    out->inverse = NULL;
  }
  return SL_OK;
}

void sl_row_slack_free(sl_row_slack *slack) {
  sl_free(slack->inverse);
  *slack = (sl_row_slack){0};
}

// What one pass over b gathers, two lanes each.
typedef struct extent {
  sl_f64x2 high, low; // max of b_i and of -b_i, each over slack_i where that varies; at least 0
  sl_f64x2 sum;       // of |b_i|: not finite when some b_i is not
} extent;

static inline __attribute__((always_inline)) void widen(extent *found, sl_f64x2 b,
                                                        sl_f64x2 scaled) {
  found->high = sl_f64x2_pmax(found->high, scaled);
  found->low = sl_f64x2_pmax(found->low, -scaled);
  found->sum += sl_f64x2_abs(b);
}

static void merge(extent *found, const extent *other) {
  found->high = sl_f64x2_pmax(found->high, other->high);
  found->low = sl_f64x2_pmax(found->low, other->low);
  found->sum += other->sum;
}

// Four extents at once: each is a chain of dependent operations, which one alone would wait for.
NOINLINE static void widen_block(extent *found, const double *b, size_t count) {
  extent more[3] = {0};
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    sl_f64x2 w = sl_f64x2_load(b + i), x = sl_f64x2_load(b + i + 2);
    sl_f64x2 y = sl_f64x2_load(b + i + 4), z = sl_f64x2_load(b + i + 6);
    widen(found, w, w);
    widen(&more[0], x, x);
    widen(&more[1], y, y);
    widen(&more[2], z, z);
  }
  for (; i < count; i++) widen(found, (sl_f64x2){b[i], 0}, (sl_f64x2){b[i], 0});
  for (int k = 0; k < 3; k++) merge(found, &more[k]);
}

NOINLINE static void widen_weighted(extent *found, const double *b, const double *over,
                                    size_t count) {
  extent more = {0};
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    sl_f64x2 x = sl_f64x2_load(b + i), y = sl_f64x2_load(b + i + 2);
    widen(found, x, x * sl_f64x2_load(over + i));
    widen(&more, y, y * sl_f64x2_load(over + i + 2));
  }
  for (; i < count; i++) widen(found, (sl_f64x2){b[i], 0}, (sl_f64x2){b[i] * over[i], 0});
  merge(found, &more);
}

static void widen_dense(extent *found, const double *b, const sl_row_slack *slack, size_t n) {
  for (size_t begin = 0; begin < n; begin += SCAN_BLOCK) {
    size_t count = n - begin < SCAN_BLOCK ? n - begin : SCAN_BLOCK;
    if (slack->inverse)
      widen_weighted(found, b + begin, slack->inverse + begin, count);
    else
      widen_block(found, b + begin, count);
  }
}

static void widen_sparse(extent *found, const sl_local_vector *b, const sl_row_slack *slack) {
  if (!slack->inverse) widen_block(found, b->values, b->count);
  for (uint32_t k = 0; slack->inverse && k < b->count; k++) {
    widen_weighted(found, &b->values[k], &slack->inverse[b->indices[k]], 1);
  }
}

sl_status sl_local_bound(const sl_push *push, const sl_row_slack *slack, const sl_local_vector *b,
                         const char *argument, sl_local_box *out) {
  uint32_t n = push->matrix->rows;
  extent found = {0};
  if (b->dense)
    widen_dense(&found, b->dense, slack, n);
  else
    widen_sparse(&found, b, slack);
  double sum = (found.sum[0] + found.sum[1]) * (1 + sl_push_rounding(n));
  if (!(sum < INFINITY) && b->dense) {
    size_t at = sl_first_not_finite_f64(b->dense, n);
    if (at < n) return sl_fail(SL_ERR_NOT_FINITE, argument, "finite numbers", at);
  }
  double over = slack->inverse ? 1 : slack->largest_inverse;
  double high = found.high[0] < found.high[1] ? found.high[1] : found.high[0];
  double low = found.low[0] < found.low[1] ? found.low[1] : found.low[0];
  // What quotients lose that underflow; nothing where b is zero.
  double lost = sum > 0 ? 0x1p-1072 : 0;
  high = sum > 0 ? high * (over * (1 + 0x1p-50)) + lost : 0;
  low = sum > 0 ? low * (over * (1 + 0x1p-50)) + lost : 0;
  *out = (sl_local_box){.radius = INFINITY, .largest = INFINITY, .norm1 = INFINITY};
  if (push->row_dominant) {
    double largest = high < low ? low : high;
    bool unknown = slack->largest_inverse == INFINITY && sum > 0; // a slack that is denormal
    SL_REQUIRE(largest < DBL_MAX / 4 || unknown, SL_ERR_RANGE, argument,
               "numbers far below overflow");
    if (!unknown) out->largest = out->radius = largest;
    if (push->m_matrix && !unknown) {
      out->center = (high - low) / 2;
      out->radius = (high + low) / 2 * (1 + 0x1p-51) + lost;
    }
  }
  if (push->column_dominant) {
    SL_REQUIRE(sum < DBL_MAX / 4, SL_ERR_RANGE, argument, "numbers far below overflow");
    out->norm1 = sum;
  }
  return SL_OK;
}
