// A graph renumbered so that edges lead forward except inside strongly connected components.
// Internal to the room.
//
// Rows are cut into segments that are solved one after the other: a segment is one component with a
// cycle, or a run of nodes without cycles, which a single pass solves. In the row of a node of a
// cyclic segment the edges that stay inside come first, so that the others need be followed once
// only.
#ifndef SL_DIFFUSION_CONDENSATION_H
#define SL_DIFFUSION_CONDENSATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "sparse/csr.h"

typedef struct sl_diffusion_condensation {
  uint32_t node_count;
  uint32_t edge_count;
  uint32_t *node;         // node_count: the node of each row
  uint32_t *row_pointers; // node_count + 1
  uint32_t *inner_end;    // node_count: where the edges that stay inside end
  uint32_t *columns;      // edge_count: rows
  void *values;           // edge_count, as in the graph; NULL without weights
  uint32_t segment_count;
  uint32_t *segment_start; // segment_count + 1: rows
  bool *cyclic;            // segment_count
  uint32_t inner_edges;    // in all segments
  uint32_t largest;        // rows of the largest cyclic segment
} sl_diffusion_condensation;

// Condenses a square matrix of outgoing edges.
//   Errors: ERR_MEMORY. Allocates; scratch 20 bytes a node. O(nodes + edges).
sl_status sl_diffusion_condensation_create(const sl_csr *edges, sl_diffusion_condensation **out);

// Frees it. NULL is allowed.
void sl_diffusion_condensation_destroy(sl_diffusion_condensation *condensation);

// Bytes held.
size_t sl_diffusion_condensation_bytes(const sl_diffusion_condensation *condensation,
                                       sl_value_type type);

#endif
