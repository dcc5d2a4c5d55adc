#include "hnsw/rerank.h"

#include "hnsw/codes.h"
#include "hnsw/rank.h"

bool sl_rerank(sl_hnsw *index, const float *vector, const sl_scorer *scorer, uint32_t k) {
  const sl_store *store = &index->store;
  if (store->exact == SL_EXACT_NONE || index->pool_count == 0) return false;
  bool bounded = sl_codes_have_tails(store->codes);
  uint64_t *pool = index->pool;
  uint64_t last = pool[index->pool_count - 1];
  uint32_t kept = 0;
  for (uint32_t i = 0; i < index->pool_count; i++) {
    // The best so far stand in front, in places that were read before.
    uint64_t entry = pool[i];
    uint32_t slot = sl_entry_slot(entry);
    if (bounded && kept == k) {
      float worst = sl_entry_key(k < SL_HEAP_FROM ? pool[k - 1] : pool[0]);
      if (!sl_rank_may_be_near(store, scorer, slot, sl_entry_key(entry), worst)) continue;
    }
    float key = sl_rank_key(store, vector, scorer, slot, index->decoded);
    index->scored++;
    sl_pool_keep(pool, &kept, k, sl_entry(key, slot));
  }
  if (k >= SL_HEAP_FROM) sl_pool_sort(pool, kept);
  index->pool_count = kept;
  if (!bounded || kept < k) return false;
  double least = sl_code_key_likely(store, scorer, sl_entry_slot(last), sl_entry_key(last));
  return least < sl_rank_on_scale_of_codes(store, sl_entry_key(pool[kept - 1]));
}
