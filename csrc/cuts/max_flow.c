// The maximum flow between two nodes: flow.c in units that fit the capacities, a finer unit where the
// flow turns out to be small beside them, and what proves it.
#include "cuts/flow.h"
#include "cuts/sums.h"

typedef struct sl_max_flow {
  sl_flow_network network;
  sl_flow flow;
  const sl_csr *edges;
  uint32_t source, target;
  double largest; // capacities count as at most that
  int exponent;
  uint32_t readings;
  uint32_t *side;
  sl_sum cut;
  double gap;
  sl_crossing crossing, moved; // edges of the cut; edges with flow
} sl_max_flow;

sl_status sl_crossing_take(sl_crossing *crossing, sl_cuts *cuts, const uint32_t *side,
                           uint32_t count) {
  const sl_csr *edges = cuts->graph->outgoing;
  SL_TRY(TAKE(cuts, &crossing->from, count));
  SL_TRY(TAKE(cuts, &crossing->to, count));
  SL_TRY(TAKE(cuts, &crossing->weights, count));
  crossing->count = 0;
  for (uint32_t u = 0; u < edges->rows; u++) {
    if (!side[u]) continue;
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      if (side[edges->columns[k]]) continue;
      crossing->from[crossing->count] = u;
      crossing->to[crossing->count] = edges->columns[k];
      crossing->weights[crossing->count++] = sl_weight(edges, k);
    }
  }
  return SL_OK;
}

// Sum of the edges of u but loops, none counted as more than `largest`.
static double strength(const sl_csr *edges, uint32_t u, double largest) {
  double sum = 0;
  for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
    const double weight = sl_weight(edges, k);
    if (edges->columns[k] != u) sum += weight < largest ? weight : largest;
  }
  return sum;
}

// Begins the flow with no capacity above `largest`, which is more than the flow can be.
static void start(sl_max_flow *m, double largest) {
  const double out = strength(m->edges, m->source, largest);
  const double most = out > 2 * largest || largest == INFINITY ? out : 2 * largest;
  m->largest = largest;
  m->exponent = sl_unit_of(most < INFINITY ? most : largest);
  sl_flow_network_scale(&m->network, m->edges, largest, m->exponent);
  sl_flow_begin(&m->flow, m->source, m->target, false, m->readings);
}

static sl_status begin(sl_cuts *cuts, const double *options, const uint32_t *nodes,
                       uint32_t count) {
  REQUIRE_CHOICE(options[0], "method", 2, "0 or 1");
  SL_REQUIRE(count == 2, SL_ERR_SHAPE, "nodes", "a source and a target");
  SL_REQUIRE(nodes[0] < cuts->n, SL_ERR_INDEX, "source", "a node of the graph");
  SL_REQUIRE(nodes[1] < cuts->n, SL_ERR_INDEX, "target", "a node of the graph");
  SL_REQUIRE(nodes[0] != nodes[1], SL_ERR_OPTION, "target", "another node than the source");
  sl_max_flow *m;
  SL_TRY(TAKE_ZERO(cuts, &m, 1));
  cuts->state = m;
  m->edges = cuts->graph->outgoing;
  m->readings = options[0] == 0 ? SL_FLOW_READINGS : 0;
  m->source = nodes[0];
  m->target = nodes[1];
  const sl_csr *incoming;
  SL_TRY(sl_graph_incoming(cuts->graph, &incoming));
  const double out = strength(m->edges, m->source, INFINITY);
  const double in = strength(incoming, m->target, INFINITY), least = out < in ? out : in;
  // Twice the bound: what is cut off there is in no minimum cut.
  SL_REQUIRE(2 * least < INFINITY && 2 * strength(m->edges, m->source, 2 * least) < INFINITY,
             SL_ERR_RANGE, "graph", "capacities whose sums are below 2^1022");
  SL_TRY(sl_flow_network_create(&m->network, cuts));
  SL_TRY(sl_flow_create(&m->flow, &m->network, cuts));
  SL_TRY(TAKE(cuts, &m->side, cuts->n));
  start(m, least > 0 ? 2 * least : 1);
  return SL_OK;
}

// The edges that carry something, and how much.
static sl_status gather(sl_cuts *cuts, sl_max_flow *m) {
  const sl_flow_network *network = &m->network;
  const int64_t *residual = m->flow.residual;
  sl_crossing *moved = &m->moved;
  for (int pass = 0; pass < 2; pass++) {
    uint32_t count = 0;
    for (uint32_t u = 0; u < cuts->n; u++) {
      for (uint32_t k = network->rows[u]; k < network->rows[u + 1]; k++) {
        if (residual[k] >= network->capacities[k]) continue;
        if (pass == 1) {
          moved->from[count] = u;
          moved->to[count] = network->heads[k];
          moved->weights[count] =
              ldexp((double)(network->capacities[k] - residual[k]), m->exponent);
        }
        count++;
      }
    }
    if (pass == 1) break;
    moved->count = count;
    SL_TRY(TAKE(cuts, &moved->from, count));
    SL_TRY(TAKE(cuts, &moved->to, count));
    SL_TRY(TAKE(cuts, &moved->weights, count));
  }
  return SL_OK;
}

static sl_status step(sl_cuts *cuts, uint64_t work) {
  sl_max_flow *m = cuts->state;
  cuts->work += sl_flow_step(&m->flow, work);
  if (m->flow.phase != SL_FLOW_DONE) return SL_OK;
  sl_flow_side(&m->flow, m->side);
  cuts->work += m->network.arcs;
  m->cut = sl_sum_across(m->edges, m->side);
  m->gap = sl_sum_gap(&m->cut, m->flow.value, m->exponent);
  // Capacities were rounded down: with a finer unit the flow comes nearer to the cut.
  if (m->gap > 0x1p-48 * m->cut.value && m->cut.value < 0.25 * m->largest) {
    start(m, 2 * m->cut.value);
    return SL_OK;
  }
  SL_TRY(gather(cuts, m));
  SL_TRY(sl_crossing_take(&m->crossing, cuts, m->side, (uint32_t)m->cut.count));
  sl_job_end(&cuts->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status read(sl_cuts *cuts, double *numbers) {
  const sl_max_flow *m = cuts->state;
  numbers[2] = m->cut.value;
  numbers[3] = m->gap;
  numbers[4] = sl_address(m->side);
  numbers[5] = m->moved.count;
  numbers[6] = sl_address(m->moved.from);
  numbers[7] = sl_address(m->moved.to);
  numbers[8] = sl_address(m->moved.weights);
  numbers[9] = m->crossing.count;
  numbers[10] = sl_address(m->crossing.from);
  numbers[11] = sl_address(m->crossing.to);
  numbers[12] = sl_address(m->crossing.weights);
  return SL_OK;
}

const sl_cut_question sl_max_flow_question = {false, begin, step, read};
