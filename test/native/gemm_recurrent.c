// Recurrent layers and the routing of tokens: against their formulas in float64 for random shapes, in
// steps, refusals, memory that ends.
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "gemm/recurrent.h"
#include "gemm/route.h"

static sl_rng rng;

static float *floats(size_t count) {
  float *x = malloc((count + 1) * sizeof *x);
  for (size_t i = 0; i < count; i++) x[i] = (float)(2 * sl_rng_double(&rng) - 1);
  return x;
}

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

typedef struct layer {
  uint32_t kind, inputs, hidden, directions, gates;
  float *input[2], *own[2], *input_bias[2], *own_bias[2];
} layer;

static layer draw(void) {
  layer l = {.kind = sl_rng_below(&rng, 2),
             .inputs = 1 + sl_rng_below(&rng, 9),
             .hidden = 1 + sl_rng_below(&rng, 7),
             .directions = 1 + sl_rng_below(&rng, 2)};
  if (sl_rng_below(&rng, 10) == 0) l.inputs = 250 + sl_rng_below(&rng, 20);
  l.gates = l.kind == SL_RECURRENT_LSTM ? 4 : 3;
  for (uint32_t d = 0; d < l.directions; d++) {
    const size_t rows = l.gates * l.hidden;
    l.input[d] = floats(rows * l.inputs);
    l.own[d] = floats(rows * l.hidden);
    l.input_bias[d] = floats(rows);
    l.own_bias[d] = floats(rows);
  }
  return l;
}

static void drop(layer *l) {
  for (uint32_t d = 0; d < l->directions; d++) {
    free(l->input[d]);
    free(l->own[d]);
    free(l->input_bias[d]);
    free(l->own_bias[d]);
  }
}

static sl_status set(sl_recurrent *r, const layer *l) {
  const size_t rows = l->gates * l->hidden;
  for (uint32_t d = 0; d < l->directions; d++) {
    const sl_recurrent_weights w = {l->input[d],      rows * l->inputs, l->own[d], rows * l->hidden,
                                    l->input_bias[d], l->own_bias[d],   rows,      rows};
    SL_TRY(sl_recurrent_set(r, d, &w));
  }
  return SL_OK;
}

static double row(const float *m, const float *bias, uint32_t at, const double *x, uint32_t n) {
  double sum = (double)bias[at];
  for (uint32_t i = 0; i < n; i++) sum += (double)m[(size_t)at * n + i] * x[i];
  return sum;
}

// One token of one direction: h and c are changed.
static void by_formula(const layer *l, uint32_t d, const float *x, double *h, double *c) {
  double in[300], a[32], b[32], next[8];
  const uint32_t n = l->hidden;
  for (uint32_t i = 0; i < l->inputs; i++) in[i] = (double)x[i];
  for (uint32_t g = 0; g < l->gates * n; g++) {
    a[g] = row(l->input[d], l->input_bias[d], g, in, l->inputs);
    b[g] = row(l->own[d], l->own_bias[d], g, h, n);
  }
  for (uint32_t j = 0; j < n; j++) {
    if (l->kind == SL_RECURRENT_LSTM) {
      c[j] = sigmoid(a[n + j] + b[n + j]) * c[j] +
             sigmoid(a[j] + b[j]) * tanh(a[2 * n + j] + b[2 * n + j]);
      next[j] = sigmoid(a[3 * n + j] + b[3 * n + j]) * tanh(c[j]);
    } else {
      const double update = sigmoid(a[n + j] + b[n + j]);
      const double fresh = tanh(a[2 * n + j] + sigmoid(a[j] + b[j]) * b[2 * n + j]);
      next[j] = (1 - update) * fresh + update * h[j];
    }
  }
  memcpy(h, next, n * sizeof *h);
}

static sl_status run(sl_recurrent *r, const sl_recurrent_options *o, uint64_t work) {
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  SL_TRY(sl_recurrent_begin(r, o));
  while (outcome == SL_OUTCOME_RUNNING) SL_TRY(sl_job_step(sl_recurrent_job(r), work, &outcome));
  return SL_OK;
}

