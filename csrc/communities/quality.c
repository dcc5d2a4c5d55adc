// The quality of labels that are given.
#include "communities/question.h"

typedef struct sl_quality_state {
  sl_objective objective;
  uint32_t *labels;
  sl_quality_sum sum;
  bool whole;
} sl_quality_state;

static sl_status begin(sl_communities *c, const double *options, const uint32_t *labels) {
  sl_quality_state *s;
  SL_TRY(TAKE_ZERO(c, &s, 1));
  c->state = s;
  SL_TRY(sl_objective_read(options, &s->objective));
  SL_TRY(TAKE(c, &s->labels, c->n));
  uint32_t count;
  double *sums;
  SL_TRY(sl_labels_dense(c->n, labels, s->labels, &count));
  SL_TRY(TAKE(c, &sums, (c->graph->directed ? 2 : 1) * (size_t)count));
  sl_quality_begin(&s->sum, c, &s->objective, s->labels, count, sums);
  c->expected = c->graph->outgoing->nnz + (uint64_t)c->n;
  return SL_OK;
}

static sl_status step(sl_communities *c, uint64_t work) {
  sl_quality_state *s = c->state;
  if (!sl_quality_step(&s->sum, c, &s->objective, work, &c->work)) return SL_OK;
  s->whole = true;
  sl_job_end(&c->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status stop(sl_communities *c) {
  (void)c;
  return SL_OK;
}

static sl_status read(sl_communities *c, double *numbers) {
  const sl_quality_state *s = c->state;
  SL_REQUIRE(s->whole, SL_ERR_STATE, "communities", "a sum over all edges");
  SL_REQUIRE(isfinite(s->sum.value), SL_ERR_RANGE, "graph", "a quality within the range of f64");
  numbers[2] = s->sum.count;
  numbers[3] = s->sum.value;
  return SL_OK;
}

const sl_communities_kind_of sl_quality_question = {begin, step, stop, read, NULL};
