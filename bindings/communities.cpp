#include "common.hpp"

extern "C" {
#include "communities/communities.h"
#include "communities/compare.h"
}

SL_OBJECT(sl_communities, sl_communities_destroy)

EMSCRIPTEN_BINDINGS(communities) {
  sl::object<sl_communities>("Communities")
      .create<sl_communities_create>("create")
      .method<sl_communities_begin>("begin")
      .method<sl_communities_job>("job")
      .method<sl_communities_read>("read")
      .method<sl_communities_clear>("clear");
  sl::function<sl_compare_labels>("compareLabels");
}
