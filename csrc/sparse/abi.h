// What the raw ABI of other modules needs from this one's: the kinds of its handles, and matrices
// that come from another instance of a module.
#ifndef SL_SPARSE_ABI_H
#define SL_SPARSE_ABI_H

#include "base/abi.h"
#include "sparse/csr.h"

extern const sl_kind SL_HANDLE_MATRIX[1];   // an sl_csr
extern const sl_kind SL_HANDLE_TRANSFER[1]; // an sl_abi_transfer

// Room for a matrix that the host fills.
typedef struct sl_abi_transfer {
  sl_csr *matrix; // NULL once it was finished
} sl_abi_transfer;

// Takes the matrix out of a transfer, when its arrays are right.
//   Errors: ERR_HANDLE, ERR_STATE (finished before), ERR_ARGUMENT ("transfer": an array is wrong).
//   O(rows + entries).
sl_status sl_abi_transfer_take(sl_handle handle, sl_csr **out);

#endif
