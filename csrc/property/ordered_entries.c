#include "property/ordered.h"

#include <string.h>

#include "base/memory.h"
#include "property/ast.h"
#include "property/store.h"

// Scans of all nodes that cost about as much as sorting them.
enum { SCANS_OF_SORTING = 64 };

void sl_ordered_free(sl_ordered *x) {
  sl_free(x->entries[0]);
  sl_free(x->entries[1]);
  *x = (sl_ordered){0};
}

static sl_value value_of(const sl_ordered_entry *e) {
  sl_value v = {.kind = e->kind};
  v.as = e->as;
  return v;
}

static int order(const sl_ordered_entry *a, const sl_ordered_entry *b) {
  const int by_value = sl_value_order(value_of(a), value_of(b));
  return by_value != 0 ? by_value : a->node < b->node ? -1 : a->node > b->node;
}

static void merge(const sl_ordered_entry *a, uint32_t a_count, const sl_ordered_entry *b,
                  uint32_t b_count, sl_ordered_entry *to) {
  const sl_ordered_entry *a_end = a + a_count, *b_end = b + b_count;
  // What comes in order already, as ids often do, is only copied.
  if (a_count > 0 && b_count > 0 && order(a_end - 1, b) > 0)
    while (a < a_end && b < b_end) *to++ = order(a, b) <= 0 ? *a++ : *b++;
  if (a < a_end) memcpy(to, a, (size_t)(a_end - a) * sizeof *to);
  if (b < b_end) memcpy(to + (a_end - a), b, (size_t)(b_end - b) * sizeof *to);
}

// Whether the column says the same.
static bool holds(const sl_store *s, uint32_t key, const sl_ordered_entry *e) {
  const sl_value now = sl_store_get(s, SL_OF_NODES, e->node, key);
  return now.kind == e->kind && sl_value_order(now, value_of(e)) == 0;
}

static sl_status build(const sl_store *s, uint32_t key, sl_ordered *x) {
  const sl_column *c = &s->columns[SL_OF_NODES][key];
  sl_ordered_entry *from, *to;
  uint32_t count = 0;
  SL_TRY(SL_ALLOC(&from, c->count));
  const sl_status status = SL_ALLOC(&to, c->count);
  if (status != SL_OK) {
    sl_free(from);
    return status;
  }
  for (uint32_t p = 0; p < c->page_count; p++) {
    for (uint32_t i = 0; i < SL_PAGE && c->pages[p] != NULL; i++) {
      if (!sl_page_has(c->pages[p], i)) continue;
      const sl_value v = sl_page_value(c->pages[p], i, &s->strings);
      if (v.kind == SL_VALUE_LIST) continue;
      from[count++] = (sl_ordered_entry){v.kind, p * SL_PAGE + i, v.as};
    }
  }
  for (uint32_t width = 1; width < count; width *= 2) {
    for (uint32_t at = 0; at < count; at += 2 * width) {
      const uint32_t rest = count - at, a = rest < width ? rest : width;
      merge(from + at, a, from + at + a, rest - a < width ? rest - a : width, to + at);
    }
    sl_ordered_entry *sorted = to;
    to = from;
    from = sorted;
  }
  sl_free(to);
  x->entries[0] = from;
  x->count[0] = count;
  x->there = true;
  return SL_OK;
}

sl_status sl_ordered_make(struct sl_store *s, uint32_t key, bool *there) {
  sl_index *index;
  *there = false;
  SL_TRY(sl_index_of(s, key, &index));
  if (index == NULL) return SL_OK;
  sl_ordered *x = &index->ordered;
  const uint32_t values = s->columns[SL_OF_NODES][key].count;
  const bool declared = !x->there && sl_declared_has(&s->declared, key);
  if (!x->there && (values >= SCANS_OF_SORTING || declared)) {
    x->missed += s->node_count;
    if (declared || x->missed > (uint64_t)values * SCANS_OF_SORTING) SL_TRY(build(s, key, x));
  }
  *there = x->there;
  return SL_OK;
}

// What of an entry is compared: all of the value, only its kind, or the beginning of a text.
typedef enum compared { VALUES, KINDS, BEGINNINGS } compared;

