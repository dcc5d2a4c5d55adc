// Sparse vectors that come and go.
#include <math.h>
#include <string.h>

#include "hnsw/inverted_index.h"
#include "hnsw/store.h"

enum { PART = 65536 };
_Static_assert(PART >= SL_SPARSE_LIMIT, "a vector fits into a part");
// Removed vectors are left behind when there are more of them than these and than the others.
enum { MOST_DEAD = 1024 };
static const uint32_t MOST_SLOTS = 0x80000000u;

// ---- tables -------------------------------------------------------------------------------------

// Multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4), as in store.c.
static uint32_t home(const sl_inv_map *map, uint32_t key) {
  return (uint32_t)(((uint64_t)(key * 2654435769u) * map->size) >> 32);
}

uint32_t sl_inv_find(const sl_inv_map *map, uint32_t key) {
  if (map->size == 0) return SL_NO_SLOT;
  const uint32_t mask = map->size - 1;
  for (uint32_t at = home(map, key);; at = (at + 1) & mask) {
    if (map->values[at] == SL_NO_SLOT) return SL_NO_SLOT;
    if (map->keys[at] == key) return map->values[at];
  }
}

void sl_inv_set(sl_inv_map *map, uint32_t key, uint32_t value) {
  const uint32_t mask = map->size - 1;
  uint32_t at = home(map, key);
  while (map->values[at] != SL_NO_SLOT && map->keys[at] != key) at = (at + 1) & mask;
  if (map->values[at] == SL_NO_SLOT) map->used++;
  map->keys[at] = key;
  map->values[at] = value;
}

// Linear probing without tombstones: entries behind the hole move up when their home allows it.
void sl_inv_unset(sl_inv_map *map, uint32_t key) {
  const uint32_t mask = map->size - 1;
  uint32_t hole = home(map, key);
  while (map->keys[hole] != key) hole = (hole + 1) & mask;
  for (uint32_t at = (hole + 1) & mask; map->values[at] != SL_NO_SLOT; at = (at + 1) & mask) {
    const uint32_t from = home(map, map->keys[at]);
    if (((at - from) & mask) < ((at - hole) & mask)) continue;
    map->keys[hole] = map->keys[at];
    map->values[hole] = map->values[at];
    hole = at;
  }
  map->values[hole] = SL_NO_SLOT;
  map->used--;
}

sl_status sl_inv_map_reserve(sl_inv_map *map, uint32_t count) {
  uint32_t size = map->size == 0 ? 16 : map->size;
  while (size < 0x80000000u && size / 2 < count) size *= 2;
  if (size == map->size) return SL_OK;
  sl_inv_map larger = {.size = size};
  sl_status status = SL_ALLOC(&larger.keys, size);
  if (status == SL_OK) status = SL_ALLOC(&larger.values, size);
  if (status != SL_OK) {
    sl_inv_map_free(&larger);
    return status;
  }
  memset(larger.values, 0xff, size * sizeof *larger.values);
  for (uint32_t at = 0; at < map->size; at++)
    if (map->values[at] != SL_NO_SLOT) sl_inv_set(&larger, map->keys[at], map->values[at]);
  sl_inv_map_free(map);
  *map = larger;
  return SL_OK;
}

void sl_inv_map_free(sl_inv_map *map) {
  sl_free(map->keys);
  sl_free(map->values);
  *map = (sl_inv_map){0};
}

// ---- life ---------------------------------------------------------------------------------------

sl_status sl_inverted_create(sl_inverted **out) {
  SL_TRY(SL_ALLOC_ZERO(out, 1));
  sl_inv_touch(*out);
  return SL_OK;
}

void sl_inv_touch(sl_inverted *index) { index->version = sl_store_next_version(); }

