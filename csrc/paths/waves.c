// Based on: U. Meyer, P. Sanders, "Delta-stepping: a parallelizable shortest path algorithm", Journal
// of Algorithms 49 (2003), doi:10.1016/S0196-6774(03)00076-2; here one after the other, without a
// difference between light and heavy edges.
//
// The edges of a node are looked at without a branch for each: who has come nearer is listed, and
// put into its bucket afterwards.
#include "paths/waves.h"

// Edges that are looked at before the buckets are told.
#define TOGETHER 64
// Buckets to the mean length of an edge.
#define TO_A_MEAN 4

typedef struct sl_whole_entry {
  uint32_t distance, node;
} sl_whole_entry;

typedef struct sl_real_entry {
  double distance;
  uint32_t node;
} sl_real_entry;

static uint32_t shift_of(const sl_paths *paths) {
  uint32_t shift = 0;
  while (shift < 31 && (double)(2u << shift) <= paths->mean / TO_A_MEAN) shift++;
  return shift;
}

// Buckets that what waits is spread over at most.
static double span_of(const sl_paths *paths) {
  if (paths->whole) return floor(paths->largest / (double)(1u << shift_of(paths))) + 2;
  return paths->largest * (TO_A_MEAN / paths->mean) + 3;
}

bool sl_waves_fit(const sl_paths *paths) {
  // Numbers of buckets are exact, and no length vanishes when it is added.
  return span_of(paths) <= SL_WAVES_MOST &&
         (paths->whole || (paths->largest * paths->n * (TO_A_MEAN / paths->mean) < 0x1p50 &&
                           paths->largest * paths->n < paths->smallest * 0x1p52));
}

sl_status sl_waves_create(sl_waves *w, const sl_paths *paths, const sl_arcs *arcs) {
  const size_t n = w->n = paths->n;
  w->arcs = *arcs;
  w->whole = paths->whole;
  w->shift = shift_of(paths);
  w->narrow = TO_A_MEAN / paths->mean;
  uint32_t buckets = 64;
  while (buckets < span_of(paths)) buckets *= 2;
  w->mask = buckets - 1;
  SL_TRY(SL_ALLOC_ZERO(&w->buckets, buckets));
  SL_TRY(SL_ALLOC_ZERO(&w->filled, buckets / 64));
  w->touched_capacity = (uint32_t)(n / 8) + 64;
  SL_TRY(SL_ALLOC(&w->touched, w->touched_capacity));
  if (w->whole)
    SL_TRY(SL_ALLOC(&w->marks, n));
  else
    SL_TRY(SL_ALLOC(&w->reaches, n));
  w->all = true;
  return SL_OK;
}

void sl_waves_end(sl_waves *w) {
  if (w->buckets != NULL)
    for (uint32_t b = 0; b <= w->mask; b++) sl_free(w->buckets[b].entries);
  sl_free(w->buckets);
  sl_free(w->filled);
  sl_free(w->touched);
  sl_free(w->marks);
  sl_free(w->reaches);
  *w = (sl_waves){0};
}

size_t sl_waves_bytes(const sl_waves *w) {
  if (w->buckets == NULL) return 0;
  const size_t entry = w->whole ? sizeof(sl_whole_entry) : sizeof(sl_real_entry),
               known = w->whole ? sizeof *w->marks : sizeof *w->reaches;
  size_t bytes = (w->mask + 1) * sizeof *w->buckets + (w->mask + 1) / 8;
  for (uint32_t b = 0; b <= w->mask; b++) bytes += w->buckets[b].capacity * entry;
  return bytes + w->n * known + w->touched_capacity * sizeof *w->touched;
}

static void forget_node(sl_waves *w, uint32_t u) {
  if (w->whole)
    w->marks[u] = SL_UNKNOWN;
  else
    w->reaches[u] = (sl_reach){.distance = INFINITY, .predecessor = NONE};
}

void sl_waves_reset(sl_waves *w, double limit, bool alone) {
  if (w->all && w->whole) {
    memset(w->marks, 0xff, w->n * sizeof *w->marks);
  } else if (w->all) {
    for (uint32_t u = 0; u < w->n; u++) forget_node(w, u);
  } else {
    for (uint32_t i = 0; i < w->touched_count; i++) forget_node(w, w->touched[i]);
  }
  for (uint32_t b = 0; b <= w->mask; b++) {
    sl_wave *wave = &w->buckets[b];
    for (uint32_t i = 0; i < wave->count && !w->all; i++)
      forget_node(w, w->whole ? ((const sl_whole_entry *)wave->entries)[i].node
                              : ((const sl_real_entry *)wave->entries)[i].node);
    wave->count = 0;
  }
  memset(w->filled, 0, (w->mask + 1) / 64 * sizeof *w->filled);
  w->summary = w->current = w->done = w->settled = 0;
  w->cursor = w->touched_count = 0;
  w->all = alone;
  w->limit = limit;
}

