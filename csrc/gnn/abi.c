// Raw ABI of gnn/smoothing.h, gnn/logistic.h and gnn/gnn.h.
#include "graph/abi.h"
#include "base/abi_container.h"
#include "base/abi_job.h"
#include "gnn/gnn.h"
#include "gnn/logistic.h"
#include "gnn/smoothing.h"

// 0 after a failure. The graph may be destroyed before the object. settings: eight doubles, as
// gnn/smoothing.h says; values: count f32; nodes, labels: known_count u32.
sl_handle SL_ABI(sl_abi_smoothing_create)(sl_handle graph_handle, const double *settings,
                                          const float *values, uint32_t count,
                                          const uint32_t *nodes, const uint32_t *labels,
                                          uint32_t known_count) {
  sl_graph *graph;
  sl_smoothing *made;
  if (sl_handle_get(graph_handle, SL_HANDLE_GRAPH, (void **)&graph) != SL_OK) return 0;
  if (sl_smoothing_create(graph, settings, values, count, nodes, labels, known_count, &made) !=
      SL_OK)
    return 0;
  return sl_abi_job_register(sl_smoothing_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_smoothing_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_smoothing_kind);
}

// numbers: eight doubles, written.
int32_t SL_ABI(sl_abi_smoothing_read)(sl_handle handle, double *numbers) {
  sl_smoothing *made;
  SL_TRY(sl_abi_job_get(handle, &sl_smoothing_kind, &made));
  return sl_smoothing_read(made, numbers);
}

static sl_status get_logistic(sl_handle handle, sl_logistic **out) {
  return sl_abi_job_get(handle, &sl_logistic_kind, out);
}

// 0 after a failure. features: f32; class_weights: class_count doubles, or 0 for 1 each; settings:
// eight doubles, as gnn/logistic.h says.
sl_handle SL_ABI(sl_abi_logistic_create)(uint32_t sample_count, uint32_t column_count,
                                         uint32_t class_count, const float *features,
                                         const uint32_t *labels, const double *class_weights,
                                         const double *settings) {
  sl_logistic *made;
  if (sl_logistic_create(sample_count, column_count, class_count, features, labels, class_weights,
                         settings, &made) != SL_OK)
    return 0;
  return sl_abi_job_register(sl_logistic_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_logistic_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_logistic_kind);
}

// numbers: eight doubles, written. The address of the parameters stays what it is.
int32_t SL_ABI(sl_abi_logistic_read)(sl_handle handle, double *numbers) {
  sl_logistic *made;
  SL_TRY(get_logistic(handle, &made));
  return sl_logistic_read(made, numbers);
}

// features: sample_count rows of f32; probabilities: as many rows of doubles, written.
int32_t SL_ABI(sl_abi_logistic_predict)(sl_handle handle, uint32_t sample_count,
                                        const float *features, double *probabilities) {
  sl_logistic *made;
  SL_TRY(get_logistic(handle, &made));
  return sl_logistic_predict(made, sample_count, features, probabilities);
}

// The handle of a writer, or 0.
sl_handle SL_ABI(sl_abi_logistic_save)(sl_handle handle) {
  sl_logistic *made;
  sl_writer *writer = NULL;
  if (get_logistic(handle, &made) != SL_OK) return 0;
  return sl_abi_hand_out_writer(sl_logistic_save(made, &writer), writer, handle, SL_HANDLE_JOB);
}