static void free_contents(sl_inverted *index) {
  for (uint32_t i = 0; i < index->list_count; i++) {
    sl_free(index->lists[i].places);
    sl_free(index->lists[i].values);
    sl_free(index->lists[i].heads);
  }
  for (uint32_t i = 0; i < index->part_count; i++) {
    sl_free(index->parts[i].indices);
    sl_free(index->parts[i].values);
  }
  sl_inv_map_free(&index->by_id);
  sl_inv_map_free(&index->by_index);
  sl_free(index->lists);
  sl_free(index->parts);
  sl_free(index->rows);
  sl_free(index->live);
  sl_free(index->sorted);
  sl_free(index->indices);
  sl_free(index->values);
  sl_free(index->terms);
  sl_free(index->by_bound);
  sl_free(index->bounds);
  sl_free(index->hits);
}

void sl_inverted_destroy(sl_inverted *index) {
  if (index == NULL) return;
  free_contents(index);
  sl_free(index);
}

// ---- adding -------------------------------------------------------------------------------------

static void sift(uint64_t *numbers, uint32_t count, uint32_t at, uint64_t number) {
  for (;;) {
    uint32_t below = 2 * at + 1;
    if (below >= count) break;
    if (below + 1 < count && numbers[below + 1] > numbers[below]) below++;
    if (numbers[below] <= number) break;
    numbers[at] = numbers[below];
    at = below;
  }
  numbers[at] = number;
}

// A heap, and then the largest of it to the end, again and again.
void sl_inv_sort(uint64_t *numbers, uint32_t count) {
  for (uint32_t i = count / 2; i > 0; i--) sift(numbers, count, i - 1, numbers[i - 1]);
  for (uint32_t left = count; left > 1; left--) {
    const uint64_t last = numbers[left - 1];
    numbers[left - 1] = numbers[0];
    sift(numbers, left - 1, 0, last);
  }
}

sl_status sl_inv_order(sl_inverted *index, const uint32_t *indices, const float *values,
                       uint32_t *length, uint64_t position) {
  const uint32_t n = *length;
  SL_REQUIRE_AT(n <= SL_SPARSE_LIMIT, SL_ERR_RANGE, "indices", "at most 65536 of a vector",
                position);
  SL_TRY(SL_INV_ROOM(&index->indices, &index->indices_room, n, NULL));
  SL_TRY(SL_INV_ROOM(&index->values, &index->values_room, n, NULL));
  bool ascending = true;
  for (uint32_t i = 0; i < n; i++) {
    SL_REQUIRE_AT(isfinite(values[i]), SL_ERR_NOT_FINITE, "values", "finite numbers", position);
    if (i > 0 && indices[i] <= indices[i - 1]) ascending = false;
  }
  if (!ascending) {
    SL_TRY(SL_INV_ROOM(&index->sorted, &index->sorted_room, n, NULL));
    for (uint32_t i = 0; i < n; i++) index->sorted[i] = (uint64_t)indices[i] << 32 | i;
    sl_inv_sort(index->sorted, n);
    for (uint32_t i = 1; i < n; i++)
      SL_REQUIRE_AT(index->sorted[i] >> 32 != index->sorted[i - 1] >> 32, SL_ERR_ARGUMENT,
                    "indices", "each index once in a vector", position);
  }
  uint32_t kept = 0;
  for (uint32_t i = 0; i < n; i++) {
    const uint32_t from = ascending ? i : (uint32_t)index->sorted[i];
    if (values[from] == 0) continue;
    index->indices[kept] = indices[from];
    index->values[kept++] = values[from];
  }
  *length = kept;
  return SL_OK;
}

sl_status sl_inv_check_starts(const uint32_t *starts, uint32_t count, uint32_t entries) {
  for (uint32_t i = 0; i < count; i++)
    SL_REQUIRE_AT(starts[i] <= starts[i + 1] && starts[i + 1] <= entries, SL_ERR_SHAPE, "starts",
                  "ascending numbers, up to the number of values", i);
  return SL_OK;
}

