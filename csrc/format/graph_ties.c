#include "format/graph_ties.h"

// Entries of a row that are compared with another one.
#define SAMPLE 256u

static sl_status hold(sl_graph_ties *t, size_t count, size_t size, bool zero, void *out) {
  return sl_blocks_take(&t->blocks, count, size, zero, out);
}

typedef struct rows {
  const uint32_t *starts, *columns, *entries;
} rows;

static double weight_of(const double *weights, const rows *r, uint32_t e, double most) {
  if (weights == NULL) return 1;
  return weights[r->entries != NULL ? r->entries[e] : e] / most;
}

// One row of both: entries of `a` and `b` in ascending order, without loops.
static uint32_t merge(sl_graph_ties *t, uint32_t u, const rows *a, const rows *b,
                      const double *weights, double most, uint32_t to) {
  uint32_t i = a->starts[u], j = b->starts != NULL ? b->starts[u] : 0;
  const uint32_t i_end = a->starts[u + 1], j_end = b->starts != NULL ? b->starts[u + 1] : 0;
  while (i < i_end || j < j_end) {
    const uint32_t x = i < i_end ? a->columns[i] : UINT32_MAX;
    const uint32_t y = j < j_end ? b->columns[j] : UINT32_MAX;
    const uint32_t column = x < y ? x : y;
    double weight = 0;
    if (x == column) weight += weight_of(weights, a, i++, most);
    if (y == column) weight += weight_of(weights, b, j++, most);
    if (column == u) continue;
    t->columns[to] = column;
    t->weights[to++] = weight > 1e-30 ? (float)weight : 1e-30f;
  }
  return to;
}

sl_status sl_graph_ties_begin(sl_graph_ties *t, uint32_t nodes, const uint32_t *starts,
                              const uint32_t *columns, const double *weights,
                              const uint32_t *in_starts, const uint32_t *in_columns,
                              const uint32_t *in_entries) {
  const rows out = {starts, columns, NULL}, in = {in_starts, in_columns, in_entries};
  const size_t room = (size_t)starts[nodes] * (in_starts != NULL ? 2 : 1);
  double most = 0;
  for (uint32_t e = 0; weights != NULL && e < starts[nodes]; e++)
    if (weights[e] > most) most = weights[e];
  t->nodes = nodes;
  SL_TRY(hold(t, (size_t)nodes + 1, sizeof *t->starts, true, &t->starts));
  SL_TRY(hold(t, room, sizeof *t->columns, false, &t->columns));
  SL_TRY(hold(t, room, sizeof *t->weights, false, &t->weights));
  SL_TRY(hold(t, nodes, sizeof *t->seen, true, &t->seen));
  for (uint32_t u = 0; u < nodes; u++)
    t->starts[u + 1] = merge(t, u, &out, &in, weights, most, t->starts[u]);
  return SL_OK;
}

static uint32_t degree_of(const sl_graph_ties *t, uint32_t u) {
  return t->starts[u + 1] - t->starts[u];
}

// Entry v of row u: rows ascend.
static uint32_t entry_of(const sl_graph_ties *t, uint32_t u, uint32_t v) {
  uint32_t low = t->starts[u], high = t->starts[u + 1] - 1;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (t->columns[middle] < v)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

// The ties of u to neighbours with shorter rows, or as long ones of smaller numbers: each edge once.
static void tie(sl_graph_ties *t, uint32_t u) {
  const uint32_t own = degree_of(t, u), end = t->starts[u + 1];
  for (uint32_t e = t->starts[u]; e < end; e++) t->seen[t->columns[e]] = u + 1;
  for (uint32_t e = t->starts[u]; e < end; e++) {
    const uint32_t v = t->columns[e], count = degree_of(t, v);
    if (count > own || (count == own && v > u)) continue;
    const uint32_t step = (count - 1) / SAMPLE + 1;
    uint32_t common = 0;
    for (uint32_t f = t->starts[v]; f < t->starts[v + 1]; f += step)
      common += t->seen[t->columns[f]] == u + 1;
    t->weights[e] *= (float)(1 + common * step);
    t->weights[entry_of(t, v, u)] = t->weights[e];
    t->work += count / step;
  }
  t->work += own + 1;
}

void sl_graph_ties_step(sl_graph_ties *t, uint64_t work) {
  const uint64_t end = t->work + work;
  while (t->at < t->nodes && t->work < end) tie(t, t->at++);
  t->ended = t->at == t->nodes;
}
