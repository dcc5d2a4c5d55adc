#include "bandit/evaluate.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bandit/bandit.h"
#include "bandit/numbers.h"
#include "bandit/regression.h"
#include "base/memory.h"
#include "base/rng.h"
#include "simd/kernels.h"

// What a row adds to each sum of the bootstrap.
typedef struct terms {
  double weight, ips, clipped, dm, dr;
} terms;

// What the model of an arm adds to the variance of DM.
typedef struct spread {
  double leverage; // c' A^-1 c, c the mean over rows of target * (1, context); mean of the folds
  double squares, count; // of errors in rows that the model has not learned from
} spread;

typedef enum phase { CHECK, LEARN, PREDICT, COMBINE, RESAMPLE } phase;

struct sl_evaluation {
  sl_job job;
  sl_evaluation_question question;
  terms *rows;
  uint8_t *fold;     // of each row
  double *blocks;    // models of one fold, one an arm
  double *weights;   // their weights, arms * (dimension + 1)
  double *asked;     // for each arm, the sum of target * (1, context) over the rows of the fold
  spread *spreads;   // arms
  double *row;       // dimension + 1
  double *resampled; // SL_ESTIMATORS * resamples
  double offset;     // mean reward of the rows that the fold learns from
  double largest;    // weight
  double model_deviation; // of the mean prediction
  double out[SL_ESTIMATORS * SL_EVALUATION_NUMBERS];
  sl_rng rng;
  phase phase;
  size_t next; // row
  uint32_t current, replicate;
  uint64_t work;
};

sl_evaluation_question sl_evaluation_question_default(void) {
  return (sl_evaluation_question){.methods = (1u << SL_ESTIMATORS) - 1,
                                  .target_rows = 1,
                                  .folds = 5,
                                  .ridge = 1,
                                  .resamples = 1000,
                                  .confidence = 0.95,
                                  .seed = 1};
}

static bool needs_model(const sl_evaluation *e) {
  return (e->question.methods & (1u << SL_DM | 1u << SL_DR)) != 0;
}

static uint32_t width(const sl_evaluation *e) { return e->question.dimension + 1; }

static sl_status check_question(const sl_evaluation_question *q) {
  SL_REQUIRE(q->rows > 0, SL_ERR_EMPTY, "rewards", "one row at least");
  SL_REQUIRE(q->rows <= UINT32_MAX, SL_ERR_OVERFLOW, "rewards", "fewer than 2^32 rows");
  SL_REQUIRE(q->arms > 0 && q->arms <= SL_BANDIT_MOST_ARMS, SL_ERR_RANGE, "arms", "1 to 2^20");
  SL_REQUIRE(q->dimension < SL_BANDIT_MOST_DIMENSION, SL_ERR_RANGE, "dimension", "0 to 4095");
  SL_REQUIRE(q->methods > 0 && q->methods < 1u << SL_ESTIMATORS, SL_ERR_OPTION, "methods",
             "one of the methods at least");
  SL_REQUIRE(q->target_rows == 1 || q->target_rows == q->rows, SL_ERR_OPTION, "target_rows",
             "1, or as many as the log has");
  SL_REQUIRE(q->clip >= 0 && q->clip <= DBL_MAX, SL_ERR_OPTION, "clip", "a number above 0");
  SL_REQUIRE(q->folds >= 2 && q->folds <= 100, SL_ERR_OPTION, "folds", "2 to 100");
  SL_REQUIRE(q->ridge >= 1e-9 && q->ridge <= 1e9, SL_ERR_OPTION, "ridge", "1e-9 to 1e9");
  SL_REQUIRE(q->resamples <= 1000000, SL_ERR_OPTION, "resamples", "0 to 10^6");
  SL_REQUIRE(q->confidence > 0 && q->confidence < 1, SL_ERR_OPTION, "confidence",
             "a number between 0 and 1");
  return SL_OK;
}

