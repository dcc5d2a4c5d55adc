#include "matrices.h"

#include <math.h>

// Room for exact sums of twelve doubles of similar size.
typedef long double wide;

static sl_csr *from_dense(uint32_t n, double dense[LARGEST][LARGEST], bool keep_zeros) {
  uint32_t rows[LARGEST * LARGEST], columns[LARGEST * LARGEST], count = 0;
  double values[LARGEST * LARGEST];
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t j = 0; j < n; j++) {
      if (dense[i][j] == 0 && !keep_zeros) continue;
      rows[count] = i;
      columns[count] = j;
      values[count++] = dense[i][j];
    }
  }
  sl_csr *m;
  assert_ok(sl_csr_from_coo(n, n, count, rows, columns, values, SL_VALUES_F64, &m));
  return m;
}

// Every fact from its definition, over the dense array.
static void check_facts(uint32_t n, double a[LARGEST][LARGEST], bool keep_zeros) {
  sl_csr *m = from_dense(n, a, keep_zeros);
  const sl_matrix_class *facts, *again;
  assert_ok(sl_csr_classify(m, &facts));
  bool symmetric = true, positive = true, zero = false, nonpositive = true, zero_sums = true;
  uint32_t zero_row = 0, longest = 0;
  // The row (column) with least slack, absolute and relative.
  int least[2] = {0, 0}, least_relative[2] = {0, 0};
  wide diagonal[LARGEST], off[2][LARGEST] = {{0}}, norm[2] = {0, 0};
  for (uint32_t i = 0; i < n; i++) {
    uint32_t length = 0;
    wide sum = 0;
    for (uint32_t j = 0; j < n; j++) {
      sum += a[i][j];
      length += a[i][j] != 0 || keep_zeros;
      if (a[i][j] != a[j][i]) symmetric = false;
      if (i == j) continue;
      if (a[i][j] > 0) nonpositive = false;
      off[0][i] += fabs(a[i][j]);
      off[1][i] += fabs(a[j][i]);
    }
    diagonal[i] = fabs(a[i][i]);
    if (a[i][i] <= 0) positive = false;
    if (a[i][i] < 0 || fabsl(sum) > 1e-15L * (diagonal[i] + off[0][i])) zero_sums = false;
    if (a[i][i] == 0 && !zero) {
      zero = true;
      zero_row = i;
    }
    if (length > longest) longest = length;
    for (int side = 0; side < 2; side++) {
      wide slack = diagonal[i] - off[side][i], low = diagonal[least[side]] - off[side][least[side]];
      if (slack < low) least[side] = (int)i;
      int at = least_relative[side];
      bool worse = diagonal[at] > 0 &&
                   (diagonal[i] == 0 || off[side][i] * diagonal[at] > off[side][at] * diagonal[i]);
      if (worse) least_relative[side] = (int)i;
      if (diagonal[i] + off[side][i] > norm[side]) norm[side] = diagonal[i] + off[side][i];
    }
  }
  assert_true(facts->square);
  assert_int_equal(facts->symmetric, symmetric);
  assert_int_equal(facts->positive_diagonal, positive);
  assert_int_equal(facts->zero_diagonal, zero);
  if (zero) assert_int_equal(facts->zero_diagonal_row, zero_row);
  assert_int_equal(facts->nonpositive_off_diagonal, nonpositive);
  assert_int_equal(facts->laplacian, symmetric && nonpositive && zero_sums);
  assert_int_equal(facts->max_row_nnz, longest);
  const double slack[2] = {facts->min_row_slack, facts->min_column_slack};
  const double relative[2] = {facts->min_relative_row_slack, facts->min_relative_column_slack};
  const double norms[2] = {facts->norm_inf, facts->norm_1};
  for (int side = 0; side < 2; side++) {
    int at = least[side], rel = least_relative[side];
    wide least_slack = diagonal[at] - off[side][at];
    assert_true(slack[side] <= least_slack);
    assert_true(least_slack - slack[side] <= 1e-14L * norm[side]);
    if (diagonal[rel] > 0) {
      wide exact = (diagonal[rel] - off[side][rel]) / diagonal[rel];
      assert_true(relative[side] <= exact + 1e-18L * fabsl(exact) * (exact < 0));
      assert_true(exact - relative[side] <= 1e-14L * (1 + fabsl(exact)));
    } else {
      assert_true(relative[side] == -INFINITY);
    }
    assert_true(norms[side] >= norm[side] && norms[side] <= norm[side] * (1 + 1e-14L));
  }
  bool dominant = slack[0] > 0 || slack[1] > 0;
  assert_int_equal(facts->m_matrix, nonpositive && positive && dominant);
  for (uint32_t i = 0; i < n; i++) {
    wide exact = diagonal[i] - off[0][i];
    double found = sl_csr_row_slack(m, i);
    assert_true(found <= exact && exact - found <= 1e-14L * (diagonal[i] + off[0][i]));
  }
  assert_ok(sl_csr_classify(m, &again));
  assert_ptr_equal(facts, again);
  sl_csr_destroy(m);
}

