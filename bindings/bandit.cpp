#include "common.hpp"

extern "C" {
#include "bandit/bandit.h"
#include "bandit/evaluate.h"
}

SL_OBJECT(sl_bandit, sl_bandit_destroy)
SL_OBJECT(sl_evaluation, sl_evaluation_destroy)
SL_FIELDS(sl_bandit_options, policy, dimension, shared, exploration, ridge, prior_mean, noise,
          successes, failures, decay, window, pending, samples, seed)
SL_FIELDS(sl_bandit_facts, slots, arms, choices, rewards, waiting, windowed)
SL_FIELDS(sl_bandit_choice, id, propensity, standard_error, arm)
SL_FIELDS(sl_evaluation_question, rows, arms, dimension, actions, rewards, propensities, contexts,
          target, target_rows, methods, clip, folds, resamples, ridge, confidence, seed)

EMSCRIPTEN_BINDINGS(bandit) {
  sl::object<sl_bandit>("Bandit")
      .create<sl_bandit_create>("create")
      .create<sl_bandit_save>("save")
      .create<sl_bandit_load>("load")
      .method<sl_bandit_bytes>("bytes")
      .method<sl_bandit_facts_read>("facts")
      .method<sl_bandit_options_read>("options")
      .method<sl_bandit_add_arm>("addArm")
      .method<sl_bandit_remove_arm>("removeArm")
      .method<sl_bandit_has_arm>("hasArm")
      .method<sl_bandit_context>("context")
      .method<sl_bandit_choose>("choose")
      .method<sl_bandit_scores>("scores")
      .method<sl_bandit_probabilities>("probabilities")
      .method<sl_bandit_estimates>("estimates")
      .method<sl_bandit_weights>("weights")
      .method<sl_bandit_reward>("reward")
      .method<sl_bandit_learn>("learn")
      .method<sl_bandit_carry>("carry")
      .method<sl_bandit_labels>("labels")
      .method<sl_bandit_labels_bytes>("labelsBytes");
  sl::object<sl_evaluation>("Evaluation")
      .create<sl_evaluation_create>("create")
      .method<sl_evaluation_job>("job")
      .method<sl_evaluation_read>("read");
  sl::defaults<sl_bandit_options_default>("banditDefaults");
  sl::defaults<sl_evaluation_question_default>("evaluationDefaults");
}
