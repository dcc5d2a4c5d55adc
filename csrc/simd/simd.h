// 128-bit vectors, once: clang/gcc vector extensions that compile to v128 with -msimd128, to plain
// code without it, and to SSE/NEON natively. Lanes and order of operations are fixed by the source,
// so every build gives the same bits (no FMA: everything is compiled with -ffp-contract=off).
#ifndef SL_SIMD_SIMD_H
#define SL_SIMD_SIMD_H

#include <stdint.h>
#include <string.h>

// Before a loop: unrolls it by two, although loops are compiled for size. The bits are the same.
#ifdef SL_MICRO
#define SL_UNROLL_2
#elif defined __clang__
#define SL_UNROLL_2 _Pragma("clang loop unroll_count(2)")
#else
#define SL_UNROLL_2 _Pragma("GCC unroll 2")
#endif
// Before a loop of a constant number of rounds, up to 8, over an array of vectors: without it the array
// lies in memory.
#ifdef __clang__
#define SL_UNROLL_ALL _Pragma("clang loop unroll(full)")
#else
#define SL_UNROLL_ALL _Pragma("GCC unroll 8")
#endif

typedef float sl_f32x4 __attribute__((vector_size(16)));
typedef float sl_f32x2 __attribute__((vector_size(8)));
typedef double sl_f64x2 __attribute__((vector_size(16)));
typedef int32_t sl_i32x4 __attribute__((vector_size(16)));
typedef int64_t sl_i64x2 __attribute__((vector_size(16)));

// Loads and stores of any alignment (one v128.load / v128.store).
static inline sl_f32x4 sl_f32x4_load(const float *p) {
  sl_f32x4 v;
  memcpy(&v, p, sizeof v);
  return v;
}
static inline void sl_f32x4_store(float *p, sl_f32x4 v) { memcpy(p, &v, sizeof v); }
static inline sl_f64x2 sl_f64x2_load(const double *p) {
  sl_f64x2 v;
  memcpy(&v, p, sizeof v);
  return v;
}
static inline void sl_f64x2_store(double *p, sl_f64x2 v) { memcpy(p, &v, sizeof v); }

static inline sl_f32x4 sl_f32x4_splat(float x) { return (sl_f32x4){x, x, x, x}; }
static inline sl_f64x2 sl_f64x2_splat(double x) { return (sl_f64x2){x, x}; }

// Two f32 from memory, widened to f64 (exact).
static inline sl_f64x2 sl_f64x2_load_f32(const float *p) {
  sl_f32x2 v;
  memcpy(&v, p, sizeof v);
  return __builtin_convertvector(v, sl_f64x2);
}

// Absolute value by clearing the sign bit (also of NaN: the payload stays).
static inline sl_f64x2 sl_f64x2_abs(sl_f64x2 v) {
  return (sl_f64x2)((sl_i64x2)v & (sl_i64x2){INT64_MAX, INT64_MAX});
}

// a < b ? b : a lane by lane (pmax): keeps a where b is NaN.
static inline sl_f64x2 sl_f64x2_pmax(sl_f64x2 a, sl_f64x2 b) {
  sl_i64x2 less = (sl_i64x2)(a < b);
  return (sl_f64x2)(((sl_i64x2)b & less) | ((sl_i64x2)a & ~less));
}

static inline double sl_f64x2_sum(sl_f64x2 v) { return v[0] + v[1]; }

#endif
