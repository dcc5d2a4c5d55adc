// The object of a graph network: its parameters, and its training as a job.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "gnn/gnn_object.h"

uint64_t sl_gnn_layer_parameters(const uint32_t *shape) {
  const uint64_t inputs = shape[1], width = sl_gnn_width(shape), given = sl_gnn_given(shape);
  if (shape[0] == SL_GNN_GCN) return width * inputs + width;
  if (shape[0] == SL_GNN_SAGE) return 2 * width * inputs + width;
  return width * inputs + 2 * width + given;
}

sl_status sl_gnn_check_shapes(uint32_t layer_count, const uint32_t *shapes, uint64_t *parameters) {
  static const uint32_t most[SL_GNN_SHAPE] = {2, 1 << 24, 1 << 16, 1 << 8, 1, 2};
  SL_REQUIRE(layer_count >= 1 && layer_count <= SL_GNN_MOST_LAYERS, SL_ERR_OPTION, "layers",
             "1 to 16 of them");
  *parameters = 0;
  for (uint32_t l = 0; l < layer_count; l++) {
    const uint32_t *shape = shapes + (size_t)l * SL_GNN_SHAPE;
    for (uint32_t i = 0; i < SL_GNN_SHAPE; i++) {
      const uint32_t least = i == 1 || i == 2 || i == 3 ? 1 : 0;
      SL_REQUIRE_AT(shape[i] >= least && shape[i] <= most[i], SL_ERR_OPTION, "layers",
                    "a kind, up to 2^24 inputs, 2^16 outputs and 2^8 heads, an activation",
                    (uint64_t)l * SL_GNN_SHAPE + i);
    }
    SL_REQUIRE_AT(shape[0] == SL_GNN_GAT || (shape[3] == 1 && shape[4] == 0), SL_ERR_OPTION,
                  "layers", "heads for attention only", (uint64_t)l * SL_GNN_SHAPE + 3);
    SL_REQUIRE_AT(l == 0 || shape[1] == sl_gnn_given(shape - SL_GNN_SHAPE), SL_ERR_OPTION, "layers",
                  "as many inputs as the layer before gives", (uint64_t)l * SL_GNN_SHAPE + 1);
    *parameters += sl_gnn_layer_parameters(shape);
  }
  SL_REQUIRE(*parameters <= UINT32_MAX / 4, SL_ERR_OVERFLOW, "layers", "fewer parameters");
  return SL_OK;
}

sl_status sl_gnn_create(uint32_t layer_count, const uint32_t *shapes, const float *parameters,
                        uint32_t parameter_count, sl_gnn **out) {
  *out = NULL;
  uint64_t wanted;
  SL_TRY(sl_gnn_check_shapes(layer_count, shapes, &wanted));
  SL_REQUIRE_AT(parameter_count == wanted, SL_ERR_SHAPE, "parameters", "as many as the layers have",
                wanted);
  for (uint32_t i = 0; i < parameter_count; i++)
    SL_REQUIRE_AT(fabsf(parameters[i]) <= 1e18f, SL_ERR_NOT_FINITE, "parameters",
                  "finite numbers of at most 10^18", i);
  sl_gnn *gnn;
  SL_TRY(SL_ALLOC_ZERO(&gnn, 1));
  gnn->job.kind = &sl_gnn_job_kind;
  const sl_status status = SL_ALLOC(&gnn->parameters, parameter_count);
  if (status != SL_OK) {
    sl_gnn_destroy(gnn);
    return status;
  }
  gnn->layer_count = layer_count;
  gnn->parameter_count = parameter_count;
  memcpy(gnn->shapes, shapes, (size_t)layer_count * SL_GNN_SHAPE * sizeof *shapes);
  memcpy(gnn->parameters, parameters, parameter_count * sizeof *parameters);
  sl_job_begin(&gnn->job);
  sl_job_end(&gnn->job, SL_OUTCOME_CONVERGED);
  *out = gnn;
  return SL_OK;
}

sl_status sl_gnn_train(sl_graph *graph, const double *o, const float *features,
                       uint32_t feature_count, const uint32_t *nodes, const uint32_t *labels,
                       uint32_t node_count, uint32_t training_count, sl_gnn **out) {
  *out = NULL;
  SL_REQUIRE(feature_count > 0 && feature_count % graph->node_count == 0, SL_ERR_SHAPE, "features",
             "as many numbers for each node of the graph");
  sl_gnn *gnn;
  SL_TRY(SL_ALLOC_ZERO(&gnn, 1));
  gnn->job.kind = &sl_gnn_job_kind;
  const sl_status status =
      sl_gnn_training_begin(gnn, graph, o, features, feature_count / graph->node_count, nodes,
                            labels, node_count, training_count);
  if (status != SL_OK) {
    sl_gnn_destroy(gnn);
    return status;
  }
  sl_job_begin(&gnn->job);
  *out = gnn;
  return SL_OK;
}

static void drop_training(sl_gnn *gnn) {
  sl_gnn_training_free(gnn->training);
  gnn->training = NULL;
}

void sl_gnn_destroy(sl_gnn *gnn) {
  if (gnn == NULL) return;
  drop_training(gnn);
  sl_free(gnn->parameters);
  sl_free(gnn->history);
  sl_free(gnn);
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_gnn *gnn = (sl_gnn *)job;
  sl_outcome outcome;
  sl_gnn_training_step(gnn, work, &outcome);
  if (outcome == SL_OUTCOME_RUNNING) return SL_OK;
  sl_gnn_training_take(gnn);
  drop_training(gnn);
  sl_job_end(job, outcome);
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  sl_gnn *gnn = (sl_gnn *)job;
  sl_gnn_training_take(gnn);
  drop_training(gnn);
  sl_job_end(job, why);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_gnn *)job)->work; }
static size_t job_bytes(const sl_job *job) {
  const sl_gnn *gnn = (const sl_gnn *)job;
  return sizeof *gnn + gnn->parameter_count * sizeof *gnn->parameters +
         sl_gnn_training_bytes(gnn->training) +
         (gnn->history != NULL ? 3 * sizeof(double) * gnn->epochs : 0);
}
static void destroy(sl_job *job) { sl_gnn_destroy((sl_gnn *)job); }

const sl_job_kind sl_gnn_job_kind = {"gnn", step, stop, work_done, NULL, job_bytes, destroy};

sl_job *sl_gnn_job(sl_gnn *gnn) { return &gnn->job; }

sl_status sl_gnn_read(const sl_gnn *gnn, double *numbers) {
  SL_TRY(sl_job_require_ended(&gnn->job));
  numbers[0] = gnn->job.outcome;
  numbers[1] = (double)gnn->work;
  numbers[2] = gnn->layer_count;
  numbers[3] = (double)(uintptr_t)gnn->shapes;
  numbers[4] = (double)(uintptr_t)gnn->parameters;
  numbers[5] = gnn->parameter_count;
  numbers[6] = gnn->epochs;
  numbers[7] = gnn->best_epoch;
  return SL_OK;
}

sl_status sl_gnn_history(const sl_gnn *gnn, const double **history, uint32_t *count) {
  SL_TRY(sl_job_require_ended(&gnn->job));
  *history = gnn->history;
  *count = gnn->history == NULL ? 0 : 3 * gnn->epochs;
  return SL_OK;
}
