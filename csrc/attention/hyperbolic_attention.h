// Attention in hyperbolic space: scores are distances, and what is attended to is a midpoint.
//
//   weights = softmax(-beta d(q, k)) over the keys that are seen,  out = Einstein midpoint of the values
//
//   sl_hyperbolic_create(&attention);          once; it keeps its scratch memory
//   sl_hyperbolic_begin(attention, &options);
//   do sl_job_step(sl_hyperbolic_job(attention), work, &outcome);
//   while (outcome == SL_OUTCOME_RUNNING);
//
// Points are of the Poincare ball (`size` numbers, |x| < 1) or of the hyperboloid (`size` numbers, the
// first x0 = sqrt(1 + |rest|^2)); a space of curvature -c has the same points and distances divided by
// sqrt(c). The midpoint is computed on the hyperboloid, where it is the sum of the weighed points, drawn
// back to it; in Klein's coordinates that is sum w gamma v / sum w gamma. Distances and sums are f64.
//
// Based on: C. Gulcehre and others, "Hyperbolic attention networks" (2018), arXiv:1805.09786; A. Ungar,
// "Analytic hyperbolic geometry" (2005), for the midpoint.
#ifndef SL_ATTENTION_HYPERBOLIC_ATTENTION_H
#define SL_ATTENTION_HYPERBOLIC_ATTENTION_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"

typedef struct sl_hyperbolic sl_hyperbolic;

typedef enum sl_hyperbolic_model {
  SL_HYPERBOLIC_POINCARE = 0,
  SL_HYPERBOLIC_LORENTZ = 1, // size >= 2
} sl_hyperbolic_model;

// Arrays stay the caller's, and as they are, until the job ends. Query i of `tokens` stands at position
// key_tokens - tokens + i.
typedef struct sl_hyperbolic_options {
  uint32_t batch, tokens, key_tokens, heads, kv_heads, size;
  uint32_t causal, model; // sl_hyperbolic_model
  double beta;            // > 0
  double curvature;       // > 0: of a space of curvature -c
  const float *queries;   // batch x tokens x heads x size, read
  size_t query_count;
  const float *keys, *values; // batch x key_tokens x kv_heads x size each, read
  size_t key_count;
  const uint8_t
      *mask; // tokens x key_tokens, or batch x tokens x key_tokens: 1 where it is seen; NULL
  size_t mask_count;
  float *out; // as the queries, written; a query that sees nothing gives the origin
} sl_hyperbolic_options;

sl_status sl_hyperbolic_create(sl_hyperbolic **out);  // Errors: ERR_MEMORY
void sl_hyperbolic_destroy(sl_hyperbolic *attention); // NULL is allowed

// Begins; what was running is given up. All points are looked at.
//   Errors: ERR_OPTION ("heads", "size", "model", "beta", "curvature"), ERR_RANGE ("queries": more than
//   keys, causal; "queries", "keys", "values": no point, position = its number), ERR_SHAPE ("queries",
//   "keys", "mask"), ERR_NOT_FINITE ("queries", "keys", "values"), ERR_MEMORY. Allocates 16 bytes for
//   each key of a head, and 12 a key. O(batch heads tokens keys size).
sl_status sl_hyperbolic_begin(sl_hyperbolic *attention, const sl_hyperbolic_options *options);

// The work: units are products of two elements; a query of a head is never cut.
sl_job *sl_hyperbolic_job(sl_hyperbolic *attention);
extern const sl_job_kind sl_hyperbolic_kind;

size_t sl_hyperbolic_bytes(const sl_hyperbolic *attention);

#endif
