// Making policies, acting, and what is read from them.
#include "continual/policy_object.h"

#include <math.h>
#include <string.h>

#include "bandit/numbers.h"
#include "base/memory.h"

sl_policy_options sl_policy_options_default(void) {
  return (sl_policy_options){.activation = SL_NET_TANH,
                             .environments = 8,
                             .steps = 128,
                             .epochs = 10,
                             .batch = 256,
                             .normalise = 1,
                             .learning_rate = 0.001,
                             .discount = 0.99,
                             .lambda = 0.95,
                             .clip = 0.2,
                             .value_weight = 0.5,
                             .max_gradient = 0.5,
                             .seed = 1};
}

static bool share(double x) { return x >= 0 && x <= 1; }

static sl_status check_options(const sl_policy_options *o) {
  SL_REQUIRE(o->method <= SL_POLICY_REINFORCE, SL_ERR_OPTION, "method", "ppo or reinforce");
  SL_REQUIRE(o->actions >= 2 && o->actions <= SL_NET_MOST_WIDTH, SL_ERR_OPTION, "actions",
             "2 to 2^16");
  SL_REQUIRE(o->environments >= 1 && o->environments <= 4096, SL_ERR_OPTION, "environments",
             "1 to 4096");
  SL_REQUIRE(o->steps >= 1 && o->steps <= 65536, SL_ERR_OPTION, "steps", "1 to 65,536");
  SL_REQUIRE(o->epochs >= 1 && o->epochs <= 1000, SL_ERR_OPTION, "epochs", "1 to 1000");
  SL_REQUIRE(o->batch >= 1 && o->batch <= SL_POLICY_MOST_ROWS, SL_ERR_OPTION, "batch",
             "1 to 65,536");
  SL_REQUIRE(o->normalise <= 1, SL_ERR_OPTION, "normalise", "0 or 1");
  SL_REQUIRE(o->learning_rate > 0 && o->learning_rate <= 100, SL_ERR_OPTION, "learning_rate",
             "above 0 and at most 100");
  SL_REQUIRE(share(o->discount), SL_ERR_OPTION, "discount", "0 to 1");
  SL_REQUIRE(share(o->lambda), SL_ERR_OPTION, "lambda", "0 to 1");
  SL_REQUIRE(o->clip > 0 && o->clip < 1, SL_ERR_OPTION, "clip", "above 0 and below 1");
  SL_REQUIRE(o->entropy >= 0 && o->entropy <= 100, SL_ERR_OPTION, "entropy", "0 to 100");
  SL_REQUIRE(o->value_weight >= 0 && o->value_weight <= 100, SL_ERR_OPTION, "value_weight",
             "0 to 100");
  SL_REQUIRE(o->max_gradient > 0, SL_ERR_OPTION, "max_gradient", "above 0");
  return SL_OK;
}

static sl_status allocate(sl_policy *p, const sl_policy_options *o) {
  p->job.kind = &sl_policy_kind;
  p->options = *o;
  p->options.hidden = NULL;
  SL_TRY(
      sl_net_shape(o->inputs, o->hidden, o->hidden_layers, o->actions, o->activation, &p->chooser));
  SL_TRY(sl_net_shape(o->inputs, o->hidden, o->hidden_layers, 1, o->activation, &p->critic));
  const size_t rows = (size_t)o->steps * o->environments, n = p->chooser.parameters;
  SL_REQUIRE((uint64_t)rows * o->inputs <= 1u << 28, SL_ERR_OVERFLOW, "steps",
             "fewer steps: 2^28 numbers of observations at most");
  const size_t all = n + p->critic.parameters;
  p->piece = sl_net_rows(&p->chooser, SL_POLICY_PIECE_ROWS);
  const sl_optimizer_options adam = {.kind = SL_OPTIMIZER_ADAM,
                                     .rate = o->learning_rate,
                                     .beta1 = 0.9,
                                     .beta2 = 0.999,
                                     .epsilon = 1e-5};
  SL_TRY(SL_ALLOC(&p->parameters, all));
  SL_TRY(SL_ALLOC_ZERO(&p->gradient, all));
  SL_TRY(sl_optimizer_begin(&p->optimizer, &adam, all));
  SL_TRY(sl_net_work_create(&p->chooser, p->piece, &p->choosing));
  SL_TRY(sl_net_work_create(&p->critic, p->piece, &p->estimating));
  SL_TRY(SL_ALLOC(&p->gathered, (size_t)p->piece * o->inputs));
  SL_TRY(SL_ALLOC(&p->last_policy, (size_t)p->piece * o->actions));
  SL_TRY(SL_ALLOC(&p->last_value, (size_t)p->piece));
  SL_TRY(SL_ALLOC(&p->observations, rows * o->inputs));
  SL_TRY(SL_ALLOC(&p->latest, (size_t)o->environments * o->inputs));
  SL_TRY(SL_ALLOC(&p->actions, rows));
  SL_TRY(SL_ALLOC(&p->ended, rows));
  SL_TRY(SL_ALLOC(&p->logarithms, rows));
  SL_TRY(SL_ALLOC(&p->rewards, rows));
  SL_TRY(SL_ALLOC(&p->values, rows));
  SL_TRY(SL_ALLOC(&p->next_values, rows));
  SL_TRY(SL_ALLOC(&p->advantages, rows));
  return SL_ALLOC(&p->returns, rows);
}

