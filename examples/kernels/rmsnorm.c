// Based on: B. Zhang, R. Sennrich, "Root Mean Square Layer Normalization", 2019.
#include "kernel.h"

// y = x / sqrt(mean(x^2) + epsilon) * weight for each row. x, y: rows * width; weight: width.
KERNEL(rmsnorm)
void rmsnorm(const float *restrict x, const float *restrict weight, float *restrict y, int rows,
             int width, float epsilon) {
  for (int r = 0; r < rows; r++, x += width, y += width) {
    f32x4 s0 = {0, 0, 0, 0}, s1 = s0, s2 = s0, s3 = s0;
    int i = 0;
    for (; i + 16 <= width; i += 16) {
      s0 += load(x + i) * load(x + i);
      s1 += load(x + i + 4) * load(x + i + 4);
      s2 += load(x + i + 8) * load(x + i + 8);
      s3 += load(x + i + 12) * load(x + i + 12);
    }
    float squares = sum((s0 + s1) + (s2 + s3));
    for (; i < width; i++) squares += x[i] * x[i];
    const float scale = 1 / __builtin_sqrtf(squares / (float)width + epsilon);
#pragma clang loop unroll_count(4)
    for (i = 0; i + 4 <= width; i += 4) store(y + i, load(x + i) * all(scale) * load(weight + i));
    for (; i < width; i++) y[i] = x[i] * scale * weight[i];
  }
}
