// A cut of least weight, in exact arithmetic: weights are rounded down to whole numbers of a unit.
#include "cuts/question.h"
#include "cuts/shrink.h"
#include "cuts/sums.h"

typedef struct sl_minimum_cut {
  const sl_csr *edges;
  double largest; // weights count as at most that
  int exponent;
  sl_shrink shrink;
  sl_sum sum;
  double gap;
  sl_crossing crossing;
} sl_minimum_cut;

// Begins with the whole graph, no weight above `largest`, which is more than the least cut.
static sl_status start(sl_minimum_cut *m, uint32_t n, double largest) {
  sl_shrink *s = &m->shrink;
  const sl_csr *edges = m->edges;
  double total = 0;
  for (uint32_t k = 0; k < edges->nnz; k++) {
    const double weight = sl_weight(edges, k);
    total += weight < largest ? weight : largest;
  }
  SL_REQUIRE(total < 0x1p1022, SL_ERR_RANGE, "graph", "weights whose sum is below 2^1021");
  m->largest = largest;
  m->exponent = sl_unit_of(total);
  s->n = n;
  s->least = UINT64_MAX;
  uint32_t at = 0;
  for (uint32_t u = 0; u < n; u++) {
    uint64_t sum = 0;
    s->graph.rows[u] = at;
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      if (edges->columns[k] == u) continue;
      s->graph.heads[at] = edges->columns[k];
      const double weight = sl_weight(edges, k);
      s->graph.weights[at] = (uint64_t)ldexp(weight < largest ? weight : largest, -m->exponent);
      sum += s->graph.weights[at++];
    }
    s->degree[u] = sum;
    s->label[u] = u;
  }
  s->graph.rows[n] = at;
  sl_shrink_look_at_degrees(s);
  return SL_OK;
}

static sl_status begin(sl_cuts *cuts, const double *options, const uint32_t *nodes,
                       uint32_t count) {
  (void)options, (void)nodes, (void)count;
  const uint32_t n = cuts->n;
  SL_REQUIRE(n > 1, SL_ERR_UNSUPPORTED, "graph", "a graph of at least two nodes");
  sl_minimum_cut *m;
  SL_TRY(TAKE_ZERO(cuts, &m, 1));
  cuts->state = m;
  const sl_csr *edges = m->edges = cuts->graph->outgoing;
  SL_TRY(sl_shrink_take(&m->shrink, &cuts->blocks, n, edges->nnz));
  return start(m, n, INFINITY);
}

static bool is_running(const sl_shrink *s) { return s->running || (s->n > 1 && s->least > 0); }

static sl_status step(sl_cuts *cuts, uint64_t work) {
  sl_minimum_cut *m = cuts->state;
  sl_shrink *s = &m->shrink;
  for (uint64_t done = 0; done < work && is_running(s);) {
    const uint64_t some = sl_shrink_step(s, work);
    done += some;
    cuts->work += some;
  }
  if (is_running(s)) return SL_OK;
  m->sum = sl_sum_across(m->edges, s->side);
  m->gap = sl_sum_gap(&m->sum, (int64_t)s->least, m->exponent);
  // Weights were rounded down: a finer unit, where the cut is small beside them.
  if (m->gap > 0x1p-48 * m->sum.value && m->sum.value < 0.25 * m->largest)
    return start(m, cuts->n, 2 * m->sum.value);
  SL_TRY(sl_crossing_take(&m->crossing, cuts, s->side, (uint32_t)m->sum.count));
  sl_job_end(&cuts->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status read(sl_cuts *cuts, double *numbers) {
  const sl_minimum_cut *m = cuts->state;
  (void)cuts;
  numbers[2] = m->sum.value;
  numbers[3] = m->gap;
  numbers[4] = sl_address(m->shrink.side);
  numbers[5] = m->crossing.count;
  numbers[6] = sl_address(m->crossing.from);
  numbers[7] = sl_address(m->crossing.to);
  numbers[8] = sl_address(m->crossing.weights);
  return SL_OK;
}

const sl_cut_question sl_minimum_cut_question = {true, begin, step, read};
