// Raw ABI of bandit/bandit.h and bandit/evaluate.h.
#include "base/abi.h"

#include <math.h>
#include <string.h>

#include "bandit/bandit.h"
#include "bandit/evaluate.h"
#include "base/abi_container.h"
#include "base/abi_job.h"

static const sl_kind SL_HANDLE_BANDIT[1] = {{"the handle of a bandit"}};

static sl_status get(sl_handle handle, sl_bandit **out) {
  return sl_handle_get(handle, SL_HANDLE_BANDIT, (void **)out);
}

static sl_handle give(sl_status status, sl_bandit *bandit) {
  sl_handle handle = 0;
  if (status == SL_OK && sl_handle_create(SL_HANDLE_BANDIT, bandit, &handle) != SL_OK)
    sl_bandit_destroy(bandit);
  return handle;
}

enum { BANDIT_OPTIONS = 14, EVALUATION_OPTIONS = 7 };

// Whole numbers among options: what is none is refused by its name.
static sl_status whole(double number, const char *name, uint32_t *out) {
  SL_REQUIRE(number >= 0 && number <= UINT32_MAX && number == floor(number), SL_ERR_OPTION, name,
             "a whole number below 2^32");
  *out = (uint32_t)number;
  return SL_OK;
}

static sl_status read_options(const double *in, sl_bandit_options *o) {
  uint32_t policy, seed;
  SL_TRY(whole(in[0], "policy", &policy));
  SL_TRY(whole(in[1], "dimension", &o->dimension));
  SL_TRY(whole(in[2], "shared", &o->shared));
  SL_TRY(whole(in[10], "window", &o->window));
  SL_TRY(whole(in[11], "pending", &o->pending));
  SL_TRY(whole(in[12], "samples", &o->samples));
  SL_TRY(whole(in[13], "seed", &seed));
  o->policy = (sl_bandit_policy)policy;
  o->exploration = in[3];
  o->ridge = in[4];
  o->prior_mean = in[5];
  o->noise = in[6];
  o->successes = in[7];
  o->failures = in[8];
  o->decay = in[9];
  o->seed = seed;
  return SL_OK;
}

// Numbers in the options of a bandit, and their default values: policy, dimension, shared,
// exploration, ridge, prior_mean, noise, successes, failures, decay, window, pending, samples, seed.
uint32_t SL_ABI(sl_abi_bandit_options_count)(void) { return BANDIT_OPTIONS; }
int32_t SL_ABI(sl_abi_bandit_options_default)(double *out14) {
  const sl_bandit_options o = sl_bandit_options_default();
  const double numbers[BANDIT_OPTIONS] = {
      o.policy,    o.dimension, o.shared, o.exploration, o.ridge,   o.prior_mean, o.noise,
      o.successes, o.failures,  o.decay,  o.window,      o.pending, o.samples,    (double)o.seed};
  memcpy(out14, numbers, sizeof numbers);
  return SL_OK;
}

sl_handle SL_ABI(sl_abi_bandit_create)(const double *bandit_options) {
  sl_bandit *bandit = NULL;
  sl_bandit_options options;
  const sl_status status = read_options(bandit_options, &options);
  return give(status == SL_OK ? sl_bandit_create(&options, &bandit) : status, bandit);
}

int32_t SL_ABI(sl_abi_bandit_destroy)(sl_handle handle) {
  sl_bandit *bandit;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_BANDIT, (void **)&bandit));
  sl_bandit_destroy(bandit);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_bandit_bytes)(sl_handle handle, size_t *out) {
  sl_bandit *bandit;
  SL_TRY(get(handle, &bandit));
  *out = sl_bandit_bytes(bandit);
  return SL_OK;
}

