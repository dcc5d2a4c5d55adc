// Raw ABI of every module: memory, the last error, names of codes. docs/abi.md is the manual.
#include "base/abi.h"

#include "base/capabilities.h"
#include "base/memory.h"

uint32_t SL_ABI(sl_abi_version)(void) { return SL_ABI_VERSION; }
uint32_t SL_ABI(sl_abi_capabilities)(void) { return sl_capabilities(); }

// 0 after a failure.
void *SL_ABI(sl_abi_alloc)(size_t bytes) {
  void *block;
  return sl_alloc(bytes, 1, &block) == SL_OK ? block : NULL;
}
void SL_ABI(sl_abi_free)(void *block) { sl_free(block); }

size_t SL_ABI(sl_abi_bytes_in_use)(void) { return sl_bytes_in_use(); }
size_t SL_ABI(sl_abi_bytes_peak)(void) { return sl_bytes_peak(); }
void SL_ABI(sl_abi_set_memory_limit)(size_t bytes) { sl_set_memory_limit(bytes); }
uint32_t SL_ABI(sl_abi_handle_count)(void) { return sl_handle_count(); }

int32_t SL_ABI(sl_abi_last_error_status)(void) { return sl_last_error()->status; }
const char *SL_ABI(sl_abi_last_error_argument)(void) { return sl_last_error()->argument; }
const char *SL_ABI(sl_abi_last_error_expected)(void) { return sl_last_error()->expected; }
// -1 when there is none: a double, because not every host has 64-bit integers.
double SL_ABI(sl_abi_last_error_position)(void) {
  uint64_t position = sl_last_error()->position;
  return position == SL_NO_POSITION ? -1.0 : (double)position;
}

#ifndef SL_MICRO // the smallest modules have the numbers, not the words for them
const char *SL_ABI(sl_abi_status_name)(int32_t status) { return sl_status_name((sl_status)status); }
const char *SL_ABI(sl_abi_status_text)(int32_t status) { return sl_status_text((sl_status)status); }
const char *SL_ABI(sl_abi_outcome_name)(int32_t outcome) {
  return sl_outcome_name((sl_outcome)outcome);
}
#endif
