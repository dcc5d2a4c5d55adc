// Indexes that were asked for by name: CREATE INDEX, DROP INDEX, SHOW INDEXES. Each stands for the two indexes of its property
// (index.h, ordered.h), which are then made at once instead of when they have become worth it.
#ifndef SL_PROPERTY_DECLARED_H
#define SL_PROPERTY_DECLARED_H

#include "property/names.h"

struct sl_run;
struct sl_operator;
struct sl_store;

typedef struct sl_declared {
  uint32_t name, label, key; // name: in the set's names
} sl_declared;

// Zeroed: empty.
typedef struct sl_declared_set {
  sl_names names;
  sl_declared *items;
  uint32_t count, room;
} sl_declared_set;

void sl_declared_free(sl_declared_set *set);
size_t sl_declared_bytes(const sl_declared_set *set);
// Whether one of them is of a property. O(count).
bool sl_declared_has(const sl_declared_set *set, uint32_t key);

// What the procedures do: db.createIndex(name, label, property, lenient), db.dropIndex(name, label, property, lenient), which finds
// by label and property where the name is empty. lenient: IF NOT EXISTS, IF EXISTS.
//   args   four values
//   Errors: ERR_ARGUMENT ("query": run->problem says why), ERR_MEMORY.
sl_status sl_declared_add(struct sl_run *run, const sl_value *args);
sl_status sl_declared_drop(struct sl_run *run, const sl_value *args);
// The outputs of db.indexes() of one: name, type, labelsOrTypes, properties. Errors: ERR_MEMORY.
#define SL_DECLARED_OUTPUTS 4
sl_status sl_declared_show(struct sl_run *run, uint32_t i, sl_value *outputs);

#endif
