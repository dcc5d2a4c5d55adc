// Tokens through a decoder, a layer for a group of tokens at a time.
#include "inference/decoder_parts.h"

#include <string.h>

#include "base/memory.h"
#include "gemm/activation.h"

// Tokens that go through a layer together.
enum { GROUP = 64 };

uint32_t sl_decoder_length(const sl_decoder *d) { return sl_kv_cache_length(d->caches[0]); }

void sl_decoder_forget(sl_decoder *d, uint32_t length) {
  sl_job_drop(&d->job);
  for (uint32_t l = 0; l < d->shape.layers; l++)
    if (sl_kv_cache_length(d->caches[l]) > length)
      // Cannot fail: it has no window.
      (void)sl_kv_cache_truncate(d->caches[l], length);
}

// What is running has left its layers at different lengths.
static void give_up(sl_decoder *d) {
  if (sl_job_is_running(&d->job)) sl_decoder_forget(d, d->run.before);
}

sl_status sl_decoder_truncate(sl_decoder *d, uint32_t length) {
  give_up(d);
  SL_REQUIRE(length <= sl_decoder_length(d), SL_ERR_RANGE, "length", "at most the tokens so far");
  sl_decoder_forget(d, length);
  return SL_OK;
}

// ---- begin --------------------------------------------------------------------------------------

static sl_status reserve(sl_decoder *d) {
  const sl_decoder_shape *s = &d->shape;
  const size_t queries = (size_t)s->heads * s->size, keys = (size_t)s->kv_heads * s->size;
  const size_t one = 2 * (size_t)s->width + 2 * queries + 2 * keys + 2 * (size_t)s->hidden;
  const size_t most = d->run.count < GROUP ? d->run.count : GROUP;
  if (d->run.room < most * one) {
    sl_free(d->run.block);
    d->run.block = NULL;
    d->run.room = 0;
    SL_TRY(SL_ALLOC(&d->run.block, most * one));
    d->run.room = most * one;
  }
  float *at = d->run.block;
  d->run.x = at;
  d->run.h = at += most * s->width;
  d->run.queries = at += most * s->width;
  d->run.given = at += most * queries;
  d->run.keys = at += most * queries;
  d->run.values = at += most * keys;
  d->run.gate = at += most * keys;
  d->run.up = at + most * s->hidden;
  return SL_OK;
}

sl_status sl_decoder_begin(sl_decoder *d, const uint32_t *ids, uint32_t count, uint32_t all,
                           float *logits, size_t room) {
  SL_REQUIRE(d->kept == d->part_count, SL_ERR_STATE, "decoder", "all of its tensors first");
  SL_REQUIRE(count > 0, SL_ERR_EMPTY, "ids", "a token");
  for (uint32_t i = 0; i < count; i++)
    SL_REQUIRE_AT(ids[i] < d->shape.vocabulary, SL_ERR_INDEX, "ids", "tokens of the vocabulary", i);
  give_up(d);
  const uint32_t before = sl_decoder_length(d);
  SL_REQUIRE(count <= d->shape.most_tokens - before, SL_ERR_RANGE, "ids",
             "no more tokens than most_tokens in all");
  SL_REQUIRE((double)room == (double)d->shape.vocabulary * (all ? count : 1), SL_ERR_SHAPE,
             "logits", "vocabulary numbers for each token that is asked for");
  d->run.ids = ids;
  d->run.count = count;
  d->run.at = d->run.layer = d->run.tokens = 0;
  d->run.before = before;
  d->run.all = all != 0;
  d->run.logits = logits;
  d->run.work = 0;
  sl_job_begin(&d->job);
  return SL_OK;
}

// ---- a layer ------------------------------------------------------------------------------------

static sl_status finish(sl_job *job) {
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  while (outcome == SL_OUTCOME_RUNNING) SL_TRY(sl_job_step(job, UINT64_MAX, &outcome));
  return SL_OK;
}

// out = left weights, or added to out.
static sl_status multiply(sl_decoder *d, uint32_t rows, const float *left, uint32_t part, bool add,
                          float *out) {
  sl_dense_matrix *weights = d->parts[part].matrix;
  const sl_product_options o = sl_product_of_rows(rows, left, weights, add, out);
  SL_TRY(sl_product_begin(d->product, weights, &o));
  d->run.work += (uint64_t)rows * weights->rows * weights->columns;
  return finish(sl_product_job(d->product));
}

static sl_status norm(sl_decoder *d, uint32_t part, const float *x, uint32_t rows) {
  memcpy(d->run.h, x, (size_t)rows * d->shape.width * sizeof *x);
  return sl_rms_norm(d->run.h, rows, d->shape.width, d->parts[part].gain, d->shape.epsilon);
}

