// Which nodes a search can reach, and links for those that none leads to.
//
// Additions and repairs choose links by distance alone, so that a node can lose the last link that
// leads to it, and a cluster the last link from another. On each level a walk over its links from
// the entry finds such nodes; each gets a link from a near node that has room, or has a link that
// the walk did not need: one from each near node, so that searches keep theirs, and then from nodes
// that were found in this way. Links are taken from the top level down, so that the way to a cluster
// is there before its vectors are looked at.
#ifndef SL_HNSW_REACH_H
#define SL_HNSW_REACH_H

#include "hnsw/index.h"

// Looks at all nodes and links those that cannot be reached, in steps.
//   work    about how many lists to look at, and rows to compare, before it returns
//   strict  a change of the index lets the next step begin anew. Without it what changes meanwhile
//           may be missed: for a check that goes along with additions and removals
//   left    written: about how many lists are still to be looked at, below sl_reach_work(), 0 at
//           the end; it falls with each step
//   Errors: ERR_MEMORY (nine bytes a slot, while it is under way). O(size * m).
sl_status sl_reach_step(sl_hnsw *index, uint32_t work, bool strict, uint32_t *left);

// Lists that a whole check looks at, at most. O(1).
uint64_t sl_reach_work(const sl_hnsw *index);

// The same at once. Errors: ERR_MEMORY.
sl_status sl_reach_all(sl_hnsw *index);

// How many nodes cannot be reached on level 0; nothing is changed. Errors: ERR_MEMORY. O(size * m).
sl_status sl_reach_count(const sl_hnsw *index, uint32_t *unreachable);

// Ends a check that is under way, and gives back what it holds. To be called when slots move.
void sl_reach_end(sl_hnsw *index);

#endif
