// Copies of graphs by description, as a host makes them from one module's memory to another's.
#include "graph/transfer.h"
#include "graphs.h"

static void a_copy_is_the_same_graph(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 1);
  for (int trial = 0; trial < 200; trial++) {
    sl_graph *g = random_graph(&rng, LARGEST), *copy;
    double from[SL_GRAPH_TRANSFER], to[SL_GRAPH_TRANSFER];
    const double *strength, *again;
    assert_ok(sl_graph_out_strength(g, &strength));
    sl_graph_transfer_out(g, from);
    assert_ok(sl_graph_transfer_in(from, &copy));
    sl_graph_transfer_out(copy, to);
    for (int i = 0; i < SL_CSR_ARRAYS; i++) {
      if (from[2 * i + 1] == 0) continue;
      memcpy((void *)(uintptr_t)to[2 * i], (void *)(uintptr_t)from[2 * i], (size_t)to[2 * i + 1]);
    }
    assert_int_equal(copy->directed, g->directed);
    assert_int_equal(copy->node_count, g->node_count);
    assert_int_equal(copy->edge_count, g->edge_count);
    assert_int_equal(copy->outgoing->nnz, g->outgoing->nnz);
    assert_int_equal(sl_graph_value_type(copy), sl_graph_value_type(g));
    // What is derived is derived again.
    assert_null(copy->out_strength);
    assert_ok(sl_graph_out_strength(copy, &again));
    assert_memory_equal(strength, again, g->node_count * sizeof *strength);
    for (uint32_t u = 0; u < g->node_count; u++) {
      uint32_t degree, same;
      assert_ok(sl_graph_in_degree(g, u, &degree));
      assert_ok(sl_graph_in_degree(copy, u, &same));
      assert_int_equal(same, degree);
    }
    assert_int_equal(sl_graph_bytes(copy), sl_graph_bytes(g));
    sl_graph_destroy(g);
    sl_graph_destroy(copy);
  }
}

static void no_memory_for_the_copy_leaves_nothing(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 2);
  sl_graph *g = random_graph(&rng, LARGEST), *copy = (sl_graph *)1;
  double described[SL_GRAPH_TRANSFER];
  sl_graph_transfer_out(g, described);
  const size_t held = sl_bytes_in_use(), wanted = sl_graph_bytes(g);
  for (size_t more = 0; more < wanted; more += 1 + wanted / 50) {
    sl_set_memory_limit(held + more);
    assert_int_equal(sl_graph_transfer_in(described, &copy), SL_ERR_MEMORY);
    assert_null(copy);
    assert_int_equal(sl_bytes_in_use(), held);
  }
  sl_set_memory_limit(held + wanted);
  assert_ok(sl_graph_transfer_in(described, &copy));
  sl_graph_destroy(copy);
  sl_graph_destroy(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(a_copy_is_the_same_graph),
      property(no_memory_for_the_copy_leaves_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
