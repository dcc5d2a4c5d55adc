// Remote indexes: what is found against all distances; hostile bytes; memory that runs out.
#include "check.h"

#include <math.h>

#include "base/rng.h"
#include "format/nibbles.h"
#include "format_file.h"

static double normal(sl_rng *rng) {
  return sqrt(-2 * log(1 - sl_rng_double(rng))) * cos(6.283185307179586 * sl_rng_double(rng));
}

// Points around 40 centres.
static float *clustered(uint32_t rows, uint32_t dimension, uint64_t seed) {
  sl_rng rng;
  sl_rng_seed(&rng, 99);
  float *centres = malloc(40 * dimension * sizeof(float));
  float *all = malloc((size_t)rows * dimension * sizeof(float));
  for (uint32_t i = 0; i < 40 * dimension; i++) centres[i] = (float)normal(&rng);
  sl_rng_seed(&rng, seed);
  for (uint32_t i = 0; i < rows; i++) {
    const float *c = centres + sl_rng_below(&rng, 40) * dimension;
    for (uint32_t j = 0; j < dimension; j++)
      all[(size_t)i * dimension + j] = c[j] + 0.7f * (float)normal(&rng);
  }
  free(centres);
  return all;
}

static double exact(uint32_t metric, const float *a, const float *b, uint32_t dimension) {
  double product = 0, square = 0, aa = 0, bb = 0;
  for (uint32_t j = 0; j < dimension; j++) {
    product += (double)a[j] * b[j];
    square += ((double)a[j] - b[j]) * ((double)a[j] - b[j]);
    aa += (double)a[j] * a[j];
    bb += (double)b[j] * b[j];
  }
  return metric == 2 ? sqrt(square) : metric == 1 ? -product : 1 - product / sqrt(aa * bb);
}

// Share of the k nearest rows that a search finds; all distances are compared with the exact ones.
static double recall(const file *f, uint32_t metric, const float *rows, uint32_t count,
                     uint32_t dimension, const float *queries, uint32_t query_count,
                     uint32_t probes, bool keys, double tolerance) {
  sl_remote *r;
  assert_ok(sl_remote_create(f->bytes, f->head, 1, &r));
  uint32_t hits = 0;
  for (uint32_t q = 0; q < query_count; q++) {
    const float *query = queries + (size_t)q * dimension;
    found x;
    assert_ok(look(f, r, query, dimension, 10, probes, keys, &x));
    assert_int_equal(x.count, count < 10 ? count : 10);
    for (uint32_t i = 0; i < x.count; i++) {
      const double d = exact(metric, query, rows + (size_t)x.ids[i] * dimension, dimension);
      assert_true(fabs(d - x.distances[i]) <= tolerance * (1 + fabs(d)));
      assert_true(i == 0 || x.distances[i] >= x.distances[i - 1]);
      uint32_t nearer = 0;
      for (uint32_t j = 0; j < count; j++)
        nearer += exact(metric, query, rows + (size_t)j * dimension, dimension) < d - 1e-9;
      hits += nearer < 10;
      for (uint32_t j = 0; j < i; j++) assert_true(x.ids[i] != x.ids[j]);
    }
  }
  sl_remote_destroy(r);
  return hits / (query_count * (count < 10 ? (double)count : 10));
}

static void nearest_rows_of_every_metric(void **state) {
  (void)state;
  enum { ROWS = 3000, DIM = 33, QUERIES = 30 };
  float *rows = clustered(ROWS, DIM, 1), *queries = clustered(QUERIES, DIM, 2);
  for (uint32_t metric = 0; metric < 3; metric++) {
    for (uint32_t copies = 1; copies <= 2; copies++) {
      const double options[] = {metric, 0, copies, 7};
      file f = publish(rows, ROWS, DIM, options, true, 50000);
      const double some = recall(&f, metric, rows, ROWS, DIM, queries, QUERIES, 12, true,
                                 metric == 1 ? 3e-2 : 5e-3);
      assert_true(some >= (copies == 2 ? 0.93 : 0.85));
      const double all = recall(&f, metric, rows, ROWS, DIM, queries, QUERIES, 64, false,
                                metric == 1 ? 3e-2 : 5e-3);
      assert_true(all >= 0.96 && all >= some);
      free(f.bytes);
    }
  }
  free(rows);
  free(queries);
}

