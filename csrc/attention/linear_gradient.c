#include "attention/linear_gradient.h"

#include <string.h>

#include "attention/linear_parts.h"
#include "base/memory.h"
#include "simd/kernels.h"

// Rows of `size` + 1 numbers: the values' and, last, the 1 that sums z.
struct sl_linear_gradient {
  sl_job job;
  sl_linear_gradient_options o;
  double *sums, *back;     // S with z, T with t: size x (size + 1)
  double *token, *answer;  // of one token: size + 1 each
  double *queries;         // of each query of a group: 1 / d and (g o) / d
  float *features, *slope; // of one token: size, up to a multiple of 4
  void *memory;
  size_t room;
  uint32_t item, head, at; // head: of keys
  // Forward over keys (causal: and queries), forward over queries (not causal), backward over keys.
  enum { KEYS, QUERIES, BACK } phase;
  uint64_t work;
};

sl_status sl_linear_gradient_create(sl_linear_gradient **out) {
  SL_TRY(SL_ALLOC_ZERO(out, 1));
  (*out)->job.kind = &sl_linear_gradient_kind;
  return SL_OK;
}

void sl_linear_gradient_destroy(sl_linear_gradient *g) {
  if (g == NULL) return;
  sl_free(g->memory);
  sl_free(g);
}

size_t sl_linear_gradient_bytes(const sl_linear_gradient *g) {
  return sizeof *g + g->room * sizeof(double);
}

static sl_status check(const sl_linear_gradient_options *o) {
  SL_REQUIRE(o->heads >= 1 && o->kv_heads >= 1 && o->heads % o->kv_heads == 0, SL_ERR_OPTION,
             "heads", "a multiple of kvHeads");
  SL_REQUIRE(o->size >= 1 && o->size <= 4096, SL_ERR_OPTION, "size", "1 .. 4096");
  SL_REQUIRE(o->causal == 0 || o->tokens <= o->key_tokens, SL_ERR_RANGE, "queries",
             "at most as many as there are keys");
  const double each = (double)o->batch * o->size;
  SL_REQUIRE((double)o->query_count == each * o->tokens * o->heads, SL_ERR_SHAPE, "queries",
             "batch * tokens * heads * size elements");
  SL_REQUIRE((double)o->key_count == each * o->key_tokens * o->kv_heads, SL_ERR_SHAPE, "keys",
             "batch * tokens * kvHeads * size elements");
  return SL_OK;
}

static uint32_t group_of(const sl_linear_gradient *g) { return g->o.heads / g->o.kv_heads; }
static size_t state_of(const sl_linear_gradient *g) { return (size_t)g->o.size * (g->o.size + 1); }

static void begin_head(sl_linear_gradient *g) {
  memset(g->sums, 0, 2 * state_of(g) * sizeof *g->sums);
  g->phase = KEYS;
  g->at = 0;
}

sl_status sl_linear_gradient_begin(sl_linear_gradient *g,
                                   const sl_linear_gradient_options *options) {
  sl_job_drop(&g->job);
  SL_TRY(check(options));
  g->o = *options;
  const size_t size = options->size, wide = (size + 3) / 4 * 4;
  const size_t room =
      2 * state_of(g) + 2 * (size + 1) + wide + 2 * (size_t)options->tokens * group_of(g);
  if (g->room < room) {
    sl_free(g->memory);
    g->memory = NULL;
    g->room = 0;
    SL_TRY(sl_alloc(room, sizeof(double), &g->memory));
    g->room = room;
  }
  g->sums = g->memory;
  g->back = g->sums + state_of(g);
  g->token = g->back + state_of(g);
  g->answer = g->token + size + 1;
  g->features = (float *)(g->answer + size + 1);
  g->slope = g->features + wide;
  g->queries = g->answer + size + 1 + wide;
  if (options->query_count > 0) memset(options->query_out, 0, options->query_count * sizeof(float));
  if (options->key_count > 0) {
    memset(options->key_out, 0, options->key_count * sizeof(float));
    memset(options->value_out, 0, options->key_count * sizeof(float));
  }
  g->item = g->head = 0;
  g->work = 0;
  sl_job_begin(&g->job);
  if (options->query_count == 0 || options->key_count == 0)
    sl_job_end(&g->job, SL_OUTCOME_CONVERGED);
  else
    begin_head(g);
  return SL_OK;
}

static size_t key_place(const sl_linear_gradient *g) {
  const sl_linear_gradient_options *o = &g->o;
  return (((size_t)g->item * o->key_tokens + g->at) * o->kv_heads + g->head) * o->size;
}
static size_t query_place(const sl_linear_gradient *g, uint32_t query, uint32_t member) {
  const sl_linear_gradient_options *o = &g->o;
  return (((size_t)g->item * o->tokens + query) * o->heads + (size_t)g->head * group_of(g) +
          member) *
         o->size;
}

// Features of a token and the derivatives of elu + 1, which below 0 is its own.
static void read_token(sl_linear_gradient *g, const float *x) {
  sl_linear_elu(x, g->o.size, g->features);
  for (uint32_t j = 0; j < g->o.size; j++) g->slope[j] = x[j] > 0 ? 1 : g->features[j];
}

static void add_outer(const sl_linear_gradient *g, double *sums, const double *row) {
  const size_t each = (size_t)g->o.size + 1;
  for (uint32_t f = 0; f < g->o.size; f++)
    sl_axpy_f64((double)g->features[f], row, sums + f * each, each);
}

