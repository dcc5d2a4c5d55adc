// LSTM and GRU layers, as PyTorch defines them: weights of the inputs and of the layer's own last
// outputs, a bias of each, gates in torch's order.
//
//   LSTM  gates in, forget, cell, out:  c = forget c + in cell,  h = out tanh(c)
//   GRU   gates reset, update, new:     new = tanh(W x + b + reset (U h + u)),
//                                       h = (1 - update) new + update h
//
//   sl_recurrent_create(SL_RECURRENT_LSTM, inputs, hidden, directions, &layer);
//   sl_recurrent_set(layer, direction, &weights);      for each direction
//   sl_recurrent_begin(layer, &options);
//   do sl_job_step(sl_recurrent_job(layer), work, &outcome); while (outcome == SL_OUTCOME_RUNNING);
//
// f32; sums in the order of gemm/kernel.h, so that one item gives the bits that it gives in a batch,
// and a sequence in pieces those of the whole.
//
// Based on: S. Hochreiter, J. Schmidhuber, "Long short-term memory", Neural Computation 9 (1997);
// K. Cho and others (2014), arXiv:1406.1078, with torch's place of the reset gate.
#ifndef SL_GEMM_RECURRENT_H
#define SL_GEMM_RECURRENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"

typedef struct sl_recurrent sl_recurrent;

typedef enum sl_recurrent_kind_of {
  SL_RECURRENT_LSTM = 0, // 4 gates
  SL_RECURRENT_GRU = 1,  // 3 gates
} sl_recurrent_kind_of;

// A layer whose weights are 0.
//   kind_of              sl_recurrent_kind_of
//   inputs, hidden       elements of a token and of an output, 1 .. 65536
//   directions           1, or 2: also from the last token to the first
//   Errors: ERR_OPTION (by name), ERR_MEMORY. O(gates hidden (inputs + hidden)).
sl_status sl_recurrent_create(uint32_t kind_of, uint32_t inputs, uint32_t hidden,
                              uint32_t directions, sl_recurrent **out);
void sl_recurrent_destroy(sl_recurrent *layer); // NULL is allowed

// Arrays are read and copied.
typedef struct sl_recurrent_weights {
  const float *input; // gates * hidden x inputs (torch's weight_ih)
  size_t input_count;
  const float *own; // gates * hidden x hidden (torch's weight_hh)
  size_t own_count;
  const float *input_bias, *own_bias; // gates * hidden each, or NULL
  size_t input_bias_count, own_bias_count;
} sl_recurrent_weights;

// Sets the weights of a direction. What runs is given up.
//   Errors: ERR_INDEX ("direction"), ERR_SHAPE ("input", "own", "input_bias", "own_bias"),
//   ERR_MEMORY; weights are as they were.
sl_status sl_recurrent_set(sl_recurrent *layer, uint32_t direction,
                           const sl_recurrent_weights *weights);

// What is given. Arrays stay the caller's, and as they are, until the job ends.
typedef struct sl_recurrent_options {
  const float *x; // batch x tokens x inputs, read
  size_t count;
  uint32_t batch, tokens;
  float *out; // batch x tokens x directions * hidden, written
  // directions x batch x hidden: read as the outputs before the first token, written as those of the
  // last one; of an LSTM the cells likewise, else NULL.
  float *hidden, *cell;
  size_t state_count;
} sl_recurrent_options;

// Begins; what was running is given up.
//   Errors: ERR_STATE ("weights": of a direction were not set), ERR_SHAPE ("x", "state"), ERR_ARGUMENT
//   ("cell"), ERR_OVERFLOW ("batch"), ERR_MEMORY.
//   O(batch tokens directions gates hidden (inputs + hidden)).
sl_status sl_recurrent_begin(sl_recurrent *layer, const sl_recurrent_options *options);

// The work; units are products of two elements. Stopped, the states are those of the tokens so far.
sl_job *sl_recurrent_job(sl_recurrent *layer);
extern const sl_job_kind sl_recurrent_kind;

size_t sl_recurrent_bytes(const sl_recurrent *layer);

// ---- also for other rooms -----------------------------------------------------------------------

// One step of an LSTM of n outputs. sums: of the four gates, with their biases, 4 n, changed; cell
// read and written, hidden written. O(n).
void sl_lstm_gates(float *sums, uint32_t n, float *cell, float *hidden);

#endif
