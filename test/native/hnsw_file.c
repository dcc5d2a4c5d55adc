#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/rng.h"
#include "graph/file.h"
#include "hnsw/file.h"
#include "hnsw/graph.h"

enum { N = 300, D = 5, K = 5 };

static float vectors[N][D];

static sl_hnsw *make_coded(sl_metric metric, sl_codes codes, sl_exact exact) {
  sl_hnsw_options options = sl_hnsw_options_default();
  options.metric = metric;
  options.dimension = metric == SL_METRIC_HAMMING ? D * 32 : D;
  options.m = 4;
  options.ef_construction = 20;
  options.seed = 0x123456789abcdef0u;
  options.codes = codes;
  options.exact = exact;
  sl_hnsw *index;
  assert_ok(sl_hnsw_create(&options, &index));
  sl_rng rng;
  sl_rng_seed(&rng, 1);
  for (uint32_t i = 0; i < N; i++) {
    uint32_t added, id = i * 11;
    for (int j = 0; j < D; j++) vectors[i][j] = (float)(sl_rng_double(&rng) - 0.5) * 0.8f;
    assert_ok(sl_hnsw_add(index, &id, vectors[i], 1, SL_DUPLICATE_ERROR, &added));
  }
  // Slots of every state: 40 free, 30 dead.
  for (uint32_t i = 0; i < 40; i++) assert_ok(sl_hnsw_remove(index, i * 3 * 11));
  assert_ok(sl_hnsw_repair(index));
  for (uint32_t i = 50; i < 80; i++) assert_ok(sl_hnsw_remove(index, (i * 3 + 1) * 11));
  return index;
}

// So few that the first vectors are kept beside the codes.
static sl_hnsw *make_few(sl_codes codes, sl_exact exact) {
  sl_hnsw_options options = sl_hnsw_options_default();
  options.metric = SL_METRIC_EUCLIDEAN;
  options.dimension = D;
  options.codes = codes;
  options.exact = exact;
  sl_hnsw *index;
  assert_ok(sl_hnsw_create(&options, &index));
  for (uint32_t id = 0; id < 90; id++) {
    uint32_t added;
    assert_ok(sl_hnsw_add(index, &id, vectors[id], 1, SL_DUPLICATE_ERROR, &added));
  }
  for (uint32_t id = 0; id < 9; id++) assert_ok(sl_hnsw_remove(index, id));
  return index;
}

static sl_hnsw *make_index(sl_metric metric) {
  return make_coded(metric, SL_CODES_NONE, SL_EXACT_NONE);
}

// The file, written in pieces of `step` bytes. The caller frees it.
static uint8_t *save_hnsw(sl_hnsw *index, uint32_t step, uint64_t *length) {
  *length = sl_hnsw_file_size(index);
  uint8_t *bytes = malloc(*length + 1);
  uint32_t written;
  uint64_t offset = 0;
  do {
    uint64_t rest = *length - offset;
    uint32_t capacity = rest < step ? (uint32_t)rest + 1 : step; // one more at the end: not used
    assert_ok(sl_hnsw_save(index, offset, bytes + offset, capacity, &written));
    offset += written;
  } while (written == step && offset < *length);
  assert_int_equal(offset, *length);
  return bytes;
}

static void same_answers(sl_hnsw *a, sl_hnsw *b) {
  for (int q = 0; q < 20; q++) {
    uint32_t ids[2][K], found[2];
    float distances[2][K];
    assert_ok(sl_hnsw_search(a, vectors[q], 1, K, 12, NULL, ids[0], distances[0], &found[0]));
    assert_ok(sl_hnsw_search(b, vectors[q], 1, K, 12, NULL, ids[1], distances[1], &found[1]));
    assert_memory_equal(ids[0], ids[1], sizeof ids[0]);
    assert_memory_equal(distances[0], distances[1], sizeof distances[0]);
  }
}

