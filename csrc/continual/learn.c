// The work of a learner, in pieces of a few rows: learning, consolidating, measuring, answering.
//
// Based on:
//   replay         A. Chaudhry and others, "On tiny episodic memories in continual learning",
//                  arXiv:1902.10486: each update has as many earlier examples beside the new ones
//   balanced       J. Ren and others, "Balanced meta-softmax for long-tailed visual recognition",
//                  NeurIPS 2020, arXiv:2007.10740
//   EWC            J. Kirkpatrick and others, PNAS 114 (2017), doi:10.1073/pnas.1611835114; one
//                  penalty for all earlier tasks: J. Schwarz and others, arXiv:1805.06370
//   distillation   Z. Li, D. Hoiem, "Learning without forgetting", arXiv:1606.09282; G. Hinton and
//                  others, arXiv:1503.02531 (the factor T^2)
//   Reptile        A. Nichol, J. Achiam, J. Schulman, arXiv:1803.02999
#include <math.h>
#include <string.h>

#include "bandit/numbers.h"
#include "base/memory.h"
#include "continual/object.h"
#include "simd/kernels.h"

// ---- losses -------------------------------------------------------------------------------------

// Of a softmax over the classes of `mask` (NULL: all) at temperature t: probabilities into out, 0
// elsewhere. shift: added to the scores, or NULL. Returns the logarithm of the sum of exponentials of
// scores / t.
static double softmax(const float *scores, const double *shift, uint32_t outputs,
                      const uint8_t *mask, double t, float *out) {
  double most = -INFINITY, sum = 0;
  for (uint32_t k = 0; k < outputs; k++) {
    if (mask != NULL && !mask[k]) continue;
    const double score = (double)scores[k] + (shift == NULL ? 0 : shift[k]);
    if (score > most) most = score;
  }
  for (uint32_t k = 0; k < outputs; k++) {
    out[k] = 0;
    if (mask != NULL && !mask[k]) continue;
    const double score = (double)scores[k] + (shift == NULL ? 0 : shift[k]);
    const double e = sl_steady_exp((score - most) / t);
    sum += e;
    out[k] = (float)e;
  }
  for (uint32_t k = 0; k < outputs; k++) out[k] = (float)(out[k] / sum);
  return most / t + sl_steady_log(sum);
}

// A row's loss, and its gradient times `scale` into l->last.
static double loss_of(sl_learner *l, uint32_t row, const float *given, uint32_t label,
                      const float *values, const double *shift, const uint8_t *mask, double scale) {
  const uint32_t n = l->options.outputs;
  float *last = l->last + (size_t)row * n;
  given += (size_t)row * n;
  double loss = 0;
  if (l->options.loss == SL_LEARNER_SQUARED) {
    for (uint32_t k = 0; k < n; k++) {
      const double error = (double)given[k] - (double)values[k];
      loss += 0.5 * error * error;
      last[k] = (float)(error * scale);
    }
    return loss;
  }
  loss = softmax(given, shift, n, mask, 1, l->soft) - (double)given[label];
  if (shift != NULL) loss -= shift[label];
  // The label's own entry as minus the sum of the others: 1 - p would lose its digits near 1.
  double others = 0;
  for (uint32_t k = 0; k < n; k++) {
    if (k == label) continue;
    others += (double)l->soft[k];
    last[k] = (float)((double)l->soft[k] * scale);
  }
  last[label] = (float)(-others * scale);
  return loss;
}

// Adds what a row owes to the answers of the earlier network.
static void distil(sl_learner *l, uint32_t row, const float *given, const float *earlier,
                   double scale) {
  const uint32_t n = l->options.outputs;
  float *last = l->last + (size_t)row * n;
  const float *own = given + (size_t)row * n;
  earlier += (size_t)row * n;
  if (l->options.loss == SL_LEARNER_SQUARED) {
    for (uint32_t k = 0; k < n; k++) last[k] += (float)(((double)own[k] - earlier[k]) * scale);
    return;
  }
  const double t = l->options.temperature;
  softmax(own, NULL, n, l->known, t, l->soft);
  for (uint32_t k = 0; k < n; k++) last[k] += (float)((double)l->soft[k] * t * scale);
  softmax(earlier, NULL, n, l->known, t, l->soft);
  for (uint32_t k = 0; k < n; k++) last[k] -= (float)((double)l->soft[k] * t * scale);
}

