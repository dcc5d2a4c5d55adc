// The class of a module that only takes matrices as arguments: what it needs to receive a copy of
// one. Where matrices are made, bindings/sparse.cpp has the whole class.
#include "common.hpp"

extern "C" {
#include "sparse/transfer.h"
}

SL_OBJECT(sl_csr, sl_csr_destroy)

EMSCRIPTEN_BINDINGS(sparse_transfer) {
  sl::object<sl_csr>("SparseMatrix")
      .create<sl_csr_transfer_in>("transferIn")
      .method<sl_csr_transfer_out>("transferOut")
      .method<sl_csr_bytes>("bytes");
}
