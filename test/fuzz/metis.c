// Any bytes as a METIS graph. The first byte chooses precision and chunks. What is accepted is an
// undirected graph without loops, does not depend on the chunks, and reads back from its own text.
#include "graph/metis.h"
#include "readers.h"

static fuzz_answer read_text(const char *text, size_t size, uint32_t chunks, sl_value_type type,
                             sl_graph **out) {
  fuzz_answer answer = {.status = SL_OK};
  sl_metis *reader;
  *out = NULL;
  REQUIRE(sl_metis_create(type, &reader) == SL_OK);
  sl_status status = SL_OK;
  uint32_t state = chunks;
  for (size_t at = 0; at < size && status == SL_OK;) {
    size_t n = chunks == 0 ? size : next_chunk(&state, size - at);
    status = sl_metis_feed(reader, text + at, n);
    at += n;
  }
  if (status == SL_OK) status = sl_metis_finish(reader, out);
  keep_end(&answer, status, sl_metis_found(reader));
  sl_metis_destroy(reader);
  return answer;
}

static void check_round_trip(const sl_graph *graph, sl_value_type type) {
  const sl_csr *edges = graph->outgoing;
  bool weighted = edges->value_type != SL_VALUES_PATTERN;
  char *text = malloc(200 + (size_t)edges->nnz * 64 + edges->rows);
  size_t length = (size_t)sprintf(text, "%u %u%s\n", graph->node_count, graph->edge_count,
                                  weighted ? " 1" : "");
  for (uint32_t u = 0; u < edges->rows; u++) {
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      length += (size_t)sprintf(text + length, "%u ", edges->columns[k] + 1);
      if (weighted) length += (size_t)sprintf(text + length, "%.17g ", sl_csr_value(edges, k));
    }
    text[length++] = '\n';
  }
  sl_graph *again;
  fuzz_answer answer = read_text(text, length, 0, type, &again);
  REQUIRE(answer.status == SL_OK || answer.status == SL_ERR_MEMORY);
  if (again) require_same(edges, again->outgoing);
  sl_graph_destroy(again);
  free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1) return 0;
  sl_set_memory_limit(FUZZ_MEMORY);
  sl_value_type type = data[0] & 1 ? SL_VALUES_F32 : SL_VALUES_F64;
  const char *text = (const char *)data + 1;
  sl_graph *whole, *cut;
  fuzz_answer a = read_text(text, size - 1, 0, type, &whole);
  fuzz_answer b = read_text(text, size - 1, 1 + data[0], type, &cut);
  require_same_end(&a, &b);
  if (whole) {
    require_canonical(whole->outgoing);
    REQUIRE(!whole->directed && whole->outgoing->nnz == 2 * whole->edge_count);
    if (cut) require_same(whole->outgoing, cut->outgoing);
    check_round_trip(whole, type);
  }
  sl_graph_destroy(whole);
  sl_graph_destroy(cut);
  REQUIRE(sl_bytes_in_use() == 0);
  return 0;
}
