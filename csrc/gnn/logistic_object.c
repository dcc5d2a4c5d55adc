// Based on: D. C. Liu, J. Nocedal, "On the limited memory BFGS method for large scale optimization",
// Mathematical Programming 45 (1989), doi:10.1007/BF01589116; with steps that are halved until the loss
// falls enough (Armijo), which a convex loss allows.
#include "gnn/logistic_object.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "simd/simd.h"

#define PAIRS SL_LOGISTIC_PAIRS
enum { HALVINGS = 40 };

static sl_status fill(sl_logistic *l, const float *features, const uint32_t *labels,
                      const double *class_weights) {
  const size_t p = l->parameters;
  const uint64_t all = (uint64_t)l->rows * l->stride;
  SL_REQUIRE(all <= SIZE_MAX / sizeof(float), SL_ERR_OVERFLOW, "features", "fewer features");
  SL_TRY(SL_ALLOC_ZERO(&l->features, (size_t)all));
  SL_TRY(SL_ALLOC(&l->labels, l->rows));
  SL_TRY(SL_ALLOC(&l->sample, l->rows));
  SL_TRY(SL_ALLOC_ZERO(&l->at, p));
  SL_TRY(SL_ALLOC_ZERO(&l->gradient, p));
  SL_TRY(SL_ALLOC_ZERO(&l->there, p));
  SL_TRY(SL_ALLOC_ZERO(&l->there_gradient, p));
  SL_TRY(SL_ALLOC_ZERO(&l->direction, p));
  SL_TRY(SL_ALLOC(&l->score, l->classes));
  for (int i = 0; i < PAIRS; i++) {
    SL_TRY(SL_ALLOC(&l->s[i], p));
    SL_TRY(SL_ALLOC(&l->y[i], p));
  }
  // Over the largest of those that occur, so that the sum neither overflows nor is 0.
  double sum = 0, largest = 0;
  for (uint32_t i = 0; i < l->rows; i++)
    largest = fmax(largest, class_weights ? class_weights[labels[i]] : 1);
  for (uint32_t i = 0; i < l->rows; i++) {
    memcpy(l->features + (size_t)i * l->stride, features + (size_t)i * l->columns,
           l->columns * sizeof *features);
    l->features[(size_t)i * l->stride + l->columns] = l->intercept ? 1 : 0;
    l->labels[i] = labels[i];
    l->sample[i] = (class_weights ? class_weights[labels[i]] : 1) / largest;
    sum += l->sample[i];
  }
  for (uint32_t i = 0; i < l->rows; i++) l->sample[i] /= sum;
  return SL_OK;
}

sl_status sl_logistic_create(uint32_t rows, uint32_t columns, uint32_t classes,
                             const float *features, const uint32_t *labels,
                             const double *class_weights, const double *o, sl_logistic **out) {
  *out = NULL;
  SL_REQUIRE(rows > 0, SL_ERR_EMPTY, "rows", "one sample or more");
  SL_REQUIRE(columns > 0, SL_ERR_EMPTY, "columns", "one feature or more");
  SL_REQUIRE(columns < UINT32_MAX - 8, SL_ERR_OVERFLOW, "columns", "fewer features");
  SL_REQUIRE(classes >= 2, SL_ERR_OPTION, "classes", "two classes or more");
  SL_REQUIRE(o[0] >= 0 && o[0] <= 1e12, SL_ERR_OPTION, "l2", "a number from 0 to 10^12");
  SL_REQUIRE(o[1] >= 1, SL_ERR_OPTION, "max_iterations", "a number >= 1");
  SL_REQUIRE(o[2] > 0, SL_ERR_OPTION, "tolerance", "a number > 0");
  const uint64_t count = (uint64_t)rows * columns;
  SL_REQUIRE(count <= SIZE_MAX / sizeof(float), SL_ERR_OVERFLOW, "features", "fewer features");
  for (uint64_t i = 0; i < count; i++)
    SL_REQUIRE_AT(fabsf(features[i]) <= 1e18f, SL_ERR_NOT_FINITE, "features",
                  "finite numbers of at most 10^18", i);
  for (uint32_t i = 0; i < rows; i++)
    SL_REQUIRE_AT(labels[i] < classes, SL_ERR_INDEX, "labels", "a class", i);
  for (uint32_t c = 0; class_weights != NULL && c < classes; c++)
    SL_REQUIRE_AT(class_weights[c] > 0 && class_weights[c] < INFINITY, SL_ERR_NOT_POSITIVE,
                  "class_weights", "finite numbers > 0", c);
  sl_logistic *l;
  SL_TRY(SL_ALLOC_ZERO(&l, 1));
  l->job.kind = &sl_logistic_kind;
  l->rows = rows;
  l->columns = columns;
  l->classes = classes;
  l->stride = (columns + 1 + 3) / 4 * 4;
  l->l2 = o[0];
  l->most_iterations = o[1];
  l->tolerance = o[2];
  l->intercept = o[3] != 0;
  l->loss = l->largest = INFINITY;
  const uint64_t parameters = (uint64_t)classes * l->stride;
  sl_status status = parameters <= SIZE_MAX / sizeof(double)
                         ? SL_OK
                         : sl_fail(SL_ERR_OVERFLOW, "classes", "fewer parameters", SL_NO_POSITION);
  l->parameters = (size_t)parameters;
  if (status == SL_OK) status = fill(l, features, labels, class_weights);
  if (status != SL_OK) {
    sl_logistic_destroy(l);
    return status;
  }
  sl_job_begin(&l->job);
  *out = l;
  return SL_OK;
}

