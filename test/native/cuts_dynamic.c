// The least cut after every change: of small graphs against all their cuts, of larger ones against the
// question SL_CUTS_MINIMUM.
#include "cuts_ask.h"

#include "cuts/dynamic_cut.h"

#define WIDEST 400

typedef struct table {
  uint32_t n;
  double weight[WIDEST][WIDEST];
} table;

static table t;

static void set(uint32_t u, uint32_t v, double weight) { t.weight[u][v] = t.weight[v][u] = weight; }

static sl_graph *graph_of_table(void) {
  static uint32_t from[WIDEST * WIDEST / 2], to[WIDEST * WIDEST / 2];
  static double weights[WIDEST * WIDEST / 2];
  uint32_t count = 0;
  for (uint32_t u = 0; u < t.n; u++)
    for (uint32_t v = u + 1; v < t.n; v++) {
      if (t.weight[u][v] == 0) continue;
      from[count] = u;
      to[count] = v;
      weights[count++] = t.weight[u][v];
    }
  return make_graph(t.n, count, from, to, weights, SL_VALUES_F64, false);
}

// The least of all cuts; node n - 1 is on side 0.
static double least_of_all(void) {
  double least = INFINITY;
  for (uint32_t side = 1; side < 1u << (t.n - 1); side++) {
    double sum = 0;
    for (uint32_t u = 0; u < t.n; u++)
      for (uint32_t v = 0; v < u; v++)
        if ((side >> u & 1) != (side >> v & 1)) sum += t.weight[u][v];
    least = fmin(least, sum);
  }
  return least;
}

static double least_by_asking(void) {
  double a[SL_CUTS_NUMBERS];
  sl_cuts *cuts;
  sl_graph *graph = graph_of_table();
  assert_ok(sl_cuts_create(graph, &cuts));
  ask(cuts, SL_CUTS_MINIMUM, UINT64_MAX, OPTIONS(0), NULL, 0, a);
  assert_true(a[3] == 0);
  sl_cuts_destroy(cuts);
  sl_graph_destroy(graph);
  return a[2];
}

