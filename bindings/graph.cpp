#include "common.hpp"

extern "C" {
#include "graph/components.h"
#include "graph/edge_list.h"
#include "graph/file.h"
#include "graph/graph.h"
#include "graph/metis.h"
#include "graph/transfer.h"
}

SL_OBJECT(sl_graph, sl_graph_destroy)
SL_OBJECT(sl_edge_list, sl_edge_list_destroy)
SL_OBJECT(sl_metis, sl_metis_destroy)

SL_FIELDS(sl_edge_list_options, directed, ids, ignore_weights, node_count, separator, value_type,
          count_parallel, header, from_column, to_column, weight_column, time_column, dates, since,
          until)

EMSCRIPTEN_BINDINGS(graph) {
  sl::object<sl_graph>("Graph")
      .create<sl_graph_from_edges>("fromEdges")
      .create<sl_graph_from_csr_arrays>("fromCsr")
      .create<sl_graph_from_matrix>("fromMatrix")
      .create<sl_graph_edit>("edit")
      .create<sl_graph_laplacian>("laplacian")
      .create<sl_graph_adjacency>("adjacency")
      .create<sl_graph_save>("save")
      .create<sl_graph_load>("load")
      .create<sl_graph_transfer_in>("transferIn")
      .method<sl_graph_transfer_out>("transferOut")
      .field<&sl_graph::directed>("directed")
      .field<&sl_graph::node_count>("nodeCount")
      .field<&sl_graph::edge_count>("edgeCount")
      .method<sl_graph_value_type>("valueType")
      .method<sl_graph_bytes>("bytes")
      .method<sl_graph_neighbors>("neighbors")
      .method<sl_graph_neighbor_weights>("neighborWeights")
      .method<sl_graph_out_degree>("outDegree")
      .method<sl_graph_in_degree>("inDegree")
      .method<sl_graph_components>("components");
  sl::object<sl_edge_list>("EdgeListReader")
      .create<sl_edge_list_create>("create")
      .create<sl_edge_list_finish>("finish")
      .method<sl_edge_list_feed>("feed")
      .method<sl_edge_list_found>("found")
      .method<sl_edge_list_ids>("ids")
      .method<sl_edge_list_name_text>("nameText")
      .method<sl_edge_list_name_ends>("nameEnds");
  sl::object<sl_metis>("MetisReader")
      .create<sl_metis_create>("create")
      .create<sl_metis_finish>("finish")
      .method<sl_metis_feed>("feed")
      .method<sl_metis_found>("found");
  sl::function<sl_graph_estimate_bytes>("estimateGraphBytes");
}
