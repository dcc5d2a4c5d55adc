// Approximate minimum degree: orders of patterns whose best fill is known.
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "direct/amd.h"
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

// Orders the pattern and returns the entries of its factor, the diagonal included.
static uint64_t fill_of(const pattern *p) {
  uint32_t *order = malloc(p->n * sizeof *order);
  assert_ok(sl_amd_order(p->n, p->offsets, p->indices, order));
  expect_permutation(p->n, order);
  uint64_t fill = pattern_fill(p, order);
  free(order);
  return fill;
}

static void orders_trees_without_fill(void **state) {
  (void)state;
  for (uint32_t seed = 0; seed < 30; seed++) {
    uint32_t n = 1 + seed * 17;
    pattern p = pattern_begin(n);
    sl_rng rng;
    sl_rng_seed(&rng, seed);
    for (uint32_t i = 1; i < n; i++) pattern_add(&p, i, sl_rng_below(&rng, i));
    pattern_end(&p, seed % 2);
    assert_int_equal(fill_of(&p), 2 * (uint64_t)n - 1);
    pattern_free(&p);
  }
}

static void orders_one_row_and_no_entries(void **state) {
  (void)state;
  for (uint32_t n = 1; n <= 5; n++) {
    for (int diagonal = 0; diagonal < 2; diagonal++) {
      pattern p = pattern_begin(n);
      pattern_end(&p, diagonal);
      assert_int_equal(fill_of(&p), n);
      pattern_free(&p);
    }
  }
}

// The hub goes last whatever its degree: an arrow, and the hub of a star of cycles.
static void puts_dense_rows_last(void **state) {
  (void)state;
  pattern p = pattern_begin(3000);
  for (uint32_t i = 1; i < 3000; i++) pattern_add(&p, 0, i);
  for (uint32_t i = 2; i < 3000; i++) {
    if (i % 10 != 0) pattern_add(&p, i, i - 1);
  }
  pattern_end(&p, true);
  uint32_t *order = malloc(3000 * sizeof *order);
  assert_ok(sl_amd_order(3000, p.offsets, p.indices, order));
  expect_permutation(3000, order);
  // Chains of ten: no fill beside the hub. When three rows are left, any of them may be next.
  assert_true(order[2999] == 0 || order[2998] == 0 || order[2997] == 0);
  assert_int_equal(pattern_fill(&p, order), p.offsets[3000] / 2 + 1500);
  free(order);
  pattern_free(&p);
  // Of a grid whose rows are all next to the hub, none has fewer than three neighbours.
  p = pattern_grid(50, 50, 1);
  uint64_t alone = fill_of(&p);
  pattern_free(&p);
  p = pattern_begin(2501);
  for (uint32_t i = 0; i < 2500; i++) {
    pattern_add(&p, 2500, i);
    if (i % 50 > 0) pattern_add(&p, i, i - 1);
    if (i >= 50) pattern_add(&p, i, i - 50);
  }
  pattern_end(&p, true);
  uint64_t fill = fill_of(&p);
  assert_true(fill < (alone + 2501) * 9 / 8);
  pattern_free(&p);
}

// Each row is joined to both ends of an edge that is there: every order from rows with two neighbours on
// fills nothing. A cycle of n rows is filled by n - 3 chords.
static void orders_series_and_parallel_parts_without_fill(void **state) {
  (void)state;
  for (uint32_t seed = 0; seed < 30; seed++) {
    uint32_t n = 3 + seed * 13;
    pattern p = pattern_begin(n);
    sl_rng rng;
    sl_rng_seed(&rng, seed);
    pattern_add(&p, 0, 1);
    for (uint32_t i = 2; i < n; i++) {
      // One of the last ones, so that no list is long.
      uint32_t edge = p.edges - 1 - sl_rng_below(&rng, p.edges < 16 ? p.edges : 16);
      uint32_t x = p.from[edge], y = p.to[edge];
      pattern_add(&p, x, i);
      pattern_add(&p, i, y);
    }
    pattern_end(&p, seed % 2);
    assert_int_equal(fill_of(&p), 3 * (uint64_t)n - 3);
    pattern_free(&p);
    p = pattern_begin(n);
    for (uint32_t i = 0; i < n; i++) pattern_add(&p, (i * 7919) % n, ((i + 1) * 7919) % n);
    pattern_end(&p, false);
    assert_int_equal(fill_of(&p), 3 * (uint64_t)n - 3);
    pattern_free(&p);
  }
}

