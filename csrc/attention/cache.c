#include "attention/kv_cache.h"

#include <string.h>

#include "attention/cache.h"
#include "base/memory.h"

sl_status sl_kv_cache_create(uint32_t batch, uint32_t kv_heads, uint32_t size, uint32_t block,
                             uint32_t window, sl_kv_cache **out) {
  *out = NULL;
  SL_REQUIRE(batch >= 1, SL_ERR_OPTION, "batch", "at least 1");
  SL_REQUIRE(kv_heads >= 1, SL_ERR_OPTION, "kv_heads", "at least 1");
  SL_REQUIRE(size >= 1 && size <= 1u << 16, SL_ERR_OPTION, "size", "1 .. 65536");
  SL_REQUIRE(block == 0 || (block % 8 == 0 && block >= LEAST_BLOCK && block <= MOST_BLOCK),
             SL_ERR_OPTION, "block", "a multiple of 8 in 8 .. 256");
  const uint32_t chosen = block == 0 ? 64 : block, padded = (size + 7) / 8 * 8;
  SL_REQUIRE((double)batch * kv_heads * chosen * (size + (double)padded) < 0x1p30, SL_ERR_OVERFLOW,
             "batch", "fewer sequences, heads or elements: a block of keys must fit into memory");
  sl_kv_cache *cache;
  SL_TRY(SL_ALLOC_ZERO(&cache, 1));
  cache->job.kind = &sl_kv_cache_kind;
  cache->batch = batch;
  cache->kv_heads = kv_heads;
  cache->size = size;
  cache->padded = padded;
  cache->block = chosen;
  cache->window = window;
  *out = cache;
  return SL_OK;
}

static size_t block_elements(const sl_kv_cache *c) {
  return (size_t)c->batch * c->kv_heads * head_elements(c);
}

void sl_kv_cache_drop_run(sl_kv_cache *c) {
  sl_free(c->run.queries);
  c->run.queries = NULL;
  c->run.bytes = 0;
}

static void give_up(sl_kv_cache *c) {
  sl_kv_cache_drop_run(c);
  sl_job_drop(&c->job);
}

void sl_kv_cache_destroy(sl_kv_cache *c) {
  if (c == NULL) return;
  for (uint32_t i = 0; i < c->block_count; i++) sl_free(c->blocks[i]);
  sl_free(c->blocks);
  sl_kv_cache_drop_run(c);
  sl_free(c);
}

sl_job *sl_kv_cache_job(sl_kv_cache *c) { return &c->job; }
uint32_t sl_kv_cache_length(const sl_kv_cache *c) { return c->length; }
uint32_t sl_kv_cache_first(const sl_kv_cache *c) { return c->first_block * c->block; }
size_t sl_kv_cache_bytes(const sl_kv_cache *c) {
  return sizeof *c + c->block_capacity * sizeof *c->blocks +
         c->block_count * block_elements(c) * sizeof(float) + c->run.bytes;
}

// Room for `count` blocks in the table.
static sl_status reserve_table(sl_kv_cache *c, uint32_t count) {
  if (count <= c->block_capacity) return SL_OK;
  const uint32_t grown = c->block_capacity > UINT32_MAX / 2 ? UINT32_MAX : 2 * c->block_capacity;
  const uint32_t capacity = grown < count ? count : grown;
  SL_TRY(SL_REALLOC(&c->blocks, capacity));
  c->block_capacity = capacity;
  return SL_OK;
}

sl_status sl_kv_cache_fork(const sl_kv_cache *c, sl_kv_cache **out) {
  SL_TRY(sl_kv_cache_create(c->batch, c->kv_heads, c->size, c->block, c->window, out));
  sl_kv_cache *copy = *out;
  copy->length = c->length;
  copy->first_block = c->first_block;
  sl_status status = reserve_table(copy, c->block_count);
  for (uint32_t i = 0; i < c->block_count && status == SL_OK; i++) {
    status = SL_ALLOC(&copy->blocks[i], block_elements(c));
    if (status != SL_OK) break;
    memcpy(copy->blocks[i], c->blocks[i], block_elements(c) * sizeof(float));
    copy->block_count++;
  }
  if (status != SL_OK) {
    sl_kv_cache_destroy(copy);
    *out = NULL;
  }
  return status;
}