// The classes that answers are about: NULL for all of them.
static const uint8_t *seen(const sl_learner *l) {
  if (l->options.loss == SL_LEARNER_SQUARED) return NULL;
  for (uint32_t k = 0; k < l->options.outputs; k++)
    if (l->seen[k]) return l->seen;
  return NULL;
}

// ---- beginning ----------------------------------------------------------------------------------

static sl_status check_rows(const sl_learner *l, const sl_learner_question *q, bool answered) {
  const sl_learner_options *o = &l->options;
  SL_TRY(sl_learner_require_idle(l));
  SL_REQUIRE(q->rows > 0 && q->inputs != NULL, SL_ERR_EMPTY, "inputs", "one example or more");
  SL_REQUIRE((uint64_t)q->rows * (o->inputs > o->outputs ? o->inputs : o->outputs) <=
                 SL_LEARNER_MOST_NUMBERS,
             SL_ERR_OVERFLOW, "inputs", "2^28 numbers at most");
  const uint64_t numbers = (uint64_t)q->rows * o->inputs;
  for (uint64_t i = 0; i < numbers; i++)
    SL_REQUIRE_AT(fabsf(q->inputs[i]) <= SL_LEARNER_LARGEST, SL_ERR_NOT_FINITE, "inputs",
                  "finite numbers of at most 10^6", i);
  if (!answered) return SL_OK;
  if (o->loss == SL_LEARNER_CROSS_ENTROPY) {
    SL_REQUIRE(q->labels != NULL && q->values == NULL, SL_ERR_ARGUMENT, "answers",
               "labels, and no values, for cross-entropy");
    for (uint32_t i = 0; i < q->rows; i++)
      SL_REQUIRE_AT(q->labels[i] < o->outputs, SL_ERR_INDEX, "answers", "a class", i);
    return SL_OK;
  }
  SL_REQUIRE(q->values != NULL && q->labels == NULL, SL_ERR_ARGUMENT, "answers",
             "values, and no labels, for the squared loss");
  for (uint64_t i = 0; i < (uint64_t)q->rows * o->outputs; i++)
    SL_REQUIRE_AT(fabsf(q->values[i]) <= SL_LEARNER_LARGEST, SL_ERR_NOT_FINITE, "answers",
                  "finite numbers of at most 10^6", i);
  return SL_OK;
}

static sl_status copy_of(const void *from, size_t count, size_t size, void **out) {
  SL_TRY(sl_alloc(count, size, out));
  memcpy(*out, from, count * size);
  return SL_OK;
}

static sl_status fill(sl_learner *l, const sl_learner_question *q, uint32_t task) {
  sl_learner_running *r = &l->running;
  const sl_learner_options *o = &l->options;
  const size_t outputs = o->outputs, rows = q->rows, piece = l->work.rows;
  r->task = task;
  r->rows = q->rows;
  r->epochs = task == SL_LEARNER_LEARNS ? q->epochs : 1;
  r->batch = q->batch;
  r->step = q->step;
  SL_TRY(copy_of(q->inputs, rows * o->inputs, sizeof(float), (void **)&r->inputs));
  if (task == SL_LEARNER_LEARNS || task == SL_LEARNER_EVALUATES) {
    SL_TRY(SL_ALLOC_ZERO(&r->own, outputs));
    if (o->loss == SL_LEARNER_CROSS_ENTROPY) {
      SL_TRY(copy_of(q->labels, rows, sizeof(uint32_t), (void **)&r->labels));
      if (o->balanced && task == SL_LEARNER_LEARNS) SL_TRY(SL_ALLOC_ZERO(&r->shift, outputs));
    } else {
      SL_TRY(copy_of(q->values, rows * outputs, sizeof(float), (void **)&r->values));
    }
  }
  if (task == SL_LEARNER_PREDICTS) return SL_ALLOC(&r->answers, rows * outputs);
  if (task == SL_LEARNER_CONSOLIDATES) {
    SL_TRY(sl_learner_allocate_anchor(l));
    return SL_ALLOC_ZERO(&r->added, l->net.parameters);
  }
  if (task == SL_LEARNER_EVALUATES) return SL_OK;
  SL_TRY(sl_replay_reserve(&l->memory, q->rows));
  SL_TRY(SL_ALLOC(&r->order, rows));
  for (uint32_t i = 0; i < q->rows; i++) r->order[i] = i;
  SL_TRY(SL_ALLOC(&r->gathered, piece * o->inputs));
  SL_TRY(SL_ALLOC(&r->wanted, piece));
  SL_TRY(SL_ALLOC(&r->drawn, o->replay_rows));
  SL_TRY(SL_ALLOC(&r->targets, piece * outputs));
  return copy_of(l->parameters, l->net.parameters, sizeof(float), (void **)&r->before);
}

