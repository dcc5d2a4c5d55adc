// Based on: E. W. Dijkstra, "A note on two problems in connexion with graphs", Numerische
// Mathematik 1 (1959), doi:10.1007/BF01386390; R. K. Ahuja, K. Mehlhorn, J. B. Orlin, R. E. Tarjan,
// "Faster algorithms for the shortest path problem", JACM 37 (1990), doi:10.1145/77600.77615
// (radix heaps; here with stale entries instead of falling keys); S. Beamer, K. Asanovic, D.
// Patterson, "Direction-optimizing breadth-first search", SC 2012, doi:10.1109/SC.2012.50.
//
// Ties: of several predecessors with the same sum the smallest stays. Weights are positive, so each
// of them is nearer than the node and settled before it; only where a weight vanishes in rounding
// are both at the same distance, and then the first one found stays.
#include "paths/search.h"

// When to look upwards and when to go back, as the paper measured them.
#define ALPHA 14
#define BETA 24

sl_status sl_search_create(sl_search *s, sl_paths *paths, bool weighted, bool reverse,
                           bool predecessors) {
  const uint32_t n = s->n = paths->n;
  SL_TRY(sl_paths_arcs(paths, weighted, reverse, &s->arcs));
  s->method = s->arcs.type == SL_VALUES_PATTERN ? SL_BREADTH_FIRST
              : s->arcs.integers == NULL        ? SL_HEAP
              : paths->largest < SL_RING        ? SL_BUCKETS
                                                : SL_RADIX;
  SL_TRY(TAKE(paths, &s->order, (size_t)n + 1));
  if (predecessors) SL_TRY(TAKE(paths, &s->predecessor, n));
  if (s->method == SL_HEAP) {
    SL_TRY(TAKE(paths, &s->distance, n));
    SL_TRY(TAKE(paths, &s->heap, n));
    return TAKE(paths, &s->position, n);
  }
  SL_TRY(TAKE(paths, &s->level, n));
  if (s->method == SL_BUCKETS) SL_TRY(TAKE(paths, &s->ring.heads, SL_RING));
  // The transpose of a directed graph would cost more than it saves.
  const sl_graph *graph = paths->graph;
  if (graph->incoming != NULL || !graph->directed || reverse)
    SL_TRY(sl_paths_arcs(paths, false, !reverse, &s->against));
  return SL_OK;
}

void sl_search_end(sl_search *s) {
  for (int b = 0; b <= 32; b++) {
    sl_free(s->buckets[b]);
    s->buckets[b] = NULL;
    s->bucket_capacity[b] = 0;
  }
  sl_ring_end(&s->ring);
}

SL_NOINLINE static sl_status widen(sl_search *s, int b) {
  const uint32_t capacity = s->bucket_capacity[b] > 0 ? 2 * s->bucket_capacity[b] : 64;
  SL_TRY(SL_REALLOC(&s->buckets[b], capacity));
  s->bucket_capacity[b] = capacity;
  return SL_OK;
}

SL_ALWAYS_INLINE sl_status put(sl_search *s, uint32_t key, uint32_t node) {
  const int b = key == s->last ? 0 : 32 - __builtin_clz(key ^ s->last);
  if (s->bucket_count[b] == s->bucket_capacity[b]) SL_TRY(widen(s, b));
  s->buckets[b][s->bucket_count[b]++] = (sl_radix_entry){key, node};
  return SL_OK;
}

static sl_heap_places places_of(const sl_search *s) {
  return (sl_heap_places){(char *)s->position, sizeof *s->position};
}

static void forget_all(sl_search *s) {
  const uint32_t n = s->n;
  if (s->predecessor != NULL) memset(s->predecessor, 0xff, n * sizeof *s->predecessor);
  if (s->method == SL_HEAP) {
    for (uint32_t u = 0; u < n; u++) s->distance[u] = INFINITY;
  } else {
    memset(s->level, 0xff, n * sizeof *s->level);
  }
  s->clean = true;
}

static void forget_node(sl_search *s, uint32_t u) {
  if (s->method == SL_HEAP)
    s->distance[u] = INFINITY;
  else
    s->level[u] = NONE;
  if (s->predecessor != NULL) s->predecessor[u] = NONE;
}

// Forgets the last search at what it costs: what it has settled, and what was waiting.
static void forget(sl_search *s) {
  for (uint32_t i = 0; i < s->settled; i++) forget_node(s, s->order[i]);
  for (uint32_t i = 0; i < s->heap_count; i++) forget_node(s, s->heap[i].node);
  for (int b = 0; b <= 32; b++)
    for (uint32_t i = 0; i < s->bucket_count[b]; i++) forget_node(s, s->buckets[b][i].node);
  // Entries that are free again are of nodes that were settled.
  for (uint32_t i = 0; i < s->ring.count; i++) forget_node(s, s->ring.entries[i].node);
}

