// A search from one or several sources that settles nodes by rising distance: what most questions
// are made of. Internal to the room.
//
// Four methods with the same results: breadth-first where every length is 1; where all weights are
// whole (paths/question.h) a ring of buckets, one for each distance, or a radix heap where weights
// are too large for that; and otherwise a 4-ary heap of doubles.
#ifndef SL_PATHS_SEARCH_H
#define SL_PATHS_SEARCH_H

#include "paths/heap.h"
#include "paths/question.h"
#include "paths/ring.h"

typedef enum sl_search_method { SL_BREADTH_FIRST, SL_BUCKETS, SL_RADIX, SL_HEAP } sl_search_method;

typedef struct sl_radix_entry {
  uint32_t key, node;
} sl_radix_entry;

typedef struct sl_search {
  sl_search_method method;
  uint32_t n;
  sl_arcs arcs;
  sl_arcs against;       // the same edges from their other end; rows NULL where they are not there
  double *distance;      // n, HEAP: Infinity where not reached
  uint32_t *level;       // n, the others: NONE where not reached
  uint32_t *predecessor; // n, or NULL: nobody asks
  uint32_t *order;       // n + 1: the nodes as they were settled
  uint32_t settled;      // how many; BREADTH_FIRST: found, while it is running
  double limit;          // nodes further away are not reached
  uint32_t target;       // once it is settled the search ends; NONE
  bool running;
  bool clean; // the arrays hold the last search and nothing else
  // BREADTH_FIRST
  uint32_t level_begin, level_end, cursor, depth;
  uint64_t frontier_arcs, unseen_arcs;
  bool upwards; // nodes not seen yet look for one of the level, not the other way round
  bool tracing; // levels are known, predecessors are looked for
  // BUCKETS
  sl_ring ring; // its heads belong to the question
  // HEAP
  sl_heap_entry *heap;
  uint32_t heap_count, *position;
  // RADIX
  sl_radix_entry *buckets[33];
  uint32_t bucket_count[33], bucket_capacity[33];
  uint32_t last; // key of the bucket 0
} sl_search;

// Makes one. Its arrays belong to the question; sl_search_end frees the rest.
//   search   zeroed
//   Errors: those of sl_paths_arcs, ERR_MEMORY.
sl_status sl_search_create(sl_search *search, sl_paths *paths, bool weighted, bool reverse,
                           bool predecessors);
void sl_search_end(sl_search *search);

// Begins at the sources, which have been checked. O(nodes) the first time, then what the last search
// has reached.
sl_status sl_search_start(sl_search *search, const uint32_t *sources, uint32_t count, double limit,
                          uint32_t target);

// Goes on for about `work` edges, at least one piece; adds what was done to *done. `running` says
// whether it goes on. Errors: ERR_MEMORY.
sl_status sl_search_step(sl_search *search, uint64_t work, uint64_t *done);

// Distance of a node after the search.
SL_ALWAYS_INLINE double sl_search_distance(const sl_search *search, uint32_t node) {
  if (search->method == SL_HEAP) return search->distance[node];
  return search->level[node] == NONE ? INFINITY : (double)search->level[node];
}

#endif
