#include "format/head.h"

#include <string.h>

#include "format/hash_tree.h"

sl_status sl_head_bad(const char *expected, uint64_t position) {
  return sl_fail(SL_ERR_FORMAT, "bytes", expected, position);
}

sl_status sl_head_find(const uint8_t *bytes, const char *name, uint32_t type, uint64_t first,
                       uint64_t second, sl_segment *out) {
  const uint32_t i = sl_segments_find(bytes, name);
  if (i == UINT32_MAX) return sl_head_bad("all segments of its kind", SL_SEGMENTS_HEADER);
  sl_segments_get(bytes, i, out);
  const uint64_t at = SL_SEGMENTS_HEADER + (uint64_t)i * SL_SEGMENTS_ENTRY;
  if (out->type != type || out->rank != (second == 0 ? 1u : 2u) || out->shape[0] != first ||
      out->shape[1] != second)
    return sl_head_bad("the type and shape that its kind has", at + 32);
  return SL_OK;
}

sl_status sl_head_copy(sl_blocks *blocks, bool verify, const uint8_t *bytes, size_t count,
                       const char *name, uint32_t type, uint64_t first, uint64_t second,
                       void *out) {
  sl_segment s;
  SL_TRY(sl_head_find(bytes, name, type, first, second, &s));
  SL_REQUIRE_AT(s.offset + s.length <= count, SL_ERR_TRUNCATED, "bytes", "its whole head", count);
  void *to;
  SL_TRY(sl_blocks_take(blocks, (size_t)s.length, 1, false, &to));
  if (s.length > 0) memcpy(to, bytes + s.offset, (size_t)s.length);
  memcpy(out, &to, sizeof to);
  if (!verify || s.length == 0) return SL_OK;
  if (s.blocks != 1) return sl_head_bad("one block each for the segments of the head", s.offset);
  return sl_hash_tree_check(to, (size_t)s.length, s.root);
}
