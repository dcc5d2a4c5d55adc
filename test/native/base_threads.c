// What the C library promises to programs with threads: one count of bytes and one limit for all,
// errors and budgets for each thread alone.
#define _POSIX_C_SOURCE 200809L // barriers
#include "check.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/rng.h"
#include "graph/graph.h"
#include "solver/solver.h"

// SHARE: three threads can hold as much at once, a fourth cannot.
enum { THREADS = 4, BLOCKS = 16, LIMIT = 200000, SHARE = 60000 };

typedef struct worker {
  size_t me;
  pthread_barrier_t *all_have_asked;
  bool has_share;
  uint8_t *blocks[BLOCKS]; // what an odd thread leaves: counted, and freed by the main thread
  size_t sizes[BLOCKS];
} worker;

// Blocks of random sizes under a limit that all threads meet together. Returns NULL, or what was
// wrong.
static void *allocate(void *argument) {
  worker *w = argument;
  size_t me = w->me;
  static const char *const names[THREADS] = {"first", "second", "third", "fourth"};
  sl_rng rng;
  sl_rng_seed(&rng, me);
  // Whichever thread runs first: one of them is refused while the others hold their shares.
  void *share;
  w->has_share = sl_alloc(SHARE, 1, &share) == SL_OK;
  pthread_barrier_wait(w->all_have_asked);
  sl_free(share);
  for (int i = 0; i < 20000; i++) {
    uint32_t at = sl_rng_below(&rng, BLOCKS), bytes = sl_rng_below(&rng, 20000);
    uint8_t **block = &w->blocks[at];
    sl_fail(SL_ERR_RANGE, names[me], "", me);
    sl_status status = sl_realloc((void **)block, bytes, 1);
    if (status == SL_OK) {
      if (strcmp(sl_last_error()->argument, names[me]) != 0) return "an error of another thread";
      for (size_t k = 0; k < bytes && k < w->sizes[at]; k += 997) {
        if ((*block)[k] != (uint8_t)(me + k)) return "a block of another thread";
      }
      for (size_t k = 0; k < bytes; k += 997) (*block)[k] = (uint8_t)(me + k);
      w->sizes[at] = bytes;
    } else if (sl_last_error()->position != bytes) {
      return "an error of another allocation";
    }
    if (sl_bytes_in_use() > LIMIT || sl_bytes_peak() > LIMIT) return "more bytes than the limit";
    if (i % 3 == 0) {
      sl_free(*block);
      *block = NULL;
      w->sizes[at] = 0;
    }
  }
  for (int i = 0; me % 2 == 0 && i < BLOCKS; i++) {
    sl_free(w->blocks[i]);
    w->sizes[i] = 0;
  }
  return NULL;
}

static void bytes_are_counted_and_limited_over_all_threads(void **state) {
  (void)state;
  pthread_t threads[THREADS];
  pthread_barrier_t all_have_asked;
  worker workers[THREADS] = {0};
  size_t before = sl_memory_limit();
  sl_set_memory_limit(LIMIT);
  sl_bytes_peak_reset();
  pthread_barrier_init(&all_have_asked, NULL, THREADS);
  for (size_t i = 0; i < THREADS; i++) {
    workers[i].me = i;
    workers[i].all_have_asked = &all_have_asked;
    assert_int_equal(pthread_create(&threads[i], NULL, allocate, &workers[i]), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    void *wrong;
    pthread_join(threads[i], &wrong);
    if (wrong != NULL) fail_msg("%s", (const char *)wrong);
  }
  pthread_barrier_destroy(&all_have_asked);
  size_t left = 0, shares = 0;
  for (int i = 0; i < THREADS; i++) {
    shares += workers[i].has_share;
    for (int k = 0; k < BLOCKS; k++) left += workers[i].sizes[k];
  }
  assert_int_equal(shares, THREADS - 1);
  assert_int_equal(sl_bytes_in_use(), left);
  for (int i = 1; i < THREADS; i += 2) {
    for (int k = 0; k < BLOCKS; k++) sl_free(workers[i].blocks[k]);
  }
  assert_int_equal(sl_bytes_in_use(), 0);
  sl_set_memory_limit(before);
}

static void *sum(void *argument) {
  uint32_t *crc = argument;
  *crc = sl_crc32c(0, "123456789", 9);
  return NULL;
}

// Value: RFC 3720, B.4 and others.
static void checksums_do_not_depend_on_who_comes_first(void **state) {
  (void)state;
  pthread_t threads[THREADS];
  uint32_t crcs[THREADS];
  for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, sum, &crcs[i]);
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    assert_int_equal(crcs[i], 0xe3069283);
  }
}

