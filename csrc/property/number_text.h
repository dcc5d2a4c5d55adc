// Floats as text.
#ifndef SL_PROPERTY_NUMBER_TEXT_H
#define SL_PROPERTY_NUMBER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SL_NUMBER_TEXT 32

// The shortest decimal that reads as the same number, as "1.5", "1.0E10", "NaN", "Infinity".
//   text   SL_NUMBER_TEXT bytes, written. Returns their number
size_t sl_real_text(double x, char *text);
size_t sl_integer_text(int64_t i, char *text);

// A decimal number with an optional exponent, white space around it allowed. False: it is none.
bool sl_text_real(const char *text, size_t bytes, double *out);

#endif