sl_status sl_policy_create(const sl_policy_options *options, sl_policy **out) {
  *out = NULL;
  SL_TRY(check_options(options));
  sl_policy *p;
  SL_TRY(SL_ALLOC_ZERO(&p, 1));
  const sl_status status = allocate(p, options);
  if (status != SL_OK) {
    sl_policy_destroy(p);
    return status;
  }
  sl_rng_seed(&p->rng, options->seed);
  sl_net_draw(&p->chooser, &p->rng, 0.01, p->parameters);
  sl_net_draw(&p->critic, &p->rng, 1, p->parameters + p->chooser.parameters);
  *out = p;
  return SL_OK;
}

void sl_policy_destroy(sl_policy *p) {
  if (p == NULL) return;
  sl_net_work_free(&p->choosing);
  sl_net_work_free(&p->estimating);
  sl_optimizer_end(&p->optimizer);
  sl_free(p->parameters);
  sl_free(p->gradient);
  sl_free(p->gathered);
  sl_free(p->last_policy);
  sl_free(p->last_value);
  sl_free(p->observations);
  sl_free(p->latest);
  sl_free(p->actions);
  sl_free(p->ended);
  sl_free(p->logarithms);
  sl_free(p->rewards);
  sl_free(p->values);
  sl_free(p->next_values);
  sl_free(p->advantages);
  sl_free(p->returns);
  sl_free(p->before);
  sl_free(p->order);
  sl_free(p);
}

sl_job *sl_policy_job(sl_policy *p) { return &p->job; }

size_t sl_policy_bytes(const sl_policy *p) {
  const sl_policy_options *o = &p->options;
  const size_t rows = (size_t)o->steps * o->environments, all = p->optimizer.count;
  size_t numbers = 4 * all + rows * (o->inputs + 8) + (size_t)o->environments * o->inputs;
  numbers += (size_t)p->piece * (6 * ((size_t)p->chooser.widest + p->critic.widest) + o->actions);
  if (p->before != NULL) numbers += all + rows;
  return sizeof *p + numbers * sizeof(float);
}

sl_status sl_policy_require_idle(const sl_policy *p) {
  SL_REQUIRE(!sl_job_is_running(&p->job), SL_ERR_STATE, "policy", "one that has no job running");
  return SL_OK;
}

sl_status sl_policy_check(const float *x, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++)
    SL_REQUIRE_AT(fabsf(x[i]) <= SL_POLICY_LARGEST, SL_ERR_NOT_FINITE, name,
                  "finite numbers of at most 10^6", i);
  return SL_OK;
}

// ---- acting -------------------------------------------------------------------------------------

double sl_policy_softmax(const float *scores, uint32_t actions, uint32_t action, float *out) {
  double most = scores[0], sum = 0;
  for (uint32_t k = 1; k < actions; k++)
    if ((double)scores[k] > most) most = scores[k];
  for (uint32_t k = 0; k < actions; k++) {
    const double e = sl_steady_exp((double)scores[k] - most);
    sum += e;
    out[k] = (float)e;
  }
  for (uint32_t k = 0; k < actions; k++) out[k] = (float)((double)out[k] / sum);
  return (double)scores[action] - most - sl_steady_log(sum);
}

// Estimates for `rows` observations, however many.
static void estimate(sl_policy *p, const float *x, uint32_t rows, float *out) {
  for (uint32_t first = 0; first < rows; first += p->piece) {
    const uint32_t some = rows - first < p->piece ? rows - first : p->piece;
    const float *given =
        sl_net_forward(&p->critic, p->parameters + p->chooser.parameters,
                       x + (size_t)first * p->options.inputs, some, &p->estimating);
    memcpy(out + first, given, some * sizeof *out);
  }
}

static uint32_t draw(sl_rng *rng, const float *probabilities, uint32_t actions) {
  double at = sl_rng_double(rng);
  uint32_t action = 0;
  for (uint32_t k = 0; k < actions; k++) {
    if (probabilities[k] == 0) continue;
    action = k;
    at -= (double)probabilities[k];
    if (at < 0) break;
  }
  return action;
}

