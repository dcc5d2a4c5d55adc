// The matrix S of smoothing.h. Internal to the room.
#ifndef SL_GNN_SPREADING_H
#define SL_GNN_SPREADING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "graph/graph.h"

// Zeroed: none.
typedef struct sl_spreading {
  uint32_t n;
  bool symmetric;
  bool exact_weights; // no weight was too small beside others to be kept as it is
  uint32_t *rows;     // n + 1
  uint32_t *targets;
  double *weights; // of S: each within (entries of the rows + 8) 2^-52 of its own size
  double *roots;   // n: square roots of the degrees; 0 for nodes without edges
  double largest_root;
  uint32_t longest; // entries of the longest row
} sl_spreading;

// Errors: ERR_OVERFLOW ("graph"), ERR_MEMORY. What was made before a failure is freed by the owner.
sl_status sl_spreading_make(sl_spreading *s, sl_graph *graph, bool symmetric, bool loops,
                            bool weighted);
void sl_spreading_free(sl_spreading *s);
size_t sl_spreading_bytes(const sl_spreading *s);

#endif
