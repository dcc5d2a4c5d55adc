#include "common.hpp"

extern "C" {
#include "sparse/algebra.h"
#include "sparse/csr.h"
#include "sparse/file.h"
#include "sparse/matrix_market.h"
#include "sparse/spmv.h"
#include "sparse/transfer.h"
}

SL_OBJECT(sl_csr, sl_csr_destroy)
SL_OBJECT(sl_matrix_market, sl_matrix_market_destroy)

EMSCRIPTEN_BINDINGS(sparse) {
  sl::object<sl_csr>("SparseMatrix")
      .create<sl_csr_from_coo>("fromCoo")
      .create<sl_csr_from_csr>("fromCsr")
      .create<sl_csr_transpose>("transpose")
      .create<sl_csr_add>("add")
      .create<sl_csr_scale>("scale")
      .create<sl_csr_product>("product")
      .create<sl_csr_submatrix>("submatrix")
      .create<sl_csr_save>("save")
      .create<sl_csr_load>("load")
      .create<sl_csr_transfer_in>("transferIn")
      .method<sl_csr_transfer_out>("transferOut")
      .field<&sl_csr::rows>("rows")
      .field<&sl_csr::cols>("cols")
      .field<&sl_csr::nnz>("nnz")
      .field<&sl_csr::value_type>("valueType")
      .method<sl_csr_bytes>("bytes")
      .method<sl_csr_get>("get")
      .method<sl_csr_diagonal>("diagonal")
      .method<sl_csr_facts>("facts")
      .method<sl_csr_apply>("apply");
  sl::object<sl_matrix_market>("MatrixMarketReader")
      .create<sl_matrix_market_create>("create")
      .create<sl_matrix_market_finish>("finish")
      .method<sl_matrix_market_feed>("feed")
      .method<sl_matrix_market_found>("found");
  sl::function<sl_csr_estimate_bytes>("estimateMatrixBytes");
}
