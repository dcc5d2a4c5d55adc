// Adapters against torch: what they give, their gradients, and what they learn; merging, budgets,
// misuse.
#include "numbers_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bandit/numbers.h"
#include "lora/lora.h"

static sl_outcome run(sl_lora *lora, uint64_t work) {
  sl_outcome outcome;
  do {
    assert_ok(sl_job_step(sl_lora_job(lora), work, &outcome));
  } while (outcome == SL_OUTCOME_RUNNING);
  return outcome;
}

static sl_lora *make(uint32_t inputs, uint32_t outputs, uint32_t rank, double alpha,
                     const float *weights) {
  const sl_lora_shape shape = {inputs, outputs, rank, alpha, 5};
  sl_lora *lora;
  assert_ok(sl_lora_create(&shape, weights, weights != NULL ? (size_t)inputs * outputs : 0, &lora));
  return lora;
}

static void set(sl_lora *lora, const float *a, size_t of_a, const float *b, size_t of_b) {
  float *both = malloc((of_a + of_b) * sizeof *both);
  memcpy(both, a, of_a * sizeof *both);
  memcpy(both + of_a, b, of_b * sizeof *both);
  assert_ok(sl_lora_set_parameters(lora, both, of_a + of_b));
  free(both);
}

static void passes_are_those_of_torch(void) {
  for (uint32_t cases = next_count(); cases > 0; cases--) {
    const uint32_t m = next_count(), n = next_count(), r = next_count();
    const double alpha = next();
    const bool has = next() > 0;
    const uint32_t rows = next_count();
    const size_t of_a = (size_t)r * m, of_b = (size_t)n * r, of_x = (size_t)rows * m;
    const size_t of_y = (size_t)rows * n;
    float *w = has ? next_floats((size_t)n * m) : NULL;
    float *a = next_floats(of_a), *b = next_floats(of_b), *x = next_floats(of_x);
    float *slopes = next_floats(of_y), *y = malloc(of_y * sizeof *y);
    float *again = malloc(of_y * sizeof *again);
    float *gradient = malloc((of_a + of_b) * sizeof *gradient), *by_x = malloc(of_x * sizeof *by_x);
    sl_lora *lora = make(m, n, r, alpha, w);
    set(lora, a, of_a, b, of_b);
    assert_ok(sl_lora_apply(lora, x, rows, 0, y));
    assert_int_equal(run(lora, 1), SL_OUTCOME_CONVERGED);
    assert_next(y, of_y, 1e-5);
    assert_ok(sl_lora_backward(lora, x, slopes, rows, gradient, by_x));
    assert_next(gradient, of_a, 1e-5);
    assert_next(gradient + of_a, of_b, 1e-5);
    assert_next(by_x, of_x, 1e-5);
    // Merged, the same but for rounding; unmerged, the same bits.
    assert_ok(sl_lora_merge(lora));
    assert_ok(sl_lora_apply(lora, x, rows, 0, again));
    run(lora, UINT64_MAX);
    for (size_t i = 0; i < of_y; i++) assert_float_equal(again[i], y[i], 1e-4 * (1 + fabs(y[i])));
    assert_refused(sl_lora_backward(lora, x, slopes, rows, gradient, NULL), SL_ERR_STATE, "lora");
    assert_ok(sl_lora_unmerge(lora));
    assert_ok(sl_lora_apply(lora, x, rows, 0, again));
    run(lora, 1);
    assert_memory_equal(again, y, of_y * sizeof *y);
    sl_lora_destroy(lora);
    free(w), free(a), free(b), free(x), free(slopes), free(y), free(again), free(gradient);
    free(by_x);
  }
}

