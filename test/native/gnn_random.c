// Smoothing against its formula, logistic regression against differences, its conditions of a minimum
// and a closed form; memory that runs out, arguments that are wrong.
#include "graphs.h"

#include "gnn/logistic.h"
#include "gnn/smoothing.h"

#define AT(type, number) ((const type *)(uintptr_t)(number))
#define MOST 30
#define COLUMNS 70

static sl_status run_job(sl_job *job, uint64_t work) {
  sl_outcome outcome;
  do SL_TRY(sl_job_step(job, work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  return SL_OK;
}

static double w[MOST][MOST], degree[MOST];

static void dense_step(uint32_t n, uint32_t columns, double alpha, bool symmetric,
                       const float *values, double z[MOST][COLUMNS]) {
  static double next[MOST][COLUMNS];
  for (uint32_t u = 0; u < n; u++)
    for (uint32_t d = 0; d < columns; d++) {
      next[u][d] = alpha * values[u * columns + d];
      for (uint32_t v = 0; v < n; v++) {
        const double over = symmetric ? sqrt(degree[u] * degree[v]) : degree[u];
        if (w[u][v] > 0) next[u][d] += (1 - alpha) * w[u][v] / over * z[v][d];
      }
    }
  memcpy(z, next, sizeof next);
}

static void smoothing_is_what_the_formula_says(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 1);
  for (int trial = 0; trial < SL_TRIES(800); trial++) {
    sl_graph *graph = random_graph(&rng, MOST);
    const uint32_t n = graph->node_count, columns = 1 + sl_rng_below(&rng, trial % 5 ? 9 : COLUMNS);
    const bool symmetric = trial % 2, loops = trial / 2 % 2, weighted = trial / 4 % 2;
    const double alpha = trial % 16 == 0 ? 0 : sl_rng_double(&rng);
    const uint32_t steps = 1 + sl_rng_below(&rng, 6);
    static float values[MOST * COLUMNS];
    static double z[MOST][COLUMNS];
    for (uint32_t i = 0; i < n * columns; i++) values[i] = (float)(sl_rng_double(&rng) - 0.5);
    const sl_csr *edges = graph->outgoing;
    double sum = 0;
    memset(w, 0, sizeof w);
    for (uint32_t u = 0; u < n; u++)
      for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
        const double one = weighted ? sl_csr_value(edges, k) : 1;
        sum += one;
        w[u][edges->columns[k]] += one;
        if (graph->directed && edges->columns[k] != u) w[edges->columns[k]][u] += one;
      }
    for (uint32_t u = 0; u < n; u++) {
      if (loops) w[u][u] += edges->nnz > 0 ? sum / edges->nnz : 1;
      degree[u] = 0;
      for (uint32_t v = 0; v < n; v++) degree[u] += w[u][v];
      for (uint32_t d = 0; d < columns; d++) z[u][d] = values[u * columns + d];
    }
    for (uint32_t i = 0; i < steps; i++) dense_step(n, columns, alpha, symmetric, values, z);
    sl_smoothing *made;
    double numbers[SL_SMOOTHING_NUMBERS];
    const double settings[SL_SMOOTHING_SETTINGS] = {0, alpha, steps, symmetric, loops, weighted};
    assert_ok(sl_smoothing_create(graph, settings, values, n * columns, NULL, NULL, 0, &made));
    assert_ok(run_job(sl_smoothing_job(made), 1 + sl_rng_below(&rng, 50)));
    assert_ok(sl_smoothing_read(made, numbers));
    assert_true(numbers[0] == SL_OUTCOME_CONVERGED && numbers[3] == n * columns &&
                numbers[5] == columns);
    const float *found = AT(float, numbers[2]);
    for (uint32_t u = 0; u < n; u++)
      for (uint32_t d = 0; d < columns; d++)
        assert_true(fabs(found[u * columns + d] - z[u][d]) < 1e-5);
    assert_true((alpha == 0) == isinf(numbers[4]));
    // The bound, against as many steps as make no difference.
    for (uint32_t i = 0; i < 1500 && alpha > 0.02 && trial % 8 == 1; i++)
      dense_step(n, columns, alpha, symmetric, values, z);
    for (uint32_t u = 0; u < n && alpha > 0.02 && trial % 8 == 1; u++)
      for (uint32_t d = 0; d < columns; d++)
        assert_true(fabs(found[u * columns + d] - z[u][d]) <= numbers[4] * (1 + 1e-12) + 1e-14);
    sl_smoothing_destroy(made);
    sl_graph_destroy(graph);
  }
}

