// Maximum flows with whole capacities, as a part of several questions. Internal to the room.
//
// Capacities of a graph become whole numbers of a unit that is a power of two, rounded down: so all
// sums are exact, and a flow of the rounded graph is one of the graph itself.
#ifndef SL_CUTS_FLOW_H
#define SL_CUTS_FLOW_H

#include "cuts/question.h"

// Both directions of each pair of neighbours stand in rows, as in the graph taken both ways.
typedef struct sl_flow_network {
  uint32_t n, arcs;
  uint32_t *rows, *heads, *twins; // n + 1, arcs, arcs: the other direction of an arc
  uint32_t *entries; // arcs: stored entry of the graph that it is, NONE: none. NULL: all, in order
  int64_t *capacities; // arcs
} sl_flow_network;

// Memory is the question's. Capacities are not set. O(edges + nodes).
sl_status sl_flow_network_create(sl_flow_network *network, sl_cuts *cuts);

// Sets the capacities to those of the graph, at most `largest` of them, in units of 2^exponent.
void sl_flow_network_scale(sl_flow_network *network, const sl_csr *edges, double largest,
                           int exponent);

typedef struct sl_flow {
  const sl_flow_network *network;
  uint32_t source, target;
  int64_t *residual;                // arcs
  int64_t *excess;                  // n
  uint32_t *height;                 // n
  uint32_t *at;                     // n: next arc to look at
  uint32_t *first_active;           // n + 1, by height: nodes with excess, linked
  uint32_t *next_active;            // n
  uint32_t *first, *after, *before; // by height: the others, linked both ways; n + 1, n, n
  uint32_t *queue;                  // n
  uint32_t top, top_active;         // the largest height in use; with excess
  uint32_t sink;                    // what nodes of excess push to: the target, then the source
  uint64_t since;                   // work since heights were last made exact
  bool labelling;                   // they are being made exact
  enum { SL_FLOW_AUGMENT, SL_FLOW_TO_TARGET, SL_FLOW_TO_SOURCE, SL_FLOW_DONE } phase;
  bool cut_only; // excess is left where it is
  // searches for single paths
  uint32_t *reached[2]; // n: the arc by which a node was reached, from the source; to the target
  uint32_t *stack[2];
  uint32_t ends[2], heads[2];
  uint64_t budget;
  int64_t value;
} sl_flow;

sl_status sl_flow_create(sl_flow *flow, const sl_flow_network *network, sl_cuts *cuts);

// Begins a flow from source to target, which differ. The sum of capacities out of the source must be
// below 2^62. `readings`: how often the graph may be read for single paths before excess is pushed.
// O(edges + nodes).
void sl_flow_begin(sl_flow *flow, uint32_t source, uint32_t target, bool cut_only,
                   uint32_t readings);
#define SL_FLOW_READINGS 1

// Goes on for about `work` arcs, gives those looked at. Done when phase is SL_FLOW_DONE: then `value`
// is that of the flow, and residual what is left of the capacities.
uint64_t sl_flow_step(sl_flow *flow, uint64_t work);

// The smallest source side of a minimum cut: 1 for the nodes that can be reached through arcs with
// something left. With cut_only: the largest one. O(edges + nodes).
void sl_flow_side(sl_flow *flow, uint32_t *side);

#endif
