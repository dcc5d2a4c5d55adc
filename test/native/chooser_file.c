// Saved choosers: the same choices afterwards, and files that nobody has saved.
#include "chooser_help.h"
#include "files.h"

#include "chooser/file.h"

static sl_chooser *made(sl_chooser_policy policy) {
  chooser_options o = options_of(policy, 3, 2);
  o.list[TREES] = 3;
  o.list[CAPACITY] = 24;
  sl_chooser *c = chooser_of(o);
  sl_rng rng;
  sl_rng_seed(&rng, 12);
  for (uint32_t i = 0; i < 90; i++) {
    const double row[] = {sl_rng_double(&rng), i % 5 == 0 ? NAN : (double)(i % 7)};
    assert_ok(sl_chooser_report(c, 0, row, i % 2, cost_of(i % 2, row[0], &rng),
                                i % 4 == 1 ? 2 : i % 6 == 5));
  }
  return c;
}

static file saved(sl_chooser *c) {
  sl_writer *writer = NULL;
  assert_ok(sl_chooser_save(c, &writer));
  return write_file(writer, 100);
}

static sl_status load(const uint8_t *bytes, uint64_t length, sl_chooser **out) {
  sl_reader *reader;
  *out = NULL;
  sl_status status = read_file(SL_FILE_CHOOSER, bytes, length, &reader);
  if (status == SL_OK) status = sl_chooser_load(reader, out);
  sl_reader_destroy(reader);
  return status;
}

static sl_status try(const uint8_t *bytes, uint64_t length) {
  sl_chooser *c;
  const sl_status status = load(bytes, length, &c);
  if (status != SL_OK) return status;
  double facts[SL_CHOOSER_FACTS], numbers[SL_CHOOSER_CHOICE(SL_CHOOSER_MOST_METHODS)] = {0};
  const double row[SL_CHOOSER_MOST_FEATURES] = {0.5, NAN};
  sl_chooser_facts(c, facts);
  assert_ok(sl_chooser_choose(c, row, NULL, 7, numbers));
  for (uint32_t i = 0; i < 3 && i < facts[0]; i++) assert_ok(sl_chooser_report(c, 0, row, i, i, i));
  assert_ok(sl_chooser_checkpoint(c));
  sl_chooser_destroy(c);
  return SL_OK;
}

static void the_same_choices_come_from_a_file(void **state) {
  (void)state;
  for (int p = 0; p < 3; p++) {
    sl_chooser *c = made((sl_chooser_policy)p), *again;
    file f = saved(c);
    assert_ok(load(f.bytes, f.length, &again));
    file g = saved(again);
    assert_int_equal(f.length, g.length);
    assert_memory_equal(f.bytes, g.bytes, f.length);
    sl_rng rng;
    sl_rng_seed(&rng, 13);
    for (uint32_t i = 0; i < 200; i++) {
      double a[SL_CHOOSER_CHOICE(3)] = {0}, b[SL_CHOOSER_CHOICE(3)] = {0};
      const double row[] = {sl_rng_double(&rng), (double)(i % 8)};
      assert_ok(sl_chooser_choose(c, row, NULL, 7, a));
      assert_ok(sl_chooser_choose(again, row, NULL, 7, b));
      a[1] = b[1] = 0;
      assert_memory_equal(a, b, sizeof a);
      assert_ok(sl_chooser_report(c, 0, row, i % 3, 1 + i % 9, i % 3));
      assert_ok(sl_chooser_report(again, 0, row, i % 3, 1 + i % 9, i % 3));
    }
    // What changes while it is written is noticed.
    sl_writer *writer = NULL;
    uint32_t written;
    uint8_t piece[64];
    assert_ok(sl_chooser_save(c, &writer));
    assert_ok(sl_chooser_report(c, 0, (const double[]){1, 2}, 0, 1, 0));
    assert_int_equal(sl_writer_next(writer, piece, 64, &written), SL_ERR_STATE);
    sl_writer_destroy(writer);
    sl_chooser_destroy(c);
    sl_chooser_destroy(again);
    free(f.bytes);
    free(g.bytes);
  }
}

static void files_that_are_cut_or_changed_are_refused(void **state) {
  (void)state;
  for (int p = 0; p < 3; p++) {
    sl_chooser *c = made((sl_chooser_policy)p);
    file f = saved(c);
    assert_ok(try(f.bytes, f.length));
    refuses_cuts(f, try);
    if (p == 2) survives_flips(f, try);
    free(f.bytes);
    sl_chooser_destroy(c);
  }
}

static void a_new_chooser_is_saved_too(void **state) {
  (void)state;
  sl_chooser *c = chooser_of(options_of(SL_CHOOSER_NEAREST, 2, 0));
  file f = saved(c);
  assert_ok(try(f.bytes, f.length));
  free(f.bytes);
  sl_chooser_destroy(c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(the_same_choices_come_from_a_file),
      property(files_that_are_cut_or_changed_are_refused),
      property(a_new_chooser_is_saved_too),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
