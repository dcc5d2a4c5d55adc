// Functions of real numbers, and sorting: those whose form in the C library has large tables or much code. The same bits in
// every build.
#ifndef SL_PROPERTY_ELEMENTARY_H
#define SL_PROPERTY_ELEMENTARY_H

#include <stddef.h>

// Sine, cosine and tangent of any finite angle in radians: below 1 unit in the last place, tangent below 3. NaN of infinities.
double sl_sin(double x);
double sl_cos(double x);
double sl_tan(double x);
// Below 2 units in the last place. NaN outside [-1, 1].
double sl_asin(double x);
double sl_acos(double x);
// e^x: below 2 units in the last place.
double sl_exp(double x);
// Below 2 units in the last place, exact for powers of ten.
double sl_log10(double x);

// Sorts `count` elements of `size` bytes (at most 32), in place, not stable. O(count log count).
//   order   negative, 0 or positive, as for qsort
void sl_sort(void *items, size_t count, size_t size, int (*order)(const void *, const void *));

#endif
