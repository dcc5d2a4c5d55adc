// Questions that are made of a search from every node: distances of all pairs, closeness.
//
// Based on: M. Then et al., "The more the merrier: efficient multi-source graph traversal", PVLDB 8
// (2014), doi:10.14778/2735496.2735507 (a bit a source), with lists of the nodes that take part, so
// that long thin graphs cost no more than the searches one by one. Sums are kept at the node that
// is reached, not at the source: with 64 sources a level adds popcount(bits) * level.
#include "paths/search.h"

// ---- distances of all pairs ---------------------------------------------------------------------

typedef struct sl_all {
  sl_search search;
  double *distances; // n x n
  uint32_t row;
  bool begun;
} sl_all;

static sl_status begin_all(sl_paths *paths, const double *options, const uint32_t *nodes,
                           uint32_t count) {
  (void)nodes, (void)count;
  const size_t n = paths->n;
  sl_all *all;
  SL_TRY(TAKE_ZERO(paths, &all, 1));
  paths->state = all;
  // First what may not fit; rows that are never reached say so.
  const bool fits = n <= SIZE_MAX / sizeof *all->distances / n;
  SL_REQUIRE(fits, SL_ERR_MEMORY, "graph", "fewer nodes: n x n distances do not fit");
  SL_TRY(TAKE(paths, &all->distances, n * n));
  SL_TRY(sl_search_create(&all->search, paths, sl_paths_flag(options[0]), false, false));
  paths->expected = n * (paths->graph->outgoing->nnz + n);
  return SL_OK;
}

