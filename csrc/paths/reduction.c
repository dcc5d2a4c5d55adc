// Based on: A. V. Aho, M. R. Garey, J. D. Ullman, "The transitive reduction of a directed graph", SIAM J.
// Computing 1 (1972), doi:10.1137/0201008: without cycles it is unique, and has the edges whose ends no
// longer path joins. Such paths are looked for from the successors of a node, among the nodes that the
// order puts before the last of them.
#include "paths/order.h"

sl_status sl_reduction_take(sl_paths *paths, sl_order *o) {
  const uint32_t n = paths->n, edges = o->arcs.rows[n];
  o->reducing = true;
  SL_TRY(TAKE(paths, &o->place, n));
  SL_TRY(TAKE(paths, &o->seen, n));
  SL_TRY(TAKE(paths, &o->stack, n));
  SL_TRY(TAKE(paths, &o->from, edges));
  SL_TRY(TAKE(paths, &o->to, edges));
  if (o->arcs.type != SL_VALUES_PATTERN) SL_TRY(TAKE(paths, &o->weights, edges));
  memset(o->seen, 0xff, n * sizeof *o->seen);
  paths->expected *= 2;
  return SL_OK;
}

// Marks what the successors of u reach, u's successors themselves only where another one does.
SL_NOINLINE static uint64_t mark(sl_order *o, uint32_t u) {
  const uint32_t *rows = o->arcs.rows, *columns = o->arcs.columns;
  uint32_t last = 0, count = 0;
  uint64_t done = 1 + rows[u + 1] - rows[u];
  for (uint32_t k = rows[u]; k < rows[u + 1]; k++)
    if (o->place[columns[k]] > last) last = o->place[columns[k]];
  for (uint32_t k = rows[u]; k < rows[u + 1]; k++) {
    uint32_t v = columns[k];
    // What is marked has been followed already.
    if (o->seen[v] == u) continue;
    for (;;) {
      done += 1 + rows[v + 1] - rows[v];
      for (uint32_t i = rows[v]; i < rows[v + 1]; i++) {
        const uint32_t w = columns[i];
        if (o->seen[w] == u || o->place[w] > last) continue;
        o->seen[w] = u;
        o->stack[count++] = w;
      }
      if (count == 0) break;
      v = o->stack[--count];
    }
  }
  return done;
}

bool sl_reduction_step(sl_paths *paths, sl_order *o, uint64_t work) {
  const uint32_t n = paths->n;
  if (o->next == 0)
    for (uint32_t i = 0; i < n; i++) o->place[o->order[i]] = i;
  for (uint64_t done = 0; done < work && o->next < n; o->next++) {
    const uint32_t u = o->next, begin = o->arcs.rows[u], end = o->arcs.rows[u + 1];
    // A single successor is reached by no other way.
    uint64_t some = 1;
    if (end - begin > 1) some = mark(o, u);
    for (uint32_t k = begin; k < end; k++) {
      const uint32_t v = o->arcs.columns[k];
      if (o->seen[v] == u) continue;
      o->from[o->kept] = u;
      o->to[o->kept] = v;
      if (o->weights != NULL) o->weights[o->kept] = sl_arc_length(&o->arcs, k);
      o->kept++;
    }
    done += some;
    paths->work += some;
  }
  return o->next == n;
}
