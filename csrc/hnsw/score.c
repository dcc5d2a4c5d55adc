#include "hnsw/score.h"

// Sixteen rows at a time, the last ones again where there are fewer.
static void score_products(const sl_scorer *s, const void **found, uint32_t count, float *keys) {
  enum { ROWS = 16 };
  for (uint32_t at = 0; at < count; at += ROWS) {
    const uint8_t *rows[ROWS];
    uint32_t sums[ROWS], most = count - at < ROWS ? count - at : ROWS;
    for (uint32_t r = 0; r < ROWS; r++) rows[r] = found[at + (r < most ? r : most - 1)];
    sl_lookup16_u4(s->query, rows, s->tail_at, sums);
    for (uint32_t r = 0; r < most; r++) {
      keys[at + r] = sl_code_key(s, sl_tail_of(s, rows[r]), (float)((int32_t)sums[r] + s->zero));
    }
  }
}

void sl_score_any_found(sl_score score, const sl_scorer *s, uint32_t *slots, const void **found,
                        uint32_t count, float *keys) {
  switch (score) {
  case SL_SCORE_DOT:
    sl_score_found(SL_SCORE_DOT, s, slots, found, count, keys);
    break;
  case SL_SCORE_SQUARED:
    sl_score_found(SL_SCORE_SQUARED, s, slots, found, count, keys);
    break;
  case SL_SCORE_MANHATTAN:
    sl_score_found(SL_SCORE_MANHATTAN, s, slots, found, count, keys);
    break;
  case SL_SCORE_HAMMING:
    sl_score_found(SL_SCORE_HAMMING, s, slots, found, count, keys);
    break;
  case SL_SCORE_POINCARE:
    sl_score_found(SL_SCORE_POINCARE, s, slots, found, count, keys);
    break;
  case SL_SCORE_INT8:
    sl_score_found(SL_SCORE_INT8, s, slots, found, count, keys);
    break;
  case SL_SCORE_FLOAT16:
    sl_score_found(SL_SCORE_FLOAT16, s, slots, found, count, keys);
    break;
  case SL_SCORE_RABITQ:
    sl_score_found(SL_SCORE_RABITQ, s, slots, found, count, keys);
    break;
  case SL_SCORE_RABITQ2:
    sl_score_found(SL_SCORE_RABITQ2, s, slots, found, count, keys);
    break;
  case SL_SCORE_RABITQ4:
    sl_score_found(SL_SCORE_RABITQ4, s, slots, found, count, keys);
    break;
  case SL_SCORE_RABITQ8:
    sl_score_found(SL_SCORE_RABITQ8, s, slots, found, count, keys);
    break;
  case SL_SCORE_PRODUCT:
    score_products(s, found, count, keys);
    break;
  }
}

void sl_score_any(sl_score score, const sl_scorer *s, uint32_t *slots, uint32_t count,
                  float *keys) {
  enum { BLOCK = 64 };
  const void *found[BLOCK];
  for (uint32_t at = 0; at < count; at += BLOCK) {
    uint32_t most = count - at < BLOCK ? count - at : BLOCK;
    for (uint32_t i = 0; i < most; i++) found[i] = sl_chunks_at(&s->rows, slots[at + i]);
    sl_score_any_found(score, s, slots + at, found, most, keys + at);
  }
}

// Puts `entry` into the place at, whose children are heaps with the largest on top, or below it.
static void sift_down(uint64_t *heap, uint32_t count, uint32_t at, uint64_t entry) {
  for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && heap[child + 1] > heap[child]) child++;
    if (heap[child] <= entry) break;
    heap[at] = heap[child];
  }
  heap[at] = entry;
}

void sl_heap_keep(uint64_t *heap, uint32_t *count, uint32_t capacity, uint64_t entry) {
  if (*count == capacity) {
    sift_down(heap, capacity, 0, entry);
    return;
  }
  uint32_t at = (*count)++;
  for (uint32_t above; at > 0 && heap[above = (at - 1) / 2] < entry; at = above) {
    heap[at] = heap[above];
  }
  heap[at] = entry;
}

// Heapsort (J. W. J. Williams, R. W. Floyd, 1964): in place, never quadratic.
void sl_pool_sort(uint64_t *pool, uint32_t count) {
  for (uint32_t at = count / 2; at-- > 0;) sift_down(pool, count, at, pool[at]);
  for (uint32_t rest = count; rest-- > 1;) {
    uint64_t last = pool[rest];
    pool[rest] = pool[0];
    sift_down(pool, rest, 0, last);
  }
}
