// Neighbours: sorted rows of all relationships up to some moment, and lists of those made since.
#include <string.h>

#include "base/memory.h"
#include "property/states.h"

// ---- sorting ------------------------------------------------------------------------------------

// Stable: the elements of `from` by key[element], which are below `keys`. begin: keys + 1, written: where each key begins.
static void sort_by(const uint32_t *from, uint32_t count, const uint32_t *key, uint32_t keys,
                    uint32_t *begin, uint32_t *to) {
  memset(begin, 0, ((size_t)keys + 1) * sizeof *begin);
  for (uint32_t i = 0; i < count; i++) begin[(key[from[i]] & ~SL_GONE) + 1]++;
  for (uint32_t k = 0; k < keys; k++) begin[k + 1] += begin[k];
  for (uint32_t i = 0; i < count; i++) to[begin[key[from[i]] & ~SL_GONE]++] = from[i];
  for (uint32_t k = keys; k > 0; k--) begin[k] = begin[k - 1];
  begin[0] = 0;
}

// lent: relationships will have an array that is there.
static sl_status make_rows(sl_neighbours *n, uint32_t nodes, uint32_t count, bool types,
                           bool lent) {
  SL_TRY(SL_ALLOC(&n->begin, (size_t)nodes + 1));
  SL_TRY(SL_ALLOC(&n->node, count));
  if (!lent) SL_TRY(SL_ALLOC(&n->relationship, count));
  if (types) SL_TRY(SL_ALLOC(&n->type, count));
  return SL_OK;
}

static void drop_rows(sl_neighbours *n) {
  sl_free(n->begin);
  sl_free(n->node);
  sl_free(n->relationship);
  sl_free(n->type);
  *n = (sl_neighbours){0};
}

// Fills rows whose relationships are in their order.
static void fill(const sl_store *s, sl_neighbours *n, uint32_t count, const uint32_t *other) {
  for (uint32_t i = 0; i < count; i++) {
    n->node[i] = other[n->relationship[i]];
    if (n->type != NULL) n->type[i] = s->rel_type[n->relationship[i]];
  }
}

// Relationships are sorted in the arrays that the rows are made of, and where nearly all of them are new the lists of these
// become rows: nothing else is as long as they are.
static sl_status rows_of(sl_store *s, sl_neighbours *out, sl_neighbours *in) {
  sl_adjacency *old = &s->adjacency;
  uint32_t *begin, count = 0, at = 0;
  const bool types = s->types.count > 1;
  const uint32_t nodes = s->node_count, kinds = s->types.count,
                 keys = nodes > kinds ? nodes : kinds;
  for (uint32_t r = 0; r < s->rel_count; r++) count += !(s->rel_type[r] & SL_GONE);
  const bool lent = !sl_is_shared(s, old->next_born) && old->next_room >= count &&
                    old->next_room - count <= count / 8;
  SL_TRY(make_rows(out, nodes, count, types, lent));
  SL_TRY(make_rows(in, nodes, count, types, lent));
  SL_TRY(SL_ALLOC(&begin, (size_t)keys + 1));
  // Nothing can fail any more.
  if (lent) {
    out->relationship = old->next_out;
    in->relationship = old->next_in;
    old->next_out = old->next_in = NULL;
  }
  uint32_t *a = out->relationship, *b = in->relationship, *by_type = in->node;
  for (uint32_t r = 0; r < s->rel_count; r++)
    if (!(s->rel_type[r] & SL_GONE)) a[at++] = r;
  // The last key first: by neighbour, by type, by node. The rows of one direction give those of the other.
  sort_by(a, count, s->rel_to, nodes, begin, b);
  if (types) sort_by(b, count, s->rel_type, kinds, begin, by_type);
  sort_by(types ? by_type : b, count, s->rel_from, nodes, out->begin, a);
  if (types) sort_by(a, count, s->rel_type, kinds, begin, by_type);
  sort_by(types ? by_type : a, count, s->rel_to, nodes, in->begin, b);
  fill(s, out, count, s->rel_to);
  fill(s, in, count, s->rel_from);
  sl_free(begin);
  return SL_OK;
}

// Rows that older states may still read.
static void leave_rows(sl_store *s, const sl_neighbours *n) {
  const sl_adjacency *a = &s->adjacency;
  uint32_t *const blocks[4] = {n->begin, n->node, n->relationship, n->type};
  for (int i = 0; i < 4; i++) {
    const size_t count = i == 0 ? (size_t)a->nodes + 1 : a->relationships;
    sl_block_drop(s, blocks[i], a->rows_born, count * sizeof(uint32_t));
  }
}

sl_status sl_store_compact(sl_store *s, bool always) {
  sl_adjacency *a = &s->adjacency;
  const uint64_t newer = s->rel_count - a->relationships;
  if (newer == 0 && a->removed == 0) return SL_OK;
  if (!always && newer + a->removed <= 256 + a->relationships / 8) return SL_OK;
  sl_neighbours out = {0}, in = {0};
  SL_TRY(sl_keep_room(s, 12));
  const sl_status status = rows_of(s, &out, &in);
  if (status != SL_OK) {
    drop_rows(&out);
    drop_rows(&in);
    return status;
  }
  leave_rows(s, &a->out);
  leave_rows(s, &a->in);
  sl_block_drop(s, a->first_out, a->first_born, a->first_room * sizeof(uint32_t));
  sl_block_drop(s, a->first_in, a->first_born, a->first_room * sizeof(uint32_t));
  sl_block_drop(s, a->next_out, a->next_born, a->next_room * sizeof(uint32_t));
  sl_block_drop(s, a->next_in, a->next_born, a->next_room * sizeof(uint32_t));
  *a = (sl_adjacency){.out = out,
                      .in = in,
                      .nodes = s->node_count,
                      .relationships = s->rel_count,
                      .rows_born = s->epoch,
                      .first_born = s->epoch,
                      .next_born = s->epoch};
  return SL_OK;
}

