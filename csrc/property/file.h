// The kinds of files that hold a property graph and its changes. docs/format.md describes every byte.
#ifndef SL_PROPERTY_FILE_H
#define SL_PROPERTY_FILE_H

#include "base/container.h"

// Declared without SL_FILE_KIND: the loaders of other bundles need not know property graphs by name.
enum {
  SL_FILE_PROPERTY = SL_TAG('P', 'R', 'O', 'P'),
  SL_FILE_PROPERTY_SEGMENT = SL_TAG('P', 'R', 'S', 'G')
};

#endif
