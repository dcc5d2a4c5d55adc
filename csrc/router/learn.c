// Learning, in steps: what is held out, the model, and then its calibration.
#include <math.h>
#include <string.h>

#include "bandit/numbers.h"
#include "base/memory.h"
#include "router/object.h"

enum { BATCH = 32 };

static void shuffle(uint32_t *x, uint32_t count, sl_rng *rng) {
  for (uint32_t i = count; i > 1; i--) {
    const uint32_t j = sl_rng_below(rng, i), swap = x[i - 1];
    x[i - 1] = x[j];
    x[j] = swap;
  }
}

// ---- what is held out ---------------------------------------------------------------------------

// The share of each route with labels, so that none loses its last example; of all with values.
static sl_status choose_held(sl_router *r, uint32_t *quota) {
  const sl_router_question *q = &r->question;
  const uint32_t n = q->examples;
  uint64_t held = 0;
  if (r->by_value) {
    held = (uint64_t)(q->holdout * n);
  } else {
    for (uint32_t i = 0; i < n; i++) quota[r->learning.labels[i]]++;
    for (uint32_t k = 0; k < q->routes; k++) {
      SL_REQUIRE_AT(quota[k] > 0, SL_ERR_EMPTY, "labels", "an example of each route", k);
      quota[k] = (uint32_t)(q->holdout * quota[k]);
      held += quota[k];
    }
  }
  const uint32_t asked = q->calibration;
  if (asked == SL_ROUTER_AUTOMATIC) {
    r->calibration = held >= 50                                     ? SL_ROUTER_ISOTONIC
                     : held >= SL_ROUTER_LEAST_HELD && !r->by_value ? SL_ROUTER_TEMPERATURE
                                                                    : SL_ROUTER_NONE;
    if (held < SL_ROUTER_LEAST_HELD) {
      held = 0;
      memset(quota, 0, q->routes * sizeof *quota);
    }
  } else {
    r->calibration = asked;
    SL_REQUIRE(asked == SL_ROUTER_NONE || held >= SL_ROUTER_LEAST_HELD, SL_ERR_OPTION, "holdout",
               "a share with 10 examples at least, which this calibration needs");
  }
  r->held = (uint32_t)(held < SL_ROUTER_MOST_HELD ? held : SL_ROUTER_MOST_HELD);
  r->trained = n - r->held;
  return SL_OK;
}

static sl_status split(sl_router *r) {
  sl_router_learning *l = &r->learning;
  const uint32_t n = r->question.examples;
  uint32_t *quota, *all = NULL;
  SL_TRY(SL_ALLOC_ZERO(&quota, r->question.routes));
  sl_status status = choose_held(r, quota);
  if (status == SL_OK) status = SL_ALLOC(&all, n);
  if (status == SL_OK) {
    for (uint32_t i = 0; i < n; i++) all[i] = i;
    shuffle(all, n, &l->rng);
    uint32_t learned = 0, held = r->trained;
    for (uint32_t i = 0; i < n; i++) {
      const uint32_t id = all[i];
      bool out = held < n && (r->by_value || quota[l->labels[id]] > 0);
      if (out && !r->by_value) quota[l->labels[id]]--;
      // With values those at the end would do as well: all is in a random order.
      l->order[out ? held++ : learned++] = id;
    }
  }
  sl_free(all);
  sl_free(quota);
  return status;
}

// ---- models -------------------------------------------------------------------------------------

static const float *row_of(const sl_router *r, uint32_t i) {
  return r->learning.vectors + (size_t)r->learning.order[i] * r->stride;
}

// What route k of example i should have.
static double wanted(const sl_router *r, uint32_t i, uint32_t k) {
  const sl_router_learning *l = &r->learning;
  const uint32_t id = l->order[i];
  return r->by_value ? (double)l->values[(size_t)id * r->question.routes + k] : l->labels[id] == k;
}

static sl_status take_parameters(sl_router *r, uint64_t count) {
  SL_REQUIRE(count <= UINT32_MAX && count <= SIZE_MAX / sizeof(double), SL_ERR_OVERFLOW, "routes",
             "fewer parameters");
  r->parameter_count = (size_t)count;
  return SL_ALLOC_ZERO(&r->parameters, (size_t)count);
}

static sl_status begin_similarity(sl_router *r) {
  sl_router_learning *l = &r->learning;
  const uint32_t routes = r->question.routes;
  SL_TRY(SL_ALLOC_ZERO(&r->begins, (size_t)routes + 1));
  SL_TRY(SL_ALLOC(&l->places, routes));
  SL_TRY(SL_ALLOC(&r->examples, (size_t)r->trained * r->stride));
  SL_TRY(SL_ALLOC(&r->ids, r->trained));
  for (uint32_t i = 0; i < r->trained; i++) r->begins[l->labels[l->order[i]] + 1]++;
  for (uint32_t k = 0; k < routes; k++) {
    r->begins[k + 1] += r->begins[k];
    l->places[k] = r->begins[k];
  }
  return SL_OK;
}

