// Entries (row, column, value) gathered one by one, when their number is not known before the end:
// what the readers fill. Memory grows with the entries that came, never with what a header
// declares, so that a forged header cannot force a large allocation.
#ifndef SL_SPARSE_ENTRIES_H
#define SL_SPARSE_ENTRIES_H

#include "sparse/csr.h"

typedef struct sl_entries {
  sl_value_type value_type;
  uint32_t count, capacity;
  uint32_t *rows, *columns; // capacity
  void *values;             // capacity of value_type; NULL for PATTERN
} sl_entries;

// Initialises a new struct; frees nothing.
void sl_entries_begin(sl_entries *entries, sl_value_type value_type);

// Makes room for `more` entries beyond `count`; grows by half at least, so that pushing is O(1)
// amortised. Errors: ERR_OVERFLOW (2^32 entries), ERR_MEMORY: what was gathered is kept.
sl_status sl_entries_reserve(sl_entries *entries, uint32_t more);

// Appends one entry. value is rounded to value_type and ignored for PATTERN.
// Errors: as above. O(1) amortised.
static inline sl_status sl_entries_push(sl_entries *entries, uint32_t row, uint32_t column,
                                        double value) {
  if (entries->count == entries->capacity) SL_TRY(sl_entries_reserve(entries, 1));
  uint32_t at = entries->count++;
  entries->rows[at] = row;
  entries->columns[at] = column;
  if (entries->value_type == SL_VALUES_F64)
    ((double *)entries->values)[at] = value;
  else if (entries->value_type == SL_VALUES_F32)
    ((float *)entries->values)[at] = (float)value;
  return SL_OK;
}

// Frees the arrays. A zeroed struct is allowed.
void sl_entries_free(sl_entries *entries);

#endif