// The regression, or 0. The reader stays and is to be destroyed.
sl_handle SL_ABI(sl_abi_logistic_load)(sl_handle reader_handle) {
  sl_reader *reader;
  sl_logistic *made;
  if (sl_abi_get_reader(reader_handle, &reader) != SL_OK) return 0;
  if (sl_logistic_load(reader, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_logistic_job(made), 0, NULL);
}

static sl_status get_gnn(sl_handle handle, sl_gnn **out) {
  return sl_abi_job_get(handle, &sl_gnn_job_kind, out);
}

// 0 after a failure. shapes: six u32 a layer; parameters: parameter_count f32, as gnn/gnn.h says.
sl_handle SL_ABI(sl_abi_gnn_create)(uint32_t layer_count, const uint32_t *shapes,
                                    const float *parameters, uint32_t parameter_count) {
  sl_gnn *made;
  if (sl_gnn_create(layer_count, shapes, parameters, parameter_count, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_gnn_job(made), 0, NULL);
}

// 0 after a failure; sl_abi_job_step does the work. The graph may be destroyed before the object.
// settings: sixteen doubles, as gnn/gnn.h says.
sl_handle SL_ABI(sl_abi_gnn_train)(sl_handle graph_handle, const double *settings,
                                   const float *features, uint32_t feature_count,
                                   const uint32_t *nodes, const uint32_t *labels,
                                   uint32_t known_count, uint32_t training_count) {
  sl_graph *graph;
  sl_gnn *made;
  if (sl_handle_get(graph_handle, SL_HANDLE_GRAPH, (void **)&graph) != SL_OK) return 0;
  if (sl_gnn_train(graph, settings, features, feature_count, nodes, labels, known_count,
                   training_count, &made) != SL_OK)
    return 0;
  return sl_abi_job_register(sl_gnn_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_gnn_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_gnn_job_kind);
}

// numbers: eight doubles, written. The addresses stay what they are.
int32_t SL_ABI(sl_abi_gnn_read)(sl_handle handle, double *numbers) {
  sl_gnn *gnn;
  SL_TRY(get_gnn(handle, &gnn));
  return sl_gnn_read(gnn, numbers);
}

// history: an address, written; length: a u32, written.
int32_t SL_ABI(sl_abi_gnn_history)(sl_handle handle, const double **history, uint32_t *length) {
  sl_gnn *gnn;
  SL_TRY(get_gnn(handle, &gnn));
  return sl_gnn_history(gnn, history, length);
}

// The handle of a writer, or 0.
sl_handle SL_ABI(sl_abi_gnn_save)(sl_handle handle) {
  sl_gnn *gnn;
  sl_writer *writer = NULL;
  if (get_gnn(handle, &gnn) != SL_OK) return 0;
  return sl_abi_hand_out_writer(sl_gnn_save(gnn, &writer), writer, handle, SL_HANDLE_JOB);
}

// The network, or 0. The reader stays and is to be destroyed.
sl_handle SL_ABI(sl_abi_gnn_load)(sl_handle reader_handle) {
  sl_reader *reader;
  sl_gnn *made;
  if (sl_abi_get_reader(reader_handle, &reader) != SL_OK) return 0;
  if (sl_gnn_load(reader, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_gnn_job(made), 0, NULL);
}

// 0 after a failure. The graph is to outlive the answer; the network may be destroyed. nodes:
// node_count u32.
sl_handle SL_ABI(sl_abi_gnn_answer_create)(sl_handle graph_handle, sl_handle gnn_handle,
                                           const uint32_t *nodes, uint32_t asked_count,
                                           int32_t weighted) {
  sl_graph *graph;
  sl_gnn *gnn;
  sl_gnn_answer *made;
  if (sl_handle_get(graph_handle, SL_HANDLE_GRAPH, (void **)&graph) != SL_OK) return 0;
  if (get_gnn(gnn_handle, &gnn) != SL_OK) return 0;
  if (sl_gnn_answer_create(gnn, graph, nodes, asked_count, weighted, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_gnn_answer_job(made), graph_handle, SL_HANDLE_GRAPH);
}

int32_t SL_ABI(sl_abi_gnn_answer_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_gnn_answer_kind);
}

// features: f32 for the wanted nodes; then sl_abi_job_step.
int32_t SL_ABI(sl_abi_gnn_answer_begin)(sl_handle handle, const float *features, uint32_t count) {
  sl_gnn_answer *answer;
  SL_TRY(sl_abi_job_get(handle, &sl_gnn_answer_kind, &answer));
  return sl_gnn_answer_begin(answer, features, count);
}

// numbers: eight doubles, written.
int32_t SL_ABI(sl_abi_gnn_answer_read)(sl_handle handle, double *numbers) {
  sl_gnn_answer *answer;
  SL_TRY(sl_abi_job_get(handle, &sl_gnn_answer_kind, &answer));
  return sl_gnn_answer_read(answer, numbers);
}
