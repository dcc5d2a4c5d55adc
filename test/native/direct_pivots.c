// Which entry of a row is its pivot, in blocks of few rows and of many.
#include "direct_lu.h"

// A ring of rows whose diagonal is a tenth of the entry after it: one block.
static sl_csr *ring(uint32_t n) {
  entries e = {0};
  for (uint32_t i = 0; i < n; i++) {
    entries_add(&e, i, i, 0.1);
    entries_add(&e, i, (i + 1) % n, 1);
  }
  return entries_matrix(&e, n);
}

// An order that does not foresee pivots keeps to the diagonal only where it is half of the largest, in
// blocks of every size.
static void orders_that_foresee_nothing_pivot_freely(void **state) {
  (void)state;
  static const uint32_t sizes[] = {3, 31, 63, 64, 65, 100};
  static const sl_lu_ordering orderings[] = {SL_LU_ORDER_MINIMUM_DEGREE, SL_LU_ORDER_NATURAL,
                                             SL_LU_ORDER_COLUMNS};
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    for (int o = 0; o < 3; o++) {
      sl_csr *matrix = ring(sizes[s]);
      sl_lu_options options = sl_lu_options_default();
      options.matching = SL_LU_MATCHING_STRUCTURE;
      options.ordering = orderings[o];
      sl_lu *lu = factorised(matrix, &options);
      sl_lu_facts facts;
      assert_ok(sl_lu_get_facts(lu, &facts));
      assert_int_equal(facts.largest_block, sizes[s]);
      if (o == 0)
        assert_close(facts.smallest_pivot, 0.1, 1e-9);
      else
        assert_true(facts.smallest_pivot >= 0.5);
      sl_lu_destroy(lu);
      sl_csr_destroy(matrix);
    }
  }
}

// Rows x_0 + x_1 and x_0 + x_1 + least x_2, then sums of neighbours, the last of which leads back to x_1: of
// all products of the determinant those cancel that have no factor `least`.
static sl_csr *cancelling_ring(uint32_t n, double least) {
  entries e = {0};
  for (uint32_t j = 0; j < 2; j++) {
    entries_add(&e, 0, j, 1);
    entries_add(&e, 1, j, 1);
  }
  entries_add(&e, 1, 2, least);
  for (uint32_t i = 2; i < n; i++) {
    entries_add(&e, i, i, 1);
    entries_add(&e, i, i + 1 < n ? i + 1 : 1, 1);
  }
  return entries_matrix(&e, n);
}

// Where a part of the largest candidate underflows, a pivot of 0 is not large enough.
static void a_pivot_of_zero_is_none(void **state) {
  (void)state;
  static const uint32_t sizes[] = {3, 64, 65, 90};
  static const double least[] = {0x1p-1072, 0x1p-100}, thresholds[] = {0.01, 1e-300};
  for (int trial = 0; trial < 16; trial++) {
    uint32_t n = sizes[trial / 4], which = trial % 2;
    sl_csr *matrix = cancelling_ring(n, least[which]);
    sl_lu_options options = {.pivot_threshold = thresholds[which],
                             .matching = SL_LU_MATCHING_STRUCTURE,
                             .ordering = SL_LU_ORDER_MINIMUM_DEGREE};
    if (trial % 4 >= 2) options.ordering = SL_LU_ORDER_NATURAL;
    sl_lu *lu = factorised(matrix, &options);
    sl_lu_facts facts;
    assert_ok(sl_lu_get_facts(lu, &facts));
    assert_true(facts.smallest_pivot > 0);
    assert_close(facts.log_determinant, log(least[which]), 1e-9);
    // Of the others no answer is a number: the right-hand side is divided by the pivot.
    if (which == 1) {
      double b[90] = {0}, x[90];
      b[1] = 3;
      assert_ok(sl_lu_solve(lu, b, x, 1));
      for (uint32_t i = 2; i < n; i++) {
        assert_true(x[i] == ldexp(i % 2 == 0 ? 3 : -3, 100));
      }
      assert_true(x[1] == -x[n - 1] && x[0] == -x[1]);
    }
    sl_lu_destroy(lu);
    sl_csr_destroy(matrix);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(orders_that_foresee_nothing_pivot_freely),
      property(a_pivot_of_zero_is_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
