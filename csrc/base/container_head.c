#include "base/container.h"

#include <string.h>

#include "base/bytes.h"
#include "base/container_head.h"

// Every SL_FILE_KIND() of csrc/, as the build has found them. Without
// our build the errors do not name the right loader.
#if __has_include("base/file_kinds.h")
#include "base/file_kinds.h"
#else
#define SL_FILE_KIND_NAMES ""
#define SL_FILE_KIND_NAME_MOST 0
#endif

// The first byte has its high bit set and both kinds of line ends follow: a file that was
// transferred as text, or over seven bits, is recognised at once.
static const uint8_t MAGIC[8] = {0x89, 's', 'l', 'f', '\r', '\n', 0x1a, '\n'};

enum { VERSION_AT = 8, KIND_AT = 12, COUNT_AT = 16, CRC_AT = 20, LENGTH_AT = 24 };

sl_status sl_bad_file(const char *expected, uint64_t position) {
  return sl_fail(SL_ERR_FORMAT, "bytes", expected, position);
}

uint32_t sl_container_trailer(uint64_t bytes) { return 19 - ((uint32_t)bytes + 3) % 16; }

// Of the whole header except the checksum itself.
static uint32_t head_crc(const uint8_t *head, uint32_t count) {
  uint32_t crc = sl_crc32c(0, head, CRC_AT);
  return sl_crc32c(crc, head + LENGTH_AT, sl_container_head_bytes(count) - LENGTH_AT);
}

void sl_container_fill_head(uint8_t *head, sl_file_kind kind, uint32_t count, uint64_t length) {
  memcpy(head, MAGIC, sizeof MAGIC);
  sl_put_u32(head + VERSION_AT, SL_CONTAINER_VERSION);
  sl_put_u32(head + KIND_AT, (uint32_t)kind);
  sl_put_u32(head + COUNT_AT, count);
  sl_put_u64(head + LENGTH_AT, length);
  sl_put_u32(head + CRC_AT, head_crc(head, count));
}

// Four letters and the name of a class, one kind behind the other: all modules have all of them.
static const char NAMES[] = SL_FILE_KIND_NAMES;
static const char LOAD[] = ".load() instead";

static sl_status wrong_kind(uint32_t kind) {
  static _Thread_local char expected[SL_FILE_KIND_NAME_MOST + sizeof LOAD];
  for (const char *at = NAMES; *at != 0; at += strlen(at) + 1) {
    if (sl_get_u32((const uint8_t *)at) != kind) continue;
    size_t length = strlen(at + 4);
    memcpy(expected, at + 4, length);
    memcpy(expected + length, LOAD, sizeof LOAD);
    return sl_bad_file(expected, KIND_AT);
  }
  return sl_bad_file("a known kind of file", KIND_AT);
}

sl_status sl_container_check_start(const uint8_t *head, sl_file_kind kind, uint32_t *count) {
  if (memcmp(head, MAGIC, sizeof MAGIC) != 0) return sl_bad_file("a file of this library", 0);
  if (sl_get_u32(head + VERSION_AT) != SL_CONTAINER_VERSION) {
    return sl_bad_file("version 1; a newer sublinear reads others", VERSION_AT);
  }
  uint32_t found = sl_get_u32(head + KIND_AT);
  if (found != (uint32_t)kind) return wrong_kind(found);
  *count = sl_get_u32(head + COUNT_AT);
  if (*count == 0 || *count > SL_CONTAINER_MAX_SECTIONS) {
    return sl_bad_file("1 to 1022 sections", COUNT_AT);
  }
  return SL_OK;
}

sl_status sl_container_check_table(const uint8_t *head, uint32_t count, bool verify,
                                   uint64_t *length) {
  if (verify && sl_get_u32(head + CRC_AT) != head_crc(head, count)) {
    return sl_fail(SL_ERR_CHECKSUM, "bytes", "a valid header checksum", CRC_AT);
  }
  uint64_t total = sl_container_head_bytes(count);
  for (uint32_t i = 0; i < count; i++) {
    const uint8_t *entry = head + sl_container_head_bytes(i);
    uint64_t bytes = sl_get_u64(entry + 8);
    // 2^53, so that sums stay exact on hosts that count in doubles.
    if (sl_get_u32(entry + 4) != 0 || bytes > UINT64_C(1) << 53) {
      return sl_bad_file("sections below 2^53 bytes", sl_container_head_bytes(i));
    }
    total += bytes + sl_container_trailer(bytes);
  }
  *length = sl_get_u64(head + LENGTH_AT);
  return *length == total ? SL_OK : sl_bad_file("the length of the file", LENGTH_AT);
}

sl_status sl_container_check_trailer(const uint8_t *trailer, uint64_t bytes, bool verify,
                                     uint32_t crc, uint64_t at) {
  if (verify && sl_get_u32(trailer) != crc) {
    return sl_fail(SL_ERR_CHECKSUM, "bytes", "a valid section checksum", at);
  }
  for (uint32_t i = 4, n = sl_container_trailer(bytes); i < n; i++) {
    if (trailer[i] != 0) return sl_bad_file("zeros after a section", at);
  }
  return SL_OK;
}

sl_status sl_container_truncated(const uint8_t *head, uint64_t have) {
  size_t compared = (size_t)(have < sizeof MAGIC ? have : sizeof MAGIC);
  if (memcmp(head, MAGIC, compared) != 0) return sl_bad_file("a file of this library", 0);
  return sl_fail(SL_ERR_TRUNCATED, "bytes", "a whole file", SL_NO_POSITION);
}

sl_status sl_container_extra(uint64_t at) {
  return sl_bad_file("nothing after the last section", at);
}

sl_status sl_view_file(const uint8_t *bytes, uint64_t length, sl_file_kind kind, bool verify,
                       const uint32_t *tags, uint32_t count, sl_view *out) {
  uint32_t found;
  uint64_t stated, at;
  if (length < SL_CONTAINER_HEAD_BYTES) return sl_container_truncated(bytes, length);
  SL_TRY(sl_container_check_start(bytes, kind, &found));
  at = sl_container_head_bytes(found);
  if (length < at) return sl_container_truncated(bytes, length);
  SL_TRY(sl_container_check_table(bytes, found, verify, &stated));
  if (found != count) return sl_bad_file("the sections of this kind", COUNT_AT);
  if (length < stated) return sl_container_truncated(bytes, length);
  // Not "at least": a file must not carry bytes that nothing reads.
  if (length > stated) return sl_container_extra(stated);
  for (uint32_t i = 0; i < count; i++) {
    const uint8_t *entry = bytes + sl_container_head_bytes(i);
    if (sl_get_u32(entry) != tags[i]) return sl_bad_file("sections in their order", at);
    out[i] = (sl_view){bytes + at, sl_get_u64(entry + 8), at};
    uint32_t crc = verify ? sl_crc32c(0, out[i].data, (size_t)out[i].bytes) : 0;
    SL_TRY(sl_container_check_trailer(out[i].data + out[i].bytes, out[i].bytes, verify, crc, at));
    at += out[i].bytes + sl_container_trailer(out[i].bytes);
  }
  return SL_OK;
}
