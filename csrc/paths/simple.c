// Based on: J. Y. Yen, "Finding the k shortest loopless paths in a network", Management Science 17
// (1971), doi:10.1287/mnsc.17.11.712; E. L. Lawler's restriction to deviations behind that of the
// parent, Management Science 18 (1972), doi:10.1287/mnsc.18.7.401. The distances to the target,
// from one search against the edges, are the potentials of every deviation's search, which then
// hardly leaves its path; it ends where it cannot be among the k best any more.
#include "paths/route.h"

// A path that has been found. Those that were given out and those that wait for it are in one list.
typedef struct sl_found {
  double length;
  uint32_t *nodes;
  uint32_t count;
  uint32_t deviation; // place of the node where it left its parent
} sl_found;

typedef struct sl_simple {
  uint32_t source, target, k;
  sl_search search; // distances to the target
  bool searched;
  sl_towards towards;
  sl_found *paths; // `given` of them in order; then `waiting`, sorted by length, the best first
  uint32_t given, waiting, capacity;
  uint32_t spur;    // place of the node of the last path given that deviations leave from
  bool under_way;   // its search
  double *prefix;   // n: length of the last path up to each place
  uint32_t *banned; // n: holds `round` for nodes before the spur
  uint32_t round;
  uint32_t *banned_first; // k
  double *lengths;        // the answer
  uint32_t *offsets, *nodes;
} sl_simple;

static sl_status begin(sl_paths *paths, const double *options, const uint32_t *nodes,
                       uint32_t count) {
  SL_REQUIRE(count == 2, SL_ERR_SHAPE, "nodes", "a source and a target");
  SL_TRY(sl_paths_check_node(paths, "source", nodes[0]));
  SL_TRY(sl_paths_check_node(paths, "target", nodes[1]));
  SL_REQUIRE(nodes[0] != nodes[1], SL_ERR_OPTION, "target", "another node than the source");
  SL_REQUIRE(options[1] >= 1 && options[1] <= 65536, SL_ERR_OPTION, "k",
             "a whole number from 1 to 65,536");
  const uint32_t n = paths->n;
  const bool weighted = sl_paths_flag(options[0]) && paths->graph->outgoing->values != NULL;
  sl_simple *y;
  SL_TRY(TAKE_ZERO(paths, &y, 1));
  paths->state = y;
  y->source = nodes[0];
  y->target = nodes[1];
  y->k = (uint32_t)options[1];
  SL_TRY(sl_routes_create(paths, 1));
  SL_TRY(sl_search_create(&y->search, paths, weighted, true, true));
  SL_TRY(sl_search_start(&y->search, &y->target, 1, INFINITY, NONE));
  SL_TRY(TAKE(paths, &y->prefix, n));
  SL_TRY(TAKE_ZERO(paths, &y->banned, n));
  SL_TRY(TAKE(paths, &y->banned_first, y->k));
  y->towards = (sl_towards){.side = &paths->routes->sides[0],
                            .target = y->target,
                            .share = 1 - 4.0 * n * 0x1p-53,
                            .banned = y->banned};
  return sl_paths_arcs(paths, weighted, false, &y->towards.arcs);
}

static void end(sl_paths *paths) {
  sl_simple *y = paths->state;
  if (y == NULL) return;
  sl_search_end(&y->search);
  for (uint32_t i = 0; i < y->given + y->waiting; i++) sl_free(y->paths[i].nodes);
  sl_free(y->paths);
}

// Puts a path among those that wait, which are never more than can still be given out.
static sl_status add(sl_simple *y, sl_found found) {
  const uint32_t used = y->given + y->waiting;
  if (used == y->capacity) {
    const uint32_t capacity = y->capacity > 0 ? 2 * y->capacity : 16;
    SL_TRY(SL_REALLOC(&y->paths, capacity));
    y->capacity = capacity;
  }
  uint32_t at = used;
  while (at > y->given && y->paths[at - 1].length > found.length) at--;
  memmove(y->paths + at + 1, y->paths + at, (used - at) * sizeof *y->paths);
  y->paths[at] = found;
  y->waiting++;
  if (y->waiting > y->k - y->given) sl_free(y->paths[y->given + --y->waiting].nodes);
  return SL_OK;
}

// The distances to the target are there: the first path follows them.
static sl_status give_first(sl_paths *paths, sl_simple *y) {
  const uint32_t n = paths->n;
  const sl_search *s = &y->search;
  double *left;
  SL_TRY(TAKE(paths, &left, n));
  for (uint32_t u = 0; u < n; u++) left[u] = sl_search_distance(s, u);
  y->towards.left = left;
  y->searched = true;
  if (left[y->source] == INFINITY) return SL_OK;
  uint32_t count = 0;
  for (uint32_t u = y->source; u != NONE; u = sl_search_predecessor(s, u)) count++;
  sl_found found = {.count = count};
  SL_TRY(SL_ALLOC(&found.nodes, count));
  count = 0;
  for (uint32_t u = y->source; u != NONE; u = sl_search_predecessor(s, u)) found.nodes[count++] = u;
  found.length = sl_path_length(&y->towards.arcs, found.nodes, count);
  const sl_status status = add(y, found);
  if (status != SL_OK) sl_free(found.nodes);
  return status;
}

