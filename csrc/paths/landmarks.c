// Landmarks chosen far apart, with the distances from and to them.
//
// Based on: A. V. Goldberg, C. Harrelson, "Computing the shortest path: A* search meets graph
// theory", SODA 2005.
#include "paths/route.h"

typedef struct sl_prepare {
  sl_search from, to;
  bool directed, weighted, backwards, begun, scouting;
  uint32_t wanted, made;
  uint32_t node;
  double *nearest; // n: distance to the nearest landmark; -1: is none of those to choose from
  float *tables[2];
  uint32_t *landmark;
  double largest;
} sl_prepare;

static sl_status begin_prepare(sl_paths *paths, const double *options, const uint32_t *nodes,
                               uint32_t count) {
  (void)nodes, (void)count;
  const size_t n = paths->n;
  SL_REQUIRE(options[1] >= 1 && options[1] <= 64, SL_ERR_OPTION, "landmarks",
             "a whole number from 1 to 64");
  sl_prepare *p;
  SL_TRY(TAKE_ZERO(paths, &p, 1));
  paths->state = p;
  p->directed = paths->graph->directed;
  p->weighted = sl_paths_flag(options[0]) && paths->graph->outgoing->values != NULL;
  p->wanted = options[1] < n ? (uint32_t)options[1] : (uint32_t)n;
  SL_TRY(sl_routes_create(paths, 0));
  SL_TRY(sl_search_create(&p->from, paths, p->weighted, false, false));
  if (p->directed) SL_TRY(sl_search_create(&p->to, paths, p->weighted, true, false));
  SL_TRY(TAKE(paths, &p->nearest, n));
  for (uint32_t u = 0; u < n; u++) p->nearest[u] = INFINITY;
  // Kept with the routes afterwards: not the question's memory.
  SL_TRY(SL_ALLOC(&p->tables[0], n * p->wanted));
  if (p->directed) SL_TRY(SL_ALLOC(&p->tables[1], n * p->wanted));
  SL_TRY(SL_ALLOC(&p->landmark, p->wanted));
  // The first search finds the first landmark: what is furthest from where most edges meet.
  const uint32_t *rows = p->from.arcs.rows;
  for (uint32_t u = 1; u < n; u++)
    if (rows[u + 1] - rows[u] > rows[p->node + 1] - rows[p->node]) p->node = u;
  p->scouting = true;
  const uint64_t once = (uint64_t)paths->graph->outgoing->nnz + n;
  paths->expected = (p->wanted * (p->directed ? 2u : 1u) + 1) * once;
  return SL_OK;
}

// Writes the distances that a search has found, and remembers who is far from all landmarks.
static void note(sl_prepare *p, const sl_search *s, float *table) {
  for (uint32_t u = 0; u < s->n; u++) {
    const double distance = sl_search_distance(s, u);
    if (table != NULL) {
      table[(size_t)u * p->wanted + p->made] = (float)distance;
      if (distance < INFINITY && distance > p->largest) p->largest = distance;
    }
    if (distance < p->nearest[u]) p->nearest[u] = distance;
  }
}

// The node that is furthest from every landmark; those that none reaches come last.
static uint32_t furthest(const sl_prepare *p, uint32_t n) {
  uint32_t best = NONE, apart = NONE;
  for (uint32_t u = 0; u < n; u++) {
    const double here = p->nearest[u];
    if (here == INFINITY) {
      if (apart == NONE) apart = u;
    } else if (here > 0 && (best == NONE || here > p->nearest[best])) {
      best = u;
    }
  }
  return best != NONE ? best : apart;
}

// The tables become the routes': rows hold as many landmarks as were made.
//   Errors: ERR_RANGE ("graph").
static sl_status keep(sl_paths *paths, sl_prepare *p) {
  sl_routes *r = paths->routes;
  SL_REQUIRE(p->largest == 0 || (p->largest >= 0x1p-100 && p->largest <= 0x1p120), SL_ERR_RANGE,
             "graph", "distances whose largest is from 2^-100 to 2^120");
  const size_t n = paths->n;
  if (p->made < p->wanted) {
    for (int i = 0; i < 2; i++)
      for (size_t u = 0; p->tables[i] != NULL && u < n; u++)
        memmove(p->tables[i] + u * p->made, p->tables[i] + u * p->wanted,
                p->made * sizeof *p->tables[i]);
  }
  if (r->to != r->from) sl_free(r->to);
  sl_free(r->from);
  sl_free(r->landmark);
  r->from = p->tables[0];
  r->to = p->directed ? p->tables[1] : p->tables[0];
  r->landmark = p->landmark;
  r->landmarks = p->made;
  r->weighted = p->weighted;
  // A distance is rounded to float, and was summed in double before; a potential has two of them.
  const bool exact = (!p->weighted || paths->exact) && p->largest <= 0x1p24;
  r->margin = exact ? 0 : p->largest * (0x1p-22 + 4.0 * n * 0x1p-53);
  p->tables[0] = p->tables[1] = NULL;
  p->landmark = NULL;
  return SL_OK;
}

static sl_status step_prepare(sl_paths *paths, uint64_t work) {
  sl_prepare *p = paths->state;
  const uint32_t n = paths->n;
  uint64_t done = 0;
  while (done < work && sl_job_is_running(&paths->job)) {
    sl_search *search = p->backwards ? &p->to : &p->from;
    if (!p->begun) SL_TRY(sl_search_start(search, &p->node, 1, INFINITY, NONE));
    p->begun = true;
    SL_TRY(sl_search_step(search, work, &done));
    if (search->running) break;
    p->begun = false;
    done += n;
    note(p, search, p->scouting ? NULL : p->tables[p->backwards]);
    if (p->directed && !p->scouting && !p->backwards) {
      p->backwards = true;
      continue;
    }
    p->backwards = false;
    if (!p->scouting) p->landmark[p->made++] = p->node;
    const uint32_t next = furthest(p, n);
    if (p->scouting) {
      p->scouting = false;
      for (uint32_t u = 0; u < n; u++) p->nearest[u] = INFINITY;
      if (next != NONE) p->node = next;
    } else if (p->made == p->wanted || next == NONE) {
      SL_TRY(keep(paths, p));
      sl_job_end(&paths->job, SL_OUTCOME_CONVERGED);
    } else {
      p->node = next;
    }
  }
  paths->work += done;
  return SL_OK;
}

static sl_status read_prepare(sl_paths *paths, double *numbers) {
  numbers[2] = paths->routes->landmarks;
  return SL_OK;
}

static void end_prepare(sl_paths *paths) {
  sl_prepare *p = paths->state;
  if (p == NULL) return;
  sl_search_end(&p->from);
  sl_search_end(&p->to);
  sl_free(p->tables[0]);
  sl_free(p->tables[1]);
  sl_free(p->landmark);
}

const sl_question_kind sl_prepare_question = {begin_prepare, step_prepare, read_prepare,
                                              end_prepare};
