// Rotary position embeddings, as rotations of pairs. Based on: J. Su et al., "RoFormer: Enhanced Transformer with Rotary
// Position Embedding", 2021.
#include "kernel.h"

// x: tokens * heads * pairs * 2, read and written; table: tokens * pairs * 2, the cosine and sine of each angle.
KERNEL(rope)
void rope(float *restrict x, const float *restrict table, int tokens, int heads, int pairs) {
  for (int t = 0; t < tokens; t++) {
    const float *angles = table + (long)t * pairs * 2;
    for (int h = 0; h < heads; h++) {
      float *row = x + ((long)t * heads + h) * pairs * 2;
      int i = 0;
      for (; i + 2 <= pairs; i += 2) {
        const f32x4 v = load(row + 2 * i), a = load(angles + 2 * i);
        const f32x4 cosine = __builtin_shufflevector(a, a, 0, 0, 2, 2);
        const f32x4 sine = __builtin_shufflevector(a, a, 1, 1, 3, 3) * (f32x4){-1, 1, -1, 1};
        store(row + 2 * i, v * cosine + __builtin_shufflevector(v, v, 1, 0, 3, 2) * sine);
      }
      for (; i < pairs; i++) {
        const float a = row[2 * i], b = row[2 * i + 1], c = angles[2 * i], s = angles[2 * i + 1];
        row[2 * i] = a * c + b * -s;
        row[2 * i + 1] = b * c + a * s;
      }
    }
  }
}
