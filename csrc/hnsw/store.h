// The vectors of an index: rows, external ids, liveness, free slots. Shared by Flat and Hnsw.
//
// A slot is a place for one vector. External ids are any u32 the user likes, each used once; a hash
// table leads from id to slot. A removed vector leaves its slot dead (still a stepping stone of a
// graph) until sl_store_release() frees it for reuse.
#ifndef SL_HNSW_STORE_H
#define SL_HNSW_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "hnsw/chunks.h"
#include "hnsw/metric.h"
#include "hnsw/sketch.h"

#define SL_SLOT_LIMIT 0x7fffffffu
#define SL_NO_SLOT UINT32_MAX

typedef enum sl_slot_state {
  SL_SLOT_FREE = 0,
  SL_SLOT_LIVE = 1,
  SL_SLOT_DEAD = 2,    // removed; links may still lead here
  SL_SLOT_LEAVING = 3, // dead, and a repair that is under way takes it out of the links
} sl_slot_state;

// What rows are made of. Codes are a first pass: results are ranked again with exact rows.
typedef enum sl_codes {
  SL_CODES_NONE = 0,    // the vectors themselves
  SL_CODES_INT8 = 1,    // a byte an element (cosine, dot, euclidean; codes.h)
  SL_CODES_BINARY = 2,  // the sign of each element (cosine)
  SL_CODES_SKETCH = 3,  // the vectors, and beside them sketches that rule candidates out (sketch.h)
  SL_CODES_FLOAT16 = 4, // two bytes an element (cosine, dot, euclidean; codes.h)
  SL_CODES_RABITQ = 5,  // a bit an element, with an error bound (the same; codes.h)
} sl_codes;

// What exact rows beside codes are made of.
typedef enum sl_exact {
  SL_EXACT_NONE = 0,    // there are none: distances are those of the codes
  SL_EXACT_FLOAT16 = 1, // 16-bit floats of what the code has lost: see store.c
  SL_EXACT_FLOAT32 = 2,
} sl_exact;

// How rows are compared; keys order as distances do.
typedef enum sl_score {
  SL_SCORE_DOT,
  SL_SCORE_SQUARED,
  SL_SCORE_MANHATTAN,
  SL_SCORE_HAMMING,
  SL_SCORE_POINCARE,
  SL_SCORE_INT8, // the forms of codes.h
  SL_SCORE_FLOAT16,
  SL_SCORE_RABITQ,
} sl_score;

typedef struct sl_store {
  sl_metric metric;
  sl_codes codes;
  sl_exact exact;
  sl_score score;
  uint32_t dimension;
  uint32_t padded;        // what the kernels run over
  uint32_t row_bytes;     // stride of rows
  uint32_t exact_bytes;   // stride of exact rows, 0 for none
  sl_sketch_shape sketch; // codes = 0: there are no sketches
  uint32_t vector_bytes;  // of an encoded vector: row_bytes without codes
  uint32_t query_bytes;   // of a query in the form that the rows' kernels take
  uint32_t tail_at;       // in a row of codes with tails
  double curvature;
  uint32_t capacity;    // slots that ids, states and factors have room for
  uint32_t used;        // slots ever used: every slot below is free, live or dead
  uint32_t live, dead;  // dead: with those that are leaving
  uint32_t free_head;   // chain of free slots through ids, SL_NO_SLOT ends it
  sl_chunks rows;       // row_bytes each
  sl_chunks exacts;     // exact_bytes each
  sl_chunks sketches;   // sl_sketch_bytes() each
  float *factors;       // capacity, poincare only, else NULL
  uint32_t *ids;        // capacity: external id; of a free slot: the next free slot
  uint8_t *states;      // capacity: sl_slot_state
  uint32_t *table;      // table_size, open addressing: slot + 1, 0 = empty
  uint32_t table_size;  // a power of two, at least 2 * capacity
  float *model;         // of codes with tails (codes.c): centre, widths and scratch, else NULL
  bool second_model;    // which of its two sets counts
  float *early;         // early_rows * dimension: the first vectors, where rows do not keep them
  uint32_t early_limit; // early vectors to be kept, 0: none (any more)
  uint32_t early_rows;  // and those there is room for
  uint32_t recodings;   // how often all rows were coded anew
  uint32_t learned;     // live vectors when centre and widths were learned
  uint64_t version;     // changes with every change; no two stores ever have the same one
} sl_store;

