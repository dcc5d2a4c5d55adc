// The kind of file that holds a text encoder. docs/format.md describes every byte.
#ifndef SL_INFERENCE_FILE_H
#define SL_INFERENCE_FILE_H

#include "base/container.h"

// Declared without SL_FILE_KIND: the loaders of other bundles need not know models by name.
enum { SL_FILE_ENCODER = SL_TAG('E', 'N', 'C', 'O') };

#endif
