// Matrices element by element: random shapes against loops of numbers, in both precisions and mixed; edges, misuse.
#include "check.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "linalg/elements.h"

static sl_rng rng;

static sl_dense_matrix *matrix(uint32_t rows, uint32_t columns, uint32_t element) {
  sl_dense_matrix *made;
  assert_ok(sl_dense_matrix_create(rows, columns, element, &made));
  for (size_t i = 0; i < (size_t)rows * columns; i++) {
    const double value = 2 * sl_rng_double(&rng) - 1;
    if (element == SL_ELEMENT_F64)
      ((double *)made->data)[i] = value;
    else
      ((float *)made->data)[i] = (float)value;
  }
  return made;
}

static double at(const sl_dense_matrix *m, uint32_t i, uint32_t j) {
  const size_t place = (size_t)(m->rows == 1 ? 0 : i) * m->columns + (m->columns == 1 ? 0 : j);
  return m->element == SL_ELEMENT_F64 ? ((const double *)m->data)[place]
                                      : (double)((const float *)m->data)[place];
}

static double once(uint32_t operation, double a, double b) {
  return operation == SL_MATRIX_ADD        ? a + b
         : operation == SL_MATRIX_SUBTRACT ? a - b
         : operation == SL_MATRIX_MULTIPLY ? a * b
                                           : a / b;
}

static uint32_t draw(uint32_t below) { return sl_rng_below(&rng, below); }

// A sum, product or quotient of two f32 computed in f64 and rounded to f32 is the one that is rounded once.
static void combines(void **state) {
  (void)state;
  sl_rng_seed(&rng, 4);
  for (int round = 0; round < 400; round++) {
    const uint32_t rows = 1 + draw(9), columns = 1 + draw(round % 10 == 0 ? 700 : 20);
    const uint32_t left = 1 + draw(2), right = 1 + draw(2), operation = draw(4);
    sl_dense_matrix *a = matrix(draw(4) ? rows : 1, draw(4) ? columns : 1, left);
    sl_dense_matrix *b = matrix(draw(4) ? rows : 1, draw(4) ? columns : 1, right);
    const uint32_t m = a->rows == 1 ? b->rows : a->rows;
    const uint32_t n = a->columns == 1 ? b->columns : a->columns;
    const bool wide = left == SL_ELEMENT_F64 || right == SL_ELEMENT_F64;
    sl_dense_matrix *out = matrix(m, n, wide ? SL_ELEMENT_F64 : SL_ELEMENT_F32);
    assert_ok(sl_matrix_combine(a, b, operation, out));
    for (uint32_t i = 0; i < m; i++)
      for (uint32_t j = 0; j < n; j++) {
        const double value = once(operation, at(a, i, j), at(b, i, j));
        assert_true(at(out, i, j) == (wide ? value : (double)(float)value));
      }
    // Into an operand: the same numbers.
    sl_dense_matrix *operand = a->rows == m && a->columns == n ? a : b;
    if (operand->rows == m && operand->columns == n && operand->element == out->element) {
      assert_ok(sl_matrix_combine(a, b, operation, operand));
      for (uint32_t i = 0; i < m; i++)
        for (uint32_t j = 0; j < n; j++) assert_true(at(operand, i, j) == at(out, i, j));
    }
    sl_dense_matrix_destroy(a), sl_dense_matrix_destroy(b), sl_dense_matrix_destroy(out);
  }
}

static void copies(void **state) {
  (void)state;
  sl_rng_seed(&rng, 5);
  for (int round = 0; round < 100; round++) {
    const uint32_t rows = draw(50), columns = draw(50), element = 1 + draw(2);
    sl_dense_matrix *a = matrix(rows, columns, element), *b = matrix(columns, rows, element);
    sl_dense_matrix *narrow = matrix(rows, columns, SL_ELEMENT_F32);
    sl_dense_matrix *wide = matrix(rows, columns, SL_ELEMENT_F64);
    assert_ok(sl_matrix_transpose(a, b));
    assert_ok(sl_matrix_convert(a, narrow));
    assert_ok(sl_matrix_convert(a, wide));
    for (uint32_t i = 0; i < rows; i++)
      for (uint32_t j = 0; j < columns; j++) {
        const size_t turned = (size_t)j * rows + i, place = (size_t)i * columns + j;
        const double value = element == SL_ELEMENT_F64 ? ((double *)a->data)[place]
                                                       : (double)((float *)a->data)[place];
        assert_true((element == SL_ELEMENT_F64 ? ((double *)b->data)[turned]
                                               : (double)((float *)b->data)[turned]) == value);
        assert_true(((float *)narrow->data)[place] == (float)value);
        assert_true(((double *)wide->data)[place] == value);
      }
    sl_dense_matrix_destroy(a), sl_dense_matrix_destroy(b);
    sl_dense_matrix_destroy(narrow), sl_dense_matrix_destroy(wide);
  }
}

static double norm(const sl_dense_matrix *m, uint32_t kind) {
  double out = -1;
  assert_ok(sl_matrix_norm(m, kind, &out));
  return out;
}