sl_status sl_search_start(sl_search *s, const uint32_t *sources, uint32_t count, double limit,
                          uint32_t target) {
  s->limit = limit;
  s->target = target;
  s->running = true;
  if (s->clean)
    forget(s);
  else
    forget_all(s);
  s->settled = 0;
  s->heap_count = 0;
  memset(s->bucket_count, 0, sizeof s->bucket_count);
  s->last = 0;
  s->depth = 0;
  s->upwards = s->tracing = false;
  s->frontier_arcs = 0;
  if (s->method == SL_BUCKETS) sl_ring_reset(&s->ring);
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t u = sources[i];
    if (s->method == SL_HEAP) {
      if (s->distance[u] == 0) continue;
      s->distance[u] = 0;
      s->position[u] = s->heap_count;
      s->heap[s->heap_count++] = (sl_heap_entry){0, u};
    } else if (s->level[u] != 0) {
      s->level[u] = 0;
      if (s->method == SL_RADIX) {
        SL_TRY(put(s, 0, u));
      } else if (s->method == SL_BUCKETS) {
        SL_TRY(sl_ring_put(&s->ring, 0, u));
      } else {
        s->order[s->settled++] = u;
        s->frontier_arcs += s->arcs.rows[u + 1] - s->arcs.rows[u];
      }
    }
  }
  s->unseen_arcs = s->arcs.rows[s->n] - s->frontier_arcs;
  s->level_begin = s->cursor = 0;
  s->level_end = s->settled;
  return SL_OK;
}

// ---- breadth-first ------------------------------------------------------------------------------

// Nodes begin .. end of the level look at their neighbours. Without a branch for each of them: half
// of those would be predicted wrongly.
SL_NOINLINE static uint64_t look_down(sl_search *s, uint32_t begin, uint32_t end) {
  const uint32_t *rows = s->arcs.rows, *columns = s->arcs.columns;
  uint32_t *level = s->level, *order = s->order;
  const uint32_t next = s->depth + 1;
  uint32_t found = s->settled;
  uint64_t done = 0;
  for (uint32_t i = begin; i < end; i++) {
    const uint32_t u = order[i], last = rows[u + 1];
    done += last - rows[u];
    for (uint32_t k = rows[u]; k < last; k++) {
      const uint32_t v = columns[k], before = level[v];
      order[found] = v; // stays where it was not seen
      found += before > next;
      level[v] = before < next ? before : next;
    }
  }
  s->settled = found;
  return done;
}

// The same with the smallest predecessor, where the edges cannot be followed back.
SL_NOINLINE static uint64_t look_down_and_back(sl_search *s, uint32_t begin, uint32_t end) {
  const uint32_t *rows = s->arcs.rows, *columns = s->arcs.columns;
  uint32_t *level = s->level, *predecessor = s->predecessor, *order = s->order;
  const uint32_t next = s->depth + 1;
  uint32_t found = s->settled;
  uint64_t done = 0;
  for (uint32_t i = begin; i < end; i++) {
    const uint32_t u = order[i], last = rows[u + 1];
    done += last - rows[u];
    for (uint32_t k = rows[u]; k < last; k++) {
      const uint32_t v = columns[k];
      if (level[v] < next) continue;
      if (level[v] == NONE) {
        level[v] = next;
        order[found++] = v;
        predecessor[v] = u;
      } else if (u < predecessor[v]) {
        predecessor[v] = u;
      }
    }
  }
  s->settled = found;
  return done;
}

// The smallest neighbour of the level before: of nodes begin .. end, as they were found, or of all
// nodes where most were found.
SL_NOINLINE static uint64_t trace(sl_search *s, uint32_t begin, uint32_t end, bool all) {
  const uint32_t *rows = s->against.rows, *columns = s->against.columns;
  const uint32_t *level = s->level, *order = s->order;
  uint32_t *predecessor = s->predecessor;
  uint64_t done = 0;
  for (uint32_t i = begin; i < end; i++) {
    const uint32_t v = all ? i : order[i], wanted = level[v] - 1;
    // A source, not reached, or known.
    if (wanted >= NONE - 1 || predecessor[v] != NONE) continue;
    uint32_t k = rows[v];
    while (level[columns[k]] != wanted) k++;
    predecessor[v] = columns[k];
    done += k - rows[v] + 1;
  }
  return done;
}

