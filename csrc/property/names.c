#include "property/names.h"

#include <string.h>

#include "base/memory.h"

static uint32_t place_of(const sl_names *n, const char *text, size_t bytes, uint32_t hash) {
  uint32_t at = hash & (n->table_size - 1);
  for (; n->table[at] != 0; at = (at + 1) & (n->table_size - 1)) {
    const sl_chars *item = n->items[n->table[at] - 1];
    if (item->hash == hash && item->bytes == bytes &&
        (bytes == 0 || memcmp(item->text, text, bytes) == 0))
      break;
  }
  return at;
}

uint32_t sl_names_find(const sl_names *names, const char *text, size_t bytes) {
  if (names->count == 0) return SL_NO_NAME;
  const uint32_t at = place_of(names, text, bytes, sl_hash_of_bytes(text, bytes));
  return names->table[at] == 0 ? SL_NO_NAME : names->table[at] - 1;
}

static sl_status grow(sl_names *n) {
  if (n->count == n->room) {
    const uint32_t room = n->room == 0 ? 8 : n->room * 2;
    SL_TRY(SL_REALLOC(&n->items, room));
    n->room = room;
  }
  if ((n->count + 1) * 2 <= n->table_size) return SL_OK;
  uint32_t *table;
  const uint32_t size = n->table_size == 0 ? 16 : n->table_size * 2;
  SL_TRY(SL_ALLOC_ZERO(&table, size));
  for (uint32_t i = 0; i < n->count; i++) {
    uint32_t at = n->items[i]->hash & (size - 1);
    while (table[at] != 0) at = (at + 1) & (size - 1);
    table[at] = i + 1;
  }
  sl_free(n->table);
  n->table = table;
  n->table_size = size;
  return SL_OK;
}

sl_status sl_names_add(sl_names *names, const char *text, size_t bytes, uint32_t *out) {
  *out = SL_NO_NAME;
  SL_REQUIRE(names->count < (uint32_t)1 << 30, SL_ERR_OVERFLOW, "graph", "below 2^30 texts");
  SL_TRY(grow(names));
  const uint32_t hash = sl_hash_of_bytes(text, bytes);
  const uint32_t at = place_of(names, text, bytes, hash);
  if (names->table[at] == 0) {
    sl_value value;
    SL_TRY(sl_chars_make(&names->pool, text, bytes, &value));
    names->items[names->count] = value.as.chars;
    names->table[at] = ++names->count;
  }
  *out = names->table[at] - 1;
  return SL_OK;
}

size_t sl_names_bytes(const sl_names *names) {
  return names->pool.bytes + names->room * sizeof(void *) + names->table_size * sizeof(uint32_t);
}

void sl_names_free(sl_names *names) {
  sl_pool_free(&names->pool);
  sl_free(names->items);
  sl_free(names->table);
  *names = (sl_names){0};
}
