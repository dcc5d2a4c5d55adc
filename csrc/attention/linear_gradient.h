// Gradients of linear attention with the features elu + 1 (attention/linear.h): of a sum of its
// outputs, each times a number that is given, with respect to queries, keys and values.
//
//   sl_linear_gradient_create(&gradient);          once; it keeps its memory
//   sl_linear_gradient_begin(gradient, &options);
//   do sl_job_step(sl_linear_gradient_job(gradient), work, &outcome);
//   while (outcome == SL_OUTCOME_RUNNING);
//
// With o = phi(q) S / d, d = phi(q) z and g the numbers of o:
//   dphi(q) = S g / d - z (g o) / d
//   T += phi(q) (g / d)^T,  t -= phi(q) (g o) / d   over the queries that see a key, then
//   dphi(k) = T v + t,  dv = T^T phi(k)
// and the derivative of elu + 1 is 1 above 0, exp(x) below. S and T are f64, and the work is linear in
// the tokens. The same bits in every build.
//
// Based on: A. Katharopoulos and others (2020), arXiv:2006.16236, section 3.3.1, with the normalizer.
#ifndef SL_ATTENTION_LINEAR_GRADIENT_H
#define SL_ATTENTION_LINEAR_GRADIENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"

typedef struct sl_linear_gradient sl_linear_gradient;

// Arrays stay the caller's, and as they are, until the job ends. Causal query i of `tokens` stands at
// position key_tokens - tokens + i.
typedef struct sl_linear_gradient_options {
  uint32_t batch, tokens, key_tokens, heads, kv_heads, size;
  uint32_t causal;
  const float *queries, *upstream; // batch x tokens x heads x size each, read
  size_t query_count;
  const float *keys, *values; // batch x key_tokens x kv_heads x size each, read
  size_t key_count;
  float *query_out;           // as the queries, written
  float *key_out, *value_out; // as the keys, written
} sl_linear_gradient_options;

sl_status sl_linear_gradient_create(sl_linear_gradient **out); // Errors: ERR_MEMORY
void sl_linear_gradient_destroy(sl_linear_gradient *gradient); // NULL is allowed

// Begins; what was running is given up.
//   Errors: ERR_OPTION ("heads": no multiple of kv_heads, or 0; "size": not 1 .. 4096), ERR_RANGE
//   ("queries": causal, and more than keys), ERR_SHAPE ("queries", "keys"), ERR_MEMORY. Allocates 16
//   bytes for each query of a head, and 16 size^2. O(batch (heads tokens + kv_heads key_tokens) size^2).
sl_status sl_linear_gradient_begin(sl_linear_gradient *gradient,
                                   const sl_linear_gradient_options *options);

// The work: units are products of two elements; a token is never cut. Stopped, the outputs hold what
// tokens so far have given.
sl_job *sl_linear_gradient_job(sl_linear_gradient *gradient);
extern const sl_job_kind sl_linear_gradient_kind;

size_t sl_linear_gradient_bytes(const sl_linear_gradient *gradient);

#endif
