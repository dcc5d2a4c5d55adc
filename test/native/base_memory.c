#include "check.h"

#include <string.h>

#include "base/arena.h"
#include "base/handle.h"
#include "base/rng.h"

static void blocks_are_aligned_and_counted(void **state) {
  (void)state;
  void *blocks[8];
  size_t total = 0;
  for (size_t i = 0; i < 8; i++) {
    assert_ok(sl_alloc(i * 7, 3, &blocks[i]));
    assert_non_null(blocks[i]);
    assert_int_equal((uintptr_t)blocks[i] % 16, 0);
    memset(blocks[i], 0xab, i * 21);
    total += i * 21;
    assert_int_equal(sl_bytes_in_use(), total);
  }
  sl_bytes_peak_reset();
  assert_int_equal(sl_bytes_peak(), total);
  for (size_t i = 0; i < 8; i++) sl_free(blocks[i]);
  assert_int_equal(sl_bytes_in_use(), 0);
  assert_int_equal(sl_bytes_peak(), total);
}

static void refuses_a_size_that_overflows(void **state) {
  (void)state;
  void *block = (void *)1;
  assert_refused(sl_alloc(SIZE_MAX / 2, 3, &block), SL_ERR_OVERFLOW, "size");
  assert_null(block);
  assert_refused(sl_alloc(SIZE_MAX - 8, 1, &block), SL_ERR_OVERFLOW, "size");
}

static void limit_is_exact_and_says_how_much_was_wanted(void **state) {
  (void)state;
  void *first, *second;
  sl_set_memory_limit(1000);
  assert_int_equal(sl_memory_limit(), 1000);
  assert_ok(sl_alloc(600, 1, &first));
  assert_refused(sl_alloc(401, 1, &second), SL_ERR_MEMORY, "memory");
  assert_int_equal(sl_last_error()->position, 401);
  assert_ok(sl_alloc(400, 1, &second));
  assert_int_equal(sl_bytes_in_use(), 1000);
  sl_free(first);
  sl_free(second);
}

static void limit_below_what_is_held_keeps_old_blocks(void **state) {
  (void)state;
  void *old, *fresh;
  assert_ok(sl_alloc(100, 1, &old));
  sl_set_memory_limit(10);
  assert_refused(sl_alloc(1, 1, &fresh), SL_ERR_MEMORY, "memory");
  memset(old, 1, 100);
  sl_free(old);
  assert_ok(sl_alloc(10, 1, &fresh));
  sl_free(fresh);
}

static void realloc_keeps_contents_and_survives_refusal(void **state) {
  (void)state;
  unsigned char *block = NULL;
  assert_ok(SL_REALLOC(&block, 10));
  for (int i = 0; i < 10; i++) block[i] = (unsigned char)i;
  assert_ok(SL_REALLOC(&block, 1000));
  assert_int_equal((uintptr_t)block % 16, 0);
  for (int i = 0; i < 10; i++) assert_int_equal(block[i], i);
  sl_set_memory_limit(1500);
  unsigned char *before = block;
  assert_refused(SL_REALLOC(&block, 1501), SL_ERR_MEMORY, "memory");
  assert_ptr_equal(block, before);
  assert_int_equal(sl_bytes_in_use(), 1000);
  assert_ok(SL_REALLOC(&block, 1500));
  assert_ok(SL_REALLOC(&block, 5));
  for (int i = 0; i < 5; i++) assert_int_equal(block[i], i);
  assert_int_equal(sl_bytes_in_use(), 5);
  sl_free(block);
}

