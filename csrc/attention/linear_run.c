// Linear attention, chunk by chunk, as products of packed operands (gemm/kernel.h).
#include <math.h>
#include <string.h>

#include "attention/linear_parts.h"
#include "gemm/functions.h"
#include "gemm/kernel.h"
#include "simd/kernels.h"

#define NOINLINE __attribute__((noinline))

static inline sl_f32x4 elu(sl_f32x4 x) {
  const sl_f32x4 zero = sl_f32x4_splat(0);
  // NaN stays NaN: x > 0 is false, and the exponential of it is NaN.
  return sl_f32x4_select((sl_i32x4)(x > zero), x + 1.0f, sl_f32x4_exp(x));
}

NOINLINE void sl_linear_elu(const float *x, uint32_t n, float *out) {
  uint32_t j = 0;
  for (; j + 4 <= n; j += 4) sl_f32x4_store(out + j, elu(sl_f32x4_load(x + j)));
  if (j == n) return;
  float rest[4] = {0, 0, 0, 0};
  memcpy(rest, x + j, (n - j) * sizeof *rest);
  sl_f32x4_store(out + j, elu(sl_f32x4_load(rest)));
}

// ---- features -----------------------------------------------------------------------------------

static NOINLINE float largest(const float *x, uint32_t n) {
  float most = -INFINITY;
  for (uint32_t j = 0; j < n; j++) {
    if (x[j] != x[j]) return NAN;
    most = x[j] > most ? x[j] : most;
  }
  return most;
}

static NOINLINE void exponentials(float *x, uint32_t features, uint32_t wide, float shift) {
  for (uint32_t j = 0; j < wide; j += 4)
    sl_f32x4_store(x + j, sl_f32x4_exp(sl_f32x4_load(x + j) - shift));
  for (uint32_t j = features; j < wide; j++) x[j] = 0;
}

// Of FAVOR the logarithms of the features, of ELU the features: rows x wide.
static void features_of(sl_linear_state *s, const float *x, size_t stride, uint32_t rows,
                        float *out) {
  if (s->map == SL_FEATURES_ELU) {
    for (uint32_t i = 0; i < rows; i++) {
      float *row = out + (size_t)i * s->wide;
      sl_linear_elu(x + i * stride, s->size, row);
      for (uint32_t j = s->size; j < s->wide; j++) row[j] = 0;
    }
    return;
  }
  const float scale = (float)(1 / sqrt(sqrt(s->size)));
  const size_t packed = (size_t)(rows + 3) / 4 * 4 * s->size;
  sl_pack_left_f32(x, stride, 1, rows, s->size, s->left);
  for (size_t i = 0; i < packed; i += 4)
    sl_f32x4_store(s->left + i, sl_f32x4_load(s->left + i) * scale);
  for (uint32_t j = 0; j < s->wide; j += SL_PANEL_F32)
    sl_panel_f32(rows, s->size, s->left, s->panels + (size_t)j * s->size, SL_PANEL_F32, out + j,
                 s->wide, false);
  for (uint32_t i = 0; i < rows; i++) {
    const float *row = x + i * stride;
    const float half = (float)(sl_dot_f32(row, row, s->size) * (double)scale * (double)scale / 2);
    for (uint32_t j = 0; j < s->features; j++) out[(size_t)i * s->wide + j] -= half;
  }
}

// Keys of a chunk. Where one is larger than all before, what was summed is scaled down to it.
static void read_keys(sl_linear_state *s, const float *keys, size_t stride, uint32_t rows,
                      float *sums) {
  features_of(s, keys, stride, rows, s->key_features);
  if (s->map == SL_FEATURES_ELU) return;
  float *most = s->most + (size_t)s->item * s->kv_heads + s->head;
  const float before = *most;
  for (uint32_t i = 0; i < rows; i++) {
    const float here = largest(s->key_features + (size_t)i * s->wide, s->features);
    if (here > *most || here != here) *most = here;
  }
  // Nothing but -inf so far: any finite shift leaves these features at 0.
  const float shift = *most == -INFINITY ? 0 : *most;
  if (*most != before && before != -INFINITY) {
    const sl_f32x4 down = sl_f32x4_exp(sl_f32x4_splat(before - *most));
    sl_scale_f32(down[0], sums, (size_t)s->wide * s->padded);
  }
  for (uint32_t i = 0; i < rows; i++)
    exponentials(s->key_features + (size_t)i * s->wide, s->features, s->wide, shift);
}

