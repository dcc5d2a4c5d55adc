// Attention in blocks of keys: scores, their running maximum, weights, and sums of values that are
// scaled down whenever the maximum rises.
#include <math.h>
#include <string.h>

#include "attention/cache.h"
#include "base/memory.h"
#include "gemm/functions.h"
#include "gemm/kernel.h"

#define NOINLINE __attribute__((noinline))

// ---- checks -------------------------------------------------------------------------------------

static bool overlap(const void *a, double a_bytes, const void *b, double b_bytes) {
  const double x = (double)(uintptr_t)a, y = (double)(uintptr_t)b;
  return a_bytes > 0 && b_bytes > 0 && x < y + b_bytes && y < x + a_bytes;
}

static sl_status check_arrays(const sl_kv_cache *c, const sl_attention_options *o) {
  const double all = (double)c->batch * o->tokens * o->heads * c->size;
  const double pairs = (double)o->tokens * c->length;
  SL_REQUIRE((double)o->query_count == all, SL_ERR_SHAPE, "queries",
             "batch * tokens * heads * size elements");
  SL_REQUIRE((double)o->out_count == all, SL_ERR_SHAPE, "out", "as many elements as the queries");
  SL_REQUIRE(o->mask == NULL || (double)o->mask_count == pairs ||
                 (double)o->mask_count == c->batch * pairs,
             SL_ERR_SHAPE, "mask", "tokens * keys elements, or as many for each item of the batch");
  SL_REQUIRE(o->bias == NULL || (double)o->bias_count == pairs ||
                 (double)o->bias_count == o->heads * pairs ||
                 (double)o->bias_count == (double)c->batch * o->heads * pairs,
             SL_ERR_SHAPE, "bias",
             "tokens * keys elements, or as many for each head, or for each item and head");
  SL_REQUIRE(!overlap(o->out, 4 * all, o->queries, 4 * all) &&
                 !overlap(o->out, 4 * all, o->mask, (double)o->mask_count) &&
                 !overlap(o->out, 4 * all, o->bias, 4 * (double)o->bias_count),
             SL_ERR_ARGUMENT, "out", "an array of its own");
  return SL_OK;
}

static sl_status check(const sl_kv_cache *c, const sl_attention_options *o) {
  SL_REQUIRE(o->heads >= 1 && o->heads % c->kv_heads == 0, SL_ERR_OPTION, "heads",
             "a multiple of kvHeads");
  // Only where positions matter does each query stand at one.
  SL_REQUIRE(o->tokens <= c->length || (o->causal == 0 && o->window == 0 && c->window == 0),
             SL_ERR_RANGE, "queries", "at most as many as there are keys");
  SL_REQUIRE(o->scale - o->scale == 0, SL_ERR_OPTION, "scale", "a finite number");
  if (c->window > 0) {
    SL_REQUIRE(o->window <= c->window, SL_ERR_RANGE, "window", "at most the window of the cache");
    SL_REQUIRE(o->global == 0, SL_ERR_RANGE, "global", "0: the cache forgets the first keys");
    // The first query's window begins where keys may have been dropped since.
    const uint32_t window = o->window > 0 ? o->window : c->window, at = c->length - o->tokens;
    SL_REQUIRE((at >= window ? at - window + 1 : 0) >= sl_kv_cache_first(c), SL_ERR_STATE,
               "queries", "queries whose keys are held");
  }
  return check_arrays(c, o);
}

// ---- which keys are seen ------------------------------------------------------------------------

// What a query at `position` may see, apart from masks: keys first .. end - 1, and below `global`.
typedef struct sight {
  uint32_t first, end, global;
} sight;

static sight sight_of(const sl_kv_cache *c, uint32_t position) {
  const sl_attention_options *o = &c->run.o;
  sight s = {0, c->length, 0};
  if (o->window > 0 && position >= o->global) {
    if (position >= o->window) s.first = position - o->window + 1;
    if (o->window < c->length - position) s.end = position + o->window;
    s.global = o->global;
  }
  if (o->causal != 0) {
    if (s.end > position + 1) s.end = position + 1;
    if (s.global > position + 1) s.global = position + 1;
  }
  return s;
}

static uint32_t rows_of(const sl_kv_cache *c) {
  const uint32_t rest = c->run.o.tokens - c->run.row;
  return rest < QUERY_ROWS ? rest : QUERY_ROWS;
}
static uint32_t position_of(const sl_kv_cache *c, uint32_t i) {
  return c->length - c->run.o.tokens + c->run.row + i;
}