static void layers_equal_the_formulas(void **state) {
  (void)state;
  sl_rng_seed(&rng, 61);
  for (int trial = 0; trial < SL_TRIES(200); trial++) {
    layer l = draw();
    const uint32_t batch = 1 + sl_rng_below(&rng, 6), tokens = sl_rng_below(&rng, 70);
    const size_t count = (size_t)batch * tokens * l.inputs, wide = l.directions * l.hidden;
    const size_t states = (size_t)batch * wide;
    float *x = floats(count), *out = floats(batch * tokens * wide);
    float *hidden = floats(states), *cell = floats(states);
    float *first = floats(states), *first_cell = floats(states);
    memcpy(first, hidden, states * sizeof *first);
    memcpy(first_cell, cell, states * sizeof *first);
    sl_recurrent *r;
    assert_ok(sl_recurrent_create(l.kind, l.inputs, l.hidden, l.directions, &r));
    assert_ok(set(r, &l));
    const sl_recurrent_options o = {x, count, batch, tokens, out, hidden, cell, states};
    assert_ok(run(r, &o, trial % 2 ? 1 : UINT64_MAX));
    for (uint32_t d = 0; d < l.directions; d++)
      for (uint32_t b = 0; b < batch; b++) {
        double h[8], c[8];
        const size_t at = ((size_t)d * batch + b) * l.hidden;
        for (uint32_t j = 0; j < l.hidden; j++) h[j] = (double)first[at + j];
        for (uint32_t j = 0; j < l.hidden; j++) c[j] = (double)first_cell[at + j];
        for (uint32_t t = 0; t < tokens; t++) {
          const size_t place = (size_t)b * tokens + (d == 0 ? t : tokens - 1 - t);
          by_formula(&l, d, x + place * l.inputs, h, c);
          for (uint32_t j = 0; j < l.hidden; j++)
            assert_true(fabs((double)out[place * wide + d * l.hidden + j] - h[j]) < 1e-4);
        }
        for (uint32_t j = 0; j < l.hidden; j++) {
          assert_true(fabs((double)hidden[at + j] - h[j]) < 1e-4);
          if (l.kind == SL_RECURRENT_LSTM) assert_true(fabs((double)cell[at + j] - c[j]) < 1e-4);
        }
      }
    sl_recurrent_destroy(r);
    free(x);
    free(out);
    free(hidden);
    free(cell);
    free(first);
    free(first_cell);
    drop(&l);
  }
}

static void layers_refuse(void **state) {
  (void)state;
  sl_recurrent *r;
  assert_refused(sl_recurrent_create(2, 1, 1, 1, &r), SL_ERR_OPTION, "kind");
  assert_refused(sl_recurrent_create(0, 0, 1, 1, &r), SL_ERR_OPTION, "inputs");
  assert_refused(sl_recurrent_create(0, 1, 0, 1, &r), SL_ERR_OPTION, "hidden");
  assert_refused(sl_recurrent_create(0, 1, 1, 3, &r), SL_ERR_OPTION, "directions");
  float x[8] = {0};
  const sl_recurrent_weights good = {x, 4, x, 4, NULL, x, 0, 4};
  sl_recurrent_weights w = good;
  sl_recurrent_options o = {x, 1, 1, 1, x + 1, x + 2, x + 3, 1};
  assert_ok(sl_recurrent_create(SL_RECURRENT_LSTM, 1, 1, 1, &r));
  assert_refused(sl_recurrent_begin(r, &o), SL_ERR_STATE, "weights");
  assert_refused(sl_recurrent_set(r, 1, &w), SL_ERR_INDEX, "direction");
  w.input_count = 3;
  assert_refused(sl_recurrent_set(r, 0, &w), SL_ERR_SHAPE, "input");
  w = good, w.own_count = 5;
  assert_refused(sl_recurrent_set(r, 0, &w), SL_ERR_SHAPE, "own");
  w = good, w.own_bias_count = 5;
  assert_refused(sl_recurrent_set(r, 0, &w), SL_ERR_SHAPE, "own_bias");
  assert_ok(sl_recurrent_set(r, 0, &good));
  o.cell = NULL;
  assert_refused(sl_recurrent_begin(r, &o), SL_ERR_ARGUMENT, "cell");
  o.cell = x + 3, o.count = 2;
  assert_refused(sl_recurrent_begin(r, &o), SL_ERR_SHAPE, "x");
  o.count = 1, o.state_count = 2;
  assert_refused(sl_recurrent_begin(r, &o), SL_ERR_SHAPE, "state");
  // Memory ends: the weights are as they were.
  o.state_count = 1;
  for (size_t limit = 0;; limit += 32) {
    sl_set_memory_limit(sl_bytes_in_use() + limit);
    const sl_status status = sl_recurrent_set(r, 0, &good);
    sl_set_memory_limit(SIZE_MAX);
    if (status == SL_OK) break;
    assert_int_equal(status, SL_ERR_MEMORY);
  }
  sl_set_memory_limit(sl_bytes_in_use());
  assert_int_equal(run(r, &o, 1), SL_ERR_MEMORY);
  sl_set_memory_limit(SIZE_MAX);
  assert_ok(run(r, &o, 1));
  sl_recurrent_destroy(r);
}