static double loss_of(uint32_t rows, uint32_t columns, uint32_t classes, const float *x,
                      const uint32_t *labels, const double *class_weights, const double *weights,
                      double l2) {
  double loss = 0, all = 0;
  for (uint32_t i = 0; i < rows; i++) {
    double score[8], most = -INFINITY, sum = 0;
    for (uint32_t c = 0; c < classes; c++) {
      score[c] = weights[c * (columns + 1) + columns];
      for (uint32_t j = 0; j < columns; j++)
        score[c] += weights[c * (columns + 1) + j] * x[i * columns + j];
      most = fmax(most, score[c]);
    }
    for (uint32_t c = 0; c < classes; c++) sum += exp(score[c] - most);
    loss += class_weights[labels[i]] * (most + log(sum) - score[labels[i]]);
    all += class_weights[labels[i]];
  }
  loss /= all;
  for (uint32_t c = 0; c < classes; c++)
    for (uint32_t j = 0; j < columns; j++)
      loss += l2 / 2 * weights[c * (columns + 1) + j] * weights[c * (columns + 1) + j];
  return loss;
}

static void a_fit_is_a_minimum(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 2);
  for (int trial = 0; trial < SL_TRIES(300); trial++) {
    const uint32_t rows = 1 + sl_rng_below(&rng, 40), columns = 1 + sl_rng_below(&rng, 6);
    const uint32_t classes = 2 + sl_rng_below(&rng, 4);
    float x[40 * 6];
    uint32_t labels[40];
    double class_weights[8], numbers[SL_LOGISTIC_NUMBERS];
    for (uint32_t i = 0; i < rows * columns; i++) x[i] = (float)(2 * sl_rng_double(&rng) - 1);
    for (uint32_t i = 0; i < rows; i++) labels[i] = sl_rng_below(&rng, classes);
    for (uint32_t c = 0; c < classes; c++)
      class_weights[c] = trial % 2 ? 1 : 1 + sl_rng_double(&rng);
    const double l2 = trial % 3 ? 0.1 : 0.003;
    const double settings[SL_LOGISTIC_SETTINGS] = {l2, 1000, 1e-8, 1};
    sl_logistic *fit;
    assert_ok(sl_logistic_create(rows, columns, classes, x, labels,
                                 trial % 2 ? NULL : class_weights, settings, &fit));
    assert_ok(run_job(sl_logistic_job(fit), 1 + sl_rng_below(&rng, 500)));
    assert_ok(sl_logistic_read(fit, numbers));
    const double *weights = AT(double, numbers[2]);
    const double loss = loss_of(rows, columns, classes, x, labels, class_weights, weights, l2);
    assert_true(fabs(loss - numbers[3]) < 1e-12);
    // Classes that nobody has: the intercept falls without end, and slower and slower.
    assert_true(numbers[0] == SL_OUTCOME_CONVERGED || numbers[4] < 1e-6);
    // No direction leads down, by differences.
    double moved[48];
    for (uint32_t k = 0; k < classes * (columns + 1); k++)
      for (int sign = -1; sign <= 1; sign += 2) {
        memcpy(moved, weights, classes * (columns + 1) * sizeof *moved);
        moved[k] += sign * 1e-4;
        const double there = loss_of(rows, columns, classes, x, labels, class_weights, moved, l2);
        assert_true(there > loss - 1e-9);
      }
    double probabilities[40 * 8];
    assert_ok(sl_logistic_predict(fit, rows, x, probabilities));
    for (uint32_t i = 0; i < rows; i++) {
      double sum = 0;
      for (uint32_t c = 0; c < classes; c++) sum += probabilities[i * classes + c];
      assert_true(fabs(sum - 1) < 1e-12);
    }
    sl_logistic_destroy(fit);
  }
}

