// What a matrix is: the facts on which the choice of a method and every error bound rest.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "sparse/csr.h"

static double relative_slack(double slack, double diagonal) {
  return diagonal > 0 ? slack / diagonal * (1 - 0x1p-51 * (slack > 0)) : -INFINITY;
}

double sl_csr_row_slack(const sl_csr *matrix, uint32_t row) {
  double diagonal = 0, off = 0;
  uint32_t begin = matrix->row_pointers[row], end = matrix->row_pointers[row + 1];
  for (uint32_t k = begin; k < end; k++) {
    double size = fabs(sl_csr_value(matrix, k));
    if (matrix->columns[k] == row)
      diagonal = size;
    else
      off += size;
  }
  return sl_slack_lower(diagonal, off, end - begin);
}

// Rows are visited in ascending order, so the entries (i, j) with j > i meet the lower entries of
// row j in exactly their stored order: one cursor a row is enough, no transpose is made.
static bool mirrors(const sl_csr *matrix, uint32_t *cursor, uint32_t i, uint32_t j, double value) {
  uint32_t at = cursor[j];
  if (at >= matrix->row_pointers[j + 1] || matrix->columns[at] != i) return false;
  cursor[j] = at + 1;
  return sl_csr_value(matrix, at) == value;
}

// What is known about the columns. Those of a symmetric matrix need no sums of their own: column j
// holds the numbers of row j in the same order.
typedef struct column_sums {
  uint32_t *count;  // n; as long as the matrix looks symmetric, the cursors of its rows
  double *off_sum;  // n: sum over rows i != j of |a_ij|; NULL as long as it looks symmetric
  double *diagonal; // n: |a_jj|; the second half of off_sum
} column_sums;

// Symmetry ends at entry `stop` in row `row`: the sums of all entries before it.
static sl_status begin_sums(const sl_csr *matrix, uint32_t row, uint32_t stop, column_sums *sums) {
  uint32_t n = matrix->rows;
  SL_TRY(SL_ALLOC_ZERO(&sums->off_sum, 2 * (size_t)n));
  sums->diagonal = sums->off_sum + n;
  memset(sums->count, 0, n * sizeof *sums->count);
  for (uint32_t i = 0, k = 0; i <= row; i++) {
    for (; k < matrix->row_pointers[i + 1] && k < stop; k++) {
      uint32_t j = matrix->columns[k];
      sums->count[j]++;
      (j == i ? sums->diagonal : sums->off_sum)[j] += fabs(sl_csr_value(matrix, k));
    }
  }
  return SL_OK;
}

static sl_status scan_rows(const sl_csr *given, column_sums *sums, sl_matrix_class *found) {
  const sl_csr matrix = *given; // a copy that no store below can alias
  uint32_t *count = sums->count, *cursor = count;
  bool symmetric = true, zero_row_sums = true;
  double largest = -INFINITY; // off-diagonal entry
  for (uint32_t i = 0; i < matrix.rows; i++) {
    uint32_t begin = matrix.row_pointers[i], end = matrix.row_pointers[i + 1], k = begin;
    double diagonal = 0, off = 0;
    // What the mirrors have met are entries left of the diagonal that were looked at from above it.
    if (symmetric) {
      for (; k < cursor[i]; k++) off += fabs(sl_csr_value(&matrix, k));
    }
    for (; k < end; k++) {
      uint32_t j = matrix.columns[k];
      double value = sl_csr_value(&matrix, k);
      if (symmetric && (j < i || (j > i && !mirrors(&matrix, cursor, i, j, value)))) {
        symmetric = false;
        SL_TRY(begin_sums(&matrix, i, k, sums));
      }
      if (!symmetric) count[j]++;
      if (j == i) {
        diagonal = value;
        continue;
      }
      off += fabs(value);
      largest = value > largest ? value : largest;
      if (!symmetric) sums->off_sum[j] += fabs(value);
    }
    double terms = end - begin, size = fabs(diagonal);
    if (!symmetric) sums->diagonal[i] = size;
    if (diagonal <= 0) found->positive_diagonal = false;
    if (diagonal == 0 && !found->zero_diagonal) {
      found->zero_diagonal = true;
      found->zero_diagonal_row = i;
    }
    // An isolated vertex has an empty Laplacian row, whose sum is zero as well.
    if (diagonal < 0 || fabs(size - off) > (terms + 2) * 0x1p-52 * (size + off)) {
      zero_row_sums = false;
    }
    double slack = sl_slack_lower(size, off, terms);
    double relative = relative_slack(slack, size);
    if (slack < found->min_row_slack) found->min_row_slack = slack;
    if (relative < found->min_relative_row_slack) found->min_relative_row_slack = relative;
    double norm = sl_sum_upper(size + off, terms);
    if (norm > found->norm_inf) found->norm_inf = norm;
    if (end - begin > found->max_row_nnz) found->max_row_nnz = end - begin;
  }
  found->symmetric = symmetric;
  found->nonpositive_off_diagonal = !(largest > 0);
  found->laplacian = symmetric && found->nonpositive_off_diagonal && zero_row_sums;
  return SL_OK;
}

