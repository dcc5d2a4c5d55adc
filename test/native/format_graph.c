// Graph files: walks against the whole graph in memory, hostile bytes, memory that runs out.
#include "check.h"

#include <math.h>

#include "base/rng.h"
#include "format/graph_file.h"
#include "format_graph_file.h"

typedef struct graph {
  uint32_t nodes, *starts, *columns;
  double *weights; // NULL: none
  bool directed;
} graph;

static void free_graph(graph *g) {
  free(g->starts);
  free(g->columns);
  free(g->weights);
}

// Edges from a dense matrix of weights, 0 where there is none.
static graph from_matrix(uint32_t n, const double *matrix, bool directed, bool weighted) {
  graph g = {.nodes = n, .directed = directed};
  g.starts = calloc(n + 1, sizeof *g.starts);
  g.columns = malloc(((size_t)n * n + 1) * sizeof *g.columns);
  g.weights = weighted ? malloc(((size_t)n * n + 1) * sizeof *g.weights) : NULL;
  uint32_t at = 0;
  for (uint32_t u = 0; u < n; u++) {
    for (uint32_t v = 0; v < n; v++) {
      const double weight = matrix[(size_t)u * n + v];
      if (weight == 0) continue;
      g.columns[at] = v;
      if (weighted) g.weights[at] = weight;
      at++;
    }
    g.starts[u + 1] = at;
  }
  return g;
}

// Communities of 20 nodes, with some edges between them.
static graph communities(uint32_t n, bool directed, bool weighted, uint64_t seed) {
  sl_rng rng;
  sl_rng_seed(&rng, seed);
  uint32_t *name = malloc(n * sizeof *name);
  for (uint32_t i = 0; i < n; i++) {
    const uint32_t j = sl_rng_below(&rng, i + 1);
    name[i] = name[j];
    name[j] = i;
  }
  double *matrix = calloc((size_t)n * n, sizeof *matrix);
  for (uint32_t i = 0; i < n * 5; i++) {
    const uint32_t u = sl_rng_below(&rng, n), near = u / 20 * 20 + sl_rng_below(&rng, 20);
    const uint32_t v = sl_rng_below(&rng, 8) == 0 || near >= n ? sl_rng_below(&rng, n) : near;
    const double weight =
        weighted ? (sl_rng_below(&rng, 2) ? 0.5 + sl_rng_below(&rng, 9) : 0.1) : 1;
    const size_t there = (size_t)name[u] * n + name[v], back = (size_t)name[v] * n + name[u];
    matrix[there] = weight;
    if (!directed) matrix[back] = weight;
  }
  const graph g = from_matrix(n, matrix, directed, weighted);
  free(matrix);
  free(name);
  return g;
}

static double weight_of(const graph *g, uint32_t e) { return g->weights ? g->weights[e] : 1; }

// Personalised PageRank by 3000 steps of the power method.
static double *exact(const graph *g, const uint32_t *sources, uint32_t count, double damping) {
  const uint32_t n = g->nodes;
  double *p = calloc(n, sizeof *p), *next = malloc(n * sizeof *next), *s = calloc(n, sizeof *s);
  for (uint32_t i = 0; i < count; i++) s[sources[i]] += 1.0 / count;
  memcpy(p, s, n * sizeof *p);
  for (uint32_t round = 0; round < 3000; round++) {
    double lost = 0;
    memset(next, 0, n * sizeof *next);
    for (uint32_t u = 0; u < n; u++) {
      double degree = 0;
      for (uint32_t e = g->starts[u]; e < g->starts[u + 1]; e++) degree += weight_of(g, e);
      if (degree == 0) lost += p[u];
      for (uint32_t e = g->starts[u]; e < g->starts[u + 1]; e++)
        next[g->columns[e]] += damping * p[u] * weight_of(g, e) / degree;
    }
    for (uint32_t u = 0; u < n; u++) next[u] += (1 - damping + damping * lost) * s[u];
    memcpy(p, next, n * sizeof *p);
  }
  free(next);
  free(s);
  return p;
}

