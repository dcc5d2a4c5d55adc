// Dense LU with partial pivoting, row echelon form, and iterative refinement.
//
// Based on: G. H. Golub, C. F. Van Loan, "Matrix computations", 4th ed. (2013), 3.4 (partial
// pivoting) and 3.5 (scaling, refinement). Rows, then columns, are first scaled by powers of two,
// so that "this pivot is zero up to rounding" does not depend on units. A column without a pivot is
// skipped and its unknown set to zero: a consistent singular system still gets a solution.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "simd/kernels.h"
#include "solver/method.h"
#include "sparse/spmv.h"

typedef struct dense_lu {
  uint32_t n;
  uint32_t next_column; // factorised so far
  uint32_t rank;        // pivots so far
  double *a;            // n x n, row by row: multipliers below the staircase, U on and above it
  double *scratch;      // n
  int *row_exponent;    // n: row i was multiplied by 2^row_exponent[i]
  int *column_exponent; // n
  uint32_t *row_order;  // n: row k of the factors is row row_order[k] of A
  uint32_t *pivots;     // rank: the column of each pivot
} dense_lu;

static void destroy(void *state) {
  dense_lu *lu = state;
  sl_free(lu->a);
  sl_free(lu->scratch);
  sl_free(lu->row_exponent);
  sl_free(lu->column_exponent);
  sl_free(lu->row_order);
  sl_free(lu->pivots);
}

static size_t bytes(const void *state) {
  const dense_lu *lu = state;
  return (size_t)lu->n * (lu->n * sizeof(double) + sizeof(double) + 4 * sizeof(int));
}

static sl_status create(dense_lu *lu, uint32_t n) {
  lu->n = n;
  SL_TRY(SL_ALLOC_ZERO(&lu->a, (size_t)n * n));
  SL_TRY(SL_ALLOC(&lu->scratch, n));
  SL_TRY(SL_ALLOC(&lu->row_exponent, n));
  SL_TRY(SL_ALLOC(&lu->column_exponent, n));
  SL_TRY(SL_ALLOC(&lu->row_order, n));
  return SL_ALLOC(&lu->pivots, n);
}

// -exponent of the largest entry, so that scaling brings it into [0.5, 1); 0 for zeros.
static int exponent_to_scale(double largest) {
  int exponent = 0;
  if (largest > 0) frexp(largest, &exponent);
  return -exponent;
}

static void load(dense_lu *lu, const sl_csr *matrix) {
  uint32_t n = lu->n;
  for (uint32_t i = 0; i < n; i++) {
    double *row = lu->a + (size_t)i * n;
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
      row[matrix->columns[k]] = sl_csr_entry(matrix, k);
    }
    lu->row_order[i] = i;
    lu->row_exponent[i] = exponent_to_scale(sl_norm_inf_f64(row, n));
    for (uint32_t j = 0; j < n; j++) row[j] = ldexp(row[j], lu->row_exponent[i]);
  }
  for (uint32_t j = 0; j < n; j++) {
    double largest = 0;
    for (uint32_t i = 0; i < n; i++) {
      double size = fabs(lu->a[(size_t)i * n + j]);
      if (size > largest) largest = size;
    }
    lu->column_exponent[j] = exponent_to_scale(largest);
    for (uint32_t i = 0; i < n; i++) {
      lu->a[(size_t)i * n + j] = ldexp(lu->a[(size_t)i * n + j], lu->column_exponent[j]);
    }
  }
}

static void swap_rows(dense_lu *lu, uint32_t i, uint32_t j) {
  if (i == j) return;
  size_t bytes = lu->n * sizeof(double);
  double *a = lu->a + (size_t)i * lu->n, *b = lu->a + (size_t)j * lu->n;
  memcpy(lu->scratch, a, bytes);
  memcpy(a, b, bytes);
  memcpy(b, lu->scratch, bytes);
  uint32_t row = lu->row_order[i];
  lu->row_order[i] = lu->row_order[j];
  lu->row_order[j] = row;
}

