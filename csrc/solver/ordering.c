// Based on: E. Cuthill, J. McKee, "Reducing the bandwidth of sparse symmetric matrices", Proc. 24th
// ACM Natl. Conf. (1969), doi:10.1145/800195.805928, reversed after A. George (1971), each
// component from its lowest row on. R. E. Tarjan, "Depth-first search and linear graph algorithms",
// SIAM J. Comput. 1 (1972), doi:10.1137/0201010: in postorder every row follows those it depends
// on, except round a cycle, where one coupling is left behind. Couplings that are small beside the
// largest of their row are not followed, so that the flow and not the diffusion decides.
#include "solver/ordering.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

#define NONE UINT32_MAX
#define NOINLINE __attribute__((noinline))

// A coupling is followed from this part of the largest one of the row.
#define STRONG 0.25

sl_status sl_ordering_begin(const sl_csr *matrix, sl_ordering_kind kind, sl_ordering *out) {
  size_t n = matrix->rows;
  *out = (sl_ordering){.matrix = matrix, .kind = kind};
  SL_TRY(SL_ALLOC(&out->order, n));
  SL_TRY(SL_ALLOC(&out->places, n));
  memset(out->places, 0xff, n * sizeof *out->places);
  if (kind != SL_ORDER_TOPOLOGICAL) return SL_OK;
  SL_TRY(SL_ALLOC(&out->stack, n));
  SL_TRY(SL_ALLOC(&out->least, n));
  return SL_ALLOC(&out->next, n);
}

void sl_ordering_destroy(sl_ordering *ordering) {
  sl_free(ordering->order);
  sl_free(ordering->places);
  sl_free(ordering->stack);
  sl_free(ordering->next);
  sl_free(ordering->least);
  *ordering = (sl_ordering){0};
}

size_t sl_ordering_bytes(const sl_ordering *ordering) {
  if (ordering->order == NULL) return 0;
  return (ordering->stack != NULL ? 24 : 8) * (size_t)ordering->matrix->rows;
}

// ---- Cuthill-McKee ------------------------------------------------------------------------------

static inline uint32_t degree(const sl_csr *matrix, uint32_t row) {
  return matrix->row_pointers[row + 1] - matrix->row_pointers[row];
}

// Appends the neighbours of `row` that have no place yet, in order of their degrees.
static void place_neighbours(sl_ordering *o, uint32_t row) {
  const sl_csr *matrix = o->matrix;
  uint32_t first = o->count;
  for (uint32_t k = matrix->row_pointers[row]; k < matrix->row_pointers[row + 1]; k++) {
    uint32_t j = matrix->columns[k];
    if (o->places[j] != NONE) continue;
    uint32_t at = o->count++, size = degree(matrix, j);
    o->places[j] = 0;
    // Long rows (hubs) are left in the order they come in: sorting them would be quadratic.
    if (at - first < 32) {
      for (; at > first && degree(matrix, o->order[at - 1]) > size; at--) {
        o->order[at] = o->order[at - 1];
      }
    }
    o->order[at] = j;
  }
}

NOINLINE static uint64_t search_breadth(sl_ordering *o, uint64_t work) {
  uint64_t spent = 0;
  uint32_t n = o->matrix->rows;
  while (spent < work) {
    if (o->head < o->count) {
      uint32_t row = o->order[o->head++];
      place_neighbours(o, row);
      spent += degree(o->matrix, row) + 1;
      continue;
    }
    while (o->root < n && o->places[o->root] != NONE) o->root++;
    if (o->root == n) break;
    o->order[o->count++] = o->root;
    o->places[o->root] = 0;
  }
  return spent;
}

static void reverse(sl_ordering *o) {
  uint32_t n = o->matrix->rows;
  for (uint32_t i = 0, j = n; i + 1 < j; i++) {
    uint32_t row = o->order[--j];
    o->order[j] = o->order[i];
    o->order[i] = row;
  }
}

// ---- topological --------------------------------------------------------------------------------

static double largest_coupling(const sl_csr *matrix, uint32_t row) {
  double largest = 0;
  for (uint32_t k = matrix->row_pointers[row]; k < matrix->row_pointers[row + 1]; k++) {
    double size = fabs(sl_csr_entry(matrix, k));
    if (matrix->columns[k] != row && size > largest) largest = size;
  }
  return largest;
}

// places: NONE before a row is met, 0 from then on.
static void enter(sl_ordering *o, uint32_t row) {
  o->places[row] = 0;
  o->next[row] = o->matrix->row_pointers[row];
  o->least[row] = fmax(STRONG * largest_coupling(o->matrix, row), 0x1p-1074);
  o->stack[o->depth++] = row;
}

NOINLINE static uint64_t search_depth(sl_ordering *o, uint64_t work) {
  const sl_csr *matrix = o->matrix;
  uint64_t spent = 0;
  uint32_t n = matrix->rows;
  while (spent < work) {
    if (o->depth == 0) {
      while (o->root < n && o->places[o->root] != NONE) o->root++;
      if (o->root == n) break;
      enter(o, o->root);
    }
    uint32_t row = o->stack[o->depth - 1], k = o->next[row], end = matrix->row_pointers[row + 1];
    while (k < end && (o->places[matrix->columns[k]] != NONE ||
                       fabs(sl_csr_entry(matrix, k)) < o->least[row])) {
      k++;
    }
    spent += k - o->next[row] + 2;
    o->next[row] = k + 1;
    if (k < end) {
      enter(o, matrix->columns[k]);
    } else {
      o->order[o->count++] = row;
      o->depth--;
    }
  }
  return spent;
}

bool sl_ordering_step(sl_ordering *o, uint64_t work, uint64_t *spent) {
  uint32_t n = o->matrix->rows;
  if (o->done) return true;
  bool topological = o->kind == SL_ORDER_TOPOLOGICAL;
  *spent += topological ? search_depth(o, work) : search_breadth(o, work);
  if (o->count < n || (topological ? o->depth > 0 : o->head < n)) return false;
  if (!topological) reverse(o);
  for (uint32_t k = 0; k < n; k++) o->places[o->order[k]] = k;
  sl_free(o->stack);
  sl_free(o->next);
  sl_free(o->least);
  o->stack = o->next = NULL;
  o->least = NULL;
  o->done = true;
  return true;
}

// ---- what an order is worth ---------------------------------------------------------------------

// Unknowns of a preconditioner (f32) that the first cache holds, and below which the second does.
#define NEAR 8192u
#define SMALL 16384u

bool sl_ordering_is_scattered(const sl_csr *matrix) {
  if (matrix->rows < SMALL || matrix->nnz < 4096) return false;
  uint32_t far = 0, seen = 0, step = matrix->rows / 512;
  for (uint32_t i = 0; i < matrix->rows; i += step) {
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1] && seen < 8192;
         k++, seen++) {
      uint32_t j = matrix->columns[k];
      far += (j > i ? j - i : i - j) > NEAR;
    }
  }
  return far > seen / 4;
}

void sl_ordering_add_lag(const sl_ordering *ordering, const double *inverse_diagonal,
                         uint32_t begin, uint32_t end, double lag[2]) {
  const sl_csr *matrix = ordering->matrix;
  for (uint32_t i = begin; i < end; i++) {
    double scale = fabs(inverse_diagonal[i]);
    uint32_t place = ordering->places[i];
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
      uint32_t j = matrix->columns[k];
      double size = fabs(sl_csr_entry(matrix, k)) * scale;
      if (j > i) lag[0] += size;
      if (ordering->places[j] > place) lag[1] += size;
    }
  }
}
