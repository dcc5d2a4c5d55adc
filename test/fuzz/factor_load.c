// Any bytes as the file of a factorisation: loading fails cleanly or gives one that can be used,
// and saved again as the same bytes.
#include "saved.h"

#include "direct/factor.h"

static saved_file good[4];

static sl_status run(sl_factor *factor) {
  sl_outcome outcome;
  do {
    sl_status status = sl_job_step(sl_factor_job(factor), 100000, &outcome);
    if (status != SL_OK) return status;
  } while (outcome == SL_OUTCOME_RUNNING);
  return SL_OK;
}

// Row by row, by panels, with pairs of pivots, by rows and columns.
static void make_good(int which) {
  uint32_t rows[160], columns[160], count = 0;
  double values[160];
  for (uint32_t i = 0; i < 16; i++) {
    for (uint32_t j = 0; j < 16; j++) {
      uint32_t apart = i < j ? j - i : i - j;
      if (apart > 2) continue;
      rows[count] = i;
      columns[count] = j;
      values[count++] = apart == 0            ? (which == 2 ? 0 : 5)
                        : apart == 1          ? -1
                        : which == 3 && i > j ? 2
                                              : 1;
    }
  }
  const sl_factor_method methods[] = {SL_FACTOR_CHOLESKY, SL_FACTOR_LDLT, SL_FACTOR_LDLT,
                                      SL_FACTOR_LU};
  sl_csr *matrix;
  sl_factor *factor;
  sl_writer *writer = NULL;
  if (sl_csr_from_coo(16, 16, count, rows, columns, values, SL_VALUES_F64, &matrix) != SL_OK)
    abort();
  if (sl_factor_create(matrix, (int32_t)methods[which], 0, &factor) != SL_OK) abort();
  if (run(factor) != SL_OK) abort();
  sl_status status = sl_factor_save(factor, &writer);
  good[which] = write_saved(status, writer);
  sl_factor_destroy(factor);
  sl_csr_destroy(matrix);
}

static void use(sl_factor *factor, saved_file file) {
  double facts[SL_FACTOR_FACTS], out[4], condition;
  sl_writer *writer = NULL;
  sl_status status = sl_factor_save(factor, &writer);
  saved_file again = write_saved(status, writer);
  if (again.length != file.length || memcmp(again.bytes, file.bytes, file.length) != 0) abort();
  free(again.bytes);
  sl_factor_facts(factor, facts);
  size_t n = (size_t)facts[0];
  double *b = malloc(n * sizeof *b);
  for (size_t i = 0; i < n; i++) b[i] = (double)i;
  for (int transpose = 0; transpose < 2; transpose++) {
    if (sl_factor_begin_solve(factor, b, 1, transpose, 2, 0) != SL_OK) continue;
    if (run(factor) != SL_OK || sl_factor_read_solve(factor, b, out, NULL) != SL_OK) abort();
    for (size_t i = 0; i < n; i++) b[i] = 1;
  }
  if (sl_factor_begin_condition(factor) == SL_OK) {
    if (run(factor) != SL_OK || sl_factor_read_condition(factor, &condition) != SL_OK) abort();
  }
  free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  for (int i = 0; i < 4; i++) {
    if (good[i].bytes == NULL) make_good(i);
  }
  sl_set_memory_limit((size_t)1 << 26);
  saved_file file = saved_from(bytes, length, good[length > 0 ? bytes[0] >> 1 & 3 : 0]);
  sl_reader *reader = read_saved(SL_FILE_FACTOR, file);
  sl_factor *factor;
  if (reader != NULL && sl_factor_load(reader, &factor) == SL_OK) {
    if (run(factor) == SL_OK) use(factor, file);
    sl_factor_destroy(factor);
  }
  sl_reader_destroy(reader);
  free(file.bytes);
  if (sl_bytes_in_use() != 0) abort();
  return 0;
}
