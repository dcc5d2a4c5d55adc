// What a logistic regression holds. Internal to the room; the contract is logistic.h.
#ifndef SL_GNN_LOGISTIC_OBJECT_H
#define SL_GNN_LOGISTIC_OBJECT_H

#include <stdbool.h>

#include "gnn/logistic.h"

enum { SL_LOGISTIC_PAIRS = 10 };

struct sl_logistic {
  sl_job job; // the first member
  uint32_t rows, columns, classes, stride, iterations, pairs, newest, position, halvings;
  size_t parameters;
  double l2, most_iterations, tolerance;
  bool intercept;
  float *features; // rows x stride, with a 1 at the end where there is an intercept
  uint32_t *labels;
  double *sample;                 // weight of each, they add up to 1
  double *at, *gradient;          // where the fit is; once it has ended, the parameters
  double *there, *there_gradient; // where it looks
  double *direction;
  double *s[SL_LOGISTIC_PAIRS], *y[SL_LOGISTIC_PAIRS], rho[SL_LOGISTIC_PAIRS];
  double *score; // of the classes
  double loss, there_loss, slope, length, largest;
  bool begun;
  uint64_t work;
};

#endif
