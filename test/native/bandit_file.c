// Saved bandits go on as the original would; files that are cut, changed or made up are refused or
// can be used.
#include "files.h"

#include "bandit/bandit.h"
#include "bandit/file.h"

static sl_bandit *make(int policy, uint32_t shared, uint32_t window) {
  sl_bandit_options o = sl_bandit_options_default();
  o.policy = (sl_bandit_policy)policy;
  o.dimension = policy < 3 ? 3 : 0;
  o.exploration = 0.3;
  o.shared = shared;
  o.window = window;
  o.decay = window == 0 && shared == 0 ? 0.9 : 1;
  o.pending = 12;
  o.samples = 4;
  sl_bandit *b;
  assert_ok(sl_bandit_create(&o, &b));
  return b;
}

// Goes on for some rounds and gives what was chosen.
static double play(sl_bandit *b, int rounds) {
  double trace = 0;
  for (int i = 0; i < rounds; i++) {
    sl_bandit_options o;
    sl_bandit_facts facts;
    sl_bandit_choice c;
    uint32_t arm;
    bool learned;
    sl_bandit_options_read(b, &o);
    sl_bandit_facts_read(b, &facts);
    for (size_t j = 0; j < o.dimension + (size_t)o.shared * facts.slots; j++)
      sl_bandit_context(b)[j] = ((double)j * 7 + i * 5) / 11 - i;
    if (sl_bandit_choose(b, NULL, 0, NULL, &c) != SL_OK) return trace;
    trace = 3 * trace / 2 + c.arm + c.propensity;
    const sl_status status = sl_bandit_reward(b, c.id - i % 4, i % 2, &learned);
    assert_true(status == SL_OK || status == SL_ERR_STATE || status == SL_ERR_INDEX);
    if (i % 17 == 5 && facts.arms > 2) assert_ok(sl_bandit_remove_arm(b, c.arm));
    if (i % 19 == 7 && facts.slots < 6) assert_ok(sl_bandit_add_arm(b, &arm));
  }
  return trace;
}

static file save(sl_bandit *b) {
  sl_writer *writer;
  assert_ok(sl_bandit_save(b, "[\"a\"]", 5, &writer));
  return write_file(writer, 333);
}

// A bandit goes on, and ends, while its file is written.
static void files_are_those_of_their_moment(void **state) {
  (void)state;
  sl_bandit *b = make(0, 2, 0);
  uint32_t arm;
  for (int i = 0; i < 3; i++) assert_ok(sl_bandit_add_arm(b, &arm));
  play(b, 4);
  const file now = save(b);
  sl_writer *writer;
  assert_ok(sl_bandit_save(b, "[\"a\"]", 5, &writer));
  for (int i = 0; i < 8; i++) assert_ok(sl_bandit_add_arm(b, &arm));
  play(b, 40);
  sl_bandit_destroy(b);
  const file later = write_file(writer, 50);
  assert_int_equal(later.length, now.length);
  assert_memory_equal(later.bytes, now.bytes, now.length);
  free(now.bytes);
  free(later.bytes);
}

static sl_status load(const uint8_t *bytes, uint64_t length, sl_bandit **out) {
  sl_reader *reader;
  *out = NULL;
  sl_status status = read_file(SL_FILE_BANDIT, bytes, length, &reader);
  if (status == SL_OK) status = sl_bandit_load(reader, out);
  sl_reader_destroy(reader);
  return status;
}

static sl_status load_and_use(const uint8_t *bytes, uint64_t length) {
  sl_bandit *b;
  const sl_status status = load(bytes, length, &b);
  if (status == SL_OK) play(b, 8);
  sl_bandit_destroy(b);
  return status;
}

static void goes_on_as_the_original_would(void **state) {
  (void)state;
  static const struct {
    int policy;
    uint32_t shared, window;
  } kinds[] = {{0, 0, 0}, {0, 2, 0}, {1, 0, 9}, {2, 0, 0}, {3, 0, 0},
               {4, 0, 5}, {5, 0, 0}, {6, 0, 0}, {7, 0, 40}};
  for (int k = 0; k < 9; k++) {
    sl_bandit *b = make(kinds[k].policy, kinds[k].shared, kinds[k].window), *again;
    uint32_t arm;
    file nothing = save(b);
    assert_ok(load(nothing.bytes, nothing.length, &again));
    sl_bandit_destroy(again);
    for (int i = 0; i < 4; i++) assert_ok(sl_bandit_add_arm(b, &arm));
    play(b, 50);
    file f = save(b), same;
    assert_ok(load(f.bytes, f.length, &again));
    same = save(again);
    assert_int_equal(same.length, f.length);
    assert_memory_equal(same.bytes, f.bytes, f.length);
    assert_int_equal(sl_bandit_labels_bytes(again), 5);
    assert_memory_equal(sl_bandit_labels(again), "[\"a\"]", 5);
    assert_true(play(b, 60) == play(again, 60));
    file one = save(b), other = save(again);
    assert_int_equal(one.length, other.length);
    assert_memory_equal(one.bytes, other.bytes, one.length);
    refuses_cuts(f, load_and_use);
    if (k < 2) assert_true(survives_flips(f, load_and_use) > 100);
    sl_bandit_destroy(b);
    sl_bandit_destroy(again);
    free(nothing.bytes);
    free(f.bytes);
    free(same.bytes);
    free(one.bytes);
    free(other.bytes);
  }
}

// Every cut, and every bit of every byte, of two small files: refused, or usable once the sums are
// right again.
static void every_byte_may_be_cut_or_changed(void **state) {
  (void)state;
  for (int linear = 0; linear < 2; linear++) {
    sl_bandit *b = make(linear ? SL_BANDIT_LIN_TS : SL_BANDIT_BETA, 0, 3);
    uint32_t arm;
    for (int i = 0; i < 2; i++) assert_ok(sl_bandit_add_arm(b, &arm));
    play(b, 5);
    const file f = save(b);
    survives_cuts_and_bits(f, 1, load_and_use);
    free(f.bytes);
    sl_bandit_destroy(b);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {property(goes_on_as_the_original_would),
                                     property(files_are_those_of_their_moment),
                                     property(every_byte_may_be_cut_or_changed)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
