// The container format of all saved files: a header with a table of sections, then the sections,
// each followed by its CRC-32C. docs/format.md describes every byte.
//
// A checksum follows the bytes that it covers, so that a file is written in one pass over the data
// and checked while it arrives. Sizes are in the header, so that a reader knows at once what comes.
//
//   sl_writer   gives the bytes of a file piece by piece, without a second copy of the data
//   sl_reader   takes the bytes of a file piece by piece, and keeps each section in a block of its
//               own
//   sl_view     finds the sections of a file that is in memory as a whole
#ifndef SL_BASE_CONTAINER_H
#define SL_BASE_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SL_CONTAINER_VERSION 1u
#define SL_CONTAINER_HEAD_BYTES 32u
#define SL_CONTAINER_ENTRY_BYTES 16u
// More than any kind has; a header never takes more than 16 KiB.
#define SL_CONTAINER_MAX_SECTIONS 1022u

// Four letters, as the file has them.
#define SL_TAG(a, b, c, d)                                                                         \
  ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

// The tag of a kind of file.
typedef uint32_t sl_file_kind;

// Declares a kind of file, in file.h of the module that it belongs to:
//
//   SL_FILE_KIND(SL_FILE_THING, SL_TAG('T', 'H', 'N', 'G'), "Thing");
//
// The text is the class that loads it: an error expects "Thing.load() instead" when such a file is
// given to the loader of another kind. The build collects these declarations
// (tools/cmake/file_kinds.cmake), so that every WebAssembly module knows the kinds of all of them
// and nothing here names one.
#define SL_FILE_KIND(name, tag, class_name) enum { name = (tag) }

// ---- writing ------------------------------------------------------------------------------------

typedef struct sl_writer sl_writer;

// Piece i of section `tag`: its address and length. Valid until the next call.
typedef const void *(*sl_piece)(const void *source, uint32_t tag, uint32_t i, size_t *bytes);

// Begins a file; sections are added in their order before the first byte is asked for.
//   Errors: ERR_MEMORY. Allocates.
sl_status sl_writer_create(sl_file_kind kind, sl_writer **out);

// Adds a section. A failure is reported by sl_writer_next(), so that additions need no check.
//   add         the bytes stay where they are: unchanged and alive as long as the writer
//   add_copy    the bytes are copied
//   add_pieces  count pieces, one after another; `piece` is called twice for each
void sl_writer_add(sl_writer *writer, uint32_t tag, const void *data, size_t bytes);
void sl_writer_add_copy(sl_writer *writer, uint32_t tag, const void *data, size_t bytes);
void sl_writer_add_pieces(sl_writer *writer, uint32_t tag, const void *source, uint32_t count,
                          sl_piece piece);

// Makes sl_writer_next() fail as soon as *version differs from its value now: what is being
// written has changed.
void sl_writer_watch(sl_writer *writer, const uint64_t *version);

// False once what is watched has changed.
bool sl_writer_is_current(const sl_writer *writer);

// Bytes of the whole file, and bytes given so far.
uint64_t sl_writer_size(const sl_writer *writer);
uint64_t sl_writer_offset(const sl_writer *writer);

// The next bytes of the file.
//   buffer    capacity bytes, written
//   written   how many bytes; less than capacity only at the end of the file
//   Errors: ERR_STATE (what is watched has changed), the failure of an addition. May allocate
//   the header.
//   O(written).
sl_status sl_writer_next(sl_writer *writer, void *buffer, uint32_t capacity, uint32_t *written);

// Frees it. NULL is allowed.
void sl_writer_destroy(sl_writer *writer);

// ---- reading ------------------------------------------------------------------------------------
// Safe on untrusted bytes: yes. The contents of the sections are for their module to check.

typedef struct sl_reader sl_reader;

// A section in memory that the caller keeps.
typedef struct sl_view {
  const uint8_t *data; // NULL where it is empty, or kept in pieces
  uint64_t bytes;
  uint64_t at; // offset in the file
} sl_view;

//   kind     what is expected; another kind is refused with the name of its loader
//   length   bytes that will come, or 0 when that is not known: memory for a section is then taken
//            as its bytes arrive, so that a forged header cannot force a large allocation
//   Errors: ERR_MEMORY. Allocates.
sl_status sl_reader_create(sl_file_kind kind, uint64_t length, sl_reader **out);

