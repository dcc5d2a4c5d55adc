// The kind of a matrix's handle, for the raw ABI of this room and of those that take matrices.
#ifndef SL_GEMM_ABI_H
#define SL_GEMM_ABI_H

#include "base/abi.h"

extern const sl_kind SL_HANDLE_DENSE_MATRIX[1];

#endif
