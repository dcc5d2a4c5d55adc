#include "base/memory.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/instance.h"
#include "base/instance_heap.h"

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

// Threads share these; the order in which they see each other's numbers does not matter. Without
// threads, as in our WebAssembly modules, the compiler makes plain loads and stores of them.
static SL_INSTANCE _Atomic size_t in_use = 0;
static SL_INSTANCE _Atomic size_t peak = 0;
static SL_INSTANCE _Atomic size_t limit = SIZE_MAX;
#define READ(counter) atomic_load_explicit(&(counter), memory_order_relaxed)

// The innermost budget of this thread.
static _Thread_local sl_memory_budget *budget = NULL;

static sl_status refuse(size_t bytes) {
  return sl_fail(SL_ERR_MEMORY, "memory", "a smaller input or a higher memory limit", bytes);
}

// Counts a block of `before` bytes as one of `after`, unless that makes more of it than the limit.
static bool count_bytes(size_t before, size_t after) {
  size_t now = READ(in_use), then;
  do {
    then = now - before + after;
    size_t most = READ(limit);
    if (after > before && (after > most || now - before > most - after)) return false;
  } while (!atomic_compare_exchange_weak_explicit(&in_use, &now, then, memory_order_relaxed,
                                                  memory_order_relaxed));
  return true;
}

// The same without a look at the limit: what was held before is held again. Modulo 2^n.
static void recount_bytes(size_t before, size_t after) {
  atomic_fetch_add_explicit(&in_use, after - before, memory_order_relaxed);
}

static void raise_peak(void) {
  size_t now = READ(in_use), most = READ(peak);
  while (now > most && !atomic_compare_exchange_weak_explicit(
                           &peak, &most, now, memory_order_relaxed, memory_order_relaxed)) {
  }
}

// Counts `more` bytes in all budgets, or returns false: one of them has no room.
#ifdef SL_MICRO // nothing there opens a budget
static inline bool spend(int64_t more) {
  (void)more;
  return true;
}
#else
static bool spend(int64_t more) {
  for (sl_memory_budget *b = budget; b != NULL && more > 0; b = b->outer) {
    if (more > b->most - b->held) return false;
  }
  for (sl_memory_budget *b = budget; b != NULL; b = b->outer) b->held += more;
  return true;
}
#endif

static sl_status find_size(size_t count, size_t size, size_t *bytes) {
  // Kept below half the address space: pointer differences inside a block then fit ptrdiff_t.
  if (__builtin_mul_overflow(count, size, bytes) ||
      *bytes > (SIZE_MAX >> 1) - 2 * LARGE_ALIGNMENT) {
    return sl_fail(SL_ERR_OVERFLOW, "size", "fewer elements", count);
  }
  return SL_OK;
}

// A block of `bytes` bytes that were counted already, or NULL.
static void *make_block(size_t bytes) {
  size_t align = bytes >= LARGE ? LARGE_ALIGNMENT : SMALL_ALIGNMENT;
#ifdef SL_SHARED
  char *raw = sl_instance_take(bytes + align);
  if (raw == NULL) return NULL;
  // Aligned to 16 bytes: the block begins 16 to 64 bytes behind it.
  size_t before = align - ((uintptr_t)raw & (align - 1));
#else
  char *raw = aligned_alloc(align, (bytes + 2 * align - 1) & ~(align - 1));
  if (raw == NULL) return NULL;
  size_t before = align;
#endif
  *header_of(raw + before) = (header){bytes, (uint32_t)before};
  return raw + before;
}

static void drop_block(void *block) {
#ifdef SL_SHARED
  sl_instance_give((char *)block - header_of(block)->before);
#else
  free((char *)block - header_of(block)->before);
#endif
}

// Makes a block in place of one of `before` bytes, which is still there.
static sl_status replace(size_t before, size_t bytes, void **out) {
  int64_t more = (int64_t)bytes - (int64_t)before;
  if (!spend(more)) return refuse(bytes);
  if (count_bytes(before, bytes)) {
    *out = make_block(bytes);
    if (*out != NULL) {
      raise_peak();
      return SL_OK;
    }
    recount_bytes(bytes, before);
  }
  spend(-more);
  return refuse(bytes);
}

void sl_memory_budget_begin(sl_memory_budget *b, uint64_t bytes) {
  // Far from the ends of int64_t: what is held may become negative.
  *b = (sl_memory_budget){0, bytes < INT64_MAX / 2 ? (int64_t)bytes : INT64_MAX / 2, budget};
  budget = b;
}

int64_t sl_memory_budget_end(sl_memory_budget *b) {
  budget = b->outer;
  return b->held;
}

sl_status sl_alloc(size_t count, size_t size, void **out) {
  *out = NULL;
  size_t bytes;
  SL_TRY(find_size(count, size, &bytes));
  return replace(0, bytes, out);
}

sl_status sl_alloc_zero(size_t count, size_t size, void **out) {
  SL_TRY(sl_alloc(count, size, out));
  memset(*out, 0, count * size);
  return SL_OK;
}

sl_status sl_realloc(void **block, size_t count, size_t size) {
  if (*block == NULL) return sl_alloc(count, size, block);
  header old = *header_of(*block);
  // realloc() keeps only malloc's own alignment (8 bytes in wasm32), so the block is copied.
  void *moved;
  size_t bytes;
  SL_TRY(find_size(count, size, &bytes));
  SL_TRY(replace(old.bytes, bytes, &moved));
  memcpy(moved, *block, bytes < old.bytes ? bytes : old.bytes);
  drop_block(*block);
  *block = moved;
  return SL_OK;
}

void sl_free(void *block) {
  if (block == NULL) return;
  header old = *header_of(block);
  recount_bytes(old.bytes, 0);
  spend(-(int64_t)old.bytes);
  drop_block(block);
}

size_t sl_bytes_in_use(void) { return READ(in_use); }
size_t sl_bytes_peak(void) { return READ(peak); }
void sl_bytes_peak_reset(void) { atomic_store_explicit(&peak, READ(in_use), memory_order_relaxed); }
void sl_set_memory_limit(size_t bytes) {
  atomic_store_explicit(&limit, bytes, memory_order_relaxed);
}
size_t sl_memory_limit(void) { return READ(limit); }