static sl_status allocate(sl_evaluation *e) {
  SL_TRY(SL_ALLOC_ZERO(&e->rows, e->question.rows));
  SL_TRY(SL_ALLOC(&e->resampled, (size_t)SL_ESTIMATORS * e->question.resamples));
  if (!needs_model(e)) return SL_OK;
  SL_TRY(SL_ALLOC(&e->fold, e->question.rows));
  SL_TRY(SL_ALLOC(&e->row, width(e)));
  SL_TRY(SL_ALLOC(&e->weights, (size_t)e->question.arms * width(e)));
  SL_TRY(SL_ALLOC_ZERO(&e->asked, (size_t)e->question.arms * width(e)));
  SL_TRY(SL_ALLOC_ZERO(&e->spreads, e->question.arms));
  return SL_ALLOC(&e->blocks, e->question.arms * sl_regression_size(width(e), 0));
}

sl_status sl_evaluation_create(const sl_evaluation_question *question, sl_evaluation **out) {
  *out = NULL;
  SL_TRY(check_question(question));
  sl_evaluation *e;
  SL_TRY(SL_ALLOC_ZERO(&e, 1));
  e->job.kind = &sl_evaluation_kind;
  e->question = *question;
  if (e->question.clip == 0) e->question.clip = sqrt((double)question->rows);
  sl_rng_seed(&e->rng, question->seed);
  const sl_status status = allocate(e);
  if (status != SL_OK) {
    sl_evaluation_destroy(e);
    return status;
  }
  sl_job_begin(&e->job);
  *out = e;
  return SL_OK;
}

void sl_evaluation_destroy(sl_evaluation *e) {
  if (e == NULL) return;
  sl_free(e->rows);
  sl_free(e->fold);
  sl_free(e->blocks);
  sl_free(e->weights);
  sl_free(e->asked);
  sl_free(e->spreads);
  sl_free(e->row);
  sl_free(e->resampled);
  sl_free(e);
}

sl_job *sl_evaluation_job(sl_evaluation *e) { return &e->job; }

static const double *target_of(const sl_evaluation *e, size_t i) {
  return e->question.target + (e->question.target_rows == 1 ? 0 : i * e->question.arms);
}

static const double *context_of(const sl_evaluation *e, size_t i) {
  return e->question.contexts + i * e->question.dimension;
}

static sl_status check_row(sl_evaluation *e, size_t i) {
  const sl_evaluation_question *log = &e->question;
  const uint32_t d = log->dimension, arm = log->actions[i];
  const double p = log->propensities[i], *target = target_of(e, i);
  SL_REQUIRE_AT(arm < log->arms, SL_ERR_INDEX, "actions", "numbers of arms", i);
  SL_REQUIRE_AT(isfinite(log->rewards[i]), SL_ERR_NOT_FINITE, "rewards", "finite numbers", i);
  SL_REQUIRE_AT(fabs(log->rewards[i]) <= SL_BANDIT_LARGEST, SL_ERR_RANGE, "rewards",
                "numbers up to 2^400 in size", i);
  SL_REQUIRE_AT(p >= DBL_MIN && p <= 1, SL_ERR_RANGE, "propensities",
                "the probability of each choice, above 0 and at most 1", i);
  if (i == 0 || e->question.target_rows > 1) {
    double sum = 0;
    for (uint32_t a = 0; a < log->arms; a++) {
      SL_REQUIRE_AT(target[a] >= 0 && target[a] <= 1 + 1e-6, SL_ERR_RANGE, "target",
                    "probabilities", i);
      sum += target[a];
    }
    SL_REQUIRE_AT(fabs(sum - 1) <= 1e-6, SL_ERR_RANGE, "target", "probabilities that sum to 1", i);
  }
  if (d > 0) {
    SL_REQUIRE_AT(sl_first_not_finite_f64(context_of(e, i), d) == d, SL_ERR_NOT_FINITE, "contexts",
                  "finite numbers", i);
    SL_REQUIRE_AT(sl_norm_inf_f64(context_of(e, i), d) <= SL_BANDIT_LARGEST, SL_ERR_RANGE,
                  "contexts", "numbers up to 2^400 in size", i);
  }
  terms *row = &e->rows[i];
  row->weight = target[arm] / p;
  row->ips = row->weight * log->rewards[i];
  row->clipped = fmin(row->weight, e->question.clip) * log->rewards[i];
  if (row->weight > e->largest) e->largest = row->weight;
  return SL_OK;
}

