// What a bandit holds. Internal.
#ifndef SL_BANDIT_STATE_H
#define SL_BANDIT_STATE_H

#include "bandit/bandit.h"
#include "bandit/regression.h"
#include "base/rng.h"

typedef struct sl_bandit_arm {
  double count, sum; // of rewards, weighted; the prior not counted
  uint32_t serial;   // how many arms this slot has had, so that late rewards find the right one
  uint32_t alive;
} sl_bandit_arm;

// A choice that waits (or has waited) for a reward, or a reward in the window. Its context stands at
// the same place of an array of its own.
typedef struct sl_bandit_event {
  double id;     // of a choice; 0: empty
  double reward; // in the window
  uint32_t arm, serial;
  uint32_t done; // rewarded already
  uint32_t reserved;
} sl_bandit_event;

typedef struct sl_bandit_ring {
  sl_bandit_event *events;
  double *contexts; // `row` numbers an event
  uint32_t capacity, most, row;
} sl_bandit_ring;

struct sl_bandit {
  sl_bandit_options options;
  sl_bandit_arm *arms; // capacity
  double **blocks;     // capacity: the factor of each arm; NULL where there is no arm
  double *common;      // factor of the shared weights
  double *context;     // d + k * capacity
  double *mean, *deviation, *score, *work_arm; // capacity each
  uint32_t *candidates;                        // capacity
  uint8_t *chosen_from;                        // capacity: marks
  double *work;                                // d + k + triangle
  uint32_t slots, capacity, alive;
  double choices, rewards;
  double scale; // of all factors: decay since they were last refreshed, 0.5 to 1
  sl_bandit_ring pending, window;
  uint32_t window_first, window_count;
  sl_rng rng, sampling; // choices; probabilities
  void *labels;
  size_t labels_bytes;
};

static inline bool sl_bandit_is_linear(const sl_bandit *b) { return b->options.dimension > 0; }
static inline bool sl_bandit_is_binary(const sl_bandit *b) {
  const sl_bandit_policy p = b->options.policy;
  return p == SL_BANDIT_BETA || p == SL_BANDIT_UCB1 || p == SL_BANDIT_KL_UCB;
}
static inline sl_regression sl_bandit_model(const sl_bandit *b, uint32_t arm) {
  return sl_regression_at(b->blocks[arm], b->options.dimension, b->options.shared);
}
static inline sl_regression sl_bandit_common(const sl_bandit *b) {
  return sl_regression_at(b->common, b->options.shared, 0);
}
static inline const double *sl_bandit_shared_row(const sl_bandit *b, uint32_t arm) {
  return b->context + b->options.dimension + (size_t)arm * b->options.shared;
}

// Errors: ERR_OPTION. Allocates nothing.
sl_status sl_bandit_options_check(const sl_bandit_options *options);

// Makes room for slots up to `slots`.
sl_status sl_bandit_grow(sl_bandit *b, uint32_t slots);

// A fresh factor for an arm, over its block.
void sl_bandit_begin_arm(sl_bandit *b, uint32_t arm);

// Errors: ERR_NOT_FINITE, ERR_RANGE ("context").
sl_status sl_bandit_check_context(const sl_bandit *b);

// Room for one event more at place `at` (below most), larger by doubling.
//   Errors: ERR_MEMORY. Nothing changes then.
sl_status sl_bandit_ring_grow(sl_bandit_ring *ring, uint32_t capacity);

// Mean and deviation of an arm in the context, into b->mean and b->deviation.
void sl_bandit_estimate(sl_bandit *b, uint32_t arm);

// Keeps a choice until its reward comes. Room has been made by sl_bandit_expect_room.
sl_status sl_bandit_expect_room(sl_bandit *b);
void sl_bandit_expect(sl_bandit *b, uint32_t arm);

#endif
