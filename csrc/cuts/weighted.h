// Alternating trees with blossoms for matchings of largest weight. Internal to the room.
//
// Nodes have the numbers 0 .. n - 1, blossoms n .. 2 n - 1. Edge k has the ends 2 k and 2 k + 1; an end
// and its opposite differ in the last bit. A blossom is a circle of an odd number of smaller ones, which
// are linked; its base is the node by which it is matched to something outside.
#ifndef SL_CUTS_WEIGHTED_H
#define SL_CUTS_WEIGHTED_H

#include "cuts/question.h"

enum {
  SL_FREE,
  SL_OUTER,
  SL_INNER,
  SL_MARKED = 5
}; // marked: outer, and met on the way to the roots

typedef struct sl_weighted {
  uint32_t n, edges;
  bool most_edges;   // of all matchings with as many edges as there can be
  uint32_t *node_at; // 2 edges: the node at an end
  int64_t *weight;   // edges
  uint32_t *rows;    // n + 1
  uint32_t *away;    // 2 edges: the far ends of the edges of a node
  uint32_t *mate;    // n: the far end of the matched edge, NONE
  // of nodes and blossoms, 2 n each
  uint8_t *label;
  uint32_t *label_end; // the end by which it was reached, which is outside; NONE: a root
  uint32_t *parent, *base, *first;
  uint32_t *next, *before, *link; // in the circle; its own end of the edge to the next one
  uint32_t
      *best; // a node that is free: the edge of least slack from an outer one; an outer blossom: to
             // another one
  int64_t *dual;    // twice that of nodes
  uint32_t *inside; // n: the outermost blossom
  uint32_t *unused, unused_count;
  bool *tight; // edges, of the present search
  uint32_t *queue, queue_count;
  uint32_t *path;  // 2 n
  uint32_t *tasks; // 2 n: pairs
  enum { SL_WEIGHTED_BEGIN, SL_WEIGHTED_SEARCH, SL_WEIGHTED_DONE } phase;
  uint64_t work;
} sl_weighted;

// Twice what an edge between two outermost blossoms is below its bound.
SL_ALWAYS_INLINE int64_t sl_weighted_slack(const sl_weighted *m, uint32_t k) {
  return m->dual[m->node_at[2 * k]] + m->dual[m->node_at[2 * k + 1]] - 2 * m->weight[k];
}

// The nodes of a blossom: for (u = first_node(b); u != NONE; u = next_node(b, u)).
uint32_t sl_weighted_first_node(const sl_weighted *m, uint32_t blossom);
uint32_t sl_weighted_next_node(const sl_weighted *m, uint32_t blossom, uint32_t node);

// Labels an outermost blossom by one of its nodes, and what it is matched to if it becomes inner.
void sl_weighted_label(sl_weighted *m, uint32_t node, uint8_t label, uint32_t end);

// An edge between two outer blossoms: makes one of a circle, and gives false; or takes the way between
// two roots into the matching.
bool sl_weighted_join(sl_weighted *m, uint32_t edge);

// Opens a blossom of dual 0: an inner one in a search, or any (and those in it) at its end.
void sl_weighted_open(sl_weighted *m, uint32_t blossom, bool at_end);

// Goes on: one node, or one change of the duals.
void sl_weighted_step(sl_weighted *m);

#endif
