#include "sparse/spmv.h"

#include <math.h>

// Rows a block: long enough that the call costs nothing, short enough that the first large product
// already runs tiered-up code.
#define BLOCK_ROWS 1024u

#define NOINLINE __attribute__((noinline))
#define UNIT_ROUNDOFF 0x1p-53

// One set of loops a value type. VALUE(k) is the k-th stored value as f64.
#define DEFINE_LOOPS(SUFFIX, VALUE)                                                                \
  NOINLINE static void multiply_##SUFFIX(const sl_csr *matrix, const double *x, double *y,         \
                                         uint32_t begin, uint32_t end) {                           \
    const uint32_t *pointers = matrix->row_pointers, *columns = matrix->columns;                   \
    for (uint32_t i = begin; i < end; i++) {                                                       \
      double sum = 0;                                                                              \
      for (uint32_t k = pointers[i]; k < pointers[i + 1]; k++) sum += VALUE(k) * x[columns[k]];    \
      y[i] = sum;                                                                                  \
    }                                                                                              \
  }                                                                                                \
  NOINLINE static void scatter_##SUFFIX(const sl_csr *matrix, const double *x, double *y,          \
                                        uint32_t begin, uint32_t end) {                            \
    const uint32_t *pointers = matrix->row_pointers, *columns = matrix->columns;                   \
    for (uint32_t i = begin; i < end; i++) {                                                       \
      double factor = x[i];                                                                        \
      for (uint32_t k = pointers[i]; k < pointers[i + 1]; k++) y[columns[k]] += VALUE(k) * factor; \
    }                                                                                              \
  }                                                                                                \
  NOINLINE static void residual_##SUFFIX(const sl_csr *matrix, const double *x, const double *b,   \
                                         double *r, uint32_t begin, uint32_t end) {                \
    const uint32_t *pointers = matrix->row_pointers, *columns = matrix->columns;                   \
    for (uint32_t i = begin; i < end; i++) {                                                       \
      double sum = b[i];                                                                           \
      for (uint32_t k = pointers[i]; k < pointers[i + 1]; k++) sum -= VALUE(k) * x[columns[k]];    \
      r[i] = sum;                                                                                  \
    }                                                                                              \
  }                                                                                                \
  NOINLINE static double residual_bound_##SUFFIX(const sl_csr *matrix, const double *x,            \
                                                 const double *b, double *r, double *bound,        \
                                                 uint32_t begin, uint32_t end) {                   \
    const uint32_t *pointers = matrix->row_pointers, *columns = matrix->columns;                   \
    double most = 0;                                                                               \
    for (uint32_t i = begin; i < end; i++) {                                                       \
      double sum = b[i], size = fabs(b[i]), diagonal = 0, off = 0;                                 \
      for (uint32_t k = pointers[i]; k < pointers[i + 1]; k++) {                                   \
        double value = VALUE(k), term = value * x[columns[k]];                                     \
        sum -= term;                                                                               \
        size += fabs(term);                                                                        \
        bool own = columns[k] == i;                                                                \
        diagonal = own ? fabs(value) : diagonal;                                                   \
        off += own ? 0 : fabs(value);                                                              \
      }                                                                                            \
      r[i] = sum;                                                                                  \
      double terms = (double)(pointers[i + 1] - pointers[i]);                                      \
      /* The factor 1 + 2^-20 covers the rounding of `size` itself for rows below 2^32. */         \
      bound[i] = (terms + 2) * UNIT_ROUNDOFF * size * (1 + 0x1p-20) + 0x1p-1022;                   \
      double slack = sl_slack_lower(diagonal, off, terms);                                         \
      double ratio = slack > 0 ? (fabs(sum) + bound[i]) / slack : INFINITY;                        \
      most = ratio <= most ? most : ratio;                                                         \
    }                                                                                              \
    return most;                                                                                   \
  }

#define VALUE_F64(k) (((const double *)matrix->values)[k])
#define VALUE_F32(k) ((double)((const float *)matrix->values)[k])
#define VALUE_PATTERN(k) 1.0
DEFINE_LOOPS(f64, VALUE_F64)
DEFINE_LOOPS(f32, VALUE_F32)
DEFINE_LOOPS(pattern, VALUE_PATTERN)

static uint32_t end_of_block(const sl_csr *matrix, uint32_t begin) {
  return matrix->rows - begin > BLOCK_ROWS ? begin + BLOCK_ROWS : matrix->rows;
}

// LOOP_<type>(matrix, ..., begin, end)
#define ON_BLOCK(LOOP, ...)                                                                        \
  (matrix->value_type == SL_VALUES_F64   ? LOOP##_f64(matrix, __VA_ARGS__, begin, end)             \
   : matrix->value_type == SL_VALUES_F32 ? LOOP##_f32(matrix, __VA_ARGS__, begin, end)             \
                                         : LOOP##_pattern(matrix, __VA_ARGS__, begin, end))

// The same over all blocks of rows.
#define FOR_BLOCKS(LOOP, ...)                                                                      \
  for (uint32_t begin = 0, end; begin < matrix->rows; begin = end) {                               \
    end = end_of_block(matrix, begin);                                                             \
    ON_BLOCK(LOOP, __VA_ARGS__);                                                                   \
  }

void sl_csr_multiply(const sl_csr *matrix, const double *x, double *y) {
  FOR_BLOCKS(multiply, x, y)
}

void sl_csr_multiply_transpose(const sl_csr *matrix, const double *x, double *y) {
  for (uint32_t j = 0; j < matrix->cols; j++) y[j] = 0;
  FOR_BLOCKS(scatter, x, y)
}

void sl_csr_residual(const sl_csr *matrix, const double *x, const double *b, double *r) {
  FOR_BLOCKS(residual, x, b, r)
}

double sl_csr_residual_bound(const sl_csr *matrix, const double *x, const double *b, double *r,
                             double *bound) {
  double most = 0;
  for (uint32_t begin = 0, end; begin < matrix->rows; begin = end) {
    end = end_of_block(matrix, begin);
    double ratio = ON_BLOCK(residual_bound, x, b, r, bound);
    most = ratio <= most ? most : ratio;
  }
  return most;
}

sl_status sl_csr_apply(const sl_csr *matrix, bool transposed, const double *x, size_t x_length,
                       double *y, size_t y_length) {
  SL_REQUIRE(x_length == (transposed ? matrix->rows : matrix->cols), SL_ERR_SHAPE, "x",
             transposed ? "as many elements as the matrix has rows"
                        : "as many elements as the matrix has columns");
  SL_REQUIRE(y_length == (transposed ? matrix->cols : matrix->rows), SL_ERR_SHAPE, "y",
             transposed ? "as many elements as the matrix has columns"
                        : "as many elements as the matrix has rows");
  SL_REQUIRE(x != y, SL_ERR_ARGUMENT, "y", "an array other than x");
  if (transposed)
    sl_csr_multiply_transpose(matrix, x, y);
  else
    sl_csr_multiply(matrix, x, y);
  return SL_OK;
}
