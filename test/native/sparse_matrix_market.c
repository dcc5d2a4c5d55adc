#include "matrices.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sparse/matrix_market.h"

#define BANNER "%%MatrixMarket matrix coordinate real general\n"

typedef struct answer {
  sl_status status;
  uint64_t line;
  char expected[80], found[SL_TEXT_FOUND];
  sl_csr *matrix;
} answer;

// Reads `size` bytes in chunks of `chunk`; each chunk is a block of its own, so that reading past
// it or keeping a pointer into it is caught by the sanitizer.
static answer read_bytes(const char *text, size_t size, size_t chunk, sl_value_type type) {
  answer result = {.status = SL_OK};
  sl_matrix_market *reader;
  assert_ok(sl_matrix_market_create(type, &reader));
  for (size_t at = 0; at < size && result.status == SL_OK; at += chunk) {
    size_t n = size - at < chunk ? size - at : chunk;
    char *piece = malloc(n);
    memcpy(piece, text + at, n);
    result.status = sl_matrix_market_feed(reader, piece, n);
    free(piece);
  }
  if (result.status == SL_OK) result.status = sl_matrix_market_finish(reader, &result.matrix);
  if (result.status != SL_OK) {
    result.line = sl_last_error()->position;
    strncpy(result.expected, sl_last_error()->expected, sizeof result.expected - 1);
    memcpy(result.found, reader->text.found, sizeof result.found);
    assert_int_equal(sl_matrix_market_feed(reader, "x", 1), SL_ERR_STATE);
    assert_int_equal(sl_matrix_market_finish(reader, &result.matrix), SL_ERR_STATE);
  }
  sl_matrix_market_destroy(reader);
  return result;
}

static answer read_text(const char *text) {
  return read_bytes(text, strlen(text), SIZE_MAX / 2, SL_VALUES_F64);
}

// The same answer whatever the chunks.
static void check_chunks(const char *text, size_t size) {
  answer whole = read_bytes(text, size, SIZE_MAX / 2, SL_VALUES_F64);
  for (size_t chunk = 1; chunk < 8; chunk++) {
    answer cut = read_bytes(text, size, chunk, SL_VALUES_F64);
    assert_int_equal(cut.status, whole.status);
    if (whole.status == SL_OK) {
      assert_same_matrix(cut.matrix, whole.matrix);
    } else {
      assert_int_equal(cut.line, whole.line);
      assert_string_equal(cut.expected, whole.expected);
      assert_string_equal(cut.found, whole.found);
    }
    sl_csr_destroy(cut.matrix);
  }
  sl_csr_destroy(whole.matrix);
}

static void check_refused(const char *text, sl_status status, uint64_t line, const char *found) {
  answer result = read_text(text);
  if (result.status != status || result.line != line || strcmp(result.found, found) != 0) {
    fail_msg("%s: %s in line %d, found %s, expected %s", text, sl_status_name(result.status),
             (int)result.line, result.found, result.expected);
  }
  check_chunks(text, strlen(text));
}

static void check_dense(const char *text, uint32_t rows, uint32_t cols, uint32_t nnz,
                        const double *wanted) {
  answer result = read_text(text);
  if (result.status != SL_OK)
    fail_msg("%s: line %d: expected %s", text, (int)result.line, result.expected);
  assert_canonical(result.matrix);
  assert_int_equal(result.matrix->rows, rows);
  assert_int_equal(result.matrix->cols, cols);
  assert_int_equal(result.matrix->nnz, nnz);
  double dense[LARGEST][LARGEST];
  to_dense(result.matrix, dense);
  for (uint32_t i = 0; i < rows; i++) {
    for (uint32_t j = 0; j < cols; j++) assert_true(dense[i][j] == wanted[i * cols + j]);
  }
  sl_csr_destroy(result.matrix);
  check_chunks(text, strlen(text));
}

