// Reading WebAssembly's binary format, and writing it. Private to the folder.
#ifndef SL_KERNELPACK_READER_H
#define SL_KERNELPACK_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"

// A module, or a part of it, of which byte `at` is the next. After a failure `failed` says so, and all that is read is 0:
// it is asked for where a number would be used as an index or a length, and at the end.
typedef struct sl_wasm_reader {
  const uint8_t *bytes;
  size_t at, end;
  sl_status failed;
} sl_wasm_reader;

// Fails at the byte that is next unless `right`; whether nothing has failed so far.
bool sl_wasm_need(sl_wasm_reader *r, bool right, sl_status status, const char *expected);
static inline bool sl_wasm_form(sl_wasm_reader *r, bool right, const char *expected) {
  return sl_wasm_need(r, right, SL_ERR_FORMAT, expected);
}
static inline bool sl_wasm_supported(sl_wasm_reader *r, bool right, const char *expected) {
  return sl_wasm_need(r, right, SL_ERR_UNSUPPORTED, expected);
}

uint32_t sl_wasm_u8(sl_wasm_reader *r);

// LEB128 as the specification has it: at most ceil(bits / 7) bytes, no bit beyond `bits`.
uint32_t sl_wasm_u32(sl_wasm_reader *r);
int64_t sl_wasm_signed(sl_wasm_reader *r, uint32_t bits);

// A number up to `most`; 0 after a failure.
uint32_t sl_wasm_upto(sl_wasm_reader *r, uint32_t most, const char *expected);

// Passes over `count` bytes.
void sl_wasm_skip(sl_wasm_reader *r, size_t count);

// A name: where it is; its UTF-8 is checked.
const uint8_t *sl_wasm_name(sl_wasm_reader *r, uint32_t *length);

// Goes into the part that begins here with its length, and returns where the whole ends; sl_wasm_leave goes behind the
// part, all of which must have been read.
size_t sl_wasm_enter(sl_wasm_reader *r);
void sl_wasm_leave(sl_wasm_reader *r, size_t end);

// Bytes that grow. After a failure `failed` says so, and all writing is without effect: it is asked for once, at the end.
typedef struct sl_wasm_writer {
  uint8_t *bytes;
  size_t count, room;
  sl_status failed;
} sl_wasm_writer;

void sl_wasm_put(sl_wasm_writer *w, const void *bytes, size_t count);
void sl_wasm_put_u8(sl_wasm_writer *w, uint32_t byte);
void sl_wasm_put_u32(sl_wasm_writer *w, uint32_t value);
void sl_wasm_put_signed(sl_wasm_writer *w, int64_t value);
void sl_wasm_put_name(sl_wasm_writer *w, const void *name, size_t length);

// Room for a length that is not known yet, and the length of what was written since. Five bytes, padded.
size_t sl_wasm_open(sl_wasm_writer *w);
void sl_wasm_close(sl_wasm_writer *w, size_t opened);
void sl_wasm_fill(sl_wasm_writer *w, size_t opened, size_t value); // any number there

#endif
