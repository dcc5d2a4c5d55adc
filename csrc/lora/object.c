#include "lora/object.h"

#include <math.h>
#include <string.h>

#include "bandit/numbers.h"
#include "base/memory.h"
#include "simd/distance_f32.h"
#include "simd/kernels.h"

sl_status sl_lora_shape_check(const sl_lora_shape *shape, bool has_weights, uint64_t weights) {
  const sl_lora_shape *s = shape;
  SL_REQUIRE(s->inputs >= 1 && s->inputs <= SL_LORA_MOST_DIMENSION, SL_ERR_OPTION, "inputs",
             "1 to 65536");
  SL_REQUIRE(s->outputs >= 1 && s->outputs <= SL_LORA_MOST_DIMENSION, SL_ERR_OPTION, "outputs",
             "1 to 65536");
  SL_REQUIRE(has_weights || s->inputs == s->outputs, SL_ERR_OPTION, "outputs",
             "as many as inputs, or weights");
  const uint32_t most = s->inputs < s->outputs ? s->inputs : s->outputs;
  SL_REQUIRE(s->rank >= 1 && s->rank <= most, SL_ERR_OPTION, "rank",
             "1 to the smaller of inputs and outputs");
  SL_REQUIRE(s->alpha > 0 && s->alpha <= 1e6, SL_ERR_OPTION, "alpha", "above 0, at most 1e6");
  const uint64_t product = (uint64_t)s->inputs * s->outputs;
  SL_REQUIRE(!has_weights || weights == product, SL_ERR_SHAPE, "weights",
             "outputs * inputs numbers");
  SL_REQUIRE(!has_weights || product <= SL_LORA_MOST_WEIGHTS, SL_ERR_OVERFLOW, "weights",
             "at most 2^26 numbers");
  return SL_OK;
}

sl_status sl_lora_check(const char *name, const float *x, size_t n) {
  const size_t first = sl_first_beyond_f32(x, n, SL_LORA_LARGEST);
  SL_REQUIRE_AT(first == n, SL_ERR_NOT_FINITE, name, "numbers of at most 1e15 in size", first);
  return SL_OK;
}

sl_status sl_lora_make(const sl_lora_shape *shape, const float *weights, sl_lora **out) {
  *out = NULL;
  sl_lora *lora;
  SL_TRY(SL_ALLOC_ZERO(&lora, 1));
  lora->job.kind = &sl_lora_kind;
  lora->shape = *shape;
  lora->scale = (float)(shape->alpha / shape->rank);
  lora->count = (size_t)shape->rank * ((size_t)shape->inputs + shape->outputs);
  lora->facts = (sl_lora_facts){.outcome = SL_OUTCOME_RUNNING};
  const size_t product = (size_t)shape->inputs * shape->outputs;
  sl_status status = SL_ALLOC_ZERO(&lora->parameters, lora->count);
  if (status == SL_OK && weights != NULL) status = SL_ALLOC(&lora->weights, product);
  if (status != SL_OK) {
    sl_lora_destroy(lora);
    return status;
  }
  if (weights != NULL) memcpy(lora->weights, weights, product * sizeof *weights);
  *out = lora;
  return SL_OK;
}

sl_status sl_lora_create(const sl_lora_shape *shape, const float *weights, size_t weight_count,
                         sl_lora **out) {
  *out = NULL;
  SL_TRY(sl_lora_shape_check(shape, weights != NULL, weight_count));
  if (weights != NULL) SL_TRY(sl_lora_check("weights", weights, weight_count));
  SL_TRY(sl_lora_make(shape, weights, out));
  sl_rng rng;
  sl_rng_seed(&rng, shape->seed);
  const double size = 1 / sqrt(shape->inputs);
  const size_t of_a = (size_t)shape->rank * shape->inputs;
  for (size_t i = 0; i < of_a; i++) (*out)->parameters[i] = (float)(size * sl_draw_normal(&rng));
  return SL_OK;
}

