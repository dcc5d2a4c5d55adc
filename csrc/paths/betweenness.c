// Based on: U. Brandes, "A faster algorithm for betweenness centrality", Journal of Mathematical
// Sociology 25 (2001), doi:10.1080/0022250X.2001.9990249. Numbers of paths and dependencies are
// pulled from neighbours, not pushed to them. Without weights they are pulled level by level from an
// array that is 0 except on the neighbouring level, so that the inner loop is a sum without a test.
// Trees that hang on an undirected graph without weights are folded first (folding.h): in what
// remains a node stands for the nodes on it, as the source of paths and as their end.
#include "paths/folding.h"
#include "paths/search.h"

typedef struct sl_betweenness {
  sl_search search;
  sl_arcs incoming;
  uint32_t source;
  bool begun;
  double *paths;  // n: shortest paths from the source
  double *share;  // n: (1 + dependency) / paths, 0 where it is not known
  double *beside; // n: what is pulled from the neighbouring level; 0 elsewhere
  double *scores;
  sl_folding folding; // arrays NULL: nothing was folded
  double *whole;      // n: nodes of the component, of sources that are done
} sl_betweenness;

// Pairs of nodes of which two trees on a node have one each: folding u onto v, that of u and what v
// had. Both orders count.
static void count_joined(const sl_folding *f, double *weight, double *scores) {
  for (uint32_t i = 0; i < f->count; i++) {
    const uint32_t u = f->folded[i], v = f->onto[u];
    scores[v] += 2 * weight[u] * (weight[v] - 1);
    weight[v] += weight[u];
  }
}

static sl_status fold(sl_betweenness *b, sl_paths *paths) {
  const uint32_t n = paths->n;
  sl_folding *f = &b->folding;
  SL_TRY(sl_fold(paths, &b->search.arcs, f));
  SL_TRY(TAKE(paths, &b->whole, n));
  for (uint32_t u = 0; u < n; u++)
    b->whole[u] = 1; // as weights of nodes on which nothing hangs yet
  count_joined(f, b->whole, b->scores);
  b->search.arcs = b->search.against = b->incoming = f->arcs;
  return SL_OK;
}

// Pairs of a node on a tree at `u` and one beyond it: all lead through u.
static double beyond(const sl_betweenness *b, uint32_t u) {
  const double weight = b->folding.weight[u];
  return 2 * (weight - 1) * (b->whole[u] - weight);
}

static sl_status begin(sl_paths *paths, const double *options, const uint32_t *nodes,
                       uint32_t count) {
  (void)nodes, (void)count;
  const uint32_t n = paths->n;
  const bool weighted = sl_paths_flag(options[0]) && paths->graph->outgoing->values != NULL;
  sl_betweenness *b;
  SL_TRY(TAKE_ZERO(paths, &b, 1));
  paths->state = b;
  SL_TRY(sl_paths_arcs(paths, weighted, true, &b->incoming));
  SL_TRY(sl_search_create(&b->search, paths, weighted, false, false));
  SL_TRY(TAKE_ZERO(paths, &b->paths, n));
  SL_TRY(TAKE_ZERO(paths, &b->share, n));
  SL_TRY(TAKE_ZERO(paths, &b->beside, n));
  SL_TRY(TAKE_ZERO(paths, &b->scores, n));
  if (!weighted && !paths->graph->directed) SL_TRY(fold(b, paths));
  paths->expected = 3 * (uint64_t)(n - b->folding.count) * (b->search.arcs.rows[n] + (uint64_t)n);
  return SL_OK;
}

// The sum of an array over the neighbours of a node; four sums run side by side.
SL_ALWAYS_INLINE double pull(const double *beside, const uint32_t *columns, uint32_t k,
                             uint32_t last) {
  double a = 0, b = 0, c = 0, d = 0;
  for (; k + 4 <= last; k += 4) {
    a += beside[columns[k]];
    b += beside[columns[k + 1]];
    c += beside[columns[k + 2]];
    d += beside[columns[k + 3]];
  }
  for (; k < last; k++) a += beside[columns[k]];
  return (a + b) + (c + d);
}

// Nodes begin .. end of the order get their number of paths from the level before, which is in
// `beside`.
SL_NOINLINE static void count_level(sl_betweenness *b, uint32_t begin, uint32_t end) {
  const uint32_t *rows = b->incoming.rows, *order = b->search.order;
  for (uint32_t i = begin; i < end; i++) {
    const uint32_t v = order[i];
    b->paths[v] = pull(b->beside, b->incoming.columns, rows[v], rows[v + 1]);
  }
}

// Nodes begin .. end get their dependency from the level behind, whose shares are in `beside`.
SL_NOINLINE static void depend_level(sl_betweenness *b, uint32_t begin, uint32_t end) {
  const uint32_t *rows = b->search.arcs.rows, *order = b->search.order;
  const double *weight = b->folding.weight;
  const double times = weight == NULL ? 1 : weight[b->source];
  for (uint32_t i = begin; i < end; i++) {
    const uint32_t u = order[i];
    const double number = b->paths[u], dependency = number * pull(b->beside, b->search.arcs.columns,
                                                                  rows[u], rows[u + 1]);
    b->share[u] = ((weight == NULL ? 1 : weight[u]) + dependency) / number;
    b->scores[u] += times * dependency;
  }
}

