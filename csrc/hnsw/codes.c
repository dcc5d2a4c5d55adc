#include "hnsw/codes.h"

#include <math.h>
#include <string.h>

#include "hnsw/levels.h"
#include "hnsw/model.h"
#include "hnsw/product.h"
#include "quant/binary.h"
#include "quant/float16.h"
#include "quant/int8.h"
#include "quant/rotation.h"
#include "simd/kernels.h"
#include "simd/round.h"

// Early vectors: enough to know the centre of most data, and never more than some megabytes.
// Sixteen centroids take more of them.
enum { EARLY_VECTORS = 256, EARLY_OF_PRODUCT = 1024 };
enum { EARLY_NUMBERS = 1 << 20, EARLY_LEAST = 16 };
enum { PLANES = 4 };
// Of the bound of rabitq2 to rabitq8, where it decides whether to look further: 1.3 standard
// deviations. With ten to find, twenty ranked again and the last of them just so far behind the
// tenth, 0.3 are lost on average, and fewer the farther it is behind. The whole bound looked at four
// times as many candidates for the last half of a percent, which a larger ef gives as well.
static const double LEVELS_SHARE = 0.7;
// The part of its range that a query made of a row should use at least.
enum { QUERY_USED = 8 };
static const float MIDDLE = 7.5f; // of the values of a query in four planes

static bool is_squared(const sl_store *store) { return store->metric != SL_METRIC_DOT; }

void sl_codes_shape(sl_store *store) {
  uint32_t n = store->dimension;
  if (store->codes == SL_CODES_INT8) {
    store->padded = (n + SL_I8_STEP - 1) / SL_I8_STEP * SL_I8_STEP;
    store->tail_at = store->padded;
    store->query_bytes = 2 * store->padded;
  } else if (store->codes == SL_CODES_FLOAT16) {
    store->padded = (n + SL_F16_STEP - 1) / SL_F16_STEP * SL_F16_STEP;
    store->tail_at = 2 * store->padded;
    store->query_bytes = 4 * store->padded;
  } else if (sl_codes_levels(store->codes) > 0) {
    sl_levels_shape(store);
  } else if (store->codes == SL_CODES_PRODUCT) {
    sl_pq_shape(store);
  } else {
    store->padded = ((n + 7) / 8 + SL_BITS_STEP - 1) / SL_BITS_STEP * SL_BITS_STEP;
    store->tail_at = store->padded;
    store->query_bytes = PLANES * store->padded;
  }
  store->row_bytes = store->tail_at + (uint32_t)sizeof(sl_code_tail);
  if (store->exact != SL_EXACT_FLOAT32) {
    uint32_t room = EARLY_NUMBERS / n;
    uint32_t most = store->codes == SL_CODES_PRODUCT ? EARLY_OF_PRODUCT : EARLY_VECTORS;
    store->early_limit = room > most ? most : (room < EARLY_LEAST ? EARLY_LEAST : room);
  }
}

// --- rows ----------------------------------------------------------------------------------------

// Not less than a square root of x, as an f32.
static float root_above(double x) { return (float)(sqrt(x > 0 ? x : 0) * (1 + 0x1p-22)); }

float *sl_code_centred(const sl_store *store, const float *vector, uint32_t padded) {
  float *work = sl_codes_scratch(store);
  const float *centre = sl_model_centre(store);
  for (uint32_t i = 0; i < store->dimension; i++) work[i] = vector[i] - centre[i];
  for (uint32_t i = store->dimension; i < padded; i++) work[i] = 0;
  return work;
}

// Sum and |x^|^2 or -c.x^ from the code and the scale.
static void finish_int8(const sl_store *store, const int8_t *codes, sl_code_tail *tail) {
  const float *widths = sl_model_widths(store), *centre = sl_model_centre(store);
  double squares = 0, dot = 0;
  for (uint32_t i = 0; i < store->dimension; i++) {
    double x = (double)widths[i] * codes[i];
    squares += x * x;
    dot += x * centre[i];
  }
  double scale = tail->scale;
  tail->add = (float)(is_squared(store) ? scale * scale * squares : -scale * dot);
  tail->sum = sl_sum_i8(codes, store->padded);
}