void sl_lora_destroy(sl_lora *lora) {
  if (lora == NULL) return;
  sl_lora_learn_free(lora);
  sl_optimizer_end(&lora->optimizer);
  sl_free(lora->parameters);
  sl_free(lora->weights);
  sl_free(lora->merged);
  sl_free(lora->space);
  sl_free(lora->history);
  sl_free(lora->labels);
  sl_free(lora);
}

size_t sl_lora_bytes(const sl_lora *lora) {
  const size_t product = (size_t)lora->shape.inputs * lora->shape.outputs;
  size_t bytes = sizeof *lora + lora->count * sizeof(float) + lora->labels_bytes;
  if (lora->weights != NULL) bytes += product * sizeof(float);
  if (lora->merged != NULL) bytes += product * sizeof(float);
  if (lora->has_optimizer)
    bytes += sl_optimizer_slots(&lora->optimizer.options) * lora->count * sizeof(float);
  if (lora->learning != NULL) bytes += sizeof *lora->learning + lora->learning->blocks.bytes;
  return bytes;
}

// ---- passes -------------------------------------------------------------------------------------

uint64_t sl_lora_row_work(const sl_lora *lora) {
  const uint64_t inputs = lora->shape.inputs, outputs = lora->shape.outputs;
  if (lora->merged != NULL) return inputs * outputs;
  return (lora->weights != NULL ? inputs * outputs : 0) + (inputs + outputs) * lora->shape.rank;
}

void sl_lora_forward(const sl_lora *lora, const float *x, uint32_t rows, float *hidden, float *y,
                     float *space) {
  const uint32_t m = lora->shape.inputs, n = lora->shape.outputs, r = lora->shape.rank;
  const float *matrix = lora->merged != NULL ? lora->merged : lora->weights;
  if (matrix != NULL)
    sl_multiply(rows, m, n, 1, sl_rows_of(x, m), sl_columns_of(matrix, m), y, n, false, space);
  else
    memcpy(y, x, (size_t)rows * n * sizeof *y);
  if (lora->merged != NULL) return;
  sl_multiply(rows, m, r, 1, sl_rows_of(x, m), sl_columns_of(sl_lora_a(lora), m), hidden, r, false,
              space);
  sl_multiply(rows, r, n, lora->scale, sl_rows_of(hidden, r), sl_columns_of(sl_lora_b(lora), r), y,
              n, true, space);
}

void sl_lora_back(const sl_lora *lora, const float *x, const float *hidden, const float *slopes,
                  uint32_t rows, float *hidden_slopes, float *gradient, float *by_x, float *space) {
  const uint32_t m = lora->shape.inputs, n = lora->shape.outputs, r = lora->shape.rank;
  const float *a = sl_lora_a(lora), *b = sl_lora_b(lora);
  sl_multiply(rows, n, r, lora->scale, sl_rows_of(slopes, n), sl_rows_of(b, r), hidden_slopes, r,
              false, space);
  if (gradient != NULL) {
    sl_multiply(r, rows, m, 1, sl_columns_of(hidden_slopes, r), sl_rows_of(x, m), gradient, m, true,
                space);
    sl_multiply(n, rows, r, lora->scale, sl_columns_of(slopes, n), sl_rows_of(hidden, r),
                gradient + (size_t)r * m, r, true, space);
  }
  if (by_x == NULL) return;
  if (lora->weights != NULL)
    sl_multiply(rows, n, m, 1, sl_rows_of(slopes, n), sl_rows_of(lora->weights, m), by_x, m, false,
                space);
  else
    memcpy(by_x, slopes, (size_t)rows * m * sizeof *by_x);
  sl_multiply(rows, r, m, 1, sl_rows_of(hidden_slopes, r), sl_rows_of(a, m), by_x, m, true, space);
}

// ---- states -------------------------------------------------------------------------------------

