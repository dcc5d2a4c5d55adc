// One shortest path: from both ends, or towards the target by landmarks.
//
// Based on: T. A. J. Nicholson, "Finding the shortest route between two points in a network", The
// Computer Journal 9 (1966), doi:10.1093/comjnl/9.3.275 (both ends; it stops when the two nearest
// open nodes are together as far as the best connection); Goldberg and Harrelson as in towards.c,
// landmarks chosen far apart.
#include "paths/route.h"

void sl_routes_destroy(sl_routes *r) {
  if (r == NULL) return;
  for (int i = 0; i < 2; i++) {
    sl_free(r->sides[i].labels);
    sl_free(r->sides[i].heap);
    sl_free(r->rings[i].heads);
    sl_ring_end(&r->rings[i]);
  }
  if (r->to != r->from) sl_free(r->to);
  sl_free(r->from);
  sl_free(r->landmark);
  sl_free(r);
}

size_t sl_routes_bytes(const sl_routes *r) {
  if (r == NULL) return 0;
  const size_t table = (size_t)r->n * r->landmarks * sizeof *r->from,
               tables = r->to != r->from ? 2 * table : table;
  size_t rings = 0;
  for (int i = 0; i < 2; i++)
    if (r->rings[i].heads != NULL)
      rings += SL_RING * sizeof *r->rings[i].heads +
               (size_t)r->rings[i].capacity * sizeof *r->rings[i].entries;
  return sizeof *r + 2 * r->n * (sizeof(sl_label) + sizeof(sl_heap_entry)) + tables + rings +
         r->landmarks * sizeof *r->landmark;
}

sl_status sl_routes_create(sl_paths *paths) {
  if (paths->routes != NULL) return SL_OK;
  sl_routes *r;
  SL_TRY(SL_ALLOC_ZERO(&r, 1));
  r->n = paths->n;
  sl_status status = SL_OK;
  for (int i = 0; i < 2 && status == SL_OK; i++) {
    status = SL_ALLOC_ZERO(&r->sides[i].labels, r->n);
    if (status == SL_OK) status = SL_ALLOC(&r->sides[i].heap, r->n);
  }
  if (status != SL_OK) {
    sl_routes_destroy(r);
    return status;
  }
  paths->routes = r;
  return SL_OK;
}

// ---- the question -------------------------------------------------------------------------------

typedef struct sl_route {
  uint32_t source, target;
  sl_arcs arcs[2]; // followed from the source, and backwards from the target
  bool by_landmarks, by_rings;
  sl_towards towards;
  double best; // of the connections between the two sides
  uint32_t meeting;
  uint64_t settled;
  uint32_t *path, count;
  double length;
} sl_route;

static void open_end(sl_side *side, uint32_t node, uint32_t n) {
  sl_side_reset(side, n);
  side->labels[node] = (sl_label){.predecessor = NONE, .stamp = side->stamp};
  side->heap[0] = (sl_heap_entry){0, node};
  side->heap_count = 1;
}

static sl_status begin(sl_paths *paths, const double *options, const uint32_t *nodes,
                       uint32_t count) {
  SL_REQUIRE(count == 2, SL_ERR_SHAPE, "nodes", "a source and a target");
  SL_TRY(sl_paths_check_node(paths, "source", nodes[0]));
  SL_TRY(sl_paths_check_node(paths, "target", nodes[1]));
  const bool weighted = sl_paths_flag(options[0]) && paths->graph->outgoing->values != NULL;
  sl_route *r;
  SL_TRY(TAKE_ZERO(paths, &r, 1));
  paths->state = r;
  SL_TRY(sl_routes_create(paths));
  sl_routes *routes = paths->routes;
  r->source = nodes[0];
  r->target = nodes[1];
  r->best = INFINITY;
  r->by_landmarks = routes->landmarks > 0 && routes->weighted == weighted;
  SL_TRY(sl_paths_arcs(paths, weighted, false, &r->arcs[0]));
  if (!r->by_landmarks) {
    SL_TRY(sl_paths_arcs(paths, weighted, true, &r->arcs[1]));
    r->by_rings = r->arcs[0].integers != NULL && paths->largest < SL_RING;
    for (int i = 0; i < 2; i++) {
      open_end(&routes->sides[i], nodes[i], paths->n);
      if (!r->by_rings) continue;
      sl_ring *ring = &routes->rings[i];
      if (ring->heads == NULL) SL_TRY(SL_ALLOC(&ring->heads, SL_RING));
      sl_ring_reset(ring);
      SL_TRY(sl_ring_put(ring, 0, nodes[i]));
    }
    if (r->source == r->target) {
      r->best = 0;
      r->meeting = r->source;
    }
    return SL_OK;
  }
  r->towards = (sl_towards){.side = &routes->sides[0],
                            .arcs = r->arcs[0],
                            .source = r->source,
                            .target = r->target,
                            .landmarks = routes,
                            .directed = paths->graph->directed,
                            .bound = INFINITY};
  sl_towards_choose(&r->towards);
  sl_towards_start(&r->towards, 0, paths->n);
  return SL_OK;
}

