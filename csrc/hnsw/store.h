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
#include "hnsw/metric.h"

#define SL_SLOT_LIMIT 0x7fffffffu
#define SL_NO_SLOT UINT32_MAX

typedef enum sl_slot_state { SL_SLOT_FREE = 0, SL_SLOT_LIVE = 1, SL_SLOT_DEAD = 2 } sl_slot_state;

typedef struct sl_store {
  sl_metric metric;
  uint32_t dimension;
  uint32_t padded;    // what the kernels run over
  uint32_t row_bytes; // stride of rows
  double curvature;
  uint32_t capacity; // slots allocated
  uint32_t used;     // slots ever used: every slot below is free, live or dead
  uint32_t live, dead;
  uint32_t free_head;  // chain of free slots through ids, SL_NO_SLOT ends it
  unsigned char *rows; // capacity * row_bytes
  float *factors;      // capacity, poincare only, else NULL
  uint32_t *ids;       // capacity: external id; of a free slot: the next free slot
  uint8_t *states;     // capacity: sl_slot_state
  uint32_t *table;     // table_size, open addressing: slot + 1, 0 = empty
  uint32_t table_size; // a power of two, at least 2 * capacity
  uint64_t version;    // changes with every change; no two stores ever have the same one
} sl_store;

// How far a file that is being written has come (file.c).
typedef struct sl_save_state {
  uint64_t version; // of the store when it began
  uint64_t offset, within, section_bytes;
  uint32_t section, piece;
  bool in_sections;
  uint8_t header[192];
} sl_save_state;

// Sets up an empty store. Errors: ERR_OPTION (dimension outside 1..65,536; hamming: not a multiple
// of 8; curvature not positive). Allocates nothing.
sl_status sl_store_init(sl_store *store, sl_metric metric, uint32_t dimension, double curvature);
void sl_store_free(sl_store *store);

// Makes room for `capacity` slots. On failure everything is as before. Errors: ERR_MEMORY,
// ERR_OVERFLOW. O(capacity).
sl_status sl_store_reserve(sl_store *store, uint32_t capacity);

// Bytes that `capacity` slots take. O(1).
uint64_t sl_store_bytes(const sl_store *store, uint32_t capacity);

// Slot of a live vector, or SL_NO_SLOT. O(1) expected.
uint32_t sl_store_find(const sl_store *store, uint32_t id);

// Takes a free slot or the next unused one for `id`, which must not be in use, and copies the row
// into it (a row already standing there is not copied). Capacity must suffice. O(row_bytes).
uint32_t sl_store_put(sl_store *store, uint32_t id, const void *row, float factor);

// Live to dead: the id is forgotten, the row stays. O(1) expected.
void sl_store_kill(sl_store *store, uint32_t slot);

// Dead to free. O(1).
void sl_store_release(sl_store *store, uint32_t slot);

// Rebuilds the id table from ids and states. False when two live slots have one id. O(used).
bool sl_store_index_ids(sl_store *store);

// Writes the ids of the live, in order of slots. O(used).
void sl_store_ids(const sl_store *store, uint32_t *ids);

// Marks a change. O(1).
void sl_store_touch(sl_store *store);

static inline unsigned char *sl_store_row(const sl_store *store, uint32_t slot) {
  return store->rows + (size_t)slot * store->row_bytes;
}

#endif
