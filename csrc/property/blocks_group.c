// Rows in blocks as rows of groups: the group of each, then each aggregate over its column.
#include <string.h>

#include "base/memory.h"
#include "property/blocks.h"

// The ids that a level has in each row of the highest one.
static const uint32_t *ids_of(sl_blocks *b, uint32_t level, uint8_t what) {
  const uint32_t top = b->count - 1;
  const sl_level *l = &b->levels[level];
  const uint32_t *from = what == SL_OF_NODES ? l->nodes : l->relationships;
  uint32_t *ids = b->rows->ids;
  const uint32_t count = b->levels[top].count;
  if (level == top) return from;
  memcpy(ids, b->levels[top].parents, count * sizeof *ids);
  for (uint32_t k = top - 1; k > level; k--)
    for (uint32_t i = 0; i < count; i++) ids[i] = b->levels[k].parents[ids[i]];
  for (uint32_t i = 0; i < count; i++) ids[i] = from[ids[i]];
  return ids;
}

// By the expressions of the keys.
static sl_status evaluate(sl_run *run, sl_blocks *b, uint32_t row, uint32_t *group) {
  sl_blocks_row(run, b, row);
  for (uint32_t i = 0; b->project != NULL && i < b->project->count; i++)
    SL_TRY(sl_eval(run, b->project->codes[i], &run->row[b->project->slots[i]]));
  return sl_group_of_row(run, b->sink, group);
}

// The place that remembers the group of a string, where the key is a property that has one.
static uint32_t *string_place(const sl_run *run, const sl_blocks *b, uint32_t id) {
  const sl_store *s = run->store;
  if (b->key >= s->column_count[b->key_what]) return NULL;
  const sl_column *c = &s->columns[b->key_what][b->key];
  const uint32_t p = id / SL_PAGE, i = id % SL_PAGE;
  if (p >= c->page_count || c->pages[p] == NULL || c->pages[p]->kind != SL_VALUE_STRING)
    return NULL;
  if (!sl_page_has(c->pages[p], i)) return NULL;
  const uint32_t string = ((const uint32_t *)c->pages[p]->data)[i];
  return string < b->string_room ? &b->strings[string] : NULL;
}

static sl_status keep_room(const sl_run *run, sl_blocks *b) {
  enum { MOST_STRINGS = 1 << 20 };
  const sl_store *s = run->store;
  if (b->groups != NULL) return SL_OK;
  const uint32_t ids = b->key_what == SL_OF_NODES ? s->node_count : s->rel_count;
  SL_TRY(SL_ALLOC_ZERO(&b->groups, ids));
  b->group_room = ids;
  if (b->key == SL_NO_NAME || s->strings.count > MOST_STRINGS) return SL_OK;
  SL_TRY(SL_ALLOC_ZERO(&b->strings, s->strings.count));
  b->string_room = s->strings.count;
  return SL_OK;
}

// rows->groups of each row.
static sl_status groups_of(sl_run *run, sl_blocks *b) {
  const sl_level *top = &b->levels[b->count - 1];
  uint32_t *groups = b->rows->groups;
  const bool keeps = b->key_level != SL_NO_ID && (b->groups != NULL || top->room == SL_BLOCK);
  if (b->sink->key_count == 0) {
    if (b->sink->table.count == 0) SL_TRY(evaluate(run, b, 0, groups));
    memset(groups, 0, top->count * sizeof *groups);
    return SL_OK;
  }
  if (keeps) SL_TRY(keep_room(run, b));
  const uint32_t *ids = keeps ? ids_of(b, b->key_level, b->key_what) : NULL;
  for (uint32_t i = 0; i < top->count; i++) {
    if (keeps && b->groups[ids[i]] != 0) {
      groups[i] = b->groups[ids[i]] - 1;
      continue;
    }
    uint32_t *string = keeps ? string_place(run, b, ids[i]) : NULL;
    if (string != NULL && *string != 0)
      groups[i] = *string - 1;
    else
      SL_TRY(evaluate(run, b, i, &groups[i]));
    if (string != NULL) *string = groups[i] + 1;
    if (keeps) b->groups[ids[i]] = groups[i] + 1;
  }
  return SL_OK;
}

static sl_status take(sl_run *run, sl_blocks *b, uint32_t aggregate) {
  const sl_store *s = run->store;
  const sl_measure *m = &b->measures[aggregate];
  const sl_operator *sink = b->sink;
  const sl_code *call = sink->codes[aggregate];
  const uint32_t count = b->levels[b->count - 1].count, width = sink->count;
  const uint32_t *groups = b->rows->groups;
  sl_tally *tallies = sink->tallies + aggregate;
  if (m->key == SL_NO_NAME) {
    for (uint32_t i = 0; i < count; i++)
      tallies[(size_t)groups[i] * width].count += b->tail == NULL ? 1 : b->rows->times[i];
    return SL_OK;
  }
  if (m->key >= s->column_count[m->what]) return SL_OK; // nothing but nulls
  const sl_column *column = &s->columns[m->what][m->key];
  const uint32_t *ids = ids_of(b, m->level, m->what);
  for (uint32_t i = 0; i < count; i++) {
    const sl_value v = sl_column_get(column, ids[i], &s->strings);
    const uint64_t times = b->tail == NULL ? 1 : b->rows->times[i];
    if (sl_is_null(v) || times == 0) continue;
    SL_TRY(sl_tally_take(run, call, &tallies[(size_t)groups[i] * width], v, times));
  }
  return SL_OK;
}

// Rows that stand for none are left out.
static void drop_empty(sl_blocks *b) {
  sl_level *top = &b->levels[b->count - 1];
  uint32_t count = 0;
  for (uint32_t i = 0; i < top->count; i++) {
    if (b->rows->times[i] == 0) continue;
    b->rows->times[count] = b->rows->times[i];
    top->nodes[count] = top->nodes[i];
    top->relationships[count] = top->relationships[i];
    top->parents[count++] = top->parents[i];
  }
  top->count = count;
}

sl_status sl_blocks_group(sl_run *run, sl_blocks *b) {
  if (b->tail != NULL) drop_empty(b);
  if (b->levels[b->count - 1].count == 0) return SL_OK;
  SL_TRY(groups_of(run, b));
  for (uint32_t i = 0; i < b->sink->count; i++) SL_TRY(take(run, b, i));
  return SL_OK;
}
