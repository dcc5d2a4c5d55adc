// Raw ABI of router/router.h.
#include "base/abi.h"

#include <math.h>
#include <string.h>

#include "base/abi_container.h"
#include "base/abi_job.h"
#include "router/router.h"

static sl_status get(sl_handle handle, sl_router **out) {
  return sl_abi_job_get(handle, &sl_router_kind, out);
}

enum { ROUTER_OPTIONS = 11 };

// Whole numbers among options: what is none is refused by its name.
static sl_status whole(double number, const char *name, uint32_t *out) {
  SL_REQUIRE(number >= 0 && number <= UINT32_MAX && number == floor(number), SL_ERR_OPTION, name,
             "a whole number below 2^32");
  *out = (uint32_t)number;
  return SL_OK;
}

static sl_status read_options(const double *in, sl_router_question *q) {
  SL_TRY(whole(in[0], "scorer", &q->scorer));
  SL_TRY(whole(in[1], "calibration", &q->calibration));
  SL_TRY(whole(in[3], "neighbours", &q->neighbours));
  SL_TRY(whole(in[5], "iterations", &q->iterations));
  SL_TRY(whole(in[6], "hidden", &q->hidden));
  SL_TRY(whole(in[7], "rank", &q->rank));
  SL_TRY(whole(in[8], "steps", &q->steps));
  SL_TRY(whole(in[10], "seed", &q->seed));
  q->holdout = in[2];
  q->l2 = in[4];
  q->learning_rate = in[9];
  return SL_OK;
}

// Numbers in the options of a router, and their default values: scorer, calibration, holdout,
// neighbours, l2, iterations, hidden, rank, steps, learning_rate, seed.
uint32_t SL_ABI(sl_abi_router_options_count)(void) { return ROUTER_OPTIONS; }
int32_t SL_ABI(sl_abi_router_options_default)(double *out11) {
  const sl_router_question q = sl_router_question_default();
  const double numbers[ROUTER_OPTIONS] = {q.scorer, q.calibration,   q.holdout, q.neighbours,
                                          q.l2,     q.iterations,    q.hidden,  q.rank,
                                          q.steps,  q.learning_rate, q.seed};
  memcpy(out11, numbers, sizeof numbers);
  return SL_OK;
}

// 0 after a failure; sl_abi_job_step does the work. features: example_count rows of f32; labels:
// example_count u32, or 0; values: where labels is 0, example_count rows of route_count f32.
sl_handle SL_ABI(sl_abi_router_create)(uint32_t example_count, uint32_t dimension,
                                       uint32_t route_count, const float *features,
                                       const uint32_t *labels, const float *values,
                                       const double *router_options) {
  sl_router *made;
  sl_router_question q = {.examples = example_count,
                          .dimension = dimension,
                          .routes = route_count,
                          .vectors = features,
                          .labels = labels,
                          .values = labels == NULL ? values : NULL};
  if (read_options(router_options, &q) != SL_OK) return 0;
  if (sl_router_create(&q, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_router_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_router_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_router_kind);
}

int32_t SL_ABI(sl_abi_router_bytes)(sl_handle handle, size_t *out) {
  sl_router *router;
  SL_TRY(get(handle, &router));
  *out = sl_router_bytes(router);
  return SL_OK;
}

// Thirteen numbers: outcome, routes, dimension, trained, held, scorer, calibration, by value,
// temperature, steps of the calibration, iterations, accuracy, error.
int32_t SL_ABI(sl_abi_router_facts)(sl_handle handle, double *out13) {
  sl_router *router;
  sl_router_facts f;
  SL_TRY(get(handle, &router));
  SL_TRY(sl_router_facts_read(router, &f));
  const double numbers[13] = {
      f.outcome,    f.routes,      f.dimension, f.trained,     f.held,
      f.scorer,     f.calibration, f.by_value,  f.temperature, f.steps_of_calibration,
      f.iterations, f.accuracy,    f.error};
  memcpy(out13, numbers, sizeof numbers);
  return SL_OK;
}

// vector: `dimension` f32; probabilities, scores: as many doubles as there are routes, written.
int32_t SL_ABI(sl_abi_router_score)(sl_handle handle, const float *vector, double *probabilities,
                                    double *scores) {
  sl_router *router;
  SL_TRY(get(handle, &router));
  return sl_router_score(router, vector, probabilities, scores);
}

// ids: `neighbours` u32, similarities: as many doubles, written; count: written.
int32_t SL_ABI(sl_abi_router_nearest)(sl_handle handle, const float *vector, uint32_t route,
                                      uint32_t *ids, double *similarities, uint32_t *count) {
  sl_router *router;
  SL_TRY(get(handle, &router));
  return sl_router_nearest(router, vector, route, ids, similarities, count);
}

int32_t SL_ABI(sl_abi_router_level)(sl_handle handle, double alpha, double *out) {
  sl_router *router;
  SL_TRY(get(handle, &router));
  return sl_router_level(router, alpha, out);
}

int32_t SL_ABI(sl_abi_router_softmax)(sl_handle handle, const double *scores,
                                      double *probabilities) {
  sl_router *router;
  SL_TRY(get(handle, &router));
  return sl_router_softmax(router, scores, probabilities);
}

// Eight numbers: threshold, share and its bounds, quality and its bounds, 1 when it was reached.
int32_t SL_ABI(sl_abi_router_threshold)(sl_handle handle, uint32_t aim, double target,
                                        double *out8) {
  sl_router *router;
  sl_router_threshold t;
  SL_TRY(get(handle, &router));
  SL_TRY(sl_router_threshold_find(router, aim, target, &t));
  const double numbers[8] = {t.threshold, t.share,       t.share_low,    t.share_high,
                             t.quality,   t.quality_low, t.quality_high, t.reached};
  memcpy(out8, numbers, sizeof numbers);
  return SL_OK;
}

// Writes the address of the rows, three doubles each, and how many there are.
int32_t SL_ABI(sl_abi_router_held)(sl_handle handle, const double **out, uint32_t *out_count) {
  sl_router *router;
  SL_TRY(get(handle, &router));
  return sl_router_held(router, out, out_count);
}

// Writes the address of the parameters, doubles, and how many there are.
int32_t SL_ABI(sl_abi_router_parameters)(sl_handle handle, const double **out,
                                         uint32_t *out_count) {
  sl_router *router;
  SL_TRY(get(handle, &router));
  return sl_router_parameters(router, out, out_count);
}

sl_handle SL_ABI(sl_abi_router_save)(sl_handle handle, const void *labels, size_t labels_bytes) {
  sl_router *router;
  sl_writer *writer = NULL;
  if (get(handle, &router) != SL_OK) return 0;
  return sl_abi_hand_out_writer(sl_router_save(router, labels, labels_bytes, &writer), writer,
                                handle, SL_HANDLE_JOB);
}

// The router, or 0. The reader stays and is to be destroyed.
sl_handle SL_ABI(sl_abi_router_load)(sl_handle reader) {
  sl_reader *from;
  sl_router *router;
  if (sl_abi_get_reader(reader, &from) != SL_OK) return 0;
  if (sl_router_load(from, &router) != SL_OK) return 0;
  return sl_abi_job_register(sl_router_job(router), 0, NULL);
}

// Writes the address and the number of bytes.
int32_t SL_ABI(sl_abi_router_labels)(sl_handle handle, const void **out, size_t *out_bytes) {
  sl_router *router;
  SL_TRY(get(handle, &router));
  *out = sl_router_labels(router);
  *out_bytes = sl_router_labels_bytes(router);
  return SL_OK;
}