static void check_loaded(sl_hnsw *index) {
  const uint32_t steps[] = {1, 7, 16, 1000, 1 << 20};
  sl_hnsw *loaded;
  uint64_t length, again_length;
  uint8_t *first = save_hnsw(index, 64, &length);
  for (int i = 0; i < 5; i++) {
    uint8_t *bytes = save_hnsw(index, steps[i], &again_length);
    assert_int_equal(length, again_length);
    assert_memory_equal(first, bytes, length);
    free(bytes);
  }
  assert_ok(sl_hnsw_load(first, length, true, &loaded));
  same_answers(index, loaded);
  for (uint32_t i = 0; i < 200; i++) { // into free slots, after a repair, and into new ones
    uint32_t id = 1000000 + i, added;
    assert_ok(sl_hnsw_add(index, &id, vectors[i], 1, SL_DUPLICATE_ERROR, &added));
    assert_ok(sl_hnsw_add(loaded, &id, vectors[i], 1, SL_DUPLICATE_ERROR, &added));
  }
  same_answers(index, loaded);
  free(first);
  sl_hnsw_destroy(index);
  sl_hnsw_destroy(loaded);
}

static void loaded_answers_and_grows_as_saved(void **state) {
  (void)state;
  for (sl_metric metric = SL_METRIC_COSINE; metric <= SL_METRIC_POINCARE; metric++) {
    check_loaded(make_index(metric));
  }
  for (sl_exact exact = SL_EXACT_NONE; exact <= SL_EXACT_FLOAT32; exact++) {
    check_loaded(make_coded(SL_METRIC_COSINE, SL_CODES_BINARY, exact));
    check_loaded(make_coded(SL_METRIC_COSINE, SL_CODES_INT8, exact));
    check_loaded(make_coded(SL_METRIC_EUCLIDEAN, SL_CODES_INT8, exact));
    check_loaded(make_coded(SL_METRIC_DOT, SL_CODES_FLOAT16, exact));
    check_loaded(make_coded(SL_METRIC_EUCLIDEAN, SL_CODES_RABITQ, exact));
    check_loaded(make_few(SL_CODES_INT8, exact));
    check_loaded(make_few(SL_CODES_RABITQ, exact));
  }
  for (sl_exact exact = SL_EXACT_NONE; exact <= SL_EXACT_LAST; exact++) {
    check_loaded(make_coded(SL_METRIC_EUCLIDEAN, SL_CODES_RABITQ2, exact));
    check_loaded(make_coded(SL_METRIC_COSINE, SL_CODES_RABITQ4, exact));
    check_loaded(make_coded(SL_METRIC_DOT, SL_CODES_RABITQ8, exact));
    check_loaded(make_few(SL_CODES_RABITQ4, exact));
  }
}

// A file that was written before copies and the order of free slots were in it: 60 points of a grid,
// 30 of them twice; every third of the first 40 removed and repaired, four more removed.
static void files_of_version_0_are_read(void **state) {
  (void)state;
  static uint8_t bytes[8192];
  FILE *file = fopen("test/vectors/hnsw/version-0.slf", "rb");
  assert_non_null(file);
  size_t length = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  sl_hnsw *index, *again;
  assert_ok(sl_hnsw_load(bytes, length, true, &index));
  assert_int_equal(index->copy_count, 0);
  uint32_t there = 0, ids[4], found;
  for (uint32_t id = 0; id < 90; id++) {
    float x[3] = {(float)(id % 5), (float)(id / 5 % 6), (float)(id / 30 % 2)}, out[3], distance;
    bool gone = (id < 40 && id % 3 == 0) || (id >= 41 && id < 60 && (id - 41) % 6 == 0);
    assert_int_equal(sl_hnsw_has(index, id), !gone);
    there += !gone;
    if (gone) continue;
    assert_ok(sl_hnsw_get(index, id, out));
    assert_memory_equal(x, out, sizeof x);
    assert_ok(sl_hnsw_search(index, x, 1, 1, 10, NULL, ids, &distance, &found));
    assert_true(found == 1 && distance == 0);
  }
  assert_int_equal(sl_hnsw_size(index), there);
  // It goes on as any other; equal vectors that have a node each lose nothing.
  for (uint32_t id = 100; id < 190; id++) {
    float x[3] = {(float)(id % 5), (float)(id / 5 % 6), (float)(id / 30 % 2)};
    uint32_t added;
    assert_ok(sl_hnsw_add(index, &id, x, 1, SL_DUPLICATE_ERROR, &added));
  }
  assert_int_equal(index->copy_count > 40, true);
  for (uint32_t id = 0; id < 90; id += 2) {
    if (sl_hnsw_has(index, id)) assert_ok(sl_hnsw_remove(index, id));
  }
  assert_ok(sl_hnsw_optimize(index));
  uint64_t now;
  uint8_t *saved = save_hnsw(index, 1000, &now);
  assert_ok(sl_hnsw_load(saved, now, true, &again));
  same_answers(index, again);
  free(saved);
  sl_hnsw_destroy(index);
  sl_hnsw_destroy(again);
}

