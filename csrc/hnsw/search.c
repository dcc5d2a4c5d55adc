// The strategies of a search: plain, filtered, and what to do when too little was found.
//
// Based on: for the middle range of filters, the two-hop expansion of L. Patel, P. Kraft, C.
// Guestrin, M. Zaharia, "ACORN: Performant and predicate-agnostic search over vector embeddings and
// structured data", 2024, arXiv:2403.04871 (the variant that needs no denser graph: neighbours of
// neighbours that are not allowed themselves).
#include "base/memory.h"
#include "hnsw/graph.h"
#include "hnsw/hnsw.h"
#include "hnsw/rerank.h"

// From this share of allowed vectors on, the graph is walked as if there were no filter.
static const double PLAIN_SHARE = 0.4;
// An exact scan of the allowed is cheaper than a walk, which compares about this many rows for each
// candidate it keeps.
enum { ROWS_A_CANDIDATE = 24, SCAN_ALWAYS = 512 };
// Where less than this part of the share of allowed vectors is allowed around the query, the filter
// goes along with the vectors: the allowed lie behind a crowd, in several directions, and a walk
// that ends when ef are found has seen one of these. On 40,000 vectors in 40 clusters, a quarter of
// the clusters allowed, walks found 0.87 of the nearest at any ef. Walking through the crowd took
// two to three times as long as the scan and found less.
static const double CROWD_SHARE = 0.5;
enum { CROWD_EXPECTED = 64 }; // allowed to be expected among those that are counted

// How often a search with codes is repeated with twice the candidates.
enum { WIDER_TURNS = 2 };

typedef struct search {
  sl_scorer scorer;
  float factor;
  uint32_t k, ef;
  uint32_t ranked;      // results to find: k, or with codes more, to be ranked again
  const uint64_t *bits; // NULL: no filter
  uint32_t allowed;     // vectors that may be returned
} search;

static bool is_allowed(const sl_hnsw *index, const search *s, uint32_t slot) {
  return s->bits != NULL ? sl_filter_allows(s->bits, slot)
                         : index->store.states[slot] == SL_SLOT_LIVE;
}

// Leaves only what may be returned, at most `most`.
static void keep_allowed(sl_hnsw *index, const search *s, uint32_t most) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < index->pool_count && kept < most; i++) {
    uint64_t entry = index->pool[i];
    if (is_allowed(index, s, sl_entry_slot(entry))) index->pool[kept++] = entry;
  }
  index->pool_count = kept;
}

static sl_status search_scan(sl_hnsw *index, const search *s) {
  uint32_t most = s->ranked < s->allowed ? s->ranked : s->allowed, counts[4];
  SL_TRY(sl_pool_reserve(index, most));
  index->scored += sl_flat_scan(&index->store, &s->scorer, 1, most, s->bits, index->pool, counts);
  index->pool_count = counts[0];
  return SL_OK;
}

// Gathers the allowed unvisited slots one hop away, and through neighbours that are not allowed,
// two hops away, until the batch is nearly full.
static uint32_t gather_two_hops(sl_hnsw *index, const search *s, uint32_t from) {
  uint32_t gathered = 0, most = index->batch_capacity - 8;
  const uint32_t *links = sl_links(index, from, 0);
  for (uint32_t i = 1; i <= links[0] && gathered < most; i++) {
    uint32_t slot = links[i];
    if (index->visited[slot] == index->epoch) continue;
    index->visited[slot] = index->epoch;
    if (is_allowed(index, s, slot)) {
      index->batch[gathered++] = slot;
      continue;
    }
    const uint32_t *second = sl_links(index, slot, 0);
    for (uint32_t j = 1; j <= second[0] && gathered < most; j++) {
      uint32_t next = second[j];
      if (index->visited[next] == index->epoch || !is_allowed(index, s, next)) continue;
      index->visited[next] = index->epoch;
      index->batch[gathered++] = next;
    }
  }
  return gathered;
}

static void search_two_hops(sl_hnsw *index, const sl_scorer *scorer, const search *s, uint32_t ef,
                            uint32_t start, float key) {
  uint64_t *pool = index->pool;
  uint32_t count = 1, cursor = 0;
  sl_visited_clear(index);
  index->visited[start] = index->epoch;
  pool[0] = sl_entry(key, start);
  while (cursor < count) {
    if (pool[cursor] & 1) {
      cursor++;
      continue;
    }
    uint32_t from = sl_entry_slot(pool[cursor]);
    pool[cursor] |= 1;
    uint32_t gathered = gather_two_hops(index, s, from);
    if (gathered == 0) continue;
    index->scored += gathered;
    sl_score_any(index->store.score, scorer, index->batch, gathered, index->keys);
    for (uint32_t i = 0; i < gathered; i++) {
      uint32_t at = sl_pool_insert(pool, &count, ef, sl_entry(index->keys[i], index->batch[i]));
      if (at < cursor) cursor = at;
    }
  }
  index->pool_count = count;
}

