// Raw ABI of lora/lora.h.
#include "base/abi.h"

#include <math.h>
#include <string.h>

#include "base/abi_container.h"
#include "base/abi_job.h"
#include "lora/lora.h"

static sl_status get(sl_handle handle, sl_lora **out) {
  return sl_abi_job_get(handle, &sl_lora_kind, out);
}

enum { LEARN_OPTIONS = 19, OPTIMIZER_OPTIONS = 7 };

// Whole numbers among options: what is none is refused by its name.
static sl_status whole(double number, const char *name, uint32_t *out) {
  SL_REQUIRE(number >= 0 && number <= UINT32_MAX && number == floor(number), SL_ERR_OPTION, name,
             "a whole number below 2^32");
  *out = (uint32_t)number;
  return SL_OK;
}

static sl_status read_options(const double *in, sl_lora_question *q) {
  SL_TRY(whole(in[0], "loss", &q->loss));
  SL_TRY(whole(in[1], "both", &q->both));
  SL_TRY(whole(in[3], "epochs", &q->epochs));
  SL_TRY(whole(in[4], "batch", &q->batch));
  SL_TRY(whole(in[6], "optimizer", &q->optimizer));
  SL_TRY(whole(in[13], "schedule", &q->schedule));
  SL_TRY(whole(in[18], "seed", &q->seed));
  q->temperature = in[2], q->clip = in[5];
  q->rate = in[7], q->momentum = in[8], q->beta1 = in[9], q->beta2 = in[10];
  q->epsilon = in[11], q->decay = in[12];
  q->warmup = in[14], q->last = in[15], q->every = in[16], q->factor = in[17];
  return SL_OK;
}

// Numbers in the options of learning, and their default values: loss, both, temperature, epochs, batch,
// clip, optimizer, rate, momentum, beta1, beta2, epsilon, decay, schedule, warmup, last, every, factor,
// seed.
uint32_t SL_ABI(sl_abi_lora_options_count)(void) { return LEARN_OPTIONS; }
int32_t SL_ABI(sl_abi_lora_options_default)(double *out19) {
  const sl_lora_question q = sl_lora_question_default();
  const double numbers[LEARN_OPTIONS] = {q.loss,  q.both,      q.temperature, q.epochs,   q.batch,
                                         q.clip,  q.optimizer, q.rate,        q.momentum, q.beta1,
                                         q.beta2, q.epsilon,   q.decay,       q.schedule, q.warmup,
                                         q.last,  q.every,     q.factor,      q.seed};
  memcpy(out19, numbers, sizeof numbers);
  return SL_OK;
}