static void an_empty_index_is_a_file_too(void **state) {
  (void)state;
  sl_hnsw_options options = sl_hnsw_options_default();
  options.dimension = 3;
  sl_hnsw *index, *loaded;
  assert_ok(sl_hnsw_create(&options, &index));
  uint64_t length;
  uint8_t *bytes = save_hnsw(index, 100, &length);
  assert_ok(sl_hnsw_load(bytes, length, true, &loaded));
  assert_int_equal(sl_hnsw_size(loaded), 0);
  assert_int_equal(loaded->options.m, 16);
  free(bytes);
  sl_hnsw_destroy(index);
  sl_hnsw_destroy(loaded);
}

static void flat_comes_back(void **state) {
  (void)state;
  sl_hnsw_destroy(make_index(SL_METRIC_COSINE));
  sl_flat *flat, *loaded;
  uint32_t added, ids[2][K], found[2], written;
  float distances[2][K];
  static uint8_t bytes[65536];
  assert_ok(sl_flat_create(SL_METRIC_COSINE, D, 1, 0, &flat));
  for (uint32_t i = 0; i < N; i++) {
    assert_ok(sl_flat_add(flat, &i, vectors[i], 1, SL_DUPLICATE_ERROR, &added));
  }
  assert_ok(sl_flat_remove(flat, 7));
  assert_ok(sl_flat_save(flat, 0, bytes, sizeof bytes, &written));
  assert_int_equal(written, sl_flat_file_size(flat));
  assert_ok(sl_flat_load(bytes, written, true, &loaded));
  assert_ok(sl_flat_search(flat, vectors[7], 1, K, NULL, ids[0], distances[0], &found[0]));
  assert_ok(sl_flat_search(loaded, vectors[7], 1, K, NULL, ids[1], distances[1], &found[1]));
  assert_memory_equal(ids[0], ids[1], sizeof ids[0]);
  assert_memory_equal(distances[0], distances[1], sizeof distances[0]);
  sl_hnsw *wrong;
  assert_refused(sl_hnsw_load(bytes, written, true, &wrong), SL_ERR_FORMAT, "bytes");
  for (uint32_t cut = 0; cut < written; cut += cut < 400 ? 1 : 97) {
    sl_flat *none;
    assert_int_not_equal(sl_flat_load(bytes, cut, false, &none), SL_OK);
    assert_null(none);
  }
  sl_flat_destroy(flat);
  sl_flat_destroy(loaded);
}

static sl_status feed_all(sl_reader *reader, const uint8_t *bytes, uint64_t length, size_t step) {
  for (uint64_t at = 0; at < length; at += step) {
    uint8_t piece[4096];
    size_t count = length - at < step ? (size_t)(length - at) : step;
    memcpy(piece, bytes + at, count);
    SL_TRY(sl_reader_feed(reader, piece, count));
  }
  return SL_OK;
}

