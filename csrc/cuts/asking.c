// The object of the room: one question at a time, and its memory.
#include "cuts/cuts.h"

#include "cuts/question.h"

static const sl_cut_question *const questions[] = {
    [SL_CUTS_COMPONENTS] = &sl_components_question, [SL_CUTS_STRONG] = &sl_strong_question,
    [SL_CUTS_BLOCKS] = &sl_blocks_question,         [SL_CUTS_BIPARTITE] = &sl_bipartite_question,
    [SL_CUTS_CORES] = &sl_cores_question,           [SL_CUTS_TRIANGLES] = &sl_triangles_question,
    [SL_CUTS_COLOURING] = &sl_colouring_question,   [SL_CUTS_SPANNING] = &sl_spanning_question,
    [SL_CUTS_FLOW] = &sl_max_flow_question,         [SL_CUTS_MINIMUM] = &sl_minimum_cut_question,
    [SL_CUTS_TREE] = &sl_cut_tree_question,         [SL_CUTS_MATCHING] = &sl_matching_question,
    [SL_CUTS_COVER] = &sl_cover_question,           [SL_CUTS_WEIGHTED] = &sl_weighted_question,
};
#define QUESTIONS (sizeof questions / sizeof questions[0])

sl_status sl_cuts_create(sl_graph *graph, sl_cuts **out) {
  *out = NULL;
  sl_cuts *cuts;
  SL_TRY(SL_ALLOC_ZERO(&cuts, 1));
  cuts->job.kind = &sl_cuts_kind;
  cuts->graph = graph;
  cuts->n = graph->node_count;
  *out = cuts;
  return SL_OK;
}

void sl_cuts_clear(sl_cuts *cuts) {
  sl_blocks_free(&cuts->blocks);
  cuts->question = NULL;
  cuts->state = NULL;
  sl_job_drop(&cuts->job);
}

void sl_cuts_destroy(sl_cuts *cuts) {
  if (cuts == NULL) return;
  sl_cuts_clear(cuts);
  sl_free(cuts);
}

size_t sl_cuts_bytes(const sl_cuts *cuts) { return sizeof *cuts + cuts->blocks.bytes; }

sl_status sl_cuts_begin(sl_cuts *cuts, uint32_t question, const double *options,
                        const uint32_t *nodes, uint32_t count) {
  SL_REQUIRE(question < QUESTIONS, SL_ERR_OPTION, "question", "one of sl_cuts_question");
  sl_cuts_clear(cuts);
  const sl_cut_question *asked = questions[question];
  SL_REQUIRE(!asked->undirected || !cuts->graph->directed, SL_ERR_UNSUPPORTED, "graph",
             "an undirected graph");
  cuts->question = asked;
  cuts->work = cuts->expected = 0;
  sl_job_begin(&cuts->job);
  const sl_status status = asked->begin(cuts, options, nodes, count);
  if (status != SL_OK) sl_cuts_clear(cuts);
  return status;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_cuts *cuts = (sl_cuts *)job;
  const sl_status status = cuts->question->step(cuts, work);
  if (status != SL_OK) sl_cuts_clear(cuts);
  return status;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_cuts *)job)->work; }
static uint64_t work_expected(const sl_job *job) { return ((const sl_cuts *)job)->expected; }
static size_t job_bytes(const sl_job *job) { return sl_cuts_bytes((const sl_cuts *)job); }
static void destroy(sl_job *job) { sl_cuts_destroy((sl_cuts *)job); }

const sl_job_kind sl_cuts_kind = {"cuts",        step,      sl_job_stop_here, work_done,
                                  work_expected, job_bytes, destroy};

sl_job *sl_cuts_job(sl_cuts *cuts) { return &cuts->job; }

sl_status sl_cuts_read(sl_cuts *cuts, double *numbers) {
  SL_TRY(sl_job_require_ended(&cuts->job));
  memset(numbers, 0, SL_CUTS_NUMBERS * sizeof *numbers);
  numbers[0] = cuts->job.outcome;
  numbers[1] = (double)cuts->work;
  return cuts->job.outcome == SL_OUTCOME_CONVERGED ? cuts->question->read(cuts, numbers) : SL_OK;
}
