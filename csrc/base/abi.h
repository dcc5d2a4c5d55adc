// The raw ABI: how a function is exported. Natively the macro does nothing, so that the native tests
// and their sanitisers cover abi.c files as well.
#ifndef SL_BASE_ABI_H
#define SL_BASE_ABI_H

#include <stdint.h>

#include "base/handle.h"
#include "base/status.h"

#ifdef __wasm__
#define SL_ABI(name) __attribute__((export_name(#name), used)) name
#else
#define SL_ABI(name) name
#endif

// A count from a host that has no 64-bit integers. 2^63 and more is UINT64_MAX: no limit.
//   Errors: ERR_OPTION ("argument") for NaN and what is below 0.
static inline sl_status sl_abi_count(double number, const char *argument, uint64_t *out) {
  SL_REQUIRE(number >= 0, SL_ERR_OPTION, argument, "a number >= 0");
  *out = number < 0x1p63 ? (uint64_t)number : UINT64_MAX;
  return SL_OK;
}

#endif
