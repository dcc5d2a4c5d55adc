// Decimal text to the nearest double.
//
// Based on: W. D. Clinger, "How to read floating point numbers accurately", PLDI 1990,
// doi:10.1145/93542.93557, for the fast path (both factors exact in f64, so one rounding). Where
// that does not apply the quotient or product is computed exactly in integers and rounded once: by
// 128/64 bits for up to 19 digits and small negative exponents, by multi-word integers otherwise.
// No table of powers beyond 10^22 and 5^27 is needed, which keeps it small in WebAssembly.
#include "sparse/number.h"

#include <math.h>
#include <string.h>

bool sl_parse_u64(const char *text, size_t length, uint64_t *out) {
  if (length == 0) return false;
  uint64_t value = 0;
  // Nineteen digits cannot overflow.
  size_t safe = length < 19 ? length : 19, i = 0;
  for (; i < safe; i++) {
    unsigned digit = (unsigned char)text[i] - '0';
    if (digit > 9) return false;
    value = value * 10 + digit;
  }
  for (; i < length; i++) {
    unsigned digit = (unsigned char)text[i] - '0';
    if (digit > 9 || value > (UINT64_MAX - digit) / 10) return false;
    value = value * 10 + digit;
  }
  *out = value;
  return true;
}

// A scanned number: lead * 10^exponent when there are at most 19 significant digits.
typedef struct decimal {
  bool negative;
  uint64_t lead;           // the first 19 significant digits
  int32_t exponent;        // power of ten of the last significant digit
  uint32_t digit_count;    // significant digits, leading zeros not counted
  const char *begin, *end; // mantissa: digits with at most one point among them
} decimal;

static bool scan_exponent(const char *at, const char *end, int32_t *out) {
  bool negative = at < end && *at == '-';
  if (at < end && (*at == '-' || *at == '+')) at++;
  if (at == end) return false;
  int32_t value = 0;
  for (; at < end; at++) {
    unsigned digit = (unsigned char)*at - '0';
    if (digit > 9) return false;
    if (value < 100000) value = value * 10 + (int32_t)digit;
  }
  *out = negative ? -value : value;
  return true;
}

// Fortran drops the letter when the exponent needs three digits (E0.0 editing): 1.5-102. Only so,
// or a month such as 2024-01 would be a number.
static bool is_bare_exponent(const char *at, const char *end) {
  return end - at == 4 && (*at == '-' || *at == '+');
}

static bool scan(const char *at, const char *end, decimal *out) {
  *out = (decimal){0};
  if (at < end && (*at == '-' || *at == '+')) out->negative = *at++ == '-';
  out->begin = at;
  bool point = false, any = false;
  int32_t scale = 0;
  for (; at < end; at++) {
    unsigned digit = (unsigned char)*at - '0';
    if (digit <= 9) {
      any = true;
      if (out->digit_count < 19) out->lead = out->lead * 10 + digit;
      if (out->digit_count > 0 || digit > 0) out->digit_count++;
      scale -= point;
    } else if (*at == '.' && !point) {
      point = true;
    } else {
      break;
    }
  }
  out->end = at;
  if (!any) return false;
  if (at < end) {
    int32_t exponent;
    char letter = (char)(*at | 32);
    if (letter == 'e' || letter == 'd')
      at++;
    else if (!point || !is_bare_exponent(at, end))
      return false;
    if (!scan_exponent(at, end, &exponent)) return false;
    scale += exponent;
  }
  out->exponent = scale;
  return true;
}