// Features that are very large or small, by a power of two: their products with sums of keys stay in
// the range of float32. The largest is `most`.
static void bring_near_one(float *row, uint32_t count, float most) {
  if (!(most > 0 && most < INFINITY) || (most > 0x1p-8f && most < 0x1p8f)) return;
  const int power = -ilogbf(most);
  sl_scale_f32(ldexpf(1, power < 120 ? power : 120), row, count);
}

// Queries of a chunk, packed as a left operand. A factor that is common to all features of one leaves
// its answer as it is.
static void read_queries(sl_linear_state *s, const float *queries, size_t stride, uint32_t rows) {
  features_of(s, queries, stride, rows, s->query_features);
  for (uint32_t i = 0; i < rows; i++) {
    float *row = s->query_features + (size_t)i * s->wide;
    const float most = largest(row, s->features);
    if (s->map == SL_FEATURES_FAVOR)
      exponentials(row, s->features, s->wide, most == -INFINITY ? 0 : most);
    else
      bring_near_one(row, s->wide, most);
  }
  sl_pack_left_f32(s->query_features, s->wide, 1, rows, s->wide, s->left);
}

// ---- a chunk ------------------------------------------------------------------------------------

static float *sums_of(const sl_linear_state *s) {
  return s->sums + ((size_t)s->item * s->kv_heads + s->head) * s->wide * s->padded;
}

// Values and a column of ones, which sums what the values are divided by.
static void read_values(sl_linear_state *s, const float *values, size_t stride, uint32_t rows) {
  for (uint32_t i = 0; i < rows; i++) {
    float *row = s->values + (size_t)i * s->padded;
    memcpy(row, values + i * stride, s->size * sizeof *row);
    memset(row + s->size, 0, (s->padded - s->size) * sizeof *row);
    row[s->size] = 1;
  }
}

// answers = left times right (depth x padded).
static void multiply(sl_linear_state *s, uint32_t rows, uint32_t depth, const float *left,
                     const float *right, float *to, bool add) {
  for (uint32_t j = 0; j < s->padded; j += SL_PANEL_F32)
    sl_panel_f32(rows, depth, left, right + j, s->padded, to + j, s->padded, add);
  s->work += (uint64_t)rows * depth * s->padded;
}

static void answer(const sl_linear_state *s, uint32_t rows, float *out, size_t stride) {
  for (uint32_t i = 0; i < rows; i++) {
    const float *row = s->answers + (size_t)i * s->padded;
    const float sum = row[s->size], by = sum < INFINITY ? 1 / sum : NAN;
    for (uint32_t j = 0; j < s->size; j++) out[i * stride + j] = sum == 0 ? 0 : row[j] * by;
  }
}

// What causal queries have from the keys of their own chunk, up to their own. Queries are packed in
// `left`, which then holds the scores.
static void own_chunk(sl_linear_state *s, uint32_t rows) {
  const uint32_t wide = (rows + 7) / 8 * 8;
  for (uint32_t j = 0; j < wide; j += SL_PANEL_F32)
    sl_panel_f32(rows, s->wide, s->left, s->key_panels + (size_t)j * s->wide, SL_PANEL_F32,
                 s->scores + j, wide, false);
  s->work += (uint64_t)rows * wide * s->wide;
  for (uint32_t i = 0; i < rows; i++)
    for (uint32_t j = i + 1; j < rows; j++) s->scores[(size_t)i * wide + j] = 0;
  sl_pack_left_f32(s->scores, wide, 1, rows, rows, s->left);
  multiply(s, rows, rows, s->left, s->values, s->answers, true);
}

