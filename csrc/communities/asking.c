// The object of the room: one question at a time, and its memory.
#include "communities/communities.h"

#include "communities/question.h"

static const sl_communities_kind_of *const questions[] = {
    [SL_COMMUNITIES_LEIDEN] = &sl_leiden_question,
    [SL_COMMUNITIES_LOUVAIN] = &sl_louvain_question,
    [SL_COMMUNITIES_PROPAGATION] = &sl_propagation_question,
    [SL_COMMUNITIES_QUALITY] = &sl_quality_question,
    [SL_COMMUNITIES_EMBEDDING] = &sl_embedding_question,
};
#define QUESTIONS (sizeof questions / sizeof questions[0])

sl_status sl_communities_create(sl_graph *graph, sl_communities **out) {
  *out = NULL;
  sl_communities *c;
  SL_TRY(SL_ALLOC_ZERO(&c, 1));
  c->job.kind = &sl_communities_kind;
  c->graph = graph;
  c->n = graph->node_count;
  *out = c;
  return SL_OK;
}

void sl_communities_clear(sl_communities *c) {
  if (c->question != NULL && c->question->end != NULL) c->question->end(c);
  sl_blocks_free(&c->blocks);
  c->question = NULL;
  c->state = NULL;
  sl_job_drop(&c->job);
}

void sl_communities_destroy(sl_communities *c) {
  if (c == NULL) return;
  sl_communities_clear(c);
  sl_free(c);
}

size_t sl_communities_bytes(const sl_communities *c) { return sizeof *c + c->blocks.bytes; }

sl_status sl_communities_begin(sl_communities *c, uint32_t question, const double *options,
                               const uint32_t *labels, uint32_t count) {
  SL_REQUIRE(question < QUESTIONS, SL_ERR_OPTION, "question", "one of sl_communities_question");
  sl_communities_clear(c);
  const bool needed = question == SL_COMMUNITIES_QUALITY;
  SL_REQUIRE(count == c->n || (count == 0 && !needed), SL_ERR_SHAPE, "labels",
             "one label a node of the graph");
  c->question = questions[question];
  c->work = c->expected = 0;
  sl_job_begin(&c->job);
  const sl_status status = c->question->begin(c, options, count == 0 ? NULL : labels);
  if (status != SL_OK) sl_communities_clear(c);
  return status;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_communities *c = (sl_communities *)job;
  const sl_status status = c->question->step(c, work);
  if (status != SL_OK) sl_communities_clear(c);
  return status;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  sl_communities *c = (sl_communities *)job;
  const sl_status status = c->question->stop(c);
  if (status != SL_OK)
    sl_communities_clear(c);
  else
    sl_job_end(job, why);
  return status;
}
static uint64_t work_done(const sl_job *job) { return ((const sl_communities *)job)->work; }
static uint64_t work_expected(const sl_job *job) { return ((const sl_communities *)job)->expected; }
static size_t job_bytes(const sl_job *job) {
  return sl_communities_bytes((const sl_communities *)job);
}
static void destroy(sl_job *job) { sl_communities_destroy((sl_communities *)job); }

const sl_job_kind sl_communities_kind = {"communities", step,      stop,   work_done,
                                         work_expected, job_bytes, destroy};

sl_job *sl_communities_job(sl_communities *c) { return &c->job; }

sl_status sl_communities_read(sl_communities *c, double *numbers) {
  SL_TRY(sl_job_require_ended(&c->job));
  memset(numbers, 0, SL_COMMUNITIES_NUMBERS * sizeof *numbers);
  numbers[0] = c->job.outcome;
  numbers[1] = (double)c->work;
  return c->question->read(c, numbers);
}
