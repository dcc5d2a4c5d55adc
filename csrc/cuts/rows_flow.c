// Based on: L. R. Ford, D. R. Fulkerson, "Maximal flow through a network", Canadian J. Mathematics 8
// (1956), doi:10.4153/CJM-1956-045-5, along paths that two searches find by meeting: where only a small
// flow is asked about, they see a small part of the graph.
#include "cuts/rows.h"

sl_status sl_rows_flow_create(sl_rows_flow *f, uint32_t n) {
  *f = (sl_rows_flow){0};
  for (int end = 0; end < 2; end++) {
    SL_TRY(SL_ALLOC(&f->via[end], n));
    SL_TRY(SL_ALLOC_ZERO(&f->stamp[end], n));
    SL_TRY(SL_ALLOC(&f->queue[end], n));
  }
  return SL_OK;
}

void sl_rows_flow_free(sl_rows_flow *f) {
  for (int end = 0; end < 2; end++) {
    sl_free(f->via[end]);
    sl_free(f->stamp[end]);
    sl_free(f->queue[end]);
  }
  sl_free(f->pushes);
  *f = (sl_rows_flow){0};
}

size_t sl_rows_flow_bytes(const sl_rows_flow *f, uint32_t n) {
  return 24 * (size_t)n + f->room * sizeof *f->pushes;
}

static void start_search(sl_rows_flow *f, uint32_t n, const uint32_t ends[2]) {
  if (++f->search == 0) {
    for (int end = 0; end < 2; end++) memset(f->stamp[end], 0, n * sizeof *f->stamp[end]);
    f->search = 1;
  }
  for (int end = 0; end < 2; end++) {
    f->queue[end][0] = ends[end];
    f->stamp[end][ends[end]] = f->search;
    f->via[end][ends[end]] = NONE;
    f->head[end] = 0;
    f->tail[end] = 1;
  }
}

// Follows the arcs of the next node of an end; gives the arc, seen from the first end to the second, by
// which the searches have met, or NONE.
SL_ALWAYS_INLINE uint32_t expand(sl_rows_flow *f, const sl_rows *r, int end, uint64_t *looked) {
  const uint32_t u = f->queue[end][f->head[end]++], begin = r->start[u], last = begin + r->size[u];
  *looked += 1 + last - begin;
  for (uint32_t k = begin; k < last; k++) {
    const sl_arc *arc = &r->arcs[k];
    // From the second end an arc is met the wrong way round.
    if ((end == 0 ? arc->weight - arc->flow : arc->weight + arc->flow) <= 0) continue;
    const uint32_t v = arc->head;
    if (f->stamp[1 - end][v] == f->search) return end == 0 ? k : arc->twin;
    if (f->stamp[end][v] == f->search) continue;
    f->stamp[end][v] = f->search;
    f->via[end][v] = k;
    f->queue[end][f->tail[end]++] = v;
  }
  return NONE;
}

// In pieces, each of which is one call: compiled code replaces slow code between calls only.
SL_NOINLINE static uint32_t search_some(sl_rows_flow *f, const sl_rows *r, uint64_t looked[2],
                                        bool *over) {
  for (uint32_t i = 0; i < 1000; i++) {
    const int end = looked[0] <= looked[1] ? 0 : 1;
    if (f->head[end] == f->tail[end]) {
      *over = true;
      return NONE;
    }
    const uint32_t met = expand(f, r, end, &looked[end]);
    if (met != NONE) return met;
  }
  return NONE;
}

static sl_status note(sl_rows_flow *f, size_t more) {
  if (f->count + more <= f->room) return SL_OK;
  const size_t room = f->count + more + f->room + 64;
  SL_TRY(SL_REALLOC(&f->pushes, room));
  f->room = room;
  return SL_OK;
}

static void push(sl_rows *r, uint32_t arc, int64_t amount) {
  r->arcs[arc].flow += amount;
  r->arcs[r->arcs[arc].twin].flow -= amount;
}

// The arcs of the path through `met`, from the first end to the second, one after the other.
static sl_status send_along(sl_rows_flow *f, sl_rows *r, uint32_t met, int64_t most,
                            int64_t *sent) {
  const size_t first = f->count;
  size_t count = first;
  for (int end = 0; end < 2; end++) {
    uint32_t node = r->arcs[end == 0 ? r->arcs[met].twin : met].head;
    for (uint32_t k = f->via[end][node]; k != NONE; k = f->via[end][node]) {
      SL_TRY(note(f, count - f->count + 2));
      f->pushes[count++].arc = end == 0 ? k : r->arcs[k].twin;
      node = r->arcs[r->arcs[k].twin].head;
    }
  }
  SL_TRY(note(f, count - f->count + 2));
  f->pushes[count++].arc = met;
  int64_t amount = most;
  for (size_t i = first; i < count; i++) {
    const sl_arc *arc = &r->arcs[f->pushes[i].arc];
    if (arc->weight - arc->flow < amount) amount = arc->weight - arc->flow;
  }
  for (size_t i = first; i < count; i++) {
    f->pushes[i].amount = amount;
    push(r, f->pushes[i].arc, amount);
  }
  f->count = count;
  *sent = amount;
  return SL_OK;
}

sl_status sl_rows_flow_send(sl_rows_flow *f, sl_rows *r, uint32_t source, uint32_t target,
                            int64_t most, int64_t *sent, int *exhausted, uint64_t *work) {
  start_search(f, r->n, (const uint32_t[2]){source, target});
  uint64_t looked[2] = {0, 0};
  bool over = false;
  uint32_t met = NONE;
  while (!over && met == NONE) met = search_some(f, r, looked, &over);
  *work += looked[0] + looked[1];
  *sent = 0;
  if (over) {
    *exhausted = f->head[0] == f->tail[0] ? 0 : 1;
    return SL_OK;
  }
  return send_along(f, r, met, most, sent);
}

bool sl_rows_flow_explore(sl_rows_flow *f, const sl_rows *r, int end, uint32_t most,
                          uint64_t *work) {
  while (f->head[end] < f->tail[end] && f->tail[end] < most) expand(f, r, end, work);
  return f->head[end] == f->tail[end];
}

void sl_rows_flow_undo(sl_rows_flow *f, sl_rows *r, size_t count) {
  while (f->count > count) {
    f->count--;
    push(r, f->pushes[f->count].arc, -f->pushes[f->count].amount);
  }
}
