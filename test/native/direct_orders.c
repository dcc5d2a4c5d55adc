// Nested dissection, and minimum degree on a union of cliques, beside what others make of the same
// patterns; and factors in each order.
#include <stdlib.h>
#include <string.h>

#include "direct/amd.h"
#include "direct/nested.h"
#include "factors.h"
#include "patterns.h"

static void expect_permutation(uint32_t n, const uint32_t *order) {
  char *seen = calloc(n, 1);
  for (uint32_t k = 0; k < n; k++) {
    assert_true(order[k] < n);
    assert_int_equal(seen[order[k]], 0);
    seen[order[k]] = 1;
  }
  free(seen);
}

static void nest(const pattern *p, uint64_t work, uint32_t *order) {
  sl_nested *nested;
  bool done = false;
  uint64_t spent = 0;
  assert_ok(sl_nested_begin(p->n, p->offsets, p->indices, order, &nested));
  while (!done) assert_ok(sl_nested_step(nested, work, &spent, &done));
  sl_nested_destroy(nested);
  expect_permutation(p->n, order);
}

static pattern random_pattern(uint32_t seed) {
  sl_rng rng;
  sl_rng_seed(&rng, seed);
  uint32_t n = 1 + sl_rng_below(&rng, 900), edges = sl_rng_below(&rng, 3 * n);
  pattern p = pattern_begin(n);
  for (uint32_t k = 0; k < edges; k++) {
    uint32_t i = sl_rng_below(&rng, n), j = sl_rng_below(&rng, n);
    if (seed % 3 == 0) j = i + j % 9 < n ? i + j % 9 : i; // nearly a chain
    if (seed % 5 == 0) j = j * j / n;                     // hubs
    if (i != j) pattern_add(&p, i, j);
  }
  pattern_end(&p, seed % 2);
  return p;
}

// Parts that hang together or not, with hubs and rows alone.
static void nests_random_patterns_in_any_steps(void **state) {
  (void)state;
  for (uint32_t seed = 0; seed < 200; seed++) {
    pattern p = random_pattern(seed);
    uint32_t *order = malloc(p.n * sizeof *order), *other = malloc(p.n * sizeof *other);
    nest(&p, UINT64_MAX, order);
    nest(&p, 1, other);
    assert_memory_equal(order, other, p.n * sizeof *order);
    free(order);
    free(other);
    pattern_free(&p);
  }
}

// Entries of the factor that METIS leaves in CHOLMOD (libsuitesparse-dev 5.12), with its postorder:
// 2465905 for the square of 300, 4127709 for the cube of 30.
static void fills_meshes_no_more_than_metis(void **state) {
  (void)state;
  sl_csr *square = grid(300, 300, 1, 0), *cube = grid(30, 30, 30, 0);
  sl_csr *matrices[] = {square, cube};
  double most[] = {2465905, 4127709};
  for (int m = 0; m < 2; m++) {
    sl_factor *factor;
    double facts[SL_FACTOR_FACTS];
    assert_ok(sl_factor_create_estimate(matrices[m], SL_FACTOR_CHOLESKY, SL_FACTOR_ORDER_NESTED,
                                        &factor));
    assert_ok(run(factor, 100000));
    sl_factor_facts(factor, facts);
    assert_true(facts[3] == SL_FACTOR_ORDER_NESTED && facts[4] <= most[m]);
    sl_factor_destroy(factor);
    sl_csr_destroy(matrices[m]);
  }
}

// The rows of A as cliques order its columns as minimum degree does with A^T A formed.
static void orders_cliques_like_their_union(void **state) {
  (void)state;
  uint64_t all[2] = {0, 0};
  for (uint32_t seed = 0; seed < 120; seed++) {
    sl_rng rng;
    sl_rng_seed(&rng, seed);
    uint32_t n = 1 + sl_rng_below(&rng, 200), cliques = sl_rng_below(&rng, 2 * n);
    uint32_t *offsets = calloc(cliques + 2, sizeof *offsets);
    uint32_t *indices = malloc((cliques * 8 + 1) * sizeof *indices), at = 0;
    pattern p = pattern_begin(n);
    for (uint32_t c = 0; c < cliques; c++) {
      uint32_t begin = at, size = sl_rng_below(&rng, 6), near = sl_rng_below(&rng, n);
      for (uint32_t k = 0; k < size; k++) {
        uint32_t row = seed % 2 ? sl_rng_below(&rng, n) : (near + sl_rng_below(&rng, 12)) % n;
        bool there = false;
        for (uint32_t t = begin; t < at; t++) there |= indices[t] == row;
        if (there) continue;
        for (uint32_t t = begin; t < at; t++) pattern_add(&p, row, indices[t]);
        indices[at++] = row;
      }
      offsets[c + 1] = at;
    }
    pattern_end(&p, false);
    uint32_t *order = malloc(n * sizeof *order), *other = malloc(n * sizeof *other);
    sl_amd *amd;
    uint64_t spent = 0;
    assert_ok(sl_amd_begin_cliques(n, cliques, offsets, indices, order, &amd));
    while (!sl_amd_step(amd, 1, &spent)) {
    }
    sl_amd_destroy(amd);
    expect_permutation(n, order);
    assert_ok(sl_amd_order(n, p.offsets, p.indices, other));
    all[0] += pattern_fill(&p, order);
    all[1] += pattern_fill(&p, other);
    free(order);
    free(other);
    free(offsets);
    free(indices);
    pattern_free(&p);
  }
  assert_true((double)all[0] < 1.05 * (double)all[1]);
}

