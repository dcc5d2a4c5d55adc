// A spanning forest of an undirected graph, and the energy of sending currents along it. Internal
// to the room; what it is for stands in potentials.h.
#ifndef SL_RESISTANCE_FOREST_H
#define SL_RESISTANCE_FOREST_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "graph/graph.h"

#define SL_FOREST_NO_ROOT UINT32_MAX

typedef struct sl_forest {
  const sl_csr *edges;
  uint32_t reached;      // nodes in `order`
  uint32_t *order;       // n: nodes, each after its parent
  uint32_t *parent;      // n: of a node; itself for a root
  uint32_t *root;        // n: of a node; NO_ROOT where no root reaches
  double *parent_weight; // n: of the edge to the parent
  double *current;       // n: scratch of an evaluation
  double *doubt;         // n: what `current` may be off by
} sl_forest;

// Breadth first from the given roots, or from the smallest node of each component when there are
// none.
//   roots   count distinct nodes, read
//   Errors: ERR_MEMORY. Allocates 36 bytes a node. O(edges).
sl_status sl_forest_create(const sl_graph *graph, const uint32_t *roots, uint32_t count,
                           sl_forest *out);

// Frees the arrays. A zeroed one is allowed.
void sl_forest_destroy(sl_forest *forest);

size_t sl_forest_bytes(const sl_forest *forest);

// Longest resistance from a node to its root along the forest, rounded up. O(n).
double sl_forest_reach(sl_forest *forest);

// What the potentials leave over at one node: current[u] = b - sum of w (x_u - x_v) and doubt[u]
// its rounding, plus `b_doubt` for that of b. O(degree).
void sl_forest_measure(sl_forest *forest, uint32_t u, const double *x, double b, double b_doubt);

// E for the currents in `current`, which are moved to the roots: rounded up, infinite where it
// overflows. O(n).
double sl_forest_energy(sl_forest *forest);

#endif
