// The kind of file that holds a contraction hierarchy. docs/format.md describes every byte.
#ifndef SL_PATHS_FILE_H
#define SL_PATHS_FILE_H

#include "base/container.h"

SL_FILE_KIND(SL_FILE_HIERARCHY, SL_TAG('C', 'H', 'R', 'Y'), "ContractionHierarchy");

#endif
