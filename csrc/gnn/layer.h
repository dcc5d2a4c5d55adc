// One layer of a graph network, row by row. Internal to the room.
#ifndef SL_GNN_LAYER_H
#define SL_GNN_LAYER_H

#include "gnn/gnn_object.h"

// The parameters as the rows are computed with them: matrices with a row for each input, filled up to
// a multiple of four numbers.
typedef struct sl_layer {
  uint32_t kind, inputs, outputs, heads, activation;
  bool averaged;
  uint32_t width, given;    // numbers of all heads, and that the layer gives
  uint32_t stride;          // width, filled up
  float *matrix, *for_self; // inputs x stride; for_self: SAGE
  float *constant;          // stride
  float *source, *target;   // GAT: heads x outputs
} sl_layer;

// Errors: ERR_MEMORY; what was made is freed by the owner. O(parameters).
sl_status sl_layer_make(sl_layer *layer, const uint32_t *shape, const float *parameters);
void sl_layer_free(sl_layer *layer);

// What one layer works on.
typedef struct sl_layer_rows {
  const sl_layer *layer;
  const sl_reach *reach;
  const float *features; // n_in x x_stride
  uint32_t x_stride;
  uint32_t n_in, n_out;
  float *changed;                // n_in x stride: W x
  float *next;                   // n_out x stride; its first `given` numbers are the result
  double *as_source, *as_target; // GAT: n_in x heads
} sl_layer_rows;

// W x of row i, and what attention needs of it. Gives the multiplications.
uint64_t sl_layer_change(sl_layer_rows *rows, uint32_t i);
// Row i of the result, after all rows have been changed.
uint64_t sl_layer_gather(sl_layer_rows *rows, uint32_t i);

#endif
