// Scoring stored rows against a query, four at a time, and the pool of the best found.
// Everything here is inlined into loops whose `score` is a constant.
#ifndef SL_HNSW_SCORE_H
#define SL_HNSW_SCORE_H

#include "hnsw/rows.h"
#include "simd/bits.h"
#include "simd/distance_f16.h"
#include "simd/distance_f32.h"
#include "simd/distance_i8.h"
#include "simd/distance_u4.h"
#include "simd/lookup_u4.h"
#include "simd/simd.h"

// A query and the rows it is compared with.
typedef struct sl_scorer {
  sl_chunks rows; // a copy: the rows' own blocks
  const float *factors;
  const void *query; // in the form that the rows' kernels take
  uint32_t padded;
  uint32_t tail_at;
  // Of codes with tails (codes.h); q is the query without the centre.
  int32_t zero;       // int8: what was added to each element; rabitq2 to 8: the sum of the query;
                      // product: of what was taken from the entries of the tables
  float base, factor; // see the head of codes.h
  float length;       // |q|
  float error;        // what its own code has lost, for a row whose scale is 1
  // Of walks over rabitq2 to 8 (heads.h).
  uint32_t head;          // elements that are compared first; 0: all at once
  int32_t head_zero;      // the sum of the query over these
  float head_whole;       // |q|^2 over that of these elements
  float head_variance;    // of what a product of them is off by, relative to the lengths
  float head_length;      // |q|, twice where keys are squares
  sl_sketch_query sketch; // where the store has sketches
} sl_scorer;

// Behind the code of a row: see codes.h. x^ is what the code stands for, without the centre.
typedef struct sl_code_tail {
  float scale; // of the product
  float add;   // |x^|^2 (rabitq: |x - c|^2), or under dot -c.x^ (rabitq: -c.(x - c))
  float error; // what the code has lost: |x - c - x^|; rabitq: see sl_code_key_least; or product.h
  union {
    int32_t sum;  // int8: of the codes
    float length; // otherwise: |x - c|
  };
} sl_code_tail;

// Reads a byte of each cache line of some rows and forgets it, so that the rows are on their way
// from memory, all at once, before the first of them is needed: wasm has no instruction for a
// prefetch. Of long rows the processor fetches the rest by itself.
enum { SL_TOUCH_MOST = 512, SL_CACHE_LINE = 64 };
static inline __attribute__((always_inline)) void sl_touch(const void *bytes, size_t count) {
  const volatile unsigned char *p = bytes;
  for (size_t at = 0; at < count; at += SL_CACHE_LINE) (void)p[at];
}
// found[i]: where row slots[i] lies.
static inline __attribute__((always_inline)) void
sl_touch_rows(const sl_chunks *rows, const uint32_t *slots, uint32_t count, const void **found) {
  const sl_chunks here = *rows; // no store below can change it
  size_t touched = here.item_bytes < SL_TOUCH_MOST ? here.item_bytes : SL_TOUCH_MOST;
  for (uint32_t i = 0; i < count; i++) {
    const void *row = sl_chunks_at(&here, slots[i]);
    found[i] = row;
    sl_touch(row, touched);
  }
}

static inline const sl_code_tail *sl_tail_of(const sl_scorer *s, const void *row) {
  return (const sl_code_tail *)((const unsigned char *)row + s->tail_at);
}
static inline float sl_code_key(const sl_scorer *s, const sl_code_tail *tail, float product) {
  return s->base + tail->add - s->factor * tail->scale * product;
}

