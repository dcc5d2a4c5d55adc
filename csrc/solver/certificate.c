// Based on: J. M. Varah, "A lower bound for the smallest singular value of a matrix", Linear
// Algebra Appl. 11 (1975), doi:10.1016/0024-3795(75)90112-3: ||A^-1||_inf <= 1 / min slack of a
// strictly row dominant A, here row by row; its transpose gives the column form. Backward error: J.
// L. Rigal, J. Gaches, "On the compatibility of a given solution with the data of a linear system",
// J. ACM 14 (1967), doi:10.1145/321406.321416.
#include "solver/certificate.h"

#include <float.h>
#include <math.h>

#include "simd/kernels.h"

// Covers the few roundings of the last sums, quotients and products of a bound.
#define ROUND_UP (1 + 0x1p-48)

// And what is lost where they vanish below the smallest number.
#define LEAST 0x1p-1072

static double column_bound(const double *r, const double *bound, uint32_t n, double min_slack) {
  double sum = 0;
  for (uint32_t i = 0; i < n; i++) sum += fabs(r[i]) + bound[i];
  return sum * (1 + (double)n * 0x1p-52) / min_slack * ROUND_UP + LEAST;
}

double sl_solver_backward_error(double r, double a, double x, double b) {
  if (r == 0) return 0;
  double size = a * x + b;
  if (size > 0x1p-960 && size <= DBL_MAX) return r / size;
  int of_r, of_a, of_x, of_b;
  r = frexp(r, &of_r);
  double product = frexp(fmin(a, DBL_MAX), &of_a) * frexp(x, &of_x);
  b = frexp(b, &of_b);
  int exponent = b > 0 && (product == 0 || of_b > of_a + of_x) ? of_b : of_a + of_x;
  return ldexp(r / (ldexp(product, of_a + of_x - exponent) + ldexp(b, of_b - exponent)),
               of_r - exponent);
}

void sl_solver_compute_certificate(const sl_csr *matrix, const sl_matrix_class *facts,
                                   const double *x, const double *b, const double *r,
                                   const double *bound, double row_ratio,
                                   sl_solver_certificate *out) {
  uint32_t n = matrix->rows;
  *out = (sl_solver_certificate){INFINITY, INFINITY, INFINITY, INFINITY, SL_BOUND_NONE};
  if (sl_first_not_finite_f64(r, n) < n) return;
  double b_norm = sl_norm2_f64(b, n);
  out->residual = sl_norm2_f64(r, n);
  out->relative_residual = b_norm > 0 ? out->residual / b_norm : out->residual;
  double r_inf = sl_norm_inf_f64(r, n);
  out->backward_error = sl_solver_backward_error(r_inf, facts->norm_inf, sl_norm_inf_f64(x, n),
                                                 sl_norm_inf_f64(b, n));
  if (facts->min_row_slack > 0) {
    out->error_bound = row_ratio * ROUND_UP + LEAST;
    out->bound_norm = SL_BOUND_INF;
  } else if (facts->min_column_slack > 0) {
    out->error_bound = column_bound(r, bound, n, facts->min_column_slack);
    out->bound_norm = SL_BOUND_ONE;
  }
  if (!isfinite(out->error_bound)) {
    out->error_bound = INFINITY;
    out->bound_norm = SL_BOUND_NONE;
  }
}
