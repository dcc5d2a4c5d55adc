// Tensors of a file: order by name, lookup, elements as f32.
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "inference/weights_parts.h"
#include "quant/float16.h"

#define NOINLINE __attribute__((noinline))

enum { BLOCK = 32, Q4_BYTES = 18, Q8_BYTES = 34 };

sl_status sl_weights_bad(size_t at, const char *expected) {
  return sl_fail(SL_ERR_FORMAT, "bytes", expected, at);
}

sl_status sl_weights_create(size_t bytes, sl_weights **out) {
  sl_weights *made;
  *out = NULL;
  SL_TRY(SL_ALLOC_ZERO(&made, 1));
  const sl_status status = SL_ALLOC(&made->bytes, bytes);
  if (status != SL_OK) {
    sl_free(made);
    return status;
  }
  made->length = bytes;
  *out = made;
  return SL_OK;
}

void sl_weights_destroy(sl_weights *w) {
  if (w == NULL) return;
  sl_free(w->bytes);
  sl_free(w->tensors);
  sl_free(w->entries);
  sl_free(w->convolutions);
  sl_free(w);
}

uint8_t *sl_weights_data(const sl_weights *w) { return w->bytes; }

// ---- adding -------------------------------------------------------------------------------------

// The index of one more element of `size` bytes.
static sl_status add(void **list, uint32_t *count, uint32_t *room, size_t size, void **out) {
  if (*count == *room) {
    const uint32_t wanted = *room == 0 ? 16 : *room < 1u << 30 ? 2 * *room : UINT32_MAX;
    SL_REQUIRE(wanted < UINT32_MAX, SL_ERR_OVERFLOW, "bytes", "fewer tensors");
    SL_TRY(sl_realloc(list, wanted, size));
    *room = wanted;
  }
  *out = (uint8_t *)*list + size * (*count)++;
  memset(*out, 0, size);
  return SL_OK;
}

sl_status sl_weights_add_tensor(sl_weights *w, sl_weight **out) {
  return add((void **)&w->tensors, &w->tensor_count, &w->tensor_room, sizeof **out, (void **)out);
}
sl_status sl_weights_add_entry(sl_weights *w, sl_weights_entry **out) {
  return add((void **)&w->entries, &w->entry_count, &w->entry_room, sizeof **out, (void **)out);
}
sl_status sl_weights_add_convolution(sl_weights *w, sl_convolution **out) {
  return add((void **)&w->convolutions, &w->convolution_count, &w->convolution_room, sizeof **out,
             (void **)out);
}

bool sl_weight_size(sl_weight *t, uint64_t *bytes) {
  double elements = 1;
  for (uint32_t d = 0; d < t->rank; d++) elements *= t->dims[d];
  if (!(elements < 0x1p48)) return false;
  t->elements = (uint64_t)elements;
  const bool blocks = t->type == SL_WEIGHT_Q4_0 || t->type == SL_WEIGHT_Q8_0;
  if (blocks) {
    if (t->rank == 0 || t->dims[t->rank - 1] % BLOCK != 0) return false;
    *bytes = t->elements / BLOCK * (t->type == SL_WEIGHT_Q4_0 ? Q4_BYTES : Q8_BYTES);
    return true;
  }
  *bytes = t->elements * (t->type == SL_WEIGHT_F32 ? 4 : t->type == SL_WEIGHT_I64 ? 8 : 2);
  return true;
}

// ---- order --------------------------------------------------------------------------------------

static int compare(const uint8_t *bytes, sl_span a, sl_span b) {
  const size_t least = a.bytes < b.bytes ? a.bytes : b.bytes;
  const int order = least > 0 ? memcmp(bytes + a.at, bytes + b.at, least) : 0;
  return order != 0 ? order : a.bytes < b.bytes ? -1 : a.bytes > b.bytes;
}

static void swap(uint8_t *a, uint8_t *b, size_t size) {
  uint8_t held[sizeof(sl_weight)];
  memcpy(held, a, size);
  memcpy(a, b, size);
  memcpy(b, held, size);
}
_Static_assert(sizeof(sl_weights_entry) <= sizeof(sl_weight), "what is swapped fits");