static void the_same_bytes_however_it_is_cut(void **state) {
  (void)state;
  float *rows = clustered(500, 20, 3);
  const double options[] = {2, 13, 2, 1}, other[] = {2, 13, 2, 2};
  file a = publish(rows, 500, 20, options, true, 1), b = publish(rows, 500, 20, options, true, 1e9);
  file c = publish(rows, 500, 20, other, true, 1e9);
  assert_int_equal(a.length, b.length);
  assert_memory_equal(a.bytes, b.bytes, a.length);
  assert_true(c.length != a.length || memcmp(a.bytes, c.bytes, a.length) != 0);
  free(a.bytes);
  free(b.bytes);
  free(c.bytes);
  free(rows);
}

static void few_rows_equal_rows_and_large_ones(void **state) {
  (void)state;
  static const struct {
    uint32_t rows, dimension, cells;
    double scale;
  } sets[] = {{1, 1, 0, 1},     {2, 3, 2, 1},      {17, 2, 1, 1},   {40, 5, 40, 0},
              {64, 8, 3, 1e15}, {64, 7, 3, 1e-30}, {300, 1, 20, 1}, {100, 300, 4, 1}};
  for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
    float *rows = clustered(sets[i].rows, sets[i].dimension, i);
    const size_t all = (size_t)sets[i].rows * sets[i].dimension;
    for (size_t j = 0; j < all; j++)
      rows[j] = sets[i].scale == 0 ? 1 : (float)(rows[j] * sets[i].scale);
    for (uint32_t metric = 0; metric < 3; metric++) {
      const double options[] = {metric, sets[i].cells, 2, 0};
      file f = publish(rows, sets[i].rows, sets[i].dimension, options, i % 2, 1e6);
      sl_remote *r;
      found x;
      assert_ok(sl_remote_create(f.bytes, f.head, 1, &r));
      assert_ok(look(&f, r, rows, sets[i].dimension, 10, 64, i % 2, &x));
      assert_int_equal(x.count, sets[i].rows < 10 ? sets[i].rows : 10);
      sl_remote_destroy(r);
      free(f.bytes);
    }
    free(rows);
  }
}

static void sums_over_nibbles(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 8);
  for (uint32_t n = 1; n < 200; n++) {
    uint8_t values[200], high[116] = {0}, low[116] = {0};
    int16_t query[2 * 112] = {0};
    const uint32_t bytes = sl_nibbles_bytes(n), padded = sl_nibbles_padded(n);
    memset(high, 0xff, sizeof high); // what is behind a row does not matter
    int64_t wanted_high = 0, wanted_low = 0;
    const int32_t most = sl_nibbles_most(n);
    for (uint32_t i = 0; i < n; i++) {
      const int32_t q = (int32_t)sl_rng_below(&rng, (uint32_t)(2 * most + 1)) - most;
      values[i] = (uint8_t)sl_rng_next(&rng);
      query[i < bytes ? i : padded + i - bytes] = (int16_t)q;
      wanted_high += q * (values[i] >> 4);
      wanted_low += q * (values[i] & 15);
    }
    sl_nibbles_split(values, n, high, low);
    assert_int_equal(sl_nibbles_dot(query, high, n), wanted_high);
    assert_int_equal(sl_nibbles_dot(query, low, n), wanted_low);
  }
}

