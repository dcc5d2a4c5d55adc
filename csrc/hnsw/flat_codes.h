// The scan of an exact index that holds codes.
#ifndef SL_HNSW_FLAT_CODES_H
#define SL_HNSW_FLAT_CODES_H

#include "hnsw/flat.h"

// Fills flat->pool with the k best of the rows that are live and allowed (bits may be NULL), ascending:
// by their exact rows, of all that the codes do not prove farther away than the k best so far, or
// without exact rows by the codes.
//   scorer  of the query, which stands encoded at flat->queries
// Returns how many. O(size * (dimension + log k)).
uint32_t sl_flat_scan_codes(sl_flat *flat, const struct sl_scorer *scorer, uint32_t k,
                            const uint64_t *bits);

#endif
