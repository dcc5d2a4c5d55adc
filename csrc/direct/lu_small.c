// Based on: J. R. Gilbert, T. Peierls, "Sparse partial pivoting in time proportional to arithmetic
// operations", SIAM J. Sci. Stat. Comput. 9 (1988), doi:10.1137/0909058, with sets of at most 64 columns:
// rows are applied in the order in which they were made, the lowest bit first.
#include "direct/lu_small.h"

#include <string.h>

#define NOINLINE __attribute__((noinline))

static inline uint64_t bit(uint32_t i) { return (uint64_t)1 << i; }
static inline uint32_t lowest(uint64_t set) { return (uint32_t)__builtin_ctzll(set); }

void sl_lu_small_order(uint64_t *neighbours, uint32_t size, uint32_t *order, double *fill,
                       double *flops) {
  uint64_t left = ~(uint64_t)0 >> (SL_LU_SMALL - size);
  uint32_t entries = 0, operations = 0;
  for (uint32_t i = 0; i < size; i++) neighbours[i] &= ~bit(i);
  for (uint32_t k = 0; k < size; k++) {
    uint32_t row = 0, least = SL_LU_SMALL;
    for (uint64_t rest = left; rest != 0 && least > 1; rest &= rest - 1) {
      uint32_t i = lowest(rest), degree = (uint32_t)__builtin_popcountll(neighbours[i]);
      row = degree < least ? i : row;
      least = degree < least ? degree : least;
    }
    order[k] = row;
    left &= ~bit(row);
    for (uint64_t rest = neighbours[row]; rest != 0; rest &= rest - 1) {
      uint32_t i = lowest(rest);
      neighbours[i] = (neighbours[i] | neighbours[row]) & left & ~bit(i);
    }
    entries += 2 * least;
    operations += least * (2 * least + 1);
  }
  *fill = entries;
  *flops = operations;
}

void sl_lu_small_begin(sl_lu_small *small) {
  memset(small->x, 0, sizeof small->x);
  memset(small->row_bit, 0, sizeof small->row_bit);
  small->taken = 0;
}

// What is needed of the row at hand while it is reduced.
typedef struct row {
  uint64_t pattern, rows; // columns that it has; rows above that are still to be subtracted
  uint64_t largest;       // of its own entries, as sl_size_bits
} row;

static inline row scatter(sl_lu *lu, sl_lu_small *small, uint32_t k, uint32_t first,
                          const uint32_t *renamed) {
  const uint32_t *place = lu->place + lu->entry_start[k];
  const double *entries = sl_lu_row_entries(lu, k);
  uint32_t count = lu->entry_start[k + 1] - lu->entry_start[k], outside = lu->outside_start[k];
  int32_t exponent = lu->row_exponent[k];
  row r = {0, 0, 0};
  for (uint32_t t = 0; t < count; t++) {
    uint32_t q = place[t];
    double value = sl_lu_scaled_entry(lu, entries[t], exponent, q);
    if (q < first) {
      lu->outside_index[outside] = renamed[q];
      lu->outside_value[outside++] = value;
      continue;
    }
    uint32_t column = q - first;
    uint64_t size = sl_size_bits(value);
    small->x[column] = value;
    r.largest = size > r.largest ? size : r.largest;
    r.pattern |= bit(column);
    r.rows |= small->row_bit[column];
  }
  return r;
}

NOINLINE void sl_lu_small_factor(sl_lu *lu, sl_lu_small *small, uint32_t k, uint32_t first,
                                 uint64_t lower_at, uint64_t upper_at, uint32_t wanted,
                                 const uint32_t *renamed, sl_lu_small_row *out) {
  row r = scatter(lu, small, k, first, renamed);
  double *x = small->x;
  uint64_t most = 0, largest = 0;
  uint32_t lower = 0, upper = 0, pivot = SL_LU_NO_PIVOT, *lower_index = lu->lower_index + lower_at;
  double *lower_value = lu->lower_value + lower_at;
  uint64_t products = 0;
  while (r.rows != 0) {
    uint32_t above = lowest(r.rows), column = small->column[above];
    r.rows &= r.rows - 1;
    uint64_t begin = lu->upper_start[first + above];
    uint32_t count = (uint32_t)(lu->upper_start[first + above + 1] - begin);
    const uint32_t *columns = lu->upper_index + begin;
    const double *values = lu->upper_value + begin;
    double factor = x[column];
    uint64_t size = sl_size_bits(factor);
    x[column] = 0;
    lower_index[lower] = first + above;
    lower_value[lower++] = factor;
    most = size > most ? size : most;
    for (uint32_t t = 0; t < count; t++) {
      uint32_t c = columns[t];
      x[c] -= factor * values[t];
      r.pattern |= bit(c);
      r.rows |= small->row_bit[c];
    }
    products += count;
  }
  uint64_t candidates = r.pattern & ~small->taken;
  for (uint64_t rest = candidates; rest != 0; rest &= rest - 1) {
    uint32_t column = lowest(rest);
    uint64_t size = sl_size_bits(x[column]);
    pivot = size > largest ? column : pivot;
    largest = size > largest ? size : largest;
  }
  *out = (sl_lu_small_row){.lower = lower,
                           .pivot = pivot,
                           .finite = sl_size_of_bits(largest > most ? largest : most) < INFINITY,
                           .products = products};
  if (!out->finite || pivot == SL_LU_NO_PIVOT) return;
  // The product may underflow, so that 0 would be large enough.
  if ((candidates & bit(wanted)) && x[wanted] != 0 &&
      fabs(x[wanted]) >= sl_lu_threshold(lu) * sl_size_of_bits(largest)) {
    pivot = wanted;
  }
  double value = x[pivot];
  uint32_t *upper_index = lu->upper_index + upper_at;
  double *upper_value = lu->upper_value + upper_at;
  x[pivot] = 0;
  for (uint64_t rest = candidates & ~bit(pivot); rest != 0; rest &= rest - 1) {
    uint32_t column = lowest(rest);
    upper_index[upper] = column;
    upper_value[upper++] = x[column] / value;
    x[column] = 0;
  }
  small->taken |= bit(pivot);
  small->row_bit[pivot] = bit(k - first);
  small->column[k - first] = pivot;
  out->pivot = pivot;
  out->upper = upper;
  lu->pivot[k] = value;
  uint64_t magnitude = sl_size_bits(value);
  sl_lu_note_pivot(lu, k, value, sl_size_of_bits(r.largest),
                   sl_size_of_bits(magnitude > most ? magnitude : most));
}