static void write_int8(const sl_store *store, const float *vector, unsigned char *row) {
  uint32_t n = store->dimension;
  int8_t *codes = (int8_t *)row;
  const float *widths = sl_model_widths(store);
  float *x = sl_code_centred(store, vector, n);
  sl_code_tail tail = {0};
  double lost = 0;
  for (uint32_t i = 0; i < n; i++) x[i] /= widths[i];
  memset(codes + n, 0, store->padded - n);
  tail.scale = sl_int8_encode(x, n, codes);
  for (uint32_t i = 0; i < n; i++) {
    double d = ((double)x[i] - (double)tail.scale * codes[i]) * widths[i];
    lost += d * d;
  }
  tail.error = root_above(lost);
  finish_int8(store, codes, &tail);
  memcpy(row + store->tail_at, &tail, sizeof tail);
}

static void finish_float16(const sl_store *store, const uint16_t *halves, sl_code_tail *tail) {
  const float *centre = sl_model_centre(store);
  double squares = 0, dot = 0;
  for (uint32_t i = 0; i < store->dimension; i++) {
    double x = (double)tail->scale * sl_float16_to_f32(halves[i]);
    squares += x * x;
    dot += x * centre[i];
  }
  tail->add = (float)(is_squared(store) ? squares : -dot);
  tail->length = root_above(squares);
}

static void write_float16(const sl_store *store, const float *vector, unsigned char *row) {
  uint32_t n = store->dimension;
  uint16_t *halves = (uint16_t *)row;
  const float *x = sl_code_centred(store, vector, n);
  sl_code_tail tail = {0};
  double lost = 0;
  tail.scale = sl_norm_inf_f32(x, n);
  memset(row, 0, store->tail_at);
  for (uint32_t i = 0; i < n && tail.scale > 0; i++) {
    halves[i] = sl_float16_from_f32(x[i] / tail.scale);
    double d = x[i] - (double)tail.scale * sl_float16_to_f32(halves[i]);
    lost += d * d;
  }
  tail.error = root_above(lost);
  finish_float16(store, halves, &tail);
  memcpy(row + store->tail_at, &tail, sizeof tail);
}

static void write_others(const sl_store *store, const float *vector, unsigned char *row) {
  uint32_t bits = sl_codes_bits(store); // of product codes: elements
  float *x = sl_code_centred(store, vector, bits);
  const float *centre = sl_model_centre(store);
  sl_code_tail tail = {0};
  double squares = 0, sum = 0, dot = 0;
  for (uint32_t i = 0; i < store->dimension; i++) dot += (double)x[i] * centre[i];
  if (store->codes == SL_CODES_PRODUCT) {
    sl_pq_write(store, x, -dot, row);
    return;
  }
  if (sl_codes_levels(store->codes) > 0) {
    sl_levels_write(store, x, -dot, row);
    return;
  }
  sl_rotate(x, bits);
  for (uint32_t i = 0; i < bits; i++) {
    squares += (double)x[i] * x[i];
    sum += fabs((double)x[i]);
  }
  sl_binary_encode(x, bits, row);
  // With o the direction of x - c and o^ that of its signs, <o^, o> = sum / (sqrt(bits) |x - c|).
  double length = sqrt(squares), cosine = length > 0 ? sum / (sqrt(bits) * length) : 1;
  double sine = cosine < 1 ? sqrt(1 - cosine * cosine) : 0;
  tail.scale = sum > 0 ? (float)(squares / sum) : 0;
  tail.add = (float)(is_squared(store) ? squares : -dot);
  tail.error = (float)(length * sine / cosine * sl_rabitq_spread(store));
  tail.length = (float)length;
  memcpy(row + store->tail_at, &tail, sizeof tail);
}

