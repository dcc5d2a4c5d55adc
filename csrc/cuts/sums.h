// Sums of weights across a cut, with what rounding can do to them. Internal to the room.
#ifndef SL_CUTS_SUMS_H
#define SL_CUTS_SUMS_H

#include "cuts/question.h"

// Weights that were added up one by one, in doubles.
typedef struct sl_sum {
  double value;
  double count;
  bool inexact; // an addition was rounded
} sl_sum;

static inline void sl_sum_add(sl_sum *sum, double weight) {
  const double before = sum->value, after = before + weight, part = after - before;
  sum->inexact |= (before - (after - part)) + (weight - part) != 0;
  sum->value = after;
  sum->count++;
}

// How far the sum can be from the exact one.
static inline double sl_sum_error(const sl_sum *sum) {
  return sum->inexact ? sum->count * 0x1.0001p-53 * sum->value : 0;
}

// The sum of edges from side 1 to side 0, and how many there are.
static inline sl_sum sl_sum_across(const sl_csr *edges, const uint32_t *side) {
  sl_sum sum = {0};
  for (uint32_t u = 0; u < edges->rows; u++) {
    if (!side[u]) continue;
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++)
      if (!side[edges->columns[k]]) sl_sum_add(&sum, sl_weight(edges, k));
  }
  return sum;
}

// How far `sum`, that of a cut, can be above or below the least cut, of which `units` in 2^exponent
// is a lower bound.
static inline double sl_sum_gap(const sl_sum *sum, int64_t units, int exponent) {
  double lower = (double)units;
  if (lower > 0 && (lower >= 0x1p63 || (int64_t)lower > units)) lower = nextafter(lower, 0);
  lower = ldexp(lower, exponent);
  // The least cut is between `lower` and the exact sum.
  const double above = sum->value - lower, error = sl_sum_error(sum);
  return above > error ? above * (1 + 0x1p-50) : error;
}

// The unit, as a power of two, in which `total` is below 2^61.
static inline int sl_unit_of(double total) { return total > 0 ? ilogb(total) + 1 - 61 : 0; }

// The ends and weights of the edges from side 1 to side 0, in the order of the rows.
typedef struct sl_crossing {
  uint32_t *from, *to;
  double *weights;
  uint32_t count;
} sl_crossing;

sl_status sl_crossing_take(sl_crossing *crossing, sl_cuts *cuts, const uint32_t *side,
                           uint32_t count);

#endif
