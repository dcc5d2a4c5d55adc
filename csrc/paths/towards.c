// Based on: P. E. Hart, N. J. Nilsson, B. Raphael, "A formal basis for the heuristic determination
// of minimum cost paths", IEEE Transactions on Systems Science and Cybernetics 4 (1968),
// doi:10.1109/TSSC.1968.300136; A. V. Goldberg, C. Harrelson, "Computing the shortest path: A*
// search meets graph theory", SODA 2005 (landmarks; here one direction and the few landmarks that
// say most about the pair).
#include "paths/route.h"

void sl_side_reset(sl_side *side, uint32_t n) {
  side->heap_count = 0;
  if (++side->stamp > 0) return;
  for (uint32_t u = 0; u < n; u++) side->labels[u].stamp = 0;
  side->stamp = 1;
}

// A lower bound of the distance from a node to the target, by the triangle inequality. Where one of
// two distances is not there the difference says so, or is NaN and says nothing.
SL_ALWAYS_INLINE double potential(const sl_towards *t, uint32_t u) {
  if (t->left != NULL) return t->left[u] * t->share;
  const sl_routes *l = t->landmarks;
  if (l == NULL) return 0;
  double most = 0;
  const float *here = l->from + (size_t)u * l->landmarks,
              *there = l->from + (size_t)t->target * l->landmarks;
  for (uint32_t i = 0; i < t->active_count; i++) {
    const uint32_t a = t->active[i];
    const double further = (double)there[a] - here[a];
    if (further > most) most = further;
    if (!t->directed && -further > most) most = -further;
  }
  if (t->directed) {
    here = l->to + (size_t)u * l->landmarks;
    there = l->to + (size_t)t->target * l->landmarks;
    for (uint32_t i = 0; i < t->active_count; i++) {
      const double further = (double)here[t->active[i]] - there[t->active[i]];
      if (further > most) most = further;
    }
  }
  return most > l->margin ? most - l->margin : 0;
}

void sl_towards_choose(sl_towards *t) {
  const sl_routes *l = t->landmarks;
  double best[ACTIVE_LANDMARKS];
  t->active_count = 0;
  for (uint32_t i = 0; i < l->landmarks; i++) {
    const size_t s = (size_t)t->source * l->landmarks + i, e = (size_t)t->target * l->landmarks + i;
    double says = (double)l->from[e] - l->from[s];
    const double other = t->directed ? (double)l->to[s] - l->to[e] : -says;
    if (!(says >= other)) says = other;
    if (!(says > 0)) continue;
    uint32_t at = t->active_count;
    while (at > 0 && best[at - 1] < says) at--;
    if (at == ACTIVE_LANDMARKS) continue;
    if (t->active_count < ACTIVE_LANDMARKS) t->active_count++;
    for (uint32_t j = t->active_count - 1; j > at; j--) {
      best[j] = best[j - 1];
      t->active[j] = t->active[j - 1];
    }
    best[at] = says;
    t->active[at] = i;
  }
}

void sl_towards_start(sl_towards *t, double distance, uint32_t n) {
  sl_side *side = t->side;
  sl_side_reset(side, n);
  const double left = potential(t, t->source);
  t->running = distance + left < t->bound;
  side->labels[t->source] = (sl_label){.distance = distance,
                                       .potential = left,
                                       .predecessor = NONE,
                                       .position = 0,
                                       .stamp = side->stamp};
  side->heap[0] = (sl_heap_entry){distance + left, t->source};
  side->heap_count = 1;
}

static bool may_begin(const sl_towards *t, uint32_t v) {
  for (uint32_t i = 0; i < t->banned_first_count; i++)
    if (t->banned_first[i] == v) return false;
  return true;
}

SL_NOINLINE uint64_t sl_towards_step(sl_towards *t, uint64_t work) {
  sl_side *side = t->side;
  sl_label *labels = side->labels;
  const sl_heap_places places = sl_side_places(side);
  const sl_arcs arcs = t->arcs;
  uint64_t done = 0;
  while (done < work) {
    if (side->heap_count == 0) {
      t->running = false;
      break;
    }
    const sl_heap_entry first = sl_heap_take(side->heap, &side->heap_count, places);
    const uint32_t u = first.node, last = arcs.rows[u + 1];
    labels[u].position = CLOSED;
    t->settled++;
    if (u == t->target || first.key >= t->bound) {
      t->running = false;
      break;
    }
    done += last - arcs.rows[u] + 1;
    const double distance = labels[u].distance;
    for (uint32_t k = arcs.rows[u]; k < last; k++) {
      const uint32_t v = arcs.columns[k];
      sl_label *label = &labels[v];
      const double sum = distance + sl_arc_length(&arcs, k);
      const bool known = label->stamp == side->stamp;
      if (known && !(sum < label->distance)) continue;
      if (t->banned != NULL && t->banned[v] == t->ban) continue;
      if (u == t->source && t->banned_first_count > 0 && !may_begin(t, v)) continue;
      const double left = known ? label->potential : potential(t, v);
      if (!(sum + left < t->bound)) continue;
      const uint32_t at = known && label->position != CLOSED ? label->position : side->heap_count++;
      *label = (sl_label){.distance = sum,
                          .potential = left,
                          .predecessor = u,
                          .position = at,
                          .stamp = side->stamp};
      sl_heap_rise(side->heap, at, (sl_heap_entry){sum + left, v}, places);
    }
  }
  return done;
}

uint32_t sl_side_path(const sl_side *side, uint32_t target, uint32_t *path) {
  uint32_t count = 0;
  for (uint32_t u = target; u != NONE; u = side->labels[u].predecessor) count++;
  if (path == NULL) return count;
  uint32_t i = count;
  for (uint32_t u = target; u != NONE; u = side->labels[u].predecessor) path[--i] = u;
  return count;
}

double sl_path_length(const sl_arcs *arcs, const uint32_t *path, uint32_t count) {
  double length = 0;
  for (uint32_t i = 1; i < count; i++) {
    uint32_t low = arcs->rows[path[i - 1]], high = arcs->rows[path[i - 1] + 1];
    while (high - low > 1) {
      const uint32_t middle = low + (high - low) / 2;
      if (arcs->columns[middle] <= path[i])
        low = middle;
      else
        high = middle;
    }
    length += sl_arc_length(arcs, low);
  }
  return length;
}
