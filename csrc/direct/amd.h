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

// The same for a union of cliques: the pattern of A A^T where they are the columns of A, or of A^T A
// where they are its rows, which is not formed. Cliques of more than 10 sqrt(n) rows do not count.
//   cliques   clique c joins the rows indices[offsets[c] .. offsets[c + 1]), none twice
//   Allocates about 48 bytes a row and clique and 10 an entry, given back by sl_amd_destroy.
sl_status sl_amd_begin_cliques(uint32_t n, uint32_t cliques, const uint32_t *offsets,
                               const uint32_t *indices, uint32_t *order, sl_amd **out);

// Eliminates rows until about `work` entries have been looked at, one row at least; *spent grows by
// those looked at. True: it is done.
bool sl_amd_step(sl_amd *amd, uint64_t work, uint64_t *spent);

// Frees it. NULL is allowed.
void sl_amd_destroy(sl_amd *amd);

// Bytes that ordering such a pattern takes; of cliques: of rows and cliques, and twice the entries.
// O(1).
size_t sl_amd_bytes(size_t n, size_t entries);

#endif
