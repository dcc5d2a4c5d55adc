// Any bytes as the file of a graph: loading fails cleanly or gives a graph that can be used and,
// but for labels, saved again as the same bytes.
#include "saved.h"

#include "graph/components.h"
#include "graph/file.h"

static saved_file good[2];

static void make_good(bool directed) {
  const uint32_t from[] = {0, 0, 1, 3, 3, 4}, to[] = {0, 4, 1, 0, 2, 4};
  const float weights[] = {4, 1, 0.5f, 2, 1e30f, 3};
  const uint64_t ids[] = {1, 2, 30, 400, UINT64_MAX};
  sl_graph *graph;
  sl_writer *writer = NULL;
  const void *given = directed ? weights : NULL;
  sl_value_type type = directed ? SL_VALUES_F32 : SL_VALUES_PATTERN;
  if (sl_graph_from_edges(5, 6, from, to, given, type, directed, &graph) != SL_OK) abort();
  sl_status status = directed ? sl_graph_save(graph, SL_LABELS_IDS, ids, sizeof ids, &writer)
                              : sl_graph_save(graph, SL_LABELS_NONE, NULL, 0, &writer);
  good[directed] = write_saved(status, writer);
  sl_graph_destroy(graph);
}

static void use(sl_graph *graph, bool labelled, saved_file file) {
  sl_writer *writer = NULL;
  const sl_csr *incoming;
  const double *strength;
  uint32_t count, *labels = malloc((size_t)graph->node_count * 4);
  if (sl_graph_incoming(graph, &incoming) != SL_OK) abort();
  (void)sl_graph_out_strength(graph, &strength);
  sl_graph_components(graph, labels, &count);
  if (count == 0 || count > graph->node_count) abort();
  free(labels);
  if (labelled) return;
  sl_status status = sl_graph_save(graph, SL_LABELS_NONE, NULL, 0, &writer);
  saved_file again = write_saved(status, writer);
  if (again.length != file.length || memcmp(again.bytes, file.bytes, file.length) != 0) abort();
  free(again.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  if (good[0].bytes == NULL) make_good(false);
  if (good[1].bytes == NULL) make_good(true);
  sl_set_memory_limit((size_t)1 << 26);
  saved_file file = saved_from(bytes, length, good[length > 0 ? bytes[0] >> 1 & 1 : 0]);
  sl_reader *reader = read_saved(SL_FILE_GRAPH, file);
  sl_graph *graph;
  if (reader != NULL && sl_graph_load(reader, &graph) == SL_OK) {
    use(graph, sl_reader_left(reader) > 0, file);
    sl_graph_destroy(graph);
  }
  sl_reader_destroy(reader);
  free(file.bytes);
  if (sl_bytes_in_use() != 0) abort();
  return 0;
}
