// Graph networks: layers that each make numbers of a node from its own and those of its neighbours.
//
// A node hears from the sources of its incoming edges; an undirected edge leads both ways. With x the
// numbers of the layer before, W a matrix and b a constant:
//
//   GCN    y_i = sum over j in N(i) and i itself of  w_ij / (root d_i root d_j)  W x_j  +  b,
//          d the sums of incoming weights; a node without a loop is given one of weight 1
//   SAGE   y_i = W mean(x_j, j in N(i)) + b + W' x_i;  0 in place of the mean of nothing; weights do
//          not count
//   GAT    for each head  y_i = sum over j in N(i) and i itself of  a_ij W x_j,  a_ij the softmax over
//          j of leaky(s . W x_j + t . W x_i), leaky(z) = z or 0.2 z below 0; heads are put one after
//          another or averaged, then + b; weights do not count
//
// followed by an activation. Sums are in f32.
#ifndef SL_GNN_GNN_H
#define SL_GNN_GNN_H

#include <stddef.h>
#include <stdint.h>

#include "base/container.h"
#include "base/job.h"
#include "base/status.h"
#include "graph/graph.h"

typedef enum sl_gnn_kind { SL_GNN_GCN = 0, SL_GNN_SAGE = 1, SL_GNN_GAT = 2 } sl_gnn_kind;
typedef enum sl_gnn_activation {
  SL_GNN_NONE = 0,
  SL_GNN_RELU = 1,
  SL_GNN_ELU = 2, // exp(z) - 1 below 0
} sl_gnn_activation;

// Numbers that describe a layer: 0 kind, 1 inputs, 2 outputs (GAT: of each head), 3 heads (1 unless
// GAT), 4 whether heads are averaged, 5 activation.
#define SL_GNN_SHAPE 6
#define SL_GNN_NUMBERS 8
#define SL_GNN_TRAINING_SETTINGS 16

typedef struct sl_gnn sl_gnn;

// A network from parameters that were trained somewhere.
//   layer_count       1 .. 16
//   shapes            layer_count x SL_GNN_SHAPE, read; each layer has as many inputs as the one before
//                     gives outputs
//   parameters        parameter_count f32, read, finite and at most 10^18: for each layer
//                     GCN   W (outputs x inputs), b (outputs)
//                     SAGE  W (outputs x inputs), b (outputs), W' (outputs x inputs)
//                     GAT   W (heads outputs x inputs), s (heads x outputs), t (heads x outputs), b (one
//                           for each number that the layer gives)
//   Errors: ERR_OPTION ("layers", position: a number of `shapes`), ERR_SHAPE ("parameters": how many
//           is the error's position), ERR_NOT_FINITE ("parameters", position), ERR_OVERFLOW,
//           ERR_MEMORY. Allocates. O(parameters).
sl_status sl_gnn_create(uint32_t layer_count, const uint32_t *shapes, const float *parameters,
                        uint32_t parameter_count, sl_gnn **out);

// Begins to train a GCN of two layers, the first with ReLU, to classify nodes: the mean cross entropy
// of the training nodes and l2 / 2 times the squared weights of the first layer, by Adam on all of
// them at once. Everything is copied that is needed; only the surroundings of the given nodes are
// read. Sums are in f32.
//   settings          SL_GNN_TRAINING_SETTINGS numbers, read: 0 classes (2 .. 2^16), 1 hidden (1 ..
//                     2^16), 2 learning rate (> 0, <= 1), 3 l2 (>= 0), 4 dropout (0 .. 0.95) of
//                     features and of hidden numbers, 5 epochs (1 .. 10^6), 6 patience (>= 1: ends after
//                     so many epochs without a smaller validation loss), 7 seed (an integer below
//                     2^53), 8 weighted
//   features          feature_count f32, read: as many for each node of the graph, finite and at most
//                     10^18
//   nodes, labels     node_count nodes and their classes, read: first training_count ones to train with,
//                     then those that validate; without any of those all epochs are made. Each node once
//                     among the former, and once among the latter
//   Errors: ERR_OPTION (the setting's name), ERR_SHAPE ("features"), ERR_NOT_FINITE ("features",
//           position), ERR_EMPTY ("nodes"), ERR_INDEX, ERR_ARGUMENT ("nodes", "labels"), ERR_OVERFLOW,
//           ERR_MEMORY. Allocates. O(features + edges of the surroundings).
sl_status sl_gnn_train(sl_graph *graph, const double *settings, const float *features,
                       uint32_t feature_count, const uint32_t *nodes, const uint32_t *labels,
                       uint32_t node_count, uint32_t training_count, sl_gnn **out);