static void learning_is_that_of_torch(void) {
  for (uint32_t cases = next_count(); cases > 0; cases--) {
    sl_lora_question q = sl_lora_question_default();
    q.loss = next_count();
    const uint32_t m = next_count(), n = next_count(), r = next_count();
    q.rows = next_count(), q.document_count = next_count(), q.both = next_count();
    const size_t of_a = (size_t)r * m, of_b = (size_t)n * r;
    float *w = q.loss < 2 ? next_floats((size_t)n * m) : NULL;
    float *a = next_floats(of_a), *b = next_floats(of_b);
    float *x = next_floats((size_t)q.rows * m), *k = NULL, *targets = NULL;
    uint32_t *lists = NULL, *labels = NULL;
    uint32_t *begins = malloc((q.rows + 1) * sizeof *begins);
    for (uint32_t i = 0; i <= q.rows; i++) begins[i] = 2 * i;
    if (q.loss == SL_LOSS_INFO_NCE) {
      k = next_floats((size_t)q.document_count * n);
      lists = next_counts(2 * (size_t)q.rows);
    }
    if (q.loss == SL_LOSS_SQUARED)
      targets = next_floats((size_t)q.rows * n);
    else
      labels = next_counts(q.rows);
    q.vectors = x, q.targets = targets, q.labels = labels, q.documents = k;
    q.negatives = lists, q.negative_begins = lists != NULL ? begins : NULL;
    q.optimizer = SL_OPTIMIZER_SGD, q.rate = 0.05, q.momentum = 0.9, q.decay = 0;
    q.clip = 0.5, q.epochs = 12, q.batch = 64, q.temperature = 0.2;
    const float *got;
    const double *losses;
    uint32_t count;
    sl_lora *lora = make(m, n, r, 2, w);
    set(lora, a, of_a, b, of_b);
    assert_ok(sl_lora_learn(lora, &q));
    assert_int_equal(run(lora, 1), SL_OUTCOME_CONVERGED);
    assert_ok(sl_lora_history(lora, &losses, &count));
    assert_int_equal(count, 12);
    for (uint32_t i = 0; i < count; i++) {
      const double wanted = next();
      if (!(fabs(losses[i] - wanted) <= 1e-5 * wanted)) fail_msg("%g %g", losses[i], wanted);
    }
    assert_ok(sl_lora_parameters(lora, &got, &count));
    assert_next(got, of_a, 1e-5);
    assert_next(got + of_a, of_b, 1e-5);
    sl_lora_destroy(lora);
    free(w), free(a), free(b), free(x), free(k), free(targets), free(lists), free(labels);
    free(begins);
  }
}

static void numbers_are_those_of_torch(void **state) {
  (void)state;
  numbers = fopen("test/vectors/lora/torch.txt", "r");
  assert_non_null(numbers);
  passes_are_those_of_torch();
  learning_is_that_of_torch();
  fclose(numbers);
}

// Targets that differ from x by a matrix of rank one, scaled so that the mean squared error is 0.154
// before anything is learned.
enum { D = 64, N = 512 };
static float task_x[N * D], task_y[N * D];

static void make_task(void) {
  sl_rng rng;
  sl_rng_seed(&rng, 11);
  float u[D], v[D];
  double error = 0;
  for (int j = 0; j < D; j++)
    u[j] = (float)sl_draw_normal(&rng), v[j] = (float)sl_draw_normal(&rng);
  for (int i = 0; i < N * D; i++) task_x[i] = (float)sl_draw_normal(&rng);
  for (int pass = 0; pass < 2; pass++) {
    const double by = pass == 0 ? 1 : sqrt(0.154 / (error / (N * D)));
    for (int i = 0; i < N; i++) {
      double along = 0;
      for (int j = 0; j < D; j++) along += (double)v[j] * (double)task_x[i * D + j];
      for (int j = 0; j < D; j++) {
        const double d = by * along * (double)u[j];
        if (pass == 0)
          error += d * d;
        else
          task_y[i * D + j] = (float)((double)task_x[i * D + j] + d);
      }
    }
  }
}

static sl_lora_question task(uint32_t optimizer) {
  make_task();
  const sl_optimizer_options o = sl_optimizer_options_default(optimizer);
  sl_lora_question q = sl_lora_question_default();
  q.rows = N, q.vectors = task_x, q.targets = task_y;
  q.optimizer = optimizer, q.decay = 0, q.epochs = 40;
  q.rate = optimizer == SL_OPTIMIZER_SGD ? 2 : 0.01;
  q.momentum = o.momentum, q.schedule = SL_SCHEDULE_COSINE, q.warmup = 10;
  return q;
}

static void the_task_of_rank_one_is_learned(void **state) {
  (void)state;
  for (uint32_t optimizer = 0; optimizer < 3; optimizer++) {
    const sl_lora_question q = task(optimizer);
    const double *losses;
    uint32_t count;
    sl_lora *lora = make(D, D, 4, 8, NULL);
    assert_ok(sl_lora_learn(lora, &q));
    assert_int_equal(run(lora, 100000), SL_OUTCOME_CONVERGED);
    assert_ok(sl_lora_history(lora, &losses, &count));
    print_message("optimizer %u: %g, then %g after %u steps\n", optimizer, losses[0],
                  losses[count - 1], count * (N / 32));
    assert_true(losses[count - 1] < 1e-6);
    sl_lora_destroy(lora);
  }
}

