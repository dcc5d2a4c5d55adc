// Making routers, and what is asked of one that has learned.
#include "router/object.h"

#include <math.h>
#include <string.h>

#include "bandit/numbers.h"
#include "base/memory.h"
#include "simd/simd.h"

sl_router_question sl_router_question_default(void) {
  return (sl_router_question){
      .scorer = SL_ROUTER_SIMILARITY,
      .calibration = SL_ROUTER_AUTOMATIC,
      .holdout = 0.25,
      .neighbours = 5,
      .l2 = 0.001,
      .iterations = 300,
      .hidden = 16,
      .steps = 1,
      .learning_rate = 0.01,
      .seed = 1,
  };
}

sl_status sl_router_question_check(const sl_router_question *q) {
  SL_REQUIRE(q->dimension > 0, SL_ERR_EMPTY, "vectors", "one number or more");
  SL_REQUIRE(q->dimension <= SL_ROUTER_MOST_DIMENSION, SL_ERR_OVERFLOW, "vectors",
             "2^16 numbers at most");
  SL_REQUIRE(q->routes >= 2 && q->routes <= SL_ROUTER_MOST_ROUTES, SL_ERR_OPTION, "routes",
             "2 to 2^16");
  SL_REQUIRE(q->scorer <= SL_ROUTER_FASTGRNN, SL_ERR_OPTION, "scorer", "one of the scorers");
  SL_REQUIRE(q->calibration <= SL_ROUTER_AUTOMATIC, SL_ERR_OPTION, "calibration",
             "one of the calibrations");
  SL_REQUIRE(q->holdout >= 0 && q->holdout <= 0.9, SL_ERR_OPTION, "holdout", "0 to 0.9");
  SL_REQUIRE(q->neighbours >= 1 && q->neighbours <= 64, SL_ERR_OPTION, "neighbours", "1 to 64");
  SL_REQUIRE(q->l2 >= (q->scorer == SL_ROUTER_RIDGE ? 1e-9 : 0) && q->l2 <= 1e9, SL_ERR_OPTION,
             "l2", "0 to 1e9, above 1e-9 for ridge");
  SL_REQUIRE(q->iterations >= 1 && q->iterations <= 1000000, SL_ERR_OPTION, "iterations",
             "1 to 10^6");
  SL_REQUIRE(q->hidden >= 1 && q->hidden <= 1024, SL_ERR_OPTION, "hidden", "1 to 1024");
  SL_REQUIRE(q->rank <= 1024, SL_ERR_OPTION, "rank", "0 to 1024");
  SL_REQUIRE(q->steps >= 1 && q->dimension % q->steps == 0, SL_ERR_OPTION, "steps",
             "a divisor of the dimension");
  SL_REQUIRE(q->learning_rate > 0 && q->learning_rate <= 1, SL_ERR_OPTION, "learning_rate",
             "above 0 and at most 1");
  return SL_OK;
}

static sl_status check_values(const sl_router_question *q) {
  SL_REQUIRE(q->values == NULL || q->scorer == SL_ROUTER_RIDGE || q->scorer == SL_ROUTER_FASTGRNN,
             SL_ERR_OPTION, "scorer", "ridge or fastgrnn where values are given");
  SL_REQUIRE(q->values == NULL || q->calibration != SL_ROUTER_TEMPERATURE, SL_ERR_OPTION,
             "calibration", "isotonic or none where values are given");
  SL_REQUIRE(q->examples > 0, SL_ERR_EMPTY, "vectors", "one example or more");
  const uint64_t numbers = (uint64_t)q->examples * q->dimension;
  SL_REQUIRE(numbers <= SIZE_MAX / 16, SL_ERR_OVERFLOW, "vectors", "fewer examples");
  for (uint64_t i = 0; i < numbers; i++)
    SL_REQUIRE_AT(fabsf(q->vectors[i]) <= SL_ROUTER_LARGEST, SL_ERR_NOT_FINITE, "vectors",
                  "finite numbers of at most 10^15", i);
  if (q->values != NULL) {
    const uint64_t values = (uint64_t)q->examples * q->routes;
    SL_REQUIRE(values <= SIZE_MAX / 16, SL_ERR_OVERFLOW, "values", "fewer examples");
    for (uint64_t i = 0; i < values; i++)
      SL_REQUIRE_AT(fabsf(q->values[i]) <= SL_ROUTER_LARGEST, SL_ERR_NOT_FINITE, "values",
                    "finite numbers of at most 10^15", i);
    return SL_OK;
  }
  for (uint32_t i = 0; i < q->examples; i++)
    SL_REQUIRE_AT(q->labels[i] < q->routes, SL_ERR_INDEX, "labels", "a route", i);
  return SL_OK;
}

