#include "check.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "hnsw/graph.h"
#include "hnsw/hnsw.h"
#include "hnsw/sketch.h"
#include "simd/distance_i8.h"

enum { N = 800, QUERIES = 30, K = 10, MOST = 200 };

static const sl_metric METRICS[] = {SL_METRIC_COSINE, SL_METRIC_DOT, SL_METRIC_EUCLIDEAN,
                                    SL_METRIC_POINCARE};
static float vectors[N + QUERIES][MOST];

// Points of the ball whose distance from the origin reaches from near 0 to `depth`, times `size`.
static void make_points(uint64_t seed, uint32_t dimension, double depth, double size) {
  sl_rng rng;
  sl_rng_seed(&rng, seed);
  for (uint32_t i = 0; i < N + QUERIES; i++) {
    double squares = 0, row[MOST];
    for (uint32_t j = 0; j < dimension; j++) {
      row[j] = sl_rng_double(&rng) + sl_rng_double(&rng) - 1;
      squares += row[j] * row[j];
    }
    double length = tanh(depth * (0.02 + sl_rng_double(&rng)) / 2);
    for (uint32_t j = 0; j < dimension; j++) {
      vectors[i][j] = (float)(size * length * row[j] / sqrt(squares));
    }
  }
}

static sl_hnsw *make_index(sl_metric metric, uint32_t dimension, sl_codes codes, uint32_t count) {
  sl_hnsw_options options = sl_hnsw_options_default();
  options.metric = metric;
  options.dimension = dimension;
  options.m = 6;
  options.ef_construction = 40;
  options.codes = codes;
  sl_hnsw *index;
  assert_ok(sl_hnsw_create(&options, &index));
  for (uint32_t i = 0; i < count; i++) {
    uint32_t added;
    assert_ok(sl_hnsw_add(index, &i, vectors[i], 1, SL_DUPLICATE_ERROR, &added));
  }
  return index;
}

// The graph, and so every answer, is the one that an index without sketches has.
static void answers_keep_every_bit(void **state) {
  (void)state;
  const uint32_t dimensions[] = {1, 7, 16, 100};
  for (int m = 0; m < 4; m++) {
    for (int d = 0; d < 4; d++) {
      make_points((uint64_t)(m * 4 + d), dimensions[d], 6, 1);
      sl_hnsw *plain = make_index(METRICS[m], dimensions[d], SL_CODES_NONE, N);
      sl_hnsw *sketched = make_index(METRICS[m], dimensions[d], SL_CODES_SKETCH, N);
      for (uint32_t slot = 0; slot < N; slot++) {
        const uint32_t *a = sl_links(plain, slot, 0), *b = sl_links(sketched, slot, 0);
        assert_memory_equal(a, b, 4 * (size_t)(1 + a[0]));
      }
      for (int q = N; q < N + QUERIES; q++) {
        uint32_t ids[2][K], found[2];
        float near[2][K];
        assert_ok(sl_hnsw_search(plain, vectors[q], 1, K, 20, NULL, ids[0], near[0], &found[0]));
        assert_ok(sl_hnsw_search(sketched, vectors[q], 1, K, 20, NULL, ids[1], near[1], &found[1]));
        assert_memory_equal(ids[0], ids[1], sizeof ids[0]);
        assert_memory_equal(near[0], near[1], sizeof near[0]);
      }
      sl_hnsw_destroy(plain);
      sl_hnsw_destroy(sketched);
    }
  }
}