// However the work is cut; another seed is another order.
static void steps_do_not_show(void **state) {
  (void)state;
  sl_lora_question q = task(SL_OPTIMIZER_ADAMW);
  q.epochs = 2;
  float first[8 * D];
  for (int pass = 0; pass < 3; pass++) {
    const float *p;
    uint32_t count;
    sl_lora *lora = make(D, D, 4, 8, NULL);
    q.seed = pass == 2 ? 2 : 1;
    assert_ok(sl_lora_learn(lora, &q));
    run(lora, pass == 0 ? 1 : UINT64_MAX);
    assert_ok(sl_lora_parameters(lora, &p, &count));
    if (pass == 0) memcpy(first, p, sizeof first);
    if (pass == 1) assert_memory_equal(first, p, sizeof first);
    if (pass == 2) assert_memory_not_equal(first, p, sizeof first);
    sl_lora_destroy(lora);
  }
}

// A rate that is far too large: the parameters are those before the epoch in which it went wrong.
static void what_diverges_is_taken_back(void **state) {
  (void)state;
  sl_lora_question q = task(SL_OPTIMIZER_SGD);
  q.rate = 1e6, q.clip = INFINITY, q.warmup = 0;
  const float *p;
  uint32_t count;
  sl_lora_facts f;
  sl_lora *lora = make(D, D, 4, 8, NULL);
  assert_ok(sl_lora_parameters(lora, &p, &count));
  float before[8 * D];
  memcpy(before, p, sizeof before);
  assert_ok(sl_lora_learn(lora, &q));
  assert_int_equal(run(lora, 1000), SL_OUTCOME_BREAKDOWN);
  assert_ok(sl_lora_facts_read(lora, &f));
  assert_int_equal(f.outcome, SL_OUTCOME_BREAKDOWN);
  assert_int_equal(f.epochs, 0);
  assert_memory_equal(before, p, sizeof before);
  sl_lora_destroy(lora);
}

// Work that is given up leaves an adapter that can be used.
static void what_was_begun_is_given_up(void **state) {
  (void)state;
  sl_lora_question q = task(SL_OPTIMIZER_ADAM);
  sl_lora *lora = make(D, D, 4, 8, NULL);
  float *y = malloc(sizeof task_x);
  sl_outcome outcome;
  sl_lora_facts f;
  assert_ok(sl_lora_apply(lora, task_x, N, 1, y));
  assert_ok(sl_job_step(sl_lora_job(lora), 1, &outcome));
  assert_ok(sl_lora_learn(lora, &q));
  assert_ok(sl_job_step(sl_lora_job(lora), 1000000, &outcome));
  assert_int_equal(outcome, SL_OUTCOME_RUNNING);
  assert_true(sl_job_expected(sl_lora_job(lora)) > sl_job_work(sl_lora_job(lora)));
  assert_ok(sl_lora_merge(lora));
  assert_ok(sl_lora_facts_read(lora, &f));
  assert_int_equal(f.outcome, SL_OUTCOME_TIME_LIMIT);
  assert_true(f.steps > 0 && f.merged == 1);
  assert_refused(sl_lora_learn(lora, &q), SL_ERR_STATE, "lora");
  assert_ok(sl_lora_unmerge(lora));
  assert_ok(sl_lora_apply(lora, task_x, N, 1, y));
  run(lora, 1);
  for (int i = 0; i < N; i++) {
    double square = 0;
    for (int j = 0; j < D; j++) square += (double)y[i * D + j] * (double)y[i * D + j];
    assert_float_equal(square, 1, 1e-5);
  }
  assert_ok(sl_lora_apply(lora, task_x, 0, 1, y));
  assert_int_equal(run(lora, 1), SL_OUTCOME_CONVERGED);
  free(y);
  sl_lora_destroy(lora);
}

