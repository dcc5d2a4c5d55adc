// A state of linear attention: made, copied, emptied, asked.
#include <math.h>
#include <string.h>

#include "attention/linear_parts.h"
#include "base/memory.h"
#include "gemm/kernel.h"
#include "simd/simd.h"

static size_t heads_of(const sl_linear_state *s) { return (size_t)s->batch * s->kv_heads; }
static size_t sum_count(const sl_linear_state *s) { return heads_of(s) * s->wide * s->padded; }
static size_t panel_count(const sl_linear_state *s) {
  return s->map == SL_FEATURES_FAVOR ? (size_t)s->wide * s->size : 0;
}

void sl_linear_state_destroy(sl_linear_state *s) {
  if (s == NULL) return;
  sl_free(s->sums);
  sl_free(s->most);
  sl_free(s->projection);
  sl_free(s->panels);
  sl_free(s->scratch);
  sl_free(s);
}

// The arrays of a state whose shape is known; a state that failed is destroyed.
static sl_status make(const sl_linear_state *shape, sl_linear_state **out) {
  sl_linear_state *s;
  *out = NULL;
  SL_TRY(SL_ALLOC_ZERO(&s, 1));
  s->job.kind = &sl_linear_state_kind;
  s->batch = shape->batch;
  s->kv_heads = shape->kv_heads;
  s->size = shape->size;
  s->map = shape->map;
  s->features = shape->features;
  s->wide = shape->wide;
  s->padded = shape->padded;
  sl_status status = SL_ALLOC_ZERO(&s->sums, sum_count(s));
  if (status == SL_OK && s->map == SL_FEATURES_FAVOR) {
    status = SL_ALLOC(&s->most, heads_of(s));
    if (status == SL_OK) status = SL_ALLOC(&s->projection, (size_t)s->features * s->size);
    if (status == SL_OK) status = SL_ALLOC(&s->panels, panel_count(s));
  }
  if (status != SL_OK)
    sl_linear_state_destroy(s);
  else
    *out = s;
  return status;
}

sl_status sl_linear_state_create(uint32_t batch, uint32_t kv_heads, uint32_t size, uint32_t map,
                                 uint32_t features, uint32_t seed, sl_linear_state **out) {
  *out = NULL;
  SL_REQUIRE(batch >= 1, SL_ERR_OPTION, "batch", "at least 1");
  SL_REQUIRE(kv_heads >= 1, SL_ERR_OPTION, "kv_heads", "at least 1");
  SL_REQUIRE(size >= 1 && size <= 1u << 16, SL_ERR_OPTION, "size", "1 .. 65536");
  SL_REQUIRE(map <= SL_FEATURES_FAVOR, SL_ERR_OPTION, "map", "elu or favor");
  const bool random = map == SL_FEATURES_FAVOR;
  SL_REQUIRE(random ? features >= 1 && features <= 1u << 16 : features == 0, SL_ERR_OPTION,
             "features", random ? "1 .. 65536" : "0: as many as elements");
  sl_linear_state shape = {.batch = batch, .kv_heads = kv_heads, .size = size, .map = map};
  shape.features = random ? features : size;
  shape.wide = (shape.features + 7) / 8 * 8;
  shape.padded = (size + 8) / 8 * 8;
  SL_REQUIRE((double)batch * kv_heads * shape.wide * shape.padded < (double)(SIZE_MAX / 8),
             SL_ERR_OVERFLOW, "kv_heads", "fewer heads, elements or features");
  sl_linear_state *s;
  SL_TRY(make(&shape, &s));
  if (random) {
    sl_linear_draw(s->projection, s->features, size, seed);
    for (uint32_t j = 0; j < s->features; j += SL_PANEL_F32) {
      const uint32_t rest = s->features - j;
      sl_pack_panel_f32(s->projection + (size_t)j * size, 1, size, size,
                        rest < SL_PANEL_F32 ? rest : SL_PANEL_F32, s->panels + (size_t)j * size);
    }
  }
  sl_linear_state_reset(s);
  *out = s;
  return SL_OK;
}

// Ends what is running, at the end of its chunk.
static void settle(sl_linear_state *s) {
  if (sl_job_is_running(&s->job)) (void)s->job.kind->stop(&s->job, SL_OUTCOME_WORK_LIMIT);
  sl_job_drop(&s->job);
}

