#include "files.h"

#include "graph/file.h"
#include "sparse/file.h"

enum { N = 60 };

static sl_csr *make(sl_value_type type) {
  uint32_t rows[5 * N], cols[5 * N], count = 0;
  double wide[5 * N];
  float narrow[5 * N];
  for (uint32_t i = 0; i < N; i++) {
    for (uint32_t j = i; j < i + 5 && i % 7 != 0; j++) { // rows 0, 7, ... are empty
      rows[count] = i;
      cols[count] = j * 3 % N;
      wide[count] = 1.0 / (double)(i + j + 1) - 0.01;
      narrow[count] = (float)wide[count];
      count++;
    }
  }
  sl_csr *matrix;
  const void *values = type == SL_VALUES_F64 ? (void *)wide : type == SL_VALUES_F32 ? narrow : NULL;
  assert_ok(sl_csr_from_coo(N, N + 1, count, rows, cols, values, type, &matrix));
  return matrix;
}

static sl_status load(const uint8_t *bytes, uint64_t length, sl_csr **out) {
  sl_reader *reader;
  *out = NULL;
  sl_status status = read_file(SL_FILE_MATRIX, bytes, length, &reader);
  if (status == SL_OK) status = sl_csr_load(reader, out);
  sl_reader_destroy(reader);
  return status;
}

static sl_status load_and_use(const uint8_t *bytes, uint64_t length) {
  sl_csr *matrix, *transposed;
  SL_TRY(load(bytes, length, &matrix));
  // A changed number of columns can be any: room for a billion of them would only take time.
  if (matrix->cols < 1000000) {
    const sl_matrix_class *facts;
    assert_ok(sl_csr_classify(matrix, &facts));
    assert_ok(sl_csr_transpose(matrix, &transposed));
    sl_csr_destroy(transposed);
  }
  sl_csr_destroy(matrix);
  return SL_OK;
}

static file save(const sl_csr *matrix, uint32_t step) {
  sl_writer *writer;
  assert_ok(sl_csr_save(matrix, &writer));
  return write_file(writer, step);
}

static void comes_back(sl_csr *matrix) {
  sl_csr *again;
  file f = save(matrix, 100);
  assert_ok(load(f.bytes, f.length, &again));
  assert_int_equal(again->rows, matrix->rows);
  assert_int_equal(again->cols, matrix->cols);
  assert_int_equal(again->nnz, matrix->nnz);
  assert_int_equal(again->value_type, matrix->value_type);
  assert_int_equal(sl_csr_bytes(again), sl_csr_bytes(matrix));
  assert_memory_equal(again->row_pointers, matrix->row_pointers, 4 * (matrix->rows + 1));
  assert_memory_equal(again->columns, matrix->columns, 4 * matrix->nnz);
  size_t bytes = matrix->nnz * sl_csr_value_size(matrix->value_type);
  if (bytes > 0) assert_memory_equal(again->values, matrix->values, bytes);
  free(f.bytes);
  sl_csr_destroy(again);
  sl_csr_destroy(matrix);
}

static void matrices_come_back(void **state) {
  (void)state;
  for (sl_value_type type = SL_VALUES_PATTERN; type <= SL_VALUES_F64; type++) {
    sl_csr *matrix;
    comes_back(make(type));
    assert_ok(sl_csr_from_coo(1, 1, 0, NULL, NULL, type ? "" : NULL, type, &matrix)); // no entry
    comes_back(matrix);
    uint32_t zero = 0;
    double one[1] = {0};
    assert_ok(sl_csr_from_coo(1, 1, 1, &zero, &zero, type ? one : NULL, type, &matrix));
    comes_back(matrix);
  }
}

static void damage_is_found(void **state) {
  (void)state;
  for (sl_value_type type = SL_VALUES_PATTERN; type <= SL_VALUES_F64; type++) {
    sl_csr *matrix = make(type);
    file f = save(matrix, 1 << 16);
    refuses_cuts(f, load_and_use);
    uint32_t usable = survives_flips(f, load_and_use);
    // Changed values, and columns that still ascend, are another matrix; nothing else is one.
    assert_true(type == SL_VALUES_PATTERN ? usable < 5000 : usable > 1000);
    free(f.bytes);
    sl_csr_destroy(matrix);
  }
}