// A clique that joins all rows says nothing, and a row in very many comes last.
static void large_cliques_do_not_count(void **state) {
  (void)state;
  enum { N = 1000 };
  uint32_t *offsets = malloc((2 * N + 1) * sizeof *offsets), *indices = malloc(4 * N * 4);
  uint32_t order[N], at = 0;
  for (uint32_t c = 0; c + 1 < N; c++) { // a chain, and row 7 with each of its rows
    offsets[c] = at;
    indices[at++] = c;
    indices[at++] = c + 1;
    if (c != 7 && c + 1 != 7) indices[at++] = 7;
  }
  offsets[N - 1] = at;
  for (uint32_t i = 0; i < N; i++) indices[at++] = i;
  offsets[N] = at;
  sl_amd *amd;
  uint64_t spent = 0;
  assert_ok(sl_amd_begin_cliques(N, N, offsets, indices, order, &amd));
  while (!sl_amd_step(amd, 1000, &spent)) {
  }
  sl_amd_destroy(amd);
  expect_permutation(N, order);
  assert_int_equal(order[N - 1], 7);
  free(offsets);
  free(indices);
}

static void reports_lack_of_memory(void **state) {
  (void)state;
  pattern p = pattern_grid(30, 30, 1);
  uint32_t order[900];
  bool whole = false;
  uint32_t refused = 0;
  for (size_t limit = 0; !whole; limit += 700) {
    sl_set_memory_limit(limit);
    sl_nested *nested = NULL;
    bool done = false;
    uint64_t spent = 0;
    sl_status status = sl_nested_begin(900, p.offsets, p.indices, order, &nested);
    while (status == SL_OK && !done) status = sl_nested_step(nested, 100, &spent, &done);
    sl_nested_destroy(nested);
    assert_int_equal(sl_bytes_in_use(), 0);
    whole = status == SL_OK;
    if (!whole) assert_int_equal(status, SL_ERR_MEMORY);
    refused += !whole;
  }
  assert_true(refused > 10);
  sl_set_memory_limit(SIZE_MAX);
  pattern_free(&p);
}

// ---- factors ------------------------------------------------------------------------------------

static double error_of(sl_factor *factor, uint32_t n, double *facts) {
  double *b = malloc(n * sizeof *b), *x = malloc(n * sizeof *x), out[4];
  for (uint32_t i = 0; i < n; i++) b[i] = 1 + (double)(i % 7);
  assert_ok(run(factor, 50000));
  sl_factor_facts(factor, facts);
  assert_ok(sl_factor_begin_solve(factor, b, 1, false, 10, 1e-14));
  assert_ok(run(factor, 50000));
  assert_ok(sl_factor_read_solve(factor, x, out, NULL));
  free(b);
  free(x);
  return out[1];
}

