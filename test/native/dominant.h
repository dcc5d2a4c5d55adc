// Small dominant systems with exact solutions, for the tests of local answers.
#ifndef SL_TEST_DOMINANT_H
#define SL_TEST_DOMINANT_H

#include <math.h>

#include "matrices.h"

typedef enum dominance { ROWS, COLUMNS, BOTH, M_MATRIX } dominance;

static inline sl_csr *from_dense(uint32_t n, double dense[LARGEST][LARGEST], sl_value_type type) {
  uint32_t rows[LARGEST * LARGEST], columns[LARGEST * LARGEST], count = 0;
  double doubles[LARGEST * LARGEST];
  float floats[LARGEST * LARGEST];
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t j = 0; j < n; j++) {
      if (dense[i][j] == 0) continue;
      rows[count] = i;
      columns[count] = j;
      floats[count] = (float)dense[i][j];
      doubles[count++] = dense[i][j];
    }
  }
  sl_csr *matrix;
  assert_ok(sl_csr_from_coo(n, n, count, rows, columns,
                            type == SL_VALUES_F32 ? (const void *)floats : (const void *)doubles,
                            type, &matrix));
  return matrix;
}

// A random matrix of the given dominance, about half full, each diagonal entry beyond what is
// needed by a random share between 1e-3 and 1.
static inline sl_csr *random_dominant(sl_rng *rng, uint32_t n, dominance kind, sl_value_type type) {
  double dense[LARGEST][LARGEST] = {{0}};
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t j = 0; j < n; j++) {
      if (i == j || sl_rng_double(rng) < 0.5) continue;
      double value = (float)(sl_rng_double(rng) * 2 - 1);
      dense[i][j] = kind == M_MATRIX ? -fabs(value) : value;
    }
  }
  if (kind == BOTH) {
    for (uint32_t i = 0; i < n; i++) {
      for (uint32_t j = 0; j < i; j++) dense[i][j] = dense[j][i];
    }
  }
  for (uint32_t i = 0; i < n; i++) {
    double row = 0, column = 0;
    for (uint32_t j = 0; j < n; j++) {
      row += fabs(dense[i][j]);
      column += fabs(dense[j][i]);
    }
    double need = kind == COLUMNS ? column : row;
    double size = (need + 0.1) * (1 + pow(10, -3 * sl_rng_double(rng)));
    bool negative = kind != M_MATRIX && sl_rng_double(rng) < 0.3;
    dense[i][i] = (float)(negative ? -size : size);
  }
  return from_dense(n, dense, type);
}

// Gaussian elimination with partial pivoting in long double.
static inline void solve_exactly(const sl_csr *matrix, const double *b, long double *x) {
  uint32_t n = matrix->rows;
  double dense[LARGEST][LARGEST];
  long double a[LARGEST][LARGEST + 1];
  to_dense(matrix, dense);
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t j = 0; j < n; j++) a[i][j] = dense[i][j];
    a[i][n] = b[i];
  }
  for (uint32_t c = 0; c < n; c++) {
    uint32_t pivot = c;
    for (uint32_t i = c + 1; i < n; i++) {
      if (fabsl(a[i][c]) > fabsl(a[pivot][c])) pivot = i;
    }
    for (uint32_t j = c; j <= n; j++) {
      long double swap = a[c][j];
      a[c][j] = a[pivot][j];
      a[pivot][j] = swap;
    }
    for (uint32_t i = c + 1; i < n; i++) {
      long double factor = a[i][c] / a[c][c];
      for (uint32_t j = c; j <= n; j++) a[i][j] -= factor * a[c][j];
    }
  }
  for (uint32_t i = n; i-- > 0;) {
    x[i] = a[i][n];
    for (uint32_t j = i + 1; j < n; j++) x[i] -= a[i][j] * x[j];
    x[i] /= a[i][i];
  }
}

// m x m grid Laplacian + shift I.
static inline sl_csr *grid(uint32_t m, double shift) {
  uint32_t n = m * m, count = 0;
  uint32_t *pointers, *columns;
  double *values;
  assert_ok(SL_ALLOC(&pointers, (size_t)n + 1));
  assert_ok(SL_ALLOC(&columns, (size_t)5 * n));
  assert_ok(SL_ALLOC(&values, (size_t)5 * n));
  pointers[0] = 0;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t row = i / m, column = i % m;
    double degree = (row > 0) + (row + 1 < m) + (column > 0) + (column + 1 < m);
    if (row > 0) columns[count] = i - m, values[count++] = -1;
    if (column > 0) columns[count] = i - 1, values[count++] = -1;
    columns[count] = i, values[count++] = degree + shift;
    if (column + 1 < m) columns[count] = i + 1, values[count++] = -1;
    if (row + 1 < m) columns[count] = i + m, values[count++] = -1;
    pointers[i + 1] = count;
  }
  sl_csr *matrix;
  assert_ok(sl_csr_adopt(n, n, pointers, columns, values, SL_VALUES_F64, &matrix));
  return matrix;
}

#endif
