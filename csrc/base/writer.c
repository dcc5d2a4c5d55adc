#include <string.h>

#include "base/bytes.h"
#include "base/container_head.h"
#include "base/memory.h"

typedef struct section {
  uint32_t tag, count;
  const void *source; // the bytes themselves when there is no function
  sl_piece piece;
  uint64_t bytes;
  void *owned;
} section;

struct sl_writer {
  sl_file_kind kind;
  sl_status status; // of the additions
  section *sections;
  uint32_t count, capacity;
  uint64_t size;
  const uint64_t *watched;
  uint64_t version;
  uint8_t *head; // made with the first byte
  // Where it stands: in the head, then in piece `piece` of section `at`, behind its last in the
  // trailer.
  uint32_t at, piece;
  uint64_t within; // bytes given of that
  uint64_t offset;
  uint32_t crc;
  bool in_sections;
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

static void add(sl_writer *writer, section added) {
  if (writer->status == SL_OK && writer->count == writer->capacity) {
    uint32_t capacity = writer->capacity * 2 + 8;
    writer->status = SL_REALLOC(&writer->sections, capacity);
    if (writer->status == SL_OK) writer->capacity = capacity;
  }
  if (writer->status != SL_OK) {
    sl_free(added.owned);
    return;
  }
  writer->sections[writer->count++] = added;
  writer->size += SL_CONTAINER_ENTRY_BYTES + added.bytes + sl_container_trailer(added.bytes);
}

void sl_writer_add(sl_writer *writer, uint32_t tag, const void *data, uint64_t bytes) {
  add(writer, (section){.tag = tag, .count = 1, .source = data, .bytes = bytes});
}

void sl_writer_add_copy(sl_writer *writer, uint32_t tag, const void *data, size_t bytes) {
  void *copy = NULL;
  if (writer->status == SL_OK) writer->status = sl_alloc(bytes, 1, &copy);
  if (writer->status != SL_OK) return;
  if (bytes > 0) memcpy(copy, data, bytes);
  add(writer, (section){.tag = tag, .count = 1, .source = copy, .bytes = bytes, .owned = copy});
}

void sl_writer_add_pieces(sl_writer *writer, uint32_t tag, const void *source, uint32_t count,
                          sl_piece piece) {
  section added = {.tag = tag, .count = count, .source = source, .piece = piece};
  for (uint32_t i = 0; i < count; i++) {
    size_t bytes;
    piece(source, tag, i, &bytes);
    added.bytes += bytes;
  }
  add(writer, added);
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

typedef struct cursor {
  uint8_t *buffer;
  uint32_t capacity, written;
} cursor;

// Copies what is left of `data`. Returns false when the buffer is full before the data ends.
static bool emit(sl_writer *writer, cursor *c, const void *data, uint64_t bytes) {
  uint64_t rest = bytes - writer->within, room = c->capacity - c->written;
  size_t now = (size_t)(rest < room ? rest : room);
  if (now > 0) memcpy(c->buffer + c->written, (const uint8_t *)data + writer->within, now);
  c->written += (uint32_t)now;
  writer->within += now;
  if (writer->within < bytes) return false;
  writer->within = 0;
  return true;
}

// The rest of section `at`, as far as there is room. Returns false when the buffer is full.
static bool emit_section(sl_writer *writer, cursor *c) {
  const section *s = &writer->sections[writer->at];
  for (; writer->piece < s->count; writer->piece++) {
    size_t bytes = (size_t)s->bytes;
    const void *data = s->piece ? s->piece(s->source, s->tag, writer->piece, &bytes) : s->source;
    const uint8_t *from = c->buffer + c->written;
    bool whole = emit(writer, c, data, bytes);
    writer->crc = sl_crc32c(writer->crc, from, (size_t)(c->buffer + c->written - from));
    if (!whole) return false;
  }
  uint8_t trailer[SL_CONTAINER_MAX_TRAILER] = {0};
  sl_put_u32(trailer, writer->crc);
  if (!emit(writer, c, trailer, sl_container_trailer(s->bytes))) return false;
  writer->at++;
  writer->piece = 0;
  writer->crc = 0;
  return true;
}

sl_status sl_writer_next(sl_writer *writer, void *buffer, uint32_t capacity, uint32_t *written) {
  *written = 0;
  SL_TRY(writer->status);
  SL_REQUIRE(sl_writer_is_current(writer), SL_ERR_STATE, "writer",
             "something that has not changed since saving began");
  if (writer->head == NULL) SL_TRY(make_head(writer));
  cursor c = {buffer, capacity, 0};
  bool room = true;
  if (!writer->in_sections) {
    room = emit(writer, &c, writer->head, sl_container_head_bytes(writer->count));
    writer->in_sections = room;
  }
  while (room && writer->at < writer->count) room = emit_section(writer, &c);
  *written = c.written;
  writer->offset += c.written;
  return SL_OK;
}