// The next block, from `block` on, of which one of the rows sees a key.
static uint32_t next_block(const sl_kv_cache *c, uint32_t block) {
  const uint32_t rows = rows_of(c), count = c->first_block + c->block_count;
  for (; block < count; block++) {
    const uint32_t from = block * c->block, to = from + c->block;
    // Ranges of neighbours overlap, so that the first and the last row tell where all of them lie.
    const sight a = sight_of(c, position_of(c, 0)), b = sight_of(c, position_of(c, rows - 1));
    const uint32_t first = a.first < b.first ? a.first : b.first;
    const uint32_t end = a.end > b.end ? a.end : b.end;
    const uint32_t global = a.global > b.global ? a.global : b.global;
    if ((first < to && end > from) || global > from) return block;
    if (from >= end) return count;
  }
  return count;
}

static const uint8_t *mask_row(const sl_kv_cache *c, uint32_t i) {
  const sl_attention_options *o = &c->run.o;
  const size_t pairs = (size_t)o->tokens * c->length;
  return o->mask + (o->mask_count > pairs ? c->run.item * pairs : 0) +
         (size_t)(c->run.row + i) * c->length;
}
static const float *bias_row(const sl_kv_cache *c, uint32_t i) {
  const sl_attention_options *o = &c->run.o;
  const size_t pairs = (size_t)o->tokens * c->length;
  size_t at = 0;
  if (o->bias_count > pairs) at = c->run.head;
  if (o->bias_count > o->heads * pairs) at += (size_t)c->run.item * o->heads;
  return o->bias + at * pairs + (size_t)(c->run.row + i) * c->length;
}

// Adds biases, and makes -inf of what row i does not see. True where it sees all of the block.
static void hide(const sl_kv_cache *c, uint32_t i, float *scores) {
  const sl_attention_options *o = &c->run.o;
  const uint32_t from = c->run.block * c->block;
  const uint32_t there = c->length - from < c->block ? c->length - from : c->block;
  if (o->bias != NULL) {
    const float *bias = bias_row(c, i) + from;
    for (uint32_t j = 0; j < there; j++) scores[j] += bias[j];
  }
  const sight s = sight_of(c, position_of(c, i));
  const bool whole = s.first <= from && s.end >= from + c->block;
  if (!whole)
    for (uint32_t j = 0; j < c->block; j++)
      if ((from + j < s.first || from + j >= s.end) && from + j >= s.global) scores[j] = -INFINITY;
  if (o->mask != NULL) {
    const uint8_t *mask = mask_row(c, i) + from;
    for (uint32_t j = 0; j < there; j++)
      if (mask[j] == 0) scores[j] = -INFINITY;
  }
}

// ---- the loops ----------------------------------------------------------------------------------

static NOINLINE float largest(const float *x, uint32_t n) {
  sl_f32x4 most = sl_f32x4_splat(-INFINITY);
  sl_i32x4 broken = {0, 0, 0, 0};
  for (uint32_t i = 0; i < n; i += 4) {
    const sl_f32x4 v = sl_f32x4_load(x + i);
    broken |= (sl_i32x4)(v != v);
    most = sl_f32x4_max(most, v);
  }
  if ((broken[0] | broken[1] | broken[2] | broken[3]) != 0) return NAN;
  const float a = most[0] < most[1] ? most[1] : most[0], b = most[2] < most[3] ? most[3] : most[2];
  return a < b ? b : a;
}

