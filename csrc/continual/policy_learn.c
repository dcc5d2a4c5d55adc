// How a policy learns: advantages, the loss of an update with its gradient, and the job.
#include <math.h>
#include <string.h>

#include "bandit/numbers.h"
#include "base/memory.h"
#include "continual/policy_object.h"
#include "simd/kernels.h"

// ---- advantages ---------------------------------------------------------------------------------

static void advantages(uint32_t steps, uint32_t n, const float *rewards, const float *values,
                       const float *next, const uint32_t *ended, double discount, double lambda,
                       float *out) {
  for (uint32_t e = 0; e < n; e++) {
    double later = 0;
    for (uint32_t t = steps; t-- > 0;) {
      const size_t at = (size_t)t * n + e;
      const double follows = ended[at] == 1 ? 0 : (double)next[at];
      const double delta = (double)rewards[at] + discount * follows - (double)values[at];
      later = delta + (ended[at] == 0 ? discount * lambda * later : 0);
      out[at] = (float)later;
    }
  }
}

sl_status sl_advantages(uint32_t steps, uint32_t environments, const float *rewards,
                        const float *values, const float *next, const uint32_t *ended,
                        double discount, double lambda, float *out) {
  SL_REQUIRE(steps > 0 && environments > 0, SL_ERR_EMPTY, "rewards", "one or more");
  SL_REQUIRE(discount >= 0 && discount <= 1, SL_ERR_OPTION, "discount", "0 to 1");
  SL_REQUIRE(lambda >= 0 && lambda <= 1, SL_ERR_OPTION, "lambda", "0 to 1");
  const size_t rows = (size_t)steps * environments;
  SL_TRY(sl_policy_check(rewards, rows, "rewards"));
  SL_TRY(sl_policy_check(values, rows, "values"));
  SL_TRY(sl_policy_check(next, rows, "next"));
  for (size_t i = 0; i < rows; i++)
    SL_REQUIRE_AT(ended[i] <= 2, SL_ERR_OPTION, "ended", "0, 1 or 2", i);
  advantages(steps, environments, rewards, values, next, ended, discount, lambda, out);
  return SL_OK;
}

// ---- the loss -----------------------------------------------------------------------------------

// One row: what it adds to the sums, and the gradient by the scores and by the estimate, times
// `weight`.
static void loss_of(const sl_policy *p, const float *scores, double estimate, uint32_t action,
                    double logarithm, double advantage, double wanted, double weight,
                    sl_policy_sums *sums, float *by_scores, float *by_value) {
  const sl_policy_options *o = &p->options;
  const uint32_t n = o->actions;
  const double own = sl_policy_softmax(scores, n, action, by_scores);
  const double sum_log = (double)scores[action] - own; // scores - sum_log: logarithms
  double entropy = 0;
  for (uint32_t k = 0; k < n; k++) entropy -= (double)by_scores[k] * ((double)scores[k] - sum_log);
  const double ratio = sl_steady_exp(own - logarithm), reach = o->clip * p->factor;
  double push = advantage; // minus the loss by the logarithm
  double loss = -advantage * own;
  if (o->method == SL_POLICY_PPO) {
    const double held = ratio < 1 - reach ? 1 - reach : ratio > 1 + reach ? 1 + reach : ratio;
    // Beyond the clip nothing is to be gained, and there is no slope.
    const bool flat = held * advantage < ratio * advantage;
    loss = flat ? -held * advantage : -ratio * advantage;
    push = flat ? 0 : ratio * advantage;
  }
  sums->policy += loss;
  sums->entropy += entropy;
  sums->value += 0.5 * (estimate - wanted) * (estimate - wanted);
  sums->divergence += ratio - 1 - (own - logarithm);
  sums->clipped += fabs(ratio - 1) > reach;
  for (uint32_t k = 0; k < n; k++) {
    const double probability = by_scores[k];
    double slope = push * (probability - (k == action));
    slope += o->entropy * probability * ((double)scores[k] - sum_log + entropy);
    by_scores[k] = (float)(slope * weight);
  }
  *by_value = (float)(o->value_weight * (estimate - wanted) * weight);
}