// Eliminates one column. Entries are at most 1 after scaling, so n u is the level of rounding.
static void eliminate(dense_lu *lu) {
  uint32_t n = lu->n, column = lu->next_column++, top = lu->rank, pivot = top;
  double largest = 0;
  for (uint32_t i = top; i < n; i++) {
    double size = fabs(lu->a[(size_t)i * n + column]);
    if (size > largest) {
      largest = size;
      pivot = i;
    }
  }
  if (largest <= n * 0x1p-53) return;
  swap_rows(lu, top, pivot);
  lu->pivots[lu->rank++] = column;
  const double *head = lu->a + (size_t)top * n;
  for (uint32_t i = top + 1; i < n; i++) {
    double *row = lu->a + (size_t)i * n;
    double factor = row[column] / head[column];
    row[column] = factor;
    if (factor != 0) sl_axpy_f64(-factor, head + column + 1, row + column + 1, n - column - 1);
  }
}

static sl_status prepare(sl_solver *solver, bool *done) {
  dense_lu *lu = sl_solver_state(solver);
  if (lu->pivots == NULL) {
    SL_TRY(create(lu, solver->n));
    load(lu, solver->matrix);
  }
  const uint64_t limit = solver->options.max_work;
  for (uint32_t k = 0; k < 16 && lu->next_column < lu->n; k++) {
    if (k > 0 && limit > 0 && solver->work >= limit) break;
    solver->work += (uint64_t)(lu->n - lu->rank) * (lu->n - lu->next_column);
    eliminate(lu);
  }
  *done = lu->next_column == lu->n;
  return SL_OK;
}

static void add_correction(sl_solver *solver) {
  dense_lu *lu = sl_solver_state(solver);
  const double *r = solver->r;
  uint32_t n = lu->n, rank = lu->rank;
  double *y = lu->scratch;
  for (uint32_t k = 0; k < rank; k++) {
    uint32_t i = lu->row_order[k];
    const double *row = lu->a + (size_t)k * n;
    double sum = ldexp(r[i], lu->row_exponent[i]);
    for (uint32_t m = 0; m < k; m++) sum -= row[lu->pivots[m]] * y[m];
    y[k] = sum;
  }
  for (uint32_t k = rank; k-- > 0;) {
    const double *row = lu->a + (size_t)k * n;
    for (uint32_t m = k + 1; m < rank; m++) y[k] -= row[lu->pivots[m]] * y[m];
    y[k] /= row[lu->pivots[k]];
  }
  for (uint32_t k = 0; k < rank; k++) {
    solver->x[lu->pivots[k]] += ldexp(y[k], lu->column_exponent[lu->pivots[k]]);
  }
}

static void start(sl_solver *solver) {
  const dense_lu *lu = sl_solver_state(solver);
  solver->numerically_singular = lu->rank + solver->null_space.count < solver->n;
}

sl_outcome sl_solver_refine(sl_solver *solver, void (*add)(sl_solver *)) {
  double before = solver->norm;
  // The gain is known only afterwards: the iterate to fall back to is kept.
  memcpy(solver->best, solver->x, solver->n * sizeof *solver->x);
  add(solver);
  sl_csr_residual(solver->matrix, solver->x, solver->b, solver->r);
  solver->work += (uint64_t)solver->n * solver->n + solver->matrix->nnz;
  solver->norm = sl_norm2_f64(solver->r, solver->n);
  solver->best_in_x = solver->norm < before;
  solver->best_norm = solver->best_in_x ? solver->norm : before;
  if (solver->norm <= solver->target) return SL_OUTCOME_CONVERGED;
  if (solver->norm < 0.5 * before) return SL_OUTCOME_RUNNING;
  // Where rows differ much in size the first solution may do nothing for the small ones.
  bool first = solver->attempts[solver->attempt_count - 1].iterations == 0;
  if (first && isfinite(solver->norm)) return SL_OUTCOME_RUNNING;
  // A solution so large that rounding alone is of the size of b.
  double *rounding = solver->vectors[0];
  sl_csr_residual_bound(solver->matrix, solver->x, solver->b, solver->r, rounding);
  solver->numerically_singular |= sl_norm2_f64(rounding, solver->n) >= solver->b_norm;
  return SL_OUTCOME_STAGNATED;
}

static sl_outcome step(sl_solver *solver) { return sl_solver_refine(solver, add_correction); }

const sl_method sl_method_LU = {
    .prepare = prepare,
    .start = start,
    .step = step,
    .size = sizeof(dense_lu),
    .bytes = bytes,
    .destroy = destroy,
    .dense = true,
    .true_residual = true,
};
