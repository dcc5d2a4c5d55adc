// Reader of edges, fed in chunks: one a line, "from to [weight]".
//
//   separator 0     fields between spaces and tabs: SNAP files, most .txt and .edges files
//   separator ','   CSV, or any other character between fields: see graph/csv.h
//
// Lines that begin with '#' or '%' are comments, empty lines are skipped. Which columns hold what
// is an option. In CSV all records have as many fields as the first one behind the header. A last
// line without line feed is read like any other, so a cut inside the last number of a file cannot
// be noticed.
//
// Based on: the format of the SNAP collection (J. Leskovec, A. Krevl, 2014,
// https://snap.stanford.edu/data), which no document defines.
//
// Memory grows with the edges that really came. Safe on untrusted bytes: yes; see graph/node_ids.h
// for what chosen ids can cost.
#ifndef SL_GRAPH_EDGE_LIST_H
#define SL_GRAPH_EDGE_LIST_H

#include "graph/csv.h"
#include "graph/graph.h"
#include "graph/node_ids.h"
#include "sparse/entries.h"
#include "sparse/text.h"

#define SL_COLUMN_NONE SL_CSV_NONE
#define SL_COLUMN_AUTO (SL_CSV_NONE - 1)

typedef enum sl_edge_header {
  SL_HEADER_AUTO = 0, // CSV: the first record, when it begins with a letter, '_', a quote or a byte
                      // above 127 and its start of an edge is no number. Blanks: there is none
  SL_HEADER_NONE = 1,
  SL_HEADER_SKIP = 2, // the first line that is no comment
} sl_edge_header;

typedef struct sl_edge_list_options {
  bool directed;            // default true: "a b" is the edge a -> b
  sl_id_kind ids;           // default SL_IDS_NODES
  bool ignore_weights;      // default false. true: there is no weight column
  uint32_t node_count;      // default 0: from the ids. Else ids must be below it; SL_IDS_NODES only
  uint32_t separator;       // default 0: blanks. Else a blank, tab or printable character, no digit
  sl_value_type value_type; // default F64: type of the weights, F32 or F64
  bool count_parallel;    // default false: without weights, an edge that comes several times counts
                          // once. true: as often as it comes, which makes the graph weighted
  sl_edge_header header;  // default SL_HEADER_AUTO
  uint32_t from_column;   // default 0; columns count from 0
  uint32_t to_column;     // default 1
  uint32_t weight_column; // default SL_COLUMN_AUTO: the first edge says whether there is a third
                          // field; then every line must agree, and nothing may follow
  uint32_t time_column;   // default SL_COLUMN_NONE
  bool dates;             // default false: times are numbers. true: dates, as of sl_parse_date
  double since, until;    // default all: edges with since <= time < until are kept
} sl_edge_list_options;

sl_edge_list_options sl_edge_list_options_default(void);

typedef struct sl_edge_list {
  sl_text text; // text.found says what was found instead after ERR_PARSE and the like
  sl_edge_list_options options;
  sl_status failed; // the first error; nothing is read after it
  bool finished;
  bool past_header; // a header line or an edge has been read
  bool begun;       // an edge has been read, kept or not
  bool weighted;
  bool skip_line; // internal: of a line of blanks nothing more is read
  uint32_t seen;  // internal: fields read on the line, of each kind by a bit
  uint32_t field; // fields read on the line
  uint32_t width; // fields of a CSV record, 0 before the first
  uint32_t from, to;
  double weight, time;
  sl_entries entries; // places of from and to, weight
  sl_node_ids ids;
  sl_csv csv;
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

// After finish, where ids are numbers that are no nodes: ids[k] is the id of node k in the file,
// ascending, node_count entries, owned by the reader. NULL otherwise.
const uint64_t *sl_edge_list_ids(const sl_edge_list *reader);

// After finish, where ids are names: the name of node k is name_text[name_ends[k - 1]] (from 0 for
// the first) up to name_text[name_ends[k]], bytes of the file, not terminated. Owned by the reader,
// NULL otherwise.
const char *sl_edge_list_name_text(const sl_edge_list *reader);
const uint32_t *sl_edge_list_name_ends(const sl_edge_list *reader);

// What stood where something else was expected, after an error with a line; else "". Printable, one
// line, valid as long as the reader.
const char *sl_edge_list_found(const sl_edge_list *reader);

// Bytes held.
size_t sl_edge_list_bytes(const sl_edge_list *reader);

// Frees it at any stage. NULL is allowed.
void sl_edge_list_destroy(sl_edge_list *reader);

#endif
