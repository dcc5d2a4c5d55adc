// Scaling follows D. Ruiz, "A scaling algorithm to equilibrate both rows and columns norms in
// matrices" (RAL-TR-2001-034), with powers of two.
#include "direct/factor.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "direct/factor_object.h"
#include "direct/scale.h"
#include "simd/kernels.h"

#define NOINLINE __attribute__((noinline))

// Pivots of an indefinite matrix that are smaller than this part of its largest entry are replaced.
#define THRESHOLD 0x1p-26
// That tell most matrices that are not symmetric, before all facts about one are found.
#define FIRST_ENTRIES 256

sl_job *sl_factor_job(sl_factor *factor) { return &factor->job; }

uint32_t sl_factor_rows(const sl_factor *factor) { return factor->matrix->rows; }

int32_t sl_factor_method_of(const sl_factor *factor) { return factor->method; }

void sl_factor_begin_phase(sl_factor *f, sl_factor_phase phase) {
  f->phase = phase;
  f->work = 0;
  sl_job_begin(&f->job);
}

sl_status sl_factor_require_made(const sl_factor *f) {
  SL_REQUIRE(!sl_job_is_running(&f->job), SL_ERR_STATE, "factor", "steps until it has ended");
  SL_REQUIRE(f->made, SL_ERR_STATE, "factor", "a factorisation that has succeeded");
  return SL_OK;
}

static void drop_numbers(sl_factor *f) {
  f->made = f->facts_known = false;
  sl_symmetric_destroy(&f->numbers);
  if (f->lu != NULL) f->analysed = false;
  sl_lu_destroy(f->lu);
  f->lu = NULL;
}

static void drop_workspace(sl_factor *f) {
  sl_free(f->y);
  sl_free(f->scratch);
  sl_free(f->scaled_b);
  sl_free(f->scaled_x);
  sl_free(f->kept);
  sl_free(f->correction);
  sl_free(f->sums);
  f->y = f->scratch = f->scaled_b = f->scaled_x = f->kept = f->correction = f->sums = NULL;
}

void sl_factor_destroy(sl_factor *f) {
  if (f == NULL) return;
  drop_numbers(f);
  drop_workspace(f);
  sl_factor_drop_file(f);
  sl_analysis_destroy(&f->analysis);
  sl_csr_destroy(f->matrix);
  sl_free(f->scaled);
  if (f->column_exponent != f->row_exponent) sl_free(f->column_exponent);
  sl_free(f->row_exponent);
  sl_free(f->solve.errors);
  sl_free(f->solve.b);
  sl_free(f);
}

size_t sl_factor_bytes(const sl_factor *f) {
  size_t n = f->matrix->rows, bytes = sizeof *f + sl_csr_bytes(f->matrix);
  bytes += 8 * (size_t)f->matrix->nnz + 4 * n + (f->column_exponent != f->row_exponent ? 4 * n : 0);
  bytes += sl_analysis_bytes(&f->analysis) + sl_symmetric_bytes(&f->numbers);
  if (f->lu) bytes += sl_lu_bytes(f->lu);
  if (f->y) bytes += 8 * (5 * n + f->analysis.largest_count);
  if (f->sums) bytes += 24 * n;
  bytes += 8 * (size_t)f->solve.room * (2 * n + 1);
  if (f->file_values) bytes += 8 * (size_t)f->file_value_count;
  return bytes;
}

// ---- the matrix ---------------------------------------------------------------------------------

