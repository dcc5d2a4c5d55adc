// Random operations on an index beside a list of what is in it. SL_TEST_OPERATIONS in the
// environment asks for more of them than usual.
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hnsw/file.h"
#include "hnsw_points.h"

enum { IDS = 3000, WIDE = 4 };

typedef struct model {
  sl_hnsw *index;
  sl_rng rng;
  sl_metric metric;
  sl_codes codes;
  bool there[IDS];
  float value[IDS][WIDE];
  uint32_t count;
  uint64_t walked, right; // results of walks, and those that were as near as could be
} model;

// Coordinates on a small grid, so that many vectors are equal and most distances tie.
static void draw(model *m, float *x) {
  uint32_t steps = sl_rng_below(&m->rng, 4) == 0 ? 1000 : 4;
  for (int j = 0; j < WIDE; j++) {
    x[j] = ((float)sl_rng_below(&m->rng, steps) + 1) / (3.0f * (float)steps);
  }
}

static uint8_t *saved(sl_hnsw *index, uint64_t *length) {
  uint32_t written;
  *length = sl_hnsw_file_size(index);
  uint8_t *bytes = malloc(*length);
  assert_ok(sl_hnsw_save(index, 0, bytes, (uint32_t)*length, &written));
  assert_int_equal(written, *length);
  return bytes;
}

static sl_hnsw *loaded(const uint8_t *bytes, uint64_t length, bool in_pieces) {
  sl_hnsw *index;
  if (!in_pieces) {
    assert_ok(sl_hnsw_load(bytes, length, true, &index));
    return index;
  }
  sl_reader *reader;
  assert_ok(sl_reader_create(SL_FILE_HNSW, length, &reader));
  sl_reader_keep_pieces(reader);
  for (uint64_t at = 0; at < length; at += 1000) {
    assert_ok(sl_reader_feed(reader, bytes + at, length - at < 1000 ? length - at : 1000));
  }
  assert_ok(sl_hnsw_read(reader, &index));
  sl_reader_destroy(reader);
  return index;
}