// Six numbers: slots, arms, choices, rewards, waiting, in the window.
int32_t SL_ABI(sl_abi_bandit_facts)(sl_handle handle, double *out6) {
  sl_bandit *bandit;
  sl_bandit_facts facts;
  SL_TRY(get(handle, &bandit));
  sl_bandit_facts_read(bandit, &facts);
  out6[0] = facts.slots;
  out6[1] = facts.arms;
  out6[2] = facts.choices;
  out6[3] = facts.rewards;
  out6[4] = facts.waiting;
  out6[5] = facts.windowed;
  return SL_OK;
}

int32_t SL_ABI(sl_abi_bandit_add_arm)(sl_handle handle, uint32_t *out) {
  sl_bandit *bandit;
  SL_TRY(get(handle, &bandit));
  return sl_bandit_add_arm(bandit, out);
}

int32_t SL_ABI(sl_abi_bandit_remove_arm)(sl_handle handle, uint32_t arm) {
  sl_bandit *bandit;
  SL_TRY(get(handle, &bandit));
  return sl_bandit_remove_arm(bandit, arm);
}

// Writes the address of the context.
int32_t SL_ABI(sl_abi_bandit_context)(sl_handle handle, double **out) {
  sl_bandit *bandit;
  SL_TRY(get(handle, &bandit));
  *out = sl_bandit_context(bandit);
  return SL_OK;
}

// Four numbers: id, arm, propensity, its standard error.
int32_t SL_ABI(sl_abi_bandit_choose)(sl_handle handle, const uint32_t *eligible,
                                     size_t eligible_count, const double *cost, double *out4) {
  sl_bandit *bandit;
  sl_bandit_choice choice;
  SL_TRY(get(handle, &bandit));
  SL_TRY(sl_bandit_choose(bandit, eligible, eligible_count, cost, &choice));
  out4[0] = choice.id;
  out4[1] = choice.arm;
  out4[2] = choice.propensity;
  out4[3] = choice.standard_error;
  return SL_OK;
}

// Writes the address of the scores.
int32_t SL_ABI(sl_abi_bandit_scores)(sl_handle handle, const double **out) {
  sl_bandit *bandit;
  SL_TRY(get(handle, &bandit));
  *out = sl_bandit_scores(bandit);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_bandit_probabilities)(sl_handle handle, const uint32_t *eligible,
                                            size_t eligible_count, const double *cost,
                                            double *out) {
  sl_bandit *bandit;
  SL_TRY(get(handle, &bandit));
  return sl_bandit_probabilities(bandit, eligible, eligible_count, cost, out);
}

int32_t SL_ABI(sl_abi_bandit_estimates)(sl_handle handle, double *out) {
  sl_bandit *bandit;
  SL_TRY(get(handle, &bandit));
  return sl_bandit_estimates(bandit, out);
}

int32_t SL_ABI(sl_abi_bandit_weights)(sl_handle handle, uint32_t arm, double *out) {
  sl_bandit *bandit;
  SL_TRY(get(handle, &bandit));
  return sl_bandit_weights(bandit, arm, out);
}

int32_t SL_ABI(sl_abi_bandit_reward)(sl_handle handle, double id, double reward, uint32_t *out) {
  sl_bandit *bandit;
  bool learned;
  SL_TRY(get(handle, &bandit));
  SL_TRY(sl_bandit_reward(bandit, id, reward, &learned));
  *out = learned;
  return SL_OK;
}

int32_t SL_ABI(sl_abi_bandit_learn)(sl_handle handle, uint32_t arm, double reward) {
  sl_bandit *bandit;
  SL_TRY(get(handle, &bandit));
  return sl_bandit_learn(bandit, arm, reward);
}

// weight: above 0 and at most 1, of what the arm `from_arm` of the bandit `from` has learned.
int32_t SL_ABI(sl_abi_bandit_carry)(sl_handle handle, uint32_t arm, sl_handle from,
                                    uint32_t from_arm, double weight) {
  sl_bandit *bandit, *other;
  SL_TRY(get(handle, &bandit));
  SL_TRY(get(from, &other));
  return sl_bandit_carry(bandit, arm, other, from_arm, weight);
}

