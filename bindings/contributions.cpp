#include "common.hpp"

extern "C" {
#include "contributions/contributions.h"
}

SL_OBJECT(sl_contributions, sl_contributions_destroy)

SL_FIELDS(sl_contributions_options, tolerance, confidence, seed, push_work, max_work)
SL_FIELDS(sl_contributions_result, outcome, method, value, error_bound, half_width, walks,
          touched_nodes, edge_operations, count, nodes, scores)

EMSCRIPTEN_BINDINGS(contributions) {
  sl::object<sl_contributions>("Contributions")
      .create<sl_contributions_create>("create")
      .method<sl_contributions_begin>("begin")
      .method<sl_contributions_job>("job")
      .method<sl_contributions_finish>("finish");
}
