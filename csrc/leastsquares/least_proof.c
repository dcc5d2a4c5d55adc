// What an answer is worth: its residual r and A^T r, in twice the precision, and bounds that count
// their rounding.
//
// Based on: T. Ogita, S. M. Rump, S. Oishi, "Accurate sum and dot product", SIAM J. Sci. Comput. 26
// (2005), doi:10.1137/030601818 (Dot2). Backward errors: G. W. Stewart (1977): r = b - A x solves
// (A + E)^T r = 0 with E = -r r^T A / |r|^2, which is A^T r / |r| in size, and A + E has as
// residual a multiple of r; J. L. Rigal, J. Gaches (1967), for A x = b.
#include <float.h>
#include <math.h>
#include <string.h>

#include "direct/residual.h"
#include "direct/scale.h"
#include "leastsquares/least_object.h"
#include "simd/kernels.h"

#define NOINLINE __attribute__((noinline))
#define BLOCK 256u

NOINLINE static void multiply_rows(const sl_csr *a, uint32_t begin, uint32_t end, const double *x,
                                   double scale, double *y) {
  const double *values = a->values;
  for (uint32_t i = begin; i < end; i++) {
    double sum = 0;
    for (uint32_t p = a->row_pointers[i]; p < a->row_pointers[i + 1]; p++) {
      sum += values[p] * x[a->columns[p]];
    }
    y[i] = scale == 0 ? sum : sum - scale * y[i];
  }
}

static uint32_t end_of_block(const sl_csr *a, uint32_t begin) {
  return a->rows - begin > BLOCK ? begin + BLOCK : a->rows;
}

bool sl_least_product(sl_least_squares *e, const sl_csr *a, const double *x, double scale,
                      double *y, uint64_t until) {
  while (e->cursor < a->rows) {
    uint32_t end = end_of_block(a, e->cursor);
    multiply_rows(a, e->cursor, end, x, scale, y);
    e->work += a->row_pointers[end] - a->row_pointers[e->cursor] + (end - e->cursor);
    e->cursor = end;
    if (e->work >= until && end < a->rows) return false;
  }
  e->cursor = 0;
  return true;
}

// r = from - A x in rows begin .. end, rounded once. Returns a bound of the sum of the errors of all
// beside that rounding: Dot2 is off by no more than (terms 2^-53)^2 of the sizes.
//   powers    what each r counts in that sum, 2^(powers[i] - most), or NULL
NOINLINE static double accurate_rows(const sl_csr *a, uint32_t begin, uint32_t end, const double *x,
                                     const double *from, double *r, const int32_t *powers,
                                     int32_t most) {
  const double *values = a->values;
  double error = 0;
  for (uint32_t i = begin; i < end; i++) {
    sl_accurate_sum sum = {0};
    if (from != NULL) sum = (sl_accurate_sum){.sum = from[i], .size = fabs(from[i])};
    for (uint32_t p = a->row_pointers[i]; p < a->row_pointers[i + 1]; p++) {
      sl_subtract_product(&sum, values[p], x[a->columns[p]]);
    }
    double terms = (double)(a->row_pointers[i + 1] - a->row_pointers[i]) + 2;
    double own = terms * terms * 0x1p-104 * sum.size;
    r[i] = sum.sum + sum.error;
    error += powers != NULL ? sl_times_power(own, powers[i] - most) : own;
  }
  return error;
}

// Norms, certainly not below and not above.
static double at_most(const double *x, size_t n) {
  return sl_norm2_f64(x, n) * (1 + ((double)n + 16) * 0x1p-52);
}
static double at_least(const double *x, size_t n) {
  return sl_norm2_f64(x, n) * (1 - ((double)n + 16) * 0x1p-52);
}

void sl_least_round_candidate(sl_least_squares *e) {
  bool is_finite = true;
  for (uint32_t j = 0; j < e->n; j++) {
    int32_t power = e->exponent_b - e->column_exponent[j];
    double x = sl_times_power(e->candidate[j], power);
    // The products below are exact for numbers in this range.
    is_finite &= fabs(x) <= DBL_MAX && fabs(e->candidate[j]) < 0x1p990;
    if (fabs(x) < 0x1p-1022) e->candidate[j] = sl_times_power(x, -power);
  }
  e->proof.error = is_finite ? 0 : INFINITY;
}

