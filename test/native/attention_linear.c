// Linear attention: states and gradients against the matrix of all weights in float64 for random
// shapes, in pieces and in steps, stopped in the middle, refusals, memory that ends.
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attention/linear.h"
#include "attention/linear_gradient.h"
#include "base/rng.h"

static sl_rng rng;

static float *floats(size_t count) {
  float *x = malloc((count + 1) * sizeof *x);
  for (size_t i = 0; i < count; i++) x[i] = (float)(4 * sl_rng_double(&rng) - 2);
  return x;
}

typedef struct problem {
  sl_linear_gradient_options o;
  float *in[4], *out[4]; // queries, upstream, keys, values; their derivatives, and answers
} problem;

static problem draw(void) {
  problem p = {.o = {.batch = 1 + sl_rng_below(&rng, 2),
                     .tokens = sl_rng_below(&rng, 24),
                     .kv_heads = 1 + sl_rng_below(&rng, 2),
                     .size = 1 + sl_rng_below(&rng, 9),
                     .causal = sl_rng_below(&rng, 2)}};
  p.o.key_tokens = p.o.causal ? p.o.tokens + sl_rng_below(&rng, 5) : sl_rng_below(&rng, 24);
  p.o.heads = p.o.kv_heads * (1 + sl_rng_below(&rng, 3));
  p.o.query_count = (size_t)p.o.batch * p.o.tokens * p.o.heads * p.o.size;
  p.o.key_count = (size_t)p.o.batch * p.o.key_tokens * p.o.kv_heads * p.o.size;
  for (int i = 0; i < 4; i++) p.in[i] = floats(i < 2 ? p.o.query_count : p.o.key_count);
  for (int i = 0; i < 4; i++) p.out[i] = floats(i % 3 == 0 ? p.o.query_count : p.o.key_count);
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
  for (int i = 0; i < 4; i++) free(p->out[i]);
}

static double feature(float x) { return x > 0 ? (double)x + 1 : exp((double)x); }
static double slope(float x) { return x > 0 ? 1 : exp((double)x); }
static double dot(const float *x, const float *y, uint32_t n) {
  double sum = 0;
  for (uint32_t i = 0; i < n; i++) sum += (double)x[i] * (double)y[i];
  return sum;
}

// Of weights w_j = phi(q) phi(k_j) / sum: do / dw_j = (v_j - o) / sum.
static void by_formula(const problem *p, double *out, double *dq, double *dk, double *dv) {
  const sl_linear_gradient_options *o = &p->o;
  memset(out, 0, (o->query_count + 1) * sizeof *out);
  memset(dq, 0, (o->query_count + 1) * sizeof *dq);
  memset(dk, 0, (o->key_count + 1) * sizeof *dk);
  memset(dv, 0, (o->key_count + 1) * sizeof *dv);
  for (uint32_t b = 0; b < o->batch; b++)
    for (uint32_t i = 0; i < o->tokens; i++)
      for (uint32_t h = 0; h < o->heads; h++) {
        const size_t q = (((size_t)b * o->tokens + i) * o->heads + h) * o->size;
        const uint32_t seen = o->causal ? o->key_tokens - o->tokens + i + 1 : o->key_tokens;
        double weights[32], total = 0, mean = 0;
        size_t at[32];
        for (uint32_t j = 0; j < seen; j++) {
          at[j] = (((size_t)b * o->key_tokens + j) * o->kv_heads + h / (o->heads / o->kv_heads)) *
                  o->size;
          weights[j] = 0;
          for (uint32_t e = 0; e < o->size; e++)
            weights[j] += feature(p->in[0][q + e]) * feature(p->in[2][at[j] + e]);
          total += weights[j];
        }
        for (uint32_t j = 0; j < seen; j++) {
          mean += weights[j] / total * dot(p->in[1] + q, p->in[3] + at[j], o->size);
          for (uint32_t e = 0; e < o->size; e++)
            out[q + e] += weights[j] / total * (double)p->in[3][at[j] + e];
        }
        for (uint32_t j = 0; j < seen; j++) {
          const double back = (dot(p->in[1] + q, p->in[3] + at[j], o->size) - mean) / total;
          for (uint32_t e = 0; e < o->size; e++) {
            const float x = p->in[0][q + e], y = p->in[2][at[j] + e];
            dq[q + e] += back * slope(x) * feature(y);
            dk[at[j] + e] += back * feature(x) * slope(y);
            dv[at[j] + e] += weights[j] / total * (double)p->in[1][q + e];
          }
        }
      }
}

static sl_status finish(sl_job *job, uint64_t work) {
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  while (outcome == SL_OUTCOME_RUNNING) SL_TRY(sl_job_step(job, work, &outcome));
  return SL_OK;
}

