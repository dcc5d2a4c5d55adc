// New numbers in the factors that are there: scaling, the rows again with the same pivots, and what
// lies outside of the blocks.
#include "direct/lu_object.h"

#include "base/memory.h"

// Factors whose entries grew by more than this are of no use: refinement would not mend them.
#define LEAST_RECIPROCAL_GROWTH 0x1p-26

// ---- scaling ------------------------------------------------------------------------------------
// The largest entry of each row, then of each column, is brought into [1, 2). After a product
// matching the columns begin with what that found.

static void scale_row(sl_lu *lu, uint32_t k) {
  uint32_t row = lu->row_order[k];
  int32_t largest = SL_EXPONENT_OF_ZERO / 2;
  for (uint32_t t = lu->row_start[row]; t < lu->row_start[row + 1]; t++) {
    int32_t exponent = sl_exponent(sl_lu_value(lu, t));
    if (lu->column_base != NULL) exponent += lu->column_base[lu->place[t]];
    if (exponent > largest) largest = exponent;
  }
  lu->row_exponent[k] = largest == SL_EXPONENT_OF_ZERO / 2 ? 0 : -largest;
  for (uint32_t t = lu->row_start[row]; t < lu->row_start[row + 1]; t++) {
    uint32_t q = lu->place[t];
    int32_t exponent = sl_exponent(sl_lu_value(lu, t)) + lu->row_exponent[k];
    if (exponent > lu->column_exponent[q]) lu->column_exponent[q] = exponent;
  }
}

void sl_lu_scale(sl_lu *lu, uint64_t work, bool *done) {
  uint64_t begin = lu->spent;
  if (lu->cursor == 0) {
    for (uint32_t q = 0; q < lu->n; q++) lu->column_exponent[q] = SL_EXPONENT_OF_ZERO;
  }
  while (lu->cursor < lu->n && lu->spent - begin < work) {
    uint32_t k = lu->cursor++, row = lu->row_order[k];
    scale_row(lu, k);
    lu->spent += lu->row_start[row + 1] - lu->row_start[row] + 1;
  }
  *done = lu->cursor == lu->n;
  if (!*done) return;
  for (uint32_t q = 0; q < lu->n; q++) {
    int32_t largest = lu->column_exponent[q];
    lu->column_exponent[q] = largest < SL_EXPONENT_OF_ZERO / 2 ? 0 : -largest;
  }
}

// ---- outside of the blocks ----------------------------------------------------------------------

sl_status sl_lu_gather_outside(sl_lu *lu) {
  uint32_t count = 0;
  for (uint32_t b = 0; b < lu->blocks; b++) {
    uint32_t first = lu->block_start[b];
    for (uint32_t k = first; k < lu->block_start[b + 1]; k++) {
      lu->outside_start[k] = count;
      uint32_t row = lu->row_order[k];
      for (uint32_t t = lu->row_start[row]; t < lu->row_start[row + 1]; t++) {
        count += lu->place[t] < first;
      }
    }
  }
  lu->outside_start[lu->n] = count;
  SL_TRY(SL_REALLOC(&lu->outside_index, count));
  return SL_REALLOC(&lu->outside_value, count);
}

// The entries of row k outside of its block, which begins at `first`.
static void write_outside(sl_lu *lu, uint32_t k, uint32_t first) {
  uint32_t row = lu->row_order[k], at = lu->outside_start[k];
  if (at == lu->outside_start[k + 1]) return;
  for (uint32_t t = lu->row_start[row]; t < lu->row_start[row + 1]; t++) {
    uint32_t q = lu->place[t];
    if (q >= first) continue;
    lu->outside_index[at] = q;
    lu->outside_value[at++] =
        sl_times_power(sl_lu_value(lu, t), lu->row_exponent[k] + lu->column_exponent[q]);
  }
}

