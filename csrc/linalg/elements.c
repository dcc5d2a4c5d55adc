#include "linalg/elements.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "simd/simd.h"

#define NOINLINE __attribute__((noinline))

// Elements of a row that are done at a time, and columns that are summed at a time.
enum { PIECE = 256, TRANSPOSED = 16 };

static bool plain(const sl_dense_matrix *m) {
  return !m->packed && (m->element == SL_ELEMENT_F32 || m->element == SL_ELEMENT_F64);
}

static const char PLAIN[] = "a float32 or float64 matrix that is not packed";

// ---- element by element -------------------------------------------------------------------------

// out[i] = a[i] o b[i]. Vectors of `lanes` elements, then what is left.
#define COMBINE(name, T, V, lanes)                                                                 \
  static NOINLINE void name(uint32_t operation, const T *a, const T *b, T *out, uint32_t n) {      \
    uint32_t i = 0;                                                                                \
    for (; i + (lanes) <= n; i += (lanes)) {                                                       \
      const V x = V##_load(a + i), y = V##_load(b + i);                                            \
      V##_store(out + i, operation == SL_MATRIX_ADD        ? x + y                                 \
                         : operation == SL_MATRIX_SUBTRACT ? x - y                                 \
                         : operation == SL_MATRIX_MULTIPLY ? x * y                                 \
                                                           : x / y);                               \
    }                                                                                              \
    for (; i < n; i++)                                                                             \
      out[i] = operation == SL_MATRIX_ADD        ? a[i] + b[i]                                     \
               : operation == SL_MATRIX_SUBTRACT ? a[i] - b[i]                                     \
               : operation == SL_MATRIX_MULTIPLY ? a[i] * b[i]                                     \
                                                 : a[i] / b[i];                                    \
  }

COMBINE(combine_f32, float, sl_f32x4, 4)
COMBINE(combine_f64, double, sl_f64x2, 2)

// Elements j .. j + n - 1 of row i as the result has them: where they lie, or in `room`, where they
// are widened or repeated.
static const void *piece(const sl_dense_matrix *m, uint32_t i, uint32_t j, uint32_t n,
                         uint32_t element, double *room) {
  const size_t step = m->columns == 1 ? 0 : 1;
  const size_t at = (m->rows == 1 ? 0 : (size_t)i * m->columns) + j * step;
  const float *narrow = (const float *)m->data + at;
  const double *wide = (const double *)m->data + at;
  if (m->element == element && (step == 1 || n == 1))
    return element == SL_ELEMENT_F32 ? (const void *)narrow : (const void *)wide;
  if (element == SL_ELEMENT_F32) {
    for (uint32_t k = 0; k < n; k++) ((float *)(void *)room)[k] = narrow[k * step];
  } else if (m->element == SL_ELEMENT_F32) {
    for (uint32_t k = 0; k < n; k++) room[k] = (double)narrow[k * step];
  } else {
    for (uint32_t k = 0; k < n; k++) room[k] = wide[k * step];
  }
  return room;
}

static bool fits(uint32_t size, uint32_t other) { return size == other || size == 1 || other == 1; }

// 1 gives way, also to 0: a row of numbers and a matrix without rows have no rows.
static uint32_t common(uint32_t size, uint32_t other) { return size == 1 ? other : size; }

sl_status sl_matrix_combine(const sl_dense_matrix *left, const sl_dense_matrix *right,
                            uint32_t operation, sl_dense_matrix *out) {
  SL_REQUIRE(operation <= SL_MATRIX_DIVIDE, SL_ERR_OPTION, "operation",
             "one of sl_matrix_operation");
  SL_REQUIRE(plain(left), SL_ERR_OPTION, "left", PLAIN);
  SL_REQUIRE(plain(right), SL_ERR_OPTION, "right", PLAIN);
  SL_REQUIRE(plain(out), SL_ERR_OPTION, "out", PLAIN);
  SL_REQUIRE(fits(left->rows, right->rows) && fits(left->columns, right->columns), SL_ERR_SHAPE,
             "right", "the shape of left, or one row or column");
  const uint32_t rows = common(left->rows, right->rows);
  const uint32_t columns = common(left->columns, right->columns);
  SL_REQUIRE(out->rows == rows && out->columns == columns, SL_ERR_SHAPE, "out",
             "the shape of the result");
  const bool wide = left->element == SL_ELEMENT_F64 || right->element == SL_ELEMENT_F64;
  SL_REQUIRE(out->element == (wide ? SL_ELEMENT_F64 : SL_ELEMENT_F32), SL_ERR_RANGE, "out",
             "float64 where an operand is, else float32");
  SL_REQUIRE(out->holders == 1, SL_ERR_STATE, "out", "no product that is reading it");
  double a[PIECE], b[PIECE];
  for (uint32_t i = 0; i < rows; i++)
    for (uint32_t j = 0; j < columns; j += PIECE) {
      const uint32_t rest = columns - j, n = rest < PIECE ? rest : PIECE;
      const void *x = piece(left, i, j, n, out->element, a);
      const void *y = piece(right, i, j, n, out->element, b);
      const size_t at = (size_t)i * columns + j;
      if (wide)
        combine_f64(operation, x, y, (double *)out->data + at, n);
      else
        combine_f32(operation, x, y, (float *)out->data + at, n);
    }
  return SL_OK;
}

// ---- copies -------------------------------------------------------------------------------------

