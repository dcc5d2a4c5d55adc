// The smallest index: the same graph and the same bits as hnsw/hnsw.h, and its own corners.
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/rng.h"
#include "check.h"
#include "hnsw/flat.h"
#include "hnsw/hnsw.h"
#include "micro/micro.h"

enum { COUNT = 3000, QUERIES = 100, K = 10 };

static float *random_vectors(uint32_t count, uint32_t dimension, uint64_t seed) {
  float *x = malloc((size_t)count * dimension * sizeof *x);
  sl_rng rng;
  sl_rng_seed(&rng, seed);
  for (size_t i = 0; i < (size_t)count * dimension; i++) x[i] = (float)sl_rng_double(&rng) - 0.5f;
  return x;
}

static void answers_as_the_large_index(void **state) {
  (void)state;
  const uint32_t dimensions[] = {1, 7, 8, 33};
  for (uint32_t metric = 0; metric <= SL_METRIC_EUCLIDEAN; metric++) {
    for (int d = 0; d < 4; d++) {
      uint32_t n = dimensions[d], added;
      float *x = random_vectors(COUNT, n, 1 + n), *queries = random_vectors(QUERIES, n, 99);
      uint32_t *ids = malloc(COUNT * sizeof *ids);
      for (uint32_t i = 0; i < COUNT; i++) ids[i] = i;
      sl_hnsw_options options = sl_hnsw_options_default();
      options.metric = (sl_metric)metric;
      options.dimension = n;
      options.m = 6;
      options.ef_construction = 40;
      options.seed = 7;
      sl_hnsw *large;
      sl_micro *small;
      assert_int_equal(sl_hnsw_create(&options, &large), SL_OK);
      assert_int_equal(sl_micro_create((sl_metric)metric, n, 6, 40, 0, 7, &small), SL_OK);
      assert_int_equal(sl_hnsw_add(large, ids, x, COUNT, SL_DUPLICATE_ERROR, &added), SL_OK);
      assert_int_equal(sl_micro_add(small, x, COUNT, &added), SL_OK);
      assert_int_equal(sl_micro_size(small), COUNT);
      static uint32_t found[2][QUERIES], got[2][QUERIES * K];
      static float far[2][QUERIES * K];
      for (uint32_t ef = 1; ef <= 128; ef *= 8) {
        assert_int_equal(
            sl_hnsw_search(large, queries, QUERIES, K, ef, NULL, got[0], far[0], found[0]), SL_OK);
        assert_int_equal(sl_micro_search(small, queries, QUERIES, K, ef, got[1], far[1], found[1]),
                         SL_OK);
        assert_memory_equal(found[0], found[1], sizeof found[0]);
        // All vectors of one dimension have a cosine distance of 0 or 2: of equal vectors each index
        // keeps others near.
        if (metric != SL_METRIC_COSINE || n > 1) assert_memory_equal(got[0], got[1], sizeof got[0]);
        assert_memory_equal(far[0], far[1], sizeof far[0]);
      }
      sl_hnsw_destroy(large);
      sl_micro_destroy(small);
      free(x);
      free(queries);
      free(ids);
    }
  }
  assert_int_equal(sl_bytes_in_use(), 0);
}

static void none_one_and_equal_vectors(void **state) {
  (void)state;
  sl_micro *index;
  uint32_t added, ids[8], found;
  float distances[8];
  const float x[] = {3, 4}, far[] = {0, 0};
  assert_int_equal(sl_micro_create(SL_METRIC_EUCLIDEAN, 2, 2, 2, 0, 1, &index), SL_OK);
  assert_int_equal(sl_micro_search(index, far, 1, 8, 1, ids, distances, &found), SL_OK);
  assert_int_equal(found, 0);
  for (uint32_t n = 1; n <= 100; n++) {
    assert_int_equal(sl_micro_add(index, x, 1, &added), SL_OK);
    assert_int_equal(sl_micro_search(index, far, 1, 8, 1, ids, distances, &found), SL_OK);
    // Equal vectors link badly: all are found all the same.
    assert_int_equal(found, n < 8 ? n : 8);
    for (uint32_t i = 0; i < found; i++) {
      assert_true(distances[i] == 5);
      for (uint32_t j = 0; j < i; j++) assert_true(ids[i] != ids[j]);
    }
  }
  sl_micro_destroy(index);
  assert_int_equal(sl_bytes_in_use(), 0);
}

