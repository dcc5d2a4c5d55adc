// A 4-ary heap of nodes, the largest key on top; keys only rise. Internal to the room.
#ifndef SL_CUTS_HEAP_H
#define SL_CUTS_HEAP_H

#include <stdint.h>

typedef struct sl_top_entry {
  uint64_t key;
  uint32_t node;
} sl_top_entry;

typedef struct sl_top_heap {
  sl_top_entry *entries;
  uint32_t *position; // of each node that is in the heap
  uint32_t count;
} sl_top_heap;

// Puts a node that is not there at the end and lets it rise.
void sl_top_heap_add(sl_top_heap *heap, uint64_t key, uint32_t node);

// Gives a node that is there a key that is at least its present one.
void sl_top_heap_raise(sl_top_heap *heap, uint64_t key, uint32_t node);

// Takes the entry with the largest key off. There is at least one.
sl_top_entry sl_top_heap_take(sl_top_heap *heap);

#endif