// Values on a coarse grid make ties, zeros and exact symmetry likely; others exercise rounding.
static double entry(sl_rng *rng, int kind) {
  if (kind == 0) return (double)sl_rng_below(rng, 5) - 2;
  if (kind == 1) return -(double)sl_rng_below(rng, 3);
  return sl_rng_double(rng) * 2 - 1;
}

static void facts_match_their_definitions(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  int seen_symmetric = 0, seen_laplacian = 0, seen_m = 0, seen_asymmetric = 0;
  for (int trial = 0; trial < SL_TRIES(6000); trial++) {
    uint32_t n = 1 + sl_rng_below(&rng, LARGEST);
    int kind = (int)sl_rng_below(&rng, 3);
    bool mirror = sl_rng_below(&rng, 2), laplacian = sl_rng_below(&rng, 3) == 0;
    double density = sl_rng_double(&rng), a[LARGEST][LARGEST] = {{0}};
    for (uint32_t i = 0; i < n; i++) {
      for (uint32_t j = 0; j < n; j++) {
        if (sl_rng_double(&rng) < density) a[i][j] = entry(&rng, kind);
      }
    }
    for (uint32_t i = 0; mirror && i < n; i++) {
      for (uint32_t j = 0; j < i; j++) a[i][j] = a[j][i];
    }
    // One broken mirror, in the pattern or in a value, at a random place.
    if (mirror && n > 1 && sl_rng_below(&rng, 4) == 0) {
      uint32_t i = sl_rng_below(&rng, n), j = sl_rng_below(&rng, n);
      a[i][j] = sl_rng_below(&rng, 2) ? 0 : 7;
    }
    bool dominant = sl_rng_below(&rng, 3) == 0;
    for (uint32_t i = 0; laplacian && i < n; i++) {
      double sum = 0;
      for (uint32_t j = 0; j < n; j++) sum += fabs(a[i][j] = j == i ? 0 : -fabs(a[i][j]));
      a[i][i] = sum + (dominant || sl_rng_below(&rng, 8) == 0 ? 0.25 : 0);
    }
    check_facts(n, a, sl_rng_below(&rng, 4) == 0);
    sl_csr *m = from_dense(n, a, false);
    const sl_matrix_class *facts;
    assert_ok(sl_csr_classify(m, &facts));
    seen_symmetric += facts->symmetric;
    seen_asymmetric += !facts->symmetric;
    seen_laplacian += facts->laplacian;
    seen_m += facts->m_matrix;
    sl_csr_destroy(m);
  }
  // The trials are no proof if a class never occurs.
  assert_true(seen_symmetric > SL_TRIES(500) && seen_asymmetric > SL_TRIES(500) &&
              seen_laplacian > SL_TRIES(200) && seen_m > SL_TRIES(100));
}