static sl_span name_of(const uint8_t *element) {
  sl_span name; // the first member of both
  memcpy(&name, element, sizeof name);
  return name;
}

// Heapsort: any input takes n log n.
static void sift(const uint8_t *bytes, uint8_t *list, size_t size, uint32_t at, uint32_t count) {
  for (;;) {
    uint64_t child = 2 * (uint64_t)at + 1;
    if (child >= count) return;
    if (child + 1 < count &&
        compare(bytes, name_of(list + child * size), name_of(list + (child + 1) * size)) < 0)
      child++;
    if (compare(bytes, name_of(list + at * size), name_of(list + child * size)) >= 0) return;
    swap(list + at * size, list + child * size, size);
    at = (uint32_t)child;
  }
}

static sl_status sort(const uint8_t *bytes, void *elements, size_t size, uint32_t count) {
  uint8_t *list = elements;
  for (uint32_t i = count / 2; i-- > 0;) sift(bytes, list, size, i, count);
  for (uint32_t n = count; n > 1; n--) {
    swap(list, list + (n - 1) * size, size);
    sift(bytes, list, size, 0, n - 1);
  }
  for (uint32_t i = 1; i < count; i++) {
    const sl_span name = name_of(list + i * size);
    if (compare(bytes, name_of(list + (i - 1) * size), name) == 0)
      return sl_weights_bad(name.at, "names that stand once");
  }
  return SL_OK;
}

sl_status sl_weights_parse(sl_weights *w) {
  SL_REQUIRE(w->kind == 0, SL_ERR_STATE, "weights", "bytes that were not parsed before");
  w->kind = w->length >= 4 && memcmp(w->bytes, "GGUF", 4) == 0 ? SL_WEIGHTS_GGUF : SL_WEIGHTS_ONNX;
  SL_TRY(w->kind == SL_WEIGHTS_GGUF ? sl_gguf_parse(w) : sl_onnx_parse(w));
  SL_TRY(sort(w->bytes, w->tensors, sizeof *w->tensors, w->tensor_count));
  return sort(w->bytes, w->entries, sizeof *w->entries, w->entry_count);
}

// ---- reading ------------------------------------------------------------------------------------

uint32_t sl_weights_kind_of(const sl_weights *w) { return w->kind; }
uint32_t sl_weights_count(const sl_weights *w) { return w->tensor_count; }
const sl_weight *sl_weights_get(const sl_weights *w, uint32_t i) { return &w->tensors[i]; }
uint32_t sl_weights_entries(const sl_weights *w) { return w->entry_count; }
const sl_weights_entry *sl_weights_entry_at(const sl_weights *w, uint32_t i) {
  return &w->entries[i];
}
uint32_t sl_weights_convolutions(const sl_weights *w) { return w->convolution_count; }
const sl_convolution *sl_weights_convolution(const sl_weights *w, uint32_t i) {
  return &w->convolutions[i];
}

sl_status sl_weights_find(const sl_weights *w, const char *name, size_t bytes, uint32_t *out) {
  uint32_t from = 0, to = w->tensor_count;
  while (from < to) {
    const uint32_t middle = from + (to - from) / 2;
    const sl_span found = w->tensors[middle].name;
    const size_t least = found.bytes < bytes ? found.bytes : bytes;
    int order = least > 0 ? memcmp(w->bytes + found.at, name, least) : 0;
    if (order == 0) order = found.bytes < bytes ? -1 : found.bytes > bytes;
    if (order == 0) {
      *out = middle;
      return SL_OK;
    }
    if (order < 0)
      from = middle + 1;
    else
      to = middle;
  }
  return sl_fail(SL_ERR_FORMAT, "bytes", "a tensor of the name that is asked for", SL_NO_POSITION);
}

static float half_at(const uint8_t *at) {
  uint16_t half;
  memcpy(&half, at, sizeof half);
  return sl_float16_to_f32(half);
}

