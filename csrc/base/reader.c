#include <string.h>

#include "base/bytes.h"
#include "base/container_head.h"
#include "base/memory.h"

// A first block for a section whose bytes may never come.
#define FIRST_BLOCK ((size_t)1 << 16)
// Bytes of a piece of a section.
#define PIECE ((size_t)1 << 16)

// What is being collected.
typedef enum stage { START, TABLE, SECTION, TRAILER, WHOLE, FAILED } stage;

struct sl_reader {
  sl_file_kind kind;
  stage stage;
  uint64_t length; // 0: not known before the header
  uint64_t offset; // in the file, of the next byte
  uint8_t *head;
  uint32_t count;
  uint32_t at; // section that is being collected
  // count: where each section begins in the file, and its bytes (NULL: taken, or not begun).
  struct block {
    uint8_t *data;
    uint64_t at;
    uint8_t **pieces; // in pieces: of PIECE bytes each, the last one may be shorter
    uint32_t piece_count;
  } *blocks;
  bool in_pieces;
  size_t have, want; // of the stage; a section may be wanted in several blocks
  uint32_t crc;
  uint8_t trailer[SL_CONTAINER_MAX_TRAILER];
  uint32_t next; // section to be taken
};

sl_status sl_reader_create(sl_file_kind kind, uint64_t length, sl_reader **out) {
  SL_TRY(SL_ALLOC_ZERO(out, 1));
  sl_reader *reader = *out;
  reader->kind = kind;
  reader->length = length;
  reader->want = SL_CONTAINER_HEAD_BYTES;
  sl_status status = sl_alloc(reader->want, 1, (void **)&reader->head);
  if (status == SL_OK) return SL_OK;
  sl_free(reader);
  *out = NULL;
  return status;
}

static void free_block(struct block *block) {
  for (uint32_t i = 0; i < block->piece_count; i++) sl_free(block->pieces[i]);
  sl_free(block->pieces);
  sl_free(block->data);
  block->data = NULL;
  block->pieces = NULL;
  block->piece_count = 0;
}

void sl_reader_destroy(sl_reader *reader) {
  if (reader == NULL) return;
  for (uint32_t i = 0; reader->blocks != NULL && i < reader->count; i++) {
    free_block(&reader->blocks[i]);
  }
  sl_free(reader->blocks);
  sl_free(reader->head);
  sl_free(reader);
}

static uint64_t section_bytes(const sl_reader *reader, uint32_t i) {
  return sl_get_u64(reader->head + sl_container_head_bytes(i) + 8);
}

void sl_reader_keep_pieces(sl_reader *reader) { reader->in_pieces = true; }

// The next piece of a section.
static sl_status make_piece(sl_reader *reader, uint64_t bytes) {
  struct block *block = &reader->blocks[reader->at];
  uint64_t rest = bytes - reader->have;
  size_t now = rest < PIECE ? (size_t)rest : PIECE;
  if ((block->piece_count & (block->piece_count - 1)) == 0) { // 0, 1, 2, 4, ...
    SL_TRY(SL_REALLOC(&block->pieces, block->piece_count == 0 ? 1 : 2 * block->piece_count));
  }
  SL_TRY(sl_alloc(now, 1, (void **)&block->pieces[block->piece_count]));
  block->piece_count++;
  reader->want = reader->have + now;
  return SL_OK;
}

// Room for at least one more byte of section `at`, or for all of it when it is known to come.
static sl_status make_room(sl_reader *reader) {
  uint64_t bytes = section_bytes(reader, reader->at);
  SL_REQUIRE(bytes <= SIZE_MAX, SL_ERR_OVERFLOW, "bytes", "sections that fit into memory");
  if (reader->in_pieces) return make_piece(reader, bytes);
  size_t doubled = reader->have * 2 > FIRST_BLOCK ? reader->have * 2 : FIRST_BLOCK;
  reader->want = reader->length > 0 || bytes < doubled ? (size_t)bytes : doubled;
  return sl_realloc((void **)&reader->blocks[reader->at].data, reader->want, 1);
}

