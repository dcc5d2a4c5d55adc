// Which nodes a search can reach, and links for those that none leads to.
//
// Additions and repairs choose links by distance alone, so that a node can lose the last link that
// leads to it. A walk over the links of level 0 from the entry finds such nodes; each gets a link
// from a near node that has room, or has a link that the walk did not need.
#ifndef SL_HNSW_REACH_H
#define SL_HNSW_REACH_H

#include "hnsw/index.h"

// Looks at all nodes and links those that cannot be reached, in steps. A change of the index lets
// the next step begin anew.
//   work  about how many lists to look at, and rows to compare, before it returns
//   left  written: about how many lists are still to be looked at, at most 2 * (used + 1), 0 at the
//         end; it falls with each step
//   Errors: ERR_MEMORY (eight bytes a slot, while it is under way). O(size * m).
sl_status sl_reach_step(sl_hnsw *index, uint32_t work, uint32_t *left);

// The same at once. Errors: ERR_MEMORY.
sl_status sl_reach_all(sl_hnsw *index);

// How many nodes cannot be reached; nothing is changed. Errors: ERR_MEMORY. O(size * m).
sl_status sl_reach_count(const sl_hnsw *index, uint32_t *unreachable);

// Gives back what a check under way holds.
void sl_reach_end(sl_hnsw *index);

#endif
