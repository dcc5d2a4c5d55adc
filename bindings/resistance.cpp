#include "common.hpp"

extern "C" {
#include "resistance/potentials.h"
}

SL_OBJECT(sl_potentials, sl_potentials_destroy)

EMSCRIPTEN_BINDINGS(resistance) {
  sl::object<sl_potentials>("Potentials")
      .create<sl_potentials_create>("create")
      .method<sl_potentials_begin>("begin")
      .method<sl_potentials_job>("job")
      .method<sl_potentials_read>("read");
}