static void reads_every_kind_of_file(void **state) {
  (void)state;
  check_dense(BANNER "2 3 3\n1 1 1.5\n2 3 -2e1\n1 2 .5\n", 2, 3, 3,
              (double[]){1.5, .5, 0, 0, 0, -20});
  check_dense(BANNER "% c\n\n  \n2 2 2\n%x\n1 1 1\n\n2 1 3\n%y", 2, 2, 2, (double[]){1, 0, 3, 0});
  check_dense(BANNER "1 1 2\n1 1 2\n1 1 3\n", 1, 1, 1, (double[]){5});
  check_dense(BANNER "2 2 0\n", 2, 2, 0, (double[]){0, 0, 0, 0});
  check_dense("%%MatrixMarket matrix coordinate pattern general\n2 2 2\n1 2\n2 1\n", 2, 2, 2,
              (double[]){0, 1, 1, 0});
  check_dense("%%MatrixMarket matrix coordinate integer symmetric\n2 2 2\n1 1 7\n2 1 -3\n", 2, 2, 3,
              (double[]){7, -3, -3, 0});
  check_dense("%%MatrixMarket matrix coordinate real skew-symmetric\n3 3 2\n2 1 4\n3 1 -1\n", 3, 3,
              4, (double[]){0, -4, 1, 4, 0, 0, -1, 0, 0});
  check_dense("%%MatrixMarket matrix coordinate pattern symmetric\n2 2 1\n2 1\n", 2, 2, 2,
              (double[]){0, 1, 1, 0});
  check_dense("%%MatrixMarket matrix array real general\n2 3\n1\n2\n0\n4\n5\n-0.0\n", 2, 3, 4,
              (double[]){1, 0, 5, 2, 4, 0});
  check_dense("%%MatrixMarket matrix array double symmetric\n2 2\n1\n2\n3\n", 2, 2, 4,
              (double[]){1, 2, 2, 3});
  check_dense("%%MatrixMarket matrix array real skew-symmetric\n3 3\n1\n2\n3\n", 3, 3, 6,
              (double[]){0, -1, -2, 1, 0, -3, 2, 3, 0});
  check_dense("%%MatrixMarket matrix array integer skew-symmetric\n1 1\n", 1, 1, 0, (double[]){0});
  check_dense("%%MatrixMarket matrix array integer general\n2 1\n0\n0\n", 2, 1, 0,
              (double[]){0, 0});
  // Any case, CRLF, tabs, trailing blanks, a byte order mark, no final line feed.
  check_dense(
      "\xef\xbb\xbf%%matrixmarket MATRIX Coordinate Real General \r\n2\t1  1 \r\n 2 1 9 \r\n", 2, 1,
      1, (double[]){0, 9});
  check_dense(BANNER "1 1 1\r\n1 1 2\r", 1, 1, 1, (double[]){2});
  check_dense(BANNER "1 1 1\n1 1 2", 1, 1, 1, (double[]){2});
}

static void value_type_decides_what_is_stored(void **state) {
  (void)state;
  const char *text = BANNER "1 1 1\n1 1 0.1\n";
  answer narrow = read_bytes(text, strlen(text), 3, SL_VALUES_F32);
  assert_ok(narrow.status);
  assert_int_equal(narrow.matrix->value_type, SL_VALUES_F32);
  assert_true(sl_csr_value(narrow.matrix, 0) == (double)0.1f);
  sl_csr_destroy(narrow.matrix);
  text = BANNER "1 1 1\n1 1 1e39\n";
  assert_int_equal(read_bytes(text, strlen(text), 3, SL_VALUES_F32).status, SL_ERR_PARSE);
  // All zeros in an array file: no entry, but not a pattern.
  answer empty = read_text("%%MatrixMarket matrix array real general\n1 1\n0\n");
  assert_int_equal(empty.matrix->value_type, SL_VALUES_F64);
  sl_csr_destroy(empty.matrix);
  sl_matrix_market *reader;
  assert_refused(sl_matrix_market_create(SL_VALUES_PATTERN, &reader), SL_ERR_OPTION, "value_type");
}

