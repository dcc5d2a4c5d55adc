#include "common.hpp"

extern "C" {
#include "cuts/assignment.h"
#include "cuts/cuts.h"
#include "cuts/dynamic_cut.h"
}

SL_OBJECT(sl_cuts, sl_cuts_destroy)
SL_OBJECT(sl_assignment, sl_assignment_destroy)
SL_OBJECT(sl_dynamic_cut, sl_dynamic_cut_destroy)

EMSCRIPTEN_BINDINGS(cuts) {
  sl::object<sl_cuts>("Cuts")
      .create<sl_cuts_create>("create")
      .method<sl_cuts_begin>("begin")
      .method<sl_cuts_job>("job")
      .method<sl_cuts_read>("read")
      .method<sl_cuts_clear>("clear");
  sl::object<sl_assignment>("Assignment")
      .create<sl_assignment_create>("create")
      .method<sl_assignment_job>("job")
      .method<sl_assignment_read>("read");
  sl::object<sl_dynamic_cut>("DynamicCut")
      .create<sl_dynamic_cut_create>("create")
      .method<sl_dynamic_cut_begin>("begin")
      .method<sl_dynamic_cut_job>("job")
      .method<sl_dynamic_cut_read>("read")
      .method<sl_dynamic_cut_side>("side")
      .method<sl_dynamic_cut_weight>("weight")
      .method<sl_dynamic_cut_bytes>("bytes");
}
