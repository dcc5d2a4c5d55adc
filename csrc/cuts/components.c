// Connected components: sets that are joined edge by edge (graph/components.h), some nodes a step.
#include "graph/components.h"
#include "cuts/question.h"

typedef struct sl_components {
  uint32_t *labels, *sizes, count, next;
} sl_components;

static sl_status begin(sl_cuts *cuts, const double *options, const uint32_t *nodes,
                       uint32_t count) {
  (void)options, (void)nodes, (void)count;
  sl_components *c;
  SL_TRY(TAKE_ZERO(cuts, &c, 1));
  cuts->state = c;
  SL_TRY(TAKE(cuts, &c->labels, cuts->n));
  for (uint32_t u = 0; u < cuts->n; u++) c->labels[u] = u;
  cuts->expected = cuts->graph->outgoing->nnz + (uint64_t)cuts->n;
  return SL_OK;
}

static sl_status step(sl_cuts *cuts, uint64_t work) {
  sl_components *c = cuts->state;
  const uint32_t *rows = cuts->graph->outgoing->row_pointers;
  for (uint64_t done = 0; done < work && c->next < cuts->n;) {
    const uint32_t end = cuts->n - c->next > 1024 ? c->next + 1024 : cuts->n;
    sl_graph_components_join(cuts->graph, c->labels, c->next, end);
    const uint64_t some = rows[end] - rows[c->next] + (uint64_t)(end - c->next);
    done += some;
    cuts->work += some;
    c->next = end;
  }
  if (c->next < cuts->n) return SL_OK;
  c->count = sl_graph_components_number(cuts->n, c->labels);
  SL_TRY(TAKE_ZERO(cuts, &c->sizes, c->count));
  for (uint32_t u = 0; u < cuts->n; u++) c->sizes[c->labels[u]]++;
  sl_job_end(&cuts->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status read(sl_cuts *cuts, double *numbers) {
  const sl_components *c = cuts->state;
  numbers[2] = c->count;
  numbers[3] = sl_address(c->labels);
  numbers[4] = sl_address(c->sizes);
  return SL_OK;
}

const sl_cut_question sl_components_question = {false, begin, step, read};
