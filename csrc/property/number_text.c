#include "property/number_text.h"

#include <math.h>
#include <string.h>

#include "sparse/number.h"

size_t sl_integer_text(int64_t i, char *text) {
  char digits[24];
  size_t count = 0, at = 0;
  uint64_t u = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
  do digits[count++] = (char)('0' + u % 10);
  while ((u /= 10) != 0);
  if (i < 0) text[at++] = '-';
  while (count > 0) text[at++] = digits[--count];
  return at;
}

// A positive number as mantissa * 2^exponent, the mantissa with its highest bit set: 64 bits, and as many below.
typedef struct wide {
  uint64_t high, low;
  int exponent;
} wide;

static wide normal(wide w) {
  while (w.high >> 63 == 0) {
    w.high = w.high << 1 | w.low >> 63;
    w.low <<= 1;
    w.exponent--;
  }
  return w;
}

static wide times_ten(wide w) { // 10 = 8 * 1.25
  const uint64_t low = w.low >> 2 | w.high << 62, high = w.high >> 2;
  const uint64_t sum = w.low + low;
  const uint64_t carry = sum < low, top = w.high + high;
  const bool over = top < high || top + carry < top;
  w.low = sum;
  w.high = top + carry;
  w.exponent += 3;
  if (over) {
    w.low = w.low >> 1 | w.high << 63;
    w.high = w.high >> 1 | 1ull << 63;
    w.exponent++;
  }
  return w;
}

static wide
over_ten(wide w) { // long division of 128 bits, 32 at a time, after a shift that keeps 64 of them
  uint64_t rest = 0;
  const uint32_t parts[5] = {(uint32_t)(w.high >> 32), (uint32_t)w.high, (uint32_t)(w.low >> 32),
                             (uint32_t)w.low, 0};
  uint32_t q[5];
  for (int i = 0; i < 5; i++) {
    const uint64_t part = rest << 32 | parts[i];
    q[i] = (uint32_t)(part / 10);
    rest = part % 10;
  }
  wide r = {(uint64_t)q[0] << 32 | q[1], (uint64_t)q[2] << 32 | q[3], w.exponent};
  const int shift = __builtin_clzll(r.high);
  r.high = r.high << shift | r.low >> (64 - shift);
  r.low = r.low << shift | (uint64_t)q[4] >> (32 - shift);
  r.exponent -= shift;
  return r;
}

// Seventeen digits and the power of ten of the first. They are right but for the last few units of 2^-120.
static uint64_t seventeen(double x, int *power) {
  int exponent;
  const double fraction = frexp(x, &exponent);
  wide w = normal((wide){(uint64_t)(fraction * 0x1p53) << 11, 0, exponent - 64});
  // Until 10^16 <= value < 10^17: the value is high * 2^exponent, and 10^16 is between 2^53 and 2^54.
  int p = 16;
  for (;;) {
    const int shift = -w.exponent; // of high to the right
    if (shift < 7) {               // 2^57 and more
      w = over_ten(w);
      p++;
      continue;
    }
    const uint64_t whole = shift > 63 ? 0 : w.high >> shift;
    if (whole >= 100000000000000000u) {
      w = over_ten(w);
      p++;
    } else if (whole < 10000000000000000u) {
      w = times_ten(w);
      p--;
    } else {
      const uint64_t half = w.high >> (shift - 1) & 1;
      *power = p;
      return whole + half;
    }
  }
}

// The digits of x rounded to `count` of them, without the zeros at the end.
static size_t rounded(uint64_t digits, int count, char *out, int *power) {
  uint64_t unit = 1;
  for (int i = count; i < 17; i++) unit *= 10;
  uint64_t d = digits / unit + (digits % unit * 2 >= unit && unit > 1);
  char text[24];
  const size_t length = sl_integer_text((int64_t)d, text);
  if ((int)length > count) (*power)++;
  size_t kept = length;
  while (kept > 1 && text[kept - 1] == '0') kept--;
  memcpy(out, text, kept);
  return kept;
}

static size_t write(const char *digits, size_t count, int power, char *text) {
  size_t at = 0;
  if (power >= 7 || power < -3) {
    text[at++] = digits[0];
    text[at++] = '.';
    if (count == 1) text[at++] = '0';
    for (size_t i = 1; i < count; i++) text[at++] = digits[i];
    text[at++] = 'E';
    return at + sl_integer_text(power, text + at);
  }
  if (power < 0) {
    text[at++] = '0';
    text[at++] = '.';
    for (int i = -1; i > power; i--) text[at++] = '0';
    memcpy(text + at, digits, count);
    return at + count;
  }
  for (int i = 0; i <= power; i++) text[at++] = (size_t)i < count ? digits[i] : '0';
  text[at++] = '.';
  if (count <= (size_t)power + 1) text[at++] = '0';
  for (size_t i = (size_t)power + 1; i < count; i++) text[at++] = digits[i];
  return at;
}

size_t sl_real_text(double x, char *text) {
  const char *name = isnan(x) ? "NaN" : isinf(x) ? (x < 0 ? "-Infinity" : "Infinity") : NULL;
  if (name != NULL) {
    memcpy(text, name, strlen(name));
    return strlen(name);
  }
  size_t at = 0;
  if (signbit(x)) text[at++] = '-';
  if (x == 0) {
    memcpy(text + at, "0.0", 3);
    return at + 3;
  }
  int power;
  const uint64_t digits = seventeen(fabs(x), &power);
  for (int count = 1;; count++) {
    char kept[24], again[48];
    int p = power;
    const size_t length = rounded(digits, count, kept, &p);
    if (count < 17) { // the same number again?
      double y;
      memcpy(again, kept, length);
      again[length] = 'e';
      const size_t more = sl_integer_text(p - (int)length + 1, again + length + 1);
      if (sl_parse_double(again, length + 1 + more, &y) != SL_NUMBER_OK || y != fabs(x)) continue;
    }
    return at + write(kept, length, p, text + at);
  }
}

bool sl_text_real(const char *text, size_t bytes, double *out) {
  while (bytes > 0 && (text[0] == ' ' || (text[0] >= 9 && text[0] <= 13))) text++, bytes--;
  while (bytes > 0 && (text[bytes - 1] == ' ' || (text[bytes - 1] >= 9 && text[bytes - 1] <= 13)))
    bytes--;
  for (size_t i = 0; i < bytes; i++)
    if (text[i] == 'd' || text[i] == 'D') return false;
  // Fortran's exponents without a letter are not meant here.
  for (size_t i = 1; i < bytes; i++)
    if ((text[i] == '-' || text[i] == '+') && text[i - 1] != 'e' && text[i - 1] != 'E')
      return false;
  return sl_parse_double(text, bytes, out) == SL_NUMBER_OK;
}
