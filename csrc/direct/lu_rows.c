// Based on: J. W. Demmel, S. C. Eisenstat, J. R. Gilbert, X. S. Li, J. W. H. Liu, "A supernodal
// approach to sparse partial pivoting", SIAM J. Matrix Anal. Appl. 20 (1999),
// doi:10.1137/S0895479895291765, for updates by supernodes of one row at a time (their sup-col).
#include "direct/lu_rows.h"

#include "simd/simd.h"

#define NOINLINE __attribute__((noinline))

// x of two columns, and back.
static inline sl_f64x2 pick(const double *x, const uint32_t *columns) {
  return (sl_f64x2){x[columns[0]], x[columns[1]]};
}
static inline void drop(double *x, const uint32_t *columns, sl_f64x2 v) {
  x[columns[0]] = v[0];
  x[columns[1]] = v[1];
}

NOINLINE static void subtract_four(const double *const *rows, const double *factors,
                                   const uint32_t *columns, size_t count, double *x) {
  const double *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
  double fa = factors[0], fb = factors[1], fc = factors[2], fd = factors[3];
  sl_f64x2 va = sl_f64x2_splat(fa), vb = sl_f64x2_splat(fb);
  sl_f64x2 vc = sl_f64x2_splat(fc), vd = sl_f64x2_splat(fd);
  size_t t = 0;
  for (; t + 1 < count; t += 2) {
    sl_f64x2 first = va * sl_f64x2_load(a + t) + vb * sl_f64x2_load(b + t);
    sl_f64x2 second = vc * sl_f64x2_load(c + t) + vd * sl_f64x2_load(d + t);
    drop(x, columns + t, pick(x, columns + t) - (first + second));
  }
  if (t < count) x[columns[t]] -= (fa * a[t] + fb * b[t]) + (fc * c[t] + fd * d[t]);
}

NOINLINE static void subtract_two(const double *const *rows, const double *factors,
                                  const uint32_t *columns, size_t count, double *x) {
  const double *a = rows[0], *b = rows[1];
  double fa = factors[0], fb = factors[1];
  sl_f64x2 va = sl_f64x2_splat(fa), vb = sl_f64x2_splat(fb);
  size_t t = 0;
  for (; t + 1 < count; t += 2) {
    sl_f64x2 both = va * sl_f64x2_load(a + t) + vb * sl_f64x2_load(b + t);
    drop(x, columns + t, pick(x, columns + t) - both);
  }
  if (t < count) x[columns[t]] -= fa * a[t] + fb * b[t];
}

void sl_lu_subtract_rows(const sl_lu *lu, uint32_t row, uint32_t count, uint32_t column, double *x,
                         double *factors) {
  // The pivots of the other rows lead the columns of the first.
  const uint32_t *pivots = lu->upper_index + lu->upper_start[row];
  const double *tails[SL_LU_MOST_ROWS];
  uint64_t length = lu->upper_start[row + 1] - lu->upper_start[row] - (count - 1);
  for (uint32_t r = 0; r < count; r++) {
    uint32_t at = r == 0 ? column : pivots[r - 1];
    double factor = x[at];
    x[at] = 0;
    for (uint32_t q = 0; q < r; q++) factor -= factors[q] * tails[q][(ptrdiff_t)r - count];
    factors[r] = factor;
    tails[r] = lu->upper_value + lu->upper_start[row + r] + (count - 1 - r);
  }
  const uint32_t *columns = pivots + (count - 1);
  uint32_t r = 0;
  for (; r + 4 <= count; r += 4) subtract_four(tails + r, factors + r, columns, length, x);
  if (r + 2 <= count) {
    subtract_two(tails + r, factors + r, columns, length, x);
    r += 2;
  }
  if (r == count) return;
  double factor = factors[r];
  for (uint64_t t = 0; t < length; t++) x[columns[t]] -= factor * tails[r][t];
}
