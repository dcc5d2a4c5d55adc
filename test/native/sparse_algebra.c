// Sums, products and parts of matrices, against their definitions written out on dense arrays. The
// values are small whole numbers, so that every order of summing gives the same.
#include "matrices.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sparse/algebra.h"

#define MOST 24

typedef struct dense {
  uint32_t rows, cols;
  double values[MOST][MOST];
  bool stored[MOST][MOST];
} dense;

static dense open_up(const sl_csr *matrix) {
  dense all = {.rows = matrix->rows, .cols = matrix->cols};
  for (uint32_t i = 0; i < matrix->rows; i++) {
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
      all.values[i][matrix->columns[k]] = sl_csr_value(matrix, k);
      all.stored[i][matrix->columns[k]] = true;
    }
  }
  return all;
}

static sl_csr *random_matrix(sl_rng *rng, uint32_t rows, uint32_t cols, sl_value_type type) {
  uint32_t i[200], j[200], count = sl_rng_below(rng, 200);
  double wide[200];
  float narrow[200];
  for (uint32_t k = 0; k < count; k++) {
    i[k] = sl_rng_below(rng, rows);
    j[k] = sl_rng_below(rng, cols);
    wide[k] = (double)sl_rng_below(rng, 9) - 4;
    narrow[k] = (float)wide[k];
  }
  sl_csr *matrix;
  const void *values = type == SL_VALUES_F64 ? (void *)wide : type == SL_VALUES_F32 ? narrow : NULL;
  assert_ok(sl_csr_from_coo(rows, cols, count, i, j, values, type, &matrix));
  return matrix;
}

static void require_equal(const sl_csr *found, const dense *wanted) {
  assert_canonical(found);
  assert_int_equal(found->rows, wanted->rows);
  assert_int_equal(found->cols, wanted->cols);
  dense all = open_up(found);
  for (uint32_t i = 0; i < wanted->rows; i++) {
    for (uint32_t j = 0; j < wanted->cols; j++) {
      assert_true(all.values[i][j] == wanted->values[i][j]);
      assert_int_equal(all.stored[i][j], wanted->stored[i][j]);
    }
  }
}

static sl_value_type type_of(sl_value_type a, sl_value_type b) {
  if (a == SL_VALUES_F64 || b == SL_VALUES_F64) return SL_VALUES_F64;
  return a == SL_VALUES_F32 || b == SL_VALUES_F32 ? SL_VALUES_F32 : SL_VALUES_F64;
}

static void sums_and_products_are_those_of_the_definition(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 71);
  for (int trial = 0; trial < SL_TRIES(300); trial++) {
    uint32_t n = 1 + sl_rng_below(&rng, MOST), m = 1 + sl_rng_below(&rng, MOST),
             p = 1 + sl_rng_below(&rng, MOST);
    sl_value_type s = (sl_value_type)sl_rng_below(&rng, 3),
                  t = (sl_value_type)sl_rng_below(&rng, 3);
    sl_csr *a = random_matrix(&rng, n, m, s), *b = random_matrix(&rng, n, m, t),
           *c = random_matrix(&rng, m, p, t), *found;
    dense A = open_up(a), B = open_up(b), C = open_up(c), sum = {n, m, {{0}}, {{0}}},
          product = {n, p, {{0}}, {{0}}}, scaled = A;
    for (uint32_t i = 0; i < n; i++) {
      for (uint32_t j = 0; j < m; j++) {
        sum.values[i][j] = 2 * A.values[i][j] - 3 * B.values[i][j];
        sum.stored[i][j] = A.stored[i][j] || B.stored[i][j];
        scaled.values[i][j] = -0.5 * A.values[i][j];
        for (uint32_t k = 0; k < p; k++) {
          product.values[i][k] += A.values[i][j] * C.values[j][k];
          product.stored[i][k] |= A.stored[i][j] && C.stored[j][k];
        }
      }
    }
    assert_ok(sl_csr_add(2, a, -3, b, &found));
    require_equal(found, &sum);
    assert_int_equal(found->value_type, type_of(s, t));
    sl_csr_destroy(found);
    assert_ok(sl_csr_scale(a, -0.5, &found));
    require_equal(found, &scaled);
    assert_int_equal(found->value_type, type_of(s, s));
    sl_csr_destroy(found);
    assert_ok(sl_csr_product(a, c, &found));
    require_equal(found, &product);
    assert_int_equal(found->value_type, type_of(s, t));
    sl_csr_destroy(found);
    sl_csr_destroy(a);
    sl_csr_destroy(b);
    sl_csr_destroy(c);
  }
}

