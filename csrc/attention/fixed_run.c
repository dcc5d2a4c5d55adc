#include <stdbool.h>
#include <string.h>

#include "attention/fixed.h"
#include "base/memory.h"
#include "gemm/kernel.h"

#define NOINLINE __attribute__((noinline))

enum { STREAM = 1 << 22 }; // most of an element of x

typedef struct part {
  int8_t *panels; // of a right operand, outputs up to whole panels
  int32_t *bias;
  uint32_t inputs, outputs, multiplier, shift;
} part;

struct sl_fixed_block {
  sl_job job; // the first member
  uint32_t width, heads, inner, causal, multiplier, shift;
  part parts[SL_FIXED_PARTS];

  int32_t *x;
  uint32_t tokens, at;
  bool attending; // q, k and v of all tokens are there
  uint64_t work;
  int8_t *queries, *keys, *values; // tokens x width each
  // Of one token: what is multiplied, as int8 and packed; sums of outputs; weights of all tokens.
  int8_t *row;
  int16_t *left;
  int32_t *sums, *weights;
  int64_t *exponentials;
  void *memory;
  size_t room;
};

// ---- integers -----------------------------------------------------------------------------------

static inline int64_t rounded(int64_t a, uint32_t shift) {
  return shift == 0 ? a : (a + ((int64_t)1 << (shift - 1))) >> shift;
}
static inline int64_t within(int64_t a, int64_t most) {
  return a > most ? most : a < -most ? -most : a;
}
static inline int64_t floor_of(int64_t a, int64_t b) { // b > 0
  const int64_t q = a / b;
  return a % b < 0 ? q - 1 : q;
}
static uint64_t root(uint64_t a) {
  uint64_t found = 0;
  for (int bit = 31; bit >= 0; bit--) {
    const uint64_t next = found | (uint64_t)1 << bit;
    if (next * next <= a) found = next;
  }
  return found;
}
// 2^30 2^(-t / 65536), t >= 0.
static int64_t power(int64_t t) {
  static const int64_t of[4] = {-744184760, 257194052, -57282716, 7404667};
  const int64_t whole = t >> 16, f = t & 65535;
  if (whole > 30) return 0;
  int64_t p = of[3];
  for (int i = 2; i >= 0; i--) p = of[i] + ((f * p) >> 16);
  return (((int64_t)1 << 30) + ((f * p) >> 16)) >> whole;
}

// ---- making -------------------------------------------------------------------------------------

void sl_fixed_block_destroy(sl_fixed_block *b) {
  if (b == NULL) return;
  for (int i = 0; i < SL_FIXED_PARTS; i++) {
    sl_free(b->parts[i].panels);
    sl_free(b->parts[i].bias);
  }
  sl_free(b->memory);
  sl_free(b);
}

static size_t panel_bytes(const part *p) {
  return (size_t)((p->outputs + 7) / 8) * ((p->inputs + 1) / 2) * 16;
}

sl_status sl_fixed_block_create(uint32_t width, uint32_t heads, uint32_t inner, uint32_t causal,
                                uint32_t multiplier, uint32_t shift, sl_fixed_block **out) {
  *out = NULL;
  SL_REQUIRE(width >= 1 && width <= 8192, SL_ERR_OPTION, "width", "1 .. 8192");
  SL_REQUIRE(heads >= 1 && width % heads == 0, SL_ERR_OPTION, "heads", "a divisor of the width");
  SL_REQUIRE(inner >= 1 && inner <= 1u << 16, SL_ERR_OPTION, "inner", "1 .. 65536");
  SL_REQUIRE(multiplier <= INT32_MAX, SL_ERR_OPTION, "multiplier", "0 .. 2^31 - 1");
  SL_REQUIRE(shift <= 62, SL_ERR_OPTION, "shift", "0 .. 62");
  sl_fixed_block *b;
  SL_TRY(SL_ALLOC_ZERO(&b, 1));
  b->job.kind = &sl_fixed_block_kind;
  b->width = width;
  b->heads = heads;
  b->inner = inner;
  b->causal = causal != 0;
  b->multiplier = multiplier;
  b->shift = shift;
  sl_status status = SL_OK;
  for (int i = 0; i < SL_FIXED_PARTS && status == SL_OK; i++) {
    part *p = &b->parts[i];
    p->inputs = i == SL_FIXED_DOWN ? inner : width;
    p->outputs = i == SL_FIXED_UP ? inner : width;
    status = SL_ALLOC_ZERO(&p->panels, panel_bytes(p));
    if (status == SL_OK) status = SL_ALLOC_ZERO(&p->bias, p->outputs);
  }
  if (status != SL_OK)
    sl_fixed_block_destroy(b);
  else
    *out = b;
  return status;
}

