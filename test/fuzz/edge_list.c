// Any bytes as an edge list. The first byte chooses the options, the second the chunks. What is
// accepted is a graph, does not depend on the chunks, and its table of ids ascends.
#include "graph/edge_list.h"
#include "readers.h"

static fuzz_answer read_text(const char *text, size_t size, uint32_t chunks,
                             const sl_edge_list_options *options, sl_graph **out) {
  fuzz_answer answer = {.status = SL_OK};
  sl_edge_list *reader;
  *out = NULL;
  if (sl_edge_list_create(options, &reader) != SL_OK) {
    answer.status = SL_ERR_OPTION;
    answer.error = *sl_last_error();
    return answer;
  }
  sl_status status = SL_OK;
  uint32_t state = chunks;
  for (size_t at = 0; at < size && status == SL_OK;) {
    size_t n = chunks == 0 ? size : next_chunk(&state, size - at);
    status = sl_edge_list_feed(reader, text + at, n);
    at += n;
  }
  if (status == SL_OK) status = sl_edge_list_finish(reader, out);
  keep_end(&answer, status, sl_edge_list_found(reader));
  const uint64_t *ids = sl_edge_list_ids(reader);
  const uint32_t *ends = sl_edge_list_name_ends(reader);
  bool compact = options->ids != SL_IDS_NODES;
  REQUIRE((ids != NULL || ends != NULL) == (status == SL_OK && compact));
  REQUIRE(ids == NULL || (ends == NULL && options->ids != SL_IDS_NAMES));
  for (uint32_t k = 1; ends && k < (*out)->node_count; k++) REQUIRE(ends[k - 1] <= ends[k]);
  for (uint32_t k = 1; ids && k < (*out)->node_count; k++) REQUIRE(ids[k - 1] < ids[k]);
  sl_edge_list_destroy(reader);
  return answer;
}

static void require_graph(sl_graph *graph) {
  require_canonical(graph->outgoing);
  REQUIRE(graph->edge_count > 0);
  const sl_csr *edges = graph->outgoing;
  for (uint32_t k = 0; k < edges->nnz; k++) REQUIRE(sl_csr_value(edges, k) > 0);
  if (graph->directed) return;
  const sl_matrix_class *facts;
  if (sl_csr_classify(graph->outgoing, &facts) == SL_OK) REQUIRE(facts->symmetric);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2) return 0;
  sl_set_memory_limit(FUZZ_MEMORY);
  sl_edge_list_options options = sl_edge_list_options_default();
  options.directed = data[0] & 1;
  options.ids = data[0] & 128 ? data[0] & 2 ? SL_IDS_AUTO : SL_IDS_NAMES
                : data[0] & 2 ? SL_IDS_COMPACT
                              : SL_IDS_NODES;
  options.ignore_weights = data[0] & 4;
  if (data[0] & 8) options.separator = data[0] & 16 ? ';' : ',';
  if (data[0] & 32 && options.ids == SL_IDS_NODES) options.node_count = 1000;
  // The second byte chooses columns as well: any four, which may be the same.
  if (data[1] & 64) {
    options.count_parallel = data[1] & 32;
    options.header = data[1] % 3;
    options.from_column = data[1] & 3;
    options.weight_column = data[1] & 4 ? SL_COLUMN_NONE : data[1] & 8 ? 2 : SL_COLUMN_AUTO;
    options.to_column = 3;
    options.time_column = data[1] & 16 ? 4 : SL_COLUMN_NONE;
    options.dates = data[1] & 1;
    options.since = 5;
  }
  if (data[0] & 64) options.value_type = SL_VALUES_F32;
  const char *text = (const char *)data + 2;
  sl_graph *whole, *cut;
  fuzz_answer a = read_text(text, size - 2, 0, &options, &whole);
  fuzz_answer b = read_text(text, size - 2, 1 + data[1], &options, &cut);
  require_same_end(&a, &b);
  if (whole) {
    require_graph(whole);
    if (cut) require_same(whole->outgoing, cut->outgoing);
  }
  sl_graph_destroy(whole);
  sl_graph_destroy(cut);
  REQUIRE(sl_bytes_in_use() == 0);
  return 0;
}
