// What the targets of saved files share: an input that begins with an even byte is a list of
// changes (three bytes each: place, place, value) to a good file, so that the fuzzer gets past the
// head; the others are files. The sums are made right again in both, or nothing would get past
// them.
#ifndef SL_FUZZ_SAVED_H
#define SL_FUZZ_SAVED_H

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/container.h"
#include "base/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

typedef struct saved_file {
  uint8_t *bytes;
  size_t length;
} saved_file;

static inline saved_file write_saved(sl_status status, sl_writer *writer) {
  uint32_t written;
  if (status != SL_OK) abort();
  saved_file file = {.length = (size_t)sl_writer_size(writer)};
  file.bytes = malloc(file.length);
  if (sl_writer_next(writer, file.bytes, (uint32_t)file.length, &written) != SL_OK) abort();
  if (written != file.length) abort();
  sl_writer_destroy(writer);
  return file;
}

// Also the stated length, which must be the sum of the sections.
static inline void mend_saved(uint8_t *bytes, size_t length) {
  if (length < SL_CONTAINER_HEAD_BYTES) return;
  uint64_t count = sl_get_u32(bytes + 16), head = 32 + 16 * count, at = head;
  if (count > SL_CONTAINER_MAX_SECTIONS || head > length) return;
  for (uint64_t i = 0; i < count; i++) {
    uint64_t size = sl_get_u64(bytes + 32 + 16 * i + 8);
    if (size > length || at + size + 4 > length) break;
    sl_put_u32(bytes + at + size, sl_crc32c(0, bytes + at, size));
    at += (size + 4 + 15) / 16 * 16;
  }
  sl_put_u64(bytes + 24, at);
  uint32_t crc = sl_crc32c(0, bytes, 20);
  sl_put_u32(bytes + 20, sl_crc32c(crc, bytes + 24, head - 24));
}

// The input as a file. The caller frees it.
static inline saved_file saved_from(const uint8_t *bytes, size_t length, saved_file good) {
  bool changes = length > 0 && bytes[0] % 2 == 0;
  saved_file file = {.length = changes ? good.length : length};
  file.bytes = malloc(file.length > 0 ? file.length : 1);
  if (file.length > 0) memcpy(file.bytes, changes ? good.bytes : bytes, file.length);
  for (size_t i = 1; changes && i + 3 <= length; i += 3) {
    file.bytes[(bytes[i] | (size_t)bytes[i + 1] << 8) % file.length] = bytes[i + 2];
  }
  mend_saved(file.bytes, file.length);
  return file;
}

// A reader that has been fed the file in two pieces, or NULL when that was refused.
static inline sl_reader *read_saved(sl_file_kind kind, saved_file file) {
  sl_reader *reader;
  if (sl_reader_create(kind, file.length % 2 ? file.length : 0, &reader) != SL_OK) abort();
  size_t cut = file.length / 3;
  if (sl_reader_feed(reader, file.bytes, cut) == SL_OK &&
      sl_reader_feed(reader, file.bytes + cut, file.length - cut) == SL_OK) {
    return reader;
  }
  sl_reader_destroy(reader);
  return NULL;
}

#endif
