// Learning, in steps: of each batch its keys, its rows in pieces, and one step of the optimiser.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "lora/object.h"
#include "simd/distance_f32.h"

sl_lora_question sl_lora_question_default(void) {
  const sl_optimizer_options o = sl_optimizer_options_default(SL_OPTIMIZER_ADAMW);
  const sl_schedule s = sl_schedule_default();
  return (sl_lora_question){.loss = SL_LOSS_SQUARED,
                            .temperature = 0.05,
                            .epochs = 10,
                            .batch = 32,
                            .clip = 1,
                            .optimizer = o.kind,
                            .rate = o.rate,
                            .momentum = 0.9,
                            .beta1 = o.beta1,
                            .beta2 = o.beta2,
                            .epsilon = o.epsilon,
                            .decay = o.decay,
                            .schedule = s.kind,
                            .every = (double)s.every,
                            .factor = s.factor,
                            .seed = 1};
}

static sl_optimizer_options optimizer_of(const sl_lora_question *q) {
  return (sl_optimizer_options){.kind = q->optimizer,
                                .rate = q->rate,
                                .momentum = q->momentum,
                                .beta1 = q->beta1,
                                .beta2 = q->beta2,
                                .epsilon = q->epsilon,
                                .decay = q->decay};
}

static sl_status whole(double x, const char *name, double least, uint64_t *out) {
  SL_REQUIRE(x >= least && x <= 0x1p53 && x == floor(x), SL_ERR_OPTION, name, "a whole number");
  *out = (uint64_t)x;
  return SL_OK;
}

static sl_status schedule_of(const sl_lora_question *q, sl_schedule *s) {
  *s = (sl_schedule){.kind = q->schedule, .last = q->last, .every = 1, .factor = q->factor};
  SL_TRY(whole(q->warmup, "warmup", 0, &s->warmup));
  if (s->kind == SL_SCHEDULE_STEP) SL_TRY(whole(q->every, "every", 1, &s->every));
  s->steps = ((uint64_t)q->rows + q->batch - 1) / q->batch * q->epochs;
  return sl_schedule_check(s);
}

static sl_status check_options(const sl_lora_question *q) {
  SL_REQUIRE(q->loss <= SL_LOSS_INFO_NCE, SL_ERR_OPTION, "loss", "one of sl_loss");
  const bool contrast = q->loss == SL_LOSS_INFO_NCE;
  SL_REQUIRE(q->epochs >= 1 && q->epochs <= 1000000, SL_ERR_OPTION, "epochs", "1 to 1,000,000");
  SL_REQUIRE(q->batch >= (contrast ? 2 : 1) && q->batch <= 65536, SL_ERR_OPTION, "batch",
             "1 to 65536; of InfoNCE 2 at least");
  SL_REQUIRE(q->clip > 0, SL_ERR_OPTION, "clip", "above 0");
  SL_REQUIRE(!contrast || (q->temperature >= 1e-4 && q->temperature <= 1e4), SL_ERR_OPTION,
             "temperature", "1e-4 to 1e4");
  SL_REQUIRE(q->both <= 1, SL_ERR_OPTION, "both", "0 or 1");
  const sl_optimizer_options o = optimizer_of(q);
  return sl_optimizer_options_check(&o);
}

static sl_status check_numbers(const char *name, const uint32_t *x, size_t n, uint32_t below) {
  for (size_t i = 0; i < n; i++)
    SL_REQUIRE_AT(x[i] < below, SL_ERR_INDEX, name, "numbers below the count", i);
  return SL_OK;
}

static uint32_t key_width(const sl_lora *lora, const sl_lora_question *q) {
  return q->both ? lora->shape.inputs : lora->shape.outputs;
}

