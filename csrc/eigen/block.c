#include "eigen/block.h"

#include <string.h>

#include "simd/kernels.h"
#include "simd/simd.h"

#define NOINLINE __attribute__((noinline))
#define LONG_RUN 512

NOINLINE void sl_block_dots(uint32_t rows, uint32_t columns, const double *q, size_t ld,
                            const double *v, double *h) {
  uint32_t j = 0;
  for (; j + 4 <= columns; j += 4, q += 4 * ld) {
    const double *q1 = q + ld, *q2 = q1 + ld, *q3 = q2 + ld;
    sl_f64x2 s0 = {0, 0}, s1 = s0, s2 = s0, s3 = s0;
    uint32_t i = 0;
    for (; i + 2 <= rows; i += 2) {
      sl_f64x2 x = sl_f64x2_load(v + i);
      s0 += sl_f64x2_load(q + i) * x;
      s1 += sl_f64x2_load(q1 + i) * x;
      s2 += sl_f64x2_load(q2 + i) * x;
      s3 += sl_f64x2_load(q3 + i) * x;
    }
    double t0 = sl_f64x2_sum(s0), t1 = sl_f64x2_sum(s1), t2 = sl_f64x2_sum(s2),
           t3 = sl_f64x2_sum(s3);
    if (i < rows) {
      t0 += q[i] * v[i];
      t1 += q1[i] * v[i];
      t2 += q2[i] * v[i];
      t3 += q3[i] * v[i];
    }
    h[j] += t0;
    h[j + 1] += t1;
    h[j + 2] += t2;
    h[j + 3] += t3;
  }
  for (; j < columns; j++, q += ld) h[j] += sl_dot_f64(q, v, rows);
}

NOINLINE void sl_block_subtract(uint32_t rows, uint32_t columns, const double *q, size_t ld,
                                const double *h, double *w) {
  uint32_t j = 0;
  for (; j + 4 <= columns; j += 4, q += 4 * ld) {
    const double *q1 = q + ld, *q2 = q1 + ld, *q3 = q2 + ld;
    sl_f64x2 h0 = sl_f64x2_splat(h[j]), h1 = sl_f64x2_splat(h[j + 1]);
    sl_f64x2 h2 = sl_f64x2_splat(h[j + 2]), h3 = sl_f64x2_splat(h[j + 3]);
    uint32_t i = 0;
    for (; i + 2 <= rows; i += 2) {
      sl_f64x2 s = sl_f64x2_load(q + i) * h0 + sl_f64x2_load(q1 + i) * h1;
      s += sl_f64x2_load(q2 + i) * h2 + sl_f64x2_load(q3 + i) * h3;
      sl_f64x2_store(w + i, sl_f64x2_load(w + i) - s);
    }
    if (i < rows) {
      double s = q[i] * h[j] + q1[i] * h[j + 1];
      s += q2[i] * h[j + 2] + q3[i] * h[j + 3];
      w[i] -= s;
    }
  }
  for (; j < columns; j++, q += ld) sl_axpy_f64(-h[j], q, w, rows);
}

NOINLINE static void rotate_run(uint32_t rows, uint32_t columns, uint32_t keep, double *q,
                                size_t ld, const double *s, size_t lds, const uint32_t *chosen,
                                double *scratch) {
  memset(scratch, 0, (size_t)keep * 64 * sizeof *scratch);
  double h[4];
  for (uint32_t c = 0; c < keep; c++) {
    const double *weights = s + chosen[c] * lds;
    for (uint32_t j = 0; j < columns; j += 4) {
      uint32_t width = columns - j < 4 ? columns - j : 4;
      for (uint32_t p = 0; p < width; p++) h[p] = -weights[j + p];
      sl_block_subtract(rows, width, q + j * ld, ld, h, scratch + c * 64);
    }
  }
  for (uint32_t c = 0; c < keep; c++) memcpy(q + c * ld, scratch + c * 64, rows * sizeof *q);
}

void sl_block_rotate(uint32_t rows, uint32_t columns, uint32_t keep, double *q, size_t ld,
                     const double *s, size_t lds, const uint32_t *chosen, double *scratch) {
  for (uint32_t i = 0; i < rows; i += 64) {
    rotate_run(rows - i < 64 ? rows - i : 64, columns, keep, q + i, ld, s, lds, chosen, scratch);
  }
}

// The sum of entries begin .. end - 1, in runs, so that a row of many entries rounds little.
static inline double row_product(const double *values, const uint32_t *columns, uint32_t begin,
                                 uint32_t end, const double *x) {
  double all = 0;
  while (end - begin > LONG_RUN) {
    double sum = 0;
    for (uint32_t p = begin; p < begin + LONG_RUN; p++) sum += values[p] * x[columns[p]];
    all += sum;
    begin += LONG_RUN;
  }
  double sum = 0;
  for (uint32_t p = begin; p < end; p++) sum += values[p] * x[columns[p]];
  return all + sum;
}

NOINLINE void sl_block_product(const sl_csr *a, uint32_t begin, uint32_t end, const double *x,
                               double *y) {
  for (uint32_t i = begin; i < end; i++) {
    y[i] = row_product(a->values, a->columns, a->row_pointers[i], a->row_pointers[i + 1], x);
  }
}