void sl_lora_give_up(sl_lora *lora) {
  if (sl_job_is_running(&lora->job)) (void)sl_job_stop(&lora->job, SL_OUTCOME_TIME_LIMIT);
}

sl_status sl_lora_require_open(sl_lora *lora) {
  sl_lora_give_up(lora);
  SL_REQUIRE(lora->merged == NULL, SL_ERR_STATE, "lora", "one that is not merged: unmerge first");
  return SL_OK;
}

static uint32_t pieces_of(const sl_lora *lora, uint32_t rows) {
  const uint64_t most = SL_LORA_PIECE / sl_lora_row_work(lora);
  const uint32_t piece = most < 8 ? 8 : most > 256 ? 256 : (uint32_t)most;
  return piece < rows ? piece : rows;
}

sl_status sl_lora_apply(sl_lora *lora, const float *x, uint32_t rows, uint32_t unit, float *out) {
  sl_lora_give_up(lora);
  SL_TRY(sl_lora_check("vectors", x, (size_t)rows * lora->shape.inputs));
  // What changes meanwhile must not change the size of a piece.
  lora->piece = pieces_of(lora, rows);
  SL_TRY(SL_ALLOC(&lora->space, SL_MULTIPLY_WORK + (size_t)lora->piece * lora->shape.rank));
  lora->doing = SL_LORA_APPLY;
  lora->work = 0;
  lora->x = x, lora->out = out;
  lora->rows = rows, lora->row = 0, lora->unit = unit;
  sl_job_begin(&lora->job);
  return SL_OK;
}

static void end_apply(sl_lora *lora, sl_outcome outcome) {
  sl_free(lora->space);
  lora->space = NULL;
  lora->x = NULL, lora->out = NULL;
  sl_job_end(&lora->job, outcome);
}

static void apply_step(sl_lora *lora, uint64_t work) {
  const uint32_t m = lora->shape.inputs, n = lora->shape.outputs;
  const uint32_t piece = lora->piece;
  const uint64_t until = lora->work + work;
  while (lora->row < lora->rows && lora->work < until) {
    const uint32_t left = lora->rows - lora->row, here = left < piece ? left : piece;
    float *y = lora->out + (size_t)lora->row * n;
    sl_lora_forward(lora, lora->x + (size_t)lora->row * m, here, lora->space + SL_MULTIPLY_WORK, y,
                    lora->space);
    for (uint32_t i = 0; i < here && lora->unit != 0; i++)
      (void)sl_normalize_f32(y + (size_t)i * n, n, y + (size_t)i * n, n);
    lora->row += here;
    lora->work += here * sl_lora_row_work(lora);
  }
  if (lora->row == lora->rows) end_apply(lora, SL_OUTCOME_CONVERGED);
}

sl_status sl_lora_backward(sl_lora *lora, const float *x, const float *slopes, uint32_t rows,
                           float *gradient, float *by_x) {
  const uint32_t m = lora->shape.inputs, n = lora->shape.outputs, r = lora->shape.rank;
  SL_TRY(sl_lora_require_open(lora));
  SL_TRY(sl_lora_check("vectors", x, (size_t)rows * m));
  SL_TRY(sl_lora_check("slopes", slopes, (size_t)rows * n));
  float *space;
  const uint32_t piece = pieces_of(lora, rows);
  SL_TRY(SL_ALLOC(&space, SL_MULTIPLY_WORK + 2 * (size_t)piece * r));
  float *hidden = space + SL_MULTIPLY_WORK, *hidden_slopes = hidden + (size_t)piece * r;
  memset(gradient, 0, lora->count * sizeof *gradient);
  for (uint32_t i = 0; i < rows; i += piece) {
    const uint32_t here = rows - i < piece ? rows - i : piece;
    const float *from = x + (size_t)i * m;
    sl_multiply(here, m, r, 1, sl_rows_of(from, m), sl_columns_of(sl_lora_a(lora), m), hidden, r,
                false, space);
    sl_lora_back(lora, from, hidden, slopes + (size_t)i * n, here, hidden_slopes, gradient,
                 by_x != NULL ? by_x + (size_t)i * m : NULL, space);
  }
  sl_free(space);
  return SL_OK;
}

