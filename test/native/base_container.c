#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/container.h"
#include "base/file_kinds.h"
#include "base/rng.h"
#include "graph/file.h"
#include "sparse/file.h"

#define ONE SL_TAG('O', 'N', 'E', ' ')
#define NONE SL_TAG('N', 'O', 'N', 'E')
#define MANY SL_TAG('M', 'A', 'N', 'Y')

enum { PIECES = 50, LONG = 1000 };

static uint8_t numbers[LONG];

// Piece i is the first i numbers: the first is empty.
static const void *piece(const void *source, uint32_t tag, uint32_t i, size_t *bytes) {
  assert_int_equal(tag, MANY);
  *bytes = i;
  return source;
}

static sl_writer *make_writer(void) {
  sl_writer *writer;
  for (int i = 0; i < LONG; i++) numbers[i] = (uint8_t)(i * 7 + 1);
  assert_ok(sl_writer_create(SL_FILE_GRAPH, &writer));
  sl_writer_add(writer, ONE, numbers, LONG);
  sl_writer_add(writer, NONE, NULL, 0);
  sl_writer_add_pieces(writer, MANY, numbers, PIECES, piece);
  sl_writer_add_copy(writer, ONE, "abc", 3);
  return writer;
}

// The whole file in pieces of `step` bytes. The caller frees it.
static uint8_t *write_all(uint32_t step, uint64_t *length) {
  sl_writer *writer = make_writer();
  *length = sl_writer_size(writer);
  uint8_t *bytes = malloc(*length + step);
  uint32_t written;
  uint64_t at = 0;
  do {
    assert_ok(sl_writer_next(writer, bytes + at, step, &written));
    at += written;
    assert_int_equal(sl_writer_offset(writer), at);
  } while (written == step);
  assert_int_equal(at, *length);
  sl_writer_destroy(writer);
  return bytes;
}

// Feeds an exact-size copy in pieces, so that the address sanitiser sees a byte read too far.
static sl_status feed_all(sl_reader *reader, const uint8_t *bytes, uint64_t length, uint64_t step) {
  for (uint64_t at = 0; at < length; at += step) {
    uint64_t now = length - at < step ? length - at : step;
    uint8_t *copy = malloc(now);
    memcpy(copy, bytes + at, now);
    sl_status status = sl_reader_feed(reader, copy, now);
    free(copy);
    SL_TRY(status);
  }
  return sl_reader_end(reader);
}

static sl_status read_all(const uint8_t *bytes, uint64_t length, uint64_t known, uint64_t step) {
  sl_reader *reader;
  assert_ok(sl_reader_create(SL_FILE_GRAPH, known, &reader));
  sl_status status = feed_all(reader, bytes, length, step);
  sl_reader_destroy(reader);
  return status;
}

static sl_status view_all(const uint8_t *bytes, uint64_t length, bool verify) {
  const uint32_t tags[] = {ONE, NONE, MANY, ONE};
  sl_view views[4];
  uint8_t *copy = malloc(length > 0 ? length : 1);
  memcpy(copy, bytes, length);
  sl_status status = sl_view_file(copy, length, SL_FILE_GRAPH, verify, tags, 4, views);
  free(copy);
  return status;
}

static void the_same_bytes_whatever_the_pieces(void **state) {
  (void)state;
  const uint32_t steps[] = {1, 2, 7, 16, 64, 1000};
  uint64_t length, again;
  uint8_t *first = write_all(1 << 16, &length);
  for (int i = 0; i < 6; i++) {
    uint8_t *bytes = write_all(steps[i], &again);
    assert_int_equal(length, again);
    assert_memory_equal(bytes, first, length);
    free(bytes);
  }
  // docs/format.md, byte by byte.
  assert_memory_equal(first, "\x89slf\r\n\x1a\n\1\0\0\0GRPH\4\0\0\0", 20);
  assert_int_equal(sl_get_u64(first + 24), length);
  assert_memory_equal(first + 32, "ONE \0\0\0\0\xe8\3\0\0\0\0\0\0NONE", 20);
  assert_int_equal(length % 16, 0);
  uint32_t crc = sl_crc32c(0, first, 20);
  assert_int_equal(sl_get_u32(first + 20), sl_crc32c(crc, first + 24, 32 + 4 * 16 - 24));
  assert_memory_equal(first + 96, numbers, LONG);
  assert_int_equal(sl_get_u32(first + 96 + LONG), sl_crc32c(0, numbers, LONG));
  free(first);
}

