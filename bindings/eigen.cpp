#include "common.hpp"

extern "C" {
#include "eigen/eigen.h"
}

SL_OBJECT(sl_eigen, sl_eigen_destroy)

EMSCRIPTEN_BINDINGS(eigen) {
  sl::object<sl_eigen>("Eigen")
      .create<sl_eigen_create>("create")
      .create<sl_eigen_create_graph>("createGraph")
      .create<sl_eigen_create_singular>("createSingular")
      .method<sl_eigen_job>("job")
      .method<sl_eigen_shape>("shape")
      .method<sl_eigen_read>("read");
}
