// Matchings and the block triangular form, against what can be tried out on small matrices.
#include "systems.h"

#include "direct/btf.h"
#include "direct/matching.h"

static sl_matching matched(const sl_csr *matrix, uint64_t piece) {
  sl_matching matching;
  uint64_t spent = 0;
  assert_ok(sl_matching_begin(matrix, &matching));
  while (!sl_matching_step(&matching, piece, &spent)) continue;
  uint32_t pairs = 0;
  for (uint32_t i = 0; i < matrix->rows; i++) {
    uint32_t column = matching.column_of[i];
    if (column == SL_UNMATCHED) continue;
    double value;
    pairs++;
    assert_int_equal(matching.row_of[column], i);
    assert_ok(sl_csr_get(matrix, i, column, &value));
    assert_true(value != 0);
  }
  assert_int_equal(pairs, matching.size);
  return matching;
}

static sl_csr *random_matrix(sl_rng *rng, uint32_t n, uint32_t count) {
  entries e = {0};
  for (uint32_t k = 0; k < count; k++) {
    double value = sl_rng_double(rng) + 0.1;
    entries_add(&e, sl_rng_below(rng, n), sl_rng_below(rng, n), value);
  }
  return entries_matrix(&e, n);
}

// The size of the largest matching and the largest product of a complete one, row by row over all
// sets of columns: used[s] is the best with the columns of s.
static void by_sets(const sl_csr *matrix, uint32_t *size, double *log_product) {
  uint32_t n = matrix->rows, sets = 1u << n;
  int *pairs = malloc(sets * sizeof *pairs);
  double *best = malloc(sets * sizeof *best);
  for (uint32_t s = 0; s < sets; s++) pairs[s] = -1, best[s] = -INFINITY;
  pairs[0] = 0;
  best[0] = 0;
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t s = sets; s-- > 0;) {
      if (pairs[s] < 0) continue;
      for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
        uint32_t bit = 1u << matrix->columns[k];
        if (s & bit) continue;
        if (pairs[s] + 1 > pairs[s | bit]) pairs[s | bit] = pairs[s] + 1;
        double product = best[s] + log2(fabs(sl_csr_value(matrix, k)));
        if ((int)i == __builtin_popcount(s) && product > best[s | bit]) best[s | bit] = product;
      }
    }
  }
  *size = 0;
  for (uint32_t s = 0; s < sets; s++) {
    if (pairs[s] > (int)*size) *size = (uint32_t)pairs[s];
  }
  *log_product = best[sets - 1];
  free(pairs);
  free(best);
}

static void matchings_are_as_large_as_can_be(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 1);
  for (uint32_t trial = 0; trial < SL_TRIES(300); trial++) {
    uint32_t n = 1 + sl_rng_below(&rng, 9), size;
    sl_csr *matrix = random_matrix(&rng, n, sl_rng_below(&rng, 3 * n) + 1);
    double product;
    by_sets(matrix, &size, &product);
    sl_matching whole = matched(matrix, UINT64_MAX), steps = matched(matrix, 1);
    assert_int_equal(whole.size, size);
    assert_memory_equal(whole.row_of, steps.row_of, n * sizeof *whole.row_of);
    uint8_t rows[9], columns[9];
    assert_ok(sl_matching_deficient(&whole, rows, columns));
    // Rows that were marked see only columns that are too few for them.
    uint32_t marked = 0, seen = 0;
    for (uint32_t i = 0; i < n; i++) {
      marked += rows[i];
      for (uint32_t k = matrix->row_pointers[i]; rows[i] && k < matrix->row_pointers[i + 1]; k++) {
        seen |= 1u << matrix->columns[k];
      }
    }
    assert_int_equal(marked - (uint32_t)__builtin_popcount(seen), n - size);
    uint32_t marked_columns = 0, touched = 0;
    for (uint32_t i = 0; i < n; i++) {
      for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
        if (columns[matrix->columns[k]]) touched |= 1u << i;
      }
      marked_columns += columns[i];
    }
    assert_int_equal(marked_columns - (uint32_t)__builtin_popcount(touched), n - size);
    sl_matching_destroy(&whole);
    sl_matching_destroy(&steps);
    sl_csr_destroy(matrix);
  }
}

static void product_matchings_have_the_largest_product(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 2);
  uint32_t complete = 0;
  for (uint32_t trial = 0; trial < SL_TRIES(400); trial++) {
    uint32_t n = 1 + sl_rng_below(&rng, 9), size;
    sl_csr *matrix = random_matrix(&rng, n, 2 * n + sl_rng_below(&rng, 2 * n));
    double *values = matrix->values;
    for (uint32_t k = 0; k < matrix->nnz; k++) values[k] *= exp2(sl_rng_below(&rng, 200) - 100.0);
    double product, reached = 0;
    by_sets(matrix, &size, &product);
    sl_product_matching m;
    uint64_t spent = 0;
    assert_ok(sl_product_matching_begin(matrix, &m));
    while (!sl_product_matching_step(&m, 1 + trial % 7, &spent)) continue;
    if (size == n) {
      complete++;
      assert_int_equal(m.size, n);
      for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
          double scaled = log2(fabs(values[k])) + m.row_dual[i] + m.column_dual[matrix->columns[k]];
          assert_true(scaled <= 1e-9);
          if (matrix->columns[k] != m.column_of[i]) continue;
          assert_close(scaled, 0, 1e-9);
          reached += log2(fabs(values[k]));
        }
      }
      assert_close(reached, product, 1e-9);
    } else {
      assert_true(m.size < n);
    }
    sl_product_matching_destroy(&m);
    sl_csr_destroy(matrix);
  }
  assert_true(complete > SL_TRIES(100));
}

