#include "common.hpp"

extern "C" {
#include "format/graph_publish.h"
#include "format/graph_walk.h"
#include "format/hash_tree.h"
#include "format/publish.h"
#include "format/remote.h"
#include "format/remote_graph.h"
#include "format/segments.h"
}

SL_OBJECT(sl_graph_publish, sl_graph_publish_destroy)
SL_OBJECT(sl_graph_walk, sl_graph_walk_destroy)
SL_OBJECT(sl_remote_graph, sl_remote_graph_destroy)
SL_OBJECT(sl_publish, sl_publish_destroy)
SL_OBJECT(sl_remote, sl_remote_destroy)
SL_OBJECT(sl_remote_search, sl_remote_search_destroy)

EMSCRIPTEN_BINDINGS(format) {
  sl::function<sl_segments_check>("segmentsCheck");
  sl::function<sl_segments_seal>("segmentsSeal");
  sl::function<sl_hash_tree_blocks>("hashTreeBlocks");
  sl::function<sl_hash_tree_root>("hashTreeRoot");
  sl::function<sl_hash_tree_check>("hashTreeCheck");
  sl::object<sl_publish>("Publish")
      .create<sl_publish_create>("create")
      .method<sl_publish_add>("add")
      .method<sl_publish_keys>("keys")
      .method<sl_publish_begin>("begin")
      .method<sl_publish_job>("job")
      .method<sl_publish_read>("read");
  sl::object<sl_remote>("Remote")
      .create<sl_remote_create>("create")
      .method<sl_remote_bytes>("bytes")
      .method<sl_remote_read>("read")
      .method<sl_remote_place>("place")
      .method<sl_remote_group>("group")
      .method<sl_remote_check_cell>("checkCell")
      .method<sl_remote_check_group>("checkGroup")
      .method<sl_remote_key>("key");
  sl::object<sl_remote_search>("RemoteSearch")
      .create<sl_remote_search_create>("create")
      .method<sl_remote_search_cells>("cells")
      .method<sl_remote_search_scan>("scan")
      .method<sl_remote_search_pick>("pick")
      .method<sl_remote_search_refine>("refine")
      .method<sl_remote_search_results>("results");
  sl::object<sl_graph_publish>("GraphPublish")
      .create<sl_graph_publish_create>("create")
      .method<sl_graph_publish_labels>("labels")
      .method<sl_graph_publish_begin>("begin")
      .method<sl_graph_publish_job>("job")
      .method<sl_graph_publish_read>("read");
  sl::object<sl_remote_graph>("RemoteGraph")
      .create<sl_remote_graph_create>("create")
      .method<sl_remote_graph_bytes>("bytes")
      .method<sl_remote_graph_read>("read")
      .method<sl_remote_graph_block_of>("blockOf")
      .method<sl_remote_graph_place>("place")
      .method<sl_remote_graph_check_page>("checkPage")
      .method<sl_remote_graph_check_block>("checkBlock")
      .method<sl_remote_graph_node>("node")
      .method<sl_remote_graph_row>("row");
  sl::object<sl_graph_walk>("GraphWalk")
      .create<sl_graph_walk_push>("push")
      .create<sl_graph_walk_hops>("hops")
      .method<sl_graph_walk_wants>("wants")
      .method<sl_graph_walk_give>("give")
      .method<sl_graph_walk_next>("next")
      .method<sl_graph_walk_check>("check")
      .method<sl_graph_walk_read>("read")
      .method<sl_graph_walk_results>("results")
      .method<sl_graph_walk_path>("path");
}