// 0 after a failure. weights: output_count * input_count f32, or 0.
sl_handle SL_ABI(sl_abi_lora_create)(uint32_t input_count, uint32_t output_count, uint32_t rank,
                                     double alpha, uint32_t seed, const float *weights,
                                     size_t weight_count) {
  const sl_lora_shape shape = {
      .inputs = input_count, .outputs = output_count, .rank = rank, .alpha = alpha, .seed = seed};
  sl_lora *made;
  if (sl_lora_create(&shape, weights, weight_count, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_lora_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_lora_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_lora_kind);
}

int32_t SL_ABI(sl_abi_lora_bytes)(sl_handle handle, size_t *out) {
  sl_lora *lora;
  SL_TRY(get(handle, &lora));
  *out = sl_lora_bytes(lora);
  return SL_OK;
}

// Eleven numbers: inputs, outputs, rank, has weights, merged, alpha, outcome, epochs, steps, loss, norm.
int32_t SL_ABI(sl_abi_lora_facts)(sl_handle handle, double *out11) {
  sl_lora *lora;
  sl_lora_facts f;
  SL_TRY(get(handle, &lora));
  SL_TRY(sl_lora_facts_read(lora, &f));
  const double numbers[11] = {f.inputs,  f.outputs, f.rank,  f.has_weights, f.merged, f.alpha,
                              f.outcome, f.epochs,  f.steps, f.loss,        f.norm};
  memcpy(out11, numbers, sizeof numbers);
  return SL_OK;
}

// sl_abi_job_step does the work. lora_vectors: row_count rows; lora_out: as many, written until it ends.
int32_t SL_ABI(sl_abi_lora_apply)(sl_handle handle, const float *lora_vectors, uint32_t row_count,
                                  uint32_t unit, float *lora_out) {
  sl_lora *lora;
  SL_TRY(get(handle, &lora));
  return sl_lora_apply(lora, lora_vectors, row_count, unit, lora_out);
}

// gradient: as many numbers as there are parameters, written; by_vectors: row_count rows, or 0.
int32_t SL_ABI(sl_abi_lora_backward)(sl_handle handle, const float *lora_vectors,
                                     const float *slopes, uint32_t row_count, float *gradient,
                                     float *by_vectors) {
  sl_lora *lora;
  SL_TRY(get(handle, &lora));
  return sl_lora_backward(lora, lora_vectors, slopes, row_count, gradient, by_vectors);
}

// Seven numbers: kind, rate, momentum, beta1, beta2, epsilon, decay.
int32_t SL_ABI(sl_abi_lora_optimizer)(sl_handle handle, const double *optimizer_options) {
  sl_lora *lora;
  sl_optimizer_options o = {.rate = optimizer_options[1],
                            .momentum = optimizer_options[2],
                            .beta1 = optimizer_options[3],
                            .beta2 = optimizer_options[4],
                            .epsilon = optimizer_options[5],
                            .decay = optimizer_options[6]};
  SL_TRY(whole(optimizer_options[0], "kind", &o.kind));
  SL_TRY(get(handle, &lora));
  return sl_lora_optimizer(lora, &o);
}

int32_t SL_ABI(sl_abi_lora_descend)(sl_handle handle, const float *gradient, double clip,
                                    double factor) {
  sl_lora *lora;
  SL_TRY(get(handle, &lora));
  return sl_lora_descend(lora, gradient, clip, factor);
}

// sl_abi_job_step does the work. Arrays as in lora/lora.h; those that the loss does not need may be 0.
int32_t SL_ABI(sl_abi_lora_learn)(sl_handle handle, const double *learn_options,
                                  const float *lora_vectors, uint32_t row_count,
                                  const float *targets, const uint32_t *lora_labels,
                                  const float *documents, uint32_t document_count,
                                  const uint32_t *negative_begins, const uint32_t *negatives) {
  sl_lora *lora;
  sl_lora_question q = {.vectors = lora_vectors,
                        .rows = row_count,
                        .targets = targets,
                        .labels = lora_labels,
                        .documents = documents,
                        .document_count = document_count,
                        .negative_begins = negative_begins,
                        .negatives = negatives};
  SL_TRY(read_options(learn_options, &q));
  SL_TRY(get(handle, &lora));
  return sl_lora_learn(lora, &q);
}

// Writes the address of the losses, doubles, and how many there are.
int32_t SL_ABI(sl_abi_lora_history)(sl_handle handle, const double **out, uint32_t *out_count) {
  sl_lora *lora;
  SL_TRY(get(handle, &lora));
  return sl_lora_history(lora, out, out_count);
}

// Writes the address of the parameters, f32, and how many there are.
int32_t SL_ABI(sl_abi_lora_parameters)(sl_handle handle, const float **out, uint32_t *out_count) {
  sl_lora *lora;
  SL_TRY(get(handle, &lora));
  return sl_lora_parameters(lora, out, out_count);
}

int32_t SL_ABI(sl_abi_lora_set_parameters)(sl_handle handle, const float *parameters,
                                           size_t parameter_count) {
  sl_lora *lora;
  SL_TRY(get(handle, &lora));
  return sl_lora_set_parameters(lora, parameters, parameter_count);
}

int32_t SL_ABI(sl_abi_lora_merge)(sl_handle handle) {
  sl_lora *lora;
  SL_TRY(get(handle, &lora));
  return sl_lora_merge(lora);
}

int32_t SL_ABI(sl_abi_lora_unmerge)(sl_handle handle) {
  sl_lora *lora;
  SL_TRY(get(handle, &lora));
  return sl_lora_unmerge(lora);
}

// lora_matrix: outputs * inputs f32, written.
int32_t SL_ABI(sl_abi_lora_matrix)(sl_handle handle, float *lora_matrix) {
  sl_lora *lora;
  SL_TRY(get(handle, &lora));
  return sl_lora_matrix(lora, lora_matrix);
}

sl_handle SL_ABI(sl_abi_lora_save)(sl_handle handle, const void *labels, size_t labels_bytes) {
  sl_lora *lora;
  sl_writer *writer = NULL;
  if (get(handle, &lora) != SL_OK) return 0;
  return sl_abi_hand_out_writer(sl_lora_save(lora, labels, labels_bytes, &writer), writer, handle,
                                SL_HANDLE_JOB);
}

// The adapter, or 0. The reader stays and is to be destroyed. weights: as for sl_abi_lora_create.
sl_handle SL_ABI(sl_abi_lora_load)(sl_handle reader, const float *weights, size_t weight_count) {
  sl_reader *from;
  sl_lora *lora;
  if (sl_abi_get_reader(reader, &from) != SL_OK) return 0;
  if (sl_lora_load(from, weights, weight_count, &lora) != SL_OK) return 0;
  return sl_abi_job_register(sl_lora_job(lora), 0, NULL);
}

// Writes the address and the number of bytes.
int32_t SL_ABI(sl_abi_lora_labels)(sl_handle handle, const void **out, size_t *out_bytes) {
  sl_lora *lora;
  SL_TRY(get(handle, &lora));
  *out = sl_lora_labels(lora);
  *out_bytes = sl_lora_labels_bytes(lora);
  return SL_OK;
}
