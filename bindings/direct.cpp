#include "common.hpp"

extern "C" {
#include "direct/factor.h"
}

SL_OBJECT(sl_factor, sl_factor_destroy)

EMSCRIPTEN_BINDINGS(direct) {
  sl::object<sl_factor>("Factor")
      .create<sl_factor_create>("create")
      .create<sl_factor_create_estimate>("createEstimate")
      .create<sl_factor_save>("save")
      .create<sl_factor_load>("load")
      .method<sl_factor_job>("job")
      .method<sl_factor_rows>("rows")
      .method<sl_factor_method_of>("method")
      .method<sl_factor_begin_values>("beginValues")
      .method<sl_factor_begin_matrix>("beginMatrix")
      .method<sl_factor_begin_solve>("beginSolve")
      .method<sl_factor_view_solve>("viewSolve")
      .method<sl_factor_begin_condition>("beginCondition")
      .method<sl_factor_read_condition>("readCondition")
      .method<sl_factor_facts>("facts");
}
