// Based on: V. Batagelj, M. Zaversnik, "An O(m) algorithm for cores decomposition of networks"
// (2003), arXiv:cs/0310049: nodes in buckets by what is left of their degree; D. W. Matula, L. L. Beck,
// "Smallest-last ordering and clustering and graph coloring algorithms", J. ACM 30 (1983),
// doi:10.1145/2402.322385, for the order. Loops are not counted.
#include "cuts/cores.h"

sl_status sl_peeling_create(sl_peeling *p, sl_cuts *cuts) {
  const uint32_t n = cuts->n;
  p->edges = cuts->graph->outgoing;
  const uint32_t *rows = p->edges->row_pointers, *columns = p->edges->columns;
  SL_TRY(TAKE(cuts, &p->core, n));
  SL_TRY(TAKE(cuts, &p->order, n));
  SL_TRY(TAKE(cuts, &p->position, n));
  uint32_t most = 0;
  for (uint32_t u = 0; u < n; u++) {
    uint32_t degree = rows[u + 1] - rows[u];
    for (uint32_t k = rows[u]; k < rows[u + 1] && columns[k] <= u; k++) degree -= columns[k] == u;
    p->core[u] = degree;
    if (degree > most) most = degree;
  }
  SL_TRY(TAKE_ZERO(cuts, &p->starts, (size_t)most + 2));
  for (uint32_t u = 0; u < n; u++) p->starts[p->core[u] + 1]++;
  for (uint32_t d = 0; d < most; d++) p->starts[d + 1] += p->starts[d];
  for (uint32_t u = 0; u < n; u++) {
    p->position[u] = p->starts[p->core[u]]++;
    p->order[p->position[u]] = u;
  }
  for (uint32_t d = most; d > 0; d--) p->starts[d] = p->starts[d - 1];
  p->starts[0] = 0;
  return SL_OK;
}

SL_NOINLINE uint64_t sl_peeling_step(sl_peeling *p, uint32_t n, uint64_t work) {
  const uint32_t *rows = p->edges->row_pointers, *columns = p->edges->columns;
  uint64_t done = 0;
  while (done < work && p->next < n) {
    const uint32_t u = p->order[p->next++], core = p->core[u];
    if (core > p->degeneracy) p->degeneracy = core;
    for (uint32_t k = rows[u]; k < rows[u + 1]; k++) {
      const uint32_t v = columns[k], left = p->core[v];
      if (left <= core) continue;
      // v changes places with the first of its bucket, which then begins behind it.
      const uint32_t at = p->position[v], first = p->starts[left], other = p->order[first];
      p->order[at] = other;
      p->position[other] = at;
      p->order[first] = v;
      p->position[v] = first;
      p->starts[left] = first + 1;
      p->core[v] = left - 1;
    }
    done += 1 + rows[u + 1] - rows[u];
  }
  return done;
}

static sl_status begin(sl_cuts *cuts, const double *options, const uint32_t *nodes,
                       uint32_t count) {
  (void)options, (void)nodes, (void)count;
  sl_peeling *p;
  SL_TRY(TAKE_ZERO(cuts, &p, 1));
  cuts->state = p;
  cuts->expected = cuts->graph->outgoing->nnz + (uint64_t)cuts->n;
  return sl_peeling_create(p, cuts);
}

static sl_status step(sl_cuts *cuts, uint64_t work) {
  sl_peeling *p = cuts->state;
  cuts->work += sl_peeling_step(p, cuts->n, work);
  if (p->next == cuts->n) sl_job_end(&cuts->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status read(sl_cuts *cuts, double *numbers) {
  const sl_peeling *p = cuts->state;
  numbers[2] = p->degeneracy;
  numbers[3] = sl_address(p->core);
  numbers[4] = sl_address(p->order);
  return SL_OK;
}

const sl_cut_question sl_cores_question = {true, begin, step, read};
