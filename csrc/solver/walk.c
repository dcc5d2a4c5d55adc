// Based on: G. E. Forsythe, R. A. Leibler, "Matrix inversion by a Monte Carlo method", Math. Comp.
// 4 (1950), doi:10.1090/S0025-5718-1950-0038138-X (walks that end with the slack); A. Maurer, M.
// Pontil, "Empirical Bernstein bounds and sample variance penalization", COLT 2009,
// arXiv:0907.3740, theorem 4, once for each side of the interval.
#include "solver/walk.h"

#include <math.h>

bool sl_walk_step(sl_walk *walk, bool force, uint32_t *read) {
  const sl_csr *matrix = walk->matrix;
  uint32_t i = walk->at, begin = matrix->row_pointers[i], end = matrix->row_pointers[i + 1];
  double diagonal = 0, off = 0;
  for (uint32_t k = begin; k < end; k++) {
    double value = sl_csr_value(matrix, k);
    if (matrix->columns[k] == i)
      diagonal = value;
    else
      off += fabs(value);
  }
  // What is drawn needs digits to be compared with.
  double most = force ? off : fabs(diagonal), unit = most < 0x1p-900 ? 0x1p150 : 1;
  double left = sl_rng_double(&walk->rng) * (most * unit);
  *read = end - begin;
  uint32_t last = end; // rounding may leave a little beyond the last entry of a forced step
  for (uint32_t k = begin; k < end; k++) {
    if (matrix->columns[k] == i) continue;
    double value = sl_csr_value(matrix, k);
    if (value == 0) continue;
    last = k;
    left -= fabs(value) * unit;
    if (left < 0) break;
  }
  if (last < end && (left < 0 || force)) {
    bool same_sign = (sl_csr_entry(matrix, last) > 0) == (diagonal > 0);
    if (same_sign) walk->sign = -walk->sign;
    walk->at = matrix->columns[last];
    return false;
  }
  walk->slack = fabs(diagonal) - off;
  walk->diagonal = diagonal;
  return true;
}

double sl_sample_half_width(const sl_sample *sample, double range, double risk) {
  if (sample->count < 2) return INFINITY;
  double n = (double)sample->count, log_term = log(4 / risk);
  double variance = sample->sum_squares / (n - 1);
  return sqrt(2 * variance * log_term / n) + 7 * range * log_term / (3 * (n - 1));
}
