// Raw ABI of continual/policy.h.
#include "base/abi.h"

#include <math.h>
#include <string.h>

#include "base/abi_job.h"
#include "continual/policy.h"

static sl_status get(sl_handle handle, sl_policy **out) {
  return sl_abi_job_get(handle, &sl_policy_kind, out);
}

enum { POLICY_OPTIONS = 15 };

static sl_status whole(double number, const char *name, uint32_t *out) {
  SL_REQUIRE(number >= 0 && number <= UINT32_MAX && number == floor(number), SL_ERR_OPTION, name,
             "a whole number below 2^32");
  *out = (uint32_t)number;
  return SL_OK;
}

static sl_status read_options(const double *in, sl_policy_options *o) {
  SL_TRY(whole(in[0], "activation", &o->activation));
  SL_TRY(whole(in[1], "method", &o->method));
  SL_TRY(whole(in[2], "environments", &o->environments));
  SL_TRY(whole(in[3], "steps", &o->steps));
  SL_TRY(whole(in[4], "epochs", &o->epochs));
  SL_TRY(whole(in[5], "batch", &o->batch));
  SL_TRY(whole(in[6], "normalise", &o->normalise));
  o->learning_rate = in[7];
  o->discount = in[8];
  o->lambda = in[9];
  o->clip = in[10];
  o->entropy = in[11];
  o->value_weight = in[12];
  o->max_gradient = in[13];
  return whole(in[14], "seed", &o->seed);
}

uint32_t SL_ABI(sl_abi_policy_options_count)(void) { return POLICY_OPTIONS; }
int32_t SL_ABI(sl_abi_policy_options_default)(double *out15) {
  const sl_policy_options o = sl_policy_options_default();
  const double numbers[POLICY_OPTIONS] = {
      o.activation, o.method,    o.environments,  o.steps,        o.epochs,
      o.batch,      o.normalise, o.learning_rate, o.discount,     o.lambda,
      o.clip,       o.entropy,   o.value_weight,  o.max_gradient, o.seed};
  memcpy(out15, numbers, sizeof numbers);
  return SL_OK;
}

// 0 after a failure. hidden: hidden_layers u32.
sl_handle SL_ABI(sl_abi_policy_create)(uint32_t input_count, uint32_t action_count,
                                       const uint32_t *hidden, uint32_t hidden_layers,
                                       const double *policy_options) {
  sl_policy *made;
  sl_policy_options o = {.inputs = input_count,
                         .actions = action_count,
                         .hidden = hidden,
                         .hidden_layers = hidden_layers};
  if (read_options(policy_options, &o) != SL_OK) return 0;
  if (sl_policy_create(&o, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_policy_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_policy_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_policy_kind);
}

int32_t SL_ABI(sl_abi_policy_bytes)(sl_handle handle, size_t *out) {
  sl_policy *policy;
  SL_TRY(get(handle, &policy));
  *out = sl_policy_bytes(policy);
  return SL_OK;
}

// observations: environments rows of f32. out: environments u32.
int32_t SL_ABI(sl_abi_policy_act)(sl_handle handle, const float *observations, uint32_t *out) {
  sl_policy *policy;
  SL_TRY(get(handle, &policy));
  return sl_policy_act(policy, observations, out);
}

// rewards: environments f32; next: environments rows of f32; ended: environments u32.
int32_t SL_ABI(sl_abi_policy_reward)(sl_handle handle, const float *rewards, const float *next,
                                     const uint32_t *ended, uint32_t *out) {
  sl_policy *policy;
  SL_TRY(get(handle, &policy));
  return sl_policy_reward(policy, rewards, next, ended, out);
}

// Begins; sl_abi_job_step does the work.
int32_t SL_ABI(sl_abi_policy_update)(sl_handle handle, double factor) {
  sl_policy *policy;
  SL_TRY(get(handle, &policy));
  return sl_policy_update(policy, factor);
}

int32_t SL_ABI(sl_abi_policy_forget)(sl_handle handle) {
  sl_policy *policy;
  SL_TRY(get(handle, &policy));
  return sl_policy_forget(policy);
}

// Eight numbers: outcome, rows, updates, loss of the policy, loss of the estimates, entropy,
// divergence, share of clipped ratios.
int32_t SL_ABI(sl_abi_policy_result)(sl_handle handle, double *out8) {
  sl_policy *policy;
  sl_policy_result r;
  SL_TRY(get(handle, &policy));
  SL_TRY(sl_policy_result_read(policy, &r));
  const double numbers[8] = {r.outcome,    r.rows,    r.updates,    r.policy_loss,
                             r.value_loss, r.entropy, r.divergence, r.clipped};
  memcpy(out8, numbers, sizeof numbers);
  return SL_OK;
}

// Nine numbers: inputs, actions, parameters, environments, steps, collected, acting, updates, rows.
int32_t SL_ABI(sl_abi_policy_facts)(sl_handle handle, double *out9) {
  sl_policy *policy;
  sl_policy_facts f;
  SL_TRY(get(handle, &policy));
  sl_policy_facts_read(policy, &f);
  const double numbers[9] = {f.inputs,    f.actions, f.parameters, f.environments, f.steps,
                             f.collected, f.acting,  f.updates,    f.rows};
  memcpy(out9, numbers, sizeof numbers);
  return SL_OK;
}

// out: row_count rows of `actions` f32; values: row_count f32, or 0.
int32_t SL_ABI(sl_abi_policy_probabilities)(sl_handle handle, uint32_t row_count,
                                            const float *observations, float *out, float *values) {
  sl_policy *policy;
  SL_TRY(get(handle, &policy));
  return sl_policy_probabilities(policy, row_count, observations, out, values);
}

// Writes the address of the parameters, f32, and how many there are.
int32_t SL_ABI(sl_abi_policy_parameters)(sl_handle handle, const float **out, uint32_t *out_count) {
  sl_policy *policy;
  SL_TRY(get(handle, &policy));
  return sl_policy_parameters(policy, out, out_count);
}

int32_t SL_ABI(sl_abi_policy_set_parameters)(sl_handle handle, const float *parameters,
                                             uint32_t parameter_count) {
  sl_policy *policy;
  SL_TRY(get(handle, &policy));
  return sl_policy_set_parameters(policy, parameters, parameter_count);
}

// out_loss: f64; out: one f32 a parameter.
int32_t SL_ABI(sl_abi_policy_gradient)(sl_handle handle, uint32_t row_count,
                                       const float *observations, const uint32_t *actions,
                                       const float *logarithms, const float *advantages,
                                       const float *returns, double *out_loss, float *out) {
  sl_policy *policy;
  SL_TRY(get(handle, &policy));
  const sl_policy_rows rows = {.rows = row_count,
                               .observations = observations,
                               .actions = actions,
                               .logarithms = logarithms,
                               .advantages = advantages,
                               .returns = returns};
  return sl_policy_gradient(policy, &rows, out_loss, out);
}

// Arrays of step_count x environment_count: f32, ended u32.
int32_t SL_ABI(sl_abi_policy_advantages)(uint32_t step_count, uint32_t environment_count,
                                         const float *rewards, const float *values,
                                         const float *next, const uint32_t *ended, double discount,
                                         double lambda, float *out) {
  return sl_advantages(step_count, environment_count, rewards, values, next, ended, discount,
                       lambda, out);
}
