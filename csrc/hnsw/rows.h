// What a store of vectors is made of; store.h says what can be done with it.
#ifndef SL_HNSW_ROWS_H
#define SL_HNSW_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
  SL_CODES_RABITQ2 = 6, // two, four and eight bits an element (the same; levels.h)
  SL_CODES_RABITQ4 = 7,
  SL_CODES_RABITQ8 = 8,
  SL_CODES_PRODUCT = 9, // a bit an element, by a learned codebook (the same; product.h; Flat only)
  SL_CODES_PREFIX = 10, // the first elements (cosine, dot, euclidean; prefix.h; not Flat)
  SL_CODES_LAST = SL_CODES_PREFIX,
} sl_codes;

// What exact rows beside codes are made of.
typedef enum sl_exact {
  SL_EXACT_NONE = 0,    // there are none: distances are those of the codes
  SL_EXACT_FLOAT16 = 1, // 16-bit floats of what the code has lost: see store.c
  SL_EXACT_FLOAT32 = 2,
  SL_EXACT_RABITQ4 = 3, // four bits more, beside rabitq codes of two bits or more: see levels.h
  SL_EXACT_LAST = SL_EXACT_RABITQ4,
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
  SL_SCORE_RABITQ2,
  SL_SCORE_RABITQ4,
  SL_SCORE_RABITQ8,
  SL_SCORE_PRODUCT,
} sl_score;

typedef struct sl_store {
  sl_metric metric;
  sl_codes codes;
  sl_exact exact;
  sl_score score;
  uint32_t dimension;
  uint32_t prefix;        // of codes that are one: elements of a row, less than dimension; else 0
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
  float error_share;    // int8: of the error of a code, what a product meets (sl_codes_weigh)
  float *early;         // early_rows * dimension: the first vectors, where rows do not keep them
  uint32_t early_limit; // early vectors to be kept, 0: none (any more)
  uint32_t early_rows;  // and those there is room for
  uint32_t recodings;   // how often all rows were coded anew
  uint32_t learned;     // live vectors when centre and widths were learned
  uint64_t version;     // changes with every change; no two stores ever have the same one
} sl_store;

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
