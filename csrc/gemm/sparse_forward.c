#include "gemm/sparse_forward.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/memory.h"
#include "simd/kernels.h"

struct sl_sparse_forward {
  sl_job job; // the first member
  uint32_t width, inner, outputs, rank;
  float *up, *bias, *down, *reduce, *expand; // up is the block of all
  double *rest, *norms;                      // of each inner element: |r|, with rounding; |down|
  float *reduced, *scores;                   // of one token: rank, inner
  uint32_t *order;                           // inner
  size_t floats;

  const float *x;
  float *out;
  uint32_t *chosen;
  double *bounds;
  uint32_t tokens, top, at;
  uint64_t work;
};

void sl_sparse_forward_destroy(sl_sparse_forward *s) {
  if (s == NULL) return;
  sl_free(s->up);
  sl_free(s->rest);
  sl_free(s->order);
  sl_free(s);
}

static sl_status check(const sl_sparse_weights *w) {
  SL_REQUIRE(w->width >= 1, SL_ERR_OPTION, "width", "at least 1");
  SL_REQUIRE(w->inner >= 1, SL_ERR_OPTION, "inner", "at least 1");
  SL_REQUIRE(w->outputs >= 1, SL_ERR_OPTION, "outputs", "at least 1");
  SL_REQUIRE(w->rank >= 1, SL_ERR_OPTION, "rank", "at least 1");
  const double inner = w->inner;
  SL_REQUIRE((inner + w->rank + 2) * ((double)w->width + w->outputs + w->rank + 4) <
                 (double)(SIZE_MAX / 8),
             SL_ERR_OVERFLOW, "inner", "fewer elements");
  SL_REQUIRE((double)w->up_count == inner * w->width, SL_ERR_SHAPE, "up", "inner * width elements");
  SL_REQUIRE(w->bias == NULL || w->bias_count == w->inner, SL_ERR_SHAPE, "bias", "inner elements");
  SL_REQUIRE((double)w->down_count == inner * w->outputs, SL_ERR_SHAPE, "down",
             "inner * outputs elements");
  SL_REQUIRE((double)w->reduce_count == (double)w->rank * w->width, SL_ERR_SHAPE, "reduce",
             "rank * width elements");
  SL_REQUIRE((double)w->expand_count == inner * w->rank, SL_ERR_SHAPE, "expand",
             "inner * rank elements");
  const struct {
    const char *name;
    const float *values;
    size_t count;
  } all[] = {{"up", w->up, w->up_count},
             {"bias", w->bias, w->bias == NULL ? 0 : w->bias_count},
             {"down", w->down, w->down_count},
             {"reduce", w->reduce, w->reduce_count},
             {"expand", w->expand, w->expand_count}};
  for (int i = 0; i < 5; i++) {
    if (all[i].count == 0) continue;
    const size_t at = sl_first_not_finite_f32(all[i].values, all[i].count);
    SL_REQUIRE_AT(at == all[i].count, SL_ERR_NOT_FINITE, all[i].name, "finite numbers", at);
  }
  return SL_OK;
}

// What the predictor's rows leave of those of up. A score's sums are f64, rounded to f32 twice (the
// reduced vector, the score) and once more with the bias: 2^-22 of the magnitudes is more than that.
static sl_status measure(sl_sparse_forward *s) {
  double *row;
  SL_TRY(SL_ALLOC(&row, s->width));
  const double whole = sl_norm2_f32(s->reduce, (size_t)s->rank * s->width);
  for (uint32_t i = 0; i < s->inner; i++) {
    const float *expand = s->expand + (size_t)i * s->rank;
    sl_widen_f32(s->up + (size_t)i * s->width, row, s->width);
    for (uint32_t k = 0; k < s->rank; k++) {
      const float *from = s->reduce + (size_t)k * s->width;
      for (uint32_t j = 0; j < s->width; j++) row[j] -= (double)expand[k] * (double)from[j];
    }
    s->rest[i] =
        sl_norm2_f64(row, s->width) * (1 + 1e-9) + 0x1p-22 * whole * sl_norm2_f32(expand, s->rank);
    s->norms[i] = sl_norm2_f32(s->down + (size_t)i * s->outputs, s->outputs);
  }
  sl_free(row);
  return SL_OK;
}

sl_status sl_sparse_forward_create(const sl_sparse_weights *w, sl_sparse_forward **out) {
  *out = NULL;
  SL_TRY(check(w));
  sl_sparse_forward *s;
  SL_TRY(SL_ALLOC_ZERO(&s, 1));
  s->job.kind = &sl_sparse_forward_kind;
  s->width = w->width;
  s->inner = w->inner;
  s->outputs = w->outputs;
  s->rank = w->rank;
  s->floats = w->up_count + w->down_count + w->reduce_count + w->expand_count +
              2 * (size_t)w->inner + w->rank;
  sl_status status = SL_ALLOC_ZERO(&s->up, s->floats);
  if (status == SL_OK) status = SL_ALLOC(&s->rest, 2 * (size_t)s->inner);
  if (status == SL_OK) status = SL_ALLOC(&s->order, s->inner);
  if (status == SL_OK) {
    s->down = s->up + w->up_count;
    s->reduce = s->down + w->down_count;
    s->expand = s->reduce + w->reduce_count;
    s->bias = s->expand + w->expand_count;
    s->scores = s->bias + w->inner;
    s->reduced = s->scores + w->inner;
    s->norms = s->rest + w->inner;
    memcpy(s->up, w->up, w->up_count * sizeof *s->up);
    memcpy(s->down, w->down, w->down_count * sizeof *s->up);
    memcpy(s->reduce, w->reduce, w->reduce_count * sizeof *s->up);
    memcpy(s->expand, w->expand, w->expand_count * sizeof *s->up);
    if (w->bias != NULL) memcpy(s->bias, w->bias, w->inner * sizeof *s->up);
    status = measure(s);
  }
  if (status != SL_OK)
    sl_sparse_forward_destroy(s);
  else
    *out = s;
  return status;
}