// A copy with values in f64, so that other values may take their places.
//   given   nnz; NULL: those of the matrix
static sl_status copy_matrix(const sl_csr *matrix, const double *given, sl_csr **out) {
  size_t n = matrix->rows, nnz = matrix->nnz;
  uint32_t *pointers = NULL, *columns = NULL;
  double *values = NULL;
  sl_status status = SL_ALLOC(&pointers, n + 1);
  if (status == SL_OK) status = SL_ALLOC(&columns, nnz);
  if (status == SL_OK) status = SL_ALLOC(&values, nnz);
  if (status != SL_OK) {
    sl_free(pointers);
    sl_free(columns);
    return status;
  }
  memcpy(pointers, matrix->row_pointers, (n + 1) * sizeof *pointers);
  memcpy(columns, matrix->columns, nnz * sizeof *columns);
  if (given == NULL && matrix->value_type == SL_VALUES_F64) given = matrix->values;
  if (given != NULL) memcpy(values, given, nnz * sizeof *values);
  for (size_t k = 0; k < nnz && given == NULL; k++) values[k] = sl_csr_value(matrix, k);
  return sl_csr_adopt(matrix->rows, matrix->cols, pointers, columns, values, SL_VALUES_F64, out);
}

// Largest exponent in each row of what the exponents so far have made of the entries. No branch
// depends on a value.
NOINLINE static void measure(const sl_factor *f, int32_t *most) {
  const sl_csr *m = f->matrix;
  const double *values = m->values;
  for (uint32_t i = 0; i < m->rows; i++) {
    int32_t largest = SL_EXPONENT_OF_ZERO;
    for (uint32_t p = m->row_pointers[i]; p < m->row_pointers[i + 1]; p++) {
      int32_t e = sl_exponent(values[p]) + f->column_exponent[m->columns[p]];
      largest = e > largest ? e : largest;
    }
    bool zeros = largest < SL_EXPONENT_OF_ZERO / 2;
    most[i] = zeros ? SL_EXPONENT_OF_ZERO : largest + f->row_exponent[i];
  }
}

// The largest entry of each row, then of each column, is brought to 1 .. 2. Returns the first row of
// zeros, at which it ends, or the number of rows.
//   rows, most   rows each, written: exponents of the rows; largest ones of the columns
NOINLINE static uint32_t choose_unsymmetric(const sl_csr *m, int32_t *rows, int32_t *most) {
  const double *values = m->values;
  const uint32_t *columns = m->columns;
  uint32_t n = m->rows, begin = m->row_pointers[0], subnormal = 0;
  for (uint32_t j = 0; j < n; j++) most[j] = SL_EXPONENT_OF_ZERO;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t end = m->row_pointers[i + 1];
    uint64_t size = 0;
    for (uint32_t p = begin; p < end; p++) {
      uint64_t bits = sl_size_bits(values[p]);
      size = bits > size ? bits : size;
    }
    if (size == 0) return i;
    int32_t largest = sl_exponent(sl_size_of_bits(size));
    rows[i] = -largest;
    for (; begin < end; begin++) {
      int32_t biased = sl_biased_exponent(values[begin]), before = most[columns[begin]];
      int32_t e = biased == 0 ? SL_EXPONENT_OF_ZERO : biased - 1023 - largest;
      subnormal |= (biased == 0) & (values[begin] != 0);
      most[columns[begin]] = e > before ? e : before;
    }
  }
  for (uint32_t i = 0; i < n && subnormal; i++) {
    for (uint32_t p = m->row_pointers[i]; p < m->row_pointers[i + 1]; p++) {
      int32_t e = sl_exponent(values[p]) + rows[i], before = most[columns[p]];
      most[columns[p]] = e > before ? e : before;
    }
  }
  return n;
}

// Half of an exponent, towards 0, so that halving comes to rest.
static int32_t half(int32_t e) { return e / 2; }

// A positive diagonal is brought to 1 .. 4.
NOINLINE static void choose_by_diagonal(sl_factor *f) {
  const sl_csr *m = f->matrix;
  const double *values = m->values;
  for (uint32_t i = 0; i < m->rows; i++) {
    uint32_t at = m->row_pointers[i];
    for (uint32_t p = at; p < m->row_pointers[i + 1]; p++) at = m->columns[p] == i ? p : at;
    f->row_exponent[i] = -half(sl_exponent(values[at]));
  }
}

