// Optimisers, losses and their gradients against torch; schedules and products against their
// definitions.
#include "numbers_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "train/loss.h"
#include "train/matrix.h"
#include "train/optimizer.h"
#include "train/schedule.h"

static void steps_are_those_of_torch(void) {
  for (uint32_t cases = next_count(); cases > 0; cases--) {
    sl_optimizer_options o = {.kind = next_count()};
    o.rate = next(), o.momentum = next(), o.beta1 = next(), o.beta2 = next(), o.epsilon = next();
    o.decay = next();
    const uint32_t n = next_count(), steps = next_count();
    float *p = next_floats(n);
    sl_optimizer optimizer;
    assert_ok(sl_optimizer_begin(&optimizer, &o, n));
    for (uint32_t s = 0; s < steps; s++) {
      float *gradient = next_floats(n);
      sl_optimizer_step(&optimizer, 1, p, gradient);
      free(gradient);
    }
    assert_next(p, n, 1e-6);
    assert_int_equal(optimizer.steps, steps);
    sl_optimizer_end(&optimizer);
    free(p);
  }
}

static void cross_entropies_are_those_of_torch(void) {
  for (uint32_t cases = next_count(); cases > 0; cases--) {
    const uint32_t rows = next_count(), classes = next_count();
    const size_t n = (size_t)rows * classes;
    float *scores = next_floats(n), *gradient = malloc(n * sizeof *gradient);
    float *work = malloc(classes * sizeof *work);
    uint32_t *labels = next_counts(rows);
    const double loss = sl_loss_cross_entropy(scores, rows, classes, labels, gradient, work);
    assert_true(loss == sl_loss_cross_entropy(scores, rows, classes, labels, NULL, work));
    assert_true(fabs(loss - next()) <= 1e-6 * fmax(1, loss));
    assert_next(gradient, n, 1e-6);
    // In place.
    sl_loss_cross_entropy(scores, rows, classes, labels, scores, work);
    assert_memory_equal(scores, gradient, n * sizeof *scores);
    free(scores), free(gradient), free(work), free(labels);
  }
}

static void contrasts_are_those_of_torch(void) {
  for (uint32_t cases = next_count(); cases > 0; cases--) {
    const uint32_t rows = next_count(), count = next_count(), d = next_count();
    const double temperature = next();
    const bool repeated = next() > 0;
    const size_t of_q = (size_t)rows * d, of_k = (size_t)count * d;
    float *q = next_floats(of_q), *k = next_floats(of_k);
    uint32_t *same = next_counts(count);
    double *q_lengths = malloc(rows * sizeof *q_lengths);
    double *k_lengths = malloc(count * sizeof *k_lengths);
    float *dq = malloc(of_q * sizeof *dq), *dk = malloc(of_k * sizeof *dk);
    float *work = malloc(sl_info_nce_work(rows, count) * sizeof *work);
    sl_unit_rows(q, rows, d, q, q_lengths);
    sl_unit_rows(k, count, d, k, k_lengths);
    const uint32_t *equal = repeated ? same : NULL;
    memset(dk, 0, of_k * sizeof *dk);
    double loss = 0;
    // In two pieces.
    const uint32_t half = (rows + 1) / 2;
    for (uint32_t i = 0; i < rows; i += half)
      loss += sl_loss_info_nce(q + (size_t)i * d, rows - i < half ? rows - i : half, i, k, count, d,
                               equal, temperature, 1.0 / rows, dq + (size_t)i * d, dk, work);
    const double again =
        sl_loss_info_nce(q, rows, 0, k, count, d, equal, temperature, 1.0 / rows, NULL, NULL, work);
    assert_true(fabs(loss - again) <= 1e-12 * fmax(1, loss));
    sl_unit_rows_gradient(q, q_lengths, rows, d, dq);
    sl_unit_rows_gradient(k, k_lengths, count, d, dk);
    const double wanted = next();
    assert_true(fabs(loss - wanted) <= 2e-6 * fmax(1, wanted));
    assert_next(dq, of_q, 5e-6);
    assert_next(dk, of_k, 5e-6);
    free(q), free(k), free(same), free(q_lengths), free(k_lengths), free(dq), free(dk), free(work);
  }
}

