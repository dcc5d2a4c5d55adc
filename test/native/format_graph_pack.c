// Ties between nodes against a count of all triangles, and blocks that are packed by them.
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "format/graph_pack.h"
#include "format/graph_ties.h"

enum { NODES = 400 };

typedef struct graph {
  uint32_t starts[NODES + 1], *columns, in_starts[NODES + 1], *in_columns, *in_entries;
  double *weights;
} graph;

// Communities of 20 nodes whose numbers are 20 apart; matrix: NODES * NODES.
static void make(double *matrix, bool directed, graph *g) {
  sl_rng rng;
  sl_rng_seed(&rng, 3);
  for (uint32_t i = 0; i < NODES * 6; i++) {
    const uint32_t u = sl_rng_below(&rng, NODES), near = (u + 20 * sl_rng_below(&rng, 20)) % NODES;
    const uint32_t v = sl_rng_below(&rng, 6) == 0 ? sl_rng_below(&rng, NODES) : near;
    matrix[u * NODES + v] = 1 + sl_rng_below(&rng, 3);
    if (!directed) matrix[v * NODES + u] = matrix[u * NODES + v];
  }
  uint32_t at = 0, in = 0;
  const size_t room = (size_t)NODES * NODES;
  g->columns = malloc(room * sizeof *g->columns);
  g->in_columns = malloc(room * sizeof *g->in_columns);
  g->in_entries = malloc(room * sizeof *g->in_entries);
  g->weights = malloc(room * sizeof *g->weights);
  uint32_t *entry = malloc(room * sizeof *entry);
  g->starts[0] = g->in_starts[0] = 0;
  for (uint32_t u = 0; u < NODES; u++) {
    for (uint32_t v = 0; v < NODES; v++) {
      if (matrix[u * NODES + v] == 0) continue;
      entry[u * NODES + v] = at;
      g->weights[at] = matrix[u * NODES + v];
      g->columns[at++] = v;
    }
    g->starts[u + 1] = at;
  }
  for (uint32_t v = 0; v < NODES; v++) {
    for (uint32_t u = 0; u < NODES; u++) {
      if (matrix[u * NODES + v] == 0) continue;
      g->in_entries[in] = entry[u * NODES + v];
      g->in_columns[in++] = u;
    }
    g->in_starts[v + 1] = in;
  }
  free(entry);
}

static void free_graph(graph *g) {
  free(g->columns);
  free(g->in_columns);
  free(g->in_entries);
  free(g->weights);
}

static void begin(const graph *g, bool directed, bool weighted, uint64_t work, sl_graph_ties *t) {
  memset(t, 0, sizeof *t);
  assert_ok(sl_graph_ties_begin(t, NODES, g->starts, g->columns, weighted ? g->weights : NULL,
                                directed ? g->in_starts : NULL, g->in_columns, g->in_entries));
  while (!t->ended) sl_graph_ties_step(t, work);
}

static void ties_are_weights_and_triangles(void **state) {
  (void)state;
  for (uint32_t kind = 0; kind < 4; kind++) {
    const bool directed = kind % 2 == 1, weighted = kind >= 2;
    double *m = calloc((size_t)NODES * NODES, sizeof *m);
    graph g;
    sl_graph_ties t;
    make(m, directed, &g);
    begin(&g, directed, weighted, kind == 0 ? 1 : 1000000, &t);
    for (uint32_t u = 0; u < NODES; u++) {
      uint32_t e = t.starts[u];
      for (uint32_t v = 0; v < NODES; v++) {
        const double there = m[u * NODES + v], back = m[v * NODES + u];
        if (u == v || (there == 0 && back == 0)) continue;
        double weight = (there != 0) + (directed ? back != 0 : 0);
        if (weighted) weight = (there + (directed ? back : 0)) / 3;
        for (uint32_t x = 0, common = 0; x < NODES; x++) {
          const bool with_u = m[u * NODES + x] != 0 || m[x * NODES + u] != 0;
          const bool with_v = m[v * NODES + x] != 0 || m[x * NODES + v] != 0;
          common += x != u && x != v && with_u && with_v;
          if (x == NODES - 1) weight *= 1 + common;
        }
        assert_int_equal(t.columns[e], v);
        assert_true(t.weights[e] > 0.999999 * weight && t.weights[e] < 1.000001 * weight);
        e++;
      }
      assert_int_equal(e, t.starts[u + 1]);
    }
    sl_blocks_free(&t.blocks);
    free_graph(&g);
    free(m);
  }
}

// Ties within blocks, of all.
static double inside(const sl_graph_ties *t, const uint32_t *block) {
  double same = 0, all = 0;
  for (uint32_t u = 0; u < NODES; u++) {
    for (uint32_t e = t->starts[u]; e < t->starts[u + 1]; e++) {
      all += t->weights[e];
      if (block[u] == block[t->columns[e]]) same += t->weights[e];
    }
  }
  return same / all;
}

static void blocks_hold_what_belongs_together(void **state) {
  (void)state;
  double *m = calloc((size_t)NODES * NODES, sizeof *m);
  graph g;
  sl_graph_ties t;
  make(m, false, &g);
  begin(&g, false, true, 500, &t);
  uint32_t sizes[NODES], place[NODES], again[NODES];
  // A community has its nodes 20 apart: an order by numbers holds none of it together.
  for (uint32_t u = 0; u < NODES; u++) {
    place[u] = again[u] = u;
    sizes[u] = u == 77 ? 5000 : 20 + u % 7;
  }
  sl_graph_pack p = {0}, q = {0};
  assert_ok(sl_graph_pack_begin(&p, &t, sizes, place, 600));
  const double before = inside(&t, p.block);
  while (!p.ended) sl_graph_pack_step(&p, 1);
  assert_true(before < 0.1);
  assert_true(inside(&t, p.block) > 0.6);
  // Steps of another length give the same.
  assert_ok(sl_graph_pack_begin(&q, &t, sizes, again, 600));
  while (!q.ended) sl_graph_pack_step(&q, 100000);
  assert_memory_equal(place, again, sizeof place);
  // Places are all there, blocks ascend with them, and none is fuller than it may be.
  uint32_t node_at[NODES], seen[NODES] = {0}, bytes = 0;
  for (uint32_t u = 0; u < NODES; u++) {
    assert_true(place[u] < NODES && seen[place[u]]++ == 0);
    node_at[place[u]] = u;
  }
  for (uint32_t i = 0; i < NODES; i++) {
    const uint32_t u = node_at[i], last = i == 0 ? 0 : p.block[node_at[i - 1]];
    assert_true(p.block[u] == last || p.block[u] == last + 1);
    if (p.block[u] != last) bytes = 0;
    bytes += sizes[u];
    assert_true(bytes <= 600 || u == 77);
    if (u == 77) assert_int_equal(bytes, 5000);
  }
  assert_int_equal(p.block[node_at[NODES - 1]] + 1, p.blocks);
  sl_blocks_free(&p.held);
  sl_blocks_free(&q.held);
  sl_blocks_free(&t.blocks);
  free_graph(&g);
  free(m);
}

static void blocks_grow_with_the_root(void **state) {
  (void)state;
  assert_int_equal(sl_graph_pack_full(0), 512);
  assert_int_equal(sl_graph_pack_full(1e8), 4000);
  assert_int_equal(sl_graph_pack_full(1e12), 16384);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(ties_are_weights_and_triangles, nothing_held),
      cmocka_unit_test_teardown(blocks_hold_what_belongs_together, nothing_held),
      cmocka_unit_test_teardown(blocks_grow_with_the_root, nothing_held),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
