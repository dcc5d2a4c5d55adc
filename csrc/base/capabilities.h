// What this build was compiled with, so that a host can tell variants apart at run time.
#ifndef SL_BASE_CAPABILITIES_H
#define SL_BASE_CAPABILITIES_H

#include <stdint.h>

// Version of the raw ABI (csrc/*/abi.c): raised when a function changes or goes, not when one is added.
#define SL_ABI_VERSION 1u

typedef enum sl_capability {
  SL_CAPABILITY_SIMD = 1 << 0,     // 128-bit SIMD instructions
  SL_CAPABILITY_RELAXED = 1 << 1,  // relaxed SIMD instructions
  SL_CAPABILITY_CHECKS = 1 << 2,   // assertions are on (not a release build)
} sl_capability;

// Bits of sl_capability.
static inline uint32_t sl_capabilities(void) {
  uint32_t bits = 0;
#ifdef __wasm_simd128__
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

#endif
