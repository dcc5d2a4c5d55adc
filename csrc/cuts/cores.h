// Core numbers as a part of other questions. Internal to the room.
#ifndef SL_CUTS_CORES_H
#define SL_CUTS_CORES_H

#include "cuts/question.h"

typedef struct sl_peeling {
  const sl_csr *edges;
  uint32_t *core;     // n: core numbers; while it runs, neighbours that are left
  uint32_t *order;    // n: as nodes are taken off
  uint32_t *position; // n: place in the order
  uint32_t *starts;   // where the nodes with each number of neighbours begin
  uint32_t next, degeneracy;
} sl_peeling;

// Memory is the question's. O(edges + nodes).
sl_status sl_peeling_create(sl_peeling *peeling, sl_cuts *cuts);

// Goes on for about `work` edges; gives those followed. Done when next == n.
uint64_t sl_peeling_step(sl_peeling *peeling, uint32_t n, uint64_t work);

#endif
