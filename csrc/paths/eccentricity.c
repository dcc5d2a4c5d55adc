// Based on: F. W. Takes, W. A. Kosters, "Computing the eccentricity distribution of large graphs",
// Algorithms 6 (2013), doi:10.3390/a6010100 (BoundingDiameters): after a search from v
//
//   max(d(w, v), ecc(v) - d(v, w)) <= ecc(w) <= d(w, v) + ecc(v),
//
// and the next search is from the node whose bounds say most, by turns the largest upper and the
// smallest lower one. With edges of one direction d(w, v) comes from a search against them, and the
// bounds hold where all nodes reach each other; where they do not, each node is searched from.
//
// Sums of lengths that are not whole numbers round; bounds are widened by what that can be, so that
// what is left out is proved not to matter.
#include "graph/components.h"
#include "paths/search.h"

typedef enum sl_wanted { DIAMETER, RADIUS, EACH } sl_wanted;

typedef struct sl_eccentricity {
  sl_search from, to;
  sl_wanted wanted;
  bool directed, bounds, connected, largest_next;
  bool backwards; // the search `to` is under way
  bool begun;
  uint32_t node; // searched from
  uint32_t searches;
  uint32_t *members;    // n: the nodes by component
  uint32_t first, last; // of the component under way
  uint32_t *component_ends, component, components;
  double *value;         // n: eccentricity where known, else NaN
  double *lower, *upper; // n
  double diameter, radius, widen;
  double largest; // length of an edge
  uint32_t far_from, far_to, centre;
} sl_eccentricity;

// Sorts the nodes by component. In a directed graph these are the weak ones, and more than one of
// them means that no bounds hold.
static sl_status find_components(sl_paths *paths, sl_eccentricity *e) {
  const uint32_t n = paths->n;
  uint32_t *label, *ends, count;
  SL_TRY(TAKE(paths, &label, n));
  sl_graph_components(paths->graph, label, &count);
  SL_TRY(TAKE(paths, &e->members, n));
  SL_TRY(TAKE_ZERO(paths, &ends, count + 1));
  for (uint32_t u = 0; u < n; u++) ends[label[u] + 1]++;
  for (uint32_t c = 0; c < count; c++) ends[c + 1] += ends[c];
  for (uint32_t u = 0; u < n; u++) e->members[ends[label[u]]++] = u;
  e->component_ends = ends;
  e->components = count;
  return SL_OK;
}

// Goes on to the next component that matters, and gives its node of most edges, which is near to
// the others. NONE: there is none.
static uint32_t next_component(sl_eccentricity *e) {
  const uint32_t *rows = e->from.arcs.rows;
  while (e->component < e->components) {
    e->first = e->last;
    e->last = e->component_ends[e->component++];
    uint32_t best = e->members[e->first];
    for (uint32_t i = e->first; i < e->last; i++) {
      const uint32_t u = e->members[i];
      if (rows[u + 1] - rows[u] > rows[best + 1] - rows[best]) best = u;
    }
    // Too small for a longer path than one that is known.
    const double most = (e->last - e->first - 1.0) * e->largest * (1 + e->widen);
    if (e->wanted != DIAMETER || most > e->diameter) return best;
  }
  return NONE;
}

static sl_status begin(sl_paths *paths, const double *options, const uint32_t *nodes,
                       uint32_t count) {
  (void)nodes, (void)count;
  const uint32_t n = paths->n;
  const bool weighted = sl_paths_flag(options[0]) && paths->graph->outgoing->values != NULL;
  SL_REQUIRE(options[1] == DIAMETER || options[1] == RADIUS || options[1] == EACH, SL_ERR_OPTION,
             "what", "0, 1 or 2");
  sl_eccentricity *e;
  SL_TRY(TAKE_ZERO(paths, &e, 1));
  paths->state = e;
  e->wanted = (sl_wanted)options[1];
  e->directed = paths->graph->directed;
  e->bounds = e->connected = true;
  SL_TRY(sl_search_create(&e->from, paths, weighted, false, false));
  if (e->directed) SL_TRY(sl_search_create(&e->to, paths, weighted, true, false));
  SL_TRY(TAKE(paths, &e->value, n));
  SL_TRY(TAKE_ZERO(paths, &e->lower, n));
  SL_TRY(TAKE(paths, &e->upper, n));
  for (uint32_t u = 0; u < n; u++) {
    e->value[u] = NAN;
    e->upper[u] = INFINITY;
  }
  e->largest = weighted ? paths->largest : 1;
  e->widen = !weighted || paths->exact ? 0 : 4.0 * n * 0x1p-53;
  e->diameter = -1;
  e->radius = INFINITY;
  SL_TRY(find_components(paths, e));
  e->node = next_component(e);
  return SL_OK;
}

