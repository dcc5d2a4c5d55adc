// The training of a graph convolution of two layers. Internal to the room; the contract is gnn.h.
#ifndef SL_GNN_TRAINING_H
#define SL_GNN_TRAINING_H

#include "base/rng.h"
#include "gnn/gnn_object.h"

// What is done for every row in turn, one after the other; those of an epoch.
typedef enum sl_training_phase {
  SL_TRAINING_DROP,      // which features and hidden numbers are left out
  SL_TRAINING_CHANGE,    // Y = X W, for nodes within two steps
  SL_TRAINING_HIDE,      // H = relu(S Y + b), and H W', within one step
  SL_TRAINING_JUDGE,     // Z = S H W' + b', the loss; what it says of H W'
  SL_TRAINING_BACK,      // what it says of W', H, and Y
  SL_TRAINING_BACK_MOST, // and of W
  SL_TRAINING_UPDATE,    // parameters, BLOCK of them in place of a row
  SL_TRAINING_CHECK_CHANGE,
  SL_TRAINING_CHECK_HIDE, // the same for the nodes that validate, nothing left out
  SL_TRAINING_CHECK,
  SL_TRAINING_PHASES,
} sl_training_phase;

// Features of the nodes of a reach, entries that are not 0.
typedef struct sl_sparse_rows {
  uint32_t *rows, *columns;
  float *values;
} sl_sparse_rows;

// Coefficients of a reach in f32.
typedef struct sl_reach_factors {
  float *own, *others;
} sl_reach_factors;

struct sl_gnn_training {
  uint32_t columns, hidden, classes;
  uint32_t hidden_stride, class_stride; // multiples of four
  uint32_t training_count, validation_count;
  double rate, l2;
  float more;          // what is left in is multiplied by it
  uint32_t drop_below; // of 65536
  uint32_t epochs, patience, epoch;
  sl_reach reach[2]; // of the nodes that train, and of those that validate
  sl_reach_factors factors[2];
  sl_sparse_rows features[2], kept;
  uint32_t *labels;
  // W (columns x hidden_stride), b, W' (hidden x class_stride), b'.
  size_t parameters, b_at, w2_at, b2_at;
  float *theta, *gradient, *mean, *square, *best;
  float *y, *h, *y2, *z;     // of the nodes within two, one, one and no steps
  float *dz, *dy2, *dh, *dy; // what the loss says of them
  float *hidden_kept;        // of the nodes within one step: 0 or `more`
  float *zero, *ones;        // a row of them
  float *w2_turned;          // W' with a row for each class
  sl_rng rng;
  sl_training_phase phase;
  uint32_t position;
  double training_loss, validation_loss, right, best_loss;
  uint32_t best_epoch;
  double first_power, second_power; // of Adam's decay
  bool too_large;                   // a parameter, or a gradient's square
  size_t bytes;
};

// Does a phase for all of its rows.
void sl_gnn_training_run(sl_gnn_training *t, sl_training_phase phase);
// Before SL_TRAINING_CHANGE: no loss, no gradient.
void sl_gnn_training_clear(sl_gnn_training *t);

// One row of a phase. Gives the multiplications.
uint64_t sl_gnn_training_row(sl_gnn_training *t, sl_training_phase phase, uint32_t i);
uint32_t sl_gnn_training_rows(const sl_gnn_training *t, sl_training_phase phase);

#endif
