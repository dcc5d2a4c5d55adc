#include "matrices.h"

#include <math.h>
#include <stdlib.h>

#include "sparse/spmv.h"

typedef struct problem {
  uint32_t rows, cols, count;
  sl_csr *matrix;
  double *x, *b, *y, *r, *bound, *z;
} problem;

static problem make(sl_rng *rng, uint32_t rows, uint32_t cols, uint32_t count, sl_value_type type) {
  problem p = {.rows = rows, .cols = cols, .count = count};
  uint32_t *i = malloc(count * sizeof *i), *j = malloc(count * sizeof *j);
  double *v = malloc(count * sizeof *v);
  float *f = malloc(count * sizeof *f);
  for (uint32_t k = 0; k < count; k++) {
    i[k] = sl_rng_below(rng, rows);
    j[k] = sl_rng_below(rng, cols);
    f[k] = (float)(v[k] = (sl_rng_double(rng) - 0.5) * (sl_rng_below(rng, 9) == 0 ? 1e12 : 1));
  }
  const void *values = type == SL_VALUES_F64 ? (void *)v : type == SL_VALUES_F32 ? (void *)f : NULL;
  assert_ok(sl_csr_from_coo(rows, cols, count, i, j, values, type, &p.matrix));
  free(i);
  free(j);
  free(v);
  free(f);
  uint32_t n = rows > cols ? rows : cols;
  double **arrays[6] = {&p.x, &p.b, &p.y, &p.r, &p.bound, &p.z};
  for (int a = 0; a < 6; a++) {
    *arrays[a] = malloc(n * sizeof(double));
    for (uint32_t k = 0; k < n; k++) (*arrays[a])[k] = sl_rng_double(rng) * 2 - 1;
  }
  return p;
}

static void drop(problem *p) {
  sl_csr_destroy(p->matrix);
  free(p->x);
  free(p->b);
  free(p->y);
  free(p->r);
  free(p->bound);
  free(p->z);
}

static void check_products(problem *p) {
  const sl_csr *m = p->matrix;
  sl_csr_multiply(m, p->x, p->y);
  sl_csr_residual(m, p->x, p->b, p->r);
  for (uint32_t i = 0; i < m->rows; i++) {
    long double sum = 0, size = fabs(p->b[i]);
    for (uint32_t k = m->row_pointers[i]; k < m->row_pointers[i + 1]; k++) {
      long double term = (long double)sl_csr_value(m, k) * p->x[m->columns[k]];
      sum += term;
      size += fabsl(term);
    }
    uint32_t terms = m->row_pointers[i + 1] - m->row_pointers[i];
    assert_true(fabsl(p->y[i] - sum) <= (terms + 1) * 0x1p-52L * size);
    assert_true(fabsl(p->r[i] - (p->b[i] - sum)) <= (terms + 2) * 0x1p-52L * size);
  }
  // The bound covers the true rounding error (long double is 2^11 times finer) and is not loose.
  memcpy(p->z, p->b, m->rows * sizeof(double));
  sl_csr_residual_bound(m, p->x, p->z, p->y, p->bound);
  assert_memory_equal(p->y, p->r, m->rows * sizeof(double));
  for (uint32_t i = 0; i < m->rows; i++) {
    long double exact = p->b[i], size = fabs(p->b[i]);
    for (uint32_t k = m->row_pointers[i]; k < m->row_pointers[i + 1]; k++) {
      long double term = (long double)sl_csr_value(m, k) * p->x[m->columns[k]];
      exact -= term;
      size += fabsl(term);
    }
    uint32_t terms = m->row_pointers[i + 1] - m->row_pointers[i];
    assert_true(fabsl(p->r[i] - exact) <= p->bound[i]);
    assert_true(p->bound[i] <= (terms + 2) * 0x1.001p-53L * size + 0x1p-1000L);
  }
  // In place.
  sl_csr_residual(m, p->x, p->z, p->z);
  assert_memory_equal(p->z, p->r, m->rows * sizeof(double));
}

// A^T x by scattering and by an explicit transpose: the same sums in the same order.
static void check_transpose(problem *p) {
  sl_csr *t;
  assert_ok(sl_csr_transpose(p->matrix, &t));
  sl_csr_multiply_transpose(p->matrix, p->b, p->y);
  sl_csr_multiply(t, p->b, p->z);
  for (uint32_t j = 0; j < p->cols; j++) assert_true(p->y[j] == p->z[j]);
  sl_csr_destroy(t);
}

static void products_match_long_double(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 3);
  for (int trial = 0; trial < SL_TRIES(600); trial++) {
    uint32_t rows = 1 + sl_rng_below(&rng, 40), cols = 1 + sl_rng_below(&rng, 40);
    problem p = make(&rng, rows, cols, 1 + sl_rng_below(&rng, 200), (sl_value_type)(trial % 3));
    check_products(&p);
    check_transpose(&p);
    drop(&p);
  }
}

// More rows than a block holds, exactly a block, and one row more or less.
static void blocks_of_rows_leave_no_seam(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 4);
  const uint32_t sizes[6] = {1023, 1024, 1025, 2048, 2049, 5000};
  for (int s = 0; s < 6; s++) {
    for (int type = 0; type < 3; type++) {
      problem p = make(&rng, sizes[s], sizes[s] - 500, 4 * sizes[s], (sl_value_type)type);
      check_products(&p);
      check_transpose(&p);
      drop(&p);
    }
  }
}

static void empty_rows_give_zero(void **state) {
  (void)state;
  sl_csr *m;
  uint32_t row = 1, column = 0;
  double value = 2, x[2] = {3, 4}, y[3] = {9, 9, 9}, b[3] = {1, 1, 1}, bound[3];
  assert_ok(sl_csr_from_coo(3, 2, 1, &row, &column, &value, SL_VALUES_F64, &m));
  sl_csr_multiply(m, x, y);
  assert_true(y[0] == 0 && y[1] == 6 && y[2] == 0);
  sl_csr_residual_bound(m, x, b, y, bound);
  assert_true(y[0] == 1 && y[1] == -5 && bound[0] > 0 && bound[0] < 1e-15);
  double back[2] = {9, 9};
  sl_csr_multiply_transpose(m, b, back);
  assert_true(back[0] == 2 && back[1] == 0);
  sl_csr_destroy(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(products_match_long_double),
      property(blocks_of_rows_leave_no_seam),
      property(empty_rows_give_zero),
  };
  return cmocka_run_group_tests_name("sparse_spmv", tests, NULL, NULL);
}
