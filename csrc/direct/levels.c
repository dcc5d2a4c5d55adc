#include "direct/levels.h"

#include <stdbool.h>
#include <string.h>

#include "base/memory.h"

typedef struct search {
  const uint32_t *offsets, *indices;
  uint32_t *seen; // n: the search that saw a row last
  uint32_t stamp;
  uint32_t *queue; // n
} search;

static uint32_t degree(const search *s, uint32_t i) { return s->offsets[i + 1] - s->offsets[i]; }

// Visits what can be reached from `root`; *depth: levels. Returns how many rows there are; `last`:
// where the last level begins in the queue.
static uint32_t visit(search *s, uint32_t root, uint32_t *depth, uint32_t *last) {
  uint32_t count = 1, begin = 0;
  s->stamp++;
  s->queue[0] = root;
  s->seen[root] = s->stamp;
  *depth = 0;
  while (begin < count) {
    uint32_t end = count;
    *last = begin;
    for (uint32_t k = begin; k < end; k++) {
      uint32_t i = s->queue[k];
      for (uint32_t p = s->offsets[i]; p < s->offsets[i + 1]; p++) {
        uint32_t j = s->indices[p];
        if (s->seen[j] == s->stamp) continue;
        s->seen[j] = s->stamp;
        s->queue[count++] = j;
      }
    }
    begin = end;
    (*depth)++;
  }
  return count;
}

// A row with many levels around it. A long chain of searches would gain little: four do.
static uint32_t far_row(search *s, uint32_t root) {
  uint32_t depth, last, before = 0;
  for (int turn = 0; turn < 4; turn++) {
    uint32_t count = visit(s, root, &depth, &last);
    if (depth <= before) break;
    before = depth;
    uint32_t best = s->queue[last];
    for (uint32_t k = last; k < count; k++) {
      if (degree(s, s->queue[k]) < degree(s, best)) best = s->queue[k];
    }
    root = best;
  }
  return root;
}

// Rows of one level that have the same parent, by degree: few, so by insertion; many stay as they are.
static void sort_by_degree(const search *s, uint32_t *rows, uint32_t count) {
  if (count > 64) return;
  for (uint32_t i = 1; i < count; i++) {
    uint32_t row = rows[i], at = i;
    for (; at > 0 && degree(s, row) < degree(s, rows[at - 1]); at--) rows[at] = rows[at - 1];
    rows[at] = row;
  }
}

sl_status sl_levels_order(uint32_t n, const uint32_t *offsets, const uint32_t *indices,
                          uint32_t *order) {
  search s = {.offsets = offsets, .indices = indices};
  uint8_t *done;
  SL_TRY(SL_ALLOC_ZERO(&done, (size_t)n));
  sl_status status = SL_ALLOC_ZERO(&s.seen, (size_t)n);
  if (status == SL_OK) status = SL_ALLOC(&s.queue, (size_t)n);
  uint32_t placed = 0;
  for (uint32_t i = 0; i < n && status == SL_OK; i++) {
    if (done[i]) continue;
    uint32_t begin = placed;
    order[placed++] = far_row(&s, i);
    done[order[begin]] = 1;
    for (uint32_t k = begin; k < placed; k++) {
      uint32_t row = order[k], first = placed;
      for (uint32_t p = offsets[row]; p < offsets[row + 1]; p++) {
        if (done[indices[p]]) continue;
        done[indices[p]] = 1;
        order[placed++] = indices[p];
      }
      sort_by_degree(&s, order + first, placed - first);
    }
  }
  for (uint32_t k = 0; k < n / 2 && status == SL_OK; k++) {
    uint32_t row = order[k];
    order[k] = order[n - 1 - k];
    order[n - 1 - k] = row;
  }
  sl_free(done);
  sl_free(s.seen);
  sl_free(s.queue);
  return status;
}
