// The matrix that values are spread with: a graph's edges in both directions, over the degrees.
#include "gnn/spreading.h"

#include <float.h>
#include <math.h>

#include "base/memory.h"

typedef struct source {
  const sl_csr *out, *in; // in: NULL for an undirected graph
  bool weighted;
  double scale; // so that no sum of weights overflows
  double loop;  // that each node has more
} source;

static double weight_of(const source *from, const sl_csr *edges, uint32_t k) {
  return from->weighted ? sl_csr_value(edges, k) * from->scale : 1;
}

// Row u: neighbours in both directions, each once. Gives how many; the weights are written.
static uint32_t merge_row(const source *from, uint32_t u, uint32_t *targets, double *weights) {
  const sl_csr *out = from->out, *in = from->in;
  uint32_t at = 0, i = out->row_pointers[u], last_i = out->row_pointers[u + 1];
  uint32_t j = in == NULL ? 0 : in->row_pointers[u];
  const uint32_t last_j = in == NULL ? 0 : in->row_pointers[u + 1];
  bool added = from->loop == 0;
  while (i < last_i || j < last_j || !added) {
    const uint32_t a = i < last_i ? out->columns[i] : UINT32_MAX;
    const uint32_t b = j < last_j ? in->columns[j] : UINT32_MAX;
    uint32_t v = a < b ? a : b;
    if (!added && u < v) v = u;
    double w = 0;
    if (a == v) w += weight_of(from, out, i++);
    if (b == v) {
      // A loop leads the same way in both directions.
      if (v != u) w += weight_of(from, in, j);
      j++;
    }
    if (!added && v == u) {
      w += from->loop;
      added = true;
    }
    targets[at] = v;
    weights[at++] = w;
  }
  return at;
}

static source source_of(sl_spreading *s, const sl_csr *out, const sl_csr *in, bool weighted,
                        bool loops) {
  source from = {out, in, weighted && out->value_type != SL_VALUES_PATTERN, 1, 0};
  double largest = 0, smallest = INFINITY, mean = 0;
  for (uint32_t k = 0; from.weighted && k < out->nnz; k++) {
    largest = fmax(largest, sl_csr_value(out, k));
    smallest = fmin(smallest, sl_csr_value(out, k));
  }
  // A power of two: weights stay what they are beside each other. 2^33 of them can be added.
  if (largest >= 0x1p960) from.scale = 0x1p-64;
  s->exact_weights = from.scale == 1 || smallest * from.scale >= DBL_MIN;
  for (uint32_t k = 0; k < out->nnz; k++) mean += weight_of(&from, out, k) / out->nnz;
  if (loops) from.loop = mean > 0 ? mean : 1;
  return from;
}

static void divide(sl_spreading *s) {
  for (uint32_t u = 0; u < s->n; u++) {
    double degree = 0;
    const uint32_t length = s->rows[u + 1] - s->rows[u];
    for (uint32_t k = s->rows[u]; k < s->rows[u + 1]; k++) degree += s->weights[k];
    s->roots[u] = s->symmetric ? sqrt(degree) : degree;
    if (length > s->longest) s->longest = length;
  }
  for (uint32_t u = 0; u < s->n; u++) {
    // One after the other: their product could be too small or too large.
    for (uint32_t k = s->rows[u]; k < s->rows[u + 1] && s->roots[u] > 0; k++) {
      s->weights[k] /= s->roots[u];
      if (s->symmetric) s->weights[k] /= s->roots[s->targets[k]];
    }
    if (!s->symmetric) s->roots[u] = sqrt(s->roots[u]);
    s->largest_root = fmax(s->largest_root, s->roots[u]);
  }
}

sl_status sl_spreading_make(sl_spreading *s, sl_graph *graph, bool symmetric, bool loops,
                            bool weighted) {
  const sl_csr *out = graph->outgoing, *in = NULL;
  if (graph->directed) SL_TRY(sl_graph_incoming(graph, &in));
  s->n = graph->node_count;
  s->symmetric = symmetric;
  const uint64_t entries = s->n + (graph->directed ? 2 : 1) * (uint64_t)out->nnz;
  SL_REQUIRE(entries <= UINT32_MAX, SL_ERR_OVERFLOW, "graph", "fewer than 2^31 edges");
  SL_TRY(SL_ALLOC(&s->rows, (size_t)s->n + 1));
  SL_TRY(SL_ALLOC(&s->targets, (size_t)entries));
  SL_TRY(SL_ALLOC(&s->weights, (size_t)entries));
  SL_TRY(SL_ALLOC(&s->roots, s->n));
  const source from = source_of(s, out, in, weighted, loops);
  uint32_t at = 0;
  for (uint32_t u = 0; u < s->n; u++) {
    s->rows[u] = at;
    at += merge_row(&from, u, s->targets + at, s->weights + at);
  }
  s->rows[s->n] = at;
  divide(s);
  return SL_OK;
}

void sl_spreading_free(sl_spreading *s) {
  sl_free(s->rows);
  sl_free(s->targets);
  sl_free(s->weights);
  sl_free(s->roots);
  *s = (sl_spreading){0};
}

size_t sl_spreading_bytes(const sl_spreading *s) {
  return s->rows == NULL ? 0 : (size_t)s->n * 12 + 4 + (size_t)s->rows[s->n] * 12;
}