static sl_linear_options asked_of(const problem *p, uint32_t chunk) {
  const sl_linear_gradient_options *o = &p->o;
  return (sl_linear_options){o->queries,   o->query_count, o->tokens, o->heads, o->keys,  o->values,
                             o->key_count, o->key_tokens,  o->causal, chunk,    p->out[3]};
}

static void equals_the_formulas(void **state) {
  (void)state;
  sl_rng_seed(&rng, 51);
  sl_linear_gradient *g;
  assert_ok(sl_linear_gradient_create(&g));
  for (int trial = 0; trial < SL_TRIES(400); trial++) {
    problem p = draw();
    double *wanted[4];
    for (int i = 0; i < 4; i++)
      wanted[i] = malloc(((i % 3 == 0 ? p.o.query_count : p.o.key_count) + 1) * sizeof(double));
    by_formula(&p, wanted[3], wanted[0], wanted[1], wanted[2]);
    const uint64_t work = trial % 2 ? 1 : UINT64_MAX;
    assert_ok(sl_linear_gradient_begin(g, &p.o));
    assert_ok(finish(sl_linear_gradient_job(g), work));
    sl_linear_state *s;
    assert_ok(sl_linear_state_create(p.o.batch, p.o.kv_heads, p.o.size, SL_FEATURES_ELU, 0, 0, &s));
    const sl_linear_options asked = asked_of(&p, 1 + sl_rng_below(&rng, 30));
    assert_ok(sl_linear_state_begin(s, &asked));
    assert_ok(finish(sl_linear_state_job(s), work));
    assert_int_equal(sl_linear_state_length(s), p.o.key_tokens);
    for (int i = 0; i < 4; i++) {
      const size_t count = i % 3 == 0 ? p.o.query_count : p.o.key_count;
      for (size_t j = 0; j < count; j++)
        assert_true(fabs((double)p.out[i][j] - wanted[i][j]) < 1e-5);
      free(wanted[i]);
    }
    sl_linear_state_destroy(s);
    drop(&p);
  }
  sl_linear_gradient_destroy(g);
}

// Stopped between the heads of a chunk: all of them have it.
static void stops_at_a_chunk(void **state) {
  (void)state;
  enum { TOKENS = 40, HEADS = 3, SIZE = 5, COUNT = 2 * TOKENS * HEADS * SIZE };
  sl_rng_seed(&rng, 52);
  float *x = floats(COUNT), *out = floats(COUNT), *again = floats(COUNT);
  sl_linear_state *s, *whole;
  assert_ok(sl_linear_state_create(2, HEADS, SIZE, SL_FEATURES_FAVOR, 11, 9, &s));
  assert_ok(sl_linear_state_fork(s, &whole));
  const sl_linear_options add = {NULL, 0, 0, HEADS, x, x, COUNT, TOKENS, 0, 8, NULL};
  assert_ok(sl_linear_state_begin(s, &add));
  sl_outcome outcome;
  for (int i = 0; i < 8; i++) assert_ok(sl_job_step(sl_linear_state_job(s), 1, &outcome));
  assert_ok(sl_job_stop(sl_linear_state_job(s), SL_OUTCOME_TIME_LIMIT));
  assert_int_equal(sl_linear_state_length(s), 16);
  // The same tokens of each item alone.
  enum { PART = 16 * HEADS * SIZE };
  float *held = floats(2 * PART);
  memcpy(held, x, PART * sizeof *held);
  memcpy(held + PART, x + COUNT / 2, PART * sizeof *held);
  const sl_linear_options part = {NULL, 0, 0, HEADS, held, held, (size_t)2 * PART, 16, 0, 8, NULL};
  assert_ok(sl_linear_state_begin(whole, &part));
  assert_ok(finish(sl_linear_state_job(whole), 1));
  sl_linear_options ask = {x, COUNT, TOKENS, HEADS, NULL, NULL, 0, 0, 0, 8, out};
  assert_ok(sl_linear_state_begin(s, &ask));
  assert_ok(finish(sl_linear_state_job(s), 1));
  ask.out = again;
  assert_ok(sl_linear_state_begin(whole, &ask));
  assert_ok(finish(sl_linear_state_job(whole), UINT64_MAX));
  assert_memory_equal(out, again, COUNT * sizeof *out);
  free(held);
  free(x);
  free(out);
  free(again);
  sl_linear_state_destroy(s);
  sl_linear_state_destroy(whole);
}

