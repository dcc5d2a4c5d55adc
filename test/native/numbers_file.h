// Numbers in a file of text, as generators of test/vectors/ write them, one after the other.
#ifndef SL_TEST_NUMBERS_FILE_H
#define SL_TEST_NUMBERS_FILE_H

#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static FILE *numbers;

static double next(void) {
  double x;
  assert_int_equal(fscanf(numbers, "%lf", &x), 1);
  return x;
}
static uint32_t next_count(void) { return (uint32_t)next(); }
static float *next_floats(size_t n) {
  float *x = malloc((n + 1) * sizeof *x);
  for (size_t i = 0; i < n; i++) x[i] = (float)next();
  return x;
}
static uint32_t *next_counts(size_t n) {
  uint32_t *x = malloc((n + 1) * sizeof *x);
  for (size_t i = 0; i < n; i++) x[i] = next_count();
  return x;
}

// |got - wanted| within `most` of the largest of the wanted numbers, which follow in the file.
static void assert_next(const float *got, size_t n, double most) {
  double largest = 0, error = 0;
  for (size_t i = 0; i < n; i++) {
    const double wanted = next();
    largest = fmax(largest, fabs(wanted));
    error = fmax(error, fabs((double)got[i] - wanted));
  }
  if (!(error <= most * fmax(largest, 1e-30))) fail_msg("%g of %g", error, largest);
}

#endif
