// Copies by description, as a host makes them from one module's memory to another's.
#include "matrices.h"

#include <math.h>

#include "sparse/file.h"
#include "sparse/transfer.h"

// Any shape, type and number of entries, none included.
static sl_csr *random_matrix(sl_rng *rng) {
  uint32_t rows[40], columns[40];
  double values[40];
  float narrow[40];
  const uint32_t m = 1 + sl_rng_below(rng, LARGEST);
  const uint32_t n = sl_rng_below(rng, 2) ? m : 1 + sl_rng_below(rng, LARGEST);
  const uint32_t count = sl_rng_below(rng, 41);
  for (uint32_t k = 0; k < count; k++) {
    rows[k] = sl_rng_below(rng, m);
    columns[k] = sl_rng_below(rng, n);
    values[k] = sl_rng_double(rng) - 0.5;
    narrow[k] = (float)values[k];
  }
  const sl_value_type type = (sl_value_type)sl_rng_below(rng, 3);
  const void *given = type == SL_VALUES_F64   ? (void *)values
                      : type == SL_VALUES_F32 ? narrow
                                              : NULL;
  sl_csr *matrix;
  assert_ok(sl_csr_from_coo(m, n, count, rows, columns, given, type, &matrix));
  return matrix;
}

static sl_csr *copied(sl_csr *matrix) {
  double from[SL_CSR_TRANSFER], to[SL_CSR_TRANSFER];
  sl_csr *copy;
  sl_csr_transfer_out(matrix, from);
  assert_ok(sl_csr_transfer_in(from, &copy));
  sl_csr_transfer_out(copy, to);
  for (int i = 0; i < SL_CSR_ARRAYS; i++) {
    assert_true(from[2 * i + 1] == to[2 * i + 1]);
    if (from[2 * i + 1] == 0) continue;
    memcpy((void *)(uintptr_t)to[2 * i], (void *)(uintptr_t)from[2 * i], (size_t)to[2 * i + 1]);
  }
  return copy;
}

static void a_copy_has_the_same_bits(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 1);
  for (int trial = 0; trial < 200; trial++) {
    sl_csr *m = random_matrix(&rng);
    sl_csr *copy = copied(m);
    assert_canonical(copy);
    assert_same_matrix(copy, m);
    assert_int_equal(sl_csr_bytes(copy), sl_csr_bytes(m));
    assert_false(copy->classified);
    sl_csr_destroy(m);
    sl_csr_destroy(copy);
  }
}

static void a_copy_keeps_the_facts_that_are_known(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 2);
  for (int trial = 0; trial < 200; trial++) {
    sl_csr *m = random_matrix(&rng);
    double known[SL_MATRIX_FACTS], again[SL_MATRIX_FACTS];
    assert_ok(sl_csr_facts(m, known));
    sl_csr *copy = copied(m);
    assert_true(copy->classified);
    assert_ok(sl_csr_facts(copy, again));
    assert_memory_equal(known, again, sizeof known);
    // What it would find out by itself is the same.
    copy->classified = false;
    assert_ok(sl_csr_facts(copy, again));
    assert_memory_equal(known, again, sizeof known);
    sl_csr_destroy(m);
    sl_csr_destroy(copy);
  }
}

static void no_memory_for_the_copy_leaves_nothing(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 3);
  sl_csr *m = random_matrix(&rng), *copy = (sl_csr *)1;
  double described[SL_CSR_TRANSFER];
  sl_csr_transfer_out(m, described);
  const size_t held = sl_bytes_in_use(), wanted = sl_csr_bytes(m);
  for (size_t more = 0; more < wanted; more += 1 + wanted / 50) {
    sl_set_memory_limit(held + more);
    assert_int_equal(sl_csr_transfer_in(described, &copy), SL_ERR_MEMORY);
    assert_null(copy);
    assert_int_equal(sl_bytes_in_use(), held);
  }
  // Never more than the copy itself, also for a moment.
  sl_set_memory_limit(held + wanted);
  assert_ok(sl_csr_transfer_in(described, &copy));
  sl_csr_destroy(copy);
  sl_csr_destroy(m);
}

static void numbers_that_describe_no_matrix_are_refused(void **state) {
  (void)state;
  double described[SL_CSR_TRANSFER] = {0};
  double *sizes = described + 6; // rows, cols, entries, value type
  const double right[] = {3, 4, 5, SL_VALUES_F64}, wrong[] = {NAN, -1, 0.5, INFINITY, 0x1p32};
  sl_csr *m = (sl_csr *)1;
  for (int i = 0; i < 4; i++) {
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
      memcpy(sizes, right, sizeof right);
      sizes[i] = wrong[k];
      assert_refused(sl_csr_transfer_reserve(described, &m), SL_ERR_ARGUMENT, "described");
      assert_int_equal(sl_last_error()->position, 6 + i);
      assert_null(m);
    }
  }
  memcpy(sizes, right, sizeof right);
  assert_ok(sl_csr_transfer_reserve(described, &m));
  assert_string_equal(sl_csr_fault(m), "row pointers that rise from 0 to the number of entries");
  const uint32_t pointers[] = {0, 2, 2, 5}, columns[] = {1, 3, 0, 1, 2};
  memcpy(m->row_pointers, pointers, sizeof pointers);
  assert_string_equal(sl_csr_fault(m), "ascending columns inside the matrix");
  memcpy(m->columns, columns, sizeof columns);
  assert_null(sl_csr_fault(m));
  m->columns[1] = 4;
  assert_string_equal(sl_csr_fault(m), "ascending columns inside the matrix");
  m->columns[1] = 3;
  ((double *)m->values)[4] = NAN;
  assert_string_equal(sl_csr_fault(m), "finite values");
  sl_csr_destroy(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(a_copy_has_the_same_bits),
      property(a_copy_keeps_the_facts_that_are_known),
      property(no_memory_for_the_copy_leaves_nothing),
      property(numbers_that_describe_no_matrix_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
