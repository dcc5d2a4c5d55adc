// Based on: D. B. Johnson, "Priority queues with update and finding minimum spanning trees",
// Information Processing Letters 4 (1975), doi:10.1016/0020-0190(75)90001-0 (d-ary heaps).
#include "cuts/heap.h"

static void rise(sl_top_heap *heap, uint32_t i, sl_top_entry entry) {
  sl_top_entry *entries = heap->entries;
  for (; i > 0 && entries[(i - 1) >> 2].key < entry.key; i = (i - 1) >> 2) {
    entries[i] = entries[(i - 1) >> 2];
    heap->position[entries[i].node] = i;
  }
  entries[i] = entry;
  heap->position[entry.node] = i;
}

void sl_top_heap_add(sl_top_heap *heap, uint64_t key, uint32_t node) {
  rise(heap, heap->count++, (sl_top_entry){key, node});
}

void sl_top_heap_raise(sl_top_heap *heap, uint64_t key, uint32_t node) {
  rise(heap, heap->position[node], (sl_top_entry){key, node});
}

sl_top_entry sl_top_heap_take(sl_top_heap *heap) {
  sl_top_entry *entries = heap->entries;
  const sl_top_entry first = entries[0], entry = entries[--heap->count];
  const uint32_t left = heap->count;
  uint32_t i = 0;
  for (uint32_t child; (child = 4 * i + 1) < left;) {
    const uint32_t end = child + 4 < left ? child + 4 : left;
    uint32_t most = child;
    for (uint32_t j = child + 1; j < end; j++)
      if (entries[j].key > entries[most].key) most = j;
    if (entries[most].key <= entry.key) break;
    entries[i] = entries[most];
    heap->position[entries[i].node] = i;
    i = most;
  }
  if (left > 0) {
    entries[i] = entry;
    heap->position[entry.node] = i;
  }
  return first;
}