static sl_status check_question(const sl_lora *lora, const sl_lora_question *q) {
  const uint32_t m = lora->shape.inputs, n = lora->shape.outputs;
  SL_TRY(check_options(q));
  SL_REQUIRE(q->rows > 0, SL_ERR_EMPTY, "vectors", "one vector at least");
  SL_TRY(sl_lora_check("vectors", q->vectors, (size_t)q->rows * m));
  if (q->loss == SL_LOSS_SQUARED) return sl_lora_check("targets", q->targets, (size_t)q->rows * n);
  if (q->loss == SL_LOSS_CROSS_ENTROPY) return check_numbers("labels", q->labels, q->rows, n);
  SL_REQUIRE(q->document_count > 0, SL_ERR_EMPTY, "documents", "one document at least");
  SL_TRY(sl_lora_check("documents", q->documents, (size_t)q->document_count * key_width(lora, q)));
  SL_TRY(check_numbers("labels", q->labels, q->rows, q->document_count));
  if (q->negative_begins == NULL) return SL_OK;
  const uint32_t *begins = q->negative_begins;
  SL_REQUIRE(begins[0] == 0, SL_ERR_SHAPE, "negative_begins", "numbers from 0 up");
  for (uint32_t i = 0; i < q->rows; i++)
    SL_REQUIRE_AT(begins[i] <= begins[i + 1], SL_ERR_SHAPE, "negative_begins", "numbers from 0 up",
                  (uint64_t)i + 1);
  return check_numbers("negatives", q->negatives, begins[q->rows], q->document_count);
}

// ---- memory -------------------------------------------------------------------------------------

#define TAKE(pointer, count)                                                                       \
  SL_TRY(sl_blocks_take(&l->blocks, (count), sizeof **(pointer), false, (void **)(pointer)))

static sl_status copied(sl_lora_learning *l, const void *from, size_t count, size_t size,
                        void **out) {
  *out = NULL;
  if (from == NULL) return SL_OK;
  SL_TRY(sl_blocks_take(&l->blocks, count, size, false, out));
  memcpy(*out, from, count * size);
  return SL_OK;
}

#define COPY(field, count)                                                                         \
  {                                                                                                \
    void *copy;                                                                                    \
    SL_TRY(copied(l, given->field, (count), sizeof *given->field, &copy));                         \
    q->field = copy;                                                                               \
  }

static sl_status copy_question(const sl_lora *lora, const sl_lora_question *given,
                               sl_lora_learning *l) {
  sl_lora_question *q = &l->question;
  const size_t rows = given->rows;
  const bool contrast = given->loss == SL_LOSS_INFO_NCE;
  *q = *given;
  q->targets = NULL, q->labels = NULL, q->documents = NULL;
  q->negative_begins = NULL, q->negatives = NULL;
  COPY(vectors, rows * lora->shape.inputs)
  if (q->loss == SL_LOSS_SQUARED)
    COPY(targets, rows * lora->shape.outputs)
  else
    COPY(labels, rows)
  if (!contrast) return SL_OK;
  COPY(documents, (size_t)q->document_count * key_width(lora, q))
  if (given->negative_begins == NULL) return SL_OK;
  COPY(negative_begins, rows + 1)
  COPY(negatives, given->negative_begins[rows])
  return SL_OK;
}

// The most keys that a batch can have.
static uint64_t most_keys(const sl_lora_question *q) {
  uint32_t longest = 0;
  for (uint32_t i = 0; i < q->rows && q->negative_begins != NULL; i++) {
    const uint32_t length = q->negative_begins[i + 1] - q->negative_begins[i];
    longest = longest < length ? length : longest;
  }
  const uint64_t rows = q->rows < q->batch ? q->rows : q->batch;
  return rows * (1 + (uint64_t)longest);
}

// Rows of a piece of work: of such a size that it takes a few milliseconds. It follows from the
// question alone, so that results do not depend on how the work is cut into steps.
static uint32_t piece_of(const sl_lora *lora, const sl_lora_question *q, uint64_t keys) {
  const uint64_t each = 3 * sl_lora_row_work(lora) + 3 * keys * lora->shape.outputs;
  const uint64_t most = SL_LORA_PIECE / each;
  const uint32_t piece = most < 8 ? 8 : most > 256 ? 256 : (uint32_t)most;
  const uint32_t rows = q->rows < q->batch ? q->rows : q->batch;
  return piece < rows ? piece : rows;
}