static void loops_of_the_callers_own(void **state) {
  (void)state;
  make_task();
  enum { P = 8 * D };
  sl_lora *lora = make(D, D, 4, 8, NULL);
  float *y = malloc(sizeof task_x), *slopes = malloc(sizeof task_x), gradient[P], before[P];
  assert_refused(sl_lora_descend(lora, gradient, 1, 1), SL_ERR_STATE, "optimizer");
  sl_optimizer_options o = sl_optimizer_options_default(SL_OPTIMIZER_ADAM);
  o.rate = 0.02;
  assert_ok(sl_lora_optimizer(lora, &o));
  double loss = 1;
  for (int step = 0; step < 300; step++) {
    assert_ok(sl_lora_apply(lora, task_x, N, 0, y));
    run(lora, UINT64_MAX);
    loss = sl_loss_squared(y, task_y, N * D, slopes);
    assert_ok(sl_lora_backward(lora, task_x, slopes, N, gradient, NULL));
    assert_ok(sl_lora_descend(lora, gradient, INFINITY, 1));
  }
  assert_true(loss < 1e-5);
  const float *p;
  uint32_t count;
  assert_ok(sl_lora_parameters(lora, &p, &count));
  memcpy(before, p, sizeof before);
  gradient[7] = NAN;
  assert_refused(sl_lora_descend(lora, gradient, 1, 1), SL_ERR_NOT_FINITE, "gradient");
  assert_refused(sl_lora_descend(lora, before, 0, 1), SL_ERR_OPTION, "clip");
  assert_refused(sl_lora_descend(lora, before, 1, -1), SL_ERR_OPTION, "factor");
  o = sl_optimizer_options_default(SL_OPTIMIZER_SGD);
  o.rate = 1e6;
  assert_ok(sl_lora_optimizer(lora, &o));
  for (int i = 0; i < P; i++) gradient[i] = 3e38f;
  assert_refused(sl_lora_descend(lora, gradient, INFINITY, 1), SL_ERR_RANGE, "gradient");
  assert_memory_equal(before, p, sizeof before);
  // The optimiser was put back as well.
  memset(gradient, 0, sizeof gradient);
  assert_ok(sl_lora_descend(lora, gradient, 1, 1));
  assert_memory_equal(before, p, sizeof before);
  free(y), free(slopes);
  sl_lora_destroy(lora);
}

static void bad_input_is_refused_by_name(void **state) {
  (void)state;
  sl_lora *lora;
#define SHAPE(name, ...)                                                                           \
  {                                                                                                \
    const sl_lora_shape s = {__VA_ARGS__};                                                         \
    assert_refused(sl_lora_create(&s, NULL, 0, &lora), SL_ERR_OPTION, name);                       \
  }
  SHAPE("inputs", 0, 4, 1, 1, 0)
  SHAPE("outputs", 4, 65537, 1, 1, 0)
  SHAPE("outputs", 4, 5, 1, 1, 0)
  SHAPE("rank", 4, 4, 0, 1, 0)
  SHAPE("rank", 4, 4, 5, 1, 0)
  SHAPE("alpha", 4, 4, 1, 0, 0)
  SHAPE("alpha", 4, 4, 1, NAN, 0)
  const float weights[4] = {1, 2, NAN, 4};
  const sl_lora_shape two = {2, 2, 1, 1, 0};
  assert_refused(sl_lora_create(&two, weights, 4, &lora), SL_ERR_NOT_FINITE, "weights");
  assert_refused(sl_lora_create(&two, weights, 3, &lora), SL_ERR_SHAPE, "weights");
  lora = make(2, 2, 1, 1, NULL);
  const float x[6] = {1, 0, 0, 1, 1, 1}, bad[2] = {1, INFINITY};
  float y[6];
  assert_refused(sl_lora_apply(lora, bad, 1, 0, y), SL_ERR_NOT_FINITE, "vectors");
  assert_refused(sl_lora_set_parameters(lora, x, 3), SL_ERR_SHAPE, "parameters");
  const uint32_t labels[3] = {0, 1, 2}, begins[4] = {0, 1, 0, 1}, zeros[4] = {0, 0, 0, 1};
  sl_lora_question good = sl_lora_question_default(), q;
  good.rows = 3, good.vectors = x, good.labels = labels, good.documents = x;
  good.document_count = 3, good.loss = SL_LOSS_INFO_NCE;
#define REFUSED(status, name, change)                                                              \
  q = good;                                                                                        \
  change;                                                                                          \
  assert_refused(sl_lora_learn(lora, &q), status, name);
  REFUSED(SL_ERR_EMPTY, "vectors", q.rows = 0)
  REFUSED(SL_ERR_EMPTY, "documents", q.document_count = 0)
  REFUSED(SL_ERR_INDEX, "labels", q.document_count = 2)
  REFUSED(SL_ERR_INDEX, "labels", q.loss = SL_LOSS_CROSS_ENTROPY)
  REFUSED(SL_ERR_SHAPE, "negative_begins", (q.negative_begins = begins, q.negatives = labels))
  REFUSED(SL_ERR_INDEX, "negatives",
          (q.negative_begins = zeros, q.negatives = labels + 2, q.document_count = 3,
           q.negatives = (const uint32_t[]){9}))
  REFUSED(SL_ERR_OPTION, "loss", q.loss = 3)
  REFUSED(SL_ERR_OPTION, "epochs", q.epochs = 0)
  REFUSED(SL_ERR_OPTION, "batch", q.batch = 1)
  REFUSED(SL_ERR_OPTION, "clip", q.clip = 0)
  REFUSED(SL_ERR_OPTION, "temperature", q.temperature = 0)
  REFUSED(SL_ERR_OPTION, "rate", q.rate = NAN)
  REFUSED(SL_ERR_OPTION, "schedule", q.schedule = 9)
  REFUSED(SL_ERR_OPTION, "warmup", q.warmup = 0.5)
  REFUSED(SL_ERR_OPTION, "both", q.both = 2)
  q = good;
  q.negative_begins = zeros, q.negatives = labels;
  assert_ok(sl_lora_learn(lora, &q));
  assert_int_equal(run(lora, 1), SL_OUTCOME_CONVERGED);
  sl_lora_destroy(lora);
}

