// What the files of the raw ABI of this module share.
#ifndef SL_HNSW_ABI_H
#define SL_HNSW_ABI_H

#include "base/handle.h"
#include "hnsw/index.h"

// The index of a handle. Errors: ERR_HANDLE.
sl_status sl_abi_get_hnsw(sl_handle handle, sl_hnsw **out);

#endif