static void run(sl_dynamic_cut *cut, uint64_t work, double *numbers) {
  sl_outcome outcome;
  do assert_ok(sl_job_step(sl_dynamic_cut_job(cut), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_ok(sl_dynamic_cut_read(cut, numbers));
}

static double changed(sl_dynamic_cut *cut, uint64_t work, uint32_t u, uint32_t v, double change) {
  double a[SL_DYNAMIC_CUT_NUMBERS];
  assert_ok(sl_dynamic_cut_begin(cut, 1, &u, &v, &change));
  run(cut, work, a);
  assert_true(a[3] == 1 && F64(a[4])[0] == a[2]);
  return a[2];
}

// The sides that are read are a cut of that weight.
static void look_at_side(sl_dynamic_cut *cut, double value) {
  double a[SL_DYNAMIC_CUT_NUMBERS], sum = 0;
  assert_ok(sl_dynamic_cut_side(cut, a));
  const uint32_t *side = U32(a[3]);
  uint32_t ones = 0;
  for (uint32_t u = 0; u < t.n; u++) {
    ones += side[u];
    for (uint32_t v = 0; v < t.n; v++)
      if (side[u] == 1 && side[v] == 0) sum += t.weight[u][v];
  }
  assert_true(ones > 0 && ones < t.n);
  assert_true(sum == value && a[2] == value);
  double across = 0;
  for (uint32_t i = 0; i < (uint32_t)a[4]; i++) {
    assert_true(side[U32(a[5])[i]] == 1 && side[U32(a[6])[i]] == 0);
    assert_true(t.weight[U32(a[5])[i]][U32(a[6])[i]] == F64(a[7])[i]);
    across += F64(a[7])[i];
  }
  assert_true(across == value);
}

// A change of some kind: kinds lean towards more, fewer, edges of the least cut, or taking back.
typedef struct drawn {
  uint32_t u, v;
  double change;
} drawn;

static drawn draw_change(sl_rng *rng, uint32_t kind, uint32_t most, const drawn *last,
                         const uint32_t *side) {
  drawn d;
  if (kind == 3 && last->change != 0 && sl_rng_below(rng, 2)) {
    d = *last;
    d.change = -d.change;
    return d;
  }
  for (int attempt = 0;; attempt++) {
    d.u = sl_rng_below(rng, t.n);
    d.v = sl_rng_below(rng, t.n);
    if (d.u == d.v) continue;
    if (kind == 2 && side != NULL && side[d.u] == side[d.v] && attempt < 50) continue;
    const bool take = sl_rng_below(rng, 8) < (kind == 1 ? 6u : kind == 0 ? 2u : 4u);
    const double there = t.weight[d.u][d.v];
    if (take && there == 0 && attempt < 200) continue;
    if (take && there > 0) {
      d.change = sl_rng_below(rng, 2) ? -there : -(1.0 + sl_rng_below(rng, (uint32_t)there));
      return d;
    }
    d.change = 1 + sl_rng_below(rng, most);
    return d;
  }
}

static void draw_table(sl_rng *rng, uint32_t n, uint32_t edges, uint32_t most) {
  t.n = n;
  for (uint32_t u = 0; u < n; u++)
    for (uint32_t v = 0; v < n; v++) t.weight[u][v] = 0;
  const uint32_t blocks = 1 + sl_rng_below(rng, 3);
  for (uint32_t k = 0; k < edges; k++) {
    const uint32_t u = sl_rng_below(rng, n), v = sl_rng_below(rng, n);
    if (u == v || (u % blocks != v % blocks && sl_rng_below(rng, 8))) continue;
    set(u, v, t.weight[u][v] + 1 + sl_rng_below(rng, most));
  }
}

static void changes(sl_rng *rng, uint32_t count, uint32_t most, double (*least)(void)) {
  sl_graph *graph = graph_of_table();
  sl_dynamic_cut *cut;
  double a[SL_DYNAMIC_CUT_NUMBERS];
  assert_ok(sl_dynamic_cut_create(graph, &cut));
  sl_graph_destroy(graph);
  assert_ok(sl_dynamic_cut_begin(cut, 0, NULL, NULL, NULL));
  run(cut, some_work(rng), a);
  assert_true(a[2] == least());
  look_at_side(cut, a[2]);
  drawn last = {0};
  uint32_t kind = sl_rng_below(rng, 4);
  for (uint32_t i = 0; i < count; i++) {
    if (sl_rng_below(rng, 20) == 0) kind = sl_rng_below(rng, 4);
    assert_ok(sl_dynamic_cut_side(cut, a));
    last = draw_change(rng, kind, most, &last, U32(a[3]));
    set(last.u, last.v, t.weight[last.u][last.v] + last.change);
    const double value = changed(cut, some_work(rng), last.u, last.v, last.change);
    assert_true(value == least());
    look_at_side(cut, value);
    double weight;
    assert_ok(sl_dynamic_cut_weight(cut, last.v, last.u, &weight));
    assert_true(weight == t.weight[last.u][last.v]);
  }
  sl_dynamic_cut_destroy(cut);
}

static void small_graphs_have_the_least_of_all_cuts(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 2101);
  for (int trial = 0; trial < 1500; trial++) {
    const uint32_t n = 2 + sl_rng_below(&rng, 7), most = trial % 3 == 0   ? 1
                                                         : trial % 3 == 1 ? 3
                                                                          : 40;
    draw_table(&rng, n, sl_rng_below(&rng, 4 * n), most);
    changes(&rng, 60, most, least_of_all);
  }
}

static void larger_graphs_have_the_cut_of_the_question(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 5033);
  for (int trial = 0; trial < 60; trial++) {
    const uint32_t n = 10 + sl_rng_below(&rng, 50), most = trial % 2 ? 1 : 9;
    draw_table(&rng, n, n * (1 + sl_rng_below(&rng, 5)), most);
    changes(&rng, 150, most, least_by_asking);
  }
}

// What a running change, an abort, an error leave behind does not matter: the next begin goes on.
static void dropped_work_is_taken_up_again(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 31);
  for (int trial = 0; trial < 300; trial++) {
    draw_table(&rng, 3 + sl_rng_below(&rng, 6), 20, 3);
    sl_graph *graph = graph_of_table();
    sl_dynamic_cut *cut;
    double a[SL_DYNAMIC_CUT_NUMBERS];
    assert_ok(sl_dynamic_cut_create(graph, &cut));
    sl_graph_destroy(graph);
    drawn last = {0};
    for (int i = 0; i < 30; i++) {
      last = draw_change(&rng, 3, 3, &last, NULL);
      assert_ok(sl_dynamic_cut_begin(cut, 1, &last.u, &last.v, &last.change));
      sl_outcome outcome;
      const uint32_t steps = sl_rng_below(&rng, 4);
      for (uint32_t k = 0; k < steps; k++)
        assert_ok(sl_job_step(sl_dynamic_cut_job(cut), 1, &outcome));
      assert_ok(sl_job_stop(sl_dynamic_cut_job(cut), SL_OUTCOME_TIME_LIMIT));
      assert_ok(sl_dynamic_cut_read(cut, a));
      if (a[3] == 1) set(last.u, last.v, t.weight[last.u][last.v] + last.change);
      if (a[2] == a[2])
        assert_true(a[2] == least_of_all());
      else
        assert_refused(sl_dynamic_cut_side(cut, a), SL_ERR_STATE, "cut");
    }
    assert_ok(sl_dynamic_cut_begin(cut, 0, NULL, NULL, NULL));
    run(cut, 1, a);
    assert_true(a[2] == least_of_all());
    sl_dynamic_cut_destroy(cut);
  }
}

