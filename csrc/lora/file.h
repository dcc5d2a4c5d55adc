// The kind of file that holds an adapter. docs/format.md describes every byte.
#ifndef SL_LORA_FILE_H
#define SL_LORA_FILE_H

#include "base/container.h"

// Declared without SL_FILE_KIND: the loaders of other bundles need not know adapters by name.
enum { SL_FILE_LORA = SL_TAG('L', 'O', 'R', 'A') };

#endif