void sl_code_write(const sl_store *store, const float *vector, unsigned char *row) {
  if (store->codes == SL_CODES_INT8) {
    write_int8(store, vector, row);
  } else if (store->codes == SL_CODES_FLOAT16) {
    write_float16(store, vector, row);
  } else {
    write_others(store, vector, row);
  }
}

void sl_code_read(const sl_store *store, const unsigned char *row, float *vector) {
  uint32_t n = store->dimension;
  const float *centre = sl_model_centre(store), *widths = sl_model_widths(store);
  sl_code_tail tail;
  memcpy(&tail, row + store->tail_at, sizeof tail);
  if (store->codes == SL_CODES_INT8) {
    sl_int8_decode((const int8_t *)row, n, tail.scale, vector);
    for (uint32_t i = 0; i < n; i++) vector[i] = vector[i] * widths[i] + centre[i];
  } else if (store->codes == SL_CODES_FLOAT16) {
    sl_float16_decode((const uint16_t *)row, n, vector);
    for (uint32_t i = 0; i < n; i++) vector[i] = vector[i] * tail.scale + centre[i];
  } else if (sl_codes_levels(store->codes) > 0) {
    float *x = sl_codes_scratch(store);
    sl_levels_read(store, row, x);
    sl_code_turn_back(store, x, vector);
  } else if (store->codes == SL_CODES_PRODUCT) {
    float *x = sl_codes_scratch(store);
    sl_pq_read(store, row, x);
    for (uint32_t i = 0; i < n; i++) vector[i] = x[i] + centre[i];
  } else {
    // The part of x - c that lies in the direction of its signs.
    uint32_t bits = sl_codes_bits(store);
    float *x = sl_codes_scratch(store);
    double length = tail.length;
    float size = tail.scale > 0 ? (float)(length * length / ((double)tail.scale * bits)) : 0;
    for (uint32_t i = 0; i < bits; i++) x[i] = row[i / 8] >> (i % 8) & 1 ? size : -size;
    sl_code_turn_back(store, x, vector);
  }
}

void sl_code_turn_back(const sl_store *store, float *x, float *vector) {
  const float *centre = sl_model_centre(store);
  sl_rotate_back(x, sl_codes_bits(store));
  for (uint32_t i = 0; i < store->dimension; i++) vector[i] = x[i] + centre[i];
}

// --- queries -------------------------------------------------------------------------------------

// The largest magnitude of a query that keeps products with rows below 2^31.
static uint32_t query_most(const sl_store *store) {
  uint32_t room = 0x7fffffffu / (2 * 127 * store->padded);
  return room < SL_I14_QUERY_MOST / 2 ? room : SL_I14_QUERY_MOST / 2;
}

// 14-bit values of x, in the scratch; x has room up to `padded`. Returns what one step of a value
// stands for.
static float pack_int8(const sl_store *store, float *x, void *buffer, sl_scorer *s) {
  uint32_t n = store->dimension, most = query_most(store);
  float step = sl_norm_inf_f32(x, n) / (float)most, inverse = 1 / step;
  if (!(step > 0) || !isfinite(inverse)) step = inverse = 0;
  int16_t *values = (int16_t *)sl_codes_read_buffer(store);
  s->zero = (int32_t)most;
  const sl_i32x4 zero = {s->zero, s->zero, s->zero, s->zero};
  for (uint32_t i = n; i < store->padded; i++) x[i] = 0;
  for (uint32_t i = 0; i < store->padded; i += 8) {
    sl_i32x4 low = sl_f32x4_round(sl_f32x4_load(x + i) * sl_f32x4_splat(inverse));
    sl_i32x4 high = sl_f32x4_round(sl_f32x4_load(x + i + 4) * sl_f32x4_splat(inverse));
    sl_i16x8 both = sl_i16x8_narrow(low + zero, high + zero);
    memcpy(values + i, &both, sizeof both);
  }
  sl_i14_pack((const uint16_t *)values, store->padded, buffer);
  return step;
}