static void running_out_of_memory_loses_nothing(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 13);
  draw_table(&rng, 8, 30, 1);
  sl_graph *graph = graph_of_table();
  sl_dynamic_cut *cut = NULL;
  sl_memory_budget budget;
  double a[SL_DYNAMIC_CUT_NUMBERS];
  for (uint64_t bytes = 0; cut == NULL; bytes += 16) {
    sl_memory_budget_begin(&budget, bytes);
    const sl_status status = sl_dynamic_cut_create(graph, &cut);
    sl_memory_budget_end(&budget);
    assert_true(status == SL_OK || status == SL_ERR_MEMORY);
  }
  sl_graph_destroy(graph);
  for (int i = 0; i < 300; i++) {
    const drawn d = draw_change(&rng, sl_rng_below(&rng, 2), 1, NULL, NULL);
    uint32_t made = 0;
    for (uint64_t bytes = 0;; bytes += 24) {
      sl_memory_budget_begin(&budget, bytes);
      sl_outcome outcome = SL_OUTCOME_RUNNING;
      sl_status status = sl_dynamic_cut_begin(cut, 1 - made, &d.u, &d.v, &d.change);
      while (status == SL_OK && outcome == SL_OUTCOME_RUNNING)
        status = sl_job_step(sl_dynamic_cut_job(cut), 100, &outcome);
      if (status == SL_OK) status = sl_dynamic_cut_read(cut, a);
      if (status == SL_OK) status = sl_dynamic_cut_side(cut, (double[SL_DYNAMIC_CUT_NUMBERS]){0});
      sl_memory_budget_end(&budget);
      double weight;
      assert_ok(sl_dynamic_cut_weight(cut, d.u, d.v, &weight));
      made = weight == t.weight[d.u][d.v] + d.change;
      if (status == SL_OK) break;
      assert_int_equal(status, SL_ERR_MEMORY);
    }
    assert_true(made == 1);
    set(d.u, d.v, t.weight[d.u][d.v] + d.change);
    assert_true(a[2] == least_of_all());
  }
  sl_dynamic_cut_destroy(cut);
}

