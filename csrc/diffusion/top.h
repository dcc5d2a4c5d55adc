// The best of many scores by a bounded heap. Internal to the room.
#ifndef SL_DIFFUSION_TOP_H
#define SL_DIFFUSION_TOP_H

#include <stdbool.h>
#include <stdint.h>

// A heap in (nodes, scores), the caller's arrays of `capacity` entries, whose root is the worst of
// its `count` entries. Order of results: by falling score, ties by rising node.
typedef struct sl_diffusion_top {
  uint32_t *nodes;
  double *scores;
  uint32_t count, capacity;
} sl_diffusion_top;

// True when the first comes before the second.
static inline bool sl_diffusion_better(double score, uint32_t node, double other_score,
                                       uint32_t other_node) {
  return score > other_score || (score == other_score && node < other_node);
}

// Takes the node in when it is among the best. O(log capacity), O(1) as a rule when it is not.
void sl_diffusion_top_offer(sl_diffusion_top *top, uint32_t node, double score);

// Makes a heap again of entries whose scores have changed. O(count log count).
void sl_diffusion_top_restore(sl_diffusion_top *top);

// Ends it: the entries in the order of results. O(count log count).
void sl_diffusion_top_sort(sl_diffusion_top *top);

// Sorts numbers ascending, in place. O(count log count).
void sl_diffusion_sort_ascending(uint32_t *values, uint32_t count);

#endif