// Two classes, no feature of use: the intercepts give the shares. One sample a class, opposite: the
// minimum solves 2 l2 w = 1 / (1 + exp(2 w)) ... for w of one class.
static void closed_forms(void **state) {
  (void)state;
  const float zero[] = {0, 0, 0, 0};
  const uint32_t labels[] = {0, 1, 1, 1};
  double numbers[SL_LOGISTIC_NUMBERS], probabilities[2];
  sl_logistic *fit;
  const double settings[SL_LOGISTIC_SETTINGS] = {0.1, 100, 1e-10, 1};
  assert_ok(sl_logistic_create(4, 1, 2, zero, labels, NULL, settings, &fit));
  assert_ok(run_job(sl_logistic_job(fit), UINT64_MAX));
  assert_ok(sl_logistic_predict(fit, 1, zero, probabilities));
  assert_true(fabs(probabilities[1] - 0.75) < 1e-8);
  sl_logistic_destroy(fit);
  const float ends[] = {1, -1};
  const double plain[SL_LOGISTIC_SETTINGS] = {0.1, 100, 1e-12, 0};
  assert_ok(sl_logistic_create(2, 1, 2, ends, labels, NULL, plain, &fit));
  assert_ok(run_job(sl_logistic_job(fit), UINT64_MAX));
  assert_ok(sl_logistic_read(fit, numbers));
  const double slope = AT(double, numbers[2])[0];
  assert_true(fabs(0.1 * slope - 1 / (1 + exp(2 * slope))) < 1e-10);
  assert_true(fabs(AT(double, numbers[2])[2] + slope) < 1e-10);
  sl_logistic_destroy(fit);
}

