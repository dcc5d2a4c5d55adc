// What one call may cost while vectors are removed for a long time, and that the repair keeps up.
#define HNSW_POINTS 12000
#include "hnsw_points.h"

// The most rows that a pass compares for one slot beyond its share: every link of a list is
// replaced from as many lists, and chosen from twice as many candidates; on upper levels by a
// search.
enum { SHARE = 8192, LIST = 3 * 17 * 17 + 3 * 60 * 17 };

// As good as an index that never had the others.
static void check_recall(sl_hnsw *index, double less) {
  sl_hnsw *fresh = make_index(SL_METRIC_EUCLIDEAN, D);
  for (uint32_t i = 0; i < N; i++) {
    uint32_t added;
    if (!sl_hnsw_has(index, all_ids[i])) continue;
    assert_ok(sl_hnsw_add(fresh, &all_ids[i], vectors[i], 1, SL_DUPLICATE_ERROR, &added));
  }
  double is = recall(index, 60, NULL), could_be = recall(fresh, 60, NULL);
  if (is < could_be - less) fail_msg("recall %f, of a fresh index %f", is, could_be);
  sl_hnsw_destroy(fresh);
}

static void a_removal_does_a_bounded_part_of_a_repair(void **state) {
  (void)state;
  make_points(41);
  sl_hnsw *index = make_full(SL_METRIC_EUCLIDEAN);
  uint32_t worst_dead = 0;
  uint64_t worst = 0, before = index->scored;
  for (uint32_t i = 0; i < 9 * N / 10; i++) {
    uint64_t scored = index->scored;
    assert_ok(sl_hnsw_remove(index, all_ids[i]));
    uint64_t rows = index->scored - scored;
    worst = rows > worst ? rows : worst;
    uint32_t share = 100 * index->store.dead / (index->store.live + index->store.dead);
    worst_dead = share > worst_dead ? share : worst_dead;
  }
  assert_true(worst <= SHARE + LIST);
  assert_true(worst > SHARE / 4); // a repair did happen
  if (worst_dead > 12) fail_msg("%u %% of the slots were dead", worst_dead);
  double each = (double)(index->scored - before) / (9 * N / 10);
  if (each > 8000) fail_msg("%f rows a removal", each);
  check_graph(index);
  check_recall(index, 0.02);
  sl_hnsw_destroy(index);
}

// Many at once: the call does a few parts, and what is left goes in steps or with what follows.
static void a_removal_of_many_is_bounded_too(void **state) {
  (void)state;
  make_points(42);
  sl_hnsw *index = make_full(SL_METRIC_EUCLIDEAN);
  uint64_t scored = index->scored;
  uint32_t removed, left = UINT32_MAX, steps = 0;
  assert_ok(sl_hnsw_remove_many(index, all_ids, N / 2, &removed));
  assert_int_equal(removed, N / 2);
  assert_true(index->scored - scored <= 8 * SHARE + LIST);
  assert_true(index->store.dead > N / 4); // not all is done
  for (; left > 0; steps++) {
    scored = index->scored;
    assert_ok(sl_hnsw_repair_step(index, SHARE, &left));
    // Linking what cannot be reached ends with a whole search.
    assert_true(index->scored - scored <= SHARE + LIST + 20000);
  }
  assert_true(steps > 10);
  assert_int_equal(index->store.dead, 0);
  check_graph(index);
  check_recall(index, 0.08); // clusters whose ways went all at once
  uint32_t wrong[2] = {all_ids[N - 1], all_ids[0]};
  assert_refused(sl_hnsw_remove_many(index, wrong, 2, &removed), SL_ERR_INDEX, "ids");
  assert_int_equal(removed, 1);
  assert_int_equal(sl_last_error()->position, 1);
  assert_false(sl_hnsw_has(index, all_ids[N - 1]));
  sl_hnsw_destroy(index);
}

// Replacing for ever: free slots are used again, so that memory has a bound.
static void replacing_for_ever_takes_no_more_memory(void **state) {
  (void)state;
  make_points(43);
  sl_hnsw *index = make_full(SL_METRIC_EUCLIDEAN);
  sl_rng rng;
  sl_rng_seed(&rng, 44);
  for (uint32_t i = 0; i < 2 * N; i++) {
    uint32_t at = sl_rng_below(&rng, N), added;
    assert_ok(sl_hnsw_add(index, &all_ids[at], vectors[sl_rng_below(&rng, N)], 1,
                          SL_DUPLICATE_REPLACE, &added));
  }
  assert_int_equal(sl_hnsw_size(index), N);
  assert_true(index->store.used <= N + N / 8);
  check_graph(index);
  sl_hnsw_destroy(index);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(a_removal_does_a_bounded_part_of_a_repair),
      property(a_removal_of_many_is_bounded_too),
      property(replacing_for_ever_takes_no_more_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
