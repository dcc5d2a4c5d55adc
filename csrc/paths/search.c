// Based on: E. W. Dijkstra, "A note on two problems in connexion with graphs", Numerische
// Mathematik 1 (1959), doi:10.1007/BF01386390; R. K. Ahuja, K. Mehlhorn, J. B. Orlin, R. E. Tarjan,
// "Faster algorithms for the shortest path problem", JACM 37 (1990), doi:10.1145/77600.77615
// (radix heaps; here with stale entries instead of falling keys); buckets as in ring.h.
//
// Ties: of several predecessors with the same sum the smallest stays. Weights are positive, so each
// of them is nearer than the node and settled before it; only where a weight vanishes in rounding
// are both at the same distance, and then the first one found stays.
#include "paths/search.h"

// Buckets are narrower than the shortest edge by this share: more than rounding of up to 2^40 buckets
// can make.
#define MARGIN 0x1p-10

static double buckets_to_a_unit(const sl_paths *paths) { return (1 + MARGIN) / paths->smallest; }

// Whether the distances that wait fit the ring, whatever they are.
static bool fits_ring(const sl_paths *paths) {
  const double narrow = buckets_to_a_unit(paths);
  return narrow < INFINITY && paths->largest * narrow < SL_RING - 3 &&
         paths->largest * paths->n * narrow < 0x1p40;
}

sl_status sl_search_create(sl_search *s, sl_paths *paths, bool weighted, bool reverse,
                           bool predecessors) {
  const uint32_t n = s->n = paths->n;
  SL_TRY(sl_paths_arcs(paths, weighted, reverse, &s->arcs));
  s->method = s->arcs.type == SL_VALUES_PATTERN ? SL_BREADTH_FIRST
              : s->arcs.pairs != NULL           ? paths->largest < SL_RING ? SL_BUCKETS : SL_RADIX
              : fits_ring(paths)                ? SL_WIDE_BUCKETS
                                                : SL_HEAP;
  SL_TRY(TAKE(paths, &s->order, (size_t)n + 1));
  switch (s->method) {
  case SL_BREADTH_FIRST:
    return sl_breadth_create(s, paths, reverse, predecessors);
  case SL_BUCKETS:
    SL_TRY(TAKE(paths, &s->ring.heads, SL_RING));
    return TAKE(paths, &s->marks, n);
  case SL_RADIX:
    return TAKE(paths, &s->marks, n);
  case SL_WIDE_BUCKETS:
    s->narrow = buckets_to_a_unit(paths);
    SL_TRY(TAKE(paths, &s->ring.heads, SL_RING));
    return TAKE(paths, &s->reaches, n);
  case SL_HEAP:
    break;
  }
  SL_TRY(TAKE(paths, &s->heap, n));
  return TAKE(paths, &s->reaches, n);
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
  return (sl_heap_places){(char *)&s->reaches->position, sizeof *s->reaches};
}

static void forget_node(sl_search *s, uint32_t u) {
  if (s->reaches != NULL) {
    s->reaches[u] = (sl_reach){.distance = INFINITY, .predecessor = NONE};
  } else if (s->marks != NULL) {
    s->marks[u] = SL_UNKNOWN;
  } else {
    s->level[u] = NONE;
    s->seen[u] = 0;
    if (s->predecessor != NULL) s->predecessor[u] = NONE;
  }
}

static void forget_all(sl_search *s) {
  const size_t n = s->n;
  if (s->marks != NULL) {
    memset(s->marks, 0xff, n * sizeof *s->marks);
  } else if (s->level != NULL) {
    memset(s->level, 0xff, n * sizeof *s->level);
    memset(s->seen, 0, n);
    if (s->predecessor != NULL) memset(s->predecessor, 0xff, n * sizeof *s->predecessor);
  } else {
    for (uint32_t u = 0; u < n; u++) forget_node(s, u);
  }
  s->clean = true;
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

// A source, unless it is one already.
static sl_status begin_at(sl_search *s, uint32_t u) {
  if (sl_search_distance(s, u) == 0) return SL_OK;
  switch (s->method) {
  case SL_BREADTH_FIRST:
    s->level[u] = 0;
    s->seen[u] = 1;
    s->order[s->settled++] = u;
    return SL_OK;
  case SL_BUCKETS:
    s->marks[u] = NONE;
    return sl_ring_put(&s->ring, 0, u);
  case SL_RADIX:
    s->marks[u] = NONE;
    return put(s, 0, u);
  case SL_WIDE_BUCKETS:
    s->reaches[u].distance = 0;
    return sl_ring_put(&s->ring, 0, u);
  case SL_HEAP:
    break;
  }
  s->reaches[u] = (sl_reach){0, NONE, s->heap_count};
  s->heap[s->heap_count++] = (sl_heap_entry){0, u};
  return SL_OK;
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
  if (s->ring.heads != NULL) sl_ring_reset(&s->ring);
  for (uint32_t i = 0; i < count; i++) SL_TRY(begin_at(s, sources[i]));
  if (s->method == SL_BREADTH_FIRST) sl_breadth_start(s);
  return SL_OK;
}

// ---- whole lengths ------------------------------------------------------------------------------

static uint32_t whole_limit(const sl_search *s) {
  return s->limit < 4294967294.0 ? (uint32_t)s->limit : UINT32_MAX - 1;
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
    if (s->marks[entries[i].node] >> 32 == entries[i].key)
      SL_TRY(put(s, entries[i].key, entries[i].node));
  }
  return SL_OK;
}

