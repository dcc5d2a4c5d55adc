#include "common.hpp"

extern "C" {
#include "cuts/cuts.h"
}

SL_OBJECT(sl_cuts, sl_cuts_destroy)

EMSCRIPTEN_BINDINGS(cuts) {
  sl::object<sl_cuts>("Cuts")
      .create<sl_cuts_create>("create")
      .method<sl_cuts_begin>("begin")
      .method<sl_cuts_job>("job")
      .method<sl_cuts_read>("read")
      .method<sl_cuts_clear>("clear");
}