static void refuses_by_name(void **state) {
  (void)state;
  sl_micro *index;
#define REFUSED(argument_, ...)                                                                    \
  assert_int_equal(sl_micro_create(__VA_ARGS__, &index), SL_ERR_OPTION);                           \
  assert_string_equal(sl_last_error()->argument, argument_);                                       \
  assert_null(index)
  REFUSED("metric", SL_METRIC_MANHATTAN, 2, 16, 200, 0, 1);
  REFUSED("metric", (sl_metric)-1, 2, 16, 200, 0, 1);
  REFUSED("dimension", SL_METRIC_DOT, 0, 16, 200, 0, 1);
  REFUSED("dimension", SL_METRIC_DOT, 65537, 16, 200, 0, 1);
  REFUSED("m", SL_METRIC_DOT, 2, 1, 200, 0, 1);
  REFUSED("m", SL_METRIC_DOT, 2, 129, 200, 0, 1);
  REFUSED("ef_construction", SL_METRIC_DOT, 2, 16, 15, 0, 1);
  REFUSED("ef_construction", SL_METRIC_DOT, 2, 16, 65537, 0, 1);
  assert_int_equal(sl_micro_create(SL_METRIC_DOT, 2, 16, 200, UINT32_MAX, 1, &index),
                   SL_ERR_OVERFLOW);
  assert_int_equal(sl_bytes_in_use(), 0);
}

static void what_came_before_a_bad_vector_stays(void **state) {
  (void)state;
  sl_micro *index;
  uint32_t added, ids[4], found;
  float distances[4], x[] = {1, 0, 0, 1, 0, 0};
  assert_int_equal(sl_micro_create(SL_METRIC_COSINE, 2, 4, 8, 0, 1, &index), SL_OK);
  assert_int_equal(sl_micro_add(index, x, 3, &added), SL_ERR_RANGE);
  assert_int_equal(added, 2);
  assert_int_equal(sl_last_error()->position, 2);
  x[5] = NAN;
  assert_int_equal(sl_micro_add(index, x + 4, 1, &added), SL_ERR_NOT_FINITE);
  assert_int_equal(sl_micro_size(index), 2);
  assert_int_equal(sl_micro_search(index, x, 1, 4, 4, ids, distances, &found), SL_OK);
  assert_int_equal(found, 2);
  assert_int_equal(ids[0], 0);
  assert_true(distances[0] == 0 && distances[1] == 1);
  assert_int_equal(sl_micro_search(index, x + 4, 1, 4, 4, ids, distances, &found),
                   SL_ERR_NOT_FINITE);
  assert_int_equal(sl_micro_search(index, x, 1, 0, 4, ids, distances, &found), SL_ERR_ARGUMENT);
  assert_string_equal(sl_last_error()->argument, "k");
  assert_int_equal(sl_micro_search(index, x, 1, 4, 0, ids, distances, &found), SL_ERR_ARGUMENT);
  assert_string_equal(sl_last_error()->argument, "ef");
  sl_micro_destroy(index);
  assert_int_equal(sl_bytes_in_use(), 0);
}

static void a_full_memory_loses_nothing(void **state) {
  (void)state;
  float *x = random_vectors(COUNT, 16, 3);
  uint32_t added, ids[K], found;
  float distances[K];
  sl_micro *index;
  assert_int_equal(sl_micro_create(SL_METRIC_EUCLIDEAN, 16, 8, 32, 0, 1, &index), SL_OK);
  sl_set_memory_limit(sl_bytes_in_use() + 100000);
  assert_int_equal(sl_micro_add(index, x, COUNT, &added), SL_ERR_MEMORY);
  assert_true(added > 100 && added < COUNT);
  assert_int_equal(sl_micro_size(index), added);
  assert_int_equal(sl_micro_search(index, x, 1, K, 32, ids, distances, &found), SL_OK);
  assert_int_equal(ids[0], 0);
  sl_set_memory_limit(SIZE_MAX);
  assert_int_equal(sl_micro_add(index, x + 16 * (size_t)added, COUNT - added, &added), SL_OK);
  assert_int_equal(sl_micro_size(index), COUNT);
  sl_micro_destroy(index);
  assert_int_equal(sl_bytes_in_use(), 0);
  free(x);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(answers_as_the_large_index),
      cmocka_unit_test(none_one_and_equal_vectors),
      cmocka_unit_test(refuses_by_name),
      cmocka_unit_test(what_came_before_a_bad_vector_stays),
      cmocka_unit_test(a_full_memory_loses_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