sl_handle SL_ABI(sl_abi_bandit_save)(sl_handle handle, const void *labels, size_t labels_bytes) {
  sl_bandit *bandit;
  sl_writer *writer = NULL;
  if (get(handle, &bandit) != SL_OK) return 0;
  return sl_abi_hand_out_writer(sl_bandit_save(bandit, labels, labels_bytes, &writer), writer,
                                handle, SL_HANDLE_BANDIT);
}

sl_handle SL_ABI(sl_abi_bandit_load)(sl_handle reader) {
  sl_reader *from;
  sl_bandit *bandit = NULL;
  if (sl_abi_get_reader(reader, &from) != SL_OK) return 0;
  return give(sl_bandit_load(from, &bandit), bandit);
}

// Writes the address and the number of bytes.
int32_t SL_ABI(sl_abi_bandit_labels)(sl_handle handle, const void **out, size_t *out_bytes) {
  sl_bandit *bandit;
  SL_TRY(get(handle, &bandit));
  *out = sl_bandit_labels(bandit);
  *out_bytes = sl_bandit_labels_bytes(bandit);
  return SL_OK;
}

// ---- evaluation ---------------------------------------------------------------------------------

static sl_status read_evaluation_options(const double *in, sl_evaluation_question *o) {
  uint32_t seed;
  SL_TRY(whole(in[0], "methods", &o->methods));
  SL_TRY(whole(in[2], "folds", &o->folds));
  SL_TRY(whole(in[4], "resamples", &o->resamples));
  SL_TRY(whole(in[6], "seed", &seed));
  o->clip = in[1];
  o->ridge = in[3];
  o->confidence = in[5];
  o->seed = seed;
  return SL_OK;
}

// Numbers in the options of an evaluation, and their default values: methods, clip, folds, ridge,
// resamples, confidence, seed.
uint32_t SL_ABI(sl_abi_evaluation_options_count)(void) { return EVALUATION_OPTIONS; }
int32_t SL_ABI(sl_abi_evaluation_options_default)(double *out7) {
  const sl_evaluation_question o = sl_evaluation_question_default();
  const double numbers[EVALUATION_OPTIONS] = {o.methods,   o.clip,       o.folds,       o.ridge,
                                              o.resamples, o.confidence, (double)o.seed};
  memcpy(out7, numbers, sizeof numbers);
  return SL_OK;
}

// A handle for the functions sl_abi_job_...; the arrays stay where they are, unchanged, until it is
// destroyed. target_rows: 1 or rows.
sl_handle SL_ABI(sl_abi_evaluation_create)(size_t rows, uint32_t arms, uint32_t dimension,
                                           const uint32_t *actions, const double *rewards,
                                           const double *propensities, const double *contexts,
                                           const double *target, uint32_t target_rows,
                                           const double *evaluation_options) {
  sl_evaluation *evaluation;
  sl_evaluation_question question = {.rows = rows,
                                     .arms = arms,
                                     .dimension = dimension,
                                     .actions = actions,
                                     .rewards = rewards,
                                     .propensities = propensities,
                                     .contexts = contexts,
                                     .target = target,
                                     .target_rows = target_rows};
  if (read_evaluation_options(evaluation_options, &question) != SL_OK) return 0;
  if (sl_evaluation_create(&question, &evaluation) != SL_OK) return 0;
  return sl_abi_job_register(sl_evaluation_job(evaluation), 0, NULL);
}

// 40 numbers; see sl_evaluation_read.
int32_t SL_ABI(sl_abi_evaluation_read)(sl_handle handle, double *out) {
  sl_evaluation *evaluation;
  SL_TRY(sl_abi_job_get(handle, &sl_evaluation_kind, &evaluation));
  return sl_evaluation_read(evaluation, out);
}

int32_t SL_ABI(sl_abi_evaluation_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_evaluation_kind);
}