// The largest entry of each row is brought there, half of the way in each round.
static void choose_symmetric(sl_factor *f, int32_t *most) {
  const sl_csr *m = f->matrix;
  bool rests = false;
  for (int round = 0; round < 16 && !rests; round++) {
    for (uint32_t i = 0; i < m->rows; i++) most[i] = SL_EXPONENT_OF_ZERO;
    measure(f, most);
    rests = true;
    for (uint32_t i = 0; i < m->rows; i++) {
      rests &= half(most[i]) == 0;
      f->row_exponent[i] -= half(most[i]);
    }
  }
}

// Applies the exponents where everything is, and stays, a normal number or 0: without a branch that depends on
// a value. False where something is not.
NOINLINE static bool apply_usual(sl_factor *f) {
  const sl_csr *m = f->matrix;
  const double *values = m->values;
  const uint32_t *columns = m->columns;
  const int32_t *column_exponent = f->column_exponent;
  double *scaled = f->scaled;
  uint64_t largest = 0;
  uint32_t p = m->row_pointers[0], unusual = 0;
  for (uint32_t i = 0; i < m->rows; i++) {
    uint32_t end = m->row_pointers[i + 1];
    int32_t row = f->row_exponent[i];
    for (; p < end; p++) {
      int32_t exponent = row + column_exponent[columns[p]];
      double product = sl_times_normal_power(values[p], exponent);
      uint64_t size = sl_size_bits(product);
      scaled[p] = product;
      largest = size > largest ? size : largest;
      unusual |= ((uint32_t)(exponent + 1022) > 2045) | ((size >> 52 == 0) & (values[p] != 0));
    }
  }
  f->largest = sl_size_of_bits(largest);
  return unusual == 0 && f->largest < INFINITY;
}

// Applies the exponents. False when that rounds an entry.
static bool apply_exponents(sl_factor *f) {
  if (apply_usual(f)) return true;
  const sl_csr *m = f->matrix;
  const double *values = m->values;
  double largest = 0;
  for (uint32_t i = 0; i < m->rows; i++) {
    for (uint32_t p = m->row_pointers[i]; p < m->row_pointers[i + 1]; p++) {
      int32_t e = f->row_exponent[i] + f->column_exponent[m->columns[p]];
      double scaled = sl_times_power(values[p], e);
      double size = fabs(scaled);
      f->scaled[p] = scaled;
      largest = size > largest ? size : largest;
      // Powers of two are exact down to the subnormal numbers.
      if (size >= 0x1p-1022 || values[p] == 0) continue;
      if (sl_times_power(scaled, -e) != values[p]) return false;
    }
  }
  f->largest = largest;
  return largest < INFINITY;
}

static uint32_t first_row_of_zeros(const sl_csr *m) {
  const double *values = m->values;
  uint32_t i = 0;
  for (; i < m->rows; i++) {
    bool any = false;
    for (uint32_t p = m->row_pointers[i]; p < m->row_pointers[i + 1]; p++) any |= values[p] != 0;
    if (!any) break;
  }
  return i;
}

sl_status sl_factor_scale(sl_factor *f) {
  const sl_csr *m = f->matrix;
  size_t n = m->rows, bytes = n * sizeof *f->row_exponent;
  bool by_diagonal = f->symmetric && m->matrix_class.positive_diagonal;
  // First, so that what is refused leaves everything as it was.
  int32_t *most;
  SL_TRY(SL_ALLOC(&most, f->symmetric ? n : 2 * n));
  if (by_diagonal) {
    choose_by_diagonal(f);
    f->is_scaled = apply_exponents(f);
    // Where the matrix is definite, nothing is larger than the diagonal now.
    if (f->is_scaled && f->largest < 4) {
      sl_free(most);
      return SL_OK;
    }
  }
  uint32_t row = n;
  if (!f->symmetric)
    row = choose_unsymmetric(m, most + n, most);
  else if (!by_diagonal)
    row = first_row_of_zeros(m);
  if (row < n) {
    sl_free(most);
    return sl_fail(SL_ERR_SINGULAR, "matrix", "an entry other than 0 in each row", row);
  }
  if (f->symmetric) {
    if (!by_diagonal) memset(f->row_exponent, 0, bytes);
    choose_symmetric(f, most);
  } else {
    memcpy(f->row_exponent, most + n, bytes);
    for (uint32_t j = 0; j < n; j++) {
      f->column_exponent[j] = most[j] < SL_EXPONENT_OF_ZERO / 2 ? 0 : -most[j];
    }
  }
  sl_free(most);
  f->is_scaled = apply_exponents(f);
  if (f->is_scaled) return SL_OK;
  memset(f->row_exponent, 0, bytes);
  memset(f->column_exponent, 0, bytes);
  apply_exponents(f);
  return SL_OK;
}