// Automatic: nested dissection where a mesh in space fills, not on a band.
static void symmetric_factors_take_the_order_that_fills_less(void **state) {
  (void)state;
  sl_csr *cube = grid(24, 24, 24, 0), *plane = grid(60, 60, 1, 0);
  double facts[3][SL_FACTOR_FACTS];
  int orders[] = {SL_FACTOR_ORDER_AMD, SL_FACTOR_ORDER_NESTED, SL_FACTOR_ORDER_AUTO};
  for (int o = 0; o < 3; o++) {
    for (int method = SL_FACTOR_CHOLESKY; method <= SL_FACTOR_LDLT; method++) {
      sl_factor *factor;
      assert_ok(sl_factor_create(cube, method, orders[o], &factor));
      assert_true(error_of(factor, 24 * 24 * 24, facts[o]) < 1e-14);
      assert_true(facts[o][3] == (o == 0 ? SL_FACTOR_ORDER_AMD : SL_FACTOR_ORDER_NESTED));
      sl_factor_destroy(factor);
    }
  }
  assert_true(facts[1][5] < 0.6 * facts[0][5] && facts[2][4] == facts[1][4]);
  sl_factor *factor;
  assert_ok(sl_factor_create(plane, SL_FACTOR_CHOLESKY, SL_FACTOR_ORDER_AUTO, &factor));
  assert_true(error_of(factor, 3600, facts[0]) < 1e-14);
  assert_true(facts[0][3] == SL_FACTOR_ORDER_AMD);
  sl_factor_destroy(factor);
  // Pairs of rows stay together in either order: the signs of a shifted grid are counted.
  sl_csr *shifted = grid(20, 20, 20, 3.1);
  assert_ok(sl_factor_create(shifted, SL_FACTOR_LDLT, SL_FACTOR_ORDER_NESTED, &factor));
  assert_true(error_of(factor, 8000, facts[0]) < 1e-14);
  sl_factor_destroy(factor);
  assert_ok(sl_factor_create(shifted, SL_FACTOR_LDLT, SL_FACTOR_ORDER_AMD, &factor));
  assert_true(error_of(factor, 8000, facts[1]) < 1e-14);
  sl_factor_destroy(factor);
  assert_true(facts[0][12] == facts[1][12] || facts[0][9] > 0 || facts[1][9] > 0);
  sl_csr_destroy(cube);
  sl_csr_destroy(plane);
  sl_csr_destroy(shifted);
}

// A five-point mesh whose rows stand far from their columns, and a matrix with a one-sided pattern.
static sl_csr *one_sided(uint32_t n, bool mesh) {
  entries e = {.n = n};
  sl_rng rng;
  sl_rng_seed(&rng, n);
  uint32_t side = (uint32_t)sqrt((double)n);
  for (uint32_t i = 0; i < n; i++) {
    uint32_t j = mesh ? (i + 37) % n : i, to[] = {1, side, side + 1}, far[] = {1, 8, 27};
    put(&e, i, j, 0.1 + sl_rng_double(&rng));
    for (int k = 0; k < 3; k++) {
      put(&e, i, (j + (mesh ? to[k] : far[k])) % n, sl_rng_double(&rng) - (mesh ? 0 : 0.5));
    }
  }
  return matrix_of(&e);
}

static void unsymmetric_factors_take_the_order_that_fills_less(void **state) {
  (void)state;
  double facts[4][SL_FACTOR_FACTS];
  for (int mesh = 0; mesh < 2; mesh++) {
    sl_csr *matrix = one_sided(1500, mesh);
    for (int order = 0; order < 4; order++) {
      sl_factor *factor;
      assert_ok(sl_factor_create(matrix, SL_FACTOR_LU, order, &factor));
      double error = error_of(factor, 1500, facts[order]);
      if (!(error < 1e-14)) fail_msg("order %d: %g", order, error);
      int used = order == SL_FACTOR_ORDER_AUTO
                     ? mesh ? SL_FACTOR_ORDER_COLUMNS : SL_FACTOR_ORDER_AMD
                     : order;
      assert_true(facts[order][3] == used);
      sl_factor_destroy(factor);
    }
    assert_true(facts[SL_FACTOR_ORDER_NATURAL][4] > facts[SL_FACTOR_ORDER_AMD][4]);
    double part = facts[SL_FACTOR_ORDER_COLUMNS][5] / facts[SL_FACTOR_ORDER_AMD][5];
    if (mesh && !(part < 0.85)) fail_msg("%g of the operations", part);
    sl_csr_destroy(matrix);
  }
}

static void refuses_orders_that_a_method_does_not_take(void **state) {
  (void)state;
  sl_csr *plane = grid(4, 4, 1, 0), *matrix = one_sided(50, false);
  sl_factor *factor;
  assert_refused(sl_factor_create(plane, SL_FACTOR_AUTO, SL_FACTOR_ORDER_COLUMNS, &factor),
                 SL_ERR_OPTION, "ordering");
  assert_refused(sl_factor_create(matrix, SL_FACTOR_AUTO, SL_FACTOR_ORDER_NESTED, &factor),
                 SL_ERR_OPTION, "ordering");
  assert_refused(sl_factor_create(plane, SL_FACTOR_LU, SL_FACTOR_ORDER_NESTED, &factor),
                 SL_ERR_OPTION, "ordering");
  assert_refused(sl_factor_create(plane, SL_FACTOR_AUTO, 5, &factor), SL_ERR_OPTION, "ordering");
  sl_csr_destroy(plane);
  sl_csr_destroy(matrix);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(nests_random_patterns_in_any_steps),
      property(fills_meshes_no_more_than_metis),
      property(orders_cliques_like_their_union),
      property(large_cliques_do_not_count),
      property(reports_lack_of_memory),
      property(symmetric_factors_take_the_order_that_fills_less),
      property(unsymmetric_factors_take_the_order_that_fills_less),
      property(refuses_orders_that_a_method_does_not_take),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
