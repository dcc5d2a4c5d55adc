// Raw ABI of sparse/transfer.h. Other than in C, what comes from the host is checked: a matrix or a
// graph is handed out only when its arrays are right.
#include "base/memory.h"
#include "sparse/abi.h"
#include "sparse/file.h"
#include "sparse/transfer.h"

const sl_kind SL_HANDLE_MATRIX[1] = {{"the handle of a matrix"}};
const sl_kind SL_HANDLE_TRANSFER[1] = {{"the handle of a transfer"}};

static sl_status get(sl_handle handle, sl_abi_transfer **out) {
  return sl_handle_get(handle, SL_HANDLE_TRANSFER, (void **)out);
}

sl_status sl_abi_transfer_take(sl_handle handle, sl_csr **out) {
  sl_abi_transfer *transfer;
  SL_TRY(get(handle, &transfer));
  SL_REQUIRE(transfer->matrix != NULL, SL_ERR_STATE, "transfer", "one that has not been finished");
  const char *expected = sl_csr_fault(transfer->matrix);
  SL_REQUIRE(expected == NULL, SL_ERR_ARGUMENT, "transfer", expected);
  *out = transfer->matrix;
  transfer->matrix = NULL;
  return SL_OK;
}

int32_t SL_ABI(sl_abi_matrix_destroy)(sl_handle handle) {
  sl_csr *matrix;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_MATRIX, (void **)&matrix));
  sl_csr_destroy(matrix);
  return SL_OK;
}

// out: 25 doubles, written (SL_CSR_TRANSFER).
int32_t SL_ABI(sl_abi_matrix_transfer_out)(sl_handle handle, double *out) {
  sl_csr *matrix;
  SL_TRY(sl_handle_get(handle, SL_HANDLE_MATRIX, (void **)&matrix));
  sl_csr_transfer_out(matrix, out);
  return SL_OK;
}

// Room for what another module has described, a matrix or a graph: a handle, or 0.
sl_handle SL_ABI(sl_abi_transfer_create)(const double *described) {
  sl_abi_transfer *transfer;
  sl_handle handle = 0;
  if (SL_ALLOC(&transfer, 1) != SL_OK) return 0;
  if (sl_csr_transfer_reserve(described, &transfer->matrix) == SL_OK &&
      sl_handle_create(SL_HANDLE_TRANSFER, transfer, &handle) == SL_OK) {
    return handle;
  }
  sl_csr_destroy(transfer->matrix);
  sl_free(transfer);
  return 0;
}

// out: six doubles, written: address and bytes of each array, to be filled.
int32_t SL_ABI(sl_abi_transfer_arrays)(sl_handle handle, double *out) {
  sl_abi_transfer *transfer;
  double described[SL_CSR_TRANSFER];
  SL_TRY(get(handle, &transfer));
  SL_REQUIRE(transfer->matrix != NULL, SL_ERR_STATE, "transfer", "one that has not been finished");
  sl_csr_transfer_out(transfer->matrix, described);
  for (int i = 0; i < 2 * SL_CSR_ARRAYS; i++) out[i] = described[i];
  return SL_OK;
}

// The matrix, or 0. The transfer stays, without its arrays, and is to be destroyed.
sl_handle SL_ABI(sl_abi_matrix_transfer_finish)(sl_handle transfer_handle) {
  sl_csr *matrix;
  sl_handle handle = 0;
  if (sl_abi_transfer_take(transfer_handle, &matrix) != SL_OK) return 0;
  if (sl_handle_create(SL_HANDLE_MATRIX, matrix, &handle) != SL_OK) sl_csr_destroy(matrix);
  return handle;
}

int32_t SL_ABI(sl_abi_transfer_destroy)(sl_handle handle) {
  sl_abi_transfer *transfer;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_TRANSFER, (void **)&transfer));
  sl_csr_destroy(transfer->matrix);
  sl_free(transfer);
  return SL_OK;
}