// ---- making it ----------------------------------------------------------------------------------

// Whether all of the diagonal is positive: without that no matrix is definite.
static bool may_be_definite(const sl_factor *f) {
  const sl_matrix_class *facts = &f->matrix->matrix_class;
  return f->symmetric && facts->positive_diagonal;
}

static sl_factor_method first_method(const sl_factor *f) {
  if (f->asked != SL_FACTOR_AUTO) return f->asked;
  if (!f->symmetric) return SL_FACTOR_LU;
  return may_be_definite(f) ? SL_FACTOR_CHOLESKY : SL_FACTOR_LDLT;
}

// What solves of a matrix that is taken as unsymmetric need to know: its longest row, and its least slack,
// of which any that is not positive will do. The rest is found when the condition is asked for.
static void find_class(sl_csr *matrix) {
  sl_matrix_class found = {.square = true, .min_row_slack = INFINITY};
  for (uint32_t i = 0; i < matrix->rows; i++) {
    uint32_t length = matrix->row_pointers[i + 1] - matrix->row_pointers[i];
    if (length > found.max_row_nnz) found.max_row_nnz = length;
  }
  for (uint32_t i = 0; i < matrix->rows && found.min_row_slack > 0; i++) {
    double slack = sl_csr_row_slack(matrix, i);
    if (slack < found.min_row_slack) found.min_row_slack = slack;
  }
  matrix->matrix_class = found;
}

// Whether one of the first entries has no mirror image: so it is with most matrices that are not symmetric.
static bool is_surely_unsymmetric(const sl_csr *m) {
  for (uint32_t i = 0; i < m->rows && m->row_pointers[i] < FIRST_ENTRIES; i++) {
    for (uint32_t p = m->row_pointers[i]; p < m->row_pointers[i + 1]; p++) {
      uint32_t j = m->columns[p], low = m->row_pointers[j], high = m->row_pointers[j + 1];
      uint32_t end = high;
      while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (m->columns[middle] < i)
          low = middle + 1;
        else
          high = middle;
      }
      if (low == end || m->columns[low] != i || sl_csr_value(m, low) != sl_csr_value(m, p)) {
        return true;
      }
    }
  }
  return false;
}

sl_status sl_factor_adopt(sl_csr *matrix, bool general, sl_factor **out) {
  sl_factor *f = NULL;
  size_t n = matrix->rows;
  sl_status status = sl_alloc_zero(1, sizeof *f, (void **)&f);
  if (status != SL_OK) {
    sl_csr_destroy(matrix);
    return status;
  }
  f->job.kind = &sl_factor_kind;
  f->matrix = matrix;
  if (general) {
    if (!matrix->classified) find_class(matrix);
  } else {
    const sl_matrix_class *facts;
    status = sl_csr_classify(matrix, &facts);
    f->symmetric = facts->symmetric;
  }
  if (status == SL_OK) status = SL_ALLOC(&f->row_exponent, n);
  if (status == SL_OK && f->symmetric) f->column_exponent = f->row_exponent;
  if (status == SL_OK && !f->symmetric) status = SL_ALLOC(&f->column_exponent, n);
  if (status == SL_OK) status = SL_ALLOC(&f->scaled, (size_t)matrix->nnz);
  if (status == SL_OK) status = sl_factor_scale(f);
  if (status != SL_OK) {
    sl_factor_destroy(f);
    return status;
  }
  *out = f;
  return SL_OK;
}

