// The version of this library: that of the npm package. CMakeLists.txt reads it here.
#ifndef SL_BASE_VERSION_H
#define SL_BASE_VERSION_H

#include <stdint.h>

#define SL_VERSION_MAJOR 0
#define SL_VERSION_MINOR 1
#define SL_VERSION_PATCH 0
#define SL_VERSION "0.1.0"

// The version that the program runs with; SL_VERSION is the one that it was compiled with. Static
// storage; never null. O(1).
const char *sl_version(void);

// The same as a number that can be compared: major * 10^6 + minor * 10^3 + patch. O(1).
uint32_t sl_version_number(void);

#endif
