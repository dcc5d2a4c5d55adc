// Raw ABI of continual/continual.h.
#include "base/abi.h"

#include <math.h>
#include <string.h>

#include "base/abi_container.h"
#include "base/abi_job.h"
#include "continual/continual.h"

static sl_status get(sl_handle handle, sl_learner **out) {
  return sl_abi_job_get(handle, &sl_learner_kind, out);
}

enum { LEARNER_OPTIONS = 18 };

// Whole numbers among options: what is none is refused by its name.
static sl_status whole(double number, const char *name, uint32_t *out) {
  SL_REQUIRE(number >= 0 && number <= UINT32_MAX && number == floor(number), SL_ERR_OPTION, name,
             "a whole number below 2^32");
  *out = (uint32_t)number;
  return SL_OK;
}

static sl_status read_options(const double *in, sl_learner_options *o) {
  SL_TRY(whole(in[0], "activation", &o->activation));
  SL_TRY(whole(in[1], "loss", &o->loss));
  SL_TRY(whole(in[2], "optimizer", &o->optimizer));
  o->learning_rate = in[3];
  o->momentum = in[4];
  o->weight_decay = in[5];
  o->clip = in[6];
  SL_TRY(whole(in[7], "replay", &o->replay));
  SL_TRY(whole(in[8], "per_class", &o->per_class));
  SL_TRY(whole(in[9], "replay_rows", &o->replay_rows));
  o->replay_weight = in[10];
  SL_TRY(whole(in[11], "balanced", &o->balanced));
  o->ewc = in[12];
  o->ewc_decay = in[13];
  o->distillation = in[14];
  o->temperature = in[15];
  SL_TRY(whole(in[16], "checkpoints", &o->checkpoints));
  SL_TRY(whole(in[17], "seed", &o->seed));
  return SL_OK;
}

// Numbers in the options of a learner, and their default values: activation, loss, optimizer,
// learning_rate, momentum, weight_decay, clip, replay, per_class, replay_rows, replay_weight,
// balanced, ewc, ewc_decay, distillation, temperature, checkpoints, seed.
uint32_t SL_ABI(sl_abi_learner_options_count)(void) { return LEARNER_OPTIONS; }
int32_t SL_ABI(sl_abi_learner_options_default)(double *out18) {
  const sl_learner_options o = sl_learner_options_default();
  const double numbers[LEARNER_OPTIONS] = {
      o.activation, o.loss,      o.optimizer,    o.learning_rate, o.momentum,      o.weight_decay,
      o.clip,       o.replay,    o.per_class,    o.replay_rows,   o.replay_weight, o.balanced,
      o.ewc,        o.ewc_decay, o.distillation, o.temperature,   o.checkpoints,   o.seed};
  memcpy(out18, numbers, sizeof numbers);
  return SL_OK;
}

