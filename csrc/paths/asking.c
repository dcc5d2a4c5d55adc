// The object of the room: one question at a time, its memory, and the weights in the form that
// searches want.
#include "paths/paths.h"

#include "paths/question.h"

static const sl_question_kind *const questions[] = {
    [SL_PATHS_TREE] = &sl_tree_question,
    [SL_PATHS_ROUTE] = &sl_route_question,
    [SL_PATHS_PREPARE] = &sl_prepare_question,
    [SL_PATHS_SHORTEST_SIMPLE] = &sl_simple_question,
    [SL_PATHS_ORDER] = &sl_order_question,
    [SL_PATHS_CRITICAL] = &sl_critical_question,
    [SL_PATHS_ALL] = &sl_all_question,
    [SL_PATHS_ECCENTRICITY] = &sl_eccentricity_question,
    [SL_PATHS_CLOSENESS] = &sl_closeness_question,
    [SL_PATHS_BETWEENNESS] = &sl_betweenness_question,
    [SL_PATHS_BETWEENNESS_SAMPLED] = &sl_sampled_question,
    [SL_PATHS_REDUCTION] = &sl_reduction_question,
};
#define QUESTIONS (sizeof questions / sizeof questions[0])

sl_status sl_paths_create(sl_graph *graph, sl_paths **out) {
  *out = NULL;
  sl_paths *paths;
  SL_TRY(SL_ALLOC_ZERO(&paths, 1));
  paths->job.kind = &sl_paths_kind;
  paths->graph = graph;
  paths->n = graph->node_count;
  *out = paths;
  return SL_OK;
}

void sl_paths_clear(sl_paths *paths) {
  if (paths->question != NULL && paths->question->end != NULL) paths->question->end(paths);
  sl_blocks_free(&paths->blocks);
  paths->question = NULL;
  paths->state = NULL;
  sl_job_drop(&paths->job);
}

void sl_paths_destroy(sl_paths *paths) {
  if (paths == NULL) return;
  sl_paths_clear(paths);
  sl_routes_destroy(paths->routes);
  sl_free(paths->forward);
  sl_free(paths->backward);
  sl_free(paths);
}

size_t sl_paths_bytes(const sl_paths *paths) {
  const size_t copies = (paths->forward != NULL) + (paths->backward != NULL);
  return sizeof *paths + paths->blocks.bytes + sl_routes_bytes(paths->routes) +
         copies * paths->graph->outgoing->nnz * sizeof(uint64_t);
}

sl_status sl_paths_check_node(const sl_paths *paths, const char *name, uint32_t node) {
  if (node < paths->n) return SL_OK;
  return sl_fail(SL_ERR_INDEX, name, "a node of the graph", SL_NO_POSITION);
}

// The smallest, the mean and the largest weight, and whether all are whole.
static void measure(sl_paths *paths) {
  const sl_csr *edges = paths->graph->outgoing;
  const sl_arcs arcs = {.values = edges->values, .type = edges->value_type};
  double smallest = edges->value_type == SL_VALUES_PATTERN ? 1 : INFINITY,
         largest = edges->value_type == SL_VALUES_PATTERN ? 1 : 0, mean = largest;
  bool whole = true;
  if (edges->value_type != SL_VALUES_PATTERN) {
    for (uint32_t k = 0; k < edges->nnz; k++) {
      const double length = sl_arc_length(&arcs, k);
      mean += length / edges->nnz; // without overflow
      if (length < smallest) smallest = length;
      if (length > largest) largest = length;
      whole &= floor(length) == length;
    }
  }
  paths->smallest = smallest;
  paths->mean = mean;
  paths->largest = largest;
  const double longest = largest * paths->n;
  paths->whole = whole && longest < 4294967295.0;
  paths->exact = whole && longest < 0x1p53;
  paths->measured = true;
}

static sl_status make_pairs(const sl_csr *edges, uint64_t **out) {
  if (*out != NULL) return SL_OK;
  SL_TRY(SL_ALLOC(out, edges->nnz));
  const sl_arcs arcs = {.values = edges->values, .type = edges->value_type};
  for (uint32_t k = 0; k < edges->nnz; k++)
    (*out)[k] = (uint64_t)sl_arc_length(&arcs, k) << 32 | edges->columns[k];
  return SL_OK;
}

sl_status sl_paths_arcs(sl_paths *paths, bool weighted, bool reverse, sl_arcs *out) {
  const sl_csr *edges = paths->graph->outgoing;
  if (reverse) SL_TRY(sl_graph_incoming(paths->graph, &edges));
  *out = (sl_arcs){.rows = edges->row_pointers, .columns = edges->columns};
  if (!weighted || edges->value_type == SL_VALUES_PATTERN) return SL_OK;
  if (!paths->measured) measure(paths);
  SL_REQUIRE(paths->largest * paths->n < 0x1p1023, SL_ERR_RANGE, "graph",
             "weights whose largest times the number of nodes is below 2^1023");
  out->values = edges->values;
  out->type = edges->value_type;
  if (paths->whole) {
    uint64_t **kept = edges == paths->graph->outgoing ? &paths->forward : &paths->backward;
    SL_TRY(make_pairs(edges, kept));
    out->pairs = *kept;
  }
  return SL_OK;
}

sl_status sl_paths_begin(sl_paths *paths, uint32_t question, const double *options,
                         const uint32_t *nodes, uint32_t count) {
  SL_REQUIRE(question < QUESTIONS, SL_ERR_OPTION, "question", "one of sl_paths_question");
  sl_paths_clear(paths);
  paths->question = questions[question];
  paths->work = paths->expected = 0;
  sl_job_begin(&paths->job);
  const sl_status status = paths->question->begin(paths, options, nodes, count);
  if (status != SL_OK) sl_paths_clear(paths);
  return status;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_paths *paths = (sl_paths *)job;
  const sl_status status = paths->question->step(paths, work);
  if (status != SL_OK) sl_paths_clear(paths);
  return status;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_paths *)job)->work; }
static uint64_t work_expected(const sl_job *job) { return ((const sl_paths *)job)->expected; }
static size_t job_bytes(const sl_job *job) { return sl_paths_bytes((const sl_paths *)job); }
static void destroy(sl_job *job) { sl_paths_destroy((sl_paths *)job); }

const sl_job_kind sl_paths_kind = {"paths",       step,      sl_job_stop_here, work_done,
                                   work_expected, job_bytes, destroy};

sl_job *sl_paths_job(sl_paths *paths) { return &paths->job; }

sl_status sl_paths_read(sl_paths *paths, double *numbers) {
  SL_TRY(sl_job_require_ended(&paths->job));
  memset(numbers, 0, SL_PATHS_NUMBERS * sizeof *numbers);
  numbers[0] = paths->job.outcome;
  numbers[1] = (double)paths->work;
  return paths->question->read(paths, numbers);
}