static sl_status step_all(sl_paths *paths, uint64_t work) {
  sl_all *all = paths->state;
  const uint32_t n = paths->n;
  uint64_t done = 0;
  while (done < work && all->row < n) {
    if (!all->begun) SL_TRY(sl_search_start(&all->search, &all->row, 1, INFINITY, NONE));
    all->begun = true;
    SL_TRY(sl_search_step(&all->search, work, &done));
    if (all->search.running) break;
    double *row = all->distances + (size_t)all->row * n;
    for (uint32_t v = 0; v < n; v++) row[v] = sl_search_distance(&all->search, v);
    done += n;
    all->row++;
    all->begun = false;
  }
  paths->work += done;
  if (all->row == n) sl_job_end(&paths->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status read_all(sl_paths *paths, double *numbers) {
  const sl_all *all = paths->state;
  const size_t n = paths->n;
  // What was not computed is not known.
  for (size_t i = all->row * n; i < n * n; i++) all->distances[i] = NAN;
  numbers[2] = (double)(uintptr_t)all->distances;
  numbers[3] = all->row;
  return SL_OK;
}

static void end_all(sl_paths *paths) {
  sl_all *all = paths->state;
  if (all != NULL) sl_search_end(&all->search);
}

const sl_question_kind sl_all_question = {begin_all, step_all, read_all, end_all};

// ---- closeness ----------------------------------------------------------------------------------

typedef struct sl_closeness {
  uint32_t count; // nodes asked for
  double *sum, *inverse;
  uint32_t *reached;
  uint32_t next; // node, or place in the list, whose turn it is
  // 64 at once
  bool together;
  sl_arcs arcs;
  uint64_t *seen, *frontier, *arriving; // n: a bit a source
  uint32_t *active, *touched;           // n: with a frontier; with bits arriving
  uint32_t active_count, touched_count, cursor, depth;
  bool begun;
  // one by one
  sl_search search;
  uint32_t *nodes; // count, or NULL: every node a source, sums at the node reached
} sl_closeness;

static sl_status begin_closeness(sl_paths *paths, const double *options, const uint32_t *nodes,
                                 uint32_t count) {
  const uint32_t n = paths->n;
  const bool weighted = sl_paths_flag(options[0]) && paths->graph->outgoing->values != NULL,
             from = sl_paths_flag(options[1]);
  for (uint32_t i = 0; i < count; i++)
    SL_REQUIRE_AT(nodes[i] < n, SL_ERR_INDEX, "nodes", "a node of the graph", i);
  sl_closeness *c;
  SL_TRY(TAKE_ZERO(paths, &c, 1));
  paths->state = c;
  c->count = count > 0 ? count : n;
  c->together = count == 0 && !weighted;
  SL_TRY(TAKE_ZERO(paths, &c->sum, c->count));
  SL_TRY(TAKE_ZERO(paths, &c->inverse, c->count));
  SL_TRY(TAKE_ZERO(paths, &c->reached, c->count));
  const uint64_t arcs = paths->graph->outgoing->nnz;
  if (c->together) {
    // Searches from every source along the edges sum up the distances to each node.
    SL_TRY(sl_paths_arcs(paths, false, from, &c->arcs));
    SL_TRY(TAKE(paths, &c->seen, n));
    SL_TRY(TAKE_ZERO(paths, &c->frontier, n));
    SL_TRY(TAKE_ZERO(paths, &c->arriving, n));
    SL_TRY(TAKE(paths, &c->active, n));
    SL_TRY(TAKE(paths, &c->touched, n));
    return SL_OK;
  }
  if (count > 0) {
    SL_TRY(TAKE(paths, &c->nodes, count));
    memcpy(c->nodes, nodes, count * sizeof *nodes);
  }
  paths->expected = c->count * (arcs + (uint64_t)n);
  // Asked for some nodes, each searches itself: against the edges for the distances to it.
  return sl_search_create(&c->search, paths, weighted, count > 0 ? !from : from, false);
}

// Active nodes begin .. end pass their bits on.
SL_NOINLINE static uint64_t pass_on(sl_closeness *c, uint32_t begin, uint32_t end) {
  const uint32_t *rows = c->arcs.rows, *columns = c->arcs.columns;
  uint64_t *arriving = c->arriving, done = 0;
  uint32_t count = c->touched_count;
  for (uint32_t i = begin; i < end; i++) {
    const uint32_t u = c->active[i];
    const uint64_t bits = c->frontier[u];
    done += 1 + rows[u + 1] - rows[u];
    for (uint32_t k = rows[u]; k < rows[u + 1]; k++) {
      const uint32_t v = columns[k];
      if (arriving[v] == 0) c->touched[count++] = v;
      arriving[v] |= bits;
    }
  }
  c->touched_count = count;
  return done;
}

// What has arrived for the first time is counted, and is the next level.
SL_NOINLINE static uint64_t arrive(sl_closeness *c) {
  const double depth = ++c->depth;
  for (uint32_t i = 0; i < c->active_count; i++) c->frontier[c->active[i]] = 0;
  uint32_t count = 0;
  for (uint32_t i = 0; i < c->touched_count; i++) {
    const uint32_t v = c->touched[i];
    const uint64_t fresh = c->arriving[v] & ~c->seen[v];
    c->arriving[v] = 0;
    if (fresh == 0) continue;
    c->seen[v] |= fresh;
    c->frontier[v] = fresh;
    c->active[count++] = v;
    const uint32_t sources = (uint32_t)__builtin_popcountll(fresh);
    c->sum[v] += depth * sources;
    c->inverse[v] += sources / depth;
    c->reached[v] += sources;
  }
  const uint64_t done = c->active_count + c->touched_count;
  c->active_count = count;
  c->touched_count = 0;
  c->cursor = 0;
  return done;
}

static uint64_t step_together(sl_closeness *c, uint32_t n) {
  if (!c->begun) {
    c->begun = true;
    memset(c->seen, 0, n * sizeof *c->seen);
    const uint32_t sources = n - c->next < 64 ? n - c->next : 64;
    for (uint32_t i = 0; i < sources; i++) {
      const uint32_t u = c->next + i;
      c->seen[u] = c->frontier[u] = (uint64_t)1 << i;
      c->reached[u]++;
      c->active[i] = u;
    }
    c->active_count = sources;
    c->cursor = c->depth = 0;
    return n;
  }
  if (c->active_count == 0) {
    c->next += n - c->next < 64 ? n - c->next : 64;
    c->begun = false;
    return 0;
  }
  const uint32_t left = c->active_count - c->cursor, end = c->cursor + (left > 512 ? 512 : left);
  const uint64_t done = pass_on(c, c->cursor, end);
  c->cursor = end;
  return done + (end == c->active_count ? arrive(c) : 0);
}

// Adds the search that has ended. With a list, at its place; else at the nodes it has reached.
static void add_up(sl_closeness *c) {
  const sl_search *s = &c->search;
  for (uint32_t i = 0; i < s->settled; i++) {
    const uint32_t v = s->order[i], at = c->nodes != NULL ? c->next : v;
    const double distance = sl_search_distance(s, v);
    c->sum[at] += distance;
    if (distance > 0) c->inverse[at] += 1 / distance;
    c->reached[at]++;
  }
}

static sl_status step_closeness(sl_paths *paths, uint64_t work) {
  sl_closeness *c = paths->state;
  const uint32_t end = c->together ? paths->n : c->count;
  uint64_t done = 0;
  while (done < work && c->next < end) {
    if (c->together) {
      done += step_together(c, paths->n);
      continue;
    }
    const uint32_t source = c->nodes != NULL ? c->nodes[c->next] : c->next;
    if (!c->begun) SL_TRY(sl_search_start(&c->search, &source, 1, INFINITY, NONE));
    c->begun = true;
    SL_TRY(sl_search_step(&c->search, work, &done));
    if (c->search.running) break;
    done += paths->n;
    add_up(c);
    c->next++;
    c->begun = false;
  }
  paths->work += done;
  if (c->next == end) sl_job_end(&paths->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status read_closeness(sl_paths *paths, double *numbers) {
  const sl_closeness *c = paths->state;
  numbers[2] = c->count;
  numbers[3] = (double)(uintptr_t)c->sum;
  numbers[4] = (double)(uintptr_t)c->inverse;
  numbers[5] = (double)(uintptr_t)c->reached;
  return SL_OK;
}

static void end_closeness(sl_paths *paths) {
  sl_closeness *c = paths->state;
  if (c != NULL) sl_search_end(&c->search);
}

const sl_question_kind sl_closeness_question = {begin_closeness, step_closeness, read_closeness,
                                                end_closeness};
