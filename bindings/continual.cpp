#include "common.hpp"

extern "C" {
#include "continual/btsp.h"
#include "continual/continual.h"
#include "continual/policy.h"
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

SL_OBJECT(sl_policy, sl_policy_destroy)
SL_FIELDS(sl_policy_options, inputs, actions, hidden, hidden_layers, activation, method,
          environments, steps, epochs, batch, normalise, learning_rate, discount, lambda, clip,
          entropy, value_weight, max_gradient, seed)
SL_FIELDS(sl_policy_result, outcome, rows, updates, policy_loss, value_loss, entropy, divergence,
          clipped)
SL_FIELDS(sl_policy_facts, inputs, actions, parameters, environments, steps, collected, acting,
          updates, rows)
SL_FIELDS(sl_policy_rows, rows, observations, actions, logarithms, advantages, returns)

SL_OBJECT(sl_btsp, sl_btsp_destroy)
SL_FIELDS(sl_btsp_options, inputs, neurons, plateau, connected, seed)
SL_FIELDS(sl_btsp_facts, inputs, neurons, items, active, weight)
SL_FIELDS(sl_btsp_load, inputs, active, cue, items, plateau, connected)
SL_FIELDS(sl_btsp_chance, hit, false_alarm, weight)

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
      .method<sl_learner_rollback>("rollback");
  sl::object<sl_policy>("Policy")
      .create<sl_policy_create>("create")
      .method<sl_policy_bytes>("bytes")
      .method<sl_policy_job>("job")
      .method<sl_policy_act>("act")
      .method<sl_policy_reward>("reward")
      .method<sl_policy_update>("update")
      .method<sl_policy_forget>("forget")
      .method<sl_policy_result_read>("result")
      .method<sl_policy_probabilities>("probabilities")
      .method<sl_policy_facts_read>("facts")
      .method<sl_policy_parameters>("parameters")
      .method<sl_policy_set_parameters>("setParameters")
      .method<sl_policy_gradient>("gradient");
  sl::object<sl_btsp>("Btsp")
      .create<sl_btsp_create>("create")
      .method<sl_btsp_bytes>("bytes")
      .method<sl_btsp_store>("store")
      .method<sl_btsp_recall>("recall")
      .method<sl_btsp_facts_read>("facts");
  sl::defaults<sl_btsp_options_default>("btspDefaults");
  sl::function<sl_btsp_chances>("btspChances");
  sl::function<sl_advantages>("advantages");
  sl::defaults<sl_policy_options_default>("policyDefaults");
  sl::defaults<sl_learner_options_default>("learnerDefaults");
  sl::defaults<sl_learner_question_default>("learnerQuestion");
}
