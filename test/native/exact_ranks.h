// PageRank of small graphs by dense solves in long double.
#ifndef SL_TEST_EXACT_RANKS_H
#define SL_TEST_EXACT_RANKS_H

#include "graphs.h"

#define REFERENCE 1e-17 // of numbers up to 1 in long double, with room

typedef long double system_of[LARGEST][LARGEST + 1];

// Gaussian elimination with partial pivoting of n equations; the right-hand side is column n.
static inline void eliminate(uint32_t n, system_of a, long double *x) {
  for (uint32_t c = 0; c < n; c++) {
    uint32_t pivot = c;
    for (uint32_t i = c + 1; i < n; i++) {
      if (fabsl(a[i][c]) > fabsl(a[pivot][c])) pivot = i;
    }
    for (uint32_t j = c; j <= n; j++) {
      const long double swap = a[c][j];
      a[c][j] = a[pivot][j];
      a[pivot][j] = swap;
    }
    for (uint32_t i = c + 1; i < n; i++) {
      const long double factor = a[i][c] / a[c][c];
      for (uint32_t j = c; factor != 0 && j <= n; j++) a[i][j] -= factor * a[c][j];
    }
  }
  for (uint32_t i = n; i-- > 0;) {
    x[i] = a[i][n];
    for (uint32_t j = i + 1; j < n; j++) x[i] -= a[i][j] * x[j];
    x[i] /= a[i][i];
  }
}

static inline long double strength_of(const sl_csr *edges, uint32_t u) {
  long double sum = 0;
  for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
    sum += sl_csr_value(edges, k);
  }
  return sum;
}

// p = (1 - d) s + d P^T p with dangling nodes restarting at s.
static inline void exact_pagerank(const sl_graph *g, double damping, const double *s,
                                  long double *p) {
  const uint32_t n = g->node_count;
  const sl_csr *edges = g->outgoing;
  system_of a;
  long double sum = 0; // 1 up to rounding, which a damping near 1 would magnify
  for (uint32_t i = 0; i < n; i++) sum += s[i];
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t j = 0; j <= n; j++) a[i][j] = i == j;
    a[i][n] = (1 - (long double)damping) * s[i] / sum;
  }
  for (uint32_t u = 0; u < n; u++) {
    const uint32_t begin = edges->row_pointers[u], end = edges->row_pointers[u + 1];
    const long double strength = strength_of(edges, u);
    for (uint32_t k = begin; k < end; k++) {
      a[edges->columns[k]][u] -= (long double)damping * sl_csr_value(edges, k) / strength;
    }
    for (uint32_t v = 0; begin == end && v < n; v++) a[v][u] -= (long double)damping * s[v] / sum;
  }
  eliminate(n, a, p);
}

static inline void exact_from(const sl_graph *g, double damping, uint32_t node, long double *p) {
  double s[LARGEST] = {0};
  s[node] = 1;
  exact_pagerank(g, damping, s, p);
}

static inline double some_damping(sl_rng *rng) { return 0.05 + 0.94 * sl_rng_double(rng); }

#endif