// What only the fit needs.
static void free_fit(sl_logistic *l) {
  sl_free(l->features);
  sl_free(l->labels);
  sl_free(l->sample);
  sl_free(l->gradient);
  sl_free(l->there);
  sl_free(l->there_gradient);
  sl_free(l->direction);
  l->features = NULL;
  l->labels = NULL;
  l->sample = l->gradient = l->there = l->there_gradient = l->direction = NULL;
  for (int i = 0; i < PAIRS; i++) {
    sl_free(l->s[i]);
    sl_free(l->y[i]);
    l->s[i] = l->y[i] = NULL;
  }
}

void sl_logistic_destroy(sl_logistic *l) {
  if (l == NULL) return;
  free_fit(l);
  sl_free(l->at);
  sl_free(l->score);
  sl_free(l);
}

static double dot(const double *a, const double *b, size_t count) {
  sl_f64x2 sum = {0};
  for (size_t i = 0; i < count; i += 2) sum += sl_f64x2_load(a + i) * sl_f64x2_load(b + i);
  return sl_f64x2_sum(sum);
}

// W x; stride is a multiple of four.
static double score_of(const double *weights, const float *x, uint32_t stride) {
  sl_f64x2 sum = {0};
  for (uint32_t j = 0; j < stride; j += 2)
    sum += sl_f64x2_load(weights + j) * sl_f64x2_load_f32(x + j);
  return sl_f64x2_sum(sum);
}

// Scores become probabilities; gives the logarithm of the sum that they were divided by.
static double softmax(double *score, uint32_t classes) {
  double most = score[0], sum = 0;
  for (uint32_t c = 1; c < classes; c++) most = fmax(most, score[c]);
  for (uint32_t c = 0; c < classes; c++) sum += score[c] = exp(score[c] - most);
  for (uint32_t c = 0; c < classes; c++) score[c] /= sum;
  return most + log(sum);
}

// Loss and gradient of samples from position on, added to those of the place that is looked at.
__attribute__((noinline)) static uint64_t pass_some(sl_logistic *l, uint64_t most) {
  const uint32_t stride = l->stride;
  uint64_t done = 0;
  for (; l->position < l->rows && done < most; l->position++) {
    const uint32_t i = l->position;
    const float *x = l->features + (size_t)i * stride;
    for (uint32_t c = 0; c < l->classes; c++)
      l->score[c] = score_of(l->there + (size_t)c * stride, x, stride);
    const double own = l->score[l->labels[i]], sum = softmax(l->score, l->classes);
    l->there_loss += l->sample[i] * (sum - own);
    for (uint32_t c = 0; c < l->classes; c++) {
      const double factor = l->sample[i] * (l->score[c] - (c == l->labels[i] ? 1 : 0));
      if (factor == 0) continue;
      double *gradient = l->there_gradient + (size_t)c * stride;
      const sl_f64x2 by = sl_f64x2_splat(factor);
      for (uint32_t j = 0; j < stride; j += 2)
        sl_f64x2_store(gradient + j, sl_f64x2_load(gradient + j) + by * sl_f64x2_load_f32(x + j));
    }
    done += (uint64_t)l->classes * stride / 2;
  }
  return done;
}