static void contradictions_are_named(void **state) {
  (void)state;
  sl_csr *matrix = make(SL_VALUES_F64);
  file f = save(matrix, 1 << 16);
  const uint64_t shape = 32 + 4 * 16, pointers = shape + 32;
  const struct {
    uint64_t at;
    uint32_t value;
  } wrong[] = {
      {shape, 0},                      // no rows
      {shape, UINT32_MAX},             // too many
      {shape, N + 1},                  // more than there are pointers for
      {shape + 4, 0},                  // no columns
      {shape + 4, 3},                  // fewer than the entries say
      {shape + 8, 1},                  // entries
      {shape + 8, UINT32_MAX},         // entries
      {shape + 12, 3},                 // value type
      {shape + 12, 1},                 // f32 with f64's bytes
      {pointers, 1},                   // does not begin at 0
      {pointers + 8, 1000000},         // decreases after it
      {pointers + 4 * N, 7},           // ends too early
      {pointers + 4 * (N + 1) + 4, 1}, // behind the sum
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_int_equal(try_with(f, wrong[i].at, wrong[i].value, load_and_use), SL_ERR_FORMAT);
  }
  uint64_t columns = pointers + (4 * (N + 1) + 4 + 15) / 16 * 16;
  uint64_t values = columns + (4 * (uint64_t)matrix->nnz + 4 + 15) / 16 * 16;
  assert_int_equal(try_with(f, values + 4, 0x7ff80000, load_and_use), SL_ERR_FORMAT);
  assert_int_equal(sl_last_error()->position, values);
  assert_int_equal(try_with(f, columns, N + 1, load_and_use), SL_ERR_FORMAT);
  assert_int_equal(sl_last_error()->position, columns);
  free(f.bytes);
  sl_csr_destroy(matrix);
}

static void needs_the_whole_file(void **state) {
  (void)state;
  sl_csr *matrix = make(SL_VALUES_F32), *again;
  file f = save(matrix, 1 << 16);
  sl_reader *reader;
  assert_ok(sl_reader_create(SL_FILE_MATRIX, 0, &reader));
  assert_ok(sl_reader_feed(reader, f.bytes, 200));
  assert_refused(sl_csr_load(reader, &again), SL_ERR_TRUNCATED, "bytes");
  assert_null(again);
  sl_reader_destroy(reader);
  assert_ok(sl_reader_create(SL_FILE_GRAPH, 0, &reader));
  assert_refused(sl_reader_feed(reader, f.bytes, f.length), SL_ERR_FORMAT, "bytes");
  assert_non_null(strstr(sl_last_error()->expected, "SparseMatrix.load()"));
  assert_refused(sl_csr_load(reader, &again), SL_ERR_STATE, "reader");
  sl_reader_destroy(reader);
  free(f.bytes);
  sl_csr_destroy(matrix);
}

static void memory_may_run_out_anywhere(void **state) {
  (void)state;
  sl_csr *matrix = make(SL_VALUES_F64), *again;
  file f = save(matrix, 1 << 16);
  size_t before = sl_bytes_in_use();
  uint32_t refused = 0;
  sl_status status;
  size_t room = 0;
  do {
    sl_reader *reader;
    sl_set_memory_limit(before + room);
    status = sl_reader_create(SL_FILE_MATRIX, f.length, &reader);
    if (status == SL_OK) {
      status = sl_reader_feed(reader, f.bytes, f.length);
      if (status == SL_OK) status = sl_csr_load(reader, &again);
      sl_reader_destroy(reader);
    }
    if (status == SL_ERR_MEMORY) assert_int_equal(sl_bytes_in_use(), before);
    refused += status == SL_ERR_MEMORY;
    room += 16;
  } while (status == SL_ERR_MEMORY);
  assert_int_equal(status, SL_OK);
  assert_true(refused > 100);
  sl_csr_destroy(again);
  free(f.bytes);
  sl_csr_destroy(matrix);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(matrices_come_back),          property(damage_is_found),
      property(contradictions_are_named),    property(needs_the_whole_file),
      property(memory_may_run_out_anywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
