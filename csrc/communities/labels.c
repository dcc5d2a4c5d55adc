// Labels: from any numbers to small ones, and to those of an answer.
#include "communities/question.h"

uint32_t sl_labels_first_seen(uint32_t n, const uint32_t *in, uint32_t *out, uint32_t *table,
                              uint32_t most) {
  for (uint32_t i = 0; i < most; i++) table[i] = NONE;
  uint32_t count = 0;
  for (uint32_t u = 0; u < n; u++) {
    uint32_t *found = &table[in[u]];
    if (*found == NONE) *found = count++;
    out[u] = *found;
  }
  return count;
}

// Open addressing: keys are labels, whatever they are.
static sl_status by_hashing(uint32_t n, const uint32_t *in, uint32_t *out, uint32_t *count) {
  uint32_t bits = 4;
  while ((1ull << bits) < 2ull * n) bits++;
  const size_t mask = ((size_t)1 << bits) - 1;
  uint32_t *keys, *numbers;
  SL_TRY(SL_ALLOC(&keys, mask + 1));
  const sl_status status = SL_ALLOC(&numbers, mask + 1);
  if (status != SL_OK) {
    sl_free(keys);
    return status;
  }
  memset(numbers, 0xff, (mask + 1) * sizeof *numbers);
  uint32_t found = 0;
  for (uint32_t u = 0; u < n; u++) {
    const uint32_t key = in[u];
    size_t at = (size_t)((key * 0x9e3779b97f4a7c15u) >> 32) & mask;
    while (numbers[at] != NONE && keys[at] != key) at = (at + 1) & mask;
    if (numbers[at] == NONE) {
      keys[at] = key;
      numbers[at] = found++;
    }
    out[u] = numbers[at];
  }
  sl_free(keys);
  sl_free(numbers);
  *count = found;
  return SL_OK;
}

sl_status sl_labels_dense(uint32_t n, const uint32_t *in, uint32_t *out, uint32_t *count) {
  uint32_t largest = 0;
  for (uint32_t u = 0; u < n; u++)
    if (in[u] > largest) largest = in[u];
  if (largest >= 4ull * n + 1024) return by_hashing(n, in, out, count);
  uint32_t *table;
  SL_TRY(SL_ALLOC(&table, (size_t)largest + 1));
  *count = sl_labels_first_seen(n, in, out, table, largest + 1);
  sl_free(table);
  return SL_OK;
}

void sl_labels_by_size(uint32_t n, uint32_t *labels, uint32_t count, uint32_t *scratch) {
  uint32_t *size = scratch, *place = scratch + n + 1;
  // Counting sort by falling size: stable, and first seen means smallest node.
  memset(size, 0, count * sizeof *size);
  memset(place, 0, ((size_t)n + 1) * sizeof *place);
  for (uint32_t u = 0; u < n; u++) size[labels[u]]++;
  for (uint32_t i = 0; i < count; i++) place[n - size[i]]++;
  uint32_t before = 0;
  for (uint32_t i = 0; i <= n; i++) {
    const uint32_t here = place[i];
    place[i] = before;
    before += here;
  }
  for (uint32_t i = 0; i < count; i++) size[i] = place[n - size[i]]++;
  for (uint32_t u = 0; u < n; u++) labels[u] = size[labels[u]];
}
