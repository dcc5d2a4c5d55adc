// New numbers in the factors that are there: scaling, the rows again with the same pivots, and what
// lies outside of the blocks.
#include "direct/lu_object.h"

#include <string.h>

#include "base/memory.h"
#include "direct/lu_rows.h"
#include "simd/kernels.h"

#define NOINLINE __attribute__((noinline))
#define ROWS_AHEAD 128

// Factors whose entries grew by more than this are of no use: refinement would not mend them.
#define LEAST_RECIPROCAL_GROWTH 0x1p-26

// ---- scaling ------------------------------------------------------------------------------------
// The largest entry of each row, then of each column, is brought into [1, 2). After a product
// matching the columns begin with what that found.

// Copies row k to where it will be read in order, and scales it. No branch depends on a value: rows
// come from all over the matrix, and what is waited for is memory.
NOINLINE static void scale_row(sl_lu *lu, uint32_t k) {
  uint32_t from = lu->row_start[lu->row_order[k]], begin = lu->entry_start[k];
  uint32_t count = lu->entry_start[k + 1] - begin;
  double *entries = lu->entries + begin;
  const uint32_t *place = lu->place + begin;
  if (lu->value_type == SL_VALUES_F64) {
    // Rows are short: a call would cost more.
    const double *values = (const double *)lu->values + from;
    for (uint32_t t = 0; t < count; t++) entries[t] = values[t];
  } else if (lu->value_type == SL_VALUES_F32) {
    sl_widen_f32((const float *)lu->values + from, entries, count);
  } else {
    for (uint32_t t = 0; t < count; t++) entries[t] = 1;
  }
  if (lu->unit_scale) return;
  const int32_t *base = lu->column_base;
  int32_t largest = SL_EXPONENT_OF_ZERO;
  for (uint32_t t = 0; t < count; t++) {
    int32_t exponent = sl_exponent(entries[t]) + (base != NULL ? base[place[t]] : 0);
    largest = exponent > largest ? exponent : largest;
  }
  largest = largest < SL_EXPONENT_OF_ZERO / 2 ? 0 : largest;
  lu->row_exponent[k] = -largest;
  int32_t *columns = lu->column_exponent;
  for (uint32_t t = 0; t < count; t++) {
    int32_t exponent = sl_exponent(entries[t]) - largest, before = columns[place[t]];
    columns[place[t]] = exponent > before ? exponent : before;
  }
}

void sl_lu_scale(sl_lu *lu, uint64_t work, bool *done) {
  uint64_t begin = lu->spent;
  if (lu->cursor == 0) {
    int32_t first = lu->unit_scale ? 0 : SL_EXPONENT_OF_ZERO;
    for (uint32_t q = 0; q < lu->n; q++) lu->column_exponent[q] = first;
    if (lu->unit_scale) memset(lu->row_exponent, 0, lu->n * sizeof *lu->row_exponent);
  }
  // Copied row by row when they are needed, or not at all.
  bool later = lu->unit_scale && lu->value_type == SL_VALUES_F64;
  if (later) lu->cursor = lu->n;
  while (lu->cursor < lu->n && lu->spent - begin < work) {
    uint32_t k = lu->cursor++;
    scale_row(lu, k);
    lu->spent += lu->entry_start[k + 1] - lu->entry_start[k] + 1;
  }
  *done = lu->cursor == lu->n;
  if (*done && !later) lu->copied = lu->n;
  if (!*done || lu->unit_scale) return;
  for (uint32_t q = 0; q < lu->n; q++) {
    int32_t largest = lu->column_exponent[q];
    lu->column_exponent[q] = largest < SL_EXPONENT_OF_ZERO / 2 ? 0 : -largest;
  }
}

// Rows come from all over the matrix: what is waited for is memory, and less of it while nothing else
// has to be done.
NOINLINE void sl_lu_copy_rows(sl_lu *lu) {
  const double *values = lu->values;
  uint32_t end = lu->n - lu->copied < ROWS_AHEAD ? lu->n : lu->copied + ROWS_AHEAD;
  for (uint32_t k = lu->copied; k < end; k++) {
    const double *from = values + lu->row_start[lu->row_order[k]];
    uint32_t begin = lu->entry_start[k], count = lu->entry_start[k + 1] - begin;
    for (uint32_t t = 0; t < count; t++) lu->entries[begin + t] = from[t];
  }
  lu->copied = end;
}

// ---- outside of the blocks ----------------------------------------------------------------------