// Every slot whose key is within the limit passes, at limits that are keys themselves; and most of
// the others do not. Returns how many of those passed.
static double check_sieve(sl_metric metric, uint32_t dimension) {
  static float keys[N + 4];
  static uint32_t slots[N + 4];
  sl_hnsw *index = make_index(metric, dimension, SL_CODES_SKETCH, 0);
  sl_store *store = &index->store;
  assert_ok(sl_hnsw_reserve(index, N));
  uint64_t far = 0, passed = 0;
  for (uint32_t i = 0; i < N; i++) {
    float factor;
    assert_ok(sl_metric_encode(metric, dimension, vectors[i], index->query, &factor, "x", 0));
    sl_store_put(store, i, index->query, factor);
  }
  for (uint32_t q = N; q < N + QUERIES; q++) {
    float factor;
    assert_ok(sl_metric_encode(metric, dimension, vectors[q], index->query, &factor, "x", 0));
    sl_scorer scorer = sl_scorer_make(store, index->query, index->coded);
    for (uint32_t i = 0; i < N; i++) slots[i] = i;
    sl_score_any(store->score, &scorer, slots, N, keys);
    for (uint32_t trial = 0; trial < 8; trial++) {
      float limit = keys[(q * 31 + trial * 97) % N];
      uint32_t wanted = 0, next = 0;
      for (uint32_t i = 0; i < N; i++) slots[i] = i;
      uint32_t kept =
          sl_sketch_sieve(&store->sketch, &store->sketches, &scorer.sketch, slots, N, limit);
      for (uint32_t i = 0; i < N; i++) {
        bool is_kept = next < kept && slots[next] == i;
        if (is_kept) next++;
        if (keys[i] <= limit) {
          wanted++;
          if (!is_kept)
            fail_msg("metric %d, dimension %u: %a <= %a", metric, dimension, (double)keys[i],
                     (double)limit);
        }
      }
      assert_int_equal(next, kept); // the order stays
      far += N - wanted;
      passed += kept - wanted;
    }
  }
  sl_hnsw_destroy(index);
  return (double)passed / (double)(far + 1);
}

static void nothing_near_is_ruled_out(void **state) {
  (void)state;
  const uint32_t dimensions[] = {1, 2, 15, 64, 200};
  for (int m = 0; m < 4; m++) {
    for (int d = 0; d < 5; d++) {
      make_points((uint64_t)(100 + m * 5 + d), dimensions[d], 5, 1);
      double share = check_sieve(METRICS[m], dimensions[d]);
      // The tangent space is a coarser bound, at limits as far away as these.
      if (share > (METRICS[m] == SL_METRIC_POINCARE ? 0.5 : 0.3))
        fail_msg("metric %d, %u: %f passed", m, dimensions[d], share);
    }
  }
}

// Numbers whose squares overflow or vanish in f32, equal vectors, and points at the very edge.
static void extremes_are_not_ruled_out(void **state) {
  (void)state;
  const double sizes[] = {9e15, 1e-18, 1e-25, 1e-38, 1e-44, 0};
  for (int s = 0; s < 6; s++) {
    make_points((uint64_t)(200 + s), 24, 1, sizes[s]);
    check_sieve(SL_METRIC_DOT, 24);
    check_sieve(SL_METRIC_EUCLIDEAN, 24);
    if (sizes[s] < 1) check_sieve(SL_METRIC_POINCARE, 24);
  }
  for (int depth = 8; depth <= 14; depth++) { // from 13 on f32 cannot tell the points from the edge
    make_points((uint64_t)depth, 3, depth, 0.9999999);
    check_sieve(SL_METRIC_POINCARE, 3);
  }
}

static void products_with_16_bits_are_exact(void **state) {
  (void)state;
  static int16_t query[1040];
  static int8_t rows[4][1040];
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  for (size_t n = 0; n <= 1024; n += n < 64 ? 16 : 160) {
    int64_t sums[4] = {0};
    int32_t products[4];
    const int8_t *at[4] = {rows[0], rows[1], rows[2], rows[3]};
    for (size_t i = 0; i < n; i++) {
      query[i] = (int16_t)((int)sl_rng_below(&rng, 2 * SL_I16_QUERY_MOST + 1) - SL_I16_QUERY_MOST);
      for (int r = 0; r < 4; r++) {
        rows[r][i] = (int8_t)(r == 3 ? (query[i] < 0 ? -127 : 127) // the largest sum there is
                                     : (int)sl_rng_below(&rng, 255) - 127);
        sums[r] += query[i] * rows[r][i];
      }
    }
    sl_dot4_i16_i8(query, at, n, products);
    for (int r = 0; r < 4; r++) assert_int_equal(products[r], sums[r]);
  }
}

static void only_where_a_bound_is_known(void **state) {
  (void)state;
  sl_hnsw_options options = sl_hnsw_options_default();
  options.dimension = 8;
  options.codes = SL_CODES_SKETCH;
  sl_hnsw *index;
  for (options.metric = SL_METRIC_MANHATTAN; options.metric <= SL_METRIC_HAMMING;
       options.metric++) {
    assert_refused(sl_hnsw_create(&options, &index), SL_ERR_OPTION, "codes");
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(products_with_16_bits_are_exact), property(nothing_near_is_ruled_out),
      property(extremes_are_not_ruled_out),      property(answers_keep_every_bit),
      property(only_where_a_bound_is_known),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
