// Based on: T. A. Manteuffel, "An incomplete factorization technique for positive definite linear
// systems", Math. Comp. 34 (1980), doi:10.1090/S0025-5718-1980-0559197-0 (a shifted diagonal);
// C.-J. Lin, J. J. More, "Incomplete Cholesky factorizations with limited memory", SIAM J. Sci.
// Comput. 21 (1999), doi:10.1137/S1064827597327334: scaling by the diagonal, and a shift that
// starts at 1e-3 and is doubled. Deviations: no fill at all; a pivot that is zero up to rounding,
// the last one of a Laplacian, is raised instead of shifted away. Sums are f64, what is kept is
// f32.
#include "solver/incomplete_cholesky.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "solver/scaling.h"

#define FIRST_SHIFT 1e-3
#define MOST_SHIFT 0x1p64

// Pivots beside their diagonal of 1: below this they are raised to it, below its negative the
// factorisation has broken down.
#define LEAST_PIVOT 1e-6

#define BLOCK_ROWS 4096u
#define NOINLINE __attribute__((noinline))

static sl_status alloc_all(sl_incomplete_cholesky *f) {
  size_t n = f->n;
  SL_TRY(SL_ALLOC_ZERO(&f->row, n));
  SL_TRY(SL_ALLOC(&f->cursors, n));
  SL_TRY(SL_ALLOC(&f->scale, n));
  SL_TRY(SL_ALLOC(&f->pointers, n + 1));
  SL_TRY(SL_ALLOC(&f->columns, f->matrix->nnz / 2));
  SL_TRY(SL_ALLOC(&f->values, f->matrix->nnz / 2));
  SL_TRY(SL_ALLOC(&f->inverse_diagonal, n));
  SL_TRY(SL_ALLOC(&f->y, n));
  return SL_ALLOC(&f->z, n);
}

sl_status sl_incomplete_cholesky_create(const sl_csr *matrix, int sign, sl_ordering_kind kind,
                                        sl_incomplete_cholesky **out) {
  *out = NULL;
  sl_incomplete_cholesky *f;
  SL_TRY(SL_ALLOC_ZERO(&f, 1));
  f->matrix = matrix;
  f->n = matrix->rows;
  f->unit = sl_unit_scale(matrix, sign);
  sl_status status = alloc_all(f);
  if (status == SL_OK && kind != SL_ORDER_NATURAL) {
    status = sl_ordering_begin(matrix, kind, &f->ordering);
  }
  if (status != SL_OK) {
    sl_incomplete_cholesky_destroy(f);
    return status;
  }
  *out = f;
  return SL_OK;
}

void sl_incomplete_cholesky_destroy(sl_incomplete_cholesky *f) {
  if (f == NULL) return;
  sl_ordering_destroy(&f->ordering);
  sl_free(f->row);
  sl_free(f->cursors);
  sl_free(f->scale);
  sl_free(f->pointers);
  sl_free(f->columns);
  sl_free(f->values);
  sl_free(f->inverse_diagonal);
  sl_free(f->y);
  sl_free(f->z);
  sl_free(f);
}

size_t sl_incomplete_cholesky_bytes(const sl_incomplete_cholesky *f) {
  if (f == NULL) return 0;
  size_t a_row = f->row != NULL ? 32 : 20;
  return sizeof *f + f->n * a_row + f->matrix->nnz / 2 * (size_t)8 +
         sl_ordering_bytes(&f->ordering);
}

uint64_t sl_incomplete_cholesky_entries(const sl_incomplete_cholesky *f) {
  return f->pointers[f->n] + (uint64_t)f->n;
}

// ---- factorisation ------------------------------------------------------------------------------

static inline uint32_t row_at(const sl_incomplete_cholesky *f, uint32_t place) {
  return f->ordering.order != NULL ? f->ordering.order[place] : place;
}

static inline uint32_t place_of(const sl_incomplete_cholesky *f, uint32_t row) {
  return f->ordering.places != NULL ? f->ordering.places[row] : row;
}

// Counts the lower entries of row i: row i + 1 begins after them.
static sl_status count_row(sl_incomplete_cholesky *f, uint32_t i, uint64_t *work) {
  const sl_csr *matrix = f->matrix;
  uint32_t row = row_at(f, i), count = 0;
  double own = 0;
  for (uint32_t k = matrix->row_pointers[row]; k < matrix->row_pointers[row + 1]; k++) {
    uint32_t j = place_of(f, matrix->columns[k]);
    double value = sl_csr_entry(matrix, k);
    if (j == i) own = fabs(value);
    if (j < i && value != 0) count++;
  }
  SL_REQUIRE(own == 0 || own * fabs(f->unit) > 0x1p-100, SL_ERR_UNSUPPORTED, "matrix",
             "a diagonal in the range of float32");
  own *= fabs(f->unit);
  f->scale[i] = own > 0 ? (float)(1 / sqrt(own)) : 0;
  f->pointers[i + 1] = f->pointers[i] + count;
  f->cursors[i] = f->pointers[i];
  *work += matrix->row_pointers[row + 1] - matrix->row_pointers[row];
  return SL_OK;
}

// Entries (j, i) with i > j become entries j of rows i: each row fills up in ascending order.
static sl_status copy_row(sl_incomplete_cholesky *f, uint32_t j, uint64_t *work) {
  const sl_csr *matrix = f->matrix;
  uint32_t row = row_at(f, j);
  for (uint32_t k = matrix->row_pointers[row]; k < matrix->row_pointers[row + 1]; k++) {
    uint32_t i = place_of(f, matrix->columns[k]);
    double value = sl_csr_entry(matrix, k);
    if (i <= j || value == 0) continue;
    uint32_t at = f->cursors[i]++;
    f->columns[at] = j;
    f->values[at] = (float)(value * f->unit * f->scale[i] * f->scale[j]);
  }
  *work += matrix->row_pointers[row + 1] - matrix->row_pointers[row];
  return SL_OK;
}

