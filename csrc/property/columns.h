// Columns of properties: a value for each of many ids, in pages of one type each.
//
// A page that is given values of several types keeps them as they are, at 16 bytes each.
#ifndef SL_PROPERTY_COLUMNS_H
#define SL_PROPERTY_COLUMNS_H

#include "property/names.h"

enum { SL_PAGE = 1024 };

typedef struct sl_page {
  uint8_t
      kind; // BOOLEAN (1 byte a value), INTEGER, FLOAT (8), STRING (4: numbers of strings), LIST: of any kind (16)
  uint16_t count;
  uint32_t born; // see states.h
  uint64_t present[SL_PAGE / 64];
  uint64_t data[];
} sl_page;

// Zeroed: empty.
typedef struct sl_column {
  sl_page **pages;
  uint32_t page_count;
  uint32_t count; // of values
  size_t bytes;
  uint32_t born, epoch; // of the array of pages; of pages that are made
} sl_column;

static inline bool sl_page_has(const sl_page *page, uint32_t i) {
  return page->present[i / 64] >> (i & 63) & 1;
}

static inline sl_value sl_page_value(const sl_page *page, uint32_t i, const sl_names *strings) {
  switch (page->kind) {
  case SL_VALUE_BOOLEAN:
    return sl_boolean(((const uint8_t *)page->data)[i] != 0);
  case SL_VALUE_INTEGER:
    return sl_integer(((const int64_t *)page->data)[i]);
  case SL_VALUE_FLOAT:
    return sl_real(((const double *)page->data)[i]);
  case SL_VALUE_STRING:
    return sl_string(strings->items[((const uint32_t *)page->data)[i]]);
  default:
    return ((const sl_value *)page->data)[i];
  }
}

// null where there is none.
static inline sl_value sl_column_get(const sl_column *c, uint32_t id, const sl_names *strings) {
  const uint32_t p = id / SL_PAGE, i = id % SL_PAGE;
  if (p >= c->page_count || c->pages[p] == NULL || !sl_page_has(c->pages[p], i)) return sl_null();
  return sl_page_value(c->pages[p], i, strings);
}

// Sets or, with null, takes away. Strings must be those of the names, lists must live as long as the column.
//   Errors: ERR_MEMORY; nothing has changed then. Taking away, and setting again what was there, cannot fail.
sl_status sl_column_set(sl_column *c, uint32_t id, sl_value v, sl_names *strings);
size_t sl_page_bytes(const sl_page *page);
void sl_column_free(sl_column *c);

#endif
