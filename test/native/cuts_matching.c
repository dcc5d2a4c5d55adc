// Matchings, covers and assignments of ten thousand random inputs. Their proofs are looked at: a
// matching that is as large as a cover, or as the set of Tutte and Berge allows, is a maximum one.
#include "cuts_ask.h"

#include "cuts/assignment.h"
#include "graph/components.h"

static uint32_t odd_parts(const sample *s, uint32_t within) {
  uint32_t count = 0;
  for (uint32_t u = 0; u < s->n; u++) {
    if (!(within >> u & 1)) continue;
    const uint32_t part = reach(s->out, u, within);
    count += (uint32_t)__builtin_popcount(part) & 1;
    within &= ~part;
  }
  return count;
}

static bool covers(const sample *s, uint32_t set) {
  for (uint32_t u = 0; u < s->n; u++)
    if (!(set >> u & 1) && (s->out[u] & ~set)) return false;
  return true;
}

static uint32_t set_of(const uint32_t *nodes, uint32_t count) {
  uint32_t set = 0;
  for (uint32_t i = 0; i < count; i++) {
    assert_true(i == 0 || nodes[i - 1] < nodes[i]);
    set |= 1u << nodes[i];
  }
  return set;
}

static void matchings(sl_rng *rng, sl_cuts *cuts, const sample *s) {
  double a[SL_CUTS_NUMBERS];
  ask(cuts, SL_CUTS_MATCHING, some_work(rng), OPTIONS(0), NULL, 0, a);
  const uint32_t *mate = U32(a[3]), size = (uint32_t)a[2], count = (uint32_t)a[5];
  uint32_t matched = 0;
  for (uint32_t u = 0; u < s->n; u++) {
    if (mate[u] == SL_CUTS_NONE) continue;
    assert_true(mate[mate[u]] == u && mate[u] != u && (s->out[u] >> mate[u] & 1));
    matched++;
  }
  assert_int_equal(matched, 2 * size);
  const uint32_t set = set_of(U32(a[6]), count);
  if (a[4] != 0) {
    assert_int_equal(count, size);
    assert_true(covers(s, set));
  } else {
    assert_int_equal(odd_parts(s, all_of(s->n) & ~set), count + s->n - 2 * size);
  }
  ask(cuts, SL_CUTS_COVER, some_work(rng), OPTIONS(0), NULL, 0, a);
  assert_true(covers(s, set_of(U32(a[3]), (uint32_t)a[2])));
  uint32_t loops = 0;
  for (uint32_t u = 0; u < s->n; u++) loops += s->out[u] >> u & 1;
  assert_true(a[2] <= 2 * a[4] && a[4] <= a[2] && a[4] <= size + loops);
}

// A graph of two sides, which drawing at random hardly gives.
static sl_graph *two_sides(sl_rng *rng, sample *s) {
  uint32_t from[120], to[120], count = sl_rng_below(rng, 60);
  *s = (sample){.n = 2 + sl_rng_below(rng, MOST - 1)};
  for (uint32_t k = 0; k < count; k++) {
    from[k] = 2 * sl_rng_below(rng, (s->n + 1) / 2);
    to[k] = 2 * sl_rng_below(rng, s->n / 2) + 1;
    s->out[from[k]] |= 1u << to[k];
    s->out[to[k]] |= 1u << from[k];
  }
  s->graph = make_graph(s->n, count, from, to, NULL, SL_VALUES_PATTERN, false);
  return s->graph;
}

static void matchings_have_their_proof(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 1965);
  for (int trial = 0; trial < SL_TRIES(10000); trial++) {
    sample s;
    if (trial % 2)
      two_sides(&rng, &s);
    else
      s = draw(&rng, MOST, false);
    sl_cuts *cuts;
    assert_ok(sl_cuts_create(s.graph, &cuts));
    matchings(&rng, cuts, &s);
    sl_cuts_destroy(cuts);
    sl_graph_destroy(s.graph);
  }
}

