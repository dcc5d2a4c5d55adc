// Bounds of eigenvalues and of angles in small random problems, against a dense reference: the method of
// Jacobi, in long double.
#include "certificates.h"
#include "eigen.h"

#define MOST 24

typedef long double wide;

// Eigenvalues of the symmetric matrix m, ascending, and eigenvectors, columns of v.
static void jacobi(uint32_t n, wide m[MOST][MOST], wide v[MOST][MOST], double *values) {
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t j = 0; j < n; j++) v[i][j] = i == j;
  }
  for (int sweep = 0; sweep < 60; sweep++) {
    wide off = 0, size = 0;
    for (uint32_t i = 0; i < n; i++) {
      for (uint32_t j = 0; j < n; j++) {
        size += m[i][j] * m[i][j];
        if (i != j) off += m[i][j] * m[i][j];
      }
    }
    if (off <= 1e-42L * size) break;
    for (uint32_t p = 0; p < n; p++) {
      for (uint32_t q = p + 1; q < n; q++) {
        if (m[p][q] == 0) continue;
        wide theta = (m[q][q] - m[p][p]) / (2 * m[p][q]);
        wide t = (theta < 0 ? -1 : 1) / (fabsl(theta) + sqrtl(theta * theta + 1));
        wide c = 1 / sqrtl(t * t + 1), s = t * c;
        for (uint32_t k = 0; k < n; k++) {
          wide x = m[k][p], y = m[k][q];
          m[k][p] = c * x - s * y;
          m[k][q] = s * x + c * y;
          x = v[k][p];
          y = v[k][q];
          v[k][p] = c * x - s * y;
          v[k][q] = s * x + c * y;
        }
        for (uint32_t k = 0; k < n; k++) {
          wide x = m[p][k], y = m[q][k];
          m[p][k] = c * x - s * y;
          m[q][k] = s * x + c * y;
        }
      }
    }
  }
  for (uint32_t i = 0; i < n; i++) {
    uint32_t least = i;
    for (uint32_t j = i + 1; j < n; j++) {
      if (m[j][j] < m[least][least]) least = j;
    }
    for (uint32_t k = 0; k < n; k++) {
      wide x = v[k][i];
      v[k][i] = v[k][least];
      v[k][least] = x;
    }
    wide x = m[i][i];
    m[i][i] = m[least][least];
    m[least][least] = x;
    values[i] = (double)m[i][i];
  }
}

// The sine of the angle between y and the vector whose eigenvalue is nearest.
//   unsure   written: what the reference may be off by
static double sine_of(uint32_t n, wide v[MOST][MOST], const double *all, double value,
                      const wide *y, double *unsure) {
  uint32_t near = 0;
  for (uint32_t j = 1; j < n; j++) {
    if (fabs(all[j] - value) < fabs(all[near] - value)) near = j;
  }
  double gap = INFINITY;
  for (uint32_t j = 0; j < n; j++) {
    if (j != near) gap = fmin(gap, fabs(all[j] - all[near]));
  }
  *unsure = 0x1p-58 * fmax(fabs(all[0]), fabs(all[n - 1])) / gap;
  wide size = 0, along = 0, rest = 0;
  for (uint32_t i = 0; i < n; i++) {
    size += y[i] * y[i];
    along += v[i][near] * y[i];
  }
  for (uint32_t i = 0; i < n; i++) {
    wide part = y[i] - along * v[i][near];
    rest += part * part;
  }
  return (double)sqrtl(rest / size);
}

// A becomes L^-1 A L^-T with B = L L^T.
static void reduce(uint32_t n, wide a[MOST][MOST], wide b[MOST][MOST]) {
  for (uint32_t j = 0; j < n; j++) {
    for (uint32_t k = 0; k < j; k++) {
      for (uint32_t i = j; i < n; i++) b[i][j] -= b[i][k] * b[j][k];
    }
    b[j][j] = sqrtl(b[j][j]);
    for (uint32_t i = j + 1; i < n; i++) b[i][j] /= b[j][j];
  }
  for (int side = 0; side < 2; side++) {
    for (uint32_t c = 0; c < n; c++) {
      for (uint32_t i = 0; i < n; i++) {
        wide x = side == 0 ? a[i][c] : a[c][i];
        for (uint32_t k = 0; k < i; k++) x -= b[i][k] * (side == 0 ? a[k][c] : a[c][k]);
        x /= b[i][i];
        if (side == 0)
          a[i][c] = x;
        else
          a[c][i] = x;
      }
    }
  }
}

static double draw(sl_rng *rng) { return 2 * sl_rng_double(rng) - 1; }

static void dense_of(const sl_csr *matrix, int scale, wide m[MOST][MOST]) {
  memset(m, 0, sizeof(wide) * MOST * MOST);
  for (uint32_t i = 0; i < matrix->rows; i++) {
    for (uint32_t p = matrix->row_pointers[i]; p < matrix->row_pointers[i + 1]; p++) {
      m[i][matrix->columns[p]] = ldexpl(sl_csr_value(matrix, p), -scale);
    }
  }
}

