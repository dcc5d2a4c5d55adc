// Any bytes as an index file: loading fails cleanly or gives an index that can be used. Good files
// are of every kind of row: floats with factors, bits, each kind of codes, prefixes, and Flat's.
#include "saved.h"

#include "base/rng.h"
#include "hnsw/file.h"

typedef struct kind {
  sl_metric metric;
  sl_codes codes;
  uint32_t dimension;
} kind;

// The last ones are files of Flat.
enum { KINDS = 12, FLAT = KINDS - 2 };
static const kind kinds[KINDS] = {
    {SL_METRIC_POINCARE, SL_CODES_NONE, 3},      {SL_METRIC_EUCLIDEAN, SL_CODES_INT8, 3},
    {SL_METRIC_HAMMING, SL_CODES_NONE, 24},      {SL_METRIC_COSINE, SL_CODES_BINARY, 11},
    {SL_METRIC_EUCLIDEAN, SL_CODES_SKETCH, 256}, {SL_METRIC_DOT, SL_CODES_FLOAT16, 3},
    {SL_METRIC_COSINE, SL_CODES_RABITQ, 11},     {SL_METRIC_EUCLIDEAN, SL_CODES_RABITQ4, 11},
    {SL_METRIC_DOT, SL_CODES_RABITQ2, 11},       {SL_METRIC_COSINE, SL_CODES_PREFIX, 11},
    {SL_METRIC_DOT, SL_CODES_NONE, 3},           {SL_METRIC_COSINE, SL_CODES_RABITQ4, 11}};
static saved_file good[KINDS];

static const void *draw(sl_rng *rng, uint32_t dimension) {
  static float x[256];
  for (uint32_t i = 0; i < dimension; i++) x[i] = (float)sl_rng_double(rng) - 0.5f;
  return x;
}

static void make_flat(int which) {
  const kind *made = &kinds[which];
  sl_flat *flat;
  sl_rng rng;
  uint32_t added, written;
  sl_exact exact = made->codes == SL_CODES_NONE ? SL_EXACT_NONE : SL_EXACT_RABITQ4;
  sl_rng_seed(&rng, 1);
  if (sl_flat_create_coded(made->metric, made->dimension, 1, 0, made->codes, exact, &flat) != SL_OK)
    abort();
  for (uint32_t id = 0; id < 20; id++) {
    const void *x = draw(&rng, made->dimension);
    if (sl_flat_add(flat, &id, x, 1, SL_DUPLICATE_ERROR, &added) != SL_OK) abort();
  }
  if (sl_flat_remove(flat, 3) != SL_OK) abort();
  good[which].length = sl_flat_file_size(flat);
  good[which].bytes = malloc(good[which].length);
  uint32_t room = (uint32_t)good[which].length;
  if (sl_flat_save(flat, 0, good[which].bytes, room, &written) != SL_OK) abort();
  sl_flat_destroy(flat);
}

// 60 vectors with dead and free slots on several levels.
static void make_good(int which) {
  sl_hnsw_options options = sl_hnsw_options_default();
  options.metric = kinds[which].metric;
  options.codes = kinds[which].codes;
  if (options.codes == SL_CODES_RABITQ4) options.exact = SL_EXACT_RABITQ4;
  if (options.codes == SL_CODES_PREFIX) options.prefix = 5;
  options.dimension = kinds[which].dimension;
  options.m = options.ef_construction = 3;
  sl_hnsw *index;
  sl_rng rng;
  uint32_t added, written;
  sl_rng_seed(&rng, 1);
  if (sl_hnsw_create(&options, &index) != SL_OK) abort();
  for (uint32_t id = 0; id < 60; id++) {
    const void *x = draw(&rng, options.dimension);
    if (sl_hnsw_add(index, &id, x, 1, SL_DUPLICATE_ERROR, &added) != SL_OK) abort();
  }
  for (uint32_t id = 0; id < 20; id++) {
    if (sl_hnsw_remove(index, id) != SL_OK) abort();
    if (id == 9 && sl_hnsw_repair(index) != SL_OK) abort();
  }
  good[which].length = sl_hnsw_file_size(index);
  good[which].bytes = malloc(good[which].length);
  uint32_t room = (uint32_t)good[which].length;
  if (sl_hnsw_save(index, 0, good[which].bytes, room, &written) != SL_OK) abort();
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

static void use_flat(sl_flat *flat) {
  uint32_t ids[4], found;
  float distances[4];
  float *probe = calloc(sl_metric_input_bytes(flat->store.metric, flat->store.dimension) + 4, 1);
  if (flat->store.metric == SL_METRIC_COSINE) probe[0] = 1;
  if (sl_flat_search(flat, probe, 1, 4, NULL, ids, distances, &found) != SL_OK) abort();
  uint32_t id = 77, added;
  sl_flat_add(flat, &id, probe, 1, SL_DUPLICATE_REPLACE, &added);
  if (sl_flat_shrink(flat) != SL_OK) abort();
  if (sl_flat_search(flat, probe, 1, 4, NULL, ids, distances, &found) != SL_OK) abort();
  free(probe);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  int which = length > 0 ? (bytes[0] >> 1) % KINDS : 0;
  if (good[which].bytes == NULL) which >= FLAT ? make_flat(which) : make_good(which);
  saved_file file = saved_from(bytes, length, good[which]);
  sl_hnsw *index;
  sl_flat *flat;
  if (sl_hnsw_load(file.bytes, file.length, false, &index) == SL_OK) {
    use(index);
    sl_hnsw_destroy(index);
  }
  if (sl_flat_load(file.bytes, file.length, false, &flat) == SL_OK) {
    use_flat(flat);
    sl_flat_destroy(flat);
  }
  sl_reader *reader = read_saved(SL_FILE_HNSW, file);
  if (reader != NULL && sl_hnsw_read(reader, &index) == SL_OK) {
    use(index);
    sl_hnsw_destroy(index);
  }
  sl_reader_destroy(reader);
  reader = read_saved(SL_FILE_FLAT, file);
  if (reader != NULL && sl_flat_read(reader, &flat) == SL_OK) {
    use_flat(flat);
    sl_flat_destroy(flat);
  }
  sl_reader_destroy(reader);
  free(file.bytes);
  if (sl_bytes_in_use() != 0) abort();
  return 0;
}
