// Orders of directed graphs without cycles, their critical paths, and what they are reduced by.
//
// Based on: A. B. Kahn, "Topological sorting of large networks", CACM 5 (1962),
// doi:10.1145/368996.369025; J. E. Kelley, "Critical-path planning and scheduling: mathematical
// basis", Operations Research 9 (1961), doi:10.1287/opre.9.3.296. A cycle is found among the nodes
// that are left over: each of them has a predecessor that is left over too.
#include "paths/order.h"

static sl_heap_places places_of(const sl_order *o) {
  return (sl_heap_places){(char *)o->position, sizeof *o->position};
}

static sl_status create(sl_paths *paths, bool weighted, sl_order **out) {
  SL_REQUIRE(paths->graph->directed, SL_ERR_UNSUPPORTED, "graph", "a directed graph");
  const uint32_t n = paths->n;
  SL_TRY(TAKE_ZERO(paths, out, 1));
  sl_order *o = paths->state = *out;
  SL_TRY(sl_paths_arcs(paths, weighted, false, &o->arcs));
  SL_TRY(TAKE_ZERO(paths, &o->missing, n));
  SL_TRY(TAKE(paths, &o->order, n));
  SL_TRY(TAKE(paths, &o->heap, n));
  SL_TRY(TAKE(paths, &o->position, n));
  for (uint32_t k = 0; k < o->arcs.rows[n]; k++) o->missing[o->arcs.columns[k]]++;
  for (uint32_t u = 0; u < n; u++) {
    if (o->missing[u] > 0) continue;
    sl_heap_rise(o->heap, o->heap_count++, (sl_heap_entry){u, u}, places_of(o));
  }
  paths->expected = o->arcs.rows[n] + (uint64_t)n;
  return SL_OK;
}

static sl_status begin_order(sl_paths *paths, const double *options, const uint32_t *nodes,
                             uint32_t count) {
  (void)options, (void)nodes, (void)count;
  sl_order *o;
  return create(paths, false, &o);
}

static sl_status begin_critical(sl_paths *paths, const double *options, const uint32_t *nodes,
                                uint32_t count) {
  (void)nodes, (void)count;
  const uint32_t n = paths->n;
  const double *durations = (const double *)(uintptr_t)options[1];
  double longest = 0;
  for (uint32_t u = 0; durations != NULL && u < n; u++) {
    SL_REQUIRE_AT(durations[u] >= 0 && durations[u] < INFINITY, SL_ERR_NOT_POSITIVE, "durations",
                  "finite numbers >= 0", u);
    if (durations[u] > longest) longest = durations[u];
  }
  SL_REQUIRE(longest * n < 0x1p1022, SL_ERR_RANGE, "durations",
             "numbers whose largest times the number of nodes is below 2^1022");
  SL_REQUIRE(options[2] >= 0 && options[2] <= 1, SL_ERR_OPTION, "length", "a number in [0, 1]");
  sl_order *o;
  SL_TRY(create(paths, sl_paths_flag(options[0]), &o));
  o->critical = true;
  o->plain = options[2];
  SL_TRY(TAKE_ZERO(paths, &o->earliest, n));
  SL_TRY(TAKE(paths, &o->latest, n));
  SL_TRY(TAKE(paths, &o->slack, n));
  SL_TRY(TAKE(paths, &o->before, n));
  memset(o->before, 0xff, n * sizeof *o->before);
  if (durations != NULL) {
    double *copy;
    SL_TRY(TAKE(paths, &copy, n));
    memcpy(copy, durations, n * sizeof *copy);
    o->durations = copy;
  }
  return SL_OK;
}

static sl_status begin_reduction(sl_paths *paths, const double *options, const uint32_t *nodes,
                                 uint32_t count) {
  (void)options, (void)nodes, (void)count;
  sl_order *o;
  SL_TRY(create(paths, sl_graph_value_type(paths->graph) != SL_VALUES_PATTERN, &o));
  return sl_reduction_take(paths, o);
}

static double length_of(const sl_order *o, uint32_t k) {
  return o->arcs.type == SL_VALUES_PATTERN ? o->plain : sl_arc_length(&o->arcs, k);
}
static double duration_of(const sl_order *o, uint32_t u) {
  return o->durations != NULL ? o->durations[u] : 0;
}

// Takes up to `work` edges' worth of nodes into the order.
SL_NOINLINE static uint64_t go_on(sl_order *o, uint64_t work) {
  uint64_t done = 0;
  while (done < work && o->heap_count > 0) {
    const uint32_t u = sl_heap_take(o->heap, &o->heap_count, places_of(o)).node;
    o->order[o->count++] = u;
    done += 1 + o->arcs.rows[u + 1] - o->arcs.rows[u];
    for (uint32_t k = o->arcs.rows[u]; k < o->arcs.rows[u + 1]; k++) {
      const uint32_t v = o->arcs.columns[k];
      if (o->critical) {
        const double begin = o->earliest[u] + duration_of(o, u) + length_of(o, k);
        if (o->before[v] == NONE || begin > o->earliest[v] ||
            (begin == o->earliest[v] && u < o->before[v])) {
          o->earliest[v] = begin;
          o->before[v] = u;
        }
      }
      if (--o->missing[v] > 0) continue;
      sl_heap_rise(o->heap, o->heap_count++, (sl_heap_entry){v, v}, places_of(o));
    }
  }
  return done;
}

