// Based on: J. R. Bunch, L. Kaufman, "Some stable methods for calculating inertia and solving
// symmetric linear systems", Math. Comp. 31 (1977), doi:10.1090/S0025-5718-1977-0428694-0, inside
// the panel; O. Schenk, K. Gaertner, "On fast factorization pivoting methods for sparse symmetric
// indefinite systems", ETNA 23 (2006): pivots that are too small there are replaced, and solves are
// refined.
#include "direct/panel.h"

#include <math.h>
#include <string.h>

#include "simd/simd.h"

#define NOINLINE __attribute__((noinline))

// ---- c -= a b -----------------------------------------------------------------------------------

static inline uint32_t strip_width(uint32_t left) { return left >= 4 ? 4 : left >= 2 ? 2 : 1; }

void sl_panel_pack(uint32_t n, uint32_t k, const double *a, size_t lda, const double *d,
                   const double *e, double *packed) {
  for (uint32_t j = 0; j < n;) {
    uint32_t width = strip_width(n - j);
    for (uint32_t p = 0; p < k; p++) {
      const double *column = a + p * lda + j;
      const double *other = NULL;
      double weight = 0;
      if (e != NULL && e[p] != 0) {
        other = column + lda;
        weight = e[p];
      } else if (e != NULL && p > 0 && e[p - 1] != 0) {
        other = column - lda;
        weight = e[p - 1];
      }
      for (uint32_t c = 0; c < width; c++) {
        double value = column[c] * d[p];
        if (other != NULL) value += other[c] * weight;
        packed[c] = value;
      }
      packed += width;
    }
    j += width;
  }
}

// Four rows of a strip of four columns.
static inline void four_by_four(uint32_t k, const double *a, size_t lda, const double *b, double *c,
                                size_t ldc) {
  sl_f64x2 s00 = {0, 0}, s01 = s00, s02 = s00, s03 = s00, s10 = s00, s11 = s00, s12 = s00,
           s13 = s00;
  for (uint32_t p = 0; p < k; p++) {
    sl_f64x2 a0 = sl_f64x2_load(a), a1 = sl_f64x2_load(a + 2);
    sl_f64x2 b0 = sl_f64x2_splat(b[0]);
    s00 += a0 * b0;
    s10 += a1 * b0;
    sl_f64x2 b1 = sl_f64x2_splat(b[1]);
    s01 += a0 * b1;
    s11 += a1 * b1;
    sl_f64x2 b2 = sl_f64x2_splat(b[2]);
    s02 += a0 * b2;
    s12 += a1 * b2;
    sl_f64x2 b3 = sl_f64x2_splat(b[3]);
    s03 += a0 * b3;
    s13 += a1 * b3;
    a += lda;
    b += 4;
  }
  const sl_f64x2 sums[8] = {s00, s10, s01, s11, s02, s12, s03, s13};
  for (int j = 0; j < 4; j++, c += ldc) {
    sl_f64x2_store(c, sl_f64x2_load(c) - sums[2 * j]);
    sl_f64x2_store(c + 2, sl_f64x2_load(c + 2) - sums[2 * j + 1]);
  }
}

// Two rows of a strip of one or two columns.
static inline void two_by(uint32_t width, uint32_t k, const double *a, size_t lda, const double *b,
                          double *c, size_t ldc) {
  sl_f64x2 s0 = {0, 0}, s1 = s0;
  for (uint32_t p = 0; p < k; p++) {
    sl_f64x2 a0 = sl_f64x2_load(a);
    s0 += a0 * sl_f64x2_splat(b[0]);
    if (width > 1) s1 += a0 * sl_f64x2_splat(b[1]);
    a += lda;
    b += width;
  }
  sl_f64x2_store(c, sl_f64x2_load(c) - s0);
  if (width > 1) sl_f64x2_store(c + ldc, sl_f64x2_load(c + ldc) - s1);
}

static void one_row(uint32_t width, uint32_t k, const double *a, size_t lda, const double *b,
                    double *c, size_t ldc) {
  for (uint32_t j = 0; j < width; j++) {
    double sum = 0;
    for (uint32_t p = 0; p < k; p++) sum += a[p * lda] * b[p * width + j];
    c[j * ldc] -= sum;
  }
}

NOINLINE static void strip_of_four(uint32_t m, uint32_t k, const double *a, size_t lda,
                                   const double *b, double *c, size_t ldc) {
  uint32_t i = 0;
  for (; i + 4 <= m; i += 4) four_by_four(k, a + i, lda, b, c + i, ldc);
  for (; i < m; i++) one_row(4, k, a + i, lda, b, c + i, ldc);
}

