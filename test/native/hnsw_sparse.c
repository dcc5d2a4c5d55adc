// The index of sparse vectors against a model that keeps every vector and computes every score in
// f64, in ascending order of indices: adding, replacing, removing, shrinking, saving, loading,
// filters and questions of every kind.
#include "check.h"
#include "files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "hnsw/file.h"
#include "hnsw/inverted.h"

enum { MOST_IDS = 4000, MOST_LENGTH = 40, MOST_K = 300 };

typedef struct vector {
  bool there;
  uint32_t length;
  uint32_t indices[MOST_LENGTH]; // in the order in which they are given
  float values[MOST_LENGTH];
} vector;

static sl_rng rng;
static uint32_t below(uint32_t n) { return sl_rng_below(&rng, n); }

static vector model[MOST_IDS];
static uint32_t ids, dimensions, kind;

static float value_of(void) {
  switch (kind) {
  case 0: // of an encoder: positive
    return (float)(3 * sl_rng_double(&rng));
  case 1: // equal scores, zeros
    return (float)below(3);
  case 2: // either sign
    return (float)(2 * sl_rng_double(&rng) - 1);
  case 3: // negative alone
    return -(float)below(4);
  case 4: // huge, tiny, denormal, negative zero
    switch (below(6)) {
    case 0:
      return 3.4e38f;
    case 1:
      return -3.4e38f;
    case 2:
      return 1.4e-45f;
    case 3:
      return -0.0f;
    case 4:
      return 1.2e-38f;
    default:
      return (float)sl_rng_double(&rng);
    }
  default: // few vectors have most of the weight
    return (float)pow(sl_rng_double(&rng), 12) * (below(4) == 0 ? -50 : 50);
  }
}

// Indices: few are frequent. Some are as large as they can be.
static uint32_t index_of(void) {
  const double u = sl_rng_double(&rng);
  const uint32_t i = (uint32_t)(u * u * u * dimensions);
  return i % 7 == 3 ? UINT32_MAX - i : i;
}

static void make_vector(vector *v, uint32_t most) {
  v->there = true;
  v->length = 0;
  const uint32_t length = below(most + 1);
  for (uint32_t i = 0; i < length; i++) {
    const uint32_t key = index_of();
    bool fresh = true;
    for (uint32_t j = 0; j < v->length; j++) fresh = fresh && v->indices[j] != key;
    if (!fresh) continue;
    v->indices[v->length] = key;
    v->values[v->length++] = value_of();
  }
}

