// Random walks on the rows of a strictly row-dominant matrix, and a confidence interval for their
// mean. Internal to the room.
//
// From row i the walk goes to j with probability |m_ij| / |m_ii|, its sign changing with that of
// -m_ij / m_ii, and stops at i with what is left, slack_i / |m_ii|. Paying sign * w_i / (slack_i
// sgn m_ii) where it stops makes the expected payment the entry of M^{-1} w at the start.
#ifndef SL_SOLVER_WALK_H
#define SL_SOLVER_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"
#include "sparse/csr.h"

// A walk in progress, and where the walks start.
typedef struct sl_walk {
  const sl_csr *matrix;
  sl_rng rng;
  uint32_t at;
  double sign;     // +-1; 0 when no walk is under way
  double slack;    // of the row where the last one ended
  double diagonal; // m_ii there
} sl_walk;

// Takes one step: to a neighbour, or it ends at `at`, with slack and diagonal set.
//   force   must leave: the first step of a walk whose start has been paid already
//   read    written: entries of the row that were read
//   Returns true when the walk has ended. A row without other entries always ends it. O(row
//   length).
bool sl_walk_step(sl_walk *walk, bool force, uint32_t *read);

// Running mean and variance (Welford).
typedef struct sl_sample {
  uint64_t count;
  double mean;
  double sum_squares; // of the deviations from the mean
} sl_sample;

static inline void sl_sample_add(sl_sample *sample, double value) {
  sample->count++;
  double deviation = value - sample->mean;
  sample->mean += deviation / (double)sample->count;
  sample->sum_squares += deviation * (value - sample->mean);
}

// Half the width of an interval around the mean that holds the expectation with probability at
// least 1 - risk, for independent samples in an interval of width `range`; infinite below 2
// samples.
double sl_sample_half_width(const sl_sample *sample, double range, double risk);

#endif