static void numbers_are_those_of_torch(void **state) {
  (void)state;
  numbers = fopen("test/vectors/train/torch.txt", "r");
  assert_non_null(numbers);
  steps_are_those_of_torch();
  cross_entropies_are_those_of_torch();
  contrasts_are_those_of_torch();
  fclose(numbers);
}

static void losses_of_certain_answers_keep_their_digits(void **state) {
  (void)state;
  float gradient[2], work[2];
  const uint32_t labels[2] = {0, 0};
  for (int gap = 1; gap <= 60; gap++) {
    const float scores[2] = {(float)gap, 0};
    const double loss = sl_loss_cross_entropy(scores, 1, 2, labels, gradient, work);
    const double wanted = log1p(exp(-gap)), slope = 1 / (1 + exp(gap));
    assert_true(fabs(loss - wanted) <= 1e-6 * wanted);
    assert_true(fabs((double)gradient[1] - slope) <= 1e-6 * slope);
    assert_true(fabs((double)gradient[0] + slope) <= 1e-6 * slope);
  }
  const float far[2] = {-3e38f, 3e38f};
  assert_true(sl_loss_cross_entropy(far, 1, 2, labels, gradient, work) > 5e38);
  assert_true(gradient[0] == -1 && gradient[1] == 1);
  const float broken[4] = {1, NAN, 1, 2};
  float both[4];
  assert_true(isnan(sl_loss_cross_entropy(broken, 2, 2, labels, both, work)));
  assert_true(sl_loss_cross_entropy(broken, 0, 2, labels, both, work) == 0);
}

static void squared_errors_are_means(void **state) {
  (void)state;
  const float y[5] = {1, 2, 3, 4, 5}, t[5] = {1, 0, 3, 0, 0};
  float gradient[5];
  assert_true(sl_loss_squared(y, t, 5, gradient) == 9);
  for (int i = 0; i < 5; i++) assert_float_equal(gradient[i], 2 * (y[i] - t[i]) / 5, 1e-6);
  assert_true(sl_loss_squared(y, t, 0, NULL) == 0);
  assert_true(sl_loss_squared((float[]){3e38f}, (float[]){-3e38f}, 1, gradient) > 3e77);
}

static void rows_of_zeros_stay(void **state) {
  (void)state;
  float x[6] = {0, 0, 0, 3, 0, 4}, gradient[6] = {1, 1, 1, 1, 1, 1};
  double lengths[2];
  sl_unit_rows(x, 2, 3, x, lengths);
  assert_true(lengths[0] == 0 && lengths[1] == 5);
  assert_true(x[0] == 0 && x[2] == 0 && x[3] == 0.6f && x[5] == 0.8f);
  sl_unit_rows_gradient(x, lengths, 2, 3, gradient);
  for (int i = 0; i < 3; i++) assert_true(gradient[i] == 0);
  assert_float_equal(gradient[3], (1 - 1.4 * 0.6) / 5, 1e-7);
}

