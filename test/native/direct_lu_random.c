// 300 random systems of twelve structures are solved to rounding after one step of refinement, both
// ways, with every matching and pivot threshold.
#include "direct_lu.h"

typedef sl_csr *(*structure)(sl_rng *rng);

static double number(sl_rng *rng) { return sl_rng_double(rng) * 2 - 1; }

static uint32_t size(sl_rng *rng) { return 2 + sl_rng_below(rng, 150); }

static sl_csr *banded(sl_rng *rng) {
  uint32_t n = size(rng), width = 1 + sl_rng_below(rng, 8);
  entries e = {0};
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t j = i > width ? i - width : 0; j < n && j <= i + width; j++) {
      entries_add(&e, i, j, number(rng));
    }
  }
  return entries_matrix(&e, n);
}

static sl_csr *arrow(sl_rng *rng) {
  uint32_t n = size(rng);
  entries e = {0};
  for (uint32_t i = 0; i < n; i++) {
    entries_add(&e, i, i, number(rng));
    entries_add(&e, i, 0, number(rng));
    entries_add(&e, 0, i, number(rng));
  }
  return entries_matrix(&e, n);
}

// Resistors of many sizes, voltage sources (zeros on the diagonal), controlled sources.
static sl_csr *circuit(sl_rng *rng) {
  uint32_t nodes = size(rng), sources = 1 + nodes / 8, n = nodes + sources;
  entries e = {0};
  for (uint32_t i = 0; i < nodes; i++) {
    if (i > 0) entries_add_edge(&e, i, sl_rng_below(rng, i), pow(10, 8 * number(rng)));
    entries_add(&e, i, i, 1e-9);
    if (i % 5 == 0) entries_add(&e, i, sl_rng_below(rng, nodes), number(rng));
  }
  for (uint32_t s = 0; s < sources; s++) {
    uint32_t node = 8 * s < nodes ? 8 * s : nodes - 1;
    entries_add(&e, nodes + s, node, 1);
    entries_add(&e, node, nodes + s, 1);
    if (8 * s >= nodes) entries_add(&e, nodes + s, nodes + s, 1e3);
  }
  return entries_matrix(&e, n);
}

static sl_csr *permuted_triangle(sl_rng *rng) {
  uint32_t n = size(rng), *rows = shuffle(rng, n), *columns = shuffle(rng, n);
  entries e = {0};
  for (uint32_t i = 0; i < n; i++) {
    entries_add(&e, rows[i], columns[i], number(rng) + 2);
    for (int k = 0; k < 3 && i > 0; k++) {
      entries_add(&e, rows[i], columns[sl_rng_below(rng, i)], number(rng));
    }
  }
  free(rows);
  free(columns);
  return entries_matrix(&e, n);
}

static sl_csr *blocks(sl_rng *rng) {
  uint32_t n = size(rng) + 20, *rows = shuffle(rng, n), *columns = shuffle(rng, n);
  entries e = {0};
  for (uint32_t begin = 0, end; begin < n; begin = end) {
    end = begin + 1 + sl_rng_below(rng, 12);
    if (end > n) end = n;
    for (uint32_t i = begin; i < end; i++) {
      for (uint32_t j = begin; j < end; j++) {
        if (i == j || sl_rng_below(rng, 3) == 0) entries_add(&e, rows[i], columns[j], number(rng));
      }
      entries_add(&e, rows[i], columns[begin + (i + 1 - begin) % (end - begin)], number(rng));
      if (begin > 0) entries_add(&e, rows[i], columns[sl_rng_below(rng, begin)], number(rng));
    }
  }
  free(rows);
  free(columns);
  return entries_matrix(&e, n);
}

// Two rows that differ by 2^-40.
static sl_csr *near_singular(sl_rng *rng) {
  uint32_t n = size(rng) + 2;
  sl_csr *matrix = dominant_matrix(rng, n, 4, -0.4);
  entries e = {0};
  for (uint32_t i = 0; i < n; i++) {
    uint32_t from = i == n - 1 ? 0 : i;
    for (uint32_t k = matrix->row_pointers[from]; k < matrix->row_pointers[from + 1]; k++) {
      entries_add(&e, i, matrix->columns[k], sl_csr_value(matrix, k));
    }
  }
  entries_add(&e, n - 1, n - 1, 0x1p-40);
  sl_csr_destroy(matrix);
  return entries_matrix(&e, n);
}

static sl_csr *badly_scaled(sl_rng *rng) {
  uint32_t n = size(rng);
  sl_csr *matrix = dominant_matrix(rng, n, 3, -0.5);
  double *values = matrix->values;
  int *columns = malloc(n * sizeof *columns);
  for (uint32_t j = 0; j < n; j++) columns[j] = (int)sl_rng_below(rng, 120) - 60;
  for (uint32_t i = 0; i < n; i++) {
    int row = (int)sl_rng_below(rng, 800) - 400;
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
      values[k] = ldexp(values[k], row + columns[matrix->columns[k]]);
    }
  }
  free(columns);
  return matrix;
}

static sl_csr *dense_rows(sl_rng *rng) {
  uint32_t n = size(rng);
  entries e = {0};
  for (uint32_t i = 0; i < n; i++) {
    entries_add(&e, i, i, number(rng));
    entries_add(&e, i, sl_rng_below(rng, n), number(rng));
    for (uint32_t k = 0; k < 2; k++) {
      entries_add(&e, i, n / 3 + k < n ? n / 3 + k : 0, number(rng));
      entries_add(&e, n / 2 + k < n ? n / 2 + k : 0, i, number(rng));
    }
  }
  return entries_matrix(&e, n);
}

