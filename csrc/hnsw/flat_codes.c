#include "hnsw/flat_codes.h"

#include "hnsw/codes.h"
#include "hnsw/rerank.h"
#include "hnsw/scorer.h"

enum { BLOCK = 256 };

// Based on: the search of arXiv:2405.12497, section 4: an exact distance is computed where the lower
// bound of the estimate is below the k-th best so far, so that the bound decides how many.
static __attribute__((noinline)) void keep_near(sl_flat *flat, const sl_scorer *scorer, uint32_t k,
                                                const uint32_t *slots, const float *keys,
                                                uint32_t count, uint32_t *kept) {
  const sl_store *store = &flat->store;
  for (uint32_t i = 0; i < count; i++) {
    float worst = sl_pool_limit(flat->pool, *kept, k);
    if (*kept == k && !sl_rerank_may_be_near(store, scorer, slots[i], keys[i], worst)) continue;
    float key = sl_rerank_key(store, (const float *)flat->queries, scorer, slots[i], flat->decoded);
    flat->scored++;
    sl_pool_keep(flat->pool, kept, k, sl_entry(key, slots[i]));
  }
}

static void keep_all(sl_flat *flat, uint32_t k, const uint32_t *slots, const float *keys,
                     uint32_t count, uint32_t *kept) {
  float limit = sl_pool_limit(flat->pool, *kept, k);
  for (uint32_t i = 0; i < count; i++) {
    if (keys[i] > limit) continue;
    sl_pool_keep(flat->pool, kept, k, sl_entry(keys[i], slots[i]));
    limit = sl_pool_limit(flat->pool, *kept, k);
  }
}

uint32_t sl_flat_scan_codes(sl_flat *flat, const sl_scorer *scorer, uint32_t k,
                            const uint64_t *bits) {
  const sl_store *store = &flat->store;
  uint32_t slots[BLOCK], kept = 0;
  const void *rows[BLOCK];
  float keys[BLOCK];
  for (uint32_t slot = 0, count; (count = sl_flat_next(store, bits, &slot, slots, BLOCK)) > 0;) {
    sl_flat_rows(&store->rows, slots, count, rows);
    sl_score_any_found(store->score, scorer, slots, rows, count, keys);
    flat->scored += count;
    if (store->exact == SL_EXACT_NONE) {
      keep_all(flat, k, slots, keys, count, &kept);
    } else {
      keep_near(flat, scorer, k, slots, keys, count, &kept);
    }
  }
  if (k >= SL_HEAP_FROM) sl_pool_sort(flat->pool, kept);
  return kept;
}
