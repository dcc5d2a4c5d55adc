// What an HNSW index is made of; hnsw.h says what can be done with it.
#ifndef SL_HNSW_INDEX_H
#define SL_HNSW_INDEX_H

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
  uint32_t prefix;          // of SL_CODES_PREFIX: elements, 1..dimension - 1; otherwise 0
} sl_hnsw_options;

// How entries of equal keys are ordered (graph.h).
typedef struct sl_tie_order {
  uint32_t salt, factor, inverse;
} sl_tie_order;

typedef struct sl_hnsw {
  sl_store store;
  sl_hnsw_options options;
  uint32_t links0_stride; // 1 + 2 m
  uint32_t upper_stride;  // 1 + m
  sl_chunks links0;       // links0_stride u32 each: count, then slots
  uint32_t *upper;        // upper_capacity * upper_stride, one unit a level above 0
  uint32_t *upper_at;     // graph_capacity: first unit of a slot; units follow in order of slots
  uint32_t upper_used, upper_capacity;
  uint32_t *copies; // graph_capacity: see copies.h
  uint32_t *hashes; // graph_capacity: of the rows of nodes, or of vectors (copies.h)
  uint32_t *by_row; // by_row_size, open addressing by hash: node + 1, 0 = empty
  uint32_t by_row_size, by_row_count;
  uint32_t recodings;  // of the store when the table was made
  uint32_t copy_count; // live slots that are no nodes
  uint8_t *levels;     // graph_capacity: highest level of a slot, kept when the slot is used again
  uint64_t drawn;      // levels drawn so far
  uint32_t entry;      // SL_NO_SLOT when empty
  uint32_t graph_capacity;
  uint16_t *visited; // graph_capacity: epoch of the last visit
  uint16_t epoch;
  uint64_t *pool; // the sorted candidates of a search
  uint32_t pool_capacity, pool_count;
  uint64_t *spread; // spread_capacity: results, with the copies of nodes (search.c)
  uint32_t spread_capacity;
  sl_tie_order ties;    // of the pool's equal keys
  uint64_t scored_most; // a layer search ends where `scored` passes it
  uint64_t *sorted;     // sorted_capacity: candidates of a selection
  uint32_t sorted_capacity;
  uint32_t *batch;    // gathered slots of one expansion, batch_capacity
  float *keys;        // and their keys
  const void **found; // and where their rows lie
  uint32_t batch_capacity;
  unsigned char *query;   // one encoded vector
  unsigned char *decoded; // one decoded from a slot
  unsigned char *coded;   // the query in the rows' own form
  unsigned char *pair;    // and a slot's vector as a query to others
  unsigned char *staged;  // staged_count * store.vector_bytes: vectors that a caller writes
  uint32_t staged_count;
  uint64_t scored;             // rows compared since creation
  uint32_t repairs;            // repair passes since creation
  uint32_t repair_at;          // slots that the pass has behind it, SL_NO_SLOT: none is under way
  struct sl_reach *reach;      // a check of what can be reached, under way (reach.c), or NULL
  uint32_t ring[2];            // the list of a copy as it is saved (file.c)
  struct sl_writer *saving;    // the file that is being written (file.c), or NULL
  struct sl_hnsw_build *build; // of which it is being built (build.h): no other change, or NULL
  bool frozen;                 // nothing changes it any more (view.h)
  bool is_view; // its arrays are those of another index, and only its scratch its own
} sl_hnsw;

#endif
