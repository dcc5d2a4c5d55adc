// Dense kernels over contiguous arrays. f64 accumulation everywhere, also for f32 input.
//
// For all of them: arrays have n elements, need no alignment, and may be the same array but must
// not overlap in part. n = 0 is allowed. None allocates, none fails. O(n). NaN and Inf propagate.
// The order of summation is fixed (eight partial sums over blocks of eight, then the tail), so that
// scalar, simd and native builds give the same bits.
#ifndef SL_SIMD_KERNELS_H
#define SL_SIMD_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

// Inner product sum x[i] y[i]. Error at most about (n/8 + 8) 2^-53 sum |x[i] y[i]|.
double sl_dot_f32(const float *x, const float *y, size_t n);
double sl_dot_f64(const double *x, const double *y, size_t n);

// y[i] += alpha x[i]. x read, y read and written. f32: alpha is rounded to f32 first.
void sl_axpy_f32(float alpha, const float *x, float *y, size_t n);
void sl_axpy_f64(double alpha, const double *x, double *y, size_t n);

// y[i] = x[i] + beta y[i]. The update of a Krylov direction.
void sl_xpby_f64(const double *x, double beta, double *y, size_t n);

// x[i] *= alpha.
void sl_scale_f32(float alpha, float *x, size_t n);
void sl_scale_f64(double alpha, double *x, size_t n);

// Euclidean norm without overflow or underflow of the squares.
double sl_norm2_f32(const float *x, size_t n);
double sl_norm2_f64(const double *x, size_t n);

// sum |x[i]|
double sl_norm1_f64(const double *x, size_t n);

// max |x[i]|; 0 for n = 0. A NaN is skipped: check with sl_first_not_finite first.
double sl_norm_inf_f64(const double *x, size_t n);

// sum x[i]
double sl_sum_f64(const double *x, size_t n);

// Index of the first NaN or Inf, or n when there is none. Fast (one pass, no branch a lane).
size_t sl_first_not_finite_f32(const float *x, size_t n);
size_t sl_first_not_finite_f64(const double *x, size_t n);

// y[i] = x[i], widened or narrowed (round to nearest even).
void sl_widen_f32(const float *x, double *y, size_t n);
void sl_narrow_f64(const double *x, float *y, size_t n);

#endif
