#include "hnsw/product.h"

#include <math.h>
#include <string.h>

#include "hnsw/model.h"
#include "quant/rotation.h"

static const double SCALE_MOST = 4, DOT_SCALE_MOST = 0x1p20;
// Steps of the largest range of a table, one less than there is room for; and the most that is taken
// from an entry.
static const float STEPS = 254, OFFSET_MOST = 32767;

void sl_pq_shape(sl_store *store) {
  uint32_t step = 2 * SL_PART * SL_LOOKUP_STEP;
  store->padded = (store->dimension + step - 1) / step * step;
  store->tail_at = store->padded / (2 * SL_PART);
  store->query_bytes = 32 * store->tail_at;
}

// --- rows ----------------------------------------------------------------------------------------

// Products of x - c with itself and with x^.
typedef struct products {
  double xx, xy;
} products;

static products products_of(const sl_store *store, const float *x, const float *book,
                            const uint8_t *values) {
  products p = {0};
  for (uint32_t i = 0; i < store->padded; i++) {
    uint32_t part = i / SL_PART;
    double y = book[SL_PART_BOOK * part + SL_CENTROIDS * (i % SL_PART) + values[part]];
    p.xx += (double)x[i] * x[i];
    p.xy += x[i] * y;
  }
  return p;
}

static double scale_of(const sl_store *store, products p) {
  bool dot = store->metric == SL_METRIC_DOT;
  double most = dot ? DOT_SCALE_MOST : SCALE_MOST;
  if (!(p.xy > 0)) return 0;
  return p.xx < most * p.xy ? p.xx / p.xy : (dot ? 0 : most);
}

// x - c - scale x^ in `rest`, which may be NULL. Returns the sum of its squares.
static double rest_of(const sl_store *store, const float *x, const float *book,
                      const uint8_t *values, float scale, float *rest) {
  double squares = 0;
  for (uint32_t i = 0; i < store->padded; i++) {
    uint32_t part = i / SL_PART;
    double y = book[SL_PART_BOOK * part + SL_CENTROIDS * (i % SL_PART) + values[part]];
    double r = x[i] - scale * y;
    if (rest != NULL) rest[i] = (float)r;
    squares += r * r;
  }
  return squares;
}

void sl_pq_rest(const sl_store *store, const float *x, bool other, float *rest) {
  const float *book = sl_codes_book(store, other);
  uint8_t *values = sl_codes_part_values(store);
  sl_product_encode(x, book, sl_codes_parts(store), values);
  float scale = (float)scale_of(store, products_of(store, x, book, values));
  rest_of(store, x, book, values, scale, rest);
}

void sl_pq_write(const sl_store *store, float *x, double add, unsigned char *row) {
  uint32_t parts = sl_codes_parts(store);
  const float *book = sl_codes_book(store, false);
  uint8_t *values = sl_codes_part_values(store);
  sl_pq_turn(store, x, false);
  sl_product_encode(x, book, parts, values);
  memset(row, 0, store->tail_at);
  for (uint32_t p = 0; p < parts; p++) row[p / 2] |= (uint8_t)(values[p] << 4 * (p % 2));
  products p = products_of(store, x, book, values);
  sl_code_tail tail = {0};
  tail.scale = (float)scale_of(store, p);
  double lost = rest_of(store, x, book, values, tail.scale, NULL);
  tail.add = (float)(store->metric == SL_METRIC_DOT ? add : 2 * tail.scale * p.xy - p.xx);
  tail.error = (float)(sqrt(lost) * (1 + 0x1p-22));
  tail.length = (float)(sqrt(p.xx) * (1 + 0x1p-22));
  memcpy(row + store->tail_at, &tail, sizeof tail);
}

static void unpack(const unsigned char *row, uint32_t parts, uint8_t *values) {
  for (uint32_t p = 0; p < parts; p++) values[p] = row[p / 2] >> 4 * (p % 2) & 15;
}