static void sections_come_back_from_any_pieces(void **state) {
  (void)state;
  const uint64_t steps[] = {1, 3, 16, 100, 100000};
  uint64_t length;
  uint8_t *bytes = write_all(4096, &length);
  for (int i = 0; i < 10; i++) {
    sl_reader *reader;
    uint8_t *block, small[3];
    uint64_t size;
    assert_ok(sl_reader_create(SL_FILE_GRAPH, i < 5 ? 0 : length, &reader));
    assert_ok(feed_all(reader, bytes, length, steps[i % 5]));
    sl_section section;
    assert_int_equal(sl_reader_peek(reader, &section), ONE);
    assert_int_equal(section.bytes, LONG);
    assert_memory_equal(section.data, numbers, LONG);
    assert_int_equal(sl_reader_left(reader), 4);
    assert_refused(sl_reader_take(reader, MANY, LONG, (void **)&block), SL_ERR_FORMAT, "bytes");
    assert_ok(sl_reader_take(reader, ONE, LONG, (void **)&block));
    assert_refused(sl_reader_bad(reader, "better"), SL_ERR_FORMAT, "bytes");
    assert_int_equal(sl_last_error()->position, 96);
    assert_memory_equal(block, numbers, LONG);
    sl_free(block);
    assert_ok(sl_reader_take(reader, NONE, 0, (void **)&block));
    sl_free(block);
    assert_refused(sl_reader_close(reader), SL_ERR_FORMAT, "bytes");
    size = PIECES * (PIECES - 1) / 2;
    assert_ok(sl_reader_take(reader, MANY, size, (void **)&block));
    assert_memory_equal(block + size - PIECES + 1, numbers, PIECES - 1);
    sl_free(block);
    assert_ok(sl_reader_copy(reader, ONE, small, 3));
    assert_memory_equal(small, "abc", 3);
    assert_int_equal(sl_reader_peek(reader, &section), 0);
    assert_null(section.data);
    assert_int_equal(sl_reader_left(reader), 0);
    assert_ok(sl_reader_close(reader));
    assert_refused(sl_reader_copy(reader, ONE, small, 3), SL_ERR_FORMAT, "bytes");
    sl_reader_destroy(reader);
  }
  assert_ok(view_all(bytes, length, true));
  free(bytes);
}

static void a_section_of_another_size_is_refused(void **state) {
  (void)state;
  uint64_t length;
  uint8_t *bytes = write_all(4096, &length);
  sl_reader *reader;
  void *block;
  assert_ok(sl_reader_create(SL_FILE_GRAPH, length, &reader));
  assert_ok(feed_all(reader, bytes, length, 4096));
  assert_refused(sl_reader_take(reader, ONE, LONG - 1, &block), SL_ERR_FORMAT, "bytes");
  assert_null(block);
  sl_reader_destroy(reader);
  free(bytes);
}

static void refuses_every_truncation_and_extra_bytes(void **state) {
  (void)state;
  uint64_t length;
  uint8_t *bytes = write_all(4096, &length);
  for (uint64_t cut = 0; cut < length; cut++) {
    assert_refused(read_all(bytes, cut, 0, 64), SL_ERR_TRUNCATED, "bytes");
    assert_refused(read_all(bytes, cut, cut, 64), SL_ERR_TRUNCATED, "bytes");
    assert_refused(view_all(bytes, cut, false), SL_ERR_TRUNCATED, "bytes");
  }
  memset(bytes + length, 0, 16);
  for (uint64_t extra = 1; extra <= 16; extra += 15) {
    assert_refused(read_all(bytes, length + extra, 0, 64), SL_ERR_FORMAT, "bytes");
    assert_refused(read_all(bytes, length + extra, length + extra, 64), SL_ERR_FORMAT, "bytes");
    assert_refused(view_all(bytes, length + extra, false), SL_ERR_FORMAT, "bytes");
  }
  free(bytes);
}

