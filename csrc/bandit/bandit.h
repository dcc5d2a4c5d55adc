// Choosing one of some arms again and again while learning from rewards: contextual and plain
// bandits, with the probability of every choice, so that logs can be evaluated (bandit/evaluate.h).
//
//   sl_bandit_create(&options, &bandit);  sl_bandit_add_arm(bandit, &arm);  ...
//   memcpy(sl_bandit_context(bandit), x, ...);
//   sl_bandit_choose(bandit, NULL, 0, NULL, &choice);
//   sl_bandit_reward(bandit, choice.id, 1, &learned);      at once, later, in any order, or never
//
// Based on:
//   LinUCB, hybrid LinUCB  L. Li, W. Chu, J. Langford, R. Schapire, WWW 2010, doi:10.1145/1772690.1772758
//   LinTS                  S. Agrawal, N. Goyal, ICML 2013, arXiv:1209.3352
//   Thompson sampling      S. Agrawal, N. Goyal, AISTATS 2013, arXiv:1209.3353
//   UCB1                   P. Auer, N. Cesa-Bianchi, P. Fischer, Machine Learning 47 (2002)
//   KL-UCB                 A. Garivier, O. Cappe, COLT 2011, arXiv:1102.2490
//   decay, window          A. Garivier, E. Moulines, ALT 2011, arXiv:0805.3415
#ifndef SL_BANDIT_BANDIT_H
#define SL_BANDIT_BANDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/container.h"
#include "base/status.h"

typedef enum sl_bandit_policy {
  SL_BANDIT_LIN_UCB = 0,        // mean + exploration * deviation of a linear model of each arm
  SL_BANDIT_LIN_TS = 1,         // a normal draw: mean, exploration * deviation
  SL_BANDIT_EPSILON_GREEDY = 2, // the best mean, or with probability `exploration` any arm
  SL_BANDIT_SOFTMAX = 3,        // with probabilities e^(mean / exploration)
  SL_BANDIT_BETA = 4,           // a draw of Beta(successes + sum, failures + count - sum)
  SL_BANDIT_GAUSSIAN = 5,       // a draw of the posterior of a normal mean with known noise
  SL_BANDIT_UCB1 = 6,           // mean + exploration * sqrt(2 log t / count)
  SL_BANDIT_KL_UCB = 7,         // the largest q with count * kl(mean, q) <= exploration * log t
} sl_bandit_policy;

// Numbers of a context and rewards beyond this in size are refused: their squares would overflow.
#define SL_BANDIT_LARGEST 0x1p400

#define SL_BANDIT_MOST_DIMENSION 4096u
#define SL_BANDIT_MOST_ARMS (1u << 20)

typedef struct sl_bandit_options {
  sl_bandit_policy policy;
  // Numbers of a context, 0 to SL_BANDIT_MOST_DIMENSION. LIN_UCB and LIN_TS need one at least;
  // EPSILON_GREEDY and SOFTMAX have linear models with it and means without; the others take 0.
  uint32_t dimension;
  uint32_t shared;    // features whose weights all arms share; LIN_UCB only (its hybrid form)
  double exploration; // >= 0; EPSILON_GREEDY: <= 1, SOFTMAX: > 0
  double ridge;       // > 0: linear models and means begin with so much weight on their prior
  double prior_mean;  // of means without a context
  double noise;       // > 0: standard deviation of rewards; GAUSSIAN
  double successes;   // > 0: BETA
  double failures;    // > 0: BETA
  double decay;       // 0.5 to 1: the weight of everything learned after each reward
  uint32_t window;    // only so many last rewards count; 0: all. Not with decay, not with `shared`
  uint32_t pending;   // >= 1: choices that wait for a reward at most; the oldest are forgotten
  uint32_t samples;   // draws for probabilities that have no closed form; 0: not computed (NaN)
  uint64_t seed;
} sl_bandit_options;

// LIN_UCB with dimension 0, exploration 1, ridge 1, noise 1, Beta(1, 1), no decay, no window,
// pending 10,000, samples 100, seed 1.
sl_bandit_options sl_bandit_options_default(void);

typedef struct sl_bandit sl_bandit;

// Errors: ERR_OPTION (the option's name), ERR_MEMORY.
sl_status sl_bandit_create(const sl_bandit_options *options, sl_bandit **out);
void sl_bandit_destroy(sl_bandit *bandit);
size_t sl_bandit_bytes(const sl_bandit *bandit);

// The options, and numbers of what has happened.
typedef struct sl_bandit_facts {
  uint32_t slots;    // numbers of arms in use are below this
  uint32_t arms;     // arms there are
  double choices;    // made
  double rewards;    // learned from
  uint32_t waiting;  // choices that wait for a reward
  uint32_t windowed; // rewards in the window
} sl_bandit_facts;
void sl_bandit_facts_read(const sl_bandit *bandit, sl_bandit_facts *out);
void sl_bandit_options_read(const sl_bandit *bandit, sl_bandit_options *out);

// A new arm, which knows nothing.
//   out   written: its number, the smallest that is free
//   Errors: ERR_OVERFLOW (SL_BANDIT_MOST_ARMS), ERR_MEMORY. O(d^2 + d k).
sl_status sl_bandit_add_arm(sl_bandit *bandit, uint32_t *out);