static void wrong_changes_are_refused_by_name(void **state) {
  (void)state;
  const uint32_t from[] = {0, 1, 2}, to[] = {1, 2, 0}, far[] = {0, 3, 0}, afar[] = {1, 3, 0},
                 loop[] = {1, 2, 2};
  const double half[] = {1, 0.5, 1}, whole[] = {1, 2, 3}, large[] = {0x1p52, 0x1p52, 1},
               nan[] = {1, NAN, 1}, none[] = {1, 1, 0}, inf[] = {INFINITY, 1, 1},
               much[] = {1, 1, -5}, gone[] = {-INFINITY, -INFINITY, -INFINITY};
  sl_dynamic_cut *cut;
  sl_graph *graph = make_graph(3, 3, from, to, half, SL_VALUES_F64, false);
  assert_refused(sl_dynamic_cut_create(graph, &cut), SL_ERR_RANGE, "graph");
  sl_graph_destroy(graph);
  graph = make_graph(3, 3, from, to, large, SL_VALUES_F64, false);
  assert_refused(sl_dynamic_cut_create(graph, &cut), SL_ERR_RANGE, "graph");
  sl_graph_destroy(graph);
  graph = make_graph(3, 3, from, to, whole, SL_VALUES_F64, true);
  assert_refused(sl_dynamic_cut_create(graph, &cut), SL_ERR_UNSUPPORTED, "graph");
  sl_graph_destroy(graph);
  graph = make_graph(1, 0, NULL, NULL, NULL, SL_VALUES_PATTERN, false);
  assert_refused(sl_dynamic_cut_create(graph, &cut), SL_ERR_UNSUPPORTED, "graph");
  sl_graph_destroy(graph);
  graph = make_graph(3, 3, from, to, whole, SL_VALUES_F64, false);
  assert_ok(sl_dynamic_cut_create(graph, &cut));
  sl_graph_destroy(graph);
  double a[SL_DYNAMIC_CUT_NUMBERS];
  assert_refused(sl_dynamic_cut_read(cut, a), SL_ERR_STATE, "cut");
  assert_refused(sl_dynamic_cut_side(cut, a), SL_ERR_STATE, "cut");
  assert_refused(sl_dynamic_cut_begin(cut, 3, far, to, NULL), SL_ERR_INDEX, "from");
  assert_int_equal(sl_last_error()->position, 1);
  assert_refused(sl_dynamic_cut_begin(cut, 3, from, afar, NULL), SL_ERR_INDEX, "to");
  assert_refused(sl_dynamic_cut_begin(cut, 3, from, loop, NULL), SL_ERR_ARGUMENT, "to");
  assert_int_equal(sl_last_error()->position, 2);
  const double *const wrong[] = {half, nan, none, inf};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
    assert_refused(sl_dynamic_cut_begin(cut, 3, from, to, wrong[i]), SL_ERR_RANGE, "changes");
  sl_outcome outcome;
  // Triangle of weights 1, 2, 3, then 2, 3, 3; the third change takes more than there is.
  assert_ok(sl_dynamic_cut_begin(cut, 3, from, to, much));
  assert_refused(sl_job_step(sl_dynamic_cut_job(cut), UINT64_MAX, &outcome), SL_ERR_ARGUMENT,
                 "changes");
  assert_int_equal(sl_last_error()->position, 2);
  assert_ok(sl_dynamic_cut_begin(cut, 0, NULL, NULL, NULL));
  run(cut, 1, a);
  assert_true(a[2] == 5 && a[5] == 3 && a[6] == 8);
  assert_ok(sl_dynamic_cut_begin(cut, 2, from, to, large));
  assert_refused(sl_job_step(sl_dynamic_cut_job(cut), UINT64_MAX, &outcome), SL_ERR_RANGE,
                 "changes");
  assert_ok(sl_dynamic_cut_begin(cut, 3, from, to, gone));
  run(cut, 1, a);
  assert_true(a[2] == 0 && F64(a[4])[0] == 3 && F64(a[4])[1] == 0 && a[5] == 0);
  double weight;
  assert_refused(sl_dynamic_cut_weight(cut, 3, 0, &weight), SL_ERR_INDEX, "from");
  assert_refused(sl_dynamic_cut_weight(cut, 0, 3, &weight), SL_ERR_INDEX, "to");
  sl_dynamic_cut_destroy(cut);
  sl_dynamic_cut_destroy(NULL);
}

// Half a million nodes in a row, or around one; ends are joined and let go.
static void a_long_path_and_a_large_star(void **state) {
  (void)state;
  enum { MANY = 500000 };
  for (int star = 0; star < 2; star++) {
    uint32_t *from, *to;
    assert_ok(SL_ALLOC(&from, MANY));
    assert_ok(SL_ALLOC(&to, MANY));
    for (uint32_t i = 0; i < MANY; i++) {
      from[i] = star ? 0 : i;
      to[i] = i + 1;
    }
    sl_graph *graph = make_graph(MANY + 1, MANY, from, to, NULL, SL_VALUES_PATTERN, false);
    sl_free(from);
    sl_free(to);
    sl_dynamic_cut *cut;
    double a[SL_DYNAMIC_CUT_NUMBERS];
    assert_ok(sl_dynamic_cut_create(graph, &cut));
    sl_graph_destroy(graph);
    assert_ok(sl_dynamic_cut_begin(cut, 0, NULL, NULL, NULL));
    run(cut, 50000, a);
    assert_true(a[2] == 1);
    assert_true(changed(cut, 50000, star ? 1 : 0, MANY, 1) == (star ? 1 : 2));
    assert_true(changed(cut, 50000, 1, 2, 1) == (star ? 1 : 2));
    assert_true(changed(cut, 50000, star ? 1 : 0, MANY, -1) == 1);
    assert_true(changed(cut, 50000, star ? 0 : 7, star ? 7 : 8, -INFINITY) == 0);
    assert_true(changed(cut, 50000, star ? 0 : 7, star ? 7 : 8, 4) == 1);
    sl_dynamic_cut_destroy(cut);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(small_graphs_have_the_least_of_all_cuts),
      property(larger_graphs_have_the_cut_of_the_question),
      property(dropped_work_is_taken_up_again),
      property(running_out_of_memory_loses_nothing),
      property(wrong_changes_are_refused_by_name),
      property(a_long_path_and_a_large_star),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
