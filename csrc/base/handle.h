// Handles for the raw ABI: numbers that foreign code may hold, copy and get wrong.
//
// Handles are counted up from 1 and none is ever given twice, so a handle that was kept after its
// object was destroyed, a number made up, and 0 are all recognised. One thread at a time: a host
// that calls the raw ABI from several must do its own locking.
#ifndef SL_BASE_HANDLE_H
#define SL_BASE_HANDLE_H

#include <stdint.h>

#include "base/status.h"

typedef uint32_t sl_handle;

// An object class that has handles. The module of a class defines its kind and nothing here names
// it:
//
//   static const sl_kind SL_HANDLE_THING[1] = {{"the handle of a thing"}};
//
// or, where other modules take such handles too, `extern` in its abi.h. Kinds are told apart by
// their address.
typedef struct sl_kind {
  const char *expected; // what an error asks for, static
} sl_kind;
typedef const sl_kind *sl_handle_kind;

// Registers `object` (not null) and writes its handle, 0 on failure.
//   Errors: ERR_MEMORY, ERR_OVERFLOW (2^32 - 1 handles were made). May allocate. O(1) amortised.
sl_status sl_handle_create(sl_handle_kind kind, void *object, sl_handle *out);

// Looks the object up; NULL on failure.
//   Errors: ERR_HANDLE for zero, stale and made-up handles and those of another kind.
//   O(log live handles).
sl_status sl_handle_get(sl_handle handle, sl_handle_kind kind, void **out);

// Forgets the handle and gives the object back to the caller, who destroys it. Errors: ERR_HANDLE.
sl_status sl_handle_release(sl_handle handle, sl_handle_kind kind, void **out);

// How many handles are live. The table itself is freed with the last one, so that a host that has
// destroyed everything holds no byte.
uint32_t sl_handle_count(void);

#endif