NOINLINE static void narrow_strip(uint32_t width, uint32_t m, uint32_t k, const double *a,
                                  size_t lda, const double *b, double *c, size_t ldc) {
  uint32_t i = 0;
  if (width == 1) {
    for (; i + 2 <= m; i += 2) two_by(1, k, a + i, lda, b, c + i, ldc);
  } else {
    for (; i + 2 <= m; i += 2) two_by(2, k, a + i, lda, b, c + i, ldc);
  }
  for (; i < m; i++) one_row(width, k, a + i, lda, b, c + i, ldc);
}

void sl_panel_subtract(uint32_t m, uint32_t n, uint32_t k, const double *a, size_t lda,
                       const double *packed, double *c, size_t ldc) {
  for (uint32_t j = 0; j < n;) {
    uint32_t width = strip_width(n - j);
    if (width == 4)
      strip_of_four(m, k, a, lda, packed, c, ldc);
    else
      narrow_strip(width, m, k, a, lda, packed, c, ldc);
    packed += (size_t)width * k;
    c += width * ldc;
    j += width;
  }
}

// ---- the diagonal block -------------------------------------------------------------------------

// y -= s x.
static inline void subtract(uint32_t n, double s, const double *x, double *y) {
  sl_f64x2 factor = sl_f64x2_splat(s);
  uint32_t i = 0;
  for (; i + 2 <= n; i += 2) {
    sl_f64x2_store(y + i, sl_f64x2_load(y + i) - factor * sl_f64x2_load(x + i));
  }
  if (i < n) y[i] -= s * x[i];
}

// Eliminates column j of the block with a pivot of one entry.
static void eliminate_one(double *a, size_t ld, uint32_t j, uint32_t width, double pivot) {
  double *column = a + j * ld;
  for (uint32_t c = j + 1; c < width; c++) {
    double factor = column[c] / pivot;
    if (factor != 0) subtract(width - c, factor, column + c, a + c * ld + c);
  }
  for (uint32_t i = j + 1; i < width; i++) column[i] /= pivot;
}

// Eliminates columns j and j + 1 with the pivot of both.
static void eliminate_two(double *a, size_t ld, uint32_t j, uint32_t width, double d0, double d1,
                          double off) {
  double *first = a + j * ld, *second = first + ld;
  // Divided by `off`, which is the largest, so that nothing overflows.
  double r0 = d0 / off, r1 = d1 / off, scale = 1 / (r0 * r1 - 1);
  for (uint32_t c = j + 2; c < width; c++) {
    double x = first[c] / off, y = second[c] / off;
    double l0 = (r1 * x - y) * scale, l1 = (r0 * y - x) * scale;
    subtract(width - c, l0, first + c, a + c * ld + c);
    subtract(width - c, l1, second + c, a + c * ld + c);
  }
  for (uint32_t i = j + 2; i < width; i++) {
    double x = first[i] / off, y = second[i] / off;
    first[i] = (r1 * x - y) * scale;
    second[i] = (r0 * y - x) * scale;
  }
  first[j + 1] = 0;
}

static void swap(double *x, double *y) {
  double t = *x;
  *x = *y;
  *y = t;
}

// Exchanges rows and columns j < r of the symmetric block, of which the lower half is stored, and the
// columns below it.
static void exchange(double *a, uint32_t count, uint32_t width, uint32_t j, uint32_t r) {
  size_t ld = count;
  for (uint32_t c = 0; c < j; c++) swap(a + c * ld + j, a + c * ld + r);
  swap(a + j * ld + j, a + r * ld + r);
  for (uint32_t c = j + 1; c < r; c++) swap(a + j * ld + c, a + c * ld + r);
  for (uint32_t i = r + 1; i < width; i++) swap(a + j * ld + i, a + r * ld + i);
  for (uint32_t i = width; i < count; i++) swap(a + j * ld + i, a + r * ld + i);
}

// The largest entry off the diagonal of row r of what is left from column j on; *at: where.
static double largest_off(const double *a, size_t ld, uint32_t width, uint32_t j, uint32_t r,
                          uint32_t *at) {
  double most = 0;
  for (uint32_t c = j; c < r; c++) {
    double size = fabs(a[c * ld + r]);
    if (size > most) {
      most = size;
      *at = c;
    }
  }
  for (uint32_t i = r + 1; i < width; i++) {
    double size = fabs(a[r * ld + i]);
    if (size > most) {
      most = size;
      *at = i;
    }
  }
  return most;
}

// Brings a pivot to column j and returns how many columns it has.
static uint32_t choose(double *a, uint32_t count, uint32_t width, uint32_t j, uint32_t *exchanged,
                       double threshold) {
  const double alpha = 0.6403882032022076; // (1 + sqrt(17)) / 8
  size_t ld = count;
  uint32_t r = j, unused = 0;
  double own = fabs(a[j * ld + j]), most = largest_off(a, ld, width, j, j, &r);
  // Where numbers have left the range there may be no other row, though nothing tells that of this one.
  if (r == j || (own <= threshold && most <= threshold) || own >= alpha * most) return 1;
  double beyond = largest_off(a, ld, width, j, r, &unused);
  if (own * beyond >= alpha * most * most) return 1;
  bool one = fabs(a[r * ld + r]) >= alpha * beyond;
  uint32_t to = one ? j : j + 1;
  if (r != to) {
    exchange(a, count, width, to, r);
    uint32_t t = exchanged[to];
    exchanged[to] = exchanged[r];
    exchanged[r] = t;
  }
  return one ? 1 : 2;
}

