// Rows of arcs that grow: each has room for a power of two, and moves to a larger place when it is full.
#include "cuts/rows.h"

static const uint8_t no_class = UINT8_MAX;

void sl_rows_free(sl_rows *r) {
  sl_free(r->arcs);
  sl_free(r->start);
  sl_free(r->size);
  sl_free(r->class);
  *r = (sl_rows){0};
}

size_t sl_rows_bytes(const sl_rows *r) {
  return (size_t)r->room * sizeof *r->arcs +
         (size_t)r->n * (sizeof *r->start + sizeof *r->size + sizeof *r->class);
}

// The smallest class with room for so many.
static uint8_t class_for(uint32_t count) {
  uint8_t class = 0;
  while ((1ull << class) < count) class ++;
  return class;
}

sl_status sl_rows_create(sl_rows *r, const sl_graph *graph) {
  const sl_csr *edges = graph->outgoing;
  const uint32_t n = graph->node_count;
  *r = (sl_rows){.n = n};
  memset(r->free, 0xff, sizeof r->free);
  SL_TRY(SL_ALLOC(&r->start, n));
  SL_TRY(SL_ALLOC_ZERO(&r->size, n));
  SL_TRY(SL_ALLOC(&r->class, n));
  uint64_t used = 0;
  for (uint32_t u = 0; u < n; u++) {
    uint32_t degree = 0;
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++)
      degree += edges->columns[k] != u;
    r->class[u] = degree == 0 ? no_class : class_for(degree);
    r->start[u] = (uint32_t)used;
    used += degree == 0 ? 0 : 1ull << r->class[u];
    SL_REQUIRE(used < UINT32_MAX, SL_ERR_OVERFLOW, "edges", "fewer than 2^30 edges");
  }
  SL_TRY(SL_ALLOC(&r->arcs, used));
  r->room = r->used = (uint32_t)used;
  // Nodes ascending, so that the arcs from smaller nodes to a node stand in its row in their order.
  for (uint32_t u = 0; u < n; u++) {
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      const uint32_t v = edges->columns[k];
      if (v <= u) continue;
      const uint32_t there = r->start[u] + r->size[u]++, back = r->start[v] + r->size[v]++;
      const int64_t weight = (int64_t)sl_weight(edges, k);
      r->arcs[there] = (sl_arc){v, back, weight, 0};
      r->arcs[back] = (sl_arc){u, there, weight, 0};
      r->edges++;
    }
  }
  return SL_OK;
}

uint32_t sl_rows_find(const sl_rows *r, uint32_t u, uint32_t v) {
  const bool turned = r->size[v] < r->size[u];
  const uint32_t from = turned ? v : u, to = turned ? u : v;
  for (uint32_t k = r->start[from], end = k + r->size[from]; k < end; k++)
    if (r->arcs[k].head == to) return turned ? r->arcs[k].twin : k;
  return NONE;
}

// A place for a row of the class: one that was left, or the end.
static sl_status take_place(sl_rows *r, uint8_t class, uint32_t *out) {
  if (r->free[class] != NONE) {
    *out = r->free[class];
    r->free[class] = r->arcs[*out].twin;
    return SL_OK;
  }
  const uint64_t wanted = r->used + (1ull << class);
  SL_REQUIRE(wanted < UINT32_MAX, SL_ERR_OVERFLOW, "edges", "fewer than 2^30 edges");
  if (wanted > r->room) {
    uint64_t room = r->room + r->room / 2ull;
    room = room < wanted ? wanted : room < UINT32_MAX ? room : UINT32_MAX - 1;
    SL_TRY(SL_REALLOC(&r->arcs, room));
    r->room = (uint32_t)room;
  }
  *out = r->used;
  r->used = (uint32_t)wanted;
  return SL_OK;
}

// Room for one more arc of a node.
static sl_status make_room(sl_rows *r, uint32_t u) {
  const uint8_t old = r->class[u];
  if (old != no_class && r->size[u] < 1u << old) return SL_OK;
  const uint8_t class = old == no_class ? 0 : old + 1;
  SL_REQUIRE(class < SL_ROW_CLASSES, SL_ERR_OVERFLOW, "edges", "fewer than 2^30 edges");
  uint32_t place;
  SL_TRY(take_place(r, class, &place));
  const uint32_t from = r->start[u];
  for (uint32_t i = 0; i < r->size[u]; i++) {
    r->arcs[place + i] = r->arcs[from + i];
    r->arcs[r->arcs[place + i].twin].twin = place + i;
  }
  if (old != no_class) {
    r->arcs[from].twin = r->free[old];
    r->free[old] = from;
  }
  r->start[u] = place;
  r->class[u] = class;
  return SL_OK;
}

// Takes an arc out of the row of u: the last one takes its place.
static void take_out(sl_rows *r, uint32_t u, uint32_t arc) {
  const uint32_t last = r->start[u] + --r->size[u];
  if (arc == last) return;
  r->arcs[arc] = r->arcs[last];
  r->arcs[r->arcs[arc].twin].twin = arc;
}

sl_status sl_rows_change(sl_rows *r, uint32_t u, uint32_t v, int64_t change) {
  const uint32_t arc = sl_rows_find(r, u, v);
  if (arc != NONE) {
    const uint32_t twin = r->arcs[arc].twin;
    r->arcs[twin].weight = r->arcs[arc].weight += change;
    if (r->arcs[arc].weight > 0) return SL_OK;
    take_out(r, u, arc);
    take_out(r, v, twin);
    r->edges--;
    return SL_OK;
  }
  if (change == 0) return SL_OK;
  SL_TRY(make_room(r, u));
  SL_TRY(make_room(r, v));
  const uint32_t there = r->start[u] + r->size[u]++, back = r->start[v] + r->size[v]++;
  r->arcs[there] = (sl_arc){v, back, change, 0};
  r->arcs[back] = (sl_arc){u, there, change, 0};
  r->edges++;
  return SL_OK;
}