static sl_status begin_ridge(sl_router *r) {
  sl_router_learning *l = &r->learning;
  const uint32_t routes = r->question.routes, width = r->question.dimension + 1;
  const uint64_t size =
      (uint64_t)width * (width - 1) / 2 + (uint64_t)width * (3 + (uint64_t)routes);
  SL_REQUIRE(size <= SIZE_MAX / sizeof(double), SL_ERR_OVERFLOW, "vectors",
             "fewer numbers for ridge");
  SL_TRY(take_parameters(r, (uint64_t)routes * width));
  SL_TRY(SL_ALLOC(&l->block, sl_regression_size(width, routes)));
  SL_TRY(SL_ALLOC(&l->x, width));
  SL_TRY(SL_ALLOC(&l->z, routes));
  SL_TRY(SL_ALLOC_ZERO(&l->mean, routes));
  for (uint32_t k = 0; k < routes; k++) {
    for (uint32_t i = 0; i < r->trained; i++) l->mean[k] += wanted(r, i, k);
    l->mean[k] /= r->trained;
  }
  // The mean loss has the penalty l2 / 2 |w|^2: the sum of all rows has it as many times.
  sl_regression_reset(sl_regression_at(l->block, width, routes), r->question.l2 * r->trained);
  return SL_OK;
}

static sl_status begin_logistic(sl_router *r) {
  sl_router_learning *l = &r->learning;
  const sl_router_question *q = &r->question;
  float *rows;
  uint32_t *labels = NULL;
  SL_TRY(SL_ALLOC(&rows, (size_t)r->trained * q->dimension));
  sl_status status = SL_ALLOC(&labels, r->trained);
  for (uint32_t i = 0; i < r->trained && status == SL_OK; i++) {
    memcpy(rows + (size_t)i * q->dimension, row_of(r, i), q->dimension * sizeof *rows);
    labels[i] = l->labels[l->order[i]];
  }
  const double settings[SL_LOGISTIC_SETTINGS] = {q->l2, q->iterations, 1e-6, 1};
  if (status == SL_OK)
    status = sl_logistic_create(r->trained, q->dimension, q->routes, rows, labels, NULL, settings,
                                &l->logistic);
  sl_free(labels);
  sl_free(rows);
  return status;
}

static sl_status begin_fastgrnn(sl_router *r) {
  sl_router_learning *l = &r->learning;
  const sl_fastgrnn net = sl_router_net(r);
  SL_TRY(take_parameters(r, sl_fastgrnn_parameters(&net)));
  SL_TRY(SL_ALLOC_ZERO(&l->gradient, r->parameter_count));
  SL_TRY(SL_ALLOC_ZERO(&l->momentum, r->parameter_count));
  SL_TRY(SL_ALLOC_ZERO(&l->square, r->parameter_count));
  sl_fastgrnn_begin(&net, r->parameters, &l->rng);
  return SL_OK;
}

static sl_status begin(sl_router *r) {
  SL_TRY(split(r));
  r->work += r->question.examples;
  r->phase = SL_ROUTER_LEARN;
  switch ((sl_router_scorer)r->question.scorer) {
  case SL_ROUTER_SIMILARITY:
    return begin_similarity(r);
  case SL_ROUTER_RIDGE:
    return begin_ridge(r);
  case SL_ROUTER_LOGISTIC:
    return begin_logistic(r);
  default:
    return begin_fastgrnn(r);
  }
}

static void learn_similarity(sl_router *r, uint32_t i) {
  sl_router_learning *l = &r->learning;
  const uint32_t at = l->places[l->labels[l->order[i]]]++;
  memcpy(r->examples + (size_t)at * r->stride, row_of(r, i), r->stride * sizeof *r->examples);
  r->ids[at] = l->order[i];
}

static void learn_ridge(sl_router *r, uint32_t i) {
  sl_router_learning *l = &r->learning;
  const uint32_t d = r->question.dimension;
  const float *x = row_of(r, i);
  for (uint32_t j = 0; j < d; j++) l->x[j] = (double)x[j];
  l->x[d] = 1;
  for (uint32_t k = 0; k < r->question.routes; k++) l->z[k] = wanted(r, i, k) - l->mean[k];
  double rest = 0;
  sl_regression_add(sl_regression_at(l->block, d + 1, r->question.routes), 1, l->x, l->z, &rest);
}