static NOINLINE void read_halves(const uint8_t *at, uint64_t count, float *out) {
  for (uint64_t i = 0; i < count; i++) out[i] = half_at(at + 2 * i);
}
static NOINLINE void read_brain(const uint8_t *at, uint64_t count, float *out) {
  for (uint64_t i = 0; i < count; i++) {
    const uint32_t bits = (uint32_t)(at[2 * i] | at[2 * i + 1] << 8) << 16;
    memcpy(&out[i], &bits, sizeof bits);
  }
}
static NOINLINE void read_integers(const uint8_t *at, uint64_t count, float *out) {
  for (uint64_t i = 0; i < count; i++) out[i] = (float)(int64_t)sl_get_u64(at + 8 * i);
}
static NOINLINE void read_q8(const uint8_t *at, uint64_t count, float *out) {
  for (uint64_t i = 0; i < count; i += BLOCK, at += Q8_BYTES, out += BLOCK) {
    const float scale = half_at(at);
    for (int j = 0; j < BLOCK; j++) out[j] = (float)(int8_t)at[2 + j] * scale;
  }
}
static NOINLINE void read_q4(const uint8_t *at, uint64_t count, float *out) {
  for (uint64_t i = 0; i < count; i += BLOCK, at += Q4_BYTES, out += BLOCK) {
    const float scale = half_at(at);
    for (int j = 0; j < BLOCK / 2; j++) {
      out[j] = (float)((at[2 + j] & 15) - 8) * scale;
      out[j + BLOCK / 2] = (float)((at[2 + j] >> 4) - 8) * scale;
    }
  }
}

sl_status sl_weights_read(const sl_weights *w, uint32_t tensor, float *out) {
  SL_REQUIRE(tensor < w->tensor_count, SL_ERR_INDEX, "tensor", "the number of a tensor");
  const sl_weight *t = &w->tensors[tensor];
  SL_REQUIRE_AT(t->data.bytes > 0 || t->elements == 0, SL_ERR_FORMAT, "bytes",
                "elements of the tensor as raw data", t->name.at);
  const uint8_t *at = w->bytes + t->data.at;
  switch (t->type) {
  case SL_WEIGHT_F32:
    if (t->elements > 0) memcpy(out, at, t->elements * sizeof *out);
    break;
  case SL_WEIGHT_F16:
    read_halves(at, t->elements, out);
    break;
  case SL_WEIGHT_BF16:
    read_brain(at, t->elements, out);
    break;
  case SL_WEIGHT_I64:
    read_integers(at, t->elements, out);
    break;
  case SL_WEIGHT_Q8_0:
    read_q8(at, t->elements, out);
    break;
  default:
    read_q4(at, t->elements, out);
  }
  return SL_OK;
}

sl_status sl_weights_facts(const sl_weights *w, uint32_t i, double *out) {
  SL_REQUIRE(i < w->tensor_count, SL_ERR_INDEX, "tensor", "the number of a tensor");
  const sl_weight *t = &w->tensors[i];
  const double facts[SL_WEIGHT_FACTS] = {(double)t->name.at,
                                         (double)t->name.bytes,
                                         t->type,
                                         t->rank,
                                         t->dims[0],
                                         t->dims[1],
                                         t->dims[2],
                                         t->dims[3],
                                         (double)t->elements,
                                         (double)t->data.at,
                                         (double)t->data.bytes};
  memcpy(out, facts, sizeof facts);
  return SL_OK;
}

sl_status sl_weights_entry_facts(const sl_weights *w, uint32_t i, double *out) {
  SL_REQUIRE(i < w->entry_count, SL_ERR_INDEX, "entry", "the number of an entry");
  const sl_weights_entry *e = &w->entries[i];
  const double facts[SL_ENTRY_FACTS] = {
      (double)e->key.at,   (double)e->key.bytes,  e->type, e->of, (double)e->count,
      (double)e->value.at, (double)e->value.bytes};
  memcpy(out, facts, sizeof facts);
  return SL_OK;
}

size_t sl_weights_held(const sl_weights *w) {
  return sizeof *w + w->length + w->tensor_room * sizeof *w->tensors +
         w->entry_room * sizeof *w->entries + w->convolution_room * sizeof *w->convolutions;
}
