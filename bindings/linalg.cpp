#include "common.hpp"

extern "C" {
#include "linalg/elements.h"
#include "linalg/linalg.h"
#include "linalg/orthogonal.h"
}

SL_OBJECT(sl_decomposition, sl_decomposition_destroy)
SL_OBJECT(sl_orthogonal, sl_orthogonal_destroy)
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
  sl::object<sl_orthogonal>("Orthogonal")
      .create<sl_orthogonal_create>("create")
      .method<sl_orthogonal_job>("job")
      .method<sl_orthogonal_bytes>("bytes")
      .method<sl_orthogonal_read>("read")
      .method<sl_orthogonal_rank>("rank")
      .method<sl_orthogonal_begin_q>("beginQ")
      .method<sl_orthogonal_begin_solve>("beginSolve")
      .method<sl_orthogonal_read_solve>("readSolve");
  sl::function<sl_matrix_combine>("combineMatrices");
  sl::function<sl_matrix_transpose>("transposeMatrix");
  sl::function<sl_matrix_convert>("convertMatrix");
  sl::function<sl_matrix_norm>("matrixNorm");
  sl::function<sl_decomposition_estimate>("estimateDecompositionBytes");
  sl::function<sl_orthogonal_estimate>("estimateOrthogonalBytes");
}
