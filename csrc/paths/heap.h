// A 4-ary heap of nodes whose keys can fall. Where each of them stands is kept with the node, in an
// array or in the middle of a struct: the functions are told where. Internal to the room.
#ifndef SL_PATHS_HEAP_H
#define SL_PATHS_HEAP_H

#include <stddef.h>
#include <stdint.h>

typedef struct sl_heap_entry {
  double key;
  uint32_t node;
} sl_heap_entry;

// The place of node u is the uint32_t at `first` + u * `stride` bytes.
typedef struct sl_heap_places {
  char *first;
  size_t stride;
} sl_heap_places;

// An entry that belongs at place i, or nearer to the top: those above it that are larger sink.
void sl_heap_rise(sl_heap_entry *heap, uint32_t i, sl_heap_entry entry, sl_heap_places places);

// Takes the smallest entry off. *count >= 1, one less afterwards.
sl_heap_entry sl_heap_take(sl_heap_entry *heap, uint32_t *count, sl_heap_places places);

#endif
