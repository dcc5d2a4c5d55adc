// Saved routers answer as the original does; files that are cut, changed or made up are refused or can
// be used.
#include "files.h"

#include <math.h>

#include "bandit/numbers.h"
#include "router/file.h"
#include "router/router.h"

enum { D = 4, N = 90 };

static sl_router *make(uint32_t scorer, int by_value, uint32_t n) {
  static float x[N * D], values[N * 3];
  static uint32_t labels[N];
  sl_rng rng;
  sl_rng_seed(&rng, 9);
  for (uint32_t i = 0; i < n; i++) {
    labels[i] = i % 3;
    for (int j = 0; j < D; j++)
      x[i * D + j] = (float)((j == (int)labels[i]) + 0.4 * sl_draw_normal(&rng));
    for (int k = 0; k < 3; k++) values[3 * i + k] = x[i * D + k] > 0.5f;
  }
  sl_router_question q = sl_router_question_default();
  q.examples = n;
  q.dimension = D;
  q.routes = 3;
  q.vectors = x;
  q.labels = by_value ? NULL : labels;
  q.values = by_value ? values : NULL;
  q.scorer = scorer;
  q.holdout = 0.6;
  q.iterations = 3;
  q.hidden = 2;
  q.steps = 2;
  q.neighbours = 2;
  sl_router *r;
  sl_outcome outcome;
  assert_ok(sl_router_create(&q, &r));
  do {
    assert_ok(sl_job_step(sl_router_job(r), 1000, &outcome));
  } while (outcome == SL_OUTCOME_RUNNING);
  return r;
}

static double use(sl_router *r) {
  sl_router_facts f;
  assert_ok(sl_router_facts_read(r, &f));
  float *x = calloc(f.dimension, sizeof *x);
  double *p = malloc(f.routes * sizeof *p), *s = malloc(f.routes * sizeof *s), trace = 0, level;
  for (uint32_t i = 0; i < 5; i++) {
    x[i % f.dimension] = 1.0f + i;
    if (sl_router_score(r, x, p, s) != SL_OK) break;
    for (uint32_t k = 0; k < f.routes; k++) trace = 2 * trace / 3 + p[k] + s[k];
    sl_router_softmax(r, s, p);
  }
  uint32_t ids[64], count;
  double near[64];
  sl_router_nearest(r, x, f.routes - 1, ids, near, &count);
  sl_router_threshold t;
  if (sl_router_threshold_find(r, SL_ROUTER_QUALITY, 0.5, &t) == SL_OK) trace += t.share;
  if (sl_router_level(r, 0.2, &level) == SL_OK) trace += level;
  free(x);
  free(p);
  free(s);
  return trace;
}

static file save(const sl_router *r) {
  sl_writer *writer;
  assert_ok(sl_router_save(r, "[\"a\"]", 5, &writer));
  return write_file(writer, 333);
}

static sl_status load(const uint8_t *bytes, uint64_t length, sl_router **out) {
  sl_reader *reader;
  *out = NULL;
  sl_status status = read_file(SL_FILE_ROUTER, bytes, length, &reader);
  if (status == SL_OK) status = sl_router_load(reader, out);
  sl_reader_destroy(reader);
  return status;
}

static sl_status load_and_use(const uint8_t *bytes, uint64_t length) {
  sl_router *r;
  const sl_status status = load(bytes, length, &r);
  if (status == SL_OK) use(r);
  sl_router_destroy(r);
  return status;
}

static void answers_as_the_original_does(void **state) {
  (void)state;
  static const struct {
    uint32_t scorer, n;
    int by_value;
  } kinds[] = {{0, N, 0}, {1, N, 0}, {2, N, 0}, {3, N, 0},
               {1, N, 1}, {3, N, 1}, {0, 9, 0}, {1, 9, 1}};
  for (int k = 0; k < 8; k++) {
    sl_router *r = make(kinds[k].scorer, kinds[k].by_value, kinds[k].n), *again;
    const file f = save(r);
    assert_ok(load(f.bytes, f.length, &again));
    const file same = save(again);
    assert_int_equal(same.length, f.length);
    assert_memory_equal(same.bytes, f.bytes, f.length);
    assert_int_equal(sl_router_labels_bytes(again), 5);
    assert_memory_equal(sl_router_labels(again), "[\"a\"]", 5);
    assert_true(use(r) == use(again));
    refuses_cuts(f, load_and_use);
    survives_flips(f, load_and_use);
    sl_router_destroy(r);
    sl_router_destroy(again);
    free(f.bytes);
    free(same.bytes);
  }
}

static void every_byte_may_be_cut_or_changed(void **state) {
  (void)state;
  for (uint32_t scorer = 0; scorer < 2; scorer++) {
    sl_router *r = make(scorer, scorer == 1, 24);
    const file f = save(r);
    survives_cuts_and_bits(f, 1, load_and_use);
    free(f.bytes);
    sl_router_destroy(r);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {property(answers_as_the_original_does),
                                     property(every_byte_may_be_cut_or_changed)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