// Keys of four slots, whose rows are given.
static inline __attribute__((always_inline)) void sl_score4(sl_score score, const sl_scorer *s,
                                                            const uint32_t slots[4],
                                                            const void *const rows[4],
                                                            float keys[4]) {
  switch (score) {
  case SL_SCORE_DOT:
    sl_dot4_f32(s->query, (const float *const *)rows, s->padded, keys);
    for (int r = 0; r < 4; r++) keys[r] = -keys[r];
    break;
  case SL_SCORE_SQUARED:
    sl_squared4_f32(s->query, (const float *const *)rows, s->padded, keys);
    break;
  case SL_SCORE_MANHATTAN:
    sl_manhattan4_f32(s->query, (const float *const *)rows, s->padded, keys);
    break;
  case SL_SCORE_HAMMING: {
    uint32_t bits[4];
    sl_hamming4(s->query, (const uint8_t *const *)rows, s->padded, bits);
    for (int r = 0; r < 4; r++) keys[r] = (float)bits[r];
    break;
  }
  case SL_SCORE_POINCARE:
    sl_squared4_f32(s->query, (const float *const *)rows, s->padded, keys);
    for (int r = 0; r < 4; r++) keys[r] *= s->factors[slots[r]];
    break;
  case SL_SCORE_INT8: {
    int32_t products[4];
    sl_dot4_i14_i8(s->query, (const int8_t *const *)rows, s->padded, products);
    for (int r = 0; r < 4; r++) {
      const sl_code_tail *tail = sl_tail_of(s, rows[r]);
      keys[r] = sl_code_key(s, tail, (float)(products[r] - s->zero * tail->sum));
    }
    break;
  }
  case SL_SCORE_FLOAT16: {
    float products[4];
    sl_dot4_f16(s->query, (const uint16_t *const *)rows, s->padded, products);
    for (int r = 0; r < 4; r++) keys[r] = sl_code_key(s, sl_tail_of(s, rows[r]), products[r]);
    break;
  }
  case SL_SCORE_RABITQ: {
    // The sum of (value - 7.5) * sign over 4-bit values, from the Hamming distances of their bits.
    uint32_t sums[4] = {0, 0, 0, 0};
    for (int plane = 0; plane < 4; plane++) {
      uint32_t bits[4];
      sl_hamming4((const uint8_t *)s->query + (size_t)plane * s->padded,
                  (const uint8_t *const *)rows, s->padded, bits);
      for (int r = 0; r < 4; r++) sums[r] += bits[r] << plane;
    }
    for (int r = 0; r < 4; r++) {
      float product = 60 * (float)s->padded - (float)sums[r];
      keys[r] = sl_code_key(s, sl_tail_of(s, rows[r]), product);
    }
    break;
  }
  case SL_SCORE_RABITQ2: {
    // Twice the sum of query * (value - 3/2).
    int32_t products[4];
    sl_dot4_i16_u2(s->query, (const uint8_t *const *)rows, s->padded, products);
    for (int r = 0; r < 4; r++) {
      keys[r] = sl_code_key(s, sl_tail_of(s, rows[r]), (float)(2 * products[r] - 3 * s->zero));
    }
    break;
  }
  case SL_SCORE_RABITQ4: {
    int32_t products[4];
    sl_dot4_i16_u4(s->query, (const uint8_t *const *)rows, s->padded, products);
    for (int r = 0; r < 4; r++) {
      keys[r] = sl_code_key(s, sl_tail_of(s, rows[r]), (float)(2 * products[r] - 15 * s->zero));
    }
    break;
  }
  case SL_SCORE_RABITQ8: {
    int32_t products[4];
    sl_dot4_i16_i8(s->query, (const int8_t *const *)rows, s->padded, products);
    for (int r = 0; r < 4; r++) {
      keys[r] = sl_code_key(s, sl_tail_of(s, rows[r]), (float)(2 * products[r] + s->zero));
    }
    break;
  }
  case SL_SCORE_PRODUCT:
    for (int r = 0; r < 4; r++) {
      int32_t product = (int32_t)sl_lookup1_u4(s->query, rows[r], s->tail_at) + s->zero;
      keys[r] = sl_code_key(s, sl_tail_of(s, rows[r]), (float)product);
    }
    break;
  }
}