// Settles nodes from the ring, or from the radix heap. Edges done are added to *done.
SL_ALWAYS_INLINE sl_status settle_whole(sl_search *s, uint64_t work, uint64_t *done, bool ring) {
  const uint32_t *rows = s->arcs.rows, limit = whole_limit(s);
  const uint64_t *pairs = s->arcs.pairs;
  while (*done < work) {
    if (ring ? !sl_ring_turn(&s->ring) : s->bucket_count[0] == 0) {
      bool some = false;
      if (!ring) SL_TRY(refill(s, &some));
      if (some) continue;
      s->running = false;
      break;
    }
    const uint32_t key = ring ? (uint32_t)s->ring.last : s->last,
                   u = ring ? sl_ring_take(&s->ring) : s->buckets[0][--s->bucket_count[0]].node;
    if (s->marks[u] >> 32 != key) continue; // it has been nearer since
    s->order[s->settled++] = u;
    if (u == s->target) {
      s->running = false;
      break;
    }
    const uint32_t last = rows[u + 1];
    *done += last - rows[u] + 1;
    for (uint32_t k = rows[u]; k < last; k++) {
      const uint64_t pair = pairs[k];
      const uint32_t v = (uint32_t)pair, sum = key + (uint32_t)(pair >> 32);
      const uint64_t before = s->marks[v], mark = (uint64_t)sum << 32 | u;
      if (mark >= before || sum > limit) continue;
      s->marks[v] = mark;
      if (sum < before >> 32) SL_TRY(ring ? sl_ring_put(&s->ring, sum, v) : put(s, sum, v));
    }
  }
  return SL_OK;
}

SL_NOINLINE static sl_status settle_by_ring(sl_search *s, uint64_t work, uint64_t *done) {
  return settle_whole(s, work, done, true);
}

SL_NOINLINE static sl_status settle_by_radix(sl_search *s, uint64_t work, uint64_t *done) {
  return settle_whole(s, work, done, false);
}

// ---- lengths in f64 -----------------------------------------------------------------------------

SL_NOINLINE static sl_status settle_by_wide_ring(sl_search *s, uint64_t work, uint64_t *done) {
  const sl_arcs arcs = s->arcs;
  const double narrow = s->narrow;
  sl_ring *ring = &s->ring;
  while (*done < work) {
    if (!sl_ring_turn(ring)) {
      s->running = false;
      break;
    }
    const uint32_t u = sl_ring_take(ring), last = arcs.rows[u + 1];
    const double distance = s->reaches[u].distance;
    if ((uint64_t)(distance * narrow) != ring->last) continue; // it has been nearer since
    s->order[s->settled++] = u;
    if (u == s->target) {
      s->running = false;
      break;
    }
    *done += last - arcs.rows[u] + 1;
    for (uint32_t k = arcs.rows[u]; k < last; k++) {
      const uint32_t v = arcs.columns[k];
      sl_reach *reach = &s->reaches[v];
      const double sum = distance + sl_arc_length(&arcs, k), before = reach->distance;
      if (sum > before || sum > s->limit || (sum == before && u > reach->predecessor)) continue;
      reach->distance = sum;
      reach->predecessor = u;
      const uint64_t bucket = (uint64_t)(sum * narrow);
      // Once is enough for a bucket.
      if (before < INFINITY && (uint64_t)(before * narrow) == bucket) continue;
      SL_TRY(sl_ring_put(ring, bucket, v));
    }
  }
  return SL_OK;
}

SL_NOINLINE static uint64_t settle_by_heap(sl_search *s, uint64_t work) {
  const sl_arcs arcs = s->arcs;
  const sl_heap_places places = places_of(s);
  sl_reach *reaches = s->reaches;
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
      sl_reach *reach = &reaches[v];
      const double sum = first.key + sl_arc_length(&arcs, k);
      if (sum > reach->distance) continue;
      if (sum == reach->distance) {
        if (first.key < sum && u < reach->predecessor) reach->predecessor = u;
        continue;
      }
      if (sum > s->limit) continue;
      const uint32_t at = reach->distance == INFINITY ? s->heap_count++ : reach->position;
      reach->distance = sum;
      reach->predecessor = u;
      sl_heap_rise(s->heap, at, (sl_heap_entry){sum, v}, places);
    }
  }
  return done;
}

sl_status sl_search_step(sl_search *s, uint64_t work, uint64_t *done) {
  // Calls of a bounded length, so that what runs is the optimised code.
  const uint64_t piece = 16384;
  while (s->running && *done < work) {
    const uint64_t left = work - *done, most = left < piece ? left : piece;
    uint64_t here = 0;
    sl_status status = SL_OK;
    switch (s->method) {
    case SL_BREADTH_FIRST:
      sl_breadth_step(s, left, &here);
      break;
    case SL_BUCKETS:
      status = settle_by_ring(s, most, &here);
      break;
    case SL_RADIX:
      status = settle_by_radix(s, most, &here);
      break;
    case SL_WIDE_BUCKETS:
      status = settle_by_wide_ring(s, most, &here);
      break;
    case SL_HEAP:
      here = settle_by_heap(s, most);
      break;
    }
    *done += here;
    SL_TRY(status);
  }
  return SL_OK;
}
