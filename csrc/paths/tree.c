// Distances from sources, and the tree of shortest paths.
#include "paths/search.h"

typedef struct sl_tree {
  bool by_waves; // or by the search
  sl_waves waves;
  sl_search search;
  bool distances, alone;
  bool weighted, reverse;
  double limit;
  uint32_t *sources, count;
  // What is read, made when it is read first.
  double *distance; // n
  uint32_t *predecessor, *source;
} sl_tree;

static sl_status begin_search(sl_paths *paths, sl_tree *tree) {
  tree->by_waves = false;
  SL_TRY(sl_search_create(&tree->search, paths, tree->weighted, tree->reverse, !tree->alone));
  return sl_search_start(&tree->search, tree->sources, tree->count, tree->limit, NONE);
}

static sl_status begin(sl_paths *paths, const double *options, const uint32_t *nodes,
                       uint32_t count) {
  SL_REQUIRE(options[2] >= 0, SL_ERR_OPTION, "limit", "a number >= 0");
  SL_REQUIRE(count > 0, SL_ERR_EMPTY, "sources", "at least one node");
  for (uint32_t i = 0; i < count; i++)
    SL_REQUIRE_AT(nodes[i] < paths->n, SL_ERR_INDEX, "sources", "a node of the graph", i);
  sl_tree *tree;
  SL_TRY(TAKE_ZERO(paths, &tree, 1));
  paths->state = tree;
  tree->weighted = sl_paths_flag(options[0]);
  tree->reverse = sl_paths_flag(options[1]);
  tree->limit = options[2];
  tree->distances = sl_paths_flag(options[3]);
  tree->alone = sl_paths_flag(options[4]);
  tree->count = count;
  SL_TRY(TAKE(paths, &tree->sources, count));
  memcpy(tree->sources, nodes, count * sizeof *nodes);
  paths->expected = paths->graph->outgoing->nnz + (uint64_t)paths->n;
  sl_arcs arcs;
  SL_TRY(sl_paths_arcs(paths, tree->weighted, tree->reverse, &arcs));
  tree->by_waves = arcs.type != SL_VALUES_PATTERN && sl_waves_fit(paths);
  if (!tree->by_waves) return begin_search(paths, tree);
  SL_TRY(sl_waves_create(&tree->waves, paths, &arcs));
  sl_waves_reset(&tree->waves, tree->limit, true);
  for (uint32_t i = 0; i < count; i++) SL_TRY(sl_waves_begin_at(&tree->waves, nodes[i]));
  return SL_OK;
}

static sl_status step_waves(sl_paths *paths, sl_tree *tree, uint64_t work) {
  sl_waves *waves = &tree->waves;
  const uint64_t before = waves->done, end = before + work;
  bool more = true;
  while (waves->done < end && (more = sl_waves_turn(waves))) {
    // Calls of a bounded length, so that what runs is the optimised code.
    const uint64_t left = end - waves->done;
    SL_TRY(sl_waves_step(waves, left < 16384 ? left : 16384, NULL, NULL, NULL));
  }
  paths->work += waves->done - before;
  if (!more) sl_job_end(&paths->job, SL_OUTCOME_CONVERGED);
  if (!more || waves->done / SL_WAVES_PATIENCE < paths->expected) return SL_OK;
  // Nodes come again too often: the weights are of too many sizes.
  sl_waves_end(waves);
  return begin_search(paths, tree);
}

