// Any bytes as a remote index: opening it fails cleanly, or gives one that can be searched, whose cells and details may
// be anything as well. Hashes are not compared, or nothing would get past them; that of the head is made right.
#include "readers.h"

#define assert_ok(expr) REQUIRE((expr) == SL_OK)
#define assert_int_equal(a, b) REQUIRE((a) == (b))
#define assert_memory_equal(a, b, n) REQUIRE(memcmp(a, b, n) == 0)
#include "../native/format_file.h"

enum { ROWS = 40, DIM = 5 };

static file good[3];

static void make_good(uint32_t metric) {
  float rows[ROWS * DIM];
  for (uint32_t i = 0; i < ROWS * DIM; i++) rows[i] = (float)((i * 37 + i / 7) % 23) - 11;
  const double options[] = {metric, 3, 2, 1};
  good[metric] = publish(rows, ROWS, DIM, options, metric == 1, UINT64_MAX);
}

static void mend(uint8_t *bytes, size_t length) {
  uint32_t head;
  if (length < SL_SEGMENTS_HEADER || sl_segments_head(bytes, length, &head) != SL_OK) return;
  if (head > length) return;
  sl_sha256 h;
  sl_sha256_init(&h);
  sl_sha256_update(&h, bytes, 32);
  sl_sha256_update(&h, bytes + SL_SEGMENTS_HEADER, head - SL_SEGMENTS_HEADER);
  sl_sha256_final(&h, bytes + 32);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  for (uint32_t i = 0; i < 3; i++) {
    if (good[i].bytes == NULL) make_good(i);
  }
  const bool changes = length > 0 && bytes[0] % 2 == 0;
  const file from = good[length > 0 ? bytes[0] / 2 % 3 : 0];
  file f = {.length = changes ? from.length : length};
  f.bytes = malloc(f.length + 1);
  memcpy(f.bytes, changes ? from.bytes : bytes, f.length);
  for (size_t i = 1; changes && i + 3 <= length; i += 3)
    f.bytes[(bytes[i] | (size_t)bytes[i + 1] << 8) % f.length] = bytes[i + 2];
  mend(f.bytes, f.length);
  sl_set_memory_limit((size_t)1 << 24);
  sl_remote *r;
  if (sl_remote_create(f.bytes, f.length, 0, &r) == SL_OK) {
    double numbers[SL_REMOTE_NUMBERS];
    sl_remote_read(r, numbers);
    const uint32_t dimension = (uint32_t)numbers[1];
    float *query = calloc(dimension, sizeof *query);
    for (uint32_t i = 0; i < dimension; i++) query[i] = (float)(i % 5) - 1.5f;
    found x;
    (void)look(&f, r, query, dimension, 10, 64, false, &x);
    REQUIRE(x.count <= 10);
    free(query);
    sl_remote_destroy(r);
  }
  sl_set_memory_limit(SIZE_MAX);
  free(f.bytes);
  REQUIRE(sl_bytes_in_use() == 0);
  return 0;
}
