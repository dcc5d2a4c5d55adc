#include "common.hpp"

extern "C" {
#include "dense/vector.h"
}

SL_OBJECT(sl_vector, sl_vector_destroy)

EMSCRIPTEN_BINDINGS(dense) {
  sl::object<sl_vector>("Vector")
      .create<sl_vector_create>("create")
      .field<&sl_vector::data>("data")
      .field<&sl_vector::length>("length")
      .field<&sl_vector::dtype>("dtype")
      .method<sl_vector_bytes>("bytes")
      .method<sl_vector_dot>("dot")
      .method<sl_vector_axpy>("axpy")
      .method<sl_vector_scale>("scale")
      .method<sl_vector_fill>("fill")
      .method<sl_vector_norm>("norm");
}
