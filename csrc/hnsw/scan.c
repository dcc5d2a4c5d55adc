#include "hnsw/scan.h"

#include "hnsw/filter.h"
#include "hnsw/rank.h"

enum { BLOCK = 256 };

void sl_scan_rows(const sl_chunks *rows, const uint32_t *slots, uint32_t count,
                  const void **found) {
  const unsigned char *row = NULL;
  for (uint32_t i = 0; i < count; i++) {
    bool follows = i > 0 && slots[i] == slots[i - 1] + 1 && (slots[i] & rows->mask) != 0;
    found[i] = row = follows ? row + rows->item_bytes : sl_chunks_at(rows, slots[i]);
  }
}

uint32_t sl_scan_next(const sl_store *store, const uint64_t *bits, uint32_t *slot, uint32_t *slots,
                      uint32_t most) {
  uint32_t count = 0, at = *slot;
  for (; at < store->used && count < most; at++) {
    if (bits != NULL && (at & 63) == 0 && bits[at >> 6] == 0) {
      at |= 63; // 64 slots that are not allowed; the loop's step goes on to the next word
      continue;
    }
    bool allowed = bits != NULL ? sl_filter_allows(bits, at) : store->states[at] == SL_SLOT_LIVE;
    if (allowed) slots[count++] = at;
  }
  *slot = at;
  return count;
}

static void keep_all(uint32_t k, const uint32_t *slots, const float *keys, uint32_t count,
                     uint64_t *pool, uint32_t *kept) {
  float limit = sl_pool_limit(pool, *kept, k);
  for (uint32_t i = 0; i < count; i++) {
    if (keys[i] > limit) continue;
    sl_pool_keep(pool, kept, k, sl_entry(keys[i], slots[i]));
    limit = sl_pool_limit(pool, *kept, k);
  }
}

uint64_t sl_scan_codes(const sl_store *store, const float *query, const sl_scorer *scorer,
                       uint32_t k, const uint64_t *bits, uint64_t *pool, uint32_t *kept,
                       void *decoded) {
  uint32_t slots[BLOCK];
  const void *rows[BLOCK];
  float keys[BLOCK];
  uint64_t scored = 0;
  *kept = 0;
  for (uint32_t slot = 0, count; (count = sl_scan_next(store, bits, &slot, slots, BLOCK)) > 0;) {
    sl_scan_rows(&store->rows, slots, count, rows);
    sl_score_any_found(store->score, scorer, slots, rows, count, keys);
    scored += count;
    if (store->exact == SL_EXACT_NONE) {
      keep_all(k, slots, keys, count, pool, kept);
    } else {
      scored += sl_rank_near(store, query, scorer, k, slots, keys, count, pool, kept, decoded);
    }
  }
  if (k >= SL_HEAP_FROM) sl_pool_sort(pool, *kept);
  return scored;
}
