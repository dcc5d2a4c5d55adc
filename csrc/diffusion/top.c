// Heap sort throughout: no recursion, no memory, the same order in every build.
#include "diffusion/top.h"

static void sift_down(sl_diffusion_top *top, uint32_t count, uint32_t node, double score) {
  uint32_t at = 0;
  for (;;) {
    uint32_t child = 2 * at + 1;
    if (child >= count) break;
    if (child + 1 < count && sl_diffusion_better(top->scores[child], top->nodes[child],
                                                 top->scores[child + 1], top->nodes[child + 1])) {
      child++;
    }
    if (!sl_diffusion_better(score, node, top->scores[child], top->nodes[child])) break;
    top->nodes[at] = top->nodes[child];
    top->scores[at] = top->scores[child];
    at = child;
  }
  top->nodes[at] = node;
  top->scores[at] = score;
}

void sl_diffusion_top_offer(sl_diffusion_top *top, uint32_t node, double score) {
  if (top->count == top->capacity) {
    if (sl_diffusion_better(score, node, top->scores[0], top->nodes[0])) {
      sift_down(top, top->count, node, score);
    }
    return;
  }
  uint32_t at = top->count++;
  while (at > 0) {
    const uint32_t parent = (at - 1) / 2;
    if (!sl_diffusion_better(top->scores[parent], top->nodes[parent], score, node)) break;
    top->nodes[at] = top->nodes[parent];
    top->scores[at] = top->scores[parent];
    at = parent;
  }
  top->nodes[at] = node;
  top->scores[at] = score;
}

void sl_diffusion_top_restore(sl_diffusion_top *top) {
  const uint32_t count = top->count;
  top->count = 0;
  for (uint32_t i = 0; i < count; i++) sl_diffusion_top_offer(top, top->nodes[i], top->scores[i]);
}

void sl_diffusion_top_sort(sl_diffusion_top *top) {
  for (uint32_t last = top->count; last-- > 1;) {
    const uint32_t node = top->nodes[last];
    const double score = top->scores[last];
    top->nodes[last] = top->nodes[0];
    top->scores[last] = top->scores[0];
    sift_down(top, last, node, score);
  }
}

void sl_diffusion_sort_ascending(uint32_t *values, uint32_t count) {
  for (uint32_t build = count / 2 + count; build-- > 1;) {
    // The first half of the steps builds the heap, the second half takes the largest off it.
    const uint32_t size = build < count ? build : count;
    uint32_t at = build < count ? 0 : build - count;
    uint32_t value = values[at];
    if (build < count) {
      value = values[build];
      values[build] = values[0];
    }
    for (uint32_t child; (child = 2 * at + 1) < size; at = child) {
      if (child + 1 < size && values[child + 1] > values[child]) child++;
      if (values[child] <= value) break;
      values[at] = values[child];
    }
    values[at] = value;
  }
}
