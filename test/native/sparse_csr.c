#include "matrices.h"

#include <math.h>

static void empty_shapes_and_wrong_arguments_are_refused(void **state) {
  (void)state;
  sl_csr *m = (sl_csr *)1;
  uint32_t zero[2] = {0, 0}, one[1] = {1};
  double value[1] = {1}, nan[1] = {NAN}, inf[1] = {-INFINITY};
  float nan32[1] = {NAN};
  assert_refused(sl_csr_from_coo(0, 1, 0, NULL, NULL, NULL, SL_VALUES_PATTERN, &m), SL_ERR_EMPTY,
                 "rows");
  assert_null(m);
  assert_refused(sl_csr_from_coo(1, 0, 0, NULL, NULL, NULL, SL_VALUES_PATTERN, &m), SL_ERR_EMPTY,
                 "cols");
  assert_refused(sl_csr_from_coo(UINT32_MAX, 1, 0, zero, zero, NULL, SL_VALUES_PATTERN, &m),
                 SL_ERR_OVERFLOW, "rows");
  assert_refused(sl_csr_from_coo(1, UINT32_MAX, 0, zero, zero, NULL, SL_VALUES_PATTERN, &m),
                 SL_ERR_OVERFLOW, "cols");
  assert_refused(sl_csr_from_coo(1, 1, 1, zero, zero, NULL, SL_VALUES_F64, &m), SL_ERR_ARGUMENT,
                 "values");
  assert_refused(sl_csr_from_coo(1, 1, 1, zero, zero, value, SL_VALUES_PATTERN, &m),
                 SL_ERR_ARGUMENT, "values");
  assert_refused(sl_csr_from_coo(1, 1, 1, zero, zero, value, (sl_value_type)3, &m), SL_ERR_OPTION,
                 "value_type");
  assert_refused(sl_csr_from_coo(1, 2, 1, one, zero, value, SL_VALUES_F64, &m), SL_ERR_INDEX,
                 "row_indices");
  assert_int_equal(sl_last_error()->position, 0);
  assert_refused(sl_csr_from_coo(2, 1, 1, zero, one, value, SL_VALUES_F64, &m), SL_ERR_INDEX,
                 "column_indices");
  assert_refused(sl_csr_from_coo(1, 1, 1, zero, zero, nan, SL_VALUES_F64, &m), SL_ERR_NOT_FINITE,
                 "values");
  assert_refused(sl_csr_from_coo(1, 1, 1, zero, zero, inf, SL_VALUES_F64, &m), SL_ERR_NOT_FINITE,
                 "values");
  assert_refused(sl_csr_from_coo(1, 1, 1, zero, zero, nan32, SL_VALUES_F32, &m), SL_ERR_NOT_FINITE,
                 "values");
  assert_null(m);
}

static void row_pointers_are_checked_against_everything(void **state) {
  (void)state;
  sl_csr *m;
  uint32_t columns[3] = {0, 1, 0};
  double values[3] = {1, 2, 3};
  uint32_t good[3] = {0, 2, 3}, start[3] = {1, 2, 3}, falling[3] = {0, 3, 2}, end[3] = {0, 2, 4};
  assert_refused(sl_csr_from_csr(2, 2, good, 2, columns, 3, values, 3, SL_VALUES_F64, &m),
                 SL_ERR_SHAPE, "row_pointers");
  assert_refused(sl_csr_from_csr(2, 2, start, 3, columns, 3, values, 3, SL_VALUES_F64, &m),
                 SL_ERR_SHAPE, "row_pointers");
  assert_refused(sl_csr_from_csr(2, 2, falling, 3, columns, 3, values, 3, SL_VALUES_F64, &m),
                 SL_ERR_ARGUMENT, "row_pointers");
  assert_int_equal(sl_last_error()->position, 2);
  assert_refused(sl_csr_from_csr(2, 2, end, 3, columns, 3, values, 3, SL_VALUES_F64, &m),
                 SL_ERR_SHAPE, "row_pointers");
  assert_refused(sl_csr_from_csr(2, 2, good, 3, columns, 3, values, 2, SL_VALUES_F64, &m),
                 SL_ERR_SHAPE, "values");
  assert_refused(sl_csr_from_csr(2, 1, good, 3, columns, 3, values, 3, SL_VALUES_F64, &m),
                 SL_ERR_INDEX, "columns");
  assert_int_equal(sl_last_error()->position, 1);
  assert_ok(sl_csr_from_csr(2, 2, good, 3, columns, 3, values, 3, SL_VALUES_F64, &m));
  assert_canonical(m);
  assert_int_equal(sl_csr_bytes(m), sl_bytes_in_use());
  sl_csr_destroy(m);
}

