// The kind of file that holds a router. docs/format.md describes every byte.
#ifndef SL_ROUTER_FILE_H
#define SL_ROUTER_FILE_H

#include "base/container.h"

// Declared without SL_FILE_KIND: the loaders of other bundles need not know routers by name.
enum { SL_FILE_ROUTER = SL_TAG('R', 'O', 'U', 'T') };

#endif
