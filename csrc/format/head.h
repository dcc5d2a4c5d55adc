// Reading the head of a file of segments: those that are copied when it is opened. Internal to the room.
#ifndef SL_FORMAT_HEAD_H
#define SL_FORMAT_HEAD_H

#include "base/blocks.h"
#include "format/segments.h"

// ERR_FORMAT of "bytes".
sl_status sl_head_bad(const char *expected, uint64_t position);

// A segment that must have this type and shape; second: 0 for one dimension.
//   bytes   the file from its beginning, its directory checked
//   Errors: ERR_FORMAT ("bytes"). O(segments).
sl_status sl_head_find(const uint8_t *bytes, const char *name, uint32_t type, uint64_t first,
                       uint64_t second, sl_segment *out);

// The same, copied, and with `verify` compared with its hash; it is one block.
//   out     written: the copy, of `blocks`
//   Errors: as above; ERR_TRUNCATED (it is not within count), ERR_CHECKSUM, ERR_MEMORY. O(length).
sl_status sl_head_copy(sl_blocks *blocks, bool verify, const uint8_t *bytes, size_t count,
                       const char *name, uint32_t type, uint64_t first, uint64_t second, void *out);

#endif
