// Exact nearest neighbours by comparing with every vector: the ground truth of every other index,
// and the right index below some thousands of vectors.
#ifndef SL_HNSW_FLAT_H
#define SL_HNSW_FLAT_H

#include "hnsw/filter.h"
#include "hnsw/store.h"

struct sl_scorer; // score.h

// Stands for an id where fewer results were found than asked for; a legal id all the same, so that
// found[q] decides.
#define SL_NO_ID UINT32_MAX

typedef struct sl_flat {
  sl_store store;
  unsigned char *queries; // four encoded queries
  unsigned char *coded;   // a query in the form of the codes, NULL without codes
  unsigned char *decoded; // a vector read from codes, NULL without codes
  uint64_t *pool;         // 4 * pool_capacity
  uint32_t pool_capacity;
  uint64_t scored;          // rows compared since creation
  struct sl_writer *saving; // the file that is being written (file.c), or NULL
  bool frozen, is_view;     // as of an sl_hnsw: index.h
} sl_flat;

// What to do with an id that is already there.
typedef enum sl_duplicate { SL_DUPLICATE_ERROR = 0, SL_DUPLICATE_REPLACE = 1 } sl_duplicate;

// An empty index.
//   capacity  vectors to make room for at once; the index grows beyond it by itself
//   Errors: ERR_OPTION (see sl_store_init), ERR_MEMORY. Allocates.
sl_status sl_flat_create(sl_metric metric, uint32_t dimension, double curvature, uint32_t capacity,
                         sl_flat **out);
// An index of codes (rows.h: int8, float16 and rabitq of any bits) with exact rows or none. Searches
// compare codes, and look at the exact row of whatever these do not prove too far away: they find
// what is nearest by the exact rows, but for what the bound of the codes lets through (codes.h).
sl_status sl_flat_create_coded(sl_metric metric, uint32_t dimension, double curvature,
                               uint32_t capacity, sl_codes codes, sl_exact exact, sl_flat **out);
void sl_flat_destroy(sl_flat *flat);

// Adds `count` vectors.
//   ids      count, read; any u32
//   vectors  count * sl_metric_input_bytes(), read, one after another
//   added    written, also on failure: how many went in; those are in the index for good
//   Errors: ERR_ARGUMENT (id in use, with SL_DUPLICATE_ERROR), ERR_NOT_FINITE, ERR_RANGE (see
//   sl_metric_encode), ERR_MEMORY; position = the vector. May allocate. O(count * dimension).
sl_status sl_flat_add(sl_flat *flat, const uint32_t *ids, const void *vectors, uint32_t count,
                      sl_duplicate duplicate, uint32_t *added);

// Removes one vector; its memory is used again by the next that is added. Errors: ERR_INDEX (no
// such id). O(1).
sl_status sl_flat_remove(sl_flat *flat, uint32_t id);

// Gives back all memory that the vectors do not need; the last ones move into free slots, so that
// the order of equal distances may change. Errors: ERR_MEMORY (some room stays). O(size).
sl_status sl_flat_shrink(sl_flat *flat);

// The k nearest of each query, nearest first; equal distances by slot.
//   queries    count * sl_metric_input_bytes(), read
//   filter     which ids may be returned, or NULL for all
//   ids, distances   count * k, written: row q holds found[q] results, then SL_NO_ID and infinity
//   found      count, written
//   Errors: ERR_ARGUMENT (k = 0), ERR_NOT_FINITE, ERR_RANGE (position = the query), ERR_MEMORY. May
//   allocate scratch. O(count * size * (dimension + log k)), rows read once for four
//   queries.
sl_status sl_flat_search(sl_flat *flat, const void *queries, uint32_t count, uint32_t k,
                         sl_filter *filter, uint32_t *ids, float *distances, uint32_t *found);

// All vectors within a radius of a query, nearest first, at most `most`; see
// sl_hnsw_search_radius(). O(size * (dimension + log most)).
sl_status sl_flat_search_radius(sl_flat *flat, const void *query, double radius, uint32_t most,
                                sl_filter *filter, uint32_t *ids, float *distances,
                                uint32_t *found);

// sl_diversify() (diverse.h) on results of this index.
sl_status sl_flat_diversify(const sl_flat *flat, uint32_t *ids, float *distances, uint32_t count,
                            uint32_t k, double diversity);

// Removes vectors, one after another.
//   removed  written, also on failure: how many are gone
//   Errors: ERR_INDEX ("ids": no such id; position = where). O(count).
sl_status sl_flat_remove_many(sl_flat *flat, const uint32_t *ids, uint32_t count,
                              uint32_t *removed);

// Refuses every change from then on; and a view of a frozen index, with scratch of its own, to be
// destroyed like an index: as sl_hnsw_freeze() and sl_hnsw_view() (view.h), but freezing changes
// nothing else. Errors: sl_flat_view(): ERR_STATE (the index is not frozen), ERR_MEMORY. O(1).
void sl_flat_freeze(sl_flat *flat);
sl_status sl_flat_view(const sl_flat *flat, sl_flat **out);
bool sl_flat_is_frozen(const sl_flat *flat);

// Copies the stored vector (under cosine: scaled to length 1); of codes, what is known of it. Errors:
// ERR_INDEX.
sl_status sl_flat_get(const sl_flat *flat, uint32_t id, void *vector);

// Writes the ids of all vectors, in order of slots. ids: sl_flat_size() elements, written.
void sl_flat_ids(const sl_flat *flat, uint32_t *ids);

sl_metric sl_flat_metric(const sl_flat *flat);
uint32_t sl_flat_dimension(const sl_flat *flat);
bool sl_flat_has(const sl_flat *flat, uint32_t id);
uint32_t sl_flat_size(const sl_flat *flat);
uint64_t sl_flat_bytes(const sl_flat *flat);

// The scan itself, for other indexes: the best `k` of the rows that are live and allowed (bits may
// be NULL), for up to four queries at once. pools: query_count * k entries; counts written.
//   scorers  query_count; of four, the queries stand one behind the other, vector_bytes apart
uint64_t sl_flat_scan(const sl_store *store, const struct sl_scorer *scorers, uint32_t query_count,
                      uint32_t k, const uint64_t *bits, uint64_t *pools, uint32_t counts[4]);

// Ends a row of k results of which `found` are there: SL_NO_ID and infinity behind them. O(k).
void sl_results_end(uint32_t *ids, float *distances, uint32_t found, uint32_t k);

#endif
