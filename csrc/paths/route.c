// One shortest path: from both ends, or towards the target by landmarks.
//
// Based on: T. A. J. Nicholson, "Finding the shortest route between two points in a network", The
// Computer Journal 9 (1966), doi:10.1093/comjnl/9.3.275 (both ends; it stops when the two nearest
// open nodes are together as far as the best connection).
//
// By waves, connections are looked for where a node is worked off, and what is too far from its end
// to be part of a shorter one is not reached. That is enough: of an edge on a shortest path whose ends
// x and y are worked off from one side and from the other, the later one finds what the other side
// has told it, unless what was best then is as short.
#include "paths/route.h"

void sl_routes_destroy(sl_routes *r) {
  if (r == NULL) return;
  for (int i = 0; i < 2; i++) {
    sl_free(r->sides[i].labels);
    sl_free(r->sides[i].heap);
    sl_waves_end(&r->waves[i]);
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
  size_t sides = 0;
  for (int i = 0; i < 2; i++)
    sides += sl_waves_bytes(&r->waves[i]) +
             (r->sides[i].heap != NULL ? r->n * (sizeof(sl_label) + sizeof(sl_heap_entry)) : 0);
  return sizeof *r + sides + tables + r->landmarks * sizeof *r->landmark;
}

sl_status sl_routes_create(sl_paths *paths, int sides) {
  if (paths->routes == NULL) {
    SL_TRY(SL_ALLOC_ZERO(&paths->routes, 1));
    paths->routes->n = paths->n;
  }
  for (int i = 0; i < sides; i++) {
    sl_side *side = &paths->routes->sides[i];
    if (side->labels == NULL) SL_TRY(SL_ALLOC_ZERO(&side->labels, paths->n));
    if (side->heap == NULL) SL_TRY(SL_ALLOC(&side->heap, paths->n));
  }
  return SL_OK;
}

// ---- the question -------------------------------------------------------------------------------

typedef struct sl_route {
  uint32_t source, target;
  sl_arcs arcs[2]; // followed from the source, and backwards from the target
  bool by_landmarks, by_waves;
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

// Both ends, each with a heap.
static sl_status begin_heaps(sl_paths *paths, sl_route *r) {
  r->by_waves = false;
  SL_TRY(sl_routes_create(paths, 2));
  open_end(&paths->routes->sides[0], r->source, paths->n);
  open_end(&paths->routes->sides[1], r->target, paths->n);
  return SL_OK;
}

// Both ends, each with buckets. What a call that failed has left undone is made again.
static sl_status begin_waves(sl_paths *paths, sl_route *r) {
  SL_TRY(sl_routes_create(paths, 0));
  const uint32_t ends[] = {r->source, r->target};
  for (int i = 0; i < 2; i++) {
    sl_waves *waves = &paths->routes->waves[i];
    if (waves->n == 0) {
      const sl_status status = sl_waves_create(waves, paths, &r->arcs[i]);
      if (status != SL_OK) sl_waves_end(waves);
      SL_TRY(status);
    }
    sl_waves_reset(waves, INFINITY, false);
    SL_TRY(sl_waves_begin_at(waves, ends[i]));
  }
  return SL_OK;
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
  r->source = nodes[0];
  r->target = nodes[1];
  r->best = INFINITY;
  const sl_routes *known = paths->routes;
  r->by_landmarks = known != NULL && known->landmarks > 0 && known->weighted == weighted;
  SL_TRY(sl_paths_arcs(paths, weighted, false, &r->arcs[0]));
  if (!r->by_landmarks) {
    SL_TRY(sl_paths_arcs(paths, weighted, true, &r->arcs[1]));
    if (r->source == r->target) {
      r->best = 0;
      r->meeting = r->source;
    }
    r->by_waves = weighted && sl_waves_fit(paths);
    return r->by_waves ? begin_waves(paths, r) : begin_heaps(paths, r);
  }
  SL_TRY(sl_routes_create(paths, 1));
  sl_routes *routes = paths->routes;
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

// The same by waves: the nearer side works off a bucket, or a piece of it.
static sl_status meet_by_waves(sl_paths *paths, sl_route *r, uint64_t work, bool *more) {
  sl_waves *waves = paths->routes->waves;
  const uint64_t before = waves[0].done + waves[1].done, end = before + work;
  uint64_t done = before;
  while (done < end) {
    *more = sl_waves_turn(&waves[0]) && sl_waves_turn(&waves[1]) &&
            sl_waves_least(&waves[0]) + sl_waves_least(&waves[1]) < r->best;
    if (!*more) break;
    const int here = sl_waves_least(&waves[0]) <= sl_waves_least(&waves[1]) ? 0 : 1;
    const uint64_t left = end - done;
    SL_TRY(sl_waves_step(&waves[here], left < 16384 ? left : 16384, &waves[1 - here], &r->best,
                         &r->meeting));
    done = waves[0].done + waves[1].done;
  }
  paths->work += done - before;
  r->settled = waves[0].settled + waves[1].settled;
  const uint64_t once = paths->graph->outgoing->nnz + (uint64_t)paths->n;
  if (!*more || done / SL_WAVES_PATIENCE < 2 * once) return SL_OK;
  // Nodes come again too often: the weights are of too many sizes.
  r->best = INFINITY;
  r->settled = 0;
  return begin_heaps(paths, r);
}

// The node before another one as a side has found it.
static uint32_t before_of(const sl_paths *paths, const sl_route *r, int side, uint32_t node) {
  const sl_routes *routes = paths->routes;
  return r->by_waves ? sl_waves_predecessor(&routes->waves[side], node)
                     : routes->sides[side].labels[node].predecessor;
}

// The path, and the sum of its lengths from the source on.
static sl_status put_together(sl_paths *paths, sl_route *r) {
  const uint32_t end = r->by_landmarks ? r->target : r->meeting;
  uint32_t there = 0, back = 0;
  for (uint32_t u = end; u != NONE; u = before_of(paths, r, 0, u)) there++;
  if (!r->by_landmarks)
    for (uint32_t u = end; (u = before_of(paths, r, 1, u)) != NONE;) back++;
  SL_TRY(TAKE(paths, &r->path, there + back));
  r->count = there + back;
  uint32_t at = there;
  for (uint32_t u = end; u != NONE; u = before_of(paths, r, 0, u)) r->path[--at] = u;
  at = there;
  if (!r->by_landmarks)
    for (uint32_t u = end; (u = before_of(paths, r, 1, u)) != NONE;) r->path[at++] = u;
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
    if (r->by_waves) {
      SL_TRY(meet_by_waves(paths, r, work, &more));
    } else {
      uint64_t done = 0;
      more = meet(r, paths->routes, work, &done);
      paths->work += done;
    }
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