static sl_status step(sl_paths *paths, uint64_t work) {
  sl_tree *tree = paths->state;
  if (tree->by_waves) return step_waves(paths, tree, work);
  uint64_t done = 0;
  const sl_status status = sl_search_step(&tree->search, work, &done);
  paths->work += done;
  SL_TRY(status);
  if (!tree->search.running) sl_job_end(&paths->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

SL_ALWAYS_INLINE double distance_of(const sl_tree *tree, uint32_t u) {
  return tree->by_waves ? sl_waves_distance(&tree->waves, u) : sl_search_distance(&tree->search, u);
}

SL_ALWAYS_INLINE uint32_t predecessor_of(const sl_tree *tree, uint32_t u) {
  return tree->by_waves ? sl_waves_predecessor(&tree->waves, u)
                        : sl_search_predecessor(&tree->search, u);
}

// The source that each node belongs to: predecessors are followed to the first node whose source is
// known, and the way back is marked. O(nodes).
static void find_sources(const sl_tree *tree, uint32_t n, uint32_t *source) {
  memset(source, 0xff, n * sizeof *source);
  for (uint32_t i = 0; i < n; i++) {
    if (distance_of(tree, i) == INFINITY) continue;
    uint32_t end = i;
    for (uint32_t before; source[end] == NONE; end = before) {
      before = predecessor_of(tree, end);
      if (before == NONE) break;
    }
    const uint32_t root = source[end] == NONE ? end : source[end];
    for (uint32_t u = i; source[u] == NONE; u = predecessor_of(tree, u)) {
      source[u] = root;
      if (u == end) break;
    }
  }
}

// From one array for all of a node to an array for each.
SL_NOINLINE static void spread(const sl_tree *tree, uint32_t n) {
  double *distance = tree->distance;
  uint32_t *predecessor = tree->predecessor;
  if (tree->by_waves && tree->waves.whole) {
    const uint64_t *marks = tree->waves.marks;
    for (uint32_t u = 0; u < n; u++)
      distance[u] = marks[u] == SL_UNKNOWN ? INFINITY : (double)(marks[u] >> 32);
    for (uint32_t u = 0; u < n && predecessor != NULL; u++) predecessor[u] = (uint32_t)marks[u];
  } else {
    for (uint32_t u = 0; u < n; u++) distance[u] = distance_of(tree, u);
    for (uint32_t u = 0; u < n && predecessor != NULL; u++)
      predecessor[u] = predecessor_of(tree, u);
  }
}

static sl_status read(sl_paths *paths, double *numbers) {
  sl_tree *tree = paths->state;
  const sl_search *s = &tree->search;
  const uint32_t n = paths->n;
  // Breadth-first has levels and predecessors as they are given.
  const bool levels = !tree->by_waves && s->method == SL_BREADTH_FIRST;
  if ((!levels || tree->distances) && tree->distance == NULL) {
    if (!tree->alone && !levels) SL_TRY(TAKE(paths, &tree->predecessor, n));
    SL_TRY(TAKE(paths, &tree->distance, n));
    spread(tree, n);
  }
  const double *distance = tree->distance;
  const uint32_t *level = levels ? s->level : NULL;
  if (!tree->alone && tree->source == NULL) {
    uint32_t *source, only = tree->sources[0];
    SL_TRY(TAKE(paths, &source, n));
    if (tree->count > 1)
      find_sources(tree, n, source);
    else if (level != NULL)
      for (uint32_t u = 0; u < n; u++) source[u] = level[u] == NONE ? NONE : only;
    else
      for (uint32_t u = 0; u < n; u++) source[u] = distance[u] == INFINITY ? NONE : only;
    tree->source = source;
  }
  // What waits when a search is stopped has a distance as well.
  uint32_t reached = 0;
  if (level != NULL)
    for (uint32_t u = 0; u < n; u++) reached += level[u] != NONE;
  else
    for (uint32_t u = 0; u < n; u++) reached += distance[u] < INFINITY;
  numbers[2] = reached;
  numbers[3] = (double)(tree->distances ? (uintptr_t)distance : (uintptr_t)s->level);
  if (tree->alone) return SL_OK;
  numbers[4] = (double)(uintptr_t)(levels ? s->predecessor : tree->predecessor);
  numbers[5] = (double)(uintptr_t)tree->source;
  return SL_OK;
}

static void end(sl_paths *paths) {
  sl_tree *tree = paths->state;
  if (tree == NULL) return;
  sl_search_end(&tree->search);
  sl_waves_end(&tree->waves);
}

const sl_question_kind sl_tree_question = {begin, step, read, end};
