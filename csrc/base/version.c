#include "base/version.h"

const char *sl_version(void) { return SL_VERSION; }

uint32_t sl_version_number(void) {
  return SL_VERSION_MAJOR * 1000000u + SL_VERSION_MINOR * 1000u + SL_VERSION_PATCH;
}
