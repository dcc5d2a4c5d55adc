// The kind of file that holds a full-text index. docs/format.md describes every byte.
#ifndef SL_TEXT_FILE_H
#define SL_TEXT_FILE_H

#include "base/container.h"

SL_FILE_KIND(SL_FILE_TEXT, SL_TAG('T', 'E', 'X', 'T'), "TextIndex");

#endif
