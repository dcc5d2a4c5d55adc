// A feed-forward layer of which each token uses a few inner elements, chosen by a predictor:
//
//   y = sum over the chosen i of max(0, up_i x + bias_i) down_i
//
// The predictor is a product of low rank that stands for up: scores = expand (reduce x) + bias, of which
// the largest are chosen. What is left out is bounded, whatever the predictor: with r_i = up_i -
// expand_i reduce, up_i x <= score_i + |r_i| |x|, so
//
//   |y of all - y| <= sum over the others of max(0, score_i + |r_i| |x|) |down_i|
//
// The bound holds for the exact sums; the rounding of its own is in it.
//
// Based on: Z. Liu and others, "Deja Vu: contextual sparsity for efficient LLMs at inference time"
// (ICML 2023), arXiv:2310.17157, for predictors of low rank.
#ifndef SL_GEMM_SPARSE_FORWARD_H
#define SL_GEMM_SPARSE_FORWARD_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"

typedef struct sl_sparse_forward sl_sparse_forward;

// Arrays are read and copied.
typedef struct sl_sparse_weights {
  uint32_t width, inner, outputs, rank; // >= 1 each
  const float *up;                      // inner x width
  size_t up_count;
  const float *bias; // inner, or NULL
  size_t bias_count;
  const float *down; // inner x outputs
  size_t down_count;
  const float *reduce; // rank x width
  size_t reduce_count;
  const float *expand; // inner x rank
  size_t expand_count;
} sl_sparse_weights;

// Errors: ERR_OPTION ("width", "inner", "outputs", "rank"), ERR_SHAPE and ERR_NOT_FINITE (the array's
// name), ERR_OVERFLOW ("inner"), ERR_MEMORY. O(inner width rank).
sl_status sl_sparse_forward_create(const sl_sparse_weights *weights, sl_sparse_forward **out);
void sl_sparse_forward_destroy(sl_sparse_forward *layer); // NULL is allowed

// Begins; what was running is given up. Arrays stay the caller's, and as they are, until the job ends.
//   x        tokens x width, read
//   top      elements of each token, 1 .. inner
//   out      tokens x outputs, written
//   chosen   tokens x top, written: ascending
//   bounds   tokens f64, written: of the Euclidean norm of what is left out of a row of out
//   Errors: ERR_SHAPE ("x"), ERR_OPTION ("top"), ERR_NOT_FINITE ("x", with the position).
//   O(tokens (rank (width + inner) + top (width + outputs))).
sl_status sl_sparse_forward_begin(sl_sparse_forward *layer, const float *x, size_t count,
                                  uint32_t tokens, uint32_t top, float *out, uint32_t *chosen,
                                  double *bounds);

// The work; units are products of two elements, a token is never cut.
sl_job *sl_sparse_forward_job(sl_sparse_forward *layer);
extern const sl_job_kind sl_sparse_forward_kind;

size_t sl_sparse_forward_bytes(const sl_sparse_forward *layer);

#endif
