#include "kernelpack/reader.h"

bool sl_wasm_need(sl_wasm_reader *r, bool right, sl_status status, const char *expected) {
  if (r->failed == SL_OK && !right) r->failed = sl_fail(status, "bytes", expected, r->at);
  return r->failed == SL_OK;
}

uint32_t sl_wasm_u8(sl_wasm_reader *r) {
  return sl_wasm_need(r, r->at < r->end, SL_ERR_TRUNCATED, "more bytes") ? r->bytes[r->at++] : 0;
}

uint32_t sl_wasm_u32(sl_wasm_reader *r) {
  uint32_t value = 0;
  for (uint32_t shift = 0;; shift += 7) {
    const uint32_t byte = sl_wasm_u8(r);
    if (!sl_wasm_form(r, shift < 28 || byte <= 0x0f, "a number of 32 bits")) return 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

int64_t sl_wasm_signed(sl_wasm_reader *r, uint32_t bits) {
  uint64_t value = 0;
  for (uint32_t shift = 0;; shift += 7) {
    const uint32_t byte = sl_wasm_u8(r);
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (shift + 7 >= bits) {
      // The last byte: its unused bits repeat the sign.
      const uint32_t used = bits - shift, top = byte >> (used - 1);
      if (!sl_wasm_form(r, top == 0 || top == 0x7fu >> (used - 1), "a signed number of its size"))
        return 0;
    }
    if (byte >= 0x80) continue;
    if (shift + 7 < 64 && (byte & 0x40) != 0) value |= ~UINT64_C(0) << (shift + 7);
    return (int64_t)value;
  }
}

uint32_t sl_wasm_upto(sl_wasm_reader *r, uint32_t most, const char *expected) {
  const uint32_t value = sl_wasm_u32(r);
  return sl_wasm_supported(r, value <= most, expected) ? value : 0;
}

void sl_wasm_skip(sl_wasm_reader *r, size_t count) {
  if (sl_wasm_need(r, count <= r->end - r->at, SL_ERR_TRUNCATED, "more bytes")) r->at += count;
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

const uint8_t *sl_wasm_name(sl_wasm_reader *r, uint32_t *length) {
  *length = sl_wasm_u32(r);
  const uint8_t *name = r->bytes + r->at;
  sl_wasm_skip(r, *length);
  if (r->failed == SL_OK) sl_wasm_form(r, is_text(name, *length), "a name in UTF-8");
  return name;
}

size_t sl_wasm_enter(sl_wasm_reader *r) {
  const size_t whole = r->end;
  const uint32_t length = sl_wasm_u32(r);
  if (sl_wasm_need(r, length <= r->end - r->at, SL_ERR_TRUNCATED, "more bytes"))
    r->end = r->at + length;
  return whole;
}

void sl_wasm_leave(sl_wasm_reader *r, size_t end) {
  sl_wasm_form(r, r->at == r->end, "a part as long as it says");
  r->end = end;
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

void sl_wasm_fill(sl_wasm_writer *w, size_t opened, size_t value) {
  if (w->failed != SL_OK) return;
  for (size_t i = 0; i < 5; i++) {
    w->bytes[opened - 5 + i] = (uint8_t)((value & 0x7f) | (i < 4 ? 0x80 : 0));
    value >>= 7;
  }
}

void sl_wasm_close(sl_wasm_writer *w, size_t opened) { sl_wasm_fill(w, opened, w->count - opened); }
