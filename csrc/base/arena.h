// Scratch memory: a bump allocator whose pieces are given back in reverse order (LIFO).
//
// One block is reserved when an object is created; afterwards taking scratch cannot fail for lack
// of memory other than by asking for more than was reserved.
#ifndef SL_BASE_ARENA_H
#define SL_BASE_ARENA_H

#include <stddef.h>

#include "base/status.h"

typedef struct sl_arena {
  char *bytes;
  size_t capacity;
  size_t used;
  size_t high_water; // most bytes ever in use at once, to size the next reservation
} sl_arena;

// A named position to return to. Marks are released in the reverse order.
typedef struct sl_arena_mark {
  size_t used;
  const char *name;
} sl_arena_mark;

// Bytes that `count` elements of `size` bytes take in an arena (rounded up to 16).
size_t sl_arena_size(size_t count, size_t size);

// Reserves `bytes`. Errors: ERR_MEMORY, ERR_OVERFLOW. Allocates.
sl_status sl_arena_create(sl_arena *arena, size_t bytes);

// Frees the block. A zeroed arena is allowed.
void sl_arena_destroy(sl_arena *arena);

// Takes `count` elements of `size` bytes, 16-byte aligned, contents undefined.
//   Errors: ERR_MEMORY when the reservation is too small. O(1).
sl_status sl_arena_take(sl_arena *arena, size_t count, size_t size, void **out);

sl_arena_mark sl_arena_mark_here(const sl_arena *arena, const char *name);
void sl_arena_release(sl_arena *arena, sl_arena_mark mark);

#define SL_TAKE(arena, pointer, count)                                                             \
  sl_arena_take((arena), (count), sizeof(**(pointer)), (void **)(pointer))

#endif