static sl_status take_memory(sl_lora *lora, sl_lora_learning *l) {
  const sl_lora_question *q = &l->question;
  const uint32_t m = lora->shape.inputs, n = lora->shape.outputs, r = lora->shape.rank;
  const uint64_t keys = q->loss == SL_LOSS_INFO_NCE ? most_keys(q) : 0;
  SL_REQUIRE(keys <= UINT32_MAX / 2, SL_ERR_OVERFLOW, "negatives", "a smaller batch");
  l->piece = piece_of(lora, q, keys);
  const size_t piece = l->piece, count = (size_t)keys;
  TAKE(&l->order, q->rows);
  TAKE(&l->before, lora->count);
  TAKE(&l->gradient, lora->count);
  TAKE(&l->x, piece * m);
  TAKE(&l->y, piece * n);
  TAKE(&l->slopes, piece * n);
  TAKE(&l->hidden, piece * r);
  TAKE(&l->hidden_slopes, piece * r);
  TAKE(&l->lengths, piece);
  if (q->loss == SL_LOSS_CROSS_ENTROPY) TAKE(&l->logits, n);
  // Of the products, whatever the loss.
  TAKE(&l->contrast, sl_info_nce_work(l->piece, (uint32_t)keys));
  if (keys == 0) return SL_OK;
  TAKE(&l->key_ids, count);
  TAKE(&l->key_unit, count * n);
  if (!q->both) return SL_OK;
  TAKE(&l->key_x, count * m);
  TAKE(&l->key_hidden, count * r);
  TAKE(&l->key_slopes, count * n);
  TAKE(&l->key_lengths, count);
  return SL_OK;
}

void sl_lora_learn_free(sl_lora *lora) {
  if (lora->learning == NULL) return;
  sl_optimizer_end(&lora->learning->optimizer);
  sl_blocks_free(&lora->learning->blocks);
  sl_free(lora->learning);
  lora->learning = NULL;
}

static void shuffle(uint32_t *x, uint32_t count, sl_rng *rng) {
  for (uint32_t i = count; i > 1; i--) {
    const uint32_t j = sl_rng_below(rng, i), swap = x[i - 1];
    x[i - 1] = x[j];
    x[j] = swap;
  }
}

static void begin_epoch(sl_lora *lora) {
  sl_lora_learning *l = lora->learning;
  memcpy(l->before, lora->parameters, lora->count * sizeof(float));
  shuffle(l->order, l->question.rows, &l->rng);
  l->next = 0;
  l->sum = 0;
  l->phase = SL_LORA_GATHER;
}

static sl_status prepare(sl_lora *lora, const sl_lora_question *given) {
  sl_lora_learning *l = lora->learning;
  const sl_optimizer_options o = optimizer_of(given);
  SL_TRY(schedule_of(given, &l->schedule));
  SL_TRY(copy_question(lora, given, l));
  SL_TRY(take_memory(lora, l));
  SL_TRY(sl_optimizer_begin(&l->optimizer, &o, lora->count));
  l->blocks.bytes += sl_optimizer_slots(&o) * lora->count * sizeof(float);
  const sl_lora_question *q = &l->question;
  if (q->loss == SL_LOSS_INFO_NCE && !q->both) {
    // Documents that stay as they are: their directions, once.
    float *documents = (float *)(uintptr_t)q->documents;
    const uint32_t n = lora->shape.outputs;
    for (size_t i = 0; i < q->document_count; i++)
      (void)sl_normalize_f32(documents + i * n, n, documents + i * n, n);
  }
  return SL_OK;
}

sl_status sl_lora_learn(sl_lora *lora, const sl_lora_question *question) {
  SL_TRY(sl_lora_require_open(lora));
  SL_TRY(check_question(lora, question));
  double *history;
  SL_TRY(SL_ALLOC(&history, question->epochs));
  sl_lora_learning *l;
  sl_status status = SL_ALLOC_ZERO(&l, 1);
  if (status == SL_OK) {
    lora->learning = l;
    status = prepare(lora, question);
    if (status != SL_OK) sl_lora_learn_free(lora);
  }
  if (status != SL_OK) {
    sl_free(history);
    return status;
  }
  sl_free(lora->history);
  lora->history = history;
  lora->facts = (sl_lora_facts){.outcome = SL_OUTCOME_RUNNING};
  for (uint32_t i = 0; i < question->rows; i++) l->order[i] = i;
  l->batches = ((uint64_t)question->rows + question->batch - 1) / question->batch;
  sl_rng_seed(&l->rng, question->seed);
  lora->doing = SL_LORA_LEARN;
  lora->work = 0;
  begin_epoch(lora);
  sl_job_begin(&lora->job);
  return SL_OK;
}