sl_direct_ordering sl_factor_direct_ordering(const sl_factor *f) {
  switch (f->ordering) {
  case SL_FACTOR_ORDER_AMD:
    return SL_DIRECT_ORDER_MINIMUM_DEGREE;
  case SL_FACTOR_ORDER_NATURAL:
    return SL_DIRECT_ORDER_NATURAL;
  case SL_FACTOR_ORDER_NESTED:
    return SL_DIRECT_ORDER_NESTED;
  default:
    return SL_DIRECT_ORDER_AUTO;
  }
}

static sl_status begin_analysis(sl_factor *f) {
  sl_analysis next;
  bool dense = f->method != SL_FACTOR_CHOLESKY;
  sl_status status = sl_analysis_begin(f->matrix, sl_factor_direct_ordering(f), NULL, dense,
                                       dense ? f->scaled : NULL, &next);
  if (status != SL_OK) {
    sl_analysis_destroy(&next);
    return status;
  }
  sl_analysis_destroy(&f->analysis);
  f->analysis = next;
  f->analysed = false;
  f->phase = SL_FACTOR_ANALYSING;
  return SL_OK;
}

static sl_status create(sl_csr *matrix, int32_t method, int32_t ordering, bool estimate,
                        sl_factor **out) {
  *out = NULL;
  SL_REQUIRE(matrix->rows == matrix->cols, SL_ERR_NOT_SQUARE, "matrix", "a square matrix");
  SL_REQUIRE(method >= SL_FACTOR_AUTO && method <= SL_FACTOR_LU, SL_ERR_OPTION, "method",
             "auto, cholesky, ldlt or lu");
  SL_REQUIRE(ordering >= SL_FACTOR_ORDER_AMD && ordering <= SL_FACTOR_ORDER_NESTED, SL_ERR_OPTION,
             "ordering", "auto, amd, natural, columns or nested");
  bool symmetric = false;
  if (method != SL_FACTOR_LU && (matrix->classified || !is_surely_unsymmetric(matrix))) {
    const sl_matrix_class *facts;
    SL_TRY(sl_csr_classify(matrix, &facts));
    symmetric = facts->symmetric;
  }
  bool general = method == SL_FACTOR_LU || (method == SL_FACTOR_AUTO && !symmetric);
  SL_REQUIRE(general || symmetric, SL_ERR_NOT_SYMMETRIC, "matrix",
             "a symmetric matrix: method lu takes others");
  SL_REQUIRE(general || ordering != SL_FACTOR_ORDER_COLUMNS, SL_ERR_OPTION, "ordering",
             "another one: columns is for method lu");
  SL_REQUIRE(!general || ordering != SL_FACTOR_ORDER_NESTED, SL_ERR_OPTION, "ordering",
             "another one: nested is for symmetric factors");
  sl_csr *copy;
  sl_factor *f;
  SL_TRY(copy_matrix(matrix, NULL, &copy));
  copy->matrix_class = matrix->matrix_class; // what is known of them need not be found again
  copy->classified = matrix->classified;
  SL_TRY(sl_factor_adopt(copy, general, &f));
  f->asked = (sl_factor_method)method;
  f->ordering = (sl_factor_ordering)ordering;
  f->method = first_method(f);
  f->estimate_only = estimate;
  sl_status status = f->method == SL_FACTOR_LU ? sl_factor_begin_lu(f) : begin_analysis(f);
  if (status != SL_OK) {
    sl_factor_destroy(f);
    return status;
  }
  sl_factor_begin_phase(f, f->phase);
  *out = f;
  return SL_OK;
}

sl_status sl_factor_create(sl_csr *matrix, int32_t method, int32_t ordering, sl_factor **out) {
  return create(matrix, method, ordering, false, out);
}

sl_status sl_factor_create_estimate(sl_csr *matrix, int32_t method, int32_t ordering,
                                    sl_factor **out) {
  return create(matrix, method, ordering, true, out);
}

