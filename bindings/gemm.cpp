#include "common.hpp"

extern "C" {
#include "gemm/product.h"
}

SL_OBJECT(sl_dense_matrix, sl_dense_matrix_destroy)
SL_OBJECT(sl_product, sl_product_destroy)
SL_FIELDS(sl_product_options, type, batch, rows, depth, columns, left, left_count, left_row_stride,
          left_column_stride, left_batch_stride, right, right_count, right_row_stride,
          right_column_stride, right_batch_stride, out, out_count, out_row_stride, out_batch_stride,
          alpha, beta, bias, bias_count, activation, quantize)

EMSCRIPTEN_BINDINGS(gemm) {
  sl::object<sl_dense_matrix>("DenseMatrix")
      .create<sl_dense_matrix_create>("create")
      .create<sl_dense_matrix_from>("from")
      .field<&sl_dense_matrix::rows>("rows")
      .field<&sl_dense_matrix::columns>("columns")
      .field<&sl_dense_matrix::element>("element")
      .field<&sl_dense_matrix::packed>("packed")
      .field<&sl_dense_matrix::data>("data")
      .method<sl_dense_matrix_bytes>("bytes")
      .method<sl_dense_matrix_pack>("pack")
      .method<sl_dense_matrix_read>("read")
      .method<sl_dense_matrix_gather>("gather");
  sl::object<sl_product>("Product")
      .create<sl_product_create>("create")
      .method<sl_product_begin>("begin")
      .method<sl_product_job>("job")
      .method<sl_product_bytes>("bytes");
  sl::function<sl_dense_matrix_estimate>("estimateDenseMatrixBytes");
  sl::function<sl_activate>("activate");
  sl::function<sl_swiglu>("swiglu");
  sl::function<sl_softmax>("softmax");
  sl::function<sl_layer_norm>("layerNorm");
  sl::function<sl_rms_norm>("rmsNorm");
  sl::function<sl_rotate_positions>("rotatePositions");
}
