// t^T x: proved bounds and confidence intervals against exact solutions, both sides, walks, misuse.
#include <math.h>
#include <stdio.h>

#include "dominant.h"
#include "solver/local_dot.h"
#include "solver/walk.h"

#define TRIALS SL_TRIES(10000u)

static sl_local_dot_result query(sl_local_dot *dot, sl_local_dot_options options,
                                 const sl_local_vector *t, const sl_local_vector *b,
                                 uint64_t work) {
  sl_outcome outcome;
  sl_local_dot_result result;
  assert_ok(sl_local_dot_begin(dot, &options, t, b));
  do assert_ok(sl_job_step(sl_local_dot_job(dot), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_ok(sl_local_dot_finish(dot, &result));
  assert_int_equal(result.outcome, outcome);
  return result;
}

// A random vector, given dense or sparse.
typedef struct random_vector {
  double dense[LARGEST], values[LARGEST];
  uint32_t indices[LARGEST];
  sl_local_vector vector;
} random_vector;

static void draw(sl_rng *rng, uint32_t n, random_vector *out) {
  bool sparse = sl_rng_below(rng, 2), one_sign = sl_rng_below(rng, 2);
  uint32_t count = 0;
  for (uint32_t i = 0; i < n; i++) {
    out->dense[i] = 0;
    if (sparse && sl_rng_below(rng, 3)) continue;
    out->dense[i] = one_sign ? sl_rng_double(rng) : sl_rng_double(rng) * 2 - 1;
    out->indices[count] = i;
    out->values[count++] = out->dense[i];
  }
  out->vector =
      sparse ? (sl_local_vector){.indices = out->indices, .values = out->values, .count = count}
             : (sl_local_vector){.dense = out->dense};
}

static long double exact_dot(const sl_csr *matrix, const random_vector *t, const random_vector *b) {
  long double x[LARGEST], sum = 0;
  solve_exactly(matrix, b->dense, x);
  for (uint32_t i = 0; i < matrix->rows; i++) sum += t->dense[i] * x[i];
  return sum;
}

typedef struct tally {
  uint32_t proved_wrong, intervals, intervals_wrong;
  double closest;
} tally;

// One random system. With walks, little is pushed, so that there is something left to estimate.
static void trial(sl_rng *rng, bool walks, double confidence, tally *out) {
  uint32_t n = 1 + sl_rng_below(rng, LARGEST);
  sl_value_type type = sl_rng_below(rng, 2) ? SL_VALUES_F32 : SL_VALUES_F64;
  sl_csr *matrix = random_dominant(rng, n, sl_rng_below(rng, 4), type);
  random_vector t, b;
  draw(rng, n, &t);
  draw(rng, n, &b);
  sl_local_dot *dot;
  assert_ok(sl_local_dot_create(matrix, &dot));
  sl_local_dot_options options = {
      .absolute_error = pow(10, -13 * sl_rng_double(rng)),
      .push_work = sl_rng_below(rng, 3) ? UINT64_MAX : 1 + sl_rng_below(rng, 100),
      .max_work = sl_rng_below(rng, 4) ? 0 : 1 + sl_rng_below(rng, 300),
  };
  if (walks) {
    options.absolute_error = 1e-6;
    options.push_work = 1 + sl_rng_below(rng, 30);
    options.max_work = 4000 + sl_rng_below(rng, 10000);
    options.confidence = confidence;
    options.seed = sl_rng_next(rng);
  }
  sl_local_dot_result result =
      query(dot, options, &t.vector, &b.vector, 1 + sl_rng_below(rng, 500));
  long double exact = exact_dot(matrix, &t, &b), error = fabsl(result.value - exact);
  long double allowance = 1e-15L * (1 + fabsl(exact));
  if (!(error <= result.error_bound + allowance)) out->proved_wrong++;
  if (result.half_width < INFINITY) {
    assert_int_equal(result.method, SL_LOCAL_PUSH_WALKS);
    assert_true(result.walks >= 256);
    out->intervals++;
    if (!(error <= result.half_width + allowance)) out->intervals_wrong++;
  } else {
    assert_int_equal(result.walks, 0);
  }
  if (result.error_bound > 1e-9 && error / result.error_bound > out->closest) {
    out->closest = (double)(error / result.error_bound);
  }
  bool met =
      result.error_bound <= options.absolute_error || result.half_width <= options.absolute_error;
  assert_int_equal(result.outcome == SL_OUTCOME_CONVERGED, met);
  sl_local_dot_destroy(dot);
  sl_csr_destroy(matrix);
}

static void every_bound_holds_in_random_systems(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 23);
  tally found = {0};
  for (uint32_t k = 0; k < TRIALS; k++) trial(&rng, false, 0, &found);
  print_message("t^T x, proved: %u violations in %u systems, largest error / bound %.3f\n",
                found.proved_wrong, TRIALS, found.closest);
  assert_int_equal(found.proved_wrong, 0);
  assert_int_equal(found.intervals, 0);
  assert_true(found.closest > 0.3);
}

static void intervals_hold_as_often_as_they_say(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 24);
  tally found = {0};
  while (found.intervals < TRIALS) trial(&rng, true, 0.9, &found);
  print_message("t^T x, walks: %u of %u intervals at confidence 0.9 missed, %u bounds violated\n",
                found.intervals_wrong, found.intervals, found.proved_wrong);
  assert_int_equal(found.proved_wrong, 0);
  assert_true(found.intervals_wrong <= found.intervals / 10);
}

