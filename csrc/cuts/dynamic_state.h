// What a minimum cut of a changing graph is kept by. Internal to the room.
//
// Nodes are divided into parts. Two things hold after every change, S being any cut:
//   1. value is the weight of the least cut, and of the one that is kept;
//   2. S weighs at least `floor` and, if it divides a part, at least `bound`, in both cases plus what
//      pairs of nodes that it divides have gained and less what they have lost (changes.h); and `bound`
//      less all losses is at least `value`.
// So a cut lighter than that divides no part, and is one of the graph whose nodes are the parts.
#ifndef SL_CUTS_DYNAMIC_STATE_H
#define SL_CUTS_DYNAMIC_STATE_H

#include "cuts/changes.h"
#include "cuts/dynamic_cut.h"
#include "cuts/question.h"
#include "cuts/rows.h"
#include "cuts/shrink.h"

typedef enum sl_dynamic_phase {
  SL_DYNAMIC_NEXT,   // the next change
  SL_DYNAMIC_FLOW,   // the least cut between the ends of an edge that was taken away
  SL_DYNAMIC_PARTS,  // the least cut of the parts
  SL_DYNAMIC_WHOLE,  // the least cut of the graph
  SL_DYNAMIC_SHRINK, // new parts
} sl_dynamic_phase;

struct sl_dynamic_cut {
  sl_job job; // the first member
  uint32_t n;
  sl_rows rows;
  sl_rows_flow flow;
  int64_t total;   // of all weights
  int64_t *degree; // n: weight around each node
  // the parts
  uint32_t *part;                 // n: of each node
  uint32_t *part_size;            // n
  uint32_t *unused, unused_count; // n: numbers that no part has
  int64_t *lightest;              // 2 n: weight around each part, with the least of pairs above
  // the cut
  int64_t value, floor, bound;
  uint32_t kept; // the part that is a side of the cut; NONE: `side` is
  uint8_t *side; // n
  sl_changes changes;
  // the work
  bool stale; // the value is to be found anew
  sl_dynamic_phase phase;
  uint32_t from, to;   // of the change that is being made
  int64_t change;      // its change of the weight
  int64_t wanted, got; // of the flow
  int64_t upper;       // some cut weighs that
  uint64_t enough;     // no cut is lighter
  sl_shrink shrink;
  sl_blocks blocks; // of it
  uint32_t count, next;
  uint32_t *ends[2];
  double *wishes, *values;
  uint64_t work, searches, flows;
  // the cut that was read last
  uint32_t *read_side, *read_from, *read_to;
  double *read_weights;
};

static inline void sl_dynamic_set_lightest(sl_dynamic_cut *c, uint32_t part, int64_t weight) {
  int64_t *tree = c->lightest;
  uint32_t i = part + c->n;
  tree[i] = weight;
  for (i /= 2; i > 0; i /= 2) {
    const int64_t least = tree[2 * i] < tree[2 * i + 1] ? tree[2 * i] : tree[2 * i + 1];
    if (tree[i] == least) break;
    tree[i] = least;
  }
}

static inline uint32_t sl_dynamic_lightest(const sl_dynamic_cut *c) {
  uint32_t i = 1;
  while (i < c->n) i = 2 * i + (c->lightest[2 * i] != c->lightest[i]);
  return i - c->n;
}

static inline bool sl_dynamic_divides(const sl_dynamic_cut *c, uint32_t u, uint32_t v) {
  return c->kept == NONE ? c->side[u] != c->side[v]
                         : (c->part[u] == c->kept) != (c->part[v] == c->kept);
}

// After a flow between the ends of the present change has come to its end at `flow`, less than `bound`:
// takes the nodes out of their parts that it cuts off, if it can be seen that no other cut below `bound`
// between these ends divides a part then. `exhausted`: the end of the flow that was cut off.
//   done   written: false: nothing has changed
//   Errors: ERR_MEMORY.
sl_status sl_dynamic_split(sl_dynamic_cut *cut, int64_t flow, int exhausted, bool *done);

#endif
