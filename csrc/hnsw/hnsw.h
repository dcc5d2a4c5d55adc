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
#include "hnsw/store.h"

#define SL_HNSW_LEVEL_LIMIT 15u

typedef struct sl_hnsw_options {
  sl_metric metric;         // default cosine
  uint32_t dimension;       // 1..65,536; no default
  uint32_t m;               // links a vector on the upper levels, 2 m on level 0; 2..128; 16
  uint32_t ef_construction; // candidates looked at for each insertion; m..65,536; 200
  uint32_t capacity;        // vectors to make room for at once; 0
  uint32_t max_elements;    // more are refused; 0 = no limit
  uint64_t seed;            // of the levels; 42
  double curvature;         // poincare: the space's curvature is -curvature; 1
  sl_codes codes;           // what the graph is walked with; SL_CODES_NONE
  sl_exact exact;           // what results of codes are ranked again with; SL_EXACT_FLOAT16
} sl_hnsw_options;

typedef struct sl_hnsw {
  sl_store store;
  sl_hnsw_options options;
  uint32_t links0_stride; // 1 + 2 m
  uint32_t upper_stride;  // 1 + m
  uint32_t *links0;       // capacity * links0_stride: count, then slots
  uint32_t *upper;        // upper_capacity * upper_stride, one unit a level above 0
  uint32_t *upper_at;     // capacity: first unit of a slot; units follow in order of slots
  uint32_t upper_used, upper_capacity;
  uint8_t *levels; // capacity: highest level of a slot, kept when the slot is used again
  uint64_t drawn;  // levels drawn so far
  uint32_t entry;  // SL_NO_SLOT when empty
  uint32_t graph_capacity;
  uint16_t *visited; // graph_capacity: epoch of the last visit
  uint16_t epoch;
  uint64_t *pool; // the sorted candidates of a search
  uint32_t pool_capacity, pool_count;
  uint64_t *sorted; // sorted_capacity: candidates of a selection
  uint32_t sorted_capacity;
  uint32_t *batch; // gathered slots of one expansion, batch_capacity
  float *keys;     // and their keys
  uint32_t batch_capacity;
  unsigned char *query;     // one encoded vector
  unsigned char *decoded;   // one decoded from a slot
  unsigned char *coded;     // the query in the rows' own form
  unsigned char *pair;      // and a slot's vector as a query to others
  uint64_t scored;          // rows compared since creation
  uint32_t repairs;         // repair passes since creation
  uint32_t staged_first;    // slot of the first vector that was staged
  uint32_t staged_count;    // how many may be added from there
  uint32_t repair_at;       // slots that a repair in steps has behind it; 0 after a change
  struct sl_writer *saving; // the file that is being written (file.c), or NULL
} sl_hnsw;

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

// As sl_hnsw_add, but returns OK where the next addition would begin with a repair, which can then
// be done in steps.
sl_status sl_hnsw_add_until_repair(sl_hnsw *index, const uint32_t *ids, const void *vectors,
                                   uint32_t count, sl_duplicate duplicate, uint32_t *added);

// Room for `count` vectors in place, to be written by the caller and added without a copy.
//   rows     written: address of the first; valid until the next call that changes the index
//   stride   written: bytes from one to the next; only the first sl_metric_input_bytes() count
//   Then sl_hnsw_add_staged with the same count. Errors: ERR_MEMORY, ERR_OVERFLOW,
//   ERR_UNSUPPORTED (an index of codes holds no plain vectors).
sl_status sl_hnsw_stage(sl_hnsw *index, uint32_t count, void **rows, uint32_t *stride);

// Adds the first `count` staged vectors; errors, `added` and cost as sl_hnsw_add, but an id in use
// is always an error, and ERR_STATE where fewer were staged. What was not added is forgotten.
sl_status sl_hnsw_add_staged(sl_hnsw *index, const uint32_t *ids, uint32_t count, uint32_t *added);

// Removes one vector: it is never returned again. Its slot stays a stepping stone until the links
// around it are repaired, which happens by itself when a quarter of the slots are dead, or when an
// addition needs room and a twentieth are. Errors: ERR_INDEX (no such id), ERR_MEMORY (the repair's
// scratch; the vector is removed all the same). O(1) amortised m^2 * dimension.
sl_status sl_hnsw_remove(sl_hnsw *index, uint32_t id);

// Repairs the links around every removed vector now and frees their slots. O(size * m) and, around
// the dead, O(m^2 * dimension) each. Always OK.
sl_status sl_hnsw_repair(sl_hnsw *index);

// The same in steps, to the same bits. Between them the index can do everything; an addition or a
// removal lets the next step begin anew, with little left to do where it has been.
//   work  about how many lists to look at and rows to compare before it returns
//   left  written: slots that are still to be looked at, 0 when nothing is dead any more
// Always OK.
sl_status sl_hnsw_repair_step(sl_hnsw *index, uint32_t work, uint32_t *left);

// Whether the next addition begins with a repair: no slot is free, and enough are dead. O(1).
bool sl_hnsw_repair_is_due(const sl_hnsw *index);

// Repairs, then renumbers the slots in the order in which a search walks the graph: neighbours come
// to lie near each other, and no slot is free. Answers keep ids and distances; ties may change
// order. O(size * (row + links)). Errors: ERR_MEMORY (nothing changed but the repair).
sl_status sl_hnsw_optimize(sl_hnsw *index);

// The (approximately) k nearest of each query, nearest first.
//   queries    count * sl_metric_input_bytes(), read
//   ef         candidates kept, 1..; raised to k where it is smaller. Larger: better recall, slower
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

// Copies the stored vector (under cosine: scaled to length 1); of codes, what is known of it: the
// exact row, or without one what the code stands for. Errors: ERR_INDEX.
sl_status sl_hnsw_get(const sl_hnsw *index, uint32_t id, void *vector);

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
