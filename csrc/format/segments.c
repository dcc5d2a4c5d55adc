#include "format/segments.h"

#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "crypto/sha256.h"

static const uint8_t magic[8] = {0x89, 's', 'l', 'f', '\r', '\n', 0x1a, '\n'};
static const uint8_t sizes[SL_SEGMENT_TYPES] = {1, 1, 2, 2, 4, 4, 8, 8, 2, 2, 4, 8, 1, 1};

uint32_t sl_segment_size(uint32_t type) { return type < SL_SEGMENT_TYPES ? sizes[type] : 0; }

static const uint8_t *entry(const uint8_t *bytes, uint32_t i) {
  return bytes + SL_SEGMENTS_HEADER + (size_t)i * SL_SEGMENTS_ENTRY;
}

static uint16_t get_u16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }

void sl_segments_get(const uint8_t *bytes, uint32_t i, sl_segment *out) {
  const uint8_t *at = entry(bytes, i);
  memcpy(out->name, at, SL_SEGMENTS_NAME);
  out->type = sl_get_u32(at + 32);
  out->rank = sl_get_u32(at + 36);
  for (uint32_t d = 0; d < 4; d++) out->shape[d] = sl_get_u64(at + 40 + 8 * d);
  out->offset = sl_get_u64(at + 72);
  out->length = sl_get_u64(at + 80);
  out->block = sl_get_u32(at + 88);
  out->hashes = get_u16(at + 92);
  out->ends = get_u16(at + 94);
  out->root = at + 96;
  if (out->ends != 0)
    out->blocks = sl_get_u64(entry(bytes, out->ends - 1u) + 40);
  else if (out->length == 0 || out->block == 0)
    out->blocks = out->length > 0;
  else
    out->blocks = (out->length - 1) / out->block + 1;
}

uint32_t sl_segments_find(const uint8_t *bytes, const char *name) {
  const uint32_t count = sl_get_u32(bytes + 20);
  const size_t length = strlen(name);
  for (uint32_t i = 0; i < count; i++) {
    const char *own = (const char *)entry(bytes, i);
    if (strncmp(own, name, SL_SEGMENTS_NAME) == 0 && length < SL_SEGMENTS_NAME) return i;
  }
  return UINT32_MAX;
}

static sl_status bad(const char *expected, uint64_t position) {
  return sl_fail(SL_ERR_FORMAT, "bytes", expected, position);
}

sl_status sl_segments_head(const uint8_t *bytes, size_t count, uint32_t *out) {
  const size_t known = count < sizeof magic ? count : sizeof magic;
  if (memcmp(bytes, magic, known) != 0) return bad("a file of this package", 0);
  SL_REQUIRE_AT(count >= SL_SEGMENTS_HEADER, SL_ERR_TRUNCATED, "bytes", "a header of 64 bytes",
                count);
  const uint32_t version = sl_get_u32(bytes + 8);
  if (version == 1)
    return bad("a file made to be read by ranges; this one was written by save(): use load()", 8);
  if (version != SL_SEGMENTS_VERSION) return bad("version 2", 8);
  if (sl_get_u32(bytes + 16) != 0) return bad("no flags, as this version knows none", 16);
  const uint32_t segments = sl_get_u32(bytes + 20);
  if (segments > SL_SEGMENTS_MOST) return bad("at most 4096 segments", 20);
  *out = SL_SEGMENTS_HEADER + segments * SL_SEGMENTS_ENTRY;
  return SL_OK;
}

