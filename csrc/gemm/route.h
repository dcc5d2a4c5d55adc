// Routing of tokens to experts (mixture of experts): which of them see a token, with which weight, and
// what does not fit.
//
//   sl_route(&options)       probabilities = softmax(logits); of each token the `top` largest
//   rows of an expert are then side by side: rows = the tokens in `order`, for products
//   sl_combine(...)          out of a token = sum of weight * row over its experts
//
// Based on: N. Shazeer and others, "Outrageously large neural networks: the sparsely-gated
// mixture-of-experts layer" (2017), arXiv:1701.06538; D. Lepikhin and others, "GShard" (2020),
// arXiv:2006.16668, algorithm 1, for capacities: all first choices come before all second ones.
#ifndef SL_GEMM_ROUTE_H
#define SL_GEMM_ROUTE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SL_ROUTE_DROPPED UINT32_MAX

typedef struct sl_route_options {
  const float *logits; // tokens x experts, read; -inf forbids an expert
  size_t count;
  uint32_t tokens, experts;
  uint32_t top;         // choices of a token, 1 .. experts
  uint32_t capacity;    // most tokens of an expert; 0 drops all, UINT32_MAX none
  uint32_t renormalize; // 1: weights of a token's choices, dropped ones included, sum to 1
  uint32_t *chosen;     // tokens x top, written: experts, the most likely first; ties: the first
  float *weights;       // tokens x top, written; of an expert that is forbidden 0
  uint32_t *rows;       // tokens x top, written: the row of each choice, or SL_ROUTE_DROPPED
  uint32_t *order;      // tokens x top, written as far as there are rows: the token of each row
  uint32_t *offsets; // experts + 1, written: rows of expert e are offsets[e] .. offsets[e + 1] - 1
  float *scratch;    // experts
} sl_route_options;

// Errors: ERR_OPTION ("experts", "top"), ERR_SHAPE ("logits"), ERR_NOT_FINITE ("logits", position =
// token: NaN, inf, or all -inf), ERR_OVERFLOW ("logits": tokens * top beyond 2^32 - 2). Nothing is
// allocated. A forbidden expert takes no row: its choice counts as dropped.
// O(tokens experts top).
sl_status sl_route(const sl_route_options *options);

// out[t] = sum over the choices of t of weight * row, in the order of the choices; dropped ones add
// nothing.
//   from     rows x columns f32, read
//   rows     tokens x top, as sl_route wrote them; weights likewise
//   row_count  of from
//   out      tokens x columns, written
//   Errors: ERR_INDEX ("rows", with its position). O(tokens top columns).
sl_status sl_combine(const float *from, uint32_t row_count, uint32_t columns, const uint32_t *rows,
                     const float *weights, uint32_t tokens, uint32_t top, float *out);

#endif
