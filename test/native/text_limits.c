// Full-text indexes when memory ends in the middle, at the ends of what fits, and in the wrong order.
#include "check.h"
#include "files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/file.h"
#include "text/fulltext.h"
#include "text/pack.h"
#include "text/stem.h"

static const double one[] = {0, 0, 4294967295.0, 0, 6, 0, 1};
static const double boosts[] = {1, 1};

static sl_fulltext *make(uint32_t documents) {
  const sl_fulltext_options options = {2, SL_LANGUAGE_ENGLISH, true};
  sl_fulltext *index;
  assert_ok(sl_fulltext_create(&options, NULL, 0, &index));
  for (uint32_t i = 0; i < documents; i++) {
    char text[128];
    uint32_t added;
    const uint32_t key = (uint32_t)sprintf(text, "%u", i);
    const uint32_t length =
        (uint32_t)sprintf(text + key, "common word%u other%u word%u", i, i % 7, i % 50);
    const uint32_t parts[] = {SL_PART_KEY, 0, key, 0, key, length};
    assert_ok(sl_fulltext_add(index, (const uint8_t *)text, key + length, parts, 2, false, &added));
  }
  return index;
}

static double matches(sl_fulltext *index, const char *word) {
  double clause[SL_CLAUSE_NUMBERS], numbers[5];
  memcpy(clause, one, sizeof clause);
  clause[4] = (double)strlen(word);
  sl_fulltext_question question = sl_fulltext_question_default();
  question.count = true;
  assert_ok(sl_fulltext_search(index, clause, 1, (const uint8_t *)word, (uint32_t)strlen(word),
                               &question, boosts, NULL, numbers));
  return numbers[1];
}

// What a user may do, with so many bytes to do it.
static sl_status work(sl_fulltext *index, int what) {
  static const uint8_t text[] = "newa fresh document with common words and hapaxes\nred";
  static const uint32_t parts[] = {SL_PART_KEY, 0, 3, 0, 3, 46, SL_PART_VALUES + 1, 50, 3};
  static const double clauses[] = {0, 1, 4294967295.0, 5, 1, 2, 1, 1, 0, 4294967295.0, 24, 6, 0, 1,
                                   0, 3, 4294967295.0, 0, 0, 0, 1, 2, 2, 4294967295.0, 5,  5, 2, 1};
  double numbers[5];
  uint32_t added;
  sl_outcome outcome;
  sl_writer *writer;
  sl_status status = SL_OK;
  sl_fulltext_question question = sl_fulltext_question_default();
  question.count = what == 2;
  question.scorer = (sl_scorer_kind)(what == 3);
  switch (what) {
  case 0:
    return sl_fulltext_add(index, text, sizeof text - 1, parts, 3, true, &added);
  case 1:
  case 2:
  case 3:
    return sl_fulltext_search(index, clauses, 4, text, sizeof text - 1, &question, boosts, NULL,
                              numbers);
  case 4:
    status = sl_fulltext_optimize(index);
    do {
      if (status == SL_OK) status = sl_job_step(sl_fulltext_job(index), 10, &outcome);
    } while (status == SL_OK && outcome == SL_OUTCOME_RUNNING);
    return status;
  case 5:
    status = sl_fulltext_save(index, &writer);
    if (status == SL_OK) sl_writer_destroy(writer);
    return status;
  default:
    return sl_fulltext_suggest(index, text, 1, 3, 10, numbers);
  }
}

static void test_memory_ends(void **state) {
  (void)state;
  for (int what = 0; what < 7; what++) {
    sl_status status = SL_ERR_MEMORY;
    for (uint64_t bytes = 0; status != SL_OK; bytes += 1 + bytes / 6) {
      sl_fulltext *index = make(300);
      uint32_t removed;
      const uint32_t length = 1;
      assert_ok(sl_fulltext_remove(index, (const uint8_t *)"7", 1, &length, 1, &removed));
      sl_memory_budget budget;
      sl_memory_budget_begin(&budget, bytes);
      status = work(index, what);
      sl_memory_budget_end(&budget);
      assert_true(status == SL_OK || status == SL_ERR_MEMORY);
      const bool there = what == 0 && status == SL_OK;
      assert_int_equal(sl_fulltext_size(index), 299 + there);
      assert_true(matches(index, "common") == 299 + there);
      // Afterwards all of it works.
      for (int all = 0; all < 7; all++) assert_ok(work(index, all));
      assert_true(matches(index, "common") == 300 && matches(index, "fresh") == 1);
      sl_fulltext_destroy(index);
    }
  }
}

