// Based on: E. Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2021.
#include "kernel.h"

// y += scale * B (A x) for each row of x. x: rows * width; a: rank * width; b: height * rank; y: rows * height, read and
// written; middle: rank numbers of working memory.
KERNEL(lora)
void lora(const float *restrict x, const float *restrict a, const float *restrict b,
          float *restrict y, float *restrict middle, int rows, int width, int height, int rank,
          float scale) {
  for (int r = 0; r < rows; r++, x += width, y += height) {
    for (int k = 0; k < rank; k++) {
      const float *row = a + (long)k * width;
      f32x4 s0 = {0, 0, 0, 0}, s1 = s0;
      int i = 0;
      for (; i + 8 <= width; i += 8) {
        s0 += load(x + i) * load(row + i);
        s1 += load(x + i + 4) * load(row + i + 4);
      }
      float total = sum(s0 + s1);
      for (; i < width; i++) total += x[i] * row[i];
      middle[k] = total * scale;
    }
    for (int j = 0; j < height; j++) {
      const float *row = b + (long)j * rank;
      f32x4 s = {0, 0, 0, 0};
      int k = 0;
      for (; k + 4 <= rank; k += 4) s += load(middle + k) * load(row + k);
      float total = sum(s);
      for (; k < rank; k++) total += middle[k] * row[k];
      y[j] += total;
    }
  }
}
