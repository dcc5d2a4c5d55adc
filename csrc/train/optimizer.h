// Steps of gradient descent over flat arrays of f32.
//
//   sl_optimizer_begin(&optimizer, &options, count);
//   ... compute gradient; sl_clip_norm(gradient, count, 1.0);
//   sl_optimizer_step(&optimizer, sl_schedule_factor(&schedule, optimizer.steps), parameters, gradient);
//   sl_optimizer_end(&optimizer);
//
// The parameters of a model are one array, so that its optimiser has one state; parts that are
// learned at different rates have an optimiser each. With g the gradient, t = 1, 2, ... the step and
// `rate` the rate of the options times the factor of the step:
//
//   SGD     g = g + decay p;   v = momentum v + g;   p = p - rate v              (v = g at first)
//   ADAM    g = g + decay p;   m = beta1 m + (1 - beta1) g;   s = beta2 s + (1 - beta2) g^2
//           p = p - rate / (1 - beta1^t) m / (sqrt(s / (1 - beta2^t)) + epsilon)
//   ADAMW   p = p (1 - rate decay), then as ADAM without the decay in g
//
// Everything is rounded to f32 but the factors of a step, which are computed in f64; the same bits in
// every build. Internal to the rooms that learn.
//
// Based on:
//   momentum   B. Polyak, 1964, doi:10.1016/0041-5553(64)90137-5, as PyTorch writes it
//   Adam       D. Kingma, J. Ba, ICLR 2015, arXiv:1412.6980
//   AdamW      I. Loshchilov, F. Hutter, ICLR 2019, arXiv:1711.05101
#ifndef SL_TRAIN_OPTIMIZER_H
#define SL_TRAIN_OPTIMIZER_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef enum sl_optimizer_kind {
  SL_OPTIMIZER_SGD = 0,
  SL_OPTIMIZER_ADAM = 1,
  SL_OPTIMIZER_ADAMW = 2,
} sl_optimizer_kind;

typedef struct sl_optimizer_options {
  uint32_t kind;
  double rate;         // > 0 and at most 1e6
  double momentum;     // SGD: 0 (none) to below 1
  double beta1, beta2; // ADAM, ADAMW: 0 to below 1
  double epsilon;      // ADAM, ADAMW: > 0 and at most 1
  double decay;        // 0 to 1
} sl_optimizer_options;

// ADAM: rate 0.001, beta1 0.9, beta2 0.999, epsilon 1e-8, decay 0. ADAMW: the same with decay 0.01.
// SGD: rate 0.01, momentum 0.9, decay 0.
sl_optimizer_options sl_optimizer_options_default(uint32_t kind);

// Errors: ERR_OPTION ("kind", "rate", "momentum", "beta1", "beta2", "epsilon", "decay"). Those of
// another kind are not looked at.
sl_status sl_optimizer_options_check(const sl_optimizer_options *options);

typedef struct sl_optimizer {
  sl_optimizer_options options;
  size_t count;          // parameters
  uint64_t steps;        // made
  double power1, power2; // beta1^steps, beta2^steps
  float *first, *second; // count each: v; or m and s. NULL where the kind has none
} sl_optimizer;

// Arrays of `count` numbers that the state has: 0 to 2.
uint32_t sl_optimizer_slots(const sl_optimizer_options *options);

// A state before the first step.
//   optimizer   written: zeroed where it fails, so that sl_optimizer_end may follow
//   Errors: those of sl_optimizer_options_check, ERR_MEMORY. Allocates. O(count).
sl_status sl_optimizer_begin(sl_optimizer *optimizer, const sl_optimizer_options *options,
                             size_t count);

// Frees the state and zeroes it. A zeroed one is allowed.
void sl_optimizer_end(sl_optimizer *optimizer);

// Forgets what the steps have left: as after sl_optimizer_begin. Allocates nothing. O(count).
void sl_optimizer_reset(sl_optimizer *optimizer);

// One step. Allocates nothing, never fails; NaN and infinities go through as the formulas say.
//   factor       of the rate in this step, >= 0 (sl_schedule_factor)
//   parameters   count, read and written
//   gradient     count, read
//   O(count).
void sl_optimizer_step(sl_optimizer *optimizer, double factor, float *parameters,
                       const float *gradient);

// Scales a gradient whose Euclidean norm is above `most` so that it has that norm.
//   gradient   count, read and written; left alone where its norm is not finite
//   most       > 0; INFINITY only asks for the norm
//   Returns the norm before. O(count).
double sl_clip_norm(float *gradient, size_t count, double most);

#endif
