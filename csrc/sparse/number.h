// Numbers out of text, without locale, allocation or reading past `length`. Safe on untrusted
// bytes.
#ifndef SL_SPARSE_NUMBER_H
#define SL_SPARSE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Longest text that sl_parse_double takes: the exact decimal expansion of every f64 fits.
#define SL_NUMBER_LONGEST 1200

typedef enum sl_number {
  SL_NUMBER_OK,
  SL_NUMBER_MALFORMED,  // not a number, or longer than SL_NUMBER_LONGEST
  SL_NUMBER_NOT_FINITE, // "inf", "nan" in any case, or a value that rounds to infinity
} sl_number;

// A whole number 0 .. 2^64 - 1: digits only, no sign, leading zeros allowed. False for anything
// else, larger numbers included (*out is then undefined). O(length).
bool sl_parse_u64(const char *text, size_t length, uint64_t *out);

// A decimal number [+-] digits [. digits] [e|E|d|D [+-] digits] with at least one digit before or
// after the point; the nearest f64, ties to even, whatever the number of digits. Values below half
// the smallest subnormal give 0 with their sign. `d` is Fortran's double precision, which also
// writes three digits of exponent without any letter: after a point, 1.5-102 is 1.5e-102.
//   *out is written when SL_NUMBER_OK. O(length) for up to 19 significant digits and exponents of
//   everyday size, else O(length^2): at most some 10 microseconds.
sl_number sl_parse_double(const char *text, size_t length, double *out);

#endif
