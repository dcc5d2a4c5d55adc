// Based on: G. H. Golub, W. Kahan, "Calculating the singular values and pseudo-inverse of a matrix",
// SIAM J. Numer. Anal. 2 (1965), doi:10.1137/0702016: singular values are eigenvalues of [0 A; A^T 0].
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "eigen/eigen.h"

// The symmetric matrix; `turned` is A^T.
static sl_status embed(const sl_csr *a, const sl_csr *turned, sl_csr **out) {
  size_t m = a->rows, n = a->cols, nnz = a->nnz;
  uint32_t *pointers = NULL, *columns = NULL;
  double *values = NULL;
  sl_status status = SL_ALLOC(&pointers, m + n + 1);
  if (status == SL_OK) status = SL_ALLOC(&columns, 2 * nnz);
  if (status == SL_OK) status = SL_ALLOC(&values, 2 * nnz);
  if (status != SL_OK) {
    sl_free(pointers);
    sl_free(columns);
    return status;
  }
  for (size_t i = 0; i < m; i++) pointers[i] = a->row_pointers[i];
  for (size_t j = 0; j <= n; j++) pointers[m + j] = (uint32_t)nnz + turned->row_pointers[j];
  for (size_t p = 0; p < nnz; p++) {
    columns[p] = (uint32_t)m + a->columns[p];
    values[p] = sl_csr_value(a, p);
    columns[nnz + p] = turned->columns[p];
    values[nnz + p] = sl_csr_value(turned, p);
  }
  uint32_t all = (uint32_t)(m + n);
  return sl_csr_adopt(all, all, pointers, columns, values, SL_VALUES_F64, out);
}

sl_status sl_eigen_create_singular(const sl_csr *matrix, const double *problem, sl_eigen **out) {
  *out = NULL;
  uint64_t rows = (uint64_t)matrix->rows + matrix->cols, nnz = 2 * (uint64_t)matrix->nnz;
  uint32_t least = matrix->rows < matrix->cols ? matrix->rows : matrix->cols;
  SL_REQUIRE(rows < UINT32_MAX - 1 && nnz <= UINT32_MAX, SL_ERR_OVERFLOW, "matrix",
             "a smaller matrix: it is put beside its transpose");
  SL_REQUIRE(problem[1] == SL_EIGEN_LARGEST, SL_ERR_OPTION, "which", "largest");
  SL_REQUIRE(problem[0] <= least, SL_ERR_OPTION, "k",
             "1 .. the smaller of rows and columns: there are no more singular values");
  sl_csr *turned, *both;
  SL_TRY(sl_csr_transpose(matrix, &turned));
  sl_status status = embed(matrix, turned, &both);
  sl_csr_destroy(turned);
  SL_TRY(status);
  status = sl_eigen_create(both, NULL, problem, NULL, 0, out);
  sl_csr_destroy(both);
  return status;
}
