// The kind of file that holds a learner. docs/continual.md describes its sections.
#ifndef SL_CONTINUAL_FILE_H
#define SL_CONTINUAL_FILE_H

#include "base/container.h"

// Declared without SL_FILE_KIND: the loaders of other bundles need not know learners by name.
enum { SL_FILE_LEARNER = SL_TAG('C', 'L', 'R', 'N') };

#endif
