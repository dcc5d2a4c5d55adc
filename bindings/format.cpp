#include "common.hpp"

extern "C" {
#include "format/hash_tree.h"
#include "format/publish.h"
#include "format/remote.h"
#include "format/segments.h"
}

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
}