// ---- one batch ----------------------------------------------------------------------------------

static void end_learning(sl_lora *lora, sl_outcome outcome) {
  lora->facts.outcome = outcome;
  sl_lora_learn_free(lora);
  sl_job_end(&lora->job, outcome);
}

void sl_lora_learn_stop(sl_lora *lora, sl_outcome why) { end_learning(lora, why); }

static void gather(sl_lora *lora) {
  sl_lora_learning *l = lora->learning;
  const sl_lora_question *q = &l->question;
  const uint32_t left = q->rows - l->next;
  l->here = left < q->batch ? left : q->batch;
  l->batch_loss = 0;
  l->at = 0;
  memset(l->gradient, 0, lora->count * sizeof(float));
  l->phase = SL_LORA_ROWS;
  if (q->loss != SL_LOSS_INFO_NCE) return;
  const uint32_t *rows = l->order + l->next;
  l->keys = 0;
  for (uint32_t i = 0; i < l->here; i++) l->key_ids[l->keys++] = q->labels[rows[i]];
  for (uint32_t i = 0; i < l->here && q->negative_begins != NULL; i++) {
    const uint32_t first = q->negative_begins[rows[i]], end = q->negative_begins[rows[i] + 1];
    for (uint32_t j = first; j < end; j++) l->key_ids[l->keys++] = q->negatives[j];
  }
  l->phase = SL_LORA_KEYS;
}

static uint32_t part_of(const sl_lora_learning *l, uint32_t all) {
  return all - l->at < l->piece ? all - l->at : l->piece;
}

static void copy_row(float *to, const float *from, size_t i, uint32_t width) {
  memcpy(to, from + i * width, width * sizeof *to);
}

static void keys(sl_lora *lora) {
  sl_lora_learning *l = lora->learning;
  const sl_lora_question *q = &l->question;
  const uint32_t m = lora->shape.inputs, n = lora->shape.outputs, r = lora->shape.rank;
  const uint32_t here = part_of(l, l->keys), width = key_width(lora, q);
  float *x = q->both ? l->key_x : l->key_unit, *unit = l->key_unit + (size_t)l->at * n;
  for (uint32_t i = l->at; i < l->at + here; i++)
    copy_row(x + (size_t)i * width, q->documents, l->key_ids[i], width);
  if (q->both) {
    const size_t at = l->at;
    sl_lora_forward(lora, l->key_x + at * m, here, l->key_hidden + at * r, unit, l->contrast);
    sl_unit_rows(unit, here, n, unit, l->key_lengths + at);
    memset(l->key_slopes + at * n, 0, (size_t)here * n * sizeof(float));
    lora->work += here * sl_lora_row_work(lora);
  }
  l->at += here;
  if (l->at < l->keys) return;
  l->at = 0;
  l->phase = SL_LORA_ROWS;
}

// The loss of rows in a piece, times their share of the batch, and its derivatives by y.
static double piece_loss(sl_lora *lora, uint32_t here, const uint32_t *rows) {
  sl_lora_learning *l = lora->learning;
  const sl_lora_question *q = &l->question;
  const uint32_t n = lora->shape.outputs;
  const size_t numbers = (size_t)here * n;
  const double share = (double)here / l->here;
  double loss;
  if (q->loss == SL_LOSS_INFO_NCE) {
    sl_unit_rows(l->y, here, n, l->y, l->lengths);
    loss = sl_loss_info_nce(l->y, here, l->at, l->key_unit, l->keys, n, l->key_ids, q->temperature,
                            1.0 / l->here, l->slopes, l->key_slopes, l->contrast);
    sl_unit_rows_gradient(l->y, l->lengths, here, n, l->slopes);
    return loss;
  }
  if (q->loss == SL_LOSS_SQUARED) {
    for (uint32_t i = 0; i < here; i++) copy_row(l->slopes + (size_t)i * n, q->targets, rows[i], n);
    loss = sl_loss_squared(l->y, l->slopes, numbers, l->slopes);
  } else {
    uint32_t labels[256]; // a piece has no more rows
    for (uint32_t i = 0; i < here; i++) labels[i] = q->labels[rows[i]];
    loss = sl_loss_cross_entropy(l->y, here, n, labels, l->slopes, l->logits);
  }
  if (here < l->here)
    for (size_t i = 0; i < numbers; i++) l->slopes[i] = (float)((double)l->slopes[i] * share);
  return loss * share;
}

