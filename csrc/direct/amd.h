// Approximate minimum degree: an order of the unknowns of a symmetric pattern in which a Cholesky
// factorisation fills little. Internal to the room.
#ifndef SL_DIRECT_AMD_H
#define SL_DIRECT_AMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct sl_amd sl_amd;

// Orders a pattern in one call.
//   n         1 .. 2^28 - 1
//   offsets   n + 1, read: the neighbours of row i are indices[offsets[i] .. offsets[i + 1])
//   indices   offsets[n], read; each < n, none twice in a row. The pattern is symmetric, both halves
//             are given: the caller's duty. Diagonal entries may be there or not: they do not count.
//   order     n, written: order[k] is the row that is eliminated k-th. No array may overlap
//   Errors: ERR_OVERFLOW ("matrix"), ERR_MEMORY; order is then undefined.
//   Allocates about 44 bytes a row and 5 an entry, all of it given back. About O(entries) to
//   O(entries n) at worst. Safe on untrusted data: no.
sl_status sl_amd_order(uint32_t n, const uint32_t *offsets, const uint32_t *indices,
                       uint32_t *order);

// The same in steps. offsets and indices are copied; order is complete when it is done.
sl_status sl_amd_begin(uint32_t n, const uint32_t *offsets, const uint32_t *indices,
                       uint32_t *order, sl_amd **out);

// Eliminates rows until about `work` entries have been looked at, one row at least; *spent grows by
// those looked at. True: it is done.
bool sl_amd_step(sl_amd *amd, uint64_t work, uint64_t *spent);

// Frees it. NULL is allowed.
void sl_amd_destroy(sl_amd *amd);

// Bytes that ordering such a pattern takes. O(1).
size_t sl_amd_bytes(uint32_t n, size_t entries);

#endif