static void begin_pass(sl_logistic *l) {
  memset(l->there_gradient, 0, l->parameters * sizeof *l->there_gradient);
  l->there_loss = 0;
  l->position = 0;
}

static void add_penalty(sl_logistic *l) {
  for (uint32_t c = 0; c < l->classes; c++) {
    const double *weights = l->there + (size_t)c * l->stride;
    double *gradient = l->there_gradient + (size_t)c * l->stride;
    for (uint32_t j = 0; j < l->columns; j++) {
      l->there_loss += l->l2 / 2 * weights[j] * weights[j];
      gradient[j] += l->l2 * weights[j];
    }
  }
}

// The place that was looked at is where the fit is now.
static void take_place(sl_logistic *l) {
  double *swap = l->at;
  l->at = l->there;
  l->there = swap;
  swap = l->gradient;
  l->gradient = l->there_gradient;
  l->there_gradient = swap;
  l->loss = l->there_loss;
  l->largest = 0;
  for (size_t i = 0; i < l->parameters; i++) l->largest = fmax(l->largest, fabs(l->gradient[i]));
}

// Two loops over the pairs: minus the gradient times an estimate of the inverse Hessian.
static void find_direction(sl_logistic *l) {
  const size_t p = l->parameters;
  double alpha[PAIRS];
  memcpy(l->direction, l->gradient, p * sizeof *l->direction);
  for (uint32_t i = 0; i < l->pairs; i++) {
    const uint32_t k = (l->newest + PAIRS - i) % PAIRS;
    alpha[k] = l->rho[k] * dot(l->s[k], l->direction, p);
    for (size_t j = 0; j < p; j++) l->direction[j] -= alpha[k] * l->y[k][j];
  }
  if (l->pairs > 0) {
    const uint32_t k = l->newest;
    const double scale = 1 / (l->rho[k] * dot(l->y[k], l->y[k], p));
    for (size_t j = 0; j < p; j++) l->direction[j] *= scale;
  }
  for (uint32_t i = l->pairs; i-- > 0;) {
    const uint32_t k = (l->newest + PAIRS - i) % PAIRS;
    const double beta = l->rho[k] * dot(l->y[k], l->direction, p);
    for (size_t j = 0; j < p; j++) l->direction[j] += (alpha[k] - beta) * l->s[k][j];
  }
  for (size_t j = 0; j < p; j++) l->direction[j] = -l->direction[j];
  l->slope = dot(l->gradient, l->direction, p);
}

static void look(sl_logistic *l) {
  for (size_t j = 0; j < l->parameters; j++) l->there[j] = l->at[j] + l->length * l->direction[j];
  begin_pass(l);
}

static void finish(sl_logistic *l, sl_outcome outcome) {
  free_fit(l);
  // Without what fills the rows up: columns and the intercept.
  for (uint32_t c = 0; c < l->classes; c++)
    memmove(l->at + (size_t)c * (l->columns + 1), l->at + (size_t)c * l->stride,
            (l->columns + 1) * sizeof *l->at);
  sl_job_end(&l->job, outcome);
}

// The next direction, or the end.
static void set_out(sl_logistic *l) {
  if (l->largest <= l->tolerance) return finish(l, SL_OUTCOME_CONVERGED);
  if (l->iterations >= l->most_iterations) return finish(l, SL_OUTCOME_ITERATION_LIMIT);
  find_direction(l);
  if (!(l->slope < 0)) {
    l->pairs = 0;
    find_direction(l);
  }
  // The first step is as long as the gradient is short.
  l->length = l->pairs > 0 ? 1 : fmin(1, 1 / sqrt(-l->slope));
  l->halvings = 0;
  look(l);
}

static void keep_pair(sl_logistic *l) {
  const size_t p = l->parameters;
  const uint32_t k = l->pairs == 0 ? 0 : (l->newest + 1) % PAIRS;
  // `at` and `gradient` are the new ones already, `there` the old ones.
  for (size_t j = 0; j < p; j++) {
    l->s[k][j] = l->at[j] - l->there[j];
    l->y[k][j] = l->gradient[j] - l->there_gradient[j];
  }
  const double product = dot(l->s[k], l->y[k], p);
  if (!(product > 1e-14 * dot(l->y[k], l->y[k], p))) return;
  l->rho[k] = 1 / product;
  l->newest = k;
  if (l->pairs < PAIRS) l->pairs++;
}