sl_status sl_policy_act(sl_policy *p, const float *observations, uint32_t *actions) {
  const sl_policy_options *o = &p->options;
  SL_TRY(sl_policy_require_idle(p));
  SL_REQUIRE(!p->acting, SL_ERR_STATE, "policy", "rewards for the actions that were given");
  SL_REQUIRE(p->collected < o->steps, SL_ERR_STATE, "policy",
             "an update, as all steps are collected");
  const size_t numbers = (size_t)o->environments * o->inputs;
  SL_TRY(sl_policy_check(observations, numbers, "observations"));
  const size_t first = (size_t)p->collected * o->environments;
  memcpy(p->observations + first * o->inputs, observations, numbers * sizeof *observations);
  for (uint32_t e = 0; e < o->environments;) {
    const uint32_t left = o->environments - e, some = left < p->piece ? left : p->piece;
    const float *scores = sl_net_forward(&p->chooser, p->parameters,
                                         observations + (size_t)e * o->inputs, some, &p->choosing);
    for (uint32_t i = 0; i < some; i++, e++) {
      const float *row = scores + (size_t)i * o->actions;
      sl_policy_softmax(row, o->actions, 0, p->last_policy);
      actions[e] = draw(&p->rng, p->last_policy, o->actions);
      p->actions[first + e] = actions[e];
      p->logarithms[first + e] =
          (float)sl_policy_softmax(row, o->actions, actions[e], p->last_policy);
    }
  }
  estimate(p, observations, o->environments, p->values + first);
  p->acting = true;
  return SL_OK;
}

sl_status sl_policy_reward(sl_policy *p, const float *rewards, const float *next,
                           const uint32_t *ended, uint32_t *full) {
  const sl_policy_options *o = &p->options;
  const uint32_t n = o->environments;
  SL_TRY(sl_policy_require_idle(p));
  SL_REQUIRE(p->acting, SL_ERR_STATE, "policy", "actions before rewards");
  SL_TRY(sl_policy_check(rewards, n, "rewards"));
  SL_TRY(sl_policy_check(next, (size_t)n * o->inputs, "next"));
  for (uint32_t e = 0; e < n; e++)
    SL_REQUIRE_AT(ended[e] <= 2, SL_ERR_OPTION, "ended", "0, 1 or 2", e);
  const size_t first = (size_t)p->collected * n;
  memcpy(p->rewards + first, rewards, n * sizeof *rewards);
  memcpy(p->ended + first, ended, n * sizeof *ended);
  memcpy(p->latest, next, (size_t)n * o->inputs * sizeof *next);
  // Of what goes on, the next act gives the estimates; those of the last step come at the update.
  for (uint32_t e = 0; e < n; e++) {
    p->next_values[first + e] = 0;
    if (ended[e] == 2) estimate(p, next + (size_t)e * o->inputs, 1, p->next_values + first + e);
  }
  p->acting = false;
  p->collected++;
  *full = p->collected == o->steps;
  return SL_OK;
}

sl_status sl_policy_forget(sl_policy *p) {
  SL_TRY(sl_policy_require_idle(p));
  p->collected = 0;
  p->acting = false;
  return SL_OK;
}

sl_status sl_policy_probabilities(sl_policy *p, uint32_t rows, const float *observations,
                                  float *out, float *values) {
  const sl_policy_options *o = &p->options;
  SL_TRY(sl_policy_require_idle(p));
  SL_REQUIRE(rows > 0, SL_ERR_EMPTY, "observations", "one or more");
  SL_REQUIRE(rows <= SL_POLICY_MOST_ROWS, SL_ERR_OVERFLOW, "observations", "65,536 rows at most");
  SL_TRY(sl_policy_check(observations, (size_t)rows * o->inputs, "observations"));
  for (uint32_t first = 0; first < rows; first += p->piece) {
    const uint32_t some = rows - first < p->piece ? rows - first : p->piece;
    const float *x = observations + (size_t)first * o->inputs;
    const float *scores = sl_net_forward(&p->chooser, p->parameters, x, some, &p->choosing);
    for (uint32_t i = 0; i < some; i++)
      sl_policy_softmax(scores + (size_t)i * o->actions, o->actions, 0,
                        out + (size_t)(first + i) * o->actions);
  }
  if (values != NULL) estimate(p, observations, rows, values);
  return SL_OK;
}

// ---- reading ------------------------------------------------------------------------------------

void sl_policy_facts_read(const sl_policy *p, sl_policy_facts *out) {
  const sl_policy_options *o = &p->options;
  *out = (sl_policy_facts){.inputs = o->inputs,
                           .actions = o->actions,
                           .parameters = (uint32_t)p->optimizer.count,
                           .environments = o->environments,
                           .steps = o->steps,
                           .collected = p->collected,
                           .acting = p->acting,
                           .updates = p->updates,
                           .rows = p->rows_learned};
}

sl_status sl_policy_parameters(const sl_policy *p, const float **out, uint32_t *count) {
  SL_TRY(sl_policy_require_idle(p));
  *out = p->parameters;
  *count = (uint32_t)p->optimizer.count;
  return SL_OK;
}

sl_status sl_policy_set_parameters(sl_policy *p, const float *values, uint32_t count) {
  SL_TRY(sl_policy_require_idle(p));
  SL_REQUIRE(count == p->optimizer.count, SL_ERR_SHAPE, "values", "one number a parameter");
  SL_TRY(sl_policy_check(values, count, "values"));
  memcpy(p->parameters, values, count * sizeof *values);
  sl_optimizer_reset(&p->optimizer);
  return SL_OK;
}

sl_status sl_policy_result_read(const sl_policy *p, sl_policy_result *out) {
  SL_TRY(sl_job_require_ended(&p->job));
  *out = p->result;
  return SL_OK;
}