// Returns what rounding may do to a product at most, to be multiplied with a row's scale: a code is
// 126 at most.
static double query_int8(const sl_store *store, float *x, void *buffer, sl_scorer *s) {
  const float *widths = sl_model_widths(store);
  for (uint32_t i = 0; i < store->dimension; i++) x[i] *= widths[i];
  s->factor = pack_int8(store, x, buffer, s);
  const int16_t *values = (const int16_t *)sl_codes_read_buffer(store);
  const sl_f32x4 zero = sl_f32x4_splat((float)s->zero);
  const sl_f64x2 step = sl_f64x2_splat(s->factor);
  sl_f64x2 low = {0, 0}, high = low;
  for (uint32_t i = 0; i < store->padded; i += 4) { // behind the vector x and its values are zero
    sl_f32x4 y = sl_f32x4_load(x + i), value = sl_f32x4_load_i16(values + i) - zero;
    low += sl_f64x2_abs(sl_f64x2_low(y) - step * sl_f64x2_low(value));
    high += sl_f64x2_abs(sl_f64x2_high(y) - step * sl_f64x2_high(value));
  }
  return SL_INT8_MOST * sl_f64x2_sum(low + high);
}

// 2^112 times x relative to its largest: see simd/distance_f16.h.
static void query_float16(const sl_store *store, const float *x, float *query, sl_scorer *s) {
  uint32_t n = store->dimension;
  s->factor = sl_norm_inf_f32(x, n);
  for (uint32_t i = 0; i < store->padded; i++) {
    query[i] = i < n && s->factor > 0 ? x[i] / s->factor * 0x1p112f : 0;
  }
}

// Four planes of bits: the values 0..15 of a rotated vector, the middle is 0.
static double query_rabitq(const sl_store *store, float *x, uint8_t *planes, sl_scorer *s) {
  uint32_t bits = sl_codes_bits(store);
  sl_rotate(x, bits);
  float step = sl_norm_inf_f32(x, bits) / MIDDLE, inverse = 1 / step;
  if (!(step > 0) || !isfinite(inverse)) step = inverse = 0;
  double lost = 0;
  for (uint32_t at = 0; at < store->padded; at++) {
    uint32_t bytes = 0; // one of each plane
    for (uint32_t bit = 0; bit < 8; bit++) {
      float y = x[8 * at + bit];
      int32_t value = (int32_t)(y * inverse + MIDDLE + 0.5f);
      value = value > 15 ? 15 : (value < 0 ? 0 : value);
      double d = y - step * ((float)value - MIDDLE);
      lost += d * d;
      uint32_t v = (uint32_t)value;
      bytes |= ((v & 1) | (v & 2) << 7 | (v & 4) << 14 | (v & 8) << 21) << bit;
    }
    for (uint32_t plane = 0; plane < PLANES; plane++) {
      planes[plane * store->padded + at] = (uint8_t)(bytes >> 8 * plane);
    }
  }
  s->factor = step;
  return SL_RABITQ_EPSILON * sqrt(lost);
}

void sl_code_query(const sl_store *store, const float *vector, void *buffer, sl_scorer *s) {
  uint32_t padded = sl_codes_rotate(store->codes) ? sl_codes_bits(store) : store->padded;
  float *x = sl_code_centred(store, vector, padded);
  double squares = sl_dot_f32(x, x, store->dimension);
  s->base =
      (float)(is_squared(store) ? squares
                                : -sl_dot_f32(sl_model_centre(store), vector, store->dimension));
  // The least key of rabitq and product under dot is measured from the centre, those of the others
  // from zero.
  bool whole = !is_squared(store) && store->codes < SL_CODES_RABITQ;
  s->length = root_above(whole ? sl_dot_f32(vector, vector, store->dimension) : squares);
  double lost = 0;
  if (store->codes == SL_CODES_INT8) {
    lost = query_int8(store, x, buffer, s);
  } else if (store->codes == SL_CODES_FLOAT16) {
    query_float16(store, x, buffer, s);
  } else if (sl_codes_levels(store->codes) > 0) {
    lost = sl_levels_query(store, x, buffer, s);
  } else if (store->codes == SL_CODES_PRODUCT) {
    lost = sl_pq_query(store, x, buffer, s);
  } else {
    lost = query_rabitq(store, x, buffer, s);
  }
  s->error = (float)(lost * (1 + 0x1p-22));
  if (is_squared(store)) s->factor *= 2;
}

