// A search from one or several sources that settles nodes by rising distance: what most questions
// are made of. Internal to the room.
//
// Five methods with the same results: breadth-first where every length is 1; where all weights are
// whole (paths/question.h) a ring of buckets, one for each distance, or a radix heap where weights
// are too large for that; otherwise a ring of buckets as wide as the shortest edge, or a 4-ary heap
// where the longest edge is thousands of times as long.
#ifndef SL_PATHS_SEARCH_H
#define SL_PATHS_SEARCH_H

#include "paths/heap.h"
#include "paths/question.h"
#include "paths/ring.h"
#include "paths/waves.h"

typedef enum sl_search_method {
  SL_BREADTH_FIRST,
  SL_BUCKETS,
  SL_RADIX,
  SL_WIDE_BUCKETS,
  SL_HEAP
} sl_search_method;

typedef struct sl_radix_entry {
  uint32_t key, node;
} sl_radix_entry;

typedef struct sl_search {
  sl_search_method method;
  uint32_t n;
  sl_arcs arcs;
  sl_arcs against; // BREADTH_FIRST: the same edges from their other end; rows NULL without them
  // What is known of each node, n of them:
  uint32_t *level;       // BREADTH_FIRST: NONE where not reached
  uint32_t *predecessor; // BREADTH_FIRST; NULL: nobody asks
  uint64_t *marks;       // BUCKETS, RADIX: distance << 32 | predecessor; all ones where not reached
  sl_reach *reaches;     // WIDE_BUCKETS, HEAP
  // n + 1: the nodes as they were settled; by rising distance, but for WIDE_BUCKETS, where what is
  // closer together than the shortest edge comes in any order
  uint32_t *order;
  uint32_t settled; // how many; BREADTH_FIRST: found, while it is running
  double limit;     // nodes further away are not reached
  uint32_t target;  // once it is settled the search ends; NONE
  bool running;
  bool clean; // the arrays hold the last search and nothing else
  // BREADTH_FIRST
  uint8_t *seen;     // n: 0, or 1 + (level & 1) in what the next level is looked for from
  uint32_t *finders; // n + 1, with predecessors: who found each of the order
  uint64_t *bits,
      *summary; // with predecessors: a bit a node, a bit a word of these; 0 between levels
  uint32_t level_begin, level_end, cursor, depth;
  uint64_t frontier_arcs, unseen_arcs;
  bool upwards; // nodes not seen yet look for one of the level, not the other way round
  // BUCKETS, WIDE_BUCKETS
  sl_ring ring;  // its heads belong to the question
  double narrow; // WIDE_BUCKETS: buckets to a unit of length
  // HEAP
  sl_heap_entry *heap;
  uint32_t heap_count;
  // RADIX
  sl_radix_entry *buckets[33];
  uint32_t bucket_count[33], bucket_capacity[33];
  uint32_t last; // key of the bucket 0
} sl_search;

// Makes one. Its arrays belong to the question; sl_search_end frees the rest.
//   search        zeroed
//   predecessors  whether they are asked for; with weights they are there in any case
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
  if (search->reaches != NULL) return search->reaches[node].distance;
  const uint32_t level =
      search->marks != NULL ? (uint32_t)(search->marks[node] >> 32) : search->level[node];
  return level == NONE ? INFINITY : (double)level;
}

// The node before on a shortest path, of several that tie the smallest; NONE.
SL_ALWAYS_INLINE uint32_t sl_search_predecessor(const sl_search *search, uint32_t node) {
  return search->reaches != NULL ? search->reaches[node].predecessor
         : search->marks != NULL ? (uint32_t)search->marks[node]
                                 : search->predecessor[node];
}

// breadth.c: the method where every length is 1.
sl_status sl_breadth_create(sl_search *search, sl_paths *paths, bool reverse, bool predecessors);
void sl_breadth_start(sl_search *search);
void sl_breadth_step(sl_search *search, uint64_t work, uint64_t *done);

#endif