static void options_are_checked(void **state) {
  (void)state;
  for (uint32_t kind = 0; kind < 3; kind++) {
    const sl_optimizer_options good = sl_optimizer_options_default(kind);
    assert_ok(sl_optimizer_options_check(&good));
  }
  sl_optimizer optimizer;
#define REFUSED(kind_, field, value)                                                               \
  {                                                                                                \
    sl_optimizer_options o = sl_optimizer_options_default(kind_);                                  \
    o.field = (value);                                                                             \
    assert_refused(sl_optimizer_begin(&optimizer, &o, 3), SL_ERR_OPTION, #field);                  \
    sl_optimizer_end(&optimizer);                                                                  \
  }
  REFUSED(0, kind, 3)
  REFUSED(0, rate, 0)
  REFUSED(1, rate, NAN)
  REFUSED(1, rate, INFINITY)
  REFUSED(0, momentum, 1)
  REFUSED(0, momentum, NAN)
  REFUSED(1, beta1, 1)
  REFUSED(2, beta2, -0.1)
  REFUSED(2, beta2, NAN)
  REFUSED(1, epsilon, 0)
  REFUSED(2, decay, 1.5)
  REFUSED(2, decay, NAN)
  const sl_optimizer_options good = sl_optimizer_options_default(SL_OPTIMIZER_ADAM);
  sl_set_memory_limit(sl_bytes_in_use() + 4000);
  assert_int_equal(sl_optimizer_begin(&optimizer, &good, 900), SL_ERR_MEMORY);
  sl_optimizer_end(&optimizer);
  sl_set_memory_limit(SIZE_MAX);
  sl_schedule s = sl_schedule_default();
  assert_ok(sl_schedule_check(&s));
  s.kind = 4;
  assert_refused(sl_schedule_check(&s), SL_ERR_OPTION, "schedule");
  s = (sl_schedule){.kind = SL_SCHEDULE_COSINE, .last = NAN};
  assert_refused(sl_schedule_check(&s), SL_ERR_OPTION, "last");
  s = (sl_schedule){.kind = SL_SCHEDULE_STEP, .factor = 0.5};
  assert_refused(sl_schedule_check(&s), SL_ERR_OPTION, "every");
  s = (sl_schedule){.kind = SL_SCHEDULE_STEP, .every = 1};
  assert_refused(sl_schedule_check(&s), SL_ERR_OPTION, "factor");
}

static void a_reset_forgets(void **state) {
  (void)state;
  for (uint32_t kind = 0; kind < 3; kind++) {
    const sl_optimizer_options o = sl_optimizer_options_default(kind);
    sl_optimizer optimizer;
    assert_ok(sl_optimizer_begin(&optimizer, &o, 5));
    const float gradient[5] = {1, -1, 2, 0, 1e-3f};
    float first[5] = {1, 2, 3, 4, 5}, second[5] = {1, 2, 3, 4, 5};
    for (int i = 0; i < 3; i++) sl_optimizer_step(&optimizer, 1, first, gradient);
    sl_optimizer_reset(&optimizer);
    for (int i = 0; i < 3; i++) sl_optimizer_step(&optimizer, 1, second, gradient);
    assert_memory_equal(first, second, sizeof first);
    sl_optimizer_end(&optimizer);
  }
}

static void norms_are_clipped(void **state) {
  (void)state;
  float g[5] = {3, 0, 4, 0, 0}, huge[2] = {3e38f, 3e38f}, broken[2] = {NAN, 1};
  assert_true(sl_clip_norm(g, 5, 10) == 5 && g[0] == 3);
  assert_true(sl_clip_norm(g, 5, INFINITY) == 5 && g[0] == 3);
  assert_true(sl_clip_norm(g, 5, 1) == 5);
  assert_float_equal(g[0], 0.6, 1e-7);
  assert_true(sl_clip_norm(huge, 2, 1) > 4e38);
  assert_float_equal(huge[0], sqrt(0.5), 1e-6);
  assert_true(isnan(sl_clip_norm(broken, 2, 1)) && broken[1] == 1);
}

static void schedules_are_their_formulas(void **state) {
  (void)state;
  sl_schedule s = sl_schedule_default();
  assert_true(sl_schedule_factor(&s, 0) == 1 && sl_schedule_factor(&s, UINT64_MAX) == 1);
  s.warmup = 4;
  assert_true(sl_schedule_factor(&s, 0) == 0.25 && sl_schedule_factor(&s, 3) == 1);
  s = (sl_schedule){.kind = SL_SCHEDULE_COSINE, .warmup = 10, .steps = 110, .last = 0.1};
  for (uint64_t step = 10; step < 120; step++) {
    const double p = fmin(1, (double)(step - 10) / 100);
    const double wanted = 0.1 + 0.9 * (1 + cos(p * acos(-1))) / 2;
    assert_true(fabs(sl_schedule_factor(&s, step) - wanted) < 4e-16);
  }
  s.kind = SL_SCHEDULE_LINEAR;
  assert_float_equal(sl_schedule_factor(&s, 60), 0.55, 1e-12);
  assert_float_equal(sl_schedule_factor(&s, 1000), 0.1, 1e-12);
  s.steps = 0; // nothing but the warm-up
  assert_float_equal(sl_schedule_factor(&s, 10), 0.1, 1e-12);
  s = (sl_schedule){.kind = SL_SCHEDULE_STEP, .every = 3, .factor = 0.5};
  assert_true(sl_schedule_factor(&s, 2) == 1 && sl_schedule_factor(&s, 3) == 0.5);
  assert_true(sl_schedule_factor(&s, 30) == 0x1p-10 && sl_schedule_factor(&s, UINT64_MAX) == 0);
}

static void products_are_sums_of_products(void **state) {
  (void)state;
  static const uint32_t shapes[][3] = {{1, 1, 1},    {3, 5, 7},  {64, 256, 8},
                                       {65, 257, 9}, {4, 0, 3},  {130, 4, 5},
                                       {2, 600, 11}, {5, 3, 40}, {70, 1, 17}};
  sl_rng rng;
  sl_rng_seed(&rng, 3);
  float *work = malloc(SL_MULTIPLY_WORK * sizeof *work);
  for (size_t c = 0; c < sizeof shapes / sizeof *shapes; c++) {
    const uint32_t rows = shapes[c][0], depth = shapes[c][1], columns = shapes[c][2];
    for (int form = 0; form < 8; form++) {
      const bool left_turned = form & 1, right_turned = form & 2, add = form & 4;
      float *left = malloc(((size_t)rows * depth + 1) * sizeof *left);
      float *right = malloc(((size_t)depth * columns + 1) * sizeof *right);
      float *out = malloc((size_t)rows * (columns + 3) * sizeof *out);
      for (size_t i = 0; i < (size_t)rows * depth; i++)
        left[i] = (float)(sl_rng_double(&rng) - 0.5);
      for (size_t i = 0; i < (size_t)depth * columns; i++)
        right[i] = (float)(sl_rng_double(&rng) - 0.5);
      for (size_t i = 0; i < (size_t)rows * (columns + 3); i++) out[i] = 7;
      const sl_operand l = left_turned ? sl_columns_of(left, rows) : sl_rows_of(left, depth);
      const sl_operand r = right_turned ? sl_columns_of(right, depth) : sl_rows_of(right, columns);
      sl_multiply(rows, depth, columns, 0.5f, l, r, out, columns + 3, add, work);
      for (uint32_t i = 0; i < rows; i++)
        for (uint32_t j = 0; j < columns + 3; j++) {
          double sum = 0;
          for (uint32_t p = 0; p < depth && j < columns; p++)
            sum +=
                (double)l.data[i * l.row + p * l.column] * (double)r.data[p * r.row + j * r.column];
          const double wanted = j >= columns ? 7 : 0.5 * sum + (add ? 7 : 0);
          assert_true(fabs((double)out[(size_t)i * (columns + 3) + j] - wanted) < 2e-5);
        }
      free(left), free(right), free(out);
    }
  }
  free(work);
}

int main(void) {
  const struct CMUnitTest tests[] = {property(numbers_are_those_of_torch),
                                     property(losses_of_certain_answers_keep_their_digits),
                                     property(squared_errors_are_means),
                                     property(rows_of_zeros_stay),
                                     property(options_are_checked),
                                     property(a_reset_forgets),
                                     property(norms_are_clipped),
                                     property(schedules_are_their_formulas),
                                     property(products_are_sums_of_products)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
