// Rows of a float32 product before and after the sums: rounding to int8, scales, beta, bias. Internal
// to the room.
#ifndef SL_GEMM_ROWS_H
#define SL_GEMM_ROWS_H

#include <stddef.h>
#include <stdint.h>

// One row as int8 codes: x is about codes * scale, |codes| <= 127; halves go to the even code.
//   x        n elements, `stride` apart; read
//   codes    n, written; zeros where the row is zero, or has NaN or an infinity
//   Returns the scale: the largest magnitude / 127; NaN where an element is none or infinite. O(n).
double sl_quantize_row(const float *x, size_t stride, uint32_t n, int8_t *codes);

// Sums of integers, in their place, as float32: each times row_scale and its column's scale in
// float64, rounded once.
//   sums     `columns` rounded up to fours, read and written
//   scales   as many, read
void sl_scale_sums(int32_t *sums, uint32_t columns, double row_scale, const float *scales);

// What is done with the sums of a row, in this order, each rounded once.
typedef struct sl_row_end {
  float alpha, beta;   // 1 and 0: nothing; beta 0: out is not read
  const float *scales; // of the columns, before alpha; up to fours; or NULL
  const float *bias;   // one a column, or NULL
} sl_row_end;

// out = alpha scales sums + beta out + bias.
//   sums     `columns` rounded up to fours, read; out: `columns`, written
void sl_end_row(const float *sums, uint32_t columns, const sl_row_end *end, float *out);

#endif