void sl_pq_read(const sl_store *store, const unsigned char *row, float *x) {
  uint32_t parts = sl_codes_parts(store);
  uint8_t *values = sl_codes_part_values(store);
  unpack(row, parts, values);
  sl_product_decode(values, sl_codes_book(store, false), parts, x);
  if (*sl_codes_turned(store, false) > 0) sl_rotate_back(x, store->padded);
}

// --- queries -------------------------------------------------------------------------------------

// The step of all entries, so that they can be added as they are.
static float step_of(const float *products, uint32_t parts) {
  float range = 0, most = 0;
  for (uint32_t p = 0; p < parts; p++, products += SL_CENTROIDS) {
    float low = products[0], high = low;
    for (int c = 1; c < SL_CENTROIDS; c++) {
      low = products[c] < low ? products[c] : low;
      high = products[c] > high ? products[c] : high;
    }
    range = high - low > range ? high - low : range;
    most = -low > most ? -low : most;
    most = high > most ? high : most;
  }
  float step = range / STEPS, least = most / OFFSET_MOST;
  return step > least ? step : least;
}

// A part's sixteen entries. Returns the largest difference to the products.
static double round_part(const float *products, float step, float inverse, uint8_t *table,
                         int32_t *zero) {
  float low = products[0];
  for (int c = 1; c < SL_CENTROIDS; c++) low = products[c] < low ? products[c] : low;
  float offset = floorf(low * inverse);
  double most = 0;
  for (int c = 0; c < SL_CENTROIDS; c++) {
    float entry = floorf(products[c] * inverse + 0.5f) - offset;
    table[c] = (uint8_t)(entry < 0 ? 0 : (entry > 255 ? 255 : entry));
    double d = fabs((double)products[c] - (double)step * ((double)offset + table[c]));
    most = most < d ? d : most;
  }
  *zero += (int32_t)offset;
  return most;
}

double sl_pq_query(const sl_store *store, float *x, uint8_t *tables, sl_scorer *s) {
  uint32_t parts = sl_codes_parts(store);
  float *products = sl_codes_book_scratch(store);
  sl_pq_turn(store, x, false);
  sl_product_table(x, sl_codes_book(store, false), parts, products);
  float step = step_of(products, parts), inverse = 1 / step;
  if (!(step > 0) || !isfinite(inverse)) step = inverse = 0;
  double lost = 0;
  s->zero = 0;
  memset(tables, 0, store->query_bytes);
  for (uint32_t p = 0; p < parts; p++) {
    size_t at = (size_t)SL_CENTROIDS * p;
    lost += round_part(products + at, step, inverse, tables + at, &s->zero);
  }
  s->factor = step;
  return lost;
}

// The square of the least D with D^2 + 2 off D >= key.
static double square_least(double key, double off) {
  if (!(key > 0)) return 0;
  double least = key / (sqrt(off * off + key) + off); // sqrt(...) - off, without cancellation
  return least * least;
}

double sl_pq_key_least(const sl_store *store, const sl_scorer *s, const sl_code_tail *tail,
                       float key) {
  // The rest of a vector far beyond the centroids is not at a right angle to it: nothing is known.
  bool far = tail->scale >= SCALE_MOST && store->metric != SL_METRIC_DOT;
  double share = far ? 1 : *sl_codes_share(store, false);
  double length = tail->length, off = share * tail->error;
  // The numbers are f32, and so are the sums of what the tables were made from.
  double size = s->length + length + tail->error;
  double slack = 0x1p-20 * (size * size + fabs((double)s->base) + fabs((double)tail->add));
  slack += SL_KEY_UNDERFLOW;
  double rounding = (double)tail->scale * s->error;
  if (store->metric != SL_METRIC_DOT) return square_least(key - slack - 2 * rounding, off);
  double rest = (double)s->base + tail->add - slack; // of the key, without the product
  if (tail->scale == 0) return rest - s->length * length;
  double both = (double)s->length * s->length + length * length;
  double product = rest - key + 2 * slack + rounding;
  return rest - 0.5 * (both - square_least(both - 2 * product, off));
}