// The codes times the squares of the widths. In integers, all at once, unless the row has little in
// the wide dimensions, so that few of the bits would be used; then relative to its largest.
static float query_of_int8(const sl_store *store, const int8_t *codes, float *x, void *buffer,
                           sl_scorer *s) {
  uint32_t shift = 6, most = query_most(store);
  while (127u << shift > most) shift--;
  uint32_t used =
      sl_i14_weigh(codes, sl_codes_weights(store), store->padded, shift, buffer, &s->zero);
  if (used >= (127u << shift) / QUERY_USED) return (float)(1 << (15 - shift)) / SL_WEIGHT_ONE;
  const float *widths = sl_model_widths(store);
  for (uint32_t i = 0; i < store->dimension; i++) x[i] = widths[i] * widths[i] * (float)codes[i];
  return pack_int8(store, x, buffer, s);
}

void sl_code_query_of_slot(const sl_store *store, uint32_t slot, void *buffer, sl_scorer *s) {
  uint32_t n = store->dimension;
  const unsigned char *row = sl_store_row(store, slot);
  const sl_code_tail *tail = sl_tail_of(s, row);
  float *x = sl_codes_scratch(store);
  if (store->codes == SL_CODES_INT8) {
    s->factor = query_of_int8(store, (const int8_t *)row, x, buffer, s) * tail->scale;
  } else if (sl_codes_levels(store->codes) > 0) {
    sl_levels_query_of_row(store, row, buffer, s);
  } else {
    sl_float16_decode((const uint16_t *)row, n, x);
    query_float16(store, x, buffer, s);
    s->factor *= tail->scale;
  }
  // -(c + x^).(c + y^) = -(c.c + c.x^) - c.y^ - x^.y^
  const float *centre = sl_model_centre(store);
  s->base = is_squared(store) ? tail->add : tail->add - (float)sl_dot_f32(centre, centre, n);
  if (is_squared(store)) s->factor *= 2;
}

// |x - c|, or somewhat more.
static double length_of(const sl_store *store, const sl_code_tail *tail) {
  if (store->codes != SL_CODES_INT8) return tail->length;
  // Widths are 1 at most.
  return SL_INT8_MOST * sqrt(store->dimension) * (double)tail->scale + tail->error;
}

// What rounding may do to a key: its terms are f32, and so are the differences to the centre. The
// sum of products is one of integers, but for float16.
static double rounding_of(const sl_store *store, const sl_scorer *s, const sl_code_tail *tail,
                          float key) {
  double base = s->base, add = tail->add;
  double off = 0x1p-20 * (fabs(base) + fabs(add) + fabs(base + add - key)) + SL_KEY_UNDERFLOW;
  if (!is_squared(store)) off += 0x1p-23 * (double)s->length * length_of(store, tail);
  if (store->codes != SL_CODES_FLOAT16) return off;
  // |q - c| is at most sqrt(dimension) times its largest element, which the factor is.
  double product = sqrt(store->padded) * (double)s->factor * tail->length;
  return off + (store->padded / 8 + 16) * 0x1p-24 * product;
}