sl_status sl_fixed_block_set(sl_fixed_block *b, uint32_t which, const int8_t *values, size_t count,
                             const int32_t *bias, size_t bias_count, uint32_t multiplier,
                             uint32_t shift) {
  SL_REQUIRE(which < SL_FIXED_PARTS, SL_ERR_OPTION, "part", "one of the block's");
  part *p = &b->parts[which];
  SL_REQUIRE(multiplier <= INT32_MAX, SL_ERR_OPTION, "multiplier", "0 .. 2^31 - 1");
  SL_REQUIRE(shift <= 62, SL_ERR_OPTION, "shift", "0 .. 62");
  SL_REQUIRE(count == (size_t)p->inputs * p->outputs, SL_ERR_SHAPE, "values",
             "outputs * inputs elements");
  SL_REQUIRE(bias == NULL || bias_count == p->outputs, SL_ERR_SHAPE, "bias", "one an output");
  for (size_t i = 0; i < count; i++)
    SL_REQUIRE_AT(values[i] != INT8_MIN, SL_ERR_RANGE, "values", "-127 .. 127", i);
  if (bias != NULL)
    for (uint32_t i = 0; i < p->outputs; i++)
      SL_REQUIRE_AT(bias[i] <= 1 << 28 && bias[i] >= -(1 << 28), SL_ERR_RANGE, "bias",
                    "-2^28 .. 2^28", i);
  sl_job_drop(&b->job);
  p->multiplier = multiplier;
  p->shift = shift;
  const size_t each = (size_t)((p->inputs + 1) / 2) * 16;
  for (uint32_t j = 0; j < p->outputs; j += 8)
    sl_pack_panel_i8(values + (size_t)j * p->inputs, 1, p->inputs, p->inputs,
                     p->outputs - j < 8 ? p->outputs - j : 8, p->panels + j / 8 * each);
  if (bias == NULL)
    memset(p->bias, 0, p->outputs * sizeof *p->bias);
  else
    memcpy(p->bias, bias, p->outputs * sizeof *p->bias);
  return SL_OK;
}

size_t sl_fixed_block_bytes(const sl_fixed_block *b) {
  size_t bytes = sizeof *b + b->room;
  for (int i = 0; i < SL_FIXED_PARTS; i++)
    bytes += panel_bytes(&b->parts[i]) + b->parts[i].outputs * sizeof(int32_t);
  return bytes;
}