// The half width shrinks as the variance says: an interval of width 2 for a fair coin of +-1.
static void half_width_follows_the_published_bound(void **state) {
  (void)state;
  sl_sample sample = {0};
  assert_true(sl_sample_half_width(&sample, 2, 0.1) == INFINITY);
  for (int k = 0; k < 1000; k++) sl_sample_add(&sample, k % 2 ? 1 : -1);
  assert_true(fabs(sample.mean) < 1e-12);
  double log_term = log(40), variance = 1000.0 / 999;
  double expected = sqrt(2 * variance * log_term / 1000) + 7 * 2 * log_term / (3 * 999.0);
  assert_true(fabs(sl_sample_half_width(&sample, 2, 0.1) - expected) < 1e-12);
}

// Walks alone on a matrix without slack to speak of elsewhere: the mean is the entry.
static void walks_estimate_an_entry_of_the_inverse(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 25);
  sl_csr *matrix = random_dominant(&rng, 8, ROWS, SL_VALUES_F64);
  double b[LARGEST] = {1, -1, 2, 0.5, 0, 3, -2, 1};
  long double x[LARGEST];
  solve_exactly(matrix, b, x);
  sl_walk walk = {.matrix = matrix};
  sl_rng_seed(&walk.rng, 26);
  sl_sample sample = {0};
  for (int k = 0; k < 200000; k++) {
    walk.at = 3;
    walk.sign = 1;
    uint32_t read;
    while (!sl_walk_step(&walk, false, &read)) assert_true(read > 0);
    double pay = walk.sign * b[walk.at] / walk.slack;
    sl_sample_add(&sample, walk.diagonal < 0 ? -pay : pay);
  }
  double sigma = sqrt(sample.sum_squares / 200000 / 200000);
  assert_true(fabsl(sample.mean - x[3]) < 5 * sigma);
  sl_csr_destroy(matrix);
}

static void same_seed_same_bits_whatever_the_steps(void **state) {
  (void)state;
  sl_csr *matrix = grid(20, 0.3);
  sl_local_dot *dot;
  double b[400];
  for (int i = 0; i < 400; i++) b[i] = sin(i);
  uint32_t place = 210;
  double one = 1;
  sl_local_vector t = {.indices = &place, .values = &one, .count = 1}, dense = {.dense = b};
  assert_ok(sl_local_dot_create(matrix, &dot));
  sl_local_dot_options options = {
      .absolute_error = 0.5, .confidence = 0.95, .seed = 7, .push_work = 200};
  sl_local_dot_result whole = query(dot, options, &t, &dense, UINT64_MAX);
  assert_int_equal(whole.method, SL_LOCAL_PUSH_WALKS);
  assert_int_equal(whole.outcome, SL_OUTCOME_CONVERGED);
  assert_true(whole.half_width <= 0.5);
  sl_local_dot_result slices = query(dot, options, &t, &dense, 13);
  assert_true(slices.value == whole.value && slices.half_width == whole.half_width);
  assert_true(slices.walks == whole.walks && slices.edge_operations == whole.edge_operations);
  options.seed = 8;
  assert_true(query(dot, options, &t, &dense, 13).value != whole.value);
  sl_local_dot_destroy(dot);
  sl_csr_destroy(matrix);
}