sl_fastgrnn sl_router_net(const sl_router *r) {
  const sl_router_question *q = &r->question;
  return (sl_fastgrnn){.steps = q->steps,
                       .width = q->dimension / q->steps,
                       .hidden = q->hidden,
                       .rank = q->rank,
                       .outputs = q->routes};
}

sl_status sl_router_prepare(sl_router *r) {
  const sl_router_question *q = &r->question;
  r->stride = (q->dimension + 7) & ~7u;
  SL_TRY(SL_ALLOC_ZERO(&r->query, r->stride));
  SL_TRY(SL_ALLOC_ZERO(&r->score, q->routes));
  SL_TRY(SL_ALLOC_ZERO(&r->knot_begins, (size_t)q->routes + 1));
  SL_TRY(SL_ALLOC_ZERO(&r->best, q->neighbours));
  SL_TRY(SL_ALLOC_ZERO(&r->best_ids, q->neighbours));
  if (q->scorer != SL_ROUTER_FASTGRNN) return SL_OK;
  const sl_fastgrnn net = sl_router_net(r);
  const uint64_t work = sl_fastgrnn_work(&net);
  SL_REQUIRE(work <= SIZE_MAX / sizeof(double), SL_ERR_OVERFLOW, "steps", "fewer steps");
  return SL_ALLOC_ZERO(&r->net_work, (size_t)work);
}

static sl_status fill(sl_router *r, const sl_router_question *q) {
  SL_TRY(sl_router_prepare(r));
  sl_router_learning *l = &r->learning;
  SL_TRY(SL_ALLOC(&l->order, q->examples));
  SL_TRY(SL_ALLOC_ZERO(&l->vectors, (size_t)q->examples * r->stride));
  for (uint32_t i = 0; i < q->examples; i++) {
    const float *from = q->vectors + (size_t)i * q->dimension;
    float *to = l->vectors + (size_t)i * r->stride;
    if (q->scorer == SL_ROUTER_SIMILARITY) {
      SL_TRY(sl_router_unit(from, q->dimension, r->stride, "vectors", i, to));
    } else {
      memcpy(to, from, q->dimension * sizeof *to);
    }
  }
  if (q->values != NULL) {
    SL_TRY(SL_ALLOC(&l->values, (size_t)q->examples * q->routes));
    memcpy(l->values, q->values, (size_t)q->examples * q->routes * sizeof *l->values);
    return SL_OK;
  }
  SL_TRY(SL_ALLOC(&l->labels, q->examples));
  memcpy(l->labels, q->labels, q->examples * sizeof *l->labels);
  return SL_OK;
}

sl_status sl_router_create(const sl_router_question *q, sl_router **out) {
  *out = NULL;
  SL_TRY(sl_router_question_check(q));
  SL_TRY(check_values(q));
  sl_router *r;
  SL_TRY(SL_ALLOC_ZERO(&r, 1));
  r->job.kind = &sl_router_kind;
  r->question = *q;
  r->by_value = q->values != NULL;
  r->temperature = q->scorer == SL_ROUTER_SIMILARITY ? 0.05 : 1;
  r->accuracy = r->error = NAN;
  const sl_status status = fill(r, q);
  r->question.vectors = r->question.values = NULL;
  r->question.labels = NULL;
  if (status != SL_OK) {
    sl_router_destroy(r);
    return status;
  }
  sl_rng_seed(&r->learning.rng, q->seed);
  sl_job_begin(&r->job);
  *out = r;
  return SL_OK;
}

void sl_router_forget_learning(sl_router *r) {
  sl_router_learning *l = &r->learning;
  sl_free(l->vectors);
  sl_free(l->labels);
  sl_free(l->values);
  sl_free(l->order);
  sl_free(l->answers);
  sl_free(l->x);
  sl_free(l->z);
  sl_free(l->block);
  sl_free(l->mean);
  sl_free(l->gradient);
  sl_free(l->momentum);
  sl_free(l->square);
  sl_free(l->places);
  sl_logistic_destroy(l->logistic);
  memset(l, 0, sizeof *l);
}

