// The kinds of files of this room. docs/format.md describes every byte.
#ifndef SL_GNN_FILE_H
#define SL_GNN_FILE_H

#include "base/container.h"

SL_FILE_KIND(SL_FILE_LOGISTIC, SL_TAG('L', 'R', 'E', 'G'), "LogisticRegression");
SL_FILE_KIND(SL_FILE_GNN, SL_TAG('G', 'N', 'N', 'W'), "GraphNetwork");

#endif
