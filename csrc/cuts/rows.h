// The edges of an undirected graph that changes: a row of arcs for each node, in one block of memory,
// and flows between two nodes that grow path by path. Internal to the room.
#ifndef SL_CUTS_ROWS_H
#define SL_CUTS_ROWS_H

#include "cuts/question.h"

typedef struct sl_arc {
  uint32_t head, twin; // the other end; where the arc of the other direction stands
  int64_t weight;      // > 0
  int64_t flow;        // the twin's with the opposite sign; 0 unless a flow is there
} sl_arc;

#define SL_ROW_CLASSES 32

typedef struct sl_rows {
  uint32_t n;
  sl_arc *arcs;
  uint32_t room, used;           // of arcs
  uint32_t *start, *size;        // n: where a row begins, how many arcs it has
  uint8_t *class;                // n: it has room for 1 << class
  uint32_t free[SL_ROW_CLASSES]; // first unused row of each class, linked by `twin`; NONE
  uint64_t edges;
} sl_rows;

// Takes over the edges of an undirected graph, loops left out, whose weights are whole.
//   Errors: ERR_MEMORY, ERR_OVERFLOW ("edges"). What was made is to be freed then too.
sl_status sl_rows_create(sl_rows *rows, const sl_graph *graph);
void sl_rows_free(sl_rows *rows);
size_t sl_rows_bytes(const sl_rows *rows);

// The arc from u to v, or NONE. O(the smaller degree).
uint32_t sl_rows_find(const sl_rows *rows, uint32_t u, uint32_t v);

// Adds to the weight of an edge, which is made where it is not there, and goes where nothing is left.
//   change   does not make the weight negative
//   Errors: ERR_MEMORY, ERR_OVERFLOW ("edges"): the weights are as before.
sl_status sl_rows_change(sl_rows *rows, uint32_t u, uint32_t v, int64_t change);

// Some of a flow, along an arc.
typedef struct sl_push {
  uint32_t arc;
  int64_t amount;
} sl_push;

// Two searches towards each other, and what flows between their ends.
typedef struct sl_rows_flow {
  uint32_t *via[2];   // n: the arc by which a node was reached, from the first end, from the second
  uint32_t *stamp[2]; // n: the search in which it was
  uint32_t *queue[2]; // n
  uint32_t head[2], tail[2];
  uint32_t search;
  sl_push *pushes; // since the flow was nothing
  size_t count, room;
} sl_rows_flow;

sl_status sl_rows_flow_create(sl_rows_flow *flow, uint32_t n);
void sl_rows_flow_free(sl_rows_flow *flow);
size_t sl_rows_flow_bytes(const sl_rows_flow *flow, uint32_t n);

// Sends as much as one path takes, `most` at most, from one node to another.
//   sent        written: how much; 0: there is no path
//   exhausted   written then: 0 or 1, the end from which all has been reached (queue, tail): the
//               smallest side of a minimum cut at that end
//   work        the arcs looked at are added
//   Errors: ERR_MEMORY: the flow is as before.
sl_status sl_rows_flow_send(sl_rows_flow *flow, sl_rows *rows, uint32_t source, uint32_t target,
                            int64_t most, int64_t *sent, int *exhausted, uint64_t *work);

// Goes on with the search of an end that came to no path, until it has reached `most` nodes or all it
// can; gives whether that is all.
bool sl_rows_flow_explore(sl_rows_flow *flow, const sl_rows *rows, int end, uint32_t most,
                          uint64_t *work);

// Takes back what was sent since there were so many pushes.
void sl_rows_flow_undo(sl_rows_flow *flow, sl_rows *rows, size_t count);

static inline bool sl_rows_flow_reached(const sl_rows_flow *flow, int end, uint32_t node) {
  return flow->stamp[end][node] == flow->search;
}

#endif
