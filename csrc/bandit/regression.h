// A regression that is kept as a triangular factor: what linear arms know.
//
// Rows (x, z, r) of observations are held as the factor of their normal equations
//
//   scale * L D L'      of the sum of x x' and the ridge; L unit lower triangular, D diagonal
//   M = D^-1 L^-1 B     B: the sum of x z' / scale
//   y = D^-1 L^-1 b     b: the sum of x r / scale
//
// M and y are further rows of L, and an update treats them so: nothing is ever solved for when a row
// comes. A score needs one forward substitution: w = L^-1 x gives the mean y.w and the variance
// sum w_j^2 / d_j / scale. What an update leaves of (z, r), and the weight that it leaves, belong to
// the part that arms share.
//
// Based on: P. Gill, G. Golub, W. Murray, M. Saunders, "Methods for modifying matrix
// factorizations", Math. Comp. 28 (1974), doi:10.1090/S0025-5718-1974-0343558-6, method C1.
#ifndef SL_BANDIT_REGRESSION_H
#define SL_BANDIT_REGRESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Where the parts lie in one block of sl_regression_size(d, k) numbers.
typedef struct sl_regression {
  uint32_t d, k;
  double *l;       // columns of L one after another, below the diagonal
  double *pivot;   // d: D
  double *inverse; // d: 1 / D
  double *y;       // d
  double *m;       // d rows of k
} sl_regression;

static inline size_t sl_regression_triangle(uint32_t d) {
  return d > 0 ? (size_t)d * (d - 1) / 2 : 0;
}
static inline size_t sl_regression_size(uint32_t d, uint32_t k) {
  return sl_regression_triangle(d) + (size_t)d * (3 + (size_t)k);
}
sl_regression sl_regression_at(double *block, uint32_t d, uint32_t k);

// L = I, D = ridge, M = 0, y = 0: nothing seen. O(size).
void sl_regression_reset(sl_regression f, double ridge);

// x = L^-1 x, in place. O(d^2 / 2).
void sl_regression_solve(sl_regression f, double *x);

// x = L'^-1 x, in place. O(d^2 / 2). Of y it makes the weights of the regression.
void sl_regression_solve_back(sl_regression f, double *x);

// sum w_j^2 / d_j. O(d).
double sl_regression_variance(sl_regression f, const double *w);

// Adds the row (x, z, r) with a weight.
//   weight  not 0; below 0 takes a row out
//   x       d numbers, overwritten
//   z       k numbers, written: what remains of it; NULL where k = 0
//   r       read and written likewise
//   Returns the weight of what remains; 0, with the factor spoilt, where a row was taken out and
//   what would remain is not safely positive definite.
//   O(d^2 + d k).
double sl_regression_add(sl_regression f, double weight, double *x, double *z, double *r);

// Replaces scale * L D L' by scale * L D L' + ridge * I with scale 1; k = 0.
//   work   sl_regression_triangle(d) + d numbers, written
//   O(d^3 / 3).
void sl_regression_refresh(sl_regression f, double scale, double ridge, double *work);

#endif