// The double nearest to (m + f) 2^exponent, where the highest bit of m is set and the fraction
// 0 <= f < 1 is known to be zero or not.
static double round_to_double(uint64_t m, int32_t exponent, bool fraction) {
  int32_t top = exponent + 63; // 2^top <= value < 2^(top + 1)
  if (top > 1023) return INFINITY;
  int32_t drop = top >= -1022 ? 11 : 11 + (-1022 - top);
  if (drop > 64) return 0;
  uint64_t kept = drop == 64 ? 0 : m >> drop, rest = m << (64 - drop);
  uint64_t half = (uint64_t)1 << 63;
  if (rest > half || (rest == half && (fraction || (kept & 1)))) kept++;
  // A carry out of the mantissa runs into the exponent, which is the right answer there too.
  uint64_t bits = drop == 11 ? kept + ((uint64_t)(top + 1022) << 52) : kept;
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

// floor(high 2^64 / divisor) for high < divisor, divisor's highest bit set: two steps of long
// division with 32-bit digits (Knuth, The Art of Computer Programming 2, 4.3.1 D).
static uint64_t divide_wide(uint64_t high, uint64_t divisor, bool *inexact) {
  uint64_t d1 = divisor >> 32, d0 = divisor & UINT32_MAX, quotient = 0;
  for (int step = 0; step < 2; step++) {
    uint64_t digit = high / d1, rest = high % d1;
    while (digit > UINT32_MAX || digit * d0 > (rest << 32)) {
      digit--;
      rest += d1;
      if (rest > UINT32_MAX) break;
    }
    high = (high << 32) - digit * divisor;
    quotient = quotient << 32 | digit;
  }
  *inexact = high != 0;
  return quotient;
}

// lead / 10^-exponent for -27 <= exponent < 0 (so that 5^27 < 2^64) and 0 < lead < 2^63.
static double divide_by_power(uint64_t lead, int32_t exponent) {
  uint64_t divisor = 1;
  for (int32_t k = exponent; k < 0; k++) divisor *= 5;
  // Both normalised; the dividend one bit lower, so that it is below the divisor.
  int up = __builtin_clzll(lead) - 1, divisor_up = __builtin_clzll(divisor);
  bool inexact;
  uint64_t quotient = divide_wide(lead << up, divisor << divisor_up, &inexact);
  int normal = __builtin_clzll(quotient);
  int32_t binary = exponent - up + divisor_up - 64 - normal;
  return round_to_double(quotient << normal, binary, inexact);
}

// Unsigned integers of several 32-bit words, lowest first. The longest: 1200 digits shifted for a
// division by 10^1524, 5063 + 66 bits.
#define WORDS 168
typedef struct integer {
  uint32_t length;
  uint32_t word[WORDS];
} integer;

static void multiply_add(integer *x, uint32_t factor, uint32_t add) {
  uint64_t carry = add;
  for (uint32_t i = 0; i < x->length; i++) {
    carry += (uint64_t)x->word[i] * factor;
    x->word[i] = (uint32_t)carry;
    carry >>= 32;
  }
  if (carry) x->word[x->length++] = (uint32_t)carry;
}

// Divides in place and returns the remainder.
static uint32_t divide(integer *x, uint32_t divisor) {
  uint64_t rest = 0;
  for (uint32_t i = x->length; i-- > 0;) {
    rest = rest << 32 | x->word[i];
    x->word[i] = (uint32_t)(rest / divisor);
    rest %= divisor;
  }
  while (x->length > 0 && x->word[x->length - 1] == 0) x->length--;
  return (uint32_t)rest;
}

static uint32_t bit_length(const integer *x) {
  return x->length * 32 - (uint32_t)__builtin_clz(x->word[x->length - 1]);
}

static void shift_left(integer *x, uint32_t bits) {
  uint32_t words = bits / 32;
  memmove(x->word + words, x->word, x->length * sizeof *x->word);
  memset(x->word, 0, words * sizeof *x->word);
  x->length += words;
  multiply_add(x, (uint32_t)1 << bits % 32, 0);
}

static const uint32_t powers_of_ten[10] = {1,      10,      100,      1000,      10000,
                                           100000, 1000000, 10000000, 100000000, 1000000000};

// Any number of digits, any exponent that is left: exact, rounded once.
static double convert_exactly(const decimal *number) {
  integer x = {.length = 0};
  for (const char *at = number->begin; at < number->end; at++) {
    if (*at != '.') multiply_add(&x, 10, (uint32_t)(*at - '0'));
  }
  int32_t exponent = number->exponent;
  for (; exponent > 0; exponent -= exponent < 9 ? exponent : 9) {
    multiply_add(&x, powers_of_ten[exponent < 9 ? exponent : 9], 0);
  }
  // 66 bits more than the divisor has: at least 64 in the quotient. 3.322 > log2(10).
  uint32_t have = bit_length(&x), want = (uint32_t)(-exponent) * 3322 / 1000 + 67;
  uint32_t up = have < want ? want - have : 0;
  shift_left(&x, up);
  bool fraction = false;
  for (; exponent<0; exponent += exponent> - 9 ? -exponent : 9) {
    fraction |= divide(&x, powers_of_ten[exponent > -9 ? -exponent : 9]) != 0;
  }
  // The 64 highest bits, and whether anything is below them.
  uint32_t bits = bit_length(&x), skip = bits > 64 ? bits - 64 : 0, word = skip / 32;
  for (uint32_t i = 0; i < word; i++) fraction |= x.word[i] != 0;
  uint64_t low = x.word[word], high = word + 1 < x.length ? x.word[word + 1] : 0;
  uint64_t m = high << 32 | low;
  uint32_t shift = skip % 32;
  if (shift > 0) {
    fraction |= (low & (((uint64_t)1 << shift) - 1)) != 0;
    m = m >> shift | (word + 2 < x.length ? (uint64_t)x.word[word + 2] << (64 - shift) : 0);
  }
  int normal = __builtin_clzll(m);
  return round_to_double(m << normal, (int32_t)skip - (int32_t)up - normal, fraction);
}

static double magnitude(decimal *number) {
  static const double exact_powers[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                          1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                          1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  if (number->digit_count == 0) return 0;
  // 10^order <= value < 10^(order + 1)
  int32_t order = number->exponent + (int32_t)number->digit_count - 1;
  if (order > 308) return INFINITY;
  if (order < -324) return 0;
  if (number->digit_count <= 19) {
    uint64_t lead = number->lead;
    int32_t exponent = number->exponent;
    // Zeros at the end ("1.0000000000000000e+00") need no accuracy.
    for (; lead > (uint64_t)1 << 53 && lead % 10 == 0; lead /= 10) exponent++;
    if (lead <= (uint64_t)1 << 53 && exponent >= -22 && exponent <= 22) {
      double whole = (double)lead;
      return exponent < 0 ? whole / exact_powers[-exponent] : whole * exact_powers[exponent];
    }
    if (exponent < 0 && exponent >= -27 && lead >> 63 == 0) return divide_by_power(lead, exponent);
  }
  return convert_exactly(number);
}

// "inf", "infinity" or "nan", whatever the case and sign.
static bool names_a_non_number(const char *text, size_t length) {
  static const char *const names[3] = {"inf", "infinity", "nan"};
  if (length > 0 && (*text == '-' || *text == '+')) {
    text++;
    length--;
  }
  for (int k = 0; k < 3; k++) {
    size_t i = 0;
    while (i < length && names[k][i] != 0 && (text[i] | 32) == names[k][i]) i++;
    if (i == length && names[k][i] == 0) return true;
  }
  return false;
}

sl_number sl_parse_double(const char *text, size_t length, double *out) {
  decimal number;
  if (length > SL_NUMBER_LONGEST) return SL_NUMBER_MALFORMED;
  if (!scan(text, text + length, &number)) {
    return names_a_non_number(text, length) ? SL_NUMBER_NOT_FINITE : SL_NUMBER_MALFORMED;
  }
  double value = magnitude(&number);
  if (isinf(value)) return SL_NUMBER_NOT_FINITE;
  *out = number.negative ? -value : value;
  return SL_NUMBER_OK;
}