// A single pair far inside a large grid: two pushes of half the digits beat one of all.
static void two_sides_touch_few_rows(void **state) {
  (void)state;
  uint64_t edges[2];
  for (int size = 0; size < 2; size++) {
    uint32_t m = size ? 300 : 100, from = m / 2 * m + m / 2, to = from + 2;
    double one = 1;
    sl_csr *matrix = grid(m, 0.4);
    sl_local_dot *dot;
    assert_ok(sl_local_dot_create(matrix, &dot));
    sl_local_vector t = {.indices = &from, .values = &one, .count = 1},
                    b = {.indices = &to, .values = &one, .count = 1};
    sl_local_dot_options options = {.absolute_error = 1e-7, .push_work = UINT64_MAX};
    sl_local_dot_result result = query(dot, options, &t, &b, 100000);
    assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
    assert_int_equal(result.method, SL_LOCAL_PUSH);
    assert_true(result.touched_rows > 100 && result.touched_rows < 5000);
    edges[size] = result.edge_operations;
    sl_local_dot_destroy(dot);
    sl_csr_destroy(matrix);
  }
  assert_int_equal(edges[0], edges[1]);
}

static void gives_way_to_the_full_solve(void **state) {
  (void)state;
  sl_csr *matrix = grid(50, 0.002);
  sl_local_dot *dot;
  double ones[2500];
  for (int i = 0; i < 2500; i++) ones[i] = 1;
  uint32_t place = 1275;
  double one = 1;
  sl_local_vector sparse = {.indices = &place, .values = &one, .count = 1}, dense = {.dense = ones};
  assert_ok(sl_local_dot_create(matrix, &dot));
  const sl_local_vector *sides[3][2] = {{&sparse, &dense}, {&dense, &sparse}, {&dense, &dense}};
  for (int k = 0; k < 3; k++) {
    for (int walks = 0; walks < 2; walks++) {
      sl_local_dot_options options = {
          .absolute_error = k == 2 ? 1e-3 : 1e-6, .confidence = walks ? 0.9 : 0, .push_work = 1};
      sl_local_dot_result result = query(dot, options, sides[k][0], sides[k][1], 10000);
      // A maps 1 to 0.002, so x = 500 where b = 1, and the sum of x is 500 where b = e.
      double exact = k == 2 ? 2500 * 500.0 : 500;
      assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
      assert_int_equal(result.method, SL_LOCAL_PUSH_FULL);
      assert_true(result.half_width == INFINITY);
      assert_true(fabs(result.value - exact) <= result.error_bound);
    }
  }
  // Stopped at every stage, what is there has a bound that holds.
  for (int steps = 0; steps < 12; steps++) {
    sl_local_dot_options options = {.absolute_error = 1e-9, .push_work = 3000};
    sl_outcome outcome;
    sl_local_dot_result result;
    assert_ok(sl_local_dot_begin(dot, &options, &sparse, &dense));
    for (int k = 0; k < steps; k++) assert_ok(sl_job_step(sl_local_dot_job(dot), 1000, &outcome));
    assert_ok(sl_job_stop(sl_local_dot_job(dot), SL_OUTCOME_TIME_LIMIT));
    assert_ok(sl_local_dot_finish(dot, &result));
    assert_true(result.error_bound < INFINITY);
    assert_true(fabs(result.value - 500) <= result.error_bound * (1 + 1e-12) + 1e-9);
  }
  sl_local_dot_destroy(dot);
  sl_csr_destroy(matrix);
}

