// A learner: a small dense network that goes on learning without forgetting, and can go back.
//
// Against forgetting it has replay (a seeded reservoir of earlier examples), elastic weight
// consolidation (a quadratic penalty by the diagonal of the Fisher information) and distillation (it
// keeps the answers that the network gave earlier). Weights are kept in a ring of checkpoints with
// the loss on held-out examples, and taken back from there.
//
//   sl_learner_create(&options, &learner);
//   sl_learner_learn(learner, &question);          begins; sl_job_step(sl_learner_job(learner), ...)
//   sl_learner_result_read(learner, &result);
//
// Everything is f32, sums of losses f64. The same options, seed and calls give the same bits in every
// build. Work is counted in multiply-adds.
#ifndef SL_CONTINUAL_CONTINUAL_H
#define SL_CONTINUAL_CONTINUAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/container.h"
#include "base/job.h"

typedef struct sl_learner sl_learner;
extern const sl_job_kind sl_learner_kind;

typedef enum sl_learner_loss {
  SL_LEARNER_CROSS_ENTROPY = 0, // labels; softmax over the classes that were seen so far
  SL_LEARNER_SQUARED = 1,       // values; half the sum of squares
} sl_learner_loss;

typedef enum sl_learner_optimizer {
  SL_LEARNER_SGD = 0,  // with momentum
  SL_LEARNER_ADAM = 1, // weight decay apart from the gradient (AdamW)
} sl_learner_optimizer;

typedef struct sl_learner_options {
  uint32_t inputs, outputs; // 1 to 2^16 numbers of an example, classes or numbers of an answer
  const uint32_t *hidden;   // hidden_layers widths, read
  uint32_t hidden_layers;   // 0 to 4
  uint32_t activation;      // 0 ReLU, 1 tanh
  uint32_t loss;            // sl_learner_loss
  uint32_t optimizer;       // sl_learner_optimizer
  double learning_rate;     // above 0, at most 100
  double momentum;          // of SGD, 0 to below 1
  double weight_decay;      // 0 to 1: weights fall by learning_rate * weight_decay an update
  double clip;              // longest gradient, above 0; infinity: none
  uint32_t replay;          // examples kept: of each class where per_class, else in all; 0: none
  uint32_t per_class;       // 1: `replay` examples of each class (CROSS_ENTROPY)
  uint32_t replay_rows;     // examples drawn from memory beside each batch, 1 to 4096
  double replay_weight;     // of their mean loss, 0 to 1000
  uint32_t balanced;        // 1: the loss allows for how often each class comes (CROSS_ENTROPY), so
                            // that answers do not lean to the classes of the last call
  double ewc;           // weight of the penalty, 0 to 1e9; half of it times sum F (w - anchor)^2
  double ewc_decay;     // what is left of the earlier Fisher information, 0 to 1
  double distillation;  // weight of the earlier network's answers, 0 to 1000
  double temperature;   // of their softmax, 0.1 to 100
  uint32_t checkpoints; // kept at most, 0 to 64; the one with the largest loss makes room
  uint32_t seed;
} sl_learner_options;

// ReLU, cross-entropy, Adam at 0.001, momentum 0.9 (SGD), no clipping, no replay, replay_rows 32 at
// weight 1, balanced, no EWC (decay 1), no distillation (temperature 2), 4 checkpoints, seed 1;
// sizes are 0.
sl_learner_options sl_learner_options_default(void);

// Draws first weights (normal, of He's or Glorot's variance).
//   Errors: ERR_OPTION (the name of the field), ERR_OVERFLOW ("hidden": more than 2^22 parameters;
//   "replay": more than 2^28 numbers), ERR_MEMORY. O(parameters * checkpoints + memory).
sl_status sl_learner_create(const sl_learner_options *options, sl_learner **out);
void sl_learner_destroy(sl_learner *learner);
sl_job *sl_learner_job(sl_learner *learner);
size_t sl_learner_bytes(const sl_learner *learner);

// Examples. The arrays are copied.
typedef struct sl_learner_question {
  uint32_t rows;          // 1 or more, times inputs (outputs of values) at most 2^28
  const float *inputs;    // rows x inputs, |x| at most 1e6
  const uint32_t *labels; // CROSS_ENTROPY: `rows` numbers below outputs; else NULL
  const float *values;    // SQUARED: rows x outputs, |x| at most 1e6; else NULL
  uint32_t epochs;        // passes over them, 1 to 10^6
  uint32_t batch;         // examples of an update, 1 to 4096
  double
      step; // 0 to 1, not 0: the weights go so far towards those that were learned. 1 is ordinary
            // learning; less is a step of Reptile (A. Nichol and others, arXiv:1803.02999): the
            // call is one task, and its moments of Adam are forgotten
} sl_learner_question;
// epochs 1, batch 32, step 1.
sl_learner_question sl_learner_question_default(void);

// Begins to learn from examples. At the end they are offered to the memory; those of a call that was
// stopped as far as they were used. A loss or weight that is not finite ends it with BREAKDOWN, and
// the weights are those from before. After `sl_job_stop` what was learned stays.
//   Errors: ERR_STATE ("learner": a job is running), ERR_EMPTY, ERR_OPTION, ERR_INDEX ("answers"),
//   ERR_NOT_FINITE ("inputs", "answers"), ERR_ARGUMENT ("answers": labels or values, as the loss wants),
//   ERR_OVERFLOW ("inputs"), ERR_MEMORY; nothing has changed then.
//   O(epochs * (rows + replay) * parameters).
sl_status sl_learner_learn(sl_learner *learner, const sl_learner_question *question);