// Rows are dealt to the folds in a random order, so that folds differ by one row at most.
static void deal(sl_evaluation *e) {
  const size_t n = e->question.rows;
  for (size_t i = 0; i < n; i++) e->fold[i] = (uint8_t)(i % e->question.folds);
  for (size_t i = n; i-- > 1;) {
    const size_t j = sl_rng_below(&e->rng, (uint32_t)(i + 1));
    const uint8_t fold = e->fold[i];
    e->fold[i] = e->fold[j];
    e->fold[j] = fold;
  }
}

static sl_regression model_of(const sl_evaluation *e, uint32_t arm) {
  return sl_regression_at(e->blocks + arm * sl_regression_size(width(e), 0), width(e), 0);
}

static void begin_fold(sl_evaluation *e) {
  double sum = 0, count = 0;
  for (size_t i = 0; i < e->question.rows; i++) {
    if (e->fold[i] == e->current) continue;
    sum += e->question.rewards[i];
    count += 1;
  }
  e->offset = count > 0 ? sum / count : 0;
  for (uint32_t arm = 0; arm < e->question.arms; arm++)
    sl_regression_reset(model_of(e, arm), e->question.ridge);
}

static void learn_row(sl_evaluation *e, size_t i) {
  if (e->fold[i] == e->current) return;
  double reward = e->question.rewards[i] - e->offset;
  e->row[0] = 1;
  if (e->question.dimension > 0)
    memcpy(e->row + 1, context_of(e, i), e->question.dimension * sizeof *e->row);
  sl_regression_add(model_of(e, e->question.actions[i]), 1, e->row, NULL, &reward);
}

static void end_fold(sl_evaluation *e) {
  for (uint32_t arm = 0; arm < e->question.arms; arm++) {
    const sl_regression model = model_of(e, arm);
    double *theta = e->weights + (size_t)arm * width(e);
    memcpy(theta, model.y, width(e) * sizeof *theta);
    sl_regression_solve_back(model, theta);
  }
}

static void predict_row(sl_evaluation *e, size_t i) {
  if (e->fold[i] != e->current) return;
  const double *target = target_of(e, i);
  terms *row = &e->rows[i];
  row->dm = 0;
  for (uint32_t arm = 0; arm < e->question.arms; arm++) {
    const bool logged = arm == e->question.actions[i];
    if (target[arm] == 0 && !logged) continue;
    const double *theta = e->weights + (size_t)arm * width(e);
    double q = e->offset + theta[0];
    if (e->question.dimension > 0)
      q += sl_dot_f64(theta + 1, context_of(e, i), e->question.dimension);
    row->dm += target[arm] * q;
    double *asked = e->asked + (size_t)arm * width(e);
    asked[0] += target[arm];
    if (e->question.dimension > 0)
      sl_axpy_f64(target[arm], context_of(e, i), asked + 1, e->question.dimension);
    if (!logged) continue;
    const double error = e->question.rewards[i] - q;
    row->dr = row->weight * error;
    e->spreads[arm].squares += error * error;
    e->spreads[arm].count += 1;
  }
  row->dr += row->dm;
}

// How much the models of this fold could be off, in units of the noise of each arm.
static void end_prediction(sl_evaluation *e) {
  double rows = 0;
  for (size_t i = 0; i < e->question.rows; i++) rows += e->fold[i] == e->current;
  for (uint32_t arm = 0; arm < e->question.arms && rows > 0; arm++) {
    double *asked = e->asked + (size_t)arm * width(e);
    sl_scale_f64(1 / rows, asked, width(e));
    sl_regression_solve(model_of(e, arm), asked);
    e->spreads[arm].leverage +=
        sl_regression_variance(model_of(e, arm), asked) * rows / (double)e->question.rows;
    memset(asked, 0, width(e) * sizeof *asked);
  }
}

// All folds share most of their rows, so that their models err together; each has learned from a
// share of the rows. An arm that was never seen has the noise of all.
static double model_deviation(const sl_evaluation *e) {
  double squares = 0, count = 0, variance = 0;
  for (uint32_t arm = 0; arm < e->question.arms; arm++) {
    squares += e->spreads[arm].squares;
    count += e->spreads[arm].count;
  }
  for (uint32_t arm = 0; arm < e->question.arms; arm++) {
    const spread *s = &e->spreads[arm];
    const double noise = s->count > 1 ? s->squares / s->count : squares / count;
    variance += noise * s->leverage;
  }
  return sqrt(variance * (e->question.folds - 1) / e->question.folds);
}