void sl_router_destroy(sl_router *r) {
  if (r == NULL) return;
  sl_router_forget_learning(r);
  sl_free(r->parameters);
  sl_free(r->examples);
  sl_free(r->ids);
  sl_free(r->begins);
  sl_free(r->knots);
  sl_free(r->knot_begins);
  sl_free(r->levels);
  sl_free(r->table);
  sl_free(r->query);
  sl_free(r->score);
  sl_free(r->net_work);
  sl_free(r->best);
  sl_free(r->best_ids);
  sl_free(r->labels);
  sl_free(r);
}

sl_job *sl_router_job(sl_router *r) { return &r->job; }
const void *sl_router_labels(const sl_router *r) { return r->labels; }
size_t sl_router_labels_bytes(const sl_router *r) { return r->labels_bytes; }

// ---- scores -------------------------------------------------------------------------------------

sl_status sl_router_unit(const float *x, uint32_t dimension, uint32_t stride, const char *name,
                         uint64_t position, float *to) {
  double sum = 0;
  for (uint32_t j = 0; j < dimension; j++) sum += (double)x[j] * x[j];
  SL_REQUIRE_AT(sum > 0, SL_ERR_RANGE, name, "a vector that is not zero", position);
  const double length = sqrt(sum);
  for (uint32_t j = 0; j < dimension; j++) to[j] = (float)(x[j] / length);
  for (uint32_t j = dimension; j < stride; j++) to[j] = 0;
  return SL_OK;
}

// Cosines of four rows, one after another, with x. Pointers and constant offsets: an index would be
// added to each pointer for every load.
__attribute__((noinline)) static void dot4(const float *rows, const float *x, uint32_t stride,
                                           float *out) {
  sl_f32x4 a = {0, 0, 0, 0}, b = a, c = a, d = a;
  const float *p = rows, *q = p + stride, *r = q + stride, *s = r + stride;
  for (uint32_t left = stride; left > 0; left -= 8) {
    const sl_f32x4 u = sl_f32x4_load(x), v = sl_f32x4_load(x + 4);
    a += sl_f32x4_load(p) * u;
    b += sl_f32x4_load(q) * u;
    c += sl_f32x4_load(r) * u;
    d += sl_f32x4_load(s) * u;
    a += sl_f32x4_load(p + 4) * v;
    b += sl_f32x4_load(q + 4) * v;
    c += sl_f32x4_load(r + 4) * v;
    d += sl_f32x4_load(s + 4) * v;
    x += 8;
    p += 8;
    q += 8;
    r += 8;
    s += 8;
  }
  const sl_f32x4 ab =
      __builtin_shufflevector(a, b, 0, 4, 2, 6) + __builtin_shufflevector(a, b, 1, 5, 3, 7);
  const sl_f32x4 cd =
      __builtin_shufflevector(c, d, 0, 4, 2, 6) + __builtin_shufflevector(c, d, 1, 5, 3, 7);
  sl_f32x4_store(out, __builtin_shufflevector(ab, cd, 0, 1, 4, 5) +
                          __builtin_shufflevector(ab, cd, 2, 3, 6, 7));
}
static double dot1(const float *row, const float *x, uint32_t stride) {
  sl_f32x4 a = {0, 0, 0, 0};
  for (uint32_t j = 0; j < stride; j += 4) a += sl_f32x4_load(row + j) * sl_f32x4_load(x + j);
  return (double)((a[0] + a[1]) + (a[2] + a[3]));
}

// Keeps the largest ones in order; of equal ones the first that came.
__attribute__((noinline)) static void keep(sl_router *r, double similarity, uint32_t id,
                                           uint32_t *found) {
  const uint32_t most = r->question.neighbours;
  if (*found == most && !(similarity > r->best[most - 1])) return;
  uint32_t i = *found < most ? (*found)++ : most - 1;
  for (; i > 0 && similarity > r->best[i - 1]; i--) {
    r->best[i] = r->best[i - 1];
    r->best_ids[i] = r->best_ids[i - 1];
  }
  r->best[i] = similarity;
  r->best_ids[i] = id;
}

uint32_t sl_router_most_similar(sl_router *r, const float *x, uint32_t route) {
  uint32_t found = 0, i = r->begins[route];
  const uint32_t end = r->begins[route + 1];
  float four[4];
  for (; i + 4 <= end; i += 4) {
    dot4(r->examples + (size_t)i * r->stride, x, r->stride, four);
    for (uint32_t k = 0; k < 4; k++) keep(r, (double)four[k], i + k, &found);
  }
  for (; i < end; i++) keep(r, dot1(r->examples + (size_t)i * r->stride, x, r->stride), i, &found);
  return found;
}

