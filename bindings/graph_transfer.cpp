// The class of a module that only takes graphs as arguments: what it needs to receive a copy of
// one. Where graphs are made, bindings/graph.cpp has the whole class.
#include "common.hpp"

extern "C" {
#include "graph/transfer.h"
}

SL_OBJECT(sl_graph, sl_graph_destroy)

EMSCRIPTEN_BINDINGS(graph_transfer) {
  sl::object<sl_graph>("Graph")
      .create<sl_graph_transfer_in>("transferIn")
      .method<sl_graph_transfer_out>("transferOut")
      .method<sl_graph_bytes>("bytes");
}
