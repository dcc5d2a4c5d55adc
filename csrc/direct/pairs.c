// Based on: I. S. Duff, S. Pralet, "Strategies for scaling and pivoting for sparse symmetric
// indefinite problems", SIAM J. Matrix Anal. Appl. 27 (2005), doi:10.1137/04061043X: pairs of rows
// with a large entry between them are ordered as one, so that a 2 x 2 pivot is at hand. There the
// pairs come from a matching of largest weight, here each takes the best that is left.
#include "direct/pairs.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

#define NOINLINE __attribute__((noinline))

// A diagonal entry of at least this part of the row's largest other is large enough.
#define LARGE_ENOUGH 0.1

NOINLINE static void pair_row(const sl_csr *m, const double *entries, uint32_t row, uint32_t *mate,
                              uint32_t *pairs) {
  double diagonal = 0, largest = 0, best = 0;
  uint32_t with = SL_NO_MATE;
  for (uint32_t p = m->row_pointers[row]; p < m->row_pointers[row + 1]; p++) {
    uint32_t j = m->columns[p];
    double size = fabs(entries[p]);
    if (j == row) {
      diagonal = size;
      continue;
    }
    if (size > largest) largest = size;
    if (size > best && mate[j] == SL_NO_MATE) {
      best = size;
      with = j;
    }
  }
  if (diagonal >= LARGE_ENOUGH * largest || with == SL_NO_MATE) return;
  mate[row] = with;
  mate[with] = row;
  ++*pairs;
}

uint32_t sl_pairs_find(const sl_csr *matrix, const double *entries, uint32_t *mate) {
  uint32_t pairs = 0;
  memset(mate, 0xff, (size_t)matrix->rows * sizeof *mate);
  for (uint32_t i = 0; i < matrix->rows; i++) {
    if (mate[i] == SL_NO_MATE) pair_row(matrix, entries, i, mate, &pairs);
  }
  return pairs;
}

sl_status sl_pairs_compress(const sl_csr *matrix, const uint32_t *mate, uint32_t **offsets,
                            uint32_t **indices, uint32_t *first) {
  size_t n = matrix->rows;
  uint32_t *number, *mark, rows = 0, count = 0;
  *offsets = *indices = NULL;
  SL_TRY(sl_alloc(n, 2 * sizeof *number, (void **)&number));
  mark = number + n;
  sl_status status = SL_ALLOC(offsets, n + 1);
  if (status == SL_OK) status = SL_ALLOC(indices, (size_t)matrix->nnz + 1);
  if (status != SL_OK) {
    sl_free(number);
    sl_free(*offsets);
    *offsets = NULL;
    return status;
  }
  for (uint32_t i = 0; i < n; i++) {
    if (mate[i] < i) continue;
    number[i] = rows;
    if (mate[i] != SL_NO_MATE) number[mate[i]] = rows;
    mark[rows] = SL_NO_MATE;
    first[rows++] = i;
  }
  for (uint32_t r = 0; r < rows; r++) {
    (*offsets)[r] = count;
    for (uint32_t i = first[r]; i != SL_NO_MATE; i = i == first[r] ? mate[i] : SL_NO_MATE) {
      for (uint32_t p = matrix->row_pointers[i]; p < matrix->row_pointers[i + 1]; p++) {
        uint32_t j = number[matrix->columns[p]];
        if (mark[j] == r) continue;
        mark[j] = r;
        (*indices)[count++] = j;
      }
    }
  }
  (*offsets)[rows] = count;
  sl_free(number);
  return SL_OK;
}