static sl_status begin_numbers(sl_factor *f) {
  sl_pivoting pivoting = {.definite = f->method == SL_FACTOR_CHOLESKY,
                          .threshold = THRESHOLD * f->largest};
  f->phase = SL_FACTOR_ELIMINATING;
  return sl_symmetric_begin(&f->numbers, &f->analysis, f->scaled, pivoting);
}

// Another method takes over, in an order of its own.
static sl_status change_method(sl_factor *f, sl_factor_method method) {
  f->method = method;
  drop_numbers(f);
  drop_workspace(f);
  if (method != SL_FACTOR_LU) return begin_analysis(f);
  sl_analysis_destroy(&f->analysis);
  f->analysed = false;
  return sl_factor_begin_lu(f);
}

static sl_status step_analysis(sl_factor *f, uint64_t work, bool *done) {
  uint64_t before = f->analysis.work;
  SL_TRY(sl_analysis_step(&f->analysis, work, &f->analysed));
  f->work += f->analysis.work - before;
  *done = f->estimate_only && sl_analysis_has_counts(&f->analysis);
  if (!f->analysed || *done) return SL_OK;
  if (f->file_values != NULL) {
    f->phase = SL_FACTOR_RESTORING;
    return SL_OK;
  }
  return begin_numbers(f);
}

static sl_status step_numbers(sl_factor *f, uint64_t work, bool *done) {
  sl_status status = sl_symmetric_step(&f->numbers, work, &f->work, done);
  if (status == SL_ERR_NOT_DEFINITE && f->asked == SL_FACTOR_AUTO) {
    *done = false;
    return change_method(f, SL_FACTOR_LDLT);
  }
  SL_TRY(status);
  if (*done && f->asked == SL_FACTOR_AUTO && f->numbers.pivoting.perturbed > 0) {
    *done = false;
    return change_method(f, SL_FACTOR_LU);
  }
  if (*done) {
    sl_symmetric_settle(&f->numbers);
    f->made = true;
  }
  return SL_OK;
}

static sl_status step_once(sl_factor *f, uint64_t work, bool *done) {
  switch (f->phase) {
  case SL_FACTOR_ANALYSING:
    return step_analysis(f, work, done);
  case SL_FACTOR_ELIMINATING:
    return step_numbers(f, work, done);
  case SL_FACTOR_RESTORING:
    *done = true;
    return sl_factor_step_restore(f);
  case SL_FACTOR_PIVOTING:
    return sl_factor_step_lu(f, work, done);
  case SL_FACTOR_SOLVING:
    return sl_factor_step_solve(f, work, done);
  default:
    return sl_factor_step_condition(f, work, done);
  }
}

static bool is_made_now(const sl_factor *f) {
  return f->phase == SL_FACTOR_ANALYSING || f->phase == SL_FACTOR_ELIMINATING ||
         f->phase == SL_FACTOR_RESTORING || f->phase == SL_FACTOR_PIVOTING;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_factor *f = (sl_factor *)job;
  uint64_t begin = f->work;
  bool done = false;
  do {
    uint64_t spent = f->work - begin;
    sl_status status = step_once(f, work - spent, &done);
    if (status != SL_OK) {
      if (is_made_now(f)) {
        drop_numbers(f);
        drop_workspace(f);
        sl_factor_drop_file(f);
      }
      return status;
    }
  } while (!done && f->work - begin < work);
  if (done) {
    sl_job_end(job, f->phase == SL_FACTOR_SOLVING ? f->solve.outcome : SL_OUTCOME_CONVERGED);
  }
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  sl_factor *f = (sl_factor *)job;
  if (is_made_now(f)) drop_numbers(f);
  if (f->phase == SL_FACTOR_SOLVING) sl_factor_stop_solve(f, why);
  sl_job_end(job, why);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_factor *)job)->work; }

static uint64_t expected(const sl_job *job) {
  const sl_factor *f = (const sl_factor *)job;
  if (!is_made_now(f) || f->method == SL_FACTOR_LU || !sl_analysis_has_counts(&f->analysis) ||
      f->estimate_only)
    return 0;
  double all = (double)f->analysis.work + f->analysis.flops / 2;
  return all < 0x1p63 ? (uint64_t)all : 0;
}

