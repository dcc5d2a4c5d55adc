#include "common.hpp"

extern "C" {
#include "gemm/product.h"
#include "gemm/recurrent.h"
#include "gemm/route.h"
#include "gemm/sparse_forward.h"
}

SL_OBJECT(sl_dense_matrix, sl_dense_matrix_destroy)
SL_OBJECT(sl_product, sl_product_destroy)
SL_OBJECT(sl_recurrent, sl_recurrent_destroy)
SL_OBJECT(sl_sparse_forward, sl_sparse_forward_destroy)
SL_FIELDS(sl_product_options, type, batch, rows, depth, columns, left, left_count, left_row_stride,
          left_column_stride, left_batch_stride, right, right_count, right_row_stride,
          right_column_stride, right_batch_stride, out, out_count, out_row_stride, out_batch_stride,
          alpha, beta, bias, bias_count, activation, quantize)
SL_FIELDS(sl_recurrent_weights, input, input_count, own, own_count, input_bias, input_bias_count,
          own_bias, own_bias_count)
SL_FIELDS(sl_recurrent_options, x, count, batch, tokens, out, hidden, cell, state_count)
SL_FIELDS(sl_route_options, logits, count, tokens, experts, top, capacity, renormalize, chosen,
          weights, rows, order, offsets, scratch)
SL_FIELDS(sl_sparse_weights, width, inner, outputs, rank, up, up_count, bias, bias_count, down,
          down_count, reduce, reduce_count, expand, expand_count)

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
  sl::object<sl_recurrent>("Recurrent")
      .create<sl_recurrent_create>("create")
      .method<sl_recurrent_set>("set")
      .method<sl_recurrent_begin>("begin")
      .method<sl_recurrent_job>("job")
      .method<sl_recurrent_bytes>("bytes");
  sl::function<sl_dense_matrix_estimate>("estimateDenseMatrixBytes");
  sl::function<sl_activate>("activate");
  sl::function<sl_swiglu>("swiglu");
  sl::function<sl_softmax>("softmax");
  sl::function<sl_layer_norm>("layerNorm");
  sl::function<sl_rms_norm>("rmsNorm");
  sl::function<sl_rotate_positions>("rotatePositions");
  sl::function<sl_route>("route");
  sl::function<sl_combine>("combine");
  sl::object<sl_sparse_forward>("SparseForward")
      .create<sl_sparse_forward_create>("create")
      .method<sl_sparse_forward_begin>("begin")
      .method<sl_sparse_forward_job>("job")
      .method<sl_sparse_forward_bytes>("bytes");
}
