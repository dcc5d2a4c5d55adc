// Reader of edge lists, fed in chunks: one edge a line, "from to [weight]".
//
//   separator 0     fields between spaces and tabs: SNAP files, most .txt, .tsv and .edges files
//   separator ','   CSV (any other printable character works as well); blanks around fields are
//                   ignored, empty fields refused. The first line is skipped as a header when it
//                   begins with a letter, '_' or a quote. Quoted fields are refused elsewhere.
//
// Lines that begin with '#' or '%' are comments, empty lines are skipped. Node ids are whole
// numbers without sign. The first edge says whether there are weights; then every line must agree.
// A last line without line feed is read like any other, so a cut inside the last number of a file
// cannot be noticed.
//
// Based on: the format of the SNAP collection (J. Leskovec, A. Krevl, 2014,
// https://snap.stanford.edu/data), which no document defines.
//
// Memory grows with the edges that really came. Safe on untrusted bytes: yes (with compact ids a
// hash table is used: ids chosen to collide cost time, O(nodes) an edge).
#ifndef SL_GRAPH_EDGE_LIST_H
#define SL_GRAPH_EDGE_LIST_H

#include "graph/graph.h"
#include "sparse/entries.h"
#include "sparse/text.h"

typedef struct sl_edge_list_options {
  bool directed;       // default true: "a b" is the edge a -> b
  bool compact_ids;    // default false: ids are node numbers, node_count = largest id + 1.
                       // true: ids up to 2^64 - 1 in ascending order become nodes 0, 1, ...
  bool ignore_weights; // default false. true: fields after the second are skipped unread
  uint32_t node_count; // default 0: from the ids. Else ids must be below it; not with compact_ids
  uint32_t separator;  // default 0: blanks. Else a printable ASCII character, no digit
  sl_value_type value_type; // default F64: type of the weights, F32 or F64
} sl_edge_list_options;

sl_edge_list_options sl_edge_list_options_default(void);

typedef struct sl_edge_list {
  sl_text text; // text.found says what was found instead after ERR_PARSE and the like
  sl_edge_list_options options;
  sl_status failed; // the first error; nothing is read after it
  bool finished;
  bool past_header; // a header line or an edge has been read
  bool weighted;
  bool skip_line; // internal: a header, or fields after the second
  bool after_separator;
  uint32_t field; // fields read on the line
  uint64_t from, to;
  double weight;
  uint64_t largest;   // largest id so far
  sl_entries entries; // from, to, weight; ids replaced by places in `ids` when compact
  uint64_t *ids;      // compact: id_count ids, first in order of appearance, ascending at the end
  uint32_t id_count, id_capacity;
  uint32_t *slots; // hash table: place in `ids` + 1, 0 is free
  uint32_t slot_bits;
} sl_edge_list;

// A reader that has read nothing. Errors: ERR_OPTION (name of the option), ERR_MEMORY. Allocates.
sl_status sl_edge_list_create(const sl_edge_list_options *options, sl_edge_list **out);

// Reads the next n bytes; cut anywhere. bytes: read, not kept.
//   Errors: ERR_PARSE (position = line). Without line: ERR_MEMORY, ERR_OVERFLOW, ERR_STATE (after
//           an error or the end). May allocate. O(n), expected with compact ids.
sl_status sl_edge_list_feed(sl_edge_list *reader, const char *bytes, size_t n);

// Says that the input is complete and builds the graph; the reader's edges are freed, the table of
// ids stays.
//   Errors: as above, ERR_TRUNCATED, ERR_EMPTY (no edge), and those of sl_graph_from_edges.
//   O(edges + nodes), with compact ids O(edges + nodes log nodes).
sl_status sl_edge_list_finish(sl_edge_list *reader, sl_graph **out);

// After finish with compact ids: ids[k] is the id of node k in the file, ascending, node_count
// entries, owned by the reader. NULL otherwise.
const uint64_t *sl_edge_list_ids(const sl_edge_list *reader);

// What stood where something else was expected, after an error with a line; else "". Printable, one
// line, valid as long as the reader.
const char *sl_edge_list_found(const sl_edge_list *reader);

// Bytes held.
size_t sl_edge_list_bytes(const sl_edge_list *reader);

// Frees it at any stage. NULL is allowed.
void sl_edge_list_destroy(sl_edge_list *reader);

#endif
