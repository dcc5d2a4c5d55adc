#include "common.hpp"

extern "C" {
#include "contributions/contributions.h"
}

SL_OBJECT(sl_contributions, sl_contributions_destroy)

EMSCRIPTEN_BINDINGS(contributions) {
  sl::object<sl_contributions>("Contributions")
      .create<sl_contributions_create>("create")
      .method<sl_contributions_begin>("begin")
      .method<sl_contributions_job>("job")
      .method<sl_contributions_read>("read");
}