static void a_budget_limits_what_is_held_beyond_its_beginning(void **state) {
  (void)state;
  sl_memory_budget outer, inner;
  void *before, *a, *b, *none;
  assert_ok(sl_alloc(500, 1, &before));
  sl_memory_budget_begin(&outer, 1000);
  assert_ok(sl_alloc(600, 1, &a));
  assert_refused(sl_alloc(401, 1, &b), SL_ERR_MEMORY, "memory");
  assert_int_equal(sl_last_error()->position, 401);
  sl_memory_budget_begin(&inner, UINT64_MAX); // counts, and has no more room than the outer one
  assert_refused(sl_alloc(401, 1, &b), SL_ERR_MEMORY, "memory");
  assert_ok(sl_realloc(&a, 700, 1));
  assert_ok(sl_alloc(300, 1, &b));
  assert_int_equal(sl_memory_budget_end(&inner), 400);
  // What was there before may be freed, and makes room.
  sl_free(before);
  assert_ok(sl_alloc(500, 1, &before));
  assert_refused(sl_alloc(1, 1, &none), SL_ERR_MEMORY, "memory");
  sl_free(before);
  sl_free(a);
  assert_int_equal(sl_memory_budget_end(&outer), -200);
  sl_free(b);
  assert_ok(sl_alloc(2000, 1, &a));
  sl_free(a);
}

static void *take_much(void *argument) {
  void *block;
  *(sl_status *)argument = sl_alloc(100000, 1, &block);
  sl_free(block);
  return NULL;
}

static void a_budget_is_one_threads_alone(void **state) {
  (void)state;
  sl_memory_budget budget;
  sl_memory_budget_begin(&budget, 10);
  pthread_t thread;
  sl_status status = SL_ERR_STATE;
  pthread_create(&thread, NULL, take_much, &status);
  pthread_join(thread, NULL);
  assert_int_equal(sl_memory_budget_end(&budget), 0);
  assert_int_equal(status, SL_OK);
}

// Each thread has its own matrix and solver: the answers are those of one thread.
static void *solve(void *argument) {
  enum { N = 400 };
  double *first = argument, b[N], x[N];
  uint32_t from[N - 1], to[N - 1];
  for (uint32_t i = 0; i + 1 < N; i++) from[i] = i, to[i] = i + 1;
  for (int i = 0; i < N; i++) b[i] = i % 7 - 3;
  for (int repeat = 0; repeat < 5; repeat++) {
    sl_graph *graph;
    sl_csr *matrix;
    sl_solver *solver;
    sl_outcome outcome;
    sl_solve_result result;
    sl_solver_options options = sl_solver_options_default();
    if (sl_graph_from_edges(N, N - 1, from, to, NULL, SL_VALUES_PATTERN, false, &graph) != SL_OK ||
        sl_graph_laplacian(graph, 0.5, &matrix) != SL_OK ||
        sl_solver_create(matrix, &options, &solver) != SL_OK ||
        sl_solver_set_max_bytes(solver, 1 << 22) != SL_OK ||
        sl_solver_begin(solver, b, NULL) != SL_OK) {
      return "no solver";
    }
    do {
      if (sl_job_step(sl_solver_job(solver), 1000, &outcome) != SL_OK) return "a step failed";
    } while (outcome == SL_OUTCOME_RUNNING);
    if (sl_solver_finish(solver, x, &result) != SL_OK) return "no result";
    *first = x[0] + x[N / 2];
    size_t held = sl_solver_bytes(solver);
    if (held < sizeof x || held > 1 << 20) return "bytes of other threads are counted";
    sl_solver_destroy(solver);
    sl_csr_destroy(matrix);
    sl_graph_destroy(graph);
  }
  return NULL;
}

static void threads_solve_as_one_does(void **state) {
  (void)state;
  double alone, together[THREADS];
  assert_null(solve(&alone));
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, solve, &together[i]);
  for (int i = 0; i < THREADS; i++) {
    void *wrong;
    pthread_join(threads[i], &wrong);
    if (wrong != NULL) fail_msg("%s", (const char *)wrong);
  }
  for (int i = 0; i < THREADS; i++) assert_true(together[i] == alone);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(checksums_do_not_depend_on_who_comes_first),
      property(bytes_are_counted_and_limited_over_all_threads),
      property(a_budget_limits_what_is_held_beyond_its_beginning),
      property(a_budget_is_one_threads_alone),
      property(threads_solve_as_one_does),
  };
  return cmocka_run_group_tests_name("base_threads", tests, NULL, NULL);
}