static sl_remote_graph *open_graph(const file *f) {
  sl_remote_graph *r;
  assert_ok(sl_remote_graph_create(f->bytes, f->head, 1, &r));
  return r;
}

// Where each node of the graph is in the file.
static uint32_t *places_of(const file *f, const sl_remote_graph *r, uint32_t n) {
  uint32_t *place = malloc(n * sizeof *place);
  memset(place, 0xff, n * sizeof *place);
  for (uint32_t i = 0; i < n; i++) {
    const uint32_t own = number_of(f, r, i);
    assert_true(own < n && place[own] == UINT32_MAX);
    place[own] = i;
  }
  return place;
}

static void every_row_is_there(void **state) {
  (void)state;
  for (uint32_t kinds = 0; kinds < 8; kinds++) {
    graph g = communities(300, kinds & 1, kinds & 2, kinds);
    file f = publish_graph(g.nodes, g.starts, g.columns, g.weights, g.directed, kinds & 4, 1000);
    sl_remote_graph *r = open_graph(&f);
    double numbers[SL_REMOTE_GRAPH_NUMBERS], place[SL_REMOTE_GRAPH_PLACE];
    sl_remote_graph_read(r, numbers);
    assert_int_equal(numbers[0], g.nodes);
    assert_int_equal(numbers[2], g.directed);
    uint32_t *place_of = places_of(&f, r, g.nodes), own[300], found;
    double weights[300];
    for (uint32_t u = 0; u < g.nodes; u++) {
      uint32_t block;
      assert_ok(sl_remote_graph_block_of(r, place_of[u], &block));
      assert_ok(sl_remote_graph_place(r, block, place));
      assert_ok(sl_remote_graph_row(r, block, f.bytes + (size_t)place[0], (size_t)place[1],
                                    place_of[u], 300, own, weights, &found));
      assert_int_equal(found, g.starts[u + 1] - g.starts[u]);
      for (uint32_t i = 0; i < found; i++) {
        assert_true(i == 0 || own[i] > own[i - 1]);
        bool there = false;
        for (uint32_t e = g.starts[u]; e < g.starts[u + 1]; e++)
          there = there || (place_of[g.columns[e]] == own[i] && weight_of(&g, e) == weights[i]);
        assert_true(there);
      }
    }
    sl_remote_graph_destroy(r);
    free(place_of);
    free(f.bytes);
    free_graph(&g);
  }
}

static void bounds_hold(void **state) {
  (void)state;
  static const double damping[] = {0.5, 0.85, 0.99};
  for (uint32_t kinds = 0; kinds < 8; kinds++) {
    graph g = communities(260, kinds & 1, kinds & 2, 10 + kinds);
    file f = publish_graph(g.nodes, g.starts, g.columns, g.weights, g.directed, kinds & 4, 1e9);
    sl_remote_graph *r = open_graph(&f);
    uint32_t *place_of = places_of(&f, r, g.nodes);
    for (uint32_t trial = 0; trial < 6; trial++) {
      const uint32_t sources[] = {trial, 7 * trial + 3}, count = 1 + trial % 2;
      const uint32_t at[] = {place_of[sources[0]], place_of[sources[1]]};
      const double d = damping[trial % 3], epsilon = trial < 3 ? 1e-3 : 1e-9;
      double *p = exact(&g, sources, count, d), numbers[SL_GRAPH_WALK_NUMBERS], values[300],
             bounds[300], off = 0;
      uint32_t nodes[300], found;
      sl_graph_walk *w;
      assert_ok(sl_graph_walk_push(r, at, NULL, count, d, epsilon, &w));
      assert_ok(give_all(&f, r, w, trial == 0 ? 1 : 1000, NULL));
      if (trial == 1) {
        assert_ok(sl_graph_walk_next(w, epsilon / 100));
        assert_ok(give_all(&f, r, w, 1000, NULL));
      }
      assert_refused(sl_graph_walk_results(w, 300, nodes, values, bounds, &found), SL_ERR_STATE,
                     "walk");
      assert_ok(sl_graph_walk_check(w));
      assert_ok(give_all(&f, r, w, 1000, NULL));
      sl_graph_walk_read(w, numbers);
      assert_ok(sl_graph_walk_results(w, 300, nodes, values, bounds, &found));
      assert_int_equal(found, numbers[4]);
      for (uint32_t i = 0; i < found; i++) {
        const uint32_t own = number_of(&f, r, nodes[i]);
        assert_true(fabs(values[i] - p[own]) <= bounds[i] + 1e-12);
        assert_true(i == 0 || values[i] <= values[i - 1]);
        off += fabs(values[i] - p[own]);
        p[own] = 0;
      }
      for (uint32_t u = 0; u < g.nodes; u++) off += p[u];
      assert_true(off <= numbers[5] + 1e-12);
      assert_true(numbers[5] <= 2 && (epsilon > 1e-6 || numbers[5] < 1e-4));
      assert_int_equal(numbers[7], !g.directed);
      assert_refused(sl_graph_walk_check(w), SL_ERR_STATE, "walk");
      sl_graph_walk_destroy(w);
      free(p);
    }
    sl_remote_graph_destroy(r);
    free(place_of);
    free(f.bytes);
    free_graph(&g);
  }
}

