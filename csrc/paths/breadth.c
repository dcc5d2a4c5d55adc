// Based on: S. Beamer, K. Asanovic, D. Patterson, "Direction-optimizing breadth-first search", SC
// 2012, doi:10.1109/SC.2012.50.
//
// The inner loops look at a byte a node and branch for none: half of the branches would be predicted
// wrongly. Levels and predecessors are written once for each node, when its level is complete. The
// nodes of a level look around in ascending order where predecessors are asked for, so that the
// first one that finds a node is the smallest.
#include "paths/search.h"

// When to look upwards and when to go back, as the paper measured them.
#define ALPHA 14
#define BETA 24
// Levels of so many nodes are sorted one by one, larger ones by bits.
#define FEW 24

sl_status sl_breadth_create(sl_search *s, sl_paths *paths, bool reverse, bool predecessors) {
  const size_t n = s->n;
  SL_TRY(TAKE(paths, &s->level, n));
  SL_TRY(TAKE(paths, &s->seen, n));
  if (predecessors) {
    SL_TRY(TAKE(paths, &s->predecessor, n));
    SL_TRY(TAKE(paths, &s->finders, n + 1));
    SL_TRY(TAKE_ZERO(paths, &s->bits, n / 64 + 1));
    SL_TRY(TAKE_ZERO(paths, &s->summary, n / 4096 + 1));
  }
  // The transpose of a directed graph would cost more than it saves.
  const sl_graph *graph = paths->graph;
  if (graph->incoming != NULL || !graph->directed || reverse)
    SL_TRY(sl_paths_arcs(paths, false, !reverse, &s->against));
  return SL_OK;
}

// What `seen` holds for the nodes of a level. Neighbours of a node that was not seen are of the last
// level or not seen either: two values are enough to tell the last level from the one that is being
// found, and what `seen` says of nodes before them does not matter.
static uint8_t code_of(uint32_t depth) { return (uint8_t)(1 + (depth & 1)); }

// Nodes begin .. end of the level look at their neighbours.
SL_ALWAYS_INLINE uint64_t down(sl_search *s, uint32_t begin, uint32_t end, bool finders) {
  const uint32_t *rows = s->arcs.rows, *columns = s->arcs.columns;
  uint8_t *seen = s->seen;
  uint32_t *order = s->order, *finder = s->finders;
  const uint8_t code = code_of(s->depth + 1);
  uint32_t found = s->settled;
  uint64_t done = 0;
  for (uint32_t i = begin; i < end; i++) {
    const uint32_t u = order[i], last = rows[u + 1];
    done += last - rows[u];
    for (uint32_t k = rows[u]; k < last; k++) {
      const uint32_t v = columns[k];
      order[found] = v; // stays where it was not seen
      if (finders) finder[found] = u;
      found += seen[v] == 0;
      seen[v] = code;
    }
  }
  s->settled = found;
  return done;
}

SL_NOINLINE static uint64_t look_down(sl_search *s, uint32_t begin, uint32_t end) {
  return down(s, begin, end, false);
}

SL_NOINLINE static uint64_t look_down_and_remember(sl_search *s, uint32_t begin, uint32_t end) {
  return down(s, begin, end, true);
}

// Nodes begin .. end that were not seen look for one of the level; the first is the smallest.
SL_NOINLINE static uint64_t look_up(sl_search *s, uint32_t begin, uint32_t end) {
  const uint32_t *rows = s->against.rows, *columns = s->against.columns;
  uint8_t *seen = s->seen;
  const uint8_t wanted = code_of(s->depth), code = code_of(s->depth + 1);
  uint32_t found = s->settled;
  uint64_t done = 0;
  for (uint32_t v = begin; v < end; v++) {
    if (seen[v] != 0) continue;
    const uint32_t first = rows[v], last = rows[v + 1];
    uint32_t k = first;
    while (k < last && seen[columns[k]] != wanted) k++;
    done += k - first;
    if (k == last) continue;
    seen[v] = code;
    s->order[found] = v;
    if (s->finders != NULL) s->finders[found] = columns[k];
    found++;
  }
  s->settled = found;
  return done;
}

