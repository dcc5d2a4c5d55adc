// What the raw ABI of other modules needs from this one's: the kind of a graph's handle.
#ifndef SL_GRAPH_ABI_H
#define SL_GRAPH_ABI_H

#include "base/abi.h"

extern const sl_kind SL_HANDLE_GRAPH[1]; // an sl_graph

#endif
