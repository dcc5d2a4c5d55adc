// Any bytes as a file of weights: parsing fails cleanly or gives tensors and entries that lie in the
// file, in the order of their names, and can be read.
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "inference/voice.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void use(const sl_weights *w, size_t length) {
  const uint8_t *data = sl_weights_data(w);
  for (uint32_t i = 0; i < sl_weights_count(w); i++) {
    const sl_weight *t = sl_weights_get(w, i);
    uint32_t found;
    if (t->name.at + t->name.bytes > length || t->data.at + t->data.bytes > length) abort();
    if (sl_weights_find(w, (const char *)data + t->name.at, t->name.bytes, &found) != SL_OK ||
        found != i)
      abort();
    if (t->data.bytes == 0) continue;
    // No element takes less than half a byte.
    if (t->elements > 2 * length) abort();
    float *values = malloc(t->elements * sizeof *values + 1);
    if (sl_weights_read(w, i, values) != SL_OK) abort();
    free(values);
  }
  for (uint32_t i = 0; i < sl_weights_entries(w); i++) {
    const sl_weights_entry *e = sl_weights_entry_at(w, i);
    if (e->key.at + e->key.bytes > length || e->value.at + e->value.bytes > length) abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  sl_weights *w;
  sl_voice *v;
  sl_set_memory_limit((size_t)1 << 24);
  if (sl_weights_create(length, &w) != SL_OK) return 0;
  if (length > 0) memcpy(sl_weights_data(w), bytes, length);
  if (sl_weights_parse(w) == SL_OK) {
    use(w, length);
    if (sl_voice_create(w, &v) == SL_OK) sl_voice_destroy(v);
  }
  sl_weights_destroy(w);
  if (sl_bytes_in_use() != 0) abort();
  return 0;
}
