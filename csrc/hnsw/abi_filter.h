// Handles of filters, for the raw ABI of all indexes. Internal to the room.
#ifndef SL_HNSW_ABI_FILTER_H
#define SL_HNSW_ABI_FILTER_H

#include "base/handle.h"
#include "hnsw/filter.h"

// The filter of a handle; NULL for 0, which is no filter. Errors: ERR_HANDLE.
sl_status sl_abi_filter_of(sl_handle handle, sl_filter **out);

#endif
