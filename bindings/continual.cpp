#include "common.hpp"

extern "C" {
#include "continual/continual.h"
}

SL_OBJECT(sl_learner, sl_learner_destroy)
SL_FIELDS(sl_learner_options, inputs, outputs, hidden, hidden_layers, activation, loss, optimizer,
          learning_rate, momentum, weight_decay, clip, replay, per_class, replay_rows,
          replay_weight, balanced, ewc, ewc_decay, distillation, temperature, checkpoints, seed)
SL_FIELDS(sl_learner_question, rows, inputs, labels, values, epochs, batch, step)
SL_FIELDS(sl_learner_result, outcome, rows, updates, loss, accuracy)
SL_FIELDS(sl_learner_facts, inputs, outputs, parameters, loss, remembered, classes, checkpoints,
          consolidated, updates, examples)
SL_FIELDS(sl_learner_checkpoint, id, loss, examples)

EMSCRIPTEN_BINDINGS(continual) {
  sl::object<sl_learner>("Learner")
      .create<sl_learner_create>("create")
      .create<sl_learner_save>("save")
      .create<sl_learner_load>("load")
      .method<sl_learner_bytes>("bytes")
      .method<sl_learner_job>("job")
      .method<sl_learner_learn>("learn")
      .method<sl_learner_consolidate>("consolidate")
      .method<sl_learner_evaluate>("evaluate")
      .method<sl_learner_predict>("predict")
      .method<sl_learner_result_read>("result")
      .method<sl_learner_answers>("answers")
      .method<sl_learner_facts_read>("facts")
      .method<sl_learner_parameters>("parameters")
      .method<sl_learner_fisher>("fisher")
      .method<sl_learner_set_parameters>("setParameters")
      .method<sl_learner_gradient>("gradient")
      .method<sl_learner_checkpoint_make>("checkpoint")
      .method<sl_learner_checkpoint_read>("checkpointRead")
      .method<sl_learner_rollback>("rollback")
      .method<sl_learner_labels>("labels")
      .method<sl_learner_labels_bytes>("labelsBytes");
  sl::defaults<sl_learner_options_default>("learnerDefaults");
  sl::defaults<sl_learner_question_default>("learnerQuestion");
}
