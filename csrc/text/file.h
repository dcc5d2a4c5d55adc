// The kind of file that holds a full-text index. docs/format.md describes every byte.
#ifndef SL_TEXT_FILE_H
#define SL_TEXT_FILE_H

#include "base/container.h"

SL_FILE_KIND(SL_FILE_TEXT, SL_TAG('T', 'E', 'X', 'T'), "TextIndex");
// An index without its lists, which stand behind it in a file that is read by ranges.
SL_FILE_KIND(SL_FILE_TEXT_HEAD, SL_TAG('T', 'X', 'T', 'H'), "RemoteText");

#endif