static void matrix_without_entries_is_a_matrix(void **state) {
  (void)state;
  sl_csr *m, *t;
  assert_ok(sl_csr_from_coo(3, 2, 0, NULL, NULL, NULL, SL_VALUES_PATTERN, &m));
  assert_canonical(m);
  assert_ok(sl_csr_transpose(m, &t));
  assert_int_equal(t->rows, 2);
  assert_int_equal(t->cols, 3);
  assert_canonical(t);
  sl_csr_destroy(t);
  sl_csr_destroy(m);
  uint32_t pointers[2] = {0, 0};
  assert_ok(sl_csr_from_csr(1, 1, pointers, 2, NULL, 0, (double[1]){0}, 0, SL_VALUES_F64, &m));
  const sl_matrix_class *facts;
  assert_ok(sl_csr_classify(m, &facts));
  assert_true(facts->zero_diagonal && facts->symmetric && facts->laplacian && !facts->m_matrix);
  sl_csr_destroy(m);
}

static void duplicates_are_summed_in_the_order_given(void **state) {
  (void)state;
  // (1e16 + 1) - 1e16 is 0 in f64 from the left, and 1 from the right.
  uint32_t rows[5] = {1, 0, 1, 1, 0}, columns[5] = {1, 2, 1, 1, 0};
  double values[5] = {1e16, -0.0, 1, -1e16, 4};
  sl_csr *m;
  assert_ok(sl_csr_from_coo(2, 3, 5, rows, columns, values, SL_VALUES_F64, &m));
  assert_canonical(m);
  assert_int_equal(m->nnz, 3);
  double found;
  assert_ok(sl_csr_get(m, 1, 1, &found));
  assert_true(found == 0);
  assert_ok(sl_csr_get(m, 0, 2, &found));
  assert_true(found == 0 && signbit(found));
  assert_ok(sl_csr_get(m, 0, 1, &found));
  assert_true(found == 0 && !signbit(found));
  assert_refused(sl_csr_get(m, 2, 0, &found), SL_ERR_INDEX, "row");
  assert_refused(sl_csr_get(m, 0, 3, &found), SL_ERR_INDEX, "column");
  assert_int_equal(sl_csr_bytes(m), sl_bytes_in_use());
  sl_csr_destroy(m);

  double huge[2] = {0x1p1023, 0x1p1023};
  float huge32[2] = {0x1p127f, 0x1p127f};
  uint32_t zeros[2] = {0, 0};
  assert_refused(sl_csr_from_coo(1, 1, 2, zeros, zeros, huge, SL_VALUES_F64, &m), SL_ERR_NOT_FINITE,
                 "values");
  assert_refused(sl_csr_from_coo(1, 1, 2, zeros, zeros, huge32, SL_VALUES_F32, &m),
                 SL_ERR_NOT_FINITE, "values");
  assert_ok(sl_csr_from_coo(1, 1, 2, zeros, zeros, NULL, SL_VALUES_PATTERN, &m));
  assert_int_equal(m->nnz, 1);
  sl_csr_destroy(m);
}

