// What a policy holds. Internal to the room; the contract is policy.h.
#ifndef SL_CONTINUAL_POLICY_OBJECT_H
#define SL_CONTINUAL_POLICY_OBJECT_H

#include <stdbool.h>

#include "base/rng.h"
#include "continual/net.h"
#include "continual/policy.h"
#include "train/optimizer.h"

#define SL_POLICY_LARGEST 1e6f

enum { SL_POLICY_PIECE_ROWS = 128, SL_POLICY_MOST_ROWS = 65536 };

// One update's part of the loss.
typedef struct sl_policy_sums {
  double policy, value, entropy, divergence, clipped;
} sl_policy_sums;

struct sl_policy {
  sl_job job; // the first member
  sl_policy_options options;
  sl_net chooser, critic;
  sl_net_work choosing, estimating;
  uint32_t piece; // rows that either work space has
  sl_rng rng;
  float *parameters, *gradient; // of both networks
  sl_optimizer optimizer;
  // Collected: steps x environments, one step after another.
  float *observations; // x inputs
  uint32_t *actions, *ended;
  float *logarithms, *rewards, *values, *next_values, *advantages, *returns;
  float *latest; // environments x inputs: what followed the last step
  uint32_t collected;
  bool acting;
  double updates, rows_learned;
  // The job.
  float *before;            // parameters at the beginning
  uint32_t *order;          // rows
  uint32_t rows, epoch, at; // at: the next row of the epoch
  uint32_t batch_rows, left;
  bool in_batch;
  double factor, mean, scale; // of advantages in this update
  uint64_t done;
  uint32_t steps_made;
  sl_policy_sums sums, last_sums;
  uint32_t sum_rows, last_rows;
  float *gathered, *last_policy, *last_value; // of a piece
  sl_policy_result result;
};

sl_status sl_policy_require_idle(const sl_policy *policy);
// Softmax of a row of scores into out. Returns the logarithm of the probability of `action`.
double sl_policy_softmax(const float *scores, uint32_t actions, uint32_t action, float *out);
// |x| at most 1e6.
sl_status sl_policy_check(const float *x, size_t count, const char *name);

#endif
