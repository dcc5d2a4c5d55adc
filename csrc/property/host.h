// Rows that the host gives, and what becomes of them.
#ifndef SL_PROPERTY_HOST_H
#define SL_PROPERTY_HOST_H

#include "property/run.h"

// Reads a list of lists of `width` values. Safe on untrusted bytes. Errors: ERR_FORMAT ("rows"), ERR_MEMORY.
sl_status sl_take_rows(sl_pool *pool, const uint8_t *rows, size_t row_bytes, uint32_t width,
                       sl_value *out);

// What an output of this type (sl_cypher_type) is in a query: ids become nodes, relationships and paths.
//   there   written: whether they are there; those that were deleted leave their row out
//   Errors: ERR_FORMAT ("rows"), ERR_MEMORY.
sl_status sl_host_output(sl_run *run, uint8_t type, sl_value *v, bool *there);

#endif