// Keys of `count` slots, whose rows are given; all three arrays have room for count rounded up to a
// multiple of 4 (their tails are overwritten: the last slot is scored again, which costs no more
// than a branch would).
static inline __attribute__((always_inline)) void sl_score_found(sl_score score, const sl_scorer *s,
                                                                 uint32_t *slots,
                                                                 const void **found, uint32_t count,
                                                                 float *keys) {
  for (uint32_t i = count; i % 4 != 0; i++) {
    slots[i] = slots[count - 1];
    found[i] = found[count - 1];
  }
  for (uint32_t i = 0; i < count; i += 4) sl_score4(score, s, slots + i, found + i, keys + i);
}

// The same for a score known at run time only, with rows and without.
void sl_score_any_found(sl_score score, const sl_scorer *s, uint32_t *slots, const void **found,
                        uint32_t count, float *keys);
void sl_score_any(sl_score score, const sl_scorer *s, uint32_t *slots, uint32_t count, float *keys);

// One number to sort by: the key (made to order as an unsigned integer), then the slot, then a mark
// that the entry has been expanded. Ties go to the lower slot, so results have one order.
static inline __attribute__((always_inline)) uint64_t sl_entry(float key, uint32_t slot) {
  uint32_t bits;
  __builtin_memcpy(&bits, &key, sizeof bits);
  bits ^= (uint32_t)((int32_t)bits >> 31) | 0x80000000u;
  return (uint64_t)bits << 32 | (uint64_t)slot << 1;
}
static inline uint32_t sl_entry_slot(uint64_t entry) { return (uint32_t)entry >> 1; }
static inline float sl_entry_key(uint64_t entry) {
  uint32_t bits = (uint32_t)(entry >> 32);
  bits ^= bits >> 31 ? 0x80000000u : 0xffffffffu;
  float key;
  __builtin_memcpy(&key, &bits, sizeof key);
  return key;
}

// Inserts into an ascending array of at most `capacity` entries; the largest falls out when full.
// Returns the place taken, or `capacity` when the entry is not among the best.
static inline __attribute__((always_inline)) uint32_t sl_pool_insert(uint64_t *pool,
                                                                     uint32_t *count,
                                                                     uint32_t capacity,
                                                                     uint64_t entry) {
  uint32_t i = *count;
  if (i == capacity) {
    if (entry >= pool[i - 1]) return capacity;
    i--;
  } else {
    *count = i + 1;
  }
#ifndef SL_MICRO
  // Four places at a time: with hundreds of candidates this takes as long as the distances.
  while (i >= 4 && pool[i - 4] > entry) {
    sl_i64x2 low, high;
    __builtin_memcpy(&low, pool + i - 4, sizeof low);
    __builtin_memcpy(&high, pool + i - 2, sizeof high);
    __builtin_memcpy(pool + i - 3, &low, sizeof low);
    __builtin_memcpy(pool + i - 1, &high, sizeof high);
    i -= 4;
  }
#endif
  while (i > 0 && pool[i - 1] > entry) {
    pool[i] = pool[i - 1];
    i--;
  }
  pool[i] = entry;
  return i;
}

// Collecting the best of many where their order matters at the end only: the time of an insertion
// above grows with the capacity, here with its logarithm from SL_HEAP_FROM on. The same entries in
// the end. While it collects, the array's order is its own; sl_pool_sort ends it.
enum { SL_HEAP_FROM = 256 };
void sl_heap_keep(uint64_t *heap, uint32_t *count, uint32_t capacity, uint64_t entry);
static inline void sl_pool_keep(uint64_t *pool, uint32_t *count, uint32_t capacity,
                                uint64_t entry) {
  if (capacity < SL_HEAP_FROM) {
    sl_pool_insert(pool, count, capacity, entry);
  } else if (*count < capacity || entry < pool[0]) {
    sl_heap_keep(pool, count, capacity, entry);
  }
}

// A larger key is not kept.
static inline float sl_pool_limit(const uint64_t *pool, uint32_t count, uint32_t capacity) {
  if (count < capacity) return __builtin_inff();
  return sl_entry_key(pool[capacity < SL_HEAP_FROM ? capacity - 1 : 0]);
}

// Sorts entries of any order, ascending. O(count log count).
void sl_pool_sort(uint64_t *pool, uint32_t count);

#endif