// To be called before the first byte: sections are kept in pieces, for a kind that reads them
// through cursors, so that no section needs one block and memory is freed while they are read.
void sl_reader_keep_pieces(sl_reader *reader);

// Reads the next bytes; they may be cut anywhere.
//   Errors: ERR_FORMAT ("bytes"; position = offset in the file), ERR_CHECKSUM, ERR_TRUNCATED
//   (`length` is less than the file has), ERR_MEMORY, ERR_STATE (it failed before). Allocates.
//   O(count).
sl_status sl_reader_feed(sl_reader *reader, const void *bytes, size_t count);

// To be called after the last byte. Errors: ERR_TRUNCATED ("bytes"), ERR_STATE.
sl_status sl_reader_end(sl_reader *reader);

// A section: its tag, and where its bytes are until it is taken or the reader destroyed.
typedef struct sl_section {
  uint32_t tag;
  const void *data;
  size_t bytes;
} sl_section;

// The next section that has not been taken.
//   out   written; zeros when all were taken, and after a failure
//   Errors: ERR_STATE (not all of its bytes have come, it was dropped, or the reader has failed).
sl_status sl_reader_section(const sl_reader *reader, sl_section *out);

// The same where nothing is wrong when there is none: zeros then. out may be NULL. Returns the tag.
uint32_t sl_reader_peek(const sl_reader *reader, sl_section *out);

// How many sections have not been taken.
uint32_t sl_reader_left(const sl_reader *reader);

// Gives the block of the next section to the caller, who frees it with sl_free().
//   bytes   the size that it must have
//   Errors: ERR_FORMAT (another tag or size), ERR_STATE (as sl_reader_section()). Nothing is taken
//   then.
sl_status sl_reader_take(sl_reader *reader, uint32_t tag, uint64_t bytes, void **out);

// Copies a small section of known size.
sl_status sl_reader_copy(sl_reader *reader, uint32_t tag, void *to, size_t bytes);

// Records ERR_FORMAT for "bytes": `expected`, at the section taken last. Returns it.
sl_status sl_reader_bad(const sl_reader *reader, const char *expected);

// Finds all sections at once, instead of taking one after another.
//   tags   count tags: the file has exactly these sections in this order
//   out    count views, written; valid until the section is dropped or the reader destroyed
//   Errors: as sl_reader_end(); ERR_STATE (a section was taken or dropped), ERR_FORMAT (other
//   sections). O(count).
sl_status sl_reader_views(const sl_reader *reader, const uint32_t *tags, uint32_t count,
                          sl_view *out);

// Reads a section from its beginning to its end. Where it is kept in pieces, each is freed when it
// has been read: a section can be read once.
//   reader   holds section i; NULL for a view of a file in memory
typedef struct sl_cursor {
  sl_view view;
  sl_reader *reader;
  uint32_t section;
  uint64_t offset; // bytes read
} sl_cursor;
sl_cursor sl_cursor_at(const sl_view *view, sl_reader *reader, uint32_t i);

// Copies the next bytes. False, and nothing is read, where fewer are left.
bool sl_cursor_read(sl_cursor *cursor, void *to, size_t bytes);

// Frees the block of section i, whose bytes are not needed any more. NULL, and sections that have
// not come, are allowed.
void sl_reader_drop(sl_reader *reader, uint32_t i);

// Errors: ERR_FORMAT when a section is left.
sl_status sl_reader_close(sl_reader *reader);

// Frees it with what was not taken. NULL is allowed.
void sl_reader_destroy(sl_reader *reader);

// Records ERR_FORMAT for "bytes": `expected` at an offset of the file. Returns it.
sl_status sl_bad_file(const char *expected, uint64_t position);

// ---- a file in memory ---------------------------------------------------------------------------

// Finds the sections of a whole file.
//   bytes    length, read
//   tags     count tags: the file has exactly these sections in this order
//   verify   compare the checksums; without it only the structure is checked
//   out      count views into `bytes`, written
//   Errors: as sl_reader_feed() and sl_reader_end(). Allocates nothing. O(length).
sl_status sl_view_file(const uint8_t *bytes, uint64_t length, sl_file_kind kind, bool verify,
                       const uint32_t *tags, uint32_t count, sl_view *out);

#endif
