// Distances by buckets whose nodes are worked off in any order: a node may come again when it has
// become nearer, which is rare where buckets are a quarter of a mean edge wide. Each node costs a
// fraction of what a queue costs that gives them one by one; the distances, and of predecessors that
// tie the smallest, are the same. Internal to the room.
//
// Weights of very different sizes can make many nodes come again: whoever asks watches `done` and
// begins anew with another method when it is more than SL_WAVES_PATIENCE passes over the graph.
#ifndef SL_PATHS_WAVES_H
#define SL_PATHS_WAVES_H

#include "paths/question.h"

#define SL_WAVES_PATIENCE 8
#define SL_WAVES_MOST 4096 // buckets
#define SL_UNKNOWN UINT64_MAX

// A node by f64: one cache line has all of it.
typedef struct sl_reach {
  double distance; // Infinity where not reached
  uint32_t predecessor;
  uint32_t position; // in the heap of search.c
} sl_reach;

typedef struct sl_wave {
  void *entries; // {u32 distance, u32 node} for whole lengths, else {f64 distance, u32 node}
  uint32_t count, capacity;
} sl_wave;

typedef struct sl_waves {
  sl_arcs arcs;
  uint32_t n;
  // What is known of each node, n of them: whole lengths (arcs.pairs) have marks, distance << 32 |
  // predecessor, all ones where not reached; others reaches.
  uint64_t *marks;
  sl_reach *reaches;
  sl_wave *buckets;          // `mask` + 1, a power of two
  uint64_t *filled, summary; // a bit a bucket, a bit a word of these
  uint32_t mask;
  uint32_t shift;   // whole lengths: a bucket is 2^shift wide
  double narrow;    // others: buckets to a unit of length
  uint64_t current; // number of the bucket in turn
  uint32_t cursor;  // its next entry
  double limit;     // nodes further away are not reached
  uint64_t done;    // edges and nodes looked at
  uint64_t settled; // nodes worked off, again and again where they come again
  uint32_t *touched, touched_count, touched_capacity; // nodes worked off, while they fit
  bool whole;                                         // lengths
  bool all;                                           // more were touched than are listed
} sl_waves;

// Whether the weights of a graph are of sizes for it.
bool sl_waves_fit(const sl_paths *paths);

// Makes one for a graph that fits. O(nodes).
//   waves    zeroed; sl_waves_end frees what it holds, also after an error
//   arcs     with weights, those of the graph
//   Errors: ERR_MEMORY
sl_status sl_waves_create(sl_waves *waves, const sl_paths *paths, const sl_arcs *arcs);
void sl_waves_end(sl_waves *waves);
size_t sl_waves_bytes(const sl_waves *waves);

// Forgets the last search: at what that has reached, or where it was one from one end, O(nodes).
//   alone   whether it is one again
void sl_waves_reset(sl_waves *waves, double limit, bool alone);

// A node at distance 0. Twice is once. Errors: ERR_MEMORY.
sl_status sl_waves_begin_at(sl_waves *waves, uint32_t node);

// Whether anything waits; then `current` is the first bucket with entries.
bool sl_waves_turn(sl_waves *waves);

// No node that waits is nearer.
double sl_waves_least(const sl_waves *waves);

// Works off entries of the bucket in turn, until about `work` edges were looked at or it is empty.
//   other    a search from the other end, or NULL
//   best     with `other`: of the connections between the two, read and written; *meeting is a node
//            on it. What cannot be part of a shorter one is not reached
//   Errors: ERR_MEMORY.
sl_status sl_waves_step(sl_waves *waves, uint64_t work, const sl_waves *other, double *best,
                        uint32_t *meeting);

static inline double sl_waves_distance(const sl_waves *waves, uint32_t node) {
  if (!waves->whole) return waves->reaches[node].distance;
  const uint64_t mark = waves->marks[node];
  return mark == SL_UNKNOWN ? INFINITY : (double)(mark >> 32);
}

static inline uint32_t sl_waves_predecessor(const sl_waves *waves, uint32_t node) {
  return waves->whole ? (uint32_t)waves->marks[node] : waves->reaches[node].predecessor;
}

#endif
