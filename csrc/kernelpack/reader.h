// Reading WebAssembly's binary format, and writing it. Private to the folder.
#ifndef SL_KERNELPACK_READER_H
#define SL_KERNELPACK_READER_H

#include <stdbool.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"

// Bytes of which `at` is the next. `base` is where they begin in the whole file, for positions of errors.
typedef struct sl_wasm_reader {
  const uint8_t *bytes;
  size_t at, end, base;
} sl_wasm_reader;

// The error of the byte that is next.
sl_status sl_wasm_bad(const sl_wasm_reader *r, const char *expected);
sl_status sl_wasm_unsupported(const sl_wasm_reader *r, const char *expected);
sl_status sl_wasm_short(const sl_wasm_reader *r);

static inline sl_status sl_wasm_u8(sl_wasm_reader *r, uint8_t *out) {
  if (r->at == r->end) return sl_wasm_short(r);
  *out = r->bytes[r->at++];
  return SL_OK;
}

// LEB128 as the specification has it: at most ceil(bits / 7) bytes, no bit beyond `bits`.
sl_status sl_wasm_u32(sl_wasm_reader *r, uint32_t *out);
sl_status sl_wasm_signed(sl_wasm_reader *r, uint32_t bits, int64_t *out);

// A number up to `most`.
sl_status sl_wasm_upto(sl_wasm_reader *r, uint32_t most, const char *expected, uint32_t *out);

// Passes over `count` bytes.
sl_status sl_wasm_skip(sl_wasm_reader *r, size_t count);

// A name: where it is and its length; its UTF-8 is checked.
sl_status sl_wasm_name(sl_wasm_reader *r, const uint8_t **name, uint32_t *length);

// The content of a section or body as a reader of its own; `r` goes past it.
sl_status sl_wasm_part(sl_wasm_reader *r, sl_wasm_reader *part);

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

#endif