// Blocks of which no coming query sees a key.
static void drop_front(sl_kv_cache *c) {
  if (c->window == 0 || c->length < c->window) return;
  const uint32_t needed = (c->length - c->window + 1) / c->block, gone = needed - c->first_block;
  if (gone == 0 || gone > c->block_count) return;
  for (uint32_t i = 0; i < gone; i++) sl_free(c->blocks[i]);
  memmove(c->blocks, c->blocks + gone, (c->block_count - gone) * sizeof *c->blocks);
  c->block_count -= gone;
  c->first_block = needed;
}

// Zeros where there is no key yet, as the weight of those is zero times what lies there.
static sl_status add_blocks(sl_kv_cache *c, uint32_t end) {
  const uint32_t before = c->block_count;
  sl_status status = reserve_table(c, end - c->first_block);
  while (status == SL_OK && c->first_block + c->block_count < end) {
    status = SL_ALLOC_ZERO(&c->blocks[c->block_count], block_elements(c));
    if (status == SL_OK) c->block_count++;
  }
  if (status != SL_OK)
    while (c->block_count > before) sl_free(c->blocks[--c->block_count]);
  return status;
}

// One token of one head into its panels.
static void put(const sl_kv_cache *c, float *head, uint32_t place, const float *key,
                const float *value) {
  float *to = head + (size_t)(place / 8) * 8 * c->size + place % 8;
  for (uint32_t i = 0; i < c->size; i++) to[8 * i] = key[i];
  to = head + (size_t)c->block * c->size + (size_t)place * 8;
  for (uint32_t i = 0; i < c->size; i++) to[(size_t)(i / 8) * 8 * c->block + i % 8] = value[i];
}

sl_status sl_kv_cache_append(sl_kv_cache *c, const float *keys, const float *values, size_t count,
                             uint32_t tokens) {
  const double wanted = (double)c->batch * tokens * c->kv_heads * c->size;
  SL_REQUIRE((double)count == wanted, SL_ERR_SHAPE, "keys",
             "batch * tokens * kvHeads * size elements");
  SL_REQUIRE(tokens <= UINT32_MAX - MOST_BLOCK - c->length, SL_ERR_OVERFLOW, "keys",
             "a shorter sequence");
  give_up(c);
  drop_front(c);
  SL_TRY(add_blocks(c, (c->length + tokens + c->block - 1) / c->block));
  for (uint32_t item = 0; item < c->batch; item++)
    for (uint32_t t = 0; t < tokens; t++)
      for (uint32_t head = 0; head < c->kv_heads; head++) {
        const uint32_t at = c->length + t;
        put(c, head_of(c, at / c->block, item, head), at % c->block, keys, values);
        keys += c->size;
        values += c->size;
      }
  c->length += tokens;
  return SL_OK;
}

sl_status sl_kv_cache_truncate(sl_kv_cache *c, uint32_t length) {
  SL_REQUIRE(length <= c->length, SL_ERR_RANGE, "length", "at most what is held");
  const uint32_t sees = c->window > 0 && length >= c->window ? length - c->window + 1 : 0;
  SL_REQUIRE(sees >= sl_kv_cache_first(c), SL_ERR_STATE, "length",
             "a place from which the window reaches keys that are held");
  give_up(c);
  const uint32_t end = (length + c->block - 1) / c->block;
  while (c->first_block + c->block_count > end) sl_free(c->blocks[--c->block_count]);
  const float zeros[1 << 8] = {0};
  for (uint32_t at = length; at < c->length && at / c->block < end; at++)
    for (uint32_t item = 0; item < c->batch; item++)
      for (uint32_t head = 0; head < c->kv_heads; head++) {
        float *to = head_of(c, at / c->block, item, head) + (size_t)c->block * c->size;
        for (uint32_t i = 0; i < c->padded; i += 8)
          memcpy(to + (size_t)i * c->block + (size_t)(at % c->block) * 8, zeros, 8 * sizeof *to);
      }
  c->length = length;
  return SL_OK;
}
