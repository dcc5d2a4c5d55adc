// Keys and values of attention, kept in the form that its products want, so that decoding token by
// token rearranges nothing again; and attention to them.
//
//   sl_kv_cache_create(batch, kv_heads, size, block, window, &cache);
//   sl_kv_cache_append(cache, keys, values, tokens);
//   sl_kv_cache_attend(cache, &options);
//   do sl_job_step(sl_kv_cache_job(cache), work, &outcome); while (outcome == SL_OUTCOME_RUNNING);
//
// Attention over a whole sequence is a cache of all its keys that is asked once: token by token gives
// the same bits.
#ifndef SL_ATTENTION_KV_CACHE_H
#define SL_ATTENTION_KV_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"

typedef struct sl_kv_cache sl_kv_cache;

// An empty cache.
//   batch     sequences that go on side by side, >= 1
//   kv_heads  heads of keys and values, >= 1
//   size      elements of a head, >= 1
//   block     keys that are looked at together: a multiple of 8 in 8 .. 256, or 0 for 64. Results
//             differ with it by rounding only (below 1e-6 for values of size 1).
//   window    0: all keys are kept. Else only those that queries with this window can see, in a ring
//             of blocks.
//   Errors: ERR_OPTION (by name), ERR_MEMORY, ERR_OVERFLOW. O(1).
sl_status sl_kv_cache_create(uint32_t batch, uint32_t kv_heads, uint32_t size, uint32_t block,
                             uint32_t window, sl_kv_cache **out);

// A copy that goes on by itself: another continuation of the same beginning. What is running in the
// original is not copied. Errors: ERR_MEMORY. O(bytes).
sl_status sl_kv_cache_fork(const sl_kv_cache *cache, sl_kv_cache **out);

// Frees it. NULL is allowed.
void sl_kv_cache_destroy(sl_kv_cache *cache);

// Adds tokens at the end. Work that was running is given up.
//   keys, values   batch x tokens x kv_heads x size each, read
//   count          of elements of each
//   Errors: ERR_SHAPE ("keys"), ERR_OVERFLOW ("keys"), ERR_MEMORY; the cache is as it was.
//   Allocates. O(count).
sl_status sl_kv_cache_append(sl_kv_cache *cache, const float *keys, const float *values,
                             size_t count, uint32_t tokens);

// Forgets all tokens from `length` on. Work that was running is given up. Errors: ERR_RANGE
// ("length": more than there are), ERR_STATE ("length": keys that its window reaches were dropped
// from the ring). O(what is forgotten).
sl_status sl_kv_cache_truncate(sl_kv_cache *cache, uint32_t length);

// What is asked. Query i of `tokens` stands at position length - tokens + i: the last one at the last
// key. Positions count where `causal` or a window is given; without them there may be more queries
// than keys.
typedef struct sl_attention_options {
  const float *queries; // batch x tokens x heads x size, read
  size_t query_count;
  uint32_t tokens;
  uint32_t heads;  // a multiple of kv_heads: head h looks at keys of h / (heads / kv_heads)
  uint32_t causal; // 1: no key after the query's position is seen
  // 0: none. Else keys fewer than `window` positions back are seen; not causal: and ahead.
  uint32_t window;
  uint32_t global; // with a window: the first `global` positions see, and are seen by, all
  // 1: seen, 0: not; tokens x keys, or batch x tokens x keys, read; or NULL. Keys are counted from
  // the first one that was ever appended.
  const uint8_t *mask;
  size_t mask_count;
  // Added to the scaled scores: tokens x keys, heads x tokens x keys, or batch x heads x tokens x
  // keys, read; or NULL.
  const float *bias;
  size_t bias_count;
  double scale; // of the scores q k; 0: 1 / sqrt(size)
  float *out;   // batch x tokens x heads x size, written
  size_t out_count;
} sl_attention_options;

// Begins attention: out = sum of softmax(scale q k + bias) v over the keys that are seen. A query
// that sees none gives zeros. The arrays stay the caller's until the work ends.
//   Errors: ERR_SHAPE ("queries", "mask", "bias", "out"), ERR_OPTION ("heads", "scale"), ERR_RANGE
//   ("queries": more than tokens were appended, where a query's position counts: causal, or with a
//   window; "window": wider than the ring; "global": of a ring),
//   ERR_STATE ("queries": keys that the first of them sees were dropped), ERR_ARGUMENT ("out"),
//   ERR_MEMORY. Allocates scratch memory of a few blocks.
//   O(batch heads tokens keys size), where keys are those of the window.
// Based on: M. Milakov, N. Gimelshein, "Online normalizer calculation for softmax" (2018),
// arXiv:1805.02867; T. Dao and others, "FlashAttention" (2022), arXiv:2205.14135. No matrix of
// scores is ever made.
sl_status sl_kv_cache_attend(sl_kv_cache *cache, const sl_attention_options *options);

// The work of sl_kv_cache_attend; units are products of two elements. Stopped, queries that were not
// reached keep what out held.
sl_job *sl_kv_cache_job(sl_kv_cache *cache);
extern const sl_job_kind sl_kv_cache_kind;

// Tokens that were appended and not truncated; the first position whose key is still held; bytes.
uint32_t sl_kv_cache_length(const sl_kv_cache *cache);
uint32_t sl_kv_cache_first(const sl_kv_cache *cache);
size_t sl_kv_cache_bytes(const sl_kv_cache *cache);

#endif
