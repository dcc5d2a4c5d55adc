// What tests of encoders share: networks of random numbers, the formulas in float64 that all of them have, and runs.
#ifndef SL_TEST_ENCODERS_H
#define SL_TEST_ENCODERS_H

#include "check.h"
#include "files.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "inference/encoder.h"

static sl_rng rng;
static float uniform(void) { return (float)(2 * sl_rng_double(&rng) - 1); }
static uint32_t below(uint32_t n) { return sl_rng_below(&rng, n); }

enum { MOST_TENSORS = 64, WIDE = 80, TEXTS = 30 };

// The tensors as they were given, and their sizes.
typedef struct model {
  sl_encoder_shape shape;
  float *tensors[MOST_TENSORS];
  size_t counts[MOST_TENSORS];
  uint32_t count;
  sl_encoder *encoder;
} model;

// Gives an encoder that was created the numbers that it awaits.
static model filled(sl_encoder_shape shape, sl_encoder *encoder) {
  model m = {.shape = shape, .encoder = encoder};
  for (;;) {
    const size_t count = (size_t)sl_encoder_awaits(encoder);
    if (count == 0) return m;
    float *values = malloc(count * sizeof *values);
    for (size_t i = 0; i < count; i++) values[i] = 0.7f * uniform();
    assert_ok(sl_encoder_add(encoder, values, count));
    m.counts[m.count] = count;
    m.tensors[m.count++] = values;
  }
}

static void drop(model *m) {
  for (uint32_t i = 0; i < m->count; i++) free(m->tensors[i]);
  sl_encoder_destroy(m->encoder);
}

// ---- the formulas -------------------------------------------------------------------------------

// out may be x.
static void layer_norm(const double *x, uint32_t n, const float *gain, const float *bias,
                       double epsilon, double *out) {
  double mean = 0, variance = 0;
  for (uint32_t j = 0; j < n; j++) mean += x[j] / n;
  for (uint32_t j = 0; j < n; j++) variance += (x[j] - mean) * (x[j] - mean) / n;
  for (uint32_t j = 0; j < n; j++)
    out[j] = (x[j] - mean) / sqrt(variance + epsilon) * (double)gain[j] + (double)bias[j];
}

static void dense(const double *x, uint32_t in, uint32_t out, const float *weights,
                  const float *bias, double *y) {
  for (uint32_t j = 0; j < out; j++) {
    y[j] = (double)bias[j];
    for (uint32_t i = 0; i < in; i++) y[j] += x[i] * (double)weights[(size_t)i * out + j];
  }
}

// What token t takes from all of them; a row of qkv is the query, the key and the value of a token.
static void attend(uint32_t width, uint32_t heads, uint32_t t, uint32_t tokens,
                   double qkv[][3 * WIDE], double *given) {
  const uint32_t size = width / heads;
  for (uint32_t g = 0; g < heads; g++) {
    double weights[TEXTS], total = 0;
    for (uint32_t s = 0; s < tokens; s++) {
      double score = 0;
      for (uint32_t j = 0; j < size; j++)
        score += qkv[t][g * size + j] * qkv[s][width + g * size + j];
      total += weights[s] = exp(score / sqrt(size));
    }
    for (uint32_t j = 0; j < size; j++) {
      given[g * size + j] = 0;
      for (uint32_t s = 0; s < tokens; s++)
        given[g * size + j] += weights[s] / total * qkv[s][2 * width + g * size + j];
    }
  }
}

static void unit(const double *x, uint32_t n, double *out) {
  double sum = 0;
  for (uint32_t j = 0; j < n; j++) sum += x[j] * x[j];
  for (uint32_t j = 0; j < n; j++) out[j] = x[j] / fmax(sqrt(sum), 1e-6);
}

// ---- runs ---------------------------------------------------------------------------------------

static void run(sl_encoder *e, uint64_t work) {
  sl_outcome outcome;
  do assert_ok(sl_job_step(sl_encoder_job(e), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_int_equal(outcome, SL_OUTCOME_CONVERGED);
}

typedef struct asked {
  uint32_t ids[TEXTS * 20], lengths[TEXTS], count, counts[TEXTS];
  float out[TEXTS * WIDE];
} asked;

static void draw_of(asked *a, uint32_t pieces) {
  a->count = 0;
  for (uint32_t t = 0; t < TEXTS; t++) {
    a->lengths[t] = t == 3 ? 0 : below(20);
    for (uint32_t i = 0; i < a->lengths[t]; i++) a->ids[a->count++] = below(pieces);
  }
}

static void embed(sl_encoder *e, asked *a, uint64_t work) {
  assert_ok(sl_encoder_begin_ids(e, a->ids, a->count, a->lengths, TEXTS, a->out, a->counts));
  run(e, work);
}

// Texts give the same bits together, in the smallest steps, and each of them alone.
static void assert_same_alone_and_in_steps(const model *m, uint32_t pieces) {
  static asked a, b;
  const uint32_t width = m->shape.width;
  draw_of(&a, pieces);
  embed(m->encoder, &a, UINT64_MAX);
  b = a;
  memset(b.out, 0, sizeof b.out);
  embed(m->encoder, &b, 1);
  assert_memory_equal(a.out, b.out, TEXTS * width * sizeof *a.out);
  const uint32_t *ids = a.ids;
  for (uint32_t t = 0; t < TEXTS; ids += a.lengths[t++]) {
    float alone[WIDE];
    uint32_t count;
    assert_ok(sl_encoder_begin_ids(m->encoder, ids, a.lengths[t], &a.lengths[t], 1, alone, &count));
    run(m->encoder, 1000);
    assert_memory_equal(alone, a.out + t * width, width * sizeof *alone);
  }
}

#endif
