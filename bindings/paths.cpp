#include "common.hpp"

extern "C" {
#include "paths/bellman_ford.h"
#include "paths/hierarchy.h"
#include "paths/paths.h"
}

SL_OBJECT(sl_paths, sl_paths_destroy)
SL_OBJECT(sl_bellman_ford, sl_bellman_ford_destroy)
SL_OBJECT(sl_hierarchy, sl_hierarchy_destroy)

EMSCRIPTEN_BINDINGS(paths) {
  sl::object<sl_paths>("Paths")
      .create<sl_paths_create>("create")
      .method<sl_paths_begin>("begin")
      .method<sl_paths_job>("job")
      .method<sl_paths_read>("read")
      .method<sl_paths_clear>("clear");
  sl::object<sl_bellman_ford>("BellmanFord")
      .create<sl_bellman_ford_create>("create")
      .method<sl_bellman_ford_job>("job")
      .method<sl_bellman_ford_read>("read");
  sl::object<sl_hierarchy>("Hierarchy")
      .create<sl_hierarchy_create>("create")
      .create<sl_hierarchy_save>("save")
      .create<sl_hierarchy_load>("load")
      .method<sl_hierarchy_job>("job")
      .method<sl_hierarchy_bytes>("bytes")
      .method<sl_hierarchy_facts>("facts")
      .method<sl_hierarchy_route>("route")
      .method<sl_hierarchy_begin_table>("beginTable")
      .method<sl_hierarchy_read_table>("readTable");
}
