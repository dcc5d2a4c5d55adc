// Selective scans: against the recurrence in float64 for random shapes, cut into pieces and steps,
// refusals, memory that ends.
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attention/selective.h"
#include "base/rng.h"

static sl_rng rng;

static float *floats(size_t count) {
  float *x = malloc((count + 1) * sizeof *x);
  for (size_t i = 0; i < count; i++) x[i] = (float)(2 * sl_rng_double(&rng) - 1);
  return x;
}

static sl_status run(sl_selective *s, const sl_selective_options *o, uint64_t work) {
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  SL_TRY(sl_selective_begin(s, o));
  while (outcome == SL_OUTCOME_RUNNING) SL_TRY(sl_job_step(sl_selective_job(s), work, &outcome));
  return SL_OK;
}

static void equals_the_recurrence(void **state) {
  (void)state;
  sl_rng_seed(&rng, 71);
  for (int trial = 0; trial < SL_TRIES(300); trial++) {
    const uint32_t groups = 1 + sl_rng_below(&rng, 3), each = 1 + sl_rng_below(&rng, 4);
    const uint32_t batch = 1 + sl_rng_below(&rng, 2), tokens = sl_rng_below(&rng, 20);
    const uint32_t channels = groups * each, states = 1 + sl_rng_below(&rng, 9);
    const bool softplus = sl_rng_below(&rng, 2), skips = sl_rng_below(&rng, 2);
    const bool gated = sl_rng_below(&rng, 2), biased = sl_rng_below(&rng, 2);
    const size_t count = (size_t)batch * tokens * channels;
    const size_t others = (size_t)batch * tokens * groups * states;
    float *a = floats((size_t)channels * states), *d = floats(channels), *bias = floats(channels);
    for (size_t i = 0; i < (size_t)channels * states; i++) a[i] = -fabsf(a[i]);
    float *x = floats(count), *delta = floats(count), *z = floats(count), *out = floats(count);
    float *b = floats(others), *c = floats(others);
    const sl_selective_shape shape = {batch,
                                      channels,
                                      states,
                                      groups,
                                      softplus,
                                      a,
                                      (size_t)channels * states,
                                      skips ? d : NULL,
                                      channels,
                                      biased ? bias : NULL,
                                      channels};
    sl_selective *s;
    assert_ok(sl_selective_create(&shape, &s));
    const sl_selective_options o = {x, delta, count, tokens, b, c, others, gated ? z : NULL, out};
    assert_ok(run(s, &o, trial % 2 ? 1 : UINT64_MAX));
    assert_int_equal(sl_selective_length(s), tokens);
    for (uint32_t i = 0; i < batch; i++)
      for (uint32_t channel = 0; channel < channels; channel++) {
        double h[16] = {0};
        for (uint32_t t = 0; t < tokens; t++) {
          const size_t row = (size_t)i * tokens + t, at = row * channels + channel;
          const size_t from = (row * groups + channel / each) * states;
          double pace = (double)delta[at] + (biased ? (double)bias[channel] : 0), y = 0;
          if (softplus) pace = log1p(exp(pace));
          for (uint32_t n = 0; n < states; n++) {
            h[n] = exp(pace * (double)a[(size_t)channel * states + n]) * h[n] +
                   pace * (double)b[from + n] * (double)x[at];
            y += h[n] * (double)c[from + n];
          }
          if (skips) y += (double)d[channel] * (double)x[at];
          if (gated) y *= (double)z[at] / (1 + exp(-(double)z[at]));
          assert_true(fabs((double)out[at] - y) < 1e-4 * (1 + fabs(y)));
        }
      }
    sl_selective_destroy(s);
    for (int i = 0; i < 9; i++) free((float *[]){a, d, bias, x, delta, z, out, b, c}[i]);
  }
}

static void refuses_and_runs_out_of_memory(void **state) {
  (void)state;
  float x[8] = {0};
  const sl_selective_shape good = {1, 2, 3, 1, 0, x, 6, NULL, 0, x, 2};
  sl_selective_shape shape = good;
  sl_selective *s;
  shape.batch = 0;
  assert_refused(sl_selective_create(&shape, &s), SL_ERR_OPTION, "batch");
  shape = good, shape.channels = 0;
  assert_refused(sl_selective_create(&shape, &s), SL_ERR_OPTION, "channels");
  shape = good, shape.states = 1025;
  assert_refused(sl_selective_create(&shape, &s), SL_ERR_OPTION, "states");
  shape = good, shape.groups = 3;
  assert_refused(sl_selective_create(&shape, &s), SL_ERR_OPTION, "groups");
  shape = good, shape.a_count = 5;
  assert_refused(sl_selective_create(&shape, &s), SL_ERR_SHAPE, "a");
  shape = good, shape.d = x;
  assert_refused(sl_selective_create(&shape, &s), SL_ERR_SHAPE, "d");
  shape = good, shape.delta_bias_count = 1;
  assert_refused(sl_selective_create(&shape, &s), SL_ERR_SHAPE, "delta_bias");
  int failures = 0;
  for (size_t limit = 0;; limit += 64, failures++) {
    sl_set_memory_limit(sl_bytes_in_use() + limit);
    const sl_status status = sl_selective_create(&good, &s);
    if (status == SL_OK) break;
    assert_int_equal(status, SL_ERR_MEMORY);
  }
  assert_true(failures > 1);
  sl_selective *copy;
  sl_set_memory_limit(sl_bytes_in_use());
  assert_int_equal(sl_selective_fork(s, &copy), SL_ERR_MEMORY);
  sl_set_memory_limit(SIZE_MAX);
  const sl_selective_options o = {x, x, 2, 1, x, x, 2, NULL, x};
  assert_refused(sl_selective_begin(s, &o), SL_ERR_SHAPE, "b");
  const sl_selective_options other = {x, x, 3, 1, x, x, 3, NULL, x};
  assert_refused(sl_selective_begin(s, &other), SL_ERR_SHAPE, "x");
  assert_refused(sl_selective_write(s, x, 5), SL_ERR_SHAPE, "state");
  assert_ok(sl_selective_write(s, x, 6));
  sl_selective_destroy(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(equals_the_recurrence),
      property(refuses_and_runs_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