// The node to search from next; NONE: everything that is wanted is known. O(n).
static uint32_t choose(sl_eccentricity *e, uint32_t n) {
  if (!e->bounds) {
    for (uint32_t u = 0; u < n; u++)
      if (isnan(e->value[u])) return u;
    return NONE;
  }
  uint32_t high = NONE, low = NONE;
  for (uint32_t i = e->first; i < e->last; i++) {
    const uint32_t u = e->members[i];
    // The diameter is known by a search that has found its two ends.
    const bool longer = e->upper[u] > e->diameter;
    if (!isnan(e->value[u]) && !longer) continue;
    const bool shorter = e->wanted != DIAMETER && e->lower[u] < e->radius;
    if (e->wanted != EACH && !longer && !shorter) continue;
    if (high == NONE || e->upper[u] > e->upper[high]) high = u;
    if (low == NONE || e->lower[u] < e->lower[low]) low = u;
  }
  if (high == NONE) return next_component(e);
  e->largest_next = !e->largest_next;
  return e->largest_next ? high : low;
}

// What the searches from (and to) the node say about the others.
static void learn(sl_eccentricity *e, uint32_t n) {
  const sl_search *from = &e->from, *to = e->directed && e->bounds ? &e->to : from;
  const uint32_t v = e->node;
  double farthest = 0;
  uint32_t end = v;
  for (uint32_t i = 0; i < from->settled; i++) {
    const uint32_t w = from->order[i];
    const double distance = sl_search_distance(from, w);
    if (distance > farthest || (distance == farthest && distance > 0 && w < end)) {
      farthest = distance;
      end = w;
    }
  }
  e->value[v] = e->lower[v] = e->upper[v] = farthest;
  if (farthest > e->diameter) {
    e->diameter = farthest;
    e->far_from = v;
    e->far_to = end;
  }
  if (farthest < e->radius || (farthest == e->radius && v < e->centre)) {
    e->radius = farthest;
    e->centre = v;
  }
  if (from->settled < n || to->settled < n) e->connected = false;
  // Not strongly connected: a node may reach what this one does not.
  if (e->directed && !e->connected) e->bounds = false;
  if (!e->bounds) return;
  for (uint32_t i = 0; i < to->settled; i++) {
    const uint32_t w = to->order[i];
    const double there = sl_search_distance(to, w), back = sl_search_distance(from, w),
                 slack = e->widen * (there + farthest), upper = there + farthest + slack;
    const double rest = farthest - back - slack,
                 lower = rest > there - slack ? rest : there - slack;
    if (lower > e->lower[w]) e->lower[w] = lower;
    if (upper < e->upper[w]) e->upper[w] = upper;
    if (e->lower[w] == e->upper[w] && isnan(e->value[w])) {
      e->value[w] = e->lower[w];
      if (e->value[w] < e->radius || (e->value[w] == e->radius && w < e->centre)) {
        e->radius = e->value[w];
        e->centre = w;
      }
    }
  }
}

static sl_status step(sl_paths *paths, uint64_t work) {
  sl_eccentricity *e = paths->state;
  const uint32_t n = paths->n;
  uint64_t done = 0;
  while (done < work && sl_job_is_running(&paths->job)) {
    sl_search *search = e->backwards ? &e->to : &e->from;
    if (!e->begun) SL_TRY(sl_search_start(search, &e->node, 1, INFINITY, NONE));
    e->begun = true;
    SL_TRY(sl_search_step(search, work, &done));
    if (search->running) break;
    done += n;
    e->begun = false;
    if (e->directed && e->bounds && !e->backwards) {
      e->backwards = true;
      continue;
    }
    e->backwards = false;
    e->searches++;
    learn(e, n);
    e->node = choose(e, n);
    done += n;
    if (e->node == NONE) sl_job_end(&paths->job, SL_OUTCOME_CONVERGED);
  }
  paths->work += done;
  return SL_OK;
}

static sl_status read(sl_paths *paths, double *numbers) {
  const sl_eccentricity *e = paths->state;
  numbers[2] = e->diameter;
  numbers[3] = e->far_from;
  numbers[4] = e->far_to;
  numbers[5] = e->radius;
  numbers[6] = e->centre;
  numbers[7] = e->searches;
  numbers[8] = (double)(uintptr_t)e->value;
  numbers[9] = e->connected;
  return SL_OK;
}

static void end(sl_paths *paths) {
  sl_eccentricity *e = paths->state;
  if (e == NULL) return;
  sl_search_end(&e->from);
  sl_search_end(&e->to);
}

const sl_question_kind sl_eccentricity_question = {begin, step, read, end};