// A shift of the largest row sum makes the matrix dominant, and then nothing breaks down. Where the
// doubling does not get there, no f32 holds the values.
static sl_status shift_more(sl_incomplete_cholesky *f) {
  f->shift = f->shift > 0 ? 2 * f->shift : FIRST_SHIFT;
  SL_REQUIRE(f->shift <= MOST_SHIFT, SL_ERR_UNSUPPORTED, "matrix",
             "values within the range of float32");
  memcpy(f->cursors, f->pointers, f->n * sizeof *f->cursors);
  f->stage = SL_IC_COPY;
  f->next_row = 0;
  return SL_OK;
}

// Row i of L from the rows above.
static sl_status factorise_row(sl_incomplete_cholesky *f, uint32_t i, uint64_t *work) {
  uint32_t begin = f->pointers[i], end = f->pointers[i + 1];
  double pivot = 1 + f->shift;
  for (uint32_t k = begin; k < end; k++) f->row[f->columns[k]] = f->values[k];
  for (uint32_t k = begin; k < end; k++) {
    uint32_t j = f->columns[k], stop = f->pointers[j + 1];
    double sum = f->row[j];
    for (uint32_t m = f->pointers[j]; m < stop; m++) sum -= f->values[m] * f->row[f->columns[m]];
    *work += stop - f->pointers[j] + 2;
    f->values[k] = (float)(sum * f->inverse_diagonal[j]);
    f->row[j] = f->values[k];
    pivot -= f->row[j] * f->row[j];
  }
  for (uint32_t k = begin; k < end; k++) f->row[f->columns[k]] = 0;
  f->inverse_diagonal[i] = (float)(1 / sqrt(pivot > LEAST_PIVOT ? pivot : LEAST_PIVOT));
  return pivot > -LEAST_PIVOT ? SL_OK : shift_more(f);
}

typedef sl_status row_function(sl_incomplete_cholesky *f, uint32_t i, uint64_t *work);

// The next rows of a stage, which may itself go back to another one.
NOINLINE static sl_status run_rows(sl_incomplete_cholesky *f, row_function *run, uint64_t *work) {
  sl_ic_stage stage = f->stage;
  uint32_t end = f->n - f->next_row > BLOCK_ROWS ? f->next_row + BLOCK_ROWS : f->n;
  while (f->next_row < end) {
    SL_TRY(run(f, f->next_row, work));
    if (f->stage != stage) return SL_OK;
    f->next_row++;
  }
  if (end < f->n) return SL_OK;
  f->next_row = 0;
  f->stage++;
  return SL_OK;
}

sl_status sl_incomplete_cholesky_build(sl_incomplete_cholesky *f, bool *done, uint64_t *work) {
  *done = false;
  switch (f->stage) {
  case SL_IC_ORDER:
    if (f->ordering.order == NULL || sl_ordering_step(&f->ordering, 16 * BLOCK_ROWS, work)) {
      f->pointers[0] = 0;
      f->stage = SL_IC_COUNT;
    }
    return SL_OK;
  case SL_IC_COUNT:
    return run_rows(f, count_row, work);
  case SL_IC_COPY:
    return run_rows(f, copy_row, work);
  case SL_IC_FACTORISE:
    return run_rows(f, factorise_row, work);
  case SL_IC_DONE:
    break;
  }
  sl_free(f->row);
  sl_free(f->cursors);
  f->row = NULL;
  f->cursors = NULL;
  *done = true;
  return SL_OK;
}

// ---- application --------------------------------------------------------------------------------

NOINLINE static void solve_lower(const sl_incomplete_cholesky *f, const double *r, double scale,
                                 uint32_t begin, uint32_t end) {
  for (uint32_t i = begin; i < end; i++) {
    float sum = (float)(r[row_at(f, i)] * scale) * f->scale[i];
    uint32_t stop = f->pointers[i + 1];
    for (uint32_t k = f->pointers[i]; k < stop; k++) sum -= f->values[k] * f->y[f->columns[k]];
    f->y[i] = sum * f->inverse_diagonal[i];
  }
}

NOINLINE static void solve_upper(const sl_incomplete_cholesky *f, uint32_t begin, uint32_t end) {
  for (uint32_t i = end; i-- > begin;) {
    float value = f->y[i] * f->inverse_diagonal[i];
    uint32_t stop = f->pointers[i + 1];
    for (uint32_t k = f->pointers[i]; k < stop; k++) f->y[f->columns[k]] -= f->values[k] * value;
    f->z[row_at(f, i)] = value * f->scale[i];
  }
}

const float *sl_incomplete_cholesky_solve(sl_incomplete_cholesky *f, const double *r,
                                          double scale) {
  uint32_t n = f->n;
  for (uint32_t i = 0; i < n; i += BLOCK_ROWS) {
    solve_lower(f, r, scale, i, n - i < BLOCK_ROWS ? n : i + BLOCK_ROWS);
  }
  for (uint32_t end = n; end > 0;) {
    uint32_t begin = end > BLOCK_ROWS ? end - BLOCK_ROWS : 0;
    solve_upper(f, begin, end);
    end = begin;
  }
  return f->z;
}