// All ways to give rows columns, rows <= cols.
static double best_of(const double *costs, uint32_t rows, uint32_t cols, bool by_rows, uint32_t row,
                      uint32_t taken) {
  if (row == (by_rows ? rows : cols)) return 0;
  double best = INFINITY;
  for (uint32_t j = 0; j < (by_rows ? cols : rows); j++) {
    if (taken >> j & 1) continue;
    const double cost = by_rows ? costs[row * cols + j] : costs[j * cols + row];
    if (cost == INFINITY) continue;
    best = fmin(best, cost + best_of(costs, rows, cols, by_rows, row + 1, taken | 1u << j));
  }
  return best;
}

static void assignments_are_the_best_of_all(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 1987);
  for (int trial = 0; trial < SL_TRIES(10000); trial++) {
    const uint32_t rows = 1 + sl_rng_below(&rng, 6), cols = 1 + sl_rng_below(&rng, 6);
    const uint32_t kind = sl_rng_below(&rng, 4), size = rows * cols;
    const double sign = trial % 2 ? -1 : 1;
    double costs[36], turned[36], a[8];
    for (uint32_t k = 0; k < size; k++) {
      costs[k] = kind == 0   ? sl_rng_below(&rng, 3)
                 : kind == 1 ? (double)sl_rng_below(&rng, 100) - 50
                 : kind == 2 ? sl_rng_double(&rng) - 0.5
                             : ldexp(sl_rng_double(&rng), (int)sl_rng_below(&rng, 60) - 30);
      if (sl_rng_below(&rng, 8) == 0 && trial % 3 == 0) costs[k] = INFINITY;
      turned[k] = sign * costs[k];
    }
    const double best = best_of(costs, rows, cols, rows <= cols, 0, 0);
    sl_assignment *made;
    sl_outcome outcome;
    assert_ok(sl_assignment_create(rows, cols, turned, sign < 0, &made));
    assert_refused(sl_assignment_read(made, a), SL_ERR_STATE, "assignment");
    const uint64_t work = some_work(&rng);
    do assert_ok(sl_job_step(sl_assignment_job(made), work, &outcome));
    while (outcome == SL_OUTCOME_RUNNING);
    if (best == INFINITY) {
      assert_refused(sl_assignment_read(made, a), SL_ERR_UNSUPPORTED, "costs");
      sl_assignment_destroy(made);
      continue;
    }
    assert_ok(sl_assignment_read(made, a));
    assert_true(fabs(sign * a[2] - best) <= (kind < 2 ? 0 : 1e-12 * (1 + fabs(best))));
    assert_true(fabs(sign * a[2] - best) <= a[3] || a[3] <= 1e-10);
    if (kind < 2) assert_true(a[3] == 0);
    double sum = 0;
    uint32_t taken = 0, given = 0;
    for (uint32_t i = 0; i < rows; i++) {
      const uint32_t j = U32(a[4])[i];
      const double u = sign * F64(a[5])[i];
      for (uint32_t k = 0; k < cols; k++)
        assert_true(costs[i * cols + k] - u - sign * F64(a[6])[k] >= (kind < 3 ? -1e-12 : -1e-5));
      if (j == UINT32_MAX) {
        assert_true(u == 0);
        continue;
      }
      assert_false(taken >> j & 1);
      taken |= 1u << j;
      given++;
      sum += turned[i * cols + j];
      assert_true(fabs(costs[i * cols + j] - u - sign * F64(a[6])[j]) <= (kind < 3 ? 1e-12 : 1e-5));
    }
    for (uint32_t j = 0; j < cols; j++)
      if (!(taken >> j & 1)) assert_true(F64(a[6])[j] == 0);
    assert_int_equal(given, rows < cols ? rows : cols);
    assert_true(fabs(sum - a[2]) <= 1e-12 * (1 + fabs(sum)));
    sl_assignment_destroy(made);
  }
}