NOINLINE static uint32_t factor_definite(double *a, size_t ld, uint32_t width,
                                         const double *diagonal, double *d) {
  for (uint32_t j = 0; j < width; j++) {
    double pivot = a[j * ld + j];
    // What is left of the diagonal is no more than the rounding of what was taken away.
    if (!(pivot > diagonal[j] * 0x1p-52) || !(pivot <= 0x1.fffffffffffffp1023)) return j;
    d[j] = pivot;
    eliminate_one(a, ld, j, width, pivot);
  }
  return width;
}

uint32_t sl_panel_factor(double *a, uint32_t count, uint32_t width, const double *diagonal,
                         double *d, double *e, uint32_t *exchanged, sl_pivoting *pivoting) {
  size_t ld = count;
  for (uint32_t j = 0; j < width; j++) {
    e[j] = 0;
    exchanged[j] = j;
  }
  if (pivoting->definite) return factor_definite(a, ld, width, diagonal, d);
  for (uint32_t j = 0; j < width;) {
    if (choose(a, count, width, j, exchanged, pivoting->threshold) == 2) {
      d[j] = a[j * ld + j];
      d[j + 1] = a[(j + 1) * ld + j + 1];
      e[j] = a[j * ld + j + 1];
      eliminate_two(a, ld, j, width, d[j], d[j + 1], e[j]);
      j += 2;
      continue;
    }
    double pivot = a[j * ld + j];
    if (!(fabs(pivot) > pivoting->threshold)) {
      pivot = pivot < 0 ? -pivoting->threshold : pivoting->threshold;
      if (pivoting->perturbed++ == 0) pivoting->first_perturbed = exchanged[j];
    }
    d[j] = pivot;
    eliminate_one(a, ld, j, width, pivot);
    j++;
  }
  return width;
}

// ---- the rows below it --------------------------------------------------------------------------

// Columns j .. j + strip - 1 of the rows, their own part of L.
NOINLINE static void solve_strip(double *a, size_t ld, uint32_t begin, uint32_t end, uint32_t j,
                                 uint32_t strip) {
  for (uint32_t c = j + 1; c < j + strip; c++) {
    for (uint32_t k = j; k < c; k++) {
      double factor = a[k * ld + c];
      if (factor != 0) subtract(end - begin, factor, a + k * ld + begin, a + c * ld + begin);
    }
  }
}

NOINLINE static void divide_rows(double *a, size_t ld, uint32_t begin, uint32_t end, uint32_t width,
                                 const double *d, const double *e) {
  for (uint32_t j = 0; j < width; j++) {
    double *x = a + j * ld;
    if (e[j] == 0) {
      for (uint32_t i = begin; i < end; i++) x[i] /= d[j];
      continue;
    }
    double *y = x + ld, off = e[j], r0 = d[j] / off, r1 = d[j + 1] / off;
    double scale = 1 / (r0 * r1 - 1);
    for (uint32_t i = begin; i < end; i++) {
      double s = x[i] / off, t = y[i] / off;
      x[i] = (r1 * s - t) * scale;
      y[i] = (r0 * t - s) * scale;
    }
    j++;
  }
}

void sl_panel_divide(double *a, uint32_t count, uint32_t width, const double *d, const double *e,
                     double *scratch) {
  size_t ld = count;
  enum { BLOCK = 64 };
  static const double ones[64] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  // All strips of L are packed once, and used for each block of rows.
  double *packed = scratch;
  for (uint32_t j = 4; j < width; j += 4) {
    uint32_t strip = width - j < 4 ? width - j : 4;
    sl_panel_pack(strip, j, a + j, ld, ones, NULL, packed);
    packed += (size_t)strip * j;
  }
  for (uint32_t begin = width; begin < count; begin += BLOCK) {
    uint32_t end = count - begin < BLOCK ? count : begin + BLOCK;
    packed = scratch;
    for (uint32_t j = 0; j < width; j += 4) {
      uint32_t strip = width - j < 4 ? width - j : 4;
      if (j > 0) {
        sl_panel_subtract(end - begin, strip, j, a + begin, ld, packed, a + j * ld + begin, ld);
        packed += (size_t)strip * j;
      }
      solve_strip(a, ld, begin, end, j, strip);
    }
    divide_rows(a, ld, begin, end, width, d, e);
  }
}
