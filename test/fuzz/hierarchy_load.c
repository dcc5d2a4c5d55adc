// Any bytes as the file of a contraction hierarchy: loading fails cleanly or gives one that can be
// asked, and saved again as the same bytes.
#include "saved.h"

#include "paths/file.h"
#include "paths/hierarchy.h"

enum { N = 24 };

static saved_file good[2];

static sl_status run(sl_hierarchy *h) {
  sl_outcome outcome;
  do {
    sl_status status = sl_job_step(sl_hierarchy_job(h), 100000, &outcome);
    if (status != SL_OK) return status;
  } while (outcome == SL_OUTCOME_RUNNING);
  return SL_OK;
}

// A ladder, whose rungs lead one way in the directed one.
static void make_good(int directed) {
  uint32_t from[2 * N], to[2 * N], count = 0;
  double lengths[2 * N];
  for (uint32_t i = 0; i < N; i++) {
    for (uint32_t step = 1; step <= 2; step++) {
      if (i + step >= N) continue;
      from[count] = i;
      to[count] = i + step;
      lengths[count++] = step + i % 3;
    }
  }
  sl_graph *graph;
  sl_hierarchy *h;
  sl_writer *writer = NULL;
  if (sl_graph_from_edges(N, count, from, to, lengths, SL_VALUES_F64, directed, &graph) != SL_OK)
    abort();
  if (sl_hierarchy_create(graph, true, &h) != SL_OK || run(h) != SL_OK) abort();
  // One with names, one without.
  const sl_graph_labels kind = directed ? SL_LABELS_TEXT : SL_LABELS_NONE;
  const size_t bytes = directed ? 2 : 0;
  good[directed] = write_saved(sl_hierarchy_save(h, kind, "[]", bytes, &writer), writer);
  sl_hierarchy_destroy(h);
  sl_graph_destroy(graph);
}

static void use(sl_hierarchy *h, const sl_reader *reader, saved_file file) {
  double facts[SL_HIERARCHY_FACTS], out[4];
  sl_writer *writer = NULL;
  sl_section labels;
  const sl_graph_labels kind = (sl_graph_labels)sl_reader_peek(reader, &labels);
  saved_file again =
      write_saved(sl_hierarchy_save(h, kind, labels.data, labels.bytes, &writer), writer);
  if (again.length != file.length || memcmp(again.bytes, file.bytes, file.length) != 0) abort();
  free(again.bytes);
  sl_hierarchy_facts(h, facts);
  const uint32_t n = (uint32_t)facts[0], nodes[] = {0, n / 2, n - 1};
  for (uint32_t k = 0; k < 16; k++) {
    const sl_status status = sl_hierarchy_route(h, k % n, (5 * k + 1) % n, out);
    if (status != SL_OK && status != SL_ERR_FORMAT && status != SL_ERR_MEMORY) abort();
  }
  if (sl_hierarchy_begin_table(h, nodes, 3, nodes, 3) != SL_OK) return;
  if (run(h) == SL_OK && sl_hierarchy_read_table(h, out) != SL_OK) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  for (int i = 0; i < 2; i++) {
    if (good[i].bytes == NULL) make_good(i);
  }
  sl_set_memory_limit((size_t)1 << 26);
  saved_file file = saved_from(bytes, length, good[length > 0 ? bytes[0] >> 1 & 1 : 0]);
  sl_reader *reader = read_saved(SL_FILE_HIERARCHY, file);
  sl_hierarchy *h;
  if (reader != NULL && sl_hierarchy_load(reader, &h) == SL_OK) {
    use(h, reader, file);
    sl_hierarchy_destroy(h);
  }
  sl_reader_destroy(reader);
  free(file.bytes);
  if (sl_bytes_in_use() != 0) abort();
  return 0;
}
