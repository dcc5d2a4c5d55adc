// The strategies of a search: plain, filtered, and what to do when too little was found.
//
// Based on: for the middle range of filters, the two-hop expansion of L. Patel, P. Kraft, C.
// Guestrin, M. Zaharia, "ACORN: Performant and predicate-agnostic search over vector embeddings and
// structured data", 2024, arXiv:2403.04871 (the variant that needs no denser graph: neighbours of
// neighbours that are not allowed themselves).
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "hnsw/copies.h"
#include "hnsw/diverse.h"
#include "hnsw/graph.h"
#include "hnsw/heads.h"
#include "hnsw/hnsw.h"
#include "hnsw/rank.h"
#include "hnsw/rerank.h"

// From this share of allowed vectors on, the graph is walked as if there were no filter.
static const double PLAIN_SHARE = 0.4;
// A row of a walk lies anywhere in memory and goes through the pool: it takes as long as two (long
// rows) to four (short ones) rows of a scan. A walk compares at least so many rows for each
// candidate that it keeps, with a filter more: where that takes as long as the scan, the scan comes
// at once.
enum { SCAN_ALWAYS = 1000, PLAIN_ROWS = 8, PLAIN_COST = 2, FILTERED_ROWS = 16, FILTERED_COST = 4 };
// Tests of links that a walk in two hops does, in the time of a row.
enum { TESTS_A_ROW = 16 };
// Where less than this part of the share of allowed vectors is allowed around the query, the filter
// goes along with the vectors: the allowed lie behind a crowd, in several directions, and a walk
// that ends when ef are found has seen one of these. On 40,000 vectors in 40 clusters, a quarter of
// the clusters allowed, walks found 0.87 of the nearest at any ef. Walking through the crowd took
// two to three times as long as the scan and found less.
static const double CROWD_SHARE = 0.5;
enum { CROWD_EXPECTED = 64 }; // allowed to be expected among those that are counted

// How often a search with codes is repeated with twice the candidates.
enum { WIDER_TURNS = 2 };

// Neighbours that a search within a radius looks for first, and the part of the candidates within it
// from which on codes without bounds, whose order is another one, are asked for more.
enum { RADIUS_FIRST = 64, RADIUS_PART = 4 };

typedef struct search {
  sl_scorer scorer;
  float factor;
  uint32_t k, ef;
  uint32_t ranked;       // results to find: k, or with codes more, to be ranked again
  const uint64_t *bits;  // NULL: no filter
  const uint64_t *nodes; // of a filter: nodes that stand for an allowed vector
  uint32_t allowed;      // vectors that may be returned
} search;

static bool may_return(const sl_hnsw *index, const search *s, uint32_t slot) {
  return s->bits != NULL ? sl_filter_allows(s->bits, slot)
                         : index->store.states[slot] == SL_SLOT_LIVE;
}

// Does this slot of the graph stand for a vector that may be returned?
static bool is_allowed(const sl_hnsw *index, const search *s, uint32_t slot) {
  return s->bits != NULL ? sl_filter_allows(s->nodes, slot)
                         : index->store.states[slot] == SL_SLOT_LIVE;
}

static sl_status bind_nodes(const sl_hnsw *index, sl_filter *filter) {
  const sl_store *store = &index->store;
  if (filter->nodes_version == store->version) return SL_OK;
  if (filter->words > filter->nodes_words) {
    SL_TRY(SL_REALLOC(&filter->nodes, filter->words));
    filter->nodes_words = filter->words;
  }
  memset(filter->nodes, 0, (size_t)filter->nodes_words * sizeof *filter->nodes);
  for (uint32_t node = 0; node < store->used; node++) {
    if (!sl_is_node(index, node)) continue;
    uint32_t slot = node;
    bool allowed;
    do allowed = sl_filter_allows(filter->bits, slot);
    while (!allowed && (slot = sl_copies_next(index, slot)) != node);
    filter->nodes[node >> 6] |= (uint64_t)allowed << (node & 63);
  }
  filter->nodes_version = store->version;
  return SL_OK;
}