static void arena_gives_back_in_reverse_order(void **state) {
  (void)state;
  sl_arena arena;
  assert_ok(sl_arena_create(&arena, 256));
  double *a, *b, *c;
  assert_ok(SL_TAKE(&arena, &a, 3));
  assert_int_equal(arena.used, 32);
  sl_arena_mark mark = sl_arena_mark_here(&arena, "inner");
  assert_ok(SL_TAKE(&arena, &b, 28));
  assert_int_equal(arena.used, 256);
  assert_refused(SL_TAKE(&arena, &c, 1), SL_ERR_MEMORY, "scratch");
  assert_int_equal(sl_last_error()->position, 16);
  sl_arena_release(&arena, mark);
  assert_ok(SL_TAKE(&arena, &c, 1));
  assert_ptr_equal(b, c);
  assert_int_equal(arena.high_water, 256);
  assert_int_equal(sl_arena_size(SIZE_MAX, 2), SIZE_MAX);
  sl_arena_destroy(&arena);
}

static const sl_kind apple[1] = {{"the handle of an apple"}};
static const sl_kind pear[1] = {{"the handle of a pear"}};

static void handles_refuse_zero_stale_foreign_and_wild(void **state) {
  (void)state;
  int object = 0;
  void *found;
  sl_handle handle;
  assert_refused(sl_handle_get(0, apple, &found), SL_ERR_HANDLE, "handle");
  assert_ok(sl_handle_create(apple, &object, &handle));
  assert_int_not_equal(handle, 0);
  assert_ok(sl_handle_get(handle, apple, &found));
  assert_ptr_equal(found, &object);
  assert_refused(sl_handle_get(handle, pear, &found), SL_ERR_HANDLE, "handle");
  assert_string_equal(sl_last_error()->expected, "the handle of a pear");
  assert_null(found);
  assert_refused(sl_handle_release(handle, pear, &found), SL_ERR_HANDLE, "handle");
  assert_refused(sl_handle_get(0, apple, &found), SL_ERR_HANDLE, "handle");
  assert_refused(sl_handle_get(handle + 1, apple, &found), SL_ERR_HANDLE, "handle");
  assert_refused(sl_handle_get(UINT32_MAX, apple, &found), SL_ERR_HANDLE, "handle");
  assert_ok(sl_handle_release(handle, apple, &found));
  assert_ptr_equal(found, &object);
  assert_refused(sl_handle_get(handle, apple, &found), SL_ERR_HANDLE, "handle");
  assert_refused(sl_handle_release(handle, apple, &found), SL_ERR_HANDLE, "handle");
  sl_handle again;
  assert_ok(sl_handle_create(apple, &object, &again));
  assert_int_not_equal(again, handle);
  assert_ok(sl_handle_release(again, apple, &found));
  assert_int_equal(sl_handle_count(), 0);
}

// More uses than 16 bits count, with the table kept by another object and with it freed each time.
static void a_handle_is_never_given_twice(void **state) {
  (void)state;
  int object = 0;
  void *found;
  for (int keep = 0; keep < 2; keep++) {
    sl_handle first, kept = 0, before = 0;
    if (keep) assert_ok(sl_handle_create(apple, &object, &kept));
    assert_ok(sl_handle_create(apple, &object, &first));
    assert_ok(sl_handle_release(first, apple, &found));
    for (uint32_t i = 0; i < 200000; i++) {
      sl_handle handle;
      assert_ok(sl_handle_create(apple, &object, &handle));
      assert_true(handle > before && handle > first);
      before = handle;
      assert_int_equal(sl_handle_get(first, apple, &found), SL_ERR_HANDLE);
      assert_ok(sl_handle_release(handle, apple, &found));
    }
    if (keep) assert_ok(sl_handle_release(kept, apple, &found));
  }
}

