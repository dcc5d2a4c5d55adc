// Numbers for texts: labels, types, keys and the strings of properties. A number never changes.
#ifndef SL_PROPERTY_NAMES_H
#define SL_PROPERTY_NAMES_H

#include "property/value.h"

#define SL_NO_NAME UINT32_MAX

// Zeroed: empty.
typedef struct sl_names {
  sl_pool pool;
  const sl_chars **items; // count
  uint32_t *table;        // number + 1 of each place; 0: free
  uint32_t count, room, table_size;
} sl_names;

// The number of a text, a new one where it has none. Errors: ERR_MEMORY; nothing has changed then. O(bytes) amortised.
sl_status sl_names_add(sl_names *names, const char *text, size_t bytes, uint32_t *out);
// SL_NO_NAME: there is none.
uint32_t sl_names_find(const sl_names *names, const char *text, size_t bytes);
size_t sl_names_bytes(const sl_names *names);
void sl_names_free(sl_names *names);

#endif