void sl_lu_write_outside(sl_lu *lu, uint64_t work, bool *done) {
  uint64_t begin = lu->spent;
  while (lu->cursor < lu->blocks && lu->spent - begin < work) {
    uint32_t first = lu->block_start[lu->cursor], end = lu->block_start[++lu->cursor];
    for (uint32_t k = first; k < end; k++) write_outside(lu, k, first);
    lu->spent += end - first + lu->outside_start[end] - lu->outside_start[first];
  }
  *done = lu->cursor == lu->blocks;
}

// ---- the rows again -----------------------------------------------------------------------------

static double scatter(const sl_lu *lu, uint32_t k, uint32_t first, double *x) {
  uint32_t row = lu->row_order[k];
  int32_t exponent = lu->row_exponent[k];
  double largest = 0;
  for (uint32_t t = lu->row_start[row]; t < lu->row_start[row + 1]; t++) {
    uint32_t q = lu->place[t];
    if (q < first) continue;
    double value = sl_times_power(sl_lu_value(lu, t), exponent + lu->column_exponent[q]);
    x[q] = value;
    double size = fabs(value);
    if (size > largest) largest = size;
  }
  return largest;
}

__attribute__((noinline)) static double reduce(sl_lu *lu, uint32_t k, double *x) {
  const uint64_t *upper_start = lu->upper_start;
  double most = 0;
  for (uint64_t at = lu->lower_start[k]; at < lu->lower_start[k + 1]; at++) {
    uint32_t p = lu->lower_index[at];
    double factor = x[p];
    x[p] = 0;
    lu->lower_value[at] = factor;
    double size = fabs(factor);
    if (size > most) most = size;
    uint64_t count = upper_start[p + 1] - upper_start[p];
    const uint32_t *columns = lu->upper_index + upper_start[p];
    const double *values = lu->upper_value + upper_start[p];
    for (uint64_t t = 0; t < count; t++) x[columns[t]] -= factor * values[t];
    lu->spent += count;
  }
  return most;
}

// False when the pivot is of no use any more.
static bool refactor_row(sl_lu *lu, uint32_t k, uint32_t first, double *x) {
  double largest = scatter(lu, k, first, x), most = reduce(lu, k, x), pivot = x[k];
  x[k] = 0;
  double size = fabs(pivot);
  if (!(size > 0 && size < INFINITY && most < INFINITY)) return false;
  double multiplier = 0, sum = 0;
  for (uint64_t t = lu->upper_start[k]; t < lu->upper_start[k + 1]; t++) {
    uint32_t q = lu->upper_index[t];
    double quotient = x[q] / pivot;
    x[q] = 0;
    lu->upper_value[t] = quotient;
    sum += fabs(quotient);
    if (fabs(quotient) > multiplier) multiplier = fabs(quotient);
  }
  lu->pivot[k] = pivot;
  sl_lu_note_pivot(lu, k, pivot, largest, size > most ? size : most);
  lu->spent +=
      lu->upper_start[k + 1] - lu->upper_start[k] + lu->lower_start[k + 1] - lu->lower_start[k] + 4;
  return sum < INFINITY && lu->reciprocal_growth >= LEAST_RECIPROCAL_GROWTH &&
         multiplier * LEAST_RECIPROCAL_GROWTH <= 1;
}

void sl_lu_refactor(sl_lu *lu, uint64_t work, bool *done) {
  uint64_t begin = lu->spent;
  uint32_t block = lu->block;
  while (lu->cursor < lu->n && lu->spent - begin < work) {
    uint32_t k = lu->cursor++, first = lu->block_start[block];
    write_outside(lu, k, first);
    uint32_t row = lu->row_order[k];
    lu->spent += lu->row_start[row + 1] - lu->row_start[row];
    if (!refactor_row(lu, k, first, lu->scratch)) {
      sl_job_end(&lu->job, SL_OUTCOME_BREAKDOWN);
      return;
    }
    if (k + 1 == lu->block_start[block + 1]) block++;
  }
  lu->block = block;
  *done = lu->cursor == lu->n;
}
