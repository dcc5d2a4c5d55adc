// A heap in memory that comes in pieces: the allocator of an instance that shares its memory with
// others (instance.h), where the C library's would be one for all.
//
// Blocks are found by first fit in a list of free ones, and neighbours that are free become one.
// A heap with few large blocks, and a few small ones that come and go, is what rooms need.
#ifndef SL_BASE_BLOCK_HEAP_H
#define SL_BASE_BLOCK_HEAP_H

#include <stdbool.h>
#include <stddef.h>

// Gives a piece of at least *bytes bytes, 16-byte aligned, and says how many there are; NULL when
// there is no more. A piece may begin where the last one ended.
typedef void *(*sl_block_heap_source)(size_t *bytes);

typedef struct sl_block_heap {
  struct sl_block_heap_block *free; // a ring through `first`, or NULL
  char *end; // of the piece that came last: what begins there is joined to it
  sl_block_heap_source source;
} sl_block_heap;

// A heap in its first piece. The struct lies at the beginning of it.
//   piece   bytes of it, 16-byte aligned, at least sizeof(sl_block_heap) + 64, written
sl_block_heap *sl_block_heap_create(void *piece, size_t bytes, sl_block_heap_source source);

// A block of `bytes` bytes, 16-byte aligned, or NULL. O(free blocks).
void *sl_block_heap_take(sl_block_heap *heap, size_t bytes);

// Gives a block back. O(1).
void sl_block_heap_give(sl_block_heap *heap, void *block);

#endif
