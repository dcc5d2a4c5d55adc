#include "common.hpp"

extern "C" {
#include "leastsquares/leastsquares.h"
}

SL_OBJECT(sl_least_squares, sl_least_squares_destroy)

EMSCRIPTEN_BINDINGS(leastsquares) {
  sl::object<sl_least_squares>("LeastSquares")
      .create<sl_least_squares_create>("create")
      .method<sl_least_squares_begin>("begin")
      .method<sl_least_squares_setup_work>("setupWork")
      .method<sl_least_squares_bytes>("bytes")
      .method<sl_least_squares_job>("job")
      .method<sl_least_squares_shape>("shape")
      .method<sl_least_squares_read>("read");
}