static sl_status begin_section(sl_reader *reader) {
  reader->have = 0;
  reader->crc = 0;
  reader->stage = WHOLE;
  if (reader->at == reader->count) return SL_OK;
  reader->stage = SECTION;
  reader->blocks[reader->at].at = reader->offset;
  return make_room(reader);
}

static sl_status finish_table(sl_reader *reader) {
  uint64_t length;
  SL_TRY(sl_container_check_table(reader->head, reader->count, true, &length));
  if (reader->length > length) return sl_container_extra(length);
  if (reader->length > 0 && reader->length < length) {
    return sl_container_truncated(reader->head, reader->have);
  }
  SL_TRY(SL_ALLOC_ZERO(&reader->blocks, reader->count));
  return begin_section(reader);
}

// All that was wanted is there.
static sl_status advance(sl_reader *reader) {
  uint64_t bytes = 0;
  if (reader->stage >= SECTION) bytes = section_bytes(reader, reader->at);
  switch (reader->stage) {
  case START:
    SL_TRY(sl_container_check_start(reader->head, reader->kind, &reader->count));
    reader->stage = TABLE;
    reader->want = sl_container_head_bytes(reader->count);
    return sl_realloc((void **)&reader->head, reader->want, 1);
  case TABLE:
    return finish_table(reader);
  case SECTION:
    if (reader->have < bytes) return make_room(reader);
    reader->stage = TRAILER;
    reader->have = 0;
    reader->want = sl_container_trailer(bytes);
    return SL_OK;
  default:
    SL_TRY(sl_container_check_trailer(reader->trailer, bytes, true, reader->crc,
                                      reader->blocks[reader->at].at));
    reader->at++;
    return begin_section(reader);
  }
}

// Where the next byte goes.
static uint8_t *place(sl_reader *reader) {
  if (reader->stage == TRAILER) return reader->trailer + reader->have;
  if (reader->stage != SECTION) return reader->head + reader->have;
  const struct block *block = &reader->blocks[reader->at];
  if (!reader->in_pieces) return block->data + reader->have;
  return block->pieces[block->piece_count - 1] + reader->have % PIECE;
}

static sl_status feed(sl_reader *reader, const uint8_t *bytes, size_t count) {
  while (count > 0) {
    if (reader->stage == WHOLE) return sl_container_extra(reader->offset);
    size_t rest = reader->want - reader->have, now = rest < count ? rest : count;
    memcpy(place(reader), bytes, now);
    if (reader->stage == SECTION) reader->crc = sl_crc32c(reader->crc, bytes, now);
    bytes += now;
    count -= now;
    reader->have += now;
    reader->offset += now;
    if (now == rest) SL_TRY(advance(reader));
  }
  return SL_OK;
}

static sl_status check_state(const sl_reader *reader) {
  SL_REQUIRE(reader->stage != FAILED, SL_ERR_STATE, "reader", "a reader that has not failed");
  return SL_OK;
}

sl_status sl_reader_feed(sl_reader *reader, const void *bytes, size_t count) {
  SL_TRY(check_state(reader));
  sl_status status = feed(reader, bytes, count);
  if (status != SL_OK) reader->stage = FAILED;
  return status;
}

sl_status sl_reader_end(sl_reader *reader) {
  SL_TRY(check_state(reader));
  return reader->stage == WHOLE ? SL_OK : sl_container_truncated(reader->head, reader->offset);
}

// Its bytes have come, its checksum is right, and nobody has taken or dropped it.
static bool is_here(const sl_reader *reader, uint32_t i) {
  return reader->stage >= SECTION && reader->stage != FAILED && i < reader->at &&
         reader->blocks[i].data != NULL;
}

uint32_t sl_reader_peek(const sl_reader *reader, sl_section *out) {
  sl_section found = {0};
  if (is_here(reader, reader->next)) {
    found.tag = sl_get_u32(reader->head + sl_container_head_bytes(reader->next));
    found.data = reader->blocks[reader->next].data;
    found.bytes = (size_t)section_bytes(reader, reader->next);
  }
  if (out != NULL) *out = found;
  return found.tag;
}

