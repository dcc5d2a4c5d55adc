// Blocks of few rows, whose columns are bits: their order against its definition, and their factors beside
// those of blocks that are one row too large for it.
#include "direct_lu.h"

#include "direct/lu_small.h"

// Eliminates the rows of a pattern in an order, each of the least degree; returns what that fills.
static double plain_elimination(uint8_t *joined, uint32_t n, const uint32_t *order, double *flops) {
  double fill = 0;
  uint8_t gone[SL_LU_SMALL] = {0};
  *flops = 0;
  for (uint32_t k = 0; k < n; k++) {
    uint32_t row = order[k], degree = 0, least = n;
    assert_true(row < n && !gone[row]);
    for (uint32_t i = 0; i < n; i++) {
      uint32_t own = 0;
      for (uint32_t j = 0; j < n; j++) own += !gone[j] && j != i && joined[i * n + j];
      if (!gone[i] && own < least) least = own;
      if (i == row) degree = own;
    }
    assert_true(degree == least || degree == 1);
    gone[row] = 1;
    for (uint32_t i = 0; i < n; i++) {
      for (uint32_t j = 0; j < n; j++) {
        if (!gone[i] && !gone[j] && joined[row * n + i] && joined[row * n + j])
          joined[i * n + j] = 1;
      }
    }
    fill += 2.0 * degree;
    *flops += degree * (2.0 * degree + 1);
  }
  return fill;
}

static void orders_are_of_minimum_degree(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 41);
  for (uint32_t n = 1; n <= SL_LU_SMALL; n++) {
    for (uint32_t dense = 0; dense <= 4; dense++) {
      uint8_t *joined = calloc(n * n, 1);
      uint64_t neighbours[SL_LU_SMALL] = {0};
      uint32_t order[SL_LU_SMALL], count = dense == 4 ? n * n : n * dense / 2;
      for (uint32_t k = 0; k < count; k++) {
        uint32_t i = dense == 4 ? k / n : sl_rng_below(&rng, n);
        uint32_t j = dense == 4 ? k % n : sl_rng_below(&rng, n);
        joined[i * n + j] = joined[j * n + i] = 1;
        neighbours[i] |= (uint64_t)1 << j;
        neighbours[j] |= (uint64_t)1 << i;
      }
      double fill, flops, wanted;
      sl_lu_small_order(neighbours, n, order, &fill, &flops);
      assert_true(fill == plain_elimination(joined, n, order, &wanted));
      assert_true(flops == wanted);
      free(joined);
    }
  }
}

static double number(sl_rng *rng) { return 2 * sl_rng_double(rng) - 1; }

// Blocks of the sizes given, with entries left of them, rows and columns shuffled together so that the
// diagonal is matched.
static sl_csr *blocks_of(sl_rng *rng, const uint32_t *sizes, uint32_t count) {
  uint32_t n = 0;
  for (uint32_t s = 0; s < count; s++) n += sizes[s];
  uint32_t *place = shuffle(rng, n);
  entries e = {0};
  for (uint32_t s = 0, begin = 0; s < count; begin += sizes[s++]) {
    for (uint32_t i = 0; i < sizes[s]; i++) {
      uint32_t row = place[begin + i];
      entries_add(&e, row, row, number(rng) + 0.05);
      if (sizes[s] > 1) entries_add(&e, row, place[begin + (i + 1) % sizes[s]], 1 + number(rng));
      for (int k = 0; k < 3; k++) {
        entries_add(&e, row, place[begin + sl_rng_below(rng, sizes[s])], number(rng));
        if (begin > 0) entries_add(&e, row, place[sl_rng_below(rng, begin)], number(rng));
      }
    }
  }
  free(place);
  return entries_matrix(&e, n);
}

static void blocks_of_every_size_are_solved(void **state) {
  (void)state;
  static const uint32_t sizes[] = {
      3,  1,  SL_LU_SMALL, 2, SL_LU_SMALL + 1, 1, 1, SL_LU_SMALL - 1, 5, 17, 2 * SL_LU_SMALL, 4,
      32, 33, 1,           3};
  enum { COUNT = sizeof sizes / sizeof *sizes };
  sl_rng rng;
  sl_rng_seed(&rng, 42);
  for (int trial = 0; trial < 40; trial++) {
    sl_csr *matrix = blocks_of(&rng, sizes, COUNT);
    uint32_t n = matrix->rows;
    double *b = malloc(n * sizeof *b), *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y);
    for (uint32_t i = 0; i < n; i++) b[i] = number(&rng);
    sl_lu_options natural = sl_lu_options_default();
    natural.ordering = SL_LU_ORDER_NATURAL;
    sl_lu *lu = factorised(matrix, NULL), *other = factorised(matrix, &natural);
    sl_lu_facts facts, others;
    assert_ok(sl_lu_get_facts(lu, &facts));
    assert_ok(sl_lu_get_facts(other, &others));
    assert_int_equal(facts.blocks, COUNT);
    assert_int_equal(facts.largest_block, 2 * SL_LU_SMALL);
    assert_int_equal(facts.determinant_sign, others.determinant_sign);
    assert_close(facts.log_determinant, others.log_determinant, 1e-8);
    for (int transpose = 0; transpose < 2; transpose++) {
      assert_true(backward_error(matrix, lu, transpose, b, x, 2) <= 1e-14);
    }
    // The same pivots again give the same factors, entry by entry; and so do the same steps in small pieces.
    assert_ok(sl_lu_solve(lu, b, x, 1));
    assert_ok(sl_lu_begin_refactor(lu, matrix->values, matrix->nnz, SL_VALUES_F64));
    assert_int_equal(run_lu(lu, 1), SL_OUTCOME_CONVERGED);
    assert_ok(sl_lu_solve(lu, b, y, 1));
    assert_memory_equal(x, y, n * sizeof *x);
    sl_lu_destroy(other);
    assert_ok(sl_lu_create(matrix, NULL, &other));
    assert_ok(sl_lu_begin(other));
    assert_int_equal(run_lu(other, 1), SL_OUTCOME_CONVERGED);
    assert_ok(sl_lu_solve(other, b, y, 1));
    assert_memory_equal(x, y, n * sizeof *x);
    sl_lu_destroy(other);
    sl_lu_destroy(lu);
    sl_csr_destroy(matrix);
    free(b);
    free(x);
    free(y);
  }
}

// [[1, 1, 1], [1, 1, 2], [1, 1, 3]]: the third row is left with nothing, exactly.
static void exact_dependence_is_singular(void **state) {
  (void)state;
  const double a[9] = {1, 1, 1, 1, 1, 2, 1, 1, 3};
  sl_csr *matrix = matrix_from_dense(a, 3);
  sl_lu *lu;
  assert_ok(sl_lu_create(matrix, NULL, &lu));
  assert_ok(sl_lu_begin(lu));
  assert_int_equal(run_lu(lu, 1), SL_OUTCOME_SINGULAR);
  uint32_t row, column;
  assert_int_equal(sl_lu_get_singularity(lu, &row, &column), SL_LU_NUMERICAL);
  assert_true(row < 3 && column < 3);
  sl_lu_destroy(lu);
  sl_csr_destroy(matrix);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(orders_are_of_minimum_degree),
      property(blocks_of_every_size_are_solved),
      property(exact_dependence_is_singular),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