static void widen_value(sl_linear_gradient *g, const float *value) {
  sl_widen_f32(value, g->token, g->o.size);
  g->token[g->o.size] = 1;
}

// What the numbers of one query's output mean for it; where nothing is seen, nothing.
static void query_forward(sl_linear_gradient *g, uint32_t query, uint32_t member) {
  const uint32_t size = g->o.size;
  const size_t each = (size_t)size + 1, place = query_place(g, query, member);
  read_token(g, g->o.queries + place);
  memset(g->answer, 0, each * sizeof *g->answer);
  for (uint32_t f = 0; f < size; f++)
    sl_axpy_f64((double)g->features[f], g->sums + f * each, g->answer, each);
  double *kept = g->queries + 2 * ((size_t)query * group_of(g) + member);
  const double by = g->answer[size] == 0 ? 0 : 1 / g->answer[size];
  const float *upstream = g->o.upstream + place;
  double through = 0;
  for (uint32_t j = 0; j < size; j++) through += (double)upstream[j] * g->answer[j];
  kept[0] = by;
  kept[1] = through * by * by;
  for (uint32_t j = 0; j < size; j++) g->token[j] = (double)upstream[j] * by;
  g->token[size] = -kept[1];
  for (uint32_t f = 0; f < size; f++)
    g->o.query_out[place + f] =
        (float)(sl_dot_f64(g->sums + f * each, g->token, each) * (double)g->slope[f]);
  g->work += 2 * (uint64_t)size * each;
}

static void query_backward(sl_linear_gradient *g, uint32_t query, uint32_t member) {
  const uint32_t size = g->o.size;
  const size_t place = query_place(g, query, member);
  const double *kept = g->queries + 2 * ((size_t)query * group_of(g) + member);
  read_token(g, g->o.queries + place);
  for (uint32_t j = 0; j < size; j++) g->token[j] = (double)g->o.upstream[place + j] * kept[0];
  g->token[size] = -kept[1];
  add_outer(g, g->back, g->token);
  g->work += (uint64_t)size * size;
}

static void key_forward(sl_linear_gradient *g) {
  const size_t place = key_place(g);
  read_token(g, g->o.keys + place);
  widen_value(g, g->o.values + place);
  add_outer(g, g->sums, g->token);
  g->work += (uint64_t)g->o.size * g->o.size;
}

static void key_backward(sl_linear_gradient *g) {
  const uint32_t size = g->o.size;
  const size_t each = (size_t)size + 1, place = key_place(g);
  read_token(g, g->o.keys + place);
  widen_value(g, g->o.values + place);
  memset(g->answer, 0, each * sizeof *g->answer);
  for (uint32_t f = 0; f < size; f++) {
    const double *row = g->back + f * each;
    g->o.key_out[place + f] = (float)(sl_dot_f64(row, g->token, each) * (double)g->slope[f]);
    sl_axpy_f64((double)g->features[f], row, g->answer, each);
  }
  sl_narrow_f64(g->answer, g->o.value_out + place, size);
  g->work += 2 * (uint64_t)size * each;
}

// The queries at `query` of all heads that share these keys.
static void each_member(sl_linear_gradient *g, uint32_t query,
                        void (*what)(sl_linear_gradient *, uint32_t, uint32_t)) {
  for (uint32_t m = 0; m < group_of(g); m++) what(g, query, m);
}

// One token of one phase.
static void token(sl_linear_gradient *g) {
  const sl_linear_gradient_options *o = &g->o;
  const uint32_t ahead = o->causal != 0 ? o->key_tokens - o->tokens : 0;
  switch (g->phase) {
  case KEYS:
    key_forward(g);
    if (o->causal != 0 && g->at >= ahead) each_member(g, g->at - ahead, query_forward);
    if (++g->at < o->key_tokens) return;
    g->phase = o->causal != 0 ? BACK : QUERIES;
    g->at = o->causal != 0 ? o->key_tokens - 1 : 0;
    return;
  case QUERIES:
    each_member(g, g->at, query_forward);
    each_member(g, g->at, query_backward);
    if (++g->at < o->tokens) return;
    g->phase = BACK;
    g->at = o->key_tokens - 1;
    return;
  case BACK:
    if (o->causal != 0 && g->at >= ahead) each_member(g, g->at - ahead, query_backward);
    key_backward(g);
    if (g->at-- > 0) return;
  }
  if (++g->head == o->kv_heads) {
    g->head = 0;
    g->item++;
  }
  if (g->item == o->batch)
    sl_job_end(&g->job, SL_OUTCOME_CONVERGED);
  else
    begin_head(g);
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_linear_gradient *g = (sl_linear_gradient *)job;
  const uint64_t begun = g->work;
  do token(g);
  while (sl_job_is_running(job) && g->work - begun < work);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_linear_gradient *)job)->work; }
static size_t job_bytes(const sl_job *job) {
  return sl_linear_gradient_bytes((const sl_linear_gradient *)job);
}
static void destroy(sl_job *job) { sl_linear_gradient_destroy((sl_linear_gradient *)job); }

sl_job *sl_linear_gradient_job(sl_linear_gradient *g) { return &g->job; }

const sl_job_kind sl_linear_gradient_kind = {"gradient", step,      sl_job_stop_here, work_done,
                                             NULL,       job_bytes, destroy};
