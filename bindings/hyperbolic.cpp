#include "common.hpp"

extern "C" {
#include "hyperbolic/poincare.h"
}

EMSCRIPTEN_BINDINGS(hyperbolic) {
  sl::function<sl_poincare_distance>("poincareDistance");
  sl::function<sl_poincare_add>("poincareAdd");
  sl::function<sl_poincare_exp>("poincareExp");
  sl::function<sl_poincare_log>("poincareLog");
}
