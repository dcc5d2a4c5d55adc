// The null vectors of a Laplacian are constant on each component of its graph.
#include <math.h>

#include "base/memory.h"
#include "eigen/block.h"
#include "eigen/eigen_object.h"
#include "graph/components.h"

// The largest |sum of row i| over the entries, rounding included: |A 1_c| <= that times |1_c|.
static double largest_row_sum(const sl_csr *a) {
  const double *values = a->values;
  double most = 0;
  for (uint32_t i = 0; i < a->rows; i++) {
    double sum = 0, size = 0;
    uint32_t begin = a->row_pointers[i], end = a->row_pointers[i + 1];
    for (uint32_t p = begin; p < end; p++) {
      sum += values[p];
      size += fabs(values[p]);
    }
    // Sums of whole numbers that are exact need no allowance.
    double least = size, rounding = (double)(end - begin) * 0x1p-53 * size;
    for (uint32_t p = begin; p < end; p++) {
      if (values[p] != 0 && fabs(values[p]) < least) least = fabs(values[p]);
    }
    bool whole = size <= least * 0x1p50;
    for (uint32_t p = begin; p < end && whole; p++) whole = fmod(values[p], least) == 0;
    if (fabs(sum) + (whole ? 0 : rounding) > most) most = fabs(sum) + (whole ? 0 : rounding);
  }
  return most;
}

sl_status sl_eigen_find_nulls(sl_eigen *e) {
  size_t n = e->n;
  SL_TRY(SL_ALLOC(&e->label, n));
  sl_graph graph = {.node_count = e->n, .outgoing = e->a, .incoming = e->a};
  sl_graph_components(&graph, e->label, &e->components);
  SL_TRY(SL_ALLOC_ZERO(&e->null_size, (size_t)e->components));
  SL_TRY(SL_ALLOC(&e->null_sum, (size_t)e->components));
  if (e->b != NULL) {
    SL_TRY(SL_ALLOC(&e->row_sum, n));
    const double *values = e->b->values;
    for (uint32_t i = 0; i < n; i++) {
      double sum = 0, own = 0;
      for (uint32_t p = e->b->row_pointers[i]; p < e->b->row_pointers[i + 1]; p++) {
        sum += values[p];
        if (e->label[e->b->columns[p]] == e->label[i]) own += values[p];
      }
      // Null vectors are to be orthogonal in B: that holds where B does not join components.
      if (own != sum) {
        e->components = 0;
        return SL_OK;
      }
      e->row_sum[i] = sum;
    }
  }
  for (uint32_t i = 0; i < n; i++) {
    e->null_size[e->label[i]] += e->row_sum != NULL ? e->row_sum[i] : 1;
  }
  e->null_bound = largest_row_sum(e->a);
  return SL_OK;
}

void sl_eigen_deflate(sl_eigen *e, double *x) {
  for (uint32_t c = 0; c < e->components; c++) e->null_sum[c] = 0;
  for (uint32_t i = 0; i < e->n; i++) {
    e->null_sum[e->label[i]] += e->row_sum != NULL ? e->row_sum[i] * x[i] : x[i];
  }
  for (uint32_t c = 0; c < e->components; c++) e->null_sum[c] /= e->null_size[c];
  for (uint32_t i = 0; i < e->n; i++) x[i] -= e->null_sum[e->label[i]];
  e->work += 4 * (uint64_t)e->n;
}