static void check_read(sl_hnsw *index) {
  const size_t steps[] = {1, 7, 31, 4096};
  uint64_t length, again_length;
  uint8_t *bytes = save_hnsw(index, 4096, &length);
  sl_hnsw *whole;
  assert_ok(sl_hnsw_load(bytes, length, true, &whole));
  uint8_t *expected = save_hnsw(whole, 4096, &again_length); // what a free slot holds is its own
  assert_int_equal(length, again_length);
  for (int i = 0; i < 8; i++) {
    sl_reader *reader;
    sl_hnsw *loaded, *twice;
    assert_ok(sl_reader_create(SL_FILE_HNSW, i % 2 == 0 ? 0 : length, &reader));
    assert_ok(feed_all(reader, bytes, length, steps[i / 2]));
    assert_ok(sl_hnsw_read(reader, &loaded));
    // What was used is freed: a second index is refused, not made of nothing.
    assert_refused(sl_hnsw_read(reader, &twice), SL_ERR_STATE, "reader");
    assert_null(twice);
    sl_reader_destroy(reader);
    same_answers(index, loaded);
    uint8_t *again = save_hnsw(loaded, 4096, &again_length);
    assert_int_equal(length, again_length);
    assert_memory_equal(expected, again, length);
    free(again);
    sl_hnsw_destroy(loaded);
  }
  // Every cut: either feeding or reading fails, and nothing is made.
  for (uint64_t cut = 0; cut < length; cut += cut < 400 ? 1 : 97) {
    sl_reader *reader;
    sl_hnsw *none = NULL;
    assert_ok(sl_reader_create(SL_FILE_HNSW, 0, &reader));
    assert_ok(feed_all(reader, bytes, cut, 4096));
    assert_int_not_equal(sl_hnsw_read(reader, &none), SL_OK);
    assert_null(none);
    sl_reader_destroy(reader);
  }
  free(bytes);
  free(expected);
  sl_hnsw_destroy(whole);
  sl_hnsw_destroy(index);
}

static void comes_in_pieces(void **state) {
  (void)state;
  check_read(make_index(SL_METRIC_POINCARE));
  check_read(make_index(SL_METRIC_HAMMING));
  check_read(make_coded(SL_METRIC_COSINE, SL_CODES_INT8, SL_EXACT_FLOAT16));
}

// Good sums say nothing about what is in the sections.
static void pieces_with_good_sums_are_checked(void **state) {
  (void)state;
  sl_hnsw *index = make_index(SL_METRIC_EUCLIDEAN), *none;
  uint64_t length;
  uint8_t *bytes = save_hnsw(index, 4096, &length);
  uint64_t meta = 32 + 16 * 8;
  bytes[meta + 84] ^= 1; // how far a repair has come that is not under way
  sl_put_u32(bytes + meta + 88, sl_crc32c(0, bytes + meta, 88));
  sl_reader *reader;
  assert_ok(sl_reader_create(SL_FILE_HNSW, 0, &reader));
  assert_ok(feed_all(reader, bytes, length, 100));
  assert_refused(sl_hnsw_read(reader, &none), SL_ERR_FORMAT, "bytes");
  assert_int_equal(sl_last_error()->position, meta);
  sl_reader_destroy(reader);
  sl_flat *flat; // a reader of graphs has other sections
  assert_ok(sl_reader_create(SL_FILE_GRAPH, 0, &reader));
  assert_refused(sl_flat_read(reader, &flat), SL_ERR_TRUNCATED, "bytes");
  sl_reader_destroy(reader);
  free(bytes);
  sl_hnsw_destroy(index);
}

