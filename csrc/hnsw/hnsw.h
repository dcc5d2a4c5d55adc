// Approximate nearest neighbours: a hierarchical navigable small world graph with real deletes,
// filters and a documented file format.
//
// Based on: Yu. A. Malkov, D. A. Yashunin, "Efficient and robust approximate nearest neighbor
// search using Hierarchical Navigable Small World graphs", IEEE TPAMI 42 (2020), arXiv:1603.09320:
// algorithms 1, 2, 4 and 5. Deviations: candidates live in one sorted array instead of two heaps;
// neighbours are gathered first and scored four at a time; deletes (repair.c) and filters
// (search.c) are not in the paper.
//
// One vector per external id. Nothing here depends on the order of addresses or on time: the same
// calls give the same graph and the same answers in every build.
#ifndef SL_HNSW_HNSW_H
#define SL_HNSW_HNSW_H

#include "hnsw/filter.h"
#include "hnsw/flat.h"
#include "hnsw/index.h"

sl_hnsw_options sl_hnsw_options_default(void);

// An empty index. Errors: ERR_OPTION (position 0, the option's name), ERR_MEMORY. Allocates.
sl_status sl_hnsw_create(const sl_hnsw_options *options, sl_hnsw **out);
void sl_hnsw_destroy(sl_hnsw *index);

// Bytes that an index of `count` vectors will hold (expected: levels are random). O(1).
//   Errors: ERR_OPTION.
sl_status sl_hnsw_estimate_bytes(const sl_hnsw_options *options, uint32_t count, uint64_t *bytes);

// Makes room for `capacity` vectors. Where arrays move it counts as a change: a save that has begun
// is over. On failure capacity and contents are as before; memory taken so far may stay. Errors:
// ERR_MEMORY, ERR_OVERFLOW. O(capacity).
sl_status sl_hnsw_reserve(sl_hnsw *index, uint32_t capacity);

// Adds `count` vectors, one after another.
//   ids        count, read; any u32
//   vectors    count * sl_metric_input_bytes(), read
//   duplicate  an id in use: error, or the new vector takes the old one's place
//   added      written, also on failure: how many went in; those stay, and stay searchable
//   Errors: ERR_ARGUMENT (id in use), ERR_NOT_FINITE, ERR_RANGE (see sl_metric_encode; more than
//   max_elements), ERR_MEMORY; position = the vector. May allocate.
//   O(ef_construction * m * dimension) expected each.
sl_status sl_hnsw_add(sl_hnsw *index, const uint32_t *ids, const void *vectors, uint32_t count,
                      sl_duplicate duplicate, uint32_t *added);

// Room for `count` vectors, to be written by the caller before they are added.
//   rows     written: address of the first; valid until sl_hnsw_add_staged(), or another count
//   stride   written: bytes from one to the next; only the first sl_metric_input_bytes() count
//   The same count again gives the same address. Errors: ERR_MEMORY, ERR_OVERFLOW. Allocates.
sl_status sl_hnsw_stage(sl_hnsw *index, uint32_t count, void **rows, uint32_t *stride);

// Adds the first `count` staged vectors; errors, `added` and cost as sl_hnsw_add, but an id in use
// is always an error, and ERR_STATE where fewer were staged. The room is given back.
sl_status sl_hnsw_add_staged(sl_hnsw *index, const uint32_t *ids, uint32_t count, uint32_t *added);

// Removes one vector: it is never returned again. Its slot stays a stepping stone until a repair
// has taken it out of all links. When one slot in 16 is dead a repair begins by itself, and each
// addition and removal does a part of it, of bounded work, until it is done. Of several equal
// vectors one goes at once and leaves nothing to repair. Errors: ERR_INDEX (no such id).
// O(m^2 * dimension) amortised, and never more than some 8,000 rows are compared.
sl_status sl_hnsw_remove(sl_hnsw *index, uint32_t id);

// Removes vectors, one after another.
//   ids      count, read
//   removed  written, also on failure: how many are gone
//   Errors: ERR_INDEX ("ids": no such id; position = where). O(count), and the work of a repair
//   that eight single removals would do: call sl_hnsw_repair_step() for the rest.
sl_status sl_hnsw_remove_many(sl_hnsw *index, const uint32_t *ids, uint32_t count,
                              uint32_t *removed);

// Repairs the links around every removed vector now and frees their slots; then links every vector
// to which none leads (reach.h). O(size * m) and, around the dead, O(m^2 * dimension) each.
// Errors: ERR_MEMORY (nine bytes a slot; the index is as good as before).
sl_status sl_hnsw_repair(sl_hnsw *index);

// The same in steps, to the same bits. Between them the index can do everything.
//   work  about how many lists to look at and rows to compare before it returns
//   left  written: about how many lists are still to be looked at, 0 when nothing is dead any more
//         and every vector can be reached
//   Errors: as sl_hnsw_repair().
sl_status sl_hnsw_repair_step(sl_hnsw *index, uint32_t work, uint32_t *left);