static double term(const terms *row, int method) {
  switch (method) {
  case SL_IPS:
    return row->ips;
  case SL_CLIPPED:
    return row->clipped;
  case SL_DM:
    return row->dm;
  default:
    return row->dr;
  }
}

static double *numbers(sl_evaluation *e, int method) {
  return e->out + method * SL_EVALUATION_NUMBERS;
}

// Values and standard errors. Returns whether the log supports the target.
static bool combine(sl_evaluation *e) {
  const size_t n = e->question.rows;
  if (needs_model(e)) e->model_deviation = model_deviation(e);
  double sum = 0, squares = 0, weights = 0;
  for (size_t i = 0; i < n; i++) {
    weights += e->rows[i].weight;
    // Shares of the largest: squares of weights may overflow.
    const double share = e->largest > 0 ? e->rows[i].weight / e->largest : 0;
    sum += share;
    squares += share * share;
  }
  const double ess = squares > 0 ? sum * sum / squares : 0;
  const bool supported = ess >= SL_EVALUATION_LEAST_ESS;
  for (int method = 0; method < SL_ESTIMATORS; method++) {
    double *out = numbers(e, method);
    for (uint32_t k = 0; k < SL_EVALUATION_NUMBERS; k++) out[k] = NAN;
    if (!(e->question.methods >> method & 1)) continue;
    out[4] = ess;
    out[5] = method == SL_CLIPPED ? fmin(e->largest, e->question.clip) : e->largest;
    out[6] = weights / (double)n;
    out[7] = !supported;
    if (!supported) continue;
    double value = 0, spread = 0;
    if (method == SL_SNIPS) {
      for (size_t i = 0; i < n; i++) value += e->rows[i].ips;
      value /= weights;
      for (size_t i = 0; i < n; i++) {
        const double off = e->rows[i].ips - e->rows[i].weight * value;
        spread += off * off;
      }
      out[1] = sqrt(spread) / weights;
    } else {
      for (size_t i = 0; i < n; i++) value += term(&e->rows[i], method);
      value /= (double)n;
      for (size_t i = 0; i < n; i++) {
        const double off = term(&e->rows[i], method) - value;
        spread += off * off;
      }
      out[1] = sqrt(spread / ((double)n - 1) / (double)n); // n >= 30: it is supported
      if (method == SL_DM) out[1] = sqrt(out[1] * out[1] + e->model_deviation * e->model_deviation);
    }
    out[0] = value;
  }
  return supported;
}

__attribute__((noinline)) static terms sum_of_sample(const terms *rows, uint32_t n, sl_rng *rng) {
  terms sum = {0};
  for (uint32_t i = 0; i < n; i++) {
    const terms *row = &rows[sl_rng_below(rng, n)];
    sum.weight += row->weight;
    sum.ips += row->ips;
    sum.clipped += row->clipped;
    sum.dm += row->dm;
    sum.dr += row->dr;
  }
  return sum;
}

static void resample(sl_evaluation *e) {
  const double n = (double)e->question.rows;
  const terms sum = sum_of_sample(e->rows, (uint32_t)e->question.rows, &e->rng);
  for (int method = 0; method < SL_ESTIMATORS; method++) {
    double value = term(&sum, method) / n;
    if (method == SL_SNIPS) value = sum.weight > 0 ? sum.ips / sum.weight : 0;
    // Models are not fitted again for each sample: their error is drawn.
    if (method == SL_DM && needs_model(e)) value += e->model_deviation * sl_draw_normal(&e->rng);
    e->resampled[(size_t)method * e->question.resamples + e->replicate] = value;
  }
}

