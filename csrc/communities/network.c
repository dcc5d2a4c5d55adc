// The graph as communities want it: symmetric, without loops, with the sums of the null model.
#include "communities/question.h"

sl_status sl_objective_read(const double *options, sl_objective *out) {
  SL_REQUIRE(options[1] == 0 || options[1] == 1, SL_ERR_OPTION, "objective",
             "0 (modularity) or 1 (constant Potts model)");
  SL_REQUIRE(options[2] >= 0 && options[2] < INFINITY, SL_ERR_OPTION, "resolution",
             "a finite number >= 0");
  *out = (sl_objective){options[0] != 0, options[1] == 1, options[2]};
  return SL_OK;
}

sl_status sl_seed_read(double option, sl_rng *rng) {
  SL_REQUIRE(option >= 0 && option <= 0x1p53 && floor(option) == option, SL_ERR_OPTION, "seed",
             "an integer from 0 to 2^53");
  sl_rng_seed(rng, (uint64_t)option);
  return SL_OK;
}

void sl_shuffle(sl_rng *rng, uint32_t *order, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    const uint32_t j = sl_rng_below(rng, i + 1);
    order[i] = order[j];
    order[j] = i;
  }
}

int sl_network_exponent(const sl_graph *graph, bool weighted) {
  const sl_csr *edges = graph->outgoing;
  if (!weighted || edges->value_type != SL_VALUES_F64) return 0;
  const double *values = edges->values;
  double largest = 0;
  for (uint32_t k = 0; k < edges->nnz; k++)
    if (values[k] > largest) largest = values[k];
  if (largest == 0 || (largest > 0x1p-200 && largest < 0x1p200)) return 0;
  int exponent;
  frexp(largest, &exponent);
  return exponent;
}

// Weights as they are used: read from a row of the graph.
SL_ALWAYS_INLINE double weight_at(const sl_csr *edges, bool weighted, int exponent, uint32_t k) {
  if (!weighted) return 1;
  const double w = sl_csr_value(edges, k);
  return exponent == 0 ? w : ldexp(w, -exponent);
}

static bool has_loops(const sl_csr *edges) {
  for (uint32_t u = 0; u < edges->rows; u++)
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++)
      if (edges->columns[k] == u) return true;
  return false;
}

// Rows of an undirected graph without their loops.
static void copy_rows(const sl_csr *edges, bool weighted, int exponent, uint32_t *rows,
                      uint32_t *columns, double *weights) {
  uint32_t at = 0;
  for (uint32_t u = 0; u < edges->rows; u++) {
    rows[u] = at;
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      if (edges->columns[k] == u) continue;
      columns[at] = edges->columns[k];
      if (weights != NULL) weights[at] = weight_at(edges, weighted, exponent, k);
      at++;
    }
  }
  rows[edges->rows] = at;
}

// Rows of a directed graph: edges out and in, sorted, those of both directions as one.
static void merge_rows(const sl_csr *out, const sl_csr *in, bool weighted, int exponent,
                       uint32_t *rows, uint32_t *columns, double *weights) {
  uint32_t at = 0;
  for (uint32_t u = 0; u < out->rows; u++) {
    rows[u] = at;
    uint32_t i = out->row_pointers[u], j = in->row_pointers[u];
    const uint32_t last_i = out->row_pointers[u + 1], last_j = in->row_pointers[u + 1];
    while (i < last_i || j < last_j) {
      const uint32_t a = i < last_i ? out->columns[i] : NONE,
                     b = j < last_j ? in->columns[j] : NONE;
      const uint32_t v = a < b ? a : b;
      double w = 0;
      if (a == v) w += weight_at(out, weighted, exponent, i++);
      if (b == v) w += weight_at(in, weighted, exponent, j++);
      if (v == u) continue;
      columns[at] = v;
      weights[at++] = w;
    }
  }
  rows[out->rows] = at;
}

static void sum_strengths(const sl_graph *graph, bool weighted, int exponent, sl_network *net) {
  const sl_csr *edges = graph->outgoing;
  memset(net->out, 0, net->n * sizeof(double));
  if (net->in != net->out) memset(net->in, 0, net->n * sizeof(double));
  double total = 0;
  for (uint32_t u = 0; u < net->n; u++) {
    double sum = 0;
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      const double w = weight_at(edges, weighted, exponent, k);
      sum += w;
      if (graph->directed)
        net->in[edges->columns[k]] += w;
      else if (edges->columns[k] == u)
        sum += w;
    }
    net->out[u] = sum;
    total += sum;
  }
  net->total = total;
}

