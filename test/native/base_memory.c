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

static void handles_refuse_zero_stale_foreign_and_wild(void **state) {
  (void)state;
  int object = 0;
  void *found;
  sl_handle handle;
  assert_refused(sl_handle_get(0, SL_HANDLE_VECTOR, &found), SL_ERR_HANDLE, "handle");
  assert_ok(sl_handle_create(SL_HANDLE_VECTOR, &object, &handle));
  assert_int_not_equal(handle, 0);
  assert_ok(sl_handle_get(handle, SL_HANDLE_VECTOR, &found));
  assert_ptr_equal(found, &object);
  assert_refused(sl_handle_get(handle, SL_HANDLE_MATRIX, &found), SL_ERR_HANDLE, "handle");
  assert_null(found);
  assert_refused(sl_handle_get(handle + 1, SL_HANDLE_VECTOR, &found), SL_ERR_HANDLE, "handle");
  assert_refused(sl_handle_get(UINT32_MAX, SL_HANDLE_VECTOR, &found), SL_ERR_HANDLE, "handle");
  assert_ok(sl_handle_release(handle, SL_HANDLE_VECTOR, &found));
  assert_refused(sl_handle_get(handle, SL_HANDLE_VECTOR, &found), SL_ERR_HANDLE, "handle");
  assert_refused(sl_handle_release(handle, SL_HANDLE_VECTOR, &found), SL_ERR_HANDLE, "handle");
  sl_handle again;
  assert_ok(sl_handle_create(SL_HANDLE_VECTOR, &object, &again));
  assert_int_not_equal(again, handle);
  assert_ok(sl_handle_release(again, SL_HANDLE_VECTOR, &found));
  assert_int_equal(sl_handle_count(), 0);
}

static void table_holds_65536_handles_and_refuses_one_more(void **state) {
  (void)state;
  static sl_handle handles[65536];
  void *found;
  sl_handle extra;
  for (uint32_t i = 0; i < 65536; i++) {
    assert_ok(sl_handle_create(SL_HANDLE_GRAPH, &handles[i], &handles[i]));
  }
  assert_refused(sl_handle_create(SL_HANDLE_GRAPH, &extra, &extra), SL_ERR_OVERFLOW, "handle");
  assert_int_equal(extra, 0);
  for (uint32_t i = 0; i < 65536; i++) {
    assert_ok(sl_handle_release(handles[i], SL_HANDLE_GRAPH, &found));
    assert_ptr_equal(found, &handles[i]);
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
      property(table_holds_65536_handles_and_refuses_one_more),
      property(rng_matches_published_vector),
      property(rng_state_is_filled_by_splitmix64),
      property(rng_below_is_uniform_and_in_range),
      property(every_code_has_a_name),
  };
  return cmocka_run_group_tests_name("base_memory", tests, NULL, NULL);
}
