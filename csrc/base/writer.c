#include <string.h>

#include "base/bytes.h"
#include "base/container_head.h"
#include "base/memory.h"

typedef struct section {
  uint32_t tag, count;
  const void *source; // the bytes themselves when there is no function
  sl_piece piece;
  size_t bytes;
  void *owned;
} section;

// A file is a sequence of parts: the header, then of each section its pieces and its trailer.
struct sl_writer {
  sl_file_kind kind;
  sl_error failed; // the first failure of an addition
  section *sections;
  uint32_t count, capacity;
  const uint64_t *watched;
  uint64_t version;
  uint8_t *head; // made with the first byte
  uint8_t trailer[SL_CONTAINER_MAX_TRAILER];
  // Its position: 0 in the header, i + 1 in section i; piece `count` of a section is its trailer.
  uint32_t at, piece;
  size_t within; // bytes given of that part
  uint64_t size, offset;
  uint32_t crc;
};

sl_status sl_writer_create(sl_file_kind kind, sl_writer **out) {
  SL_TRY(SL_ALLOC_ZERO(out, 1));
  (*out)->kind = kind;
  (*out)->size = SL_CONTAINER_HEAD_BYTES;
  return SL_OK;
}

void sl_writer_destroy(sl_writer *writer) {
  if (writer == NULL) return;
  for (uint32_t i = 0; i < writer->count; i++) sl_free(writer->sections[i].owned);
  sl_free(writer->sections);
  sl_free(writer->head);
  sl_free(writer);
}

// Keeps a failure for sl_writer_next(), which records it again.
static bool fails(sl_writer *writer, sl_status status) {
  if (status != SL_OK) writer->failed = *sl_last_error();
  return status != SL_OK;
}

// The new section, or NULL after a failure.
static section *add(sl_writer *writer, uint32_t tag, const void *source, size_t bytes) {
  if (writer->failed.status != SL_OK) return NULL;
  if (writer->count == writer->capacity) {
    uint32_t wanted = writer->capacity * 2 + 8;
    if (fails(writer, SL_REALLOC(&writer->sections, wanted))) return NULL;
    writer->capacity = wanted;
  }
  section *added = &writer->sections[writer->count++];
  *added = (section){.tag = tag, .count = 1, .source = source, .bytes = bytes};
  writer->size += SL_CONTAINER_ENTRY_BYTES + (uint64_t)bytes + sl_container_trailer(bytes);
  return added;
}

void sl_writer_add(sl_writer *writer, uint32_t tag, const void *data, size_t bytes) {
  add(writer, tag, data, bytes);
}

void sl_writer_add_copy(sl_writer *writer, uint32_t tag, const void *data, size_t bytes) {
  section *added = add(writer, tag, data, bytes);
  if (added == NULL || fails(writer, sl_alloc(bytes, 1, &added->owned))) return;
  if (bytes > 0) memcpy(added->owned, data, bytes);
  added->source = added->owned;
}

void sl_writer_add_pieces(sl_writer *writer, uint32_t tag, const void *source, uint32_t count,
                          sl_piece piece) {
  size_t total = 0;
  for (uint32_t i = 0; i < count; i++) {
    size_t bytes;
    piece(source, tag, i, &bytes);
    total += bytes;
  }
  section *added = add(writer, tag, source, total);
  if (added == NULL) return;
  added->count = count;
  added->piece = piece;
}

void sl_writer_watch(sl_writer *writer, const uint64_t *version) {
  writer->watched = version;
  writer->version = *version;
}

bool sl_writer_is_current(const sl_writer *writer) {
  return writer->watched == NULL || *writer->watched == writer->version;
}

uint64_t sl_writer_size(const sl_writer *writer) { return writer->size; }
uint64_t sl_writer_offset(const sl_writer *writer) { return writer->offset; }

static sl_status make_head(sl_writer *writer) {
  SL_TRY(sl_alloc_zero(sl_container_head_bytes(writer->count), 1, (void **)&writer->head));
  for (uint32_t i = 0; i < writer->count; i++) {
    uint8_t *entry = writer->head + sl_container_head_bytes(i);
    sl_put_u32(entry, writer->sections[i].tag);
    sl_put_u64(entry + 8, writer->sections[i].bytes);
  }
  sl_container_fill_head(writer->head, writer->kind, writer->count, writer->size);
  return SL_OK;
}

// The part at the current position. *summed: the checksum of its section covers it.
static const void *part(sl_writer *writer, size_t *bytes, bool *summed) {
  *summed = false;
  if (writer->at == 0) {
    *bytes = sl_container_head_bytes(writer->count);
    return writer->head;
  }
  const section *s = &writer->sections[writer->at - 1];
  *bytes = s->bytes;
  if (writer->piece == s->count) {
    *bytes = sl_container_trailer(*bytes);
    sl_put_u32(writer->trailer, writer->crc);
    return writer->trailer;
  }
  *summed = true;
  return s->piece != NULL ? s->piece(s->source, s->tag, writer->piece, bytes) : s->source;
}

sl_status sl_writer_next(sl_writer *writer, void *buffer, uint32_t capacity, uint32_t *written) {
  *written = 0;
  const sl_error *failed = &writer->failed;
  if (failed->status != SL_OK) {
    return sl_fail(failed->status, failed->argument, failed->expected, failed->position);
  }
  SL_REQUIRE(sl_writer_is_current(writer), SL_ERR_STATE, "writer",
             "an object that has not changed meanwhile");
  if (writer->head == NULL) SL_TRY(make_head(writer));
  while (*written < capacity && writer->at <= writer->count) {
    size_t bytes, room = capacity - *written;
    bool summed;
    const uint8_t *data = part(writer, &bytes, &summed);
    bytes -= writer->within;
    size_t now = bytes < room ? bytes : room;
    if (now > 0) {
      uint8_t *to = (uint8_t *)buffer + *written;
      memcpy(to, data + writer->within, now);
      if (summed) writer->crc = sl_crc32c(writer->crc, to, now);
    }
    *written += (uint32_t)now;
    writer->within += now;
    if (now < bytes) break;
    writer->within = 0;
    writer->piece++;
    if (summed) continue;
    writer->at++;
    writer->piece = 0;
    writer->crc = 0;
  }
  writer->offset += *written;
  return SL_OK;
}