// 1 - (0.1 ten times) is 1.1e-16 in f64 from the left, but exactly -5.55e-17: no slack to prove.
static void slack_that_is_only_rounding_is_not_claimed(void **state) {
  (void)state;
  double a[LARGEST][LARGEST] = {{0}};
  for (uint32_t i = 0; i < 11; i++) {
    for (uint32_t j = 0; j < 11; j++) a[i][j] = i == j ? 1 : -0.1;
  }
  sl_csr *m = from_dense(11, a, false);
  const sl_matrix_class *facts;
  assert_ok(sl_csr_classify(m, &facts));
  assert_true(facts->min_row_slack <= 0 && facts->min_column_slack <= 0);
  assert_false(facts->m_matrix);
  assert_true(facts->laplacian);
  sl_csr_destroy(m);
}

static void single_entry_and_sums_that_overflow(void **state) {
  (void)state;
  double one[LARGEST][LARGEST] = {{-3}},
         huge[LARGEST][LARGEST] = {{0x1p1023, 0x1p1023, 0x1p1023}, {0, 1}, {0, 0, 1}};
  sl_csr *m = from_dense(1, one, false);
  const sl_matrix_class *facts;
  assert_ok(sl_csr_classify(m, &facts));
  assert_true(facts->symmetric && !facts->positive_diagonal && !facts->laplacian &&
              !facts->m_matrix);
  assert_true(facts->min_row_slack > 2.99 && facts->min_row_slack <= 3 &&
              facts->min_relative_row_slack <= 1);
  sl_csr_destroy(m);
  m = from_dense(3, huge, false);
  assert_ok(sl_csr_classify(m, &facts));
  assert_true(facts->norm_inf == INFINITY && facts->min_row_slack == -INFINITY);
  assert_false(facts->m_matrix && facts->min_column_slack <= 0);
  sl_csr_destroy(m);
}

static void rectangular_matrix_has_norms_and_no_square_fact(void **state) {
  (void)state;
  uint32_t rows[3] = {0, 0, 1}, columns[3] = {0, 2, 2};
  float values[3] = {1, -2, 4};
  sl_csr *m;
  assert_ok(sl_csr_from_coo(2, 3, 3, rows, columns, values, SL_VALUES_F32, &m));
  const sl_matrix_class *facts;
  assert_ok(sl_csr_classify(m, &facts));
  assert_false(facts->square || facts->symmetric || facts->laplacian || facts->m_matrix);
  assert_true(facts->norm_inf >= 4 && facts->norm_inf < 4.0001);
  assert_true(facts->norm_1 >= 6 && facts->norm_1 < 6.0001);
  assert_true(facts->min_row_slack == -INFINITY);
  assert_int_equal(facts->max_row_nnz, 2);
  sl_csr_destroy(m);
}

static void pattern_counts_each_entry_as_one(void **state) {
  (void)state;
  uint32_t rows[3] = {0, 1, 1}, columns[3] = {0, 1, 0};
  sl_csr *m;
  assert_ok(sl_csr_from_coo(2, 2, 3, rows, columns, NULL, SL_VALUES_PATTERN, &m));
  const sl_matrix_class *facts;
  assert_ok(sl_csr_classify(m, &facts));
  assert_true(facts->positive_diagonal && !facts->symmetric && !facts->nonpositive_off_diagonal);
  assert_true(facts->min_row_slack <= 0 && facts->norm_inf >= 2);
  sl_csr_destroy(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(facts_match_their_definitions),
      property(slack_that_is_only_rounding_is_not_claimed),
      property(single_entry_and_sums_that_overflow),
      property(rectangular_matrix_has_norms_and_no_square_fact),
      property(pattern_counts_each_entry_as_one),
  };
  return cmocka_run_group_tests_name("sparse_classify", tests, NULL, NULL);
}
