#include <stdbool.h>
#include <string.h>

#include "attention/hyperbolic_attention.h"
#include "base/memory.h"
#include "gemm/functions.h"
#include "hyperbolic/distance.h"
#include "simd/kernels.h"

#define NOINLINE __attribute__((noinline))

struct sl_hyperbolic {
  sl_job job;
  sl_hyperbolic_options o;
  double *below, *sum; // below: of keys, then of values: 1 - |x|^2 (ball); sum: size + 1
  float *weights;      // of each key, room for whole vectors
  void *memory;
  size_t room;
  uint32_t item, head, row;
  uint64_t work;
};

sl_status sl_hyperbolic_create(sl_hyperbolic **out) {
  SL_TRY(SL_ALLOC_ZERO(out, 1));
  (*out)->job.kind = &sl_hyperbolic_kind;
  return SL_OK;
}

void sl_hyperbolic_destroy(sl_hyperbolic *h) {
  if (h == NULL) return;
  sl_free(h->memory);
  sl_free(h);
}

size_t sl_hyperbolic_bytes(const sl_hyperbolic *h) { return sizeof *h + h->room * sizeof(double); }

static sl_status check(const sl_hyperbolic_options *o) {
  SL_REQUIRE(o->heads >= 1 && o->kv_heads >= 1 && o->heads % o->kv_heads == 0, SL_ERR_OPTION,
             "heads", "a multiple of kvHeads");
  SL_REQUIRE(o->model <= SL_HYPERBOLIC_LORENTZ, SL_ERR_OPTION, "model", "poincare or lorentz");
  SL_REQUIRE(o->size > o->model && o->size <= 1u << 16, SL_ERR_OPTION, "size",
             o->model == SL_HYPERBOLIC_LORENTZ ? "2 .. 65536" : "1 .. 65536");
  SL_REQUIRE(o->beta > 0 && isfinite(o->beta), SL_ERR_OPTION, "beta", "a positive number");
  SL_REQUIRE(o->curvature > 0 && isfinite(o->curvature), SL_ERR_OPTION, "curvature",
             "a positive number");
  SL_REQUIRE(o->tokens <= o->key_tokens || o->causal == 0, SL_ERR_RANGE, "queries",
             "at most as many as there are keys");
  const double each = (double)o->batch * o->size;
  SL_REQUIRE((double)o->query_count == each * o->tokens * o->heads, SL_ERR_SHAPE, "queries",
             "batch * tokens * heads * size elements");
  SL_REQUIRE((double)o->key_count == each * o->key_tokens * o->kv_heads, SL_ERR_SHAPE, "keys",
             "batch * tokens * kvHeads * size elements");
  const double pairs = (double)o->tokens * o->key_tokens;
  SL_REQUIRE(o->mask == NULL || (double)o->mask_count == pairs ||
                 (double)o->mask_count == o->batch * pairs,
             SL_ERR_SHAPE, "mask", "tokens * keys elements, or as many for each item of the batch");
  return SL_OK;
}

// Whether all of `count` vectors are points; below (NULL: not wanted) = 1 - |x|^2 of the ball.
static sl_status points(const sl_hyperbolic_options *o, const float *x, size_t count,
                        const char *argument, double *below) {
  for (size_t i = 0; i < count; i++) {
    const float *p = x + i * o->size;
    SL_REQUIRE_AT(sl_first_not_finite_f32(p, o->size) == o->size, SL_ERR_NOT_FINITE, argument,
                  "finite numbers", i);
    if (o->model == SL_HYPERBOLIC_LORENTZ) {
      const double time = (double)p[0], off = time * time - sl_dot_f32(p + 1, p + 1, o->size - 1);
      // What rounding to f32 may have done to it, some times over.
      SL_REQUIRE_AT(time > 0 && fabs(off - 1) <= 1e-5 * time * time, SL_ERR_RANGE, argument,
                    "a point of the hyperboloid, its first number sqrt(1 + |rest|^2)", i);
      continue;
    }
    const double rest = 1 - sl_dot_f32(p, p, o->size);
    SL_REQUIRE_AT(rest > 0, SL_ERR_RANGE, argument, "a point inside the unit ball", i);
    if (below != NULL) below[i] = rest;
  }
  return SL_OK;
}