// One chunk of one item and head of keys: keys (none of a chunk of queries alone) and queries.
static void chunk(sl_linear_state *s, uint32_t rows) {
  const sl_linear_options *o = &s->o;
  float *sums = sums_of(s);
  const bool keys = !s->asking;
  // Causal queries stand at the last keys: some of the chunk's first ones may have none.
  const uint32_t ahead = o->causal != 0 ? o->key_tokens - o->tokens : 0;
  const bool queries = o->causal != 0 ? s->at >= ahead : s->asking;
  const size_t key_stride = (size_t)s->kv_heads * s->size;
  if (keys) {
    const size_t from =
        ((size_t)s->item * o->key_tokens + s->at) * key_stride + (size_t)s->head * s->size;
    read_keys(s, o->keys + from, key_stride, rows, sums);
    read_values(s, o->values + from, key_stride, rows);
    if (queries)
      for (uint32_t j = 0; j < rows; j += SL_PANEL_F32)
        sl_pack_panel_f32(s->key_features + (size_t)j * s->wide, 1, s->wide, s->wide,
                          rows - j < SL_PANEL_F32 ? rows - j : SL_PANEL_F32,
                          s->key_panels + (size_t)j * s->wide);
  }
  if (queries) {
    const uint32_t group = o->heads / s->kv_heads;
    const size_t stride = (size_t)o->heads * s->size;
    for (uint32_t g = 0; g < group; g++) {
      const size_t place = ((size_t)s->item * o->tokens + s->at - ahead) * stride +
                           ((size_t)s->head * group + g) * s->size;
      read_queries(s, o->queries + place, stride, rows);
      multiply(s, rows, s->wide, s->left, sums, s->answers, false);
      if (keys) own_chunk(s, rows);
      answer(s, rows, o->out + place, stride);
    }
  }
  if (!keys) return;
  sl_pack_left_f32(s->key_features, 1, s->wide, s->wide, rows, s->left);
  multiply(s, s->wide, rows, s->left, s->values, sums, true);
}

// ---- the job ------------------------------------------------------------------------------------

// Tokens of the chunk at `at`: never some with and some without queries.
static uint32_t rows_of(const sl_linear_state *s) {
  const sl_linear_options *o = &s->o;
  uint32_t end = s->asking ? o->tokens : o->key_tokens;
  const uint32_t ahead = o->key_tokens - o->tokens;
  if (o->causal != 0 && s->at < ahead) end = ahead;
  return end - s->at < o->chunk ? end - s->at : o->chunk;
}

// One chunk of one item and head; true after the last head, when the chunk's tokens are counted.
static bool advance(sl_linear_state *s) {
  const uint32_t rows = rows_of(s);
  chunk(s, rows);
  if (++s->head < s->kv_heads) return false;
  s->head = 0;
  if (++s->item < s->batch) return false;
  s->item = 0;
  s->at += rows;
  if (!s->asking) s->length += rows;
  if (s->at < (s->asking ? s->o.tokens : s->o.key_tokens)) return true;
  if (s->asking || s->o.causal != 0 || s->o.tokens == 0) sl_job_end(&s->job, SL_OUTCOME_CONVERGED);
  s->asking = true;
  s->at = 0;
  return true;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_linear_state *s = (sl_linear_state *)job;
  const uint64_t begun = s->work;
  do (void)advance(s);
  while (sl_job_is_running(job) && s->work - begun < work);
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  sl_linear_state *s = (sl_linear_state *)job;
  if (s->head > 0 || s->item > 0)
    while (!advance(s)) {
    }
  if (sl_job_is_running(job)) sl_job_end(job, why);
  return SL_OK;
}
static uint64_t work_done(const sl_job *job) { return ((const sl_linear_state *)job)->work; }
static uint64_t work_expected(const sl_job *job) {
  return ((const sl_linear_state *)job)->expected;
}
static size_t job_bytes(const sl_job *job) {
  return sl_linear_state_bytes((const sl_linear_state *)job);
}
static void destroy(sl_job *job) { sl_linear_state_destroy((sl_linear_state *)job); }

const sl_job_kind sl_linear_state_kind = {"state",       step,      stop,   work_done,
                                          work_expected, job_bytes, destroy};
