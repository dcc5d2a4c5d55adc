#include "sparse/entries.h"

#include "base/memory.h"

#define SMALLEST 256u

void sl_entries_begin(sl_entries *entries, sl_value_type value_type) {
  *entries = (sl_entries){.value_type = value_type};
}

sl_status sl_entries_reserve(sl_entries *entries, uint32_t more) {
  uint64_t wanted = (uint64_t)entries->count + more;
  if (wanted <= entries->capacity) return SL_OK;
  SL_REQUIRE(wanted <= UINT32_MAX, SL_ERR_OVERFLOW, "entries", "fewer than 2^32 entries");
  uint64_t grown = (uint64_t)entries->capacity + entries->capacity / 2 + SMALLEST;
  if (grown < wanted) grown = wanted;
  if (grown > UINT32_MAX) grown = UINT32_MAX;
  // Each array that has grown already stays so when a later one fails: capacity is the least.
  SL_TRY(SL_REALLOC(&entries->rows, (size_t)grown));
  SL_TRY(SL_REALLOC(&entries->columns, (size_t)grown));
  if (entries->value_type != SL_VALUES_PATTERN) {
    SL_TRY(sl_realloc(&entries->values, (size_t)grown, sl_csr_value_size(entries->value_type)));
  }
  entries->capacity = (uint32_t)grown;
  return SL_OK;
}

void sl_entries_free(sl_entries *entries) {
  sl_free(entries->rows);
  sl_free(entries->columns);
  sl_free(entries->values);
  *entries = (sl_entries){.value_type = entries->value_type};
}
