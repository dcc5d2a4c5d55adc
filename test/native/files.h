// What the tests of saved files share: writing one, reading one, and all that can be done to it.
#ifndef SL_TEST_FILES_H
#define SL_TEST_FILES_H

#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/container.h"
#include "base/rng.h"

typedef struct file {
  uint8_t *bytes;
  uint64_t length;
} file;

// The whole file, in pieces of `step` bytes; the writer is freed. The caller frees the bytes.
static inline file write_file(sl_writer *writer, uint32_t step) {
  file f = {.length = sl_writer_size(writer)};
  f.bytes = malloc(f.length + step);
  uint32_t written;
  uint64_t at = 0;
  do {
    assert_ok(sl_writer_next(writer, f.bytes + at, step, &written));
    at += written;
  } while (written == step);
  assert_int_equal(at, f.length);
  sl_writer_destroy(writer);
  return f;
}

// Feeds an exact-size copy, so that the address sanitiser sees a byte read too far.
static inline sl_status read_file(sl_file_kind kind, const uint8_t *bytes, uint64_t length,
                                  sl_reader **out) {
  assert_ok(sl_reader_create(kind, 0, out));
  uint8_t *copy = malloc(length > 0 ? length : 1);
  memcpy(copy, bytes, length);
  sl_status status = sl_reader_feed(*out, copy, length);
  free(copy);
  return status;
}

// Makes the sums right again after a change, as far as the head still says where they are. A
// section of more bytes than there are is left alone.
static inline void mend_file(uint8_t *bytes, uint64_t length) {
  if (length < SL_CONTAINER_HEAD_BYTES) return;
  uint64_t count = sl_get_u32(bytes + 16), head = 32 + 16 * count;
  if (count > SL_CONTAINER_MAX_SECTIONS || head > length) return;
  uint32_t crc = sl_crc32c(0, bytes, 20);
  sl_put_u32(bytes + 20, sl_crc32c(crc, bytes + 24, head - 24));
  uint64_t at = head;
  for (uint64_t i = 0; i < count; i++) {
    uint64_t size = sl_get_u64(bytes + 32 + 16 * i + 8);
    if (size > length || at + size + 4 > length) return;
    sl_put_u32(bytes + at + size, sl_crc32c(0, bytes + at, size));
    at += (size + 4 + 15) / 16 * 16;
  }
}

// Where the sections begin.
static inline uint64_t head_bytes(const uint8_t *bytes) { return 32 + 16 * sl_get_u32(bytes + 16); }

// Tries a file: loads it, uses and destroys what came, and returns the status.
typedef sl_status (*try_load)(const uint8_t *bytes, uint64_t length);

// Every truncation in the head and many in the body, and bytes behind the end, are refused.
static inline void refuses_cuts(file f, try_load try) {
  for (uint64_t cut = 0; cut < f.length; cut += cut < head_bytes(f.bytes) ? 1 : 7) {
    assert_int_equal(try(f.bytes, cut), SL_ERR_TRUNCATED);
  }
  uint8_t *longer = calloc(f.length + 16, 1);
  memcpy(longer, f.bytes, f.length);
  assert_int_equal(try(longer, f.length + 1), SL_ERR_FORMAT);
  assert_int_equal(try(longer, f.length + 16), SL_ERR_FORMAT);
  free(longer);
}

// Each bit of the head and 10^4 random ones of the body in turn: always an error. With the sums
// made right again nothing crashes, whatever loads can be used, and every failure says why.
static inline uint32_t survives_flips(file f, try_load try) {
  uint8_t *changed = malloc(f.length);
  uint64_t head = head_bytes(f.bytes);
  sl_rng rng;
  sl_rng_seed(&rng, 7);
  uint32_t usable = 0;
  for (uint64_t trial = 0; trial < head * 8 + 10000; trial++) {
    uint64_t bit =
        trial < head * 8 ? trial : head * 8 + sl_rng_below(&rng, (uint32_t)((f.length - head) * 8));
    memcpy(changed, f.bytes, f.length);
    changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    assert_int_not_equal(try(changed, f.length), SL_OK);
    mend_file(changed, f.length);
    sl_status status = try(changed, f.length);
    usable += status == SL_OK;
    if (status != SL_OK) {
      assert_true(status == SL_ERR_FORMAT || status == SL_ERR_TRUNCATED);
      assert_string_equal(sl_last_error()->argument, "bytes");
    }
  }
  free(changed);
  return usable;
}

// Every cut, and every `step`-th bit of a small file: refused, or usable once the sums are right again.
// What lies between sections is zero and belongs to no sum: the reader refuses all else.
static inline void survives_cuts_and_bits(file f, uint64_t step, try_load try) {
  for (uint64_t length = 0; length < f.length; length++)
    assert_int_equal(try(f.bytes, length), SL_ERR_TRUNCATED);
  uint8_t *changed = malloc(f.length);
  for (uint64_t bit = 0; bit < 8 * f.length; bit += step) {
    memcpy(changed, f.bytes, f.length);
    changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    assert_int_not_equal(try(changed, f.length), SL_OK);
    mend_file(changed, f.length);
    try(changed, f.length);
  }
  free(changed);
}

// Replaces four bytes of a copy, makes the sums right, and tries it.
static inline sl_status try_with(file f, uint64_t at, uint32_t value, try_load try) {
  uint8_t *changed = malloc(f.length);
  memcpy(changed, f.bytes, f.length);
  sl_put_u32(changed + at, value);
  mend_file(changed, f.length);
  sl_status status = try(changed, f.length);
  free(changed);
  return status;
}

#endif