sl_status sl_lora_optimizer(sl_lora *lora, const sl_optimizer_options *options) {
  sl_optimizer fresh;
  SL_TRY(sl_optimizer_begin(&fresh, options, lora->count));
  sl_optimizer_end(&lora->optimizer);
  lora->optimizer = fresh;
  lora->has_optimizer = true;
  return SL_OK;
}

sl_status sl_lora_descend(sl_lora *lora, const float *gradient, double clip, double factor) {
  SL_REQUIRE(lora->has_optimizer, SL_ERR_STATE, "optimizer", "sl_lora_optimizer first");
  SL_TRY(sl_lora_require_open(lora));
  SL_REQUIRE(clip > 0, SL_ERR_OPTION, "clip", "above 0");
  SL_REQUIRE(factor >= 0 && factor <= 1000, SL_ERR_OPTION, "factor", "0 to 1000");
  const size_t bad = sl_first_not_finite_f32(gradient, lora->count);
  SL_REQUIRE_AT(bad == lora->count, SL_ERR_NOT_FINITE, "gradient", "finite numbers", bad);
  // A step cannot be taken back: what it changes is kept until it is known to be finite.
  sl_optimizer *o = &lora->optimizer;
  const uint32_t slots = sl_optimizer_slots(&o->options);
  const size_t bytes = lora->count * sizeof(float);
  float *kept;
  SL_TRY(SL_ALLOC(&kept, (2 + (size_t)slots) * lora->count));
  float *slope = kept + lora->count;
  const sl_optimizer before = *o;
  memcpy(kept, lora->parameters, bytes);
  memcpy(slope, gradient, bytes);
  if (slots > 0) memcpy(slope + lora->count, o->first, bytes);
  if (slots > 1) memcpy(slope + 2 * lora->count, o->second, bytes);
  sl_clip_norm(slope, lora->count, clip);
  sl_optimizer_step(o, factor, lora->parameters, slope);
  const bool good =
      sl_first_beyond_f32(lora->parameters, lora->count, SL_LORA_LARGEST) == lora->count;
  if (!good) {
    memcpy(lora->parameters, kept, bytes);
    if (slots > 0) memcpy(o->first, slope + lora->count, bytes);
    if (slots > 1) memcpy(o->second, slope + 2 * lora->count, bytes);
    *o = before;
  }
  sl_free(kept);
  SL_REQUIRE(good, SL_ERR_RANGE, "gradient", "a step to finite parameters: a smaller rate");
  return SL_OK;
}

// ---- parameters and matrices --------------------------------------------------------------------

sl_status sl_lora_facts_read(const sl_lora *lora, sl_lora_facts *out) {
  *out = lora->facts;
  out->inputs = lora->shape.inputs;
  out->outputs = lora->shape.outputs;
  out->rank = lora->shape.rank;
  out->alpha = lora->shape.alpha;
  out->has_weights = lora->weights != NULL;
  out->merged = lora->merged != NULL;
  return SL_OK;
}

sl_status sl_lora_history(const sl_lora *lora, const double **numbers, uint32_t *count) {
  *numbers = lora->history;
  *count = lora->facts.epochs;
  return SL_OK;
}

sl_status sl_lora_parameters(const sl_lora *lora, const float **numbers, uint32_t *count) {
  *numbers = lora->parameters;
  *count = (uint32_t)lora->count;
  return SL_OK;
}

