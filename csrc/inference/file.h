// The kinds of files that hold a text encoder and a voice detector. docs/format.md describes every byte.
#ifndef SL_INFERENCE_FILE_H
#define SL_INFERENCE_FILE_H

#include "base/container.h"

// Declared without SL_FILE_KIND: the loaders of other bundles need not know models by name.
enum {
  SL_FILE_ENCODER = SL_TAG('E', 'N', 'C', 'O'),
  SL_FILE_VOICE = SL_TAG('V', 'O', 'I', 'C'),
};

#endif
