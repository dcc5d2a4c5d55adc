// Vectors whose rows are equal: one of them, the node, stands in the graph for all; the others are
// its copies. Without this, copies fill each other's links, and a search that meets them sees
// nothing else.
//
// index->copies holds, for each slot, the next slot of its ring: a node, its copies, and the node
// again. A node without copies, and a slot that is not live, is a ring of its own. The upper bit
// marks copies. A copy has no links, and none lead to it.
//
// Rows are equal when the graph cannot tell them apart: vectors whose elements are equal as numbers
// (-0 is 0), or codes of the same bits beside exact rows of the same bits. Where codes are learned
// anew from 16-bit exact rows, these rows are rounded again, and equal vectors that come later have
// other bits: there the hash of each vector is kept, in files as well, and vectors are equal when
// their hashes are and their rows are as near as rounding leaves them.
#ifndef SL_HNSW_COPIES_H
#define SL_HNSW_COPIES_H

#include "hnsw/index.h"

#define SL_COPY_MARK 0x80000000u

static inline bool sl_is_copy(const sl_hnsw *index, uint32_t slot) {
  return (index->copies[slot] & SL_COPY_MARK) != 0;
}
static inline uint32_t sl_copies_next(const sl_hnsw *index, uint32_t slot) {
  return index->copies[slot] & ~SL_COPY_MARK;
}
// A live slot that stands in the graph.
static inline bool sl_is_node(const sl_hnsw *index, uint32_t slot) {
  return index->store.states[slot] == SL_SLOT_LIVE && !sl_is_copy(index, slot);
}

// Places of the table for `count` nodes. O(1).
uint32_t sl_copies_room(uint32_t count);

// Makes room for one more node. Errors: ERR_MEMORY. O(1) amortised.
sl_status sl_copies_reserve(sl_hnsw *index);

// Are index->hashes those of vectors, which are kept, or those of rows, which are made anew?
bool sl_copies_keep_hashes(const sl_store *store);

// Makes the hashes that are kept from the rows: of a file that has none. O(used * dimension).
void sl_copies_hash_vectors(sl_hnsw *index);

// Takes a live slot whose row has been written into the ring of the node with an equal row; true.
// Where there is none it becomes a node that can be found; false. O(dimension) expected.
//   vector   the encoded vector of the slot: store.vector_bytes, read
bool sl_copies_join(sl_hnsw *index, uint32_t slot, const void *vector);

// Removes the live vector of a slot. One of several equal ones leaves no trace: a slot of its ring
// becomes free. Otherwise the slot is dead. O(dimension) expected.
void sl_copies_remove(sl_hnsw *index, uint32_t slot);

// Finds the nodes anew, after slots were renumbered or loaded; rings stay. Errors: ERR_MEMORY, only
// when there are more nodes than ever before. O(used * dimension).
sl_status sl_copies_index(sl_hnsw *index);

// Gives back the room for more nodes. Errors: ERR_MEMORY (nothing changed).
sl_status sl_copies_trim(sl_hnsw *index);

#endif