static void names_the_line_and_what_it_found(void **state) {
  (void)state;
  check_refused("", SL_ERR_TRUNCATED, 1, "end of input");
  check_refused("\n", SL_ERR_PARSE, 1, "end of line");
  check_refused("1 1 1\n", SL_ERR_PARSE, 1, "1");
  check_refused("%%MatrixMarket", SL_ERR_TRUNCATED, 1, "end of input");
  check_refused("%%MatrixMarket vector coordinate real general\n", SL_ERR_FORMAT, 1, "vector");
  check_refused("%%MatrixMarket matrix sparse real general\n", SL_ERR_FORMAT, 1, "sparse");
  check_refused("%%MatrixMarket matrix coordinate complex general\n", SL_ERR_FORMAT, 1, "complex");
  check_refused("%%MatrixMarket matrix coordinate real hermitian\n", SL_ERR_FORMAT, 1, "hermitian");
  check_refused("%%MatrixMarket matrix array pattern general\n", SL_ERR_FORMAT, 1, "pattern");
  check_refused("%%MatrixMarket matrix coordinate pattern skew-symmetric\n", SL_ERR_FORMAT, 1,
                "skew-symmetric");
  check_refused("%%MatrixMarket matrix coordinate real\n", SL_ERR_PARSE, 1, "end of line");
  check_refused("%%MatrixMarket matrix coordinate real general x\n", SL_ERR_PARSE, 1, "x");
  check_refused(BANNER, SL_ERR_TRUNCATED, 2, "end of input");
  check_refused(BANNER "% only a comment", SL_ERR_TRUNCATED, 2, "end of input");
  check_refused(BANNER "2 2\n", SL_ERR_PARSE, 2, "end of line");
  check_refused(BANNER "2 2 1 1\n", SL_ERR_PARSE, 2, "1");
  check_refused(BANNER "0 2 1\n", SL_ERR_PARSE, 2, "0");
  check_refused(BANNER "-2 2 1\n", SL_ERR_PARSE, 2, "-2");
  check_refused(BANNER "4294967296 1 0\n", SL_ERR_PARSE, 2, "4294967296");
  check_refused(BANNER "1 4294967295 0\n", SL_ERR_PARSE, 2, "4294967295");
  check_refused(BANNER "1 1 4294967296\n", SL_ERR_PARSE, 2, "4294967296");
  check_refused("%%MatrixMarket matrix coordinate real symmetric\n2 3 1\n", SL_ERR_PARSE, 2, "1");
  check_refused(BANNER "%\n%\n2 2 1\n3 1 1\n", SL_ERR_PARSE, 5, "3");
  check_refused(BANNER "2 2 1\n0 1 1\n", SL_ERR_PARSE, 3, "0");
  check_refused(BANNER "2 2 1\n1 -1 1\n", SL_ERR_PARSE, 3, "-1");
  check_refused(BANNER "2 2 1\n1 1.0 1\n", SL_ERR_PARSE, 3, "1.0");
  check_refused(BANNER "2 2 1\n1 1 1x\n", SL_ERR_PARSE, 3, "1x");
  check_refused(BANNER "2 2 1\n1 1 nan\n", SL_ERR_PARSE, 3, "nan");
  check_refused(BANNER "2 2 1\n1 1 -Inf\n", SL_ERR_PARSE, 3, "-Inf");
  check_refused(BANNER "2 2 1\n1 1 1e999\n", SL_ERR_PARSE, 3, "1e999");
  check_refused(BANNER "2 2 1\n1 1\n", SL_ERR_PARSE, 3, "end of line");
  check_refused(BANNER "2 2 1\n1 1", SL_ERR_TRUNCATED, 3, "end of input");
  check_refused(BANNER "2 2 1\n1 1 1 1\n", SL_ERR_PARSE, 3, "1");
  check_refused(BANNER "2 2 1\n1 1 1\n1 2 1\n", SL_ERR_PARSE, 4, "1");
  check_refused(BANNER "2 2 2\n1 1 1\n\n", SL_ERR_TRUNCATED, 5, "end of input");
  check_refused(BANNER "2 2 1\n1 1 1\r1 2 1\n", SL_ERR_PARSE, 3, "?");
  check_refused(BANNER "2 2 1\n1 1 \v1\n", SL_ERR_PARSE, 3, "?1");
  check_refused("\xef\xbb%%MatrixMarket", SL_ERR_PARSE, 1, "??");
  check_refused("\xef", SL_ERR_PARSE, 1, "?");
  check_refused("%%MatrixMarket matrix coordinate pattern general\n2 2 1\n1 1 1\n", SL_ERR_PARSE, 3,
                "1");
  check_refused("%%MatrixMarket matrix coordinate integer general\n2 2 1\n1 1 1.5\n", SL_ERR_PARSE,
                3, "1.5");
  // The doubles of the next two are 2^53.
  check_refused("%%MatrixMarket matrix coordinate integer general\n2 2 1\n1 1 9007199254740993\n",
                SL_ERR_PARSE, 3, "9007199254740993");
  check_refused("%%MatrixMarket matrix array integer general\n1 1\n-9007199254740993\n",
                SL_ERR_PARSE, 3, "-9007199254740993");
  check_refused("%%MatrixMarket matrix coordinate integer general\n2 2 1\n1 1 9007199254740994\n",
                SL_ERR_PARSE, 3, "9007199254740994");
  check_refused("%%MatrixMarket matrix coordinate real symmetric\n2 2 1\n1 2 1\n", SL_ERR_PARSE, 3,
                "2");
  check_refused("%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 1\n1 1 0\n",
                SL_ERR_PARSE, 3, "1");
  check_refused("%%MatrixMarket matrix array real general\n2 1\n1 2\n", SL_ERR_PARSE, 3, "2");
  check_refused("%%MatrixMarket matrix array real general\n2 1\n1\n2\n3\n", SL_ERR_PARSE, 5, "3");
  check_refused("%%MatrixMarket matrix array real general\n2 1\n1\n", SL_ERR_TRUNCATED, 4,
                "end of input");
  // NUL bytes are no text.
  const char nul[] = BANNER "2 2 1\n1 1 \0\n";
  assert_int_equal(read_bytes(nul, sizeof nul - 1, 5, SL_VALUES_F64).status, SL_ERR_PARSE);
  check_chunks(nul, sizeof nul - 1);
}