static void solve_ridge(sl_router *r, uint32_t k) {
  sl_router_learning *l = &r->learning;
  const uint32_t width = r->question.dimension + 1;
  const sl_regression f = sl_regression_at(l->block, width, r->question.routes);
  double *weights = r->parameters + (size_t)k * width;
  for (uint32_t j = 0; j < width; j++) weights[j] = f.m[(size_t)j * f.k + k];
  sl_regression_solve_back(f, weights);
  weights[width - 1] += l->mean[k];
}

static sl_status learn_logistic(sl_router *r, uint64_t work, bool *done) {
  sl_logistic *model = r->learning.logistic;
  sl_outcome outcome;
  const uint64_t before = sl_job_work(sl_logistic_job(model));
  SL_TRY(sl_job_step(sl_logistic_job(model), work, &outcome));
  r->work += sl_job_work(sl_logistic_job(model)) - before;
  *done = outcome != SL_OUTCOME_RUNNING;
  if (!*done) return SL_OK;
  double numbers[SL_LOGISTIC_NUMBERS];
  SL_TRY(sl_logistic_read(model, numbers));
  r->iterations = (uint32_t)numbers[5];
  const uint64_t count = (uint64_t)r->question.routes * ((uint64_t)r->question.dimension + 1);
  SL_TRY(take_parameters(r, count));
  memcpy(r->parameters, (const double *)(uintptr_t)numbers[2], (size_t)count * sizeof(double));
  sl_logistic_destroy(model);
  r->learning.logistic = NULL;
  return SL_OK;
}

// A step of Adam, by the mean gradient of `count` examples and the penalty.
static void update(sl_router *r, uint32_t count) {
  sl_router_learning *l = &r->learning;
  const sl_router_question *q = &r->question;
  const double first = 0.9, second = 0.999;
  l->updates++;
  const double steps = (double)l->updates;
  const double c = 1 - sl_steady_exp(steps * sl_steady_log(first));
  const double e = 1 - sl_steady_exp(steps * sl_steady_log(second));
  // Down to a hundredth of the rate along a straight line.
  const double batches = ceil(r->trained / (double)BATCH) * q->iterations;
  const double rate = q->learning_rate * fmax(1 - steps / batches, 0.01);
  for (size_t j = 0; j < r->parameter_count; j++) {
    const double g = l->gradient[j] / count + q->l2 * r->parameters[j];
    l->momentum[j] = first * l->momentum[j] + (1 - first) * g;
    l->square[j] = second * l->square[j] + (1 - second) * g * g;
    r->parameters[j] -= rate * (l->momentum[j] / c) / (sqrt(l->square[j] / e) + 1e-8);
    l->gradient[j] = 0;
  }
}

static void learn_fastgrnn(sl_router *r) {
  sl_router_learning *l = &r->learning;
  const sl_fastgrnn net = sl_router_net(r);
  if (l->next == 0) shuffle(l->order, r->trained, &l->rng);
  sl_fastgrnn_scores(&net, r->parameters, row_of(r, l->next), r->net_work, r->score);
  if (!r->by_value) sl_router_soften(r, r->score, r->score);
  for (uint32_t k = 0; k < net.outputs; k++) r->score[k] -= wanted(r, l->next, k);
  sl_fastgrnn_gradient(&net, r->parameters, r->net_work, r->score, l->gradient);
  l->next++;
  r->work +=
      4 * r->parameter_count + 3 * (uint64_t)net.steps * net.hidden * (net.width + net.hidden);
  const bool last = l->next == r->trained;
  if (last || l->next % BATCH == 0) update(r, last && l->next % BATCH ? l->next % BATCH : BATCH);
  if (!last) return;
  l->next = 0;
  l->pass++;
  r->iterations = l->pass;
}

// ---- steps --------------------------------------------------------------------------------------

static sl_status begin_answers(sl_router *r) {
  const uint64_t numbers = (uint64_t)r->held * r->question.routes;
  r->learning.next = 0;
  r->phase = r->held > 0 ? SL_ROUTER_ANSWER : SL_ROUTER_SETTLE;
  if (r->held == 0) return SL_OK;
  SL_REQUIRE(numbers <= SIZE_MAX / sizeof(double), SL_ERR_OVERFLOW, "routes", "fewer routes");
  SL_TRY(SL_ALLOC(&r->table, r->held));
  if (!r->by_value) SL_TRY(SL_ALLOC(&r->levels, r->held));
  return SL_ALLOC(&r->learning.answers, (size_t)numbers);
}