// The rows of a piece, gathered by `order` (NULL: as they stand, from `first`); their gradient is added.
static void piece(sl_policy *p, const sl_policy_rows *r, const uint32_t *order, uint32_t first,
                  uint32_t count, double weight, sl_policy_sums *sums) {
  const uint32_t inputs = p->options.inputs, n = p->options.actions;
  const float *of_critic = p->parameters + p->chooser.parameters;
  for (uint32_t i = 0; i < count; i++) {
    const size_t row = order == NULL ? first + i : order[first + i];
    memcpy(p->gathered + (size_t)i * inputs, r->observations + row * inputs,
           inputs * sizeof *p->gathered);
  }
  const float *scores =
      sl_net_forward(&p->chooser, p->parameters, p->gathered, count, &p->choosing);
  const float *values = sl_net_forward(&p->critic, of_critic, p->gathered, count, &p->estimating);
  for (uint32_t i = 0; i < count; i++) {
    const size_t row = order == NULL ? first + i : order[first + i];
    loss_of(p, scores + (size_t)i * n, values[i], r->actions[row], r->logarithms[row],
            ((double)r->advantages[row] - p->mean) * p->scale, r->returns[row], weight, sums,
            p->last_policy + (size_t)i * n, p->last_value + i);
  }
  sl_net_backward(&p->chooser, p->parameters, p->gathered, count, p->last_policy, false,
                  &p->choosing, p->gradient);
  sl_net_backward(&p->critic, of_critic, p->gathered, count, p->last_value, false, &p->estimating,
                  p->gradient + p->chooser.parameters);
}

sl_status sl_policy_gradient(sl_policy *p, const sl_policy_rows *r, double *loss, float *out) {
  const sl_policy_options *o = &p->options;
  SL_TRY(sl_policy_require_idle(p));
  SL_REQUIRE(r->rows > 0, SL_ERR_EMPTY, "observations", "one row or more");
  SL_REQUIRE(r->rows <= SL_POLICY_MOST_ROWS, SL_ERR_OVERFLOW, "observations",
             "65,536 rows at most");
  SL_TRY(sl_policy_check(r->observations, (size_t)r->rows * o->inputs, "observations"));
  SL_TRY(sl_policy_check(r->advantages, r->rows, "advantages"));
  SL_TRY(sl_policy_check(r->returns, r->rows, "returns"));
  SL_TRY(sl_policy_check(r->logarithms, r->rows, "logarithms"));
  for (uint32_t i = 0; i < r->rows; i++) {
    SL_REQUIRE_AT(r->actions[i] < o->actions, SL_ERR_INDEX, "actions", "an action", i);
    SL_REQUIRE_AT(r->logarithms[i] <= 0, SL_ERR_NOT_FINITE, "logarithms", "0 or less", i);
  }
  memset(p->gradient, 0, p->optimizer.count * sizeof *p->gradient);
  p->factor = p->scale = 1;
  p->mean = 0;
  sl_policy_sums sums = {0};
  for (uint32_t first = 0; first < r->rows; first += p->piece) {
    const uint32_t left = r->rows - first;
    piece(p, r, NULL, first, left < p->piece ? left : p->piece, 1.0 / r->rows, &sums);
  }
  *loss =
      (sums.policy - o->entropy * sums.entropy + o->value_weight * sums.value) / (double)r->rows;
  memcpy(out, p->gradient, p->optimizer.count * sizeof *out);
  return SL_OK;
}

// ---- an update ----------------------------------------------------------------------------------

