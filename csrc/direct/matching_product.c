// Based on: I. S. Duff, J. Koster, "On algorithms for permuting large entries to the diagonal of a
// sparse matrix", SIAM J. Matrix Anal. Appl. 22 (2001), doi:10.1137/S0895479899358443: the linear
// assignment problem with costs -log |a_ij|, by shortest augmenting paths (Dijkstra, with a binary
// heap), and the scaling that its dual solution gives. Logarithms are to the base of two, because
// the scaling is rounded to powers of two.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "direct/matching.h"

enum { COSTS, ROWS, AUGMENT };

sl_status sl_product_matching_begin(const sl_csr *matrix, sl_product_matching *out) {
  uint32_t n = matrix->rows;
  *out = (sl_product_matching){.matrix = matrix};
  SL_TRY(SL_ALLOC(&out->row_of, n));
  SL_TRY(SL_ALLOC(&out->column_of, n));
  SL_TRY(SL_ALLOC(&out->row_dual, n));
  SL_TRY(SL_ALLOC(&out->column_dual, n));
  SL_TRY(SL_ALLOC(&out->cost, matrix->nnz));
  SL_TRY(SL_ALLOC(&out->distance, n));
  SL_TRY(SL_ALLOC(&out->from, n));
  SL_TRY(SL_ALLOC(&out->heap, n));
  SL_TRY(SL_ALLOC_ZERO(&out->heap_place, n));
  SL_TRY(SL_ALLOC(&out->reached, n));
  memset(out->row_of, 0xff, n * sizeof *out->row_of);
  memset(out->column_of, 0xff, n * sizeof *out->column_of);
  for (uint32_t j = 0; j < n; j++) out->column_dual[j] = INFINITY;
  return SL_OK;
}

static void free_scratch(sl_product_matching *m) {
  sl_free(m->cost);
  sl_free(m->distance);
  sl_free(m->from);
  sl_free(m->heap);
  sl_free(m->heap_place);
  sl_free(m->reached);
  m->cost = m->distance = NULL;
  m->from = m->heap = m->heap_place = m->reached = NULL;
}

void sl_product_matching_destroy(sl_product_matching *m) {
  free_scratch(m);
  sl_free(m->row_of);
  sl_free(m->column_of);
  sl_free(m->row_dual);
  sl_free(m->column_dual);
  *m = (sl_product_matching){0};
}

static void pair(sl_product_matching *m, uint32_t row, uint32_t column) {
  m->row_of[column] = row;
  m->column_of[row] = column;
}

// ---- the first dual solution, and what can be matched with it -----------------------------------

// Costs of a row, less its least, so that entries of very different rows compare.
static void row_costs(sl_product_matching *m, uint32_t row) {
  const sl_csr *matrix = m->matrix;
  double least = INFINITY;
  uint32_t begin = matrix->row_pointers[row], end = matrix->row_pointers[row + 1];
  for (uint32_t k = begin; k < end; k++) {
    m->cost[k] = -log2(fabs(sl_csr_value(matrix, k)));
    if (m->cost[k] < least) least = m->cost[k];
  }
  m->row_dual[row] = least;
  for (uint32_t k = begin; k < end; k++) {
    double slack = m->cost[k] - least, *dual = m->column_dual + matrix->columns[k];
    if (slack < *dual) *dual = slack;
  }
}

// What the columns' duals leave of the row, and a free column where it is nothing.
static void row_reduction(sl_product_matching *m, uint32_t row) {
  const sl_csr *matrix = m->matrix;
  double least = INFINITY;
  uint32_t begin = matrix->row_pointers[row], end = matrix->row_pointers[row + 1];
  uint32_t best = SL_UNMATCHED;
  for (uint32_t k = begin; k < end; k++) {
    uint32_t column = matrix->columns[k];
    double slack = m->cost[k] - m->column_dual[column];
    if (slack == INFINITY) continue;
    bool diagonal = column == row && slack == least; // of equal ones the diagonal
    if (slack < least || diagonal ||
        (slack == least && best != row && m->row_of[best] != SL_UNMATCHED)) {
      best = column;
      least = slack;
    }
  }
  if (best == SL_UNMATCHED) return;
  m->row_dual[row] = least;
  if (m->row_of[best] == SL_UNMATCHED) {
    pair(m, row, best);
    m->size++;
  }
}

// ---- the heap of columns ------------------------------------------------------------------------

static void put(sl_product_matching *m, uint32_t at, uint32_t column) {
  m->heap[at] = column;
  m->heap_place[column] = at + 1;
}

