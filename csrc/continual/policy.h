// A policy: a small network that chooses among actions, learns from rewards, and beside it one that
// estimates what is still to come. Environments are the host's: it asks for actions, carries them
// out, and says what came of them.
//
//   sl_policy_create(&options, &policy);
//   for (;;) {
//     do {
//       sl_policy_act(policy, observations, actions);   of all environments at once
//       ... the host steps its environments ...
//       sl_policy_reward(policy, rewards, next, ended, &full);
//     } while (!full);
//     sl_policy_update(policy, 1);                      begins; sl_job_step(sl_policy_job(policy), ...)
//   }
//
// Networks are f32, sums f64. The same options, seed and calls give the same bits in every build.
// Work is counted in multiply-adds.
//
// Based on:
//   PPO         J. Schulman and others, arXiv:1707.06347, the clipped objective; S. Huang and others,
//               "The 37 implementation details of proximal policy optimization", ICLR blog track 2022
//   GAE         J. Schulman and others, arXiv:1506.02438
//   REINFORCE   R. Williams, Machine Learning 8 (1992), doi:10.1007/BF00992696, with a learned
//               baseline (R. Sutton, A. Barto, Reinforcement Learning, 2nd ed., 13.4)
//   time limits F. Pardo and others, arXiv:1712.00378: an episode that was only cut short is worth
//               what its last observation is estimated to be worth
#ifndef SL_CONTINUAL_POLICY_H
#define SL_CONTINUAL_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"

typedef struct sl_policy sl_policy;
extern const sl_job_kind sl_policy_kind;

typedef enum sl_policy_method {
  SL_POLICY_PPO = 0,
  SL_POLICY_REINFORCE = 1, // one update by all that was collected; epochs, batch, lambda, clip are
                           // not looked at
} sl_policy_method;

typedef struct sl_policy_options {
  uint32_t inputs, actions; // numbers of an observation; 2 to 2^16 actions
  const uint32_t *hidden;   // hidden_layers widths of either network, read
  uint32_t hidden_layers;   // 0 to 4
  uint32_t activation;      // 0 ReLU, 1 tanh
  uint32_t method;          // sl_policy_method
  uint32_t environments;    // that act at once, 1 to 4096
  uint32_t steps;       // of each that are collected, 1 to 65,536; steps * environments * inputs
                        // at most 2^28
  uint32_t epochs;      // passes over what was collected, 1 to 1000
  uint32_t batch;       // rows of an update, 1 to 65,536
  uint32_t normalise;   // 1: advantages of an update have mean 0 and standard deviation 1
  double learning_rate; // of Adam, above 0 and at most 100
  double discount;      // of later rewards, 0 to 1
  double lambda;        // of GAE, 0 to 1: 0 trusts the estimates, 1 the rewards
  double clip;          // the ratio of probabilities counts within 1 +- clip; above 0, below 1
  double entropy;       // weight of the policy's entropy, 0 to 100
  double value_weight;  // of half the squared error of the estimates, 0 to 100
  double max_gradient;  // gradient, above 0; infinity: none
  uint32_t seed;
} sl_policy_options;

// PPO, tanh, 8 environments, 128 steps, 10 epochs, batch 256, normalised, Adam at 0.001, discount 0.99,
// lambda 0.95, clip 0.2, entropy 0, value_weight 0.5, max_gradient 0.5, seed 1; sizes are 0.
sl_policy_options sl_policy_options_default(void);

// Draws first weights; those of the last layer of the policy are small, so that it begins with nearly
// equal probabilities.
//   Errors: ERR_OPTION (the name of the field), ERR_OVERFLOW ("hidden": more than 2^22 parameters of a
//   network; "steps"), ERR_MEMORY. O(parameters + steps * environments * inputs).
sl_status sl_policy_create(const sl_policy_options *options, sl_policy **out);
void sl_policy_destroy(sl_policy *policy);
sl_job *sl_policy_job(sl_policy *policy);
size_t sl_policy_bytes(const sl_policy *policy);

// Draws an action for each environment, and keeps what it was drawn from until it is rewarded.
//   observations   environments x inputs, |x| at most 1e6, read
//   actions        environments, written
//   Errors: ERR_STATE ("policy": a job is running, actions that have no rewards yet, or `steps` are
//   collected), ERR_NOT_FINITE ("observations"). O(environments * parameters).
sl_status sl_policy_act(sl_policy *policy, const float *observations, uint32_t *actions);

// What came of the actions.
//   rewards   environments, |x| at most 1e6, read
//   next      environments x inputs: the observations that followed, before anything was begun anew;
//             |x| at most 1e6, read
//   ended     environments, read: 0 it goes on, 1 it has ended, 2 it was cut short (a time limit)
//   full      written: 1 where `steps` are collected
//   Errors: ERR_STATE ("policy": a job is running, or nothing was acted), ERR_NOT_FINITE ("rewards",
//   "next"), ERR_OPTION ("ended"). O(environments * parameters).
sl_status sl_policy_reward(sl_policy *policy, const float *rewards, const float *next,
                           const uint32_t *ended, uint32_t *full);