// A source of which all paths are known; what hangs on it leads through it to everything else.
static void end_source(sl_betweenness *b) {
  const sl_search *s = &b->search;
  double whole = 0;
  for (uint32_t i = 0; i < s->settled; i++) whole += b->folding.weight[s->order[i]];
  b->whole[b->source] = whole;
  b->scores[b->source] += beyond(b, b->source);
}

static void end_folded(sl_betweenness *b) {
  for (uint32_t i = b->folding.count; i-- > 0;) {
    const uint32_t u = b->folding.folded[i];
    b->whole[u] = b->whole[b->folding.onto[u]];
    b->scores[u] += beyond(b, u);
  }
}

// End of the level that begins at place i of the order.
static uint32_t end_of_level(const sl_search *s, uint32_t i) {
  const uint32_t level = s->level[s->order[i]];
  while (i < s->settled && s->level[s->order[i]] == level) i++;
  return i;
}

// False: a number of paths does not fit f64.
static bool add_levels(sl_betweenness *b) {
  const sl_search *s = &b->search;
  const uint32_t *order = s->order;
  b->paths[order[0]] = 1;
  uint32_t begin = 0, end = 1;
  while (end < s->settled) {
    for (uint32_t i = begin; i < end; i++) b->beside[order[i]] = b->paths[order[i]];
    const uint32_t next = end_of_level(s, end);
    count_level(b, end, next);
    for (uint32_t i = begin; i < end; i++) b->beside[order[i]] = 0;
    begin = end;
    end = next;
  }
  for (uint32_t i = begin; i < end; i++)
    if (!(b->paths[order[i]] < INFINITY)) return false;
  if (begin > 0) depend_level(b, begin, end);
  while (begin > 1) { // the level before begin .. end is not that of the source
    uint32_t before = begin - 1;
    const uint32_t level = s->level[order[before]];
    while (s->level[order[before - 1]] == level) before--;
    for (uint32_t i = begin; i < end; i++) b->beside[order[i]] = b->share[order[i]];
    depend_level(b, before, begin);
    for (uint32_t i = begin; i < end; i++) b->beside[order[i]] = 0;
    end = begin;
    begin = before;
  }
  return true;
}

// Whether the edge k from u to v is on a shortest path.
SL_ALWAYS_INLINE bool is_tight(const sl_search *s, const sl_arcs *arcs, uint32_t k, uint32_t u,
                               uint32_t v) {
  if (s->marks != NULL) {
    const uint64_t before = s->marks[u] >> 32;
    return before != NONE && before + (arcs->pairs[k] >> 32) == s->marks[v] >> 32;
  }
  const double before = s->reaches[u].distance, distance = s->reaches[v].distance;
  return before < distance && before + sl_arc_length(arcs, k) == distance;
}

SL_NOINLINE static bool add_weighted(sl_betweenness *b) {
  const sl_search *s = &b->search;
  for (uint32_t i = 0; i < s->settled; i++) {
    const uint32_t v = s->order[i];
    double sum = i == 0 ? 1 : 0;
    for (uint32_t k = b->incoming.rows[v]; k < b->incoming.rows[v + 1]; k++) {
      const uint32_t u = b->incoming.columns[k];
      if (is_tight(s, &b->incoming, k, u, v)) sum += b->paths[u];
    }
    if (!(sum < INFINITY)) return false;
    b->paths[v] = sum;
  }
  for (uint32_t i = s->settled; i-- > 1;) {
    const uint32_t u = s->order[i];
    double sum = 0;
    for (uint32_t k = s->arcs.rows[u]; k < s->arcs.rows[u + 1]; k++) {
      const uint32_t v = s->arcs.columns[k];
      if (is_tight(s, &s->arcs, k, u, v)) sum += b->share[v];
    }
    // A weight that vanished in rounding leaves a node without a path that was counted.
    const double dependency = b->paths[u] * sum;
    b->share[u] = b->paths[u] > 0 ? (1 + dependency) / b->paths[u] : 0;
    b->scores[u] += dependency;
  }
  return true;
}

static sl_status step(sl_paths *paths, uint64_t work) {
  sl_betweenness *b = paths->state;
  const uint32_t n = paths->n;
  uint64_t done = 0;
  const uint32_t *onto = b->folding.onto;
  while (done < work && b->source < n) {
    if (onto != NULL && onto[b->source] != NONE) {
      b->source++;
      done++;
      continue;
    }
    if (!b->begun) SL_TRY(sl_search_start(&b->search, &b->source, 1, INFINITY, NONE));
    b->begun = true;
    SL_TRY(sl_search_step(&b->search, work, &done));
    if (b->search.running) break;
    b->begun = false;
    const bool counted = b->search.method == SL_BREADTH_FIRST ? add_levels(b) : add_weighted(b);
    SL_REQUIRE(counted, SL_ERR_RANGE, "graph", "at most 10^308 shortest paths between two nodes");
    if (onto != NULL) end_source(b);
    done += 2 * (uint64_t)b->search.arcs.rows[n] + n;
    b->source++;
  }
  paths->work += done;
  if (b->source < n) return SL_OK;
  end_folded(b);
  sl_job_end(&paths->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status read(sl_paths *paths, double *numbers) {
  const sl_betweenness *b = paths->state;
  numbers[2] = (double)(uintptr_t)b->scores;
  numbers[3] = b->source;
  return SL_OK;
}

static void end(sl_paths *paths) {
  sl_betweenness *b = paths->state;
  if (b != NULL) sl_search_end(&b->search);
}

const sl_question_kind sl_betweenness_question = {begin, step, read, end};