sl_status sl_network_create(sl_communities *c, const sl_objective *objective, sl_network *net) {
  sl_graph *graph = c->graph;
  const sl_csr *edges = graph->outgoing, *incoming = NULL;
  const bool weighted = objective->weighted && edges->value_type != SL_VALUES_PATTERN;
  *net = (sl_network){.n = c->n, .exponent = sl_network_exponent(graph, weighted)};
  uint32_t *rows, *columns;
  double *weights = NULL;
  if (graph->directed) {
    SL_TRY(sl_graph_incoming(graph, &incoming));
    SL_REQUIRE(edges->nnz <= UINT32_MAX / 2, SL_ERR_OVERFLOW, "graph", "fewer than 2^31 edges");
    SL_TRY(TAKE(c, &rows, (size_t)c->n + 1));
    SL_TRY(TAKE(c, &columns, 2 * (size_t)edges->nnz));
    SL_TRY(TAKE(c, &weights, 2 * (size_t)edges->nnz));
    merge_rows(edges, incoming, weighted, net->exponent, rows, columns, weights);
    net->rows = rows, net->columns = columns, net->weights = weights;
  } else if (has_loops(edges) ||
             (weighted && (edges->value_type == SL_VALUES_F32 || net->exponent != 0))) {
    SL_TRY(TAKE(c, &rows, (size_t)c->n + 1));
    SL_TRY(TAKE(c, &columns, edges->nnz));
    if (weighted) SL_TRY(TAKE(c, &weights, edges->nnz));
    copy_rows(edges, weighted, net->exponent, rows, columns, weights);
    net->rows = rows, net->columns = columns, net->weights = weights;
  } else {
    net->rows = edges->row_pointers;
    net->columns = edges->columns;
    net->weights = weighted ? edges->values : NULL;
  }
  net->directed = graph->directed && !objective->potts;
  SL_TRY(TAKE(c, &net->out, c->n));
  net->in = net->out;
  if (graph->directed) SL_TRY(TAKE(c, &net->in, c->n));
  sum_strengths(graph, weighted, net->exponent, net);
  const double count = graph->directed ? edges->nnz : 2.0 * graph->edge_count;
  net->mean = count > 0 ? net->total / count : 1;
  // Above this every node is alone anyway, and no product overflows below it.
  const double most = 0x1p220;
  if (objective->potts) {
    net->factor = fmin(ldexp(objective->resolution, -net->exponent), most);
    if (graph->directed) net->factor *= 2;
    for (uint32_t u = 0; u < c->n; u++) net->out[u] = 1;
    net->in = net->out;
    net->total = c->n;
  } else {
    net->factor = net->total > 0 ? fmin(objective->resolution, most) / net->total : 0;
  }
  c->expected = 0;
  return SL_OK;
}

void sl_quality_begin(sl_quality_sum *q, const sl_communities *c, const sl_objective *objective,
                      const uint32_t *labels, uint32_t count, double *sums) {
  *q = (sl_quality_sum){.labels = labels,
                        .count = count,
                        .exponent = sl_network_exponent(c->graph, objective->weighted),
                        .out = sums,
                        .in = c->graph->directed ? sums + count : sums};
  memset(sums, 0, (c->graph->directed ? 2 : 1) * (size_t)count * sizeof *sums);
}

// Rows until `end`, or one more than `most` edges.
SL_NOINLINE static uint64_t sum_rows(sl_quality_sum *q, const sl_graph *graph, bool weighted,
                                     bool potts, uint64_t most) {
  const sl_csr *edges = graph->outgoing;
  const uint32_t *labels = q->labels;
  uint64_t done = 0;
  for (; q->row < edges->rows && done < most; q->row++) {
    const uint32_t u = q->row, own = labels[u];
    double inside = 0, sum = 0;
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      const uint32_t v = edges->columns[k];
      double w = weight_at(edges, weighted, q->exponent, k);
      if (graph->directed)
        q->in[labels[v]] += potts ? 0 : w;
      else if (v == u)
        w *= 2;
      sum += w;
      inside += labels[v] == own ? w : 0;
    }
    q->inside += inside;
    q->total += sum;
    q->out[own] += potts ? 1 : sum;
    done += edges->row_pointers[u + 1] - edges->row_pointers[u] + 1;
  }
  return done;
}

bool sl_quality_step(sl_quality_sum *q, const sl_communities *c, const sl_objective *objective,
                     uint64_t most, uint64_t *work) {
  const sl_graph *graph = c->graph;
  const bool weighted = objective->weighted && graph->outgoing->value_type != SL_VALUES_PATTERN;
  uint64_t done = 0;
  while (q->row < c->n && done < most)
    done +=
        sum_rows(q, graph, weighted, objective->potts, most - done < 20000 ? most - done : 20000);
  *work += done;
  if (q->row < c->n) return false;
  // Undirected: each edge was met twice.
  double value = 0;
  if (objective->potts) {
    const double edges = graph->directed ? 1 : 2;
    value = ldexp(q->inside / edges, q->exponent);
    double pairs = 0;
    for (uint32_t i = 0; i < q->count; i++) pairs += q->out[i] * (q->out[i] - 1);
    value -= objective->resolution * (pairs / edges);
  } else if (q->total > 0) {
    double expected = 0;
    for (uint32_t i = 0; i < q->count; i++)
      expected += (q->out[i] / q->total) * (q->in[i] / q->total);
    value = q->inside / q->total - objective->resolution * expected;
  }
  q->value = value;
  return true;
}
