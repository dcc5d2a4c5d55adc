// A graph in a file of which only a little is read: neighbours, steps from a node, PageRank by push.
//
// Nodes stand in the order of the file, in which neighbours are near each other; rows of some of them
// are a block, which is read, and checked, alone. With each neighbour stands a lower bound of its own
// degree: what need not be followed is known without reading its row.
//
//   sl_remote_graph_create       the head of the file: everything up to the segment "pages"
//   sl_remote_graph_place        where a block and its hash are
//   sl_remote_graph_check_page   64 hashes that have come
//   sl_remote_graph_check_block  a block that has come
//   sl_remote_graph_row          the neighbours of a node
//
// Walks through it are format/graph_walk.h. All bytes may be hostile: what is not as it should be is
// an error, never a crash.
#ifndef SL_FORMAT_REMOTE_GRAPH_H
#define SL_FORMAT_REMOTE_GRAPH_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "format/types.h"

#define SL_REMOTE_GRAPH_NUMBERS 16
#define SL_REMOTE_GRAPH_PLACE 8

// Reads the head of a file.
//   bytes    count, read: the file from its beginning up to the end of the segment "pages" at least
//   verify   1: compare the hashes of what is read
//   Errors: those of sl_segments_check(); ERR_FORMAT ("bytes"; position = offset in the file),
//   ERR_CHECKSUM, ERR_TRUNCATED, ERR_MEMORY. Allocates about as much as the head has. O(head).
sl_status sl_remote_graph_create(const uint8_t *bytes, size_t count, uint32_t verify,
                                 sl_remote_graph **out);

// Walks in it go on: the last one frees it. NULL is allowed.
void sl_remote_graph_destroy(sl_remote_graph *graph);
size_t sl_remote_graph_bytes(const sl_remote_graph *graph);

// numbers: SL_REMOTE_GRAPH_NUMBERS, written: 0 nodes, 1 edges, 2 1 for directed, 3 what weights are (0
// none, 1 f32, 2 f64), 4 labels (0 none, 1 texts, 2 JSON), 5 blocks, 6 blocks of "lookup", 7 most nodes
// in a block.
void sl_remote_graph_read(const sl_remote_graph *graph, double *numbers);

// The block with the row of a node. Errors: ERR_INDEX ("node"). O(log blocks).
sl_status sl_remote_graph_block_of(const sl_remote_graph *graph, uint32_t node, uint32_t *block);

// place: SL_REMOTE_GRAPH_PLACE, written: 0 offset of the block in the file, 1 its length, 2 its first
// node, 3 nodes in it, 4 which page has its hash, 5 offset of that page in the file, 6 its length.
//   Errors: ERR_INDEX ("graph_block").
sl_status sl_remote_graph_place(const sl_remote_graph *graph, uint32_t graph_block, double *place);

// Are these the hashes of a page?
//   page        which
//   page_bytes  page_length, read. Errors: ERR_INDEX ("page"), ERR_TRUNCATED, ERR_CHECKSUM
//   ("bytes"). O(64).
sl_status sl_remote_graph_check_page(const sl_remote_graph *graph, uint32_t page,
                                     const uint8_t *page_bytes, size_t page_length);

// Is this the block?
//   page_bytes  page_length, read: its page, which was checked; NULL, 0 where nothing is verified
//   rows        rows_length, read
//   Errors: ERR_INDEX ("graph_block"), ERR_TRUNCATED, ERR_CHECKSUM, ERR_FORMAT ("bytes": position =
//   offset in the file). O(rows_length).
sl_status sl_remote_graph_check_block(const sl_remote_graph *graph, uint32_t graph_block,
                                      const uint8_t *page_bytes, size_t page_length,
                                      const uint8_t *rows, size_t rows_length);

// The label of a node, within its block: place[0] offset, [1] length, [2] neighbours, [3] sum of their
// weights. Without labels [0] is the number that the node had, [1] 0.
//   Errors: ERR_INDEX ("node": not in this block), ERR_TRUNCATED, ERR_FORMAT ("bytes"). O(block).
sl_status sl_remote_graph_node(const sl_remote_graph *graph, uint32_t graph_block,
                               const uint8_t *rows, size_t rows_length, uint32_t node,
                               double *place);

// The neighbours of a node, ascending.
//   most      room in `nodes` and `weights`, both written
//   weights   NULL: they are not wanted
//   found     written: how many were written
//   Errors: as above. O(block).
sl_status sl_remote_graph_row(const sl_remote_graph *graph, uint32_t graph_block,
                              const uint8_t *rows, size_t rows_length, uint32_t node, uint32_t most,
                              uint32_t *nodes, double *weights, uint32_t *found);

#endif
