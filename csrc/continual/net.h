// A dense network: layers x W + b with a function between them, its true gradient. Internal to the
// room.
//
// Parameters are one array: of each layer the weights, inputs x outputs row by row, then the biases.
// f32 throughout; sums run over the inputs (or rows) in order, so that every build gives the same
// bits.
#ifndef SL_CONTINUAL_NET_H
#define SL_CONTINUAL_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/status.h"

enum { SL_NET_MOST_LAYERS = 5, SL_NET_MOST_WIDTH = 1 << 16 };
// One update stays within a slice of a job.
#define SL_NET_MOST_PARAMETERS (1u << 22)

typedef enum sl_net_function {
  SL_NET_RELU = 0,
  SL_NET_TANH = 1,
} sl_net_function;

typedef struct sl_net {
  uint32_t layers; // of weights
  uint32_t widths[SL_NET_MOST_LAYERS + 1];
  uint32_t function;
  uint32_t parameters;
  uint32_t widest; // of what layers give
} sl_net;

// What passes need beside the parameters, for up to `rows` rows at a time.
typedef struct sl_net_work {
  uint32_t rows;
  float *given[SL_NET_MOST_LAYERS]; // what each layer gives: rows x its width
  float *delta, *other;             // rows x widest
  float *product;                   // of sl_multiply()
  float *squares;                   // rows x the widest input or output
} sl_net_work;

// Errors: ERR_OPTION ("hidden", "activation"), ERR_OVERFLOW ("hidden"). Allocates nothing.
sl_status sl_net_shape(uint32_t inputs, const uint32_t *hidden, uint32_t hidden_count,
                       uint32_t outputs, uint32_t function, sl_net *out);

// He (ReLU) or Glorot (tanh) normal weights, zero biases. last: factor of the last layer's weights.
void sl_net_draw(const sl_net *net, sl_rng *rng, double last, float *parameters);

// Rows that a piece of a job may have: at most `most`, fewer of a large network.
uint32_t sl_net_rows(const sl_net *net, uint32_t most);

sl_status sl_net_work_create(const sl_net *net, uint32_t rows, sl_net_work *out);
void sl_net_work_free(sl_net_work *work);

// What the last layer gives for `rows` rows of x; it lies in the work space. O(rows * parameters).
float *sl_net_forward(const sl_net *net, const float *parameters, const float *x, uint32_t rows,
                      sl_net_work *work);

// The gradient of a loss, after sl_net_forward() of the same rows.
//   last       rows x outputs: the loss by what the last layer gave; read
//   gradient   as the parameters; the sum over the rows is added
//   squared    add the sum of the squares of each row's gradient instead
void sl_net_backward(const sl_net *net, const float *parameters, const float *x, uint32_t rows,
                     const float *last, bool squared, sl_net_work *work, float *gradient);

#endif
