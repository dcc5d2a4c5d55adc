#include "hnsw/product.h"

#include <math.h>
#include <string.h>

#include "hnsw/exact.h"
#include "hnsw/model.h"
#include "quant/rotation.h"
#include "simd/kernels.h"

// Vectors that are learned from, fewer where they are long, and rounds of k-means over them; those
// that the first centroids are drawn from.
enum { SAMPLE = 4096, SAMPLE_NUMBERS = 1 << 20, SAMPLE_LEAST = 256, ROUNDS = 8, DRAWN = 1024 };
// Pairs that the share is measured on: each of PAIRED vectors with each. Fewer than LEAST_PAIRS say
// nothing.
enum { PAIRED = 32, LEAST_PAIRS = 200, TOGETHER = 8 };
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

// As the codebook of a set has it.
static void turn(const sl_store *store, float *x, bool other) {
  if (*sl_codes_turned(store, other) > 0) sl_rotate(x, store->padded);
}

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

void sl_pq_write(const sl_store *store, float *x, double add, unsigned char *row) {
  uint32_t parts = sl_codes_parts(store);
  const float *book = sl_codes_book(store, false);
  uint8_t *values = sl_codes_part_values(store);
  turn(store, x, false);
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
  turn(store, x, false);
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
  double length = tail->length, off = *sl_codes_share(store, false) * (double)tail->error;
  // The numbers are f32, and so are the sums of what the tables were made from.
  double size = s->length + length + tail->error;
  double slack = 0x1p-20 * (size * size + fabs((double)s->base) + fabs((double)tail->add));
  double rounding = (double)tail->scale * s->error;
  if (store->metric != SL_METRIC_DOT) return square_least(key - slack - 2 * rounding, off);
  double rest = (double)s->base + tail->add - slack; // of the key, without the product
  if (tail->scale == 0) return rest - s->length * length;
  double both = (double)s->length * s->length + length * length;
  double product = rest - key + 2 * slack + rounding;
  return rest - 0.5 * (both - square_least(both - 2 * product, off));
}

// --- learning ------------------------------------------------------------------------------------

// x - c of every so many live vectors, with the centre of the other set, and rotated as it says.
typedef struct walk {
  const sl_store *store;
  uint32_t slot, seen, every;
} walk;

static walk walk_over(const sl_store *store, uint32_t most) {
  uint32_t every = (store->live + most - 1) / most;
  return (walk){.store = store, .every = every > 0 ? every : 1};
}

static bool walk_next(walk *w, float *x) {
  const sl_store *store = w->store;
  const float *centre = sl_model_set(store, true) + 1;
  for (; w->slot < store->used; w->slot++) {
    if (store->states[w->slot] != SL_SLOT_LIVE || w->seen++ % w->every != 0) continue;
    const float *vector = sl_store_known_vector(store, w->slot++);
    for (uint32_t i = 0; i < store->dimension; i++) x[i] = vector[i] - centre[i];
    for (uint32_t i = store->dimension; i < store->padded; i++) x[i] = 0;
    turn(store, x, true);
    return true;
  }
  return false;
}

static void learn_book(sl_store *store) {
  uint32_t parts = sl_codes_parts(store), room = SAMPLE_NUMBERS / store->dimension;
  uint32_t most = room < SAMPLE_LEAST ? SAMPLE_LEAST : (room > SAMPLE ? SAMPLE : room);
  float *book = sl_codes_book(store, true), *x = sl_codes_scratch(store);
  float *sums = sl_codes_book_scratch(store), *counts = sl_codes_parts_scratch(store);
  sl_rng rng;
  sl_rng_seed(&rng, store->dimension);
  for (uint32_t chosen = 0; chosen < SL_CENTROIDS; chosen++) {
    memset(counts, 0, parts * sizeof *counts);
    for (walk w = walk_over(store, most < DRAWN ? most : DRAWN); walk_next(&w, x);) {
      sl_product_draw(x, book, parts, chosen, counts, &rng);
    }
  }
  for (int round = 0; round < ROUNDS; round++) {
    memset(sums, 0, (size_t)SL_PART_BOOK * parts * sizeof *sums);
    memset(counts, 0, (size_t)SL_CENTROIDS * parts * sizeof *counts);
    for (walk w = walk_over(store, most); walk_next(&w, x);) {
      sl_product_gather(x, book, parts, sums, counts);
    }
    sl_product_move(book, parts, sums, counts);
  }
}

// Cosines between r of some vectors and what a query may differ by: see the head of product.h.
typedef struct cosines {
  double squares, errors; // sums of squares: cosines, and parts of r in the direction of q - x
  uint32_t count;
} cosines;

static void add_cosine(uint32_t n, const float *query, const float *x, const float *rest,
                       cosines *all) {
  double product = 0, dd = 0, rr = 0;
  for (uint32_t i = 0; i < n; i++) {
    double d = (double)query[i] - x[i];
    product += d * rest[i];
    dd += d * d;
    rr += (double)rest[i] * rest[i];
  }
  if (!(dd > 0 && rr > 0)) return;
  all->squares += product / dd * (product / rr);
  all->errors += product / dd * product;
  all->count++;
}

// Returns the mean square of the parts.
static double learn_share(sl_store *store) {
  // Some vectors with their rests stand where sums of k-means did: 8 * 2 * 4 numbers a part.
  uint32_t parts = sl_codes_parts(store), row = SL_PART * parts;
  const float *book = sl_codes_book(store, true);
  float *x = sl_codes_scratch(store), *kept = sl_codes_book_scratch(store);
  uint8_t *values = sl_codes_part_values(store);
  cosines all = {0};
  walk rows = walk_over(store, PAIRED);
  for (uint32_t count = TOGETHER; count == TOGETHER;) {
    for (count = 0; count < TOGETHER && walk_next(&rows, x); count++) {
      float *own = kept + (size_t)2 * count * row;
      memcpy(own, x, row * sizeof *x);
      sl_product_encode(x, book, parts, values);
      products p = products_of(store, x, book, values);
      rest_of(store, x, book, values, (float)scale_of(store, p), own + row);
    }
    for (walk queries = walk_over(store, PAIRED); walk_next(&queries, x);) {
      for (uint32_t i = 0; i < count; i++) {
        const float *own = kept + (size_t)2 * i * row;
        if (memcmp(own, x, row * sizeof *x) != 0) add_cosine(row, x, own, own + row, &all);
      }
    }
  }
  double share = all.count < LEAST_PAIRS ? 1 : 3 * sqrt(all.squares / all.count);
  *sl_codes_share(store, true) = share < 1 ? (float)share : 1;
  return all.count > 0 ? all.errors / all.count : 0;
}

void sl_pq_learn(sl_store *store) {
  size_t numbers = SL_PART_BOOK * (size_t)sl_codes_parts(store);
  float *model = sl_codes_share(store, true);
  // Behind what learning writes to.
  float *kept = sl_codes_book_scratch(store) + numbers;
  *sl_codes_turned(store, true) = 0;
  learn_book(store);
  double plain = learn_share(store), share = *model;
  memcpy(kept, model + 2, numbers * sizeof *kept);
  *sl_codes_turned(store, true) = 1;
  learn_book(store);
  if (learn_share(store) < plain) return;
  model[0] = (float)share;
  model[1] = 0;
  memcpy(model + 2, kept, numbers * sizeof *kept);
}
