#include "paths/folding.h"

// Neighbours of a node that are still there; the last of them.
static uint32_t neighbours(const sl_arcs *arcs, const uint32_t *onto, uint32_t u, uint32_t *last) {
  uint32_t count = 0;
  for (uint32_t k = arcs->rows[u]; k < arcs->rows[u + 1]; k++) {
    const uint32_t v = arcs->columns[k];
    if (v == u || onto[v] != NONE) continue;
    *last = v;
    count++;
  }
  return count;
}

static sl_status copy_rest(sl_paths *paths, const sl_arcs *arcs, sl_folding *f) {
  const uint32_t n = paths->n;
  uint32_t *rows, *columns, left = 0;
  for (uint32_t u = 0; u < n; u++) {
    if (f->onto[u] != NONE) continue;
    for (uint32_t k = arcs->rows[u]; k < arcs->rows[u + 1]; k++)
      left += f->onto[arcs->columns[k]] == NONE;
  }
  SL_TRY(TAKE(paths, &rows, (size_t)n + 1));
  SL_TRY(TAKE(paths, &columns, left));
  uint32_t to = 0;
  for (uint32_t u = 0; u < n; u++) {
    rows[u] = to;
    if (f->onto[u] != NONE) continue;
    for (uint32_t k = arcs->rows[u]; k < arcs->rows[u + 1]; k++)
      if (f->onto[arcs->columns[k]] == NONE) columns[to++] = arcs->columns[k];
  }
  rows[n] = to;
  f->arcs = (sl_arcs){.rows = rows, .columns = columns, .type = arcs->type};
  return SL_OK;
}

sl_status sl_fold(sl_paths *paths, const sl_arcs *arcs, sl_folding *f) {
  const uint32_t n = paths->n;
  uint32_t *degree, last = NONE, end = 0;
  *f = (sl_folding){.arcs = *arcs};
  SL_TRY(TAKE(paths, &f->weight, n));
  SL_TRY(TAKE(paths, &f->folded, n));
  SL_TRY(TAKE(paths, &f->onto, n));
  SL_TRY(TAKE(paths, &degree, n));
  for (uint32_t u = 0; u < n; u++) {
    f->weight[u] = 1;
    f->onto[u] = NONE;
  }
  // Those with one neighbour wait in `folded`, behind those that were folded: none waits twice.
  for (uint32_t u = 0; u < n; u++) {
    degree[u] = neighbours(arcs, f->onto, u, &last);
    if (degree[u] == 1) f->folded[end++] = u;
  }
  for (uint32_t i = 0; i < end; i++) {
    const uint32_t u = f->folded[i];
    if (degree[u] == 0) continue; // its neighbour was folded onto it: the last of a tree
    neighbours(arcs, f->onto, u, &last);
    f->folded[f->count++] = u;
    f->onto[u] = last;
    f->weight[last] += f->weight[u];
    if (--degree[last] == 1) f->folded[end++] = last;
  }
  return f->count > 0 ? copy_rest(paths, arcs, f) : SL_OK;
}
