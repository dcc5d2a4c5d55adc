#include "hnsw/levels.h"

#include <math.h>
#include <string.h>

#include "hnsw/model.h"
#include "quant/levels.h"
#include "quant/rotation.h"
#include "simd/distance_i8.h"
#include "simd/distance_u4.h"
#include "simd/round.h"

// Largest magnitude of a query.
enum { QUERY_MOST = 8191 };
// The bits of an exact row.
enum { MORE = 4 };

typedef struct exact_tail {
  float scale, part;
} exact_tail;

void sl_levels_shape(sl_store *store) {
  uint32_t n = store->dimension, bits = sl_codes_levels(store->codes);
  uint32_t step = bits == 2 ? SL_U2_STEP : SL_U4_STEP;
  store->padded = (n + step - 1) / step * step;
  store->tail_at = store->padded / 8 * bits;
  store->query_bytes = 2 * store->padded;
}

static void pack(const uint8_t *values, uint32_t n, uint32_t bits, unsigned char *row) {
  if (bits == 2) {
    sl_u2_pack(values, n, row);
  } else if (bits == 4) {
    sl_u4_pack(values, n, row);
  } else {
    for (uint32_t i = 0; i < n; i++) row[i] = values[i] ^ 128;
  }
}

static uint8_t *unpack(const sl_store *store, const unsigned char *row, uint32_t bits) {
  uint32_t n = store->padded;
  uint8_t *values = sl_codes_values(store);
  if (bits == 2) {
    sl_u2_unpack(row, n, values);
  } else if (bits == 4) {
    sl_u4_unpack(row, n, values);
  } else {
    for (uint32_t i = 0; i < n; i++) values[i] = row[i] ^ 128;
  }
  return values;
}

// Products of x and the code v.
typedef struct products {
  double xx, xv, vv;
} products;

static products products_of(const float *x, const uint8_t *values, uint32_t n, uint32_t bits) {
  products p = {0};
  for (uint32_t i = 0; i < n; i++) {
    double v = sl_level(values[i], bits);
    p.xx += (double)x[i] * x[i];
    p.xv += x[i] * v;
    p.vv += v * v;
  }
  return p;
}

void sl_levels_write(const sl_store *store, float *x, double add, unsigned char *row) {
  uint32_t n = store->padded, bits = sl_codes_levels(store->codes);
  uint8_t *values = sl_codes_values(store);
  sl_rotate(x, n);
  sl_levels_encode(x, n, bits, values);
  pack(values, n, bits, row);
  products p = products_of(x, values, n, bits);
  double length = sqrt(p.xx), cosine = length > 0 ? p.xv / (sqrt(p.vv) * length) : 1;
  double sine = cosine < 1 ? sqrt(1 - cosine * cosine) : 0;
  sl_code_tail tail = {0};
  tail.scale = p.xv > 0 ? (float)(p.xx / p.xv) : 0;
  tail.add = (float)(store->metric == SL_METRIC_DOT ? add : p.xx);
  tail.error = (float)(length * sine / cosine * sl_rabitq_spread(store));
  tail.length = (float)length;
  memcpy(row + store->tail_at, &tail, sizeof tail);
}

// The factor of v that comes nearest to R (x - c): <x, v> / <v, v>.
static double nearest_factor(const sl_code_tail *tail, double vv) {
  return tail->scale > 0 ? (double)tail->length * tail->length / (tail->scale * vv) : 0;
}

void sl_levels_read(const sl_store *store, const unsigned char *row, float *x) {
  uint32_t n = store->padded, bits = sl_codes_levels(store->codes);
  const uint8_t *values = unpack(store, row, bits);
  sl_code_tail tail;
  memcpy(&tail, row + store->tail_at, sizeof tail);
  double vv = 0;
  for (uint32_t i = 0; i < n; i++) {
    x[i] = sl_level(values[i], bits);
    vv += (double)x[i] * x[i];
  }
  float factor = (float)nearest_factor(&tail, vv);
  for (uint32_t i = 0; i < n; i++) x[i] *= factor;
}

// --- queries -------------------------------------------------------------------------------------

// What rounding a query makes: the sum of its integers, and the squares of what is lost, by lanes.
typedef struct rounded {
  sl_i32x4 sum;
  sl_f64x2 lost;
} rounded;

static inline __attribute__((always_inline)) sl_i32x4 round4(const float *x, float inverse,
                                                             double step, rounded *all) {
  sl_f32x4 y = sl_f32x4_load(x);
  sl_i32x4 whole = sl_f32x4_round(y * sl_f32x4_splat(inverse));
  sl_f32x4 back = __builtin_convertvector(whole, sl_f32x4); // exact
  sl_f64x2 low = sl_f64x2_low(y) - sl_f64x2_low(back) * sl_f64x2_splat(step);
  sl_f64x2 high = sl_f64x2_high(y) - sl_f64x2_high(back) * sl_f64x2_splat(step);
  all->sum += whole;
  all->lost += low * low + high * high;
  return whole;
}

static __attribute__((noinline)) rounded round_query(const float *x, uint32_t n, float inverse,
                                                     double step, int16_t *query) {
  rounded all = {0};
  for (uint32_t i = 0; i < n; i += 8) {
    sl_i32x4 low = round4(x + i, inverse, step, &all);
    sl_i16x8 both = sl_i16x8_narrow(low, round4(x + i + 4, inverse, step, &all));
    memcpy(query + i, &both, sizeof both);
  }
  return all;
}

