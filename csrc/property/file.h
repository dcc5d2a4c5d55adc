// The kind of file that holds a property graph. docs/format.md describes every byte.
#ifndef SL_PROPERTY_FILE_H
#define SL_PROPERTY_FILE_H

#include "base/container.h"

SL_FILE_KIND(SL_FILE_PROPERTY, SL_TAG('P', 'R', 'O', 'P'), "PropertyGraph");

#endif
