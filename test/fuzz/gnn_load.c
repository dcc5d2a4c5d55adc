// Any bytes as the file of a graph network or of a logistic regression: loading fails cleanly or gives one that answers, and is
// saved again as the same bytes.
#include "saved.h"

#include "gnn/file.h"
#include "gnn/gnn.h"
#include "gnn/logistic.h"

static saved_file good[2];

static sl_status run(sl_job *job) {
  sl_outcome outcome;
  do {
    sl_status status = sl_job_step(job, 100000, &outcome);
    if (status != SL_OK) return status;
  } while (outcome == SL_OUTCOME_RUNNING);
  return SL_OK;
}

static void make_good(void) {
  const float x[] = {0, 1, 1, 0, 2, 1, 1, 2};
  const uint32_t labels[] = {0, 1, 2, 0};
  const double settings[SL_LOGISTIC_SETTINGS] = {0.1, 20, 1e-3, 1};
  const uint32_t shapes[] = {SL_GNN_GAT, 2, 1, 2, 0, SL_GNN_ELU, SL_GNN_SAGE, 2, 2, 1, 0, 0};
  float parameters[20];
  for (int i = 0; i < 20; i++) parameters[i] = (float)i / 8 - 1;
  sl_writer *writer = NULL;
  sl_gnn *gnn;
  sl_logistic *logistic;
  if (sl_gnn_create(2, shapes, parameters, 20, &gnn) != SL_OK) abort();
  good[0] = write_saved(sl_gnn_save(gnn, &writer), writer);
  sl_gnn_destroy(gnn);
  if (sl_logistic_create(4, 2, 3, x, labels, NULL, settings, &logistic) != SL_OK) abort();
  if (run(sl_logistic_job(logistic)) != SL_OK) abort();
  good[1] = write_saved(sl_logistic_save(logistic, &writer), writer);
  sl_logistic_destroy(logistic);
}

static void compare(saved_file again, saved_file file) {
  if (again.length != file.length || memcmp(again.bytes, file.bytes, file.length) != 0) abort();
  free(again.bytes);
}

static void use_gnn(sl_gnn *gnn, saved_file file) {
  sl_writer *writer = NULL;
  double numbers[SL_GNN_NUMBERS];
  compare(write_saved(sl_gnn_save(gnn, &writer), writer), file);
  if (sl_gnn_read(gnn, numbers) != SL_OK) abort();
  const uint32_t inputs = ((const uint32_t *)(uintptr_t)numbers[3])[1];
  const uint32_t from[] = {0, 1, 2}, to[] = {1, 2, 2}, nodes[] = {2, 0};
  sl_graph *graph;
  sl_gnn_answer *answer;
  if (sl_graph_from_edges(3, 3, from, to, NULL, SL_VALUES_PATTERN, true, &graph) != SL_OK) return;
  if (sl_gnn_answer_create(gnn, graph, nodes, 2, 1, &answer) == SL_OK) {
    float *features = calloc((size_t)3 * inputs, sizeof *features);
    for (uint32_t i = 0; i < 3 * inputs; i++) features[i] = (float)(i % 5) - 2;
    if (run(sl_gnn_answer_job(answer)) == SL_OK && sl_gnn_answer_read(answer, numbers) == SL_OK &&
        sl_gnn_answer_begin(answer, features, (uint32_t)numbers[2] * inputs) == SL_OK &&
        run(sl_gnn_answer_job(answer)) == SL_OK) {
      if (sl_gnn_answer_read(answer, numbers) != SL_OK) abort();
    }
    free(features);
    sl_gnn_answer_destroy(answer);
  }
  sl_graph_destroy(graph);
}

static void use_logistic(sl_logistic *logistic, saved_file file) {
  sl_writer *writer = NULL;
  double numbers[SL_LOGISTIC_NUMBERS];
  compare(write_saved(sl_logistic_save(logistic, &writer), writer), file);
  if (sl_logistic_read(logistic, numbers) != SL_OK) abort();
  const size_t columns = (size_t)numbers[6], classes = (size_t)numbers[7];
  float *features = calloc(columns, sizeof *features);
  double *probabilities = calloc(classes, sizeof *probabilities), sum = 0;
  features[0] = 2;
  if (sl_logistic_predict(logistic, 1, features, probabilities) == SL_OK) {
    for (size_t c = 0; c < classes; c++) sum += probabilities[c];
    if (!(sum > 0.999 && sum < 1.001)) abort();
  }
  free(features);
  free(probabilities);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  if (good[0].bytes == NULL) make_good();
  sl_set_memory_limit((size_t)1 << 26);
  const int which = length > 0 ? bytes[0] >> 1 & 1 : 0;
  saved_file file = saved_from(bytes, length, good[which]);
  sl_reader *reader = read_saved(which ? SL_FILE_LOGISTIC : SL_FILE_GNN, file);
  sl_gnn *gnn;
  sl_logistic *logistic;
  if (reader != NULL && which == 0 && sl_gnn_load(reader, &gnn) == SL_OK) {
    use_gnn(gnn, file);
    sl_gnn_destroy(gnn);
  }
  if (reader != NULL && which == 1 && sl_logistic_load(reader, &logistic) == SL_OK) {
    use_logistic(logistic, file);
    sl_logistic_destroy(logistic);
  }
  sl_reader_destroy(reader);
  free(file.bytes);
  if (sl_bytes_in_use() != 0) abort();
  return 0;
}
