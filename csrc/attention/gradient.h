// Gradients of attention (attention/kv_cache.h): of a sum of its outputs, each times a number that is
// given, with respect to queries, keys and values.
//
//   sl_attention_gradient_create(&gradient);          once; it keeps its scratch memory
//   sl_attention_gradient_begin(gradient, &options);
//   do sl_job_step(sl_attention_gradient_job(gradient), work, &outcome);
//   while (outcome == SL_OUTCOME_RUNNING);
//
// With p = softmax(scale q k) of a query and g the numbers of its output o = sum p v:
// dv += p g, ds = p (g v - g o), dq = scale sum ds k, dk += scale ds q. Weights are computed anew, so
// that no matrix of them is kept. Sums are f32, in the order of queries and keys: the same bits in
// every build.
//
// Based on: T. Dao and others, "FlashAttention" (2022), arXiv:2205.14135, section 3.1.
#ifndef SL_ATTENTION_GRADIENT_H
#define SL_ATTENTION_GRADIENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"

typedef struct sl_attention_gradient sl_attention_gradient;

// Arrays stay the caller's, and as they are, until the job ends. Query i of `tokens` stands at
// position keys - tokens + i.
typedef struct sl_attention_gradient_options {
  uint32_t batch, tokens, key_tokens, heads, kv_heads, size;
  uint32_t causal; // 1: no key after the query's position is seen
  uint32_t window; // 0: none; else keys fewer than so many positions back, not causal: and ahead
  double scale;    // of the scores; 0: 1 / sqrt(size)
  const float *queries, *upstream; // batch x tokens x heads x size each, read
  size_t query_count;
  const float *keys, *values; // batch x key_tokens x kv_heads x size each, read
  size_t key_count;
  float *query_out;           // as the queries, written
  float *key_out, *value_out; // as the keys, written
} sl_attention_gradient_options;

sl_status sl_attention_gradient_create(sl_attention_gradient **out); // Errors: ERR_MEMORY
void sl_attention_gradient_destroy(sl_attention_gradient *gradient); // NULL is allowed

// Begins; what was running is given up.
//   Errors: ERR_OPTION ("heads": no multiple of kv_heads, or 0; "size", "scale"), ERR_RANGE
//   ("queries": more than keys, causal or with a window), ERR_SHAPE ("queries", "keys"), ERR_MEMORY. Allocates 8 bytes a key.
//   O(batch heads tokens keys size), where keys are those that are seen.
sl_status sl_attention_gradient_begin(sl_attention_gradient *gradient,
                                      const sl_attention_gradient_options *options);

// The work: units are products of two elements; a query of a head is never cut. Stopped, the outputs
// hold what queries so far have given.
sl_job *sl_attention_gradient_job(sl_attention_gradient *gradient);
extern const sl_job_kind sl_attention_gradient_kind;

size_t sl_attention_gradient_bytes(const sl_attention_gradient *gradient);

#endif
