// Peaks and what is given back, counted in bytes of sl_alloc.
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "hnsw/file.h"

enum { MANY = 15000, WIDE = 64 };

static uint32_t ids[MANY];
static float rows[MANY][WIDE];

static void make_rows(void) {
  sl_rng rng;
  sl_rng_seed(&rng, 61);
  for (uint32_t i = 0; i < MANY; i++) {
    ids[i] = i;
    for (int j = 0; j < WIDE; j++) rows[i][j] = (float)sl_rng_double(&rng);
  }
}

static sl_hnsw *make(sl_codes codes) {
  sl_hnsw_options options = sl_hnsw_options_default();
  options.metric = SL_METRIC_EUCLIDEAN;
  options.dimension = WIDE;
  options.m = 8;
  options.ef_construction = 16;
  options.codes = codes;
  sl_hnsw *index;
  assert_ok(sl_hnsw_create(&options, &index));
  return index;
}

static void add(sl_hnsw *index, uint32_t from, uint32_t to) {
  uint32_t added;
  assert_ok(sl_hnsw_add(index, ids + from, rows[from], to - from, SL_DUPLICATE_ERROR, &added));
}

static void growing_needs_no_second_copy(void **state) {
  (void)state;
  make_rows();
  for (sl_codes codes = SL_CODES_NONE; codes <= SL_CODES_SKETCH; codes++) {
    if (codes == SL_CODES_BINARY) continue;
    sl_hnsw *index = make(codes);
    sl_bytes_peak_reset();
    add(index, 0, MANY);
    uint64_t estimate;
    assert_ok(sl_hnsw_estimate_bytes(&index->options, MANY, &estimate));
    assert_int_equal(sl_hnsw_bytes(index), sl_bytes_in_use());
    if (sl_bytes_peak() > 1.3 * (double)estimate) {
      fail_msg("codes %d: peak %.2f", codes, (double)sl_bytes_peak() / (double)estimate);
    }
    sl_hnsw_destroy(index);
  }
}

static void flat_grows_as_well(void **state) {
  (void)state;
  sl_flat *flat;
  uint32_t added;
  assert_ok(sl_flat_create(SL_METRIC_EUCLIDEAN, WIDE, 1, 0, &flat));
  sl_bytes_peak_reset();
  assert_ok(sl_flat_add(flat, ids, rows, MANY, SL_DUPLICATE_ERROR, &added));
  assert_true(sl_bytes_peak() <= 1.3 * MANY * WIDE * 4);
  for (uint32_t i = 150; i < MANY; i++) assert_ok(sl_flat_remove(flat, (i * 7) % MANY));
  uint32_t before[20], after[20], found;
  float distances[20];
  assert_ok(sl_flat_search(flat, rows[0], 1, 20, NULL, before, distances, &found));
  assert_ok(sl_flat_shrink(flat));
  assert_ok(sl_flat_search(flat, rows[0], 1, 20, NULL, after, distances, &found));
  assert_memory_equal(before, after, sizeof before);
  assert_int_equal(sl_flat_bytes(flat), sl_bytes_in_use());
  assert_true(sl_bytes_in_use() < 1.3 * (150 * (WIDE * 4 + 5) + 4096));
  assert_ok(sl_flat_add(flat, &(uint32_t){MANY}, rows[1], 1, SL_DUPLICATE_ERROR, &added));
  assert_int_equal(sl_flat_size(flat), 151);
  sl_flat_destroy(flat);
}

static void shrinking_gives_memory_back(void **state) {
  (void)state;
  sl_hnsw *index = make(SL_CODES_NONE), *fresh = make(SL_CODES_NONE);
  add(fresh, MANY - 150, MANY);
  assert_ok(sl_hnsw_shrink(fresh));
  uint64_t wanted = sl_hnsw_bytes(fresh);
  sl_hnsw_destroy(fresh);
  add(index, 0, MANY);
  for (uint32_t i = 0; i < MANY - 150; i++) assert_ok(sl_hnsw_remove(index, i));
  assert_true(sl_bytes_in_use() > 20 * wanted);
  uint32_t before[150], after[150], found;
  float distances[150];
  assert_ok(sl_hnsw_search(index, rows[0], 1, 150, 150, NULL, before, distances, &found));
  assert_int_equal(found, 150);
  assert_ok(sl_hnsw_shrink(index));
  assert_int_equal(sl_hnsw_bytes(index), sl_bytes_in_use());
  // The upper levels are drawn anew by a fresh index: its lists are not the same.
  assert_true(sl_bytes_in_use() <= wanted + wanted / 8);
  assert_ok(sl_hnsw_search(index, rows[0], 1, 150, 150, NULL, after, distances, &found));
  assert_memory_equal(before, after, sizeof before);
  add(index, 0, 2000); // it grows again
  assert_int_equal(sl_hnsw_size(index), 2150);
  for (uint32_t i = 0; i < 2000; i++) assert_ok(sl_hnsw_remove(index, i));
  for (uint32_t i = MANY - 150; i < MANY; i++) assert_ok(sl_hnsw_remove(index, i));
  assert_ok(sl_hnsw_shrink(index));
  assert_true(sl_bytes_in_use() < 8192);
  sl_hnsw_destroy(index);
}

// A file turns into the index piece by piece.
static void loading_needs_no_second_copy(void **state) {
  (void)state;
  for (sl_codes codes = SL_CODES_NONE; codes <= SL_CODES_INT8; codes++) {
    sl_hnsw *index = make(codes), *again;
    add(index, 0, MANY);
    uint64_t length = sl_hnsw_file_size(index);
    uint8_t *bytes = malloc(length);
    uint32_t written;
    assert_ok(sl_hnsw_save(index, 0, bytes, (uint32_t)length, &written));
    sl_hnsw_destroy(index);
    for (int known = 0; known < 2; known++) {
      sl_reader *reader;
      assert_int_equal(sl_bytes_in_use(), 0);
      sl_bytes_peak_reset();
      assert_ok(sl_reader_create(SL_FILE_HNSW, known == 1 ? length : 0, &reader));
      sl_reader_keep_pieces(reader);
      for (uint64_t at = 0; at < length; at += 1 << 16) {
        assert_ok(
            sl_reader_feed(reader, bytes + at, length - at < 1 << 16 ? length - at : 1 << 16));
      }
      assert_ok(sl_hnsw_read(reader, &again));
      sl_reader_destroy(reader);
      if (sl_bytes_peak() > 1.3 * (double)sl_hnsw_bytes(again)) {
        fail_msg("codes %d: %.2f", codes, (double)sl_bytes_peak() / (double)sl_hnsw_bytes(again));
      }
      sl_hnsw_destroy(again);
    }
    free(bytes);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(growing_needs_no_second_copy),
      property(flat_grows_as_well),
      property(shrinking_gives_memory_back),
      property(loading_needs_no_second_copy),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
