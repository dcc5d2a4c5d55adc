// What writer, reader and view share: the header of a file and the end of a section.
#ifndef SL_BASE_CONTAINER_HEAD_H
#define SL_BASE_CONTAINER_HEAD_H

#include "base/container.h"

// Bytes of the header with the table of `count` sections; also the offset of entry `count`.
static inline uint32_t sl_container_head_bytes(uint32_t count) {
  return SL_CONTAINER_HEAD_BYTES + count * SL_CONTAINER_ENTRY_BYTES;
}

// Bytes after a section of `bytes` bytes: its checksum, and zeros up to the next multiple of 16.
uint32_t sl_container_trailer(uint64_t bytes);
#define SL_CONTAINER_MAX_TRAILER 19

// Fills in the first 32 bytes. head: the entries of the table follow them already.
void sl_container_fill_head(uint8_t *head, sl_file_kind kind, uint32_t count, uint64_t length);

// Checks the first 32 bytes, and writes the number of sections.
sl_status sl_container_check_start(const uint8_t *head, sl_file_kind kind, uint32_t *count);

// Checks the checksum (with `verify`) and the sizes of the whole header, and writes the length of
// the file.
sl_status sl_container_check_table(const uint8_t *head, uint32_t count, bool verify,
                                   uint64_t *length);

// The error of a file that ends after `have` bytes: ERR_TRUNCATED, or ERR_FORMAT when it does not
// even begin like one. head: the first of them.
sl_status sl_container_truncated(const uint8_t *head, uint64_t have);

// The error of a file with more bytes than its header says.
sl_status sl_container_extra(uint64_t at);

// Checks the bytes that follow the section at `at` with `bytes` bytes.
sl_status sl_container_check_trailer(const uint8_t *trailer, uint64_t bytes, bool verify,
                                     uint32_t crc, uint64_t at);

#endif
