// LU factorisations in files: what is written comes back, and nothing that is not one gets through.
#include "direct_lu.h"
#include "files.h"

#include "direct/file.h"

static sl_csr *example(uint64_t seed, uint32_t n) {
  sl_rng rng;
  sl_rng_seed(&rng, seed);
  entries e = {0};
  for (uint32_t i = 0; i < n; i++) {
    entries_add(&e, i, (i + 2) % n, 1 + sl_rng_double(&rng));
    for (int k = 0; k < 2; k++) {
      uint32_t to = i < n / 2 ? sl_rng_below(&rng, n) : sl_rng_below(&rng, i + 1);
      entries_add(&e, i, to, ldexp(sl_rng_double(&rng) - 0.5, (int)sl_rng_below(&rng, 9)));
    }
  }
  return entries_matrix(&e, n);
}

static file written(const sl_lu *lu, uint32_t step) {
  sl_writer *writer;
  assert_ok(sl_writer_create(SL_FILE_FACTOR, &writer));
  assert_ok(sl_lu_write(writer, lu));
  return write_file(writer, step);
}

static sl_status load(const uint8_t *bytes, uint64_t length, sl_lu **out) {
  sl_reader *reader;
  *out = NULL;
  sl_status status = read_file(SL_FILE_FACTOR, bytes, length, &reader);
  if (status == SL_OK) status = sl_reader_end(reader);
  if (status == SL_OK) status = sl_lu_read(reader, out);
  if (status == SL_OK) status = sl_reader_close(reader);
  sl_reader_destroy(reader);
  return status;
}

static void what_is_written_comes_back(void **state) {
  (void)state;
  for (uint32_t n = 1; n < 200; n = 2 * n + 3) {
    sl_csr *matrix = example(n, n);
    for (int m = SL_LU_MATCHING_STRUCTURE; m <= SL_LU_MATCHING_PRODUCT; m++) {
      sl_lu_options options = {.pivot_threshold = 0.5, .matching = (sl_lu_matching)m};
      sl_lu *lu = factorised(matrix, &options), *back;
      file f = written(lu, 1000);
      assert_ok(load(f.bytes, f.length, &back));
      free(f.bytes);
      double b[200], x[200], y[200];
      for (uint32_t i = 0; i < n; i++) b[i] = i + 1;
      for (int transpose = 0; transpose < 2; transpose++) {
        assert_ok((transpose ? sl_lu_solve_transpose : sl_lu_solve)(lu, b, x, 1));
        assert_ok((transpose ? sl_lu_solve_transpose : sl_lu_solve)(back, b, y, 1));
        assert_memory_equal(x, y, n * sizeof *x);
      }
      sl_lu_facts facts, same;
      assert_ok(sl_lu_get_facts(lu, &facts));
      assert_ok(sl_lu_get_facts(back, &same));
      assert_true(facts.fill == same.fill && facts.log_determinant == same.log_determinant);
      assert_true(facts.flops == same.flops && facts.smallest_row == same.smallest_row);
      assert_true(facts.bytes >= same.bytes && sl_lu_has_pattern(back, matrix));
      // It takes other values, with its pivots and with new ones.
      assert_ok(sl_lu_begin_refactor(back, matrix->values, matrix->nnz, SL_VALUES_F64));
      assert_int_equal(run_lu(back, 100), SL_OUTCOME_CONVERGED);
      assert_ok(sl_lu_solve_transpose(back, b, y, 1));
      assert_memory_equal(x, y, n * sizeof *x);
      assert_refused(sl_lu_begin(back), SL_ERR_STATE, "lu");
      assert_ok(sl_lu_begin_values(back, matrix->values, matrix->nnz, SL_VALUES_F64));
      assert_int_equal(run_lu(back, 100), SL_OUTCOME_CONVERGED);
      sl_lu_destroy(lu);
      sl_lu_destroy(back);
    }
    sl_csr_destroy(matrix);
  }
}

