// What a file calls its nodes: whole numbers or names, each of which gets a node number. What the
// readers of edges share.
//
// Safe on untrusted bytes: yes. A hash table is used (except for SL_IDS_NODES): ids chosen to
// collide cost time, O(nodes) an id.
#ifndef SL_GRAPH_NODE_IDS_H
#define SL_GRAPH_NODE_IDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "sparse/entries.h"

typedef enum sl_id_kind {
  SL_IDS_NODES = 0,   // whole numbers that are the node numbers
  SL_IDS_COMPACT = 1, // whole numbers up to 2^64 - 1; nodes in ascending order of them
  SL_IDS_NAMES = 2,   // any text; nodes in the order in which they first appear
  SL_IDS_AUTO = 3,    // COMPACT, and NAMES for all as soon as one is no number
} sl_id_kind;

typedef struct sl_node_ids {
  sl_id_kind kind;     // as asked for; AUTO becomes NAMES at the first name
  uint32_t node_count; // ids of SL_IDS_NODES must be below it; 0: no bound
  bool padded;         // an id with leading zeros was read as a number: it is no name any more
  uint64_t largest;    // largest number so far
  uint32_t count;      // ids known so far
  uint32_t capacity;
  uint64_t *ids;      // numbers: `count` of them, in order of appearance
  uint32_t *ends;     // names: where each one ends in `text`
  char *text;         // names: one behind the other, not terminated
  uint64_t text_size; // bytes of `text` used, below 2^32
  uint64_t text_capacity;
  uint32_t *slots; // hash table: place + 1, 0 is free
  uint32_t slot_bits;
} sl_node_ids;

// Starts with no ids. Does not allocate.
void sl_node_ids_begin(sl_node_ids *ids, sl_id_kind kind, uint32_t node_count);

// The place of an id that stands in a text: the node number for SL_IDS_NODES, else the order of
// first appearance.
//   word        length bytes, read and not kept
//   *expected   written when ERR_PARSE comes back: what should have stood there
//   Errors: ERR_PARSE (no error is recorded: the reader knows the line), ERR_OVERFLOW, ERR_MEMORY.
//   Allocates. O(length) expected.
sl_status sl_node_ids_place(sl_node_ids *ids, const char *word, uint32_t length, uint32_t *place,
                            const char **expected);

// Says that all ids have been read, and gives the number of nodes. Numbers are sorted: `ids`
// ascends then, and the rows and columns of `edges` are changed from places into nodes.
//   Errors: ERR_MEMORY. O(edges + nodes log nodes).
sl_status sl_node_ids_finish(sl_node_ids *ids, sl_entries *edges, uint32_t *node_count);

// Frees the hash table, which nothing needs after sl_node_ids_finish.
void sl_node_ids_free_table(sl_node_ids *ids);

// Frees everything. A zeroed struct is allowed.
void sl_node_ids_free(sl_node_ids *ids);

// Bytes held beside the struct.
size_t sl_node_ids_bytes(const sl_node_ids *ids);

#endif