// Objects of random lives: every live handle gives its object, every other one nothing.
static void a_hundred_thousand_handles_in_any_order(void **state) {
  (void)state;
  enum { PLACES = 100000 };
  static sl_handle handles[PLACES];
  sl_rng rng;
  void *found;
  sl_rng_seed(&rng, 3);
  uint32_t live = 0;
  for (uint32_t i = 0; i < PLACES; i++, live++) {
    assert_ok(sl_handle_create(apple, &handles[i], &handles[i]));
  }
  for (uint32_t trial = 0; trial < SL_TRIES(300000); trial++) {
    uint32_t i = sl_rng_below(&rng, PLACES);
    if (handles[i] == 0) {
      if (trial % 3 != 0) continue; // fewer and fewer
      assert_ok(sl_handle_create(apple, &handles[i], &handles[i]));
      live++;
      continue;
    }
    sl_handle handle = handles[i];
    assert_ok(sl_handle_release(handle, apple, &found));
    assert_ptr_equal(found, &handles[i]);
    assert_int_equal(sl_handle_get(handle, apple, &found), SL_ERR_HANDLE);
    handles[i] = 0;
    live--;
  }
  assert_int_equal(sl_handle_count(), live);
  for (uint32_t i = 0; i < PLACES; i++) {
    if (handles[i] == 0) continue;
    assert_ok(sl_handle_get(handles[i], apple, &found));
    assert_ptr_equal(found, &handles[i]);
    assert_ok(sl_handle_release(handles[i], apple, &found));
  }
}

// Reference: the test vector of the authors' C code as used by rand_xoshiro (state 1, 2, 3, 4).
static void rng_matches_published_vector(void **state) {
  (void)state;
  static const uint64_t expected[10] = {11520,
                                        0,
                                        1509978240,
                                        1215971899390074240u,
                                        1216172134540287360u,
                                        607988272756665600u,
                                        16172922978634559625u,
                                        8476171486693032832u,
                                        10595114339597558777u,
                                        2904607092377533576u};
  sl_rng rng = {{1, 2, 3, 4}};
  for (int i = 0; i < 10; i++) assert_true(sl_rng_next(&rng) == expected[i]);
}

// Reference: splitmix64 from seed 1234567 (Vigna's C code; also Rosetta Code).
static void rng_state_is_filled_by_splitmix64(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 1234567);
  assert_true(rng.state[0] == 6457827717110365317u);
  assert_true(rng.state[1] == 3203168211198807973u);
  assert_true(rng.state[2] == 9817491932198370423u);
  assert_true(rng.state[3] == 4593380528125082431u);
}

static void rng_below_is_uniform_and_in_range(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 7);
  int count[6] = {0};
  for (int i = 0; i < 60000; i++) {
    uint32_t value = sl_rng_below(&rng, 6);
    assert_in_range(value, 0, 5);
    count[value]++;
    double real = sl_rng_double(&rng);
    assert_true(real >= 0 && real < 1);
  }
  // Standard deviation of a count is 91; 5 of them.
  for (int i = 0; i < 6; i++) assert_in_range(count[i], 10000 - 455, 10000 + 455);
}

static void every_code_has_a_name(void **state) {
  (void)state;
  assert_string_equal(sl_status_name(SL_ERR_RANGE), "ERR_RANGE");
  assert_string_equal(sl_status_name((sl_status)-9999), "UNKNOWN");
  assert_string_equal(sl_outcome_name(SL_OUTCOME_WORK_LIMIT), "workLimit");
  assert_int_equal(SL_ERR_MEMORY, -20); // pinned: foreign hosts hold these numbers
  assert_int_equal(SL_ERR_PARSE, -60);
#define X(name, value, text) assert_true(strlen(sl_status_text(SL_##name)) > 0);
  SL_STATUS_LIST(X)
#undef X
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(blocks_are_aligned_and_counted),
      property(refuses_a_size_that_overflows),
      property(limit_is_exact_and_says_how_much_was_wanted),
      property(limit_below_what_is_held_keeps_old_blocks),
      property(realloc_keeps_contents_and_survives_refusal),
      property(arena_gives_back_in_reverse_order),
      property(handles_refuse_zero_stale_foreign_and_wild),
      property(a_handle_is_never_given_twice),
      property(a_hundred_thousand_handles_in_any_order),
      property(rng_matches_published_vector),
      property(rng_state_is_filled_by_splitmix64),
      property(rng_below_is_uniform_and_in_range),
      property(every_code_has_a_name),
  };
  return cmocka_run_group_tests_name("base_memory", tests, NULL, NULL);
}