// The first place of an entry that is not below v, or that is above it.
static uint32_t place(const sl_ordered_entry *entries, uint32_t count, sl_value v, compared what,
                      bool above) {
  uint32_t low = 0, high = count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    const sl_value x = value_of(&entries[middle]);
    int by = what == KINDS ? sl_value_rank(x.kind) - sl_value_rank(v.kind) : sl_value_order(x, v);
    if (what == BEGINNINGS && by > 0 && x.kind == SL_VALUE_STRING &&
        x.as.chars->bytes >= v.as.chars->bytes)
      by = memcmp(x.as.chars->text, v.as.chars->text, v.as.chars->bytes);
    if (above ? by <= 0 : by < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static sl_status merge_all(const sl_store *s, uint32_t key, sl_ordered *x) {
  sl_ordered_entry *all;
  uint32_t count = x->count[0] + x->count[1], kept = 0;
  SL_TRY(SL_ALLOC(&all, count));
  merge(x->entries[0], x->count[0], x->entries[1], x->count[1], all);
  for (uint32_t i = 0; i < count; i++) {
    if ((kept > 0 && order(&all[kept - 1], &all[i]) == 0) || !holds(s, key, &all[i])) continue;
    all[kept++] = all[i];
  }
  sl_free(x->entries[0]);
  x->entries[0] = all;
  x->count[0] = kept;
  x->count[1] = 0;
  return SL_OK;
}

void sl_ordered_set(struct sl_store *s, uint32_t key, uint32_t node) {
  sl_ordered *x = &s->indexes[key].ordered;
  // The texts of the column, not those of the statement.
  const sl_value v = sl_store_get(s, SL_OF_NODES, node, key);
  if (!x->there || sl_is_null(v) || v.kind == SL_VALUE_LIST) return;
  const sl_ordered_entry added = {v.kind, node, v.as};
  sl_status status = SL_OK;
  if (x->count[1] == x->room) {
    const uint32_t most = 1024 + x->count[0] / 256;
    if (x->room >= most)
      status = merge_all(s, key, x);
    else {
      const uint32_t room = x->room < 16 ? 16 : x->room * 2;
      status = SL_REALLOC(&x->entries[1], room);
      if (status == SL_OK) x->room = room;
    }
  }
  if (status != SL_OK) {
    sl_ordered_free(x);
    return;
  }
  sl_ordered_entry *newer = x->entries[1];
  uint32_t low = 0, high = x->count[1];
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (order(&newer[middle], &added) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  if (low < x->count[1] && order(&newer[low], &added) == 0) return;
  memmove(newer + low + 1, newer + low, (x->count[1] - low) * sizeof *newer);
  newer[low] = added;
  x->count[1]++;
}

sl_span sl_ordered_all(const sl_ordered *x) {
  return (sl_span){{0, 0}, {x->count[0], x->count[1]}};
}

void sl_ordered_narrow(const sl_ordered *x, uint8_t op, sl_value v, sl_span *span) {
  const bool beginning = op == SL_CYPHER_STARTS_WITH;
  const bool from = op == SL_CYPHER_EQUAL || op == SL_CYPHER_AT_LEAST || beginning;
  const bool to = op == SL_CYPHER_EQUAL || op == SL_CYPHER_AT_MOST || beginning;
  if (beginning ? v.kind != SL_VALUE_STRING
                : !sl_is_number(v) && v.kind != SL_VALUE_STRING && v.kind != SL_VALUE_TEMPORAL)
    return;
  if (!from && !to && op != SL_CYPHER_LESS && op != SL_CYPHER_GREATER) return;
  for (int i = 0; i < 2; i++) {
    const sl_ordered_entry *e = x->entries[i];
    const uint32_t n = x->count[i];
    // What is of another kind passes no comparison.
    const uint32_t begin =
        place(e, n, v, from || op == SL_CYPHER_GREATER ? VALUES : KINDS, op == SL_CYPHER_GREATER);
    const uint32_t end = place(e, n, v,
                               beginning                    ? BEGINNINGS
                               : to || op == SL_CYPHER_LESS ? VALUES
                                                            : KINDS,
                               op != SL_CYPHER_LESS);
    span->begin[i] = begin > span->begin[i] ? begin : span->begin[i];
    span->end[i] = end < span->end[i] ? end : span->end[i];
  }
}

uint32_t sl_span_size(const sl_span *span) {
  uint32_t size = 0;
  for (int i = 0; i < 2; i++)
    if (span->end[i] > span->begin[i]) size += span->end[i] - span->begin[i];
  return size;
}

void sl_ordered_mark(const sl_ordered *x, const sl_span *span, uint32_t *bits, uint32_t nodes) {
  for (int i = 0; i < 2; i++) {
    for (uint32_t k = span->begin[i]; k < span->end[i]; k++) {
      const uint32_t node = x->entries[i][k].node;
      if (node < nodes) bits[node / 32] |= 1u << (node & 31);
    }
  }
}