// The best path that waits is the next one given out; its deviations are looked at.
static void give(sl_simple *y) {
  y->given++;
  y->waiting--;
  const sl_found *path = &y->paths[y->given - 1];
  y->spur = path->deviation;
  double length = 0;
  for (uint32_t i = 0; i < path->count; i++) {
    if (i > 0) length += sl_path_length(&y->towards.arcs, path->nodes + i - 1, 2);
    y->prefix[i] = length;
  }
  // Everything before the first spur node is out of bounds.
  y->round++;
  for (uint32_t i = 0; i < y->spur; i++) y->banned[path->nodes[i]] = y->round;
}

// Begins the search for a deviation at the spur node: not through the nodes before it, and not by
// an edge by which a path that was given out goes on from the same beginning.
static void deviate(sl_simple *y, uint32_t n) {
  const sl_found *path = &y->paths[y->given - 1];
  uint32_t banned = 0;
  for (uint32_t i = 0; i < y->given; i++) {
    const sl_found *other = &y->paths[i];
    if (other->count <= y->spur + 1) continue;
    const size_t prefix = (y->spur + 1) * sizeof *path->nodes;
    if (memcmp(other->nodes, path->nodes, prefix) == 0)
      y->banned_first[banned++] = other->nodes[y->spur + 1];
  }
  const bool full = y->waiting == y->k - y->given;
  y->banned[path->nodes[y->spur]] = y->round;
  y->towards.ban = y->round;
  y->towards.source = path->nodes[y->spur];
  y->towards.banned_first = y->banned_first;
  y->towards.banned_first_count = banned;
  y->towards.bound = full ? y->paths[y->given + y->waiting - 1].length : INFINITY;
  sl_towards_start(&y->towards, y->prefix[y->spur], n);
  y->under_way = true;
}

// The search has ended: its path is one more that waits.
static sl_status take_deviation(sl_simple *y) {
  const sl_side *side = y->towards.side;
  const sl_label *label = &side->labels[y->target];
  const uint32_t spur = y->spur++;
  y->under_way = false;
  if (label->stamp != side->stamp || !(label->distance < y->towards.bound)) return SL_OK;
  const sl_found *path = &y->paths[y->given - 1];
  const uint32_t rest = sl_side_path(side, y->target, NULL);
  sl_found found = {.length = label->distance, .count = spur + rest, .deviation = spur};
  SL_TRY(SL_ALLOC(&found.nodes, found.count));
  memcpy(found.nodes, path->nodes, spur * sizeof *found.nodes);
  sl_side_path(side, y->target, found.nodes + spur);
  const sl_status status = add(y, found);
  if (status != SL_OK) sl_free(found.nodes);
  return status;
}

static sl_status step(sl_paths *paths, uint64_t work) {
  sl_simple *y = paths->state;
  uint64_t done = 0;
  while (done < work && sl_job_is_running(&paths->job)) {
    if (!y->searched) {
      SL_TRY(sl_search_step(&y->search, work, &done));
      if (!y->search.running) SL_TRY(give_first(paths, y));
      if (y->searched && y->waiting > 0) give(y);
      if (y->searched && y->given == 0) sl_job_end(&paths->job, SL_OUTCOME_CONVERGED);
      continue;
    }
    const bool more = y->given < y->k && y->spur + 1 < y->paths[y->given - 1].count;
    if (more) {
      done++;
      if (!y->under_way) deviate(y, paths->n);
      if (y->towards.running) done += sl_towards_step(&y->towards, work);
      if (!y->towards.running) SL_TRY(take_deviation(y));
    } else if (y->given < y->k && y->waiting > 0) {
      give(y);
    } else {
      sl_job_end(&paths->job, SL_OUTCOME_CONVERGED);
    }
  }
  paths->work += done;
  return SL_OK;
}

static sl_status read(sl_paths *paths, double *numbers) {
  sl_simple *y = paths->state;
  if (y->offsets == NULL) {
    size_t total = 0;
    for (uint32_t i = 0; i < y->given; i++) total += y->paths[i].count;
    SL_REQUIRE(total < UINT32_MAX, SL_ERR_OVERFLOW, "k", "fewer paths, or shorter ones");
    SL_TRY(TAKE(paths, &y->nodes, total));
    SL_TRY(TAKE(paths, &y->lengths, y->given));
    SL_TRY(TAKE(paths, &y->offsets, y->given + 1));
    y->offsets[0] = 0;
    for (uint32_t i = 0; i < y->given; i++) {
      const sl_found *path = &y->paths[i];
      memcpy(y->nodes + y->offsets[i], path->nodes, path->count * sizeof *y->nodes);
      y->offsets[i + 1] = y->offsets[i] + path->count;
      y->lengths[i] = path->length;
    }
  }
  numbers[2] = y->given;
  numbers[3] = (double)(uintptr_t)y->lengths;
  numbers[4] = (double)(uintptr_t)y->offsets;
  numbers[5] = (double)(uintptr_t)y->nodes;
  return SL_OK;
}

const sl_question_kind sl_simple_question = {begin, step, read, end};
