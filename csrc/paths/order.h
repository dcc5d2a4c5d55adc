// The state of questions that need an order of the nodes. Internal to the room.
#ifndef SL_PATHS_ORDER_H
#define SL_PATHS_ORDER_H

#include "paths/heap.h"
#include "paths/question.h"

typedef struct sl_order {
  sl_arcs arcs;
  uint32_t *missing; // n: predecessors not in the order yet
  uint32_t *order;   // n
  uint32_t count;
  sl_heap_entry *heap; // of nodes without missing predecessors, by number
  uint32_t heap_count, *position;
  uint32_t *cycle, cycle_count;
  // the critical path
  bool critical;
  const double *durations; // n, a copy, or NULL
  double plain;            // length of an edge without weight
  double *earliest, *latest, *slack;
  double length;
  uint32_t *before; // n: predecessor on a longest path
  uint32_t *path, path_count;
  // the transitive reduction
  bool reducing;
  uint32_t *place, *seen, *stack; // n: in the order; the node that reaches it; nodes to follow
  uint32_t next;                  // whose edges are looked at
  uint32_t *from, *to, kept;      // edges
  double *weights;                // of them; NULL: none
} sl_order;

// Memory of the transitive reduction; its work, once there is an order: true at the end.
sl_status sl_reduction_take(sl_paths *paths, sl_order *order);
bool sl_reduction_step(sl_paths *paths, sl_order *order, uint64_t work);

#endif
