// The one way to allocate. Every byte that the library holds is counted and limited here. All of it
// may be called from any thread: counters and limit are shared, budgets and errors are a thread's
// own.
#ifndef SL_BASE_MEMORY_H
#define SL_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

// Allocates `count` elements of `size` bytes, 16-byte aligned, contents undefined.
//   out      written: the block, or NULL on failure. A zero-byte request gives a valid block.
//   Errors:  ERR_OVERFLOW  count * size does not fit size_t
//            ERR_MEMORY    over the limit or the system refused; position = bytes wanted
//   Nothing that existed before is touched by a failure. O(1).
sl_status sl_alloc(size_t count, size_t size, void **out);

// The same, filled with zero bytes. O(count * size).
sl_status sl_alloc_zero(size_t count, size_t size, void **out);

// Changes the size of a block; the first min(old, new) bytes are kept.
//   block    read and written: *block stays valid and unchanged on failure. NULL acts as sl_alloc.
sl_status sl_realloc(void **block, size_t count, size_t size);

// Gives a block back. NULL is allowed.
void sl_free(void *block);

// Typed forms, so that a call reads SL_ALLOC(&values, nnz).
#define SL_ALLOC(pointer, count) sl_alloc((count), sizeof(**(pointer)), (void **)(pointer))
#define SL_ALLOC_ZERO(pointer, count)                                                              \
  sl_alloc_zero((count), sizeof(**(pointer)), (void **)(pointer))
#define SL_REALLOC(pointer, count) sl_realloc((void **)(pointer), (count), sizeof(**(pointer)))

// Bytes held through sl_alloc now (headers not counted), and the most ever held at once.
size_t sl_bytes_in_use(void);
size_t sl_bytes_peak(void);

// Restarts the peak at what is held now.
void sl_bytes_peak_reset(void);

// A budget for what one call may allocate: while it is open, allocations of this thread that would
// make it hold more than `bytes` bytes beyond what it held at the beginning fail with ERR_MEMORY.
// What is freed meanwhile may be allocated again. Budgets nest, and end in reverse order; other
// threads and the limit below are not touched.
//   budget   written: the caller's, alive until it ends
//   bytes    UINT64_MAX: nothing is limited, only counted
typedef struct sl_memory_budget {
  int64_t held; // bytes that this thread holds more than at the beginning
  int64_t most;
  struct sl_memory_budget *outer;
} sl_memory_budget;
void sl_memory_budget_begin(sl_memory_budget *budget, uint64_t bytes);

// Returns how many bytes more this thread holds than at the beginning; negative when it holds less.
int64_t sl_memory_budget_end(sl_memory_budget *budget);

// Upper limit for sl_bytes_in_use(); SIZE_MAX (the start value) means no limit of our own. A limit
// below what is held is allowed: existing objects live on, the next allocation fails.
void sl_set_memory_limit(size_t bytes);
size_t sl_memory_limit(void);

#endif
