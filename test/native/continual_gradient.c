// The gradient and the Fisher information against sums in double precision, written out by hand.
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bandit/numbers.h"
#include "continual/continual.h"
#include "continual/net.h"

enum { MOST = 64 };

// One row in double precision: what the network gives into y, and the gradient of sum d_k y_k.
static void by_hand(const sl_net *net, const float *p, const float *x, double *y, const double *d,
                    double *gradient) {
  double a[SL_NET_MOST_LAYERS + 1][MOST], delta[MOST], other[MOST];
  const float *w[SL_NET_MOST_LAYERS];
  for (uint32_t i = 0; i < net->widths[0]; i++) a[0][i] = x[i];
  for (uint32_t l = 0; l < net->layers; l++) {
    const uint32_t in = net->widths[l], out = net->widths[l + 1];
    w[l] = p;
    for (uint32_t j = 0; j < out; j++) {
      double s = p[in * out + j];
      for (uint32_t i = 0; i < in; i++) s += a[l][i] * p[i * out + j];
      if (l + 1 < net->layers) s = net->function == SL_NET_RELU ? (s > 0 ? s : 0) : tanh(s);
      a[l + 1][j] = s;
    }
    p += (in + 1) * out;
  }
  memcpy(y, a[net->layers], net->widths[net->layers] * sizeof *y);
  if (d == NULL) return;
  memcpy(delta, d, net->widths[net->layers] * sizeof *d);
  size_t at = net->parameters;
  for (uint32_t l = net->layers; l-- > 0;) {
    const uint32_t in = net->widths[l], out = net->widths[l + 1];
    at -= (in + 1) * out;
    for (uint32_t j = 0; j < out; j++) {
      for (uint32_t i = 0; i < in; i++) gradient[at + i * out + j] += a[l][i] * delta[j];
      gradient[at + in * out + j] += delta[j];
    }
    if (l == 0) break;
    for (uint32_t i = 0; i < in; i++) {
      double s = 0;
      for (uint32_t j = 0; j < out; j++) s += delta[j] * w[l][i * out + j];
      other[i] = s * (net->function == SL_NET_RELU ? a[l][i] > 0 : 1 - a[l][i] * a[l][i]);
    }
    memcpy(delta, other, in * sizeof *delta);
  }
}

static double apart(const float *x, const double *y, size_t n) {
  double differ = 0, all = 0;
  for (size_t i = 0; i < n; i++) {
    differ += (x[i] - y[i]) * (x[i] - y[i]);
    all += y[i] * y[i];
  }
  return all == 0 ? sqrt(differ) : sqrt(differ / all);
}

static void gradients_are_those_of_double_precision(void **state) {
  (void)state;
  static const struct {
    uint32_t inputs, hidden[4], layers, outputs, function, loss, rows;
  } cases[] = {{7, {5}, 1, 3, 0, 0, 9},        {7, {16, 9}, 2, 4, 1, 0, 33},
               {1, {1}, 1, 2, 1, 0, 1},        {13, {0}, 0, 6, 0, 0, 40},
               {5, {8}, 1, 1, 1, 1, 12},       {6, {4, 3, 5, 7}, 4, 3, 1, 1, 70},
               {40, {24, 24}, 2, 10, 0, 0, 64}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    sl_learner_options o = sl_learner_options_default();
    o.inputs = cases[c].inputs;
    o.outputs = cases[c].outputs;
    o.hidden = cases[c].hidden;
    o.hidden_layers = cases[c].layers;
    o.activation = cases[c].function;
    o.loss = cases[c].loss;
    sl_learner *learner;
    assert_ok(sl_learner_create(&o, &learner));
    sl_net net;
    assert_ok(sl_net_shape(o.inputs, o.hidden, o.hidden_layers, o.outputs, o.activation, &net));
    const uint32_t rows = cases[c].rows, n = net.parameters;
    float x[70 * 40], values[70 * 10];
    uint32_t labels[70];
    sl_rng rng;
    sl_rng_seed(&rng, c + 1);
    for (uint32_t i = 0; i < rows * o.inputs; i++) x[i] = (float)sl_draw_normal(&rng);
    for (uint32_t i = 0; i < rows * o.outputs; i++) values[i] = (float)sl_draw_normal(&rng);
    for (uint32_t i = 0; i < rows; i++) labels[i] = sl_rng_below(&rng, o.outputs);
    const float *p;
    uint32_t count;
    assert_ok(sl_learner_parameters(learner, &p, &count));
    assert_int_equal(count, n);
    float *given = malloc(n * sizeof *given);
    double *wanted = calloc(n, sizeof *wanted);
    sl_learner_question q = sl_learner_question_default();
    q.rows = rows;
    q.inputs = x;
    q.labels = o.loss == SL_LEARNER_CROSS_ENTROPY ? labels : NULL;
    q.values = o.loss == SL_LEARNER_SQUARED ? values : NULL;
    assert_ok(sl_learner_gradient(learner, &q, given));
    for (uint32_t r = 0; r < rows; r++) {
      double y[MOST], d[MOST], sum = 0;
      by_hand(&net, p, x + r * o.inputs, y, NULL, NULL);
      for (uint32_t k = 0; k < o.outputs; k++) sum += exp(y[k]);
      for (uint32_t k = 0; k < o.outputs; k++)
        d[k] = (o.loss == SL_LEARNER_SQUARED ? y[k] - values[r * o.outputs + k]
                                             : exp(y[k]) / sum - (k == labels[r])) /
               rows;
      by_hand(&net, p, x + r * o.inputs, y, d, wanted);
    }
    assert_true(apart(given, wanted, n) < 1e-6);
    free(given);
    free(wanted);
    sl_learner_destroy(learner);
  }
}

// Squares of each row's gradient, summed: against the rows one by one.
static void squares_are_those_of_each_row(void **state) {
  (void)state;
  sl_net net;
  sl_net_work work;
  const uint32_t hidden[2] = {9, 6}, rows = 21;
  assert_ok(sl_net_shape(8, hidden, 2, 5, SL_NET_TANH, &net));
  assert_ok(sl_net_work_create(&net, 32, &work));
  float p[500], x[21 * 8], last[21 * 5], squares[500] = {0};
  double wanted[500] = {0};
  assert_true(net.parameters < 500);
  sl_rng rng;
  sl_rng_seed(&rng, 3);
  sl_net_draw(&net, &rng, 1, p);
  for (int i = 0; i < 21 * 8; i++) x[i] = (float)sl_draw_normal(&rng);
  for (int i = 0; i < 21 * 5; i++) last[i] = (float)sl_draw_normal(&rng);
  sl_net_forward(&net, p, x, rows, &work);
  sl_net_backward(&net, p, x, rows, last, true, &work, squares);
  for (uint32_t r = 0; r < rows; r++) {
    double y[MOST], d[MOST], one[500] = {0};
    for (int k = 0; k < 5; k++) d[k] = last[r * 5 + k];
    by_hand(&net, p, x + r * 8, y, d, one);
    for (uint32_t i = 0; i < net.parameters; i++) wanted[i] += one[i] * one[i];
  }
  assert_true(apart(squares, wanted, net.parameters) < 1e-5);
  sl_net_work_free(&work);
}

int main(void) {
  const struct CMUnitTest tests[] = {property(gradients_are_those_of_double_precision),
                                     property(squares_are_those_of_each_row)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
