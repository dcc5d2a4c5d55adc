#include "base/block_heap.h"

#include <stdint.h>

// Stands in front of each block. A piece ends with one that is never free and has no bytes.
typedef struct sl_block_heap_block {
  _Alignas(16) size_t bytes; // behind this header
  size_t before;             // bytes of the block before, with its header; 0: there is none
  bool is_free;
} header;

// What a free block holds: its neighbours in the ring.
typedef struct links {
  header *next, *last;
} links;
enum { LEAST = 16 }; // bytes of a block
_Static_assert(sizeof(links) <= LEAST, "a free block has room for its links");

static links *links_of(header *block) { return (links *)(block + 1); }
static header *next_of(header *block) { return (header *)((char *)(block + 1) + block->bytes); }
static header *before(header *block) {
  return block->before == 0 ? NULL : (header *)((char *)block - block->before);
}

static void put(sl_block_heap *heap, header *block) {
  links *own = links_of(block);
  block->is_free = true;
  if (heap->free == NULL) {
    own->next = own->last = block;
  } else {
    own->next = heap->free;
    own->last = links_of(heap->free)->last;
    links_of(own->next)->last = block;
    links_of(own->last)->next = block;
  }
  heap->free = block;
}

static void take_out(sl_block_heap *heap, header *block) {
  links *own = links_of(block);
  block->is_free = false;
  links_of(own->next)->last = own->last;
  links_of(own->last)->next = own->next;
  if (heap->free == block) heap->free = own->next == block ? NULL : own->next;
}

static void set_bytes(header *block, size_t bytes) {
  block->bytes = bytes;
  next_of(block)->before = bytes + sizeof(header);
}

// A block that is in no list becomes a free one, together with the free blocks beside it.
static void release(sl_block_heap *heap, header *block) {
  header *next = next_of(block), *last = before(block);
  if (next->is_free) {
    take_out(heap, next);
    set_bytes(block, block->bytes + sizeof(header) + next->bytes);
  }
  if (last != NULL && last->is_free) {
    take_out(heap, last);
    set_bytes(last, last->bytes + sizeof(header) + block->bytes);
    block = last;
  }
  put(heap, block);
}

// Makes a free block of a piece: behind the block that came before it, or on its own.
static void add_piece(sl_block_heap *heap, char *piece, size_t bytes) {
  header *block = (header *)piece;
  bool joined = piece == heap->end;
  if (joined)
    block = (header *)piece - 1; // the last one of the piece before
  else
    block->before = 0;
  heap->end = piece + bytes;
  header *last = (header *)heap->end - 1;
  last->bytes = 0;
  last->is_free = false;
  set_bytes(block, (size_t)((char *)last - (char *)(block + 1)));
  release(heap, block);
}

sl_block_heap *sl_block_heap_create(void *piece, size_t bytes, sl_block_heap_source source) {
  sl_block_heap *heap = piece;
  size_t own = (sizeof *heap + 15) / 16 * 16;
  *heap = (sl_block_heap){.source = source};
  add_piece(heap, (char *)piece + own, (bytes - own) / 16 * 16);
  return heap;
}

static header *find(const sl_block_heap *heap, size_t bytes) {
  header *block = heap->free;
  if (block == NULL) return NULL;
  do {
    if (block->bytes >= bytes) return block;
    block = links_of(block)->next;
  } while (block != heap->free);
  return NULL;
}

void *sl_block_heap_take(sl_block_heap *heap, size_t bytes) {
  if (bytes > SIZE_MAX / 2) return NULL;
  bytes = bytes < LEAST ? LEAST : (bytes + 15) / 16 * 16;
  header *block = find(heap, bytes);
  if (block == NULL) {
    size_t most = bytes + 2 * sizeof(header);
    char *piece = heap->source(&most);
    if (piece == NULL) return NULL;
    add_piece(heap, piece, most / 16 * 16);
    block = find(heap, bytes);
  }
  take_out(heap, block);
  if (block->bytes >= bytes + sizeof(header) + LEAST) {
    size_t rest = block->bytes - bytes - sizeof(header);
    block->bytes = bytes;
    header *behind = next_of(block);
    behind->before = bytes + sizeof(header);
    set_bytes(behind, rest);
    put(heap, behind);
  }
  return block + 1;
}

void sl_block_heap_give(sl_block_heap *heap, void *block) { release(heap, (header *)block - 1); }