static void scan_columns(const column_sums *sums, uint32_t n, sl_matrix_class *found) {
  for (uint32_t j = 0; j < n; j++) {
    double terms = sums->count[j], size = sums->diagonal[j];
    double slack = sl_slack_lower(size, sums->off_sum[j], terms);
    double relative = relative_slack(slack, size);
    if (slack < found->min_column_slack) found->min_column_slack = slack;
    if (relative < found->min_relative_column_slack) found->min_relative_column_slack = relative;
    double norm = sl_sum_upper(size + sums->off_sum[j], terms);
    if (norm > found->norm_1) found->norm_1 = norm;
  }
}

static sl_status classify_square(const sl_csr *matrix, sl_matrix_class *found) {
  uint32_t n = matrix->rows;
  column_sums sums = {0};
  SL_TRY(SL_ALLOC(&sums.count, n));
  memcpy(sums.count, matrix->row_pointers, n * sizeof *sums.count);
  found->square = found->positive_diagonal = true;
  found->min_row_slack = found->min_column_slack = INFINITY;
  found->min_relative_row_slack = found->min_relative_column_slack = INFINITY;
  sl_status status = scan_rows(matrix, &sums, found);
  if (sums.off_sum != NULL) {
    scan_columns(&sums, n, found);
  } else {
    found->min_column_slack = found->min_row_slack;
    found->min_relative_column_slack = found->min_relative_row_slack;
    found->norm_1 = found->norm_inf;
  }
  sl_free(sums.off_sum);
  sl_free(sums.count);
  found->m_matrix = found->nonpositive_off_diagonal && found->positive_diagonal &&
                    (found->min_row_slack > 0 || found->min_column_slack > 0);
  return status;
}

// A rectangular matrix has norms and row lengths, and none of the square properties.
static sl_status classify_rectangular(const sl_csr *matrix, sl_matrix_class *found) {
  double *column_sum;
  SL_TRY(SL_ALLOC_ZERO(&column_sum, matrix->cols));
  for (uint32_t i = 0; i < matrix->rows; i++) {
    uint32_t begin = matrix->row_pointers[i], end = matrix->row_pointers[i + 1];
    double sum = 0;
    for (uint32_t k = begin; k < end; k++) {
      double size = fabs(sl_csr_value(matrix, k));
      sum += size;
      column_sum[matrix->columns[k]] += size;
    }
    sum = sl_sum_upper(sum, end - begin);
    if (sum > found->norm_inf) found->norm_inf = sum;
    if (end - begin > found->max_row_nnz) found->max_row_nnz = end - begin;
  }
  for (uint32_t j = 0; j < matrix->cols; j++) {
    double sum = sl_sum_upper(column_sum[j], matrix->rows);
    if (sum > found->norm_1) found->norm_1 = sum;
  }
  sl_free(column_sum);
  *found = (sl_matrix_class){.norm_inf = found->norm_inf,
                             .norm_1 = found->norm_1,
                             .max_row_nnz = found->max_row_nnz,
                             .min_row_slack = -INFINITY,
                             .min_column_slack = -INFINITY,
                             .min_relative_row_slack = -INFINITY,
                             .min_relative_column_slack = -INFINITY};
  return SL_OK;
}

sl_status sl_csr_classify(sl_csr *matrix, const sl_matrix_class **out) {
  *out = &matrix->matrix_class;
  if (matrix->classified) return SL_OK;
  sl_matrix_class found = {0};
  if (matrix->rows != matrix->cols) {
    SL_TRY(classify_rectangular(matrix, &found));
  } else {
    SL_TRY(classify_square(matrix, &found));
  }
  matrix->matrix_class = found;
  matrix->classified = true;
  return SL_OK;
}

sl_status sl_csr_facts(sl_csr *matrix, double *out) {
  const sl_matrix_class *facts;
  SL_TRY(sl_csr_classify(matrix, &facts));
  const double numbers[SL_MATRIX_FACTS] = {
      facts->square,
      facts->symmetric,
      facts->positive_diagonal,
      facts->zero_diagonal ? (double)facts->zero_diagonal_row : -1,
      facts->nonpositive_off_diagonal,
      facts->laplacian,
      facts->m_matrix,
      facts->min_row_slack,
      facts->min_column_slack,
      facts->min_relative_row_slack,
      facts->min_relative_column_slack,
      facts->norm_inf,
      facts->norm_1,
      facts->max_row_nnz,
  };
  memcpy(out, numbers, sizeof numbers);
  return SL_OK;
}