static void a_product_matching_looks_through_stored_zeros(void **state) {
  (void)state;
  const uint32_t rows[] = {0, 0, 1, 1}, columns[] = {0, 1, 0, 1};
  const double values[] = {0, 2, 3, 0};
  sl_csr *matrix;
  assert_ok(sl_csr_from_coo(2, 2, 4, rows, columns, values, SL_VALUES_F64, &matrix));
  sl_product_matching m;
  uint64_t spent = 0;
  assert_ok(sl_product_matching_begin(matrix, &m));
  while (!sl_product_matching_step(&m, 1, &spent)) continue;
  assert_int_equal(m.size, 2);
  assert_int_equal(m.column_of[0], 1);
  sl_product_matching_destroy(&m);
  sl_csr_destroy(matrix);
}

static void the_diagonal_is_kept_where_it_can_be(void **state) {
  (void)state;
  sl_csr *matrix = grid_matrix(12, 0);
  sl_matching matching = matched(matrix, 100);
  for (uint32_t i = 0; i < matrix->rows; i++) assert_int_equal(matching.column_of[i], i);
  sl_matching_destroy(&matching);
  sl_csr_destroy(matrix);
}

// reachable[i][j]: row i leads to row j.
static void check_blocks(const sl_csr *matrix, const sl_matching *matching, const sl_btf *btf) {
  uint32_t n = matrix->rows, block_of[40];
  bool reachable[40][40] = {{false}};
  for (uint32_t b = 0; b < btf->blocks; b++) {
    assert_true(btf->block_start[b] < btf->block_start[b + 1]);
    for (uint32_t k = btf->block_start[b]; k < btf->block_start[b + 1]; k++) {
      block_of[btf->order[k]] = b;
    }
  }
  assert_int_equal(btf->block_start[btf->blocks], n);
  for (uint32_t i = 0; i < n; i++) {
    reachable[i][i] = true;
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
      uint32_t to = matching->row_of[matrix->columns[k]];
      reachable[i][to] = true;
      assert_true(block_of[to] <= block_of[i]);
    }
  }
  for (uint32_t k = 0; k < n; k++) {
    for (uint32_t i = 0; i < n; i++) {
      for (uint32_t j = 0; reachable[i][k] && j < n; j++) reachable[i][j] |= reachable[k][j];
    }
  }
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t j = 0; j < n; j++) {
      assert_int_equal(block_of[i] == block_of[j], reachable[i][j] && reachable[j][i]);
    }
  }
}

static void blocks_are_the_strong_components(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 3);
  for (uint32_t trial = 0; trial < SL_TRIES(300); trial++) {
    uint32_t n = 1 + sl_rng_below(&rng, 40);
    entries e = {0};
    for (uint32_t i = 0; i < n; i++) entries_add(&e, i, (i + trial) % n, 1);
    for (uint32_t k = sl_rng_below(&rng, 2 * n); k-- > 0;) {
      entries_add(&e, sl_rng_below(&rng, n), sl_rng_below(&rng, n), 1);
    }
    sl_csr *matrix = entries_matrix(&e, n);
    sl_matching matching = matched(matrix, UINT64_MAX);
    assert_int_equal(matching.size, n);
    sl_btf btf;
    uint64_t spent = 0;
    assert_ok(sl_btf_begin(matrix, matching.row_of, &btf));
    while (!sl_btf_step(&btf, 1 + trial % 5, &spent)) continue;
    check_blocks(matrix, &matching, &btf);
    sl_btf_destroy(&btf);
    sl_matching_destroy(&matching);
    sl_csr_destroy(matrix);
  }
}

// Chains as long as the matrix: what recursion would die of.
static void long_chains_are_followed(void **state) {
  (void)state;
  enum { N = 200000 };
  entries e = {0};
  for (uint32_t i = 0; i < N; i++) {
    // Row i first takes column i - 1, which the diagonal does not offer; the last row undoes it all.
    if (i > 0) entries_add(&e, i, i - 1, 1);
    if (i + 1 < N) entries_add(&e, i, i + 1, 1);
  }
  sl_csr *matrix = entries_matrix(&e, N);
  sl_matching matching = matched(matrix, 1000);
  assert_int_equal(matching.size, N);
  sl_btf btf;
  uint64_t spent = 0;
  assert_ok(sl_btf_begin(matrix, matching.row_of, &btf));
  while (!sl_btf_step(&btf, 1000, &spent)) continue;
  assert_true(btf.blocks >= 2);
  sl_btf_destroy(&btf);
  sl_matching_destroy(&matching);
  sl_csr_destroy(matrix);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(matchings_are_as_large_as_can_be),
      property(product_matchings_have_the_largest_product),
      property(a_product_matching_looks_through_stored_zeros),
      property(the_diagonal_is_kept_where_it_can_be),
      property(blocks_are_the_strong_components),
      property(long_chains_are_followed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
