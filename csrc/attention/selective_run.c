#include "attention/selective.h"

#include <stdbool.h>
#include <string.h>

#include "attention/selective_parts.h"
#include "base/memory.h"
#include "gemm/functions.h"

#define NOINLINE __attribute__((noinline))

void sl_selective_destroy(sl_selective *s) {
  if (s == NULL) return;
  sl_free(s->memory);
  sl_free(s);
}

static size_t numbers_of(const sl_selective *s) { return (size_t)s->batch * s->channels * s->wide; }
static size_t room_of(const sl_selective *s) {
  return numbers_of(s) + (size_t)s->channels * s->wide + (size_t)s->lanes * 4 + 2 * s->wide;
}

// A scan of this shape, its arrays not filled.
static sl_status make(const sl_selective *shape, sl_selective **out) {
  sl_selective *s;
  *out = NULL;
  SL_TRY(SL_ALLOC(&s, 1));
  *s = *shape;
  s->job = (sl_job){.kind = &sl_selective_kind};
  s->memory = NULL;
  const sl_status status = SL_ALLOC_ZERO(&s->memory, room_of(s));
  if (status != SL_OK) {
    sl_free(s);
    return status;
  }
  float *at = s->memory;
  s->state = at, at += numbers_of(s);
  s->a = at, at += (size_t)s->channels * s->wide;
  s->d = at, at += s->lanes;
  s->delta_bias = at, at += s->lanes;
  s->delta = at, at += s->lanes;
  s->row = at, at += s->lanes;
  s->b = at, at += s->wide;
  s->c = at;
  *out = s;
  return SL_OK;
}

sl_status sl_selective_create(const sl_selective_shape *shape, sl_selective **out) {
  *out = NULL;
  SL_REQUIRE(shape->batch >= 1, SL_ERR_OPTION, "batch", "at least 1");
  SL_REQUIRE(shape->channels >= 1, SL_ERR_OPTION, "channels", "at least 1");
  SL_REQUIRE(shape->states >= 1 && shape->states <= 1024, SL_ERR_OPTION, "states", "1 .. 1024");
  SL_REQUIRE(shape->groups >= 1 && shape->channels % shape->groups == 0, SL_ERR_OPTION, "groups",
             "a divisor of the channels");
  const double channels = shape->channels;
  SL_REQUIRE((double)shape->a_count == channels * shape->states, SL_ERR_SHAPE, "a",
             "channels * states elements");
  SL_REQUIRE(shape->d == NULL || shape->d_count == shape->channels, SL_ERR_SHAPE, "d",
             "one number a channel");
  SL_REQUIRE(shape->delta_bias == NULL || shape->delta_bias_count == shape->channels, SL_ERR_SHAPE,
             "delta_bias", "one number a channel");
  sl_selective like = {.batch = shape->batch, .channels = shape->channels, .states = shape->states};
  like.groups = shape->groups;
  like.softplus = shape->softplus != 0;
  like.wide = (shape->states + 3) / 4 * 4;
  SL_REQUIRE((shape->batch + 5.0) * (channels + 4) * like.wide < (double)(SIZE_MAX / 8),
             SL_ERR_OVERFLOW, "channels", "fewer channels or items");
  like.lanes = (shape->channels + 3) / 4 * 4;
  sl_selective *s;
  SL_TRY(make(&like, &s));
  for (uint32_t c = 0; c < s->channels; c++)
    memcpy(s->a + (size_t)c * s->wide, shape->a + (size_t)c * s->states, s->states * sizeof *s->a);
  const size_t row = s->channels * sizeof(float);
  if (shape->d != NULL) memcpy(s->d, shape->d, row);
  if (shape->delta_bias != NULL) memcpy(s->delta_bias, shape->delta_bias, row);
  *out = s;
  return SL_OK;
}

sl_status sl_selective_fork(sl_selective *s, sl_selective **out) {
  sl_job_drop(&s->job);
  SL_TRY(make(s, out));
  memcpy((*out)->memory, s->memory, room_of(s) * sizeof *s->memory);
  return SL_OK;
}

void sl_selective_reset(sl_selective *s) {
  sl_job_drop(&s->job);
  s->length = 0;
  memset(s->state, 0, numbers_of(s) * sizeof *s->state);
}

void sl_selective_read(const sl_selective *s, float *out) {
  for (size_t i = 0; i < (size_t)s->batch * s->channels; i++)
    memcpy(out + i * s->states, s->state + i * s->wide, s->states * sizeof *out);
}

sl_status sl_selective_write(sl_selective *s, const float *in, size_t count) {
  const size_t rows = (size_t)s->batch * s->channels;
  SL_REQUIRE(count == rows * s->states, SL_ERR_SHAPE, "state",
             "batch * channels * states elements");
  sl_job_drop(&s->job);
  for (size_t i = 0; i < rows; i++)
    memcpy(s->state + i * s->wide, in + i * s->states, s->states * sizeof *in);
  return SL_OK;
}

