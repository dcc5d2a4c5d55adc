// Regression trees on the logarithms of costs: the contexts of a method, and the trees of a forest.
#ifndef SL_CHOOSER_TREE_H
#define SL_CHOOSER_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/status.h"

// How a run ended.
enum { SL_RUN_SOLVED, SL_RUN_FAILED, SL_RUN_CENSORED, SL_RUN_ENDINGS };

#define SL_LEAF UINT32_MAX

// As it stands in files: 64 bytes without padding.
typedef struct sl_chooser_node {
  double threshold; // a feature at most this goes left
  double mean,
      m2; // of the logarithms of costs of the runs that did not fail: mean, squared deviations
  double ok, fail;  // weights of these runs and of those that failed
  double censored;  // of the former, those of which only a lower limit is known
  uint32_t feature; // SL_LEAF: a leaf
  uint32_t left, right;
  uint32_t missing_left; // where a feature that is missing (NaN) goes
} sl_chooser_node;

// The runs of one method.
typedef struct sl_chooser_runs {
  uint32_t count, features;
  const double *values;  // count rows of `features`; NaN: missing
  const double *targets; // logarithms of costs; of failed runs, of the penalty
  const uint8_t *endings;
} sl_chooser_runs;

typedef struct sl_tree_shape {
  uint32_t tried; // features that are looked at in each split
  uint32_t least; // weight of a leaf
  uint32_t depth; // at most SL_TREE_DEPTH
  double gain;    // what a split must gain, in parts of the variance that is left
} sl_tree_shape;
#define SL_TREE_DEPTH 24u

// Memory for growing trees of up to `rows` runs. Zeroed: none.
typedef struct sl_tree_space {
  uint32_t rows, features;
  uint32_t
      *sorted; // features + 1 orders of all rows: as they come, then by each feature, missing last
  uint32_t *orders;  // the same of a tree's rows, a node's rows side by side
  uint32_t *moved;   // rows
  uint32_t *weights; // rows
  uint32_t *picked;  // features
  uint8_t *right;    // rows
  sl_chooser_node *nodes;
  uint32_t node_count, node_room;
} sl_tree_space;

// Makes room. Errors: ERR_MEMORY, ERR_OVERFLOW.
sl_status sl_tree_space_make(sl_tree_space *space, uint32_t rows, uint32_t features);
void sl_tree_space_free(sl_tree_space *space);

// Sorts the runs by each feature, for all trees that are grown of them. O(features rows log rows).
void sl_tree_sort(sl_tree_space *space, const sl_chooser_runs *runs);

// Grows a tree from the runs and their weights (space->weights, of which one at least is not 0)
// behind the nodes that are there. root: written, its place.
//   Based on: L. Breiman et al., "Classification and Regression Trees", 1984; missing values go to
//   the side that leaves less variance. Errors: ERR_MEMORY. O(features rows depth).
sl_status sl_tree_grow(sl_tree_space *space, const sl_chooser_runs *runs,
                       const sl_tree_shape *shape, sl_rng *rng, uint32_t *root);

// The leaf of a row. O(depth).
uint32_t sl_tree_leaf(const sl_chooser_node *nodes, uint32_t root, const double *row);

// Adds a run to a leaf.
void sl_tree_add(sl_chooser_node *leaf, double target, uint8_t ending, double weight);

#endif
