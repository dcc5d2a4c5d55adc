// Searches within a radius, and results that differ from each other.
#define HNSW_POINTS 4000
#include "hnsw_points.h"

#include <math.h>

#include "hnsw/diverse.h"

static void a_radius_finds_what_lies_within(void **state) {
  (void)state;
  make_points(71);
  sl_hnsw *index = make_full(SL_METRIC_EUCLIDEAN);
  sl_flat *flat;
  uint32_t added;
  assert_ok(sl_flat_create(SL_METRIC_EUCLIDEAN, D, 1, 0, &flat));
  assert_ok(sl_flat_add(flat, all_ids, vectors, N, SL_DUPLICATE_ERROR, &added));
  static uint32_t ids[N], near[N];
  static float distances[N], other[N];
  uint32_t found, found_near, total = 0, hits = 0;
  for (int q = 0; q < QUERIES; q++) {
    for (double radius = 0.05; radius < 0.5; radius *= 1.7) {
      uint32_t inside = 0;
      for (uint32_t i = 0; i < N; i++) {
        double sum = 0;
        for (int j = 0; j < D; j++) {
          sum += ((double)vectors[i][j] - queries[q][j]) * ((double)vectors[i][j] - queries[q][j]);
        }
        inside += sqrt(sum) <= radius;
      }
      assert_ok(sl_flat_search_radius(flat, queries[q], radius, N, NULL, ids, distances, &found));
      assert_true(found + 1 >= inside && found <= inside + 1); // rounding at the edge
      for (uint32_t i = 0; i < found; i++) assert_true(distances[i] <= radius);
      assert_ok(
          sl_hnsw_search_radius(index, queries[q], radius, N, 64, NULL, near, other, &found_near));
      assert_true(found_near <= found);
      for (uint32_t i = 0; i < found_near; i++) assert_true(other[i] <= radius);
      total += found;
      hits += found_near;
      uint32_t few;
      assert_ok(sl_hnsw_search_radius(index, queries[q], radius, 3, 64, NULL, near, other, &few));
      assert_int_equal(few, found_near < 3 ? found_near : 3);
    }
  }
  assert_true(hits >= 0.97 * total && total > 1000);
  assert_refused(sl_hnsw_search_radius(index, queries[0], NAN, 3, 64, NULL, near, other, &found),
                 SL_ERR_ARGUMENT, "radius");
  assert_refused(sl_flat_search_radius(flat, queries[0], 1, 0, NULL, near, other, &found),
                 SL_ERR_ARGUMENT, "most");
  assert_ok(sl_hnsw_search_radius(index, queries[0], -1, 3, 64, NULL, near, other, &found));
  assert_int_equal(found, 0);
  sl_flat_destroy(flat);
  sl_hnsw_destroy(index);
}

// On a line: 0, 1, 2 near each other, 10 and -20 far. Worked out by hand.
static void diversity_chooses_what_is_apart(void **state) {
  (void)state;
  const float x[5] = {0, 1, 2, 10, -20};
  const uint32_t given[5] = {0, 1, 2, 3, 4};
  sl_flat *flat;
  uint32_t added, ids[5], found;
  float distances[5], query = 0.25f;
  assert_ok(sl_flat_create(SL_METRIC_EUCLIDEAN, 1, 1, 0, &flat));
  assert_ok(sl_flat_add(flat, given, x, 5, SL_DUPLICATE_ERROR, &added));
  const struct {
    double diversity;
    uint32_t order[4];
  } cases[] = {
      {0, {0, 1, 2, 3}},
      // 0 first. Then -0.5 * x_i + 0.5 * d: 0.125 - 0.5 - ..: 1: .375 - .5 = -.125; 2: .875 - 1 =
      // -.125; 3: 4.875 - 5 = -.125; 4: 10.125 - 10 = .125. The first of equal ones is 1; then 2:
      // .875 - .5 = .375, 3: 4.875 - 4.5 = .375, 4: .125: 4 is next, and then 2.
      {0.5, {0, 1, 4, 2}},
      {1, {0, 4, 3, 2}},
  };
  for (int i = 0; i < 3; i++) {
    assert_ok(sl_flat_search(flat, &query, 1, 5, NULL, ids, distances, &found));
    assert_ok(sl_flat_diversify(flat, ids, distances, found, 4, cases[i].diversity));
    assert_memory_equal(ids, cases[i].order, sizeof cases[i].order);
    for (int j = 0; j < 4; j++) assert_true(distances[j] == fabsf(x[ids[j]] - query));
  }
  assert_refused(sl_flat_diversify(flat, ids, distances, 2, 1, 1.5), SL_ERR_ARGUMENT, "diversity");
  ids[1] = 77;
  assert_refused(sl_flat_diversify(flat, ids, distances, 2, 1, 0.5), SL_ERR_INDEX, "ids");
  sl_flat_destroy(flat);
}

// In every metric each is chosen once, and the distances stay those of the query.
static void diversity_in_every_metric(void **state) {
  (void)state;
  make_points(72);
  for (sl_metric metric = SL_METRIC_COSINE; metric <= SL_METRIC_POINCARE; metric++) {
    sl_hnsw *index = make_full(metric);
    uint32_t ids[40], before[40], found;
    float distances[40], were[40];
    assert_ok(sl_hnsw_search(index, queries[1], 1, 40, 64, NULL, ids, distances, &found));
    memcpy(before, ids, sizeof ids);
    memcpy(were, distances, sizeof were);
    assert_ok(sl_hnsw_diversify(index, ids, distances, 40, 40, 0.3));
    assert_int_equal(ids[0], before[0]);
    for (int i = 0; i < 40; i++) {
      int at = 0;
      while (at < 40 && before[at] != ids[i]) at++;
      assert_true(at < 40 && were[at] == distances[i]);
      before[at] = UINT32_MAX;
    }
    sl_hnsw_destroy(index);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(a_radius_finds_what_lies_within),
      property(diversity_chooses_what_is_apart),
      property(diversity_in_every_metric),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
