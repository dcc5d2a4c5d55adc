// Product codes of Flat.
#include "hnsw_points.h"

#include <math.h>
#include <stdlib.h>

#include "hnsw/codes.h"
#include "hnsw/file.h"
#include "hnsw/model.h"
#include "hnsw/product.h"
#include "hnsw/scorer.h"
#include "quant/rotation.h"

enum { COUNT = 2500, WIDE = 128, ASKED = 40 };
static float rows[COUNT + ASKED][WIDE];

static double normal(sl_rng *rng) {
  return sqrt(-2 * log(1 - sl_rng_double(rng))) * cos(6.283185307179586 * sl_rng_double(rng));
}

// Around an offset, neighbouring elements alike: what codebooks of parts can learn.
static void make_rows_with(int differing) {
  sl_rng rng;
  sl_rng_seed(&rng, 19);
  for (int i = 0; i < COUNT + ASKED; i++) {
    double x = 0;
    for (int j = 0; j < WIDE; j++) {
      x = 0.9 * x + normal(&rng);
      rows[i][j] = (float)(5 + x * (j < 10 ? 3 : 1) * (j < differing ? 1 : 0.01));
    }
  }
}

static void make_rows(void) { make_rows_with(WIDE); }

static sl_flat *make(sl_metric metric, sl_exact exact, float size) {
  sl_flat *flat;
  assert_ok(sl_flat_create_coded(metric, WIDE, 1, 0, SL_CODES_PRODUCT, exact, &flat));
  for (uint32_t i = 0; i < COUNT; i++) {
    float row[WIDE];
    uint32_t added;
    for (int j = 0; j < WIDE; j++) row[j] = size * rows[i][j];
    assert_ok(sl_flat_add(flat, &i, row, 1, SL_DUPLICATE_ERROR, &added));
  }
  return flat;
}

// The key by the formula of product.h and the description of docs/format.md, in f64 and without
// tables.
static double plain_key(const sl_store *store, const float *query, const unsigned char *row) {
  const float *centre = sl_model_centre(store);
  const float *book = sl_codes_model(store) + 1 + 3 * WIDE + 2;
  sl_code_tail tail;
  memcpy(&tail, row + store->tail_at, sizeof tail);
  double base = 0, product = 0;
  float x[128] = {0};
  for (int j = 0; j < WIDE; j++) x[j] = query[j] - centre[j];
  if (book[-1] == 1) sl_rotate(x, 128);
  for (int j = 0; j < WIDE; j++) {
    double q = (double)query[j] - centre[j];
    base += store->metric == SL_METRIC_DOT ? -(double)centre[j] * query[j] : q * q;
  }
  for (int j = 0; j < 128; j++) {
    int part = j / 4, value = row[part / 2] >> (part % 2 == 0 ? 0 : 4) & 15;
    product += x[j] * (double)book[64 * part + 16 * (j % 4) + value];
  }
  return base + tail.add - (store->metric == SL_METRIC_DOT ? 1 : 2) * (double)tail.scale * product;
}

