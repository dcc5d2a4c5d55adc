#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

// A header keeps the size of each block, so that counting needs nothing from the caller. It ends
// where the block begins: 16 bytes, or for blocks of LARGE bytes 64, so that they begin a cache
// line and rows of whole lines never share one.
typedef struct header {
  size_t bytes;
  uint32_t before; // from the start of the allocation to the block
} header;
enum { SMALL_ALIGNMENT = 16, LARGE_ALIGNMENT = 64, LARGE = 4096 };
_Static_assert(sizeof(header) <= SMALL_ALIGNMENT, "a header fits before a small block");

static header *header_of(void *block) { return (header *)((char *)block - sizeof(header)); }

static size_t in_use = 0;
static size_t peak = 0;
static size_t limit = SIZE_MAX;

static void count_bytes(size_t before, size_t after) {
  in_use = in_use - before + after;
  if (in_use > peak) peak = in_use;
}

static sl_status check_size(size_t count, size_t size, size_t already, size_t *bytes) {
  // Kept below half the address space: pointer differences inside a block then fit ptrdiff_t.
  if (__builtin_mul_overflow(count, size, bytes) ||
      *bytes > (SIZE_MAX >> 1) - 2 * LARGE_ALIGNMENT) {
    return sl_fail(SL_ERR_OVERFLOW, "size", "fewer elements", count);
  }
  size_t others = in_use - already;
  if (*bytes > limit || others > limit - *bytes) {
    return sl_fail(SL_ERR_MEMORY, "memory", "a smaller input or a higher memory limit", *bytes);
  }
  return SL_OK;
}

sl_status sl_alloc(size_t count, size_t size, void **out) {
  *out = NULL;
  size_t bytes;
  SL_TRY(check_size(count, size, 0, &bytes));
  size_t align = bytes >= LARGE ? LARGE_ALIGNMENT : SMALL_ALIGNMENT;
  char *raw = aligned_alloc(align, (bytes + 2 * align - 1) & ~(align - 1));
  if (raw == NULL) {
    return sl_fail(SL_ERR_MEMORY, "memory", "a smaller input or a higher memory limit", bytes);
  }
  *out = raw + align;
  *header_of(*out) = (header){bytes, (uint32_t)align};
  count_bytes(0, bytes);
  return SL_OK;
}

sl_status sl_alloc_zero(size_t count, size_t size, void **out) {
  SL_TRY(sl_alloc(count, size, out));
  memset(*out, 0, count * size);
  return SL_OK;
}

sl_status sl_realloc(void **block, size_t count, size_t size) {
  if (*block == NULL) return sl_alloc(count, size, block);
  header old = *header_of(*block);
  size_t before = old.bytes;
  // realloc() keeps only malloc's own alignment (8 bytes in wasm32), so the block is copied.
  void *moved;
  size_t bytes;
  SL_TRY(check_size(count, size, before, &bytes));
  size_t kept = bytes < before ? bytes : before;
  count_bytes(before, 0);
  sl_status status = sl_alloc(count, size, &moved);
  if (status != SL_OK) {
    count_bytes(0, before);
    return status;
  }
  memcpy(moved, *block, kept);
  free((char *)*block - old.before);
  *block = moved;
  return SL_OK;
}

void sl_free(void *block) {
  if (block == NULL) return;
  header old = *header_of(block);
  count_bytes(old.bytes, 0);
  free((char *)block - old.before);
}

size_t sl_bytes_in_use(void) { return in_use; }
size_t sl_bytes_peak(void) { return peak; }
void sl_bytes_peak_reset(void) { peak = in_use; }
void sl_set_memory_limit(size_t bytes) { limit = bytes; }
size_t sl_memory_limit(void) { return limit; }