// Forgets an arm; rewards of its choices that come later teach nothing. Its number may be given
// again. Errors: ERR_INDEX ("arm"). O(window).
sl_status sl_bandit_remove_arm(sl_bandit *bandit, uint32_t arm);

bool sl_bandit_has_arm(const sl_bandit *bandit, uint32_t arm);

// Where the host writes the context before a call that takes one: `dimension` numbers, then
// `shared` numbers for each slot. Moves when an arm is added. NULL where both are 0.
double *sl_bandit_context(sl_bandit *bandit);

typedef struct sl_bandit_choice {
  double id;             // 1, 2, 3, ...: what a reward refers to
  double propensity;     // probability with which this arm was chosen, > 0; NaN with samples 0
  double standard_error; // of the propensity; 0 where it is exact
  uint32_t arm;
} sl_bandit_choice;

// Chooses an arm; ties are broken at random.
//   eligible   count numbers of arms, read: only these; NULL: all. Repeated ones count once
//   cost       one number for each slot, read: taken off the index, sample or mean before arms are
//              compared; NULL: none
//   Errors: ERR_EMPTY ("arms": there is none; "eligible"), ERR_INDEX ("eligible"), ERR_NOT_FINITE
//   and ERR_RANGE ("context", "cost": beyond SL_BANDIT_LARGEST), ERR_MEMORY. Nothing changes then.
//   O(arms (d^2 / 2 + d k + k^2 / 2)); draws for probabilities: samples * arms, for BETA times the
//   square root of its counts.
sl_status sl_bandit_choose(sl_bandit *bandit, const uint32_t *eligible, size_t count,
                           const double *cost, sl_bandit_choice *out);

// What was compared in the last choice: one number for each slot, NaN for arms that were not
// eligible. Valid until the next call.
const double *sl_bandit_scores(const sl_bandit *bandit);

// The probabilities with which each arm would be chosen now. Neither choices nor what is learned
// change; the generator of the draws for probabilities goes on.
//   out    one number for each slot, written; 0 where an arm is not eligible
//   Errors: those of sl_bandit_choose; ERR_STATE ("samples": 0 where they are needed).
sl_status sl_bandit_probabilities(sl_bandit *bandit, const uint32_t *eligible, size_t count,
                                  const double *cost, double *out);

// What is known of each arm: the mean of its reward in this context and its standard deviation,
// both as the policy believes them; NaN for slots without an arm. 2 * slots numbers, written: means,
// then deviations. UCB1, KL_UCB: the deviation is 1 / (2 sqrt(count)).
//   Errors: ERR_NOT_FINITE, ERR_RANGE ("context").
sl_status sl_bandit_estimates(sl_bandit *bandit, double *out);

// The weights of a linear model: d of the arm, then the k shared ones. O(d^2).
//   Errors: ERR_INDEX ("arm"), ERR_UNSUPPORTED ("weights": no linear model).
sl_status sl_bandit_weights(const sl_bandit *bandit, uint32_t arm, double *out);

// The reward of a choice.
//   learned   written: false where the arm is gone
//   Errors: ERR_INDEX ("id": no such choice), ERR_STATE ("id": rewarded already, or forgotten
//   because more than `pending` choices came after it), ERR_NOT_FINITE, ERR_RANGE ("reward": beyond
//   SL_BANDIT_LARGEST; BETA, UCB1, KL_UCB: not from 0 to 1), ERR_MEMORY. Nothing changes then.
//   O(d^2 + d k + k^2); decay: O(arms), and O(arms d^3) each time that the weights have halved.
sl_status sl_bandit_reward(sl_bandit *bandit, double id, double reward, bool *learned);

// Learns from a reward of an arm in the context given, without a choice. Errors as above, and
// ERR_INDEX ("arm").
sl_status sl_bandit_learn(sl_bandit *bandit, uint32_t arm, double reward);

// Carries what another bandit has learned about one of its arms to an arm of this one, as a power
// prior: its data count `weight` times. Priors and pending choices are not carried.
//   from     may be the same bandit; read
//   weight   above 0 and at most 1
//   Errors: ERR_INDEX ("arm", "source"), ERR_OPTION ("weight"), ERR_SHAPE ("from": contexts of another
//   dimension), ERR_UNSUPPORTED ("from": shared features, or rewards beyond 0 to 1; "window"),
//   ERR_RANGE ("weight": rounding would spoil the sums), ERR_MEMORY; nothing has changed then.
//   O(dimension^3).
sl_status sl_bandit_carry(sl_bandit *bandit, uint32_t arm, const sl_bandit *from, uint32_t source,
                          double weight);

// Everything as a file (docs/format.md), as it is now: the writer has a copy, the bandit may go on.
//   labels   bytes, read and copied: kept as they are, for names of arms
//   Errors: ERR_MEMORY.
sl_status sl_bandit_save(const sl_bandit *bandit, const void *labels, size_t bytes,
                         sl_writer **out);

// Takes what sl_bandit_save wrote: the copy chooses and learns as the original would have.
//   Errors: as sl_reader_take(); ERR_FORMAT. Untrusted bytes are safe.
sl_status sl_bandit_load(sl_reader *reader, sl_bandit **out);

// The labels that were in the file; valid as long as the bandit. NULL when there are none.
const void *sl_bandit_labels(const sl_bandit *bandit);
size_t sl_bandit_labels_bytes(const sl_bandit *bandit);

#endif
