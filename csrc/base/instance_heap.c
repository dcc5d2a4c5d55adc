#include "base/instance_heap.h"

#include <stdint.h>

#include "base/block_heap.h"
#include "base/instance.h"

#ifdef SL_SHARED

static SL_INSTANCE sl_block_heap *heap;

// Memory grows for one instance at a time, and what it grows by belongs to that instance.
static void *grow(size_t *bytes) {
  enum { PAGE = 65536, STEP = 4, MOST = 65535 }; // what ended at 2^32 would end at 0
  size_t pages = (*bytes + PAGE - 1) / PAGE, wanted = (pages + STEP - 1) / STEP * STEP;
  size_t at = __builtin_wasm_memory_grow(0, wanted);
  if (at == SIZE_MAX) at = __builtin_wasm_memory_grow(0, wanted = pages);
  if (at == SIZE_MAX || at + wanted > MOST) return NULL;
  *bytes = wanted * PAGE;
  return (void *)(at * PAGE);
}

void *sl_instance_take(size_t bytes) { return sl_block_heap_take(heap, bytes); }
void sl_instance_give(void *block) { sl_block_heap_give(heap, block); }

// To be called once in a new instance, before anything else.
//   piece    bytes of memory that is this instance's alone, 16-byte aligned: its heap begins here
//   again    1: a heap begins here already, of an instance that has given back all its blocks
void SL_INSTANCE_ABI(sl_instance_begin)(void *piece, size_t bytes, int32_t again) {
  heap = again != 0 ? piece : sl_block_heap_create(piece, bytes, grow);
}

#endif