static void long_lines_pass_and_long_words_do_not(void **state) {
  (void)state;
  size_t size = 100000;
  char *text = malloc(size);
  memset(text, 'c', size);
  memcpy(text, BANNER "%", sizeof BANNER);
  memcpy(text + 60000, "\n1 1 1\n", 7);
  memset(text + 60007, ' ', size - 60007);
  memcpy(text + size - 6, "1 1 3\n", 6);
  answer result = read_bytes(text, size, 1000, SL_VALUES_F64);
  assert_ok(result.status);
  sl_csr_destroy(result.matrix);
  memset(text + 60007, '0', size - 60007 - 6);
  check_chunks(text, size);
  result = read_bytes(text, size, size, SL_VALUES_F64);
  assert_int_equal(result.status, SL_ERR_PARSE);
  assert_int_equal(result.line, 4);
  assert_string_equal(result.found, "00000000000000000000000000000000000000000000...");
  free(text);
}

static const char sample[] = "%%MatrixMarket matrix coordinate real general\r\n% a comment\n3 3 "
                             "4\n1 1 1.5\n\n2 2 -2.25e0 \n3 1 3\n3 3 4.125\n";

// Cut at every byte: refused, unless only blanks or digits of the very last number are missing.
static void every_cut_is_noticed_or_harmless(void **state) {
  (void)state;
  size_t size = sizeof sample - 1, last_number = size - strlen("4.125\n");
  for (size_t cut = 0; cut <= size; cut++) {
    answer result = read_bytes(sample, cut, SIZE_MAX / 2, SL_VALUES_F64);
    if (cut <= last_number) {
      assert_true(result.status == SL_ERR_TRUNCATED || result.status == SL_ERR_PARSE ||
                  result.status == SL_ERR_FORMAT);
      assert_true(result.line >= 1 && result.line <= 9);
    } else {
      assert_ok(result.status);
      assert_int_equal(result.matrix->nnz, 4);
    }
    sl_csr_destroy(result.matrix);
    check_chunks(sample, cut);
  }
}

