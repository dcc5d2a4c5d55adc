// Answers of a graph network for a few nodes: their surroundings first, then layer after layer.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "gnn/layer.h"

typedef enum part { SEARCH, WANTS_FEATURES, LAYERS, ENDED } part;

struct sl_gnn_answer {
  sl_job job; // the first member
  uint32_t layer_count;
  sl_layer layers[SL_GNN_MOST_LAYERS];
  sl_reach reach;
  part part;
  uint32_t layer, position;
  bool changed; // all rows of the layer
  sl_layer_rows rows;
  float *given; // numbers that the layer reads
  uint64_t work;
};

sl_status sl_gnn_answer_create(const sl_gnn *gnn, sl_graph *graph, const uint32_t *nodes,
                               uint32_t count, int32_t weighted, sl_gnn_answer **out) {
  *out = NULL;
  SL_TRY(sl_job_require_ended(&gnn->job));
  sl_gnn_answer *a;
  SL_TRY(SL_ALLOC_ZERO(&a, 1));
  a->job.kind = &sl_gnn_answer_kind;
  a->layer_count = gnn->layer_count;
  const float *parameters = gnn->parameters;
  sl_status status = SL_OK;
  for (uint32_t l = 0; l < gnn->layer_count && status == SL_OK; l++) {
    const uint32_t *shape = gnn->shapes + (size_t)l * SL_GNN_SHAPE;
    status = sl_layer_make(&a->layers[l], shape, parameters);
    parameters += sl_gnn_layer_parameters(shape);
  }
  if (status == SL_OK)
    status = sl_reach_begin(&a->reach, graph, nodes, count, gnn->layer_count, weighted != 0);
  if (status != SL_OK) {
    sl_gnn_answer_destroy(a);
    return status;
  }
  sl_job_begin(&a->job);
  *out = a;
  return SL_OK;
}

// What belongs to one layer alone.
static void free_rows(sl_gnn_answer *a) {
  sl_free(a->rows.changed);
  sl_free(a->rows.as_source);
  sl_free(a->rows.as_target);
  a->rows.changed = NULL;
  a->rows.as_source = a->rows.as_target = NULL;
}

static void free_work(sl_gnn_answer *a) {
  free_rows(a);
  sl_free(a->rows.next);
  sl_free(a->given);
  a->rows.next = a->given = NULL;
}

void sl_gnn_answer_destroy(sl_gnn_answer *a) {
  if (a == NULL) return;
  free_work(a);
  sl_reach_free(&a->reach);
  for (uint32_t l = 0; l < a->layer_count; l++) sl_layer_free(&a->layers[l]);
  sl_free(a);
}

static sl_status open_layer(sl_gnn_answer *a, uint32_t x_stride) {
  const sl_layer *l = &a->layers[a->layer];
  const uint32_t further = a->layer_count - a->layer;
  const sl_layer_rows rows = {.layer = l,
                              .reach = &a->reach,
                              .features = a->given,
                              .x_stride = x_stride,
                              .n_in = a->reach.counts[further],
                              .n_out = a->reach.counts[further - 1]};
  a->rows = rows;
  a->position = 0;
  a->changed = false;
  const uint64_t all = (uint64_t)rows.n_in * l->stride;
  SL_REQUIRE(all <= SIZE_MAX / sizeof(float), SL_ERR_OVERFLOW, "nodes", "fewer nodes");
  SL_TRY(SL_ALLOC(&a->rows.changed, (size_t)all));
  SL_TRY(SL_ALLOC(&a->rows.next, (size_t)rows.n_out * l->stride));
  if (l->kind != SL_GNN_GAT) return SL_OK;
  SL_TRY(SL_ALLOC(&a->rows.as_source, (size_t)rows.n_in * l->heads));
  return SL_ALLOC(&a->rows.as_target, (size_t)rows.n_in * l->heads);
}

sl_status sl_gnn_answer_begin(sl_gnn_answer *a, const float *features, uint32_t count) {
  SL_TRY(sl_job_require_ended(&a->job));
  SL_REQUIRE(a->part == WANTS_FEATURES, SL_ERR_STATE, "answer", "its first part, just ended");
  const uint64_t wanted = (uint64_t)a->reach.count * a->layers[0].inputs;
  SL_REQUIRE_AT(count == wanted, SL_ERR_SHAPE, "features", "the inputs of each wanted node",
                wanted);
  for (uint32_t i = 0; i < count; i++)
    SL_REQUIRE_AT(fabsf(features[i]) <= 1e18f, SL_ERR_NOT_FINITE, "features",
                  "finite numbers of at most 10^18", i);
  sl_status status = SL_ALLOC(&a->given, count);
  if (status == SL_OK) {
    memcpy(a->given, features, count * sizeof *features);
    status = open_layer(a, a->layers[0].inputs);
  }
  if (status != SL_OK) {
    free_work(a);
    return status;
  }
  a->part = LAYERS;
  sl_job_begin(&a->job);
  return SL_OK;
}

