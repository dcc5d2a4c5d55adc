#include "common.hpp"

extern "C" {
#include "linalg/linalg.h"
}

SL_OBJECT(sl_decomposition, sl_decomposition_destroy)
SL_FIELDS(sl_decomposition_facts, kind, rows, columns, pivot, sign, log_determinant, determinant,
          scaled)

EMSCRIPTEN_BINDINGS(linalg) {
  sl::object<sl_decomposition>("Decomposition")
      .create<sl_decomposition_create>("create")
      .method<sl_decomposition_job>("job")
      .method<sl_decomposition_bytes>("bytes")
      .method<sl_decomposition_facts_read>("facts")
      .method<sl_decomposition_read>("read")
      .method<sl_decomposition_begin_solve>("beginSolve")
      .method<sl_decomposition_read_solve>("readSolve")
      .method<sl_decomposition_begin_inverse>("beginInverse")
      .method<sl_decomposition_read_inverse>("readInverse")
      .method<sl_decomposition_begin_condition>("beginCondition")
      .method<sl_decomposition_read_condition>("readCondition");
  sl::function<sl_decomposition_estimate>("estimateDecompositionBytes");
}