// The classes of this call are seen from now on. Where the loss is balanced: the logarithm of each
// class' share of what the updates will see is added to its score while it learns.
static void weigh_classes(sl_learner *l) {
  sl_learner_running *r = &l->running;
  const sl_replay *m = &l->memory;
  const double old = m->count > 0 ? l->options.replay_weight : 0;
  for (uint32_t k = 0; k < l->options.outputs; k++)
    if (r->own[k]) l->seen[k] = 1;
  if (r->shift == NULL) return;
  for (uint32_t i = 0; i < r->rows; i++) r->shift[r->labels[i]] += 1.0 / r->rows;
  for (uint32_t k = 0; k < l->options.outputs; k++) {
    if (old > 0) r->shift[k] += old * m->held[k] / m->count;
    // What no update will see is not to vanish altogether.
    r->shift[k] = sl_steady_log(r->shift[k] / (1 + old) + 1e-3);
  }
}

static sl_status begin(sl_learner *l, const sl_learner_question *q, uint32_t task) {
  SL_TRY(check_rows(l, q, task == SL_LEARNER_LEARNS || task == SL_LEARNER_EVALUATES));
  if (task == SL_LEARNER_LEARNS) {
    SL_REQUIRE(q->epochs >= 1 && q->epochs <= 1000000, SL_ERR_OPTION, "epochs", "1 to 10^6");
    SL_REQUIRE(q->batch >= 1 && q->batch <= 4096, SL_ERR_OPTION, "batch", "1 to 4096");
    SL_REQUIRE(q->step > 0 && q->step <= 1, SL_ERR_OPTION, "step", "above 0 and at most 1");
  }
  sl_learner_forget_running(l, false);
  sl_job_drop(&l->job);
  const sl_status status = fill(l, q, task);
  if (status != SL_OK) {
    sl_learner_forget_running(l, false);
    return status;
  }
  sl_learner_running *r = &l->running;
  if (r->own != NULL && r->labels != NULL)
    for (uint32_t i = 0; i < r->rows; i++) r->own[r->labels[i]] = 1;
  if (task == SL_LEARNER_LEARNS && r->labels != NULL) weigh_classes(l);
  if (task == SL_LEARNER_LEARNS && q->step < 1) sl_optimizer_reset(&l->optimizer);
  l->result = (sl_learner_result){.loss = NAN, .accuracy = NAN};
  l->done = 0;
  sl_job_begin(&l->job);
  return SL_OK;
}

sl_status sl_learner_learn(sl_learner *l, const sl_learner_question *q) {
  return begin(l, q, SL_LEARNER_LEARNS);
}
sl_status sl_learner_consolidate(sl_learner *l, const sl_learner_question *q) {
  return begin(l, q, SL_LEARNER_CONSOLIDATES);
}
sl_status sl_learner_evaluate(sl_learner *l, const sl_learner_question *q) {
  return begin(l, q, SL_LEARNER_EVALUATES);
}
sl_status sl_learner_predict(sl_learner *l, const sl_learner_question *q) {
  return begin(l, q, SL_LEARNER_PREDICTS);
}

// ---- ending -------------------------------------------------------------------------------------

static void end_learning(sl_learner *l, sl_outcome outcome) {
  sl_learner_running *r = &l->running;
  const uint32_t n = l->net.parameters;
  if (sl_first_not_finite_f32(l->parameters, n) < n) outcome = SL_OUTCOME_BREAKDOWN;
  if (outcome == SL_OUTCOME_BREAKDOWN) {
    memcpy(l->parameters, r->before, n * sizeof *r->before);
    sl_optimizer_reset(&l->optimizer);
    sl_learner_see(l);
    l->result.rows = r->used;
  } else {
    if (r->step < 1) {
      for (uint32_t i = 0; i < n; i++)
        l->parameters[i] =
            (float)(r->before[i] + r->step * ((double)l->parameters[i] - r->before[i]));
      sl_optimizer_reset(&l->optimizer);
    }
    // Rows that no update has used do not count: all of them came in the first epoch.
    const uint32_t rows = r->epoch > 0 ? r->rows : r->used;
    if (rows > 0) l->calls++;
    for (uint32_t i = 0; i < rows; i++) {
      const uint32_t row = r->order[i];
      sl_replay_offer(&l->memory, &l->rng, r->inputs + (size_t)row * l->options.inputs,
                      r->labels == NULL ? 0 : r->labels[row],
                      r->values == NULL ? NULL : r->values + (size_t)row * l->options.outputs,
                      l->calls);
    }
    l->examples += rows;
    l->updates += r->updates;
    sl_learner_see(l);
    l->result.rows = r->used;
    l->result.loss = r->used == 0 ? NAN : r->loss / r->used;
  }
  l->result.updates = r->updates;
  l->result.outcome = outcome;
  sl_learner_forget_running(l, false);
  sl_job_end(&l->job, outcome);
}

