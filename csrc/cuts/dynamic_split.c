// Taking nodes out of their parts after an edge was taken away, instead of searching the graph for new
// parts: mostly there is one light cut more, around a few nodes at an end of that edge.
//
// A and B are the small sides of minimum cuts of weight f between the ends, where they are small. By
// submodularity a cut S between the ends may be taken to contain A and to keep clear of B; its component
// at A then reaches a neighbour of A, and the rest at B one of B. So S weighs at least `bound`, if the
// flow from A and any of its neighbours to B and any of its neighbours is that much. Components of S
// that are away from both ends are covered by what was known before, as long as f is at least what
// has been lost.
#include "cuts/dynamic_state.h"

#define MOST_NODES 64
#define MOST_NEAR 256
#define MOST_PAIRS 1024
#define MOST_WORK 2000000u

typedef struct sl_ends {
  uint32_t node[2];
  bool small[2];
  uint32_t count[2], list[2][MOST_NODES];
  uint32_t near_count[2], near[2][MOST_NEAR];
  uint32_t pairs;
  uint64_t work;
} sl_ends;

static bool holds(const uint32_t *list, uint32_t count, uint32_t node) {
  for (uint32_t i = 0; i < count; i++)
    if (list[i] == node) return true;
  return false;
}

// Adds what the last search reached from that end.
static bool enlarge(const sl_rows_flow *flow, int end, sl_ends *e) {
  if (flow->tail[end] > MOST_NODES) return false;
  for (uint32_t i = 0; i < flow->tail[end]; i++) {
    const uint32_t u = flow->queue[end][i];
    if (holds(e->list[end], e->count[end], u)) continue;
    if (e->count[end] == MOST_NODES) return false;
    e->list[end][e->count[end]++] = u;
  }
  e->small[end] = true;
  return true;
}

// The neighbours of a small side; the end itself stands for a large one.
static bool look_around(const sl_rows *rows, int end, sl_ends *e) {
  e->near_count[end] = 0;
  if (!e->small[end]) {
    e->near[end][e->near_count[end]++] = e->node[end];
    return true;
  }
  for (uint32_t i = 0; i < e->count[end]; i++) {
    const uint32_t u = e->list[end][i];
    for (uint32_t k = rows->start[u]; k < rows->start[u] + rows->size[u]; k++) {
      const uint32_t v = rows->arcs[k].head;
      if (holds(e->list[end], e->count[end], v) || holds(e->list[1 - end], e->count[1 - end], v) ||
          holds(e->near[end], e->near_count[end], v))
        continue;
      if (e->near_count[end] == MOST_NEAR) return false;
      e->near[end][e->near_count[end]++] = v;
    }
    e->work += rows->size[u];
  }
  return true;
}

typedef enum { HOLDS, LARGER, NOT_SEEN } sl_finding;

// Whether the flow from every neighbour to every neighbour is `more` beyond the present one. LARGER: a
// side has grown by a cut of the same weight.
static sl_status try_pairs(sl_dynamic_cut *c, int64_t more, sl_ends *e, sl_finding *out) {
  const size_t before = c->flow.count;
  *out = NOT_SEEN;
  for (uint32_t i = 0; i < e->near_count[0]; i++) {
    for (uint32_t j = 0; j < e->near_count[1]; j++) {
      if (e->near[0][i] == e->near[1][j]) continue;
      if (++e->pairs > MOST_PAIRS || e->work > MOST_WORK) return SL_OK;
      int64_t got = 0, sent = 1;
      int exhausted = 0;
      sl_status status = SL_OK;
      while (status == SL_OK && got < more && sent > 0) {
        status = sl_rows_flow_send(&c->flow, &c->rows, e->near[0][i], e->near[1][j], more - got,
                                   &sent, &exhausted, &e->work);
        got += sent;
      }
      sl_rows_flow_undo(&c->flow, &c->rows, before);
      SL_TRY(status);
      if (got >= more) continue;
      if (got == 0 && enlarge(&c->flow, exhausted, e)) *out = LARGER;
      return SL_OK;
    }
  }
  *out = HOLDS;
  return SL_OK;
}

// Makes a part of a node that is in one with others.
static void take_out(sl_dynamic_cut *c, uint32_t u) {
  const uint32_t old = c->part[u];
  if (c->part_size[old] == 1) return;
  const uint32_t own = c->unused[--c->unused_count];
  if (c->kept == old) {
    for (uint32_t v = 0; v < c->n; v++) c->side[v] = c->part[v] == old;
    c->kept = NONE;
  }
  c->part_size[old]--;
  c->part_size[own] = 1;
  c->part[u] = own;
  int64_t rest = c->lightest[c->n + old];
  for (uint32_t k = c->rows.start[u]; k < c->rows.start[u] + c->rows.size[u]; k++) {
    const sl_arc *arc = &c->rows.arcs[k];
    rest += c->part[arc->head] == old ? arc->weight : -arc->weight;
  }
  sl_dynamic_set_lightest(c, old, rest);
  sl_dynamic_set_lightest(c, own, c->degree[u]);
}

sl_status sl_dynamic_split(sl_dynamic_cut *c, int64_t flow, int exhausted, bool *done) {
  *done = false;
  sl_ends e;
  memset(&e, 0, sizeof e);
  e.node[0] = c->from;
  e.node[1] = c->to;
  if (!enlarge(&c->flow, exhausted, &e)) return SL_OK;
  if (sl_rows_flow_explore(&c->flow, &c->rows, 1 - exhausted, MOST_NODES + 1, &e.work))
    enlarge(&c->flow, 1 - exhausted, &e);
  sl_finding found;
  sl_status status;
  do {
    found = NOT_SEEN;
    status = SL_OK;
    if (look_around(&c->rows, 0, &e) && look_around(&c->rows, 1, &e))
      status = try_pairs(c, c->bound - flow, &e, &found);
  } while (status == SL_OK && found == LARGER);
  c->work += e.work;
  SL_TRY(status);
  if (found != HOLDS) return SL_OK;
  for (int end = 0; end < 2; end++)
    for (uint32_t i = 0; i < e.count[end]; i++) take_out(c, e.list[end][i]);
  *done = true;
  return SL_OK;
}
