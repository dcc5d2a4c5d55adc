// Exact arithmetic on the numbers that f64 holds and on their sums and products, and linear systems
// by Cramer's rule: a reference without rounding, overflow or underflow.
#ifndef SL_TEST_EXACT_H
#define SL_TEST_EXACT_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "check.h"

#define EXACT_LIMBS 576 // products of eight numbers of any size
#define EXACT_ROWS 5    // of a system

// sign * (limbs as a number of base 2^32) * 2^(32 exponent); count 0: zero.
typedef struct exact {
  int sign, exponent;
  uint32_t count;
  uint32_t limbs[EXACT_LIMBS];
} exact;

static inline void exact_copy(exact *out, const exact *a) {
  out->sign = a->sign;
  out->exponent = a->exponent;
  out->count = a->count;
  memmove(out->limbs, a->limbs, a->count * sizeof *a->limbs);
}

// Takes off zeros at both ends.
static inline void exact_trim(exact *a) {
  uint32_t zeros = 0;
  while (a->count > 0 && a->limbs[a->count - 1] == 0) a->count--;
  while (zeros < a->count && a->limbs[zeros] == 0) zeros++;
  if (zeros > 0) {
    a->count -= zeros;
    a->exponent += (int)zeros;
    memmove(a->limbs, a->limbs + zeros, a->count * sizeof *a->limbs);
  }
  if (a->count == 0) a->sign = a->exponent = 0;
}

static inline void exact_from(exact *out, double x) {
  int exponent;
  assert_true(isfinite(x)); // also of every answer
  const double mantissa = frexp(fabs(x), &exponent);
  uint64_t bits = (uint64_t)ldexp(mantissa, 53);
  // A multiple of 32 below the exponent of the last bit, and what is left as a shift.
  const int last = exponent - 53, limb = (last - (last < 0 ? 31 : 0)) / 32;
  const unsigned shift = (unsigned)(last - 32 * limb);
  out->sign = x < 0 ? -1 : 1;
  out->exponent = limb;
  out->count = 3;
  out->limbs[0] = (uint32_t)(bits << shift);
  out->limbs[1] = (uint32_t)(bits >> 32 << shift | (uint64_t)(uint32_t)bits << shift >> 32);
  out->limbs[2] = (uint32_t)(bits >> 32 << shift >> 32);
  exact_trim(out);
}

static inline uint32_t exact_limb(const exact *a, int place) {
  const int at = place - a->exponent;
  return at >= 0 && at < (int)a->count ? a->limbs[at] : 0;
}

static inline int exact_top(const exact *a) { return a->exponent + (int)a->count; }

// The order of the absolute values.
static inline int exact_compare(const exact *a, const exact *b) {
  if (a->count == 0 || b->count == 0) return (a->count > 0) - (b->count > 0);
  int place = exact_top(a) > exact_top(b) ? exact_top(a) : exact_top(b);
  const int end = a->exponent < b->exponent ? a->exponent : b->exponent;
  while (place-- > end) {
    const uint32_t x = exact_limb(a, place), y = exact_limb(b, place);
    if (x != y) return x > y ? 1 : -1;
  }
  return 0;
}

// out = a + sign b; out may be either.
static inline void exact_add(exact *out, const exact *a, const exact *b, int sign) {
  exact sum;
  if (b->count == 0) return exact_copy(out, a);
  sign *= b->sign;
  if (a->count == 0) {
    exact_copy(out, b);
    out->sign = sign;
    return;
  }
  const bool same = a->sign == sign;
  const bool swap = !same && exact_compare(a, b) < 0;
  const exact *large = swap ? b : a, *small = swap ? a : b;
  const int low = a->exponent < b->exponent ? a->exponent : b->exponent;
  const int high = (exact_top(a) > exact_top(b) ? exact_top(a) : exact_top(b)) + 1;
  assert_true(high - low <= EXACT_LIMBS);
  sum.sign = swap ? sign : a->sign;
  sum.exponent = low;
  sum.count = (uint32_t)(high - low);
  int64_t carry = 0;
  for (int place = low; place < high; place++) {
    const int64_t part = exact_limb(small, place);
    carry += (int64_t)exact_limb(large, place) + (same ? part : -part);
    sum.limbs[place - low] = (uint32_t)carry;
    carry >>= 32;
  }
  exact_trim(&sum);
  exact_copy(out, &sum);
}