static int by_index(const void *a, const void *b) {
  const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

// True: they have an index in common whose values are not zero.
static bool score(const vector *a, const vector *b, double *sum) {
  uint32_t order[MOST_LENGTH];
  memcpy(order, a->indices, a->length * sizeof *order);
  qsort(order, a->length, sizeof *order, by_index);
  bool found = false;
  *sum = 0;
  for (uint32_t i = 0; i < a->length; i++) {
    double x = 0, y = 0;
    for (uint32_t j = 0; j < a->length; j++)
      if (a->indices[j] == order[i]) x = (double)a->values[j];
    for (uint32_t j = 0; j < b->length; j++)
      if (b->indices[j] == order[i]) y = (double)b->values[j];
    if (x == 0 || y == 0) continue;
    found = true;
    *sum += x * y;
  }
  return found;
}

typedef struct hit {
  double score;
  uint32_t id;
} hit;
static int by_score(const void *a, const void *b) {
  const hit *x = a, *y = b;
  if (x->score != y->score) return x->score > y->score ? -1 : 1;
  return x->id < y->id ? -1 : x->id > y->id;
}

static uint32_t id_of(uint32_t i) { return i % 5 == 2 ? UINT32_MAX - i : i; }

static void check_query(sl_inverted *index, const vector *query, uint32_t k, sl_filter *filter,
                        const uint8_t *allowed) {
  static hit truth[MOST_IDS];
  static uint32_t got[MOST_K];
  static double scores[MOST_K];
  uint32_t count = 0, found;
  for (uint32_t i = 0; i < ids; i++) {
    double sum;
    if (!model[i].there || (filter && !allowed[i]) || !score(query, &model[i], &sum)) continue;
    truth[count++] = (hit){sum, id_of(i)};
  }
  qsort(truth, count, sizeof *truth, by_score);
  const uint32_t starts[] = {0, query->length};
  assert_ok(sl_inverted_search(index, starts, query->indices, query->values, query->length, 1, k,
                               filter, got, scores, &found));
  assert_int_equal(found, count < k ? count : k);
  for (uint32_t i = 0; i < k; i++) {
    assert_int_equal(got[i], i < found ? truth[i].id : SL_NO_ID);
    assert_true(scores[i] == (i < found ? truth[i].score : -INFINITY));
  }
}

static sl_status add_one(sl_inverted *index, uint32_t id, const vector *v, sl_duplicate duplicate) {
  const uint32_t starts[] = {0, v->length};
  uint32_t added;
  const sl_status status =
      sl_inverted_add(index, &id, 1, starts, v->indices, v->values, v->length, duplicate, &added);
  assert_int_equal(added, status == SL_OK);
  return status;
}

static sl_inverted *reloaded(sl_inverted *index) {
  sl_writer *writer;
  sl_reader *reader;
  sl_inverted *again;
  assert_ok(sl_inverted_save(index, &writer));
  file f = write_file(writer, 1000);
  assert_ok(read_file(SL_FILE_SPARSE, f.bytes, f.length, &reader));
  assert_ok(sl_inverted_load(reader, &again));
  sl_reader_destroy(reader);
  free(f.bytes);
  sl_inverted_destroy(index);
  return again;
}

static void check_contents(sl_inverted *index) {
  uint32_t size = 0;
  for (uint32_t i = 0; i < ids; i++) {
    assert_int_equal(sl_inverted_has(index, id_of(i)), model[i].there);
    if (!model[i].there) continue;
    size++;
    uint32_t length, indices[MOST_LENGTH], kept = 0;
    float values[MOST_LENGTH];
    assert_ok(sl_inverted_length(index, id_of(i), &length));
    assert_ok(sl_inverted_get(index, id_of(i), indices, values));
    for (uint32_t j = 0; j < model[i].length; j++) kept += model[i].values[j] != 0;
    assert_int_equal(length, kept);
    for (uint32_t j = 0; j < length; j++) {
      assert_true(j == 0 || indices[j] > indices[j - 1]);
      bool same = false;
      for (uint32_t l = 0; l < model[i].length; l++)
        same |= model[i].indices[l] == indices[j] && model[i].values[l] == values[j];
      assert_true(same);
    }
  }
  assert_int_equal(sl_inverted_size(index), size);
}

// One life of an index: it grows, changes and shrinks, and every answer is the model's.
static void one_life(uint64_t seed, uint32_t most_ids, uint32_t steps) {
  sl_rng_seed(&rng, seed);
  ids = 1 + below(most_ids);
  dimensions = 1 + below(below(3) == 0 ? 8 : 400);
  kind = below(6);
  const uint32_t most = 1 + below(MOST_LENGTH);
  for (uint32_t i = 0; i < ids; i++) model[i].there = false;
  static uint8_t allowed[MOST_IDS];
  static uint32_t allowed_ids[MOST_IDS];
  sl_inverted *index;
  assert_ok(sl_inverted_create(&index));
  sl_filter *filter = NULL;
  for (uint32_t i = 0; i < ids; i++) {
    if (below(8) == 0) continue;
    make_vector(&model[i], most);
    assert_ok(add_one(index, id_of(i), &model[i], SL_DUPLICATE_ERROR));
  }
  for (uint32_t step = 0; step < steps; step++) {
    const uint32_t i = below(ids);
    const uint32_t id = id_of(i);
    uint32_t removed;
    switch (below(8)) {
    case 0:
      if (model[i].there)
        assert_ok(sl_inverted_remove(index, &id, 1, &removed));
      else
        assert_refused(sl_inverted_remove(index, &id, 1, &removed), SL_ERR_INDEX, "ids");
      model[i].there = false;
      break;
    case 1: {
      const bool there = model[i].there;
      vector v;
      make_vector(&v, most);
      if (there) assert_refused(add_one(index, id, &v, SL_DUPLICATE_ERROR), SL_ERR_ARGUMENT, "ids");
      assert_ok(add_one(index, id, &v, SL_DUPLICATE_REPLACE));
      model[i] = v;
      break;
    }
    case 2:
      if (below(3) == 0) {
        const uint32_t other = below(ids);
        if (!model[i].there) {
          assert_refused(sl_inverted_rename(index, id, id_of(other)), SL_ERR_INDEX, "id");
          break;
        }
        assert_ok(sl_inverted_rename(index, id, id_of(other)));
        if (other == i) break;
        model[other] = model[i];
        model[i].there = false;
        break;
      }
      if (below(4) == 0)
        assert_ok(sl_inverted_shrink(index));
      else if (below(4) == 0)
        index = reloaded(index);
      break;
    case 3: {
      sl_filter_destroy(filter);
      uint32_t count = 0;
      const uint32_t part = 1 + below(20);
      for (uint32_t j = 0; j < ids; j++)
        if ((allowed[j] = below(part) == 0)) allowed_ids[count++] = id_of(j);
      assert_ok(sl_filter_create(allowed_ids, count, &filter));
      break;
    }
    default: {
      vector query;
      make_vector(&query, most);
      const uint32_t k = 1 + below(below(4) == 0 ? MOST_K : 12);
      check_query(index, &query, k, below(2) ? filter : NULL, allowed);
    }
    }
  }
  check_contents(index);
  sl_filter_destroy(filter);
  sl_inverted_destroy(index);
}

static void answers_as_the_model_does(void **state) {
  (void)state;
  for (uint32_t i = 0; i < SL_TRIES(10000); i++) one_life(i, 40, 12);
}

static void answers_as_the_model_does_over_many_blocks(void **state) {
  (void)state;
  for (uint32_t i = 0; i < SL_TRIES(60); i++) one_life(100000 + i, MOST_IDS, 120);
}

static void many_that_go_leave_nothing_behind(void **state) {
  (void)state;
  sl_rng_seed(&rng, 3);
  kind = 0;
  dimensions = 100;
  sl_inverted *index;
  assert_ok(sl_inverted_create(&index));
  vector v;
  uint64_t most = 0;
  for (uint32_t i = 0; i < 20000; i++) {
    make_vector(&v, 20);
    assert_ok(add_one(index, i % 500, &v, SL_DUPLICATE_REPLACE));
    if (sl_inverted_bytes(index) > most) most = sl_inverted_bytes(index);
  }
  double facts[SL_INVERTED_FACTS];
  sl_inverted_facts(index, facts);
  assert_int_equal(facts[0], 500);
  assert_true(facts[1] <= 1025);
  // 500 vectors of 10 values and twice as many dead: not 20,000.
  assert_true(most < 1000000);
  assert_ok(sl_inverted_shrink(index));
  assert_true((double)sl_inverted_bytes(index) <=
              sl_inverted_estimate_bytes(500, facts[2], facts[3]));
  sl_inverted_destroy(index);
}

static void counts_every_byte(void **state) {
  (void)state;
  sl_rng_seed(&rng, 4);
  kind = 2;
  dimensions = 3000;
  sl_inverted *index;
  assert_ok(sl_inverted_create(&index));
  vector v, query;
  for (uint32_t i = 0; i < 3000; i++) {
    make_vector(&v, MOST_LENGTH);
    assert_ok(add_one(index, i, &v, SL_DUPLICATE_ERROR));
  }
  make_vector(&query, MOST_LENGTH);
  const uint32_t starts[] = {0, query.length};
  uint32_t got[10], found;
  double scores[10];
  assert_ok(sl_inverted_search(index, starts, query.indices, query.values, query.length, 1, 10,
                               NULL, got, scores, &found));
  // Blocks for nothing are valid blocks; no more than their least size is not counted.
  const double held = (double)sl_bytes_in_use(), said = (double)sl_inverted_bytes(index);
  assert_true(fabs(held - said) <= 0.01 * held);
  assert_ok(sl_inverted_shrink(index));
  double facts[SL_INVERTED_FACTS];
  sl_inverted_facts(index, facts);
  const double estimate = sl_inverted_estimate_bytes(3000, facts[2], facts[3]);
  assert_true(sl_bytes_in_use() <= estimate && sl_bytes_in_use() > estimate / 2);
  assert_true(isnan(sl_inverted_estimate_bytes(-1, 0, 0)));
  sl_inverted_destroy(index);
}

static void refuses_by_position(void **state) {
  (void)state;
  sl_inverted *index;
  assert_ok(sl_inverted_create(&index));
  const uint32_t id[] = {1, 2, 3};
  const uint32_t starts[] = {0, 2, 4, 5}, indices[] = {5, 1, 7, 8, 9};
  float values[] = {1, 2, 3, NAN, 5};
  uint32_t added;
  assert_refused(
      sl_inverted_add(index, id, 3, starts, indices, values, 5, SL_DUPLICATE_ERROR, &added),
      SL_ERR_NOT_FINITE, "values");
  assert_int_equal(sl_last_error()->position, 1);
  assert_int_equal(added, 1);
  values[3] = INFINITY;
  assert_refused(
      sl_inverted_add(index, id + 1, 2, starts + 1, indices, values, 5, SL_DUPLICATE_ERROR, &added),
      SL_ERR_NOT_FINITE, "values");
  assert_int_equal(sl_last_error()->position, 0);
  values[3] = 4;
  const uint32_t twice[] = {4, 4, 4, 8, 9};
  assert_refused(sl_inverted_add(index, id + 1, 2, starts + 1, twice + 1, values, 4,
                                 SL_DUPLICATE_ERROR, &added),
                 SL_ERR_SHAPE, "starts");
  const uint32_t own[] = {0, 1, 3};
  assert_refused(
      sl_inverted_add(index, id + 1, 2, own, twice, values, 3, SL_DUPLICATE_ERROR, &added),
      SL_ERR_ARGUMENT, "indices");
  assert_int_equal(sl_last_error()->position, 1);
  assert_int_equal(added, 1);
  const uint32_t falling[] = {2, 1};
  assert_refused(
      sl_inverted_add(index, id + 2, 1, falling, indices, values, 5, SL_DUPLICATE_ERROR, &added),
      SL_ERR_SHAPE, "starts");
  uint32_t got[4], found[2];
  double scores[4];
  assert_refused(sl_inverted_search(index, own, indices, values, 5, 2, 0, NULL, got, scores, found),
                 SL_ERR_ARGUMENT, "k");
  values[1] = NAN;
  assert_refused(sl_inverted_search(index, own, indices, values, 5, 2, 2, NULL, got, scores, found),
                 SL_ERR_NOT_FINITE, "values");
  assert_int_equal(sl_last_error()->position, 1);
  uint32_t *many = calloc(SL_SPARSE_LIMIT + 1, sizeof *many);
  float *ones = calloc(SL_SPARSE_LIMIT + 1, sizeof *ones);
  for (uint32_t i = 0; i <= SL_SPARSE_LIMIT; i++) many[i] = i, ones[i] = 1;
  uint32_t long_starts[] = {0, SL_SPARSE_LIMIT + 1};
  assert_refused(sl_inverted_add(index, id + 2, 1, long_starts, many, ones, SL_SPARSE_LIMIT + 1,
                                 SL_DUPLICATE_ERROR, &added),
                 SL_ERR_RANGE, "indices");
  long_starts[1]--;
  assert_ok(sl_inverted_add(index, id + 2, 1, long_starts, many, ones, SL_SPARSE_LIMIT,
                            SL_DUPLICATE_ERROR, &added));
  assert_ok(sl_inverted_search(index, long_starts, many, ones, SL_SPARSE_LIMIT, 1, 1, NULL, got,
                               scores, found));
  assert_true(got[0] == 3 && scores[0] == SL_SPARSE_LIMIT);
  free(many);
  free(ones);
  sl_inverted_destroy(index);
}

static void nothing_is_found_in_nothing(void **state) {
  (void)state;
  sl_inverted *index;
  assert_ok(sl_inverted_create(&index));
  const uint32_t starts[] = {0, 0, 1}, indices[] = {3}, id[] = {8, 9};
  const float values[] = {2};
  uint32_t got[4], found[2], added;
  double scores[4];
  assert_ok(sl_inverted_search(index, starts, indices, values, 1, 2, 2, NULL, got, scores, found));
  assert_true(found[0] == 0 && found[1] == 0 && got[0] == SL_NO_ID && scores[3] == -INFINITY);
  assert_ok(sl_inverted_add(index, id, 2, starts, indices, values, 1, SL_DUPLICATE_ERROR, &added));
  assert_ok(sl_inverted_search(index, starts, indices, values, 1, 2, 2, NULL, got, scores, found));
  assert_true(found[0] == 0 && found[1] == 1 && got[2] == 9 && scores[2] == 4);
  index = reloaded(index);
  assert_int_equal(sl_inverted_size(index), 2);
  assert_ok(sl_inverted_remove(index, id, 2, &added));
  index = reloaded(index);
  assert_int_equal(sl_inverted_size(index), 0);
  assert_ok(sl_inverted_shrink(index));
  sl_inverted_destroy(index);
}

// Wherever memory ends, the index is as before, and goes on.
static void survives_every_missing_byte(void **state) {
  (void)state;
  sl_rng_seed(&rng, 9);
  kind = 2;
  ids = 600;
  dimensions = 300;
  for (uint32_t i = 0; i < ids; i++) model[i].there = false;
  sl_inverted *index;
  assert_ok(sl_inverted_create(&index));
  uint32_t failures = 0;
  for (uint32_t i = 0; i < ids; i++) {
    vector v;
    make_vector(&v, MOST_LENGTH);
    for (uint64_t room = 0;; room += 16 + below(200)) {
      sl_memory_budget budget;
      sl_memory_budget_begin(&budget, room);
      const sl_status status = add_one(index, id_of(i), &v, SL_DUPLICATE_ERROR);
      sl_memory_budget_end(&budget);
      if (status == SL_OK) break;
      assert_int_equal(status, SL_ERR_MEMORY);
      failures++;
    }
    model[i] = v;
  }
  assert_true(failures > 500);
  check_contents(index);
  vector query;
  make_vector(&query, MOST_LENGTH);
  check_query(index, &query, 20, NULL, NULL);
  sl_memory_budget budget;
  sl_memory_budget_begin(&budget, 20000);
  assert_int_equal(sl_inverted_shrink(index), SL_ERR_MEMORY);
  sl_memory_budget_end(&budget);
  check_contents(index);
  check_query(index, &query, 20, NULL, NULL);
  sl_inverted_destroy(index);
}

static sl_status load_and_ask(const uint8_t *bytes, uint64_t length) {
  sl_reader *reader;
  sl_inverted *index = NULL;
  sl_status status = read_file(SL_FILE_SPARSE, bytes, length, &reader);
  if (status == SL_OK) status = sl_reader_end(reader);
  if (status == SL_OK) status = sl_inverted_load(reader, &index);
  sl_reader_destroy(reader);
  if (status != SL_OK) return status;
  const uint32_t starts[] = {0, 3}, indices[] = {0, 1, 2};
  const float values[] = {1, -1, 2};
  uint32_t got[5], found;
  double scores[5];
  assert_ok(sl_inverted_search(index, starts, indices, values, 3, 1, 5, NULL, got, scores, &found));
  sl_inverted_destroy(index);
  return SL_OK;
}

static void damaged_files_are_refused(void **state) {
  (void)state;
  sl_rng_seed(&rng, 5);
  kind = 2;
  dimensions = 12;
  sl_inverted *index;
  sl_writer *writer;
  assert_ok(sl_inverted_create(&index));
  vector v;
  for (uint32_t i = 0; i < 30; i++) {
    make_vector(&v, 8);
    assert_ok(add_one(index, i, &v, SL_DUPLICATE_ERROR));
  }
  assert_ok(sl_inverted_save(index, &writer));
  uint8_t byte;
  uint32_t written, removed;
  const uint32_t id = 3;
  assert_ok(sl_writer_next(writer, &byte, 1, &written));
  assert_ok(sl_inverted_remove(index, &id, 1, &removed));
  assert_int_equal(sl_writer_next(writer, &byte, 1, &written), SL_ERR_STATE);
  sl_writer_destroy(writer);
  assert_ok(sl_inverted_save(index, &writer));
  file f = write_file(writer, 64);
  sl_inverted_destroy(index);
  assert_ok(load_and_ask(f.bytes, f.length));
  refuses_cuts(f, load_and_ask);
  assert_true(survives_flips(f, load_and_ask) > 0);
  free(f.bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(answers_as_the_model_does),
      property(answers_as_the_model_does_over_many_blocks),
      property(many_that_go_leave_nothing_behind),
      property(counts_every_byte),
      property(refuses_by_position),
      property(nothing_is_found_in_nothing),
      property(survives_every_missing_byte),
      property(damaged_files_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
