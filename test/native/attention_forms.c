// Hyperbolic attention, masks of directed graphs and the block in integers: against closed forms,
// random input, refusals, memory that ends.
#include "check.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "attention/dag.h"
#include "attention/fixed.h"
#include "attention/hyperbolic_attention.h"
#include "base/rng.h"
#include "hyperbolic/poincare.h"

static sl_rng rng;

static sl_status finish(sl_job *job, uint64_t work) {
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  while (outcome == SL_OUTCOME_RUNNING) SL_TRY(sl_job_step(job, work, &outcome));
  return SL_OK;
}

// Two values with equal weights: their midpoint is as far from both, by the room hyperbolic's own
// distance, and on the way between them.
static void midpoints_are_in_the_middle(void **state) {
  (void)state;
  sl_rng_seed(&rng, 81);
  sl_hyperbolic *h;
  assert_ok(sl_hyperbolic_create(&h));
  for (int trial = 0; trial < SL_TRIES(500); trial++) {
    enum { SIZE = 3 };
    float values[2 * SIZE], keys[2 * SIZE] = {0}, query[SIZE] = {0}, out[SIZE];
    for (int i = 0; i < 2 * SIZE; i++) values[i] = (float)(1.1 * sl_rng_double(&rng) - 0.55);
    const sl_hyperbolic_options o = {1, 1,     2,    1,    1,      SIZE,     0,    0, 1,
                                     1, query, SIZE, keys, values, 2 * SIZE, NULL, 0, out};
    assert_ok(sl_hyperbolic_begin(h, &o));
    assert_ok(finish(sl_hyperbolic_job(h), 1));
    double first, second, whole;
    assert_ok(sl_poincare_distance(out, values, 1, SIZE, 1, &first));
    assert_ok(sl_poincare_distance(out, values + SIZE, 1, SIZE, 1, &second));
    assert_ok(sl_poincare_distance(values, values + SIZE, 1, SIZE, 1, &whole));
    assert_true(fabs(first - second) < 1e-4);
    assert_true(fabs(first + second - whole) < 1e-4);
  }
  sl_hyperbolic_destroy(h);
}

static void hyperbolic_memory_may_end(void **state) {
  (void)state;
  float x[4] = {0};
  sl_hyperbolic *h;
  sl_set_memory_limit(0);
  assert_int_equal(sl_hyperbolic_create(&h), SL_ERR_MEMORY);
  sl_set_memory_limit(SIZE_MAX);
  assert_ok(sl_hyperbolic_create(&h));
  const sl_hyperbolic_options o = {1, 2, 2, 1, 1, 2, 1, 0, 1, 1, x, 4, x, x, 4, NULL, 0, x};
  sl_set_memory_limit(sl_bytes_in_use());
  assert_int_equal(sl_hyperbolic_begin(h, &o), SL_ERR_MEMORY);
  sl_set_memory_limit(SIZE_MAX);
  assert_ok(sl_hyperbolic_begin(h, &o));
  assert_ok(sl_job_stop(sl_hyperbolic_job(h), SL_OUTCOME_TIME_LIMIT));
  sl_hyperbolic_destroy(h);
}

// Any edges at all: an order that keeps them, or a cycle of them.
static void graphs_have_an_order_or_a_cycle(void **state) {
  (void)state;
  sl_rng_seed(&rng, 82);
  int cycles = 0;
  for (int trial = 0; trial < SL_TRIES(1000); trial++) {
    enum { MOST = 12 };
    const uint32_t nodes = 1 + sl_rng_below(&rng, MOST), edges = sl_rng_below(&rng, 14);
    uint32_t *sources = malloc((edges + 1) * sizeof *sources);
    uint32_t *targets = malloc((edges + 1) * sizeof *targets), order[MOST], place[MOST], cycle;
    for (uint32_t e = 0; e < edges; e++) {
      sources[e] = sl_rng_below(&rng, nodes);
      targets[e] = sl_rng_below(&rng, nodes);
    }
    uint8_t mask[MOST * MOST];
    double longest[MOST];
    sl_dag_options o = {.node_count = nodes,
                        .from = sources,
                        .to = targets,
                        .edges = edges,
                        .sight = SL_DAG_ANCESTORS,
                        .mask = mask,
                        .order = order,
                        .longest = longest};
    const sl_status status = sl_dag_mask(&o, &cycle);
    if (cycle > 0) {
      assert_int_equal(status, SL_ERR_UNSUPPORTED);
      cycles++;
      for (uint32_t i = 0; i < cycle; i++) {
        bool there = false;
        for (uint32_t e = 0; e < edges; e++)
          there |= sources[e] == order[i] && targets[e] == order[(i + 1) % cycle];
        assert_true(there);
      }
    } else {
      assert_ok(status);
      for (uint32_t i = 0; i < nodes; i++) place[order[i]] = i;
      for (uint32_t e = 0; e < edges; e++) {
        assert_true(place[sources[e]] < place[targets[e]]);
        assert_int_equal(mask[targets[e] * nodes + sources[e]], 1);
        assert_int_equal(mask[sources[e] * nodes + targets[e]], 0);
      }
    }
    free(sources);
    free(targets);
  }
  assert_true(cycles > 10);
  uint32_t from = 0, to = 1, order[2], cycle;
  uint8_t mask[4];
  double longest[2];
  const sl_dag_options o = {.node_count = 2,
                            .from = &from,
                            .to = &to,
                            .edges = 1,
                            .sight = SL_DAG_ANCESTORS,
                            .mask = mask,
                            .order = order,
                            .longest = longest};
  sl_set_memory_limit(0);
  assert_int_equal(sl_dag_mask(&o, &cycle), SL_ERR_MEMORY);
}

