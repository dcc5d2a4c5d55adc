// What the raw ABI of other modules needs from this one's: the kind of a matrix's handle.
#ifndef SL_SPARSE_ABI_H
#define SL_SPARSE_ABI_H

#include "base/abi.h"

extern const sl_kind SL_HANDLE_MATRIX[1]; // an sl_csr

#endif
