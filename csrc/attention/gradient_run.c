#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "attention/gradient.h"
#include "base/memory.h"
#include "gemm/functions.h"
#include "simd/kernels.h"

#define NOINLINE __attribute__((noinline))

struct sl_attention_gradient {
  sl_job job;
  sl_attention_gradient_options o;
  float *weights, *through; // of each key; room for whole vectors
  size_t room;
  uint32_t item, head, row;
  uint64_t work;
};

sl_status sl_attention_gradient_create(sl_attention_gradient **out) {
  SL_TRY(SL_ALLOC_ZERO(out, 1));
  (*out)->job.kind = &sl_attention_gradient_kind;
  return SL_OK;
}

void sl_attention_gradient_destroy(sl_attention_gradient *g) {
  if (g == NULL) return;
  sl_free(g->weights);
  sl_free(g);
}

size_t sl_attention_gradient_bytes(const sl_attention_gradient *g) {
  return sizeof *g + 2 * g->room * sizeof *g->weights;
}

static sl_status check(const sl_attention_gradient_options *o) {
  SL_REQUIRE(o->heads >= 1 && o->kv_heads >= 1 && o->heads % o->kv_heads == 0, SL_ERR_OPTION,
             "heads", "a multiple of kvHeads");
  SL_REQUIRE(o->size >= 1 && o->size <= 1u << 16, SL_ERR_OPTION, "size", "1 .. 65536");
  SL_REQUIRE(o->scale - o->scale == 0, SL_ERR_OPTION, "scale", "a finite number");
  SL_REQUIRE(o->tokens <= o->key_tokens || (o->causal == 0 && o->window == 0), SL_ERR_RANGE,
             "queries", "at most as many as there are keys");
  const double each = (double)o->batch * o->size;
  SL_REQUIRE((double)o->query_count == each * o->tokens * o->heads, SL_ERR_SHAPE, "queries",
             "batch * tokens * heads * size elements");
  SL_REQUIRE((double)o->key_count == each * o->key_tokens * o->kv_heads, SL_ERR_SHAPE, "keys",
             "batch * tokens * kvHeads * size elements");
  return SL_OK;
}

sl_status sl_attention_gradient_begin(sl_attention_gradient *g,
                                      const sl_attention_gradient_options *options) {
  sl_job_drop(&g->job);
  SL_TRY(check(options));
  const size_t room = ((size_t)options->key_tokens + 3) / 4 * 4;
  if (g->room < room) {
    sl_free(g->weights);
    g->weights = NULL;
    g->room = 0;
    SL_TRY(SL_ALLOC(&g->weights, 2 * room));
    g->room = room;
  }
  g->through = g->room > 0 ? g->weights + g->room : NULL;
  g->o = *options;
  if (g->o.scale == 0) g->o.scale = 1 / sqrt(g->o.size);
  if (options->query_count > 0) memset(options->query_out, 0, options->query_count * sizeof(float));
  if (options->key_count > 0) {
    memset(options->key_out, 0, options->key_count * sizeof(float));
    memset(options->value_out, 0, options->key_count * sizeof(float));
  }
  g->item = g->head = g->row = 0;
  g->work = 0;
  sl_job_begin(&g->job);
  // Without a query, or without a key to look at, nothing depends on anything.
  if (options->query_count == 0 || options->key_count == 0)
    sl_job_end(&g->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

// weights = softmax, of n > 0 scores.
static NOINLINE void weigh(float *weights, uint32_t n) {
  float most = weights[0];
  for (uint32_t j = 1; j < n; j++) most = weights[j] > most ? weights[j] : most;
  const sl_f32x4 shift = sl_f32x4_splat(most);
  // Beyond the last key there is room, and nothing that is used.
  for (uint32_t j = n; j % 4 != 0; j++) weights[j] = most;
  double sum = 0;
  for (uint32_t j = 0; j < n; j += 4)
    sl_f32x4_store(weights + j, sl_f32x4_exp(sl_f32x4_load(weights + j) - shift));
  for (uint32_t j = 0; j < n; j++) sum += (double)weights[j];
  const float by = (float)(1 / sum);
  for (uint32_t j = 0; j < n; j++) weights[j] *= by;
}

// One query of one head.
static void row(sl_attention_gradient *g) {
  const sl_attention_gradient_options *o = &g->o;
  const uint32_t size = o->size, position = o->key_tokens - o->tokens + g->row;
  uint32_t first = 0, end = o->causal != 0 ? position + 1 : o->key_tokens;
  if (o->window > 0) {
    if (position >= o->window) first = position - o->window + 1;
    if (o->window < end - position) end = position + o->window;
  }
  const size_t at = (((size_t)g->item * o->tokens + g->row) * o->heads + g->head) * size;
  const size_t stride = (size_t)o->kv_heads * size;
  const size_t from = ((size_t)g->item * o->key_tokens + first) * stride +
                      (size_t)(g->head / (o->heads / o->kv_heads)) * size;
  const float *query = o->queries + at, *given = o->upstream + at;
  const uint32_t n = end - first;
  double mean = 0;
  for (uint32_t j = 0; j < n; j++)
    g->weights[j] = (float)(o->scale * sl_dot_f32(query, o->keys + from + j * stride, size));
  weigh(g->weights, n);
  for (uint32_t j = 0; j < n; j++) {
    g->through[j] = (float)sl_dot_f32(given, o->values + from + j * stride, size);
    mean += (double)g->weights[j] * (double)g->through[j];
  }
  for (uint32_t j = 0; j < n; j++) {
    const size_t key = from + j * stride;
    const double slope = (double)g->weights[j] * ((double)g->through[j] - mean) * o->scale;
    sl_axpy_f32(g->weights[j], given, o->value_out + key, size);
    sl_axpy_f32((float)slope, o->keys + key, o->query_out + at, size);
    sl_axpy_f32((float)slope, query, o->key_out + key, size);
  }
  g->work += (uint64_t)n * size * 5;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_attention_gradient *g = (sl_attention_gradient *)job;
  const uint64_t begun = g->work;
  do {
    row(g);
    if (++g->row < g->o.tokens) continue;
    g->row = 0;
    if (++g->head < g->o.heads) continue;
    g->head = 0;
    if (++g->item == g->o.batch) sl_job_end(job, SL_OUTCOME_CONVERGED);
  } while (sl_job_is_running(job) && g->work - begun < work);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_attention_gradient *)job)->work; }
static size_t job_bytes(const sl_job *job) {
  return sl_attention_gradient_bytes((const sl_attention_gradient *)job);
}
static void destroy(sl_job *job) { sl_attention_gradient_destroy((sl_attention_gradient *)job); }

sl_job *sl_attention_gradient_job(sl_attention_gradient *g) { return &g->job; }

const sl_job_kind sl_attention_gradient_kind = {"gradient", step,      sl_job_stop_here, work_done,
                                                NULL,       job_bytes, destroy};
