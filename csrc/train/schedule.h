// How the rate of learning changes from step to step: a warm-up, in which it grows in equal parts,
// then one of four courses. Internal to the rooms that learn.
//
// With p = (step - warmup) / (steps - warmup), at most 1, the share of the course that is over:
//
//   CONSTANT   1
//   COSINE     last + (1 - last) (1 + cos(pi p)) / 2      I. Loshchilov, F. Hutter, arXiv:1608.03983
//   LINEAR     1 - (1 - last) p
//   STEP       factor^floor((step - warmup) / every)
#ifndef SL_TRAIN_SCHEDULE_H
#define SL_TRAIN_SCHEDULE_H

#include <stdint.h>

#include "base/status.h"

typedef enum sl_schedule_kind {
  SL_SCHEDULE_CONSTANT = 0,
  SL_SCHEDULE_COSINE = 1,
  SL_SCHEDULE_LINEAR = 2,
  SL_SCHEDULE_STEP = 3,
} sl_schedule_kind;

typedef struct sl_schedule {
  uint32_t kind;
  uint64_t warmup; // steps; step s < warmup has the factor (s + 1) / warmup
  uint64_t
      steps;   // COSINE, LINEAR: all of them, the warm-up included; the last factor holds after it
  double last; // COSINE, LINEAR: 0 to 1
  uint64_t every; // STEP: >= 1
  double factor;  // STEP: above 0, at most 1
} sl_schedule;

// CONSTANT without a warm-up; last 0, every 1, factor 0.1.
sl_schedule sl_schedule_default(void);

// Errors: ERR_OPTION ("schedule", "last", "every", "factor"). Those of another kind are not looked at.
sl_status sl_schedule_check(const sl_schedule *schedule);

// The factor of a step, counted from 0. The same bits in every build. O(log step).
double sl_schedule_factor(const sl_schedule *schedule, uint64_t step);

#endif
