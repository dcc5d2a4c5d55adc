#include "matrices.h"

#include <math.h>

#include "graph/graph.h"

static void wrong_arguments_are_refused_by_name(void **state) {
  (void)state;
  sl_graph *g = (sl_graph *)1;
  uint32_t ok[2] = {0, 1}, bad[2] = {0, 2};
  double zero[2] = {1, 0}, nan[2] = {NAN, 1}, weights[2] = {1, 2};
  assert_refused(sl_graph_from_edges(0, 0, NULL, NULL, NULL, SL_VALUES_PATTERN, true, &g),
                 SL_ERR_EMPTY, "node_count");
  assert_null(g);
  assert_refused(sl_graph_from_edges(UINT32_MAX, 0, NULL, NULL, NULL, SL_VALUES_PATTERN, true, &g),
                 SL_ERR_OVERFLOW, "node_count");
  assert_refused(sl_graph_from_edges(2, 2, bad, ok, NULL, SL_VALUES_PATTERN, true, &g),
                 SL_ERR_INDEX, "from");
  assert_int_equal(sl_last_error()->position, 1);
  assert_refused(sl_graph_from_edges(2, 2, ok, bad, NULL, SL_VALUES_PATTERN, false, &g),
                 SL_ERR_INDEX, "to");
  assert_refused(sl_graph_from_edges(2, 2, ok, ok, zero, SL_VALUES_F64, true, &g),
                 SL_ERR_NOT_POSITIVE, "weights");
  assert_int_equal(sl_last_error()->position, 1);
  assert_refused(sl_graph_from_edges(2, 2, ok, ok, nan, SL_VALUES_F64, true, &g), SL_ERR_NOT_FINITE,
                 "weights");
  assert_refused(sl_graph_from_edges(2, 2, ok, ok, NULL, SL_VALUES_F64, true, &g), SL_ERR_ARGUMENT,
                 "weights");
  assert_refused(sl_graph_from_edges(2, 2, ok, ok, weights, SL_VALUES_PATTERN, true, &g),
                 SL_ERR_ARGUMENT, "weights");
  assert_refused(sl_graph_from_edges(2, 2, ok, ok, weights, (sl_value_type)5, true, &g),
                 SL_ERR_OPTION, "value_type");
  assert_null(g);
}

static void graph_without_edges_is_a_graph(void **state) {
  (void)state;
  for (int directed = 0; directed < 2; directed++) {
    for (uint32_t n = 1; n < 3; n++) {
      sl_graph *g;
      assert_ok(sl_graph_from_edges(n, 0, NULL, NULL, NULL, SL_VALUES_PATTERN, directed, &g));
      assert_int_equal(g->edge_count, 0);
      const double *strength;
      const uint32_t *columns;
      uint32_t degree = 9;
      assert_ok(sl_graph_out_strength(g, &strength));
      assert_true(strength[n - 1] == 0);
      assert_ok(sl_graph_neighbors(g, n - 1, &columns, &degree));
      assert_int_equal(degree, 0);
      assert_ok(sl_graph_in_degree(g, n - 1, &degree));
      assert_int_equal(degree, 0);
      assert_refused(sl_graph_neighbors(g, n, &columns, &degree), SL_ERR_INDEX, "node");
      assert_refused(sl_graph_out_degree(g, n, &degree), SL_ERR_INDEX, "node");
      assert_refused(sl_graph_in_degree(g, UINT32_MAX, &degree), SL_ERR_INDEX, "node");
      assert_int_equal(sl_graph_bytes(g), sl_bytes_in_use());
      sl_graph_destroy(g);
    }
  }
}

