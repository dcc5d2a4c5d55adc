#include "hnsw/heads.h"

#include "simd/round.h"

// Elements of a row that has a head, the part of it that the head is, and what that is rounded to.
enum { HEAD_LEAST = 256, HEAD_PART = 3, HEAD_STEP = 64 };
static const float DEVIATIONS = 2;
// Rows whose heads are looked at before the rest of any of them.
enum { PIECE = 64 };

static uint32_t bits_of(sl_score score) {
  return score == SL_SCORE_RABITQ2 ? 2 : (score == SL_SCORE_RABITQ4 ? 4 : 8);
}

// Twice the middle of the values of a code.
static int32_t middle_of(uint32_t bits) { return bits == 8 ? -1 : (1 << bits) - 1; }

static void dot4(uint32_t bits, const int16_t *query, const unsigned char *const rows[4], size_t n,
                 int32_t out[4]) {
  if (bits == 2) {
    sl_dot4_i16_u2(query, rows, n, out);
  } else if (bits == 4) {
    sl_dot4_i16_u4(query, rows, n, out);
  } else {
    sl_dot4_i16_i8(query, (const int8_t *const *)rows, n, out);
  }
}

// Of integers: their sum, and about the sum of their squares.
static double squares_of(const int16_t *x, uint32_t from, uint32_t to, int32_t *sum) {
  sl_f32x4 squares = sl_f32x4_splat(0);
  sl_i32x4 all = {0, 0, 0, 0};
  for (uint32_t i = from; i < to; i += 4) {
    sl_f32x4 v = sl_f32x4_load_i16(x + i);
    all += sl_i32x4_load_i16(x + i);
    squares += v * v;
  }
  *sum = (all[0] + all[1]) + (all[2] + all[3]);
  return ((double)squares[0] + squares[1]) + ((double)squares[2] + squares[3]);
}

void sl_heads_query(const sl_store *store, sl_scorer *s) {
  uint32_t n = store->padded, head = (n / HEAD_PART + HEAD_STEP / 2) / HEAD_STEP * HEAD_STEP;
  if (!sl_score_has_heads(store->score) || n < HEAD_LEAST) return;
  int32_t rest_zero;
  double squares = squares_of(s->query, 0, head, &s->head_zero);
  double rest = squares_of(s->query, head, n, &rest_zero);
  if (squares == 0) return;
  s->head = head;
  s->head_whole = (float)(1 + rest / squares);
  s->head_variance = DEVIATIONS * DEVIATIONS * (float)(rest / squares) / (float)n;
  s->head_length = store->metric == SL_METRIC_DOT ? s->length : 2 * s->length;
}

// Could the key of a row whose head has this product be at most `limit`? Written so that what is not
// a number counts as near.
static inline bool may_be_near(const sl_scorer *s, const sl_code_tail *tail, float product,
                               float limit) {
  float wanted = s->base + tail->add - limit; // of the product of the whole row, in the key's terms
  float gap = wanted - s->factor * tail->scale * s->head_whole * product;
  float most = s->head_length * tail->length;
  return !((gap > 0) & (gap * gap > s->head_variance * (most * most - wanted * wanted)));
}

// The same for PIECE slots at most, that stand at or behind `kept`.
static __attribute__((noinline)) uint32_t sieve(uint32_t bits, const sl_scorer *s,
                                                const uint32_t *slots, uint32_t count, float limit,
                                                uint32_t *kept, float *keys) {
  const unsigned char *rows[PIECE + 3];
  int32_t heads[PIECE + 3];
  const sl_chunks here = s->rows;
  uint32_t n = 0, bytes = s->head / 8 * bits;
  int32_t middle = middle_of(bits);
  for (uint32_t i = 0; i < count; i++) {
    rows[i] = sl_chunks_at(&here, slots[i]);
    sl_touch(rows[i], bytes);
    sl_touch(rows[i] + s->tail_at, 1);
  }
  for (uint32_t i = count; i % 4 != 0; i++) rows[i] = rows[count - 1];
  for (uint32_t i = 0; i < count; i += 4) {
    const unsigned char *four[4] = {rows[i], rows[i + 1], rows[i + 2], rows[i + 3]};
    int32_t products[4];
    dot4(bits, s->query, four, s->head, products);
    uint32_t most = count - i < 4 ? count - i : 4;
    for (uint32_t r = 0; r < most; r++) {
      float product = (float)(2 * products[r] - middle * s->head_zero);
      kept[n] = slots[i + r];
      rows[n] = four[r];
      heads[n] = products[r];
      n += may_be_near(s, sl_tail_of(s, four[r]), product, limit);
    }
  }
  for (uint32_t i = 0; i < n; i++) sl_touch(rows[i] + bytes, s->tail_at - bytes);
  for (uint32_t i = n; i % 4 != 0; i++) rows[i] = rows[n - 1];
  for (uint32_t i = 0; i < n; i += 4) {
    const unsigned char *four[4];
    int32_t products[4];
    for (uint32_t r = 0; r < 4; r++) four[r] = rows[i + r] + bytes;
    dot4(bits, (const int16_t *)s->query + s->head, four, s->padded - s->head, products);
    for (uint32_t r = 0; r < 4 && i + r < n; r++) {
      int32_t product = 2 * (heads[i + r] + products[r]) - middle * s->zero;
      keys[i + r] = sl_code_key(s, sl_tail_of(s, rows[i + r]), (float)product);
    }
  }
  return n;
}

uint32_t sl_heads_sieve(sl_score score, const sl_scorer *s, uint32_t *slots, uint32_t count,
                        float limit, float *keys) {
  uint32_t kept = 0, bits = bits_of(score);
  for (uint32_t at = 0; at < count; at += PIECE) {
    uint32_t some = count - at < PIECE ? count - at : PIECE;
    kept += sieve(bits, s, slots + at, some, limit, slots + kept, keys + kept);
  }
  return kept;
}