static void finds_every_flipped_bit(void **state) {
  (void)state;
  uint64_t length;
  uint8_t *bytes = write_all(4096, &length);
  for (uint64_t bit = 0; bit < length * 8; bit++) {
    bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    assert_int_not_equal(read_all(bytes, length, bit % 2 ? length : 0, 512), SL_OK);
    assert_int_not_equal(view_all(bytes, length, true), SL_OK);
    (void)view_all(bytes, length, false);
    bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
  }
  assert_ok(read_all(bytes, length, 0, 512));
  free(bytes);
}

// A loader says whose a file is, whatever module it belongs to.
static void names_the_loader_of_every_kind(void **state) {
  (void)state;
  static const struct {
    uint32_t tag;
    const char *instead;
  } kinds[] = {
#define X(name, tag, class_name) {tag, class_name ".load() instead"},
      SL_FILE_KINDS(X)
#undef X
  };
  uint64_t length;
  uint8_t *bytes = write_all(4096, &length);
  bool graphs = false;
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    graphs = graphs || (kinds[i].tag == SL_FILE_GRAPH &&
                        strcmp(kinds[i].instead, "Graph.load() instead") == 0);
    sl_put_u32(bytes + 12, kinds[i].tag);
    sl_reader *reader;
    assert_ok(sl_reader_create(SL_TAG('N', 'E', 'W', ' '), 0, &reader));
    assert_refused(sl_reader_feed(reader, bytes, length), SL_ERR_FORMAT, "bytes");
    assert_string_equal(sl_last_error()->expected, kinds[i].instead);
    assert_int_equal(sl_last_error()->position, 12);
    sl_reader_destroy(reader);
  }
  assert_true(graphs);
  free(bytes);
}

static void names_what_is_wrong(void **state) {
  (void)state;
  uint64_t length;
  uint8_t *bytes = write_all(4096, &length);
  sl_reader *reader;
  assert_refused(read_all((const uint8_t *)"%%MatrixMarket", 14, 0, 14), SL_ERR_FORMAT, "bytes");
  assert_refused(view_all((const uint8_t *)"PK\3\4", 4, true), SL_ERR_FORMAT, "bytes");
  assert_ok(sl_reader_create(SL_FILE_MATRIX, 0, &reader));
  assert_refused(feed_all(reader, bytes, length, 64), SL_ERR_FORMAT, "bytes");
  assert_non_null(strstr(sl_last_error()->expected, "Graph.load()"));
  assert_refused(sl_reader_feed(reader, bytes, 1), SL_ERR_STATE, "reader");
  assert_refused(sl_reader_end(reader), SL_ERR_STATE, "reader");
  sl_reader_destroy(reader);
  bytes[12] = 'X';
  assert_refused(read_all(bytes, length, 0, 64), SL_ERR_FORMAT, "bytes");
  sl_put_u32(bytes + 8, 2);
  assert_refused(read_all(bytes, length, 0, 64), SL_ERR_FORMAT, "bytes");
  assert_int_equal(sl_last_error()->position, 8);
  assert_non_null(strstr(sl_last_error()->expected, "newer"));
  free(bytes);
}

// A header that announces much takes little memory until the bytes come.
static void a_forged_header_forces_no_allocation(void **state) {
  (void)state;
  uint64_t length;
  uint8_t *bytes = write_all(4096, &length);
  uint64_t wanted = UINT64_C(1) << 40, total = 32 + 4 * 16;
  sl_put_u64(bytes + 32 + 8, wanted);
  for (int i = 0; i < 4; i++) total += (sl_get_u64(bytes + 32 + 16 * i + 8) + 4 + 15) / 16 * 16;
  sl_put_u64(bytes + 24, total);
  uint32_t crc = sl_crc32c(0, bytes, 20);
  sl_put_u32(bytes + 20, sl_crc32c(crc, bytes + 24, 32 + 4 * 16 - 24));
  sl_bytes_peak_reset();
  assert_refused(read_all(bytes, length, 0, 100), SL_ERR_TRUNCATED, "bytes");
  assert_true(sl_bytes_peak() < 1 << 18);
  assert_refused(read_all(bytes, length, length, 100), SL_ERR_TRUNCATED, "bytes");
  free(bytes);
}

