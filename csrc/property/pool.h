// Memory that is taken in small pieces and given back all at once, or down to a mark: what one query computes.
#ifndef SL_PROPERTY_POOL_H
#define SL_PROPERTY_POOL_H

#include <stddef.h>

#include "base/status.h"

typedef struct sl_pool_chunk sl_pool_chunk;

// Zeroed: empty.
typedef struct sl_pool {
  sl_pool_chunk *top, *spare;
  size_t bytes; // of all chunks
} sl_pool;

typedef struct sl_pool_mark {
  sl_pool_chunk *top;
  size_t used;
} sl_pool_mark;

// `bytes` bytes, 8-byte aligned, contents undefined; they stay where they are. Errors: ERR_MEMORY.
sl_status sl_pool_take(sl_pool *pool, size_t bytes, void *out);

sl_pool_mark sl_pool_here(const sl_pool *pool);
// Gives back what was taken since the mark.
void sl_pool_release(sl_pool *pool, sl_pool_mark mark);
void sl_pool_free(sl_pool *pool);

#endif