// Random triples of each value type against a dense sum, by way of both builders.
static void builders_agree_with_a_dense_sum(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 11);
  for (int trial = 0; trial < SL_TRIES(2000); trial++) {
    uint32_t rows = 1 + sl_rng_below(&rng, LARGEST), cols = 1 + sl_rng_below(&rng, LARGEST);
    uint32_t count = sl_rng_below(&rng, 60), i[60], j[60];
    double v[60], dense[LARGEST][LARGEST] = {{0}}, found[LARGEST][LARGEST];
    float f[60];
    sl_value_type type = (sl_value_type)sl_rng_below(&rng, 3);
    for (uint32_t k = 0; k < count; k++) {
      i[k] = sl_rng_below(&rng, rows);
      j[k] = sl_rng_below(&rng, cols);
      f[k] = (float)(v[k] = (double)sl_rng_below(&rng, 64) - 32);
      dense[i[k]][j[k]] = type == SL_VALUES_PATTERN ? 1 : dense[i[k]][j[k]] + v[k];
    }
    const void *values = type == SL_VALUES_F64   ? (void *)v
                         : type == SL_VALUES_F32 ? (void *)f
                                                 : NULL;
    sl_csr *m, *again, *t, *back;
    assert_ok(sl_csr_from_coo(rows, cols, count, i, j, values, type, &m));
    assert_canonical(m);
    to_dense(m, found);
    assert_memory_equal(found, dense, sizeof dense);
    assert_ok(sl_csr_from_csr(rows, cols, m->row_pointers, rows + 1, m->columns, m->nnz, m->values,
                              m->nnz, type, &again));
    assert_same_matrix(m, again);
    assert_ok(sl_csr_transpose(m, &t));
    assert_canonical(t);
    double diagonal[LARGEST];
    sl_csr_diagonal(m, diagonal);
    for (uint32_t r = 0; r < rows; r++) {
      for (uint32_t c = 0; c < cols; c++) {
        double entry, mirrored;
        assert_ok(sl_csr_get(m, r, c, &entry));
        assert_ok(sl_csr_get(t, c, r, &mirrored));
        assert_true(entry == dense[r][c] && mirrored == dense[r][c]);
      }
      if (r < cols) assert_true(diagonal[r] == dense[r][r]);
    }
    assert_ok(sl_csr_transpose(t, &back));
    assert_same_matrix(m, back);
    sl_csr_destroy(m);
    sl_csr_destroy(again);
    sl_csr_destroy(t);
    sl_csr_destroy(back);
  }
}

// Half of the entries against all of them, written out.
static void mirror_images_are_added(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 12);
  for (int trial = 0; trial < SL_TRIES(1000); trial++) {
    uint32_t n = 1 + sl_rng_below(&rng, LARGEST), count = sl_rng_below(&rng, 40), all = 0;
    uint32_t i[80], j[80];
    double v[80];
    bool skew = sl_rng_below(&rng, 2);
    sl_value_type type = sl_rng_below(&rng, 2) ? SL_VALUES_F64 : SL_VALUES_PATTERN;
    sl_csr *half, *whole;
    uint32_t a[40], b[40];
    double w[40];
    for (uint32_t k = 0; k < count; k++) {
      i[all] = a[k] = sl_rng_below(&rng, n);
      j[all] = b[k] = sl_rng_below(&rng, n);
      // No round numbers: the order of the sums shows.
      v[all++] = w[k] = sl_rng_double(&rng) - 0.5;
      if (a[k] == b[k]) continue;
      i[all] = b[k];
      j[all] = a[k];
      v[all++] = skew ? -w[k] : w[k];
    }
    bool values = type == SL_VALUES_F64;
    assert_ok(sl_csr_from_half(n, count, a, b, values ? w : NULL, type, skew, &half));
    assert_ok(sl_csr_from_coo(n, n, all, i, j, values ? v : NULL, type, &whole));
    assert_canonical(half);
    assert_same_matrix(half, whole);
    sl_csr_destroy(half);
    sl_csr_destroy(whole);
  }
}

