// Any bytes as a graph file: opening it fails cleanly, or gives a graph whose blocks may be anything as well, and in which
// walks end. Hashes are not compared, or nothing would get past them; that of the head is made right.
#include "readers.h"

#define assert_ok(expr) REQUIRE((expr) == SL_OK)
#define assert_int_equal(a, b) REQUIRE((a) == (b))
#define assert_memory_equal(a, b, n) REQUIRE(memcmp(a, b, n) == 0)
#include "../native/format_graph_file.h"

enum { NODES = 60, PAIRS = 4 };

static file good[3];

// A circulant graph: of numbers, of labels, with directions and weights.
static void make_good(uint32_t kind) {
  uint32_t starts[NODES + 1] = {0}, columns[2 * PAIRS * NODES], at = 0;
  double weights[2 * PAIRS * NODES];
  for (uint32_t u = 0; u < NODES; u++) {
    for (uint32_t v = 0; v < NODES; v++) {
      const uint32_t d = (v + NODES - u) % NODES;
      if (!((d >= 1 && d <= PAIRS) || d + PAIRS >= NODES)) continue;
      if (d == 0) continue;
      weights[at] = 1 + (u + v) % 3;
      columns[at++] = v;
    }
    starts[u + 1] = at;
  }
  good[kind] = publish_graph(NODES, starts, columns, kind == 2 ? weights : NULL, kind == 2,
                             kind == 1, UINT64_MAX);
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

static void walk(const file *f, sl_remote_graph *g) {
  double numbers[SL_GRAPH_WALK_NUMBERS], values[20], bounds[20];
  uint32_t at = 0, to = 3, nodes[20], found;
  sl_graph_walk *w;
  if (sl_graph_walk_push(g, &at, NULL, 1, 0.85, 1e-4, &w) == SL_OK) {
    if (give_all(f, g, w, 1000, NULL) == SL_OK && sl_graph_walk_check(w) == SL_OK &&
        give_all(f, g, w, 1000, NULL) == SL_OK) {
      sl_graph_walk_read(w, numbers);
      REQUIRE(numbers[5] >= 0 && numbers[5] <= 2);
      if (sl_graph_walk_results(w, 20, nodes, values, bounds, &found) == SL_OK)
        REQUIRE(found <= 20);
    }
    sl_graph_walk_destroy(w);
  }
  if (sl_graph_walk_hops(g, &at, 1, &to, 1, &w) != SL_OK) return;
  for (uint32_t i = 0; i < 5; i++)
    if (sl_graph_walk_next(w, 0) != SL_OK || give_all(f, g, w, 1000, NULL) != SL_OK) break;
  (void)sl_graph_walk_path(w, 20, nodes, &found);
  sl_graph_walk_destroy(w);
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
  sl_remote_graph *g;
  if (sl_remote_graph_create(f.bytes, f.length, 0, &g) == SL_OK) {
    walk(&f, g);
    sl_remote_graph_destroy(g);
  }
  sl_set_memory_limit(SIZE_MAX);
  free(f.bytes);
  REQUIRE(sl_bytes_in_use() == 0);
  return 0;
}