// Estimates of what followed each step, then advantages and what the estimates should have been.
static void settle(sl_policy *p) {
  const sl_policy_options *o = &p->options;
  const uint32_t n = o->environments, last = p->collected - 1;
  for (uint32_t t = 0; t < last; t++)
    for (size_t at = (size_t)t * n; at < (size_t)(t + 1) * n; at++)
      if (p->ended[at] == 0) p->next_values[at] = p->values[at + n];
  for (uint32_t e = 0; e < n; e++) {
    if (p->ended[(size_t)last * n + e] != 0) continue;
    const float *given = sl_net_forward(&p->critic, p->parameters + p->chooser.parameters,
                                        p->latest + (size_t)e * o->inputs, 1, &p->estimating);
    p->next_values[(size_t)last * n + e] = given[0];
  }
  const double lambda = o->method == SL_POLICY_PPO ? o->lambda : 1;
  advantages(p->collected, n, p->rewards, p->values, p->next_values, p->ended, o->discount, lambda,
             p->advantages);
  for (uint32_t i = 0; i < p->rows; i++)
    p->returns[i] = (float)((double)p->advantages[i] + (double)p->values[i]);
}

static void let_go(sl_policy *p) {
  sl_free(p->before);
  sl_free(p->order);
  p->before = NULL;
  p->order = NULL;
}

sl_status sl_policy_update(sl_policy *p, double factor) {
  SL_TRY(sl_policy_require_idle(p));
  SL_REQUIRE(!p->acting, SL_ERR_STATE, "policy", "rewards for the actions that were given");
  SL_REQUIRE(p->collected > 0, SL_ERR_STATE, "policy", "steps that were collected");
  SL_REQUIRE(factor > 0 && factor <= 1, SL_ERR_OPTION, "factor", "above 0 and at most 1");
  const uint32_t rows = p->collected * p->options.environments;
  sl_job_drop(&p->job);
  sl_status status = SL_ALLOC(&p->before, p->optimizer.count);
  if (status == SL_OK) status = SL_ALLOC(&p->order, (size_t)rows);
  if (status != SL_OK) {
    let_go(p);
    return status;
  }
  memcpy(p->before, p->parameters, p->optimizer.count * sizeof *p->before);
  for (uint32_t i = 0; i < rows; i++) p->order[i] = i;
  p->rows = rows;
  p->factor = factor;
  p->epoch = p->at = p->steps_made = p->sum_rows = p->last_rows = 0;
  p->in_batch = false;
  p->done = 0;
  p->sums = (sl_policy_sums){0};
  settle(p);
  sl_job_begin(&p->job);
  return SL_OK;
}

static void end(sl_policy *p, sl_outcome outcome) {
  const size_t n = p->optimizer.count;
  if (sl_first_not_finite_f32(p->parameters, n) < n) outcome = SL_OUTCOME_BREAKDOWN;
  if (p->sum_rows == 0) { // the epoch before, where this one has nothing yet
    p->sums = p->last_sums;
    p->sum_rows = p->last_rows;
  }
  const double rows = p->sum_rows > 0 && outcome != SL_OUTCOME_BREAKDOWN ? p->sum_rows : NAN;
  p->result = (sl_policy_result){.outcome = outcome,
                                 .rows = p->rows,
                                 .updates = p->steps_made,
                                 .policy_loss = p->sums.policy / rows,
                                 .value_loss = p->sums.value / rows,
                                 .entropy = p->sums.entropy / rows,
                                 .divergence = p->sums.divergence / rows,
                                 .clipped = p->sums.clipped / rows};
  if (outcome == SL_OUTCOME_BREAKDOWN) {
    memcpy(p->parameters, p->before, n * sizeof *p->before);
    sl_optimizer_reset(&p->optimizer);
  } else {
    p->updates += p->steps_made;
    p->rows_learned += p->rows;
  }
  p->collected = 0;
  let_go(p);
  sl_job_end(&p->job, outcome);
}

static uint32_t batch_of(const sl_policy *p) {
  return p->options.method == SL_POLICY_PPO && p->options.batch < p->rows ? p->options.batch
                                                                          : p->rows;
}

