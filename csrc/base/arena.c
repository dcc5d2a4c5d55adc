#include "base/arena.h"

#include <assert.h>

#include "base/memory.h"

size_t sl_arena_size(size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - 15) return SIZE_MAX;
  return (bytes + 15) & ~(size_t)15;
}

sl_status sl_arena_create(sl_arena *arena, size_t bytes) {
  *arena = (sl_arena){0};
  SL_TRY(SL_ALLOC(&arena->bytes, bytes));
  arena->capacity = bytes;
  return SL_OK;
}

void sl_arena_destroy(sl_arena *arena) {
  sl_free(arena->bytes);
  *arena = (sl_arena){0};
}

sl_status sl_arena_take(sl_arena *arena, size_t count, size_t size, void **out) {
  *out = NULL;
  size_t bytes = sl_arena_size(count, size);
  if (bytes > arena->capacity - arena->used) {
    return sl_fail(SL_ERR_MEMORY, "scratch", "a larger reservation", bytes);
  }
  *out = arena->bytes + arena->used;
  arena->used += bytes;
  if (arena->used > arena->high_water) arena->high_water = arena->used;
  return SL_OK;
}

sl_arena_mark sl_arena_mark_here(const sl_arena *arena, const char *name) {
  return (sl_arena_mark){arena->used, name};
}

void sl_arena_release(sl_arena *arena, sl_arena_mark mark) {
  assert(mark.used <= arena->used && "marks are released in reverse order");
  arena->used = mark.used;
}
