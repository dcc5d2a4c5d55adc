// What an index of sparse vectors holds. Internal to the room; the contract is inverted.h.
//
// Vectors are numbered in the order in which they came: `slot`. SL_INV_BLOCK slots are a block. Of
// each index that vectors have there is a list of the blocks in which it occurs, with the largest
// and the least value of a block, and the values themselves; beside the lists stand the vectors as
// they are, from which scores are computed.
#ifndef SL_HNSW_INVERTED_INDEX_H
#define SL_HNSW_INVERTED_INDEX_H

#include "base/memory.h"
#include "hnsw/inverted.h"

// Slots of a block: a place in it is a byte.
enum { SL_INV_SHIFT = 8, SL_INV_BLOCK = 1 << SL_INV_SHIFT };

// Where numbers lead: an open hash table of u32.
typedef struct sl_inv_map {
  uint32_t *keys, *values; // values[i]: SL_NO_SLOT where nothing is
  uint32_t size, used;     // size: a power of two, or 0
} sl_inv_map;

uint32_t sl_inv_find(const sl_inv_map *map, uint32_t key);
// Makes room for one more. Errors: ERR_MEMORY. O(1) amortised.
sl_status sl_inv_map_reserve(sl_inv_map *map, uint32_t count);
// Sets what a key leads to; there must be room.
void sl_inv_set(sl_inv_map *map, uint32_t key, uint32_t value);
void sl_inv_unset(sl_inv_map *map, uint32_t key);
void sl_inv_map_free(sl_inv_map *map);

// The part of a list that is in one block.
typedef struct sl_inv_head {
  uint32_t block, start; // start: of its values in the list; they end where those of the next begin
  float most, least;     // never below 0, never above
} sl_inv_head;

typedef struct sl_inv_list {
  uint32_t index;
  uint32_t count, room;
  uint8_t *places; // in the block
  float *values;
  sl_inv_head *heads;
  uint32_t head_count, head_room;
  float most, least; // of all
} sl_inv_list;

// Rows of a vector lie in one part; a part grows, and is cut to size when the next one begins.
typedef struct sl_inv_part {
  uint32_t *indices;
  float *values;
  uint32_t used, room;
} sl_inv_part;

// A vector: its part, where it begins there, how many values.
typedef struct sl_inv_row {
  uint32_t id, part, start, length;
} sl_inv_row;

struct sl_inverted {
  sl_inv_map by_id;    // slot of a vector that is there
  sl_inv_map by_index; // list
  sl_inv_list *lists;
  uint32_t list_count, list_room;
  sl_inv_part *parts;
  uint32_t part_count, part_room;
  sl_inv_row *rows;
  uint64_t *live; // a bit a slot
  uint32_t slots, row_room, live_room;
  uint32_t size;    // vectors that are there
  uint64_t entries; // values of those that are
  uint64_t held;    // bytes of lists and parts
  uint64_t version; // counts changes; no other index or store has the same
  // Of the vector that is added, and of a query: its indices ascending.
  uint64_t *sorted;
  uint32_t *indices;
  float *values;
  uint32_t sorted_room, indices_room, values_room;
  // Of searches.
  struct sl_inv_term *terms;
  uint32_t *by_bound; // terms
  double *bounds;     // of blocks
  struct sl_inv_hit *hits;
  uint32_t term_room, by_bound_room, bound_room, hit_room;
  uint64_t scored, read;
};

// Room for `wanted` elements, a half more than there was. *array stays valid on failure.
//   held   bytes, changed by what was allocated; or NULL
static inline sl_status sl_inv_make_room(void **array, size_t size, uint32_t *room, uint32_t wanted,
                                         uint64_t *held) {
  if (wanted <= *room) return SL_OK;
  uint32_t more = *room + *room / 2;
  if (more < wanted) more = wanted;
  if (more < 4) more = 4;
  SL_TRY(sl_realloc(array, more, size));
  if (held != NULL) *held += (uint64_t)(more - *room) * size;
  *room = more;
  return SL_OK;
}
#define SL_INV_ROOM(array, room, wanted, held)                                                     \
  sl_inv_make_room((void **)(array), sizeof(**(array)), (room), (wanted), (held))

// Sorts numbers, the smallest first. O(count log count), nothing is allocated.
void sl_inv_sort(uint64_t *numbers, uint32_t count);

// Checks a vector and brings its indices into order, zeros left out, into index->indices and
// index->values.
//   length   read and written: how many there are
//   position of errors: `position`
sl_status sl_inv_order(sl_inverted *index, const uint32_t *indices, const float *values,
                       uint32_t *length, uint64_t position);

// Adds a vector that is in order, under an id that no other has. Errors: ERR_MEMORY, ERR_OVERFLOW;
// nothing is changed then.
sl_status sl_inv_append(sl_inverted *index, uint32_t id, const uint32_t *indices,
                        const float *values, uint32_t length);

static inline bool sl_inv_is_live(const sl_inverted *index, uint32_t slot) {
  return index->live[slot >> 6] >> (slot & 63) & 1;
}

// Checks where vectors begin among `entries` values.
sl_status sl_inv_check_starts(const uint32_t *starts, uint32_t count, uint32_t entries);

void sl_inv_touch(sl_inverted *index);

#endif