static void end_consolidating(sl_learner *l) {
  sl_learner_running *r = &l->running;
  const double kept = l->consolidated > 0 ? l->options.ewc_decay : 0;
  for (uint32_t i = 0; i < l->net.parameters; i++)
    l->fisher[i] = (float)(kept * l->fisher[i] + (double)r->added[i] / r->rows);
  memcpy(l->anchor, l->parameters, l->net.parameters * sizeof *l->anchor);
  const uint8_t *classes = seen(l);
  for (uint32_t k = 0; k < l->options.outputs; k++) l->known[k] = classes == NULL || classes[k];
  l->consolidated++;
}

static void end_other(sl_learner *l, sl_outcome outcome) {
  sl_learner_running *r = &l->running;
  const bool whole = outcome == SL_OUTCOME_CONVERGED;
  if (r->task == SL_LEARNER_CONSOLIDATES && whole) end_consolidating(l);
  if (r->task == SL_LEARNER_EVALUATES && r->used > 0) {
    l->result.loss = r->loss / r->used;
    if (r->labels != NULL) l->result.accuracy = r->right / r->used;
  }
  l->result.rows = r->used;
  l->result.outcome = outcome;
  sl_learner_forget_running(l, r->task == SL_LEARNER_PREDICTS && whole);
  sl_job_end(&l->job, outcome);
}

// ---- pieces of learning -------------------------------------------------------------------------

static void begin_batch(sl_learner *l) {
  sl_learner_running *r = &l->running;
  const uint32_t left = r->rows - r->at;
  r->batch_rows = r->new_left = left < r->batch ? left : r->batch;
  // The order of the epoch, as far as it is wanted.
  for (uint32_t i = r->at; i < r->at + r->batch_rows; i++) {
    const uint32_t j = i + sl_rng_below(&l->rng, r->rows - i), swap = r->order[i];
    r->order[i] = r->order[j];
    r->order[j] = swap;
  }
  r->old_rows = l->memory.count > 0 && l->options.replay_weight > 0 ? l->options.replay_rows : 0;
  r->old_left = r->old_rows;
  sl_replay_draw(&l->memory, &l->rng, r->old_rows, r->drawn);
  memset(l->gradient, 0, l->net.parameters * sizeof *l->gradient);
  r->in_batch = true;
}

// The answers of the earlier network to a piece, into r->targets. They are wanted before the pass of
// the one that learns, whose results stay in the work space.
static bool ask_earlier(sl_learner *l, const float *x, uint32_t rows) {
  if (l->options.distillation == 0 || l->anchor == NULL) return false;
  const float *given = sl_net_forward(&l->net, l->anchor, x, rows, &l->work);
  memcpy(l->running.targets, given, (size_t)rows * l->options.outputs * sizeof *given);
  return true;
}

// Rows of the batch, or of the memory: their part of the gradient.
static uint32_t piece_of_batch(sl_learner *l, bool old) {
  sl_learner_running *r = &l->running;
  const uint32_t inputs = l->options.inputs, outputs = l->options.outputs;
  const uint32_t left = old ? r->old_left : r->new_left;
  const uint32_t rows = left < l->work.rows ? left : l->work.rows;
  const uint32_t all = old ? r->old_rows : r->batch_rows, first = all - left;
  const float *values[SL_LEARNER_PIECE_ROWS] = {NULL};
  for (uint32_t i = 0; i < rows; i++) {
    const uint32_t row = old ? r->drawn[first + i] : r->order[r->at + first + i];
    const float *from = (old ? l->memory.vectors : r->inputs) + (size_t)row * inputs;
    memcpy(r->gathered + (size_t)i * inputs, from, inputs * sizeof *from);
    const uint32_t *labels = old ? l->memory.labels : r->labels;
    const float *of_rows = old ? l->memory.values : r->values;
    r->wanted[i] = labels == NULL ? 0 : labels[row];
    values[i] = of_rows == NULL ? NULL : of_rows + (size_t)row * outputs;
  }
  const bool earlier = ask_earlier(l, r->gathered, rows);
  const float *given = sl_net_forward(&l->net, l->parameters, r->gathered, rows, &l->work);
  const uint8_t *mask = seen(l);
  const double scale = (old ? l->options.replay_weight : 1) / all;
  const double kept = l->options.distillation / (r->batch_rows + r->old_rows);
  for (uint32_t i = 0; i < rows; i++) {
    const double loss = loss_of(l, i, given, r->wanted[i], values[i], r->shift, mask, scale);
    if (!old) r->loss += loss;
    if (earlier) distil(l, i, given, r->targets, kept);
  }
  sl_net_backward(&l->net, l->parameters, r->gathered, rows, l->last, false, &l->work, l->gradient);
  if (old)
    r->old_left -= rows;
  else
    r->new_left -= rows;
  return rows * (earlier ? 4 : 3);
}

