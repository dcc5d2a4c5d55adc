// Lower bounds of keys, and what Flat finds by them, over data that rounding, underflow, cancellation
// and few dimensions are hard on.
#include "hnsw_points.h"

#include <math.h>

#include "hnsw/codes.h"
#include "hnsw/model.h"

enum { COUNT = 320, ASKED = 16, WIDEST = 100, GROUPS = 5 };
static float rows[(COUNT + ASKED) * WIDEST];

typedef enum shape {
  EVEN,      // in [-1, 1]
  EXPONENTS, // from 2^-55 to 2^25 in one vector
  OFFSET,    // about 1e6; under cosine 500, which makes distances as large as the rounding of one
  DOMINATED, // one dimension 1000 times as wide
  NEAR,      // five crowds of near duplicates
  EQUAL,     // duplicates, vectors of zeros (not under cosine), zeros among others
  CORNERS,   // 1 and -1
  LATE,      // the last hundred 100,000 times as long as those that codes are learned from
  GRID,      // small integers
  SHAPES,
} shape;
static const char *const shape_names[] = {"even",  "exponents", "offset", "dominated", "near",
                                          "equal", "corners",   "late",   "grid"};

typedef struct cell {
  shape shape;
  double scale;
  uint32_t dimension;
  sl_metric metric;
  sl_codes codes;
} cell;

static double uniform(sl_rng *rng) { return 2 * sl_rng_double(rng) - 1; }
static double any_size(sl_rng *rng) { return ldexp(1, (int)sl_rng_below(rng, 80) - 55); }

static double element(const cell *c, sl_rng *rng, uint32_t row, uint32_t at, double size,
                      double centre) {
  double u = uniform(rng);
  switch (c->shape) {
  case EXPONENTS:
    return u * (at % 3 == 0 ? size : any_size(rng));
  case OFFSET:
    return (c->metric == SL_METRIC_COSINE ? 500 : 1e6) + u;
  case DOMINATED:
    return at == c->dimension / 2 ? 1000 * u : u;
  case NEAR:
    return centre + 1e-6 * u;
  case EQUAL:
    if (row % 3 == 0) return c->metric == SL_METRIC_COSINE ? 500 : 0;
    return row % 3 == 1 ? centre : (at % 2 == 1 ? u : 0);
  case CORNERS:
    return u < 0 ? -1 : 1;
  case LATE:
    return row < COUNT - 100 ? u : 1e5 * u;
  case GRID:
    return floor(4 * u);
  default:
    return u;
  }
}

// The last rows are queries; every second one is a vector of the index.
static void make_rows(const cell *c) {
  static float centres[GROUPS][WIDEST];
  uint32_t n = c->dimension;
  sl_rng rng;
  sl_rng_seed(&rng, 5 + n);
  for (int group = 0; group < GROUPS; group++) {
    for (uint32_t j = 0; j < n; j++) centres[group][j] = (float)uniform(&rng);
  }
  for (uint32_t i = 0; i < COUNT + ASKED; i++) {
    float *x = rows + (size_t)i * n, most = 0;
    uint32_t group = sl_rng_below(&rng, GROUPS);
    double size = any_size(&rng);
    for (uint32_t j = 0; j < n; j++) {
      x[j] = (float)(c->scale * element(c, &rng, i, j, size, centres[group][j]));
      most = most < fabsf(x[j]) ? fabsf(x[j]) : most;
    }
    if (c->metric == SL_METRIC_COSINE && most == 0) x[0] = (float)c->scale;
    if (i >= COUNT && i % 2 == 0) memcpy(x, rows + (size_t)(i * 7 % COUNT) * n, n * sizeof *x);
  }
}

static sl_flat *index_of(const cell *c, sl_codes codes) {
  sl_flat *flat;
  assert_ok(sl_flat_create_coded(c->metric, c->dimension, 1, 0, codes, SL_EXACT_FLOAT32, &flat));
  for (uint32_t i = 0; i < COUNT; i++) {
    uint32_t added;
    const float *x = rows + (size_t)i * c->dimension;
    assert_ok(sl_flat_add(flat, &i, x, 1, SL_DUPLICATE_ERROR, &added));
  }
  return flat;
}

