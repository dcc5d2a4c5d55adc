// Levels of a symmetric pattern: breadth-first search from a row far from the others, and the order
// of reverse Cuthill-McKee. Internal to the modules of the bundle.
#ifndef SL_DIRECT_LEVELS_H
#define SL_DIRECT_LEVELS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

// Reverse Cuthill-McKee: an order in which entries lie near the diagonal, so that what an incomplete
// factorisation leaves out is little.
//   n         1 .. 2^32 - 2
//   offsets   n + 1, read: the neighbours of row i are indices[offsets[i] .. offsets[i + 1])
//   indices   offsets[n], read; each < n. The pattern is symmetric: the caller's duty
//   order     n, written: order[k] is the row at place k
//   Errors: ERR_MEMORY. Allocates 9 bytes a row, given back. About O(entries log degree).
//
// E. Cuthill, J. McKee, "Reducing the bandwidth of sparse symmetric matrices", ACM '69,
// doi:10.1145/800195.805928; A. George, J. W. H. Liu, "An implementation of a pseudoperipheral node
// finder", ACM TOMS 5 (1979), doi:10.1145/355841.355845.
sl_status sl_levels_order(uint32_t n, const uint32_t *offsets, const uint32_t *indices,
                          uint32_t *order);

#endif
