// How alike two partitions of the same nodes are.
#ifndef SL_COMMUNITIES_COMPARE_H
#define SL_COMMUNITIES_COMPARE_H

#include <stdint.h>

#include "base/status.h"

#define SL_COMPARE_NUMBERS 6

// Compares two labelings. Only which nodes share a label counts, not the numbers.
//   count     nodes, >= 1
//   a, b      one label a node each, any numbers, read
//   numbers   written: 0 normalised mutual information, 2 I(a, b) / (H(a) + H(b)), in [0, 1]; 1 for
//             two partitions of one community each; 1 adjusted Rand index (Hubert, Arabie 1985), at
//             most 1, around 0 for unrelated ones; 2 variation of information H(a) + H(b) -
//             2 I(a, b) in nats (Meila 2003), 0 for equal ones; 3 Rand index; 4, 5 communities of a, b
//   Errors: ERR_EMPTY ("count"), ERR_MEMORY. Allocates 16 bytes a node meanwhile. O(count).
sl_status sl_compare_labels(uint32_t count, const uint32_t *a, const uint32_t *b, double *numbers);

#endif