// Whatever the weights and however the steps are cut, x stays in its range and the bits are the same.
static void blocks_stay_within_range(void **state) {
  (void)state;
  sl_rng_seed(&rng, 83);
  for (int trial = 0; trial < SL_TRIES(100); trial++) {
    const uint32_t heads = 1 + sl_rng_below(&rng, 3), width = heads * (1 + sl_rng_below(&rng, 5));
    const uint32_t inner = 1 + sl_rng_below(&rng, 20), tokens = sl_rng_below(&rng, 9);
    const uint32_t shift = sl_rng_below(&rng, 62);
    sl_fixed_block *b;
    assert_ok(sl_fixed_block_create(width, heads, inner, trial % 2, sl_rng_below(&rng, INT32_MAX),
                                    shift, &b));
    for (uint32_t part = 0; part < SL_FIXED_PARTS; part++) {
      const uint32_t inputs = part == SL_FIXED_DOWN ? inner : width;
      const uint32_t outputs = part == SL_FIXED_UP ? inner : width;
      int8_t *values = malloc((size_t)inputs * outputs);
      int32_t *bias = malloc(outputs * sizeof *bias);
      for (uint32_t i = 0; i < inputs * outputs; i++)
        values[i] = (int8_t)((int)sl_rng_below(&rng, 255) - 127);
      for (uint32_t i = 0; i < outputs; i++)
        bias[i] = (int32_t)sl_rng_below(&rng, 1u << 29) - (1 << 28);
      assert_ok(sl_fixed_block_set(b, part, values, (size_t)inputs * outputs,
                                   sl_rng_below(&rng, 2) ? bias : NULL, outputs,
                                   sl_rng_below(&rng, INT32_MAX), sl_rng_below(&rng, 63)));
      free(values);
      free(bias);
    }
    const size_t count = (size_t)tokens * width;
    int32_t *x = malloc((count + 1) * sizeof *x), *again = malloc((count + 1) * sizeof *x);
    for (size_t i = 0; i < count; i++)
      x[i] = again[i] = (int32_t)sl_rng_below(&rng, (1u << 23) + 1) - (1 << 22);
    assert_ok(sl_fixed_block_begin(b, x, count, tokens));
    assert_ok(finish(sl_fixed_block_job(b), UINT64_MAX));
    assert_ok(sl_fixed_block_begin(b, again, count, tokens));
    assert_ok(finish(sl_fixed_block_job(b), 1));
    assert_memory_equal(x, again, count * sizeof *x);
    for (size_t i = 0; i < count; i++) assert_in_range(x[i] + (1 << 22), 0, 1 << 23);
    sl_fixed_block_destroy(b);
    free(x);
    free(again);
  }
}

static void blocks_refuse(void **state) {
  (void)state;
  sl_fixed_block *b;
  int8_t values[4] = {0, 0, 0, INT8_MIN};
  int32_t bias[2] = {0, 1 << 29}, x[4] = {0, 0, 0, 1 << 23};
  assert_refused(sl_fixed_block_create(0, 1, 1, 0, 1, 1, &b), SL_ERR_OPTION, "width");
  assert_refused(sl_fixed_block_create(4, 3, 1, 0, 1, 1, &b), SL_ERR_OPTION, "heads");
  assert_refused(sl_fixed_block_create(4, 1, 0, 0, 1, 1, &b), SL_ERR_OPTION, "inner");
  assert_refused(sl_fixed_block_create(4, 1, 1, 0, UINT32_MAX, 1, &b), SL_ERR_OPTION, "multiplier");
  assert_refused(sl_fixed_block_create(4, 1, 1, 0, 1, 63, &b), SL_ERR_OPTION, "shift");
  int failures = 0;
  for (size_t limit = 0;; limit += 32, failures++) {
    sl_set_memory_limit(sl_bytes_in_use() + limit);
    const sl_status status = sl_fixed_block_create(2, 1, 2, 0, 1, 1, &b);
    if (status == SL_OK) break;
    assert_int_equal(status, SL_ERR_MEMORY);
  }
  assert_true(failures > 5);
  assert_refused(sl_fixed_block_set(b, 6, values, 4, NULL, 0, 1, 1), SL_ERR_OPTION, "part");
  assert_refused(sl_fixed_block_set(b, 0, values, 3, NULL, 0, 1, 1), SL_ERR_SHAPE, "values");
  assert_refused(sl_fixed_block_set(b, 0, values, 4, NULL, 0, 1, 1), SL_ERR_RANGE, "values");
  values[3] = 0;
  assert_refused(sl_fixed_block_set(b, 0, values, 4, bias, 2, 1, 1), SL_ERR_RANGE, "bias");
  assert_refused(sl_fixed_block_set(b, 0, values, 4, bias, 1, 1, 1), SL_ERR_SHAPE, "bias");
  assert_refused(sl_fixed_block_begin(b, x, 3, 2), SL_ERR_SHAPE, "x");
  assert_refused(sl_fixed_block_begin(b, x, 4, 2), SL_ERR_RANGE, "x");
  x[3] = 0;
  sl_set_memory_limit(sl_bytes_in_use());
  assert_int_equal(sl_fixed_block_begin(b, x, 4, 2), SL_ERR_MEMORY);
  sl_set_memory_limit(SIZE_MAX);
  sl_fixed_block_destroy(b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(midpoints_are_in_the_middle),
      property(hyperbolic_memory_may_end),
      property(graphs_have_an_order_or_a_cycle),
      property(blocks_stay_within_range),
      property(blocks_refuse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
