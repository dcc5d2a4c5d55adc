#include "files.h"

#include "graph/file.h"

enum { N = 40 };

static sl_graph *make(bool directed, sl_value_type type) {
  uint32_t from[3 * N], to[3 * N], count = 0;
  float weights[3 * N];
  for (uint32_t u = 0; u < N; u++) {
    for (uint32_t k = 0; k < 3; k++) {
      from[count] = u;
      to[count] = (u * 5 + k * k) % N; // loops and parallel edges among them
      weights[count] = 0.25f * (float)(count + 1);
      count++;
    }
  }
  sl_graph *graph;
  const void *values = type == SL_VALUES_PATTERN ? NULL : weights;
  assert_ok(sl_graph_from_edges(N, count, from, to, values, type, directed, &graph));
  return graph;
}

static sl_status load(const uint8_t *bytes, uint64_t length, sl_graph **out) {
  sl_reader *reader;
  *out = NULL;
  sl_status status = read_file(SL_FILE_GRAPH, bytes, length, &reader);
  if (status == SL_OK) status = sl_graph_load(reader, out);
  sl_reader_destroy(reader);
  return status;
}

static sl_status load_and_use(const uint8_t *bytes, uint64_t length) {
  sl_graph *graph;
  SL_TRY(load(bytes, length, &graph));
  const sl_csr *incoming;
  const double *strength;
  assert_ok(sl_graph_incoming(graph, &incoming));
  sl_status status = sl_graph_out_strength(graph, &strength);
  assert_true(status == SL_OK || status == SL_ERR_NOT_FINITE);
  sl_graph_destroy(graph);
  return SL_OK;
}

static file save(const sl_graph *graph, sl_graph_labels kind, const void *labels, size_t bytes) {
  sl_writer *writer;
  assert_ok(sl_graph_save(graph, kind, labels, bytes, &writer));
  return write_file(writer, 512);
}

static void graphs_come_back(void **state) {
  (void)state;
  for (int i = 0; i < 4; i++) {
    sl_graph *graph = make(i % 2, i < 2 ? SL_VALUES_PATTERN : SL_VALUES_F32), *again;
    file f = save(graph, SL_LABELS_NONE, NULL, 0);
    assert_ok(load(f.bytes, f.length, &again));
    assert_int_equal(again->directed, graph->directed);
    assert_int_equal(again->node_count, N);
    assert_int_equal(again->edge_count, graph->edge_count);
    assert_int_equal(sl_graph_bytes(again), sl_graph_bytes(graph));
    file g = save(again, SL_LABELS_NONE, NULL, 0);
    assert_int_equal(f.length, g.length);
    assert_memory_equal(f.bytes, g.bytes, f.length);
    free(f.bytes);
    free(g.bytes);
    sl_graph_destroy(graph);
    sl_graph_destroy(again);
  }
}

static void the_smallest_graph_comes_back(void **state) {
  (void)state;
  sl_graph *graph, *again;
  assert_ok(sl_graph_from_edges(1, 0, NULL, NULL, NULL, SL_VALUES_PATTERN, false, &graph));
  file f = save(graph, SL_LABELS_NONE, NULL, 0);
  assert_ok(load(f.bytes, f.length, &again));
  assert_int_equal(again->node_count, 1);
  assert_int_equal(again->edge_count, 0);
  free(f.bytes);
  sl_graph_destroy(graph);
  sl_graph_destroy(again);
}

static void labels_are_left_for_the_host(void **state) {
  (void)state;
  sl_graph *graph = make(true, SL_VALUES_PATTERN), *again;
  uint64_t ids[N];
  for (uint64_t i = 0; i < N; i++) ids[i] = i == 0 ? 5 : ids[i - 1] * 2;
  for (int text = 0; text < 2; text++) {
    file f = text ? save(graph, SL_LABELS_TEXT, "[\"a\"]", 5)
                  : save(graph, SL_LABELS_IDS, ids, sizeof ids);
    sl_reader *reader;
    assert_ok(read_file(SL_FILE_GRAPH, f.bytes, f.length, &reader));
    assert_ok(sl_graph_load(reader, &again));
    sl_section section;
    assert_int_equal(sl_reader_peek(reader, &section), text ? SL_LABELS_TEXT : SL_LABELS_IDS);
    assert_int_equal(sl_reader_left(reader), 1);
    assert_int_equal(section.bytes, text ? 5 : sizeof ids);
    assert_memory_equal(section.data, text ? (const void *)"[\"a\"]" : ids, section.bytes);
    sl_graph_destroy(again);
    sl_reader_destroy(reader);
    refuses_cuts(f, load_and_use);
    survives_flips(f, load_and_use);
    free(f.bytes);
  }
  sl_graph_destroy(graph);
}

static void damage_is_found(void **state) {
  (void)state;
  for (int i = 0; i < 4; i++) {
    sl_graph *graph = make(i % 2, i < 2 ? SL_VALUES_PATTERN : SL_VALUES_F32);
    file f = save(graph, SL_LABELS_NONE, NULL, 0);
    refuses_cuts(f, load_and_use);
    survives_flips(f, load_and_use);
    free(f.bytes);
    sl_graph_destroy(graph);
  }
}

// No flag is believed: what is called undirected has to be symmetric, weights have to be positive.
static void contradictions_are_named(void **state) {
  (void)state;
  sl_graph *graph = make(true, SL_VALUES_F32);
  file f = save(graph, SL_LABELS_NONE, NULL, 0);
  const uint64_t meta = 32 + 5 * 16, shape = meta + 32, pointers = shape + 32;
  uint64_t columns = pointers + (4 * (N + 1) + 4 + 15) / 16 * 16;
  uint64_t values = columns + (4 * (uint64_t)graph->edge_count + 4 + 15) / 16 * 16;
  assert_int_equal(try_with(f, meta, 0, load_and_use), SL_ERR_FORMAT);
  assert_non_null(strstr(sl_last_error()->expected, "symmetric when undirected"));
  assert_int_equal(try_with(f, meta, 3, load_and_use), SL_ERR_FORMAT);
  assert_int_equal(try_with(f, meta + 8, 1, load_and_use), SL_ERR_FORMAT);
  assert_int_equal(try_with(f, shape + 4, N + 1, load_and_use), SL_ERR_FORMAT);
  assert_non_null(strstr(sl_last_error()->expected, "a square matrix"));
  assert_int_equal(try_with(f, values, 0x80000000u, load_and_use), SL_ERR_FORMAT); // -0
  assert_non_null(strstr(sl_last_error()->expected, "positive weights"));
  assert_int_equal(try_with(f, values, 0x3f800000u, load_and_use), SL_OK);
  free(f.bytes);
  sl_graph_destroy(graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(graphs_come_back),
      property(the_smallest_graph_comes_back),
      property(labels_are_left_for_the_host),
      property(damage_is_found),
      property(contradictions_are_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