// Keys are those of the formula but for the rounding of the tables, which is as large as said; not
// biased; and queries that were not learned from lie within the estimate of the error.
static void keys_are_within_their_estimate(void **state) {
  (void)state;
  make_rows();
  for (sl_metric metric = SL_METRIC_COSINE; metric <= SL_METRIC_EUCLIDEAN; metric++) {
    sl_flat *flat = make(metric, SL_EXACT_FLOAT32, 1);
    sl_store *store = &flat->store;
    float share = *sl_codes_share(store, false);
    assert_true(share > 0.1f && share < 1);
    double sum = 0, squares = 0;
    uint32_t beyond = 0, near = 0, count = 0;
    for (uint32_t q = 0; q < ASKED; q++) {
      float factor;
      assert_ok(sl_metric_encode(metric, WIDE, rows[COUNT + q], flat->queries, &factor, "q", 0));
      const float *query = (const float *)flat->queries;
      sl_scorer scorer = sl_scorer_make(store, query, flat->coded);
      double nearest[COUNT], worst = INFINITY;
      for (uint32_t slot = 0; slot < COUNT; slot++) {
        nearest[slot] = exact_key(metric, sl_store_vector(store, slot, flat->decoded), query, WIDE);
        worst = nearest[slot] < worst ? nearest[slot] : worst;
      }
      for (uint32_t slot = 0; slot < COUNT; slot++, count++) {
        uint32_t one[4] = {slot};
        float keys[4];
        sl_score_any(store->score, &scorer, one, 1, keys);
        const unsigned char *row = sl_store_row(store, slot);
        const sl_code_tail *tail = sl_tail_of(&scorer, row);
        double plain = plain_key(store, query, row), exact = nearest[slot];
        double rounding = (metric == SL_METRIC_DOT ? 1 : 2) * tail->scale * (double)scorer.error;
        assert_true(fabs(keys[0] - plain) <= rounding + 1e-5 * (fabs(scorer.base) + fabs(plain)));
        bool is_beyond = sl_code_key_least(store, &scorer, slot, keys[0]) > exact;
        beyond += is_beyond;
        near += is_beyond && exact == worst;
        sum += keys[0] - exact;
        squares += (keys[0] - exact) * (keys[0] - exact);
      }
    }
    if (beyond > 0.005 * count || near > 1) {
      fail_msg("metric %d: %u of %u beyond, %u nearest", metric, beyond, count, near);
    }
    double error = sqrt(squares / count);
    if (fabs(sum / count) > 0.15 * error) fail_msg("bias %g of %g", sum / count, error);
    sl_flat_destroy(flat);
  }
}

// Neighbours that are alike are coded as they are; where most elements hardly differ, their parts
// say something only when all are mixed. Either way the codes with vectors find what is nearest.
static void rotations_are_chosen_by_what_they_gain(void **state) {
  (void)state;
  for (int kind = 0; kind < 2; kind++) {
    make_rows_with(kind == 0 ? WIDE : 24);
    for (sl_metric metric = SL_METRIC_COSINE; metric <= SL_METRIC_EUCLIDEAN; metric++) {
      sl_flat *flat = make(metric, SL_EXACT_FLOAT32, 1), *plain;
      if (metric == SL_METRIC_EUCLIDEAN) {
        assert_int_equal(*sl_codes_turned(&flat->store, false), kind);
      }
      assert_ok(sl_flat_create(metric, WIDE, 1, 0, &plain));
      for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t added;
        assert_ok(sl_flat_add(plain, &i, rows[i], 1, SL_DUPLICATE_ERROR, &added));
      }
      uint32_t hits = 0;
      for (uint32_t q = 0; q < ASKED; q++) {
        uint32_t near[K], right[K], found;
        float distances[K];
        assert_ok(sl_flat_search(flat, rows[COUNT + q], 1, K, NULL, near, distances, &found));
        assert_ok(sl_flat_search(plain, rows[COUNT + q], 1, K, NULL, right, distances, &found));
        for (uint32_t i = 0; i < K * K; i++) hits += near[i / K] == right[i % K];
      }
      if (hits < 0.985 * ASKED * K) fail_msg("kind %d, metric %d: %u", kind, metric, hits);
      sl_flat_destroy(plain);
      sl_flat_destroy(flat);
    }
  }
}

