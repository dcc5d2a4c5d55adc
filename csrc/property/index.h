// Nodes by the value of one property. Entries are hints: what they say is looked up in the column, so that nothing need
// ever be taken out.
#ifndef SL_PROPERTY_INDEX_H
#define SL_PROPERTY_INDEX_H

#include "property/ordered.h"

struct sl_store;

typedef struct sl_index_entry {
  uint32_t hash, node, next; // next: the entry + 1, 0 at the end
} sl_index_entry;

// Zeroed: there is none.
typedef struct sl_index {
  bool there, useless; // useless: values repeat so often that it is not worth it
  uint32_t *table;     // entry + 1
  uint32_t size;
  sl_index_entry *entries;
  uint32_t count, room, built;
  sl_ordered ordered;
} sl_index;

// Those of a property; NULL: no node has one. Errors: ERR_MEMORY.
sl_status sl_index_of(struct sl_store *s, uint32_t key, sl_index **out);

// Makes it where it is not there and may be of use. Errors: ERR_MEMORY. O(nodes).
sl_status sl_index_make(struct sl_store *s, uint32_t key, bool *there);
// After a value was set. Cannot fail: an index that cannot grow is dropped.
void sl_index_set(struct sl_store *s, uint32_t key, uint32_t node, sl_value v);
// The first entry of a value, and the one after an entry; 0: there is none.
uint32_t sl_index_first(const sl_index *x, uint32_t hash);
uint32_t sl_index_after(const sl_index *x, uint32_t entry);
void sl_index_free(sl_index *x);
size_t sl_index_bytes(const sl_index *x);

#endif