static void declared_sizes_allocate_nothing(void **state) {
  (void)state;
  sl_matrix_market *reader;
  assert_ok(sl_matrix_market_create(SL_VALUES_F64, &reader));
  size_t before = sl_bytes_in_use();
  const char *text = BANNER "4294967294 4294967294 4294967295\n";
  assert_ok(sl_matrix_market_feed(reader, text, strlen(text)));
  assert_int_equal(sl_bytes_in_use(), before);
  assert_int_equal(sl_matrix_market_bytes(reader), before);
  text = "4294967294 4294967294 1\n";
  assert_ok(sl_matrix_market_feed(reader, text, strlen(text)));
  assert_true(sl_bytes_in_use() - before < 8192);
  assert_int_equal(sl_matrix_market_bytes(reader), sl_bytes_in_use());
  sl_csr *matrix;
  assert_int_equal(sl_matrix_market_finish(reader, &matrix), SL_ERR_TRUNCATED);
  assert_null(matrix);
  sl_matrix_market_destroy(reader);

  // The rows themselves cost memory in the end, and the limit says so.
  sl_set_memory_limit(1 << 20);
  answer result = read_text(BANNER "4294967294 1 1\n1 1 1\n");
  assert_int_equal(result.status, SL_ERR_MEMORY);
  assert_int_equal(result.line, (uint64_t)4294967295 * 4);
}

static void every_allocation_may_fail(void **state) {
  (void)state;
  char text[20000];
  int size = sprintf(text, "%%%%MatrixMarket matrix coordinate real symmetric\n700 700 600\n");
  for (int k = 600; k > 0; k--) size += sprintf(text + size, "%d %d %d\n", k + 1, k, k);
  bool done = false;
  int refusals = 0;
  for (size_t limit = 0; !done; limit += limit < 2000 ? 16 : 256) {
    sl_set_memory_limit(limit);
    sl_matrix_market *reader;
    sl_csr *matrix = NULL;
    sl_status status = sl_matrix_market_create(SL_VALUES_F64, &reader);
    if (status == SL_OK) status = sl_matrix_market_feed(reader, text, (size_t)size);
    if (status == SL_OK) status = sl_matrix_market_finish(reader, &matrix);
    done = status == SL_OK;
    if (!done) {
      assert_int_equal(status, SL_ERR_MEMORY);
      refusals++;
    } else {
      assert_int_equal(matrix->nnz, 1200);
    }
    sl_csr_destroy(matrix);
    sl_matrix_market_destroy(reader);
    assert_int_equal(sl_bytes_in_use(), 0);
  }
  assert_true(refusals > 100);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(reads_every_kind_of_file),         property(value_type_decides_what_is_stored),
      property(names_the_line_and_what_it_found), property(long_lines_pass_and_long_words_do_not),
      property(every_cut_is_noticed_or_harmless), property(declared_sizes_allocate_nothing),
      property(every_allocation_may_fail),
  };
  return cmocka_run_group_tests_name("sparse_matrix_market", tests, NULL, NULL);
}