// Up to so many neighbours are kept lane by lane.
enum { FEW = 8 };

// v goes into four lists at once, each in falling order: half of all branches on how similar an
// example is would be predicted wrongly.
static inline void keep4(sl_f32x4 *best, uint32_t most, sl_f32x4 v) {
  for (uint32_t i = 0; i < most; i++) {
    const sl_i32x4 less = (sl_i32x4)(best[i] < v), a = (sl_i32x4)best[i], b = (sl_i32x4)v;
    best[i] = (sl_f32x4)((b & less) | (a & ~less));
    v = (sl_f32x4)((a & less) | (b & ~less));
  }
}

// As sl_router_most_similar(), without the ids.
static uint32_t highest_similarities(sl_router *r, const float *x, uint32_t route) {
  const uint32_t most = r->question.neighbours, end = r->begins[route + 1];
  if (most > FEW) return sl_router_most_similar(r, x, route);
  uint32_t found = 0, i = r->begins[route];
  sl_f32x4 best[FEW];
  for (uint32_t k = 0; k < most; k++) best[k] = sl_f32x4_splat(-INFINITY);
  float four[4];
  for (; i + 4 <= end; i += 4) {
    dot4(r->examples + (size_t)i * r->stride, x, r->stride, four);
    keep4(best, most, sl_f32x4_load(four));
  }
  const float *one = (const float *)best;
  for (uint32_t k = 0; k < 4 * most; k++)
    if (one[k] > -INFINITY) keep(r, (double)one[k], 0, &found);
  for (; i < end; i++) keep(r, dot1(r->examples + (size_t)i * r->stride, x, r->stride), 0, &found);
  return found;
}

static double weigh(const double *weights, const float *x, uint32_t dimension) {
  sl_f64x2 sum = {0, 0};
  uint32_t j = 0;
  for (; j + 2 <= dimension; j += 2) sum += sl_f64x2_load(weights + j) * sl_f64x2_load_f32(x + j);
  double all = sl_f64x2_sum(sum) + weights[dimension];
  for (; j < dimension; j++) all += weights[j] * (double)x[j];
  return all;
}

void sl_router_answer(sl_router *r, const float *x, double *out) {
  const uint32_t routes = r->question.routes, d = r->question.dimension;
  if (r->question.scorer == SL_ROUTER_FASTGRNN) {
    const sl_fastgrnn net = sl_router_net(r);
    sl_fastgrnn_scores(&net, r->parameters, x, r->net_work, out);
    return;
  }
  for (uint32_t k = 0; k < routes; k++) {
    if (sl_router_is_linear(r)) {
      out[k] = weigh(r->parameters + (size_t)k * ((size_t)d + 1), x, d);
      continue;
    }
    const uint32_t found = highest_similarities(r, x, k);
    double sum = 0;
    for (uint32_t i = 0; i < found; i++) sum += r->best[i];
    out[k] = found > 0 ? sum / found : -1;
  }
}

void sl_router_soften(const sl_router *r, const double *scores, double *out) {
  const uint32_t routes = r->question.routes;
  const double most = scores[sl_router_largest(scores, routes)];
  double sum = 0;
  for (uint32_t k = 0; k < routes; k++)
    sum += out[k] = sl_steady_exp((scores[k] - most) / r->temperature);
  for (uint32_t k = 0; k < routes; k++) out[k] /= sum;
}

uint32_t sl_router_largest(const double *x, uint32_t count) {
  uint32_t at = 0;
  for (uint32_t k = 1; k < count; k++)
    if (x[k] > x[at]) at = k;
  return at;
}

double sl_router_key(const sl_router *r, const double *scores, const double *probabilities,
                     uint32_t top) {
  // A cosine tells a vector that is like no example; a share of cosines would not.
  return r->question.scorer == SL_ROUTER_SIMILARITY ? scores[top] : probabilities[top];
}

