#include <string.h>

#include "base/bytes.h"
#include "base/container_head.h"
#include "base/memory.h"

// A first block for a section whose bytes may never come.
#define FIRST_BLOCK ((uint64_t)1 << 16)

typedef enum stage { START, TABLE, SECTION, TRAILER, WHOLE, FAILED } stage;

struct sl_reader {
  sl_file_kind kind;
  uint64_t length; // 0: not known before the head
  stage stage;
  uint8_t *head;
  uint32_t count;
  uint8_t **blocks; // count, NULL when taken or not begun
  uint64_t file_length;
  uint64_t offset; // in the file, of the next byte
  // What is being collected: head, section `at` or its trailer.
  uint32_t at;
  uint64_t have, capacity;
  uint32_t crc;
  uint8_t trailer[SL_CONTAINER_MAX_TRAILER];
  uint32_t next; // section to be taken
  uint64_t taken_at;
};

sl_status sl_reader_create(sl_file_kind kind, uint64_t length, sl_reader **out) {
  SL_TRY(SL_ALLOC_ZERO(out, 1));
  sl_status status = sl_alloc(SL_CONTAINER_HEAD_BYTES, 1, (void **)&(*out)->head);
  if (status != SL_OK) {
    sl_free(*out);
    *out = NULL;
    return status;
  }
  (*out)->kind = kind;
  (*out)->length = length;
  return SL_OK;
}

void sl_reader_destroy(sl_reader *reader) {
  if (reader == NULL) return;
  for (uint32_t i = 0; reader->blocks != NULL && i < reader->count; i++) sl_free(reader->blocks[i]);
  sl_free(reader->blocks);
  sl_free(reader->head);
  sl_free(reader);
}

static const uint8_t *entry(const sl_reader *reader, uint32_t i) {
  return reader->head + sl_container_head_bytes(i);
}
static uint64_t section_bytes(const sl_reader *reader, uint32_t i) {
  return sl_get_u64(entry(reader, i) + 8);
}

// Room for at least one more byte of section `at`, or for all of it when it is known to come.
static sl_status make_room(sl_reader *reader) {
  uint64_t bytes = section_bytes(reader, reader->at), wanted = bytes;
  if (reader->length == 0) {
    uint64_t doubled = reader->have * 2 > FIRST_BLOCK ? reader->have * 2 : FIRST_BLOCK;
    wanted = bytes < doubled ? bytes : doubled;
  }
  SL_REQUIRE(wanted <= SIZE_MAX, SL_ERR_OVERFLOW, "bytes", "sections that fit into memory");
  SL_TRY(sl_realloc((void **)&reader->blocks[reader->at], (size_t)wanted, 1));
  reader->capacity = wanted;
  return SL_OK;
}

static sl_status begin_section(sl_reader *reader) {
  reader->have = reader->capacity = 0;
  reader->crc = 0;
  reader->stage = reader->at < reader->count ? SECTION : WHOLE;
  return reader->stage == SECTION ? make_room(reader) : SL_OK;
}

static sl_status finish_start(sl_reader *reader) {
  SL_TRY(sl_container_check_start(reader->head, reader->kind, &reader->count));
  SL_TRY(sl_realloc((void **)&reader->head, sl_container_head_bytes(reader->count), 1));
  reader->stage = TABLE;
  return SL_OK;
}

static sl_status finish_table(sl_reader *reader) {
  SL_TRY(sl_container_check_table(reader->head, reader->count, true, &reader->file_length));
  if (reader->length > 0) {
    SL_REQUIRE(reader->length >= reader->file_length, SL_ERR_TRUNCATED, "bytes", "a whole file");
    if (reader->length > reader->file_length) {
      return sl_bad_file("nothing behind the last section", reader->file_length);
    }
  }
  SL_TRY(SL_ALLOC_ZERO(&reader->blocks, reader->count));
  return begin_section(reader);
}

static sl_status finish_trailer(sl_reader *reader) {
  uint64_t bytes = section_bytes(reader, reader->at);
  SL_TRY(sl_container_check_trailer(reader->trailer, bytes, true, reader->crc,
                                    reader->offset - bytes - sl_container_trailer(bytes)));
  reader->at++;
  return begin_section(reader);
}

// Copies up to `until` bytes to `to`. True when they are all there.
static bool collect(sl_reader *reader, uint8_t *to, uint64_t until, const uint8_t **bytes,
                    size_t *count) {
  uint64_t rest = until - reader->have;
  size_t now = (size_t)(rest < *count ? rest : *count);
  if (now > 0) memcpy(to + reader->have, *bytes, now);
  *bytes += now;
  *count -= now;
  reader->have += now;
  reader->offset += now;
  return reader->have == until;
}