sl_status sl_lu_gather_outside(sl_lu *lu) {
  uint32_t count = lu->outside_start[lu->n];
  SL_TRY(SL_REALLOC(&lu->outside_index, count));
  return SL_REALLOC(&lu->outside_value, count);
}

// ---- the rows again -----------------------------------------------------------------------------

// The scaled entries of row k: those of its block into x, the others where they are kept. Returns
// the largest in the block.
static double scatter(const sl_lu *lu, uint32_t k, uint32_t first, double *x) {
  int32_t exponent = lu->row_exponent[k];
  uint32_t outside = lu->outside_start[k];
  uint64_t largest = 0;
  const uint32_t *place = lu->place + lu->entry_start[k];
  const double *entries = sl_lu_row_entries(lu, k);
  for (uint32_t t = 0; t < lu->entry_start[k + 1] - lu->entry_start[k]; t++) {
    uint32_t q = place[t];
    double value = sl_lu_scaled_entry(lu, entries[t], exponent, q);
    if (q < first) {
      lu->outside_value[outside++] = value;
      continue;
    }
    x[q] = value;
    uint64_t size = sl_size_bits(value);
    largest = size > largest ? size : largest;
  }
  return sl_size_of_bits(largest);
}

NOINLINE static double reduce(sl_lu *lu, uint32_t k, double *x) {
  const uint32_t *rows = lu->lower_index;
  uint64_t spent = 0, end = lu->lower_start[k + 1], most = 0;
  for (uint64_t at = lu->lower_start[k]; at < end;) {
    uint32_t p = rows[at], count = 1;
    double *factors = lu->lower_value + at;
    while (at + count < end && rows[at + count] == p + count && lu->joined[p + count]) count++;
    at += count;
    spent += sl_lu_row_products(lu, p, count);
    if (count == 1) {
      factors[0] = sl_lu_subtract_row(lu, p, p, x);
    } else {
      sl_lu_subtract_rows(lu, p, count, p, x, factors);
    }
    for (uint32_t r = 0; r < count; r++) {
      uint64_t size = sl_size_bits(factors[r]);
      most = size > most ? size : most;
    }
  }
  lu->spent += spent;
  return sl_size_of_bits(most);
}

// False when the pivot is of no use any more.
NOINLINE static bool refactor_row(sl_lu *lu, uint32_t k, uint32_t first, bool alone, double *x) {
  double largest = scatter(lu, k, first, x), most = alone ? 0 : reduce(lu, k, x), pivot = x[k];
  x[k] = 0;
  double size = fabs(pivot);
  if (alone && size > 0) {
    lu->pivot[k] = pivot;
    return true;
  }
  if (!(size > 0 && size < INFINITY && most < INFINITY)) return false;
  uint64_t most_bits = 0;
  for (uint64_t t = lu->upper_start[k]; t < lu->upper_start[k + 1]; t++) {
    uint32_t q = lu->upper_index[t];
    double quotient = x[q] / pivot;
    x[q] = 0;
    lu->upper_value[t] = quotient;
    uint64_t bits = sl_size_bits(quotient);
    most_bits = bits > most_bits ? bits : most_bits;
  }
  double multiplier = sl_size_of_bits(most_bits); // NaN where one is
  lu->pivot[k] = pivot;
  if (multiplier > lu->largest_multiplier) lu->largest_multiplier = multiplier;
  sl_lu_note_pivot(lu, k, pivot, largest, size > most ? size : most);
  lu->spent +=
      lu->upper_start[k + 1] - lu->upper_start[k] + lu->lower_start[k + 1] - lu->lower_start[k] + 4;
  return multiplier < INFINITY && lu->reciprocal_growth >= LEAST_RECIPROCAL_GROWTH &&
         multiplier * LEAST_RECIPROCAL_GROWTH <= 1;
}

void sl_lu_refactor(sl_lu *lu, uint64_t work, bool *done) {
  uint64_t begin = lu->spent;
  uint32_t block = lu->block;
  while (lu->cursor < lu->n && lu->spent - begin < work) {
    uint32_t k = lu->cursor++, first = lu->block_start[block];
    if (k == lu->copied && lu->entries != NULL) sl_lu_copy_rows(lu);
    lu->spent += lu->entry_start[k + 1] - lu->entry_start[k];
    bool alone = lu->block_start[block + 1] - first == 1;
    if (!refactor_row(lu, k, first, alone, lu->scratch)) {
      sl_job_end(&lu->job, SL_OUTCOME_BREAKDOWN);
      return;
    }
    if (k + 1 == lu->block_start[block + 1]) block++;
  }
  lu->block = block;
  *done = lu->cursor == lu->n;
}
