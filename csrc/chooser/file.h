// The kind of file that holds a chooser. docs/format.md describes every byte.
#ifndef SL_CHOOSER_FILE_H
#define SL_CHOOSER_FILE_H

#include "base/container.h"

SL_FILE_KIND(SL_FILE_CHOOSER, SL_TAG('C', 'H', 'S', 'R'), "Chooser.load() instead");

#endif