static void undirected_edges_stand_in_both_rows_and_loops_once(void **state) {
  (void)state;
  // 0-1 given twice and backwards, a loop on 2, 3 alone.
  uint32_t from[4] = {0, 1, 2, 0}, to[4] = {1, 0, 2, 1};
  float weights[4] = {1, 2, 5, 4};
  sl_graph *g;
  assert_ok(sl_graph_from_edges(4, 4, from, to, weights, SL_VALUES_F32, false, &g));
  assert_int_equal(g->edge_count, 2);
  assert_int_equal(g->outgoing->nnz, 3);
  double w;
  assert_ok(sl_csr_get(g->outgoing, 1, 0, &w));
  assert_true(w == 7);
  assert_ok(sl_csr_get(g->outgoing, 2, 2, &w));
  assert_true(w == 5);
  const double *strength;
  assert_ok(sl_graph_out_strength(g, &strength));
  assert_true(strength[0] == 7 && strength[1] == 7 && strength[2] == 5 && strength[3] == 0);
  sl_csr *laplacian;
  assert_ok(sl_graph_laplacian(g, 0.5, &laplacian));
  assert_canonical(laplacian);
  assert_int_equal(laplacian->nnz, 6);
  double dense[LARGEST][LARGEST];
  to_dense(laplacian, dense);
  assert_true(dense[0][0] == 7.5 && dense[0][1] == -7 && dense[2][2] == 0.5 && dense[3][3] == 0.5);
  sl_csr_destroy(laplacian);
  assert_refused(sl_graph_laplacian(g, -1, &laplacian), SL_ERR_OPTION, "shift");
  assert_refused(sl_graph_laplacian(g, NAN, &laplacian), SL_ERR_OPTION, "shift");
  assert_null(laplacian);
  sl_graph_destroy(g);
  assert_ok(sl_graph_from_edges(4, 4, from, to, weights, SL_VALUES_F32, true, &g));
  assert_refused(sl_graph_laplacian(g, 0, &laplacian), SL_ERR_UNSUPPORTED, "graph");
  sl_graph_destroy(g);
}

static void sums_that_overflow_are_refused_and_the_graph_lives_on(void **state) {
  (void)state;
  uint32_t from[2] = {0, 0}, to[2] = {1, 2};
  double weights[2] = {0x1p1023, 0x1p1023};
  sl_graph *g;
  assert_ok(sl_graph_from_edges(3, 2, from, to, weights, SL_VALUES_F64, false, &g));
  size_t held = sl_bytes_in_use();
  const double *strength;
  sl_csr *laplacian;
  assert_refused(sl_graph_out_strength(g, &strength), SL_ERR_NOT_FINITE, "weights");
  assert_int_equal(sl_last_error()->position, 0);
  assert_refused(sl_graph_laplacian(g, 0, &laplacian), SL_ERR_NOT_FINITE, "weights");
  assert_int_equal(sl_bytes_in_use(), held);
  sl_graph_destroy(g);
}

// Random multigraphs against dense counting.
static void graph_matches_a_dense_count(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 21);
  for (int trial = 0; trial < SL_TRIES(2000); trial++) {
    uint32_t n = 1 + sl_rng_below(&rng, LARGEST), count = sl_rng_below(&rng, 40), from[40], to[40];
    bool directed = sl_rng_below(&rng, 2), weighted = sl_rng_below(&rng, 2);
    double weights[40], dense[LARGEST][LARGEST] = {{0}}, found[LARGEST][LARGEST];
    for (uint32_t k = 0; k < count; k++) {
      from[k] = sl_rng_below(&rng, n);
      to[k] = sl_rng_below(&rng, n);
      weights[k] = 1 + sl_rng_below(&rng, 8);
      double *cell = &dense[from[k]][to[k]], *mirror = &dense[to[k]][from[k]];
      *cell = weighted ? *cell + weights[k] : 1;
      if (!directed && cell != mirror) *mirror = *cell;
    }
    sl_graph *g;
    assert_ok(sl_graph_from_edges(n, count, from, to, weighted ? weights : NULL,
                                  weighted ? SL_VALUES_F64 : SL_VALUES_PATTERN, directed, &g));
    assert_canonical(g->outgoing);
    to_dense(g->outgoing, found);
    assert_memory_equal(found, dense, sizeof dense);
    const sl_csr *incoming;
    const double *strength;
    assert_ok(sl_graph_incoming(g, &incoming));
    assert_ok(sl_graph_out_strength(g, &strength));
    assert_canonical(incoming);
    uint32_t edges = 0;
    sl_csr *laplacian = NULL;
    double dense_laplacian[LARGEST][LARGEST];
    if (!directed) {
      assert_ok(sl_graph_laplacian(g, 0, &laplacian));
      assert_canonical(laplacian);
      to_dense(laplacian, dense_laplacian);
      const sl_matrix_class *facts;
      assert_ok(sl_csr_classify(laplacian, &facts));
      assert_true(facts->laplacian);
    }
    for (uint32_t u = 0; u < n; u++) {
      uint32_t out = 0, in = 0, degree;
      double sum = 0, without_loop = 0;
      for (uint32_t v = 0; v < n; v++) {
        double back;
        assert_ok(sl_csr_get(incoming, v, u, &back));
        assert_true(back == dense[u][v]);
        out += dense[u][v] != 0;
        in += dense[v][u] != 0;
        sum += dense[u][v];
        without_loop += u == v ? 0 : dense[u][v];
        edges += dense[u][v] != 0 && (directed || v <= u);
        if (laplacian && u != v) assert_true(dense_laplacian[u][v] == -dense[u][v]);
      }
      assert_ok(sl_graph_out_degree(g, u, &degree));
      assert_int_equal(degree, out);
      const uint32_t *targets;
      const void *edge_weights;
      assert_ok(sl_graph_neighbors(g, u, &targets, &degree));
      assert_ok(sl_graph_neighbor_weights(g, u, &edge_weights));
      assert_int_equal(edge_weights == NULL, !weighted);
      for (uint32_t k = 0; weighted && k < degree; k++) {
        assert_true(((const double *)edge_weights)[k] == dense[u][targets[k]]);
      }
      assert_ok(sl_graph_in_degree(g, u, &degree));
      assert_int_equal(degree, in);
      assert_true(strength[u] == sum);
      if (laplacian) assert_true(dense_laplacian[u][u] == without_loop);
    }
    assert_int_equal(g->edge_count, edges);
    sl_csr_destroy(laplacian);
    assert_int_equal(sl_graph_bytes(g), sl_bytes_in_use());
    sl_graph_destroy(g);
  }
}

