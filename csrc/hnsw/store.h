// The vectors of an index: rows, external ids, liveness, free slots. Shared by Flat and Hnsw.
//
// A slot is a place for one vector. External ids are any u32 the user likes, each used once; a hash
// table leads from id to slot. A removed vector leaves its slot dead (still a stepping stone of a
// graph) until sl_store_release() frees it for reuse.
#ifndef SL_HNSW_STORE_H
#define SL_HNSW_STORE_H

#include "base/status.h"
#include "hnsw/exact.h"
#include "hnsw/rows.h"

// Sets up an empty store. Errors: ERR_OPTION (dimension outside 1..65,536; hamming: not a multiple
// of 8; curvature not positive; codes that the metric cannot have; a prefix that is none). Allocates
// nothing.
//   prefix  elements of SL_CODES_PREFIX, else 0
sl_status sl_store_init(sl_store *store, sl_metric metric, uint32_t dimension, double curvature,
                        sl_codes codes, uint32_t prefix, sl_exact exact);
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

// What a change of a frozen index (view.h) expects instead.
#define SL_FROZEN "one that is not frozen: load its file again for a copy to change"

// And while one is being built (build.h).
#define SL_BUILDING "one that is not being built: end the build before"

// Marks a change. O(1).
void sl_store_touch(sl_store *store);

// A version that no store or index has had before, so that what was made for one is not taken for
// another's.
uint64_t sl_store_next_version(void);

#endif