static double distance_to(const model *m, const float *x, uint32_t id) {
  const float *y = m->value[id];
  double dot = 0, xx = 0, yy = 0, squared = 0;
  for (int j = 0; j < WIDE; j++) {
    dot += (double)x[j] * y[j];
    xx += (double)x[j] * x[j];
    yy += (double)y[j] * y[j];
    squared += ((double)x[j] - y[j]) * ((double)x[j] - y[j]);
  }
  return m->metric == SL_METRIC_COSINE ? 1 - dot / sqrt(xx * yy) : sqrt(squared);
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

// The distances found are the true ones of what may be found, in order, and of ids that have them.
static void check_search(model *m) {
  float x[WIDE], distances[K];
  uint32_t ids[K], found, allowed = 0, list[IDS];
  draw(m, x);
  bool filtered = sl_rng_below(&m->rng, 2) == 0;
  uint32_t share = 1 + sl_rng_below(&m->rng, 8);
  static double truth[IDS];
  for (uint32_t id = 0; id < IDS; id++) {
    if (!m->there[id] || (filtered && id % 8 >= share)) continue;
    list[allowed] = id;
    truth[allowed++] = distance_to(m, x, id);
  }
  sl_filter *filter = NULL;
  if (filtered) assert_ok(sl_filter_create(list, allowed, &filter));
  uint32_t ef = sl_rng_below(&m->rng, 4) == 0 ? IDS : 32;
  assert_ok(sl_hnsw_search(m->index, x, 1, K, ef, filter, ids, distances, &found));
  sl_filter_destroy(filter);
  assert_int_equal(found, allowed < K ? allowed : K);
  qsort(truth, allowed, sizeof *truth, ascending);
  uint32_t right = 0;
  for (uint32_t i = 0; i < found; i++) {
    assert_true(ids[i] < IDS && m->there[ids[i]] && (!filtered || ids[i] % 8 < share));
    assert_true(i == 0 || distances[i] >= distances[i - 1]);
    for (uint32_t j = 0; j < i; j++) assert_int_not_equal(ids[i], ids[j]);
    if (m->codes != SL_CODES_NONE) continue;
    assert_true(fabs(distances[i] - distance_to(m, x, ids[i])) < 2e-6);
    right += distances[i] <= truth[i] + 2e-6;
  }
  // Exact where it is a scan; of what walks look for one in ten may be missed.
  bool scan = ef == IDS || allowed <= 1000;
  if (m->codes != SL_CODES_NONE) return;
  if (scan) assert_int_equal(right, found);
  m->walked += scan ? 0 : found;
  m->right += scan ? 0 : right;
}

static void add_one(model *m, uint32_t id) {
  float x[WIDE];
  uint32_t added;
  draw(m, x);
  sl_duplicate duplicate =
      sl_rng_below(&m->rng, 2) == 0 ? SL_DUPLICATE_ERROR : SL_DUPLICATE_REPLACE;
  sl_status status = sl_hnsw_add(m->index, &id, x, 1, duplicate, &added);
  if (m->there[id] && duplicate == SL_DUPLICATE_ERROR) {
    assert_int_equal(status, SL_ERR_ARGUMENT);
    return;
  }
  assert_ok(status);
  m->count += !m->there[id];
  m->there[id] = true;
  memcpy(m->value[id], x, sizeof x);
}

static void remove_some(model *m, uint32_t most) {
  uint32_t list[IDS], count = 0, removed;
  for (uint32_t i = 0; i < most; i++) {
    uint32_t id = sl_rng_below(&m->rng, IDS);
    if (!m->there[id]) continue;
    list[count++] = id;
    m->there[id] = false;
    m->count--;
  }
  assert_ok(sl_hnsw_remove_many(m->index, list, count, &removed));
  assert_int_equal(removed, count);
  if (sl_rng_below(&m->rng, 4) != 0) return;
  uint32_t gone = IDS + 1;
  assert_refused(sl_hnsw_remove(m->index, gone), SL_ERR_INDEX, "id");
}

// A loaded index has the same file, and goes on as the saved one: that is checked by going on with
// it in its place.
static void save_and_load(model *m) {
  uint64_t length, again_length;
  uint8_t *bytes = saved(m->index, &length);
  sl_hnsw *again = loaded(bytes, length, sl_rng_below(&m->rng, 2) == 0);
  uint8_t *twice = saved(again, &again_length);
  assert_int_equal(length, again_length);
  assert_memory_equal(bytes, twice, length);
  free(twice);
  // Both take the same changes to the same bits.
  for (uint32_t i = 0; i < 12; i++) {
    float x[WIDE];
    uint32_t id = sl_rng_below(&m->rng, IDS), added, removed;
    draw(m, x);
    sl_hnsw *const both[] = {m->index, again};
    for (int b = 0; b < 2; b++) {
      if (i % 3 == 2 && m->there[id])
        assert_ok(sl_hnsw_remove_many(both[b], &id, 1, &removed));
      else
        assert_ok(sl_hnsw_add(both[b], &id, x, 1, SL_DUPLICATE_REPLACE, &added));
    }
    bool removes = i % 3 == 2 && m->there[id];
    m->count = m->count - m->there[id] + !removes;
    m->there[id] = !removes;
    if (!removes) memcpy(m->value[id], x, sizeof x);
  }
  free(bytes);
  bytes = saved(m->index, &length);
  twice = saved(again, &again_length);
  assert_int_equal(length, again_length);
  assert_memory_equal(bytes, twice, length);
  free(bytes);
  free(twice);
  sl_hnsw_destroy(m->index);
  m->index = again;
}

static void check_contents(const model *m) {
  assert_int_equal(sl_hnsw_size(m->index), m->count);
  check_graph(m->index);
  for (uint32_t id = 0; id < IDS; id++) {
    float x[WIDE];
    assert_int_equal(sl_hnsw_has(m->index, id), m->there[id]);
    if (!m->there[id]) continue;
    assert_ok(sl_hnsw_get(m->index, id, x));
    if (m->metric != SL_METRIC_COSINE && m->codes == SL_CODES_NONE) {
      assert_memory_equal(x, m->value[id], sizeof x);
    }
  }
}

static void run(model *m, uint32_t operations) {
  uint32_t left;
  for (uint32_t i = 0; i < operations; i++) {
    uint32_t what = sl_rng_below(&m->rng, 1000);
    if (what < 600) {
      add_one(m, sl_rng_below(&m->rng, IDS));
    } else if (what < 800) {
      remove_some(m, 1 + sl_rng_below(&m->rng, 2));
    } else if (what < 960) {
      check_search(m);
    } else if (what < 975) {
      assert_ok(sl_hnsw_repair_step(m->index, 1 + sl_rng_below(&m->rng, 3000), &left));
    } else if (what < 978) {
      assert_ok(sl_hnsw_repair(m->index));
      sl_hnsw_stats stats;
      assert_ok(sl_hnsw_stats_of(m->index, &stats));
      assert_int_equal(stats.unreachable + stats.removed, 0);
      assert_int_equal(stats.size, m->count);
    } else if (what < 981) {
      assert_ok(sl_hnsw_optimize(m->index));
      assert_int_equal(m->index->store.used, m->count);
    } else if (what < 984) {
      assert_ok(sl_hnsw_shrink(m->index));
      assert_int_equal(m->index->store.capacity, m->count);
    } else if (what < 985) {
      if (m->count > 2200) remove_some(m, IDS); // two thirds of them at once
    } else if (what < 990) {
      save_and_load(m);
    } else if (what < 995) {
      check_contents(m);
    } else {
      assert_ok(sl_hnsw_reserve(m->index, sl_rng_below(&m->rng, 2 * IDS)));
    }
  }
  check_contents(m);
  assert_true(10 * m->right >= 9 * m->walked);
}

static void operations_in_any_order(void **state) {
  (void)state;
  static const struct {
    sl_metric metric;
    sl_codes codes;
  } kinds[] = {{SL_METRIC_EUCLIDEAN, SL_CODES_NONE},    {SL_METRIC_COSINE, SL_CODES_SKETCH},
               {SL_METRIC_EUCLIDEAN, SL_CODES_INT8},    {SL_METRIC_COSINE, SL_CODES_RABITQ},
               {SL_METRIC_EUCLIDEAN, SL_CODES_RABITQ4}, {SL_METRIC_EUCLIDEAN, SL_CODES_FLOAT16}};
  const char *asked = getenv("SL_TEST_OPERATIONS");
  uint32_t operations = asked != NULL ? (uint32_t)strtoul(asked, NULL, 10) : 50000;
  for (int kind = 0; kind < 6; kind++) {
    static model m;
    memset(&m, 0, sizeof m);
    sl_rng_seed(&m.rng, 50 + (uint64_t)kind);
    m.metric = kinds[kind].metric;
    m.codes = kinds[kind].codes;
    sl_hnsw_options options = sl_hnsw_options_default();
    options.metric = m.metric;
    options.dimension = WIDE;
    options.m = 4;
    options.ef_construction = 24;
    options.codes = m.codes;
    options.exact = m.codes == SL_CODES_INT8      ? SL_EXACT_FLOAT32
                    : m.codes == SL_CODES_RABITQ  ? SL_EXACT_FLOAT16
                    : m.codes == SL_CODES_RABITQ4 ? SL_EXACT_RABITQ4
                                                  : SL_EXACT_NONE;
    assert_ok(sl_hnsw_create(&options, &m.index));
    run(&m, operations / 5);
    sl_hnsw_destroy(m.index);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(operations_in_any_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