// 0 after a failure. hidden: hidden_layers u32.
sl_handle SL_ABI(sl_abi_learner_create)(uint32_t input_count, uint32_t output_count,
                                        const uint32_t *hidden, uint32_t hidden_layers,
                                        const double *learner_options) {
  sl_learner *made;
  sl_learner_options o = {.inputs = input_count,
                          .outputs = output_count,
                          .hidden = hidden,
                          .hidden_layers = hidden_layers};
  if (read_options(learner_options, &o) != SL_OK) return 0;
  if (sl_learner_create(&o, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_learner_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_learner_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_learner_kind);
}

int32_t SL_ABI(sl_abi_learner_bytes)(sl_handle handle, size_t *out) {
  sl_learner *learner;
  SL_TRY(get(handle, &learner));
  *out = sl_learner_bytes(learner);
  return SL_OK;
}

// Begins; sl_abi_job_step does the work. examples: example_count rows of f32; classes: example_count
// u32, or 0; answers: where classes is 0, example_count rows of f32.
int32_t SL_ABI(sl_abi_learner_learn)(sl_handle handle, uint32_t example_count,
                                     const float *examples, const uint32_t *classes,
                                     const float *answers, uint32_t epochs, uint32_t batch,
                                     double share) {
  sl_learner *learner;
  SL_TRY(get(handle, &learner));
  const sl_learner_question q = {.rows = example_count,
                                 .inputs = examples,
                                 .labels = classes,
                                 .values = classes == NULL ? answers : NULL,
                                 .epochs = epochs,
                                 .batch = batch,
                                 .step = share};
  return sl_learner_learn(learner, &q);
}

int32_t SL_ABI(sl_abi_learner_consolidate)(sl_handle handle, uint32_t example_count,
                                           const float *examples) {
  sl_learner *learner;
  SL_TRY(get(handle, &learner));
  const sl_learner_question q = {.rows = example_count, .inputs = examples};
  return sl_learner_consolidate(learner, &q);
}

int32_t SL_ABI(sl_abi_learner_evaluate)(sl_handle handle, uint32_t example_count,
                                        const float *examples, const uint32_t *classes,
                                        const float *answers) {
  sl_learner *learner;
  SL_TRY(get(handle, &learner));
  const sl_learner_question q = {.rows = example_count,
                                 .inputs = examples,
                                 .labels = classes,
                                 .values = classes == NULL ? answers : NULL};
  return sl_learner_evaluate(learner, &q);
}

int32_t SL_ABI(sl_abi_learner_predict)(sl_handle handle, uint32_t example_count,
                                       const float *examples) {
  sl_learner *learner;
  SL_TRY(get(handle, &learner));
  const sl_learner_question q = {.rows = example_count, .inputs = examples};
  return sl_learner_predict(learner, &q);
}

// Five numbers: outcome, rows, updates, loss, accuracy.
int32_t SL_ABI(sl_abi_learner_result)(sl_handle handle, double *out5) {
  sl_learner *learner;
  sl_learner_result r;
  SL_TRY(get(handle, &learner));
  SL_TRY(sl_learner_result_read(learner, &r));
  const double numbers[5] = {r.outcome, r.rows, r.updates, r.loss, r.accuracy};
  memcpy(out5, numbers, sizeof numbers);
  return SL_OK;
}

// Writes the address of the answers, rows of f32, and how many rows there are.
int32_t SL_ABI(sl_abi_learner_answers)(sl_handle handle, const float **out, uint32_t *out_count) {
  sl_learner *learner;
  SL_TRY(get(handle, &learner));
  return sl_learner_answers(learner, out, out_count);
}

// Ten numbers: inputs, outputs, parameters, loss, remembered, classes, checkpoints, consolidated,
// updates, examples.
int32_t SL_ABI(sl_abi_learner_facts)(sl_handle handle, double *out10) {
  sl_learner *learner;
  sl_learner_facts f;
  SL_TRY(get(handle, &learner));
  sl_learner_facts_read(learner, &f);
  const double numbers[10] = {f.inputs,  f.outputs,     f.parameters,   f.loss,    f.remembered,
                              f.classes, f.checkpoints, f.consolidated, f.updates, f.examples};
  memcpy(out10, numbers, sizeof numbers);
  return SL_OK;
}

// Writes the address of the parameters, f32, and how many there are.
int32_t SL_ABI(sl_abi_learner_parameters)(sl_handle handle, const float **out,
                                          uint32_t *out_count) {
  sl_learner *learner;
  SL_TRY(get(handle, &learner));
  return sl_learner_parameters(learner, out, out_count);
}

int32_t SL_ABI(sl_abi_learner_fisher)(sl_handle handle, const float **out, uint32_t *out_count) {
  sl_learner *learner;
  SL_TRY(get(handle, &learner));
  return sl_learner_fisher(learner, out, out_count);
}

int32_t SL_ABI(sl_abi_learner_set_parameters)(sl_handle handle, const float *parameters,
                                              uint32_t parameter_count) {
  sl_learner *learner;
  SL_TRY(get(handle, &learner));
  return sl_learner_set_parameters(learner, parameters, parameter_count);
}

// out: one f32 a parameter.
int32_t SL_ABI(sl_abi_learner_gradient)(sl_handle handle, uint32_t example_count,
                                        const float *examples, const uint32_t *classes,
                                        const float *answers, float *out) {
  sl_learner *learner;
  SL_TRY(get(handle, &learner));
  const sl_learner_question q = {.rows = example_count,
                                 .inputs = examples,
                                 .labels = classes,
                                 .values = classes == NULL ? answers : NULL};
  return sl_learner_gradient(learner, &q, out);
}

int32_t SL_ABI(sl_abi_learner_checkpoint_make)(sl_handle handle, double loss, uint32_t *out) {
  sl_learner *learner;
  SL_TRY(get(handle, &learner));
  return sl_learner_checkpoint_make(learner, loss, out);
}

// Three numbers: id, loss, examples.
int32_t SL_ABI(sl_abi_learner_checkpoint_read)(sl_handle handle, uint32_t index, double *out3) {
  sl_learner *learner;
  sl_learner_checkpoint c;
  SL_TRY(get(handle, &learner));
  SL_TRY(sl_learner_checkpoint_read(learner, index, &c));
  const double numbers[3] = {c.id, c.loss, c.examples};
  memcpy(out3, numbers, sizeof numbers);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_learner_rollback)(sl_handle handle, uint32_t checkpoint, double *out3) {
  sl_learner *learner;
  sl_learner_checkpoint c;
  SL_TRY(get(handle, &learner));
  SL_TRY(sl_learner_rollback(learner, checkpoint, &c));
  const double numbers[3] = {c.id, c.loss, c.examples};
  memcpy(out3, numbers, sizeof numbers);
  return SL_OK;
}

sl_handle SL_ABI(sl_abi_learner_save)(sl_handle handle, const void *labels, size_t labels_bytes) {
  sl_learner *learner;
  sl_writer *writer = NULL;
  if (get(handle, &learner) != SL_OK) return 0;
  return sl_abi_hand_out_writer(sl_learner_save(learner, labels, labels_bytes, &writer), writer,
                                handle, SL_HANDLE_JOB);
}

// The learner, or 0. The reader stays and is to be destroyed.
sl_handle SL_ABI(sl_abi_learner_load)(sl_handle reader) {
  sl_reader *from;
  sl_learner *learner;
  if (sl_abi_get_reader(reader, &from) != SL_OK) return 0;
  if (sl_learner_load(from, &learner) != SL_OK) return 0;
  return sl_abi_job_register(sl_learner_job(learner), 0, NULL);
}

// Writes the address and the number of bytes.
int32_t SL_ABI(sl_abi_learner_labels)(sl_handle handle, const void **out, size_t *out_bytes) {
  sl_learner *learner;
  SL_TRY(get(handle, &learner));
  *out = sl_learner_labels(learner);
  *out_bytes = sl_learner_labels_bytes(learner);
  return SL_OK;
}
