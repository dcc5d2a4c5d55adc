// Handles for the raw ABI: numbers that foreign code may hold, copy and get wrong.
//
// A handle is generation << 16 | slot, never 0. Slots are reused with a new generation, so a handle
// kept after its object was destroyed is recognised. At most 65,535 objects live at once.
#ifndef SL_BASE_HANDLE_H
#define SL_BASE_HANDLE_H

#include <stdint.h>

#include "base/status.h"

typedef uint32_t sl_handle;

// One kind an object class; a handle of another kind is refused.
typedef enum sl_handle_kind {
  SL_HANDLE_FREE = 0,
  SL_HANDLE_VECTOR,
  SL_HANDLE_MATRIX,
  SL_HANDLE_GRAPH,
  SL_HANDLE_MATRIX_MARKET,
  SL_HANDLE_JOB, // all that works in steps: base/abi_job.h
  SL_HANDLE_EDGE_LIST,
  SL_HANDLE_METIS,
  SL_HANDLE_FILTER,
  SL_HANDLE_FLAT,
  SL_HANDLE_HNSW,
  SL_HANDLE_WRITER,
  SL_HANDLE_READER,
  SL_HANDLE_MICRO,
} sl_handle_kind;

// Registers `object` (not null) and writes its handle.
//   Errors: ERR_MEMORY, ERR_OVERFLOW (too many objects). May allocate. O(1) amortised.
sl_status sl_handle_create(sl_handle_kind kind, void *object, sl_handle *out);

// Looks the object up. Errors: ERR_HANDLE for zero, stale, foreign and out-of-range handles. O(1).
sl_status sl_handle_get(sl_handle handle, sl_handle_kind kind, void **out);

// Forgets the handle and gives the object back to the caller, who destroys it. Errors: ERR_HANDLE.
sl_status sl_handle_release(sl_handle handle, sl_handle_kind kind, void **out);

// How many handles are live. The table itself is freed with the last one, so that a host that has
// destroyed everything holds no byte.
uint32_t sl_handle_count(void);

#endif
