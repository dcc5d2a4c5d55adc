// Attention against its definition in float64, with every kind of mask; caches against whole
// sequences.
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attention/kv_cache.h"
#include "base/rng.h"

static sl_rng rng;
static float uniform(void) { return (float)(2 * sl_rng_double(&rng) - 1); }
static uint32_t below(uint32_t n) { return sl_rng_below(&rng, n); }

static float *random_array(size_t count) {
  float *array = malloc(count * sizeof *array + 4);
  for (size_t i = 0; i < count; i++) array[i] = uniform();
  return array;
}

static void run(sl_kv_cache *cache, uint64_t work) {
  sl_outcome outcome;
  do assert_ok(sl_job_step(sl_kv_cache_job(cache), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_int_equal(outcome, SL_OUTCOME_CONVERGED);
}

typedef struct shape {
  uint32_t batch, tokens, keys, heads, kv_heads, size;
} shape;

static bool seen(const sl_attention_options *o, const shape *s, uint32_t item, uint32_t i,
                 uint32_t j) {
  const int64_t p = (int64_t)s->keys - s->tokens + i;
  if (o->causal != 0 && j > p) return false;
  const bool global = j < o->global || p < (int64_t)o->global;
  if (o->window > 0 && !global && (p - j >= (int64_t)o->window || j - p >= (int64_t)o->window))
    return false;
  if (o->mask == NULL) return true;
  const size_t pairs = (size_t)s->tokens * s->keys;
  return o->mask[(o->mask_count > pairs ? item * pairs : 0) + (size_t)i * s->keys + j] != 0;
}

static void check_attention(const sl_attention_options *o, const shape *s, const float *k,
                            const float *v, double most_error) {
  double *scores = malloc(s->keys * sizeof *scores + 8);
  for (uint32_t b = 0; b < s->batch; b++)
    for (uint32_t i = 0; i < s->tokens; i++)
      for (uint32_t h = 0; h < s->heads; h++) {
        const uint32_t g = h / (s->heads / s->kv_heads);
        const size_t at = (((size_t)b * s->tokens + i) * s->heads + h) * s->size;
        double most = -INFINITY, total = 0;
        for (uint32_t j = 0; j < s->keys; j++) {
          const size_t to = (((size_t)b * s->keys + j) * s->kv_heads + g) * s->size;
          double sum = 0;
          for (uint32_t e = 0; e < s->size; e++) sum += (double)o->queries[at + e] * k[to + e];
          sum *= o->scale == 0 ? 1 / sqrt(s->size) : o->scale;
          const size_t pairs = (size_t)s->tokens * s->keys, pair = (size_t)i * s->keys + j;
          if (o->bias != NULL)
            sum += o->bias[pair + (o->bias_count > pairs ? h * pairs : 0) +
                           (o->bias_count > s->heads * pairs ? b * s->heads * pairs : 0)];
          scores[j] = seen(o, s, b, i, j) ? sum : -INFINITY;
          most = fmax(most, scores[j]);
        }
        for (uint32_t j = 0; j < s->keys; j++) total += exp(scores[j] - most);
        for (uint32_t e = 0; e < s->size; e++) {
          double sum = 0;
          for (uint32_t j = 0; j < s->keys && most > -INFINITY; j++)
            sum += exp(scores[j] - most) / total *
                   v[(((size_t)b * s->keys + j) * s->kv_heads + g) * s->size + e];
          assert_true(fabs(o->out[at + e] - sum) <= most_error);
        }
      }
  free(scores);
}

static void every_mask_matches_the_definition(void **state) {
  (void)state;
  sl_rng_seed(&rng, 1);
  for (int trial = 0; trial < 120; trial++) {
    shape s = {1 + below(2), 1, 1 + below(150), 0, 1 + below(3), 1 + below(20)};
    s.heads = s.kv_heads * (1 + below(3));
    // Where positions do not count there may be more queries than keys.
    const bool plain = below(4) == 0;
    s.tokens = plain ? 1 + below(200) : below(2) ? s.keys : 1 + below(s.keys);
    const size_t pairs = (size_t)s.tokens * s.keys;
    const size_t n = (size_t)s.batch * s.keys * s.kv_heads * s.size;
    const size_t m = (size_t)s.batch * s.tokens * s.heads * s.size;
    float *k = random_array(n), *v = random_array(n), *q = random_array(m), *out = random_array(m);
    float *bias = random_array(s.batch * s.heads * pairs);
    uint8_t *mask = malloc(s.batch * pairs);
    for (size_t i = 0; i < s.batch * pairs; i++) mask[i] = below(3) > 0;
    if (s.tokens > 1) memset(mask + s.keys, 0, s.keys); // sees nothing
    sl_attention_options o = {.queries = q,
                              .query_count = m,
                              .tokens = s.tokens,
                              .heads = s.heads,
                              .out = out,
                              .out_count = m};
    o.causal = plain ? 0 : below(2);
    if (!plain && below(2)) o.window = 1 + below(60), o.global = below(2) * below(10);
    if (below(3) == 0) o.mask = mask, o.mask_count = below(2) ? pairs : s.batch * pairs;
    if (below(3) == 0) {
      const size_t counts[] = {pairs, s.heads * pairs, s.batch * s.heads * pairs};
      o.bias = bias, o.bias_count = counts[below(3)];
    }
    if (below(2)) o.scale = 5 * uniform();
    sl_kv_cache *cache;
    assert_ok(sl_kv_cache_create(s.batch, s.kv_heads, s.size, 8 * below(5), 0, &cache));
    assert_ok(sl_kv_cache_append(cache, k, v, n, s.keys));
    assert_ok(sl_kv_cache_attend(cache, &o));
    run(cache, below(2) ? 1 : UINT64_MAX);
    check_attention(&o, &s, k, v, 3e-6);
    sl_kv_cache_destroy(cache);
    free(k), free(v), free(q), free(out), free(bias), free(mask);
  }
}

// One sequence in a cache: its queries, keys and values come from one place.
enum { S = 300, HEADS = 4, KV = 2, SIZE = 12, Q = HEADS * SIZE, K = KV * SIZE };
static float q[S * Q], k[S * K], v[S * K], whole[S * Q], out[S * Q];

static void make_sequence(uint64_t seed) {
  sl_rng_seed(&rng, seed);
  for (int i = 0; i < S * Q; i++) q[i] = 3 * uniform();
  for (int i = 0; i < S * K; i++) k[i] = uniform(), v[i] = uniform();
}

static void ask(sl_kv_cache *cache, uint32_t first, uint32_t tokens, uint32_t window, float *to) {
  const sl_attention_options o = {.queries = q + first * Q,
                                  .query_count = tokens * Q,
                                  .tokens = tokens,
                                  .heads = HEADS,
                                  .causal = 1,
                                  .window = window,
                                  .out = to + first * Q,
                                  .out_count = tokens * Q};
  assert_ok(sl_kv_cache_attend(cache, &o));
  run(cache, UINT64_MAX);
}
static void add(sl_kv_cache *cache, uint32_t first, uint32_t tokens) {
  assert_ok(sl_kv_cache_append(cache, k + first * K, v + first * K, tokens * K, tokens));
}

static void decoding_gives_the_bits_of_the_whole_sequence(void **state) {
  (void)state;
  make_sequence(2);
  for (int way = 0; way < 8; way++) {
    const uint32_t window = (uint32_t[]){0, 1, 37, 200}[way % 4];
    sl_kv_cache *all, *cache;
    assert_ok(sl_kv_cache_create(1, KV, SIZE, 32, 0, &all));
    add(all, 0, S);
    ask(all, 0, S, window, whole);
    assert_ok(sl_kv_cache_create(1, KV, SIZE, 32, window, &cache));
    for (uint32_t at = 0, tokens; at < S; at += tokens) {
      tokens = way < 4 ? 1 : 1 + below(S - at < 90 ? S - at : 90);
      add(cache, at, tokens);
      ask(cache, at, tokens, 0, out);
    }
    assert_memory_equal(out, whole, sizeof out);
    if (window > 0) assert_true(sl_kv_cache_bytes(cache) < sl_kv_cache_bytes(all) + 4096);
    sl_kv_cache_destroy(all);
    sl_kv_cache_destroy(cache);
  }
}

static void a_ring_holds_no_more_than_its_window(void **state) {
  (void)state;
  make_sequence(3);
  sl_kv_cache *cache;
  assert_ok(sl_kv_cache_create(1, KV, SIZE, 8, 20, &cache));
  size_t most = 0;
  for (uint32_t i = 0; i < 20000; i++) {
    add(cache, i % S, 1);
    if (i == 100) most = sl_kv_cache_bytes(cache);
  }
  assert_int_equal(sl_kv_cache_length(cache), 20000);
  assert_true(sl_kv_cache_first(cache) <= 20000 - 20 && sl_kv_cache_first(cache) > 20000 - 40);
  assert_true(sl_kv_cache_bytes(cache) <= most + 2 * (8 * KV * (SIZE + 16)) * sizeof(float));
  assert_refused(sl_kv_cache_truncate(cache, 100), SL_ERR_STATE, "length");
  assert_ok(sl_kv_cache_truncate(cache, 19999));
  sl_kv_cache_destroy(cache);
}

// What is truncated is gone, whatever it was, and a fork goes on by itself.
static void truncated_and_forked(void **state) {
  (void)state;
  make_sequence(4);
  sl_kv_cache *all, *cache, *fork;
  assert_ok(sl_kv_cache_create(1, KV, SIZE, 32, 0, &all));
  add(all, 0, S);
  ask(all, 0, S, 0, whole);
  assert_ok(sl_kv_cache_create(1, KV, SIZE, 32, 0, &cache));
  add(cache, 0, 150);
  const float broken[K] = {NAN, INFINITY};
  for (int i = 0; i < 40; i++) assert_ok(sl_kv_cache_append(cache, broken, broken, K, 1));
  assert_ok(sl_kv_cache_truncate(cache, 150));
  assert_ok(sl_kv_cache_fork(cache, &fork));
  add(fork, 0, 77);
  add(cache, 150, S - 150);
  ask(cache, 150, S - 150, 0, out);
  assert_memory_equal(out + 150 * Q, whole + 150 * Q, (S - 150) * Q * sizeof *out);
  assert_int_equal(sl_kv_cache_length(fork), 227);
  sl_kv_cache_destroy(cache);
  assert_ok(sl_kv_cache_truncate(fork, 150));
  add(fork, 150, 1);
  ask(fork, 150, 1, 0, out);
  assert_memory_equal(out + 150 * Q, whole + 150 * Q, Q * sizeof *out);
  assert_refused(sl_kv_cache_truncate(fork, 152), SL_ERR_RANGE, "length");
  assert_ok(sl_kv_cache_truncate(fork, 0));
  assert_int_equal(sl_kv_cache_length(fork), 0);
  sl_kv_cache_destroy(fork);
  sl_kv_cache_destroy(all);
}

static void blocks_change_rounding_only(void **state) {
  (void)state;
  make_sequence(5);
  for (uint32_t block = 8; block <= 256; block += 8) {
    sl_kv_cache *cache;
    assert_ok(sl_kv_cache_create(1, KV, SIZE, block, 0, &cache));
    add(cache, 0, S);
    ask(cache, 0, S, 0, block == 8 ? whole : out);
    for (int i = 0; i < S * Q && block > 8; i++) assert_true(fabsf(out[i] - whole[i]) < 1e-6f);
    sl_kv_cache_destroy(cache);
  }
}

static void scores_of_any_size(void **state) {
  (void)state;
  make_sequence(6);
  for (int i = 0; i < S * Q; i++) q[i] *= 1e4f; // weights are 0 or 1, and no maximum overflows
  q[0] = NAN;
  v[5 * K] = 3e38f;
  sl_kv_cache *cache;
  assert_ok(sl_kv_cache_create(1, KV, SIZE, 16, 0, &cache));
  add(cache, 0, S);
  ask(cache, 0, S, 0, out);
  for (int i = 0; i < SIZE; i++) assert_true(isnan(out[i]));
  for (int i = SIZE; i < S * Q; i++) assert_false(isnan(out[i]));
  sl_kv_cache_destroy(cache);
}

static void what_is_wrong_is_named(void **state) {
  (void)state;
  make_sequence(7);
  sl_kv_cache *c, *copy;
  assert_refused(sl_kv_cache_create(0, 1, 1, 0, 0, &c), SL_ERR_OPTION, "batch");
  assert_refused(sl_kv_cache_create(1, 0, 1, 0, 0, &c), SL_ERR_OPTION, "kv_heads");
  assert_refused(sl_kv_cache_create(1, 1, 0, 0, 0, &c), SL_ERR_OPTION, "size");
  assert_refused(sl_kv_cache_create(1, 1, 1, 12, 0, &c), SL_ERR_OPTION, "block");
  assert_refused(sl_kv_cache_create(UINT32_MAX, UINT32_MAX, 1, 8, 0, &c), SL_ERR_OVERFLOW, "batch");
  assert_ok(sl_kv_cache_create(1, KV, SIZE, 8, 0, &c));
  assert_refused(sl_kv_cache_append(c, k, v, K + 1, 1), SL_ERR_SHAPE, "keys");
  add(c, 0, 10);
  const sl_attention_options good = {.queries = q,
                                     .query_count = 4 * Q,
                                     .tokens = 4,
                                     .heads = HEADS,
                                     .out = out,
                                     .out_count = 4 * Q};
  const uint8_t mask[40] = {0};
#define REFUSED(change, status, name)                                                              \
  {                                                                                                \
    sl_attention_options o = good;                                                                 \
    o.change;                                                                                      \
    assert_refused(sl_kv_cache_attend(c, &o), status, name);                                       \
  }
  REFUSED(query_count = 4 * Q - 1, SL_ERR_SHAPE, "queries");
  REFUSED(out_count = 3 * Q, SL_ERR_SHAPE, "out");
  REFUSED(heads = 3, SL_ERR_OPTION, "heads");
  REFUSED(heads = 0, SL_ERR_OPTION, "heads");
  REFUSED(tokens = 11; o.causal = 1, SL_ERR_RANGE, "queries");
  REFUSED(tokens = 11; o.window = 1, SL_ERR_RANGE, "queries");
  REFUSED(scale = NAN, SL_ERR_OPTION, "scale");
  REFUSED(out = q, SL_ERR_ARGUMENT, "out");
  REFUSED(bias = q, SL_ERR_SHAPE, "bias");
  REFUSED(mask = mask, SL_ERR_SHAPE, "mask");
  sl_outcome outcome;
  assert_int_equal(sl_job_step(sl_kv_cache_job(c), 1, &outcome), SL_ERR_STATE);
  for (uint64_t bytes = 0; bytes < 30000; bytes += 501) {
    sl_memory_budget budget;
    sl_memory_budget_begin(&budget, bytes);
    if (sl_kv_cache_fork(c, &copy) == SL_OK) {
      const uint32_t before = sl_kv_cache_length(copy);
      if (sl_kv_cache_append(copy, k, v, 40 * K, 40) != SL_OK)
        assert_int_equal(sl_kv_cache_length(copy), before);
      if (sl_kv_cache_attend(copy, &good) == SL_OK) run(copy, 1);
      sl_kv_cache_destroy(copy);
    }
    sl_memory_budget_end(&budget);
  }
  // Given up in the middle.
  assert_ok(sl_kv_cache_attend(c, &good));
  add(c, 10, 1);
  assert_int_equal(sl_job_step(sl_kv_cache_job(c), 1, &outcome), SL_ERR_STATE);
  assert_ok(sl_kv_cache_attend(c, &good));
  sl_kv_cache_destroy(c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(every_mask_matches_the_definition),
      property(decoding_gives_the_bits_of_the_whole_sequence),
      property(a_ring_holds_no_more_than_its_window),
      property(truncated_and_forked),
      property(blocks_change_rounding_only),
      property(scores_of_any_size),
      property(what_is_wrong_is_named),
  };
  return cmocka_run_group_tests_name("attention_attend", tests, NULL, NULL);
}