// The list of an index, made where there is none, with room for one more value.
static sl_status list_for(sl_inverted *index, uint32_t key, uint32_t block, uint32_t *out) {
  uint32_t at = sl_inv_find(&index->by_index, key);
  if (at == SL_NO_SLOT) {
    at = index->list_count;
    SL_TRY(sl_inv_map_reserve(&index->by_index, at + 1));
    SL_TRY(SL_INV_ROOM(&index->lists, &index->list_room, at + 1, NULL));
    index->lists[at] = (sl_inv_list){.index = key};
    sl_inv_set(&index->by_index, key, at);
    index->list_count++;
  }
  sl_inv_list *list = &index->lists[at];
  SL_REQUIRE(list->count < UINT32_MAX - 8, SL_ERR_OVERFLOW, "values", "less than 2^32 of an index");
  uint32_t room = list->room;
  // One count for both arrays: the second may have failed when the first had grown.
  SL_TRY(SL_INV_ROOM(&list->places, &room, list->count + 1, NULL));
  if (room > list->room) {
    SL_TRY(SL_REALLOC(&list->values, room));
    index->held += 5ull * (room - list->room);
    list->room = room;
  }
  if (list->head_count == 0 || list->heads[list->head_count - 1].block != block)
    SL_TRY(SL_INV_ROOM(&list->heads, &list->head_room, list->head_count + 1, &index->held));
  *out = at;
  return SL_OK;
}

static sl_status trim_part(sl_inverted *index, sl_inv_part *part) {
  if (part->used == part->room || part->used == 0) return SL_OK;
  SL_TRY(SL_REALLOC(&part->indices, part->used));
  SL_TRY(SL_REALLOC(&part->values, part->used));
  index->held -= 8ull * (part->room - part->used);
  part->room = part->used;
  return SL_OK;
}

// Room for a row at the end of the last part, or in a new one.
static sl_status row_room(sl_inverted *index, uint32_t length) {
  sl_inv_part *part = index->part_count == 0 ? NULL : &index->parts[index->part_count - 1];
  if (part == NULL || PART - part->used < length) {
    // What cannot be cut to size stays as it is.
    if (part != NULL) (void)trim_part(index, part);
    SL_TRY(SL_INV_ROOM(&index->parts, &index->part_room, index->part_count + 1, NULL));
    part = &index->parts[index->part_count++];
    *part = (sl_inv_part){0};
  }
  const uint32_t wanted = part->used + length;
  // Also for a vector without values: its place is one in an array.
  if (wanted <= part->room && part->room > 0) return SL_OK;
  uint32_t room = part->room + part->room / 2;
  if (room < wanted) room = wanted;
  if (room < 64) room = 64;
  if (room > PART) room = PART;
  SL_TRY(SL_REALLOC(&part->indices, room));
  SL_TRY(SL_REALLOC(&part->values, room));
  index->held += 8ull * (room - part->room);
  part->room = room;
  return SL_OK;
}

static void put_value(sl_inv_list *list, uint32_t slot, float value) {
  const uint32_t block = slot >> SL_INV_SHIFT;
  if (list->head_count == 0 || list->heads[list->head_count - 1].block != block)
    list->heads[list->head_count++] = (sl_inv_head){block, list->count, 0, 0};
  sl_inv_head *head = &list->heads[list->head_count - 1];
  if (value > head->most) head->most = value;
  if (value < head->least) head->least = value;
  if (value > list->most) list->most = value;
  if (value < list->least) list->least = value;
  list->places[list->count] = (uint8_t)slot;
  list->values[list->count++] = value;
}