SL_NOINLINE static sl_status widen(sl_waves *w, sl_wave *wave) {
  const uint32_t capacity = wave->capacity > 0 ? 2 * wave->capacity : 64;
  if (w->whole) {
    sl_whole_entry *entries = wave->entries;
    SL_TRY(SL_REALLOC(&entries, capacity));
    wave->entries = entries;
  } else {
    sl_real_entry *entries = wave->entries;
    SL_TRY(SL_REALLOC(&entries, capacity));
    wave->entries = entries;
  }
  wave->capacity = capacity;
  return SL_OK;
}

// A bucket with room for one entry more.
SL_ALWAYS_INLINE sl_status bucket_for(sl_waves *w, uint64_t number, sl_wave **out) {
  const uint32_t b = (uint32_t)number & w->mask;
  sl_wave *wave = *out = &w->buckets[b];
  if (wave->count == wave->capacity) SL_TRY(widen(w, wave));
  w->filled[b / 64] |= 1ull << b % 64;
  w->summary |= 1ull << b / 64;
  return SL_OK;
}

SL_ALWAYS_INLINE sl_status put_whole(sl_waves *w, uint32_t distance, uint32_t node) {
  sl_wave *wave;
  SL_TRY(bucket_for(w, distance >> w->shift, &wave));
  ((sl_whole_entry *)wave->entries)[wave->count++] = (sl_whole_entry){distance, node};
  return SL_OK;
}

SL_ALWAYS_INLINE sl_status put_real(sl_waves *w, double distance, uint32_t node) {
  sl_wave *wave;
  SL_TRY(bucket_for(w, (uint64_t)(distance * w->narrow), &wave));
  ((sl_real_entry *)wave->entries)[wave->count++] = (sl_real_entry){distance, node};
  return SL_OK;
}

sl_status sl_waves_begin_at(sl_waves *w, uint32_t node) {
  if (sl_waves_distance(w, node) == 0) return SL_OK;
  if (w->whole) {
    w->marks[node] = NONE;
    return put_whole(w, 0, node);
  }
  w->reaches[node].distance = 0;
  return put_real(w, 0, node);
}

bool sl_waves_turn(sl_waves *w) {
  const uint32_t b = (uint32_t)w->current & w->mask, word = b / 64;
  uint64_t bits = w->filled[word] & ~0ull << b % 64;
  uint32_t found = word;
  if (bits == 0) {
    const uint64_t later = word == 63 ? 0 : w->summary & ~0ull << (word + 1),
                   words = later != 0 ? later : w->summary;
    if (words == 0) return false;
    found = (uint32_t)__builtin_ctzll(words);
    bits = w->filled[found];
  }
  w->current += (64 * found + (uint32_t)__builtin_ctzll(bits) - b) & w->mask;
  return true;
}

double sl_waves_least(const sl_waves *w) {
  if (w->whole) return (double)(w->current << w->shift);
  // The number of a bucket was rounded once, and this is rounded as well.
  return (double)w->current / w->narrow * (1 - 0x1p-50);
}

// Keeps how far a step has come in the bucket in turn, and closes that when nothing is left in it.
static sl_status finish(sl_waves *w, sl_wave *wave, uint32_t cursor, uint64_t settled,
                        uint64_t done) {
  w->cursor = cursor;
  w->settled += settled;
  w->done += done;
  if (cursor < wave->count) return SL_OK;
  const uint32_t b = (uint32_t)w->current & w->mask;
  wave->count = w->cursor = 0;
  w->filled[b / 64] &= ~(1ull << b % 64);
  if (w->filled[b / 64] == 0) w->summary &= ~(1ull << b / 64);
  return SL_OK;
}

static void note(sl_waves *w, uint32_t u) {
  if (w->touched_count < w->touched_capacity)
    w->touched[w->touched_count++] = u;
  else
    w->all = true;
}

// How far from this end a node can be and still be part of a connection shorter than the best one.
static double useful(const sl_waves *w, const sl_waves *other, double best) {
  const double most = other == NULL ? INFINITY : best - sl_waves_least(other);
  return most < w->limit ? most : w->limit;
}

static uint32_t whole_limit(const sl_waves *w, const sl_waves *other, double best) {
  const double most = useful(w, other, best);
  return most < 4294967294.0 ? (uint32_t)most : UINT32_MAX - 1;
}

// What comes nearer is put where it belongs.
SL_ALWAYS_INLINE sl_status put_marked(sl_waves *w, const uint32_t *nearer, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    SL_TRY(put_whole(w, (uint32_t)(w->marks[nearer[i]] >> 32), nearer[i]));
  return SL_OK;
}