// A star has a list too long to be searched; so have hubs that share all their neighbours, which is why those
// stay for the quotient graph.
static void strips_rows_beside_long_lists(void **state) {
  (void)state;
  for (uint32_t hubs = 1; hubs <= 3; hubs++) {
    uint32_t n = 400 + hubs;
    pattern p = pattern_begin(n);
    for (uint32_t i = hubs; i < n; i++) {
      for (uint32_t h = 0; h < hubs; h++) pattern_add(&p, i, h);
    }
    pattern_end(&p, true);
    assert_int_equal(fill_of(&p), 400 * (hubs + 1) + hubs * (hubs + 1) / 2);
    pattern_free(&p);
  }
}

static void orders_complete_graphs(void **state) {
  (void)state;
  for (uint32_t n = 2; n <= 40; n += 7) {
    pattern p = pattern_begin(n);
    for (uint32_t i = 0; i < n; i++) {
      for (uint32_t j = 0; j < i; j++) pattern_add(&p, i, j);
    }
    pattern_end(&p, false);
    assert_int_equal(fill_of(&p), (uint64_t)n * (n + 1) / 2);
    pattern_free(&p);
  }
}

// At most an eighth more than SuiteSparse's AMD 3.0 (libsuitesparse-dev 5.12) leaves, counted in the
// same way: 59765 entries of the factor for the square, 76038 for the cube.
static void fills_grids_little(void **state) {
  (void)state;
  pattern p = pattern_grid(60, 60, 1);
  uint64_t fill = fill_of(&p);
  assert_true(fill < 59765 * 9 / 8);
  pattern_free(&p);
  p = pattern_grid(12, 12, 12);
  fill = fill_of(&p);
  assert_true(fill < 76038 * 9 / 8);
  pattern_free(&p);
}

// Any pattern gives a permutation, and small steps give the same as one.
static void orders_random_patterns_in_any_steps(void **state) {
  (void)state;
  for (uint32_t seed = 0; seed < 200; seed++) {
    sl_rng rng;
    sl_rng_seed(&rng, seed + 1000);
    uint32_t n = 1 + sl_rng_below(&rng, 120), edges = sl_rng_below(&rng, 5 * n);
    pattern p = pattern_begin(n);
    for (uint32_t k = 0; k < edges; k++) {
      uint32_t i = sl_rng_below(&rng, n), j = sl_rng_below(&rng, n);
      if (seed % 3 == 0) j = j * j / n;
      if (i != j) pattern_add(&p, i, j);
    }
    pattern_end(&p, seed % 2);
    uint32_t *order = malloc(n * sizeof *order), *other = malloc(n * sizeof *other);
    assert_ok(sl_amd_order(n, p.offsets, p.indices, order));
    expect_permutation(n, order);
    sl_amd *amd;
    assert_ok(sl_amd_begin(n, p.offsets, p.indices, other, &amd));
    uint64_t spent = 0;
    while (!sl_amd_step(amd, 1, &spent)) {
    }
    sl_amd_destroy(amd);
    assert_memory_equal(order, other, n * sizeof *order);
    free(order);
    free(other);
    pattern_free(&p);
  }
}

static void reports_lack_of_memory(void **state) {
  (void)state;
  pattern p = pattern_grid(20, 20, 1);
  uint32_t order[400];
  size_t wanted = sl_amd_bytes(400, p.offsets[400]);
  for (size_t limit = 0; limit < wanted; limit += wanted / 7) {
    sl_set_memory_limit(limit);
    assert_int_equal(sl_amd_order(400, p.offsets, p.indices, order), SL_ERR_MEMORY);
    assert_int_equal(sl_bytes_in_use(), 0);
  }
  sl_set_memory_limit(wanted);
  assert_ok(sl_amd_order(400, p.offsets, p.indices, order));
  sl_set_memory_limit(SIZE_MAX);
  pattern_free(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(orders_trees_without_fill),
      property(orders_one_row_and_no_entries),
      property(puts_dense_rows_last),
      property(orders_complete_graphs),
      property(orders_series_and_parallel_parts_without_fill),
      property(strips_rows_beside_long_lists),
      property(fills_grids_little),
      property(orders_random_patterns_in_any_steps),
      property(reports_lack_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