static void unsorted_csr_with_duplicates_is_put_in_order(void **state) {
  (void)state;
  uint32_t pointers[4] = {0, 4, 4, 6}, columns[6] = {2, 0, 2, 1, 1, 1};
  float values[6] = {1, 2, 3, 4, 5, 6};
  sl_csr *m;
  assert_ok(sl_csr_from_csr(3, 3, pointers, 4, columns, 6, values, 6, SL_VALUES_F32, &m));
  assert_canonical(m);
  const uint32_t want_columns[4] = {0, 1, 2, 1}, want_pointers[4] = {0, 3, 3, 4};
  const float want_values[4] = {2, 4, 4, 11};
  assert_int_equal(m->nnz, 4);
  assert_memory_equal(m->columns, want_columns, sizeof want_columns);
  assert_memory_equal(m->row_pointers, want_pointers, sizeof want_pointers);
  assert_memory_equal(m->values, want_values, sizeof want_values);
  sl_csr_destroy(m);
}

static void largest_index_of_a_wide_matrix_is_kept(void **state) {
  (void)state;
  uint32_t rows[2] = {0, 1}, columns[2] = {UINT32_MAX - 2, 0};
  sl_csr *m;
  assert_ok(sl_csr_from_coo(2, UINT32_MAX - 1, 2, rows, columns, NULL, SL_VALUES_PATTERN, &m));
  double found;
  assert_ok(sl_csr_get(m, 0, UINT32_MAX - 2, &found));
  assert_true(found == 1);
  sl_csr *t;
  sl_set_memory_limit(1 << 20);
  assert_refused(sl_csr_transpose(m, &t), SL_ERR_MEMORY, "memory");
  assert_null(t);
  sl_csr_destroy(m);
  assert_int_equal(sl_csr_estimate_bytes(10, 20, SL_VALUES_F32), sizeof(sl_csr) + 44 + 160);
}

// Every limit from nothing to enough: a failure leaves nothing behind, and a success is whole.
static void every_allocation_may_fail(void **state) {
  (void)state;
  uint32_t rows[6] = {2, 0, 1, 2, 2, 0}, columns[6] = {1, 2, 0, 1, 0, 0};
  double values[6] = {1, 2, 3, 4, 5, 6};
  int refusals = 0;
  bool done = false;
  for (size_t limit = 0; !done; limit += 4) {
    sl_set_memory_limit(limit);
    sl_csr *m, *t = NULL;
    const sl_matrix_class *facts;
    sl_status status = sl_csr_from_coo(3, 3, 6, rows, columns, values, SL_VALUES_F64, &m);
    if (status == SL_OK) {
      status = sl_csr_transpose(m, &t);
      if (status == SL_OK) status = sl_csr_classify(m, &facts);
      if (status == SL_OK) assert_canonical(t);
      done = status == SL_OK;
      sl_csr_destroy(m);
      sl_csr_destroy(t);
    } else {
      assert_null(m);
    }
    if (!done) {
      assert_int_equal(status, SL_ERR_MEMORY);
      refusals++;
    }
    assert_int_equal(sl_bytes_in_use(), 0);
  }
  assert_true(refusals > 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(empty_shapes_and_wrong_arguments_are_refused),
      property(row_pointers_are_checked_against_everything),
      property(matrix_without_entries_is_a_matrix),
      property(duplicates_are_summed_in_the_order_given),
      property(builders_agree_with_a_dense_sum),
      property(mirror_images_are_added),
      property(unsorted_csr_with_duplicates_is_put_in_order),
      property(largest_index_of_a_wide_matrix_is_kept),
      property(every_allocation_may_fail),
  };
  return cmocka_run_group_tests_name("sparse_csr", tests, NULL, NULL);
}