// The file of a graph in which the row of node `of` says `code` of the degree of its neighbour `to`, with
// hashes to match. Nodes are those of the graph; the blocks are hashed anew.
static file lying(const graph *g, uint32_t of, uint32_t to, uint8_t code) {
  sl_graph_publish *p;
  sl_outcome outcome;
  double n[SL_GRAPH_PUBLISH_NUMBERS];
  assert_ok(sl_graph_publish_create(g->nodes, g->starts, g->columns, g->weights,
                                    g->starts[g->nodes], g->directed, &p));
  assert_ok(sl_graph_publish_begin(p));
  do assert_ok(sl_job_step(sl_graph_publish_job(p), 1e9, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_ok(sl_graph_publish_read(p, n));
  uint8_t *const rows = (uint8_t *)(uintptr_t)n[2 * 9], *const end = rows + (size_t)n[2 * 9 + 1];
  uint32_t *number = malloc(g->nodes * sizeof *number), changed = 0;
  for (uint32_t pass = 0; pass < 2; pass++) {
    uint8_t *at = rows;
    for (uint32_t i = 0; i < g->nodes; i++) {
      graph_row row;
      at = (uint8_t *)(uintptr_t)graph_row_read(at, end, i, 0, 0, &row);
      assert_non_null(at);
      number[i] = row.id;
      if (pass == 0 || row.id != of) continue;
      const uint8_t *targets = row.targets;
      uint32_t target = 0;
      for (uint32_t j = 0; j < row.count; j++) {
        targets = graph_target(targets, &row, i, j == 0, g->nodes, &target);
        if (number[target] != to) continue;
        ((uint8_t *)(uintptr_t)row.codes)[j] = code;
        changed++;
      }
    }
  }
  free(number);
  assert_int_equal(changed, 1);
  const uint32_t blocks = (uint32_t)n[2 * SL_GRAPH_PUBLISH_SEGMENTS];
  const uint64_t *ends = (const uint64_t *)(uintptr_t)n[2 * 4];
  uint8_t *hashes = (uint8_t *)(uintptr_t)n[2 * 8], *pages = (uint8_t *)(uintptr_t)n[2 * 3];
  assert_true(blocks <= GRAPH_PAGE);
  for (uint32_t b = 0; b < blocks; b++) {
    const uint64_t from = b == 0 ? 0 : ends[b - 1];
    sl_merkle_leaf_hash(rows + from, (size_t)(ends[b] - from), hashes + 32 * (size_t)b);
  }
  sl_hash_tree_root(hashes, blocks, pages);
  const file f = graph_file_of(p);
  sl_graph_publish_destroy(p);
  return f;
}

// A push and its certificate, of which `given` rounds of blocks are given at most. Written: how far the
// scores are off, and the bound.
static sl_status certified(const file *f, const graph *g, uint32_t source, double epsilon,
                           bool given, double *off, double *bound) {
  sl_remote_graph *r = open_graph(f);
  sl_graph_walk *w;
  uint32_t *nodes = malloc(g->nodes * sizeof *nodes), *place_of = places_of(f, r, g->nodes), found;
  double *values = malloc(2 * g->nodes * sizeof *values), numbers[SL_GRAPH_WALK_NUMBERS];
  assert_ok(sl_graph_walk_push(r, &place_of[source], NULL, 1, 0.85, epsilon, &w));
  sl_status status = give_all(f, r, w, 1000, NULL);
  if (status == SL_OK) status = sl_graph_walk_check(w);
  if (status == SL_OK) status = given ? give_all(f, r, w, 1000, NULL) : sl_graph_walk_check(w);
  if (status == SL_OK) {
    double *p = exact(g, &source, 1, 0.85);
    sl_graph_walk_read(w, numbers);
    assert_ok(sl_graph_walk_results(w, g->nodes, nodes, values, values + g->nodes, &found));
    *bound = numbers[5];
    *off = 0;
    for (uint32_t i = 0; i < found; i++) {
      const uint32_t own = number_of(f, r, nodes[i]);
      const double error = fabs(values[i] - p[own]);
      assert_true(error <= values[g->nodes + i] + 1e-12);
      *off += error;
      p[own] = 0;
    }
    for (uint32_t u = 0; u < g->nodes; u++) *off += p[u];
    assert_refused(sl_graph_walk_check(w), SL_ERR_STATE, "walk");
    free(p);
  }
  sl_graph_walk_destroy(w);
  sl_remote_graph_destroy(r);
  free(place_of);
  free(nodes);
  free(values);
  return status;
}

// Hashes are right, and what rows say of their neighbours is not: either that is noticed, or the bound holds.
static void degrees_that_are_lies(void **state) {
  (void)state;
  double matrix[30 * 30] = {0}, off, bound;
  for (uint32_t u = 0; u < 30; u++) matrix[30 * u + (u + 1) % 30] = 1;
  graph ring = from_matrix(30, matrix, true, false);
  // "No edge leads away from 3": what was pushed there went on in truth.
  file f = lying(&ring, 2, 3, 0);
  assert_refused(certified(&f, &ring, 0, 1e-9, true, &off, &bound), SL_ERR_FORMAT, "bytes");
  assert_ok(certified(&f, &ring, 0, 1e-9, false, &off, &bound));
  assert_true(off > 0.5 && off <= bound);
  free(f.bytes);
  // Rows that nobody confirms count with all of their mass, here those of leaves.
  memset(matrix, 0, sizeof matrix);
  for (uint32_t u = 1; u < 30; u++) matrix[u] = 1;
  graph star = from_matrix(30, matrix, true, false);
  f = publish_graph(30, star.starts, star.columns, NULL, true, false, 1e9);
  assert_ok(certified(&f, &star, 0, 1e-9, true, &off, &bound));
  assert_true(off <= bound + 1e-12 && bound < 1e-12);
  assert_ok(certified(&f, &star, 0, 1e-9, false, &off, &bound));
  assert_true(bound > 0.85);
  free(f.bytes);
  free_graph(&star);
  // "2 has more edges than it has": by its own row, before or after it was met.
  matrix[30 * 1 + 2] = 1;
  for (uint32_t u = 0; u < 30; u++)
    for (uint32_t v = 0; v < u; v++) matrix[30 * u + v] = matrix[30 * v + u];
  graph edges = from_matrix(30, matrix, false, false);
  for (uint32_t source = 0; source < 3; source++) {
    f = lying(&edges, 0, 2, 255);
    assert_refused(certified(&f, &edges, source, 1e-9, true, &off, &bound), SL_ERR_FORMAT, "bytes");
    // With a large threshold the row that lies is not followed.
    assert_ok(certified(&f, &edges, source, 0.5, true, &off, &bound));
    assert_true(off <= bound);
    free(f.bytes);
  }
  // "2 has no edge", which this row has.
  f = lying(&edges, 0, 2, 0);
  assert_refused(certified(&f, &edges, 0, 1e-9, true, &off, &bound), SL_ERR_FORMAT, "bytes");
  free(f.bytes);
  free_graph(&edges);
  free_graph(&ring);
}

static void steps_and_shortest_paths(void **state) {
  (void)state;
  for (uint32_t kinds = 0; kinds < 2; kinds++) {
    graph g = communities(400, kinds & 1, false, 31 + kinds);
    const uint32_t n = g.nodes;
    file f = publish_graph(n, g.starts, g.columns, NULL, g.directed, false, 1e9);
    sl_remote_graph *r = open_graph(&f);
    uint32_t *place_of = places_of(&f, r, n), *level = malloc(n * 4), *queue = malloc(n * 4);
    for (uint32_t from = 0; from < 40; from += 13) {
      // Breadth-first search in memory.
      uint32_t head = 0, tail = 0;
      memset(level, 0xff, n * 4);
      level[from] = 0;
      queue[tail++] = from;
      while (head < tail) {
        const uint32_t u = queue[head++];
        for (uint32_t e = g.starts[u]; e < g.starts[u + 1]; e++) {
          if (level[g.columns[e]] != UINT32_MAX) continue;
          level[g.columns[e]] = level[u] + 1;
          queue[tail++] = g.columns[e];
        }
      }
      sl_graph_walk *w;
      double numbers[SL_GRAPH_WALK_NUMBERS], values[400], bounds[400];
      uint32_t nodes[400], found;
      assert_ok(sl_graph_walk_hops(r, &place_of[from], 1, NULL, 0, &w));
      for (uint32_t step = 0; step < 3; step++) {
        assert_ok(sl_graph_walk_next(w, 0));
        assert_ok(give_all(&f, r, w, 3, NULL));
      }
      sl_graph_walk_read(w, numbers);
      assert_int_equal(numbers[5], 3);
      assert_ok(sl_graph_walk_results(w, 400, nodes, values, bounds, &found));
      uint32_t wanted = 0;
      for (uint32_t u = 0; u < n; u++) wanted += level[u] <= 3;
      assert_int_equal(found, wanted);
      for (uint32_t i = 0; i < found; i++)
        assert_int_equal(values[i], level[number_of(&f, r, nodes[i])]);
      sl_graph_walk_destroy(w);
      for (uint32_t to = 0; to < n; to += 7) {
        assert_ok(sl_graph_walk_hops(r, &place_of[from], 1, &place_of[to], 1, &w));
        for (sl_graph_walk_read(w, numbers); numbers[8] == 0; sl_graph_walk_read(w, numbers)) {
          assert_ok(sl_graph_walk_next(w, 0));
          assert_ok(give_all(&f, r, w, 1000, NULL));
        }
        assert_true(numbers[7] == level[to]);
        assert_ok(sl_graph_walk_path(w, 400, nodes, &found));
        assert_int_equal(found, level[to] == UINT32_MAX ? 0 : level[to] + 1);
        for (uint32_t i = 0; i + 1 < found; i++) {
          const uint32_t u = number_of(&f, r, nodes[i]), v = number_of(&f, r, nodes[i + 1]);
          bool there = false;
          for (uint32_t e = g.starts[u]; e < g.starts[u + 1]; e++)
            there = there || g.columns[e] == v;
          assert_true(there);
        }
        if (found > 0) assert_int_equal(number_of(&f, r, nodes[found - 1]), to);
        sl_graph_walk_destroy(w);
      }
    }
    sl_remote_graph_destroy(r);
    free(place_of);
    free(level);
    free(queue);
    free(f.bytes);
    free_graph(&g);
  }
}

static void neighbours_share_blocks(void **state) {
  (void)state;
  // Communities of 20, whose nodes have random numbers: what is near a node is in few blocks.
  graph g = communities(3000, false, false, 5);
  file f = publish_graph(g.nodes, g.starts, g.columns, NULL, false, true, 1e9);
  sl_remote_graph *r = open_graph(&f);
  double numbers[SL_REMOTE_GRAPH_NUMBERS];
  sl_remote_graph_read(r, numbers);
  const uint32_t blocks = (uint32_t)numbers[5], *place_of = places_of(&f, r, g.nodes);
  uint64_t same = 0;
  for (uint32_t u = 0; u < g.nodes; u++) {
    for (uint32_t e = g.starts[u]; e < g.starts[u + 1]; e++) {
      uint32_t a = 0, b = 0;
      assert_ok(sl_remote_graph_block_of(r, place_of[u], &a));
      assert_ok(sl_remote_graph_block_of(r, place_of[g.columns[e]], &b));
      same += a == b;
    }
  }
  assert_true(blocks > 10);
  // Of the 19 others of a community about 10 fit into a block with a node, and an eighth of the edges lead elsewhere.
  assert_true((double)same > 0.4 * g.starts[g.nodes]);
  free((void *)(uintptr_t)place_of);
  sl_remote_graph_destroy(r);
  free(f.bytes);
  free_graph(&g);
}

static void odd_graphs(void **state) {
  (void)state;
  const double one[] = {0}, loop[] = {3}, pair[] = {0, 1e100, 1e100, 0},
               small[] = {0, 1e-300, 0, 0};
  const struct {
    uint32_t n;
    const double *matrix;
    bool directed, weighted;
  } odd[] = {{1, one, false, false},
             {1, loop, false, true},
             {2, pair, false, true},
             {2, small, true, true}};
  for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
    graph g = from_matrix(odd[i].n, odd[i].matrix, odd[i].directed, odd[i].weighted);
    file f = publish_graph(g.nodes, g.starts, g.columns, g.weights, g.directed, i % 2, 1);
    sl_remote_graph *r = open_graph(&f);
    sl_graph_walk *w;
    double numbers[SL_GRAPH_WALK_NUMBERS], values[2], bounds[2], sum = 0;
    uint32_t nodes[2], found, at = 0;
    assert_ok(sl_graph_walk_push(r, &at, NULL, 1, 0.85, 1e-18, &w));
    assert_ok(give_all(&f, r, w, 10, NULL));
    assert_ok(sl_graph_walk_check(w));
    assert_ok(give_all(&f, r, w, 10, NULL));
    assert_ok(sl_graph_walk_results(w, 2, nodes, values, bounds, &found));
    for (uint32_t j = 0; j < found; j++) sum += values[j];
    sl_graph_walk_read(w, numbers);
    assert_true(fabs(sum - 1) < 1e-9 && numbers[5] < 1e-9);
    sl_graph_walk_destroy(w);
    sl_remote_graph_destroy(r);
    free(f.bytes);
    free_graph(&g);
  }
}

static void long_paths_and_stars(void **state) {
  (void)state;
  enum { N = 100000 };
  uint32_t *starts = calloc(N + 1, 4), *columns = malloc(2 * N * 4);
  for (uint32_t star = 0; star < 2; star++) {
    uint32_t at = 0;
    for (uint32_t u = 0; u < N; u++) {
      if (star && u > 0) columns[at++] = 0;
      for (uint32_t v = 1; star && u == 0 && v < N; v++) columns[at++] = v;
      if (!star && u > 0) columns[at++] = u - 1;
      if (!star && u + 1 < N) columns[at++] = u + 1;
      starts[u + 1] = at;
    }
    file f = publish_graph(N, starts, columns, NULL, false, false, 100000);
    sl_remote_graph *r = open_graph(&f);
    double numbers[SL_GRAPH_WALK_NUMBERS];
    sl_remote_graph_read(r, numbers);
    assert_int_equal(numbers[1], N - 1);
    uint8_t *read = calloc((size_t)numbers[5], 1);
    uint32_t at_node = 77, several = 0;
    sl_graph_walk *w;
    assert_ok(sl_graph_walk_push(r, &at_node, NULL, 1, 0.85, star ? 1e-4 : 1e-6, &w));
    assert_ok(give_all(&f, r, w, 1000000, read));
    for (uint32_t b = 0; b < numbers[5]; b++) several += read[b];
    assert_true(several >= 1 && several <= (star ? 4 : 40));
    sl_graph_walk_destroy(w);
    sl_remote_graph_destroy(r);
    free(read);
    free(f.bytes);
  }
  free(starts);
  free(columns);
}

static void what_is_wrong_is_refused(void **state) {
  (void)state;
  const uint32_t starts[] = {0, 1, 2}, columns[] = {1, 0}, loose[] = {0, 1, 1}, far[] = {2, 0};
  const uint32_t falling[] = {0, 2, 1};
  const double nan[] = {NAN, 1}, negative[] = {1, -1}, huge[] = {1e101, 1}, uneven[] = {1, 2};
  sl_graph_publish *p;
  assert_refused(sl_graph_publish_create(0, starts, columns, NULL, 0, 1, &p), SL_ERR_RANGE,
                 "nodes");
  assert_refused(sl_graph_publish_create(2, falling, columns, NULL, 1, 1, &p), SL_ERR_SHAPE,
                 "row_pointers");
  assert_refused(sl_graph_publish_create(2, starts, far, NULL, 2, 1, &p), SL_ERR_INDEX, "columns");
  assert_refused(sl_graph_publish_create(2, starts, columns, nan, 2, 1, &p), SL_ERR_NOT_FINITE,
                 "weights");
  assert_refused(sl_graph_publish_create(2, starts, columns, negative, 2, 1, &p),
                 SL_ERR_NOT_POSITIVE, "weights");
  assert_refused(sl_graph_publish_create(2, starts, columns, huge, 2, 1, &p), SL_ERR_RANGE,
                 "weights");
  assert_ok(sl_graph_publish_create(2, loose, columns, NULL, 1, 0, &p));
  assert_refused(sl_graph_publish_begin(p), SL_ERR_NOT_SYMMETRIC, "columns");
  sl_graph_publish_destroy(p);
  assert_ok(sl_graph_publish_create(2, starts, columns, uneven, 2, 0, &p));
  assert_refused(sl_graph_publish_begin(p), SL_ERR_NOT_SYMMETRIC, "columns");
  sl_graph_publish_destroy(p);
  const uint32_t lengths[] = {1, 1};
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  sl_status status = SL_OK;
  assert_ok(sl_graph_publish_create(2, starts, columns, NULL, 2, 0, &p));
  assert_refused(sl_graph_publish_labels(p, (const uint8_t *)"aaa", 3, lengths, 1), SL_ERR_SHAPE,
                 "lengths");
  assert_ok(sl_graph_publish_labels(p, (const uint8_t *)"aa", 2, lengths, 1));
  assert_ok(sl_graph_publish_begin(p));
  while (status == SL_OK && outcome == SL_OUTCOME_RUNNING)
    status = sl_job_step(sl_graph_publish_job(p), 1, &outcome);
  assert_int_equal(status, SL_ERR_RANGE);
  assert_string_equal(sl_last_error()->argument, "labels");
  sl_graph_publish_destroy(p);
}

static void memory_that_runs_out(void **state) {
  (void)state;
  graph g = communities(200, true, true, 8);
  file f = publish_graph(g.nodes, g.starts, g.columns, g.weights, true, true, 1e9);
  sl_memory_budget budget;
  for (uint64_t bytes = 0; bytes < 300000; bytes += bytes < 3000 ? 97 : 7013) {
    sl_graph_publish *p = NULL;
    sl_memory_budget_begin(&budget, bytes);
    sl_outcome outcome = SL_OUTCOME_RUNNING;
    sl_status status =
        sl_graph_publish_create(g.nodes, g.starts, g.columns, g.weights, g.starts[g.nodes], 1, &p);
    if (status == SL_OK) status = sl_graph_publish_begin(p);
    while (status == SL_OK && outcome == SL_OUTCOME_RUNNING)
      status = sl_job_step(sl_graph_publish_job(p), 500, &outcome);
    sl_graph_publish_destroy(p);
    assert_true(status == SL_OK || status == SL_ERR_MEMORY);
    sl_remote_graph *r = NULL;
    sl_graph_walk *w = NULL;
    uint32_t at = 3;
    status = sl_remote_graph_create(f.bytes, f.head, 1, &r);
    if (status == SL_OK) status = sl_graph_walk_push(r, &at, NULL, 1, 0.85, 1e-6, &w);
    if (status == SL_OK) status = give_all(&f, r, w, 100, NULL);
    if (status == SL_OK) status = sl_graph_walk_check(w);
    if (status == SL_OK) status = give_all(&f, r, w, 100, NULL);
    sl_graph_walk_destroy(w);
    sl_remote_graph_destroy(r);
    sl_memory_budget_end(&budget);
    assert_true(status == SL_OK || status == SL_ERR_MEMORY);
    assert_int_equal(sl_bytes_in_use(), 0);
  }
  free(f.bytes);
  free_graph(&g);
}

// A walk in a damaged file ends, with an error or a result; verify: nothing damaged is used.
static void try_damaged(const file *f, uint32_t verify) {
  sl_remote_graph *r;
  if (sl_remote_graph_create(f->bytes, f->head, verify, &r) != SL_OK) return;
  sl_graph_walk *w;
  uint32_t at = 0, other = 5, found, nodes[50];
  double values[50], bounds[50], numbers[SL_GRAPH_WALK_NUMBERS];
  if (sl_graph_walk_push(r, &at, NULL, 1, 0.85, 1e-4, &w) == SL_OK) {
    if (give_all(f, r, w, 1000, NULL) == SL_OK && sl_graph_walk_check(w) == SL_OK &&
        give_all(f, r, w, 1000, NULL) == SL_OK) {
      sl_graph_walk_read(w, numbers);
      if (verify) assert_true(numbers[5] <= 2);
      (void)sl_graph_walk_results(w, 50, nodes, values, bounds, &found);
    }
    sl_graph_walk_destroy(w);
  }
  if (sl_graph_walk_hops(r, &at, 1, &other, 1, &w) == SL_OK) {
    for (uint32_t i = 0; i < 4; i++)
      if (sl_graph_walk_next(w, 0) != SL_OK || give_all(f, r, w, 1000, NULL) != SL_OK) break;
    (void)sl_graph_walk_path(w, 50, nodes, &found);
    sl_graph_walk_destroy(w);
  }
  sl_remote_graph_destroy(r);
}

static void damaged_files(void **state) {
  (void)state;
  graph g = communities(120, false, true, 77);
  file f = publish_graph(g.nodes, g.starts, g.columns, g.weights, false, true, 1e9);
  sl_remote_graph *r;
  for (size_t i = 0; i < f.head; i++) {
    for (uint32_t bit = 0; bit < 8; bit += 3) {
      f.bytes[i] ^= (uint8_t)(1 << bit);
      // Only the padding between segments is nobody's.
      if (sl_remote_graph_create(f.bytes, f.head, 1, &r) == SL_OK) sl_remote_graph_destroy(r);
      try_damaged(&f, 0);
      f.bytes[i] ^= (uint8_t)(1 << bit);
    }
  }
  for (size_t cut = 0; cut + 64 < f.head; cut += 5)
    assert_true(sl_remote_graph_create(f.bytes, cut, 1, &r) != SL_OK);
  sl_rng rng;
  sl_rng_seed(&rng, 1);
  for (uint32_t trial = 0; trial < 2000; trial++) {
    const size_t at = f.head + sl_rng_below(&rng, (uint32_t)(f.length - f.head));
    const uint8_t was = f.bytes[at];
    f.bytes[at] = (uint8_t)sl_rng_next(&rng);
    try_damaged(&f, trial % 2);
    f.bytes[at] = was;
  }
  free(f.bytes);
  free_graph(&g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(every_row_is_there, nothing_held),
      cmocka_unit_test_teardown(bounds_hold, nothing_held),
      cmocka_unit_test_teardown(degrees_that_are_lies, nothing_held),
      cmocka_unit_test_teardown(steps_and_shortest_paths, nothing_held),
      cmocka_unit_test_teardown(neighbours_share_blocks, nothing_held),
      cmocka_unit_test_teardown(odd_graphs, nothing_held),
      cmocka_unit_test_teardown(long_paths_and_stars, nothing_held),
      cmocka_unit_test_teardown(what_is_wrong_is_refused, nothing_held),
      cmocka_unit_test_teardown(memory_that_runs_out, nothing_held),
      cmocka_unit_test_teardown(damaged_files, nothing_held),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