// Queries and documents that are all alike, or zero: nothing to learn, and nothing infinite.
static void degenerate_clicks(void **state) {
  (void)state;
  for (uint32_t both = 0; both < 2; both++)
    for (float value = 0; value < 2; value++) {
      float x[3 * 8];
      for (int i = 0; i < 24; i++) x[i] = value;
      const uint32_t labels[3] = {0, 1, 1};
      sl_lora_question q = sl_lora_question_default();
      q.loss = SL_LOSS_INFO_NCE, q.both = both;
      q.rows = 3, q.vectors = x, q.labels = labels, q.documents = x, q.document_count = 2;
      sl_lora *lora = make(8, 8, 2, 2, NULL);
      assert_ok(sl_lora_learn(lora, &q));
      assert_int_equal(run(lora, 1), SL_OUTCOME_CONVERGED);
      sl_lora_destroy(lora);
    }
}

// A limit in the middle: an error, nothing lost, and the adapter goes on.
static void memory_may_end_anywhere(void **state) {
  (void)state;
  make_task();
  const uint32_t labels[4] = {0, 1, 2, 3}, begins[5] = {0, 1, 2, 3, 4};
  sl_lora *lora = make(D, D, 4, 8, NULL);
  sl_lora_question q = sl_lora_question_default();
  q.loss = SL_LOSS_INFO_NCE, q.both = 1, q.rows = 4, q.batch = 2, q.epochs = 1;
  q.vectors = task_x, q.documents = task_y, q.document_count = 4, q.labels = labels;
  q.negative_begins = begins, q.negatives = labels;
  uint32_t refused = 0;
  for (uint64_t bytes = 0;; bytes += 997) {
    const size_t held = sl_bytes_in_use();
    sl_memory_budget budget;
    sl_memory_budget_begin(&budget, bytes);
    sl_status status = sl_lora_learn(lora, &q);
    if (status == SL_OK) run(lora, 1);
    sl_memory_budget_end(&budget);
    if (status == SL_OK) break;
    assert_int_equal(status, SL_ERR_MEMORY);
    assert_int_equal(sl_bytes_in_use(), held);
    refused++;
  }
  assert_true(refused > 10);
  assert_ok(sl_lora_learn(lora, &q));
  run(lora, 1);
  sl_lora_destroy(lora);
}

int main(void) {
  const struct CMUnitTest tests[] = {property(numbers_are_those_of_torch),
                                     property(the_task_of_rank_one_is_learned),
                                     property(steps_do_not_show),
                                     property(what_diverges_is_taken_back),
                                     property(what_was_begun_is_given_up),
                                     property(loops_of_the_callers_own),
                                     property(bad_input_is_refused_by_name),
                                     property(degenerate_clicks),
                                     property(memory_may_end_anywhere)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