sl_status sl_hyperbolic_begin(sl_hyperbolic *h, const sl_hyperbolic_options *options) {
  sl_job_drop(&h->job);
  SL_TRY(check(options));
  const size_t keys = options->key_count / options->size;
  const size_t room = 2 * keys + options->size + 1 + ((size_t)options->key_tokens + 3) / 2;
  if (h->room < room) {
    sl_free(h->memory);
    h->memory = NULL;
    h->room = 0;
    SL_TRY(sl_alloc(room, sizeof(double), &h->memory));
    h->room = room;
  }
  h->below = h->memory;
  h->sum = h->below + 2 * keys;
  h->weights = (float *)(h->sum + options->size + 1);
  SL_TRY(points(options, options->queries, options->query_count / options->size, "queries", NULL));
  SL_TRY(points(options, options->keys, keys, "keys", h->below));
  SL_TRY(points(options, options->values, keys, "values", h->below + keys));
  h->o = *options;
  h->item = h->head = h->row = 0;
  h->work = 0;
  sl_job_begin(&h->job);
  if (options->query_count == 0) sl_job_end(&h->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

// ---- a query ------------------------------------------------------------------------------------

static double distance(const sl_hyperbolic *h, const float *query, double below, size_t key) {
  const uint32_t n = h->o.size;
  const float *k = h->o.keys + key * n;
  if (h->o.model == SL_HYPERBOLIC_POINCARE)
    return sl_arcosh_of_more(2 * sl_squared_difference(query, k, n) / (below * h->below[key]));
  const double time = (double)query[0] - (double)k[0];
  const double t = (sl_squared_difference(query + 1, k + 1, n - 1) - time * time) / 2;
  return sl_arcosh_of_more(t > 0 ? t : 0); // rounding may leave points that are near apart in time
}

// sum += weight times a value's point of the hyperboloid: time first, then space.
static void add(sl_hyperbolic *h, double weight, size_t key) {
  const uint32_t n = h->o.size;
  const float *v = h->o.values + key * n;
  if (h->o.model == SL_HYPERBOLIC_LORENTZ) {
    for (uint32_t j = 0; j < n; j++) h->sum[j] += weight * (double)v[j];
    return;
  }
  const double below = h->below[h->o.key_count / n + key];
  h->sum[0] += weight * (2 - below) / below;
  const double by = 2 * weight / below;
  for (uint32_t j = 0; j < n; j++) h->sum[j + 1] += by * (double)v[j];
}

static void finish(const sl_hyperbolic *h, float *out) {
  const bool ball = h->o.model == SL_HYPERBOLIC_POINCARE;
  const uint32_t space = ball ? h->o.size : h->o.size - 1;
  const double time = h->sum[0];
  double squares = 0;
  for (uint32_t j = 1; j <= space; j++) squares += h->sum[j] * h->sum[j];
  // The Lorentz length of a sum of points is at least that of its weights, which sum to 1.
  double length = time * time - squares;
  length = length > 1 ? sqrt(length) : 1;
  if (ball) {
    for (uint32_t j = 0; j < space; j++) out[j] = (float)(h->sum[j + 1] / (time + length));
    // Rounded onto the boundary: drawn back to a point, as the room hyperbolic does.
    double norm = sl_dot_f32(out, out, space);
    for (double to = 1 - 0x1p-24; norm >= 1; to -= 0x1p-24) {
      const double shrink = to / sqrt(norm);
      for (uint32_t j = 0; j < space; j++) out[j] = (float)(shrink * (double)out[j]);
      norm = sl_dot_f32(out, out, space);
    }
    return;
  }
  // Time from space, so that the result is a point as exactly as it can be.
  for (uint32_t j = 1; j <= space; j++) out[j] = (float)(h->sum[j] / length);
  out[0] = (float)sqrt(1 + sl_dot_f32(out + 1, out + 1, space));
}

static void origin(const sl_hyperbolic *h, float *out) {
  memset(out, 0, h->o.size * sizeof *out);
  if (h->o.model == SL_HYPERBOLIC_LORENTZ) out[0] = 1;
}

// weights = exp(weights - most), n of them.
static NOINLINE void exponentials(float *weights, uint32_t n, float most) {
  for (uint32_t j = n; j % 4 != 0; j++) weights[j] = most;
  for (uint32_t j = 0; j < n; j += 4)
    sl_f32x4_store(weights + j, sl_f32x4_exp(sl_f32x4_load(weights + j) - most));
}

static void row(sl_hyperbolic *h) {
  const sl_hyperbolic_options *o = &h->o;
  const uint32_t end = o->causal != 0 ? o->key_tokens - o->tokens + h->row + 1 : o->key_tokens;
  const size_t place = (((size_t)h->item * o->tokens + h->row) * o->heads + h->head) * o->size;
  const size_t first =
      (size_t)h->item * o->key_tokens * o->kv_heads + h->head / (o->heads / o->kv_heads);
  const float *query = o->queries + place;
  const double below = 1 - sl_dot_f32(query, query, o->size);
  const double by = -o->beta / sqrt(o->curvature);
  const size_t pairs = (size_t)o->tokens * o->key_tokens;
  const uint8_t *mask = o->mask;
  if (mask != NULL)
    mask += (o->mask_count > pairs ? h->item * pairs : 0) + (size_t)h->row * o->key_tokens;
  float most = -INFINITY;
  for (uint32_t j = 0; j < end; j++) {
    const bool seen = mask == NULL || mask[j] != 0;
    h->weights[j] =
        seen ? (float)(by * distance(h, query, below, first + (size_t)j * o->kv_heads)) : -INFINITY;
    most = h->weights[j] > most ? h->weights[j] : most;
  }
  h->work += (uint64_t)end * o->size * 2;
  if (most == -INFINITY) {
    origin(h, o->out + place);
    return;
  }
  exponentials(h->weights, end, most);
  double total = 0;
  for (uint32_t j = 0; j < end; j++) total += (double)h->weights[j];
  memset(h->sum, 0, ((size_t)o->size + 1) * sizeof *h->sum);
  for (uint32_t j = 0; j < end; j++)
    if (h->weights[j] > 0) add(h, (double)h->weights[j] / total, first + (size_t)j * o->kv_heads);
  finish(h, o->out + place);
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_hyperbolic *h = (sl_hyperbolic *)job;
  const uint64_t begun = h->work;
  do {
    row(h);
    if (++h->row < h->o.tokens) continue;
    h->row = 0;
    if (++h->head < h->o.heads) continue;
    h->head = 0;
    if (++h->item == h->o.batch) sl_job_end(job, SL_OUTCOME_CONVERGED);
  } while (sl_job_is_running(job) && h->work - begun < work);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_hyperbolic *)job)->work; }
static size_t job_bytes(const sl_job *job) {
  return sl_hyperbolic_bytes((const sl_hyperbolic *)job);
}
static void destroy(sl_job *job) { sl_hyperbolic_destroy((sl_hyperbolic *)job); }

sl_job *sl_hyperbolic_job(sl_hyperbolic *h) { return &h->job; }

const sl_job_kind sl_hyperbolic_kind = {"attention", step,      sl_job_stop_here, work_done,
                                        NULL,        job_bytes, destroy};
