#include "common.hpp"

extern "C" {
#include "communities/communities.h"
#include "communities/compare.h"
#include "communities/layout.h"
}

SL_OBJECT(sl_communities, sl_communities_destroy)
SL_OBJECT(sl_layout, sl_layout_destroy)

EMSCRIPTEN_BINDINGS(communities) {
  sl::object<sl_communities>("Communities")
      .create<sl_communities_create>("create")
      .method<sl_communities_begin>("begin")
      .method<sl_communities_job>("job")
      .method<sl_communities_read>("read")
      .method<sl_communities_clear>("clear");
  sl::function<sl_compare_labels>("compareLabels");
  sl::object<sl_layout>("Layout")
      .create<sl_layout_create>("create")
      .method<sl_layout_begin>("begin")
      .method<sl_layout_job>("job")
      .method<sl_layout_place>("place")
      .method<sl_layout_read>("read")
      .method<sl_layout_bytes>("bytes");
}
