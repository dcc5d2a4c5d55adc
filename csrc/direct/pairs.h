// Rows that are to be eliminated together, because the diagonal of one of them is too small for a
// pivot. Internal to the room.
#ifndef SL_DIRECT_PAIRS_H
#define SL_DIRECT_PAIRS_H

#include <stdint.h>

#include "base/status.h"
#include "sparse/csr.h"

#define SL_NO_MATE UINT32_MAX

// Pairs each row whose diagonal is small beside its largest other entry with the row of the largest
// entry that is still free.
//   matrix    read: square with a symmetric pattern
//   entries   nnz, read: in the places of the pattern, scaled so that they can be compared
//   mate      n, written: the other row of the pair, or SL_NO_MATE
//   Returns how many pairs there are. O(nnz).
uint32_t sl_pairs_find(const sl_csr *matrix, const double *entries, uint32_t *mate);

// The pattern in which each pair is one row.
//   offsets, indices   written: as many rows as n - pairs, and their entries, the diagonal too; the
//                      caller frees both
//   first              n, written: the row of the matrix that each row of it begins with
//   Errors: ERR_MEMORY. Allocates. O(nnz).
sl_status sl_pairs_compress(const sl_csr *matrix, const uint32_t *mate, uint32_t **offsets,
                            uint32_t **indices, uint32_t *first);

#endif
