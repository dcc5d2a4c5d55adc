// Based on: D. B. Johnson, "Priority queues with update and finding minimum spanning trees",
// Information Processing Letters 4 (1975), doi:10.1016/0020-0190(75)90001-0 (d-ary heaps).
#include "paths/heap.h"

static inline uint32_t *place(sl_heap_places places, uint32_t node) {
  return (uint32_t *)(void *)(places.first + node * places.stride);
}

void sl_heap_rise(sl_heap_entry *heap, uint32_t i, sl_heap_entry entry, sl_heap_places places) {
  while (i > 0) {
    const sl_heap_entry above = heap[(i - 1) >> 2];
    if (entry.key >= above.key) break;
    heap[i] = above;
    *place(places, above.node) = i;
    i = (i - 1) >> 2;
  }
  heap[i] = entry;
  *place(places, entry.node) = i;
}

sl_heap_entry sl_heap_take(sl_heap_entry *heap, uint32_t *count, sl_heap_places places) {
  const sl_heap_entry first = heap[0];
  const uint32_t left = --*count;
  if (left == 0) return first;
  const sl_heap_entry entry = heap[left];
  uint32_t i = 0;
  for (uint32_t child; (child = 4 * i + 1) < left;) {
    const uint32_t end = child + 4 < left ? child + 4 : left;
    uint32_t least = child;
    for (uint32_t j = child + 1; j < end; j++)
      if (heap[j].key < heap[least].key) least = j;
    if (heap[least].key >= entry.key) break;
    heap[i] = heap[least];
    *place(places, heap[i].node) = i;
    i = least;
  }
  heap[i] = entry;
  *place(places, entry.node) = i;
  return first;
}
