// What a graph network holds. Internal to the room; the contract is gnn.h.
#ifndef SL_GNN_GNN_OBJECT_H
#define SL_GNN_GNN_OBJECT_H

#include <stdbool.h>

#include "gnn/gnn.h"
#include "gnn/reach.h"

typedef struct sl_gnn_training sl_gnn_training;

struct sl_gnn {
  sl_job job; // the first member
  uint32_t layer_count;
  uint32_t shapes[SL_GNN_MOST_LAYERS * SL_GNN_SHAPE];
  float *parameters;
  uint32_t parameter_count;
  uint32_t epochs, best_epoch;
  double *history; // three numbers an epoch
  uint64_t work;
  sl_gnn_training *training; // while it is trained
};

// Checks the shapes. *parameters: written, how many all layers have.
// Errors: as sl_gnn_create().
sl_status sl_gnn_check_shapes(uint32_t layer_count, const uint32_t *shapes, uint64_t *parameters);

// Numbers that a layer makes of a node before heads are averaged, and those that it gives.
static inline uint32_t sl_gnn_width(const uint32_t *shape) { return shape[2] * shape[3]; }
static inline uint32_t sl_gnn_given(const uint32_t *shape) {
  return shape[4] != 0 ? shape[2] : shape[2] * shape[3];
}
uint64_t sl_gnn_layer_parameters(const uint32_t *shape);

// The training of a network whose fields are empty. Errors: as sl_gnn_train().
sl_status sl_gnn_training_begin(sl_gnn *gnn, sl_graph *graph, const double *settings,
                                const float *features, uint32_t columns, const uint32_t *nodes,
                                const uint32_t *labels, uint32_t node_count,
                                uint32_t training_count);
// Goes on; *outcome: written.
void sl_gnn_training_step(sl_gnn *gnn, uint64_t work, sl_outcome *outcome);
// What has been reached becomes the network. Allocates nothing.
void sl_gnn_training_take(sl_gnn *gnn);
void sl_gnn_training_free(sl_gnn_training *training);
size_t sl_gnn_training_bytes(const sl_gnn_training *training);

#endif