// One stage as far as the bytes go.
static sl_status advance(sl_reader *reader, const uint8_t **bytes, size_t *count) {
  const uint8_t *from = *bytes;
  uint64_t size;
  switch (reader->stage) {
  case START:
    if (!collect(reader, reader->head, SL_CONTAINER_HEAD_BYTES, bytes, count)) return SL_OK;
    return finish_start(reader);
  case TABLE:
    if (!collect(reader, reader->head, sl_container_head_bytes(reader->count), bytes, count)) {
      return SL_OK;
    }
    return finish_table(reader);
  case SECTION:
    size = section_bytes(reader, reader->at);
    if (reader->have == reader->capacity && reader->have < size) SL_TRY(make_room(reader));
    collect(reader, reader->blocks[reader->at], reader->capacity, bytes, count);
    reader->crc = sl_crc32c(reader->crc, from, (size_t)(*bytes - from));
    if (reader->have < size) return SL_OK;
    reader->stage = TRAILER;
    reader->have = 0;
    return SL_OK;
  case TRAILER:
    size = sl_container_trailer(section_bytes(reader, reader->at));
    if (!collect(reader, reader->trailer, size, bytes, count)) return SL_OK;
    return finish_trailer(reader);
  default:
    return sl_bad_file("nothing behind the last section", reader->offset);
  }
}

sl_status sl_reader_feed(sl_reader *reader, const void *bytes, size_t count) {
  SL_REQUIRE(reader->stage != FAILED, SL_ERR_STATE, "reader", "a reader that has not failed");
  const uint8_t *p = bytes;
  while (count > 0) {
    sl_status status = advance(reader, &p, &count);
    if (status != SL_OK) {
      reader->stage = FAILED;
      return status;
    }
  }
  return SL_OK;
}

sl_status sl_reader_end(sl_reader *reader) {
  SL_REQUIRE(reader->stage != FAILED, SL_ERR_STATE, "reader", "a reader that has not failed");
  return reader->stage == WHOLE ? SL_OK : sl_container_truncated(reader->head, reader->offset);
}

uint32_t sl_reader_tag(const sl_reader *reader) {
  return reader->next < reader->count ? sl_get_u32(entry(reader, reader->next)) : 0;
}

uint32_t sl_reader_left(const sl_reader *reader) { return reader->count - reader->next; }

const void *sl_reader_data(const sl_reader *reader) {
  return reader->next < reader->count ? reader->blocks[reader->next] : NULL;
}

uint64_t sl_reader_bytes(const sl_reader *reader) {
  return reader->next < reader->count ? section_bytes(reader, reader->next) : 0;
}

uint64_t sl_reader_at(const sl_reader *reader) { return reader->taken_at; }

sl_status sl_reader_take_any(sl_reader *reader, uint32_t tag, uint64_t *bytes, void **out) {
  *out = NULL;
  if (reader->next == 0) reader->taken_at = sl_container_head_bytes(reader->count);
  if (sl_reader_tag(reader) != tag) {
    return sl_bad_file("the sections of this kind in their order",
                       sl_container_head_bytes(reader->next));
  }
  uint32_t i = reader->next++;
  uint64_t before = i > 0 ? section_bytes(reader, i - 1) : 0;
  if (i > 0) reader->taken_at += before + sl_container_trailer(before);
  *bytes = section_bytes(reader, i);
  *out = reader->blocks[i];
  reader->blocks[i] = NULL;
  return SL_OK;
}

sl_status sl_reader_take(sl_reader *reader, uint32_t tag, uint64_t bytes, void **out) {
  uint64_t found;
  SL_TRY(sl_reader_take_any(reader, tag, &found, out));
  if (found == bytes) return SL_OK;
  sl_free(*out);
  *out = NULL;
  return sl_bad_file("a section of the size that the others ask for", reader->taken_at);
}

sl_status sl_reader_copy(sl_reader *reader, uint32_t tag, void *to, size_t bytes) {
  void *block;
  SL_TRY(sl_reader_take(reader, tag, bytes, &block));
  memcpy(to, block, bytes);
  sl_free(block);
  return SL_OK;
}

sl_status sl_reader_close(sl_reader *reader) {
  if (reader->next == reader->count) return SL_OK;
  return sl_bad_file("no other section", sl_container_head_bytes(reader->next));
}