sl_status sl_selective_begin(sl_selective *s, const sl_selective_options *options) {
  sl_job_drop(&s->job);
  const double each = (double)s->batch * options->tokens;
  SL_REQUIRE((double)options->count == each * s->channels, SL_ERR_SHAPE, "x",
             "batch * tokens * channels elements");
  SL_REQUIRE((double)options->state_count == each * s->groups * s->states, SL_ERR_SHAPE, "b",
             "batch * tokens * groups * states elements");
  SL_REQUIRE(options->tokens <= UINT32_MAX - s->length, SL_ERR_OVERFLOW, "x",
             "fewer than 2^32 tokens");
  s->o = *options;
  s->at = 0;
  s->work = 0;
  sl_job_begin(&s->job);
  if (options->tokens == 0) sl_job_end(&s->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

// ---- a token ------------------------------------------------------------------------------------

// log(1 + exp(x)) = max(x, 0) + log1p(t), t = exp(-|x|), and log1p(t) = 2 artanh(t / (2 + t)), whose
// series ends below 4e-9: the argument is at most 1/3. NaN stays NaN.
static inline sl_f32x4 softplus(sl_f32x4 x) {
  const sl_f32x4 zero = sl_f32x4_splat(0);
  const sl_f32x4 t = sl_f32x4_exp(sl_f32x4_min(x, -x));
  const sl_f32x4 f = t / (t + 2.0f), s = f * f;
  sl_f32x4 sum = s * (1.0f / 15) + 1.0f / 13;
  sum = sum * s + 1.0f / 11;
  sum = sum * s + 1.0f / 9;
  sum = sum * s + 1.0f / 7;
  sum = sum * s + 1.0f / 5;
  sum = sum * s + 1.0f / 3;
  sum = sum * s + 1.0f;
  return sl_f32x4_max(x, zero) + 2.0f * f * sum;
}

// The paces of a token's channels. Beyond the last one lie zeros of delta_bias and of the row.
static NOINLINE void paces(sl_selective *s, const float *delta) {
  memcpy(s->row, delta, s->channels * sizeof *delta);
  for (uint32_t c = 0; c < s->lanes; c += 4) {
    sl_f32x4 d = sl_f32x4_load(s->row + c) + sl_f32x4_load(s->delta_bias + c);
    sl_f32x4_store(s->delta + c, s->softplus ? softplus(d) : d);
  }
}

// out = y of the channels `first` .. `end`, which share B and C; h is changed.
static NOINLINE void recur(const sl_selective *s, const float *x, float *h, uint32_t first,
                           uint32_t end, float *out) {
  const uint32_t wide = s->wide;
  for (uint32_t channel = first; channel < end; channel++) {
    const float *a = s->a + (size_t)channel * wide;
    float *own = h + (size_t)channel * wide;
    const sl_f32x4 pace = sl_f32x4_splat(s->delta[channel]);
    const sl_f32x4 in = pace * x[channel];
    sl_f32x4 sum = sl_f32x4_splat(0);
    for (uint32_t n = 0; n < wide; n += 4) {
      const sl_f32x4 kept = sl_f32x4_exp(pace * sl_f32x4_load(a + n)) * sl_f32x4_load(own + n);
      const sl_f32x4 now = kept + in * sl_f32x4_load(s->b + n);
      sl_f32x4_store(own + n, now);
      sum += now * sl_f32x4_load(s->c + n);
    }
    out[channel] = (sum[0] + sum[1]) + (sum[2] + sum[3]) + s->d[channel] * x[channel];
  }
}

static NOINLINE void gate(float *y, const float *z, uint32_t n) {
  uint32_t j = 0;
  for (; j + 4 <= n; j += 4) {
    const sl_f32x4 by = sl_f32x4_load(z + j);
    sl_f32x4_store(y + j, sl_f32x4_load(y + j) * (by * sl_f32x4_sigmoid(by)));
  }
  for (; j < n; j++) {
    const sl_f32x4 by = sl_f32x4_splat(z[j]);
    y[j] *= (by * sl_f32x4_sigmoid(by))[0];
  }
}

static void token(sl_selective *s, uint32_t item) {
  const sl_selective_options *o = &s->o;
  const size_t at = (size_t)item * o->tokens + s->at, place = at * s->channels;
  const uint32_t each = s->channels / s->groups;
  float *h = s->state + (size_t)item * s->channels * s->wide;
  paces(s, o->delta + place);
  for (uint32_t g = 0; g < s->groups; g++) {
    const size_t from = (at * s->groups + g) * s->states;
    memcpy(s->b, o->b + from, s->states * sizeof *s->b);
    memcpy(s->c, o->c + from, s->states * sizeof *s->c);
    recur(s, o->x + place, h, g * each, (g + 1) * each, s->row);
  }
  if (o->z != NULL) gate(s->row, o->z + place, s->channels);
  memcpy(o->out + place, s->row, s->channels * sizeof *s->row);
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_selective *s = (sl_selective *)job;
  const uint64_t begun = s->work;
  do {
    for (uint32_t item = 0; item < s->batch; item++) token(s, item);
    s->work += (uint64_t)s->batch * s->channels * s->wide;
    s->length++;
    if (++s->at == s->o.tokens) sl_job_end(job, SL_OUTCOME_CONVERGED);
  } while (sl_job_is_running(job) && s->work - begun < work);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_selective *)job)->work; }
static uint64_t work_expected(const sl_job *job) {
  const sl_selective *s = (const sl_selective *)job;
  return (uint64_t)s->o.tokens * s->batch * s->channels * s->wide;
}
static size_t job_bytes(const sl_job *job) { return sl_selective_bytes((const sl_selective *)job); }
static void destroy(sl_job *job) { sl_selective_destroy((sl_selective *)job); }

sl_job *sl_selective_job(sl_selective *s) { return &s->job; }
uint32_t sl_selective_length(const sl_selective *s) { return s->length; }
size_t sl_selective_bytes(const sl_selective *s) {
  return sizeof *s + room_of(s) * sizeof *s->memory;
}

const sl_job_kind sl_selective_kind = {"scan",        step,      sl_job_stop_here, work_done,
                                       work_expected, job_bytes, destroy};
