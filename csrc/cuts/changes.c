// A table with open addresses, emptied by counting on.
#include "cuts/changes.h"

#include <string.h>

#include "base/memory.h"

#define NOTHING UINT64_MAX

void sl_changes_free(sl_changes *c) {
  sl_free(c->table);
  *c = (sl_changes){0};
}

static sl_change *find(const sl_changes *c, uint64_t pair) {
  uint32_t at = (uint32_t)((pair * 0x9e3779b97f4a7c15u) >> 32) & (c->room - 1);
  for (;; at = (at + 1) & (c->room - 1)) {
    sl_change *entry = &c->table[at];
    // What was written before is a free place: entries of now were put there knowing that.
    if (entry->pair == NOTHING || entry->since != c->since || entry->pair == pair) return entry;
  }
}

sl_status sl_changes_reserve(sl_changes *c) {
  if (c->count + 1 <= c->room / 2) return SL_OK;
  const uint32_t room = c->room == 0 ? 64 : 2 * c->room;
  SL_REQUIRE(room > c->room, SL_ERR_OVERFLOW, "changes", "fewer than 2^30 pairs");
  const sl_changes old = *c;
  SL_TRY(SL_ALLOC(&c->table, room));
  memset(c->table, 0xff, room * sizeof *c->table);
  c->room = room;
  for (uint32_t i = 0; i < old.room; i++)
    if (old.table[i].pair != NOTHING && old.table[i].since == c->since)
      *find(c, old.table[i].pair) = old.table[i];
  sl_free(old.table);
  return SL_OK;
}

void sl_changes_clear(sl_changes *c) {
  c->lost = 0;
  c->count = 0;
  // A number that comes back must not wake what was written under it.
  if (++c->since == UINT32_MAX) {
    c->since = 0;
    if (c->table != NULL) memset(c->table, 0xff, c->room * sizeof *c->table);
  }
}

void sl_changes_forget_gains(sl_changes *c) {
  if (++c->gains != UINT32_MAX) return;
  c->gains = 0;
  for (uint32_t i = 0; i < c->room; i++) {
    if (c->table[i].net > 0) c->table[i].net = 0;
    c->table[i].gains = UINT32_MAX;
  }
}

void sl_changes_add(sl_changes *c, uint32_t u, uint32_t v, int64_t change) {
  const uint64_t pair = u < v ? (uint64_t)u << 32 | v : (uint64_t)v << 32 | u;
  sl_change *entry = find(c, pair);
  if (entry->pair != pair || entry->since != c->since) {
    *entry = (sl_change){pair, 0, c->since, c->gains};
    c->count++;
  }
  if (entry->net > 0 && entry->gains != c->gains) entry->net = 0;
  c->lost -= entry->net < 0 ? -entry->net : 0;
  entry->net += change;
  entry->gains = c->gains;
  c->lost += entry->net < 0 ? -entry->net : 0;
}
