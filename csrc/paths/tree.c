// Distances from sources, and the tree of shortest paths.
#include "paths/search.h"

typedef struct sl_tree {
  sl_search search;
  bool distances;
  uint32_t only; // the one source, or NONE where there are several
} sl_tree;

static sl_status begin(sl_paths *paths, const double *options, const uint32_t *nodes,
                       uint32_t count) {
  SL_REQUIRE(options[2] >= 0, SL_ERR_OPTION, "limit", "a number >= 0");
  SL_REQUIRE(count > 0, SL_ERR_EMPTY, "sources", "at least one node");
  for (uint32_t i = 0; i < count; i++)
    SL_REQUIRE_AT(nodes[i] < paths->n, SL_ERR_INDEX, "sources", "a node of the graph", i);
  sl_tree *tree;
  SL_TRY(TAKE_ZERO(paths, &tree, 1));
  paths->state = tree;
  tree->distances = sl_paths_flag(options[3]);
  tree->only = count == 1 ? nodes[0] : NONE;
  SL_TRY(sl_search_create(&tree->search, paths, sl_paths_flag(options[0]),
                          sl_paths_flag(options[1]), true));
  SL_TRY(sl_search_start(&tree->search, nodes, count, options[2], NONE));
  paths->expected = paths->graph->outgoing->nnz + (uint64_t)paths->n;
  return SL_OK;
}

static sl_status step(sl_paths *paths, uint64_t work) {
  sl_tree *tree = paths->state;
  uint64_t done = 0;
  const sl_status status = sl_search_step(&tree->search, work, &done);
  paths->work += done;
  SL_TRY(status);
  if (!tree->search.running) sl_job_end(&paths->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

// The source that each node belongs to: predecessors are followed to the first node whose source is
// known, and the way back is marked. O(nodes).
static void find_sources(const sl_search *s, uint32_t *source) {
  const uint32_t n = s->n;
  memset(source, 0xff, n * sizeof *source);
  for (uint32_t i = 0; i < n; i++) {
    if (sl_search_distance(s, i) == INFINITY) continue;
    uint32_t end = i;
    while (source[end] == NONE && s->predecessor[end] != NONE) end = s->predecessor[end];
    const uint32_t root = source[end] == NONE ? end : source[end];
    for (uint32_t u = i; source[u] == NONE; u = s->predecessor[u]) {
      source[u] = root;
      if (u == end) break;
    }
  }
}

static sl_status read(sl_paths *paths, double *numbers) {
  sl_tree *tree = paths->state;
  sl_search *s = &tree->search;
  const uint32_t n = s->n;
  double *distance = s->distance;
  if (tree->distances && distance == NULL) {
    SL_TRY(TAKE(paths, &distance, n));
    for (uint32_t u = 0; u < n; u++) distance[u] = sl_search_distance(s, u);
    s->distance = distance; // read twice, it is there
  }
  uint32_t *source;
  SL_TRY(TAKE(paths, &source, n));
  if (tree->only == NONE)
    find_sources(s, source);
  else if (s->method == SL_HEAP)
    for (uint32_t u = 0; u < n; u++) source[u] = s->distance[u] < INFINITY ? tree->only : NONE;
  else
    for (uint32_t u = 0; u < n; u++) source[u] = s->level[u] != NONE ? tree->only : NONE;
  uint32_t reached = 0;
  for (uint32_t u = 0; u < n; u++) reached += source[u] != NONE;
  numbers[2] = reached;
  numbers[3] = (double)(tree->distances ? (uintptr_t)distance : (uintptr_t)s->level);
  numbers[4] = (double)(uintptr_t)s->predecessor;
  numbers[5] = (double)(uintptr_t)source;
  return SL_OK;
}

static void end(sl_paths *paths) {
  sl_tree *tree = paths->state;
  if (tree != NULL) sl_search_end(&tree->search);
}

const sl_question_kind sl_tree_question = {begin, step, read, end};