// Nodes begin .. end that were not seen look for one of the level; the first is the smallest.
SL_NOINLINE static uint64_t look_up(sl_search *s, uint32_t begin, uint32_t end) {
  const uint32_t *rows = s->against.rows, *columns = s->against.columns;
  uint32_t *level = s->level;
  uint32_t found = s->settled;
  uint64_t done = 0;
  for (uint32_t v = begin; v < end; v++) {
    if (level[v] != NONE) continue;
    const uint32_t first = rows[v], last = rows[v + 1];
    uint32_t k = first;
    while (k < last && level[columns[k]] != s->depth) k++;
    done += k - first;
    if (k == last) continue;
    // Not a level that others of this pass would take for the one they look for: depth + 1.
    level[v] = s->depth + 1;
    s->order[found++] = v;
    if (s->predecessor != NULL) s->predecessor[v] = columns[k];
  }
  s->settled = found;
  return done;
}

// Chooses how the next level is found.
static void next_level(sl_search *s) {
  s->level_begin = s->level_end;
  s->level_end = s->settled;
  s->depth++;
  s->frontier_arcs = 0;
  for (uint32_t i = s->level_begin; i < s->level_end; i++) {
    const uint32_t u = s->order[i];
    s->frontier_arcs += s->arcs.rows[u + 1] - s->arcs.rows[u];
  }
  s->unseen_arcs -= s->frontier_arcs;
  if (s->against.rows == NULL) return;
  if (s->upwards)
    s->upwards = s->level_end - s->level_begin > s->n / BETA;
  else
    s->upwards =
        s->frontier_arcs > s->unseen_arcs / ALPHA && s->level_end - s->level_begin > s->n / BETA;
}

static void step_levels(sl_search *s, uint64_t work, uint64_t *done) {
  const bool traces = s->predecessor != NULL && s->against.rows != NULL;
  while (*done < work && s->running) {
    if (s->tracing) {
      const bool all = s->settled > s->n / 2;
      const uint32_t last = all ? s->n : s->settled, left = last - s->cursor,
                     end = s->cursor + (left > 4096 ? 4096 : left);
      *done += 1 + trace(s, s->cursor, end, all);
      s->cursor = end;
      s->running = end < last;
      continue;
    }
    if (s->cursor == 0 && (s->level_begin == s->level_end || !(s->depth + 1.0 <= s->limit) ||
                           (s->target != NONE && s->level[s->target] != NONE))) {
      s->running = s->tracing = traces;
      continue;
    }
    const uint32_t count = s->upwards ? s->n : s->level_end - s->level_begin;
    const uint32_t size = s->upwards ? 8192 : 1024, left = count - s->cursor;
    const uint32_t end = s->cursor + (left > size ? size : left);
    const uint32_t from = s->level_begin + s->cursor, to = s->level_begin + end;
    *done += 1 + (s->upwards                         ? look_up(s, s->cursor, end)
                  : traces || s->predecessor == NULL ? look_down(s, from, to)
                                                     : look_down_and_back(s, from, to));
    s->cursor = end == count ? 0 : end;
    if (end == count) next_level(s);
  }
}

// ---- with weights -------------------------------------------------------------------------------

SL_NOINLINE static uint64_t settle_by_heap(sl_search *s, uint64_t work) {
  const sl_arcs arcs = s->arcs;
  const sl_heap_places places = places_of(s);
  double *distance = s->distance;
  uint32_t *predecessor = s->predecessor;
  uint64_t done = 0;
  while (done < work) {
    if (s->heap_count == 0) {
      s->running = false;
      break;
    }
    const sl_heap_entry first = sl_heap_take(s->heap, &s->heap_count, places);
    const uint32_t u = first.node, last = arcs.rows[u + 1];
    s->order[s->settled++] = u;
    if (u == s->target) {
      s->running = false;
      break;
    }
    done += last - arcs.rows[u] + 1;
    for (uint32_t k = arcs.rows[u]; k < last; k++) {
      const uint32_t v = arcs.columns[k];
      const double sum = first.key + sl_arc_length(&arcs, k);
      if (sum < distance[v]) {
        if (sum > s->limit) continue;
        const uint32_t at = distance[v] == INFINITY ? s->heap_count++ : s->position[v];
        distance[v] = sum;
        if (predecessor != NULL) predecessor[v] = u;
        sl_heap_rise(s->heap, at, (sl_heap_entry){sum, v}, places);
      } else if (predecessor != NULL && sum == distance[v] && first.key < sum &&
                 u < predecessor[v]) {
        predecessor[v] = u;
      }
    }
  }
  return done;
}