// exp(scores - shift) of four rows, packed as a tile of the left operand; their sums.
static NOINLINE void weigh(const float *scores, uint32_t n, const float shift[4], float *weights,
                           float sums[4]) {
  sl_f32x4 s0 = sl_f32x4_splat(0), s1 = s0, s2 = s0, s3 = s0;
  const sl_f32x4 m0 = sl_f32x4_splat(shift[0]), m1 = sl_f32x4_splat(shift[1]);
  const sl_f32x4 m2 = sl_f32x4_splat(shift[2]), m3 = sl_f32x4_splat(shift[3]);
  for (uint32_t j = 0; j < n; j += 4, weights += 16) {
    const sl_f32x4 a = sl_f32x4_exp(sl_f32x4_load(scores + j) - m0);
    const sl_f32x4 b = sl_f32x4_exp(sl_f32x4_load(scores + n + j) - m1);
    const sl_f32x4 c = sl_f32x4_exp(sl_f32x4_load(scores + 2 * n + j) - m2);
    const sl_f32x4 d = sl_f32x4_exp(sl_f32x4_load(scores + 3 * n + j) - m3);
    s0 += a, s1 += b, s2 += c, s3 += d;
    const sl_f32x4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    const sl_f32x4 cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    const sl_f32x4 ef = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const sl_f32x4 gh = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    sl_f32x4_store(weights, __builtin_shufflevector(ab, cd, 0, 1, 4, 5));
    sl_f32x4_store(weights + 4, __builtin_shufflevector(ab, cd, 2, 3, 6, 7));
    sl_f32x4_store(weights + 8, __builtin_shufflevector(ef, gh, 0, 1, 4, 5));
    sl_f32x4_store(weights + 12, __builtin_shufflevector(ef, gh, 2, 3, 6, 7));
  }
  const sl_f32x4 all[4] = {s0, s1, s2, s3};
  for (int i = 0; i < 4; i++) sums[i] = (all[i][0] + all[i][1]) + (all[i][2] + all[i][3]);
}

static void scale_row(float *x, uint32_t n, float factor) {
  const sl_f32x4 f = sl_f32x4_splat(factor);
  for (uint32_t i = 0; i < n; i += 4) sl_f32x4_store(x + i, sl_f32x4_load(x + i) * f);
}

// The maximum of row i with this block; what was summed up so far is scaled to it.
static float raise(sl_kv_cache *c, uint32_t i, const float *scores) {
  sl_attention_run *run = &c->run;
  const float before = run->most[i], here = largest(scores, c->block);
  const float most = here > before || here != here ? here : before;
  // Nothing seen so far: any finite shift leaves the weights of -inf at zero.
  if (most == -INFINITY) return 0;
  if (most != before && before != -INFINITY) {
    const sl_f32x4 down = sl_f32x4_exp(sl_f32x4_splat(before - most));
    run->total[i] *= (double)down[0];
    scale_row(run->sums + (size_t)i * c->padded, c->padded, down[0]);
  }
  run->most[i] = most;
  return most;
}

static void attend_block(sl_kv_cache *c) {
  sl_attention_run *run = &c->run;
  const sl_attention_options *o = &run->o;
  const uint32_t rows = rows_of(c), n = c->block;
  const float *keys = head_of(c, run->block, run->item, run->head / (o->heads / c->kv_heads));
  const float *values = keys + (size_t)n * c->size;
  for (uint32_t j = 0; j < n; j += 8)
    sl_panel_f32(rows, c->size, run->queries, keys + (size_t)j * c->size, 8, run->scores + j, n,
                 false);
  for (uint32_t first = 0; first < rows; first += 4) {
    float shift[4] = {0, 0, 0, 0}, sums[4];
    float *scores = run->scores + (size_t)first * n;
    for (uint32_t i = 0; i < 4; i++) {
      if (first + i >= rows) { // of a tile that is not full: numbers, and not what lay there
        memset(scores + (size_t)i * n, 0, n * sizeof *scores);
        continue;
      }
      hide(c, first + i, scores + (size_t)i * n);
      shift[i] = raise(c, first + i, scores + (size_t)i * n);
    }
    weigh(scores, n, shift, run->weights + (size_t)first * n, sums);
    for (uint32_t i = 0; i < 4 && first + i < rows; i++) run->total[first + i] += (double)sums[i];
  }
  for (uint32_t j = 0; j < c->padded; j += 8)
    sl_panel_f32(rows, n, run->weights, values + (size_t)j * n, 8, run->sums + j, c->padded, true);
  run->work += (uint64_t)rows * n * (c->size + c->padded);
}

// ---- the job ------------------------------------------------------------------------------------

static size_t out_place(const sl_kv_cache *c, uint32_t i) {
  const sl_attention_run *run = &c->run;
  return (((size_t)run->item * run->o.tokens + run->row + i) * run->o.heads + run->head) * c->size;
}