// ---- walking ------------------------------------------------------------------------------------

static uint32_t first_at_least(const uint32_t *type, uint32_t begin, uint32_t end,
                               uint32_t wanted) {
  while (begin < end) {
    const uint32_t middle = begin + (end - begin) / 2;
    if (type[middle] < wanted)
      begin = middle + 1;
    else
      end = middle;
  }
  return begin;
}

// The part of a row that may have these types.
static void part_of_row(const sl_store *s, const sl_neighbours *n, uint32_t node,
                        const sl_types *types, uint32_t *begin, uint32_t *end) {
  *begin = *end = 0;
  if (node >= s->adjacency.nodes || n->begin == NULL) return;
  *begin = n->begin[node];
  *end = n->begin[node + 1];
  if (types->count != 1) return;
  const uint32_t wanted = types->ids[0];
  if (wanted == SL_NO_NAME)
    *end = *begin;
  else if (n->type != NULL) {
    *begin = first_at_least(n->type, *begin, *end, wanted);
    *end = first_at_least(n->type, *begin, *end, wanted + 1);
  } else if (wanted != 0) {
    *end = *begin; // there was one type only
  }
}

static void turn(sl_walk *w, uint8_t now) {
  const sl_adjacency *a = &w->store->adjacency;
  const sl_neighbours *n = now == SL_TOWARDS_OUT ? &a->out : &a->in;
  w->now = now;
  w->node = n->node;
  w->relationship = n->relationship;
  w->type = n->type;
  part_of_row(w->store, n, w->from, w->types, &w->at, &w->end);
  w->newer = w->from >= a->first_room ? SL_NO_ID
             : now == SL_TOWARDS_OUT  ? a->first_out[w->from]
                                      : a->first_in[w->from];
}

void sl_walk_begin(sl_walk *w, const sl_store *s, uint32_t node, sl_towards towards,
                   const sl_types *types) {
  *w = (sl_walk){.store = s, .types = types, .from = node, .towards = (uint8_t)towards};
  turn(w, towards & SL_TOWARDS_OUT ? SL_TOWARDS_OUT : SL_TOWARDS_IN);
}

bool sl_walk_next(sl_walk *w, uint32_t *node, uint32_t *relationship) {
  const sl_store *s = w->store;
  const sl_adjacency *a = &s->adjacency;
  for (;;) {
    const bool back = w->towards == SL_TOWARDS_BOTH && w->now == SL_TOWARDS_IN;
    while (w->at < w->end) {
      const uint32_t i = w->at++;
      const uint32_t r = w->relationship[i];
      if (a->removed > 0 && s->rel_type[r] & SL_GONE) continue;
      if (w->types->count > 1 && w->type != NULL && !sl_types_have(w->types, w->type[i])) continue;
      if (w->types->count > 1 && w->type == NULL && !sl_types_have(w->types, s->rel_type[r]))
        continue;
      if (back && w->node[i] == w->from) continue;
      *node = w->node[i];
      *relationship = r;
      return true;
    }
    while (w->newer != SL_NO_ID) {
      const uint32_t r = w->newer;
      const bool out = w->now == SL_TOWARDS_OUT;
      w->newer = (out ? a->next_out : a->next_in)[r - a->relationships];
      const uint32_t other = out ? s->rel_to[r] : s->rel_from[r];
      if (s->rel_type[r] & SL_GONE || !sl_types_have(w->types, s->rel_type[r])) continue;
      if (back && other == w->from) continue;
      *node = other;
      *relationship = r;
      return true;
    }
    if (w->towards != SL_TOWARDS_BOTH || w->now == SL_TOWARDS_IN) return false;
    turn(w, SL_TOWARDS_IN);
  }
}

bool sl_store_row(const sl_store *s, uint32_t node, sl_towards towards, const sl_types *types,
                  uint32_t *begin, uint32_t *end) {
  const sl_adjacency *a = &s->adjacency;
  if (a->removed > 0 || towards == SL_TOWARDS_BOTH || types->count > 1) return false;
  const uint32_t *first = towards == SL_TOWARDS_OUT ? a->first_out : a->first_in;
  if (node < a->first_room && first[node] != SL_NO_ID) return false;
  part_of_row(s, towards == SL_TOWARDS_OUT ? &a->out : &a->in, node, types, begin, end);
  return true;
}

uint64_t sl_store_degree(const sl_store *s, uint32_t node, sl_towards towards,
                         const sl_types *types) {
  uint32_t begin, end, other, relationship;
  if (sl_store_row(s, node, towards, types, &begin, &end)) return end - begin;
  sl_walk walk;
  uint64_t count = 0;
  sl_walk_begin(&walk, s, node, towards, types);
  while (sl_walk_next(&walk, &other, &relationship)) count++;
  return count;
}