// Some nodes are left over: walks against the edges among them until a node comes twice.
static sl_status find_cycle(sl_paths *paths, sl_order *o) {
  const uint32_t n = paths->n;
  sl_arcs against;
  SL_TRY(sl_paths_arcs(paths, false, true, &against));
  SL_TRY(TAKE(paths, &o->cycle, n));
  uint32_t u = 0, *when = o->position, count = 0;
  memset(when, 0xff, n * sizeof *when);
  while (o->missing[u] == 0) u++;
  while (when[u] == NONE) {
    when[u] = count;
    o->cycle[count++] = u;
    uint32_t k = against.rows[u];
    while (o->missing[against.columns[k]] == 0) k++;
    u = against.columns[k];
  }
  // Met backwards, from the node that came twice.
  const uint32_t first = when[u];
  o->cycle_count = count - first;
  memmove(o->cycle, o->cycle + first, o->cycle_count * sizeof *o->cycle);
  for (uint32_t i = 0, j = o->cycle_count - 1; i < j; i++, j--) {
    const uint32_t swap = o->cycle[i];
    o->cycle[i] = o->cycle[j];
    o->cycle[j] = swap;
  }
  return SL_OK;
}

// The latest beginnings, from the end, and the path.
static sl_status find_slack(sl_paths *paths, sl_order *o) {
  const uint32_t n = paths->n;
  uint32_t last = NONE;
  double length = -1;
  for (uint32_t u = 0; u < n; u++) {
    const double end = o->earliest[u] + duration_of(o, u);
    if (end > length) {
      length = end;
      last = u;
    }
  }
  o->length = length;
  for (uint32_t i = n; i-- > 0;) {
    const uint32_t u = o->order[i];
    double latest = length;
    for (uint32_t k = o->arcs.rows[u]; k < o->arcs.rows[u + 1]; k++) {
      const double here = o->latest[o->arcs.columns[k]] - length_of(o, k);
      if (here < latest) latest = here;
    }
    latest -= duration_of(o, u);
    // Rounding of the two directions can differ; nothing may begin before it can.
    o->latest[u] = latest > o->earliest[u] ? latest : o->earliest[u];
    o->slack[u] = o->latest[u] - o->earliest[u];
  }
  uint32_t count = 0;
  for (uint32_t u = last; u != NONE; u = o->before[u]) count++;
  SL_TRY(TAKE(paths, &o->path, count));
  o->path_count = count;
  for (uint32_t u = last; u != NONE; u = o->before[u]) {
    o->path[--count] = u;
    o->slack[u] = 0;
    o->latest[u] = o->earliest[u];
  }
  return SL_OK;
}

static sl_status step(sl_paths *paths, uint64_t work) {
  sl_order *o = paths->state;
  paths->work += go_on(o, work);
  if (o->heap_count > 0) return SL_OK;
  if (o->reducing && o->count == paths->n && !sl_reduction_step(paths, o, work)) return SL_OK;
  if (o->count < paths->n)
    SL_TRY(find_cycle(paths, o));
  else if (o->critical)
    SL_TRY(find_slack(paths, o));
  sl_job_end(&paths->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status read_order(sl_paths *paths, double *numbers) {
  const sl_order *o = paths->state;
  numbers[2] = o->count;
  numbers[3] = (double)(uintptr_t)o->order;
  numbers[4] = o->cycle_count;
  numbers[5] = (double)(uintptr_t)o->cycle;
  return SL_OK;
}

static sl_status require_no_cycle(const sl_order *o) {
  if (o->cycle_count == 0) return SL_OK;
  return sl_fail(SL_ERR_UNSUPPORTED, "graph", "a graph without cycles: this node is on one",
                 o->cycle[0]);
}

static sl_status read_reduction(sl_paths *paths, double *numbers) {
  const sl_order *o = paths->state;
  SL_TRY(require_no_cycle(o));
  numbers[2] = o->kept;
  numbers[3] = (double)(uintptr_t)o->from;
  numbers[4] = (double)(uintptr_t)o->to;
  numbers[5] = (double)(uintptr_t)o->weights;
  return SL_OK;
}

static sl_status read_critical(sl_paths *paths, double *numbers) {
  const sl_order *o = paths->state;
  SL_TRY(require_no_cycle(o));
  numbers[2] = o->length;
  numbers[3] = o->path_count;
  numbers[4] = (double)(uintptr_t)o->path;
  numbers[5] = (double)(uintptr_t)o->earliest;
  numbers[6] = (double)(uintptr_t)o->latest;
  numbers[7] = (double)(uintptr_t)o->slack;
  return SL_OK;
}

const sl_question_kind sl_order_question = {begin_order, step, read_order, NULL};
const sl_question_kind sl_critical_question = {begin_critical, step, read_critical, NULL};
const sl_question_kind sl_reduction_question = {begin_reduction, step, read_reduction, NULL};
