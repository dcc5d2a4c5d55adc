// Building an index with several threads: the same bits with any number of them, graphs as good as
// those of one addition after another, and nothing lost where a build ends early.
#define _POSIX_C_SOURCE 200112L // barriers
#define HNSW_POINTS 3000
#include "hnsw_points.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "hnsw/build.h"
#include "hnsw/file.h"
#include "hnsw/view.h"

enum { THREADS_MOST = 5 };

// --- A team of threads that does the units of a phase ---

typedef struct team {
  sl_hnsw_build *build;
  uint32_t threads, units;
  atomic_uint next;
  pthread_barrier_t barrier;
} team;

typedef struct member {
  pthread_t thread;
  team *team;
  sl_hnsw_builder *builder;
  uint64_t scored;
} member;

// One of the threads, which one is chance, plans what comes next: as hosts do it.
static void *take_part(void *argument) {
  member *m = argument;
  team *t = m->team;
  while (t->units > 0) {
    uint32_t unit;
    while ((unit = atomic_fetch_add(&t->next, 1)) < t->units)
      sl_hnsw_builder_unit(m->builder, unit);
    if (pthread_barrier_wait(&t->barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
      if (sl_hnsw_build_next(t->build, &t->units) != SL_OK) abort(); // it cannot fail any more
      atomic_store(&t->next, 0);
    }
    pthread_barrier_wait(&t->barrier);
  }
  return NULL;
}

// Adds everything that has been given to the build. Returns the rows that were compared.
static uint64_t link_all(sl_hnsw_build *build, uint32_t threads) {
  team t = {.build = build, .threads = threads};
  member members[THREADS_MOST];
  uint64_t scored = 0;
  assert_ok(sl_hnsw_build_next(build, &t.units));
  pthread_barrier_init(&t.barrier, NULL, threads);
  for (uint32_t i = 0; i < threads; i++) {
    members[i] = (member){.team = &t};
    assert_ok(sl_hnsw_builder_create(build, &members[i].builder));
  }
  for (uint32_t i = 0; i < threads; i++)
    assert_int_equal(pthread_create(&members[i].thread, NULL, take_part, &members[i]), 0);
  for (uint32_t i = 0; i < threads; i++) {
    pthread_join(members[i].thread, NULL);
    scored += sl_hnsw_builder_scored(members[i].builder);
    sl_hnsw_builder_destroy(members[i].builder);
  }
  pthread_barrier_destroy(&t.barrier);
  assert_int_equal(sl_hnsw_build_done(build), sl_hnsw_build_total(build));
  return scored;
}

static uint64_t build_into(sl_hnsw *index, const uint32_t *ids, const void *rows, uint32_t count,
                           uint32_t threads) {
  sl_hnsw_build *build;
  uint32_t added;
  assert_ok(sl_hnsw_build_create(index, count, &build));
  assert_ok(sl_hnsw_build_add(build, ids, rows, count, &added));
  assert_int_equal(added, count);
  uint64_t scored = link_all(build, threads);
  sl_hnsw_build_destroy(build);
  return scored;
}

typedef struct bytes {
  uint8_t *at;
  uint32_t count;
} bytes;

static bytes saved(sl_hnsw *index) {
  bytes file = {.count = (uint32_t)sl_hnsw_file_size(index)};
  uint32_t written;
  file.at = malloc(file.count);
  assert_ok(sl_hnsw_save(index, 0, file.at, file.count, &written));
  assert_int_equal(written, file.count);
  return file;
}

static void assert_same_bytes(bytes a, bytes b) {
  assert_int_equal(a.count, b.count);
  assert_memory_equal(a.at, b.at, a.count);
}

static sl_hnsw *make_empty(sl_metric metric, sl_codes codes, sl_exact exact) {
  sl_hnsw_options options = sl_hnsw_options_default();
  options.metric = metric;
  options.dimension = metric == SL_METRIC_HAMMING ? D * 32 : D;
  options.m = 8;
  options.ef_construction = 60;
  options.codes = codes;
  options.exact = exact;
  sl_hnsw *index;
  assert_ok(sl_hnsw_create(&options, &index));
  return index;
}

// Builds with 1 to 5 threads: the same bits; and recall as of additions one after another.
static void check_kind(sl_metric metric, sl_codes codes, sl_exact exact) {
  sl_hnsw *alone = make_empty(metric, codes, exact);
  uint32_t added;
  assert_ok(sl_hnsw_add(alone, all_ids, vectors, N, SL_DUPLICATE_ERROR, &added));
  uint64_t work = alone->scored;
  double expected = recall(alone, 40, NULL);
  bytes first = {0};
  for (uint32_t threads = 1; threads <= THREADS_MOST; threads++) {
    if (threads == 4) continue;
    sl_hnsw *index = make_empty(metric, codes, exact);
    uint64_t scored = build_into(index, all_ids, vectors, N, threads);
    // Vectors of one batch are compared with each other: little, beside what each searches for, and
    // less where there are more than here.
    assert_true(scored < work + work / 4);
    assert_int_equal(sl_hnsw_size(index), N);
    check_graph(index);
    assert_true(recall(index, 40, NULL) > expected - 0.01);
    bytes file = saved(index);
    if (first.at == NULL) {
      first = file;
    } else {
      assert_same_bytes(first, file);
      free(file.at);
    }
    sl_hnsw_stats stats;
    assert_ok(sl_hnsw_stats_of(index, &stats));
    assert_int_equal(stats.unreachable, 0);
    sl_hnsw_destroy(index);
  }
  // What it is saved as is an index like any other.
  sl_hnsw *again;
  assert_ok(sl_hnsw_load(first.at, first.count, true, &again));
  assert_int_equal(sl_hnsw_size(again), N);
  assert_ok(sl_hnsw_remove(again, all_ids[7]));
  assert_ok(sl_hnsw_add(again, &all_ids[7], vectors[7], 1, SL_DUPLICATE_ERROR, &added));
  check_graph(again);
  sl_hnsw_destroy(again);
  free(first.at);
  sl_hnsw_destroy(alone);
}

static void every_metric_has_the_same_bits(void **state) {
  (void)state;
  make_points(21);
  for (sl_metric metric = SL_METRIC_COSINE; metric <= SL_METRIC_POINCARE; metric++)
    check_kind(metric, SL_CODES_NONE, SL_EXACT_NONE);
}

static void every_code_has_the_same_bits(void **state) {
  (void)state;
  make_points(22);
  for (sl_codes codes = SL_CODES_INT8; codes <= SL_CODES_RABITQ8; codes++) {
    check_kind(SL_METRIC_COSINE, codes, SL_EXACT_FLOAT16);
    if (codes == SL_CODES_INT8) check_kind(SL_METRIC_EUCLIDEAN, codes, SL_EXACT_FLOAT32);
  }
}

// Vectors that come in order: each is nearest to those beside it in its batch.
static void runs_of_near_vectors_link_to_each_other(void **state) {
  (void)state;
  make_points(23);
  for (uint32_t i = 0; i < N; i++)
    for (uint32_t j = 0; j < D; j++) vectors[i][j] = j == 0 ? (float)i : (float)(i * j % 7) / 100;
  for (uint32_t q = 0; q < QUERIES; q++) memcpy(queries[q], vectors[q * 71], sizeof queries[q]);
  sl_hnsw *index = make_empty(SL_METRIC_EUCLIDEAN, SL_CODES_NONE, SL_EXACT_NONE);
  build_into(index, all_ids, vectors, N, 3);
  check_graph(index);
  assert_true(recall(index, 40, NULL) > 0.999);
  sl_hnsw_destroy(index);
}

static void equal_vectors_are_one_node(void **state) {
  (void)state;
  make_points(24);
  for (uint32_t i = 0; i < N; i += 4) memcpy(vectors[i], vectors[0], sizeof vectors[0]);
  bytes files[2];
  for (uint32_t threads = 1; threads <= 2; threads++) {
    sl_hnsw *index = make_empty(SL_METRIC_EUCLIDEAN, SL_CODES_NONE, SL_EXACT_NONE);
    build_into(index, all_ids, vectors, N, threads);
    check_graph(index);
    sl_hnsw_stats stats;
    assert_ok(sl_hnsw_stats_of(index, &stats));
    assert_int_equal(stats.copies, N / 4 - 1);
    files[threads - 1] = saved(index);
    sl_hnsw_destroy(index);
  }
  assert_same_bytes(files[0], files[1]);
  free(files[0].at);
  free(files[1].at);
  // Nothing but copies, and hardly anything at all.
  for (uint32_t i = 0; i < N; i++) memcpy(vectors[i], vectors[0], sizeof vectors[0]);
  for (uint32_t count = 0; count <= N; count = 3 * count + 1) {
    sl_hnsw *index = make_empty(SL_METRIC_COSINE, SL_CODES_NONE, SL_EXACT_NONE);
    build_into(index, all_ids, vectors, count, 2);
    assert_int_equal(sl_hnsw_size(index), count);
    assert_int_equal(index->copy_count, count > 0 ? count - 1 : 0);
    check_graph(index);
    sl_hnsw_destroy(index);
  }
}

// An index that has vectors, removed ones among them, takes more.
static void vectors_join_those_that_are_there(void **state) {
  (void)state;
  make_points(25);
  bytes files[2];
  for (uint32_t threads = 1; threads <= 2; threads++) {
    sl_hnsw *index = make_empty(SL_METRIC_COSINE, SL_CODES_INT8, SL_EXACT_FLOAT16);
    uint32_t added, half = N / 2;
    assert_ok(sl_hnsw_add(index, all_ids, vectors, half, SL_DUPLICATE_ERROR, &added));
    for (uint32_t i = 0; i < half; i += 5) assert_ok(sl_hnsw_remove(index, all_ids[i]));
    build_into(index, all_ids + half, vectors + half, N - half, threads);
    check_graph(index);
    assert_int_equal(sl_hnsw_size(index), N - (half + 4) / 5);
    assert_true(recall(index, 60, NULL) > 0.95);
    files[threads - 1] = saved(index);
    sl_hnsw_destroy(index);
  }
  assert_same_bytes(files[0], files[1]);
  free(files[0].at);
  free(files[1].at);
}

// Ended after `phases` of its phases, the last one done as far as `units` units.
static void end_early(uint32_t phases, uint32_t most_units) {
  sl_hnsw *index = make_empty(SL_METRIC_EUCLIDEAN, SL_CODES_NONE, SL_EXACT_NONE);
  uint32_t added, old = 400, units;
  assert_ok(sl_hnsw_add(index, all_ids, vectors, old, SL_DUPLICATE_ERROR, &added));
  sl_hnsw_build *build;
  sl_hnsw_builder *builder;
  assert_ok(sl_hnsw_build_create(index, N - old, &build));
  assert_ok(sl_hnsw_build_add(build, all_ids + old, vectors + old, N - old, &added));
  assert_ok(sl_hnsw_build_next(build, &units));
  assert_ok(sl_hnsw_builder_create(build, &builder));
  for (uint32_t phase = 0; phase < phases && units > 0; phase++) {
    uint32_t some = phase + 1 == phases && most_units < units ? most_units : units;
    for (uint32_t unit = 0; unit < some; unit++) sl_hnsw_builder_unit(builder, unit);
    if (some == units && phase + 1 < phases) assert_ok(sl_hnsw_build_next(build, &units));
  }
  sl_hnsw_builder_destroy(builder);
  sl_hnsw_build_destroy(build);
  assert_true(sl_hnsw_size(index) >= old + (phases > 2 ? phases / 2 : 0));
  for (uint32_t i = 0; i < old; i++) assert_true(sl_hnsw_has(index, all_ids[i]));
  check_graph(index);
  assert_true(recall(index, 40, NULL) > 0.97);
  // What was not linked can be added again.
  for (uint32_t i = old; i < N; i++) {
    if (sl_hnsw_has(index, all_ids[i])) continue;
    assert_ok(sl_hnsw_add(index, &all_ids[i], vectors[i], 1, SL_DUPLICATE_ERROR, &added));
  }
  assert_int_equal(sl_hnsw_size(index), N);
  check_graph(index);
  assert_true(recall(index, 40, NULL) > 0.97);
  sl_hnsw_destroy(index);
}

static void a_build_that_ends_early_loses_nothing_older(void **state) {
  (void)state;
  make_points(26);
  for (uint32_t i = 3; i < N; i += 9) memcpy(vectors[i], vectors[i - 1], sizeof vectors[i]);
  for (uint32_t phases = 0; phases < 12; phases++) {
    end_early(phases, 3);
    end_early(phases, UINT32_MAX);
  }
}

static void nothing_else_changes_an_index_being_built(void **state) {
  (void)state;
  make_points(27);
  sl_hnsw *index = make_empty(SL_METRIC_EUCLIDEAN, SL_CODES_NONE, SL_EXACT_NONE);
  sl_hnsw_build *build, *second;
  sl_hnsw_builder *builder;
  uint32_t added, units, id = 9, left;
  assert_ok(sl_hnsw_build_create(index, 30, &build));
  assert_int_equal(sl_hnsw_build_create(index, 1, &second), SL_ERR_STATE);
  assert_null(second);
  assert_int_equal(sl_hnsw_builder_create(build, &builder), SL_ERR_STATE);
  assert_int_equal(sl_hnsw_build_add(build, all_ids, vectors, 31, &added), SL_ERR_RANGE);
  assert_int_equal(added, 0);
  assert_ok(sl_hnsw_build_add(build, all_ids, vectors, 10, &added));
  assert_int_equal(sl_hnsw_build_add(build, all_ids + 8, vectors, 5, &added), SL_ERR_ARGUMENT);
  assert_string_equal(sl_last_error()->argument, "ids");
  assert_int_equal(added, 0);
  float saved_element = vectors[12][3];
  vectors[12][3] = NAN;
  assert_int_equal(sl_hnsw_build_add(build, all_ids + 10, vectors + 10, 5, &added),
                   SL_ERR_NOT_FINITE);
  assert_int_equal(sl_last_error()->position, 2);
  assert_int_equal(added, 2);
  vectors[12][3] = saved_element;
  assert_int_equal(sl_hnsw_add(index, &id, vectors, 1, SL_DUPLICATE_ERROR, &added), SL_ERR_STATE);
  assert_int_equal(sl_hnsw_remove(index, all_ids[0]), SL_ERR_STATE);
  assert_int_equal(sl_hnsw_repair_step(index, 1, &left), SL_ERR_STATE);
  assert_int_equal(sl_hnsw_optimize(index), SL_ERR_STATE);
  assert_int_equal(sl_hnsw_freeze(index), SL_ERR_STATE);
  assert_string_equal(sl_last_error()->argument, "index");
  assert_int_equal(sl_hnsw_save(index, 0, &id, 4, &added), SL_ERR_STATE);
  assert_int_equal(sl_hnsw_file_size(index), 0);
  assert_ok(sl_hnsw_build_next(build, &units));
  assert_int_equal(sl_hnsw_build_add(build, all_ids + 20, vectors, 1, &added), SL_ERR_STATE);
  assert_int_equal(sl_hnsw_build_total(build), 12);
  assert_int_equal(sl_hnsw_build_done(build), 1);
  sl_hnsw_build_destroy(build);
  assert_int_equal(sl_hnsw_size(index), 1);
  assert_ok(sl_hnsw_freeze(index));
  assert_int_equal(sl_hnsw_build_create(index, 1, &build), SL_ERR_STATE);
  sl_hnsw_destroy(index);
}

// With the builder of the build itself, and after the index has gone.
static void one_thread_and_no_index(void **state) {
  (void)state;
  make_points(29);
  sl_hnsw *index = make_empty(SL_METRIC_EUCLIDEAN, SL_CODES_NONE, SL_EXACT_NONE), *other;
  sl_hnsw_build *build;
  sl_hnsw_builder *builder;
  uint32_t added, units, count = 900;
  assert_ok(sl_hnsw_build_create(index, count, &build));
  assert_ok(sl_hnsw_build_add(build, all_ids, vectors, count, &added));
  assert_int_equal(sl_hnsw_build_unit(build, 0), SL_ERR_STATE);
  assert_ok(sl_hnsw_build_next(build, &units));
  while (units > 0) {
    for (uint32_t unit = 0; unit < units; unit++) assert_ok(sl_hnsw_build_unit(build, unit));
    assert_ok(sl_hnsw_build_unit(build, UINT32_MAX)); // there is none
    assert_ok(sl_hnsw_build_next(build, &units));
  }
  sl_hnsw_build_destroy(build);
  other = make_empty(SL_METRIC_EUCLIDEAN, SL_CODES_NONE, SL_EXACT_NONE);
  build_into(other, all_ids, vectors, count, 3);
  bytes a = saved(index), b = saved(other);
  assert_same_bytes(a, b);
  free(a.at);
  free(b.at);
  sl_hnsw_destroy(index);

  assert_ok(sl_hnsw_build_create(other, 10, &build));
  assert_ok(sl_hnsw_build_add(build, all_ids + count, vectors + count, 10, &added));
  assert_ok(sl_hnsw_build_next(build, &units));
  assert_ok(sl_hnsw_build_unit(build, 0));
  sl_hnsw_destroy(other);
  assert_int_equal(sl_hnsw_build_unit(build, 1), SL_ERR_STATE);
  assert_int_equal(sl_hnsw_build_next(build, &units), SL_ERR_STATE);
  assert_int_equal(sl_hnsw_build_add(build, all_ids, vectors, 1, &added), SL_ERR_STATE);
  assert_int_equal(sl_hnsw_builder_create(build, &builder), SL_ERR_STATE);
  assert_string_equal(sl_last_error()->argument, "build");
  sl_hnsw_build_destroy(build);
}

static void memory_is_counted_and_may_be_short(void **state) {
  (void)state;
  make_points(28);
  size_t before = sl_bytes_in_use();
  for (size_t room = 2000;; room += room / 3) {
    sl_hnsw *index = make_empty(SL_METRIC_COSINE, SL_CODES_NONE, SL_EXACT_NONE);
    sl_hnsw_build *build = NULL;
    sl_hnsw_builder *builder = NULL;
    uint32_t added, units;
    sl_set_memory_limit(sl_bytes_in_use() + room);
    sl_status status = sl_hnsw_build_create(index, 500, &build);
    if (status == SL_OK) status = sl_hnsw_build_add(build, all_ids, vectors, 500, &added);
    if (status == SL_OK) status = sl_hnsw_build_next(build, &units);
    if (status == SL_OK) status = sl_hnsw_builder_create(build, &builder);
    if (status == SL_OK) {
      // From here on nothing is allocated.
      sl_set_memory_limit(sl_bytes_in_use());
      while (units > 0) {
        for (uint32_t unit = 0; unit < units; unit++) sl_hnsw_builder_unit(builder, unit);
        assert_ok(sl_hnsw_build_next(build, &units));
      }
    } else {
      assert_int_equal(status, SL_ERR_MEMORY);
      assert_null(builder);
    }
    sl_set_memory_limit(SIZE_MAX);
    sl_hnsw_builder_destroy(builder);
    sl_hnsw_build_destroy(build);
    assert_int_equal(sl_hnsw_size(index), status == SL_OK ? 500 : 0);
    check_graph(index);
    sl_hnsw_destroy(index);
    assert_int_equal(sl_bytes_in_use(), before);
    if (status == SL_OK) break;
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(every_metric_has_the_same_bits),
      property(every_code_has_the_same_bits),
      property(runs_of_near_vectors_link_to_each_other),
      property(equal_vectors_are_one_node),
      property(vectors_join_those_that_are_there),
      property(a_build_that_ends_early_loses_nothing_older),
      property(nothing_else_changes_an_index_being_built),
      property(one_thread_and_no_index),
      property(memory_is_counted_and_may_be_short),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