static sl_csr *matrix(uint32_t rows, uint32_t cols, uint32_t count, const uint32_t *i,
                      const uint32_t *j, const double *v) {
  sl_csr *m;
  assert_ok(sl_csr_from_coo(rows, cols, count, i, j, v, SL_VALUES_F64, &m));
  return m;
}

// from_csr owns the matrix whatever happens: the teardown finds a leak.
static void matrix_becomes_a_graph_only_when_it_is_one(void **state) {
  (void)state;
  uint32_t i[2] = {0, 1}, j[2] = {1, 0};
  double same[2] = {2, 2}, different[2] = {2, 3}, negative[2] = {2, -2};
  sl_graph *g;
  assert_refused(sl_graph_from_csr(matrix(2, 3, 2, i, j, same), true, &g), SL_ERR_NOT_SQUARE,
                 "matrix");
  assert_null(g);
  assert_refused(sl_graph_from_csr(matrix(2, 2, 2, i, j, different), false, &g),
                 SL_ERR_NOT_SYMMETRIC, "matrix");
  assert_refused(sl_graph_from_csr(matrix(2, 2, 1, i, j, same), false, &g), SL_ERR_NOT_SYMMETRIC,
                 "matrix");
  assert_refused(sl_graph_from_csr(matrix(2, 2, 2, i, j, negative), true, &g), SL_ERR_NOT_POSITIVE,
                 "weights");
  assert_int_equal(sl_last_error()->position, 1);
  assert_ok(sl_graph_from_csr(matrix(2, 2, 2, i, j, different), true, &g));
  assert_int_equal(g->edge_count, 2);
  sl_graph_destroy(g);
  assert_ok(sl_graph_from_csr(matrix(2, 2, 2, i, j, same), false, &g));
  assert_int_equal(g->edge_count, 1);
  sl_graph_destroy(g);
}

static void every_allocation_may_fail(void **state) {
  (void)state;
  uint32_t from[4] = {2, 1, 0, 2}, to[4] = {0, 2, 1, 2};
  double weights[4] = {1, 2, 3, 4};
  for (int directed = 0; directed < 2; directed++) {
    bool done = false;
    int refusals = 0;
    for (size_t limit = 0; !done; limit += 4) {
      sl_set_memory_limit(limit);
      sl_graph *g = NULL;
      sl_csr *laplacian = NULL;
      const sl_csr *incoming;
      const double *strength;
      sl_status status = sl_graph_from_edges(3, 4, from, to, weights, SL_VALUES_F64, directed, &g);
      if (status != SL_OK) assert_null(g);
      if (status == SL_OK) status = sl_graph_incoming(g, &incoming);
      if (status == SL_OK) status = sl_graph_out_strength(g, &strength);
      if (status == SL_OK && !directed) status = sl_graph_laplacian(g, 1, &laplacian);
      done = status == SL_OK;
      if (!done) assert_int_equal(status, SL_ERR_MEMORY);
      refusals += !done;
      sl_csr_destroy(laplacian);
      sl_graph_destroy(g);
      assert_int_equal(sl_bytes_in_use(), 0);
    }
    assert_true(refusals > 20);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(wrong_arguments_are_refused_by_name),
      property(graph_without_edges_is_a_graph),
      property(undirected_edges_stand_in_both_rows_and_loops_once),
      property(sums_that_overflow_are_refused_and_the_graph_lives_on),
      property(graph_matches_a_dense_count),
      property(matrix_becomes_a_graph_only_when_it_is_one),
      property(every_allocation_may_fail),
  };
  return cmocka_run_group_tests_name("graph_core", tests, NULL, NULL);
}
