// What this build was compiled with, so that a host can tell variants apart at run time.
#ifndef SL_BASE_CAPABILITIES_H
#define SL_BASE_CAPABILITIES_H

#include <stdint.h>

// Version of the raw ABI (csrc/*/abi.c): raised when a function changes or goes, not when one is
// added.
#define SL_ABI_VERSION 1u

typedef enum sl_capability {
  SL_CAPABILITY_SIMD = 1,    // 128-bit SIMD instructions
  SL_CAPABILITY_RELAXED = 2, // relaxed SIMD instructions
  SL_CAPABILITY_CHECKS = 4,  // assertions are on: not a release build
} sl_capability;

// Bits of sl_capability. O(1).
uint32_t sl_capabilities(void);

#endif
