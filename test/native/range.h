// Numbers of every size that f64 has, and matrices and graphs of them.
#ifndef SL_TEST_RANGE_H
#define SL_TEST_RANGE_H

#include <float.h>

#include "certificates.h"
#include "exact.h"
#include "graph/graph.h"
#include "sparse/csr.h"

// How the exponents of one trial lie: between `least` and `most`.
typedef struct spread {
  int least, most;
} spread;

// All sizes, a band of some width anywhere, or one end of the range.
static inline spread some_spread(sl_rng *rng) {
  const int widths[] = {0, 3, 60, 400, 1200};
  const int width = widths[sl_rng_below(rng, 5)];
  switch (sl_rng_below(rng, 4)) {
  case 0:
    return (spread){-1074, 1023};
  case 1:
    return (spread){-1074, -1074 + width};
  case 2:
    return (spread){1023 - width, 1023};
  default: {
    const int least = -1074 + (int)sl_rng_below(rng, (uint32_t)(2098 - width));
    return (spread){least, least + width};
  }
  }
}

// > 0, with few or many digits.
static inline double some_size(sl_rng *rng, spread s) {
  const int exponent = s.least + (int)sl_rng_below(rng, (uint32_t)(s.most - s.least + 1));
  const double digits = sl_rng_below(rng, 4) ? 1 + sl_rng_double(rng) : 1;
  const double size = ldexp(digits, exponent);
  return size > 0 ? size : 0x1p-1074;
}

static inline double some_number(sl_rng *rng, spread s) {
  if (sl_rng_below(rng, 6) == 0) return 0;
  const double size = some_size(rng, s);
  return sl_rng_below(rng, 2) ? size : -size;
}

// One trial against an exact reference: error and bound are multiplied by `below`, which is not
// negative.
static inline void count_exact(tally *out, const exact *error, double bound, const exact *below) {
  out->trials++;
  if (!(bound >= 0)) {
    out->violations++;
    return;
  }
  if (bound == INFINITY) return;
  exact allowed;
  out->finite++;
  exact_from(&allowed, bound);
  exact_multiply(&allowed, &allowed, below);
  if (exact_compare(error, &allowed) > 0) out->violations++;
  const long double most = fabsl(exact_round(&allowed));
  const double ratio = most > 0 ? (double)(exact_round(error) / most) : 0;
  if (ratio > out->closest) out->closest = ratio;
}

#endif