// Sets up an empty store. Errors: ERR_OPTION (dimension outside 1..65,536; hamming: not a multiple
// of 8; curvature not positive; codes that the metric cannot have). Allocates nothing.
sl_status sl_store_init(sl_store *store, sl_metric metric, uint32_t dimension, double curvature,
                        sl_codes codes, sl_exact exact);
void sl_store_free(sl_store *store);

// Makes room for `capacity` slots. Arrays move: where there was room already nothing happens, else
// it counts as a change. On failure capacity and contents are as before; memory taken so far may
// stay. Errors: ERR_MEMORY, ERR_OVERFLOW. O(capacity).
sl_status sl_store_reserve(sl_store *store, uint32_t capacity);

// The same for everything but rows, exact rows and sketches.
sl_status sl_store_reserve_slots(sl_store *store, uint32_t capacity);

// Makes room for one more slot: small arrays grow by half, rows by a block. Errors and failure as
// above. O(1) amortised, and at most one block is moved.
sl_status sl_store_grow(sl_store *store);

// Gives back the room behind the slots that are used; rows stay where they are but for the last
// block. Counts as a change. Errors: ERR_MEMORY (some room stays). O(used).
sl_status sl_store_trim(sl_store *store);

// Bytes held, and bytes that `capacity` slots take when they are reserved at once. O(1).
uint64_t sl_store_bytes(const sl_store *store);
uint64_t sl_store_bytes_for(const sl_store *store, uint32_t capacity);

// Slot of a live vector, or SL_NO_SLOT. O(1) expected.
uint32_t sl_store_find(const sl_store *store, uint32_t id);

// Takes a free slot or the next unused one for `id`, which must not be in use, and copies the row
// into it (a row already standing there is not copied). Capacity must suffice. O(row_bytes).
// row is an encoded vector (sl_metric_encode): the store makes its codes itself.
uint32_t sl_store_put(sl_store *store, uint32_t id, const void *row, float factor);

// Writes an encoded vector into a slot. O(row_bytes).
void sl_store_write(sl_store *store, uint32_t slot, const void *row, float factor);

// The vector of a slot as well as it is known, as an encoded vector (without codes: the row).
//   buffer  store->vector_bytes, written when needed
const void *sl_store_vector(const sl_store *store, uint32_t slot, void *buffer);

// Live to dead: the id is forgotten, the row stays. O(1) expected.
void sl_store_kill(sl_store *store, uint32_t slot);

// The live vector of `from` moves to `slot`, whose own live vector is removed; `from` becomes free.
// O(row_bytes).
void sl_store_replace(sl_store *store, uint32_t slot, uint32_t from);

// The live vector of `from` moves to `slot`, which is free and stays in the chain of free slots:
// for a caller that drops the whole chain. O(row_bytes).
void sl_store_move(sl_store *store, uint32_t slot, uint32_t from);

// Writes what stands in slot `from` (row, exact row, sketch, factor) into slot `to`.
void sl_store_copy_rows(sl_store *store, uint32_t to, uint32_t from);

// Dead to free. O(1).
void sl_store_release(sl_store *store, uint32_t slot);

// Rebuilds the id table from ids and states. False when two live slots have one id. O(used).
bool sl_store_index_ids(sl_store *store);

// Writes the ids of the live, in order of slots. O(used).
void sl_store_ids(const sl_store *store, uint32_t *ids);

// Marks a change. O(1).
void sl_store_touch(sl_store *store);

// Writes the exact row of a slot, where there are exact rows. O(dimension).
void sl_store_write_exact(sl_store *store, uint32_t slot, const float *vector);

static inline unsigned char *sl_store_exact(const sl_store *store, uint32_t slot) {
  return sl_chunks_at(&store->exacts, slot);
}

static inline unsigned char *sl_store_sketch(const sl_store *store, uint32_t slot) {
  return sl_chunks_at(&store->sketches, slot);
}

static inline unsigned char *sl_store_row(const sl_store *store, uint32_t slot) {
  return sl_chunks_at(&store->rows, slot);
}

#endif