double sl_levels_query(const sl_store *store, float *x, int16_t *query, sl_scorer *s) {
  uint32_t n = store->padded, bits = sl_codes_levels(store->codes);
  // Twice a product with the largest values, and with those of exact rows, stays below 2^31.
  uint32_t room = 0x7fffffffu / (2 * (1u << (bits > MORE ? bits : MORE)) * n);
  float most = room < QUERY_MOST ? (float)room : (float)QUERY_MOST;
  sl_rotate(x, n);
  float step = sl_norm_inf_f32(x, n) / most, inverse = 1 / step;
  if (!(step > 0) || !isfinite(inverse)) step = inverse = 0;
  rounded all = round_query(x, n, inverse, step, query);
  s->zero = (all.sum[0] + all.sum[1]) + (all.sum[2] + all.sum[3]);
  s->factor = 0.5f * step; // products come doubled
  return SL_RABITQ_EPSILON * sqrt(sl_f64x2_sum(all.lost)) * sl_level((1u << bits) - 1, bits);
}

void sl_levels_query_of_row(const sl_store *store, const unsigned char *row, int16_t *query,
                            sl_scorer *s) {
  uint32_t n = store->padded, bits = sl_codes_levels(store->codes);
  const uint8_t *values = unpack(store, row, bits);
  int32_t most = (1 << bits) - 1;
  int64_t squares = 0;
  s->zero = 0;
  for (uint32_t i = 0; i < n; i++) {
    int32_t doubled = 2 * (int32_t)values[i] - most;
    query[i] = (int16_t)doubled;
    s->zero += doubled;
    squares += (int64_t)doubled * doubled;
  }
  s->factor = 0.25f * (float)nearest_factor(sl_tail_of(s, row), 0.25 * (double)squares);
}

// --- exact rows ----------------------------------------------------------------------------------

static exact_tail tail_of_exact(const sl_store *store, const unsigned char *exact) {
  exact_tail tail;
  memcpy(&tail, exact + store->padded / 2, sizeof tail);
  return tail;
}

void sl_levels_write_exact(const sl_store *store, uint32_t slot, float *x) {
  uint32_t n = store->padded, bits = sl_codes_levels(store->codes);
  unsigned char *exact = sl_store_exact(store, slot);
  const uint8_t *values = unpack(store, sl_store_row(store, slot), bits);
  uint8_t *rest = sl_codes_values(store) + n;
  sl_rotate(x, n);
  products code = products_of(x, values, n, bits);
  double scale = code.xv / code.vv;
  for (uint32_t i = 0; i < n; i++) x[i] -= (float)(scale * sl_level(values[i], bits));
  sl_levels_encode(x, n, MORE, rest);
  pack(rest, n, MORE, exact);
  products left = products_of(x, rest, n, MORE);
  double part = left.xv / left.vv, product = scale * code.xv;
  for (uint32_t i = 0; i < n; i++) {
    product += part * sl_level(rest[i], MORE) * (x[i] + scale * sl_level(values[i], bits));
  }
  // So that <x^, x> is |x|^2, and the estimate not too small.
  double whole = product > 0 ? code.xx / product : 0;
  exact_tail tail = {.scale = (float)(whole * scale), .part = (float)(whole * part)};
  if (!(tail.scale >= 0 && tail.part >= 0)) tail = (exact_tail){0};
  memcpy(exact + n / 2, &tail, sizeof tail);
}

void sl_levels_read_exact(const sl_store *store, uint32_t slot, float *x) {
  uint32_t n = store->padded, bits = sl_codes_levels(store->codes);
  const unsigned char *exact = sl_store_exact(store, slot);
  const uint8_t *values = unpack(store, sl_store_row(store, slot), bits);
  uint8_t *rest = sl_codes_values(store) + n;
  sl_u4_unpack(exact, n, rest);
  exact_tail tail = tail_of_exact(store, exact);
  for (uint32_t i = 0; i < n; i++) {
    x[i] = tail.scale * sl_level(values[i], bits) + tail.part * sl_level(rest[i], MORE);
  }
}

void sl_levels_exact_keys(const sl_store *store, const sl_scorer *s, const uint32_t slots[4],
                          float keys[4]) {
  uint32_t n = store->padded;
  const uint8_t *rows[4], *exacts[4];
  int32_t products[4], own[4];
  for (int r = 0; r < 4; r++) {
    rows[r] = sl_store_row(store, slots[r]);
    exacts[r] = sl_store_exact(store, slots[r]);
  }
  sl_dot4_i16_u4(s->query, exacts, n, products);
  int32_t middle = 15;
  if (store->codes == SL_CODES_RABITQ2) {
    sl_dot4_i16_u2(s->query, rows, n, own);
    middle = 3;
  } else if (store->codes == SL_CODES_RABITQ4) {
    sl_dot4_i16_u4(s->query, rows, n, own);
  } else {
    sl_dot4_i16_i8(s->query, (const int8_t *const *)rows, n, own);
    middle = -1;
  }
  for (int r = 0; r < 4; r++) {
    exact_tail tail = tail_of_exact(store, exacts[r]);
    float code = (float)(2 * own[r] - middle * s->zero);
    float product = tail.scale * code + tail.part * (float)(2 * products[r] - 15 * s->zero);
    keys[r] = s->base + sl_tail_of(s, rows[r])->add - s->factor * product;
  }
}

bool sl_levels_exact_is_valid(const sl_store *store, const unsigned char *exact) {
  exact_tail tail = tail_of_exact(store, exact);
  return tail.scale >= 0 && tail.scale <= 0x1p64f && tail.part >= 0 && tail.part <= 0x1p64f;
}
