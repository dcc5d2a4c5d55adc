#include "kernelpack/reader.h"

sl_status sl_wasm_bad(const sl_wasm_reader *r, const char *expected) {
  return sl_fail(SL_ERR_FORMAT, "wasm", expected, r->base + r->at);
}
sl_status sl_wasm_unsupported(const sl_wasm_reader *r, const char *expected) {
  return sl_fail(SL_ERR_UNSUPPORTED, "wasm", expected, r->base + r->at);
}
sl_status sl_wasm_short(const sl_wasm_reader *r) {
  return sl_fail(SL_ERR_TRUNCATED, "wasm", "more bytes", r->base + r->end);
}

sl_status sl_wasm_u32(sl_wasm_reader *r, uint32_t *out) {
  uint32_t value = 0;
  for (uint32_t shift = 0;; shift += 7) {
    uint8_t byte;
    SL_TRY(sl_wasm_u8(r, &byte));
    if (shift == 28 && byte > 0x0f) return sl_wasm_bad(r, "a number of 32 bits");
    value |= (uint32_t)(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  *out = value;
  return SL_OK;
}

sl_status sl_wasm_signed(sl_wasm_reader *r, uint32_t bits, int64_t *out) {
  uint64_t value = 0;
  for (uint32_t shift = 0;; shift += 7) {
    uint8_t byte;
    SL_TRY(sl_wasm_u8(r, &byte));
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (shift + 7 >= bits) {
      // The last byte: its unused bits repeat the sign.
      const uint32_t used = bits - shift;
      const uint32_t top = (byte & 0x7fu) >> (used - 1);
      if (byte > 0x7f || (top != 0 && top != (0x7fu >> (used - 1))))
        return sl_wasm_bad(r, "a signed number of its size");
    }
    if (byte < 0x80) {
      if (shift + 7 < 64 && (byte & 0x40) != 0) value |= ~UINT64_C(0) << (shift + 7);
      break;
    }
  }
  *out = (int64_t)value;
  return SL_OK;
}

sl_status sl_wasm_upto(sl_wasm_reader *r, uint32_t most, const char *expected, uint32_t *out) {
  SL_TRY(sl_wasm_u32(r, out));
  return *out <= most ? SL_OK : sl_wasm_bad(r, expected);
}

sl_status sl_wasm_skip(sl_wasm_reader *r, size_t count) {
  if (count > r->end - r->at) return sl_wasm_short(r);
  r->at += count;
  return SL_OK;
}

// Well-formed UTF-8: no surrogate, nothing above U+10FFFF, the shortest form.
static bool is_text(const uint8_t *text, size_t length) {
  for (size_t i = 0; i < length;) {
    const uint32_t first = text[i];
    const size_t more = first < 0x80   ? 0
                        : first < 0xc2 ? 9
                        : first < 0xe0 ? 1
                        : first < 0xf0 ? 2
                        : first < 0xf5 ? 3
                                       : 9;
    if (more > length - i - 1) return false;
    for (size_t j = 1; j <= more; j++) {
      if ((text[i + j] & 0xc0) != 0x80) return false;
    }
    if (more >= 2) {
      const uint32_t second = text[i + 1];
      if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
          (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
        return false;
    }
    i += more + 1;
  }
  return true;
}

sl_status sl_wasm_name(sl_wasm_reader *r, const uint8_t **name, uint32_t *length) {
  SL_TRY(sl_wasm_u32(r, length));
  *name = r->bytes + r->at;
  SL_TRY(sl_wasm_skip(r, *length));
  return is_text(*name, *length) ? SL_OK : sl_wasm_bad(r, "a name in UTF-8");
}

sl_status sl_wasm_part(sl_wasm_reader *r, sl_wasm_reader *part) {
  uint32_t length;
  SL_TRY(sl_wasm_u32(r, &length));
  const size_t from = r->at;
  SL_TRY(sl_wasm_skip(r, length));
  *part = (sl_wasm_reader){r->bytes, from, r->at, r->base};
  return SL_OK;
}

void sl_wasm_put(sl_wasm_writer *w, const void *bytes, size_t count) {
  if (w->failed != SL_OK || count == 0) return;
  if (count > w->room - w->count) {
    const size_t room = 2 * w->room + count + 256;
    w->failed = SL_REALLOC(&w->bytes, room);
    if (w->failed != SL_OK) return;
    w->room = room;
  }
  memcpy(w->bytes + w->count, bytes, count);
  w->count += count;
}

void sl_wasm_put_u8(sl_wasm_writer *w, uint32_t byte) {
  const uint8_t one = (uint8_t)byte;
  sl_wasm_put(w, &one, 1);
}

void sl_wasm_put_u32(sl_wasm_writer *w, uint32_t value) {
  uint8_t bytes[5];
  size_t count = 0;
  do {
    bytes[count] = (uint8_t)(value & 0x7f);
    value >>= 7;
    if (value != 0) bytes[count] |= 0x80;
    count++;
  } while (value != 0);
  sl_wasm_put(w, bytes, count);
}

void sl_wasm_put_signed(sl_wasm_writer *w, int64_t value) {
  for (;;) {
    const uint32_t low = (uint32_t)value & 0x7f;
    value >>= 7;
    const bool last = (value == 0 && (low & 0x40) == 0) || (value == -1 && (low & 0x40) != 0);
    sl_wasm_put_u8(w, last ? low : low | 0x80);
    if (last) return;
  }
}

void sl_wasm_put_name(sl_wasm_writer *w, const void *name, size_t length) {
  sl_wasm_put_u32(w, (uint32_t)length);
  sl_wasm_put(w, name, length);
}

size_t sl_wasm_open(sl_wasm_writer *w) {
  static const uint8_t zeros[5] = {0};
  sl_wasm_put(w, zeros, 5);
  return w->count;
}

void sl_wasm_close(sl_wasm_writer *w, size_t opened) {
  if (w->failed != SL_OK) return;
  size_t length = w->count - opened;
  for (size_t i = 0; i < 5; i++) {
    w->bytes[opened - 5 + i] = (uint8_t)((length & 0x7f) | (i < 4 ? 0x80 : 0));
    length >>= 7;
  }
}