// The nearer side settles nodes. False: the best connection is the shortest path.
SL_NOINLINE static bool meet(sl_route *r, sl_routes *routes, uint64_t work, uint64_t *done) {
  while (*done < work) {
    sl_side *sides = routes->sides;
    if (sides[0].heap_count == 0 || sides[1].heap_count == 0 ||
        sides[0].heap[0].key + sides[1].heap[0].key >= r->best)
      return false;
    const int here = sides[0].heap[0].key <= sides[1].heap[0].key ? 0 : 1;
    sl_side *side = &sides[here];
    const sl_side *other = &sides[1 - here];
    sl_label *labels = side->labels;
    const sl_heap_places places = sl_side_places(side);
    const sl_arcs *arcs = &r->arcs[here];
    const sl_heap_entry first = sl_heap_take(side->heap, &side->heap_count, places);
    const uint32_t u = first.node, last = arcs->rows[u + 1];
    labels[u].position = CLOSED;
    r->settled++;
    *done += last - arcs->rows[u] + 1;
    for (uint32_t k = arcs->rows[u]; k < last; k++) {
      const uint32_t v = arcs->columns[k];
      sl_label *label = &labels[v];
      const double sum = first.key + sl_arc_length(arcs, k);
      const bool known = label->stamp == side->stamp;
      if (known && !(sum < label->distance)) continue;
      const uint32_t at = known ? label->position : side->heap_count++;
      label->distance = sum;
      label->predecessor = u;
      label->stamp = side->stamp;
      sl_heap_rise(side->heap, at, (sl_heap_entry){sum, v}, places);
      if (other->labels[v].stamp == other->stamp && sum + other->labels[v].distance < r->best) {
        r->best = sum + other->labels[v].distance;
        r->meeting = v;
      }
    }
  }
  return true;
}

// The same for whole lengths.
SL_NOINLINE static sl_status meet_by_rings(sl_route *r, sl_routes *routes, uint64_t work,
                                           uint64_t *done, bool *more) {
  sl_side *sides = routes->sides;
  sl_ring *rings = routes->rings;
  while (*done < work) {
    *more = sl_ring_turn(&rings[0]) && sl_ring_turn(&rings[1]) &&
            (double)rings[0].last + rings[1].last < r->best;
    if (!*more) return SL_OK;
    const int here = rings[0].last <= rings[1].last ? 0 : 1;
    sl_ring *ring = &rings[here];
    const sl_side *side = &sides[here], *other = &sides[1 - here];
    sl_label *labels = side->labels;
    const sl_arcs *arcs = &r->arcs[here];
    const uint32_t key = ring->last, u = sl_ring_take(ring), last = arcs->rows[u + 1];
    ++*done;
    if (labels[u].distance != key || labels[u].position == CLOSED) continue;
    labels[u].position = CLOSED;
    r->settled++;
    *done += last - arcs->rows[u];
    for (uint32_t k = arcs->rows[u]; k < last; k++) {
      const uint32_t v = arcs->columns[k], sum = key + arcs->integers[k];
      sl_label *label = &labels[v];
      if (label->stamp == side->stamp && !(sum < label->distance)) continue;
      *label = (sl_label){.distance = sum, .predecessor = u, .stamp = side->stamp};
      SL_TRY(sl_ring_put(ring, sum, v));
      if (other->labels[v].stamp == other->stamp && sum + other->labels[v].distance < r->best) {
        r->best = sum + other->labels[v].distance;
        r->meeting = v;
      }
    }
  }
  *more = true;
  return SL_OK;
}

// The path, and the sum of its lengths from the source on.
static sl_status put_together(sl_paths *paths, sl_route *r) {
  const sl_side *sides = paths->routes->sides;
  const uint32_t end = r->by_landmarks ? r->target : r->meeting;
  const uint32_t there = sl_side_path(&sides[0], end, NULL),
                 back = r->by_landmarks ? 1 : sl_side_path(&sides[1], end, NULL);
  SL_TRY(TAKE(paths, &r->path, there + back - 1));
  r->count = there + back - 1;
  sl_side_path(&sides[0], end, r->path);
  if (!r->by_landmarks) {
    uint32_t at = there, u = sides[1].labels[end].predecessor;
    for (; u != NONE; u = sides[1].labels[u].predecessor) r->path[at++] = u;
  }
  r->length = sl_path_length(&r->arcs[0], r->path, r->count);
  return SL_OK;
}

static sl_status step(sl_paths *paths, uint64_t work) {
  sl_route *r = paths->state;
  bool found, more = true;
  if (r->by_landmarks) {
    const sl_side *side = r->towards.side;
    if (r->towards.running) paths->work += sl_towards_step(&r->towards, work);
    more = r->towards.running;
    r->settled = r->towards.settled;
    found = side->labels[r->target].stamp == side->stamp;
  } else {
    uint64_t done = 0;
    if (r->by_rings)
      SL_TRY(meet_by_rings(r, paths->routes, work, &done, &more));
    else
      more = meet(r, paths->routes, work, &done);
    paths->work += done;
    found = r->best < INFINITY;
  }
  if (more) return SL_OK;
  r->length = INFINITY;
  if (found) SL_TRY(put_together(paths, r));
  sl_job_end(&paths->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status read(sl_paths *paths, double *numbers) {
  const sl_route *r = paths->state;
  numbers[2] = r->count > 0 ? r->length : INFINITY;
  numbers[3] = r->count;
  numbers[4] = (double)(uintptr_t)r->path;
  numbers[5] = (double)r->settled;
  return SL_OK;
}

const sl_question_kind sl_route_question = {begin, step, read, NULL};

// ---- landmarks ----------------------------------------------------------------------------------

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
  SL_TRY(sl_routes_create(paths));
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
