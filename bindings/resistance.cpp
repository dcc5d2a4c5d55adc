#include "common.hpp"

extern "C" {
#include "resistance/potentials.h"
}

SL_OBJECT(sl_potentials, sl_potentials_destroy)

SL_FIELDS(sl_potentials_options, tolerance, confidence, seed, max_work)
SL_FIELDS(sl_potentials_result, outcome, value, error_bound, undetermined, solves, iterations, work,
          count, values)

EMSCRIPTEN_BINDINGS(resistance) {
  sl::object<sl_potentials>("Potentials")
      .create<sl_potentials_create>("create")
      .method<sl_potentials_begin>("begin")
      .method<sl_potentials_job>("job")
      .method<sl_potentials_finish>("finish");
}
