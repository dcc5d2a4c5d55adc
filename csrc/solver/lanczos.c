// Based on: Y. Saad, "Iterative methods for sparse linear systems", 2nd ed. (2003), 6.7.3,
// doi:10.1137/1.9780898718003: the coefficients of conjugate gradients make up the tridiagonal
// matrix of the Lanczos process, whose eigenvalues (Ritz values) approach the ends of the spectrum
// first. They are found by bisection on Sturm counts (B. N. Parlett, "The symmetric eigenvalue
// problem", 1998, 3.3).
#include "solver/lanczos.h"

#include <math.h>

// A smallest Ritz value counts as alone when the next is this much larger.
#define ALONE 10.0

void sl_lanczos_clear(sl_lanczos *lanczos) { lanczos->count = 0; }

void sl_lanczos_add(sl_lanczos *lanczos, double alpha, double beta) {
  if (lanczos->count == SL_LANCZOS_STEPS) return;
  lanczos->alpha[lanczos->count] = alpha;
  lanczos->beta[lanczos->count++] = beta;
}

typedef struct tridiagonal {
  uint32_t n;
  double diagonal[SL_LANCZOS_STEPS];
  double squared[SL_LANCZOS_STEPS]; // of the entry between i - 1 and i
} tridiagonal;

static tridiagonal make(const sl_lanczos *lanczos, uint32_t steps) {
  tridiagonal t = {.n = steps};
  for (uint32_t i = 0; i < t.n; i++) {
    double alpha = fabs(lanczos->alpha[i]);
    t.diagonal[i] = 1 / alpha;
    if (i == 0) continue;
    double before = fabs(lanczos->alpha[i - 1]), beta = lanczos->beta[i - 1];
    t.diagonal[i] += beta / before;
    t.squared[i] = beta / (before * before);
  }
  return t;
}

// Number of eigenvalues below `shift`.
static uint32_t count_below(const tridiagonal *t, double shift) {
  uint32_t count = 0;
  double pivot = 1;
  for (uint32_t i = 0; i < t->n; i++) {
    pivot = t->diagonal[i] - shift - (i > 0 ? t->squared[i] / pivot : 0);
    if (pivot == 0) pivot = -1e-300;
    if (pivot < 0) count++;
  }
  return count;
}

// Eigenvalue number `index`, ascending from 0. Forty halvings leave a relative error of 1e-12 of
// the largest one, enough for a choice.
static double eigenvalue(const tridiagonal *t, uint32_t index, double upper) {
  double low = 0, high = upper;
  for (int k = 0; k < 40; k++) {
    double middle = 0.5 * (low + high);
    if (count_below(t, middle) > index)
      high = middle;
    else
      low = middle;
  }
  return 0.5 * (low + high);
}

// Of the process stopped after `steps` of its steps.
static double condition_after(const sl_lanczos *lanczos, uint32_t steps) {
  if (steps == 0) return 1;
  tridiagonal t = make(lanczos, steps);
  double upper = 0;
  for (uint32_t i = 0; i < t.n; i++) {
    double row = t.diagonal[i] + sqrt(t.squared[i]);
    if (i + 1 < t.n) row += sqrt(t.squared[i + 1]);
    if (row > upper) upper = row;
  }
  double largest = eigenvalue(&t, t.n - 1, upper), smallest = eigenvalue(&t, 0, upper);
  if (t.n > 2) {
    double second = eigenvalue(&t, 1, upper);
    if (second > ALONE * smallest) smallest = second;
  }
  return smallest > 0 ? largest / smallest : INFINITY;
}

double sl_lanczos_condition(const sl_lanczos *lanczos) {
  return condition_after(lanczos, lanczos->count);
}

double sl_lanczos_iterations(const sl_lanczos *lanczos, double factor) {
  double condition = sl_lanczos_condition(lanczos);
  double growth = condition / condition_after(lanczos, lanczos->count / 2);
  double iterations = 0.5 * sqrt(condition) * log(2 / factor);
  if (growth > 1) iterations *= sqrt(growth);
  return iterations > 0 ? iterations : 0;
}
