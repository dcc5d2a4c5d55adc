// Distances between f32 vectors as a vector index needs them: f32 accumulators, rows padded with
// zeros, one query against four rows at a time so that the loads of four rows overlap.
//
// For all of them: n is the padded length, a multiple of SL_DISTANCE_STEP (the padding is zero in
// both arguments and adds nothing); x, y, query and rows have n elements and need no alignment
// (16-byte alignment is faster natively). Only read. None allocates, none fails. O(n).
// Element i goes to lane i % 8, lanes are added in one fixed order, and the four-row and the
// four-query forms give each row the bits that the one-row form gives it, in every build.
// f32 accumulation: relative error about (n / 8 + 4) 2^-24 of the sum of magnitudes. |x[i]| above
// SL_DISTANCE_LIMIT may overflow; the indexes refuse such input.
#ifndef SL_SIMD_DISTANCE_F32_H
#define SL_SIMD_DISTANCE_F32_H

#include <stddef.h>

#define SL_DISTANCE_STEP 8u
// With 65,536 elements of this size no sum of squared differences reaches infinity.
#define SL_DISTANCE_LIMIT 1e16f

// sum x[i] y[i]
float sl_dot1_f32(const float *x, const float *y, size_t n);
// sum (x[i] - y[i])^2
float sl_squared1_f32(const float *x, const float *y, size_t n);
// sum |x[i] - y[i]|
float sl_manhattan1_f32(const float *x, const float *y, size_t n);

// The same for one query and four rows; out[r] (4, written) belongs to row r.
void sl_dot4_f32(const float *query, const float *const rows[4], size_t n, float out[4]);
void sl_squared4_f32(const float *query, const float *const rows[4], size_t n, float out[4]);
void sl_manhattan4_f32(const float *query, const float *const rows[4], size_t n, float out[4]);

// y[i] = x[i] / norm for i < count, y[i] = 0 up to n, with norm = Euclidean norm in f64.
//   x       count elements, read; may be y
//   y       n >= count elements, written
// Returns norm; when it is 0, y is all zero.
double sl_normalize_f32(const float *x, size_t count, float *y, size_t n);

// Index of the first x[i] that is not finite or whose magnitude exceeds `limit`, n if none.
size_t sl_first_beyond_f32(const float *x, size_t n, float limit);

#endif
