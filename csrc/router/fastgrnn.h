// FastGRNN: a gated recurrent network whose gate and candidate share their matrices.
//
//   a_t = W x_t + U h_t-1,   c = tanh(a_t + b_c),   z = sigmoid(a_t + b_z)
//   h_t = (zeta (1 - z) + nu) c + z h_t-1,          h_0 = 0
//   scores = V h_T + b
//
// zeta = sigmoid(p) and nu = sigmoid(q) for parameters p and q. With a rank r, W = W1 W2 and U = U1 U2.
// Internal to the room.
//
// Based on: A. Kusupati et al., NeurIPS 2018, arXiv:1901.02358.
#ifndef SL_ROUTER_FASTGRNN_H
#define SL_ROUTER_FASTGRNN_H

#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"

typedef struct sl_fastgrnn {
  uint32_t steps, width; // a vector has steps x width numbers
  uint32_t hidden, rank; // 0: full matrices
  uint32_t outputs;
} sl_fastgrnn;

// Parameters, f64, in this order: W (hidden x width; or hidden x rank, rank x width), U (hidden x
// hidden; or hidden x rank, rank x hidden), b_c, b_z (hidden each), p, q, V (outputs x hidden), b.
uint64_t sl_fastgrnn_parameters(const sl_fastgrnn *net);

// Numbers of work space that the functions below take.
uint64_t sl_fastgrnn_work(const sl_fastgrnn *net);

// First parameters: uniform within 1 / sqrt(columns) of each matrix, b_z = 1, the other offsets 0,
// p = 1 and q = -4, as the authors have them.
void sl_fastgrnn_begin(const sl_fastgrnn *net, double *parameters, sl_rng *rng);

// Scores of a vector. O(steps hidden (width + hidden)), with a rank r O(steps r (width + 3 hidden)).
//   x        steps * width f32, read
//   scores   outputs, written
void sl_fastgrnn_scores(const sl_fastgrnn *net, const double *parameters, const float *x,
                        double *work, double *scores);

// Adds the gradient of a loss to `gradient`, after sl_fastgrnn_scores with the same parameters
// and work space.
//   slopes   outputs, read: the derivatives of the loss by the scores
void sl_fastgrnn_gradient(const sl_fastgrnn *net, const double *parameters, double *work,
                          const double *slopes, double *gradient);

#endif
