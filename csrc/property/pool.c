#include "property/pool.h"

#include "base/memory.h"

#define LEAST_CHUNK ((size_t)2048)
#define MOST_CHUNK ((size_t)1 << 18)

struct sl_pool_chunk {
  sl_pool_chunk *before;
  size_t used, size;
  _Alignas(16) char data[];
};

static void drop(sl_pool *pool, sl_pool_chunk *chunk) {
  pool->bytes -= chunk->size;
  sl_free(chunk);
}

static sl_status grow(sl_pool *pool, size_t bytes) {
  if (pool->spare != NULL && pool->spare->size >= bytes) {
    sl_pool_chunk *chunk = pool->spare;
    pool->spare = NULL;
    chunk->before = pool->top;
    chunk->used = 0;
    pool->top = chunk;
    return SL_OK;
  }
  size_t size = pool->top == NULL ? LEAST_CHUNK : pool->top->size * 2;
  if (size > MOST_CHUNK) size = MOST_CHUNK;
  if (size < bytes) size = bytes;
  sl_pool_chunk *chunk;
  SL_TRY(sl_alloc(1, sizeof *chunk + size, (void **)&chunk));
  *chunk = (sl_pool_chunk){.before = pool->top, .size = size};
  pool->top = chunk;
  pool->bytes += size;
  return SL_OK;
}

sl_status sl_pool_take(sl_pool *pool, size_t bytes, void *out) {
  *(void **)out = NULL;
  if (bytes > SIZE_MAX / 2) return sl_fail(SL_ERR_MEMORY, "query", "less memory", bytes);
  bytes = (bytes + 7) & ~(size_t)7;
  if (pool->top == NULL || pool->top->size - pool->top->used < bytes) SL_TRY(grow(pool, bytes));
  *(void **)out = pool->top->data + pool->top->used;
  pool->top->used += bytes;
  return SL_OK;
}

sl_pool_mark sl_pool_here(const sl_pool *pool) {
  return (sl_pool_mark){pool->top, pool->top == NULL ? 0 : pool->top->used};
}

void sl_pool_release(sl_pool *pool, sl_pool_mark mark) {
  while (pool->top != mark.top) {
    sl_pool_chunk *chunk = pool->top;
    pool->top = chunk->before;
    // One chunk is kept, so that work at its border does not allocate again and again.
    if (pool->spare == NULL || pool->spare->size < chunk->size) {
      sl_pool_chunk *kept = pool->spare;
      pool->spare = chunk;
      chunk = kept;
    }
    if (chunk != NULL) drop(pool, chunk);
  }
  if (pool->top != NULL) pool->top->used = mark.used;
}

void sl_pool_free(sl_pool *pool) {
  sl_pool_release(pool, (sl_pool_mark){NULL, 0});
  if (pool->spare != NULL) drop(pool, pool->spare);
  *pool = (sl_pool){0};
}
