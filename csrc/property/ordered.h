// Nodes in the order of one property: those between two values, or with a beginning.
//
// Entries are hints, as those of index.h: what they say is looked up in the column. Values that are set later go to a short
// list of their own, which is merged with the long one when it is full; entries that do not hold any more are left out then.
#ifndef SL_PROPERTY_ORDERED_H
#define SL_PROPERTY_ORDERED_H

#include "property/value.h"

struct sl_store;

typedef struct sl_ordered_entry {
  uint8_t kind;
  uint32_t node;
  union sl_value_as as;
} sl_ordered_entry;

// Zeroed: there is none. [0]: the long list, [1]: the short one; both ascend by value (sl_value_order), then by node.
typedef struct sl_ordered {
  bool there;
  uint32_t count[2], room; // room: of the short one
  uint64_t missed;         // nodes that were looked at because it was not there
  sl_ordered_entry *entries[2];
} sl_ordered;

// Makes it where nodes were looked at so often without it that sorting is cheaper; until then counts these.
//   Errors: ERR_MEMORY. O(values log values) when it is made.
sl_status sl_ordered_make(struct sl_store *s, uint32_t key, bool *there);
// After a value of a node was set. Cannot fail: an index that cannot grow is dropped. O(sqrt(values)) on average.
void sl_ordered_set(struct sl_store *s, uint32_t key, uint32_t node);
void sl_ordered_free(sl_ordered *x);

// The places of entries that may be in a range.
typedef struct sl_span {
  uint32_t begin[2], end[2];
} sl_span;

sl_span sl_ordered_all(const sl_ordered *x);
// Leaves those whose value v' may pass v' `op` v. Other operators than EQUAL, the four of order and STARTS WITH, and values
// without an order, leave all. O(log values).
void sl_ordered_narrow(const sl_ordered *x, uint8_t op, sl_value v, sl_span *span);
uint32_t sl_span_size(const sl_span *span);
// Sets a bit for each node of a span that is below `nodes`. O(entries).
void sl_ordered_mark(const sl_ordered *x, const sl_span *span, uint32_t *bits, uint32_t nodes);

#endif