static void sift_up(sl_product_matching *m, uint32_t at, uint32_t column) {
  while (at > 0) {
    uint32_t parent = (at - 1) / 2;
    if (m->distance[m->heap[parent]] <= m->distance[column]) break;
    put(m, at, m->heap[parent]);
    at = parent;
  }
  put(m, at, column);
}

static uint32_t pop(sl_product_matching *m) {
  uint32_t nearest = m->heap[0], moved = m->heap[--m->heap_size], at = 0;
  m->heap_place[nearest] = SL_UNMATCHED;
  if (m->heap_size == 0) return nearest;
  for (uint32_t child; (child = 2 * at + 1) < m->heap_size; at = child) {
    const uint32_t *heap = m->heap;
    if (child + 1 < m->heap_size && m->distance[heap[child + 1]] < m->distance[heap[child]]) {
      child++;
    }
    if (m->distance[moved] <= m->distance[heap[child]]) break;
    put(m, at, heap[child]);
  }
  put(m, at, moved);
  return nearest;
}

// ---- shortest augmenting paths ------------------------------------------------------------------

static uint64_t relax(sl_product_matching *m, uint32_t row, double so_far) {
  const sl_csr *matrix = m->matrix;
  uint32_t begin = matrix->row_pointers[row], end = matrix->row_pointers[row + 1];
  double base = so_far - m->row_dual[row];
  for (uint32_t k = begin; k < end; k++) {
    uint32_t column = matrix->columns[k], place = m->heap_place[column];
    if (place == SL_UNMATCHED || m->cost[k] == INFINITY) continue;
    double distance = base + m->cost[k] - m->column_dual[column];
    if (distance < so_far) distance = so_far; // rounding
    if (place == 0) {
      m->reached[m->reached_count++] = column;
      place = ++m->heap_size;
    } else if (distance >= m->distance[column]) {
      continue;
    }
    m->distance[column] = distance;
    m->from[column] = row;
    sift_up(m, place - 1, column);
  }
  return end - begin + 1;
}

static void end_search(sl_product_matching *m) {
  for (uint32_t k = 0; k < m->reached_count; k++) m->heap_place[m->reached[k]] = 0;
  m->reached_count = m->heap_size = 0;
  m->searching = false;
}

static void augment(sl_product_matching *m, uint32_t root, uint32_t column) {
  double length = m->distance[column];
  for (uint32_t k = 0; k < m->reached_count; k++) {
    uint32_t j = m->reached[k];
    if (m->heap_place[j] != SL_UNMATCHED || j == column) continue;
    double nearer = length - m->distance[j];
    m->column_dual[j] -= nearer;
    m->row_dual[m->row_of[j]] += nearer;
  }
  m->row_dual[root] += length;
  for (uint32_t row = SL_UNMATCHED; row != root;) {
    row = m->from[column];
    uint32_t before = m->column_of[row];
    pair(m, row, column);
    column = before;
  }
  m->size++;
}

// The nearest column: a free one ends the search, another one leads on through its row.
static uint64_t search(sl_product_matching *m) {
  if (m->heap_size == 0) { // no path: the row stays without a column
    uint64_t reached = m->reached_count;
    end_search(m);
    return reached;
  }
  uint32_t column = pop(m);
  if (m->row_of[column] != SL_UNMATCHED) {
    return relax(m, m->row_of[column], m->distance[column]);
  }
  uint64_t reached = m->reached_count;
  augment(m, m->row - 1, column);
  end_search(m);
  return reached;
}

static uint64_t next_row(sl_product_matching *m) {
  uint32_t row = m->row++;
  uint64_t entries = m->matrix->row_pointers[row + 1] - m->matrix->row_pointers[row] + 1;
  switch (m->stage) {
  case COSTS:
    row_costs(m, row);
    return 8 * entries; // logarithms
  case ROWS:
    row_reduction(m, row);
    return entries;
  default:
    if (m->column_of[row] != SL_UNMATCHED) return 1;
    m->searching = true;
    return relax(m, row, 0);
  }
}

bool sl_product_matching_step(sl_product_matching *m, uint64_t work, uint64_t *spent) {
  uint32_t n = m->matrix->rows;
  uint64_t begin = *spent;
  while (!m->done && *spent - begin < work) {
    if (m->searching) {
      *spent += search(m);
    } else if (m->row < n) {
      *spent += next_row(m);
    } else if (m->stage == COSTS) {
      // row_costs left the columns' duals relative to the rows' least costs.
      for (uint32_t j = 0; j < n; j++) {
        if (m->column_dual[j] == INFINITY) m->column_dual[j] = 0;
      }
      m->stage = ROWS;
      m->row = 0;
    } else {
      m->done = m->stage == AUGMENT;
      m->stage = AUGMENT;
      m->row = 0;
      if (m->done) free_scratch(m);
    }
  }
  return m->done;
}