// False where the gradient is not finite.
static bool update(sl_learner *l) {
  const sl_learner_options *o = &l->options;
  const uint32_t n = l->net.parameters;
  if (o->ewc > 0 && l->consolidated > 0) {
    const float weight = (float)o->ewc;
    for (uint32_t i = 0; i < n; i++)
      l->gradient[i] += weight * l->fisher[i] * (l->parameters[i] - l->anchor[i]);
  }
  if (!isfinite(sl_clip_norm(l->gradient, n, o->clip))) return false;
  sl_optimizer_step(&l->optimizer, 1, l->parameters, l->gradient);
  return true;
}

static uint64_t piece_of_learning(sl_learner *l) {
  sl_learner_running *r = &l->running;
  if (!r->in_batch) begin_batch(l);
  if (r->new_left > 0) return piece_of_batch(l, false);
  if (r->old_left > 0) return piece_of_batch(l, true);
  r->in_batch = false;
  if (!update(l)) {
    end_learning(l, SL_OUTCOME_BREAKDOWN);
    return 1;
  }
  r->updates++;
  r->at += r->batch_rows;
  r->used = r->at;
  if (r->at < r->rows) return 2;
  r->epoch++;
  if (r->epoch == r->epochs) {
    end_learning(l, SL_OUTCOME_CONVERGED);
  } else {
    r->at = 0;
    r->loss = 0;
  }
  return 2;
}

// ---- the other jobs -----------------------------------------------------------------------------

// What squares of gradients are wanted of: a label that is drawn from the answer, or noise of unit
// variance on each number.
static void draw_last(sl_learner *l, const float *given, uint32_t rows) {
  const uint32_t n = l->options.outputs;
  const uint8_t *mask = seen(l);
  for (uint32_t i = 0; i < rows; i++) {
    float *last = l->last + (size_t)i * n;
    if (l->options.loss == SL_LEARNER_SQUARED) {
      for (uint32_t k = 0; k < n; k++) last[k] = (float)sl_draw_normal(&l->rng);
      continue;
    }
    softmax(given + (size_t)i * n, NULL, n, mask, 1, last);
    double at = sl_rng_double(&l->rng);
    uint32_t label = 0;
    for (uint32_t k = 0; k < n; k++) {
      if (last[k] == 0) continue;
      label = k;
      at -= (double)last[k];
      if (at < 0) break;
    }
    last[label] -= 1;
  }
}

static void measure(sl_learner *l, const float *given, uint32_t rows) {
  sl_learner_running *r = &l->running;
  const uint32_t n = l->options.outputs;
  const uint8_t *answered = seen(l);
  // A class that was never seen has no finite loss among those that were.
  for (uint32_t k = 0; r->labels != NULL && answered != NULL && k < n; k++) r->own[k] |= l->seen[k];
  for (uint32_t i = 0; i < rows; i++) {
    const uint32_t row = r->used + i, label = r->labels == NULL ? 0 : r->labels[row];
    const float *values = r->values == NULL ? NULL : r->values + (size_t)row * n;
    r->loss += loss_of(l, i, given, label, values, NULL, answered == NULL ? NULL : r->own, 0);
    if (r->labels == NULL) continue;
    const float *scores = given + (size_t)i * n;
    uint32_t best = UINT32_MAX;
    for (uint32_t k = 0; k < n; k++)
      if ((answered == NULL || answered[k]) && (best == UINT32_MAX || scores[k] > scores[best]))
        best = k;
    r->right += best == label;
  }
}