// With the share 1 the estimate is a bound: however many vectors, none lies beyond.
static void without_a_share_nothing_is_beyond(void **state) {
  (void)state;
  make_rows();
  for (sl_metric metric = SL_METRIC_COSINE; metric <= SL_METRIC_EUCLIDEAN; metric++) {
    for (float size = 1e-12f; size < 1e15f; size *= 1e13f) {
      sl_flat *flat = make(metric, SL_EXACT_FLOAT32, size);
      sl_store *store = &flat->store;
      *sl_codes_share(store, false) = 1;
      for (uint32_t q = 0; q < ASKED; q++) {
        float factor, asked[WIDE];
        for (int j = 0; j < WIDE; j++) asked[j] = size * rows[q % 2 == 0 ? q : COUNT + q][j];
        assert_ok(sl_metric_encode(metric, WIDE, asked, flat->queries, &factor, "q", 0));
        const float *query = (const float *)flat->queries;
        sl_scorer scorer = sl_scorer_make(store, query, flat->coded);
        for (uint32_t slot = 0; slot < COUNT; slot++) {
          uint32_t one[4] = {slot};
          float keys[4];
          sl_score_any(store->score, &scorer, one, 1, keys);
          double exact =
              exact_key(metric, sl_store_vector(store, slot, flat->decoded), query, WIDE);
          assert_true(isfinite(keys[0]));
          assert_true(sl_code_key_least(store, &scorer, slot, keys[0]) <= exact);
        }
      }
      sl_flat_destroy(flat);
    }
  }
}

// The codebook is learned: the codes say more of such vectors than signs of as many bits.
static void rows_stand_for_their_vectors(void **state) {
  (void)state;
  make_rows();
  static const sl_codes kinds[] = {SL_CODES_PRODUCT, SL_CODES_RABITQ};
  double lost[2] = {0, 0}, all = 0, mean[WIDE] = {0};
  for (int i = 0; i < COUNT; i++) {
    for (int j = 0; j < WIDE; j++) mean[j] += rows[i][j] / COUNT;
  }
  for (int kind = 0; kind < 2; kind++) {
    sl_flat *flat;
    assert_ok(
        sl_flat_create_coded(SL_METRIC_EUCLIDEAN, WIDE, 1, 0, kinds[kind], SL_EXACT_NONE, &flat));
    for (uint32_t i = 0; i < COUNT; i++) {
      uint32_t added;
      assert_ok(sl_flat_add(flat, &i, rows[i], 1, SL_DUPLICATE_ERROR, &added));
    }
    for (uint32_t i = 0; i < COUNT; i++) {
      float vector[WIDE];
      assert_ok(sl_flat_get(flat, i, vector));
      lost[kind] += exact_key(SL_METRIC_EUCLIDEAN, rows[i], vector, WIDE);
      for (int j = 0; j < WIDE && kind == 0; j++) all += pow(rows[i][j] - mean[j], 2);
    }
    sl_flat_destroy(flat);
  }
  if (!(lost[0] < 0.75 * lost[1] && lost[0] < 0.25 * all)) {
    fail_msg("product %g, signs %g of %g", lost[0], lost[1], all);
  }
}

// One element, one part more than a group, equal vectors, vectors at zero, one vector: no vector is
// lost and each is nearest to itself.
static void few_and_equal_vectors_are_found(void **state) {
  (void)state;
  static const uint32_t dimensions[] = {1, 3, 4, 5, 127, 128, 129};
  static float wide[40][129];
  sl_rng rng;
  sl_rng_seed(&rng, 4);
  for (uint32_t d = 0; d < sizeof dimensions / sizeof *dimensions; d++) {
    uint32_t n = dimensions[d];
    for (uint32_t kinds = 0; kinds <= 40; kinds += 8) { // 0: all zero
      for (sl_exact exact = SL_EXACT_NONE; exact <= SL_EXACT_FLOAT32; exact++) {
        sl_flat *flat;
        assert_ok(
            sl_flat_create_coded(SL_METRIC_EUCLIDEAN, n, 1, 0, SL_CODES_PRODUCT, exact, &flat));
        for (uint32_t i = 0; i < 40; i++) {
          for (uint32_t j = 0; j < n; j++) {
            wide[i][j] = kinds == 0 ? 0 : (i < kinds ? (float)normal(&rng) : wide[i % kinds][j]);
          }
          uint32_t added;
          assert_ok(sl_flat_add(flat, &i, wide[i], 1, SL_DUPLICATE_ERROR, &added));
        }
        for (uint32_t i = 0; i < 40; i++) {
          uint32_t ids[40], found;
          float distances[40];
          assert_ok(sl_flat_search(flat, wide[i], 1, 40, NULL, ids, distances, &found));
          assert_int_equal(found, 40);
          uint32_t seen = 0;
          for (uint32_t j = 0; j < 40; j++) {
            assert_true(isfinite(distances[j]) && distances[j] >= 0);
            seen += ids[j];
          }
          assert_int_equal(seen, 40 * 39 / 2);
          if (exact == SL_EXACT_FLOAT32) assert_true(distances[0] == 0);
        }
        sl_flat_destroy(flat);
      }
    }
  }
}