static int by_size(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double quantile(const double *sorted, uint32_t n, double q) {
  const double at = q * (n - 1);
  const uint32_t low = (uint32_t)at, high = low + 1 < n ? low + 1 : low;
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}

static void read_intervals(sl_evaluation *e) {
  const uint32_t n = e->question.resamples;
  const double tail = (1 - e->question.confidence) / 2;
  for (int method = 0; method < SL_ESTIMATORS && n > 0; method++) {
    if (!(e->question.methods >> method & 1)) continue;
    double *values = e->resampled + (size_t)method * n;
    qsort(values, n, sizeof *values, by_size);
    numbers(e, method)[2] = quantile(values, n, tail);
    numbers(e, method)[3] = quantile(values, n, 1 - tail);
  }
}

// ---- in steps -----------------------------------------------------------------------------------

// Goes on with one row, one fold's beginning or one resample; adds what it cost.
static sl_status go_on(sl_evaluation *e) {
  const size_t n = e->question.rows;
  const uint64_t d = width(e);
  switch (e->phase) {
  case CHECK:
    SL_TRY(check_row(e, e->next));
    e->work += (e->question.target_rows > 1 ? e->question.arms : 0) + d;
    if (++e->next < n) return SL_OK;
    e->next = 0;
    e->phase = needs_model(e) ? LEARN : COMBINE;
    if (needs_model(e)) deal(e);
    return SL_OK;
  case LEARN:
    if (e->next == 0) {
      begin_fold(e);
      e->work += n + e->question.arms * sl_regression_size((uint32_t)d, 0);
    }
    learn_row(e, e->next);
    e->work += d * d;
    if (++e->next < n) return SL_OK;
    end_fold(e);
    e->work += e->question.arms * d * d;
    e->next = 0;
    e->phase = PREDICT;
    return SL_OK;
  case PREDICT:
    predict_row(e, e->next);
    if (e->fold[e->next] == e->current) e->work += e->question.arms * d;
    e->work++;
    if (++e->next < n) return SL_OK;
    end_prediction(e);
    e->work += n + e->question.arms * d * d;
    e->next = 0;
    e->phase = ++e->current < e->question.folds ? LEARN : COMBINE;
    return SL_OK;
  case COMBINE:
    e->work += SL_ESTIMATORS * n;
    e->phase = RESAMPLE;
    if (!combine(e) || e->question.resamples == 0) sl_job_end(&e->job, SL_OUTCOME_CONVERGED);
    return SL_OK;
  case RESAMPLE:
    resample(e);
    e->work += 3 * n;
    if (++e->replicate < e->question.resamples) return SL_OK;
    read_intervals(e);
    sl_job_end(&e->job, SL_OUTCOME_CONVERGED);
  }
  return SL_OK;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_evaluation *e = (sl_evaluation *)job;
  const uint64_t until = e->work + work;
  do {
    SL_TRY(go_on(e));
  } while (e->work < until && sl_job_is_running(job));
  return SL_OK;
}

// Nothing can be said before the end: there is no budget of time, and a stop leaves what NaN says.
static sl_status stop(sl_job *job, sl_outcome why) {
  sl_evaluation *e = (sl_evaluation *)job;
  for (int k = 0; k < (int)(SL_ESTIMATORS * SL_EVALUATION_NUMBERS); k++) e->out[k] = NAN;
  sl_job_end(job, why);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_evaluation *)job)->work; }

static uint64_t work_expected(const sl_job *job) {
  const sl_evaluation *e = (const sl_evaluation *)job;
  const uint64_t n = e->question.rows, d = width(e), arms = e->question.arms;
  uint64_t all = n * ((e->question.target_rows > 1 ? arms : 0) + d) + SL_ESTIMATORS * n +
                 3 * n * e->question.resamples;
  if (needs_model(e))
    all += e->question.folds *
               (n * (3 + d * d) + arms * (sl_regression_size((uint32_t)d, 0) + 2 * d * d)) +
           n * arms * d;
  return all;
}

static size_t bytes(const sl_job *job) {
  const sl_evaluation *e = (const sl_evaluation *)job;
  size_t all = sizeof *e + e->question.rows * sizeof *e->rows +
               (size_t)SL_ESTIMATORS * e->question.resamples * sizeof(double);
  if (needs_model(e))
    all += e->question.rows + (width(e) + (size_t)e->question.arms * width(e) +
                               e->question.arms * sl_regression_size(width(e), 0)) *
                                  sizeof(double);
  return all;
}

static void destroy(sl_job *job) { sl_evaluation_destroy((sl_evaluation *)job); }

const sl_job_kind sl_evaluation_kind = {"evaluation",  step,  stop,   work_done,
                                        work_expected, bytes, destroy};

sl_status sl_evaluation_read(const sl_evaluation *e, double *out) {
  SL_TRY(sl_job_require_ended(&e->job));
  memcpy(out, e->out, sizeof e->out);
  return SL_OK;
}