// Frees it. NULL is allowed.
void sl_gnn_destroy(sl_gnn *gnn);

// The training; has ended for other networks. O(stored features of the surroundings * hidden + edges *
// (hidden + classes)) an epoch. Outcomes: CONVERGED (the validation loss has stopped falling),
// ITERATION_LIMIT (all epochs), TIME_LIMIT, WORK_LIMIT: the parameters are those with the smallest
// validation loss so far (without validation nodes, the last ones); BREAKDOWN: the loss or the
// square of a gradient is no number of f32 any more, the parameters are those of before; smaller
// features help.
sl_job *sl_gnn_job(sl_gnn *gnn);
extern const sl_job_kind sl_gnn_job_kind;

// numbers: written: 0 outcome, 1 multiplications of the training, 2 layers, 3 address of the shapes, 4
// address of the parameters, 5 how many, 6 epochs made, 7 epoch whose parameters are kept (from 0).
// Errors: ERR_STATE (the training has not ended).
sl_status sl_gnn_read(const sl_gnn *gnn, double *numbers);

// The course of the training: for each epoch that was made the mean loss on the training nodes (with
// dropout), the mean loss on the validation nodes, and the share of those that are right (the two NaN
// without any).
//   count     written: 3 numbers for each epoch
//   history   written: address
//   Errors: ERR_STATE. O(1).
sl_status sl_gnn_history(const sl_gnn *gnn, const double **history, uint32_t *count);

// A writer of the network, in the container format of base/container.h; the network must outlive it.
// Errors: ERR_STATE (the training has not ended), ERR_MEMORY. Allocates.
sl_status sl_gnn_save(const sl_gnn *gnn, sl_writer **out);

// A network from a reader to which a whole file was fed.
//   Errors: ERR_FORMAT ("bytes", position), ERR_TRUNCATED, ERR_STATE, ERR_MEMORY. Allocates. Safe on
//   untrusted bytes: yes.
sl_status sl_gnn_load(sl_reader *reader, sl_gnn **out);

// ---- answers ------------------------------------------------------------------------------------

// What a network says of a few nodes. It reads their surroundings and nothing else:
//
//   sl_gnn_answer_create(gnn, graph, ...)     step until it ends: the surroundings are known
//   sl_gnn_answer_read(answer, numbers)       whose features are wanted
//   sl_gnn_answer_begin(answer, features)     step until it ends
//   sl_gnn_answer_read(answer, numbers)       the answer
typedef struct sl_gnn_answer sl_gnn_answer;

// Begins with the surroundings. The network is copied; the graph is to outlive the first part.
//   nodes    count different nodes, read
//   Errors: ERR_STATE (the training has not ended), those of the nodes: ERR_EMPTY, ERR_INDEX,
//           ERR_ARGUMENT (twice), and ERR_MEMORY. Allocates.
sl_status sl_gnn_answer_create(const sl_gnn *gnn, sl_graph *graph, const uint32_t *nodes,
                               uint32_t count, int32_t weighted, sl_gnn_answer **out);

// Frees it. NULL is allowed.
void sl_gnn_answer_destroy(sl_gnn_answer *answer);

// Both parts. O(edges of the surroundings * numbers of a layer + nodes * parameters). Outcomes:
// CONVERGED; TIME_LIMIT, WORK_LIMIT: there is no answer. ERR_RANGE ("features"): a product overflows.
sl_job *sl_gnn_answer_job(sl_gnn_answer *answer);
extern const sl_job_kind sl_gnn_answer_kind;

// The second part.
//   features   count numbers, read: as many as the first layer has inputs for each of the wanted
//              nodes, in their order, finite and at most 10^18
//   Errors: ERR_STATE (the first part has not ended, or this was called before), ERR_SHAPE
//   ("features"), ERR_NOT_FINITE ("features", position), ERR_MEMORY. Allocates.
sl_status sl_gnn_answer_begin(sl_gnn_answer *answer, const float *features, uint32_t count);

// numbers: written: 0 outcome, 1 multiplications, 2 nodes whose features are wanted, 3 their address,
// 4 columns of the answer, 5 its address (0 before the second part has ended): a row of f32 for each
// node that was asked, 6 edges of the surroundings. Errors: ERR_STATE.
sl_status sl_gnn_answer_read(const sl_gnn_answer *answer, double *numbers);

#endif
