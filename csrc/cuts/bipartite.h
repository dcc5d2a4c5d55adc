// The search for two sides as a part of other questions. Internal to the room.
#ifndef SL_CUTS_BIPARTITE_H
#define SL_CUTS_BIPARTITE_H

#include "cuts/question.h"

typedef struct sl_bipartite {
  const sl_csr *edges[2]; // of a directed graph also those that come in
  uint32_t *side;         // n: NONE not reached
  uint32_t *parent;       // n
  uint32_t *queue, head, tail, next;
  uint32_t *cycle, cycle_count;
  bool done;
} sl_bipartite;

// Memory is the question's. O(nodes).
sl_status sl_bipartite_create(sl_bipartite *bipartite, sl_cuts *cuts);

// Goes on for about `work` edges, which are counted. `done` at the end: with a cycle or with sides.
sl_status sl_bipartite_step(sl_bipartite *bipartite, sl_cuts *cuts, uint64_t work);

#endif