sl_status sl_inv_append(sl_inverted *index, uint32_t id, const uint32_t *indices,
                        const float *values, uint32_t length) {
  const uint32_t slot = index->slots;
  SL_REQUIRE(slot < MOST_SLOTS, SL_ERR_OVERFLOW, "ids", "at most 2^31 vectors");
  // Everything is made room for first: what follows cannot fail.
  SL_TRY(sl_inv_map_reserve(&index->by_id, index->by_id.used + 1));
  SL_TRY(SL_INV_ROOM(&index->rows, &index->row_room, slot + 1, NULL));
  const uint32_t words = index->live_room;
  SL_TRY(SL_INV_ROOM(&index->live, &index->live_room, slot / 64 + 4, NULL));
  memset(index->live + words, 0, (index->live_room - words) * sizeof *index->live);
  SL_TRY(row_room(index, length));
  uint32_t list;
  for (uint32_t i = 0; i < length; i++)
    SL_TRY(list_for(index, indices[i], slot >> SL_INV_SHIFT, &list));

  sl_inv_part *part = &index->parts[index->part_count - 1];
  index->rows[slot] = (sl_inv_row){id, index->part_count - 1, part->used, length};
  for (uint32_t i = 0; i < length; i++) {
    part->indices[part->used] = indices[i];
    part->values[part->used++] = values[i];
    put_value(&index->lists[sl_inv_find(&index->by_index, indices[i])], slot, values[i]);
  }
  sl_inv_set(&index->by_id, id, slot);
  index->live[slot >> 6] |= (uint64_t)1 << (slot & 63);
  index->slots++;
  index->size++;
  index->entries += length;
  return SL_OK;
}

// ---- removing -----------------------------------------------------------------------------------

static void kill(sl_inverted *index, uint32_t slot) {
  index->live[slot >> 6] &= ~((uint64_t)1 << (slot & 63));
  index->size--;
  index->entries -= index->rows[slot].length;
}

static sl_status trim_lists(sl_inverted *index) {
  for (uint32_t i = 0; i < index->list_count; i++) {
    sl_inv_list *list = &index->lists[i];
    if (list->room > list->count && list->count > 0) {
      SL_TRY(SL_REALLOC(&list->places, list->count));
      SL_TRY(SL_REALLOC(&list->values, list->count));
      index->held -= 5ull * (list->room - list->count);
      list->room = list->count;
    }
    if (list->head_room > list->head_count && list->head_count > 0) {
      SL_TRY(SL_REALLOC(&list->heads, list->head_count));
      index->held -= (uint64_t)(list->head_room - list->head_count) * sizeof(sl_inv_head);
      list->head_room = list->head_count;
    }
  }
  return SL_OK;
}

// The vectors that are there, in a new index, which takes the place of this one.
static sl_status make_anew(sl_inverted *index, bool trim) {
  sl_inverted fresh = {0};
  sl_status status = SL_OK;
  for (uint32_t slot = 0; slot < index->slots && status == SL_OK; slot++) {
    if (!sl_inv_is_live(index, slot)) continue;
    const sl_inv_row *row = &index->rows[slot];
    const sl_inv_part *part = &index->parts[row->part];
    status = sl_inv_append(&fresh, row->id, part->indices + row->start, part->values + row->start,
                           row->length);
  }
  if (status == SL_OK && trim) status = trim_lists(&fresh);
  if (status == SL_OK && trim && fresh.part_count > 0)
    status = trim_part(&fresh, &fresh.parts[fresh.part_count - 1]);
  if (status == SL_OK && trim && fresh.slots > 0) {
    status = SL_REALLOC(&fresh.rows, fresh.slots);
    if (status == SL_OK) fresh.row_room = fresh.slots;
    if (status == SL_OK) status = SL_REALLOC(&fresh.lists, fresh.list_count);
    if (status == SL_OK) fresh.list_room = fresh.list_count;
  }
  if (status != SL_OK) {
    free_contents(&fresh);
    return status;
  }
  free_contents(index);
  *index = fresh;
  sl_inv_touch(index);
  return SL_OK;
}

sl_status sl_inverted_shrink(sl_inverted *index) { return make_anew(index, true); }

// Where memory is missing for it the removed ones stay.
static void leave_behind(sl_inverted *index) {
  const uint32_t dead = index->slots - index->size;
  if (dead > MOST_DEAD && dead > index->size) (void)make_anew(index, false);
}

