// The kind of file that holds a factorisation. docs/format.md describes every byte.
#ifndef SL_DIRECT_FILE_H
#define SL_DIRECT_FILE_H

#include "base/container.h"

SL_FILE_KIND(SL_FILE_FACTOR, SL_TAG('F', 'A', 'C', 'T'), "Factorization");

#endif