static void rows(sl_lora *lora) {
  sl_lora_learning *l = lora->learning;
  const sl_lora_question *q = &l->question;
  const uint32_t m = lora->shape.inputs, here = part_of(l, l->here);
  const uint32_t *ids = l->order + l->next + l->at;
  for (uint32_t i = 0; i < here; i++) copy_row(l->x + (size_t)i * m, q->vectors, ids[i], m);
  sl_lora_forward(lora, l->x, here, l->hidden, l->y, l->contrast);
  l->batch_loss += piece_loss(lora, here, ids);
  sl_lora_back(lora, l->x, l->hidden, l->slopes, here, l->hidden_slopes, l->gradient, NULL,
               l->contrast);
  uint64_t each = 3 * sl_lora_row_work(lora);
  if (q->loss == SL_LOSS_INFO_NCE) each += 2 * (uint64_t)l->keys * lora->shape.outputs;
  lora->work += here * each;
  l->at += here;
  if (l->at < l->here) return;
  l->at = 0;
  l->phase = q->loss == SL_LOSS_INFO_NCE && q->both ? SL_LORA_RETURN : SL_LORA_DESCEND;
}

static void back_keys(sl_lora *lora) {
  sl_lora_learning *l = lora->learning;
  const uint32_t m = lora->shape.inputs, n = lora->shape.outputs, r = lora->shape.rank;
  const uint32_t here = part_of(l, l->keys);
  const size_t at = l->at;
  sl_unit_rows_gradient(l->key_unit + at * n, l->key_lengths + at, here, n, l->key_slopes + at * n);
  sl_lora_back(lora, l->key_x + at * m, l->key_hidden + at * r, l->key_slopes + at * n, here,
               l->hidden_slopes, l->gradient, NULL, l->contrast);
  lora->work += here * 2 * sl_lora_row_work(lora);
  l->at += here;
  if (l->at == l->keys) l->phase = SL_LORA_DESCEND;
}

static void break_down(sl_lora *lora) {
  memcpy(lora->parameters, lora->learning->before, lora->count * sizeof(float));
  end_learning(lora, SL_OUTCOME_BREAKDOWN);
}

static void descend(sl_lora *lora) {
  sl_lora_learning *l = lora->learning;
  const sl_lora_question *q = &l->question;
  sl_lora_facts *facts = &lora->facts;
  facts->norm = sl_clip_norm(l->gradient, lora->count, q->clip);
  if (!isfinite(facts->norm) || !isfinite(l->batch_loss)) {
    break_down(lora);
    return;
  }
  sl_optimizer_step(&l->optimizer, sl_schedule_factor(&l->schedule, l->step), lora->parameters,
                    l->gradient);
  lora->work += lora->count;
  if (sl_first_beyond_f32(lora->parameters, lora->count, SL_LORA_LARGEST) < lora->count) {
    break_down(lora);
    return;
  }
  facts->steps = (double)++l->step;
  l->sum += l->batch_loss * l->here;
  l->next += l->here;
  facts->loss = l->sum / l->next;
  l->phase = SL_LORA_GATHER;
  if (l->next < q->rows) return;
  lora->history[facts->epochs++] = facts->loss;
  if (facts->epochs == q->epochs)
    end_learning(lora, SL_OUTCOME_CONVERGED);
  else
    begin_epoch(lora);
}

sl_status sl_lora_learn_step(sl_lora *lora, uint64_t work) {
  const uint64_t until = lora->work + work;
  while (lora->work < until && sl_job_is_running(&lora->job)) {
    switch (lora->learning->phase) {
    case SL_LORA_GATHER:
      gather(lora);
      break;
    case SL_LORA_KEYS:
      keys(lora);
      break;
    case SL_LORA_ROWS:
      rows(lora);
      break;
    case SL_LORA_RETURN:
      back_keys(lora);
      break;
    case SL_LORA_DESCEND:
      descend(lora);
      break;
    }
  }
  return SL_OK;
}
