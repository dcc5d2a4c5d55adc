#include "common.hpp"

extern "C" {
#include "diffusion/contributions.h"
#include "diffusion/potentials.h"
}

SL_OBJECT(sl_contributions, sl_contributions_destroy)
SL_OBJECT(sl_potentials, sl_potentials_destroy)

EMSCRIPTEN_BINDINGS(diffusion_questions) {
  sl::object<sl_contributions>("Contributions")
      .create<sl_contributions_create>("create")
      .method<sl_contributions_begin>("begin")
      .method<sl_contributions_job>("job")
      .method<sl_contributions_read>("read");
  sl::object<sl_potentials>("Potentials")
      .create<sl_potentials_create>("create")
      .method<sl_potentials_begin>("begin")
      .method<sl_potentials_job>("job")
      .method<sl_potentials_read>("read");
}
