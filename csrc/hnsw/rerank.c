#include "hnsw/rerank.h"

#include "hnsw/codes.h"
#include "hnsw/rank.h"

enum { BLOCK = 32 };

bool sl_rerank(sl_hnsw *index, const float *vector, const sl_scorer *scorer, uint32_t k) {
  const sl_store *store = &index->store;
  if (store->exact == SL_EXACT_NONE || index->pool_count == 0) return false;
  uint64_t *pool = index->pool;
  uint64_t last = pool[index->pool_count - 1];
  uint32_t kept = 0, count;
  for (uint32_t at = 0; at < index->pool_count; at += count) {
    // The best so far stand in front, in places that were read before.
    uint32_t slots[BLOCK];
    float keys[BLOCK];
    count = index->pool_count - at < BLOCK ? index->pool_count - at : BLOCK;
    for (uint32_t i = 0; i < count; i++) {
      slots[i] = sl_entry_slot(pool[at + i]);
      keys[i] = sl_entry_key(pool[at + i]);
    }
    index->scored +=
        sl_rank_near(store, vector, scorer, k, slots, keys, count, pool, &kept, index->decoded);
  }
  if (k >= SL_HEAP_FROM) sl_pool_sort(pool, kept);
  index->pool_count = kept;
  if (!sl_codes_have_tails(store->codes) || kept < k) return false;
  double least = sl_code_key_likely(store, scorer, sl_entry_slot(last), sl_entry_key(last));
  return least < sl_rank_on_scale_of_codes(store, sl_entry_key(pool[kept - 1]));
}
