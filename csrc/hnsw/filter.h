// A set of ids that a search may return.
//
// Made once from ids; a bit a slot of the index it is used with is derived from it and remembered
// until that index changes, so that a search tests a bit and never a hash table.
#ifndef SL_HNSW_FILTER_H
#define SL_HNSW_FILTER_H

#include "hnsw/store.h"
#include "simd/bits.h"

typedef struct sl_filter {
  uint32_t count;
  uint32_t *ids;  // count
  uint64_t *bits; // words: bit `slot` is set when the slot is live and its id is in the set
  uint32_t words;
  uint32_t allowed; // bits set
  uint64_t version; // of the store the bits were made for
  uint64_t *nodes;  // words: bits of the nodes of which a copy, or the node itself, is allowed;
                    // used by an index that has copies (search.c)
  uint64_t nodes_version;
  uint32_t nodes_words;
} sl_filter;

// Copies `count` ids (read; order and repetition do not matter; ids unknown to an index are
// ignored there). count = 0 is allowed and allows nothing. Errors: ERR_MEMORY. O(count).
sl_status sl_filter_create(const uint32_t *ids, uint32_t count, sl_filter **out);

// The same from a bitset over ids: id i is in the set when bit i % 8 of byte i / 8 is set.
//   bits   bytes, read; ids beyond are not in the set
//   Errors: ERR_OVERFLOW (more than 2^29 bytes: ids are u32), ERR_MEMORY. O(bytes + ids).
sl_status sl_filter_from_bits(const uint8_t *bits, uint32_t bytes, sl_filter **out);
void sl_filter_destroy(sl_filter *filter);

// Brings the bits up to date with `store`. Errors: ERR_MEMORY. O(1) when nothing changed, else
// O(count + used / 64).
sl_status sl_filter_bind(sl_filter *filter, const sl_store *store);

// The same for any index: `find` gives the slot of an id in it, below `used`, or SL_NO_SLOT.
//   version   of the index: sl_store_next_version()
typedef uint32_t (*sl_find_slot)(const void *index, uint32_t id);
sl_status sl_filter_bind_to(sl_filter *filter, uint64_t version, uint32_t used, sl_find_slot find,
                            const void *index);

// Writes the ids that it was made from. ids: count, written.
void sl_filter_ids(const sl_filter *filter, uint32_t *ids);

uint64_t sl_filter_bytes(const sl_filter *filter);

static inline bool sl_filter_allows(const uint64_t *bits, uint32_t slot) {
  return bits[slot >> 6] >> (slot & 63) & 1;
}

#endif