// Slack of 1e-10: a single walk takes some 1e10 steps, and no look at the interval ever comes.
static void leaves_walks_that_never_end(void **state) {
  (void)state;
  double a[] = {1, 1 - 1e-10, 1 - 1e-10, 1}, b[] = {1, -0.5}, t[] = {1, 0.25};
  uint32_t rows[] = {0, 0, 1, 1}, columns[] = {0, 1, 0, 1};
  sl_csr *matrix;
  assert_ok(sl_csr_from_coo(2, 2, 4, rows, columns, a, SL_VALUES_F64, &matrix));
  sl_local_dot_options options = sl_local_dot_options_default();
  options.absolute_error = 1e-2;
  options.confidence = 0.99;
  options.push_work = 4;
  sl_local_dot *dot;
  assert_ok(sl_local_dot_create(matrix, &dot));
  assert_ok(sl_local_dot_begin(dot, &options, &(sl_local_vector){.dense = t, .count = 2},
                               &(sl_local_vector){.dense = b, .count = 2}));
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  for (int k = 0; k < 100 && outcome == SL_OUTCOME_RUNNING; k++)
    assert_ok(sl_job_step(sl_local_dot_job(dot), 1000000, &outcome));
  assert_int_not_equal(outcome, SL_OUTCOME_RUNNING);
  sl_local_dot_destroy(dot);
  sl_csr_destroy(matrix);
}

static void refuses_bad_arguments_and_stays_usable(void **state) {
  (void)state;
  uint32_t rows[] = {0, 0, 1, 1}, columns[] = {0, 1, 0, 1}, twice[] = {1, 1}, outside[] = {0, 2};
  double values[] = {3, 2, 4, 5}, one[] = {1, 2}, bad[] = {1, NAN}, huge[] = {1e308, 1e308};
  sl_csr *matrix;
  sl_local_dot *dot;
  sl_local_dot_result result;
  sl_outcome outcome;
  double hollow[] = {0, 1, 1, 5};
  assert_ok(sl_csr_from_coo(2, 2, 4, rows, columns, hollow, SL_VALUES_F64, &matrix));
  assert_refused(sl_local_dot_create(matrix, &dot), SL_ERR_NOT_DOMINANT, "matrix");
  sl_csr_destroy(matrix);
  assert_ok(sl_csr_from_coo(2, 3, 4, rows, columns, hollow, SL_VALUES_F64, &matrix));
  assert_refused(sl_local_dot_create(matrix, &dot), SL_ERR_NOT_SQUARE, "matrix");
  sl_csr_destroy(matrix);

  assert_ok(sl_csr_from_coo(2, 2, 4, rows, columns, values, SL_VALUES_F64, &matrix));
  assert_ok(sl_local_dot_create(matrix, &dot));
  sl_local_vector good = {.dense = one}, nan_dense = {.dense = bad}, huge_dense = {.dense = huge},
                  repeated = {.indices = twice, .values = one, .count = 2},
                  far = {.indices = outside, .values = one, .count = 2},
                  nan_sparse = {.indices = rows + 1, .values = bad, .count = 2};
  assert_refused(sl_job_step(sl_local_dot_job(dot), 1, &outcome), SL_ERR_STATE, "dot");
  assert_refused(sl_local_dot_finish(dot, &result), SL_ERR_STATE, "dot");
  assert_refused(sl_job_stop(sl_local_dot_job(dot), SL_OUTCOME_TIME_LIMIT), SL_ERR_STATE, "dot");
  sl_local_dot_options options = {.absolute_error = 1e-12};
  double wrong[] = {0, -1, NAN, INFINITY};
  for (int k = 0; k < 4; k++) {
    options.absolute_error = wrong[k];
    assert_refused(sl_local_dot_begin(dot, &options, &good, &good), SL_ERR_OPTION,
                   "absolute_error");
  }
  options.absolute_error = 1e-12;
  double wrong_confidence[] = {-0.1, 1, NAN, 2};
  for (int k = 0; k < 4; k++) {
    options.confidence = wrong_confidence[k];
    assert_refused(sl_local_dot_begin(dot, &options, &good, &good), SL_ERR_OPTION, "confidence");
  }
  options.confidence = 0;
  assert_refused(sl_local_dot_begin(dot, &options, &nan_dense, &good), SL_ERR_NOT_FINITE, "t");
  assert_int_equal(sl_last_error()->position, 1);
  assert_refused(sl_local_dot_begin(dot, &options, &good, &nan_sparse), SL_ERR_NOT_FINITE, "b");
  assert_refused(sl_local_dot_begin(dot, &options, &repeated, &good), SL_ERR_ARGUMENT, "t");
  assert_refused(sl_local_dot_begin(dot, &options, &good, &far), SL_ERR_INDEX, "b");
  assert_refused(sl_local_dot_begin(dot, &options, &huge_dense, &good), SL_ERR_RANGE, "t");
  assert_refused(sl_local_dot_begin(dot, &options, &good, &huge_dense), SL_ERR_RANGE, "b");
  assert_refused(sl_job_step(sl_local_dot_job(dot), 1, &outcome), SL_ERR_STATE, "dot");
  // x = (1/7, 2/7)
  result = query(dot, options, &good, &good, 1);
  assert_int_equal(result.outcome, SL_OUTCOME_CONVERGED);
  assert_true(fabs(result.value - 5.0 / 7) <= 1e-12);
  assert_refused(sl_job_stop(sl_local_dot_job(dot), SL_OUTCOME_CONVERGED), SL_ERR_OPTION, "why");
  // nothing asked, nothing given
  sl_local_vector empty = {0};
  for (int k = 0; k < 3; k++) {
    result = query(dot, options, k == 1 ? &good : &empty, k == 0 ? &good : &empty, 1);
    assert_true(result.value == 0 && result.error_bound == 0);
  }
  sl_local_dot_destroy(dot);
  sl_local_dot_destroy(NULL);
  sl_csr_destroy(matrix);
}

