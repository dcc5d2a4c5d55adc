// Saving and loading graphs: the kind GRAPH of base/container.h. docs/format.md describes every
// byte.
#ifndef SL_GRAPH_FILE_H
#define SL_GRAPH_FILE_H

#include "base/container.h"
#include "graph/graph.h"

SL_FILE_KIND(SL_FILE_GRAPH, SL_TAG('G', 'R', 'P', 'H'), "Graph");

// What the host calls the nodes, as the last section of the file; without labels there is none. The
// section is the host's: its sum is checked here, what it says is not.
typedef enum sl_graph_labels {
  SL_LABELS_NONE = 0,
  SL_LABELS_IDS = SL_TAG('L', 'I', 'D', 'S'),  // u64 for each node, strictly ascending
  SL_LABELS_TEXT = SL_TAG('L', 'T', 'X', 'T'), // JSON in UTF-8
} sl_graph_labels;

// Whether a file has nothing left, or one section of labels, as the files of all that keeps the
// names of nodes.
bool sl_labels_only_left(const sl_reader *reader);

// Begins the file of a graph.
//   graph    read: it must outlive the writer
//   labels   label_bytes, read and copied
//   Errors: ERR_MEMORY. Allocates some hundred bytes and the labels. O(label_bytes).
sl_status sl_graph_save(const sl_graph *graph, sl_graph_labels label_kind, const void *labels,
                        size_t label_bytes, sl_writer **out);

// Makes a graph from a file that has been read. The reader's blocks become the graph, nothing is
// copied. An undirected graph is proved to be symmetric, weights to be positive. Labels, when there
// are any, are what the reader has left: sl_reader_peek().
//   Errors: ERR_FORMAT ("bytes"; position = offset in the file), ERR_TRUNCATED or ERR_STATE (the
//   file is not whole), ERR_MEMORY. Safe on untrusted bytes: yes. O(nodes + edges).
sl_status sl_graph_load(sl_reader *reader, sl_graph **out);

#endif