sl_status sl_linear_state_fork(sl_linear_state *s, sl_linear_state **out) {
  settle(s);
  SL_TRY(make(s, out));
  sl_linear_state *copy = *out;
  copy->length = s->length;
  memcpy(copy->sums, s->sums, sum_count(s) * sizeof *s->sums);
  if (s->map == SL_FEATURES_FAVOR) {
    memcpy(copy->most, s->most, heads_of(s) * sizeof *s->most);
    memcpy(copy->projection, s->projection, (size_t)s->features * s->size * sizeof(float));
    memcpy(copy->panels, s->panels, panel_count(s) * sizeof *s->panels);
  }
  return SL_OK;
}

void sl_linear_state_reset(sl_linear_state *s) {
  sl_job_drop(&s->job);
  s->length = 0;
  memset(s->sums, 0, sum_count(s) * sizeof *s->sums);
  if (s->most != NULL)
    for (size_t i = 0; i < heads_of(s); i++) s->most[i] = -INFINITY;
}

static sl_status check(const sl_linear_state *s, const sl_linear_options *o) {
  SL_REQUIRE(o->chunk <= MOST_CHUNK, SL_ERR_OPTION, "chunk", "1 .. 256");
  SL_REQUIRE(o->tokens == 0 || (o->heads >= 1 && o->heads % s->kv_heads == 0), SL_ERR_OPTION,
             "heads", "a multiple of kvHeads");
  const double each = (double)s->batch * s->size;
  SL_REQUIRE((double)o->query_count == each * o->tokens * o->heads, SL_ERR_SHAPE, "queries",
             "batch * tokens * heads * size elements");
  SL_REQUIRE((double)o->key_count == each * o->key_tokens * s->kv_heads, SL_ERR_SHAPE, "keys",
             "batch * tokens * kvHeads * size elements");
  SL_REQUIRE(o->causal == 0 || o->tokens <= o->key_tokens, SL_ERR_RANGE, "queries",
             "at most as many as there are keys");
  SL_REQUIRE(o->key_tokens <= UINT32_MAX - s->length, SL_ERR_OVERFLOW, "keys",
             "fewer than 2^32 tokens");
  return SL_OK;
}

sl_status sl_linear_state_begin(sl_linear_state *s, const sl_linear_options *options) {
  settle(s);
  SL_TRY(check(s, options));
  s->o = *options;
  const uint32_t chunk = s->o.chunk = options->chunk == 0 ? LINEAR_CHUNK : options->chunk;
  const size_t rows = (chunk + 7) / 8 * 8, deep = s->wide > s->size ? s->wide : s->size;
  const size_t longest = deep > rows ? deep : rows, sums = rows * s->padded;
  const size_t room = 3 * rows * s->wide + rows * longest + 2 * sums + rows * rows;
  // The keys' left operand has a row for each feature, which is no more than wide x rows.
  if (s->room < room) {
    sl_free(s->scratch);
    s->scratch = NULL;
    s->room = 0;
    SL_TRY(SL_ALLOC(&s->scratch, room));
    s->room = room;
  }
  float *at = s->scratch;
  s->key_features = at, at += rows * s->wide;
  s->query_features = at, at += rows * s->wide;
  s->key_panels = at, at += rows * s->wide;
  s->left = at, at += rows * longest;
  s->values = at, at += sums;
  s->answers = at, at += sums;
  s->scores = at;
  s->at = s->item = s->head = 0;
  s->asking = options->causal == 0 && options->key_tokens == 0;
  s->work = 0;
  const double heads = options->heads, through = (double)s->wide * s->padded;
  const double pairs = options->causal != 0 ? (double)chunk * (s->wide + s->padded) : 0;
  s->expected = (uint64_t)(s->batch * ((double)options->key_tokens * s->kv_heads * through +
                                       options->tokens * heads * (through + pairs)));
  sl_job_begin(&s->job);
  if (options->tokens == 0 && options->key_tokens == 0) sl_job_end(&s->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

size_t sl_linear_state_bytes(const sl_linear_state *s) {
  size_t floats = sum_count(s) + s->room;
  if (s->map == SL_FEATURES_FAVOR)
    floats += heads_of(s) + (size_t)s->features * s->size + panel_count(s);
  return sizeof *s + floats * sizeof(float);
}

sl_job *sl_linear_state_job(sl_linear_state *s) { return &s->job; }
uint32_t sl_linear_state_length(const sl_linear_state *s) { return s->length; }
uint32_t sl_linear_state_features(const sl_linear_state *s) { return s->features; }
const float *sl_linear_state_projection(const sl_linear_state *s) { return s->projection; }