// Repairs, then renumbers the slots in the order in which a search walks the graph: neighbours come
// to lie near each other, and no slot is free. Answers keep ids and distances; ties may change
// order. O(size * (row + links)). Errors: ERR_MEMORY (nothing changed but the repair).
sl_status sl_hnsw_optimize(sl_hnsw *index);

// sl_hnsw_optimize(), then gives back all memory that the vectors do not need: room for more of
// them, and scratch of past searches. Errors: ERR_MEMORY (some room stays).
sl_status sl_hnsw_shrink(sl_hnsw *index);

// The (approximately) k nearest of each query, nearest first.
//   queries    count * sl_metric_input_bytes(), read
//   ef         candidates kept, 1..; raised to k where it is smaller, to 2 k with rabitq codes of two
//              bits and more beside exact rows. Larger: better recall, slower
//   filter     which ids may be returned, or NULL for all. A small allowed set is scanned exactly,
//              a middling one walked in two hops, a large one as if there were no filter; where
//              few of the vectors around the query are allowed, measured by the whole, it is
//              scanned as well, O(allowed * dimension)
//   ids, distances   count * k, written: row q holds found[q] results, then SL_NO_ID and infinity
//   found      count, written: k, unless fewer are there to be returned
//   Errors: ERR_ARGUMENT (k or ef = 0), ERR_NOT_FINITE, ERR_RANGE (position = the query),
//   ERR_MEMORY. May allocate scratch. O(ef * m * dimension) expected each.
sl_status sl_hnsw_search(sl_hnsw *index, const void *queries, uint32_t count, uint32_t k,
                         uint32_t ef, sl_filter *filter, uint32_t *ids, float *distances,
                         uint32_t *found);

// How much of the truth searches find: each query of a sample is searched for and compared with all
// vectors, as well as these are known (an index of codes without exact rows knows its codes only).
//   queries  count * sl_metric_input_bytes(), read; NULL: stored vectors, evenly taken, none of
//            which counts as its own neighbour; then count is at most sl_hnsw_size()
//   hits     count, written: results that are as near as the k nearest (equal distances count)
//   wanted   count, written: how many there are to be found, at most k
//   Errors: as sl_hnsw_search, ERR_ARGUMENT (count). Allocates scratch.
//   O(size * count * dimension).
sl_status sl_hnsw_recall(sl_hnsw *index, const void *queries, uint32_t count, uint32_t k,
                         uint32_t ef, uint32_t *hits, uint32_t *wanted);

// All vectors within a radius of a query, nearest first: a search whose k grows until the last one
// found is farther away, so that it finds what searches find. With signs and prefixes, which order
// candidates in another way than their distances do, it grows on until most are farther away.
//   query    sl_metric_input_bytes(), read
//   radius   a distance of the metric; results are at most so far away
//   most     at most so many results, at least 1
//   ids, distances   most, written: the first *found
//   found    written; where it is `most` there may be more
//   Errors: ERR_ARGUMENT (radius is not a number, most or ef = 0), and as sl_hnsw_search().
sl_status sl_hnsw_search_radius(sl_hnsw *index, const void *query, double radius, uint32_t most,
                                uint32_t ef, sl_filter *filter, uint32_t *ids, float *distances,
                                uint32_t *found);

// sl_diversify() (diverse.h) on results of this index.
sl_status sl_hnsw_diversify(const sl_hnsw *index, uint32_t *ids, float *distances, uint32_t count,
                            uint32_t k, double diversity);

// Copies the stored vector (under cosine: scaled to length 1); of codes, what is known of it: the
// exact row, or without one what the code stands for. Errors: ERR_INDEX.
sl_status sl_hnsw_get(const sl_hnsw *index, uint32_t id, void *vector);

// What an index consists of.
typedef struct sl_hnsw_stats {
  uint32_t size;        // vectors
  uint32_t copies;      // of them, those whose rows equal another's that stands in the graph
  uint32_t removed;     // slots of removed vectors that are not free yet
  uint32_t free;        // free slots
  uint32_t levels;      // of the graph, 0 when it is empty
  uint32_t unreachable; // vectors in the graph to which no links lead; sl_hnsw_repair() links them
  uint32_t repairs;     // repairs that ended since the index was made or loaded
} sl_hnsw_stats;

// Errors: ERR_MEMORY. O(size * m).
sl_status sl_hnsw_stats_of(const sl_hnsw *index, sl_hnsw_stats *stats);

sl_metric sl_hnsw_metric(const sl_hnsw *index);
uint32_t sl_hnsw_dimension(const sl_hnsw *index);
bool sl_hnsw_has(const sl_hnsw *index, uint32_t id);
uint32_t sl_hnsw_size(const sl_hnsw *index);

// Removed vectors whose slots are not free yet.
uint32_t sl_hnsw_dead(const sl_hnsw *index);

// Writes the ids of all vectors, in order of slots. ids: sl_hnsw_size() elements, written.
void sl_hnsw_ids(const sl_hnsw *index, uint32_t *ids);

// Bytes held. O(1).
uint64_t sl_hnsw_bytes(const sl_hnsw *index);

#endif