// Are the vectors around `slot`, which lies near the query, much more seldom allowed than all are?
// Counts over the ends of two hops, as many as are needed to tell.
static bool stands_in_crowd(const sl_hnsw *index, const search *s, uint32_t slot, double share) {
  uint32_t ends = 0, allowed = 0;
  const uint32_t *links = sl_links(index, slot, 0);
  for (uint32_t i = 1; i <= links[0] && ends * share < CROWD_EXPECTED; i++) {
    const uint32_t *second = sl_links(index, links[i], 0);
    for (uint32_t j = 1; j <= second[0]; j++) allowed += is_allowed(index, s, second[j]);
    ends += second[0];
  }
  return allowed < ends * share * CROWD_SHARE;
}

// Fills the pool with results. A walk that ends with less than there is to find (an island of the
// graph, a crowd of removed vectors around the query) is repeated wider, and at last replaced by
// the scan; one that would begin in a crowd of forbidden vectors is at once. Fewer than k results
// mean that there are no more.
static sl_status search_one(sl_hnsw *index, const search *s) {
  sl_store *store = &index->store;
  uint32_t wanted = s->k < s->allowed ? s->k : s->allowed;
  uint32_t most = s->ranked < s->allowed ? s->ranked : s->allowed;
  index->pool_count = 0;
  if (wanted == 0) return SL_OK;
  uint64_t scan_below = (uint64_t)s->ef * ROWS_A_CANDIDATE;
  if (s->bits != NULL && (s->allowed <= SCAN_ALWAYS || s->allowed <= scan_below)) {
    return search_scan(index, s);
  }
  double share = (double)s->allowed / ((double)store->live + store->dead);
  bool plain = share >= PLAIN_SHARE;
  double ef = plain && share < 1 ? s->ef / share * 1.1 + 1 : s->ef;
  float key;
  uint32_t start = sl_descend(index, &s->scorer, 0, &key);
  if (!plain && stands_in_crowd(index, s, start, share)) return search_scan(index, s);
  for (;; ef *= 4) {
    if (ef >= store->used) ef = store->used;
    SL_TRY(sl_pool_reserve(index, (uint32_t)ef));
    if (plain) {
      sl_search_layer(index, &s->scorer, 0, (uint32_t)ef, start, key);
    } else {
      search_two_hops(index, &s->scorer, s, (uint32_t)ef, start, key);
    }
    keep_allowed(index, s, most);
    if (index->pool_count >= wanted) return SL_OK;
    if (ef * 4 >= store->used) return search_scan(index, s);
  }
}

// With codes: ranks what was found again, and looks for more where the pool was cut among vectors
// that the codes cannot tell apart (many that are nearer to each other than a code's step).
static sl_status search_ranked(sl_hnsw *index, const search *s) {
  search wider = *s;
  for (uint32_t turn = 0;; turn++) {
    wider.ranked = sl_rerank_depth(&index->store, s->k, wider.ef);
    SL_TRY(search_one(index, &wider));
    bool cut = index->pool_count >= wider.ranked;
    bool unsure = sl_rerank(index, (const float *)index->query, &s->scorer, s->k);
    if (!cut || !unsure || turn == WIDER_TURNS) return SL_OK;
    wider.ef = wider.ef > UINT32_MAX / 2 ? UINT32_MAX : 2 * wider.ef;
  }
}

sl_status sl_hnsw_search(sl_hnsw *index, const void *queries, uint32_t count, uint32_t k,
                         uint32_t ef, sl_filter *filter, uint32_t *ids, float *distances,
                         uint32_t *found) {
  sl_store *store = &index->store;
  SL_REQUIRE(k > 0, SL_ERR_ARGUMENT, "k", "at least 1");
  SL_REQUIRE(ef > 0, SL_ERR_ARGUMENT, "ef", "at least 1");
  if (filter != NULL) SL_TRY(sl_filter_bind(filter, store));
  search s = {.k = k,
              .ef = ef < k ? k : ef,
              .bits = filter != NULL ? filter->bits : NULL,
              .allowed = filter != NULL ? filter->allowed : store->live};
  size_t bytes = sl_metric_input_bytes(store->metric, store->dimension);
  for (uint32_t q = 0; q < count; q++) {
    SL_TRY(sl_metric_encode(store->metric, store->dimension, (const char *)queries + q * bytes,
                            index->query, &s.factor, "queries", q));
    index->pool_count = 0;
    // Codes have nothing to measure with before the first vector.
    if (store->live > 0) {
      s.scorer = sl_scorer_make(store, index->query, index->coded);
      SL_TRY(search_ranked(index, &s));
    }
    size_t row = (size_t)q * k;
    for (uint32_t i = 0; i < index->pool_count && i < k; i++) {
      uint64_t entry = index->pool[i];
      ids[row + i] = store->ids[sl_entry_slot(entry)];
      distances[row + i] = sl_rerank_distance(store, sl_entry_key(entry), s.factor);
    }
    found[q] = index->pool_count;
    sl_results_end(ids + row, distances + row, index->pool_count, k);
  }
  return SL_OK;
}
