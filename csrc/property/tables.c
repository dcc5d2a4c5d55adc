// Rows that are kept: tables of them, and sets of different ones.
#include <string.h>

#include "base/memory.h"
#include "property/run.h"

sl_status sl_table_add(sl_table *table, const sl_value *row, const uint32_t *slots, uint32_t width,
                       sl_value **out) {
  sl_value *kept;
  if (table->count == table->room) {
    const uint32_t room = table->room < 4 ? 4 : table->room * 2;
    SL_TRY(SL_REALLOC(&table->rows, room));
    table->room = room;
  }
  SL_TRY(sl_pool_take(&table->pool, width * sizeof *kept, &kept));
  for (uint32_t i = 0; i < width; i++) kept[i] = row[slots[i]];
  table->rows[table->count++] = kept;
  if (out != NULL) *out = kept;
  return SL_OK;
}

void sl_table_free(sl_table *table) {
  sl_pool_free(&table->pool);
  sl_free(table->rows);
  *table = (sl_table){0};
}

static uint32_t hash_of(const sl_value *row, const uint32_t *slots, uint32_t width) {
  uint32_t h = width;
  for (uint32_t i = 0; i < width; i++) {
    h = (h ^ sl_value_hash(row[slots[i]])) * 0x9e3779b1u;
    h ^= h >> 15;
  }
  return h;
}

static sl_status grow(sl_distinct *d) {
  if (d->table.count == d->hash_room) {
    const uint32_t room = d->hash_room < 8 ? 8 : d->hash_room * 2;
    SL_TRY(SL_REALLOC(&d->hashes, room));
    d->hash_room = room;
  }
  if ((d->table.count + 1) * 2 <= d->size) return SL_OK;
  uint32_t *places;
  const uint32_t size = d->size == 0 ? 16 : d->size * 2;
  SL_TRY(SL_ALLOC_ZERO(&places, size));
  for (uint32_t i = 0; i < d->table.count; i++) {
    uint32_t at = d->hashes[i] & (size - 1);
    while (places[at] != 0) at = (at + 1) & (size - 1);
    places[at] = i + 1;
  }
  sl_free(d->places);
  d->places = places;
  d->size = size;
  return SL_OK;
}

sl_status sl_distinct_add(sl_distinct *d, const sl_value *row, const uint32_t *slots,
                          uint32_t width, uint32_t *number, bool *fresh) {
  SL_TRY(grow(d));
  const uint32_t hash = hash_of(row, slots, width);
  uint32_t at = hash & (d->size - 1);
  *fresh = false;
  for (; d->places[at] != 0; at = (at + 1) & (d->size - 1)) {
    *number = d->places[at] - 1;
    if (d->hashes[*number] != hash) continue;
    const sl_value *there = d->table.rows[*number];
    uint32_t i = 0;
    while (i < width && sl_value_same(there[i], row[slots[i]])) i++;
    if (i == width) return SL_OK;
  }
  SL_TRY(sl_table_add(&d->table, row, slots, width, NULL));
  *number = d->table.count - 1;
  d->hashes[*number] = hash;
  d->places[at] = d->table.count;
  *fresh = true;
  return SL_OK;
}

void sl_distinct_free(sl_distinct *d) {
  sl_table_free(&d->table);
  sl_free(d->places);
  sl_free(d->hashes);
  *d = (sl_distinct){0};
}