static bool is_name(const char *name) {
  uint32_t i = 0;
  for (; i < SL_SEGMENTS_NAME && name[i] != 0; i++) {
    const char c = name[i];
    const bool other = (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    if (!((c >= 'a' && c <= 'z') || (other && i > 0))) return false;
  }
  if (i == 0 || i == SL_SEGMENTS_NAME) return false;
  for (; i < SL_SEGMENTS_NAME; i++)
    if (name[i] != 0) return false;
  return true;
}

// Bytes that a shape has; UINT64_MAX where it is not allowed.
static uint64_t shape_bytes(const sl_segment *s) {
  uint64_t bytes = sl_segment_size(s->type);
  if (bytes == 0 || s->rank > 4) return UINT64_MAX;
  bool empty = false;
  for (uint32_t d = 0; d < 4; d++) {
    if (d >= s->rank) {
      if (s->shape[d] != 0) return UINT64_MAX;
    } else if (s->shape[d] == 0) {
      empty = true;
    } else {
      if (s->shape[d] > SL_SEGMENTS_LIMIT / bytes) return UINT64_MAX;
      bytes *= s->shape[d];
    }
  }
  return empty ? 0 : bytes;
}

// What an entry says of its blocks, against the entries that it names.
static sl_status check_blocks(const uint8_t *bytes, uint32_t i, uint32_t count) {
  const uint64_t at = SL_SEGMENTS_HEADER + (uint64_t)i * SL_SEGMENTS_ENTRY;
  const uint8_t *own = entry(bytes, i);
  const uint32_t block = sl_get_u32(own + 88), hashes = get_u16(own + 92), ends = get_u16(own + 94);
  if (block != 0 && (block < 64 || (block & (block - 1)) != 0))
    return bad("blocks of a power of two of bytes, at least 64", at + 88);
  if (hashes > count || ends > count || hashes == i + 1 || ends == i + 1)
    return bad("segments that are there, for hashes and ends of blocks", at + 92);
  if (ends != 0) {
    sl_segment e;
    if (block != 0) return bad("blocks of one size, or ends of blocks", at + 88);
    // Not through sl_segments_get(): that follows what this entry says, which is not checked yet.
    const uint8_t *p = entry(bytes, ends - 1u);
    e.type = sl_get_u32(p + 32);
    e.rank = sl_get_u32(p + 36);
    if (e.type != SL_SEGMENT_U64 || e.rank != 1 || get_u16(p + 94) != 0)
      return bad("u64 ends of blocks, in one dimension", at + 94);
    if ((hashes == 0) && sl_get_u64(p + 40) > 1) return bad("hashes of the blocks", at + 92);
  }
  sl_segment s;
  sl_segments_get(bytes, i, &s);
  if (hashes == 0 && s.blocks > 1) return bad("hashes of the blocks", at + 92);
  if (hashes == 0) return SL_OK;
  const uint8_t *p = entry(bytes, hashes - 1u);
  if (sl_get_u32(p + 32) != SL_SEGMENT_U8 || sl_get_u32(p + 36) != 2 ||
      sl_get_u64(p + 40) != s.blocks || sl_get_u64(p + 48) != SL_SHA256_BYTES)
    return bad("32 bytes of hash for each block", at + 92);
  return SL_OK;
}

static int compare_names(const uint8_t *bytes, uint16_t a, uint16_t b) {
  return memcmp(entry(bytes, a), entry(bytes, b), SL_SEGMENTS_NAME);
}

// Heap sort of the places by name; equal neighbours then are duplicates.
static void sift(const uint8_t *bytes, uint16_t *places, uint32_t from, uint32_t end) {
  for (uint32_t child; (child = 2 * from + 1) < end; from = child) {
    if (child + 1 < end && compare_names(bytes, places[child], places[child + 1]) < 0) child++;
    if (compare_names(bytes, places[from], places[child]) >= 0) return;
    const uint16_t t = places[from];
    places[from] = places[child];
    places[child] = t;
  }
}

static sl_status check_names(const uint8_t *bytes, uint32_t count) {
  uint16_t *places;
  SL_TRY(SL_ALLOC(&places, count));
  for (uint32_t i = 0; i < count; i++) places[i] = (uint16_t)i;
  for (uint32_t i = count / 2; i-- > 0;) sift(bytes, places, i, count);
  for (uint32_t end = count; end > 1;) {
    const uint16_t t = places[0];
    places[0] = places[--end];
    places[end] = t;
    sift(bytes, places, 0, end);
  }
  sl_status status = SL_OK;
  for (uint32_t i = 1; i < count && status == SL_OK; i++)
    if (compare_names(bytes, places[i - 1], places[i]) == 0)
      status = bad("each name once", SL_SEGMENTS_HEADER + (uint64_t)places[i] * SL_SEGMENTS_ENTRY);
  sl_free(places);
  return status;
}

static uint64_t aligned(uint64_t offset) {
  return (offset + SL_SEGMENTS_ALIGN - 1) / SL_SEGMENTS_ALIGN * SL_SEGMENTS_ALIGN;
}

static void hash_head(const uint8_t *bytes, uint32_t head, uint8_t *out) {
  sl_sha256 h;
  sl_sha256_init(&h);
  sl_sha256_update(&h, bytes, 32);
  sl_sha256_update(&h, bytes + SL_SEGMENTS_HEADER, head - SL_SEGMENTS_HEADER);
  sl_sha256_final(&h, out);
}

sl_status sl_segments_check(const uint8_t *bytes, size_t count, uint32_t kind, double file_bytes) {
  uint32_t head;
  SL_TRY(sl_segments_head(bytes, count, &head));
  SL_REQUIRE_AT(count >= head, SL_ERR_TRUNCATED, "bytes", "the whole directory", count);
  if (kind != 0 && sl_get_u32(bytes + 12) != kind) return bad("a file of another kind", 12);
  uint8_t own[SL_SHA256_BYTES];
  hash_head(bytes, head, own);
  if (memcmp(own, bytes + 32, sizeof own) != 0)
    return sl_fail(SL_ERR_CHECKSUM, "bytes", "the header and directory that the hash belongs to",
                   32);
  const uint32_t segments = sl_get_u32(bytes + 20);
  uint64_t end = head;
  for (uint32_t i = 0; i < segments; i++) {
    const uint64_t at = SL_SEGMENTS_HEADER + (uint64_t)i * SL_SEGMENTS_ENTRY;
    SL_TRY(check_blocks(bytes, i, segments));
    sl_segment s;
    sl_segments_get(bytes, i, &s);
    if (!is_name(s.name)) return bad("a name of a-z, 0-9, '.', '-', '_', at most 31 letters", at);
    if (s.length >= SL_SEGMENTS_LIMIT || shape_bytes(&s) != s.length)
      return bad("a type and a shape that give the length", at + 32);
    if (s.offset != aligned(end)) return bad("segments one after another", at + 72);
    end = s.offset + s.length;
    if (end >= SL_SEGMENTS_LIMIT) return bad("less than 2^53 bytes", at + 72);
  }
  if (sl_get_u64(bytes + 24) != end) return bad("the length of the file", 24);
  SL_TRY(check_names(bytes, segments));
  if (file_bytes > 0 && file_bytes < (double)end)
    return sl_fail(SL_ERR_TRUNCATED, "bytes", "as many bytes as the header says",
                   (uint64_t)file_bytes);
  if (file_bytes > (double)end) return bad("no bytes after the last segment", end);
  return SL_OK;
}

sl_status sl_segments_seal(uint8_t *bytes, uint32_t kind, uint32_t segments) {
  SL_REQUIRE(segments <= SL_SEGMENTS_MOST, SL_ERR_RANGE, "segments", "at most 4096");
  const uint32_t head = SL_SEGMENTS_HEADER + segments * SL_SEGMENTS_ENTRY;
  uint64_t end = head;
  for (uint32_t i = 0; i < segments; i++) {
    uint8_t *at = bytes + SL_SEGMENTS_HEADER + (size_t)i * SL_SEGMENTS_ENTRY;
    sl_segment s = {.type = sl_get_u32(at + 32), .rank = sl_get_u32(at + 36)};
    for (uint32_t d = 0; d < 4; d++) s.shape[d] = sl_get_u64(at + 40 + 8 * d);
    const uint64_t length = shape_bytes(&s), offset = aligned(end);
    SL_REQUIRE_AT(length < SL_SEGMENTS_LIMIT && offset + length < SL_SEGMENTS_LIMIT, SL_ERR_RANGE,
                  "segments", "types and shapes of less than 2^53 bytes", i);
    sl_put_u64(at + 72, offset);
    sl_put_u64(at + 80, length);
    end = offset + length;
  }
  memcpy(bytes, magic, sizeof magic);
  sl_put_u32(bytes + 8, SL_SEGMENTS_VERSION);
  sl_put_u32(bytes + 12, kind);
  sl_put_u32(bytes + 16, 0);
  sl_put_u32(bytes + 20, segments);
  sl_put_u64(bytes + 24, end);
  hash_head(bytes, head, bytes + 32);
  return sl_segments_check(bytes, head, kind, 0);
}