// At every byte of a file: a section is given when all of its bytes have come, and not before; and
// never again when it was taken or dropped.
static void a_section_that_has_not_come_is_not_given(void **state) {
  (void)state;
  uint64_t length;
  uint8_t *bytes = write_all(4096, &length);
  uint64_t end = 32 + 4 * 16 + (sl_get_u64(bytes + 32 + 8) + 4 + 15) / 16 * 16;
  sl_section section;
  void *block;
  for (int known = 0; known < 2; known++) {
    for (uint64_t fed = 0; fed <= length; fed++) {
      sl_reader *reader;
      assert_ok(sl_reader_create(SL_FILE_GRAPH, known ? length : 0, &reader));
      assert_ok(sl_reader_feed(reader, bytes, fed));
      if (fed < end) {
        assert_refused(sl_reader_section(reader, &section), SL_ERR_STATE, "reader");
        assert_int_equal(sl_reader_peek(reader, &section), 0);
        assert_null(section.data);
        assert_int_equal(section.bytes, 0);
        assert_refused(sl_reader_take(reader, ONE, section.bytes, &block), SL_ERR_STATE, "reader");
        sl_reader_drop(reader, 0);
        sl_reader_drop(reader, UINT32_MAX);
      } else {
        assert_ok(sl_reader_section(reader, &section));
        assert_int_equal(section.bytes, sl_get_u64(bytes + 32 + 8));
        assert_ok(sl_reader_take(reader, section.tag, section.bytes, &block));
        sl_free(block);
        assert_true(sl_reader_peek(reader, NULL) != section.tag);
      }
      sl_reader_destroy(reader);
    }
  }
  sl_reader *reader;
  assert_ok(sl_reader_create(SL_FILE_GRAPH, 0, &reader));
  assert_ok(sl_reader_feed(reader, bytes, length));
  sl_reader_drop(reader, 0);
  assert_refused(sl_reader_section(reader, &section), SL_ERR_STATE, "reader");
  assert_refused(sl_reader_take(reader, ONE, sl_get_u64(bytes + 40), &block), SL_ERR_STATE,
                 "reader");
  assert_refused(sl_reader_feed(reader, "x", 1), SL_ERR_FORMAT, "bytes");
  assert_int_equal(sl_reader_peek(reader, NULL), 0);
  sl_reader_destroy(reader);
  free(bytes);
}

static void a_writer_notices_changes_and_lack_of_memory(void **state) {
  (void)state;
  uint8_t buffer[16];
  uint32_t written;
  uint64_t version = 5;
  sl_writer *writer = make_writer();
  sl_writer_watch(writer, &version);
  assert_ok(sl_writer_next(writer, buffer, 16, &written));
  version = 6;
  assert_refused(sl_writer_next(writer, buffer, 16, &written), SL_ERR_STATE, "writer");
  assert_false(sl_writer_is_current(writer));
  sl_set_memory_limit(sl_bytes_in_use());
  sl_writer_add_copy(writer, ONE, numbers, LONG);
  version = 5;
  // Kept, and told each time with all that is known of it.
  for (int again = 0; again < 2; again++) {
    sl_fail(SL_ERR_RANGE, "another", "error", 1);
    assert_refused(sl_writer_next(writer, buffer, 16, &written), SL_ERR_MEMORY, "memory");
    assert_int_equal(sl_last_error()->position, LONG);
  }
  sl_set_memory_limit(SIZE_MAX);
  sl_writer_destroy(writer);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(the_same_bytes_whatever_the_pieces),
      property(sections_come_back_from_any_pieces),
      property(a_section_of_another_size_is_refused),
      property(refuses_every_truncation_and_extra_bytes),
      property(finds_every_flipped_bit),
      property(names_the_loader_of_every_kind),
      property(names_what_is_wrong),
      property(a_forged_header_forces_no_allocation),
      property(a_section_that_has_not_come_is_not_given),
      property(a_writer_notices_changes_and_lack_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
