// Handles of writers and readers, for the raw ABI of the modules that save and load.
#ifndef SL_BASE_ABI_CONTAINER_H
#define SL_BASE_ABI_CONTAINER_H

#include "base/container.h"
#include "base/handle.h"

// The handle of a new writer, or 0 when `status` is a failure or no handle can be made: the writer
// is destroyed then. source: the handle, of this kind, of what is saved.
sl_handle sl_abi_hand_out_writer(sl_status status, sl_writer *writer, sl_handle source,
                                 sl_handle_kind kind);

// Errors: ERR_HANDLE.
sl_status sl_abi_get_reader(sl_handle handle, sl_reader **out);

#endif