// With a share of the errors of int8 and rabitq codes.
static double key_least(const sl_store *store, const sl_scorer *s, uint32_t slot, float key,
                        double share) {
  const sl_code_tail *tail = sl_tail_of(s, sl_store_row(store, slot));
  if (store->codes == SL_CODES_PRODUCT) return sl_pq_key_least(store, s, tail, key);
  double rounding = rounding_of(store, s, tail, key);
  // <q, x^> is off by so much for the rounding of q.
  double query = share * (double)tail->scale * s->error;
  // rabitq: <q, x> is off by |q| tail.error for the signs.
  if (!is_squared(store)) return key - rounding - (double)s->length * share * tail->error - query;
  if (sl_codes_rotate(store->codes)) {
    return key - rounding - 2 * (share * (double)s->length * tail->error + query);
  }
  // |q^ - x^| of the key, to |q - x^|, to |q - x|.
  double squared = key - rounding - 2 * query;
  double least = squared > 0 ? sqrt(squared) - share * tail->error : 0;
  return least > 0 ? least * least : 0;
}

double sl_code_key_least(const sl_store *store, const sl_scorer *s, uint32_t slot, float key) {
  return key_least(store, s, slot, key, 1);
}

double sl_code_key_likely(const sl_store *store, const sl_scorer *s, uint32_t slot, float key) {
  bool levels = sl_codes_levels(store->codes) > 0;
  double share = store->codes == SL_CODES_INT8 ? store->error_share : (levels ? LEVELS_SHARE : 1);
  return key_least(store, s, slot, key, share);
}

// --- files ---------------------------------------------------------------------------------------

static bool is_zero(const unsigned char *bytes, uint32_t from, uint32_t to) {
  while (from < to && bytes[from] == 0) from++;
  return from == to;
}

static bool is_plausible(float x) { return x >= 0 && x <= 0x1p64f; }

static bool int8_are_valid(const sl_store *store, const int8_t *codes) {
  for (uint32_t i = 0; i < store->dimension; i++) {
    if (codes[i] < -SL_INT8_MOST || codes[i] > SL_INT8_MOST) return false;
  }
  return is_zero((const unsigned char *)codes, store->dimension, store->padded);
}

bool sl_code_is_valid(const sl_store *store, const unsigned char *row) {
  uint32_t n = store->dimension;
  sl_code_tail tail, again = {0};
  memcpy(&tail, row + store->tail_at, sizeof tail);
  // Differences within the limit, over widths of at least LEAST_WIDTH.
  if (!is_plausible(tail.scale) || !is_plausible(tail.error)) return false;
  again.scale = tail.scale;
  again.error = tail.error;
  if (store->codes == SL_CODES_INT8) {
    if (!int8_are_valid(store, (const int8_t *)row)) return false;
    finish_int8(store, (const int8_t *)row, &again);
  } else if (store->codes == SL_CODES_FLOAT16) {
    const uint16_t *halves = (const uint16_t *)row;
    for (uint32_t i = 0; i < n; i++) {
      if ((halves[i] & 0x7fff) > 0x3c00) return false; // beyond 1
    }
    if (!is_zero(row, 2 * n, store->tail_at)) return false;
    finish_float16(store, halves, &again);
  } else {
    again.length = tail.length;
    again.add = tail.add;
    bool product = store->codes == SL_CODES_PRODUCT;
    bool in_range = !is_squared(store) || product || tail.add >= 0;
    if (!in_range || !(fabsf(tail.add) <= 0x1p126f) || !is_plausible(tail.length)) return false;
  }
  return isfinite(again.add) && memcmp(&tail, &again, sizeof tail) == 0;
}

bool sl_code_from_older(const sl_store *store, unsigned char *row) {
  sl_code_tail tail = {0};
  memcpy(&tail.scale, row + store->tail_at, sizeof tail.scale);
  if (!(tail.scale >= 0 && tail.scale <= SL_DISTANCE_LIMIT)) return false;
  if (!int8_are_valid(store, (const int8_t *)row)) return false;
  tail.error = root_above(0.251 * tail.scale * tail.scale * store->dimension);
  finish_int8(store, (const int8_t *)row, &tail);
  memcpy(row + store->tail_at, &tail, sizeof tail);
  return true;
}
