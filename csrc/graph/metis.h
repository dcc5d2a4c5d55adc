// Reader of METIS graph files (.graph), fed in chunks. Undirected graphs only.
//
//   first line       nodes edges [format [constraints]], format: up to three digits 0 or 1
//   one line a node  [size] [weight ...] neighbour [edge weight] neighbour [edge weight] ...
//
// Lines that begin with '%' are comments and count for no node; an empty line is a node without
// neighbours. Neighbours are counted from 1. The digits of `format` say, from the right: edges have
// weights, nodes have `constraints` (default 1) weights, nodes have a size. Node weights and sizes
// are checked to be whole numbers and then left out: a graph here has none.
//
// Based on: G. Karypis, "METIS: a software package for partitioning unstructured graphs, manual
// 5.1.0", 2013, section 4.1.1. Checked as it demands: each edge stands at both of its nodes with
// the same weight, no loops, no neighbour twice, as many edges as declared. Weaker than it: edge
// weights may be any finite number above 0. After the last node only empty lines may follow, and
// its own line may lack the line feed.
//
// Memory grows with the edges that really came. Safe on untrusted bytes: yes.
#ifndef SL_GRAPH_METIS_H
#define SL_GRAPH_METIS_H

#include "graph/graph.h"
#include "sparse/entries.h"
#include "sparse/text.h"

typedef struct sl_metis {
  sl_text text;     // text.found says what was found instead after ERR_PARSE and the like
  sl_status failed; // the first error; nothing is read after it
  bool finished;
  bool in_body; // the first line has been read
  bool has_sizes, has_node_weights, has_edge_weights;
  uint64_t constraints; // node weights a node
  uint32_t node_count;
  uint64_t edge_count; // as declared
  uint32_t node;       // the node whose line is read
  uint64_t field;      // fields read on the line
  uint32_t neighbor;   // the neighbour that waits for its weight
  bool awaits_weight;
  sl_entries entries;
  uint64_t first_line; // line of node 0 if there were no comments
  uint32_t *comments;  // internal: for each comment line, the node that follows it
  uint32_t comment_count, comment_capacity;
} sl_metis;

// A reader that has read nothing.
//   value_type   F64 or F32: type of the edge weights. Without edge weights the graph is
//                unweighted.
//   Errors: ERR_OPTION ("value_type"), ERR_MEMORY. Allocates.
sl_status sl_metis_create(sl_value_type value_type, sl_metis **out);

// Reads the next n bytes; cut anywhere. bytes: read, not kept.
//   Errors: ERR_PARSE, ERR_FORMAT (position = line). Without line: ERR_MEMORY, ERR_OVERFLOW,
//           ERR_STATE (after an error or the end). May allocate. O(n).
sl_status sl_metis_feed(sl_metis *reader, const char *bytes, size_t n);

// Says that the input is complete and builds the graph. The reader's edges are freed.
//   Errors: as above, ERR_TRUNCATED, and those of sl_csr_from_coo. O(edges + nodes).
sl_status sl_metis_finish(sl_metis *reader, sl_graph **out);

// What stood where something else was expected, after an error with a line; else "". Printable, one
// line, valid as long as the reader.
const char *sl_metis_found(const sl_metis *reader);

// Bytes held.
size_t sl_metis_bytes(const sl_metis *reader);

// Frees it at any stage. NULL is allowed.
void sl_metis_destroy(sl_metis *reader);

#endif