static uint64_t piece_of_other(sl_learner *l) {
  sl_learner_running *r = &l->running;
  const uint32_t n = l->options.outputs, left = r->rows - r->used;
  const uint32_t rows = left < l->work.rows ? left : l->work.rows;
  const float *x = r->inputs + (size_t)r->used * l->options.inputs;
  const float *given = sl_net_forward(&l->net, l->parameters, x, rows, &l->work);
  if (r->task == SL_LEARNER_CONSOLIDATES) {
    draw_last(l, given, rows);
    sl_net_backward(&l->net, l->parameters, x, rows, l->last, true, &l->work, r->added);
  } else if (r->task == SL_LEARNER_EVALUATES) {
    measure(l, given, rows);
  } else {
    float *answers = r->answers + (size_t)r->used * n;
    memcpy(answers, given, (size_t)rows * n * sizeof *answers);
    for (uint32_t i = 0; i < rows && l->options.loss == SL_LEARNER_CROSS_ENTROPY; i++)
      softmax(given + (size_t)i * n, NULL, n, seen(l), 1, answers + (size_t)i * n);
  }
  r->used += rows;
  const bool consolidates = r->task == SL_LEARNER_CONSOLIDATES;
  if (r->used == r->rows) end_other(l, SL_OUTCOME_CONVERGED);
  return rows * (consolidates ? 3 : 1);
}

// ---- the job ------------------------------------------------------------------------------------

static sl_learner *of(sl_job *job) { return (sl_learner *)job; }

static sl_status step(sl_job *job, uint64_t work) {
  sl_learner *l = of(job);
  uint64_t spent = 0;
  while (spent < work && sl_job_is_running(job)) {
    const uint64_t rows =
        l->running.task == SL_LEARNER_LEARNS ? piece_of_learning(l) : piece_of_other(l);
    spent += rows * l->net.parameters;
  }
  l->done += spent;
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  sl_learner *l = of(job);
  if (l->running.task == SL_LEARNER_LEARNS)
    end_learning(l, why);
  else
    end_other(l, why);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_learner *)job)->done; }

static uint64_t work_expected(const sl_job *job) {
  const sl_learner *l = (const sl_learner *)job;
  const sl_learner_running *r = &l->running;
  if (!sl_job_is_running(job)) return l->done;
  if (r->task != SL_LEARNER_LEARNS)
    return (uint64_t)r->rows * (r->task == SL_LEARNER_CONSOLIDATES ? 3 : 1) * l->net.parameters;
  const uint64_t batches = ((uint64_t)r->rows + r->batch - 1) / r->batch;
  const uint64_t old = l->memory.count > 0 ? batches * l->options.replay_rows : 0;
  const uint32_t passes = l->options.distillation > 0 && l->anchor != NULL ? 4 : 3;
  return r->epochs * ((r->rows + old) * passes + 2 * batches) * l->net.parameters;
}

static size_t bytes_of(const sl_job *job) { return sl_learner_bytes((const sl_learner *)job); }
static void destroy(sl_job *job) { sl_learner_destroy(of(job)); }

const sl_job_kind sl_learner_kind = {.name = "learner",
                                     .step = step,
                                     .stop = stop,
                                     .work = work_done,
                                     .expected = work_expected,
                                     .bytes = bytes_of,
                                     .destroy = destroy};

// ---- at once ------------------------------------------------------------------------------------

sl_status sl_learner_gradient(sl_learner *l, const sl_learner_question *q, float *out) {
  SL_TRY(check_rows(l, q, true));
  SL_REQUIRE(q->rows <= 4096, SL_ERR_OVERFLOW, "inputs", "4096 examples at most");
  const uint32_t inputs = l->options.inputs, outputs = l->options.outputs;
  memset(out, 0, l->net.parameters * sizeof *out);
  for (uint32_t first = 0; first < q->rows;) {
    const uint32_t left = q->rows - first, rows = left < l->work.rows ? left : l->work.rows;
    const float *x = q->inputs + (size_t)first * inputs;
    const float *given = sl_net_forward(&l->net, l->parameters, x, rows, &l->work);
    for (uint32_t i = 0; i < rows; i++)
      loss_of(l, i, given, q->labels == NULL ? 0 : q->labels[first + i],
              q->values == NULL ? NULL : q->values + (size_t)(first + i) * outputs, NULL, NULL,
              1.0 / q->rows);
    sl_net_backward(&l->net, l->parameters, x, rows, l->last, false, &l->work, out);
    first += rows;
  }
  return SL_OK;
}