// Structures: sparse and full, indefinite, definite, of few different values, singular; scaled by
// 2^scale.
static sl_csr *random_matrix(sl_rng *rng, uint32_t n, int scale) {
  entries e = {.n = n};
  uint32_t kind = sl_rng_below(rng, 6);
  double density = kind == 5 ? 1 : 0.1 + 0.4 * sl_rng_double(rng);
  for (uint32_t i = 0; i < n; i++) {
    double sum = 0;
    for (uint32_t j = 0; j < i; j++) {
      if (sl_rng_double(rng) > density) continue;
      double value = kind == 1 ? 1 : kind == 2 ? (double)sl_rng_below(rng, 3) - 1 : draw(rng);
      put_both(&e, i, j, ldexp(value, scale));
      sum += fabs(value);
    }
    double own = kind == 0   ? sum + n
                 : kind == 3 ? ldexp(draw(rng), -(int)sl_rng_below(rng, 30))
                 : kind == 4 ? 0
                             : draw(rng);
    if (own != 0 || i == 0) put(&e, i, i, ldexp(own, scale));
  }
  return matrix_of(&e);
}

// Definite: dominant, or the mass matrix of an interval with uneven parts, which is not.
static sl_csr *random_mass(sl_rng *rng, uint32_t n, int scale) {
  entries e = {.n = n};
  uint32_t kind = sl_rng_below(rng, 3);
  double before = 1;
  for (uint32_t i = 0; i < n; i++) {
    double part = ldexp(1 + sl_rng_double(rng), (int)sl_rng_below(rng, 6));
    if (kind == 0) {
      put(&e, i, i, ldexp(part, scale));
    } else if (kind == 1) {
      put(&e, i, i, ldexp((before + part) / 3, scale));
      if (i + 1 < n) put_both(&e, i, i + 1, ldexp(part / 6, scale));
    } else {
      put(&e, i, i, ldexp(1 + part, scale));
      if (i + 1 < n) put_both(&e, i, i + 1, ldexp(0.5, scale));
    }
    before = part;
  }
  return matrix_of(&e);
}

typedef struct tallies {
  tally values, angles;
  uint32_t trials, pairs, counted, stagnated;
} tallies;

static void trial(sl_rng *rng, tallies *t) {
  static wide a[MOST][MOST], b[MOST][MOST], v[MOST][MOST];
  double all[MOST], options[SL_EIGEN_OPTIONS];
  uint32_t n = 1 + sl_rng_below(rng, MOST), k = 1 + sl_rng_below(rng, n);
  bool general = sl_rng_below(rng, 2) == 0;
  int scale = sl_rng_below(rng, 3) == 0 ? (int)sl_rng_below(rng, 1600) - 800 : 0;
  int other = general && scale != 0 ? (int)sl_rng_below(rng, 200) - 100 : 0;
  sl_csr *matrix = random_matrix(rng, n, scale);
  sl_csr *mass = general ? random_mass(rng, n, other) : NULL;
  dense_of(matrix, scale, a);
  if (general) {
    dense_of(mass, other, b);
    reduce(n, a, b);
  }
  jacobi(n, a, v, all);
  int which = (int)sl_rng_below(rng, 3), method = (int)sl_rng_below(rng, 4);
  if (which == SL_EIGEN_NEAREST && method >= SL_EIGEN_LANCZOS) method = 0;
  double size = fmax(fabs(all[0]), fabs(all[n - 1])), sigma = size * draw(rng);
  options_of(options, k, which, method, ldexp(sigma, scale - other));
  options[6] = t->trials++;
  sl_eigen *eigen;
  answer got;
  assert_ok(sl_eigen_create(matrix, mass, options, NULL, 0, &eigen));
  assert_ok(run_eigen(eigen, 1 + sl_rng_below(rng, 2000)));
  read_eigen(eigen, n, k, &got);
  for (uint32_t i = 0; i < k; i++) {
    double near = INFINITY, value = ldexp(got.values[i], other - scale);
    double bound = ldexp(got.bounds[i], other - scale);
    for (uint32_t j = 0; j < n; j++) near = fmin(near, fabs(all[j] - value));
    count(&t->values, near, bound, 0x1p-52 * size);
    got.values[i] = value;
    got.bounds[i] = bound;
    // All vectors belong to a matrix of zeros.
    if (got.angles[i] >= 1 || size == 0) continue;
    // In the metric of B: L^T x.
    wide y[MOST] = {0};
    for (uint32_t r = 0; r < n; r++) {
      for (uint32_t c = r; c < n; c++) {
        wide weight = general ? b[c][r] : r == c;
        y[r] += weight * ldexpl(got.vectors[(size_t)i * n + c], other / 2);
      }
    }
    double unsure, sine = sine_of(n, v, all, value, y, &unsure);
    count(&t->angles, sine, got.angles[i], unsure);
  }
  t->pairs += k;
  t->counted += got.facts[6] >= 0;
  // LOBPCG may come to rest a little above the tolerance; what it says of its pairs was counted above.
  if (method == SL_EIGEN_LOBPCG && outcome_of(&got) == SL_OUTCOME_STAGNATED) {
    t->stagnated++;
  } else {
    check_values(&got, all, n, which, sigma, 4e-15 * size);
  }
  free_answer(&got);
  sl_eigen_destroy(eigen);
  sl_csr_destroy(matrix);
  sl_csr_destroy(mass);
}

static void bounds_hold(void **state) {
  (void)state;
  sl_rng rng;
  tallies t = {0};
  sl_rng_seed(&rng, 20);
  while (t.trials < trials_wanted() || t.angles.trials < trials_wanted()) trial(&rng, &t);
  report("eigenvalues", &t.values, 1);
  report("angles of eigenvectors", &t.angles, 1);
  assert_true(t.counted > t.trials * 9 / 10);
  assert_true(t.stagnated <= t.trials / 10000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(bounds_hold),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
