// Masks of attention over the nodes of a directed graph without cycles: which nodes a node sees.
//
// Based on: Z. Luo and others, "Transformers over directed acyclic graphs" (NeurIPS 2023),
// arXiv:2210.13148, for attention by reachability; J. E. Kelley, M. R. Walker, "Critical-path planning
// and scheduling" (1959); A. B. Kahn, "Topological sorting of large networks", CACM 5 (1962).
#ifndef SL_ATTENTION_DAG_H
#define SL_ATTENTION_DAG_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

// What node i sees, itself always.
typedef enum sl_dag_sight {
  SL_DAG_ANCESTORS = 0,     // nodes from which a path leads to i
  SL_DAG_TOPOLOGICAL = 1,   // nodes that are not after i in the order
  SL_DAG_CRITICAL_PATH = 2, // nodes of the longest path that ends in i
  // Nodes from which a path leads to i, those beyond the cut only where an edge leads from them across
  // it: what passes the cut passes its edges.
  SL_DAG_CUT_GATED = 3,
} sl_dag_sight;

typedef struct sl_dag_options {
  uint32_t node_count;       // 1 .. 32768
  const uint32_t *from, *to; // edges, read; an edge may be there twice
  size_t edges;
  // Lengths of the edges, finite and >= 0, or NULL for 1; they make the longest paths.
  const double *weights;
  const uint32_t *side; // of CUT_GATED: nodes of one side of the cut, read; else NULL
  size_t side_count;    // else 0
  uint32_t sight;       // sl_dag_sight
  uint8_t *mask;        // nodes x nodes, written: 1 where row i sees column j
  // Of each node. Without a cycle: the order, always the smallest number that is possible next. With
  // one: its nodes in the direction of the edges, `cycle` of them.
  uint32_t *order;
  double *longest; // written: the length of the longest path that ends in each node
} sl_dag_options;

// cycle   written: 0, or how many nodes a cycle has; then ERR_UNSUPPORTED ("edges")
// Errors: ERR_OPTION ("node_count", "sight", "side"), ERR_INDEX ("from", "to", "side", with the position),
// ERR_NOT_FINITE, ERR_RANGE ("weights", with the position), ERR_UNSUPPORTED, ERR_MEMORY. Allocates
// about 16 bytes a node and 4 an edge. O(edges log nodes + nodes^2), ANCESTORS and CUT_GATED: O(edges nodes).
sl_status sl_dag_mask(const sl_dag_options *options, uint32_t *cycle);

#endif
