// Bounds of residuals and backward errors in small random problems, against long double.
#include "certificates.h"
#include "leastsquares.h"

#define MOST 24

static double draw(sl_rng *rng) { return 2 * sl_rng_double(rng) - 1; }

typedef struct reference {
  long double residual, normal, error;        // norms
  double unsure, unsure_normal, unsure_error; // what they may be off by
} reference;

static reference judge(const sl_csr *a, const double *b, const double *x, double damping) {
  uint32_t m = a->rows, n = a->cols;
  long double r[MOST], g[MOST] = {0}, size_g[MOST] = {0}, all, frobenius = 0, size = 0, side = 0;
  reference out = {0};
  for (uint32_t i = 0; i < m; i++) {
    long double terms = fabsl(b[i]);
    r[i] = b[i];
    for (uint32_t p = a->row_pointers[i]; p < a->row_pointers[i + 1]; p++) {
      long double product = (long double)sl_csr_value(a, p) * x[a->columns[p]];
      r[i] -= product;
      terms += fabsl(product);
      frobenius += (long double)sl_csr_value(a, p) * sl_csr_value(a, p);
    }
    out.unsure += (double)(terms * 0x1p-58L);
    out.residual += r[i] * r[i];
    side += (long double)b[i] * b[i];
  }
  for (uint32_t i = 0; i < m; i++) {
    for (uint32_t p = a->row_pointers[i]; p < a->row_pointers[i + 1]; p++) {
      g[a->columns[p]] += sl_csr_value(a, p) * r[i];
      size_g[a->columns[p]] += fabsl(sl_csr_value(a, p) * r[i]);
    }
  }
  all = out.residual;
  for (uint32_t j = 0; j < n; j++) {
    long double damped = (long double)damping * x[j];
    g[j] -= damping * damped;
    size_g[j] += fabsl(damping * damped);
    out.unsure_normal += (double)(size_g[j] * 0x1p-58L);
    out.normal += g[j] * g[j];
    all += damped * damped;
    size += (long double)x[j] * x[j];
  }
  frobenius += (long double)n * damping * damping;
  out.unsure_normal += (double)(sqrtl(frobenius) * out.unsure);
  out.residual = sqrtl(out.residual);
  out.normal = sqrtl(out.normal);
  frobenius = sqrtl(frobenius);
  all = sqrtl(all);
  long double of_system = all == 0 ? 0 : all / (frobenius * sqrtl(size) + sqrtl(side));
  long double of_squares = out.normal == 0 ? 0 : out.normal / (all * frobenius);
  out.error = fminl(of_system, of_squares);
  if (all > 0) out.unsure_error = 0x1p-54 + (double)(out.unsure_normal / (all * frobenius));
  return out;
}

static void holds_for_every_answer(void **state) {
  (void)state;
  tally residual = {0}, normal = {0}, backward = {0};
  uint32_t converged = 0;
  sl_rng rng;
  sl_rng_seed(&rng, 77);
  for (uint32_t trial = 0; trial < trials_wanted(); trial++) {
    int method = trial % 3;
    uint32_t m = 1 + (uint32_t)(sl_rng_double(&rng) * MOST);
    uint32_t n = method == SL_LEAST_MINRES ? m : 1 + (uint32_t)(sl_rng_double(&rng) * MOST);
    double density = 0.1 + 0.6 * sl_rng_double(&rng), spread = trial % 5 == 0 ? 12 : 1;
    int power = trial % 4 == 0 ? (int)(draw(&rng) * 300) : 0;
    entries e = {0};
    for (uint32_t i = 0; i < m; i++) {
      for (uint32_t j = 0; j < n; j++) {
        if (sl_rng_double(&rng) > density || (method == SL_LEAST_MINRES && j > i)) continue;
        double value = ldexp(draw(&rng) * pow(10, spread * draw(&rng) / 2), power);
        if (method == SL_LEAST_MINRES) {
          put_both(&e, i, j, value);
        } else {
          put(&e, i, j, value);
        }
      }
    }
    put(&e, 0, 0, ldexp(1, power));
    sl_csr *matrix = shaped(&e, m, n);
    double b[MOST], x[MOST], facts[SL_LEAST_FACTS];
    for (uint32_t i = 0; i < m; i++) b[i] = draw(&rng);
    asked a = by(method);
    a.tolerance = some_tolerance(&rng);
    a.max_iterations = trial % 6 == 0 ? 1 + (uint32_t)(sl_rng_double(&rng) * 9) : 3000;
    if (method != SL_LEAST_MINRES) {
      a.damping = trial % 2 ? 0 : ldexp(fabs(draw(&rng)), power);
      a.column_scaling = sl_rng_double(&rng) < 0.3;
    }
    sl_outcome outcome = solve_least(matrix, b, m, a, UINT64_MAX, x, facts);
    reference is = judge(matrix, b, x, a.damping);
    count(&residual, is.residual, facts[3], is.unsure);
    count(&normal, is.normal, facts[4], is.unsure_normal);
    count(&backward, is.error, facts[5], is.unsure_error);
    if (outcome == SL_OUTCOME_CONVERGED) assert_true(facts[5] <= a.tolerance);
    converged += outcome == SL_OUTCOME_CONVERGED;
    sl_csr_destroy(matrix);
  }
  report("least squares: residual", &residual, 1);
  report("least squares: A^T times the residual", &normal, 1);
  report("least squares: backward error", &backward, 1);
  assert_true(converged > 0.7 * residual.trials);
}

int main(void) {
  const struct CMUnitTest tests[] = {property(holds_for_every_answer)};
  return cmocka_run_group_tests_name("leastsquares_certificates", tests, NULL, NULL);
}
