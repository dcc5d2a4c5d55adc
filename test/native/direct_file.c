// Files of factorisations.
#include "factors.h"
#include "files.h"

static sl_status load(const uint8_t *bytes, uint64_t length, sl_factor **out) {
  sl_reader *reader;
  *out = NULL;
  sl_status status = read_file(SL_FILE_FACTOR, bytes, length, &reader);
  if (status == SL_OK) status = sl_factor_load(reader, out);
  sl_reader_destroy(reader);
  if (status == SL_OK) status = run(*out, 100);
  return status;
}

static sl_status load_and_use(const uint8_t *bytes, uint64_t length) {
  sl_factor *factor;
  double facts[SL_FACTOR_FACTS], condition, b[600], x[600], out[4];
  sl_status status = load(bytes, length, &factor);
  if (status == SL_OK) {
    sl_factor_facts(factor, facts);
    for (int i = 0; i < 600; i++) b[i] = i;
    if (facts[0] <= 600) {
      assert_ok(sl_factor_begin_solve(factor, b, 1, false, 2, 0));
      assert_ok(run(factor, 1000));
      assert_ok(sl_factor_read_solve(factor, x, out, NULL));
      assert_ok(sl_factor_begin_condition(factor));
      assert_ok(run(factor, 1000));
      assert_ok(sl_factor_read_condition(factor, &condition));
    }
  }
  sl_factor_destroy(factor);
  return status;
}

static file save(sl_factor *factor) {
  sl_writer *writer;
  assert_ok(sl_factor_save(factor, &writer));
  return write_file(writer, 1000);
}

// Row by row, panels, pairs of pivots, and rows and columns apart.
static sl_factor *make(int which) {
  sl_factor_method methods[] = {SL_FACTOR_AUTO, SL_FACTOR_LDLT, SL_FACTOR_AUTO, SL_FACTOR_LU};
  sl_csr *matrix =
      which == 0 || which == 3 ? grid(9, 9, 1, 0) : grid(6, 5, 4, which == 1 ? 0 : 2.3);
  sl_factor *factor = factorize(matrix, methods[which]);
  sl_csr_destroy(matrix);
  return factor;
}

static void come_back_to_the_bit(void **state) {
  (void)state;
  for (int which = 0; which < 4; which++) {
    sl_factor *factor = make(which), *again;
    file first = save(factor);
    assert_ok(load(first.bytes, first.length, &again));
    file second = save(again);
    assert_int_equal(first.length, second.length);
    assert_memory_equal(first.bytes, second.bytes, first.length);
    double b[200], x[200], y[200], out[4], facts[SL_FACTOR_FACTS], others[SL_FACTOR_FACTS];
    for (int i = 0; i < 200; i++) b[i] = i % 7 - 3;
    assert_ok(sl_factor_begin_solve(factor, b, 1, false, 3, 0));
    assert_ok(run(factor, 10000));
    assert_ok(sl_factor_read_solve(factor, x, out, NULL));
    assert_ok(sl_factor_begin_solve(again, b, 1, false, 3, 0));
    assert_ok(run(again, 1));
    assert_ok(sl_factor_read_solve(again, y, out, NULL));
    sl_factor_facts(factor, facts);
    sl_factor_facts(again, others);
    assert_memory_equal(x, y, (size_t)facts[0] * sizeof *x);
    for (int i = 0; i < SL_FACTOR_FACTS; i++) {
      if (i != 6) assert_true(facts[i] == others[i]);
    }
    // It takes other values like any other.
    sl_csr *matrix = which == 0 || which == 3 ? grid(9, 9, 1, -1) : grid(6, 5, 4, -1);
    assert_ok(sl_factor_begin_matrix(again, matrix));
    assert_ok(run(again, 1000));
    solve_well(again, matrix, b, x, 0x1p-52);
    sl_csr_destroy(matrix);
    free(first.bytes);
    free(second.bytes);
    sl_factor_destroy(factor);
    sl_factor_destroy(again);
  }
}

// A matrix that was taken as unsymmetric, and has become symmetric by other values, is scaled as it was.
static void what_became_symmetric_comes_back(void **state) {
  (void)state;
  entries e = {.n = 3};
  double values[] = {1, 8, 4, 8, 3, 0.5, 4, 0.5, 100};
  for (uint32_t i = 0; i < 9; i++) put(&e, i / 3, i % 3, i < 8 ? i + 1.0 : 1);
  sl_csr *matrix = matrix_of(&e);
  sl_factor *factor, *again;
  factor = factorize(matrix, SL_FACTOR_AUTO);
  assert_ok(sl_factor_begin_values(factor, values, 9));
  assert_ok(run(factor, 10));
  file f = save(factor);
  assert_ok(load(f.bytes, f.length, &again));
  double b[] = {1, 2, 3}, x[3], y[3], out[4], facts[SL_FACTOR_FACTS], others[SL_FACTOR_FACTS];
  sl_factor *both[] = {factor, again};
  for (int k = 0; k < 2; k++) {
    assert_ok(sl_factor_begin_solve(both[k], b, 1, false, 0, 1e-12));
    assert_ok(run(both[k], 10));
    assert_ok(sl_factor_read_solve(both[k], k == 0 ? x : y, out, NULL));
    assert_true(out[0] == SL_OUTCOME_CONVERGED);
  }
  assert_memory_equal(x, y, sizeof x);
  sl_factor_facts(factor, facts);
  sl_factor_facts(again, others);
  for (int i = 0; i < SL_FACTOR_FACTS; i++) assert_true(i == 6 || facts[i] == others[i]);
  free(f.bytes);
  sl_factor_destroy(factor);
  sl_factor_destroy(again);
  sl_csr_destroy(matrix);
}

static void refuse_cuts_and_survive_flips(void **state) {
  (void)state;
  for (int which = 0; which < 4; which++) {
    sl_factor *factor = make(which);
    file f = save(factor);
    sl_factor_destroy(factor);
    refuses_cuts(f, load_and_use);
    survives_flips(f, load_and_use);
    free(f.bytes);
  }
}

static void notices_other_values_while_it_is_written(void **state) {
  (void)state;
  sl_csr *matrix = grid(9, 9, 1, 0);
  sl_factor *factor = factorize(matrix, SL_FACTOR_AUTO);
  sl_writer *writer;
  uint8_t bytes[100];
  uint32_t written;
  assert_ok(sl_factor_save(factor, &writer));
  assert_ok(sl_writer_next(writer, bytes, sizeof bytes, &written));
  assert_ok(sl_factor_begin_matrix(factor, matrix));
  assert_int_equal(sl_writer_next(writer, bytes, sizeof bytes, &written), SL_ERR_STATE);
  sl_writer_destroy(writer);
  assert_refused(sl_factor_save(factor, &writer), SL_ERR_STATE, "factor");
  sl_factor_destroy(factor);
  sl_csr_destroy(matrix);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(come_back_to_the_bit),
      property(what_became_symmetric_comes_back),
      property(refuse_cuts_and_survive_flips),
      property(notices_other_values_while_it_is_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