static void norms_are(const double *values, double frobenius, double one, double infinity,
                      double most) {
  sl_dense_matrix *m;
  assert_ok(
      sl_dense_matrix_from(values, 6, SL_ELEMENT_F64, 2, 3, 0, SL_ELEMENT_F64, 0, NULL, 0, &m));
  assert_true(fabs(norm(m, SL_MATRIX_FROBENIUS) / frobenius - 1) < 1e-14);
  assert_true(norm(m, SL_MATRIX_ONE) == one);
  assert_true(norm(m, SL_MATRIX_INFINITY) == infinity);
  assert_true(norm(m, SL_MATRIX_LARGEST) == most);
  sl_dense_matrix_destroy(m);
}

static void norms(void **state) {
  (void)state;
  norms_are((double[]){1, -2, 0, 2, 4, 0}, 5, 6, 6, 4);
  norms_are((double[]){3e300, 0, 0, 0, -4e300, 0}, 5e300, 4e300, 4e300, 4e300);
  norms_are((double[]){3 * 0x1p-1074, 0, 0, 0, 4 * 0x1p-1074, 0}, 5 * 0x1p-1074, 0x1p-1072,
            0x1p-1072, 0x1p-1072);
  norms_are((double[]){3 * 0x1p1022, 0, 0, 0, -0x1p-1074, 0}, 3 * 0x1p1022, 3 * 0x1p1022,
            3 * 0x1p1022, 3 * 0x1p1022);
  sl_dense_matrix *m = matrix(0, 3, SL_ELEMENT_F32), *bad = matrix(300, 300, SL_ELEMENT_F32);
  ((float *)bad->data)[777] = NAN;
  for (uint32_t kind = 0; kind < 4; kind++) {
    assert_true(norm(m, kind) == 0);
    assert_true(isnan(norm(bad, kind)));
  }
  ((float *)bad->data)[777] = -INFINITY;
  for (uint32_t kind = 0; kind < 4; kind++) assert_true(norm(bad, kind) == INFINITY);
  double out;
  assert_refused(sl_matrix_norm(m, 4, &out), SL_ERR_OPTION, "kind");
  sl_dense_matrix_destroy(m), sl_dense_matrix_destroy(bad);
}

static void misuse(void **state) {
  (void)state;
  sl_dense_matrix *a = matrix(2, 3, SL_ELEMENT_F32), *b = matrix(3, 2, SL_ELEMENT_F32);
  sl_dense_matrix *wide = matrix(2, 3, SL_ELEMENT_F64), *packed = matrix(2, 3, SL_ELEMENT_F32);
  sl_dense_matrix *none = matrix(0, 3, SL_ELEMENT_F32), *row = matrix(1, 3, SL_ELEMENT_F32);
  assert_ok(sl_dense_matrix_pack(packed));
  assert_refused(sl_matrix_combine(a, a, 4, a), SL_ERR_OPTION, "operation");
  assert_refused(sl_matrix_combine(a, b, 0, a), SL_ERR_SHAPE, "right");
  assert_refused(sl_matrix_combine(a, a, 0, b), SL_ERR_SHAPE, "out");
  assert_refused(sl_matrix_combine(row, a, 0, row), SL_ERR_SHAPE, "out");
  assert_refused(sl_matrix_combine(a, wide, 0, a), SL_ERR_RANGE, "out");
  assert_refused(sl_matrix_combine(a, a, 0, wide), SL_ERR_RANGE, "out");
  assert_refused(sl_matrix_combine(packed, a, 0, a), SL_ERR_OPTION, "left");
  assert_refused(sl_matrix_combine(a, packed, 0, a), SL_ERR_OPTION, "right");
  assert_refused(sl_matrix_combine(a, a, 0, packed), SL_ERR_OPTION, "out");
  assert_refused(sl_matrix_transpose(a, a), SL_ERR_ARGUMENT, "out");
  assert_refused(sl_matrix_transpose(a, wide), SL_ERR_SHAPE, "out");
  assert_refused(sl_matrix_convert(a, b), SL_ERR_SHAPE, "out");
  assert_refused(sl_matrix_convert(packed, a), SL_ERR_OPTION, "matrix");
  sl_dense_matrix_hold(a);
  assert_refused(sl_matrix_combine(a, a, 0, a), SL_ERR_STATE, "out");
  assert_refused(sl_matrix_transpose(b, a), SL_ERR_STATE, "out");
  assert_refused(sl_matrix_convert(wide, a), SL_ERR_STATE, "out");
  sl_dense_matrix_destroy(a);
  // No rows, and a row that is every one of them.
  assert_ok(sl_matrix_combine(none, row, 0, none));
  sl_dense_matrix_destroy(a), sl_dense_matrix_destroy(b), sl_dense_matrix_destroy(wide);
  sl_dense_matrix_destroy(packed), sl_dense_matrix_destroy(none), sl_dense_matrix_destroy(row);
}

int main(void) {
  const struct CMUnitTest tests[] = {property(combines), property(copies), property(norms),
                                     property(misuse)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