static size_t job_bytes(const sl_job *job) { return sl_factor_bytes((const sl_factor *)job); }
static void destroy(sl_job *job) { sl_factor_destroy((sl_factor *)job); }

const sl_job_kind sl_factor_kind = {.name = "factor",
                                    .step = step,
                                    .stop = stop,
                                    .work = work_done,
                                    .expected = expected,
                                    .bytes = job_bytes,
                                    .destroy = destroy};

// ---- other values -------------------------------------------------------------------------------

static sl_status require_idle(const sl_factor *f) {
  SL_REQUIRE(!sl_job_is_running(&f->job), SL_ERR_STATE, "factor", "steps until it has ended");
  SL_REQUIRE(!f->estimate_only, SL_ERR_STATE, "factor", "a factorisation, not an estimate");
  return SL_OK;
}

// Takes a matrix of the same pattern over, once it is known to be right.
static sl_status take_values(sl_factor *f, sl_csr *matrix) {
  const sl_matrix_class *facts;
  sl_csr *old = f->matrix;
  sl_status status = SL_OK;
  if (f->symmetric) {
    status = sl_csr_classify(matrix, &facts);
  } else {
    find_class(matrix);
  }
  if (status == SL_OK && f->symmetric && !facts->symmetric) {
    status = sl_fail(SL_ERR_NOT_SYMMETRIC, "matrix", "a symmetric matrix", SL_NO_POSITION);
  }
  if (status == SL_OK) {
    f->matrix = matrix;
    status = sl_factor_scale(f);
  }
  if (status != SL_OK) {
    f->matrix = old;
    sl_csr_destroy(matrix);
    return status;
  }
  sl_csr_destroy(old);
  f->analysis.matrix = matrix;
  f->made = f->facts_known = false;
  f->version++;
  sl_factor_method method =
      f->asked == SL_FACTOR_AUTO && f->method == SL_FACTOR_CHOLESKY && !may_be_definite(f)
          ? SL_FACTOR_LDLT
          : f->method;
  sl_factor_begin_phase(f, SL_FACTOR_ELIMINATING);
  if (f->method == SL_FACTOR_LU) {
    status = sl_factor_begin_lu_values(f);
  } else if (!f->analysed) {
    f->method = method;
    status = begin_analysis(f);
  } else {
    status = method != f->method ? change_method(f, method) : begin_numbers(f);
  }
  if (status != SL_OK) sl_job_drop(&f->job);
  return status;
}

sl_status sl_factor_begin_values(sl_factor *f, const double *values, size_t count) {
  SL_TRY(require_idle(f));
  SL_REQUIRE(count == f->matrix->nnz, SL_ERR_SHAPE, "values", "one for each entry of the pattern");
  size_t bad = sl_first_not_finite_f64(values, count);
  SL_REQUIRE_AT(bad == count, SL_ERR_NOT_FINITE, "values", "finite numbers", bad);
  sl_csr *copy;
  SL_TRY(copy_matrix(f->matrix, values, &copy));
  return take_values(f, copy);
}

sl_status sl_factor_begin_matrix(sl_factor *f, sl_csr *matrix) {
  SL_TRY(require_idle(f));
  const sl_csr *own = f->matrix;
  SL_REQUIRE(matrix->rows == own->rows && matrix->cols == own->cols, SL_ERR_SHAPE, "matrix",
             "as many rows as the matrix that was factorised");
  for (uint32_t i = 0; i < own->rows; i++) {
    uint32_t begin = own->row_pointers[i], end = own->row_pointers[i + 1];
    SL_REQUIRE_AT(matrix->row_pointers[i + 1] == end &&
                      memcmp(matrix->columns + begin, own->columns + begin,
                             (end - begin) * sizeof *own->columns) == 0,
                  SL_ERR_ARGUMENT, "matrix", "the pattern of the matrix that was factorised", i);
  }
  sl_csr *copy;
  SL_TRY(copy_matrix(matrix, NULL, &copy));
  return take_values(f, copy);
}