// out = a b; out may be either.
static inline void exact_multiply(exact *out, const exact *a, const exact *b) {
  exact product = {.sign = a->sign * b->sign, .exponent = a->exponent + b->exponent};
  product.count = a->count > 0 && b->count > 0 ? a->count + b->count : 0;
  assert_true(product.count <= EXACT_LIMBS);
  memset(product.limbs, 0, product.count * sizeof *product.limbs);
  for (uint32_t i = 0; i < a->count && product.count > 0; i++) {
    uint64_t carry = 0;
    for (uint32_t j = 0; j < b->count; j++) {
      carry += (uint64_t)a->limbs[i] * b->limbs[j] + product.limbs[i + j];
      product.limbs[i + j] = (uint32_t)carry;
      carry >>= 32;
    }
    product.limbs[i + b->count] = (uint32_t)carry;
  }
  exact_trim(&product);
  exact_copy(out, &product);
}

// Rounded to 64 bits.
static inline long double exact_round(const exact *a) {
  long double value = 0;
  for (uint32_t k = a->count; k-- > 0 && k + 4 > a->count;) {
    value += ldexpl(a->limbs[k], 32 * (a->exponent + (int)k));
  }
  return a->sign * value;
}

typedef exact exact_matrix[EXACT_ROWS][EXACT_ROWS];

// The determinant of n rows, column `other` replaced by b (none: other = n): expanded along the
// last row of the first k, for all sets of k columns.
static inline void exact_determinant(uint32_t n, exact_matrix a, uint32_t other, const exact *b,
                                     exact *out) {
  static exact minors[1u << EXACT_ROWS];
  exact_from(&minors[0], 1);
  for (uint32_t set = 1; set < 1u << n; set++) {
    const uint32_t row = (uint32_t)__builtin_popcount(set) - 1;
    minors[set].count = 0;
    for (uint32_t j = 0; j < n; j++) {
      const exact *entry = j == other ? &b[row] : &a[row][j];
      const exact *minor = &minors[set & ~(1u << j)];
      if (!(set >> j & 1) || entry->count == 0 || minor->count == 0) continue;
      exact term;
      exact_multiply(&term, entry, minor);
      exact_add(&minors[set], &minors[set], &term, __builtin_popcount(set >> (j + 1)) & 1 ? -1 : 1);
    }
  }
  exact_copy(out, &minors[(1u << n) - 1]);
}

// x with A x = b as x[j] / *determinant, for n >= 1.
static inline void exact_solve(uint32_t n, exact_matrix a, const exact *b, exact *x,
                               exact *determinant) {
  exact_determinant(n, a, n, b, determinant);
  for (uint32_t j = 0; j < n; j++) exact_determinant(n, a, j, b, &x[j]);
}

// error += |value below - above|: of a number that is above / below, times below.
static inline void exact_add_error(exact *error, double value, const exact *above,
                                   const exact *below) {
  exact difference;
  exact_from(&difference, value);
  exact_multiply(&difference, &difference, below);
  exact_add(&difference, &difference, above, -1);
  difference.sign = 1;
  exact_add(error, error, &difference, 1);
}

// Replaces *most where the error is larger.
static inline void exact_most_error(exact *most, double value, const exact *above,
                                    const exact *below) {
  exact error = {0};
  exact_add_error(&error, value, above, below);
  if (exact_compare(&error, most) > 0) exact_copy(most, &error);
}

#endif