static sl_status learn(sl_router *r, uint64_t work) {
  sl_router_learning *l = &r->learning;
  const uint64_t d = r->question.dimension, routes = r->question.routes;
  bool done = false;
  switch ((sl_router_scorer)r->question.scorer) {
  case SL_ROUTER_SIMILARITY:
    learn_similarity(r, l->next++);
    r->work += d;
    done = l->next == r->trained;
    break;
  case SL_ROUTER_RIDGE:
    learn_ridge(r, l->next++);
    r->work += d * (d + routes);
    if (l->next < r->trained) return SL_OK;
    l->next = 0;
    r->phase = SL_ROUTER_SOLVE;
    return SL_OK;
  case SL_ROUTER_LOGISTIC:
    SL_TRY(learn_logistic(r, work, &done));
    break;
  default:
    learn_fastgrnn(r);
    done = l->pass == r->question.iterations;
  }
  return done ? begin_answers(r) : SL_OK;
}

static uint64_t answer_work(const sl_router *r) {
  const uint64_t d = r->question.dimension;
  if (r->question.scorer == SL_ROUTER_SIMILARITY) return (uint64_t)r->trained * d / 2 + 1;
  return r->parameter_count * (uint64_t)r->question.steps + d;
}

static sl_status go_on(sl_router *r, uint64_t work) {
  sl_router_learning *l = &r->learning;
  const uint32_t routes = r->question.routes;
  bool settled;
  switch (r->phase) {
  case SL_ROUTER_BEGIN:
    return begin(r);
  case SL_ROUTER_LEARN:
    return learn(r, work);
  case SL_ROUTER_SOLVE:
    solve_ridge(r, l->next);
    r->work += (uint64_t)r->question.dimension * r->question.dimension;
    return ++l->next < routes ? SL_OK : begin_answers(r);
  case SL_ROUTER_ANSWER:
    sl_router_answer(r, row_of(r, r->trained + l->next), l->answers + (size_t)l->next * routes);
    r->work += answer_work(r);
    if (++l->next < r->held) return SL_OK;
    l->next = 0;
    r->phase = r->by_value || r->calibration == SL_ROUTER_NONE ? SL_ROUTER_WEIGH : SL_ROUTER_COOL;
    return SL_OK;
  case SL_ROUTER_COOL:
    sl_router_cool(r);
    return SL_OK;
  case SL_ROUTER_WEIGH:
    sl_router_weigh(r);
    return SL_OK;
  case SL_ROUTER_SETTLE:
    SL_TRY(sl_router_settle(r, &settled));
    if (!settled) return SL_OK;
    sl_router_forget_learning(r);
    r->has_model = true;
    sl_job_end(&r->job, SL_OUTCOME_CONVERGED);
  }
  return SL_OK;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_router *r = (sl_router *)job;
  const uint64_t until = work > UINT64_MAX - r->work ? UINT64_MAX : r->work + work;
  do {
    const sl_status status = go_on(r, until - r->work);
    if (status != SL_OK) {
      sl_router_forget_learning(r);
      sl_job_drop(job);
      return status;
    }
  } while (r->work < until && sl_job_is_running(job));
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  sl_router_forget_learning((sl_router *)job);
  sl_job_end(job, why);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_router *)job)->work; }

size_t sl_router_bytes(const sl_router *r) {
  const sl_router_question *q = &r->question;
  const sl_router_learning *l = &r->learning;
  size_t all = sizeof *r + r->parameter_count * sizeof(double) + r->labels_bytes +
               r->stride * sizeof(float) + q->routes * (sizeof(double) + sizeof(uint32_t)) +
               q->neighbours * (sizeof(double) + sizeof(uint32_t)) +
               r->knot_begins[q->routes] * sizeof *r->knots;
  if (r->examples != NULL)
    all += r->trained * (r->stride * sizeof(float) + sizeof(uint32_t)) + 4 * (size_t)q->routes;
  if (r->table != NULL) all += r->held * sizeof *r->table;
  if (r->levels != NULL) all += r->held * sizeof(double);
  if (l->vectors != NULL) all += (size_t)q->examples * (r->stride + 2) * sizeof(float);
  if (l->values != NULL) all += (size_t)q->examples * q->routes * sizeof(float);
  if (l->answers != NULL) all += (size_t)r->held * q->routes * sizeof(double);
  if (l->gradient != NULL) all += 3 * r->parameter_count * sizeof(double);
  if (l->block != NULL) all += sl_regression_size(q->dimension + 1, q->routes) * sizeof(double);
  if (l->logistic != NULL) all += sl_job_bytes(sl_logistic_job(l->logistic));
  return all;
}

static size_t bytes(const sl_job *job) { return sl_router_bytes((const sl_router *)job); }
static void destroy(sl_job *job) { sl_router_destroy((sl_router *)job); }

const sl_job_kind sl_router_kind = {"router", step, stop, work_done, NULL, bytes, destroy};