sl_status sl_reader_section(const sl_reader *reader, sl_section *out) {
  sl_reader_peek(reader, out);
  SL_TRY(check_state(reader));
  bool behind_last = reader->stage == WHOLE && reader->next == reader->count;
  SL_REQUIRE(out->data != NULL || behind_last, SL_ERR_STATE, "reader",
             "a section that has come and is not taken");
  return SL_OK;
}

uint32_t sl_reader_left(const sl_reader *reader) { return reader->count - reader->next; }

sl_status sl_reader_bad(const sl_reader *reader, const char *expected) {
  return sl_bad_file(expected, reader->next > 0 ? reader->blocks[reader->next - 1].at : 0);
}

sl_status sl_reader_take(sl_reader *reader, uint32_t tag, uint64_t bytes, void **out) {
  *out = NULL;
  sl_section section;
  SL_TRY(sl_reader_section(reader, &section));
  if (section.data == NULL || section.tag != tag || section.bytes != bytes) {
    return sl_bad_file("the sections of this kind, in order, of matching sizes",
                       sl_container_head_bytes(reader->next));
  }
  *out = reader->blocks[reader->next].data;
  reader->blocks[reader->next++].data = NULL;
  return SL_OK;
}

sl_status sl_reader_copy(sl_reader *reader, uint32_t tag, void *to, size_t bytes) {
  void *block;
  SL_TRY(sl_reader_take(reader, tag, bytes, &block));
  memcpy(to, block, bytes);
  sl_free(block);
  return SL_OK;
}

sl_status sl_reader_views(const sl_reader *reader, const uint32_t *tags, uint32_t count,
                          sl_view *out) {
  SL_TRY(check_state(reader));
  if (reader->stage != WHOLE) return sl_container_truncated(reader->head, reader->offset);
  for (uint32_t i = 0; i < count || i < reader->count; i++) {
    uint32_t entry = sl_container_head_bytes(i);
    if (i >= count || i >= reader->count || sl_get_u32(reader->head + entry) != tags[i]) {
      return sl_bad_file("the sections of this kind in their order", entry);
    }
    const struct block *block = &reader->blocks[i];
    bool here = block->data != NULL || block->piece_count > 0;
    SL_REQUIRE(here || section_bytes(reader, i) == 0, SL_ERR_STATE, "reader",
               "a reader of which nothing was taken");
    out[i] = (sl_view){block->data, section_bytes(reader, i), block->at};
  }
  return SL_OK;
}

void sl_reader_drop(sl_reader *reader, uint32_t i) {
  if (reader == NULL || reader->blocks == NULL || i >= reader->at) return;
  free_block(&reader->blocks[i]);
}

sl_cursor sl_cursor_at(const sl_view *view, sl_reader *reader, uint32_t i) {
  return (sl_cursor){.view = *view, .reader = reader, .section = i};
}

bool sl_cursor_read(sl_cursor *cursor, void *to, size_t bytes) {
  if (bytes > cursor->view.bytes - cursor->offset) return false;
  if (cursor->view.data != NULL || bytes == 0) {
    if (bytes > 0) memcpy(to, cursor->view.data + cursor->offset, bytes);
    cursor->offset += bytes;
    return true;
  }
  struct block *block = &cursor->reader->blocks[cursor->section];
  for (uint8_t *at = to; bytes > 0;) {
    size_t within = cursor->offset % PIECE, now = PIECE - within < bytes ? PIECE - within : bytes;
    uint8_t **piece = &block->pieces[cursor->offset / PIECE];
    memcpy(at, *piece + within, now);
    at += now;
    bytes -= now;
    cursor->offset += now;
    if (within + now < PIECE && cursor->offset < cursor->view.bytes) continue;
    sl_free(*piece); // read to its end
    *piece = NULL;
  }
  return true;
}

sl_status sl_reader_close(sl_reader *reader) {
  if (reader->next == reader->count) return SL_OK;
  return sl_bad_file("no other section", sl_container_head_bytes(reader->next));
}