static uint8_t *save(sl_flat *flat, uint64_t *length) {
  uint32_t written;
  *length = sl_flat_file_size(flat);
  uint8_t *bytes = malloc(*length);
  assert_ok(sl_flat_save(flat, 0, bytes, (uint32_t)*length, &written));
  assert_int_equal(written, *length);
  return bytes;
}

// A codebook that could not have been learned is refused. Any other
// change of a byte is refused or answers with finite numbers.
static void files_that_were_not_written_are_refused(void **state) {
  (void)state;
  make_rows();
  sl_flat *flat = make(SL_METRIC_EUCLIDEAN, SL_EXACT_NONE, 1), *again;
  float *share = sl_codes_share(&flat->store, false), kept = *share;
  static const float wrong[] = {NAN, INFINITY, -1, 1e30f};
  uint64_t length;
  for (int where = 0; where < 3; where++) { // share, mark of rotation, codebook
    for (int i = 0; i < 4; i++) {
      float *place = share + (where < 2 ? where : 17), before = *place;
      *place = wrong[i];
      uint8_t *bytes = save(flat, &length);
      sl_status status = sl_flat_load(bytes, length, false, &again);
      bool fits = where == 2 && wrong[i] == -1;
      assert_int_equal(status, fits ? SL_OK : SL_ERR_FORMAT);
      if (fits) sl_flat_destroy(again);
      free(bytes);
      *place = before;
    }
  }
  assert_true(*share == kept);
  uint8_t *bytes = save(flat, &length);
  sl_rng rng;
  sl_rng_seed(&rng, 2);
  for (int i = 0; i < 400; i++) {
    uint64_t at = sl_rng_next(&rng) % (i < 200 ? 24000 : length);
    uint8_t before = bytes[at];
    bytes[at] = (uint8_t)sl_rng_next(&rng);
    if (sl_flat_load(bytes, length, false, &again) == SL_OK) {
      uint32_t ids[K], found;
      float distances[K];
      assert_ok(sl_flat_search(again, rows[COUNT], 1, K, NULL, ids, distances, &found));
      for (uint32_t j = 0; j < found; j++) assert_false(isnan(distances[j]));
      sl_flat_destroy(again);
    }
    bytes[at] = before;
  }
  free(bytes);
  sl_flat_destroy(flat);
}

static void graphs_refuse_them(void **state) {
  (void)state;
  sl_hnsw_options options = sl_hnsw_options_default();
  options.dimension = WIDE;
  options.codes = SL_CODES_PRODUCT;
  sl_hnsw *index;
  uint64_t bytes;
  assert_int_equal(sl_hnsw_create(&options, &index), SL_ERR_OPTION);
  assert_int_equal(sl_hnsw_estimate_bytes(&options, 10, &bytes), SL_ERR_OPTION);
  sl_flat *flat;
  sl_status status =
      sl_flat_create_coded(SL_METRIC_MANHATTAN, WIDE, 1, 0, SL_CODES_PRODUCT, SL_EXACT_NONE, &flat);
  assert_int_equal(status, SL_ERR_OPTION);
  status =
      sl_flat_create_coded(SL_METRIC_COSINE, WIDE, 1, 0, SL_CODES_PRODUCT, SL_EXACT_RABITQ4, &flat);
  assert_int_equal(status, SL_ERR_OPTION);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(keys_are_within_their_estimate),
      property(rotations_are_chosen_by_what_they_gain),
      property(without_a_share_nothing_is_beyond),
      property(rows_stand_for_their_vectors),
      property(few_and_equal_vectors_are_found),
      property(files_that_were_not_written_are_refused),
      property(graphs_refuse_them),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