static sl_status attend(sl_decoder *d, uint32_t first) {
  const sl_decoder_shape *s = &d->shape;
  const uint32_t tokens = d->run.tokens;
  sl_kv_cache *cache = d->caches[d->run.layer];
  const double position = sl_kv_cache_length(cache);
  SL_TRY(norm(d, first + SL_DECODER_NORM_1, d->run.x, tokens));
  SL_TRY(multiply(d, tokens, d->run.h, first + SL_DECODER_QUERIES, false, d->run.queries));
  SL_TRY(multiply(d, tokens, d->run.h, first + SL_DECODER_KEYS, false, d->run.keys));
  SL_TRY(multiply(d, tokens, d->run.h, first + SL_DECODER_VALUES, false, d->run.values));
  SL_TRY(sl_rotate_positions(d->run.queries, tokens, s->heads, s->size, s->size, s->base, position,
                             s->interleaved));
  SL_TRY(sl_rotate_positions(d->run.keys, tokens, s->kv_heads, s->size, s->size, s->base, position,
                             s->interleaved));
  const size_t count = (size_t)tokens * s->heads * s->size;
  SL_TRY(sl_kv_cache_append(cache, d->run.keys, d->run.values,
                            (size_t)tokens * s->kv_heads * s->size, tokens));
  const sl_attention_options o = {.queries = d->run.queries,
                                  .query_count = count,
                                  .tokens = tokens,
                                  .heads = s->heads,
                                  .causal = 1,
                                  .out = d->run.given,
                                  .out_count = count};
  SL_TRY(sl_kv_cache_attend(cache, &o));
  SL_TRY(finish(sl_kv_cache_job(cache)));
  d->run.work += sl_job_work(sl_kv_cache_job(cache));
  return multiply(d, tokens, d->run.given, first + SL_DECODER_GIVE, true, d->run.x);
}

static sl_status layer(sl_decoder *d) {
  const uint32_t first = 1 + d->run.layer * SL_DECODER_LAYER, tokens = d->run.tokens;
  SL_TRY(attend(d, first));
  SL_TRY(norm(d, first + SL_DECODER_NORM_2, d->run.x, tokens));
  SL_TRY(multiply(d, tokens, d->run.h, first + SL_DECODER_GATE, false, d->run.gate));
  SL_TRY(multiply(d, tokens, d->run.h, first + SL_DECODER_UP, false, d->run.up));
  sl_swiglu(d->run.gate, d->run.up, d->run.gate, (size_t)tokens * d->shape.hidden);
  return multiply(d, tokens, d->run.gate, first + SL_DECODER_DOWN, true, d->run.x);
}

static sl_status begin_group(sl_decoder *d) {
  const uint32_t left = d->run.count - d->run.at;
  d->run.tokens = left < GROUP ? left : GROUP;
  SL_TRY(reserve(d));
  return sl_dense_matrix_gather(d->parts[0].matrix, d->run.ids + d->run.at, d->run.tokens,
                                d->run.x);
}

// The logits of the group, where they are asked for.
static sl_status end_group(sl_decoder *d) {
  const uint32_t width = d->shape.width, last = 1 + d->shape.layers * SL_DECODER_LAYER;
  const uint32_t tokens = d->run.tokens;
  d->run.at += tokens;
  d->run.layer = 0;
  const bool ends = d->run.at == d->run.count;
  if (!d->run.all && !ends) return SL_OK;
  const uint32_t rows = d->run.all ? tokens : 1;
  SL_TRY(norm(d, last, d->run.x + (size_t)(tokens - rows) * width, rows));
  const size_t before = d->run.all ? d->run.at - tokens : 0;
  SL_TRY(
      multiply(d, rows, d->run.h, last + 1, false, d->run.logits + before * d->shape.vocabulary));
  if (ends) sl_job_end(&d->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status piece(sl_decoder *d) {
  if (d->run.layer == 0) SL_TRY(begin_group(d));
  SL_TRY(layer(d));
  return ++d->run.layer < d->shape.layers ? SL_OK : end_group(d);
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_decoder *d = (sl_decoder *)job;
  const uint64_t begun = d->run.work;
  do {
    const sl_status status = piece(d);
    if (status != SL_OK) {
      sl_decoder_forget(d, d->run.before);
      return status;
    }
  } while (sl_job_is_running(job) && d->run.work - begun < work);
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  sl_decoder *d = (sl_decoder *)job;
  sl_decoder_forget(d, d->run.before);
  sl_job_begin(job);
  sl_job_end(job, why);
  return SL_OK;
}
static uint64_t work_done(const sl_job *job) { return ((const sl_decoder *)job)->run.work; }
// As if all tokens were like those that are done.
static uint64_t work_expected(const sl_job *job) {
  const sl_decoder *d = (const sl_decoder *)job;
  if (d->run.at == 0) return 0;
  return (uint64_t)((double)d->run.work / d->run.at * d->run.count);
}
static size_t job_bytes(const sl_job *job) { return sl_decoder_bytes((const sl_decoder *)job); }
static void destroy(sl_job *job) { sl_decoder_destroy((sl_decoder *)job); }

sl_job *sl_decoder_job(sl_decoder *d) { return &d->job; }

const sl_job_kind sl_decoder_kind = {"decoder",     step,      stop,   work_done,
                                     work_expected, job_bytes, destroy};