// ---- facts --------------------------------------------------------------------------------------

static double predicted_bytes(const sl_factor *f) {
  const sl_analysis *a = &f->analysis;
  double n = a->n, nnz = f->matrix->nnz;
  double bytes = sizeof *f + 20 * nnz + 12 * n;          // matrix, scaled, exponents
  bytes += (a->simple ? 12 : 16) * n + 4 * a->row_count; // analysis
  bytes += (double)sizeof(sl_panel) * a->panels;
  bytes += 8 * a->value_count + (a->simple ? 28 : 24) * n; // numbers, and what making them needs
  if (!a->simple) bytes += 12 * (double)a->panels + 8 * (256 + SL_PANEL_WIDTH) * SL_PANEL_WIDTH;
  return bytes;
}

// A product as mantissa and exponent: neither overflows.
typedef struct product {
  double mantissa, exponent;
} product;

static void multiply(product *p, double factor) {
  int shift;
  p->mantissa = frexp(p->mantissa * fabs(factor), &shift);
  p->exponent += shift;
}

static void pivot_facts(const sl_factor *f, double *out) {
  const sl_symmetric *s = &f->numbers;
  double positive = 0, negative = 0;
  product size = {1, 0};
  for (uint32_t k = 0; k < f->analysis.n; k++) {
    size.exponent -= 2.0 * f->row_exponent[k];
    double d = s->d[k];
    if (s->e != NULL && s->e[k] != 0) { // of opposite signs, as off is the largest
      double off = s->e[k], rest = 1 - (d / off) * (s->d[k + 1] / off);
      size.exponent -= 2.0 * f->row_exponent[k + 1];
      multiply(&size, off);
      multiply(&size, off);
      multiply(&size, rest);
      positive++;
      negative++;
      k++;
      continue;
    }
    if (d > 0)
      positive++;
    else
      negative++;
    multiply(&size, d);
  }
  bool known = s->pivoting.perturbed == 0;
  out[9] = s->pivoting.perturbed;
  out[10] = known ? -1 : (double)s->perturbed_row;
  out[11] = known ? positive : -1;
  out[12] = known ? negative : -1;
  out[13] = fmod(negative, 2) == 0 ? 1 : -1;
  out[14] = log(size.mantissa) + size.exponent * 0.6931471805599453;
}

static void find_facts(const sl_factor *f, double *out) {
  const sl_analysis *a = &f->analysis;
  memset(out, 0, SL_FACTOR_FACTS * sizeof *out);
  out[0] = f->matrix->rows;
  out[1] = f->matrix->nnz;
  out[2] = f->method;
  out[3] = f->ordering == SL_FACTOR_ORDER_AUTO ? SL_FACTOR_ORDER_AMD : f->ordering;
  out[10] = out[11] = out[12] = -1;
  if (f->method == SL_FACTOR_LU) {
    sl_factor_lu_facts(f, out);
    return;
  }
  out[15] = 1;
  out[16] = f->matrix->rows;
  if (sl_analysis_has_counts(a)) {
    out[3] = a->ordering == SL_DIRECT_ORDER_NESTED    ? SL_FACTOR_ORDER_NESTED
             : a->ordering == SL_DIRECT_ORDER_NATURAL ? SL_FACTOR_ORDER_NATURAL
                                                      : SL_FACTOR_ORDER_AMD;
    out[4] = a->fill;
    out[5] = a->flops;
    out[7] = predicted_bytes(f);
    out[8] = !a->simple;
  }
  if (f->made) pivot_facts(f, out);
}

// The product of the pivots is made once for each factor.
void sl_factor_facts(sl_factor *f, double *out) {
  if (!f->facts_known) find_facts(f, f->facts);
  f->facts_known = f->made;
  memcpy(out, f->facts, sizeof f->facts);
  out[6] = (double)sl_factor_bytes(f);
}