SL_ALWAYS_INLINE uint32_t look_around(const uint64_t *pairs, uint64_t *marks, uint32_t limit,
                                      sl_whole_entry from, uint32_t k, uint32_t end,
                                      uint32_t *nearer) {
  uint32_t count = 0;
  for (; k < end; k++) {
    const uint64_t pair = pairs[k];
    const uint32_t v = (uint32_t)pair, sum = from.distance + (uint32_t)(pair >> 32);
    // The smaller mark has the smaller distance, or of the same the smaller predecessor.
    const uint64_t before = marks[v],
                   mark = sum <= limit ? (uint64_t)sum << 32 | from.node : SL_UNKNOWN;
    nearer[count] = v;
    count += mark >> 32 < before >> 32;
    marks[v] = mark < before ? mark : before;
  }
  return count;
}

SL_ALWAYS_INLINE sl_status step_whole(sl_waves *w, uint64_t work, const sl_waves *other,
                                      double *best, uint32_t *meeting) {
  const uint32_t *rows = w->arcs.rows;
  const uint64_t *pairs = w->arcs.pairs;
  uint64_t *marks = w->marks;
  sl_wave *wave = &w->buckets[w->current & w->mask];
  uint64_t done = 0, settled = 0;
  uint32_t limit = whole_limit(w, other, other != NULL ? *best : INFINITY), cursor = w->cursor;
  uint32_t nearer[TOGETHER];
  for (; cursor < wave->count && done < work; cursor++) {
    const sl_whole_entry entry = ((const sl_whole_entry *)wave->entries)[cursor];
    const uint32_t u = entry.node, first = rows[u], last = rows[u + 1];
    done++;
    if (marks[u] >> 32 != entry.distance) continue; // it has been nearer since
    done += last - first;
    settled++;
    if (other != NULL) {
      note(w, u);
      const uint64_t mark = other->marks[u];
      const double length = (double)entry.distance + (double)(mark >> 32);
      if (mark != SL_UNKNOWN && length < *best) {
        *best = length;
        *meeting = u;
        limit = whole_limit(w, other, length);
      }
    }
    for (uint32_t k = first, stop; k < last; k = stop) {
      stop = last - k > TOGETHER ? k + TOGETHER : last;
      const uint32_t count = look_around(pairs, marks, limit, entry, k, stop, nearer);
      SL_TRY(put_marked(w, nearer, count));
    }
  }
  return finish(w, wave, cursor, settled, done);
}

SL_NOINLINE static sl_status step_alone(sl_waves *w, uint64_t work) {
  return step_whole(w, work, NULL, NULL, NULL);
}

SL_NOINLINE static sl_status step_against(sl_waves *w, uint64_t work, const sl_waves *other,
                                          double *best, uint32_t *meeting) {
  return step_whole(w, work, other, best, meeting);
}

SL_NOINLINE static sl_status step_real(sl_waves *w, uint64_t work, const sl_waves *other,
                                       double *best, uint32_t *meeting) {
  const sl_arcs arcs = w->arcs;
  sl_reach *reaches = w->reaches;
  sl_wave *wave = &w->buckets[w->current & w->mask];
  uint64_t done = 0, settled = 0;
  double most = useful(w, other, other != NULL ? *best : INFINITY);
  uint32_t nearer[TOGETHER], cursor = w->cursor;
  for (; cursor < wave->count && done < work; cursor++) {
    const sl_real_entry entry = ((const sl_real_entry *)wave->entries)[cursor];
    const uint32_t u = entry.node, first = arcs.rows[u], last = arcs.rows[u + 1];
    done++;
    if (reaches[u].distance != entry.distance) continue;
    done += last - first;
    settled++;
    if (other != NULL) {
      note(w, u);
      const double length = entry.distance + other->reaches[u].distance;
      if (length < *best) {
        *best = length;
        *meeting = u;
        most = useful(w, other, length);
      }
    }
    for (uint32_t k = first, stop; k < last; k = stop) {
      stop = last - k > TOGETHER ? k + TOGETHER : last;
      uint32_t count = 0;
      for (uint32_t i = k; i < stop; i++) {
        const uint32_t v = arcs.columns[i];
        const double sum = entry.distance + sl_arc_length(&arcs, i), before = reaches[v].distance;
        const uint32_t predecessor = reaches[v].predecessor;
        const bool is_nearer = (sum < before) & (sum <= most),
                   is_other = is_nearer | ((sum == before) & (u < predecessor));
        nearer[count] = v;
        count += is_nearer;
        reaches[v].distance = is_nearer ? sum : before;
        reaches[v].predecessor = is_other ? u : predecessor;
      }
      for (uint32_t i = 0; i < count; i++)
        SL_TRY(put_real(w, reaches[nearer[i]].distance, nearer[i]));
    }
  }
  return finish(w, wave, cursor, settled, done);
}

sl_status sl_waves_step(sl_waves *w, uint64_t work, const sl_waves *other, double *best,
                        uint32_t *meeting) {
  if (!w->whole) return step_real(w, work, other, best, meeting);
  return other == NULL ? step_alone(w, work) : step_against(w, work, other, best, meeting);
}