// Begins to consolidate: the Fisher information of the weights on these inputs is added to what is
// left of the earlier one, the weights become the anchor of EWC and the network whose answers are
// kept by distillation. Labels are drawn from the network's own probabilities (seeded), not given:
// F. Kunstner and others, arXiv:1905.12558, say why. labels and values are not read.
//   A job that is stopped changes nothing. Errors: as sl_learner_learn(). O(rows * parameters).
sl_status sl_learner_consolidate(sl_learner *learner, const sl_learner_question *question);

// Begins to measure loss and accuracy on examples. Errors: as sl_learner_learn().
sl_status sl_learner_evaluate(sl_learner *learner, const sl_learner_question *question);

// Begins to answer; sl_learner_answers() reads the result. labels and values are not read.
sl_status sl_learner_predict(sl_learner *learner, const sl_learner_question *question);

typedef struct sl_learner_result {
  uint32_t outcome; // sl_outcome of the job that ended last
  uint32_t rows;    // that were used (of the last epoch)
  uint32_t updates;
  double loss; // learn: mean loss of new examples in the last epoch; evaluate: mean loss. Else NaN
  double accuracy; // evaluate, CROSS_ENTROPY: share of right answers. Else NaN
} sl_learner_result;
// Errors: ERR_STATE (no job has ended).
sl_status sl_learner_result_read(const sl_learner *learner, sl_learner_result *out);

// The answers of the last sl_learner_predict(): rows x outputs f32, probabilities (CROSS_ENTROPY; a
// class that no example has had gets 0 as soon as one had) or numbers. Valid until the next job.
//   Errors: ERR_STATE (nothing was predicted to its end).
sl_status sl_learner_answers(const sl_learner *learner, const float **out, uint32_t *rows);

typedef struct sl_learner_facts {
  uint32_t inputs, outputs, parameters, loss;
  uint32_t remembered;      // examples in memory
  uint32_t classes;         // that were seen
  uint32_t checkpoints;     // kept now
  uint32_t consolidated;    // how often
  double updates, examples; // all of them
} sl_learner_facts;
void sl_learner_facts_read(const sl_learner *learner, sl_learner_facts *out);

// The parameters: of each layer the weights, inputs x outputs row by row, then the biases. The
// address is valid as long as the learner. Errors: ERR_STATE ("learner": a job is running).
sl_status sl_learner_parameters(const sl_learner *learner, const float **out, uint32_t *count);
// The same of the Fisher information; zeros before it was consolidated.
sl_status sl_learner_fisher(const sl_learner *learner, const float **out, uint32_t *count);

// Sets them; the optimiser's moments are forgotten.
//   values   count numbers, |x| at most 1e6
//   Errors: ERR_STATE, ERR_SHAPE, ERR_NOT_FINITE ("values").
sl_status sl_learner_set_parameters(sl_learner *learner, const float *values, uint32_t count);

// The gradient of the mean loss of the examples alone, for checks. At most 4096 rows.
//   out      one f32 a parameter, written
//   Errors: as sl_learner_learn(). O(rows * parameters), at once.
sl_status sl_learner_gradient(sl_learner *learner, const sl_learner_question *question, float *out);

// ---- checkpoints --------------------------------------------------------------------------------

typedef struct sl_learner_checkpoint {
  uint32_t id;     // from 1, of all that were ever made
  double loss;     // as given
  double examples; // learned from until then
} sl_learner_checkpoint;

// Keeps the weights with a loss on held-out examples. Where the ring is full, the one with the
// largest loss makes room (the oldest of equals); the new one stays in any case.
//   id   written
//   Errors: ERR_STATE ("learner", a job is running; "checkpoints": there is no room for any),
//   ERR_NOT_FINITE ("loss"). O(parameters).
sl_status sl_learner_checkpoint_make(sl_learner *learner, double loss, uint32_t *id);

// Number i of those that are kept, the oldest first. Errors: ERR_INDEX ("index").
sl_status sl_learner_checkpoint_read(const sl_learner *learner, uint32_t index,
                                     sl_learner_checkpoint *out);

// Takes the weights of a checkpoint back. What was learned since leaves the memory of replay as well,
// and the optimiser's moments are forgotten; consolidation stays. Later checkpoints stay.
//   id    0: the one with the smallest loss, the latest of equals
//   out   written: the one that was taken
//   Errors: ERR_STATE ("learner": a job is running; "checkpoints": there is none), ERR_INDEX ("id").
sl_status sl_learner_rollback(sl_learner *learner, uint32_t id, sl_learner_checkpoint *out);

// ---- files --------------------------------------------------------------------------------------

// Everything that it is, to go on as if nothing had happened.
//   labels   bytes of the caller's own, copied; sl_learner_labels gives them back
//   Errors: ERR_STATE ("learner": a job is running), ERR_MEMORY.
sl_status sl_learner_save(const sl_learner *learner, const void *labels, size_t labels_bytes,
                          sl_writer **out);
// Safe on untrusted bytes: yes. Errors: ERR_FORMAT, ERR_TRUNCATED, ERR_CHECKSUM, ERR_MEMORY.
sl_status sl_learner_load(sl_reader *reader, sl_learner **out);
const void *sl_learner_labels(const sl_learner *learner);
size_t sl_learner_labels_bytes(const sl_learner *learner);

#endif
