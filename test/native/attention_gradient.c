// Gradients of attention: against their formulas in float64 for random shapes, in steps, refusals,
// memory that ends.
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attention/gradient.h"
#include "base/rng.h"

static sl_rng rng;

static float *floats(size_t count) {
  float *x = malloc((count + 1) * sizeof *x);
  for (size_t i = 0; i < count; i++) x[i] = (float)(2 * sl_rng_double(&rng) - 1);
  return x;
}

typedef struct problem {
  sl_attention_gradient_options o;
  float *in[4], *out[3];
} problem;

static problem draw(void) {
  problem p = {.o = {.batch = 1 + sl_rng_below(&rng, 2),
                     .tokens = sl_rng_below(&rng, 12),
                     .kv_heads = 1 + sl_rng_below(&rng, 2),
                     .size = 1 + sl_rng_below(&rng, 9),
                     .causal = sl_rng_below(&rng, 2),
                     .window = sl_rng_below(&rng, 2) ? 1 + sl_rng_below(&rng, 6) : 0,
                     .scale = sl_rng_below(&rng, 2) ? 0.4 : 0}};
  // Where positions do not count there may be fewer keys than queries.
  p.o.key_tokens = p.o.causal == 0 && p.o.window == 0 ? sl_rng_below(&rng, 17)
                                                      : p.o.tokens + sl_rng_below(&rng, 5);
  p.o.heads = p.o.kv_heads * (1 + sl_rng_below(&rng, 3));
  p.o.query_count = (size_t)p.o.batch * p.o.tokens * p.o.heads * p.o.size;
  p.o.key_count = (size_t)p.o.batch * p.o.key_tokens * p.o.kv_heads * p.o.size;
  for (int i = 0; i < 4; i++) p.in[i] = floats(i < 2 ? p.o.query_count : p.o.key_count);
  for (int i = 0; i < 3; i++) p.out[i] = floats(i < 1 ? p.o.query_count : p.o.key_count);
  p.o.queries = p.in[0];
  p.o.upstream = p.in[1];
  p.o.keys = p.in[2];
  p.o.values = p.in[3];
  p.o.query_out = p.out[0];
  p.o.key_out = p.out[1];
  p.o.value_out = p.out[2];
  return p;
}

static void drop(problem *p) {
  for (int i = 0; i < 4; i++) free(p->in[i]);
  for (int i = 0; i < 3; i++) free(p->out[i]);
}

static double dot(const float *x, const float *y, uint32_t n) {
  double sum = 0;
  for (uint32_t i = 0; i < n; i++) sum += (double)x[i] * (double)y[i];
  return sum;
}

// dq, dk, dv in float64: the derivative of softmax written out as p_j ([j = l] - p_l).
static void by_formula(const problem *p, double *dq, double *dk, double *dv) {
  const sl_attention_gradient_options *o = &p->o;
  const double scale = o->scale == 0 ? 1 / sqrt(o->size) : o->scale;
  memset(dq, 0, (o->query_count + 1) * sizeof *dq);
  memset(dk, 0, (o->key_count + 1) * sizeof *dk);
  memset(dv, 0, (o->key_count + 1) * sizeof *dv);
  for (uint32_t b = 0; b < o->batch; b++)
    for (uint32_t i = 0; i < o->tokens; i++)
      for (uint32_t h = 0; h < o->heads; h++) {
        const int64_t place = (int64_t)o->key_tokens - o->tokens + i;
        const size_t q = (((size_t)b * o->tokens + i) * o->heads + h) * o->size;
        double weights[20], through[20], total = 0;
        size_t at[20];
        for (uint32_t j = 0; j < o->key_tokens; j++) {
          const int64_t apart = place > j ? place - j : j - place;
          const bool seen = !(o->causal && j > place) && !(o->window > 0 && apart >= o->window);
          at[j] = (((size_t)b * o->key_tokens + j) * o->kv_heads + h / (o->heads / o->kv_heads)) *
                  o->size;
          weights[j] = seen ? exp(scale * dot(p->in[0] + q, p->in[2] + at[j], o->size)) : 0;
          through[j] = dot(p->in[1] + q, p->in[3] + at[j], o->size);
          total += weights[j];
        }
        for (uint32_t j = 0; j < o->key_tokens; j++) weights[j] /= total;
        for (uint32_t j = 0; j < o->key_tokens; j++) {
          double slope = 0;
          for (uint32_t l = 0; l < o->key_tokens; l++)
            slope += through[l] * weights[l] * ((j == l ? 1 : 0) - weights[j]);
          for (uint32_t e = 0; e < o->size; e++) {
            dq[q + e] += slope * scale * (double)p->in[2][at[j] + e];
            dk[at[j] + e] += slope * scale * (double)p->in[0][q + e];
            dv[at[j] + e] += weights[j] * (double)p->in[1][q + e];
          }
        }
      }
}

