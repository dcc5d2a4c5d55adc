// What is known about how good an x is: computed from A, b and x alone, whatever made x.
#ifndef SL_SOLVER_CERTIFICATE_H
#define SL_SOLVER_CERTIFICATE_H

#include "solver/types.h"
#include "sparse/csr.h"

typedef struct sl_solver_certificate {
  double residual;          // ||b - A x||_2
  double relative_residual; // residual / ||b||_2; the residual itself when b = 0
  double backward_error;    // ||b - A x||_inf / (||A||_inf ||x||_inf + ||b||_inf)
  double error_bound;       // of x in bound_norm, all rounding included; infinite for NONE
  sl_bound_norm bound_norm;
} sl_solver_certificate;

// r / (a x + b) for numbers of at least 0, r, x and b finite, without overflow or underflow on the
// way. An a that has overflowed counts as the largest number.
double sl_solver_backward_error(double r, double a, double x, double b);

// Bounds, with e = exact - x and r = b - A x:
//   strictly row dominant      ||e||_inf <= max_i |r_i| / slack_i
//   strictly column dominant   ||e||_1   <= ||r||_1 / min_j slack_j
// where |r_i| is the computed value plus the bound of its own rounding, and slacks are rounded
// down. When both hold the first is given.
//   facts     of `matrix`
//   x, b      n, read; finite, or the certificate is infinite
//   r, bound  n, read: what sl_csr_residual_bound gives for them
//   row_ratio what it returned
//   Does not allocate. O(n).
void sl_solver_compute_certificate(const sl_csr *matrix, const sl_matrix_class *facts,
                                   const double *x, const double *b, const double *r,
                                   const double *bound, double row_ratio,
                                   sl_solver_certificate *out);

#endif
