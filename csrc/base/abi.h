// How the raw ABI exports a function. Natively the macro does nothing, so that the native tests
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

#endif