// Puts into the pool what may be returned of its nodes and their copies, at most `most`. Gives up,
// false, where it would have to look at more copies than the scan at vectors.
static bool keep_allowed(sl_hnsw *index, const search *s, uint32_t most) {
  bool copies = index->copy_count > 0;
  uint64_t *out = copies ? index->spread : index->pool;
  uint32_t kept = 0, looked = 0;
  for (uint32_t i = 0; i < index->pool_count && kept < most; i++) {
    uint64_t entry = index->pool[i];
    uint32_t node = sl_entry_slot(entry), slot = node;
    if (!is_allowed(index, s, node)) continue;
    if (!copies) {
      out[kept++] = entry & ~(uint64_t)1;
      continue;
    }
    do {
      if (may_return(index, s, slot)) out[kept++] = sl_entry(sl_entry_key(entry), slot);
      slot = sl_copies_next(index, slot);
      if (++looked / 4 > s->allowed) return false;
    } while (slot != node && kept < most);
  }
  index->pool_count = kept;
  if (!copies) return true;
  memcpy(index->pool, out, (size_t)kept * sizeof *out);
  sl_pool_sort(index->pool, kept);
  return true;
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
static uint32_t gather_two_hops(sl_hnsw *index, const search *s, uint32_t from, uint32_t *tests) {
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
    *tests += second[0];
    for (uint32_t j = 1; j <= second[0] && gathered < most; j++) {
      uint32_t next = second[j];
      if (index->visited[next] == index->epoch || !is_allowed(index, s, next)) continue;
      index->visited[next] = index->epoch;
      index->batch[gathered++] = next;
    }
  }
  return gathered;
}

