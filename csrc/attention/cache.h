// How a cache holds keys and values. Internal to the room.
#ifndef SL_ATTENTION_CACHE_H
#define SL_ATTENTION_CACHE_H

#include "attention/kv_cache.h"

// Queries that are answered together.
enum { QUERY_ROWS = 64, LEAST_BLOCK = 8, MOST_BLOCK = 256 };

typedef struct sl_attention_run {
  sl_attention_options o;
  uint32_t item, head, row, block; // where the work is
  uint64_t work, expected;
  float *queries; // packed and scaled, QUERY_ROWS x size
  float *scores;  // QUERY_ROWS x block
  float *weights; // the same, packed as the left operand
  float *sums;    // QUERY_ROWS x padded size
  size_t bytes;   // of these four, one block of memory from `queries` on
  float most[QUERY_ROWS];
  double total[QUERY_ROWS];
} sl_attention_run;

struct sl_kv_cache {
  sl_job job; // the first member
  uint32_t batch, kv_heads, size, block, window;
  uint32_t padded;      // size, up to a multiple of 8
  uint32_t length;      // tokens
  uint32_t first_block; // the first one that is held
  uint32_t block_count, block_capacity;
  // Of each block for every item and head: keys, block / 8 panels of `size` rows; then values,
  // padded / 8 panels of `block` rows.
  float **blocks;
  sl_attention_run run;
};

// Elements of one head in a block, and the head's keys in the block; its values follow at
// block * size.
static inline size_t head_elements(const sl_kv_cache *c) {
  return (size_t)c->block * (c->size + c->padded);
}
static inline float *head_of(const sl_kv_cache *c, uint32_t block, uint32_t item, uint32_t head) {
  return c->blocks[block - c->first_block] + ((size_t)item * c->kv_heads + head) * head_elements(c);
}

void sl_kv_cache_drop_run(sl_kv_cache *cache);

#endif