static void wrong_arguments(void **state) {
  (void)state;
  const double good[] = {0, 0, 2, 0};
  const double metric[] = {3, 0, 2, 0}, cells[] = {0, 11, 2, 0}, copies[] = {0, 0, 3, 0};
  const double half[] = {0, 1.5, 2, 0}, seed[] = {0, 0, 2, NAN};
  sl_publish *p;
  assert_refused(sl_publish_create(10, 2, metric, &p), SL_ERR_OPTION, "metric");
  assert_refused(sl_publish_create(10, 2, cells, &p), SL_ERR_OPTION, "cells");
  assert_refused(sl_publish_create(10, 2, half, &p), SL_ERR_OPTION, "cells");
  assert_refused(sl_publish_create(10, 2, copies, &p), SL_ERR_OPTION, "copies");
  assert_refused(sl_publish_create(10, 2, seed, &p), SL_ERR_OPTION, "seed");
  assert_refused(sl_publish_create(0, 2, good, &p), SL_ERR_RANGE, "rows");
  assert_refused(sl_publish_create(10, 0, good, &p), SL_ERR_RANGE, "dimension");
  assert_ok(sl_publish_create(2, 2, good, &p));
  const float vectors[] = {1, 2, 0, 0, 1, NAN, 1e17f, 0};
  const uint32_t lengths[] = {1, 70000}, short_ones[] = {1, 1};
  double numbers[SL_PUBLISH_NUMBERS];
  assert_refused(sl_publish_begin(p), SL_ERR_STATE, "vectors");
  assert_refused(sl_publish_add(p, vectors, 3), SL_ERR_SHAPE, "vectors");
  assert_refused(sl_publish_add(p, vectors, 2), SL_ERR_RANGE, "vectors");
  assert_refused(sl_publish_add(p, vectors + 4, 1), SL_ERR_NOT_FINITE, "vectors");
  assert_refused(sl_publish_add(p, vectors + 6, 1), SL_ERR_RANGE, "vectors");
  assert_ok(sl_publish_add(p, vectors, 1));
  assert_refused(sl_publish_keys(p, (const uint8_t *)"ab", 2, lengths, 1), SL_ERR_RANGE, "keys");
  assert_refused(sl_publish_keys(p, (const uint8_t *)"abc", 3, short_ones, 1), SL_ERR_SHAPE,
                 "lengths");
  assert_refused(sl_publish_keys(p, (const uint8_t *)"ab", 2, short_ones, 3), SL_ERR_OPTION,
                 "kind");
  assert_ok(sl_publish_begin(p));
  assert_refused(sl_publish_begin(p), SL_ERR_STATE, "publish");
  assert_refused(sl_publish_add(p, vectors, 1), SL_ERR_STATE, "publish");
  assert_true(sl_publish_read(p, numbers) == SL_ERR_STATE);
  assert_ok(sl_job_stop(sl_publish_job(p), SL_OUTCOME_TIME_LIMIT));
  assert_refused(sl_publish_read(p, numbers), SL_ERR_STATE, "publish");
  sl_publish_destroy(p);
  sl_publish_destroy(NULL);
  sl_remote_destroy(NULL);
  sl_remote_search_destroy(NULL);
}

static void memory_ends_anywhere(void **state) {
  (void)state;
  float *rows = clustered(200, 12, 4);
  const double options[] = {0, 6, 2, 0};
  file f = publish(rows, 200, 12, options, false, 1e9);
  uint32_t refused = 0;
  for (uint64_t limit = 0; limit < 80000; limit += 613) {
    sl_memory_budget budget;
    sl_publish *p;
    sl_outcome outcome = SL_OUTCOME_RUNNING;
    sl_memory_budget_begin(&budget, limit);
    sl_status status = sl_publish_create(200, 12, options, &p);
    if (status == SL_OK) status = sl_publish_add(p, rows, 200);
    if (status == SL_OK) status = sl_publish_begin(p);
    while (status == SL_OK && outcome == SL_OUTCOME_RUNNING)
      status = sl_job_step(sl_publish_job(p), 100000, &outcome);
    assert_true(status == SL_OK || status == SL_ERR_MEMORY);
    refused += status != SL_OK;
    sl_publish_destroy(p);
    assert_int_equal(sl_memory_budget_end(&budget), 0);
    sl_remote *r;
    found x;
    sl_memory_budget_begin(&budget, limit / 4);
    status = sl_remote_create(f.bytes, f.head, 1, &r);
    if (status == SL_OK) status = look(&f, r, rows, 12, 5, 4, false, &x);
    assert_true(status == SL_OK || status == SL_ERR_MEMORY);
    sl_remote_destroy(r);
    assert_int_equal(sl_memory_budget_end(&budget), 0);
  }
  assert_true(refused > 10 && refused < 120);
  free(f.bytes);
  free(rows);
}