// [[H, B^T], [B, 0]].
static sl_csr *saddle(sl_rng *rng) {
  uint32_t m = size(rng), c = 1 + m / 3;
  entries e = {0};
  for (uint32_t i = 0; i < m; i++) {
    entries_add(&e, i, i, 1 + sl_rng_double(rng));
    if (i > 0) entries_add(&e, i, i - 1, number(rng) * 0.5);
  }
  for (uint32_t k = 0; k < c; k++) {
    for (uint32_t t = 0; t < 3; t++) {
      uint32_t j = t == 0 ? k : sl_rng_below(rng, m);
      double value = number(rng);
      entries_add(&e, m + k, j, value);
      entries_add(&e, j, m + k, value + 0.1 * number(rng));
    }
  }
  return entries_matrix(&e, m + c);
}

static sl_csr *convection(sl_rng *rng) {
  uint32_t side = 2 + sl_rng_below(rng, 14), n = side * side;
  double x = 2 * number(rng), y = 2 * number(rng);
  entries e = {0};
  for (uint32_t i = 0; i < n; i++) {
    entries_add(&e, i, i, 4);
    if (i % side > 0) entries_add(&e, i, i - 1, -1 - x);
    if (i % side + 1 < side) entries_add(&e, i, i + 1, -1 + x);
    if (i >= side) entries_add(&e, i, i - side, -1 - y);
    if (i + side < n) entries_add(&e, i, i + side, -1 + y);
  }
  return entries_matrix(&e, n);
}

static sl_csr *scattered(sl_rng *rng) {
  uint32_t n = size(rng), *columns = shuffle(rng, n);
  entries e = {0};
  for (uint32_t i = 0; i < n; i++) {
    entries_add(&e, i, columns[i], number(rng));
    for (uint32_t k = sl_rng_below(rng, 5); k-- > 0;) {
      entries_add(&e, i, sl_rng_below(rng, n), number(rng));
    }
  }
  free(columns);
  return entries_matrix(&e, n);
}

static sl_csr *tridiagonal(sl_rng *rng) {
  uint32_t n = size(rng);
  entries e = {0};
  for (uint32_t i = 0; i < n; i++) {
    entries_add(&e, i, i, 0.1 * number(rng));
    if (i > 0) entries_add(&e, i, i - 1, number(rng));
    if (i + 1 < n) entries_add(&e, i, i + 1, number(rng));
  }
  return entries_matrix(&e, n);
}

// Componentwise backward errors need a condition that leaves some digits.
static void check_system(const sl_csr *matrix, const sl_lu_options *options, sl_rng *rng,
                         const char *name, bool conditioned) {
  uint32_t n = matrix->rows;
  sl_lu *lu = factorised(matrix, options);
  double *b = random_vector(rng, n), *x = malloc(n * sizeof *x);
  for (uint32_t i = 0; i < n; i++) {
    // Of the size of the row, so that no row is lost in the others.
    double largest = 0;
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
      largest = fmax(largest, fabs(sl_csr_value(matrix, k)));
    }
    b[i] *= largest;
  }
  for (int transpose = 0; transpose < 2; transpose++) {
    backward_errors errors = solve_refined(matrix, lu, transpose, b, x, 1);
    if (!(errors.rowwise <= 1e-14) || (conditioned && !(errors.componentwise <= 1e-14))) {
      fail_msg("%s, n = %u, threshold %g, matching %d, transpose %d: %g, componentwise %g", name, n,
               options->pivot_threshold, options->matching, transpose, errors.rowwise,
               errors.componentwise);
    }
    // The other way round the sides are of any size, unless nothing but its own would do.
    for (uint32_t i = 0; i < n; i++) b[i] = number(rng);
    if (strcmp(name, "badly scaled") == 0) break;
  }
  free(b);
  free(x);
  sl_lu_destroy(lu);
}

static void random_systems_are_solved_to_rounding(void **state) {
  (void)state;
  const struct {
    const char *name;
    structure make;
    bool conditioned;
  } structures[] = {{"banded", banded, true},
                    {"arrow", arrow, true},
                    {"circuit", circuit, false},
                    {"permuted triangle", permuted_triangle, true},
                    {"blocks", blocks, true},
                    {"near singular", near_singular, false},
                    {"badly scaled", badly_scaled, true},
                    {"dense rows", dense_rows, true},
                    {"saddle", saddle, true},
                    {"convection", convection, true},
                    {"scattered", scattered, true},
                    {"tridiagonal", tridiagonal, true}};
  sl_rng rng;
  sl_rng_seed(&rng, 300);
  for (int s = 0; s < 12; s++) {
    for (int trial = 0; trial < 25; trial++) {
      sl_csr *matrix = structures[s].make(&rng);
      for (int m = SL_LU_MATCHING_AUTO; m <= SL_LU_MATCHING_PRODUCT; m++) {
        const double thresholds[] = {0.1, 1, 0.01};
        sl_lu_options options = {.pivot_threshold = thresholds[m], .matching = (sl_lu_matching)m};
        check_system(matrix, &options, &rng, structures[s].name, structures[s].conditioned);
      }
      sl_csr_destroy(matrix);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {property(random_systems_are_solved_to_rounding)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