static void wrong_costs_are_refused_by_name(void **state) {
  (void)state;
  sl_assignment *a;
  const double nan[] = {1, NAN, 1, 1}, below[] = {1, -INFINITY, 1, 1},
               large[] = {1e308, 0, 0, 1e308};
  assert_refused(sl_assignment_create(0, 1, nan, 0, &a), SL_ERR_EMPTY, "rows");
  assert_refused(sl_assignment_create(1, 0, nan, 0, &a), SL_ERR_EMPTY, "cols");
  assert_refused(sl_assignment_create(2, 2, nan, 0, &a), SL_ERR_NOT_FINITE, "costs");
  assert_int_equal(sl_last_error()->position, 1);
  assert_refused(sl_assignment_create(2, 2, below, 0, &a), SL_ERR_NOT_FINITE, "costs");
  assert_refused(sl_assignment_create(2, 2, large, 0, &a), SL_ERR_RANGE, "costs");
  sl_memory_budget budget;
  const double costs[] = {1, 2, 3, 4};
  for (uint64_t bytes = 0; bytes < 300; bytes += 8) {
    sl_memory_budget_begin(&budget, bytes);
    const sl_status status = sl_assignment_create(2, 2, costs, 0, &a);
    sl_memory_budget_end(&budget);
    if (status == SL_OK)
      sl_assignment_destroy(a);
    else
      assert_int_equal(status, SL_ERR_MEMORY);
  }
}

// Sparse graphs of some hundred nodes, whose blossoms nest: the set that proves the matching is looked
// at by counting what is left without it.
static void larger_matchings_have_their_proof(void **state) {
  (void)state;
  enum { WIDEST = 600 };
  sl_rng rng;
  sl_rng_seed(&rng, 1976);
  for (int trial = 0; trial < 200; trial++) {
    const uint32_t n = 3 + sl_rng_below(&rng, WIDEST - 3);
    static uint32_t from[3 * WIDEST], to[3 * WIDEST], labels[WIDEST], sizes[WIDEST];
    uint32_t count = 0;
    for (; count < n + sl_rng_below(&rng, n); count++) {
      from[count] = sl_rng_below(&rng, n);
      to[count] = trial % 3 ? sl_rng_below(&rng, n) : (from[count] + 1 + sl_rng_below(&rng, 4)) % n;
    }
    sl_graph *graph = make_graph(n, count, from, to, NULL, SL_VALUES_PATTERN, false), *rest;
    sl_cuts *cuts;
    double a[SL_CUTS_NUMBERS];
    assert_ok(sl_cuts_create(graph, &cuts));
    ask(cuts, SL_CUTS_MATCHING, some_work(&rng), OPTIONS(0), NULL, 0, a);
    const uint32_t *mate = U32(a[3]), size = (uint32_t)a[2], marked = (uint32_t)a[5];
    uint32_t matched = 0;
    for (uint32_t u = 0; u < n; u++) {
      if (mate[u] == SL_CUTS_NONE) continue;
      assert_int_equal(mate[mate[u]], u);
      matched++;
    }
    assert_int_equal(matched, 2 * size);
    static bool in[WIDEST];
    memset(in, 0, sizeof in);
    for (uint32_t i = 0; i < marked; i++) in[U32(a[6])[i]] = true;
    uint32_t kept = 0;
    for (uint32_t k = 0; k < count; k++) {
      if (in[from[k]] || in[to[k]]) continue;
      assert_true(a[4] == 0); // nothing is left beside a cover
      from[kept] = from[k];
      to[kept++] = to[k];
    }
    if (a[4] != 0) {
      assert_int_equal(marked, size);
    } else {
      uint32_t parts_left, odd = 0;
      rest = make_graph(n, kept, from, to, NULL, SL_VALUES_PATTERN, false);
      sl_graph_components(rest, labels, &parts_left);
      memset(sizes, 0, sizeof sizes);
      for (uint32_t u = 0; u < n; u++) sizes[labels[u]] += !in[u];
      for (uint32_t c = 0; c < parts_left; c++) odd += sizes[c] & 1;
      assert_int_equal(odd, marked + n - 2 * size);
      sl_graph_destroy(rest);
    }
    sl_cuts_destroy(cuts);
    sl_graph_destroy(graph);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(larger_matchings_have_their_proof),
      property(matchings_have_their_proof),
      property(assignments_are_the_best_of_all),
      property(wrong_costs_are_refused_by_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
