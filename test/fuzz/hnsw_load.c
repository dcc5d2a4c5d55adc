// Any bytes as an index file: loading fails cleanly or gives an index that can be used.
//
// Inputs that begin with an even byte are lists of changes (three bytes each: place, place, value)
// to a good file, so that the fuzzer gets past the head; the others are files.
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "hnsw/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static uint8_t *good[2];
static uint64_t good_length[2];

// 60 vectors with dead and free slots on several levels.
static void make_good(int coded) {
  sl_hnsw_options options = sl_hnsw_options_default();
  options.metric = coded ? SL_METRIC_EUCLIDEAN : SL_METRIC_POINCARE;
  options.codes = coded ? SL_CODES_INT8 : SL_CODES_NONE;
  options.dimension = 3;
  options.m = options.ef_construction = 3;
  sl_hnsw *index;
  sl_rng rng;
  uint32_t added, written;
  sl_rng_seed(&rng, 1);
  if (sl_hnsw_create(&options, &index) != SL_OK) abort();
  for (uint32_t id = 0; id < 60; id++) {
    float x[3];
    for (int i = 0; i < 3; i++) x[i] = (float)sl_rng_double(&rng) - 0.5f;
    if (sl_hnsw_add(index, &id, x, 1, SL_DUPLICATE_ERROR, &added) != SL_OK) abort();
  }
  for (uint32_t id = 0; id < 20; id++) {
    if (sl_hnsw_remove(index, id) != SL_OK) abort();
    if (id == 9 && sl_hnsw_repair(index) != SL_OK) abort();
  }
  good_length[coded] = sl_hnsw_file_size(index);
  good[coded] = malloc(good_length[coded]);
  if (sl_hnsw_save(index, 0, good[coded], (uint32_t)good_length[coded], &written) != SL_OK) abort();
  sl_hnsw_destroy(index);
}

static void use(sl_hnsw *index) {
  uint32_t ids[4], found, added, id = 77;
  float distances[4];
  // Zeros are a vector for every metric but cosine, which takes a unit vector.
  float *probe = calloc(sl_metric_input_bytes(index->store.metric, index->store.dimension) + 4, 1);
  if (index->store.metric == SL_METRIC_COSINE) probe[0] = 1;
  if (sl_hnsw_search(index, probe, 1, 4, 8, NULL, ids, distances, &found) != SL_OK) abort();
  sl_hnsw_add(index, &id, probe, 1, SL_DUPLICATE_REPLACE, &added);
  if (sl_hnsw_repair(index) != SL_OK || sl_hnsw_optimize(index) != SL_OK) abort();
  if (sl_hnsw_search(index, probe, 1, 4, 8, NULL, ids, distances, &found) != SL_OK) abort();
  uint64_t size = sl_hnsw_file_size(index);
  uint8_t *again = malloc(size);
  uint32_t written;
  sl_hnsw *twin;
  if (sl_hnsw_save(index, 0, again, (uint32_t)size, &written) != SL_OK || written != size) abort();
  if (sl_hnsw_load(again, size, true, &twin) != SL_OK) abort();
  sl_hnsw_destroy(twin);
  free(again);
  free(probe);
}

static void load(const uint8_t *bytes, size_t length) {
  sl_hnsw *index;
  sl_flat *flat;
  if (sl_hnsw_load(bytes, length, false, &index) == SL_OK) {
    use(index);
    sl_hnsw_destroy(index);
  }
  if (sl_flat_load(bytes, length, false, &flat) == SL_OK) sl_flat_destroy(flat);
  sl_reader *reader;
  if (sl_reader_create(SL_FILE_HNSW, 0, &reader) != SL_OK) abort();
  if (sl_reader_feed(reader, bytes, length) == SL_OK && sl_hnsw_read(reader, &index) == SL_OK) {
    use(index);
    sl_hnsw_destroy(index);
  }
  sl_reader_destroy(reader);
  if (sl_bytes_in_use() != 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  if (length == 0 || bytes[0] % 2 != 0) {
    load(bytes, length);
    return 0;
  }
  int coded = bytes[0] >> 1 & 1;
  if (good[coded] == NULL) make_good(coded);
  uint64_t whole = good_length[coded];
  uint8_t *changed = malloc(whole);
  memcpy(changed, good[coded], whole);
  for (size_t i = 1; i + 3 <= length; i += 3) {
    changed[(bytes[i] | (size_t)bytes[i + 1] << 8) % whole] = bytes[i + 2];
  }
  load(changed, whole);
  free(changed);
  return 0;
}