static sl_status run(sl_attention_gradient *g, const problem *p, uint64_t work) {
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  SL_TRY(sl_attention_gradient_begin(g, &p->o));
  while (outcome == SL_OUTCOME_RUNNING)
    SL_TRY(sl_job_step(sl_attention_gradient_job(g), work, &outcome));
  return SL_OK;
}

static void equals_the_formulas(void **state) {
  (void)state;
  sl_rng_seed(&rng, 41);
  sl_attention_gradient *g;
  assert_ok(sl_attention_gradient_create(&g));
  for (int trial = 0; trial < SL_TRIES(400); trial++) {
    problem p = draw();
    double *wanted[3];
    for (int i = 0; i < 3; i++)
      wanted[i] = malloc(((i < 1 ? p.o.query_count : p.o.key_count) + 1) * sizeof(double));
    by_formula(&p, wanted[0], wanted[1], wanted[2]);
    assert_ok(run(g, &p, trial % 2 ? 1 : UINT64_MAX));
    for (int i = 0; i < 3; i++) {
      const size_t count = i < 1 ? p.o.query_count : p.o.key_count;
      for (size_t j = 0; j < count; j++)
        assert_true(fabs((double)p.out[i][j] - wanted[i][j]) < 1e-5);
      free(wanted[i]);
    }
    drop(&p);
  }
  sl_attention_gradient_destroy(g);
}

static void refuses_what_is_wrong(void **state) {
  (void)state;
  sl_attention_gradient *g;
  float x[8] = {0};
  const sl_attention_gradient_options good = {1, 2, 2, 1, 1, 2, 0, 0, 0, x, x, 4, x, x, 4, x, x, x};
  sl_attention_gradient_options o = good;
  assert_ok(sl_attention_gradient_create(&g));
  o.heads = 0;
  assert_refused(sl_attention_gradient_begin(g, &o), SL_ERR_OPTION, "heads");
  o = good;
  o.size = 0;
  assert_refused(sl_attention_gradient_begin(g, &o), SL_ERR_OPTION, "size");
  o = good;
  o.scale = INFINITY;
  assert_refused(sl_attention_gradient_begin(g, &o), SL_ERR_OPTION, "scale");
  o = good;
  o.tokens = 3;
  o.window = 1;
  assert_refused(sl_attention_gradient_begin(g, &o), SL_ERR_RANGE, "queries");
  o = good;
  o.query_count = 5;
  assert_refused(sl_attention_gradient_begin(g, &o), SL_ERR_SHAPE, "queries");
  o = good;
  o.key_count = 5;
  assert_refused(sl_attention_gradient_begin(g, &o), SL_ERR_SHAPE, "keys");
  sl_attention_gradient_destroy(g);
}

static void queries_without_keys(void **state) {
  (void)state;
  sl_attention_gradient *g;
  float x[4] = {1, 2, 3, 4}, out[4] = {5, 5, 5, 5};
  const sl_attention_gradient_options o = {1, 2, 0, 1,    1,    2, 0,   0,    0,
                                           x, x, 4, NULL, NULL, 0, out, NULL, NULL};
  assert_ok(sl_attention_gradient_create(&g));
  assert_ok(sl_attention_gradient_begin(g, &o));
  assert_false(sl_job_is_running(sl_attention_gradient_job(g)));
  for (int i = 0; i < 4; i++) assert_true(out[i] == 0);
  sl_attention_gradient_destroy(g);
}

static void memory_may_end(void **state) {
  (void)state;
  sl_rng_seed(&rng, 42);
  problem p = draw();
  while (p.o.query_count == 0) {
    drop(&p);
    p = draw();
  }
  sl_attention_gradient *g;
  sl_set_memory_limit(0);
  assert_int_equal(sl_attention_gradient_create(&g), SL_ERR_MEMORY);
  sl_set_memory_limit(SIZE_MAX);
  assert_ok(sl_attention_gradient_create(&g));
  sl_set_memory_limit(sl_bytes_in_use());
  assert_int_equal(run(g, &p, 1), SL_ERR_MEMORY);
  sl_set_memory_limit(SIZE_MAX);
  assert_ok(run(g, &p, 1));
  sl_attention_gradient_destroy(g);
  drop(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(equals_the_formulas),
      property(refuses_what_is_wrong),
      property(queries_without_keys),
      property(memory_may_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