static void saving_a_changed_index_is_refused(void **state) {
  (void)state;
  sl_hnsw *index = make_index(SL_METRIC_EUCLIDEAN);
  uint8_t buffer[100];
  uint32_t written, id = 999999, added;
  assert_refused(sl_hnsw_save(index, 5, buffer, 100, &written), SL_ERR_STATE, "offset");
  assert_ok(sl_hnsw_save(index, 0, buffer, 100, &written));
  assert_refused(sl_hnsw_save(index, 99, buffer, 100, &written), SL_ERR_STATE, "offset");
  assert_ok(sl_hnsw_add(index, &id, vectors[0], 1, SL_DUPLICATE_ERROR, &added));
  assert_refused(sl_hnsw_save(index, 100, buffer, 100, &written), SL_ERR_STATE, "offset");
  sl_hnsw_destroy(index);
}

// Arrays that move take their bytes with them: what is written reads none that were given back.
static void saving_ends_when_arrays_move(void **state) {
  (void)state;
  uint8_t buffer[100];
  uint32_t written, stride;
  void *rows;
  sl_hnsw *index = make_index(SL_METRIC_POINCARE);
  assert_ok(sl_hnsw_save(index, 0, buffer, 100, &written));
  assert_ok(sl_hnsw_reserve(index, index->store.capacity)); // there is room: nothing moves
  assert_ok(sl_hnsw_save(index, 100, buffer, 100, &written));
  assert_ok(sl_hnsw_reserve(index, 5000));
  assert_refused(sl_hnsw_save(index, 200, buffer, 100, &written), SL_ERR_STATE, "offset");
  assert_ok(sl_hnsw_save(index, 0, buffer, 100, &written));
  assert_ok(sl_hnsw_stage(index, 6000, &rows, &stride)); // lies beside the index
  assert_ok(sl_hnsw_save(index, 100, buffer, 100, &written));
  // Also where some have moved and another finds no memory.
  uint32_t capacity = index->store.capacity, more = capacity + 1000;
  uint32_t *ids = index->store.ids;
  for (size_t spare = 0; index->graph_capacity < more; spare += 997) {
    assert_ok(sl_hnsw_save(index, 0, buffer, 100, &written));
    const void *arrays[] = {index->store.ids, index->store.states, index->levels};
    sl_set_memory_limit(sl_bytes_in_use() + spare);
    sl_hnsw_reserve(index, more);
    sl_set_memory_limit(SIZE_MAX);
    const void *after[] = {index->store.ids, index->store.states, index->levels};
    if (memcmp(arrays, after, sizeof arrays) == 0) continue;
    assert_refused(sl_hnsw_save(index, 100, buffer, 100, &written), SL_ERR_STATE, "offset");
  }
  assert_ptr_not_equal(ids, index->store.ids);
  uint64_t length;
  sl_hnsw *loaded;
  uint8_t *bytes = save_hnsw(index, 4096, &length);
  assert_ok(sl_hnsw_load(bytes, length, true, &loaded));
  same_answers(index, loaded);
  free(bytes);
  sl_hnsw_destroy(loaded);
  sl_hnsw_destroy(index);
}

// Exact-size heap copies, so that the address sanitiser sees a byte read too far.
static sl_status load_copy(const uint8_t *bytes, uint64_t length, bool verify, sl_hnsw **out) {
  uint8_t *copy = malloc(length > 0 ? length : 1);
  memcpy(copy, bytes, length);
  sl_status status = sl_hnsw_load(copy, length, verify, out);
  free(copy);
  return status;
}

static void refuses_every_truncation_and_extra_bytes(void **state) {
  (void)state;
  sl_hnsw *index = make_index(SL_METRIC_POINCARE), *loaded;
  uint64_t length;
  uint8_t *bytes = save_hnsw(index, 4096, &length);
  for (uint64_t cut = 0; cut < length; cut += cut < 600 ? 1 : 13) {
    assert_int_not_equal(load_copy(bytes, cut, true, &loaded), SL_OK);
    assert_null(loaded);
    assert_int_not_equal(load_copy(bytes, cut, false, &loaded), SL_OK);
  }
  bytes[length] = 0;
  assert_refused(load_copy(bytes, length + 1, true, &loaded), SL_ERR_FORMAT, "bytes");
  free(bytes);
  sl_hnsw_destroy(index);
}

