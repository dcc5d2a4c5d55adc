// Blocks of memory that are freed together: what one piece of work holds, whichever way it ends.
#ifndef SL_BASE_BLOCKS_H
#define SL_BASE_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SL_MOST_BLOCKS 48

// Zeroed: none.
typedef struct sl_blocks {
  void *block[SL_MOST_BLOCKS];
  uint32_t count;
  size_t bytes; // of all; owners may add what they hold beside
} sl_blocks;

// Allocates `count` elements of `size` bytes; `zero`: filled with zero bytes.
//   out      written: the block, or NULL on failure
//   Errors:  those of sl_alloc; ERR_STATE ("memory": SL_MOST_BLOCKS are taken, a mistake of the caller).
sl_status sl_blocks_take(sl_blocks *blocks, size_t count, size_t size, bool zero, void **out);

// Frees all of them, the last one first.
void sl_blocks_free(sl_blocks *blocks);

#endif
