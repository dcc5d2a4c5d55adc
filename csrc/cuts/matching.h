// The two ways to a maximum matching. Internal to the room.
#ifndef SL_CUTS_MATCHING_H
#define SL_CUTS_MATCHING_H

#include "cuts/question.h"

typedef struct sl_matching {
  const sl_csr *edges;
  uint32_t n;
  uint32_t *mate; // n: NONE: free
  uint32_t *side; // n, by the search for an odd cycle: 0 or 1
  bool done;
  uint32_t next;   // root
  uint32_t *queue; // n
  uint32_t head, tail;
  // bipartite (hopcroft_karp.c)
  bool begun, layered, found;
  uint32_t *layer; // n
  uint32_t *at;    // n: next edge
  uint32_t *via;   // n: the node on the other side of a path
  uint32_t *stack, stack_count;
  // general (blossom.c)
  uint8_t *state;                   // n
  uint32_t *before;                 // n: how an alternating path goes on
  uint32_t *base;                   // n: sets: the node that a blossom hangs by
  uint32_t *seen, stamp;            // n: for the common base of two nodes
  uint32_t *touched, touched_count; // nodes of the search
} sl_matching;

// Takes each edge whose ends are free, nodes ascending.
void sl_matching_greedy(sl_matching *matching);

// Goes on for about `work` edges; gives those followed. `done` at the end.
uint64_t sl_hopcroft_karp_step(sl_matching *matching, uint64_t work);
uint64_t sl_blossom_step(sl_matching *matching, uint64_t work);

// Marks the nodes that prove the matching to be maximum: a vertex cover of as many nodes; a set
// without which as many odd components are left over as it has nodes and free ones together.
void sl_hopcroft_karp_proof(const sl_matching *matching, uint8_t *marks);
void sl_blossom_proof(const sl_matching *matching, uint8_t *marks);

sl_status sl_hopcroft_karp_create(sl_matching *matching, sl_cuts *cuts);
sl_status sl_blossom_create(sl_matching *matching, sl_cuts *cuts);

#endif