// As sl_search_layer(), with a filter.
static bool search_two_hops(sl_hnsw *index, const search *s, uint32_t ef, uint32_t start,
                            float key) {
  uint64_t *pool = index->pool;
  uint32_t count = 1, cursor = 0, tests = 0;
  sl_visited_clear(index);
  index->visited[start] = index->epoch;
  pool[0] = sl_entry(key, start);
  while (cursor < count && index->scored + tests / TESTS_A_ROW <= index->scored_most) {
    if (pool[cursor] & 1) {
      cursor++;
      continue;
    }
    uint32_t from = sl_entry_slot(pool[cursor]);
    pool[cursor] |= 1;
    uint32_t gathered = gather_two_hops(index, s, from, &tests);
    if (gathered == 0) continue;
    index->scored += gathered;
    sl_score_any(index->store.score, &s->scorer, index->batch, gathered, index->keys);
    for (uint32_t i = 0; i < gathered; i++) {
      uint32_t at = sl_pool_insert(pool, &count, ef, sl_entry(index->keys[i], index->batch[i]));
      if (at < cursor) cursor = at;
    }
  }
  index->pool_count = count;
  return cursor >= count;
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

// The walk; `done` is false when the scan has to be done instead. A walk that ends with less than
// there is to find (an island of the graph, a crowd of removed vectors around the query) is
// repeated wider. With a filter it is given up where it has taken as long as the scan will.
static sl_status search_graph(sl_hnsw *index, const search *s, bool *done) {
  sl_store *store = &index->store;
  bool filtered = s->bits != NULL;
  uint32_t wanted = s->k < s->allowed ? s->k : s->allowed;
  uint32_t most = s->ranked < s->allowed ? s->ranked : s->allowed;
  uint32_t rows = s->allowed / (filtered ? FILTERED_COST : PLAIN_COST);
  double rows_a_candidate = filtered ? FILTERED_ROWS : PLAIN_ROWS;
  double share = (double)s->allowed / ((double)store->live + store->dead);
  bool plain = share >= PLAIN_SHARE || !filtered;
  double ef = plain && share < 1 ? s->ef / share * 1.1 + 1 : s->ef;
  index->scored_most = index->scored + (filtered ? rows : s->allowed);
  *done = false;
  float key;
  uint32_t start = SL_NO_SLOT;
  for (; ef * rows_a_candidate < rows && !*done; ef *= 4) {
    if (start == SL_NO_SLOT) {
      start = sl_descend(index, &s->scorer, 0, &key);
      if (filtered && stands_in_crowd(index, s, start, share)) return SL_OK;
    }
    SL_TRY(sl_pool_reserve(index, (uint32_t)ef < most ? most : (uint32_t)ef));
    bool ended = plain ? sl_search_layer(index, &s->scorer, 0, (uint32_t)ef, start, key)
                       : search_two_hops(index, s, (uint32_t)ef, start, key);
    if (!ended || !keep_allowed(index, s, most)) return SL_OK;
    *done = index->pool_count >= wanted;
  }
  return SL_OK;
}

static sl_status reserve_spread(sl_hnsw *index, uint32_t count) {
  if (count > index->store.live) count = index->store.live;
  if (count <= index->spread_capacity) return SL_OK;
  SL_TRY(SL_REALLOC(&index->spread, count));
  index->spread_capacity = count;
  return SL_OK;
}

// Fills the pool with results, by a walk or, where that is cheaper or finds too little, by a scan.
// Fewer than k results mean that there are no more. With a filter both together compare at
// most 1.25 times as many rows as the scan alone, and one list.
static sl_status search_one(sl_hnsw *index, const search *s) {
  bool done = false;
  index->pool_count = 0;
  if (s->allowed == 0) return SL_OK;
  if (index->copy_count > 0) SL_TRY(reserve_spread(index, s->ranked));
  if (s->allowed > SCAN_ALWAYS) SL_TRY(search_graph(index, s, &done));
  return done ? SL_OK : search_scan(index, s);
}

// With codes: ranks what was found again, and looks for more where the pool was cut among vectors
// that the codes cannot tell apart (many that are nearer to each other than a code's step).
static sl_status search_ranked(sl_hnsw *index, search *s, uint32_t ef) {
  s->ef = ef < sl_rerank_least(&index->store, s->k) ? sl_rerank_least(&index->store, s->k) : ef;
  for (uint32_t turn = 0;; turn++) {
    s->ranked = sl_rerank_depth(&index->store, s->k, s->ef);
    SL_TRY(search_one(index, s));
    bool cut = index->pool_count >= s->ranked;
    bool unsure = sl_rerank(index, (const float *)index->query, &s->scorer, s->k);
    if (!cut || !unsure || turn == WIDER_TURNS) return SL_OK;
    s->ef = s->ef > UINT32_MAX / 2 ? UINT32_MAX : 2 * s->ef;
  }
}

sl_status sl_hnsw_search(sl_hnsw *index, const void *queries, uint32_t count, uint32_t k,
                         uint32_t ef, sl_filter *filter, uint32_t *ids, float *distances,
                         uint32_t *found) {
  sl_store *store = &index->store;
  SL_REQUIRE(k > 0, SL_ERR_ARGUMENT, "k", "at least 1");
  SL_REQUIRE(ef > 0, SL_ERR_ARGUMENT, "ef", "at least 1");
  search s = {.k = k, .allowed = store->live};
  if (filter != NULL) {
    SL_TRY(sl_filter_bind(filter, store));
    if (index->copy_count > 0) SL_TRY(bind_nodes(index, filter));
    s.bits = filter->bits;
    s.nodes = index->copy_count > 0 ? filter->nodes : filter->bits;
    s.allowed = filter->allowed;
  }
  size_t bytes = sl_metric_input_bytes(store->metric, store->dimension);
  for (uint32_t q = 0; q < count; q++) {
    SL_TRY(sl_metric_encode(store->metric, store->dimension, (const char *)queries + q * bytes,
                            index->query, &s.factor, "queries", q));
    size_t row = (size_t)q * k;
    if (store->live == 0) { // codes may have no centre and widths yet
      found[q] = 0;
      sl_results_end(ids + row, distances + row, 0, k);
      continue;
    }
    s.scorer = sl_scorer_make(store, index->query, index->coded);
    sl_heads_query(store, &s.scorer);
    SL_TRY(search_ranked(index, &s, ef < k ? k : ef));
    for (uint32_t i = 0; i < index->pool_count && i < k; i++) {
      uint64_t entry = index->pool[i];
      ids[row + i] = store->ids[sl_entry_slot(entry)];
      distances[row + i] = sl_rank_distance(store, sl_entry_key(entry), s.factor);
    }
    found[q] = index->pool_count;
    sl_results_end(ids + row, distances + row, index->pool_count, k);
  }
  return SL_OK;
}

sl_status sl_hnsw_search_radius(sl_hnsw *index, const void *query, double radius, uint32_t most,
                                uint32_t ef, sl_filter *filter, uint32_t *ids, float *distances,
                                uint32_t *found) {
  *found = 0;
  SL_REQUIRE(!isnan(radius), SL_ERR_ARGUMENT, "radius", "a number");
  SL_REQUIRE(most > 0, SL_ERR_ARGUMENT, "most", "at least 1");
  const sl_store *store = &index->store;
  bool loose = store->exact != SL_EXACT_NONE && !sl_codes_have_tails(store->codes);
  for (uint32_t k = most < RADIUS_FIRST ? most : RADIUS_FIRST;;) {
    SL_TRY(sl_hnsw_search(index, query, 1, k, ef, filter, ids, distances, found));
    bool all = *found < k, beyond = false;
    while (*found > 0 && distances[*found - 1] > radius) (*found)--, beyond = true;
    bool more = loose && *found > (ef < k ? k : ef) / RADIUS_PART;
    if (all || (beyond && !more) || k == most) return SL_OK;
    k = k > most / 4 ? most : 4 * k;
  }
}

sl_status sl_hnsw_diversify(const sl_hnsw *index, uint32_t *ids, float *distances, uint32_t count,
                            uint32_t k, double diversity) {
  return sl_diversify(&index->store, ids, distances, count, k, diversity);
}