// Moves the entries of the first bucket that has some to those before it. False: there are none.
SL_NOINLINE static sl_status refill(sl_search *s, bool *some) {
  int b = 1;
  while (b <= 32 && s->bucket_count[b] == 0) b++;
  *some = b <= 32;
  if (b > 32) return SL_OK;
  const uint32_t count = s->bucket_count[b];
  const sl_radix_entry *entries = s->buckets[b];
  uint32_t least = UINT32_MAX;
  for (uint32_t i = 0; i < count; i++)
    if (entries[i].key < least) least = entries[i].key;
  s->last = least;
  s->bucket_count[b] = 0;
  for (uint32_t i = 0; i < count; i++) {
    // A key that has fallen since has an entry of its own.
    if (s->level[entries[i].node] == entries[i].key)
      SL_TRY(put(s, entries[i].key, entries[i].node));
  }
  return SL_OK;
}

// Settles the nodes at distance `last`. Edges done are added to *done.
SL_NOINLINE static sl_status settle_integers(sl_search *s, uint64_t work, uint64_t *done) {
  const sl_arcs arcs = s->arcs;
  const uint32_t limit = s->limit < 4294967295.0 ? (uint32_t)s->limit : UINT32_MAX;
  uint32_t *level = s->level, *predecessor = s->predecessor;
  while (*done < work) {
    if (s->bucket_count[0] == 0) {
      bool some;
      SL_TRY(refill(s, &some));
      if (some) continue;
      s->running = false;
      break;
    }
    const uint32_t u = s->buckets[0][--s->bucket_count[0]].node, key = s->last,
                   last = arcs.rows[u + 1];
    if (level[u] != key) continue;
    s->order[s->settled++] = u;
    if (u == s->target) {
      s->running = false;
      break;
    }
    *done += last - arcs.rows[u] + 1;
    for (uint32_t k = arcs.rows[u]; k < last; k++) {
      const uint32_t v = arcs.columns[k], sum = key + arcs.integers[k];
      if (sum < level[v]) {
        if (sum > limit) continue;
        level[v] = sum;
        if (predecessor != NULL) predecessor[v] = u;
        SL_TRY(put(s, sum, v));
      } else if (predecessor != NULL && sum == level[v] && u < predecessor[v]) {
        predecessor[v] = u;
      }
    }
  }
  return SL_OK;
}

// Settles nodes bucket by bucket.
SL_NOINLINE static sl_status settle_by_ring(sl_search *s, uint64_t work, uint64_t *done) {
  const sl_arcs arcs = s->arcs;
  const uint32_t limit = s->limit < 4294967295.0 ? (uint32_t)s->limit : UINT32_MAX;
  uint32_t *level = s->level, *predecessor = s->predecessor;
  sl_ring *ring = &s->ring;
  while (*done < work) {
    if (!sl_ring_turn(ring)) {
      s->running = false;
      break;
    }
    const uint32_t key = ring->last, u = sl_ring_take(ring);
    if (level[u] != key) continue; // it has been nearer since
    s->order[s->settled++] = u;
    if (u == s->target) {
      s->running = false;
      break;
    }
    const uint32_t last = arcs.rows[u + 1];
    *done += last - arcs.rows[u] + 1;
    for (uint32_t k = arcs.rows[u]; k < last; k++) {
      const uint32_t v = arcs.columns[k], sum = key + arcs.integers[k];
      if (sum < level[v]) {
        if (sum > limit) continue;
        level[v] = sum;
        if (predecessor != NULL) predecessor[v] = u;
        SL_TRY(sl_ring_put(ring, sum, v));
      } else if (predecessor != NULL && sum == level[v] && u < predecessor[v]) {
        predecessor[v] = u;
      }
    }
  }
  return SL_OK;
}

sl_status sl_search_step(sl_search *s, uint64_t work, uint64_t *done) {
  // Calls of a bounded length, so that what runs is the optimised code.
  const uint64_t piece = 16384;
  while (s->running && *done < work) {
    const uint64_t left = work - *done;
    uint64_t here = 0;
    if (s->method == SL_BREADTH_FIRST)
      step_levels(s, left, &here);
    else if (s->method == SL_BUCKETS)
      SL_TRY(settle_by_ring(s, left < piece ? left : piece, &here));
    else if (s->method == SL_RADIX)
      SL_TRY(settle_integers(s, left < piece ? left : piece, &here));
    else
      here = settle_by_heap(s, left < piece ? left : piece);
    *done += here;
  }
  return SL_OK;
}