bool sl_least_step_residual(sl_least_squares *e, uint64_t until) {
  const sl_csr *a = e->a;
  if (e->cursor == 0) e->slack = 0;
  while (e->cursor < a->rows) {
    uint32_t end = end_of_block(a, e->cursor);
    e->slack += accurate_rows(a, e->cursor, end, e->candidate, e->right, e->residual, NULL, 0);
    e->work += 4 * (uint64_t)(a->row_pointers[end] - a->row_pointers[e->cursor] + 1);
    e->cursor = end;
    if (e->work >= until && end < a->rows) return false;
  }
  e->cursor = 0;
  return true;
}

// The matrix rounds to multiples of 2^-1074 where it is scaled, b too, and each term of a sum is made of
// products that may.
static double underflow(const sl_least_squares *e, const double *x, size_t n) {
  double terms = (double)e->a->nnz + e->m + e->n, most = sl_norm_inf_f64(x, n);
  // Zeros are exact.
  if (e->widest == 0 || (most == 0 && e->norm_b == 0)) return 0;
  return terms * 0x1p-1066 * (1 + most);
}

bool sl_least_step_normal(sl_least_squares *e, uint64_t until) {
  const sl_csr *t = e->t;
  if (e->cursor == 0) {
    double lost = underflow(e, e->candidate, e->n);
    e->slack = e->slack * (1 + ((double)e->rows + 4) * 0x1p-52) + lost;
    double rounding = 0x1p-53 * at_most(e->residual, e->rows);
    e->proof.residual = (at_most(e->residual, e->m) * (1 + 0x1p-52) + e->slack) * (1 + 0x1p-51);
    e->slack = (e->slack + rounding) * (1 + 0x1p-51);
    e->proof.normal = 0;
  }
  while (e->cursor < t->rows) {
    uint32_t end = end_of_block(t, e->cursor);
    e->proof.normal += accurate_rows(t, e->cursor, end, e->residual, NULL, e->y, e->column_exponent,
                                     e->largest_exponent);
    e->work += 4 * (uint64_t)(t->row_pointers[end] - t->row_pointers[e->cursor] + 1);
    e->cursor = end;
    if (e->work >= until && end < t->rows) return false;
  }
  e->cursor = 0;
  return true;
}

void sl_least_prove(sl_least_squares *e) {
  sl_least_proof *p = &e->proof;
  uint32_t n = e->n;
  for (uint32_t j = 0; j < n; j++) {
    e->y[j] = sl_times_power(e->y[j], e->column_exponent[j] - e->largest_exponent);
  }
  double lost = underflow(e, e->residual, e->rows) + p->normal * (1 + ((double)n + 4) * 0x1p-52);
  p->normal = (at_most(e->y, n) * (1 + 0x1p-52) + lost + e->widest * e->slack) * (1 + 0x1p-50);
  for (uint32_t j = 0; j < n; j++) {
    e->y[j] = sl_times_power(e->candidate[j], e->largest_exponent - e->column_exponent[j]);
  }
  p->size = at_least(e->y, n);
  if (!(p->size < 0x1p1000)) p->size = 0x1p1000;
  double all = (at_most(e->residual, e->rows) + e->slack) * (1 + 0x1p-51);
  double least = at_least(e->residual, e->rows) - e->slack * (1 + 0x1p-51);
  double size = (e->norm * p->size + e->norm_b) * (1 - 0x1p-51);
  double of_system = all == 0 ? 0 : all / size * (1 + 0x1p-51);
  double of_squares = p->normal == 0 ? 0
                      : least > 0    ? p->normal / (least * e->norm) * (1 + 0x1p-50)
                                     : INFINITY;
  p->consistent = of_system <= e->tolerance;
  p->error = fmin(of_system, of_squares);
  if (e->of_b) p->error = all == 0 ? 0 : all / e->norm_b * (1 + 0x1p-51);
  if (!(p->error < INFINITY) || !(p->residual < INFINITY)) p->error = INFINITY;
}

bool sl_least_is_enough(const sl_least_squares *e, double residual, double normal) {
  // Half of what is asked for: these are estimates.
  double tolerance = e->tolerance / 2;
  if (e->shortens) return residual <= tolerance / 2 * e->left_size;
  if (e->of_b) {
    // Least squares that are not a solution get no better than this.
    return residual <= tolerance * e->norm_b || normal <= 0x1p-52 * e->norm_scaled;
  }
  double size = fmax(e->base_size, sl_norm2_f64(e->x, e->n));
  return residual <= tolerance * (e->norm_scaled * size + e->norm_b) ||
         normal <= tolerance * e->norm_scaled;
}