sl_status sl_lora_set_parameters(sl_lora *lora, const float *parameters, size_t count) {
  SL_TRY(sl_lora_require_open(lora));
  SL_REQUIRE(count == lora->count, SL_ERR_SHAPE, "parameters", "rank * (inputs + outputs) numbers");
  SL_TRY(sl_lora_check("parameters", parameters, count));
  memcpy(lora->parameters, parameters, count * sizeof *parameters);
  return SL_OK;
}

sl_status sl_lora_matrix(const sl_lora *lora, float *out) {
  const uint32_t m = lora->shape.inputs, n = lora->shape.outputs, r = lora->shape.rank;
  const uint64_t product = (uint64_t)m * n;
  SL_REQUIRE(product <= SL_LORA_MOST_WEIGHTS, SL_ERR_OVERFLOW, "lora",
             "inputs * outputs of at most 2^26");
  float *space;
  SL_TRY(SL_ALLOC(&space, SL_MULTIPLY_WORK));
  if (lora->weights != NULL) {
    memcpy(out, lora->weights, (size_t)product * sizeof *out);
  } else {
    memset(out, 0, (size_t)product * sizeof *out);
    for (size_t i = 0; i < n; i++) out[i * m + i] = 1;
  }
  sl_multiply(n, r, m, lora->scale, sl_rows_of(sl_lora_b(lora), r), sl_rows_of(sl_lora_a(lora), m),
              out, m, true, space);
  sl_free(space);
  return SL_OK;
}

sl_status sl_lora_merge(sl_lora *lora) {
  sl_lora_give_up(lora);
  if (lora->merged != NULL) return SL_OK;
  const uint64_t product = (uint64_t)lora->shape.inputs * lora->shape.outputs;
  SL_REQUIRE(product <= SL_LORA_MOST_WEIGHTS, SL_ERR_OVERFLOW, "lora",
             "inputs * outputs of at most 2^26");
  float *merged;
  SL_TRY(SL_ALLOC(&merged, (size_t)product));
  const sl_status status = sl_lora_matrix(lora, merged);
  if (status != SL_OK) {
    sl_free(merged);
    return status;
  }
  lora->merged = merged;
  return SL_OK;
}

sl_status sl_lora_unmerge(sl_lora *lora) {
  sl_lora_give_up(lora);
  sl_free(lora->merged);
  lora->merged = NULL;
  return SL_OK;
}

const void *sl_lora_labels(const sl_lora *lora) { return lora->labels; }
size_t sl_lora_labels_bytes(const sl_lora *lora) { return lora->labels_bytes; }

// ---- the job ------------------------------------------------------------------------------------

static sl_status step(sl_job *job, uint64_t work) {
  sl_lora *lora = (sl_lora *)job;
  if (lora->doing == SL_LORA_LEARN) return sl_lora_learn_step(lora, work);
  apply_step(lora, work);
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  sl_lora *lora = (sl_lora *)job;
  if (lora->doing == SL_LORA_LEARN)
    sl_lora_learn_stop(lora, why);
  else
    end_apply(lora, why);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_lora *)job)->work; }

static uint64_t expected(const sl_job *job) {
  const sl_lora *lora = (const sl_lora *)job;
  if (lora->doing == SL_LORA_APPLY) return lora->rows * sl_lora_row_work(lora);
  const sl_lora_learning *l = lora->learning;
  if (l->step == 0) return 0;
  // As much for each step as the ones before took.
  const double each = (double)lora->work / (double)l->step;
  return (uint64_t)(each * (double)l->batches * l->question.epochs);
}

static size_t bytes_of(const sl_job *job) { return sl_lora_bytes((const sl_lora *)job); }
static void destroy(sl_job *job) { sl_lora_destroy((sl_lora *)job); }

sl_job *sl_lora_job(sl_lora *lora) { return &lora->job; }

const sl_job_kind sl_lora_kind = {.name = "lora",
                                  .step = step,
                                  .stop = stop,
                                  .work = work_done,
                                  .expected = expected,
                                  .bytes = bytes_of,
                                  .destroy = destroy};