static void parts_have_the_rows_and_columns_in_order(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 72);
  for (int trial = 0; trial < SL_TRIES(300); trial++) {
    uint32_t n = 1 + sl_rng_below(&rng, MOST), m = 1 + sl_rng_below(&rng, MOST);
    sl_value_type type = (sl_value_type)sl_rng_below(&rng, 3);
    sl_csr *a = random_matrix(&rng, n, m, type), *found;
    uint32_t rows[MOST], cols[MOST], row_count = 1 + sl_rng_below(&rng, MOST), col_count;
    for (uint32_t k = 0; k < row_count; k++) rows[k] = sl_rng_below(&rng, n);
    for (uint32_t j = 0; j < m; j++) cols[j] = j;
    for (uint32_t j = m; j > 1; j--) {
      uint32_t other = sl_rng_below(&rng, j), kept = cols[j - 1];
      cols[j - 1] = cols[other];
      cols[other] = kept;
    }
    col_count = 1 + sl_rng_below(&rng, m);
    bool all_rows = sl_rng_below(&rng, 3) == 0, all_cols = sl_rng_below(&rng, 3) == 0;
    dense A = open_up(a), part = {all_rows ? n : row_count, all_cols ? m : col_count, {{0}}, {{0}}};
    for (uint32_t i = 0; i < part.rows; i++) {
      for (uint32_t j = 0; j < part.cols; j++) {
        part.values[i][j] = A.values[all_rows ? i : rows[i]][all_cols ? j : cols[j]];
        part.stored[i][j] = A.stored[all_rows ? i : rows[i]][all_cols ? j : cols[j]];
      }
    }
    assert_ok(sl_csr_submatrix(a, all_rows ? NULL : rows, row_count, all_cols ? NULL : cols,
                               col_count, &found));
    require_equal(found, &part);
    assert_int_equal(found->value_type, type);
    sl_csr_destroy(found);
    sl_csr_destroy(a);
  }
}

static void what_does_not_fit_is_refused(void **state) {
  (void)state;
  const uint32_t one[2] = {0, 1}, twice[3] = {1, 0, 1}, far[2] = {0, 3};
  const double large[2] = {DBL_MAX, 1};
  sl_csr *a, *b, *found = (sl_csr *)1;
  assert_ok(sl_csr_from_coo(2, 3, 2, one, one, large, SL_VALUES_F64, &a));
  assert_ok(sl_csr_transpose(a, &b));
  assert_refused(sl_csr_add(1, a, 1, b, &found), SL_ERR_SHAPE, "other");
  assert_null(found);
  assert_refused(sl_csr_add(NAN, a, 1, a, &found), SL_ERR_NOT_FINITE, "alpha");
  assert_refused(sl_csr_add(1, a, INFINITY, a, &found), SL_ERR_NOT_FINITE, "beta");
  assert_refused(sl_csr_add(1, a, 1, a, &found), SL_ERR_NOT_FINITE, "values");
  assert_refused(sl_csr_scale(a, INFINITY, &found), SL_ERR_NOT_FINITE, "factor");
  assert_refused(sl_csr_scale(a, 2, &found), SL_ERR_NOT_FINITE, "values");
  assert_refused(sl_csr_product(a, a, &found), SL_ERR_SHAPE, "other");
  assert_refused(sl_csr_product(a, b, &found), SL_ERR_NOT_FINITE, "values");
  assert_refused(sl_csr_submatrix(a, far, 2, NULL, 0, &found), SL_ERR_INDEX, "rows");
  assert_refused(sl_csr_submatrix(a, NULL, 0, far, 2, &found), SL_ERR_INDEX, "columns");
  assert_refused(sl_csr_submatrix(a, NULL, 0, twice, 3, &found), SL_ERR_ARGUMENT, "columns");
  assert_int_equal(sl_last_error()->position, 2);
  assert_refused(sl_csr_submatrix(a, one, 0, NULL, 0, &found), SL_ERR_EMPTY, "rows");
  assert_refused(sl_csr_submatrix(a, NULL, 0, one, 0, &found), SL_ERR_EMPTY, "columns");
  sl_csr_destroy(a);
  sl_csr_destroy(b);
}

static void every_allocation_may_fail(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 73);
  sl_csr *a = random_matrix(&rng, 20, 20, SL_VALUES_F64), *found;
  const uint32_t some[2] = {3, 1};
  const size_t held = sl_bytes_in_use();
  for (int which = 0; which < 4; which++) {
    sl_status status = SL_ERR_MEMORY;
    for (size_t room = 0; status == SL_ERR_MEMORY; room += 16) {
      sl_set_memory_limit(held + room);
      status = which == 0   ? sl_csr_add(1, a, 1, a, &found)
               : which == 1 ? sl_csr_scale(a, 2, &found)
               : which == 2 ? sl_csr_product(a, a, &found)
                            : sl_csr_submatrix(a, some, 2, some, 2, &found);
      if (status == SL_ERR_MEMORY) assert_int_equal(sl_bytes_in_use(), held);
    }
    assert_ok(status);
    sl_csr_destroy(found);
  }
  sl_set_memory_limit(SIZE_MAX);
  sl_csr_destroy(a);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(sums_and_products_are_those_of_the_definition),
      property(parts_have_the_rows_and_columns_in_order),
      property(what_does_not_fit_is_refused),
      property(every_allocation_may_fail),
  };
  return cmocka_run_group_tests_name("sparse_algebra", tests, NULL, NULL);
}
