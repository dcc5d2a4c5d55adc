#include "solver/local.h"

// After this many times nnz the pushes of a query have cost about what one full solve does.
#define TOTAL_PUSH_PASSES 8.0
#define PUSH_PASSES 0.3
// Some tens of microseconds: less than it takes to set a full solve up, however small the matrix.
#define LEAST_PUSH_WORK 30000u

const char *sl_local_method_name(sl_local_method method) {
  switch (method) {
#define X(name, value, text)                                                                       \
  case SL_LOCAL_##name:                                                                            \
    return text;
    SL_LOCAL_METHOD_LIST(X)
#undef X
  }
  return "unknown";
}

sl_status sl_local_vector_check(const sl_local_vector *vector, sl_push *push,
                                const char *argument) {
  sl_status status = SL_OK;
  for (uint32_t k = 0; k < vector->count && status == SL_OK; k++) {
    double value = vector->values[k];
    if (vector->indices[k] >= push->matrix->rows) {
      status = sl_fail(SL_ERR_INDEX, argument, "indices below the number of rows", k);
    } else if (value - value != 0) {
      status = sl_fail(SL_ERR_NOT_FINITE, argument, "finite numbers", k);
    } else {
      uint32_t before = push->support_count;
      sl_push_seed(push, vector->indices[k], 0);
      if (push->support_count == before) {
        status = sl_fail(SL_ERR_ARGUMENT, argument, "each index only once", k);
      }
    }
  }
  sl_push_clear(push);
  return status;
}

static uint64_t passes(const sl_csr *matrix, double how_many) {
  uint64_t work = (uint64_t)(how_many * matrix->nnz);
  return work > LEAST_PUSH_WORK ? work : LEAST_PUSH_WORK;
}

uint64_t sl_local_push_limit(const sl_csr *matrix, uint64_t asked) {
  return asked > 0 ? asked : passes(matrix, PUSH_PASSES);
}

uint64_t sl_local_total_push_limit(const sl_csr *matrix) {
  return passes(matrix, TOTAL_PUSH_PASSES);
}
