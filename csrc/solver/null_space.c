// Based on: F. Harary, "On the notion of balance of a signed graph", Michigan Math. J. 2 (1953),
// doi:10.1307/mmj/1028989917: signs are spread by a breadth-first search and checked on every edge.
#include "solver/null_space.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

sl_row_sums sl_sum_row(const sl_csr *matrix, uint32_t row) {
  uint32_t begin = matrix->row_pointers[row], end = matrix->row_pointers[row + 1];
  sl_row_sums sums = {0, 0, end - begin};
  const double *values = matrix->value_type == SL_VALUES_F64 ? matrix->values : NULL;
  for (uint32_t k = begin; k < end; k++) {
    double value = values != NULL ? values[k] : sl_csr_entry(matrix, k);
    bool own =
        matrix->columns[k] == row; // anywhere in a row: selected, as branches would be guessed
    sums.diagonal = own ? value : sums.diagonal;
    sums.off += own ? 0 : fabs(value);
  }
  return sums;
}

// The same rounding allowance as the classification's for a Laplacian.
bool sl_has_no_slack(const sl_row_sums *sums) {
  double size = fabs(sums->diagonal);
  return fabs(size - sums->off) <= (sums->terms + 2) * 0x1p-52 * (size + sums->off);
}

// Visits the component of `start`, gives its rows signs and the label `label`. False: not balanced,
// and the rest of the component was not looked at: whoever comes from there meets a row with signs
// and another label.
// queue: n, written; *visited: rows that have got signs, at the front of the queue.
static bool spread_signs(const sl_csr *matrix, sl_null_space *space, uint32_t start, uint32_t label,
                         uint32_t *queue, uint32_t *visited) {
  bool balanced = true;
  uint32_t head = 0, tail = 0;
  queue[tail++] = start;
  space->signs[start] = 1;
  space->labels[start] = label;
  while (head < tail && balanced) {
    uint32_t i = queue[head++];
    sl_row_sums sums = sl_sum_row(matrix, i);
    balanced = sl_has_no_slack(&sums);
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1] && balanced; k++) {
      uint32_t j = matrix->columns[k];
      double value = sl_csr_entry(matrix, k);
      if (j == i || value == 0) continue;
      double sign = (value > 0) == (sums.diagonal > 0) ? -space->signs[i] : space->signs[i];
      if (space->signs[j] == 0) {
        space->signs[j] = sign;
        space->labels[j] = label;
        queue[tail++] = j;
      } else {
        balanced = space->signs[j] == sign && space->labels[j] == label;
      }
    }
  }
  *visited = tail;
  return balanced;
}

// Signs that are consistent along edges also force one sign on all diagonals of a component: entry
// (i, j) is checked from both ends.
static void find_components(const sl_csr *matrix, sl_null_space *space, uint32_t *queue) {
  for (uint32_t i = 0; i < space->n; i++) {
    if (space->signs[i] != 0) continue;
    uint32_t size;
    if (spread_signs(matrix, space, i, space->count, queue, &size)) {
      space->sizes[space->count++] = size;
    } else {
      for (uint32_t k = 0; k < size; k++) space->labels[queue[k]] = SL_NO_COMPONENT;
    }
  }
  for (uint32_t i = 0; i < space->n; i++) {
    if (space->labels[i] == SL_NO_COMPONENT) space->signs[i] = 0;
  }
}

sl_status sl_null_space_find(const sl_csr *matrix, sl_null_space *out) {
  uint32_t n = matrix->rows;
  *out = (sl_null_space){.n = n};
  uint32_t *queue = NULL;
  sl_status status = SL_ALLOC(&out->labels, n);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&out->signs, n);
  if (status == SL_OK) status = SL_ALLOC(&out->sizes, n);
  if (status == SL_OK) status = SL_ALLOC(&queue, n);
  if (status == SL_OK) {
    memset(out->labels, 0xff, n * sizeof *out->labels);
    find_components(matrix, out, queue);
    if (out->count > 0) {
      status = SL_REALLOC(&out->sizes, out->count);
      if (status == SL_OK) status = SL_ALLOC(&out->sums, out->count);
    }
  }
  sl_free(queue);
  if (status != SL_OK || out->count == 0) {
    sl_null_space_destroy(out);
    out->n = n;
  }
  return status;
}

void sl_null_space_destroy(sl_null_space *space) {
  sl_free(space->labels);
  sl_free(space->signs);
  sl_free(space->sizes);
  sl_free(space->sums);
  *space = (sl_null_space){0};
}

size_t sl_null_space_bytes(const sl_null_space *space) {
  if (space->count == 0) return 0;
  return (size_t)space->n * (sizeof *space->labels + sizeof *space->signs) +
         (size_t)space->count * (sizeof *space->sizes + sizeof *space->sums);
}

double sl_null_space_project(const sl_null_space *space, double *v) {
  if (space->count == 0) return 0;
  memset(space->sums, 0, space->count * sizeof *space->sums);
  for (uint32_t i = 0; i < space->n; i++) {
    if (space->signs[i] != 0) space->sums[space->labels[i]] += space->signs[i] * v[i];
  }
  double squares = 0;
  for (uint32_t c = 0; c < space->count; c++) {
    squares += space->sums[c] * space->sums[c] / space->sizes[c];
    space->sums[c] /= space->sizes[c];
  }
  for (uint32_t i = 0; i < space->n; i++) {
    if (space->signs[i] != 0) v[i] -= space->signs[i] * space->sums[space->labels[i]];
  }
  return sqrt(squares);
}