static sl_status attempt(bool smoothing) {
  const uint32_t from[] = {0, 1, 2, 3}, to[] = {1, 2, 3, 0};
  const float values[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  const uint32_t labels[] = {0, 1};
  sl_status status;
  if (smoothing) {
    sl_graph *graph;
    sl_smoothing *made;
    const double settings[SL_SMOOTHING_SETTINGS] = {2, 0.1, 3, 1, 1, 1, 0, 0.5};
    SL_TRY(sl_graph_from_edges(4, 4, from, to, NULL, SL_VALUES_PATTERN, true, &graph));
    status = sl_smoothing_create(graph, settings, values, 8, from, labels, 2, &made);
    if (status == SL_OK) status = run_job(sl_smoothing_job(made), 5);
    sl_smoothing_destroy(made);
    sl_graph_destroy(graph);
    return status;
  }
  sl_logistic *fit;
  const double settings[SL_LOGISTIC_SETTINGS] = {0.1, 50, 1e-6, 1};
  SL_TRY(sl_logistic_create(4, 2, 4, values, from, NULL, settings, &fit));
  status = run_job(sl_logistic_job(fit), 5);
  sl_logistic_destroy(fit);
  return status;
}

static void running_out_of_memory_loses_nothing(void **state) {
  (void)state;
  for (int smoothing = 0; smoothing < 2; smoothing++) {
    uint32_t failures = 0;
    for (size_t more = 0;; more += 8) {
      sl_set_memory_limit(sl_bytes_in_use() + more);
      const sl_status status = attempt(smoothing);
      sl_set_memory_limit(SIZE_MAX);
      if (status == SL_OK) break;
      assert_int_equal(status, SL_ERR_MEMORY);
      failures++;
    }
    assert_true(failures > 10);
  }
}

static void wrong_arguments_are_refused_by_name(void **state) {
  (void)state;
  const uint32_t from[] = {0, 1, 2}, to[] = {1, 2, 0}, labels[] = {0, 1, 2};
  const float values[] = {1, 2, 3, 4, 5, 6}, wild[] = {1, 2, NAN, 4, 5, 6};
  const double negative[] = {1, 0};
  sl_graph *graph = make_graph(3, 3, from, to, NULL, SL_VALUES_PATTERN, false);
  sl_smoothing *made;
  double numbers[SL_LOGISTIC_NUMBERS];
#define SET(...) ((const double[8]){__VA_ARGS__})
  assert_refused(sl_smoothing_create(graph, SET(0, -1, 1), values, 6, NULL, NULL, 0, &made),
                 SL_ERR_OPTION, "alpha");
  assert_refused(sl_smoothing_create(graph, SET(0, NAN, 1), values, 6, NULL, NULL, 0, &made),
                 SL_ERR_OPTION, "alpha");
  assert_refused(sl_smoothing_create(graph, SET(0, 0.1, 0), values, 6, NULL, NULL, 0, &made),
                 SL_ERR_OPTION, "steps");
  assert_refused(sl_smoothing_create(graph, SET(0, 0.1, 1), values, 5, NULL, NULL, 0, &made),
                 SL_ERR_SHAPE, "values");
  assert_refused(sl_smoothing_create(graph, SET(0, 0.1, 1), values, 0, NULL, NULL, 0, &made),
                 SL_ERR_SHAPE, "values");
  assert_refused(sl_smoothing_create(graph, SET(0, 0.1, 1), wild, 6, NULL, NULL, 0, &made),
                 SL_ERR_NOT_FINITE, "values");
  assert_int_equal(sl_last_error()->position, 2);
  assert_ok(sl_smoothing_create(graph, SET(0, 0.1, 1), values, 6, NULL, NULL, 0, &made));
  assert_refused(sl_smoothing_read(made, numbers), SL_ERR_STATE, "smoothing");
  sl_smoothing_destroy(made);
  sl_graph_destroy(graph);
  sl_logistic *fit;
  const double *good = SET(0.1, 10, 1e-6, 1);
  assert_refused(sl_logistic_create(0, 2, 2, values, labels, NULL, good, &fit), SL_ERR_EMPTY,
                 "rows");
  assert_refused(sl_logistic_create(3, 0, 2, values, labels, NULL, good, &fit), SL_ERR_EMPTY,
                 "columns");
  assert_refused(sl_logistic_create(3, 2, 1, values, labels, NULL, good, &fit), SL_ERR_OPTION,
                 "classes");
  assert_refused(sl_logistic_create(3, 2, 2, values, labels, NULL, good, &fit), SL_ERR_INDEX,
                 "labels");
  assert_refused(sl_logistic_create(3, 2, 3, wild, labels, NULL, good, &fit), SL_ERR_NOT_FINITE,
                 "features");
  assert_refused(sl_logistic_create(2, 2, 2, values, labels, negative, good, &fit),
                 SL_ERR_NOT_POSITIVE, "class_weights");
  assert_refused(sl_logistic_create(3, 2, 3, values, labels, NULL, SET(-1, 10, 1), &fit),
                 SL_ERR_OPTION, "l2");
  assert_refused(sl_logistic_create(3, 2, 3, values, labels, NULL, SET(0, 0, 1), &fit),
                 SL_ERR_OPTION, "max_iterations");
  assert_refused(sl_logistic_create(3, 2, 3, values, labels, NULL, SET(0, 1, 0), &fit),
                 SL_ERR_OPTION, "tolerance");
  assert_ok(sl_logistic_create(3, 2, 3, values, labels, NULL, good, &fit));
  assert_refused(sl_logistic_predict(fit, 1, values, numbers), SL_ERR_STATE, "logistic");
  assert_ok(sl_job_stop(sl_logistic_job(fit), SL_OUTCOME_TIME_LIMIT));
  assert_refused(sl_logistic_predict(fit, 2, wild, numbers), SL_ERR_NOT_FINITE, "features");
  sl_logistic_destroy(fit);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(smoothing_is_what_the_formula_says),
      property(a_fit_is_a_minimum),
      property(closed_forms),
      property(running_out_of_memory_loses_nothing),
      property(wrong_arguments_are_refused_by_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
