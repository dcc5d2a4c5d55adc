// A graph file in memory, as TypeScript writes it, and walks in it.
#ifndef SL_TEST_FORMAT_GRAPH_FILE_H
#define SL_TEST_FORMAT_GRAPH_FILE_H

#include "format/graph_publish.h"
#include "format/graph_walk.h"
#include "format/remote_graph.h"
#include "format_file.h"

#define GRAPH_KIND 0x48504752u

// The file of what was published.
static inline file graph_file_of(const sl_graph_publish *p) {
  double n[SL_GRAPH_PUBLISH_NUMBERS];
  if (sl_graph_publish_read(p, n) != SL_OK) abort();
  const char *names[] = {"graph",       "levels",        "blocks",      "pages",
                         "rows.ends",   "lookup.firsts", "lookup.ends", "lookup.hashes",
                         "rows.hashes", "rows",          "lookup"};
  const uint32_t of[] = {0, 1, 2, 3, 4, 6, 5, 7, 8, 9, 10};
  const uint32_t types[] = {SL_SEGMENT_U32, SL_SEGMENT_F64, SL_SEGMENT_U8,  SL_SEGMENT_U8,
                            SL_SEGMENT_U64, SL_SEGMENT_U8,  SL_SEGMENT_U64, SL_SEGMENT_U8,
                            SL_SEGMENT_U8,  SL_SEGMENT_U8,  SL_SEGMENT_U8};
  part parts[11];
  for (uint32_t i = 0; i < 11; i++) {
    const uint64_t length = (uint64_t)n[2 * of[i] + 1];
    parts[i] = (part){.name = names[i], .type = types[i]};
    parts[i].bytes = (const void *)(uintptr_t)n[2 * of[i]];
    parts[i].length = length;
    parts[i].shape[0] = length / sl_segment_size(types[i]);
    if (i == 3 || i == 7 || i == 8) {
      parts[i].shape[0] = length / 32;
      parts[i].shape[1] = 32;
    }
  }
  parts[9].hashes = 9;
  parts[9].ends = 5;
  parts[10].hashes = 8;
  parts[10].ends = 7;
  file f = compose(GRAPH_KIND, parts, 11);
  sl_segment s;
  sl_segments_get(f.bytes, 4, &s);
  f.head = (size_t)s.offset;
  return f;
}

static inline file publish_graph(uint32_t nodes, const uint32_t *starts, const uint32_t *columns,
                                 const double *weights, bool directed, bool labels, uint64_t work) {
  sl_graph_publish *p;
  sl_outcome outcome;
  assert_ok(sl_graph_publish_create(nodes, starts, columns, weights, starts[nodes], directed, &p));
  if (labels) {
    char *text = malloc(nodes * 12u);
    uint32_t *lengths = malloc(nodes * 4u), at = 0;
    for (uint32_t i = 0; i < nodes; i++)
      at += lengths[i] = (uint32_t)sprintf(text + at, "node %u", i);
    assert_ok(sl_graph_publish_labels(p, (const uint8_t *)text, at, lengths, 1));
    free(text);
    free(lengths);
  }
  assert_ok(sl_graph_publish_begin(p));
  do assert_ok(sl_job_step(sl_graph_publish_job(p), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  const file f = graph_file_of(p);
  sl_graph_publish_destroy(p);
  return f;
}

// Gives every block that is wanted, until none is. read: a flag for each block, or NULL.
static inline __attribute__((unused)) sl_status give_all(const file *f, const sl_remote_graph *g,
                                                         sl_graph_walk *w, uint32_t steps,
                                                         uint8_t *read) {
  for (;;) {
    uint32_t blocks[8], found;
    double amounts[8], place[SL_REMOTE_GRAPH_PLACE];
    SL_TRY(sl_graph_walk_wants(w, 8, blocks, amounts, &found));
    if (found == 0) return SL_OK;
    for (uint32_t i = 0; i < found; i++) {
      SL_TRY(sl_remote_graph_place(g, blocks[i], place));
      if (place[0] + place[1] > (double)f->length || place[5] + place[6] > (double)f->length)
        return SL_ERR_TRUNCATED;
      const uint8_t *rows = f->bytes + (size_t)place[0], *page = f->bytes + (size_t)place[5];
      SL_TRY(sl_remote_graph_check_page(g, (uint32_t)place[4], page, (size_t)place[6]));
      SL_TRY(sl_remote_graph_check_block(g, blocks[i], page, (size_t)place[6], rows,
                                         (size_t)place[1]));
      SL_TRY(sl_graph_walk_give(w, blocks[i], rows, (size_t)place[1], steps));
      if (read != NULL) read[blocks[i]] = 1;
    }
  }
}

// The number that a node of the file had in the graph.
static inline __attribute__((unused)) uint32_t number_of(const file *f, const sl_remote_graph *g,
                                                         uint32_t node) {
  uint32_t block;
  double place[SL_REMOTE_GRAPH_PLACE], own[SL_REMOTE_GRAPH_PLACE], numbers[16];
  assert_ok(sl_remote_graph_block_of(g, node, &block));
  assert_ok(sl_remote_graph_place(g, block, place));
  const uint8_t *rows = f->bytes + (size_t)place[0];
  assert_ok(sl_remote_graph_node(g, block, rows, (size_t)place[1], node, own));
  sl_remote_graph_read(g, numbers);
  if (numbers[4] == 0) return (uint32_t)own[0];
  char text[32] = {0};
  memcpy(text, rows + (size_t)own[0], (size_t)own[1]);
  return (uint32_t)atoi(text + 5);
}

#endif
