// Based on: R. E. Gomory, T. C. Hu, "Multi-terminal network flows", J. SIAM 9 (1961),
// doi:10.1137/0109047; D. Gusfield, "Very simple methods for all pairs network flow analysis", SIAM J.
// Comput. 19 (1990), doi:10.1137/0219009: n - 1 flows on the graph itself, none contracted.
#include "cuts/flow.h"
#include "cuts/sums.h"

typedef struct sl_cut_tree {
  sl_flow_network network;
  sl_flow flow;
  int exponent;
  uint32_t node; // whose flow is running; 0: none
  uint32_t *parent, *side;
  double *values, gap;
} sl_cut_tree;

static sl_status begin(sl_cuts *cuts, const double *options, const uint32_t *nodes,
                       uint32_t count) {
  (void)options, (void)nodes, (void)count;
  sl_cut_tree *t;
  SL_TRY(TAKE_ZERO(cuts, &t, 1));
  cuts->state = t;
  const sl_csr *edges = cuts->graph->outgoing;
  double total = 0;
  for (uint32_t k = 0; k < edges->nnz; k++) total += sl_weight(edges, k);
  SL_REQUIRE(total < 0x1p1022, SL_ERR_RANGE, "graph", "weights whose sum is below 2^1021");
  SL_TRY(sl_flow_network_create(&t->network, cuts));
  SL_TRY(sl_flow_create(&t->flow, &t->network, cuts));
  SL_TRY(TAKE_ZERO(cuts, &t->parent, cuts->n));
  SL_TRY(TAKE(cuts, &t->side, cuts->n));
  SL_TRY(TAKE_ZERO(cuts, &t->values, cuts->n));
  t->exponent = sl_unit_of(total);
  sl_flow_network_scale(&t->network, edges, INFINITY, t->exponent);
  return SL_OK;
}

// The cut between the node and its parent is known.
static void take_cut(sl_cuts *cuts, sl_cut_tree *t) {
  const uint32_t s = t->node, p = t->parent[s];
  sl_flow_side(&t->flow, t->side);
  const sl_sum sum = sl_sum_across(cuts->graph->outgoing, t->side);
  const double gap = sl_sum_gap(&sum, t->flow.value, t->exponent);
  if (gap > t->gap) t->gap = gap;
  t->values[s] = sum.value;
  for (uint32_t u = 0; u < cuts->n; u++)
    if (u != s && t->side[u] && t->parent[u] == p && u != p) t->parent[u] = s;
  if (p != 0 && t->side[t->parent[p]]) {
    t->parent[s] = t->parent[p];
    t->parent[p] = s;
    t->values[s] = t->values[p];
    t->values[p] = sum.value;
  }
}

static sl_status step(sl_cuts *cuts, uint64_t work) {
  sl_cut_tree *t = cuts->state;
  const uint64_t arcs = t->network.arcs + (uint64_t)cuts->n;
  for (uint64_t done = 0; done < work;) {
    if (t->node > 0) {
      const uint64_t some = sl_flow_step(&t->flow, work - done);
      done += some;
      cuts->work += some;
      if (t->flow.phase != SL_FLOW_DONE) break;
      take_cut(cuts, t);
    }
    if (++t->node >= cuts->n) {
      t->parent[0] = NONE;
      sl_job_end(&cuts->job, SL_OUTCOME_CONVERGED);
      break;
    }
    sl_flow_begin(&t->flow, t->node, t->parent[t->node], true, SL_FLOW_READINGS);
    done += 3 * arcs;
    cuts->work += 3 * arcs;
  }
  // Each flow is taken to cost as much as those before.
  if (t->node > 0) cuts->expected = cuts->work / t->node * cuts->n;
  return SL_OK;
}

static sl_status read(sl_cuts *cuts, double *numbers) {
  const sl_cut_tree *t = cuts->state;
  numbers[2] = sl_address(t->parent);
  numbers[3] = sl_address(t->values);
  numbers[4] = t->gap;
  return SL_OK;
}

const sl_cut_question sl_cut_tree_question = {true, begin, step, read};