// Squares, so that neither side is read or written across more lines of the cache than it holds.
#define TURN(name, T)                                                                              \
  static NOINLINE void name(const T *from, uint32_t rows, uint32_t columns, T *to) {               \
    for (uint32_t i = 0; i < rows; i += TRANSPOSED)                                                \
      for (uint32_t j = 0; j < columns; j += TRANSPOSED)                                           \
        for (uint32_t p = i; p < rows && p - i < TRANSPOSED; p++)                                  \
          for (uint32_t q = j; q < columns && q - j < TRANSPOSED; q++)                             \
            to[(size_t)q * rows + p] = from[(size_t)p * columns + q];                              \
  }

TURN(turn_f32, float)
TURN(turn_f64, double)

sl_status sl_matrix_transpose(const sl_dense_matrix *m, sl_dense_matrix *out) {
  SL_REQUIRE(plain(m), SL_ERR_OPTION, "matrix", PLAIN);
  SL_REQUIRE(plain(out), SL_ERR_OPTION, "out", PLAIN);
  SL_REQUIRE(m != out, SL_ERR_ARGUMENT, "out", "another matrix");
  SL_REQUIRE(out->rows == m->columns && out->columns == m->rows, SL_ERR_SHAPE, "out",
             "the shape of the transpose");
  SL_REQUIRE(out->element == m->element, SL_ERR_RANGE, "out", "the precision of the matrix");
  SL_REQUIRE(out->holders == 1, SL_ERR_STATE, "out", "no product that is reading it");
  if (m->element == SL_ELEMENT_F64)
    turn_f64(m->data, m->rows, m->columns, out->data);
  else
    turn_f32(m->data, m->rows, m->columns, out->data);
  return SL_OK;
}

static double element_at(const sl_dense_matrix *m, size_t at) {
  return m->element == SL_ELEMENT_F64 ? ((const double *)m->data)[at]
                                      : (double)((const float *)m->data)[at];
}

sl_status sl_matrix_convert(const sl_dense_matrix *m, sl_dense_matrix *out) {
  SL_REQUIRE(plain(m), SL_ERR_OPTION, "matrix", PLAIN);
  SL_REQUIRE(plain(out), SL_ERR_OPTION, "out", PLAIN);
  SL_REQUIRE(out->rows == m->rows && out->columns == m->columns, SL_ERR_SHAPE, "out",
             "the shape of the matrix");
  SL_REQUIRE(out->holders == 1, SL_ERR_STATE, "out", "no product that is reading it");
  const size_t count = (size_t)m->rows * m->columns;
  if (out->element == SL_ELEMENT_F64) {
    for (size_t i = 0; i < count; i++) ((double *)out->data)[i] = element_at(m, i);
  } else {
    for (size_t i = 0; i < count; i++) ((float *)out->data)[i] = (float)element_at(m, i);
  }
  return SL_OK;
}

// ---- norms --------------------------------------------------------------------------------------

// The larger one; NaN where one of them is.
static double larger(double a, double b) { return a > b || a != a ? a : b; }

static double largest(const sl_dense_matrix *m) {
  double most = 0;
  const size_t count = (size_t)m->rows * m->columns;
  for (size_t i = 0; i < count; i++) most = larger(most, fabs(element_at(m, i)));
  return most;
}

static double largest_row(const sl_dense_matrix *m) {
  double most = 0;
  for (uint32_t i = 0; i < m->rows; i++) {
    double sum = 0;
    for (uint32_t j = 0; j < m->columns; j++)
      sum += fabs(element_at(m, (size_t)i * m->columns + j));
    most = larger(most, sum);
  }
  return most;
}

static double largest_column(const sl_dense_matrix *m) {
  double most = 0, sums[PIECE];
  for (uint32_t j = 0; j < m->columns; j += PIECE) {
    const uint32_t rest = m->columns - j, n = rest < PIECE ? rest : PIECE;
    for (uint32_t k = 0; k < n; k++) sums[k] = 0;
    for (uint32_t i = 0; i < m->rows; i++)
      for (uint32_t k = 0; k < n; k++)
        sums[k] += fabs(element_at(m, (size_t)i * m->columns + j + k));
    for (uint32_t k = 0; k < n; k++) most = larger(most, sums[k]);
  }
  return most;
}

// Squares of elements divided by a power of two near the largest: they neither overflow nor vanish.
static double frobenius(const sl_dense_matrix *m) {
  const double most = largest(m);
  if (most == 0 || most - most != 0) return most;
  int exponent;
  (void)frexp(most, &exponent);
  double sum = 0;
  const size_t count = (size_t)m->rows * m->columns;
  // In two factors, as 2^1074 is no number.
  const double first = ldexp(1, -exponent / 2), second = ldexp(1, -exponent - -exponent / 2);
  for (size_t i = 0; i < count; i++) {
    const double x = element_at(m, i) * first * second;
    sum += x * x;
  }
  return ldexp(sqrt(sum), exponent);
}

sl_status sl_matrix_norm(const sl_dense_matrix *m, uint32_t kind, double *out) {
  SL_REQUIRE(kind <= SL_MATRIX_LARGEST, SL_ERR_OPTION, "kind", "one of sl_matrix_norm_kind");
  SL_REQUIRE(plain(m), SL_ERR_OPTION, "matrix", PLAIN);
  *out = kind == SL_MATRIX_FROBENIUS  ? frobenius(m)
         : kind == SL_MATRIX_ONE      ? largest_column(m)
         : kind == SL_MATRIX_INFINITY ? largest_row(m)
                                      : largest(m);
  return SL_OK;
}
