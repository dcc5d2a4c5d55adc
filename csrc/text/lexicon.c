#include "text/lexicon.h"

#include <string.h>

#include "base/memory.h"
#include "text/room.h"

void sl_lexicon_free(sl_lexicon *lexicon) {
  sl_free(lexicon->pool);
  sl_free(lexicon->entries);
  sl_free(lexicon->table);
  sl_free(lexicon->order);
  *lexicon = (sl_lexicon){0};
}

size_t sl_lexicon_bytes(const sl_lexicon *lexicon) {
  return lexicon->pool_room + lexicon->room * sizeof *lexicon->entries +
         lexicon->table_room * sizeof *lexicon->table + lexicon->order_room * sizeof(uint32_t);
}

static uint32_t hash_of(const uint8_t *bytes, uint32_t length) {
  uint64_t h = length * 0x9e3779b97f4a7c15u;
  for (; length >= 8; bytes += 8, length -= 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    h = (h ^ word) * 0xff51afd7ed558ccdu;
    h ^= h >> 32;
  }
  uint64_t word = 0;
  for (uint32_t i = 0; i < length; i++) word |= (uint64_t)bytes[i] << (8 * i);
  h = (h ^ word) * 0xff51afd7ed558ccdu;
  h = (h ^ (h >> 32)) * 0xc4ceb9fe1a85ec53u;
  return (uint32_t)(h >> 32);
}

static uint32_t find(const sl_lexicon *lexicon, const uint8_t *bytes, uint32_t length,
                     uint32_t hash, uint32_t *place) {
  const uint32_t mask = lexicon->table_room - 1;
  uint32_t i = hash & mask;
  for (; lexicon->table[i] != 0; i = (i + 1) & mask) {
    const uint32_t entry = lexicon->table[i] - 1;
    const sl_lexeme *e = &lexicon->entries[entry];
    if (e->hash == hash && e->length == length && memcmp(lexicon->pool + e->at, bytes, length) == 0)
      return entry;
  }
  *place = i;
  return SL_NO_ENTRY;
}

uint32_t sl_lexicon_find(const sl_lexicon *lexicon, const uint8_t *bytes, uint32_t length) {
  uint32_t place;
  if (lexicon->table == NULL) return SL_NO_ENTRY;
  return find(lexicon, bytes, length, hash_of(bytes, length), &place);
}

static sl_status grow_table(sl_lexicon *lexicon) {
  uint32_t room = lexicon->table_room == 0 ? 64 : lexicon->table_room * 2, *table;
  SL_TRY(SL_ALLOC_ZERO(&table, room));
  for (uint32_t e = 0; e < lexicon->count; e++) {
    uint32_t i = lexicon->entries[e].hash & (room - 1);
    while (table[i] != 0) i = (i + 1) & (room - 1);
    table[i] = e + 1;
  }
  sl_free(lexicon->table);
  lexicon->table = table;
  lexicon->table_room = room;
  return SL_OK;
}

sl_status sl_lexicon_put(sl_lexicon *lexicon, const uint8_t *bytes, uint32_t length,
                         uint32_t *out) {
  const uint32_t hash = hash_of(bytes, length);
  uint32_t place = 0;
  if (lexicon->table != NULL) {
    *out = find(lexicon, bytes, length, hash, &place);
    if (*out != SL_NO_ENTRY) return SL_OK;
  }
  SL_REQUIRE(length <= UINT32_MAX - lexicon->pool_used && lexicon->count < 1u << 30,
             SL_ERR_OVERFLOW, "words", "less than 4 GB of different words");
  if (lexicon->table == NULL || lexicon->count + 1 > lexicon->table_room / 3 * 2) {
    SL_TRY(grow_table(lexicon));
    find(lexicon, bytes, length, hash, &place);
  }
  SL_TRY(SL_MAKE_ROOM(&lexicon->entries, &lexicon->room, lexicon->count + 1));
  SL_TRY(SL_MAKE_ROOM(&lexicon->pool, &lexicon->pool_room, lexicon->pool_used + length));
  if (length > 0) memcpy(lexicon->pool + lexicon->pool_used, bytes, length);
  lexicon->entries[lexicon->count] = (sl_lexeme){lexicon->pool_used, length, hash, SL_NO_ENTRY};
  lexicon->pool_used += length;
  *out = lexicon->count++;
  lexicon->table[place] = lexicon->count;
  return SL_OK;
}

static int compare(const sl_lexicon *lexicon, uint32_t entry, const uint8_t *bytes,
                   uint32_t length) {
  const sl_lexeme *e = &lexicon->entries[entry];
  const int c = memcmp(lexicon->pool + e->at, bytes, e->length < length ? e->length : length);
  return c != 0 ? c : (e->length > length) - (e->length < length);
}

static bool is_below(const sl_lexicon *lexicon, uint32_t a, uint32_t b) {
  return compare(lexicon, a, lexicon->pool + lexicon->entries[b].at, lexicon->entries[b].length) <
         0;
}

sl_status sl_lexicon_sort(sl_lexicon *lexicon) {
  const uint32_t n = lexicon->count, old = lexicon->ordered;
  if (old == n) return SL_OK;
  uint32_t *spare;
  SL_TRY(SL_MAKE_ROOM(&lexicon->order, &lexicon->order_room, n));
  SL_TRY(SL_ALLOC(&spare, n));
  uint32_t *from = lexicon->order, *to = spare;
  for (uint32_t i = old; i < n; i++) from[i] = i;
  // Merge sort from below: the new ones, then with those that are in order.
  for (uint32_t width = 1; width < n - old; width *= 2) {
    for (uint32_t start = old; start < n; start += 2 * width) {
      const uint32_t middle = n - start < width ? n : start + width;
      const uint32_t end = n - start < 2 * width ? n : start + 2 * width;
      uint32_t a = start, b = middle;
      for (uint32_t i = start; i < end; i++) {
        const bool second = a == middle || (b < end && is_below(lexicon, from[b], from[a]));
        to[i] = second ? from[b++] : from[a++];
      }
    }
    uint32_t *swap = from;
    from = to;
    to = swap;
  }
  if (from == spare) memcpy(lexicon->order + old, spare + old, (n - old) * sizeof *spare);
  memcpy(spare, lexicon->order, n * sizeof *spare);
  for (uint32_t i = 0, a = 0, b = old; i < n; i++) {
    const bool second = a == old || (b < n && is_below(lexicon, spare[b], spare[a]));
    lexicon->order[i] = second ? spare[b++] : spare[a++];
  }
  sl_free(spare);
  lexicon->ordered = n;
  return SL_OK;
}

uint32_t sl_lexicon_lower(const sl_lexicon *lexicon, const uint8_t *bytes, uint32_t length,
                          uint32_t from) {
  uint32_t low = from, high = lexicon->ordered;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (compare(lexicon, lexicon->order[middle], bytes, length) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

sl_status sl_lexicon_trim(sl_lexicon *lexicon) {
  SL_TRY(sl_trim_room((void **)&lexicon->entries, sizeof *lexicon->entries, &lexicon->room,
                      lexicon->count));
  return sl_trim_room((void **)&lexicon->pool, 1, &lexicon->pool_room, lexicon->pool_used);
}
