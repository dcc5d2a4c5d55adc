// Scans over the rows of a store: which slots, where their rows lie, and the k best of codes.
#ifndef SL_HNSW_SCAN_H
#define SL_HNSW_SCAN_H

#include "hnsw/score.h"

// The next slots that are live and, with a filter's bits, allowed, from *slot on, at most `most`;
// *slot is moved on. Returns how many: 0 at the end.
uint32_t sl_scan_next(const sl_store *store, const uint64_t *bits, uint32_t *slot, uint32_t *slots,
                      uint32_t most);

// Where the rows of ascending slots lie.
void sl_scan_rows(const sl_chunks *rows, const uint32_t *slots, uint32_t count, const void **found);

// The k best of the rows that are live and allowed, ascending: by their exact rows, of all that the
// codes do not prove farther away than the k best so far, or without exact rows by the codes.
//   query    the encoded query, and its scorer
//   pool     k entries, written; kept: how many
//   decoded  store->vector_bytes, written
// Returns how many rows were compared. Codes with tails only. O(size * (dimension + log k)).
uint64_t sl_scan_codes(const sl_store *store, const float *query, const sl_scorer *scorer,
                       uint32_t k, const uint64_t *bits, uint64_t *pool, uint32_t *kept,
                       void *decoded);

#endif
