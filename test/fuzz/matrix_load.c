// Any bytes as the file of a matrix: loading fails cleanly or gives a matrix that can be used and
// saved again as the same bytes.
#include "saved.h"

#include "sparse/file.h"
#include "sparse/spmv.h"

static saved_file good[2];

static void make_good(sl_value_type type) {
  const uint32_t rows[] = {0, 0, 1, 3, 3, 4}, cols[] = {0, 4, 1, 0, 2, 4};
  const double values[] = {4, -1, 0.5, -2, 1e300, 3};
  const void *given = type == SL_VALUES_F64 ? values : NULL;
  sl_csr *matrix;
  sl_writer *writer = NULL;
  if (sl_csr_from_coo(5, 5, 6, rows, cols, given, type, &matrix) != SL_OK) abort();
  sl_status status = sl_csr_save(matrix, &writer);
  good[type / 2] = write_saved(status, writer);
  sl_csr_destroy(matrix);
}

static void use(sl_csr *matrix, saved_file file) {
  const sl_matrix_class *facts;
  sl_csr *transposed;
  sl_writer *writer = NULL;
  if (sl_csr_classify(matrix, &facts) != SL_OK) abort();
  if (sl_csr_transpose(matrix, &transposed) != SL_OK) abort();
  sl_status status = sl_csr_save(matrix, &writer);
  saved_file again = write_saved(status, writer);
  if (again.length != file.length || memcmp(again.bytes, file.bytes, file.length) != 0) abort();
  double *x = calloc(matrix->cols, 8), *y = malloc((size_t)matrix->rows * 8);
  if (x != NULL && y != NULL) sl_csr_apply(matrix, false, x, matrix->cols, y, matrix->rows);
  free(x);
  free(y);
  free(again.bytes);
  sl_csr_destroy(transposed);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  if (good[0].bytes == NULL) make_good(SL_VALUES_PATTERN);
  if (good[1].bytes == NULL) make_good(SL_VALUES_F64);
  // A column count of 2^32 - 2 takes no bytes in the file, but much to work with.
  sl_set_memory_limit((size_t)1 << 26);
  saved_file file = saved_from(bytes, length, good[length > 0 ? bytes[0] >> 1 & 1 : 0]);
  sl_reader *reader = read_saved(SL_FILE_MATRIX, file);
  sl_csr *matrix;
  if (reader != NULL && sl_csr_load(reader, &matrix) == SL_OK) {
    if (matrix->cols < 1 << 20) use(matrix, file);
    sl_csr_destroy(matrix);
  }
  sl_reader_destroy(reader);
  free(file.bytes);
  if (sl_bytes_in_use() != 0) abort();
  return 0;
}
