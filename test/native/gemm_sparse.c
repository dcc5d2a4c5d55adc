// Sparse feed-forward layers: what is left out is within its bound for random weights and predictors,
// in steps, refusals, memory that ends.
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "gemm/sparse_forward.h"

static sl_rng rng;

static float *floats(size_t count) {
  float *x = malloc((count + 1) * sizeof *x);
  for (size_t i = 0; i < count; i++) x[i] = (float)(2 * sl_rng_double(&rng) - 1);
  return x;
}

static sl_status finish(sl_job *job, uint64_t work) {
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  while (outcome == SL_OUTCOME_RUNNING) SL_TRY(sl_job_step(job, work, &outcome));
  return SL_OK;
}

static void what_is_left_out_is_bounded(void **state) {
  (void)state;
  sl_rng_seed(&rng, 91);
  for (int trial = 0; trial < SL_TRIES(300); trial++) {
    const uint32_t width = 1 + sl_rng_below(&rng, 8), inner = 1 + sl_rng_below(&rng, 30);
    const uint32_t outputs = 1 + sl_rng_below(&rng, 5), rank = 1 + sl_rng_below(&rng, 4);
    const uint32_t tokens = sl_rng_below(&rng, 5), top = 1 + sl_rng_below(&rng, inner);
    float *up = floats(inner * width), *bias = floats(inner), *down = floats(inner * outputs);
    float *reduce = floats(rank * width), *expand = floats(inner * rank);
    float *x = floats(tokens * width), *out = floats(tokens * outputs);
    // Ties as well: small whole numbers.
    if (trial % 3 == 0)
      for (uint32_t i = 0; i < inner * rank; i++) expand[i] = (float)(sl_rng_below(&rng, 3))-1;
    uint32_t *chosen = malloc((tokens * top + 1) * sizeof *chosen);
    double *bounds = malloc((tokens + 1) * sizeof *bounds);
    const sl_sparse_weights w = {
        width, inner, outputs,         rank,   up,           inner * width, trial % 2 ? bias : NULL,
        inner, down,  inner * outputs, reduce, rank * width, expand,        inner * rank};
    sl_sparse_forward *s;
    assert_ok(sl_sparse_forward_create(&w, &s));
    assert_ok(sl_sparse_forward_begin(s, x, tokens * width, tokens, top, out, chosen, bounds));
    assert_ok(finish(sl_sparse_forward_job(s), trial % 2 ? 1 : UINT64_MAX));
    for (uint32_t t = 0; t < tokens; t++) {
      double whole[5] = {0}, part[5] = {0}, lost = 0;
      for (uint32_t i = 0, k = 0; i < inner; i++) {
        double value = trial % 2 ? (double)bias[i] : 0;
        for (uint32_t j = 0; j < width; j++)
          value += (double)up[i * width + j] * (double)x[t * width + j];
        const bool here = k < top && chosen[t * top + k] == i;
        if (here) k++;
        for (uint32_t o = 0; o < outputs && value > 0; o++) {
          whole[o] += value * (double)down[i * outputs + o];
          if (here) part[o] += value * (double)down[i * outputs + o];
        }
        if (i + 1 == inner) assert_int_equal(k, top);
      }
      for (uint32_t o = 0; o < outputs; o++) {
        assert_true(fabs((double)out[t * outputs + o] - part[o]) < 1e-4);
        lost += (whole[o] - part[o]) * (whole[o] - part[o]);
      }
      assert_true(sqrt(lost) <= bounds[t] * (1 + 1e-12) + 1e-14);
    }
    sl_sparse_forward_destroy(s);
    for (int i = 0; i < 7; i++) free((float *[]){up, bias, down, reduce, expand, x, out}[i]);
    free(chosen);
    free(bounds);
  }
}

static void refuses_and_runs_out_of_memory(void **state) {
  (void)state;
  float x[4] = {1, 1, 1, 1};
  const sl_sparse_weights good = {1, 2, 1, 1, x, 2, NULL, 0, x, 2, x, 1, x, 2};
  sl_sparse_weights w = good;
  sl_sparse_forward *s;
  w.rank = 0;
  assert_refused(sl_sparse_forward_create(&w, &s), SL_ERR_OPTION, "rank");
  w = good, w.inner = 0;
  assert_refused(sl_sparse_forward_create(&w, &s), SL_ERR_OPTION, "inner");
  w = good, w.reduce_count = 2;
  assert_refused(sl_sparse_forward_create(&w, &s), SL_ERR_SHAPE, "reduce");
  w = good, w.bias = x, w.bias_count = 1;
  assert_refused(sl_sparse_forward_create(&w, &s), SL_ERR_SHAPE, "bias");
  x[1] = NAN;
  assert_refused(sl_sparse_forward_create(&good, &s), SL_ERR_NOT_FINITE, "up");
  x[1] = 1;
  int failures = 0;
  for (size_t limit = 0;; limit += 16, failures++) {
    sl_set_memory_limit(sl_bytes_in_use() + limit);
    const sl_status status = sl_sparse_forward_create(&good, &s);
    if (status == SL_OK) break;
    assert_int_equal(status, SL_ERR_MEMORY);
  }
  assert_true(failures > 4);
  sl_set_memory_limit(SIZE_MAX);
  uint32_t chosen[2];
  double bound;
  assert_refused(sl_sparse_forward_begin(s, x, 1, 1, 0, x, chosen, &bound), SL_ERR_OPTION, "top");
  assert_refused(sl_sparse_forward_begin(s, x, 2, 1, 1, x, chosen, &bound), SL_ERR_SHAPE, "x");
  sl_sparse_forward_destroy(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(what_is_left_out_is_bounded),
      property(refuses_and_runs_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
