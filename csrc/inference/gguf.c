// GGUF: a head, entries of keys and values, where tensors lie, then their elements.
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "inference/weights_parts.h"

enum { TYPE_STRING = 8, TYPE_ARRAY = 9, TYPES = 13, MOST_NAME = 65535, LEAST_ENTRY = 13 };
// Bytes of a number of each type of entry; 0: no number.
static const uint8_t sizes[TYPES] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

typedef struct place {
  const sl_weights *weights;
  size_t at;
} place;

static size_t left(const place *p) { return p->weights->length - p->at; }

static sl_status cut_off(const place *p) {
  return sl_fail(SL_ERR_TRUNCATED, "bytes", "a whole file", p->at);
}

static sl_status take_u32(place *p, uint32_t *out) {
  if (left(p) < 4) return cut_off(p);
  *out = sl_get_u32(p->weights->bytes + p->at);
  p->at += 4;
  return SL_OK;
}
static sl_status take_u64(place *p, uint64_t *out) {
  if (left(p) < 8) return cut_off(p);
  *out = sl_get_u64(p->weights->bytes + p->at);
  p->at += 8;
  return SL_OK;
}
static sl_status take_string(place *p, uint64_t most, sl_span *out) {
  uint64_t bytes;
  SL_TRY(take_u64(p, &bytes));
  if (bytes > most) return sl_weights_bad(p->at - 8, "a text of a possible length");
  if (bytes > left(p)) return cut_off(p);
  *out = (sl_span){p->at, (size_t)bytes};
  p->at += (size_t)bytes;
  return SL_OK;
}

static sl_status take_array(place *p, sl_weights_entry *e) {
  SL_TRY(take_u32(p, &e->of));
  SL_TRY(take_u64(p, &e->count));
  if (e->of >= TYPES || e->of == TYPE_ARRAY)
    return sl_weights_bad(p->at - 12, "an array of numbers or strings");
  e->value.at = p->at;
  if (e->of == TYPE_STRING) {
    sl_span each;
    if (e->count > left(p) / 8) return cut_off(p);
    for (uint64_t i = 0; i < e->count; i++) SL_TRY(take_string(p, UINT64_MAX, &each));
  } else {
    if (e->count > left(p) / sizes[e->of]) return cut_off(p);
    p->at += (size_t)e->count * sizes[e->of];
  }
  e->value.bytes = p->at - e->value.at;
  return SL_OK;
}

static sl_status take_entry(place *p, sl_weights_entry *e) {
  SL_TRY(take_string(p, MOST_NAME, &e->key));
  SL_TRY(take_u32(p, &e->type));
  e->count = 1;
  e->of = e->type;
  if (e->type >= TYPES) return sl_weights_bad(p->at - 4, "a value of a known type");
  if (e->type == TYPE_ARRAY) return take_array(p, e);
  if (e->type == TYPE_STRING) return take_string(p, UINT64_MAX, &e->value);
  if (left(p) < sizes[e->type]) return cut_off(p);
  e->value = (sl_span){p->at, sizes[e->type]};
  p->at += sizes[e->type];
  return SL_OK;
}

// GGUF names the dimension first whose elements lie side by side; `dims` has it last.
static sl_status take_tensor(place *p, sl_weight *t, uint64_t *offset) {
  SL_TRY(take_string(p, MOST_NAME, &t->name));
  SL_TRY(take_u32(p, &t->rank));
  if (t->rank > SL_WEIGHT_RANK) return sl_weights_bad(p->at - 4, "at most four dimensions");
  for (uint32_t d = 0; d < SL_WEIGHT_RANK; d++) t->dims[d] = 1;
  for (uint32_t d = t->rank; d-- > 0;) {
    uint64_t size;
    SL_TRY(take_u64(p, &size));
    if (size > UINT32_MAX) return sl_weights_bad(p->at - 8, "fewer elements");
    t->dims[d] = (uint32_t)size;
  }
  SL_TRY(take_u32(p, &t->type));
  const bool known =
      t->type <= SL_WEIGHT_Q4_0 || t->type == SL_WEIGHT_Q8_0 || t->type == SL_WEIGHT_BF16;
  if (!known) return sl_weights_bad(p->at - 4, "elements of F32, F16, BF16, Q8_0 or Q4_0");
  uint64_t bytes;
  if (!sl_weight_size(t, &bytes)) return sl_weights_bad(p->at, "rows of whole blocks");
  if (bytes > p->weights->length) return cut_off(p);
  t->data.bytes = (size_t)bytes;
  return take_u64(p, offset);
}

static sl_status alignment_of(const sl_weights *w, uint64_t *out) {
  static const char key[] = "general.alignment";
  *out = 32;
  for (uint32_t i = 0; i < w->entry_count; i++) {
    const sl_weights_entry *e = &w->entries[i];
    if (e->key.bytes != sizeof key - 1 || memcmp(w->bytes + e->key.at, key, sizeof key - 1) != 0)
      continue;
    if (e->type != 4) return sl_weights_bad(e->value.at, "an alignment of u32");
    *out = sl_get_u32(w->bytes + e->value.at);
    if (*out == 0 || *out % 8 != 0 || *out > 1u << 20)
      return sl_weights_bad(e->value.at, "an alignment of 8 to 2^20");
  }
  return SL_OK;
}

static uint64_t aligned(uint64_t at, uint64_t to) { return (at + to - 1) / to * to; }

// Tensors lie as they are listed, each at the next place of the alignment. What follows the last one
// is less than that.
sl_status sl_gguf_parse(sl_weights *w) {
  place p = {w, 4};
  uint32_t version;
  uint64_t tensors, entries, alignment;
  SL_TRY(take_u32(&p, &version));
  if (version != 2 && version != 3) return sl_weights_bad(4, "version 2 or 3 of GGUF");
  SL_TRY(take_u64(&p, &tensors));
  SL_TRY(take_u64(&p, &entries));
  if (tensors > w->length / 24 || entries > w->length / LEAST_ENTRY) return cut_off(&p);
  for (uint64_t i = 0; i < entries; i++) {
    sl_weights_entry *e;
    SL_TRY(sl_weights_add_entry(w, &e));
    SL_TRY(take_entry(&p, e));
  }
  SL_TRY(alignment_of(w, &alignment));
  uint64_t next = 0;
  for (uint64_t i = 0; i < tensors; i++) {
    sl_weight *t;
    uint64_t offset;
    const size_t begins = p.at;
    SL_TRY(sl_weights_add_tensor(w, &t));
    SL_TRY(take_tensor(&p, t, &offset));
    if (offset != next)
      return sl_weights_bad(begins, "tensors one after another, without gaps or overlaps");
    t->data.at = (size_t)offset;
    next = aligned(offset + t->data.bytes, alignment);
    if (offset + t->data.bytes > w->length) return cut_off(&p);
  }
  const uint64_t data = tensors > 0 ? aligned(p.at, alignment) : p.at;
  for (uint32_t i = 0; i < w->tensor_count; i++) {
    sl_weight *t = &w->tensors[i];
    if (data + t->data.at + t->data.bytes > w->length) return cut_off(&p);
    t->data.at += (size_t)data;
  }
  if (w->length > aligned(data + next, alignment))
    return sl_weights_bad((size_t)(data + next), "tensors that fill the file");
  return SL_OK;
}
