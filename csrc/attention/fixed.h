// A transformer block in integers alone: the same bits on every device, as no rounding of floating
// point, no order of a sum and no library function has a part in it.
//
//   x is tokens x width, int32, in 1/256. For each token, with N = normalize:
//     q, k, v = Q(W N(x) + b)                            int8
//     x += R(W attention(q, k, v) + b)                   scores (q k), softmax in integers
//     x += R(W relu8(Q(W N(x) + b)) + b)
//
//   round(a, s)     (a + 2^(s - 1)) >> s, the shift rounding down; a for s = 0
//   Q(a)            clamp(round(a * multiplier, shift), -127, 127);  R(a): the same within +-2^22
//   N(x)            mean = floor((sum x + floor(width / 2)) / width), d = x - mean, x within +-2^22;
//                   s = floor(sqrt(floor(sum d^2 / width) * 2^16)), at least 1;
//                   clamp(floor((2 d * 2^13 + s) / (2 s)), -127, 127): in 1/32
//   softmax         u = round(score * multiplier, shift), in 1/65536, within +-2^30; t = (max - u) *
//                   94548 >> 16; n = t >> 16, f = t & 65535; e = P(f) >> n, 0 for n > 30, where
//                   P(f) = 2^30 + (f (-744184760 + (f (257194052 + (f (-57282716 + (f 7404667 >> 16))
//                   >> 16)) >> 16)) >> 16): 2^30 2^(-f / 65536) within 2^-18 of it;
//                   p = floor((2 e * 2^15 + sum e) / (2 sum e));  o = clamp(round(sum p v, 15))
//   relu8           max(0, .)
//
// Gains and biases of the norms are to be folded into the weights that follow.
//
// Based on: B. Jacob and others, "Quantization and training of neural networks for efficient
// integer-arithmetic-only inference" (2017), arXiv:1712.05877 (multiplier and shift); S. Kim and
// others, "I-BERT: integer-only BERT quantization" (2021), arXiv:2101.01321 (exponential, square root).
#ifndef SL_ATTENTION_FIXED_H
#define SL_ATTENTION_FIXED_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"

typedef struct sl_fixed_block sl_fixed_block;

typedef enum sl_fixed_part {
  SL_FIXED_QUERY, // width x width each
  SL_FIXED_KEY,
  SL_FIXED_VALUE,
  SL_FIXED_OUTPUT,
  SL_FIXED_UP,   // inner x width
  SL_FIXED_DOWN, // width x inner
  SL_FIXED_PARTS,
} sl_fixed_part;

// A block whose weights are 0.
//   width    elements of a token, 1 .. 8192
//   heads    divides the width
//   inner    of the feed-forward layer, 1 .. 65536
//   causal   1: no token sees a later one
//   score_multiplier (0 .. 2^31 - 1), score_shift (0 .. 62)
//   Errors: ERR_OPTION (by name), ERR_MEMORY. O(width (width + inner)).
sl_status sl_fixed_block_create(uint32_t width, uint32_t heads, uint32_t inner, uint32_t causal,
                                uint32_t score_multiplier, uint32_t score_shift,
                                sl_fixed_block **out);
void sl_fixed_block_destroy(sl_fixed_block *block); // NULL is allowed

// Sets the weights of a part; they are copied. What runs is given up.
//   values   outputs x inputs int8, row by row; -128 is refused
//   bias     outputs int32, within +-2^28; or NULL
//   Errors: ERR_OPTION ("part", "multiplier", "shift"), ERR_SHAPE ("values", "bias"), ERR_RANGE
//   ("values", "bias", with the position). O(count).
sl_status sl_fixed_block_set(sl_fixed_block *block, uint32_t part, const int8_t *values,
                             size_t count, const int32_t *bias, size_t bias_count,
                             uint32_t multiplier, uint32_t shift);

// Begins. x: tokens x width int32 within +-2^22, changed; the caller's until the job ends.
//   Errors: ERR_SHAPE ("x"), ERR_RANGE ("x", with the position), ERR_OVERFLOW ("x": more than 2^16
//   tokens), ERR_MEMORY. Allocates 3 bytes an element of x. O(tokens width (width + inner) + tokens^2
//   width).
sl_status sl_fixed_block_begin(sl_fixed_block *block, int32_t *x, size_t count, uint32_t tokens);

// The work; units are products of two elements, a token is never cut. Stopped, x is of no use.
sl_job *sl_fixed_block_job(sl_fixed_block *block);
extern const sl_job_kind sl_fixed_block_kind;

size_t sl_fixed_block_bytes(const sl_fixed_block *block);

#endif
