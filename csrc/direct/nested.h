// Nested dissection: an order in which parts of a mesh are eliminated before what separates them. On
// three-dimensional meshes a factor fills less by it than by minimum degree. Internal to the module.
#ifndef SL_DIRECT_NESTED_H
#define SL_DIRECT_NESTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct sl_nested sl_nested;

// Begins the order of a symmetric pattern.
//   n, offsets, indices   as in sl_amd_begin; kept until it is done
//   order                 n, written: complete when it is done
//   Errors: ERR_MEMORY. Allocates 25 bytes a row.
sl_status sl_nested_begin(uint32_t n, const uint32_t *offsets, const uint32_t *indices,
                          uint32_t *order, sl_nested **out);

// Goes on for about `work` entries; a pass over the rows of a part is not cut. done: written. *spent
// grows. Errors: ERR_MEMORY. About O(nnz log n) in all.
sl_status sl_nested_step(sl_nested *nested, uint64_t work, uint64_t *spent, bool *done);

// Frees it. NULL is allowed.
void sl_nested_destroy(sl_nested *nested);

// Bytes that ordering a pattern of so many rows takes, minimum degree in its parts apart. O(1).
size_t sl_nested_bytes(uint32_t n);

#endif