// Every choice has a row of its expert or is dropped, and rows are tokens in order.
static void routes_hold_together(void **state) {
  (void)state;
  sl_rng_seed(&rng, 62);
  for (int trial = 0; trial < SL_TRIES(300); trial++) {
    const uint32_t tokens = sl_rng_below(&rng, 30), experts = 1 + sl_rng_below(&rng, 6);
    const uint32_t top = 1 + sl_rng_below(&rng, experts), capacity = sl_rng_below(&rng, 12);
    const size_t count = (size_t)tokens * top;
    float *logits = floats((size_t)tokens * experts), *weights = floats(count);
    for (size_t i = 0; i < (size_t)tokens * experts; i++)
      if (sl_rng_below(&rng, 5) == 0 && i % experts != 0) logits[i] = -INFINITY;
    float *scratch = floats(experts), *from = floats(count * 3), *out = floats(tokens * 3u);
    uint32_t *numbers = malloc((3 * count + experts + 1 + 1) * sizeof *numbers);
    uint32_t *chosen = numbers, *rows = chosen + count, *order = rows + count;
    uint32_t *offsets = order + count;
    const sl_route_options o = {logits,  (size_t)tokens * experts,
                                tokens,  experts,
                                top,     capacity,
                                1,       chosen,
                                weights, rows,
                                order,   offsets,
                                scratch};
    assert_ok(sl_route(&o));
    for (uint32_t t = 0; t < tokens; t++) {
      double sum = 0;
      for (uint32_t k = 0; k < top; k++) {
        const size_t at = (size_t)t * top + k;
        sum += (double)weights[at];
        for (uint32_t j = 0; j < k; j++) assert_true(chosen[at] != chosen[(size_t)t * top + j]);
        if (rows[at] == SL_ROUTE_DROPPED) continue;
        assert_int_equal(order[rows[at]], t);
        assert_in_range(rows[at], offsets[chosen[at]], offsets[chosen[at] + 1] - 1);
      }
      assert_true(fabs(sum - 1) < 1e-5);
    }
    for (uint32_t e = 0; e < experts; e++) assert_true(offsets[e + 1] - offsets[e] <= capacity);
    assert_ok(sl_combine(from, offsets[experts], 3, rows, weights, tokens, top, out));
    for (uint32_t t = 0; t < tokens; t++) {
      double wanted = 0;
      for (uint32_t k = 0; k < top; k++) {
        const size_t at = (size_t)t * top + k;
        if (rows[at] != SL_ROUTE_DROPPED)
          wanted += (double)weights[at] * (double)from[(size_t)rows[at] * 3 + 2];
      }
      assert_true(fabs((double)out[(size_t)t * 3 + 2] - wanted) < 1e-5);
    }
    free(logits);
    free(weights);
    free(scratch);
    free(from);
    free(out);
    free(numbers);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(layers_equal_the_formulas),
      property(layers_refuse),
      property(routes_hold_together),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
