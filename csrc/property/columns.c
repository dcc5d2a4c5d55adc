#include "property/columns.h"

#include <string.h>

#include "base/memory.h"

static size_t width_of(uint8_t kind) {
  return kind == SL_VALUE_BOOLEAN                             ? 1
         : kind == SL_VALUE_STRING                            ? 4
         : kind == SL_VALUE_INTEGER || kind == SL_VALUE_FLOAT ? 8
                                                              : sizeof(sl_value);
}

static size_t bytes_of(uint8_t kind) { return sizeof(sl_page) + SL_PAGE * width_of(kind); }

size_t sl_page_bytes(const sl_page *page) { return bytes_of(page->kind); }

static sl_status new_page(sl_column *c, uint8_t kind, sl_page **out) {
  SL_TRY(sl_alloc_zero(1, bytes_of(kind), (void **)out));
  (*out)->kind = kind;
  (*out)->born = c->epoch;
  c->bytes += bytes_of(kind);
  return SL_OK;
}

static uint8_t page_kind(sl_value v) {
  return v.kind >= SL_VALUE_BOOLEAN && v.kind <= SL_VALUE_STRING ? v.kind : SL_VALUE_LIST;
}

static sl_status reach(sl_column *c, uint32_t p) {
  if (p < c->page_count) return SL_OK;
  uint32_t count = c->page_count * 2;
  count = count > p ? count : p + 1;
  SL_TRY(SL_REALLOC(&c->pages, count));
  memset(c->pages + c->page_count, 0, (count - c->page_count) * sizeof *c->pages);
  c->bytes += (count - c->page_count) * sizeof *c->pages;
  c->page_count = count;
  return SL_OK;
}

// A page of any kind in place of one of one type.
static sl_status spill(sl_column *c, uint32_t p, const sl_names *strings) {
  sl_page *from = c->pages[p], *to;
  SL_TRY(new_page(c, SL_VALUE_LIST, &to));
  memcpy(to->present, from->present, sizeof to->present);
  to->count = from->count;
  for (uint32_t i = 0; i < SL_PAGE; i++)
    if (sl_page_has(from, i)) ((sl_value *)to->data)[i] = sl_page_value(from, i, strings);
  c->bytes -= bytes_of(from->kind);
  sl_free(from);
  c->pages[p] = to;
  return SL_OK;
}

static void put(sl_page *page, uint32_t i, sl_value v, uint32_t string) {
  switch (page->kind) {
  case SL_VALUE_BOOLEAN:
    ((uint8_t *)page->data)[i] = v.as.boolean;
    break;
  case SL_VALUE_INTEGER:
    ((int64_t *)page->data)[i] = v.as.integer;
    break;
  case SL_VALUE_FLOAT:
    ((double *)page->data)[i] = v.as.real;
    break;
  case SL_VALUE_STRING:
    ((uint32_t *)page->data)[i] = string;
    break;
  default:
    ((sl_value *)page->data)[i] = v;
  }
}

sl_status sl_column_set(sl_column *c, uint32_t id, sl_value v, sl_names *strings) {
  const uint32_t p = id / SL_PAGE, i = id % SL_PAGE;
  if (sl_is_null(v)) {
    if (p >= c->page_count || c->pages[p] == NULL || !sl_page_has(c->pages[p], i)) return SL_OK;
    c->pages[p]->present[i / 64] &= ~(1ull << (i & 63));
    c->pages[p]->count--;
    c->count--;
    return SL_OK;
  }
  uint32_t string = 0;
  if (v.kind == SL_VALUE_STRING) {
    SL_TRY(sl_names_add(strings, v.as.chars->text, v.as.chars->bytes, &string));
    v.as.chars = strings->items[string];
  }
  SL_TRY(reach(c, p));
  const uint8_t kind = page_kind(v);
  if (c->pages[p] == NULL)
    SL_TRY(new_page(c, kind, &c->pages[p]));
  else if (c->pages[p]->kind != kind && c->pages[p]->kind != SL_VALUE_LIST)
    SL_TRY(spill(c, p, strings));
  sl_page *page = c->pages[p];
  put(page, i, v, string);
  if (!sl_page_has(page, i)) {
    page->present[i / 64] |= 1ull << (i & 63);
    page->count++;
    c->count++;
  }
  return SL_OK;
}

void sl_column_free(sl_column *c) {
  for (uint32_t p = 0; p < c->page_count; p++) sl_free(c->pages[p]);
  sl_free(c->pages);
  *c = (sl_column){0};
}