sl_status sl_fixed_block_begin(sl_fixed_block *b, int32_t *x, size_t count, uint32_t tokens) {
  sl_job_drop(&b->job);
  SL_REQUIRE(tokens <= 1u << 16, SL_ERR_OVERFLOW, "x", "at most 65536 tokens");
  SL_REQUIRE(count == (size_t)tokens * b->width, SL_ERR_SHAPE, "x", "tokens * width elements");
  for (size_t i = 0; i < count; i++)
    SL_REQUIRE_AT(x[i] <= STREAM && x[i] >= -STREAM, SL_ERR_RANGE, "x", "-2^22 .. 2^22", i);
  const size_t deep = ((b->width > b->inner ? b->width : b->inner) + 7) / 8 * 8;
  const size_t row = tokens * (sizeof(int64_t) + sizeof(int32_t));
  const size_t room = row + deep * (4 * sizeof(int16_t) + sizeof(int32_t) + 1) + 3 * count;
  if (b->room < room) {
    sl_free(b->memory);
    b->memory = NULL;
    b->room = 0;
    SL_TRY(sl_alloc(room, 1, &b->memory));
    b->room = room;
  }
  b->exponentials = b->memory;
  b->weights = (int32_t *)(b->exponentials + tokens);
  b->sums = b->weights + tokens;
  b->left = (int16_t *)(b->sums + deep);
  b->row = (int8_t *)(b->left + 4 * deep);
  b->queries = b->row + deep;
  b->keys = b->queries + count;
  b->values = b->keys + count;
  b->x = x;
  b->tokens = tokens;
  b->at = 0;
  b->attending = false;
  b->work = 0;
  sl_job_begin(&b->job);
  if (tokens == 0) sl_job_end(&b->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

// ---- a token ------------------------------------------------------------------------------------

// sums = W from + b, of int8 numbers.
static void multiply(sl_fixed_block *b, const part *p, const int8_t *from) {
  const uint32_t pairs = (p->inputs + 1) / 2;
  sl_pack_left_i8(from, 0, 1, 1, p->inputs, b->left);
  for (uint32_t j = 0; j < p->outputs; j += 8)
    sl_panel_i8(1, pairs, b->left, p->panels + (size_t)(j / 8) * pairs * 16, b->sums + j, 8, false);
  for (uint32_t j = 0; j < p->outputs; j++) b->sums[j] += p->bias[j];
  b->work += (uint64_t)p->inputs * p->outputs;
}

static inline int64_t scaled(const part *p, int32_t sum) {
  return rounded((int64_t)sum * p->multiplier, p->shift);
}

static void to_bytes(const sl_fixed_block *b, const part *p, int8_t least, int8_t *out) {
  for (uint32_t j = 0; j < p->outputs; j++) {
    const int8_t y = (int8_t)within(scaled(p, b->sums[j]), 127);
    out[j] = y < least ? least : y;
  }
}

static void to_stream(const sl_fixed_block *b, const part *p, int32_t *x) {
  for (uint32_t j = 0; j < p->outputs; j++)
    x[j] = (int32_t)within(x[j] + within(scaled(p, b->sums[j]), STREAM), STREAM);
}

static NOINLINE void normalize(const int32_t *x, uint32_t n, int8_t *out) {
  int64_t sum = n / 2;
  for (uint32_t j = 0; j < n; j++) sum += x[j];
  const int64_t mean = floor_of(sum, n);
  uint64_t squares = 0;
  for (uint32_t j = 0; j < n; j++) {
    const int64_t d = x[j] - mean;
    squares += (uint64_t)(d * d);
  }
  const uint64_t found = root((squares / n) << 16);
  const int64_t s = found > 0 ? (int64_t)found : 1;
  for (uint32_t j = 0; j < n; j++)
    out[j] = (int8_t)within(floor_of((x[j] - mean) * (1 << 14) + s, 2 * s), 127);
}

static NOINLINE int32_t dot(const int8_t *a, const int8_t *b, uint32_t n) {
  int32_t sum = 0;
  for (uint32_t j = 0; j < n; j++) sum += a[j] * b[j];
  return sum;
}

// What one head of a token attends to: into the head's part of the row.
static void attend(sl_fixed_block *b, uint32_t head) {
  const uint32_t n = b->width / b->heads, end = b->causal != 0 ? b->at + 1 : b->tokens;
  const size_t from = (size_t)head * n;
  const int8_t *query = b->queries + (size_t)b->at * b->width + from;
  int32_t most = INT32_MIN;
  for (uint32_t t = 0; t < end; t++) {
    const int64_t score = dot(query, b->keys + (size_t)t * b->width + from, n);
    b->weights[t] = (int32_t)within(rounded(score * b->multiplier, b->shift), 1 << 30);
    if (b->weights[t] > most) most = b->weights[t];
  }
  int64_t sum = 0;
  for (uint32_t t = 0; t < end; t++) {
    b->exponentials[t] = power((((int64_t)most - b->weights[t]) * 94548) >> 16);
    sum += b->exponentials[t];
  }
  memset(b->sums, 0, n * sizeof *b->sums);
  for (uint32_t t = 0; t < end; t++) {
    const int32_t p = (int32_t)((b->exponentials[t] * (1 << 16) + sum) / (2 * sum));
    const int8_t *value = b->values + (size_t)t * b->width + from;
    if (p > 0)
      for (uint32_t j = 0; j < n; j++) b->sums[j] += p * value[j];
  }
  for (uint32_t j = 0; j < n; j++) b->row[from + j] = (int8_t)within(rounded(b->sums[j], 15), 127);
  b->work += 2 * (uint64_t)end * n;
}

static void token(sl_fixed_block *b) {
  const size_t place = (size_t)b->at * b->width;
  int32_t *x = b->x + place;
  if (!b->attending) {
    int8_t *const to[3] = {b->queries, b->keys, b->values};
    normalize(x, b->width, b->row);
    for (int i = 0; i < 3; i++) {
      multiply(b, &b->parts[i], b->row);
      to_bytes(b, &b->parts[i], -127, to[i] + place);
    }
    return;
  }
  for (uint32_t head = 0; head < b->heads; head++) attend(b, head);
  multiply(b, &b->parts[SL_FIXED_OUTPUT], b->row);
  to_stream(b, &b->parts[SL_FIXED_OUTPUT], x);
  normalize(x, b->width, b->row);
  multiply(b, &b->parts[SL_FIXED_UP], b->row);
  to_bytes(b, &b->parts[SL_FIXED_UP], 0, b->row);
  multiply(b, &b->parts[SL_FIXED_DOWN], b->row);
  to_stream(b, &b->parts[SL_FIXED_DOWN], x);
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_fixed_block *b = (sl_fixed_block *)job;
  const uint64_t begun = b->work;
  do {
    token(b);
    if (++b->at < b->tokens) continue;
    b->at = 0;
    if (b->attending) sl_job_end(job, SL_OUTCOME_CONVERGED);
    b->attending = true;
  } while (sl_job_is_running(job) && b->work - begun < work);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_fixed_block *)job)->work; }
static size_t job_bytes(const sl_job *job) {
  return sl_fixed_block_bytes((const sl_fixed_block *)job);
}
static void destroy(sl_job *job) { sl_fixed_block_destroy((sl_fixed_block *)job); }

sl_job *sl_fixed_block_job(sl_fixed_block *b) { return &b->job; }

const sl_job_kind sl_fixed_block_kind = {"block", step,      sl_job_stop_here, work_done,
                                         NULL,    job_bytes, destroy};
