// The decoder: against its formulas in float64, token by token and all at once, choices, memory that
// ends.
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "inference/decoder.h"

enum { MOST = 200, WIDE = 64 };
static sl_rng rng;

static const sl_decoder_shape shapes[] = {
    {11, 8, 12, 2, 4, 2, 4, 90, 0, 0, 0, 1e-5, 10000},
    {30, 16, 20, 3, 3, 1, 6, 150, 1, 1, 0, 1e-6, 500},
    {5, 6, 7, 1, 1, 1, 2, 10, 0, 1, 0, 1e-5, 10000},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

typedef struct model {
  sl_decoder_shape shape;
  sl_decoder *decoder;
  float *tensors[40];
  int count;
} model;

static model make(sl_decoder_shape shape) {
  model m = {.shape = shape};
  assert_ok(sl_decoder_create(&shape, &m.decoder));
  for (double n; (n = sl_decoder_awaits(m.decoder)) > 0; m.count++) {
    const size_t count = (size_t)n;
    float *values = malloc(count * sizeof *values);
    const bool gain = count == shape.width && m.count > 0;
    for (size_t i = 0; i < count; i++)
      values[i] = (float)((gain ? 1 : 0) + 0.6 * (sl_rng_double(&rng) - 0.5));
    assert_ok(sl_decoder_add(m.decoder, values, count));
    m.tensors[m.count] = values;
  }
  assert_refused(sl_decoder_add(m.decoder, m.tensors[0], 1), SL_ERR_STATE, "values");
  return m;
}

static void drop(model *m) {
  for (int i = 0; i < m->count; i++) free(m->tensors[i]);
  sl_decoder_destroy(m->decoder);
}

static sl_status run(sl_decoder *d, const uint32_t *ids, uint32_t count, bool all, float *logits,
                     size_t room, uint64_t work) {
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  SL_TRY(sl_decoder_begin(d, ids, count, all, logits, room));
  while (outcome == SL_OUTCOME_RUNNING) SL_TRY(sl_job_step(sl_decoder_job(d), work, &outcome));
  return SL_OK;
}

// ---- the formulas -------------------------------------------------------------------------------

static void norm(const double *x, uint32_t width, const float *gain, double epsilon, double *out) {
  double sum = 0;
  for (uint32_t i = 0; i < width; i++) sum += x[i] * x[i];
  for (uint32_t i = 0; i < width; i++)
    out[i] = x[i] / sqrt(sum / width + epsilon) * (double)gain[i];
}
static void dense(const double *x, uint32_t inputs, uint32_t outputs, const float *w, double *out) {
  for (uint32_t o = 0; o < outputs; o++) {
    out[o] = 0;
    for (uint32_t i = 0; i < inputs; i++) out[o] += (double)w[(size_t)o * inputs + i] * x[i];
  }
}
static void rotate(double *x, const sl_decoder_shape *s, uint32_t heads, uint32_t position) {
  for (uint32_t h = 0; h < heads; h++, x += s->size)
    for (uint32_t i = 0; i < s->size / 2; i++) {
      const double angle = position / pow(s->base, 2.0 * i / s->size);
      double *a = x + (s->interleaved ? 2 * i : i), *b = s->interleaved ? a + 1 : a + s->size / 2;
      const double was = *a;
      *a = was * cos(angle) - *b * sin(angle);
      *b = was * sin(angle) + *b * cos(angle);
    }
}

static double k_of[3][MOST][WIDE], v_of[3][MOST][WIDE];

// Token t of a sequence, whose keys and values before it are there.
static void by_formula(const model *m, uint32_t id, uint32_t t, double *logits) {
  const sl_decoder_shape *s = &m->shape;
  const uint32_t each = s->heads / s->kv_heads;
  double x[WIDE], h[WIDE], q[WIDE], given[WIDE], gate[WIDE], up[WIDE];
  for (uint32_t i = 0; i < s->width; i++) x[i] = (double)m->tensors[0][id * s->width + i];
  for (uint32_t l = 0; l < s->layers; l++) {
    float *const *w = m->tensors + 1 + 9 * l;
    norm(x, s->width, w[0], s->epsilon, h);
    dense(h, s->width, s->heads * s->size, w[1], q);
    dense(h, s->width, s->kv_heads * s->size, w[2], k_of[l][t]);
    dense(h, s->width, s->kv_heads * s->size, w[3], v_of[l][t]);
    rotate(q, s, s->heads, t);
    rotate(k_of[l][t], s, s->kv_heads, t);
    for (uint32_t head = 0; head < s->heads; head++) {
      const uint32_t from = head / each * s->size, to = head * s->size;
      double total = 0, scores[MOST];
      for (uint32_t j = 0; j <= t; j++) {
        double dot = 0;
        for (uint32_t i = 0; i < s->size; i++) dot += q[to + i] * k_of[l][j][from + i];
        total += scores[j] = exp(dot / sqrt(s->size));
      }
      for (uint32_t i = 0; i < s->size; i++) {
        given[to + i] = 0;
        for (uint32_t j = 0; j <= t; j++) given[to + i] += scores[j] / total * v_of[l][j][from + i];
      }
    }
    dense(given, s->heads * s->size, s->width, w[4], h);
    for (uint32_t i = 0; i < s->width; i++) x[i] += h[i];
    norm(x, s->width, w[5], s->epsilon, h);
    dense(h, s->width, s->hidden, w[6], gate);
    dense(h, s->width, s->hidden, w[7], up);
    for (uint32_t i = 0; i < s->hidden; i++) gate[i] *= up[i] / (1 + exp(-gate[i]));
    dense(gate, s->hidden, s->width, w[8], h);
    for (uint32_t i = 0; i < s->width; i++) x[i] += h[i];
  }
  norm(x, s->width, m->tensors[1 + 9 * s->layers], s->epsilon, h);
  dense(h, s->width, s->vocabulary, m->tensors[s->tied ? 0 : m->count - 1], logits);
}

static void draw(uint32_t *ids, uint32_t count, uint32_t vocabulary) {
  for (uint32_t i = 0; i < count; i++) ids[i] = sl_rng_below(&rng, vocabulary);
}

static void equals_the_formulas(void **state) {
  (void)state;
  sl_rng_seed(&rng, 31);
  for (int s = 0; s < SHAPES; s++)
    for (uint32_t int8 = 0; int8 < 2; int8++) {
      sl_decoder_shape shape = shapes[s];
      shape.int8 = int8;
      model m = make(shape);
      uint32_t ids[MOST];
      const uint32_t count = shape.most_tokens, v = shape.vocabulary;
      float *out = malloc(count * v * sizeof *out);
      draw(ids, count, v);
      assert_ok(run(m.decoder, ids, count, true, out, count * v, 1));
      double dot = 0, one = 0, other = 0;
      for (uint32_t t = 0; t < count; t++) {
        double wanted[WIDE];
        by_formula(&m, ids[t], t, wanted);
        for (uint32_t i = 0; i < v; i++) {
          const double found = (double)out[t * v + i];
          if (!int8) assert_true(fabs(found - wanted[i]) < 1e-5);
          dot += found * wanted[i];
          one += found * found;
          other += wanted[i] * wanted[i];
        }
      }
      assert_true(dot / sqrt(one * other) > 0.99);
      free(out);
      drop(&m);
    }
}

static void one_by_one_and_all_at_once(void **state) {
  (void)state;
  sl_rng_seed(&rng, 32);
  for (int s = 0; s < SHAPES; s++)
    for (uint32_t int8 = 0; int8 < 2; int8++) {
      sl_decoder_shape shape = shapes[s];
      shape.int8 = int8;
      model m = make(shape);
      const uint32_t count = shape.most_tokens, v = shape.vocabulary;
      uint32_t ids[MOST];
      float *all = malloc(count * v * sizeof *all), one[WIDE];
      draw(ids, count, v);
      assert_ok(run(m.decoder, ids, count, true, all, count * v, UINT64_MAX));
      assert_int_equal(sl_decoder_length(m.decoder), count);
      // From the beginning, and from a place within.
      for (uint32_t from = 0; from < count; from += count / 2 + 1) {
        assert_ok(sl_decoder_truncate(m.decoder, from));
        for (uint32_t t = from; t < count;) {
          uint32_t n = 1 + sl_rng_below(&rng, 4);
          n = n < count - t ? n : count - t;
          assert_ok(run(m.decoder, ids + t, n, false, one, v, 1));
          t += n;
          assert_memory_equal(one, all + (size_t)(t - 1) * v, v * sizeof *one);
        }
      }
      free(all);
      drop(&m);
    }
}

static void refuses_what_is_wrong(void **state) {
  (void)state;
  sl_rng_seed(&rng, 33);
  sl_decoder *d;
  sl_decoder_shape wrong = shapes[0];
  wrong.kv_heads = 3;
  assert_refused(sl_decoder_create(&wrong, &d), SL_ERR_OPTION, "kv_heads");
  wrong = shapes[0];
  wrong.size = 5;
  assert_refused(sl_decoder_create(&wrong, &d), SL_ERR_OPTION, "size");
  wrong = shapes[0];
  wrong.base = 0;
  assert_refused(sl_decoder_create(&wrong, &d), SL_ERR_OPTION, "base");
  assert_ok(sl_decoder_create(&shapes[2], &d));
  uint32_t ids[11] = {0};
  float logits[55], values[30] = {0};
  assert_refused(sl_decoder_begin(d, ids, 1, 0, logits, 5), SL_ERR_STATE, "decoder");
  assert_refused(sl_decoder_add(d, values, 29), SL_ERR_SHAPE, "values");
  values[3] = INFINITY;
  assert_refused(sl_decoder_add(d, values, 30), SL_ERR_NOT_FINITE, "values");
  sl_decoder_destroy(d);
  model m = make(shapes[2]);
  d = m.decoder;
  assert_refused(sl_decoder_begin(d, ids, 0, 0, logits, 5), SL_ERR_EMPTY, "ids");
  assert_refused(sl_decoder_begin(d, ids, 11, 0, logits, 5), SL_ERR_RANGE, "ids");
  assert_refused(sl_decoder_begin(d, ids, 2, 1, logits, 5), SL_ERR_SHAPE, "logits");
  ids[1] = 5;
  assert_refused(sl_decoder_begin(d, ids, 2, 0, logits, 5), SL_ERR_INDEX, "ids");
  assert_int_equal(sl_last_error()->position, 1);
  ids[1] = 0;
  assert_refused(sl_decoder_truncate(d, 1), SL_ERR_RANGE, "length");
  // What is given up, or stopped, is forgotten.
  assert_ok(run(d, ids, 3, false, logits, 5, 1));
  assert_ok(sl_decoder_begin(d, ids, 7, 0, logits, 5));
  assert_refused(sl_decoder_begin(d, ids, 8, 0, logits, 5), SL_ERR_RANGE, "ids");
  assert_int_equal(sl_decoder_length(d), 3);
  assert_ok(sl_decoder_begin(d, ids, 7, 0, logits, 5));
  assert_ok(sl_job_stop(sl_decoder_job(d), SL_OUTCOME_TIME_LIMIT));
  assert_int_equal(sl_decoder_length(d), 3);
  drop(&m);
}

static void chooses(void **state) {
  (void)state;
  enum { V = 5, DRAWS = 40000 };
  const float logits[V] = {1, 3, 3, -INFINITY, 0};
  const double weights[V] = {exp(1), exp(3), exp(3), 0, 1};
  sl_rng_seed(&rng, 34);
  model m = make(shapes[2]);
  uint32_t id, first[20];
  sl_decoder_choice c = {0, 1, 0};
  assert_ok(sl_decoder_choose(m.decoder, logits, &c, &id));
  assert_int_equal(id, 1);
  const sl_decoder_choice choices[] = {{1, 1, 0},   {2, 1, 0},   {1, 1, 2},     {1, 1, 3},
                                       {1, 0.9, 0}, {1, 0.4, 0}, {0.5, 0.98, 4}};
  // Tokens that may come, as bits: of each what is left by top_k, then by top_p.
  const uint32_t may[] = {0x17, 0x17, 0x06, 0x07, 0x06, 0x02, 0x06};
  for (int i = 0; i < 7; i++) {
    uint32_t counts[V] = {0};
    double all = 0;
    sl_decoder_seed(m.decoder, 1);
    for (int n = 0; n < DRAWS; n++) {
      assert_ok(sl_decoder_choose(m.decoder, logits, &choices[i], &id));
      if (n < 20) first[n] = id;
      counts[id]++;
    }
    for (int v = 0; v < V; v++)
      all += may[i] >> v & 1 ? pow(weights[v], 1 / choices[i].temperature) : 0;
    for (int v = 0; v < V; v++) {
      const double p = may[i] >> v & 1 ? pow(weights[v], 1 / choices[i].temperature) / all : 0;
      if (p == 0) assert_int_equal(counts[v], 0);
      // Five standard deviations.
      assert_true(fabs(counts[v] - DRAWS * p) <= 5 * sqrt(DRAWS * p * (1 - p)) + 1e-9);
    }
    sl_decoder_seed(m.decoder, 1);
    for (int n = 0; n < 20; n++) {
      assert_ok(sl_decoder_choose(m.decoder, logits, &choices[i], &id));
      assert_int_equal(id, first[n]);
    }
  }
  c.temperature = -1;
  assert_refused(sl_decoder_choose(m.decoder, logits, &c, &id), SL_ERR_OPTION, "temperature");
  c = (sl_decoder_choice){1, 0, 0};
  assert_refused(sl_decoder_choose(m.decoder, logits, &c, &id), SL_ERR_OPTION, "top_p");
  const float none[V] = {NAN, NAN, NAN, NAN, NAN};
  c.top_p = 1;
  assert_refused(sl_decoder_choose(m.decoder, none, &c, &id), SL_ERR_NOT_FINITE, "logits");
  drop(&m);
}

static void memory_may_end_anywhere(void **state) {
  (void)state;
  sl_rng_seed(&rng, 35);
  model m = make(shapes[0]);
  const uint32_t v = shapes[0].vocabulary;
  uint32_t ids[80];
  float out[11], again[11];
  draw(ids, 80, v);
  assert_ok(run(m.decoder, ids, 80, false, out, v, 1));
  const size_t most = sl_bytes_in_use();
  drop(&m);
  int failed = 0;
  for (size_t limit = most / 3; limit < 2 * most; limit += most / 40) {
    sl_rng_seed(&rng, 35);
    m = make(shapes[0]);
    sl_set_memory_limit(limit);
    const sl_status status = run(m.decoder, ids, 80, false, again, v, 1);
    sl_set_memory_limit(SIZE_MAX);
    if (status != SL_OK) {
      assert_int_equal(status, SL_ERR_MEMORY);
      assert_int_equal(sl_decoder_length(m.decoder), 0);
      assert_ok(run(m.decoder, ids, 80, false, again, v, 1));
      failed++;
    }
    assert_memory_equal(out, again, sizeof out);
    drop(&m);
  }
  assert_true(failed > 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(equals_the_formulas),     property(one_by_one_and_all_at_once),
      property(refuses_what_is_wrong),   property(chooses),
      property(memory_may_end_anywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
