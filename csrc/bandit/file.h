// The kind of file that holds a bandit. docs/format.md describes every byte.
#ifndef SL_BANDIT_FILE_H
#define SL_BANDIT_FILE_H

#include "base/container.h"

SL_FILE_KIND(SL_FILE_BANDIT, SL_TAG('B', 'N', 'D', 'T'), "Bandit");

#endif