sl_status sl_sparse_forward_begin(sl_sparse_forward *s, const float *x, size_t count,
                                  uint32_t tokens, uint32_t top, float *out, uint32_t *chosen,
                                  double *bounds) {
  sl_job_drop(&s->job);
  SL_REQUIRE(top >= 1 && top <= s->inner, SL_ERR_OPTION, "top", "1 .. inner");
  SL_REQUIRE((double)count == (double)tokens * s->width, SL_ERR_SHAPE, "x",
             "tokens * width elements");
  const size_t at = sl_first_not_finite_f32(x, count);
  SL_REQUIRE_AT(at == count, SL_ERR_NOT_FINITE, "x", "finite numbers", at);
  s->x = x;
  s->out = out;
  s->chosen = chosen;
  s->bounds = bounds;
  s->tokens = tokens;
  s->top = top;
  s->at = 0;
  s->work = 0;
  sl_job_begin(&s->job);
  if (tokens == 0) sl_job_end(&s->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

// Whether element a is to be chosen before b: the larger score, of equal ones the first.
static bool before(const sl_sparse_forward *s, uint32_t a, uint32_t b) {
  return s->scores[a] > s->scores[b] || (s->scores[a] == s->scores[b] && a < b);
}

// The `top` best of order come first; C. A. R. Hoare, "Algorithm 65: find" (1961).
static void select_top(sl_sparse_forward *s) {
  uint32_t *order = s->order, low = 0, high = s->inner - 1;
  for (uint32_t i = 0; i < s->inner; i++) order[i] = i;
  const uint32_t last = s->top - 1;
  while (low < high) {
    const uint32_t pivot = order[low + (high - low) / 2];
    uint32_t i = low, j = high;
    for (;;) {
      while (before(s, order[i], pivot)) i++;
      while (before(s, pivot, order[j])) j--;
      if (i >= j) break;
      const uint32_t other = order[i];
      order[i++] = order[j];
      order[j--] = other;
    }
    // All up to j come before all after it.
    if (last <= j)
      high = j;
    else
      low = j + 1;
  }
}

static void token(sl_sparse_forward *s) {
  const float *x = s->x + (size_t)s->at * s->width;
  float *out = s->out + (size_t)s->at * s->outputs;
  uint32_t *chosen = s->chosen + (size_t)s->at * s->top;
  const double length = sl_norm2_f32(x, s->width);
  for (uint32_t k = 0; k < s->rank; k++)
    s->reduced[k] = (float)sl_dot_f32(s->reduce + (size_t)k * s->width, x, s->width);
  for (uint32_t i = 0; i < s->inner; i++) {
    s->scores[i] = (float)(sl_dot_f32(s->expand + (size_t)i * s->rank, s->reduced, s->rank) +
                           (double)s->bias[i]);
    // Beyond the range of f32 nothing is known of it: chosen first, or the bound is infinite.
    if (!(fabsf(s->scores[i]) < INFINITY)) s->scores[i] = INFINITY;
  }
  select_top(s);
  // Ascending, so that the sum has one order: marked, then read off.
  double bound = 0;
  for (uint32_t k = s->top; k < s->inner; k++) {
    const uint32_t i = s->order[k];
    const double most =
        (double)s->scores[i] + 0x1p-23 * fabs((double)s->scores[i]) + s->rest[i] * length;
    if (most > 0 && s->norms[i] > 0) bound += most * s->norms[i];
  }
  s->bounds[s->at] = bound * (1 + 1e-9 * s->inner);
  for (uint32_t k = 0; k < s->top; k++) s->scores[s->order[k]] = NAN;
  memset(out, 0, s->outputs * sizeof *out);
  for (uint32_t i = 0, k = 0; i < s->inner; i++) {
    if (s->scores[i] == s->scores[i]) continue;
    chosen[k++] = i;
    const float value =
        (float)(sl_dot_f32(s->up + (size_t)i * s->width, x, s->width) + (double)s->bias[i]);
    if (value > 0) sl_axpy_f32(value, s->down + (size_t)i * s->outputs, out, s->outputs);
  }
  s->work += (uint64_t)s->rank * (s->width + s->inner) +
             (uint64_t)s->top * (s->width + s->outputs) + s->inner;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_sparse_forward *s = (sl_sparse_forward *)job;
  const uint64_t begun = s->work;
  do {
    token(s);
    if (++s->at == s->tokens) sl_job_end(job, SL_OUTCOME_CONVERGED);
  } while (sl_job_is_running(job) && s->work - begun < work);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_sparse_forward *)job)->work; }
static size_t job_bytes(const sl_job *job) {
  return sl_sparse_forward_bytes((const sl_sparse_forward *)job);
}
static void destroy(sl_job *job) { sl_sparse_forward_destroy((sl_sparse_forward *)job); }

sl_job *sl_sparse_forward_job(sl_sparse_forward *s) { return &s->job; }
size_t sl_sparse_forward_bytes(const sl_sparse_forward *s) {
  return sizeof *s + s->floats * sizeof(float) + s->inner * (2 * sizeof(double) + sizeof(uint32_t));
}

const sl_job_kind sl_sparse_forward_kind = {"layer", step,      sl_job_stop_here, work_done,
                                            NULL,    job_bytes, destroy};
