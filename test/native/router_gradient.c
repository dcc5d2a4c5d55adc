// The gradient of FastGRNN against differences, and against what torch's autograd says of the same
// network (test/vectors/router/fastgrnn.py).
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bandit/numbers.h"
#include "router/fastgrnn.h"

// A smooth loss of the scores: sum of k s_k + s_k^2 / 2.
static double loss_of(const double *scores, uint32_t count, double *slopes) {
  double loss = 0;
  for (uint32_t k = 0; k < count; k++) {
    loss += k * scores[k] + scores[k] * scores[k] / 2;
    slopes[k] = k + scores[k];
  }
  return loss;
}

static void gradients_are_those_of_differences(void **state) {
  (void)state;
  static const sl_fastgrnn nets[] = {
      {1, 5, 3, 0, 2}, {4, 3, 6, 0, 3}, {7, 2, 5, 2, 4}, {3, 1, 1, 1, 2}, {12, 4, 8, 3, 2}};
  sl_rng rng;
  sl_rng_seed(&rng, 3);
  for (int n = 0; n < 5; n++) {
    const sl_fastgrnn *net = &nets[n];
    const size_t count = (size_t)sl_fastgrnn_parameters(net);
    double *p = malloc(count * sizeof *p), *g = calloc(count, sizeof *g);
    double *work = malloc((size_t)sl_fastgrnn_work(net) * sizeof *work), s[4], slopes[4];
    float x[64];
    for (uint32_t i = 0; i < net->steps * net->width; i++) x[i] = (float)sl_draw_normal(&rng);
    sl_fastgrnn_begin(net, p, &rng);
    for (size_t i = 0; i < count; i++) p[i] += 0.3 * sl_draw_normal(&rng);
    sl_fastgrnn_scores(net, p, x, work, s);
    loss_of(s, net->outputs, slopes);
    sl_fastgrnn_gradient(net, p, work, slopes, g);
    double worst = 0, unused[4];
    for (size_t i = 0; i < count; i++) {
      const double at = p[i], h = 1e-5;
      p[i] = at + h;
      sl_fastgrnn_scores(net, p, x, work, s);
      const double above = loss_of(s, net->outputs, unused);
      p[i] = at - h;
      sl_fastgrnn_scores(net, p, x, work, s);
      const double below = loss_of(s, net->outputs, unused);
      p[i] = at;
      worst = fmax(worst, fabs((above - below) / (2 * h) - g[i]) / (1 + fabs(g[i])));
    }
    assert_true(worst < 1e-8);
    free(p);
    free(g);
    free(work);
  }
}

static double next(FILE *file) {
  double x;
  assert_int_equal(fscanf(file, "%lf", &x), 1);
  return x;
}

static void gradients_are_those_of_torch(void **state) {
  (void)state;
  FILE *file = fopen("test/vectors/router/fastgrnn.txt", "r");
  assert_non_null(file);
  const int cases = (int)next(file);
  for (int c = 0; c < cases; c++) {
    sl_fastgrnn net;
    net.steps = (uint32_t)next(file);
    net.width = (uint32_t)next(file);
    net.hidden = (uint32_t)next(file);
    net.rank = (uint32_t)next(file);
    net.outputs = (uint32_t)next(file);
    const size_t count = (size_t)sl_fastgrnn_parameters(&net);
    double *p = malloc(count * sizeof *p), *g = calloc(count, sizeof *g);
    double *work = malloc((size_t)sl_fastgrnn_work(&net) * sizeof *work), s[8], slopes[8];
    float x[64];
    for (size_t i = 0; i < count; i++) p[i] = next(file);
    for (uint32_t i = 0; i < net.steps * net.width; i++) x[i] = (float)next(file);
    sl_fastgrnn_scores(&net, p, x, work, s);
    for (uint32_t k = 0; k < net.outputs; k++) {
      const double wanted = next(file);
      assert_true(fabs(s[k] - wanted) <= 1e-12 * (1 + fabs(wanted)));
    }
    loss_of(s, net.outputs, slopes);
    sl_fastgrnn_gradient(&net, p, work, slopes, g);
    for (size_t i = 0; i < count; i++) {
      const double wanted = next(file);
      if (fabs(g[i] - wanted) > 1e-11 * (1 + fabs(wanted)))
        fail_msg("case %d, parameter %zu: %.17g, torch %.17g", c, i, g[i], wanted);
    }
    free(p);
    free(g);
    free(work);
  }
  fclose(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(gradients_are_those_of_differences),
      property(gradients_are_those_of_torch),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
