// Based on: Y. Saad, "Iterative methods for sparse linear systems", 2nd ed. (2003), 10.3.2 (ILU(0),
// the IKJ form), doi:10.1137/1.9780898718003. Deviations: a diagonal entry that is not stored takes
// part as a zero, and a pivot that is small beside its row's largest entry is replaced by that,
// because a preconditioner that is wrong in one direction is better than none. Scaled by a power of
// two, which changes no digit, into the middle of f32's range; computed in f64, kept in f32.
#include "solver/ilu.h"

#include <math.h>

#include "base/memory.h"
#include "solver/scaling.h"

#define LEAST_PIVOT 0.05
#define NOINLINE __attribute__((noinline))
#define BLOCK_ROWS 4096u

void sl_ilu_destroy(sl_ilu *ilu) {
  if (ilu == NULL) return;
  sl_free(ilu->pointers);
  sl_free(ilu->diagonals);
  sl_free(ilu->columns);
  sl_free(ilu->values);
  sl_free(ilu->inverse);
  sl_free(ilu->exact);
  sl_free(ilu->places);
  sl_free(ilu);
}

uint64_t sl_ilu_entries(const sl_ilu *ilu) { return ilu->pointers[ilu->n]; }

size_t sl_ilu_bytes(const sl_ilu *ilu) {
  if (ilu == NULL) return 0;
  size_t entries = (size_t)ilu->matrix->nnz + ilu->n, work = entries * 8 + (size_t)ilu->n * 4;
  return sizeof *ilu + (size_t)ilu->n * 16 + entries * 8 + (ilu->exact != NULL ? work : 0);
}

// Copies row i with its diagonal entry, stored or not.
static void copy_row(sl_ilu *ilu, uint32_t i) {
  const sl_csr *matrix = ilu->matrix;
  uint32_t at = ilu->pointers[i], end = matrix->row_pointers[i + 1];
  bool stored = false;
  for (uint32_t k = matrix->row_pointers[i]; k <= end; k++) {
    // The end of the row stands for a diagonal entry that has not been met.
    uint32_t j = k < end ? matrix->columns[k] : ilu->n;
    if (j >= i && !stored) {
      stored = true;
      ilu->diagonals[i] = at;
      ilu->columns[at] = i;
      ilu->exact[at++] = j == i ? ilu->scale * sl_csr_entry(matrix, k) : 0;
    }
    if (j == i || k == end) continue;
    ilu->columns[at] = j;
    ilu->exact[at++] = ilu->scale * sl_csr_entry(matrix, k);
  }
  ilu->pointers[i + 1] = at;
}

// Returns the entries it took.
static uint64_t eliminate_row(sl_ilu *ilu, uint32_t i) {
  uint32_t begin = ilu->pointers[i], end = ilu->pointers[i + 1], diagonal = ilu->diagonals[i];
  double *values = ilu->exact, largest = 0;
  uint32_t *places = ilu->places;
  uint64_t work = end - begin;
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
    work += ilu->pointers[row + 1] - ilu->diagonals[row];
  }
  double pivot = values[diagonal], size = largest > 0 ? largest : 1;
  if (!(fabs(pivot) >= LEAST_PIVOT * size)) pivot = pivot < 0 ? -size : size;
  ilu->inverse[i] = 1 / pivot;
  for (uint32_t k = begin; k < end; k++) places[ilu->columns[k]] = 0;
  return work;
}

NOINLINE static void build_rows(sl_ilu *ilu, uint32_t begin, uint32_t end, uint64_t *work) {
  const uint32_t *pointers = ilu->pointers;
  if (ilu->stage == SL_ILU_COPY) {
    for (uint32_t i = begin; i < end; i++) copy_row(ilu, i);
    *work += pointers[end] - pointers[begin];
  } else if (ilu->stage == SL_ILU_ELIMINATE) {
    for (uint32_t i = begin; i < end; i++) *work += eliminate_row(ilu, i);
  } else {
    for (uint32_t k = pointers[begin]; k < pointers[end]; k++) {
      ilu->values[k] = (float)ilu->exact[k];
    }
    *work += pointers[end] - pointers[begin];
  }
}

bool sl_ilu_build(sl_ilu *ilu, uint64_t *work) {
  if (ilu->stage != SL_ILU_DONE) {
    uint32_t begin = ilu->next_row;
    uint32_t end = ilu->n - begin > BLOCK_ROWS ? begin + BLOCK_ROWS : ilu->n;
    build_rows(ilu, begin, end, work);
    ilu->next_row = end < ilu->n ? end : 0;
    if (end == ilu->n) ilu->stage++;
  }
  if (ilu->stage != SL_ILU_DONE) return false;
  sl_free(ilu->exact);
  sl_free(ilu->places);
  ilu->exact = NULL;
  ilu->places = NULL;
  return true;
}

sl_status sl_ilu_create(const sl_csr *matrix, sl_ilu **out) {
  *out = NULL;
  size_t n = matrix->rows, entries = (size_t)matrix->nnz + n;
  SL_REQUIRE(entries < UINT32_MAX, SL_ERR_OVERFLOW, "matrix", "fewer entries for this method");
  sl_ilu *ilu;
  SL_TRY(SL_ALLOC_ZERO(&ilu, 1));
  ilu->matrix = matrix;
  ilu->n = matrix->rows;
  ilu->scale = sl_unit_scale(matrix, 1);
  sl_status status = SL_ALLOC(&ilu->pointers, n + 1);
  if (status == SL_OK) status = SL_ALLOC(&ilu->diagonals, n);
  if (status == SL_OK) status = SL_ALLOC(&ilu->columns, entries);
  if (status == SL_OK) status = SL_ALLOC(&ilu->values, entries);
  if (status == SL_OK) status = SL_ALLOC(&ilu->inverse, n);
  if (status == SL_OK) status = SL_ALLOC(&ilu->exact, entries);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&ilu->places, n);
  if (status != SL_OK) {
    sl_ilu_destroy(ilu);
    return status;
  }
  ilu->pointers[0] = 0;
  *out = ilu;
  return SL_OK;
}

NOINLINE static void solve_lower(const sl_ilu *ilu, const double *v, double *z, uint32_t begin,
                                 uint32_t end) {
  for (uint32_t i = begin; i < end; i++) {
    double sum = v[i] * ilu->scale;
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
