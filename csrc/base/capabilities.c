#include "base/capabilities.h"

uint32_t sl_capabilities(void) {
  uint32_t bits = 0;
#if defined(__wasm_simd128__) || defined(__SSE2__) || defined(__ARM_NEON)
  bits |= SL_CAPABILITY_SIMD;
#endif
#ifdef __wasm_relaxed_simd__
  bits |= SL_CAPABILITY_RELAXED;
#endif
#ifndef NDEBUG
  bits |= SL_CAPABILITY_CHECKS;
#endif
  return bits;
}
