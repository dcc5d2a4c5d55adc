// Contracting a graph until its minimum cut is seen, or until little is left beside its small cuts.
// Internal to the room.
#ifndef SL_CUTS_SHRINK_H
#define SL_CUTS_SHRINK_H

#include "cuts/heap.h"
#include "cuts/question.h"

typedef struct sl_shrunk {
  uint32_t *rows, *heads; // n + 1, arcs
  uint64_t *weights;      // arcs
} sl_shrunk;

typedef struct sl_shrink {
  uint32_t whole, n; // nodes at the beginning, and of the graph that is left
  // 0: one smallest cut is found at last. More: no two nodes become one that a cut below least + slack
  // divides, so that all those cuts are kept; least must be that of a smallest cut then.
  uint64_t slack;
  sl_shrunk graph;  // what is left
  sl_shrunk spare;  // the next one is made here
  uint32_t *label;  // whole: what each node has become
  uint32_t *parent; // n: sets that will be one node
  uint64_t *degree; // n: weight around
  uint64_t least;   // of all cuts so far
  uint32_t *side;   // whole: that cut
  // the search
  bool running;
  uint64_t *connected; // n: weight to what was taken
  uint32_t *place;     // n: when it was taken; NONE
  uint8_t *waiting;    // n: it is in the heap
  uint32_t taken, next, best_prefix;
  uint64_t around; // weight around all that was taken
  sl_top_heap heap;
  uint32_t *slot; // n: where the neighbours of a new node begin
} sl_shrink;

// Memory for a graph of n nodes and so many arcs (both directions). Errors: ERR_MEMORY.
sl_status sl_shrink_take(sl_shrink *shrink, sl_blocks *blocks, uint32_t n, uint32_t arcs);

// Lowers `least` to the smallest degree, whose node is a side then.
void sl_shrink_look_at_degrees(sl_shrink *shrink);

// Goes on for about `work` arcs, gives those looked at: a search, and a contraction at its end, which
// clears `running`. Nothing is left to do when n is 1, or least 0.
uint64_t sl_shrink_step(sl_shrink *shrink, uint64_t work);

// Makes one node of each set of `parent`. `place`: the number of each node in what is left.
void sl_shrink_contract(sl_shrink *shrink);

#endif
