#include "inference/pooling.h"

#include <stddef.h>
#include <string.h>

#include "simd/simd.h"

#define NOINLINE __attribute__((noinline))

NOINLINE void sl_add_row(float *to, const float *from, uint32_t n) {
  uint32_t j = 0;
  for (; j + 4 <= n; j += 4)
    sl_f32x4_store(to + j, sl_f32x4_load(to + j) + sl_f32x4_load(from + j));
  for (; j < n; j++) to[j] += from[j];
}

uint32_t sl_take_means(const float *rows, const uint32_t *tokens, uint32_t texts, uint32_t width,
                       float *means) {
  float *to = means;
  uint32_t count = 0;
  for (uint32_t t = 0; t < texts; t++) {
    if (tokens[t] == 0) continue;
    // Where both are one array, `to` is at most where the text's rows begin.
    memmove(to, rows, width * sizeof *to);
    for (uint32_t i = 1; i < tokens[t]; i++) sl_add_row(to, rows + (size_t)i * width, width);
    const float by = (float)tokens[t];
    for (uint32_t j = 0; j < width; j++) to[j] /= by;
    rows += (size_t)tokens[t] * width;
    to += width;
    count++;
  }
  return count;
}

void sl_take_first(const float *rows, const uint32_t *tokens, uint32_t texts, uint32_t width,
                   float *out) {
  for (uint32_t t = 0; t < texts; t++) {
    if (tokens[t] == 0) continue;
    memcpy(out, rows, width * sizeof *out);
    rows += (size_t)tokens[t] * width;
    out += width;
  }
}

void sl_spread_rows(const uint32_t *tokens, uint32_t texts, uint32_t width, float *rows) {
  uint32_t from = 0;
  for (uint32_t t = 0; t < texts; t++) from += tokens[t] > 0 ? 1 : 0;
  // From the last one on, so that none is overwritten before it is moved.
  for (uint32_t t = texts; t-- > 0;) {
    float *to = rows + (size_t)t * width;
    if (tokens[t] == 0)
      memset(to, 0, width * sizeof *to);
    else
      memmove(to, rows + (size_t)--from * width, width * sizeof *to);
  }
}
