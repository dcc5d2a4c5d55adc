// Based on: Thomson's principle (W. Thomson, P. G. Tait, "Treatise on Natural Philosophy", 1867; P.
// G. Doyle, J. L. Snell, "Random walks and electric networks", 1984, arXiv:math/0001057, section
// 1.3.5): among all flows with given sources the currents have the least energy.
#include "resistance/forest.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

#define UNIT_ROUNDOFF 0x1p-53
#define ROUND_UP (1 + 0x1p-50)
#define LEAST 0x1p-1074 // at least what a product or a quotient loses that underflows

static void add(sl_forest *f, uint32_t u, uint32_t parent, double weight) {
  f->parent[u] = parent;
  f->parent_weight[u] = weight;
  f->root[u] = parent == u ? u : f->root[parent];
  f->order[f->reached++] = u;
}

// Breadth first from the nodes of `order` from place `head` on.
static void spread(sl_forest *f, uint32_t head) {
  for (; head < f->reached; head++) {
    const uint32_t u = f->order[head];
    for (uint32_t k = f->edges->row_pointers[u]; k < f->edges->row_pointers[u + 1]; k++) {
      const uint32_t v = f->edges->columns[k];
      if (f->root[v] == SL_FOREST_NO_ROOT) add(f, v, u, sl_csr_entry(f->edges, k));
    }
  }
}

sl_status sl_forest_create(const sl_graph *graph, const uint32_t *roots, uint32_t count,
                           sl_forest *f) {
  const uint32_t n = graph->node_count;
  *f = (sl_forest){.edges = graph->outgoing};
  sl_status status = SL_ALLOC(&f->order, n);
  if (status == SL_OK) status = SL_ALLOC(&f->parent, n);
  if (status == SL_OK) status = SL_ALLOC(&f->root, n);
  if (status == SL_OK) status = SL_ALLOC(&f->parent_weight, n);
  if (status == SL_OK) status = SL_ALLOC(&f->current, n);
  if (status == SL_OK) status = SL_ALLOC(&f->doubt, n);
  if (status != SL_OK) {
    sl_forest_destroy(f);
    return status;
  }
  memset(f->root, 0xff, n * sizeof *f->root);
  for (uint32_t i = 0; i < count; i++) add(f, roots[i], roots[i], 0);
  spread(f, 0);
  for (uint32_t u = 0; count == 0 && u < n; u++) {
    if (f->root[u] != SL_FOREST_NO_ROOT) continue;
    const uint32_t head = f->reached;
    add(f, u, u, 0);
    spread(f, head);
  }
  return SL_OK;
}

void sl_forest_destroy(sl_forest *f) {
  sl_free(f->order);
  sl_free(f->parent);
  sl_free(f->root);
  sl_free(f->parent_weight);
  sl_free(f->current);
  sl_free(f->doubt);
  *f = (sl_forest){0};
}

size_t sl_forest_bytes(const sl_forest *f) {
  return f->edges ? (size_t)f->edges->rows * (3 * sizeof(uint32_t) + 3 * sizeof(double)) : 0;
}

double sl_forest_reach(sl_forest *f) {
  double most = 0, *reach = f->current;
  for (uint32_t i = 0; i < f->reached; i++) {
    const uint32_t u = f->order[i];
    const bool is_root = f->parent[u] == u;
    const double step = 1 / f->parent_weight[u] + LEAST;
    reach[u] = is_root ? 0 : (reach[f->parent[u]] + step) * ROUND_UP + LEAST;
    if (!(reach[u] <= most)) most = reach[u];
  }
  return most;
}

void sl_forest_measure(sl_forest *f, uint32_t u, const double *x, double b, double b_doubt) {
  const uint32_t begin = f->edges->row_pointers[u], end = f->edges->row_pointers[u + 1];
  double sum = 0, size = fabs(b);
  for (uint32_t k = begin; k < end; k++) {
    const double flow = sl_csr_value(f->edges, k) * (x[u] - x[f->edges->columns[k]]);
    sum += flow;
    size += fabs(flow);
  }
  f->current[u] = b - sum;
  const double terms = end - begin + 4.0;
  f->doubt[u] = (b_doubt + terms * UNIT_ROUNDOFF * size) * ROUND_UP + terms * LEAST;
}

double sl_forest_energy(sl_forest *f) {
  double energy = 0;
  for (uint32_t i = f->reached; i-- > 0;) {
    const uint32_t u = f->order[i], parent = f->parent[u];
    if (parent == u) continue;
    const double most = fabs(f->current[u]) + f->doubt[u];
    energy += most / f->parent_weight[u] * most;
    f->current[parent] += f->current[u];
    f->doubt[parent] =
        (f->doubt[parent] + f->doubt[u] + UNIT_ROUNDOFF * fabs(f->current[parent])) * ROUND_UP +
        LEAST;
  }
  // A quotient is denormal only where the current is below 4 or so, which its loss is multiplied
  // by.
  energy = energy * (1 + (f->reached + 8.0) * 2 * UNIT_ROUNDOFF) + (f->reached + 8.0) * 8 * LEAST;
  return energy <= INFINITY ? energy : INFINITY;
}
