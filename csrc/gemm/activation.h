// Elementwise functions of neural networks, and those of rows: softmax, norms, positions.
//
// f32 in, f32 out; sums over a row are f64, eight partial sums as in simd/kernels.h, so that every
// build gives the same bits. Nothing here allocates; NaN and infinities go through as the formulas
// say. Arrays need no alignment. O(n) each.
#ifndef SL_GEMM_ACTIVATION_H
#define SL_GEMM_ACTIVATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

// The errors that are named hold for every f32 (gemm/functions.h).
typedef enum sl_activation {
  SL_ACTIVATION_NONE = 0,
  SL_ACTIVATION_RELU = 1,      // x < 0 ? 0 : x
  SL_ACTIVATION_GELU = 2,      // x / 2 (1 + erf(x / sqrt 2))
  SL_ACTIVATION_GELU_TANH = 3, // x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
  SL_ACTIVATION_SILU = 4,      // x / (1 + exp(-x))
  SL_ACTIVATION_TANH = 5,
  SL_ACTIVATION_SIGMOID = 6, // 1 / (1 + exp(-x))
} sl_activation;
#define SL_ACTIVATIONS 7

// x[i] = f(x[i]), n elements, in place. Errors: ERR_OPTION ("activation").
sl_status sl_activate(float *x, size_t n, uint32_t activation);

// out[i] = silu(gate[i]) * up[i]; out may be gate or up. N. Shazeer, "GLU variants improve
// transformer" (2020), arXiv:2002.05202.
void sl_swiglu(const float *gate, const float *up, float *out, size_t n);

// Each row of x in place: exp(x - max) / sum of those. A row of -inf only, or with NaN or +inf in
// it, becomes NaN.
//   x    rows * columns, read and written
void sl_softmax(float *x, size_t rows, size_t columns);

// Each row in place: (x - mean) / sqrt(variance + epsilon) * gain + bias. J. L. Ba, J. R. Kiros,
// G. E. Hinton, "Layer normalization" (2016), arXiv:1607.06450.
//   x            rows * columns, read and written
//   gain, bias   `columns` each, or NULL for 1 and 0
// Errors: ERR_OPTION ("epsilon": not >= 0, or infinite).
sl_status sl_layer_norm(float *x, size_t rows, size_t columns, const float *gain, const float *bias,
                        double epsilon);

// Each row in place: x / sqrt(mean of squares + epsilon) * gain. B. Zhang, R. Sennrich, "Root mean
// square layer normalization" (2019), arXiv:1910.07467. Arguments and errors as above.
sl_status sl_rms_norm(float *x, size_t rows, size_t columns, const float *gain, double epsilon);

// Turns pairs of elements of each head by an angle that grows with the position. J. Su and others,
// "RoFormer: enhanced transformer with rotary position embedding" (2021), arXiv:2104.09864.
//   x           tokens * heads * size, read and written; token t stands at position first + t
//   rotated     elements of each head that are turned, even, at most `size`; the others stay
//   base        pair i turns by position / base^(2 i / rotated)
//   interleaved true: pairs are (0, 1), (2, 3), ... (GPT-J); false: (0, rotated / 2),
//               (1, rotated / 2 + 1), ... (GPT-NeoX, Llama in most files)
// Angles, sines and cosines are f64. Errors: ERR_OPTION ("rotated", "base": not finite or not > 0,
// "position": not finite).
sl_status sl_rotate_positions(float *x, uint32_t tokens, uint32_t heads, uint32_t size,
                              uint32_t rotated, double base, double position, uint32_t interleaved);

#endif
