// Saving and loading contraction hierarchies.
//
// A file may come from anywhere: rows lead to higher nodes only, each half of a shortcut is there,
// and lengths are positive and finite, so that every search ends and every shortcut can be unpacked.
// That the lengths are those of shortest paths cannot be seen from the file.
#include "paths/file.h"
#include "paths/hierarchy_object.h"

#define TAG_META SL_TAG('M', 'E', 'T', 'A')
#define TAG_NODES SL_TAG('N', 'O', 'D', 'E')
static const uint32_t TAGS[2][4] = {
    {SL_TAG('U', 'R', 'O', 'W'), SL_TAG('U', 'H', 'D', 'S'), SL_TAG('U', 'M', 'I', 'D'),
     SL_TAG('U', 'L', 'E', 'N')},
    {SL_TAG('D', 'R', 'O', 'W'), SL_TAG('D', 'H', 'D', 'S'), SL_TAG('D', 'M', 'I', 'D'),
     SL_TAG('D', 'L', 'E', 'N')},
};

// Section `META`, as it stands in the file.
typedef struct meta {
  uint32_t nodes, edges, core, directed, shortcuts, reserved[3];
} meta;

sl_status sl_hierarchy_save(sl_hierarchy *h, sl_graph_labels label_kind, const void *labels,
                            size_t label_bytes, sl_writer **out) {
  SL_REQUIRE(h->made, SL_ERR_STATE, "hierarchy", "a preparation that has ended");
  SL_TRY(sl_writer_create(SL_FILE_HIERARCHY, out));
  const meta m = {.nodes = h->n,
                  .edges = h->edges,
                  .core = h->core,
                  .directed = h->directed,
                  .shortcuts = h->shortcuts};
  sl_writer_add_copy(*out, TAG_META, &m, sizeof m);
  sl_writer_add(*out, TAG_NODES, h->node, (size_t)h->n * 4);
  for (int i = 0; i <= (int)h->directed; i++) {
    const sl_climb *climb = &h->climbs[i];
    const size_t arcs = climb->rows[h->n];
    sl_writer_add(*out, TAGS[i][0], climb->rows, ((size_t)h->n + 1) * 4);
    sl_writer_add(*out, TAGS[i][1], climb->heads, arcs * 4);
    sl_writer_add(*out, TAGS[i][2], climb->middles, arcs * 4);
    sl_writer_add(*out, TAGS[i][3], climb->lengths, arcs * 8);
  }
  if (label_kind != SL_LABELS_NONE) sl_writer_add_copy(*out, label_kind, labels, label_bytes);
  return SL_OK;
}

static sl_status take_nodes(sl_hierarchy *h, sl_reader *reader) {
  SL_TRY(sl_reader_take(reader, TAG_NODES, (uint64_t)h->n * 4, (void **)&h->node));
  SL_TRY(SL_ALLOC(&h->rank, h->n));
  memset(h->rank, 0xff, h->n * sizeof *h->rank);
  for (uint32_t r = 0; r < h->n; r++) {
    const uint32_t u = h->node[r];
    if (u >= h->n || h->rank[u] != NONE) return sl_reader_bad(reader, "an order of all nodes");
    h->rank[u] = r;
  }
  return SL_OK;
}

static bool row_is_right(const sl_hierarchy *h, const sl_climb *climb, uint32_t r) {
  uint32_t least = r < h->core ? r + 1 : h->core;
  for (uint32_t k = climb->rows[r]; k < climb->rows[r + 1]; k++) {
    const uint32_t head = climb->heads[k], middle = climb->middles[k];
    const double length = climb->lengths[k];
    if (head < least || head >= h->n || head == r) return false;
    if (!(length > 0 && length < INFINITY)) return false;
    if (middle != NONE && (middle >= h->core || middle >= r || middle >= head)) return false;
    least = head + 1;
  }
  return true;
}

static sl_status take_climb(sl_hierarchy *h, sl_reader *reader, int i) {
  sl_climb *climb = &h->climbs[i];
  sl_section heads;
  SL_TRY(sl_reader_take(reader, TAGS[i][0], ((uint64_t)h->n + 1) * 4, (void **)&climb->rows));
  SL_TRY(sl_reader_section(reader, &heads));
  const uint64_t arcs = heads.bytes / 4;
  bool right = climb->rows[0] == 0 && climb->rows[h->n] == arcs;
  for (uint32_t r = 0; r < h->n && right; r++) right = climb->rows[r] <= climb->rows[r + 1];
  if (!right) return sl_reader_bad(reader, "rows one after the other");
  SL_TRY(sl_reader_take(reader, TAGS[i][1], arcs * 4, (void **)&climb->heads));
  SL_TRY(sl_reader_take(reader, TAGS[i][2], arcs * 4, (void **)&climb->middles));
  SL_TRY(sl_reader_take(reader, TAGS[i][3], arcs * 8, (void **)&climb->lengths));
  for (uint32_t r = 0; r < h->n && right; r++) right = row_is_right(h, climb, r);
  return right ? SL_OK : sl_reader_bad(reader, "arcs to higher nodes with positive lengths");
}

// Both halves of every shortcut are there.
static bool shortcuts_are_right(sl_hierarchy *h) {
  uint64_t found = 0;
  for (int i = 0; i <= (int)h->directed; i++) {
    const sl_climb *climb = &h->climbs[i];
    for (uint32_t r = 0; r < h->n; r++) {
      for (uint32_t k = climb->rows[r]; k < climb->rows[r + 1]; k++) {
        const uint32_t middle = climb->middles[k];
        if (middle == NONE) continue;
        found++;
        const uint32_t from = i == 0 ? r : climb->heads[k], to = i == 0 ? climb->heads[k] : r;
        if (sl_climb_find(&h->climbs[1], middle, from) == NONE ||
            sl_climb_find(&h->climbs[0], middle, to) == NONE)
          return false;
      }
    }
  }
  return found == h->shortcuts;
}

static sl_status read_file(sl_hierarchy *h, sl_reader *reader) {
  meta m;
  SL_TRY(sl_reader_end(reader));
  SL_TRY(sl_reader_copy(reader, TAG_META, &m, sizeof m));
  if (m.nodes == 0 || m.nodes == NONE || m.core > m.nodes || m.directed > 1 || m.reserved[0] ||
      m.reserved[1] || m.reserved[2]) {
    return sl_reader_bad(reader, "a core among the nodes, then zeros");
  }
  h->n = m.nodes;
  h->edges = m.edges;
  h->core = m.core;
  h->directed = m.directed;
  h->shortcuts = m.shortcuts;
  SL_TRY(take_nodes(h, reader));
  for (int i = 0; i <= (int)h->directed; i++) SL_TRY(take_climb(h, reader, i));
  if (!h->directed) h->climbs[1] = h->climbs[0];
  if (!shortcuts_are_right(h)) return sl_reader_bad(reader, "both halves of every shortcut");
  if (!sl_labels_only_left(reader)) {
    return sl_reader_bad(reader, "nothing but labels after the arcs");
  }
  return SL_OK;
}

sl_status sl_hierarchy_load(sl_reader *reader, sl_hierarchy **out) {
  *out = NULL;
  sl_hierarchy *h;
  SL_TRY(SL_ALLOC_ZERO(&h, 1));
  const sl_status status = read_file(h, reader);
  if (status != SL_OK) {
    sl_hierarchy_destroy(h);
    return status;
  }
  h->job.kind = &sl_hierarchy_kind;
  h->made = true;
  sl_job_begin(&h->job);
  sl_job_end(&h->job, SL_OUTCOME_CONVERGED);
  *out = h;
  return SL_OK;
}