static void begin_rows(sl_kv_cache *c) {
  sl_attention_run *run = &c->run;
  const uint32_t rows = rows_of(c);
  const float scale = (float)run->o.scale;
  sl_pack_left_f32(run->o.queries + out_place(c, 0), (size_t)run->o.heads * c->size, 1, rows,
                   c->size, run->queries);
  const size_t packed = (size_t)(rows + 3) / 4 * 4 * c->size;
  for (size_t i = 0; i < packed; i += 4)
    sl_f32x4_store(run->queries + i, sl_f32x4_load(run->queries + i) * scale);
  for (uint32_t i = 0; i < rows; i++) {
    run->most[i] = -INFINITY;
    run->total[i] = 0;
  }
  memset(run->sums, 0, (size_t)rows * c->padded * sizeof *run->sums);
  run->block = next_block(c, c->first_block);
  run->work++;
}

static void finish_rows(sl_kv_cache *c) {
  sl_attention_run *run = &c->run;
  for (uint32_t i = 0; i < rows_of(c); i++) {
    float *out = run->o.out + out_place(c, i);
    const float *sums = run->sums + (size_t)i * c->padded;
    const float inverse = run->most[i] == -INFINITY ? 0 : (float)(1 / run->total[i]);
    for (uint32_t k = 0; k < c->size; k++) out[k] = inverse == 0 ? 0 : sums[k] * inverse;
  }
}

static bool next_rows(sl_kv_cache *c) {
  sl_attention_run *run = &c->run;
  run->row += QUERY_ROWS;
  if (run->row < run->o.tokens) return true;
  run->row = 0;
  if (++run->head < run->o.heads) return true;
  run->head = 0;
  return ++run->item < c->batch;
}

static void end(sl_kv_cache *c, sl_outcome outcome) {
  sl_kv_cache_drop_run(c);
  sl_job_end(&c->job, outcome);
}

sl_status sl_kv_cache_attend(sl_kv_cache *c, const sl_attention_options *options) {
  sl_kv_cache_drop_run(c);
  sl_job_drop(&c->job);
  SL_TRY(check(c, options));
  sl_attention_run *run = &c->run;
  run->o = *options;
  if (run->o.scale == 0) run->o.scale = 1 / sqrt(c->size);
  if (run->o.window == 0) run->o.window = c->window;
  run->item = run->head = run->row = 0;
  run->work = 0;
  const uint32_t rows = options->tokens < QUERY_ROWS ? (options->tokens + 3) / 4 * 4 : QUERY_ROWS;
  const size_t a = (size_t)rows * c->size, b = (size_t)rows * c->block;
  const size_t all = a + 2 * b + (size_t)rows * c->padded;
  SL_TRY(SL_ALLOC(&run->queries, all));
  run->scores = run->queries + a;
  run->weights = run->scores + b;
  run->sums = run->weights + b;
  run->bytes = all * sizeof(float);
  const double keys = run->o.window > 0 && run->o.window < c->length
                          ? (options->causal != 0 ? 1.0 : 2.0) * run->o.window
                          : c->length / (options->causal != 0 && options->tokens > 1 ? 2.0 : 1.0);
  run->expected = (uint64_t)((double)c->batch * options->heads * options->tokens * keys *
                             (c->size + (double)c->padded));
  sl_job_begin(&c->job);
  if (options->tokens == 0)
    end(c, SL_OUTCOME_CONVERGED);
  else
    begin_rows(c);
  return SL_OK;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_kv_cache *c = (sl_kv_cache *)job;
  sl_attention_run *run = &c->run;
  const uint64_t until = work > UINT64_MAX - run->work ? UINT64_MAX : run->work + work;
  do {
    if (run->block < c->first_block + c->block_count) {
      attend_block(c);
      run->block = next_block(c, run->block + 1);
      continue;
    }
    finish_rows(c);
    if (!next_rows(c)) {
      end(c, SL_OUTCOME_CONVERGED);
      break;
    }
    begin_rows(c);
  } while (run->work < until);
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  end((sl_kv_cache *)job, why);
  return SL_OK;
}
static uint64_t work_done(const sl_job *job) { return ((const sl_kv_cache *)job)->run.work; }
static uint64_t work_expected(const sl_job *job) {
  return ((const sl_kv_cache *)job)->run.expected;
}
static size_t job_bytes(const sl_job *job) { return sl_kv_cache_bytes((const sl_kv_cache *)job); }
static void destroy(sl_job *job) { sl_kv_cache_destroy((sl_kv_cache *)job); }

const sl_job_kind sl_kv_cache_kind = {"cache",       step,      stop,   work_done,
                                      work_expected, job_bytes, destroy};
