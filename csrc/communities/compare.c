// Based on: L. Hubert, P. Arabie, "Comparing partitions", Journal of Classification 2 (1985),
// doi:10.1007/BF01908075; M. Meila, "Comparing clusterings by the variation of information", COLT
// 2003, doi:10.1007/978-3-540-45167-9_14.
#include "communities/compare.h"

#include "communities/question.h"

// Sorts keys by their digits, least first; `other` is as long.
static uint64_t *sort_keys(uint64_t *keys, uint64_t *other, uint32_t count) {
  for (int shift = 0; shift < 64; shift += 8) {
    uint32_t places[257] = {0};
    for (uint32_t i = 0; i < count; i++) places[((keys[i] >> shift) & 255) + 1]++;
    if (places[((keys[0] >> shift) & 255) + 1] == count) continue;
    for (int d = 0; d < 256; d++) places[d + 1] += places[d];
    for (uint32_t i = 0; i < count; i++) other[places[(keys[i] >> shift) & 255]++] = keys[i];
    uint64_t *swap = keys;
    keys = other;
    other = swap;
  }
  return keys;
}

static double pairs(double n) { return n * (n - 1) / 2; }

// Runs of equal keys >> shift: their number, the sum of n log n over them, and of the pairs in them.
typedef struct runs {
  uint32_t count;
  double entropy, together;
} runs;

static runs count_runs(const uint64_t *keys, uint32_t count, int shift) {
  runs found = {0};
  for (uint32_t i = 0, j; i < count; i = j) {
    for (j = i + 1; j < count && keys[j] >> shift == keys[i] >> shift;) j++;
    const double n = j - i;
    found.count++;
    found.entropy += n * log(n / count);
    found.together += pairs(n);
  }
  found.entropy /= -(double)count;
  return found;
}

sl_status sl_compare_labels(uint32_t count, const uint32_t *a, const uint32_t *b, double *numbers) {
  SL_REQUIRE(count > 0, SL_ERR_EMPTY, "count", "one label or more");
  uint64_t *keys, *other;
  SL_TRY(SL_ALLOC(&keys, count));
  const sl_status status = SL_ALLOC(&other, count);
  if (status != SL_OK) {
    sl_free(keys);
    return status;
  }
  for (uint32_t i = 0; i < count; i++) keys[i] = (uint64_t)a[i] << 32 | b[i];
  uint64_t *sorted = sort_keys(keys, other, count);
  const runs both = count_runs(sorted, count, 0), of_a = count_runs(sorted, count, 32);
  for (uint32_t i = 0; i < count; i++) keys[i] = (uint64_t)b[i] << 32;
  const runs of_b = count_runs(sort_keys(keys, other, count), count, 32);
  sl_free(keys);
  sl_free(other);

  const bool equal = both.count == of_a.count && both.count == of_b.count;
  const double entropies = of_a.entropy + of_b.entropy, all = pairs(count);
  const double expected = all > 0 ? of_a.together / all * of_b.together : 0;
  const double most = (of_a.together + of_b.together) / 2;
  const double mutual = fmax(0, entropies - both.entropy);
  numbers[0] = equal ? 1 : fmin(1, 2 * mutual / entropies);
  numbers[1] = equal ? 1 : (both.together - expected) / (most - expected);
  numbers[2] = equal ? 0 : fmax(0, 2 * both.entropy - entropies);
  numbers[3] = all > 0 ? (all - of_a.together - of_b.together + 2 * both.together) / all : 1;
  numbers[4] = of_a.count;
  numbers[5] = of_b.count;
  return SL_OK;
}