// With right hashes every bit matters; without them nothing breaks.
static void hostile_bytes(void **state) {
  (void)state;
  float *rows = clustered(60, 6, 4);
  const double options[] = {2, 3, 2, 0};
  file f = publish(rows, 60, 6, options, true, 1e9);
  sl_remote *r;
  found x;
  for (size_t bit = 0; bit < 8 * f.head; bit++) {
    f.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    const sl_status status = sl_remote_create(f.bytes, f.head, 1, &r);
    // Between segments are zeros that nobody reads.
    if (status == SL_OK) {
      bool padding = true;
      for (uint32_t i = 0; i < 11; i++) {
        sl_segment s;
        sl_segments_get(f.bytes, i, &s);
        if (bit / 8 >= s.offset && bit / 8 < s.offset + s.length) padding = false;
      }
      assert_true(padding && bit / 8 >= 64 + 11 * 128);
    }
    sl_remote_destroy(r);
    f.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
  }
  for (size_t n = 0; n < f.head; n++) {
    uint8_t *copy = malloc(n + (n == 0));
    memcpy(copy, f.bytes, n);
    const sl_status status = sl_remote_create(copy, n, 1, &r);
    assert_true(status == SL_ERR_TRUNCATED || status == SL_OK);
    if (status == SL_OK) assert_true(n > f.head - 64); // all but zeros behind the last segment
    sl_remote_destroy(r);
    free(copy);
  }
  // Cells and details.
  assert_ok(sl_remote_create(f.bytes, f.head, 1, &r));
  uint32_t groups = 0;
  for (uint32_t cell = 0; cell < 3; cell++) {
    double place[4], group[2];
    assert_ok(sl_remote_place(r, cell, place));
    uint8_t *block = f.bytes + (size_t)place[0];
    const size_t length = (size_t)place[1];
    assert_ok(sl_remote_check_cell(r, cell, block, length));
    for (size_t bit = 0; bit < 8 * length; bit++) {
      block[bit / 8] ^= (uint8_t)(1 << bit % 8);
      assert_refused(sl_remote_check_cell(r, cell, block, length), SL_ERR_CHECKSUM, "bytes");
      block[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (uint32_t g = 0; sl_remote_group(r, cell, block, length, g, group) == SL_OK; g++) {
      uint8_t *bytes = f.bytes + (size_t)group[0];
      const size_t count = (size_t)group[1];
      groups++;
      assert_ok(sl_remote_check_group(r, cell, block, length, g, bytes, count));
      assert_true(sl_remote_check_group(r, cell, block, length, g, bytes, count - 1) < 0);
      for (size_t bit = 0; bit < 8 * count; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_true(sl_remote_check_group(r, cell, block, length, g, bytes, count) ==
                    SL_ERR_CHECKSUM);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
      }
    }
  }
  assert_true(groups >= 8);
  sl_remote_destroy(r);
  sl_rng rng;
  sl_rng_seed(&rng, 6);
  uint8_t *copy = malloc(f.length);
  for (int i = 0; i < 20000; i++) {
    memcpy(copy, f.bytes, f.length);
    for (uint32_t n = 1 + sl_rng_below(&rng, 4); n > 0; n--) {
      const uint32_t from = 64 + 11 * 128,
                     at = from + sl_rng_below(&rng, (uint32_t)f.length - from);
      copy[at] = (uint8_t)sl_rng_next(&rng);
    }
    file forged = {.bytes = copy, .length = f.length, .head = f.head};
    if (sl_remote_create(copy, f.head, 0, &r) != SL_OK) continue;
    (void)look(&forged, r, rows, 6, 10, 3, false, &x);
    sl_remote_destroy(r);
  }
  free(copy);
  free(f.bytes);
  free(rows);
}

static void searches_outlive_their_index_and_refuse_the_wrong_order(void **state) {
  (void)state;
  float *rows = clustered(60, 6, 4);
  const double options[] = {0, 3, 1, 0};
  file f = publish(rows, 60, 6, options, false, 1e9);
  sl_remote *r;
  sl_remote_search *s;
  double place[4];
  uint32_t cells[80], entries[80], found_count, ids[80];
  float distances[80];
  assert_ok(sl_remote_create(f.bytes, f.head, 1, &r));
  assert_refused(sl_remote_search_create(r, rows, 5, &s), SL_ERR_SHAPE, "query");
  const float wild[6] = {1, INFINITY}, zero[6] = {0}, huge[6] = {1e20f};
  assert_refused(sl_remote_search_create(r, wild, 6, &s), SL_ERR_NOT_FINITE, "query");
  assert_refused(sl_remote_search_create(r, zero, 6, &s), SL_ERR_RANGE, "query");
  assert_refused(sl_remote_search_create(r, huge, 6, &s), SL_ERR_RANGE, "query");
  assert_refused(sl_remote_place(r, 3, place), SL_ERR_INDEX, "cell");
  assert_ok(sl_remote_place(r, 0, place));
  const uint8_t *block = f.bytes + (size_t)place[0];
  const size_t length = (size_t)place[1];
  assert_refused(sl_remote_group(r, 0, block, length, 99, place), SL_ERR_INDEX, "group");
  assert_refused(sl_remote_key(r, 0, 0, block, length, place), SL_ERR_INDEX, "entry");
  assert_ok(sl_remote_search_create(r, rows, 6, &s));
  sl_remote_destroy(r);
  assert_refused(sl_remote_search_scan(s, 9, block, length, NULL), SL_ERR_INDEX, "cell");
  assert_refused(sl_remote_search_scan(s, 0, block, length - 1, NULL), SL_ERR_TRUNCATED, "bytes");
  const uint8_t none[80] = {0};
  assert_ok(sl_remote_search_scan(s, 0, block, length, none));
  assert_ok(sl_remote_search_results(s, 10, ids, distances, cells, entries, &found_count));
  assert_int_equal(found_count, 0);
  assert_ok(sl_remote_search_scan(s, 0, block, length, NULL));
  assert_ok(sl_remote_search_scan(s, 0, block, length, NULL)); // twice: no row twice
  assert_refused(sl_remote_search_pick(s, 0, 5, cells, entries, &found_count), SL_ERR_OPTION, "k");
  assert_ok(sl_remote_search_pick(s, 3, 80, cells, entries, &found_count));
  assert_refused(sl_remote_search_scan(s, 0, block, length, NULL), SL_ERR_STATE, "search");
  assert_refused(sl_remote_search_refine(s, 0, 0, block, 3), SL_ERR_TRUNCATED, "bytes");
  assert_refused(sl_remote_search_refine(s, 7, 0, block, 3), SL_ERR_INDEX, "cell");
  assert_ok(sl_remote_search_results(s, 3, ids, distances, cells, entries, &found_count));
  assert_int_equal(found_count, 3);
  sl_remote_search_destroy(s);
  free(f.bytes);
  free(rows);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(nearest_rows_of_every_metric),
      property(the_same_bytes_however_it_is_cut),
      property(few_rows_equal_rows_and_large_ones),
      property(sums_over_nibbles),
      property(wrong_arguments),
      property(memory_ends_anywhere),
      property(hostile_bytes),
      property(searches_outlive_their_index_and_refuse_the_wrong_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