// Places begin .. end of the order, ascending. O(nodes / 4096) beside what it sorts.
SL_NOINLINE static void sort_level(sl_search *s, uint32_t begin, uint32_t end) {
  uint32_t *order = s->order;
  if (end - begin <= FEW) {
    for (uint32_t i = begin + 1; i < end; i++) {
      const uint32_t v = order[i];
      uint32_t j = i;
      for (; j > begin && order[j - 1] > v; j--) order[j] = order[j - 1];
      order[j] = v;
    }
    return;
  }
  uint64_t *bits = s->bits, *summary = s->summary;
  uint32_t low = UINT32_MAX, high = 0;
  for (uint32_t i = begin; i < end; i++) {
    const uint32_t v = order[i], at = v / 4096;
    bits[v / 64] |= 1ull << v % 64;
    summary[at] |= 1ull << v / 64 % 64;
    low = at < low ? at : low;
    high = at > high ? at : high;
  }
  for (uint32_t at = low; at <= high; at++) {
    for (uint64_t words = summary[at]; words != 0; words &= words - 1) {
      const uint32_t word = 64 * at + (uint32_t)__builtin_ctzll(words);
      for (uint64_t left = bits[word]; left != 0; left &= left - 1)
        order[begin++] = 64 * word + (uint32_t)__builtin_ctzll(left);
      bits[word] = 0;
    }
    summary[at] = 0;
  }
}

// The level that has been found is complete: writes what is known of its nodes, and chooses how the
// next one is found.
SL_NOINLINE static void next_level(sl_search *s) {
  const uint32_t *rows = s->arcs.rows, *order = s->order;
  const uint32_t begin = s->level_end, end = s->settled, depth = ++s->depth;
  uint64_t arcs = 0;
  for (uint32_t i = begin; i < end; i++) {
    const uint32_t v = order[i];
    s->level[v] = depth;
    if (s->predecessor != NULL) s->predecessor[v] = s->finders[i];
    arcs += rows[v + 1] - rows[v];
  }
  s->level_begin = begin;
  s->level_end = end;
  s->frontier_arcs = arcs;
  s->unseen_arcs -= arcs;
  const bool was = s->upwards, large = end - begin > s->n / BETA;
  if (s->against.rows != NULL) s->upwards = large && (was || arcs > s->unseen_arcs / ALPHA);
  // Who looks upwards has found them in ascending order.
  if (s->predecessor != NULL && !s->upwards && !was) sort_level(s, begin, end);
}

void sl_breadth_start(sl_search *s) {
  s->depth = 0;
  s->upwards = false;
  s->frontier_arcs = 0;
  if (s->predecessor != NULL) sort_level(s, 0, s->settled);
  for (uint32_t i = 0; i < s->settled; i++) {
    const uint32_t u = s->order[i];
    s->frontier_arcs += s->arcs.rows[u + 1] - s->arcs.rows[u];
  }
  s->unseen_arcs = s->arcs.rows[s->n] - s->frontier_arcs;
  s->level_begin = s->cursor = 0;
  s->level_end = s->settled;
}

void sl_breadth_step(sl_search *s, uint64_t work, uint64_t *done) {
  while (*done < work) {
    if (s->cursor == 0 && (s->level_begin == s->level_end || !(s->depth + 1.0 <= s->limit) ||
                           (s->target != NONE && s->seen[s->target] != 0))) {
      s->running = false;
      return;
    }
    const uint32_t count = s->upwards ? s->n : s->level_end - s->level_begin;
    const uint32_t size = s->upwards ? 8192 : 1024, left = count - s->cursor;
    const uint32_t end = s->cursor + (left > size ? size : left);
    const uint32_t from = s->level_begin + s->cursor, to = s->level_begin + end;
    *done += 1 + (s->upwards               ? look_up(s, s->cursor, end)
                  : s->predecessor == NULL ? look_down(s, from, to)
                                           : look_down_and_remember(s, from, to));
    s->cursor = end == count ? 0 : end;
    if (end == count) next_level(s);
  }
}