static void refuses_what_is_wrong(void **state) {
  (void)state;
  sl_linear_gradient *g;
  sl_linear_state *s;
  float x[8] = {0};
  assert_refused(sl_linear_state_create(0, 1, 1, 0, 0, 0, &s), SL_ERR_OPTION, "batch");
  assert_refused(sl_linear_state_create(1, 0, 1, 0, 0, 0, &s), SL_ERR_OPTION, "kv_heads");
  assert_refused(sl_linear_state_create(1, 1, 0, 0, 0, 0, &s), SL_ERR_OPTION, "size");
  assert_refused(sl_linear_state_create(1, 1, 1, 2, 0, 0, &s), SL_ERR_OPTION, "map");
  assert_refused(sl_linear_state_create(1, 1, 1, 0, 3, 0, &s), SL_ERR_OPTION, "features");
  assert_refused(sl_linear_state_create(1, 1, 1, 1, 0, 0, &s), SL_ERR_OPTION, "features");
  const sl_linear_gradient_options good = {1, 2, 2, 1, 1, 2, 1, x, x, 4, x, x, 4, x, x, x};
  sl_linear_gradient_options o = good;
  assert_ok(sl_linear_gradient_create(&g));
  o.heads = 0;
  assert_refused(sl_linear_gradient_begin(g, &o), SL_ERR_OPTION, "heads");
  o = good;
  o.size = 5000;
  assert_refused(sl_linear_gradient_begin(g, &o), SL_ERR_OPTION, "size");
  o = good;
  o.tokens = 3;
  assert_refused(sl_linear_gradient_begin(g, &o), SL_ERR_RANGE, "queries");
  o = good;
  o.query_count = 5;
  assert_refused(sl_linear_gradient_begin(g, &o), SL_ERR_SHAPE, "queries");
  o = good;
  o.key_count = 5;
  assert_refused(sl_linear_gradient_begin(g, &o), SL_ERR_SHAPE, "keys");
  sl_linear_gradient_destroy(g);
}

static void memory_may_end(void **state) {
  (void)state;
  sl_rng_seed(&rng, 53);
  problem p = draw();
  while (p.o.query_count == 0 || p.o.key_count == 0) {
    drop(&p);
    p = draw();
  }
  sl_linear_state *s;
  // Whichever block is refused, nothing is lost.
  int failures = 0;
  for (size_t limit = 0;; limit += 64) {
    sl_set_memory_limit(sl_bytes_in_use() + limit);
    const sl_status status =
        sl_linear_state_create(p.o.batch, p.o.kv_heads, p.o.size, SL_FEATURES_FAVOR, 3, 1, &s);
    if (status == SL_OK) break;
    assert_int_equal(status, SL_ERR_MEMORY);
    failures++;
  }
  assert_true(failures > 3);
  sl_set_memory_limit(sl_bytes_in_use());
  const sl_linear_options asked = asked_of(&p, 0);
  assert_int_equal(sl_linear_state_begin(s, &asked), SL_ERR_MEMORY);
  sl_linear_state *copy;
  assert_int_equal(sl_linear_state_fork(s, &copy), SL_ERR_MEMORY);
  sl_linear_gradient *g;
  assert_int_equal(sl_linear_gradient_create(&g), SL_ERR_MEMORY);
  sl_set_memory_limit(SIZE_MAX);
  assert_ok(sl_linear_gradient_create(&g));
  sl_set_memory_limit(sl_bytes_in_use());
  assert_int_equal(sl_linear_gradient_begin(g, &p.o), SL_ERR_MEMORY);
  sl_set_memory_limit(SIZE_MAX);
  assert_ok(sl_linear_state_begin(s, &asked));
  assert_ok(finish(sl_linear_state_job(s), 1));
  sl_linear_state_destroy(s);
  sl_linear_gradient_destroy(g);
  drop(&p);
}

// One key: whatever it and the query are, the answer is its value, or not finite where its sums are no float32.
static void values_at_the_ends_of_float32(void **state) {
  (void)state;
  static const float of[] = {1e30f, 3e38f, 1e10f, 1, 0, -1, -60, -80};
  enum { OF = sizeof of / sizeof of[0] };
  const float value[2] = {1, 2};
  for (int i = 0; i < OF; i++) {
    for (int j = 0; j < OF; j++) {
      for (uint32_t causal = 0; causal < 2; causal++) {
        const float query[2] = {of[i], of[i]}, key[2] = {of[j], of[j]};
        float out[2];
        sl_linear_state *s;
        assert_ok(sl_linear_state_create(1, 1, 2, SL_FEATURES_ELU, 0, 0, &s));
        const sl_linear_options asked = {query, 2, 1, 1, key, value, 2, 1, causal, 0, out};
        assert_ok(sl_linear_state_begin(s, &asked));
        assert_ok(finish(sl_linear_state_job(s), 1));
        for (int e = 0; e < 2; e++) {
          const bool lost = of[j] > 1e38f && !isfinite(out[e]); // its sums are no float32
          assert_true(lost || fabsf(out[e] - value[e]) < 1e-5f);
        }
        sl_linear_state_destroy(s);
      }
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(equals_the_formulas),           property(stops_at_a_chunk),
      property(refuses_what_is_wrong),         property(memory_may_end),
      property(values_at_the_ends_of_float32),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