double sl_router_isotonic(const sl_router *r, uint32_t k, double x) {
  uint32_t low = r->knot_begins[k], high = r->knot_begins[k + 1];
  if (low == high) return x;
  const uint32_t first = low;
  while (high - low > 1) {
    const uint32_t middle = low + (high - low) / 2;
    if (r->knots[middle].from <= x) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return r->knots[low < first ? first : low].value;
}

static sl_status require_model(const sl_router *r) {
  SL_TRY(sl_job_require_ended(&r->job));
  SL_REQUIRE(r->has_model, SL_ERR_STATE, "router", "one that was not stopped while it learned");
  return SL_OK;
}

static sl_status take_query(sl_router *r, const float *vector) {
  SL_TRY(require_model(r));
  const uint32_t d = r->question.dimension;
  for (uint32_t j = 0; j < d; j++)
    SL_REQUIRE_AT(fabsf(vector[j]) <= SL_ROUTER_LARGEST, SL_ERR_NOT_FINITE, "vector",
                  "finite numbers of at most 10^15", j);
  if (r->question.scorer == SL_ROUTER_SIMILARITY)
    return sl_router_unit(vector, d, r->stride, "vector", SL_NO_POSITION, r->query);
  memcpy(r->query, vector, d * sizeof *vector);
  return SL_OK;
}

sl_status sl_router_score(sl_router *r, const float *vector, double *probabilities,
                          double *scores) {
  SL_TRY(take_query(r, vector));
  const uint32_t routes = r->question.routes;
  sl_router_answer(r, r->query, scores);
  if (r->by_value) {
    for (uint32_t k = 0; k < routes; k++)
      probabilities[k] = k == 0 ? 0 : sl_router_isotonic(r, k, scores[k] - scores[0]);
    return SL_OK;
  }
  sl_router_soften(r, scores, probabilities);
  if (r->calibration != SL_ROUTER_ISOTONIC) return SL_OK;
  const uint32_t top = sl_router_largest(scores, routes);
  const double p = sl_router_isotonic(r, 0, sl_router_key(r, scores, probabilities, top));
  // What is left belongs to the others, in the shares that they had; but that the best one is
  // improbable does not make another one more probable than it.
  double others = 0;
  for (uint32_t k = 0; k < routes; k++) others += k == top ? 0 : probabilities[k];
  for (uint32_t k = 0; k < routes; k++) {
    const double left =
        others >= 1e-250 ? probabilities[k] * ((1 - p) / others) : (1 - p) / (routes - 1);
    probabilities[k] = k == top ? p : fmin(left, p);
  }
  return SL_OK;
}

sl_status sl_router_nearest(sl_router *r, const float *vector, uint32_t route, uint32_t *ids,
                            double *similarities, uint32_t *count) {
  SL_REQUIRE(r->question.scorer == SL_ROUTER_SIMILARITY, SL_ERR_UNSUPPORTED, "scorer",
             "similarity: other scorers keep no examples");
  SL_TRY(take_query(r, vector));
  SL_REQUIRE(route < r->question.routes, SL_ERR_INDEX, "route", "a route of this router");
  *count = sl_router_most_similar(r, r->query, route);
  for (uint32_t i = 0; i < *count; i++) {
    ids[i] = r->ids[r->best_ids[i]];
    similarities[i] = r->best[i];
  }
  return SL_OK;
}

sl_status sl_router_softmax(const sl_router *r, const double *scores, double *probabilities) {
  SL_TRY(require_model(r));
  for (uint32_t k = 0; k < r->question.routes; k++)
    SL_REQUIRE_AT(isfinite(scores[k]), SL_ERR_NOT_FINITE, "scores", "finite numbers", k);
  sl_router_soften(r, scores, probabilities);
  return SL_OK;
}

sl_status sl_router_facts_read(const sl_router *r, sl_router_facts *out) {
  SL_TRY(sl_job_require_ended(&r->job));
  const sl_router_question *q = &r->question;
  *out = (sl_router_facts){.outcome = r->job.outcome,
                           .routes = q->routes,
                           .dimension = q->dimension,
                           .trained = r->trained,
                           .held = r->held,
                           .scorer = q->scorer,
                           .calibration = r->calibration,
                           .by_value = r->by_value,
                           .temperature = r->temperature,
                           .steps_of_calibration = r->knot_begins[q->routes],
                           .iterations = r->iterations,
                           .accuracy = r->accuracy,
                           .error = r->error};
  return SL_OK;
}

sl_status sl_router_parameters(const sl_router *r, const double **numbers, uint32_t *count) {
  SL_TRY(require_model(r));
  *numbers = r->parameters;
  *count = (uint32_t)r->parameter_count;
  return SL_OK;
}

sl_status sl_router_held(const sl_router *r, const double **numbers, uint32_t *count) {
  SL_TRY(require_model(r));
  *numbers = r->table == NULL ? NULL : &r->table->key;
  *count = r->table == NULL ? 0 : r->held;
  return SL_OK;
}
