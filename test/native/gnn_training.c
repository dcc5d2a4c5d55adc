// Training of a graph convolution: its gradient against differences, Adam against its formula, what it
// learns, and that it is the same however it is cut into steps.
#include "graphs.h"

#include "gnn/training.h"

#define AT(type, number) ((const type *)(uintptr_t)(number))
#define MOST 16

static sl_status run_job(sl_job *job, uint64_t work) {
  sl_outcome outcome;
  do SL_TRY(sl_job_step(job, work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  return SL_OK;
}

static void train_once(sl_gnn_training *t) {
  sl_gnn_training_clear(t);
  for (sl_training_phase phase = SL_TRAINING_CHANGE; phase < SL_TRAINING_UPDATE; phase++)
    sl_gnn_training_run(t, phase);
}

// The loss by its formula in f64, for parameters `theta`, which lie as those of the training do.
static double loss_at(const sl_gnn_training *t, const double *theta) {
  const sl_reach *r = &t->reach[0];
  const uint32_t *counts = r->counts, hidden = t->hidden, classes = t->classes;
  const double more = t->more;
  double y[MOST][8] = {0}, y2[MOST][8] = {0}, loss = 0;
  for (uint32_t i = 0; i < counts[2]; i++)
    for (uint32_t k = t->kept.rows[i]; k < t->kept.rows[i + 1]; k++)
      for (uint32_t c = 0; c < hidden; c++)
        y[i][c] += t->kept.values[k] * theta[t->kept.columns[k] * t->hidden_stride + c];
  for (uint32_t i = 0; i < counts[1]; i++)
    for (uint32_t c = 0; c < hidden; c++) {
      double h = theta[t->b_at + c] + r->own[i] * y[i][c];
      for (uint32_t k = r->rows[i]; k < r->rows[i + 1]; k++)
        h += r->coefficients[k] * y[r->neighbours[k]][c];
      if (h <= 0 || t->hidden_kept[i * t->hidden_stride + c] == 0) continue;
      for (uint32_t o = 0; o < classes; o++)
        y2[i][o] += more * h * theta[t->w2_at + c * t->class_stride + o];
    }
  for (uint32_t i = 0; i < counts[0]; i++) {
    double z[8], most = -INFINITY, sum = 0;
    for (uint32_t o = 0; o < classes; o++) {
      z[o] = theta[t->b2_at + o] + r->own[i] * y2[i][o];
      for (uint32_t k = r->rows[i]; k < r->rows[i + 1]; k++)
        z[o] += r->coefficients[k] * y2[r->neighbours[k]][o];
      most = fmax(most, z[o]);
    }
    for (uint32_t o = 0; o < classes; o++) sum += exp(z[o] - most);
    loss += (most + log(sum) - z[t->labels[i]]) / t->training_count;
  }
  return loss;
}

static void the_gradient_is_that_of_differences(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  for (int trial = 0; trial < 120; trial++) {
    sl_graph *graph = random_graph(&rng, MOST);
    const uint32_t n = graph->node_count, columns = 1 + sl_rng_below(&rng, 5);
    const uint32_t classes = 2 + sl_rng_below(&rng, 3), trained = 1 + sl_rng_below(&rng, n);
    float features[MOST * 5];
    uint32_t nodes[MOST], labels[MOST];
    for (uint32_t i = 0; i < n * columns; i++)
      features[i] = sl_rng_below(&rng, 3) ? (float)(2 * sl_rng_double(&rng) - 1) : 0;
    for (uint32_t i = 0; i < n; i++) {
      nodes[i] = (i + (uint32_t)trial) % n;
      labels[i] = sl_rng_below(&rng, classes);
    }
    const double settings[SL_GNN_TRAINING_SETTINGS] = {
        classes,      1 + sl_rng_below(&rng, 6), 0.01, 0, trial % 2 ? 0.5 : 0, 10, 10, trial,
        trial % 4 / 2};
    sl_gnn *gnn;
    assert_ok(
        sl_gnn_train(graph, settings, features, n * columns, nodes, labels, n, trained, &gnn));
    sl_gnn_training *t = gnn->training;
    // Off zero, so that no sum stands at the corner of the ReLU.
    for (size_t p = t->b_at; p < t->w2_at; p++) t->theta[p] = 0.1f + 0.01f * (float)(p - t->b_at);
    sl_gnn_training_run(t, SL_TRAINING_DROP);
    train_once(t);
    double theta[400];
    assert_true(t->parameters <= 400);
    for (size_t p = 0; p < t->parameters; p++) theta[p] = t->theta[p];
    const double loss = loss_at(t, theta);
    assert_true(fabs(t->training_loss - loss) < 1e-5 * (1 + loss));
    for (size_t p = 0; p < t->parameters; p++) {
      const double at = theta[p], h = 1e-6;
      theta[p] = at + h;
      const double above = loss_at(t, theta);
      theta[p] = at - h;
      const double below = loss_at(t, theta);
      theta[p] = at;
      const double slope = (above - below) / (2 * h);
      assert_true(fabs(slope - t->gradient[p]) < 1e-4 * (1 + fabs(slope)));
    }
    sl_gnn_destroy(gnn);
    sl_graph_destroy(graph);
  }
}

// The first step of Adam moves each parameter by the learning rate, against the sign of its gradient.
static void the_first_step_is_as_long_as_the_rate(void **state) {
  (void)state;
  const uint32_t from[] = {0, 1, 2}, to[] = {1, 2, 3}, nodes[] = {0, 3}, labels[] = {0, 1};
  const float features[] = {1, 2, 3, 4};
  sl_graph *graph = make_graph(4, 3, from, to, NULL, SL_VALUES_PATTERN, false);
  const double settings[SL_GNN_TRAINING_SETTINGS] = {2, 4, 0.03, 0.1, 0, 1, 1, 7};
  sl_gnn *gnn;
  assert_ok(sl_gnn_train(graph, settings, features, 4, nodes, labels, 2, 2, &gnn));
  sl_gnn_training *t = gnn->training;
  float before[64], gradient[64];
  memcpy(before, t->theta, t->parameters * sizeof *before);
  sl_gnn_training_run(t, SL_TRAINING_DROP);
  train_once(t);
  memcpy(gradient, t->gradient, t->parameters * sizeof *gradient);
  sl_gnn_training_run(t, SL_TRAINING_UPDATE);
  for (size_t p = 0; p < t->parameters; p++) {
    const double g = gradient[p] + (p < t->b_at ? 0.1 * before[p] : 0);
    const double step = fabs(g) > 1e-4 ? (g > 0 ? -0.03 : 0.03) : t->theta[p] - before[p];
    assert_true(fabs(t->theta[p] - before[p] - step) < 1e-5);
  }
  sl_gnn_destroy(gnn);
  sl_graph_destroy(graph);
}

enum { SIDE = 20, N = 2 * SIDE };

// Two rings with a few edges between them, and features that say nothing of most nodes.
static sl_graph *two_rings(float *features, uint32_t *nodes, uint32_t *labels) {
  uint32_t from[3 * N], to[3 * N], count = 0;
  for (uint32_t i = 0; i < N; i++)
    for (uint32_t far = 1; far <= 2; far++) {
      from[count] = i;
      to[count++] = i / SIDE * SIDE + (i + far) % SIDE;
    }
  from[count] = 0;
  to[count++] = SIDE;
  for (uint32_t i = 0; i < N; i++) {
    features[2 * i] = i % 5 == 0 ? (i < SIDE ? 1.0f : -1.0f) : 0;
    features[2 * i + 1] = (float)(i % 3);
    nodes[i] = i * 7 % N;
    labels[i] = nodes[i] / SIDE;
  }
  return make_graph(N, count, from, to, NULL, SL_VALUES_PATTERN, false);
}

static void it_learns_and_steps_do_not_show(void **state) {
  (void)state;
  float features[2 * N], first[100];
  uint32_t nodes[N], labels[N], count = 0;
  sl_graph *graph = two_rings(features, nodes, labels);
  const double settings[SL_GNN_TRAINING_SETTINGS] = {2, 8, 0.05, 5e-4, 0.2, 200, 50, 3};
  for (int cut = 0; cut < 3; cut++) {
    sl_gnn *gnn;
    double numbers[SL_GNN_NUMBERS];
    const double *history;
    assert_ok(sl_gnn_train(graph, settings, features, 2 * N, nodes, labels, N, 12, &gnn));
    assert_refused(sl_gnn_read(gnn, numbers), SL_ERR_STATE, "gnn");
    assert_ok(run_job(sl_gnn_job(gnn), cut == 0 ? UINT64_MAX : cut == 1 ? 1 : 777));
    assert_ok(sl_gnn_read(gnn, numbers));
    assert_ok(sl_gnn_history(gnn, &history, &count));
    assert_int_equal(count, 3 * numbers[6]);
    const double *best = history + 3 * (size_t)numbers[7];
    assert_true(best[1] < 0.2 && best[2] > 0.95);
    for (uint32_t e = 0; e < numbers[6]; e++) assert_true(history[3 * e + 1] >= best[1]);
    if (cut == 0) memcpy(first, AT(float, numbers[4]), (size_t)numbers[5] * sizeof *first);
    assert_memory_equal(first, AT(float, numbers[4]), (size_t)numbers[5] * sizeof *first);
    sl_gnn_destroy(gnn);
  }
  sl_graph_destroy(graph);
}

static void what_is_stopped_has_the_best_so_far(void **state) {
  (void)state;
  float features[2 * N];
  uint32_t nodes[N], labels[N];
  sl_graph *graph = two_rings(features, nodes, labels);
  const double settings[SL_GNN_TRAINING_SETTINGS] = {2, 8, 0.05, 5e-4, 0.2, 200, 50, 3};
  for (uint64_t work = 1; work < 1000000; work *= 3) {
    sl_gnn *gnn;
    sl_outcome outcome;
    double numbers[SL_GNN_NUMBERS];
    assert_ok(sl_gnn_train(graph, settings, features, 2 * N, nodes, labels, N, 12, &gnn));
    assert_ok(sl_job_step(sl_gnn_job(gnn), work, &outcome));
    assert_ok(sl_job_stop(sl_gnn_job(gnn), SL_OUTCOME_TIME_LIMIT));
    assert_ok(sl_gnn_read(gnn, numbers));
    for (uint32_t i = 0; i < numbers[5]; i++) assert_true(isfinite(AT(float, numbers[4])[i]));
    sl_gnn_destroy(gnn);
  }
  sl_graph_destroy(graph);
}

// Features at the limit: the loss overflows or not, the parameters never do.
static void the_whole_range(void **state) {
  (void)state;
  float features[2 * N];
  uint32_t nodes[N], labels[N];
  sl_graph *graph = two_rings(features, nodes, labels);
  for (int power = -40; power <= 18; power += 2) {
    float scaled[2 * N];
    for (uint32_t i = 0; i < 2 * N; i++) scaled[i] = features[i] * (float)pow(10, power) / 2;
    const double settings[SL_GNN_TRAINING_SETTINGS] = {2, 8, 1, 5e-4, 0.2, 40, 50, 3};
    sl_gnn *gnn;
    double numbers[SL_GNN_NUMBERS];
    assert_ok(sl_gnn_train(graph, settings, scaled, 2 * N, nodes, labels, N, N, &gnn));
    assert_ok(run_job(sl_gnn_job(gnn), UINT64_MAX));
    assert_ok(sl_gnn_read(gnn, numbers));
    for (uint32_t i = 0; i < numbers[5]; i++) assert_true(fabsf(AT(float, numbers[4])[i]) <= 1e18f);
    sl_gnn_destroy(gnn);
  }
  sl_graph_destroy(graph);
}

// A gradient whose square overflows ends the training: Adam would hold its parameter for ever.
static void a_gradient_too_large_is_said(void **state) {
  (void)state;
  float features[2 * N];
  uint32_t nodes[N], labels[N];
  sl_graph *graph = two_rings(features, nodes, labels);
  for (uint32_t i = 0; i < 2 * N; i++) features[i] *= 1e17f;
  uint32_t said = 0;
  for (uint32_t seed = 1; seed <= 20; seed++) {
    // What is left out makes the rest twenty times as large, twice.
    const double settings[SL_GNN_TRAINING_SETTINGS] = {2, 64, 1, 0, 0.95, 400, 400, seed};
    sl_gnn *gnn;
    double numbers[SL_GNN_NUMBERS];
    assert_ok(sl_gnn_train(graph, settings, features, 2 * N, nodes, labels, N, N, &gnn));
    assert_ok(run_job(sl_gnn_job(gnn), UINT64_MAX));
    assert_ok(sl_gnn_read(gnn, numbers));
    for (uint32_t i = 0; i < numbers[5]; i++) assert_true(isfinite(AT(float, numbers[4])[i]));
    said += numbers[0] == SL_OUTCOME_BREAKDOWN && numbers[6] < 400;
    sl_gnn_destroy(gnn);
  }
  print_message("%u of 20 trainings ended by a gradient\n", said);
  assert_true(said > 0);
  sl_graph_destroy(graph);
}

static sl_status attempt(sl_graph *graph) {
  const float features[] = {1, 2, 3, 4};
  const uint32_t nodes[] = {0, 3, 1}, labels[] = {0, 1, 0};
  const double settings[SL_GNN_TRAINING_SETTINGS] = {2, 3, 0.03, 0.1, 0.1, 3, 1, 7};
  sl_gnn *gnn;
  SL_TRY(sl_gnn_train(graph, settings, features, 4, nodes, labels, 3, 2, &gnn));
  const sl_status status = run_job(sl_gnn_job(gnn), 10);
  sl_gnn_destroy(gnn);
  return status;
}

static void running_out_of_memory_loses_nothing(void **state) {
  (void)state;
  const uint32_t from[] = {0, 1, 2}, to[] = {1, 2, 3};
  sl_graph *graph = make_graph(4, 3, from, to, NULL, SL_VALUES_PATTERN, false);
  uint32_t failures = 0;
  for (size_t more = 0;; more += 8) {
    sl_set_memory_limit(sl_bytes_in_use() + more);
    const sl_status status = attempt(graph);
    sl_set_memory_limit(SIZE_MAX);
    if (status == SL_OK) break;
    assert_int_equal(status, SL_ERR_MEMORY);
    failures++;
  }
  assert_true(failures > 30);
  sl_graph_destroy(graph);
}

static void wrong_arguments_are_refused_by_name(void **state) {
  (void)state;
  const uint32_t from[] = {0, 1}, to[] = {1, 2}, nodes[] = {0, 1, 2}, labels[] = {0, 1, 0};
  const uint32_t twice[] = {1, 1, 2}, beyond[] = {0, 1, 3};
  const float features[] = {1, 2, 3}, wild[] = {1, NAN, 3};
  const char *names[] = {"classes", "hidden", "learning_rate", "l2",
                         "dropout", "epochs", "patience",      "seed"};
  sl_graph *graph = make_graph(3, 2, from, to, NULL, SL_VALUES_PATTERN, false);
  const double good[SL_GNN_TRAINING_SETTINGS] = {2, 3, 0.03, 0.1, 0.1, 3, 1, 7};
  double settings[SL_GNN_TRAINING_SETTINGS];
  sl_gnn *gnn;
  for (int i = 0; i < 8; i++)
    for (int nan = 0; nan < 2; nan++) {
      memcpy(settings, good, sizeof settings);
      settings[i] = nan ? NAN : -1;
      assert_refused(sl_gnn_train(graph, settings, features, 3, nodes, labels, 3, 2, &gnn),
                     SL_ERR_OPTION, names[i]);
    }
  assert_refused(sl_gnn_train(graph, good, features, 2, nodes, labels, 3, 2, &gnn), SL_ERR_SHAPE,
                 "features");
  assert_refused(sl_gnn_train(graph, good, wild, 3, nodes, labels, 3, 2, &gnn), SL_ERR_NOT_FINITE,
                 "features");
  assert_refused(sl_gnn_train(graph, good, features, 3, nodes, labels, 3, 0, &gnn), SL_ERR_EMPTY,
                 "nodes");
  assert_refused(sl_gnn_train(graph, good, features, 3, twice, labels, 3, 2, &gnn), SL_ERR_ARGUMENT,
                 "nodes");
  assert_refused(sl_gnn_train(graph, good, features, 3, beyond, labels, 3, 2, &gnn), SL_ERR_INDEX,
                 "nodes");
  assert_refused(sl_gnn_train(graph, good, features, 3, nodes, beyond, 3, 2, &gnn), SL_ERR_INDEX,
                 "labels");
  sl_graph_destroy(graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(the_gradient_is_that_of_differences),
      property(the_first_step_is_as_long_as_the_rate),
      property(it_learns_and_steps_do_not_show),
      property(what_is_stopped_has_the_best_so_far),
      property(the_whole_range),
      property(a_gradient_too_large_is_said),
      property(running_out_of_memory_loses_nothing),
      property(wrong_arguments_are_refused_by_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