// Whatever the bytes: an error, or factors that can be used without leaving an array.
static void use(sl_lu *lu) {
  sl_lu_facts facts;
  assert_ok(sl_lu_get_facts(lu, &facts));
  double *x = calloc(4 * (size_t)facts.n, sizeof *x);
  assert_ok(sl_lu_solve(lu, x, x, 4));
  assert_ok(sl_lu_solve_transpose(lu, x, x, 1));
  free(x);
  size_t count = (size_t)1 << 20;
  double *values = malloc(count * sizeof *values);
  for (size_t k = 0; k < count; k++) values[k] = 1;
  // The number of entries is not to be asked for: the right one is among these.
  for (size_t k = 0; k < 400; k++) {
    if (sl_lu_begin_refactor(lu, values, k, SL_VALUES_F64) != SL_OK) continue;
    run_lu(lu, 1000);
    break;
  }
  free(values);
}

static void no_other_bytes_get_through(void **state) {
  (void)state;
  sl_csr *matrix = example(5, 12);
  sl_lu_options options = {.pivot_threshold = 0.1, .matching = SL_LU_MATCHING_PRODUCT};
  sl_lu *lu = factorised(matrix, &options), *back;
  file f = written(lu, 100);
  uint8_t *bytes = malloc(f.length);
  for (uint64_t length = 0; length < f.length; length++) {
    assert_true(load(f.bytes, length, &back) < 0);
  }
  uint32_t taken = 0, refused = 0;
  const uint8_t changes[] = {1, 0x80, 0xff};
  for (uint64_t at = 32; at < f.length; at++) {
    for (int c = 0; c < 3; c++) {
      memcpy(bytes, f.bytes, f.length);
      bytes[at] ^= changes[c];
      mend_file(bytes, f.length);
      if (load(bytes, f.length, &back) == SL_OK) {
        taken++;
        use(back);
      } else {
        refused++;
      }
      sl_lu_destroy(back);
    }
  }
  assert_true(taken > 0 && refused > taken / 4);
  free(bytes);
  free(f.bytes);
  sl_lu_destroy(lu);
  sl_csr_destroy(matrix);
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  sl_csr *matrix = example(6, 30);
  sl_lu *lu = factorised(matrix, NULL), *back = NULL;
  file f = written(lu, 100);
  size_t held = sl_bytes_in_use();
  for (size_t limit = held; back == NULL; limit += 64) {
    sl_set_memory_limit(limit);
    sl_reader *reader = NULL;
    sl_status status = sl_reader_create(SL_FILE_FACTOR, f.length, &reader);
    if (status == SL_OK) status = sl_reader_feed(reader, f.bytes, f.length);
    if (status == SL_OK) status = sl_reader_end(reader);
    if (status == SL_OK) status = sl_lu_read(reader, &back);
    if (status != SL_OK) {
      assert_int_equal(status, SL_ERR_MEMORY);
      assert_null(back);
    }
    sl_reader_destroy(reader);
    if (back == NULL) assert_int_equal(sl_bytes_in_use(), held);
  }
  sl_set_memory_limit(SIZE_MAX);
  sl_lu_destroy(back);
  sl_lu_destroy(lu);
  sl_csr_destroy(matrix);
  free(f.bytes);
}

static void refuses_to_write_what_is_not_there(void **state) {
  (void)state;
  sl_csr *matrix = example(7, 5);
  sl_lu *lu;
  assert_ok(sl_lu_create(matrix, NULL, &lu));
  sl_writer *writer;
  assert_ok(sl_writer_create(SL_FILE_FACTOR, &writer));
  assert_refused(sl_lu_write(writer, lu), SL_ERR_STATE, "lu");
  sl_writer_destroy(writer);
  sl_lu_destroy(lu);
  sl_csr_destroy(matrix);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(what_is_written_comes_back),
      property(no_other_bytes_get_through),
      property(survives_every_failing_allocation),
      property(refuses_to_write_what_is_not_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