static void begin_batch(sl_policy *p) {
  const uint32_t left = p->rows - p->at, most = batch_of(p);
  p->batch_rows = p->left = left < most ? left : most;
  for (uint32_t i = p->at; i < p->at + p->batch_rows; i++) {
    const uint32_t j = i + sl_rng_below(&p->rng, p->rows - i), swap = p->order[i];
    p->order[i] = p->order[j];
    p->order[j] = swap;
  }
  p->mean = 0;
  p->scale = 1;
  if (p->options.normalise && p->batch_rows > 1) {
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < p->batch_rows; i++) sum += p->advantages[p->order[p->at + i]];
    p->mean = sum / p->batch_rows;
    for (uint32_t i = 0; i < p->batch_rows; i++) {
      const double apart = (double)p->advantages[p->order[p->at + i]] - p->mean;
      squares += apart * apart;
    }
    p->scale = 1 / (sqrt(squares / (p->batch_rows - 1)) + 1e-8);
  }
  memset(p->gradient, 0, p->optimizer.count * sizeof *p->gradient);
  p->in_batch = true;
}

static uint64_t advance(sl_policy *p) {
  const sl_policy_options *o = &p->options;
  if (!p->in_batch) begin_batch(p);
  if (p->left > 0) {
    const uint32_t some = p->left < p->piece ? p->left : p->piece;
    const sl_policy_rows rows = {.observations = p->observations,
                                 .actions = p->actions,
                                 .logarithms = p->logarithms,
                                 .advantages = p->advantages,
                                 .returns = p->returns};
    piece(p, &rows, p->order, p->at + p->batch_rows - p->left, some, 1.0 / p->batch_rows, &p->sums);
    p->left -= some;
    p->sum_rows += some;
    return (uint64_t)some * 3;
  }
  p->in_batch = false;
  if (!isfinite(sl_clip_norm(p->gradient, p->optimizer.count, o->max_gradient))) {
    end(p, SL_OUTCOME_BREAKDOWN);
    return 1;
  }
  sl_optimizer_step(&p->optimizer, p->factor, p->parameters, p->gradient);
  p->steps_made++;
  p->at += p->batch_rows;
  if (p->at < p->rows) return 2;
  p->at = 0;
  p->epoch++;
  if (p->epoch == (o->method == SL_POLICY_PPO ? o->epochs : 1)) {
    end(p, SL_OUTCOME_CONVERGED);
    return 2;
  }
  p->last_sums = p->sums;
  p->last_rows = p->sum_rows;
  p->sums = (sl_policy_sums){0};
  p->sum_rows = 0;
  return 2;
}

// ---- the job ------------------------------------------------------------------------------------

static sl_policy *of(sl_job *job) { return (sl_policy *)job; }

static sl_status step(sl_job *job, uint64_t work) {
  sl_policy *p = of(job);
  uint64_t spent = 0;
  while (spent < work && sl_job_is_running(job)) spent += advance(p) * p->optimizer.count;
  p->done += spent;
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  end(of(job), why);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_policy *)job)->done; }

static uint64_t work_expected(const sl_job *job) {
  const sl_policy *p = (const sl_policy *)job;
  if (!sl_job_is_running(job)) return p->done;
  const uint32_t epochs = p->options.method == SL_POLICY_PPO ? p->options.epochs : 1;
  const uint64_t batches = ((uint64_t)p->rows + batch_of(p) - 1) / batch_of(p);
  return epochs * (3 * (uint64_t)p->rows + 2 * batches) * p->optimizer.count;
}

static size_t bytes_of(const sl_job *job) { return sl_policy_bytes((const sl_policy *)job); }
static void destroy(sl_job *job) { sl_policy_destroy(of(job)); }

const sl_job_kind sl_policy_kind = {.name = "policy",
                                    .step = step,
                                    .stop = stop,
                                    .work = work_done,
                                    .expected = work_expected,
                                    .bytes = bytes_of,
                                    .destroy = destroy};
