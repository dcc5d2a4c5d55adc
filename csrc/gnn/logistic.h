// Multinomial logistic regression with an L2 penalty.
//
// Minimises  sum over i of s_i (-log p(label_i | x_i)) / sum over i of s_i  +  l2 / 2 ||W||^2
// where p is the softmax of W x + b, and s_i the weight of the class of sample i. The intercept b is
// not penalised. Strictly convex in W for l2 > 0: one minimum.
#ifndef SL_GNN_LOGISTIC_H
#define SL_GNN_LOGISTIC_H

#include <stddef.h>
#include <stdint.h>

#include "base/container.h"
#include "base/job.h"
#include "base/status.h"

#define SL_LOGISTIC_SETTINGS 8
#define SL_LOGISTIC_NUMBERS 8

typedef struct sl_logistic sl_logistic;

// Begins the fit. Everything is copied; the copy of the samples is freed when the fit has ended.
//   rows, columns, classes   >= 1; classes >= 2
//   features        rows x columns f32, a row a sample, read, finite
//   labels          rows, read, below classes
//   class_weights   classes numbers > 0, read; NULL: 1 each
//   settings        SL_LOGISTIC_SETTINGS numbers, read: 0 l2 (>= 0), 1 iterations at most (>= 1),
//                   2 tolerance (> 0): ends when no entry of the gradient is larger, 3 intercept (1: there
//                   is one)
//   Errors: ERR_EMPTY, ERR_OPTION (the setting's name, "classes"), ERR_INDEX ("labels", position),
//           ERR_NOT_FINITE ("features", position), ERR_NOT_POSITIVE ("class_weights", position),
//           ERR_OVERFLOW, ERR_MEMORY. Allocates 4 bytes a feature and 8 * 26 a parameter.
sl_status sl_logistic_create(uint32_t rows, uint32_t columns, uint32_t classes,
                             const float *features, const uint32_t *labels,
                             const double *class_weights, const double *settings,
                             sl_logistic **out);

// Frees it. NULL is allowed.
void sl_logistic_destroy(sl_logistic *logistic);

// O(rows * columns * classes) a pass. Outcomes: CONVERGED (the tolerance is met), STAGNATED (rounding
// leaves no way down), ITERATION_LIMIT, TIME_LIMIT, WORK_LIMIT.
sl_job *sl_logistic_job(sl_logistic *logistic);
extern const sl_job_kind sl_logistic_kind;

// numbers: written: 0 outcome, 1 multiplications, 2 address of the parameters (classes x (columns + 1)
// f64, the intercept last), 3 loss, 4 largest entry of the gradient, 5 iterations, 6 columns, 7
// classes. Errors: ERR_STATE.
sl_status sl_logistic_read(const sl_logistic *logistic, double *numbers);

// Probabilities of the classes. O(rows * columns * classes).
//   features        rows x columns f32, read
//   probabilities   rows x classes f64, written
//   Errors: ERR_STATE (the fit has not ended), ERR_NOT_FINITE ("features", position), ERR_RANGE
//   ("features": a product with the weights overflows).
sl_status sl_logistic_predict(const sl_logistic *logistic, uint32_t rows, const float *features,
                              double *probabilities);

// A writer of the fitted parameters, in the container format of base/container.h. The object must
// outlive it. Errors: ERR_STATE (the fit has not ended), ERR_MEMORY. Allocates.
sl_status sl_logistic_save(const sl_logistic *logistic, sl_writer **out);

// Makes one that predicts from a reader to which a whole file was fed.
//   Errors: ERR_FORMAT ("bytes", position), ERR_TRUNCATED, ERR_STATE, ERR_MEMORY.
//   Allocates. O(classes * columns). Safe on untrusted bytes: yes.
sl_status sl_logistic_load(sl_reader *reader, sl_logistic **out);

#endif
