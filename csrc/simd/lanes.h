// What kernels of integers share: 128 bits as the intrinsics have them. SL_LANES says where there
// are any.
#ifndef SL_SIMD_LANES_H
#define SL_SIMD_LANES_H

#include "simd/simd.h"

#if defined(__wasm_simd128__)
#include <wasm_simd128.h>
#define SL_LANES 1
typedef v128_t lanes;
#elif defined(__SSE2__)
#include <emmintrin.h>
#define SL_LANES 1
typedef __m128i lanes;
#endif

#ifdef SL_LANES

static inline lanes lanes_zero(void) { return (lanes){0}; }

// The lane sums of four accumulators: taking lanes out one by one costs as much as a hundred
// products.
static inline void lanes_sum4(lanes a, lanes b, lanes c, lanes d, int32_t out[4]) {
  sl_i32x4 ab = __builtin_shufflevector((sl_i32x4)a, (sl_i32x4)b, 0, 4, 2, 6) +
                __builtin_shufflevector((sl_i32x4)a, (sl_i32x4)b, 1, 5, 3, 7);
  sl_i32x4 cd = __builtin_shufflevector((sl_i32x4)c, (sl_i32x4)d, 0, 4, 2, 6) +
                __builtin_shufflevector((sl_i32x4)c, (sl_i32x4)d, 1, 5, 3, 7);
  sl_i32x4 sums =
      __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
  memcpy(out, &sums, sizeof sums);
}

#endif

#endif