static void test_what_is_refused(void **state) {
  (void)state;
  sl_fulltext *index = make(3), *none;
  double numbers[5];
  uint32_t added;
  sl_outcome outcome;
  sl_fulltext_options options = {0, SL_LANGUAGE_NONE, false};
  assert_refused(sl_fulltext_create(&options, NULL, 0, &none), SL_ERR_OPTION, "fields");
  options.fields = 33;
  assert_refused(sl_fulltext_create(&options, NULL, 0, &none), SL_ERR_OPTION, "fields");
  assert_refused(sl_fulltext_leave_out(index, (const uint8_t *)"a", 1), SL_ERR_STATE, "words");
  const uint8_t text[2048] = "9 text";
  const uint32_t wrong[][6] = {{0, 0, 1, 0, 0, 1},    {255, 0, 0, 0, 0, 1},
                               {255, 0, 1, 2, 0, 1},  {255, 0, 1, 0, 2000, 49},
                               {255, 0, 1, 96, 0, 1}, {255, 0, 1025, 0, 0, 1},
                               {255, 0, 1, 32, 0, 1}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_true(sl_fulltext_add(index, text, sizeof text, wrong[i], 2, false, &added) < 0 &&
                added == 0);
  assert_int_equal(sl_fulltext_size(index), 3);
  const double bad[][SL_CLAUSE_NUMBERS] = {
      {3, 0, 1, 0, 1, 0, 1},   {0, 6, 1, 0, 1, 0, 1},       {0, 0, -1, 0, 1, 0, 1},
      {0, 0, 1, 7, 1, 0, 1},   {0, 0, 1, 3, 4, 0, 1},       {0, 0, 1, 0, 1, 3, 1},
      {0, 0, 1, 0, 1, 0, 0},   {0, 0, 1, 0, 1, 0, NAN},     {NAN, 0, 1, 0, 1, 0, 1},
      {0, 0, 1, 0.5, 1, 0, 1}, {0, 0, 1, 0, INFINITY, 0, 1}};
  sl_fulltext_question question = sl_fulltext_question_default();
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal(
        sl_fulltext_search(index, bad[i], 1, text, 6, &question, boosts, NULL, numbers),
        SL_ERR_OPTION);
  const double none_of_it[2] = {NAN, -1};
  assert_refused(sl_fulltext_search(index, one, 1, text, 6, &question, none_of_it, NULL, numbers),
                 SL_ERR_OPTION, "boosts");
  question.k1 = NAN;
  assert_refused(sl_fulltext_search(index, one, 1, text, 6, &question, boosts, NULL, numbers),
                 SL_ERR_OPTION, "k1");
  assert_refused(sl_fulltext_facets(index, 0, 5, numbers), SL_ERR_STATE, "facets");
  assert_int_equal(sl_job_step(sl_fulltext_job(index), 1, &outcome), SL_ERR_STATE);
  // A change ends what was begun.
  assert_ok(sl_fulltext_optimize(index));
  assert_ok(sl_job_step(sl_fulltext_job(index), 1, &outcome));
  assert_ok(work(index, 0));
  assert_int_equal(sl_job_step(sl_fulltext_job(index), 1, &outcome), SL_ERR_STATE);
  assert_int_equal(sl_fulltext_size(index), 4);
  sl_fulltext_destroy(index);
}

static void test_numbers_in_few_bits(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 1);
  for (uint32_t bits = 0; bits <= 32; bits++) {
    uint32_t numbers[SL_PACK], again[SL_PACK];
    for (int i = 0; i < SL_PACK; i++)
      numbers[i] = bits == 0 ? 0 : (uint32_t)(sl_rng_next(&rng) >> (64 - bits));
    numbers[77] = bits == 0 ? 0 : UINT32_MAX >> (32 - bits);
    assert_int_equal(sl_pack_bits(numbers), bits);
    uint8_t *packed = malloc(16 * bits + 1);
    sl_pack(numbers, bits, packed + 1); // at no alignment
    sl_unpack(packed + 1, bits, again);
    assert_memory_equal(numbers, again, sizeof numbers);
    free(packed);
  }
}

static sl_status try_text(const uint8_t *bytes, uint64_t length) {
  sl_reader *reader;
  sl_fulltext *index;
  sl_status status = read_file(SL_FILE_TEXT, bytes, length, &reader);
  if (status == SL_OK) status = sl_fulltext_load(reader, &index);
  if (status == SL_OK) sl_fulltext_destroy(index);
  sl_reader_destroy(reader);
  return status;
}

static void test_cut_files(void **state) {
  (void)state;
  sl_fulltext *index = make(40);
  sl_writer *writer;
  assert_ok(sl_fulltext_save(index, &writer));
  const file f = write_file(writer, 100);
  assert_ok(try_text(f.bytes, f.length));
  refuses_cuts(f, try_text);
  // With right sums: whatever a byte becomes, the file is refused or means something.
  for (uint64_t at = head_bytes(f.bytes); at < f.length; at++) {
    uint8_t *copy = malloc(f.length);
    memcpy(copy, f.bytes, f.length);
    copy[at] ^= (uint8_t)(1 << at % 8);
    mend_file(copy, f.length);
    const sl_status status = try_text(copy, f.length);
    assert_true(status == SL_OK || status == SL_ERR_FORMAT || status == SL_ERR_CHECKSUM);
    free(copy);
  }
  free(f.bytes);
  sl_fulltext_destroy(index);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(test_memory_ends),
      property(test_what_is_refused),
      property(test_numbers_in_few_bits),
      property(test_cut_files),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