// The share of pairs whose key is less than the bound says, by f64.
static double share_beyond(const cell *c, sl_flat *flat) {
  const sl_store *store = &flat->store;
  uint32_t n = c->dimension, beyond = 0;
  for (uint32_t q = 0; q < ASKED; q++) {
    float factor;
    const float *y = (const float *)flat->queries;
    assert_ok(sl_metric_encode(c->metric, n, rows + (size_t)(COUNT + q) * n, flat->queries, &factor,
                               "queries", 0));
    sl_scorer scorer = sl_scorer_make(store, flat->queries, flat->coded);
    for (uint32_t slot = 0; slot < COUNT; slot++) {
      uint32_t one[4] = {slot};
      float keys[4];
      sl_score_any(store->score, &scorer, one, 1, keys);
      const float *x = sl_store_vector(store, slot, flat->decoded);
      double sizes = 0;
      for (uint32_t j = 0; j < n; j++) sizes += (double)x[j] * x[j] + (double)y[j] * y[j];
      double exact = exact_key(c->metric, x, y, (int)n) + 1e-14 * sizes; // of the sums in f64
      beyond += sl_code_key_least(store, &scorer, slot, keys[0]) > exact;
    }
  }
  return (double)beyond / (ASKED * COUNT);
}

// The share of results that are not as near as without codes, to the last bit.
static double share_missed(const cell *c, sl_flat *flat) {
  sl_flat *plain = index_of(c, SL_CODES_NONE);
  uint32_t missed = 0;
  for (uint32_t q = 0; q < ASKED; q++) {
    const float *query = rows + (size_t)(COUNT + q) * c->dimension;
    uint32_t ids[K], found;
    float distances[K], right[K];
    assert_ok(sl_flat_search(flat, query, 1, K, NULL, ids, distances, &found));
    assert_int_equal(found, K);
    assert_ok(sl_flat_search(plain, query, 1, K, NULL, ids, right, &found));
    for (int i = 0; i < K; i++) missed += distances[i] != right[i];
  }
  sl_flat_destroy(plain);
  return (double)missed / (ASKED * K);
}

// No share is more than `most`; they are at most `mean` on average, and results that are missed.
static void check(const sl_codes *kinds, int count, double most, double mean, double most_missed) {
  static const uint32_t dimensions[] = {1, 2, 4, 7, 16, 31, 100};
  // Squares of the least are below the least f32.
  static const double scales[] = {1, 1e-19};
  enum { DIMENSIONS = 7, SCALES = 2 };
  cell c;
  for (int kind = 0; kind < count; kind++) {
    double beyond = 0, missed = 0;
    int cells = 0;
    c.codes = kinds[kind];
    for (c.shape = 0; c.shape < SHAPES; c.shape++) {
      for (int i = 0; i < SCALES * DIMENSIONS * 3; i++, cells++) {
        c.metric = (sl_metric)(i % 3);
        c.dimension = dimensions[i / 3 % DIMENSIONS];
        c.scale = scales[i / (3 * DIMENSIONS)];
        make_rows(&c);
        sl_flat *flat = index_of(&c, c.codes);
        double share = share_beyond(&c, flat);
        if (share > most) {
          fail_msg("codes %d, metric %d, %s, %u dimensions, scale %g: %f beyond", c.codes, c.metric,
                   shape_names[c.shape], c.dimension, c.scale, share);
        }
        beyond += share;
        missed += share_missed(&c, flat);
        sl_flat_destroy(flat);
      }
    }
    if (beyond > mean * cells) fail_msg("codes %d: %f beyond", c.codes, beyond / cells);
    if (missed > most_missed * cells) fail_msg("codes %d: %f missed", c.codes, missed / cells);
  }
}

static void bounds_of_int8_and_float16_are_certain(void **state) {
  (void)state;
  static const sl_codes kinds[] = {SL_CODES_INT8, SL_CODES_FLOAT16};
  check(kinds, 2, 0, 0, 0);
}

// One in thirty, by the normal distribution; more where five crowds of vectors have one error each.
static void bounds_of_rabitq_hold_nearly_always(void **state) {
  (void)state;
  static const sl_codes kinds[] = {SL_CODES_RABITQ, SL_CODES_RABITQ2, SL_CODES_RABITQ4,
                                   SL_CODES_RABITQ8};
  check(kinds, 4, 0.08, 0.01, 0.002);
}

static void bounds_of_product_codes_hold_nearly_always(void **state) {
  (void)state;
  static const sl_codes kinds[] = {SL_CODES_PRODUCT};
  check(kinds, 1, 0.025, 0.005, 0.0005);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(bounds_of_int8_and_float16_are_certain),
      property(bounds_of_rabitq_hold_nearly_always),
      property(bounds_of_product_codes_hold_nearly_always),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