static sl_status end_layer(sl_gnn_answer *a) {
  const sl_layer *l = &a->layers[a->layer];
  free_rows(a);
  sl_free(a->given);
  a->given = a->rows.next;
  a->rows.next = NULL;
  if (++a->layer < a->layer_count) return open_layer(a, l->stride);
  // Rows one after the other, without what fills them up.
  for (uint32_t i = 0; i < a->rows.n_out; i++) {
    float *row = a->given + (size_t)i * l->given;
    memmove(row, a->given + (size_t)i * l->stride, l->given * sizeof *row);
    for (uint32_t c = 0; c < l->given; c++)
      SL_REQUIRE(isfinite(row[c]), SL_ERR_RANGE, "features",
                 "numbers whose products with the parameters stay finite");
  }
  a->part = ENDED;
  sl_job_end(&a->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

__attribute__((noinline)) static uint64_t some_rows(sl_gnn_answer *a, uint64_t most) {
  uint64_t done = 0;
  const uint32_t last = a->changed ? a->rows.n_out : a->rows.n_in;
  for (; a->position < last && done < most; a->position++)
    done += a->changed ? sl_layer_gather(&a->rows, a->position)
                       : sl_layer_change(&a->rows, a->position);
  return done;
}

static sl_status go_on(sl_gnn_answer *a, uint64_t work) {
  const uint64_t until = work > UINT64_MAX - a->work ? UINT64_MAX : a->work + work;
  while (a->work < until && sl_job_is_running(&a->job)) {
    const uint64_t most = until - a->work < 20000 ? until - a->work : 20000;
    if (a->part == SEARCH) {
      bool ended;
      SL_TRY(sl_reach_grow(&a->reach, most, &a->work, &ended));
      if (!ended) continue;
      a->part = WANTS_FEATURES;
      sl_job_end(&a->job, SL_OUTCOME_CONVERGED);
      return SL_OK;
    }
    a->work += some_rows(a, most);
    if (a->position < (a->changed ? a->rows.n_out : a->rows.n_in)) continue;
    a->position = 0;
    if (a->changed)
      SL_TRY(end_layer(a));
    else
      a->changed = true;
  }
  return SL_OK;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_gnn_answer *a = (sl_gnn_answer *)job;
  const sl_status status = go_on(a, work);
  if (status != SL_OK) {
    free_work(a);
    a->part = ENDED;
  }
  return status;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  sl_gnn_answer *a = (sl_gnn_answer *)job;
  free_work(a);
  a->part = ENDED;
  sl_job_end(job, why);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_gnn_answer *)job)->work; }
static size_t job_bytes(const sl_job *job) {
  const sl_gnn_answer *a = (const sl_gnn_answer *)job;
  size_t bytes = sizeof *a + a->reach.bytes;
  for (uint32_t l = 0; l < a->layer_count; l++) {
    const sl_layer *y = &a->layers[l];
    bytes += ((size_t)y->inputs * y->stride * (y->for_self != NULL ? 2 : 1) + y->stride) * 4;
  }
  if (a->rows.changed != NULL) bytes += (size_t)a->rows.n_in * a->rows.layer->stride * 4;
  return bytes;
}
static void destroy(sl_job *job) { sl_gnn_answer_destroy((sl_gnn_answer *)job); }

const sl_job_kind sl_gnn_answer_kind = {"answer", step, stop, work_done, NULL, job_bytes, destroy};

sl_job *sl_gnn_answer_job(sl_gnn_answer *a) { return &a->job; }

sl_status sl_gnn_answer_read(const sl_gnn_answer *a, double *numbers) {
  SL_TRY(sl_job_require_ended(&a->job));
  const bool found = a->reach.rows != NULL && a->reach.own != NULL;
  numbers[0] = a->job.outcome;
  numbers[1] = (double)a->work;
  numbers[2] = found ? a->reach.count : 0;
  numbers[3] = (double)(uintptr_t)a->reach.nodes;
  numbers[4] = a->layers[a->layer_count - 1].given;
  numbers[5] = a->part == ENDED ? (double)(uintptr_t)a->given : 0;
  numbers[6] = found ? a->reach.rows[a->reach.position] : 0;
  return SL_OK;
}