static void refuses_newer_versions_and_other_files(void **state) {
  (void)state;
  sl_hnsw *index = make_index(SL_METRIC_DOT), *loaded;
  uint64_t length;
  uint8_t *bytes = save_hnsw(index, 4096, &length);
  sl_flat *flat;
  assert_refused(sl_flat_load(bytes, length, true, &flat), SL_ERR_FORMAT, "bytes");
  sl_put_u32(bytes + 8, 2);
  assert_refused(load_copy(bytes, length, true, &loaded), SL_ERR_FORMAT, "bytes");
  assert_int_equal(sl_last_error()->position, 8);
  assert_refused(load_copy((const uint8_t *)"PK\3\4 not it at all....", 20, true, &loaded),
                 SL_ERR_FORMAT, "bytes");
  free(bytes);
  sl_hnsw_destroy(index);
}

static void use_all_of(sl_hnsw *index) {
  uint32_t ids[K], found, added;
  float distances[K];
  float probe[D] = {0.1f, 0.2f, -0.1f, 0.3f, 0.1f};
  assert_ok(sl_hnsw_search(index, probe, 1, K, 20, NULL, ids, distances, &found));
  for (uint32_t id = 5000000; id < 5000005; id++) {
    sl_hnsw_add(index, &id, probe, 1, SL_DUPLICATE_ERROR, &added);
  }
  assert_ok(sl_hnsw_repair(index));
  assert_ok(sl_hnsw_optimize(index));
  assert_ok(sl_hnsw_search(index, probe, 1, K, 20, NULL, ids, distances, &found));
}

// With checksums every flipped bit is found; without them nothing crashes, and what loads can be
// used.
static void flip_bits(sl_hnsw *index) {
  sl_hnsw *loaded;
  uint64_t length;
  uint8_t *bytes = save_hnsw(index, 4096, &length);
  sl_rng rng;
  sl_rng_seed(&rng, 9);
  uint32_t usable = 0;
  for (uint32_t trial = 0; trial < 10000 + 304 * 8; trial++) {
    uint64_t at = trial < 304 * 8 ? trial / 8 : sl_rng_below(&rng, (uint32_t)length);
    uint8_t bit = (uint8_t)(1 << (trial < 304 * 8 ? trial % 8 : sl_rng_below(&rng, 8)));
    bytes[at] ^= bit;
    assert_int_not_equal(sl_hnsw_load(bytes, length, true, &loaded), SL_OK);
    if (sl_hnsw_load(bytes, length, false, &loaded) == SL_OK) {
      usable++;
      use_all_of(loaded);
      sl_hnsw_destroy(loaded);
    }
    bytes[at] ^= bit;
  }
  assert_true(usable > 500);
  assert_ok(sl_hnsw_load(bytes, length, true, &loaded));
  sl_hnsw_destroy(loaded);
  free(bytes);
  sl_hnsw_destroy(index);
}

static void survives_flipped_bits(void **state) {
  (void)state;
  flip_bits(make_index(SL_METRIC_POINCARE));
  flip_bits(make_coded(SL_METRIC_COSINE, SL_CODES_INT8, SL_EXACT_FLOAT16));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(loaded_answers_and_grows_as_saved),
      property(files_of_version_0_are_read),
      property(an_empty_index_is_a_file_too),
      property(flat_comes_back),
      property(comes_in_pieces),
      property(pieces_with_good_sums_are_checked),
      property(saving_a_changed_index_is_refused),
      property(saving_ends_when_arrays_move),
      property(refuses_every_truncation_and_extra_bytes),
      property(refuses_newer_versions_and_other_files),
      property(survives_flipped_bits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