sl_status sl_inverted_add(sl_inverted *index, const uint32_t *ids, uint32_t count,
                          const uint32_t *starts, const uint32_t *indices, const float *values,
                          uint32_t entries, sl_duplicate duplicate, uint32_t *added) {
  *added = 0;
  SL_TRY(sl_inv_check_starts(starts, count, entries));
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t before = sl_inv_find(&index->by_id, ids[i]);
    SL_REQUIRE_AT(before == SL_NO_SLOT || duplicate == SL_DUPLICATE_REPLACE, SL_ERR_ARGUMENT, "ids",
                  "ids that are not in use", i);
    uint32_t length = starts[i + 1] - starts[i];
    SL_TRY(sl_inv_order(index, indices + starts[i], values + starts[i], &length, i));
    sl_inv_touch(index);
    SL_TRY(sl_inv_append(index, ids[i], index->indices, index->values, length));
    if (before != SL_NO_SLOT) kill(index, before);
    *added = i + 1;
    if (before != SL_NO_SLOT) leave_behind(index);
  }
  return SL_OK;
}

sl_status sl_inverted_remove(sl_inverted *index, const uint32_t *ids, uint32_t count,
                             uint32_t *removed) {
  *removed = 0;
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t slot = sl_inv_find(&index->by_id, ids[i]);
    SL_REQUIRE_AT(slot != SL_NO_SLOT, SL_ERR_INDEX, "ids", "ids that are in the index", i);
    sl_inv_touch(index);
    sl_inv_unset(&index->by_id, ids[i]);
    kill(index, slot);
    *removed = i + 1;
    leave_behind(index);
  }
  return SL_OK;
}

sl_status sl_inverted_rename(sl_inverted *index, uint32_t id, uint32_t to) {
  const uint32_t slot = sl_inv_find(&index->by_id, id), before = sl_inv_find(&index->by_id, to);
  SL_REQUIRE(slot != SL_NO_SLOT, SL_ERR_INDEX, "id", "an id that is in the index");
  if (id == to) return SL_OK;
  sl_inv_touch(index);
  sl_inv_unset(&index->by_id, id);
  sl_inv_set(&index->by_id, to, slot);
  index->rows[slot].id = to;
  if (before != SL_NO_SLOT) kill(index, before);
  leave_behind(index);
  return SL_OK;
}

// ---- reading ------------------------------------------------------------------------------------

static sl_status row_of(const sl_inverted *index, uint32_t id, const sl_inv_row **out) {
  const uint32_t slot = sl_inv_find(&index->by_id, id);
  SL_REQUIRE(slot != SL_NO_SLOT, SL_ERR_INDEX, "id", "an id that is in the index");
  *out = &index->rows[slot];
  return SL_OK;
}

sl_status sl_inverted_length(const sl_inverted *index, uint32_t id, uint32_t *length) {
  const sl_inv_row *row;
  SL_TRY(row_of(index, id, &row));
  *length = row->length;
  return SL_OK;
}

sl_status sl_inverted_get(const sl_inverted *index, uint32_t id, uint32_t *indices, float *values) {
  const sl_inv_row *row;
  SL_TRY(row_of(index, id, &row));
  if (row->length == 0) return SL_OK;
  const sl_inv_part *part = &index->parts[row->part];
  memcpy(indices, part->indices + row->start, row->length * sizeof *indices);
  memcpy(values, part->values + row->start, row->length * sizeof *values);
  return SL_OK;
}

bool sl_inverted_has(const sl_inverted *index, uint32_t id) {
  return sl_inv_find(&index->by_id, id) != SL_NO_SLOT;
}
uint32_t sl_inverted_size(const sl_inverted *index) { return index->size; }

void sl_inverted_ids(const sl_inverted *index, uint32_t *ids) {
  for (uint32_t slot = 0; slot < index->slots; slot++)
    if (sl_inv_is_live(index, slot)) *ids++ = index->rows[slot].id;
}

void sl_inverted_facts(const sl_inverted *index, double *facts) {
  facts[0] = index->size;
  facts[1] = index->slots - index->size;
  facts[2] = (double)index->entries;
  facts[3] = index->list_count;
  facts[4] = (double)index->scored;
  facts[5] = (double)index->read;
}