// The loss falls enough, or, where it is too flat to tell by its rounded value, its slope does: the
// approximate condition of Hager and Zhang 2005, doi:10.1137/030601880.
static bool falls(const sl_logistic *l) {
  if (l->there_loss <= l->loss + 1e-4 * l->length * l->slope) return true;
  if (!(l->there_loss <= l->loss + 1e-14 * fabs(l->loss))) return false;
  const double slope = dot(l->there_gradient, l->direction, l->parameters);
  return slope <= (2e-4 - 1) * l->slope && slope >= 0.9 * l->slope;
}

static void end_pass(sl_logistic *l) {
  add_penalty(l);
  if (!l->begun) {
    l->begun = true;
    take_place(l);
    set_out(l);
    return;
  }
  if (falls(l)) {
    take_place(l);
    keep_pair(l);
    l->iterations++;
    set_out(l);
  } else if (++l->halvings > HALVINGS) {
    finish(l, SL_OUTCOME_STAGNATED);
  } else {
    l->length /= 2;
    look(l);
  }
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_logistic *l = (sl_logistic *)job;
  const uint64_t until = work > UINT64_MAX - l->work ? UINT64_MAX : l->work + work;
  while (l->work < until && sl_job_is_running(job)) {
    l->work += pass_some(l, until - l->work < 20000 ? until - l->work : 20000) + 1;
    if (l->position == l->rows) end_pass(l);
  }
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  finish((sl_logistic *)job, why);
  return SL_OK;
}
static uint64_t work_done(const sl_job *job) { return ((const sl_logistic *)job)->work; }
static size_t job_bytes(const sl_job *job) {
  const sl_logistic *l = (const sl_logistic *)job;
  const size_t fit = l->features == NULL ? 0
                                         : (size_t)l->rows * (4 * l->stride + 12) +
                                               l->parameters * 8 * (4 + 2 * PAIRS);
  return sizeof *l + fit + l->parameters * 8 + l->classes * 8;
}
static void destroy(sl_job *job) { sl_logistic_destroy((sl_logistic *)job); }

const sl_job_kind sl_logistic_kind = {"logistic", step, stop, work_done, NULL, job_bytes, destroy};

sl_job *sl_logistic_job(sl_logistic *l) { return &l->job; }

sl_status sl_logistic_read(const sl_logistic *l, double *numbers) {
  SL_TRY(sl_job_require_ended(&l->job));
  numbers[0] = l->job.outcome;
  numbers[1] = (double)l->work;
  numbers[2] = (double)(uintptr_t)l->at;
  numbers[3] = l->loss;
  numbers[4] = l->largest;
  numbers[5] = l->iterations;
  numbers[6] = l->columns;
  numbers[7] = l->classes;
  return SL_OK;
}

sl_status sl_logistic_predict(const sl_logistic *l, uint32_t rows, const float *features,
                              double *probabilities) {
  SL_TRY(sl_job_require_ended(&l->job));
  for (uint32_t i = 0; i < rows; i++) {
    const float *x = features + (size_t)i * l->columns;
    double *out = probabilities + (size_t)i * l->classes;
    for (uint32_t j = 0; j < l->columns; j++)
      SL_REQUIRE_AT(fabsf(x[j]) <= 1e18f, SL_ERR_NOT_FINITE, "features",
                    "finite numbers of at most 10^18", (uint64_t)i * l->columns + j);
    for (uint32_t c = 0; c < l->classes; c++) {
      const double *weights = l->at + (size_t)c * (l->columns + 1);
      double sum = l->intercept ? weights[l->columns] : 0;
      for (uint32_t j = 0; j < l->columns; j++) sum += weights[j] * (double)x[j];
      SL_REQUIRE_AT(isfinite(sum), SL_ERR_RANGE, "features",
                    "numbers whose products with the weights are finite", (uint64_t)i * l->columns);
      out[c] = sum;
    }
    softmax(out, l->classes);
  }
  return SL_OK;
}