// Begins to learn from what was collected, which is forgotten at the end. A loss or weight that is not
// finite ends it with BREAKDOWN, and the weights are those from before. After `sl_job_stop` what was
// learned stays.
//   factor   of the learning rate and of clip in this update, above 0 and at most 1
//   Errors: ERR_STATE ("policy": a job is running, actions have no rewards yet, or nothing is
//   collected), ERR_OPTION ("factor"), ERR_MEMORY. O(epochs * rows * parameters).
sl_status sl_policy_update(sl_policy *policy, double factor);

// Forgets what was collected: environments begin anew.
//   Errors: ERR_STATE ("policy": a job is running).
sl_status sl_policy_forget(sl_policy *policy);

typedef struct sl_policy_result {
  uint32_t outcome;   // sl_outcome of the update that ended last
  uint32_t rows;      // that were collected
  uint32_t updates;   // steps of Adam
  double policy_loss; // means of the last epoch that was made; NaN where none was
  double value_loss;  // half the squared error
  double entropy;     // of the policy, in nats
  double divergence;  // of the new policy from the one that acted: mean of r - 1 - log r
  double clipped;     // share of ratios outside 1 +- clip
} sl_policy_result;
// Errors: ERR_STATE (no job has ended).
sl_status sl_policy_result_read(const sl_policy *policy, sl_policy_result *out);

// Probabilities of the actions; nothing is kept, nothing is drawn.
//   rows           1 to 65,536
//   observations   rows x inputs, |x| at most 1e6, read
//   out            rows x actions, written
//   values         rows: what is still to come, estimated; written. NULL: not wanted
//   Errors: ERR_STATE ("policy": a job is running), ERR_EMPTY, ERR_OVERFLOW ("observations"),
//   ERR_NOT_FINITE ("observations"). O(rows * parameters).
sl_status sl_policy_probabilities(sl_policy *policy, uint32_t rows, const float *observations,
                                  float *out, float *values);

typedef struct sl_policy_facts {
  uint32_t inputs, actions, parameters, environments, steps;
  uint32_t collected; // steps of each environment
  uint32_t acting;    // 1: actions wait for rewards
  double updates;     // steps of Adam, all of them
  double rows;        // that were learned from, all of them
} sl_policy_facts;
void sl_policy_facts_read(const sl_policy *policy, sl_policy_facts *out);

// The parameters: those of the policy, then those of the estimates; of each layer the weights, inputs
// x outputs row by row, then the biases. The address is valid as long as the policy.
//   Errors: ERR_STATE ("policy": a job is running).
sl_status sl_policy_parameters(const sl_policy *policy, const float **out, uint32_t *count);

// Sets them; the moments of Adam are forgotten.
//   values   count numbers, |x| at most 1e6
//   Errors: ERR_STATE, ERR_SHAPE, ERR_NOT_FINITE ("values").
sl_status sl_policy_set_parameters(sl_policy *policy, const float *values, uint32_t count);

// Rows for sl_policy_gradient().
typedef struct sl_policy_rows {
  uint32_t rows;             // 1 to 65,536
  const float *observations; // rows x inputs, |x| at most 1e6
  const uint32_t *actions;   // rows
  const float *logarithms;   // rows: of the probabilities that the actions had, -1e6 to 0
  const float *advantages;   // rows, |x| at most 1e6; they are not normalised
  const float *returns;      // rows: what the estimates should be, |x| at most 1e6
} sl_policy_rows;

// The loss of an update and its gradient, for checks.
//   loss   written
//   out    one f32 a parameter, written
//   Errors: ERR_STATE, ERR_EMPTY ("observations"), ERR_OVERFLOW ("observations"), ERR_INDEX ("actions"),
//   ERR_NOT_FINITE ("observations", "logarithms", "advantages", "returns").
//   O(rows * parameters), at once.
sl_status sl_policy_gradient(sl_policy *policy, const sl_policy_rows *rows, double *loss,
                             float *out);

// Generalised advantage estimates. Arrays are steps x environments, one step after another. With
//   delta_t = reward_t + discount next_t - value_t,
//   advantage_t = delta_t + discount lambda advantage_(t+1), the last term only where 0 stands in ended.
//   rewards, values   read
//   next              read: estimates for the observations that followed; taken as 0 where ended is 1
//   ended             read: as in sl_policy_reward()
//   out               written
//   Errors: ERR_EMPTY ("rewards"), ERR_OPTION ("discount", "lambda", "ended"), ERR_NOT_FINITE
//   ("rewards", "values", "next": also above 1e6). O(steps * environments).
sl_status sl_advantages(uint32_t steps, uint32_t environments, const float *rewards,
                        const float *values, const float *next, const uint32_t *ended,
                        double discount, double lambda, float *out);

#endif
