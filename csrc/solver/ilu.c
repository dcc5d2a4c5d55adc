// Based on: Y. Saad, "Iterative methods for sparse linear systems", 2nd ed. (2003), 10.3.2 (ILU(0),
// the IKJ form), doi:10.1137/1.9780898718003. Deviations: a diagonal entry that is not stored takes
// part as a zero, and a pivot that is small beside its row's largest entry is replaced by that,
// because a preconditioner that is wrong in one direction is better than none. Computed in f64,
// kept in f32.
#include "solver/ilu.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

#define LEAST_PIVOT 0.05
#define NOINLINE __attribute__((noinline))
#define BLOCK_ROWS 4096u

struct sl_ilu {
  uint32_t n;
  uint32_t *pointers;  // n + 1
  uint32_t *diagonals; // n: place of the diagonal entry in the row
  uint32_t *columns;
  float *values;   // L without its ones, U without its diagonal
  double *inverse; // n: 1 / u_ii
};

void sl_ilu_destroy(sl_ilu *ilu) {
  if (ilu == NULL) return;
  sl_free(ilu->pointers);
  sl_free(ilu->diagonals);
  sl_free(ilu->columns);
  sl_free(ilu->values);
  sl_free(ilu->inverse);
  sl_free(ilu);
}

uint64_t sl_ilu_entries(const sl_ilu *ilu) { return ilu->pointers[ilu->n]; }

size_t sl_ilu_bytes(const sl_ilu *ilu) {
  if (ilu == NULL) return 0;
  return sizeof *ilu + (size_t)ilu->n * 16 + (size_t)sl_ilu_entries(ilu) * 8;
}

// Copies row i with its diagonal entry, stored or not.
static void copy_row(sl_ilu *ilu, const sl_csr *matrix, uint32_t i, double *values, uint32_t *at) {
  uint32_t k = matrix->row_pointers[i], end = matrix->row_pointers[i + 1];
  for (; k < end && matrix->columns[k] < i; k++, ++*at) {
    ilu->columns[*at] = matrix->columns[k];
    values[*at] = sl_csr_value(matrix, k);
  }
  ilu->diagonals[i] = *at;
  ilu->columns[*at] = i;
  values[(*at)++] = k < end && matrix->columns[k] == i ? sl_csr_value(matrix, k++) : 0;
  for (; k < end; k++, ++*at) {
    ilu->columns[*at] = matrix->columns[k];
    values[*at] = sl_csr_value(matrix, k);
  }
  ilu->pointers[i + 1] = *at;
}

// places[j]: where column j stands in row i, plus 1; 0 elsewhere.
static void eliminate_row(sl_ilu *ilu, uint32_t i, double *values, uint32_t *places) {
  uint32_t begin = ilu->pointers[i], end = ilu->pointers[i + 1], diagonal = ilu->diagonals[i];
  double largest = 0;
  for (uint32_t k = begin; k < end; k++) {
    places[ilu->columns[k]] = k + 1;
    largest = fmax(largest, fabs(values[k]));
  }
  for (uint32_t k = begin; k < diagonal; k++) {
    uint32_t row = ilu->columns[k];
    double factor = values[k] *= ilu->inverse[row];
    for (uint32_t m = ilu->diagonals[row] + 1; m < ilu->pointers[row + 1]; m++) {
      uint32_t place = places[ilu->columns[m]];
      if (place > 0) values[place - 1] -= factor * values[m];
    }
  }
  double pivot = values[diagonal], size = largest > 0 ? largest : 1;
  if (!(fabs(pivot) >= LEAST_PIVOT * size)) pivot = pivot < 0 ? -size : size;
  ilu->inverse[i] = 1 / pivot;
  for (uint32_t k = begin; k < end; k++) places[ilu->columns[k]] = 0;
}

static sl_status factorise(sl_ilu *ilu, const sl_csr *matrix, double *values) {
  uint32_t *places, at = 0;
  SL_TRY(SL_ALLOC_ZERO(&places, ilu->n));
  ilu->pointers[0] = 0;
  for (uint32_t i = 0; i < ilu->n; i++) copy_row(ilu, matrix, i, values, &at);
  for (uint32_t i = 0; i < ilu->n; i++) eliminate_row(ilu, i, values, places);
  for (uint32_t k = 0; k < at; k++) ilu->values[k] = (float)values[k];
  sl_free(places);
  return SL_OK;
}

sl_status sl_ilu_create(const sl_csr *matrix, sl_ilu **out) {
  *out = NULL;
  size_t n = matrix->rows, entries = (size_t)matrix->nnz + n;
  SL_REQUIRE(entries < UINT32_MAX, SL_ERR_OVERFLOW, "matrix", "fewer entries for this method");
  sl_ilu *ilu;
  double *values = NULL;
  SL_TRY(SL_ALLOC_ZERO(&ilu, 1));
  ilu->n = matrix->rows;
  sl_status status = SL_ALLOC(&ilu->pointers, n + 1);
  if (status == SL_OK) status = SL_ALLOC(&ilu->diagonals, n);
  if (status == SL_OK) status = SL_ALLOC(&ilu->columns, entries);
  if (status == SL_OK) status = SL_ALLOC(&ilu->values, entries);
  if (status == SL_OK) status = SL_ALLOC(&ilu->inverse, n);
  if (status == SL_OK) status = SL_ALLOC(&values, entries);
  if (status == SL_OK) status = factorise(ilu, matrix, values);
  sl_free(values);
  if (status != SL_OK) {
    sl_ilu_destroy(ilu);
    return status;
  }
  *out = ilu;
  return SL_OK;
}

NOINLINE static void solve_lower(const sl_ilu *ilu, const double *v, double *z, uint32_t begin,
                                 uint32_t end) {
  for (uint32_t i = begin; i < end; i++) {
    double sum = v[i];
    uint32_t stop = ilu->diagonals[i];
    for (uint32_t k = ilu->pointers[i]; k < stop; k++) {
      sum -= (double)ilu->values[k] * z[ilu->columns[k]];
    }
    z[i] = sum;
  }
}

NOINLINE static void solve_upper(const sl_ilu *ilu, double *z, uint32_t begin, uint32_t end) {
  for (uint32_t i = end; i-- > begin;) {
    double sum = z[i];
    uint32_t stop = ilu->pointers[i + 1];
    for (uint32_t k = ilu->diagonals[i] + 1; k < stop; k++) {
      sum -= (double)ilu->values[k] * z[ilu->columns[k]];
    }
    z[i] = sum * ilu->inverse[i];
  }
}

void sl_ilu_solve(const sl_ilu *ilu, const double *v, double *z) {
  uint32_t n = ilu->n;
  for (uint32_t i = 0; i < n; i += BLOCK_ROWS) {
    solve_lower(ilu, v, z, i, n - i < BLOCK_ROWS ? n : i + BLOCK_ROWS);
  }
  for (uint32_t end = n; end > 0;) {
    uint32_t begin = end > BLOCK_ROWS ? end - BLOCK_ROWS : 0;
    solve_upper(ilu, z, begin, end);
    end = begin;
  }
}
