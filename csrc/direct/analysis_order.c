#include "direct/analysis.h"

#include <string.h>

#include "base/memory.h"
#include "direct/pairs.h"

// Nested dissection is looked for from so many operations an entry of the matrix on, and taken where it
// takes at most so many times as many.
#define NESTED_FROM 4000
#define NESTED_GAIN 0.9

sl_status sl_analysis_order(sl_analysis *a, uint32_t n, const uint32_t *offsets,
                            const uint32_t *indices) {
  if (a->ordering == SL_DIRECT_ORDER_NESTED) {
    return sl_nested_begin(n, offsets, indices, a->order, &a->nested);
  }
  return sl_amd_begin(n, offsets, indices, a->order, &a->amd);
}

sl_status sl_analysis_order_pairs(sl_analysis *a, const double *entries) {
  const sl_csr *m = a->matrix;
  SL_TRY(SL_ALLOC(&a->mate, (size_t)a->n));
  uint32_t pairs = sl_pairs_find(m, entries, a->mate);
  if (pairs == 0) {
    sl_free(a->mate);
    a->mate = NULL;
    return sl_analysis_order(a, a->n, m->row_pointers, m->columns);
  }
  // There is one order then: the rows of the pairs are not tied twice.
  a->looks = false;
  SL_TRY(SL_ALLOC(&a->first, (size_t)a->n));
  SL_TRY(sl_pairs_compress(m, a->mate, &a->offsets, &a->indices, a->first));
  return sl_analysis_order(a, a->n - pairs, a->offsets, a->indices);
}

// From the end, so that nothing is overwritten too early.
void sl_analysis_expand_pairs(sl_analysis *a) {
  uint32_t from = 0;
  for (uint32_t i = 0; i < a->n; i++) from += a->mate[i] == SL_NO_MATE || i < a->mate[i];
  for (uint32_t to = a->n; from-- > 0;) {
    uint32_t row = a->first[a->order[from]];
    if (a->mate[row] != SL_NO_MATE) a->order[--to] = a->mate[row];
    a->order[--to] = row;
  }
  sl_free(a->first);
  a->first = NULL;
}

sl_status sl_analysis_tie(sl_analysis *a) {
  SL_TRY(SL_ALLOC_ZERO(&a->tied, (size_t)a->n));
  for (uint32_t k = 0; k + 1 < a->n; k++) a->tied[k] = a->mate[a->order[k]] == a->order[k + 1];
  sl_free(a->mate);
  a->mate = NULL;
  return SL_OK;
}

sl_status sl_analysis_look_further(sl_analysis *a, bool *again) {
  *again = false;
  if (!a->looks) return SL_OK;
  bool tried = a->other != NULL;
  a->looks = !tried;
  if (!tried) {
    a->looks = a->flops > NESTED_FROM * (double)a->matrix->nnz;
    if (!a->looks) return SL_OK;
    SL_TRY(SL_ALLOC(&a->other, (size_t)a->n));
    memcpy(a->other, a->order, a->n * sizeof *a->other);
    a->other_flops = a->flops;
    a->ordering = SL_DIRECT_ORDER_NESTED;
    SL_TRY(sl_analysis_order(a, a->n, a->matrix->row_pointers, a->matrix->columns));
  } else if (a->flops > NESTED_GAIN * a->other_flops) {
    memcpy(a->order, a->other, a->n * sizeof *a->other);
    a->ordering = SL_DIRECT_ORDER_MINIMUM_DEGREE;
  } else {
    sl_free(a->other);
    a->other = NULL;
    return SL_OK;
  }
  if (tried) {
    sl_free(a->other);
    a->other = NULL;
  }
  *again = true;
  return SL_OK;
}
