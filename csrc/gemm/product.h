// Products of dense matrices: out = activation(alpha left right + beta out + bias), also of many
// pairs at once, of transposed and strided arrays, and with int8 or 4-bit weights.
//
//   sl_product_create(&product);                once; it keeps its scratch memory for the next ones
//   sl_product_begin(product, matrix, &options);
//   do sl_job_step(sl_product_job(product), work, &outcome); while (outcome == SL_OUTCOME_RUNNING);
//
// Order of summation, the same in every build and however the work is cut into steps: an element is
// the sum of blocks of SL_BLOCK_DEPTH places, added in their order from the first; within a block
// products are rounded and added one after the other from 0, all in the precision of the operands.
// So |error| <= about (256 + depth / 256) u sum |left right|, u = 2^-24 or 2^-53. Then, rounded
// each: times alpha (unless 1), plus beta times out (unless 0, when out is not read), plus bias.
// NaN and infinities go through as IEEE 754 says.
#ifndef SL_GEMM_PRODUCT_H
#define SL_GEMM_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/job.h"
#include "gemm/activation.h"
#include "gemm/dense_matrix.h"

typedef struct sl_product sl_product;

// Element (i, p) of item t of an operand is at t * batch_stride + i * row_stride + p * column_stride.
// Strides count elements; 0 repeats. Arrays stay the caller's, and as they are, until the job ends.
typedef struct sl_product_options {
  uint32_t type;  // of left and out: SL_ELEMENT_F32, _F64, or _I8, where out is int32
  uint32_t batch; // how many products
  uint32_t rows, depth, columns;
  const void *left; // rows x depth, read
  size_t left_count;
  uint32_t left_row_stride, left_column_stride, left_batch_stride;
  const void *right; // depth x columns of `type`, read; not where a matrix is given
  size_t right_count;
  uint32_t right_row_stride, right_column_stride, right_batch_stride;
  void *out; // rows x columns, columns side by side; written, read where beta is not 0
  size_t out_count;
  uint32_t out_row_stride, out_batch_stride;
  double alpha, beta;
  const void *bias; // `columns` of the type of out (f32, f64), or NULL
  size_t bias_count;
  uint32_t activation; // sl_activation; of F64 none or RELU
  // Of F32 and an I8 matrix: each row of left is rounded to int8 (scale: its largest |element| / 127)
  // and multiplied in integers, which is two to three times as fast. A row with NaN or an infinity
  // in it becomes NaN.
  uint32_t quantize;
} sl_product_options;

// Options of out = left weights, or of adding that to out: float32, rows without gaps between them.
//   left   rows x the rows of weights; out: rows x their columns
sl_product_options sl_product_of_rows(uint32_t rows, const float *left,
                                      const sl_dense_matrix *weights, bool add, float *out);

sl_status sl_product_create(sl_product **out);

// Frees it. NULL is allowed.
void sl_product_destroy(sl_product *product);

// Begins a product; one that was running is given up.
//   matrix    the right operand, or NULL for options.right. Of F32: an F32, I8 or I4 matrix; of F64:
//             F64; of I8: an I8 matrix, whose scales are left out. It is held until the work ends.
//   Errors: ERR_OPTION ("type", "activation", "quantize", "alpha", "beta": of I8 only 1 and 0),
//   ERR_SHAPE ("left", "right", "bias", "out": an array is too short for its shape and strides;
//   "matrix"), ERR_ARGUMENT ("out" overlaps an operand), ERR_OVERFLOW ("depth": of integers at most
//   2^17), ERR_MEMORY.
//   Allocates: a copy of `right` (packed) unless rows are few; a few 100 KB beside.
//   O(batch rows depth columns) in all steps together.
sl_status sl_product_begin(sl_product *product, sl_dense_matrix *matrix,
                           const sl_product_options *options);

// Its work: units are products of two elements. Stopped, rows that were not reached keep what they
// held.
sl_job *sl_product_job(sl_product *product);
extern const sl_job_kind sl_product_kind;

size_t sl_product_bytes(const sl_product *product);

#endif
