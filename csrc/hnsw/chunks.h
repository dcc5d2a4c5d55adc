// Items of one size in blocks of memory, found by number. Growing moves at most the last block, so
// that it never needs a second copy of what is there, and trimming gives blocks back.
#ifndef SL_HNSW_CHUNKS_H
#define SL_HNSW_CHUNKS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

// A full block has as many items, a power of two, as fit into this many bytes, at least one.
#define SL_CHUNK_BYTES ((uint32_t)1 << 18)

typedef struct sl_chunks {
  unsigned char **blocks; // the last one may be shorter
  uint32_t item_bytes;
  uint32_t shift, mask; // item i: block i >> shift, place i & mask
  uint32_t capacity;    // items that there is room for
  uint32_t blocks_room; // pointers that `blocks` has room for
} sl_chunks;

// No items yet. item_bytes = 0: there never are any, and no memory is taken. Allocates nothing.
void sl_chunks_init(sl_chunks *chunks, uint32_t item_bytes);
void sl_chunks_free(sl_chunks *chunks);

// Makes room for `capacity` items; their contents are undefined. On failure what was there stays.
//   Errors: ERR_MEMORY, ERR_OVERFLOW. O(new blocks, and one block moved).
sl_status sl_chunks_reserve(sl_chunks *chunks, uint32_t capacity);

// What to make room for when item `capacity` is needed: half as much again within the first block,
// a whole block afterwards. O(1).
uint32_t sl_chunks_next(const sl_chunks *chunks);

// Makes room for item i of `count` that will be written one after another, a block at a time. The
// same errors. O(1) amortised.
sl_status sl_chunks_reach(sl_chunks *chunks, uint32_t i, uint32_t count);

// Gives back what lies behind the first `capacity` items. Errors: ERR_MEMORY (shortening a block
// needs a new one; blocks behind it are given back all the same).
sl_status sl_chunks_trim(sl_chunks *chunks, uint32_t capacity);

// Bytes held, and bytes that `capacity` items of a size would hold. O(1).
uint64_t sl_chunks_bytes(const sl_chunks *chunks);
uint64_t sl_chunks_bytes_for(uint32_t item_bytes, uint32_t capacity);

static inline __attribute__((always_inline)) unsigned char *sl_chunks_at(const sl_chunks *chunks,
                                                                         uint32_t i) {
  return chunks->blocks[i >> chunks->shift] + (size_t)(i & chunks->mask) * chunks->item_bytes;
}

#endif
