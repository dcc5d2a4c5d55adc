#include "graph/file.h"

#include <string.h>

#include "sparse/file.h"

#define TAG_META SL_TAG('M', 'E', 'T', 'A')

// Section `META`, as it stands in the file.
typedef struct meta {
  uint32_t directed; // 0 or 1
  uint32_t zero[3];
} meta;

sl_status sl_graph_save(const sl_graph *graph, sl_graph_labels label_kind, const void *labels,
                        size_t label_bytes, sl_writer **out) {
  meta m = {.directed = graph->directed};
  SL_TRY(sl_writer_create(SL_FILE_GRAPH, out));
  sl_writer_add_copy(*out, TAG_META, &m, sizeof m);
  sl_csr_write(*out, graph->outgoing);
  if (label_kind != SL_LABELS_NONE) sl_writer_add_copy(*out, label_kind, labels, label_bytes);
  return SL_OK;
}

bool sl_labels_only_left(const sl_reader *reader) {
  uint32_t left = sl_reader_left(reader), tag = sl_reader_peek(reader, NULL);
  return left == 0 || (left == 1 && (tag == SL_LABELS_IDS || tag == SL_LABELS_TEXT));
}

sl_status sl_graph_load(sl_reader *reader, sl_graph **out) {
  meta m;
  sl_csr *outgoing;
  *out = NULL;
  SL_TRY(sl_reader_end(reader));
  SL_TRY(sl_reader_copy(reader, TAG_META, &m, sizeof m));
  if (m.directed > 1 || (m.zero[0] | m.zero[1] | m.zero[2]) != 0) {
    return sl_reader_bad(reader, "directed as 0 or 1, then zeros");
  }
  SL_TRY(sl_csr_read(reader, &outgoing));
  if (!sl_labels_only_left(reader)) {
    sl_csr_destroy(outgoing);
    return sl_reader_bad(reader, "nothing but labels after the edges");
  }
  sl_status status = sl_graph_from_csr(outgoing, m.directed != 0, out);
  if (status == SL_OK || status == SL_ERR_MEMORY) return status;
  // The same conditions as for a graph from a matrix, told as a fault of the file.
  return sl_reader_bad(reader, "a square matrix of positive weights, symmetric when undirected");
}