static void memory_limit_loses_nothing(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 27);
  sl_csr *matrix = random_dominant(&rng, LARGEST, COLUMNS, SL_VALUES_F64);
  const sl_matrix_class *class;
  assert_ok(sl_csr_classify(matrix, &class));
  double b[LARGEST] = {1, 2, 3};
  uint32_t place = 3;
  double one = 1;
  sl_local_vector sparse = {.indices = &place, .values = &one, .count = 1}, dense = {.dense = b};
  size_t before = sl_bytes_in_use();
  for (int kind = 0; kind < 4; kind++) {
    sl_local_dot_options options = {.absolute_error = 1e-6, .push_work = 1};
    if (kind % 2) options = (sl_local_dot_options){.absolute_error = 0.1, .confidence = 0.9};
    const sl_local_vector *end = kind < 2 ? &sparse : &dense;
    uint32_t refused = 0;
    for (size_t room = 0;; room += 61) {
      sl_set_memory_limit(before + room);
      sl_local_dot *dot;
      sl_outcome outcome;
      sl_status status = sl_local_dot_create(matrix, &dot);
      if (status == SL_OK) {
        status = sl_local_dot_begin(dot, &options, end, &sparse);
        do {
          if (status == SL_OK) status = sl_job_step(sl_local_dot_job(dot), 100, &outcome);
        } while (status == SL_OK && outcome == SL_OUTCOME_RUNNING);
      }
      if (status != SL_OK) {
        assert_int_equal(status, SL_ERR_MEMORY);
        refused++;
        sl_set_memory_limit(SIZE_MAX);
        if (dot) assert_int_equal(query(dot, options, end, &sparse, 99).outcome, 0);
      }
      sl_local_dot_destroy(dot);
      assert_int_equal(sl_bytes_in_use(), before);
      if (status == SL_OK) break;
    }
    assert_true(refused > 20);
  }
  sl_set_memory_limit(SIZE_MAX);
  sl_csr_destroy(matrix);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(every_bound_holds_in_random_systems),
      property(intervals_hold_as_often_as_they_say),
      property(half_width_follows_the_published_bound),
      property(walks_estimate_an_entry_of_the_inverse),
      property(same_seed_same_bits_whatever_the_steps),
      property(two_sides_touch_few_rows),
      property(gives_way_to_the_full_solve),
      property(leaves_walks_that_never_end),
      property(refuses_bad_arguments_and_stays_usable),
      property(memory_limit_loses_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
