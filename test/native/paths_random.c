// Every question on ten thousand small random graphs, against Floyd and Warshall and what can be
// counted from their distances.
#include "paths_ask.h"

#include "paths/bellman_ford.h"

#define MOST 14

typedef struct sample {
  sl_graph *graph;
  uint32_t n;
  bool weighted, whole, directed;
  double length[MOST][MOST];   // of the edge; Infinity: none
  double distance[MOST][MOST]; // Floyd and Warshall
} sample;

static sample draw(sl_rng *rng, uint32_t most, bool directed_only) {
  sample s;
  uint32_t from[4 * MOST], to[4 * MOST];
  double weights[4 * MOST];
  float narrow[4 * MOST];
  s.n = 1 + sl_rng_below(rng, most);
  const uint32_t kind = sl_rng_below(rng, 4), count = sl_rng_below(rng, 3 * s.n + 1);
  s.directed = directed_only || sl_rng_below(rng, 2);
  s.weighted = kind > 0;
  s.whole = kind < 3;
  for (uint32_t k = 0; k < count; k++) {
    from[k] = sl_rng_below(rng, s.n);
    to[k] = sl_rng_below(rng, s.n);
    weights[k] = s.whole ? 1 + sl_rng_below(rng, 5) : 0.1 * (1 + sl_rng_below(rng, 9));
    narrow[k] = (float)weights[k];
  }
  const sl_value_type type = kind == 0   ? SL_VALUES_PATTERN
                             : kind == 1 ? SL_VALUES_F32
                                         : SL_VALUES_F64;
  const void *values = kind == 0 ? NULL : kind == 1 ? (void *)narrow : (void *)weights;
  s.graph = make_graph(s.n, count, from, to, values, type, s.directed);
  for (uint32_t u = 0; u < s.n; u++) {
    for (uint32_t v = 0; v < s.n; v++) s.length[u][v] = INFINITY;
    const sl_csr *edges = s.graph->outgoing;
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++)
      s.length[u][edges->columns[k]] = s.weighted ? sl_csr_value(edges, k) : 1;
  }
  memcpy(s.distance, s.length, sizeof s.distance);
  for (uint32_t u = 0; u < s.n; u++) s.distance[u][u] = 0;
  for (uint32_t k = 0; k < s.n; k++)
    for (uint32_t u = 0; u < s.n; u++)
      for (uint32_t v = 0; v < s.n; v++)
        s.distance[u][v] = fmin(s.distance[u][v], s.distance[u][k] + s.distance[k][v]);
  return s;
}

static bool near(double a, double b) {
  return a == b || fabs(a - b) <= 1e-12 * (fabs(a) + fabs(b));
}

static uint64_t some_work(sl_rng *rng) { return sl_rng_below(rng, 2) ? 1 : UINT64_MAX; }

static void trees(sl_rng *rng, sl_paths *paths, const sample *s) {
  double answer[SL_PATHS_NUMBERS];
  uint32_t sources[3];
  const uint32_t count = 1 + sl_rng_below(rng, 3);
  for (uint32_t i = 0; i < count; i++) sources[i] = sl_rng_below(rng, s->n);
  const bool weighted = sl_rng_below(rng, 4) > 0, reverse = sl_rng_below(rng, 2);
  const double limit = sl_rng_below(rng, 2) ? INFINITY : sl_rng_below(rng, 5);
  if (!weighted && s->weighted) return; // lengths of 1 are drawn by themselves
  ask(paths, SL_PATHS_TREE, some_work(rng), OPTIONS(weighted, reverse, limit, 1), sources, count,
      answer);
  const double *distance = AT(double, answer[3]);
  const uint32_t *predecessor = AT(uint32_t, answer[4]), *source = AT(uint32_t, answer[5]);
  uint32_t reached = 0;
  for (uint32_t v = 0; v < s->n; v++) {
    double least = INFINITY;
    bool is_source = false;
    for (uint32_t i = 0; i < count; i++) {
      const double d = reverse ? s->distance[v][sources[i]] : s->distance[sources[i]][v];
      if (d < least) least = d;
      is_source |= sources[i] == v;
    }
    if (fabs(least - limit) < 1e-9 && !s->whole) return; // rounding may go either way
    if (least > limit) least = INFINITY;
    assert_true(near(distance[v], least));
    reached += least < INFINITY;
    uint32_t smallest = SL_PATHS_NONE;
    for (uint32_t u = 0; u < s->n && !is_source && least < INFINITY; u++) {
      const double length = reverse ? s->length[v][u] : s->length[u][v];
      if (smallest == SL_PATHS_NONE && distance[u] + length == distance[v]) smallest = u;
    }
    assert_int_equal(predecessor[v], smallest);
    if (least == INFINITY)
      assert_int_equal(source[v], SL_PATHS_NONE);
    else
      assert_int_equal(source[v], is_source ? v : source[smallest]);
  }
  assert_int_equal(answer[2], reached);
  if (s->weighted) return;
  double levels[SL_PATHS_NUMBERS];
  ask(paths, SL_PATHS_TREE, some_work(rng), OPTIONS(0, reverse, limit, 0), sources, count, levels);
  uint32_t far = 0;
  for (uint32_t v = 0; v < s->n; v++) far += AT(uint32_t, levels[3])[v] != SL_PATHS_NONE;
  assert_int_equal(far, reached);
}

static double length_of(const sample *s, const uint32_t *path, uint32_t count) {
  double length = 0;
  for (uint32_t i = 1; i < count; i++) length += s->length[path[i - 1]][path[i]];
  return length;
}

static void routes(sl_rng *rng, sl_paths *paths, const sample *s) {
  double answer[SL_PATHS_NUMBERS];
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < 3; i++) {
      const uint32_t a = sl_rng_below(rng, s->n), b = sl_rng_below(rng, s->n);
      ask(paths, SL_PATHS_ROUTE, some_work(rng), OPTIONS(1), NODES(a, b), 2, answer);
      assert_true(near(answer[2], s->distance[a][b]));
      const uint32_t count = (uint32_t)answer[3], *path = AT(uint32_t, answer[4]);
      assert_int_equal(count > 0, s->distance[a][b] < INFINITY);
      if (count == 0) continue;
      assert_true(path[0] == a && path[count - 1] == b);
      assert_true(length_of(s, path, count) == answer[2]);
    }
    ask(paths, SL_PATHS_PREPARE, some_work(rng), OPTIONS(1, 1 + sl_rng_below(rng, 5)), NULL, 0,
        answer);
    assert_true(answer[2] >= 1);
  }
}

static void pairs(sl_rng *rng, sl_paths *paths, const sample *s) {
  double answer[SL_PATHS_NUMBERS];
  ask(paths, SL_PATHS_ALL, some_work(rng), OPTIONS(1), NULL, 0, answer);
  for (uint32_t u = 0; u < s->n; u++)
    for (uint32_t v = 0; v < s->n; v++)
      assert_true(near(AT(double, answer[2])[u * s->n + v], s->distance[u][v]));
}

static void extents(sl_rng *rng, sl_paths *paths, const sample *s) {
  double answer[SL_PATHS_NUMBERS], each[MOST], diameter = 0, radius = INFINITY;
  bool connected = true;
  for (uint32_t u = 0; u < s->n; u++) {
    each[u] = 0;
    for (uint32_t v = 0; v < s->n; v++) {
      if (s->distance[u][v] < INFINITY)
        each[u] = fmax(each[u], s->distance[u][v]);
      else
        connected = false;
    }
    diameter = fmax(diameter, each[u]);
    radius = fmin(radius, each[u]);
  }
  for (int what = 0; what < 3; what++) {
    ask(paths, SL_PATHS_ECCENTRICITY, some_work(rng), OPTIONS(1, what), NULL, 0, answer);
    assert_true(near(answer[2], diameter));
    assert_true(near(s->distance[(uint32_t)answer[3]][(uint32_t)answer[4]], diameter));
    if (what == 0) continue;
    assert_true(near(answer[5], radius));
    assert_true(near(each[(uint32_t)answer[6]], radius));
    if (what == 1) continue;
    assert_int_equal(answer[9], connected);
    for (uint32_t u = 0; u < s->n; u++) assert_true(near(AT(double, answer[8])[u], each[u]));
  }
}

static void closeness(sl_rng *rng, sl_paths *paths, const sample *s) {
  double answer[SL_PATHS_NUMBERS];
  const bool reverse = sl_rng_below(rng, 2), some = sl_rng_below(rng, 2);
  uint32_t nodes[2] = {sl_rng_below(rng, s->n), sl_rng_below(rng, s->n)};
  ask(paths, SL_PATHS_CLOSENESS, some_work(rng), OPTIONS(1, reverse), nodes, some ? 2 : 0, answer);
  assert_int_equal(answer[2], some ? 2 : s->n);
  for (uint32_t i = 0; i < answer[2]; i++) {
    const uint32_t u = some ? nodes[i] : i;
    double sum = 0, inverse = 0;
    uint32_t reached = 0;
    for (uint32_t v = 0; v < s->n; v++) {
      const double d = reverse ? s->distance[u][v] : s->distance[v][u];
      if (d == INFINITY) continue;
      reached++;
      sum += d;
      if (d > 0) inverse += 1 / d;
    }
    assert_true(near(AT(double, answer[3])[i], sum));
    assert_true(near(AT(double, answer[4])[i], inverse));
    assert_int_equal(AT(uint32_t, answer[5])[i], reached);
  }
}

// Numbers of shortest paths by rising distance; then by the definition. Whole lengths only, where
// sums tie as they should.
static void betweenness(sl_rng *rng, sl_paths *paths, const sample *s, bool sampled) {
  if (!s->whole) return;
  double number[MOST][MOST], expected[MOST] = {0}, answer[SL_PATHS_NUMBERS];
  for (uint32_t a = 0; a < s->n; a++) {
    for (uint32_t v = 0; v < s->n; v++) number[a][v] = v == a;
    for (double d = 1; d < 6 * MOST; d++)
      for (uint32_t v = 0; v < s->n; v++)
        for (uint32_t u = 0; s->distance[a][v] == d && u < s->n; u++)
          if (s->distance[a][u] + s->length[u][v] == d) number[a][v] += number[a][u];
  }
  for (uint32_t v = 0; v < s->n; v++)
    for (uint32_t a = 0; a < s->n; a++)
      for (uint32_t b = 0; b < s->n; b++)
        if (a != b && a != v && b != v && s->distance[a][b] < INFINITY &&
            s->distance[a][v] + s->distance[v][b] == s->distance[a][b])
          expected[v] += number[a][v] * number[v][b] / number[a][b];
  ask(paths, SL_PATHS_BETWEENNESS, some_work(rng), OPTIONS(1), NULL, 0, answer);
  for (uint32_t v = 0; v < s->n; v++)
    assert_true(fabs(AT(double, answer[2])[v] - expected[v]) <= 1e-9);
  if (!sampled || s->n < 3) return;
  ask(paths, SL_PATHS_BETWEENNESS_SAMPLED, some_work(rng), OPTIONS(1, 0.05, 0.999, 7), NULL, 0,
      answer);
  assert_true(answer[3] <= 0.05);
  for (uint32_t v = 0; v < s->n; v++)
    assert_true(fabs(AT(double, answer[2])[v] - expected[v] / (s->n * (s->n - 1.0))) <= answer[3]);
}

static void every_question_agrees_with_floyd_and_warshall(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 16);
  for (int trial = 0; trial < SL_TRIES(10000); trial++) {
    const sample s = draw(&rng, MOST, false);
    sl_paths *paths;
    assert_ok(sl_paths_create(s.graph, &paths));
    trees(&rng, paths, &s);
    routes(&rng, paths, &s);
    trees(&rng, paths, &s);
    pairs(&rng, paths, &s);
    extents(&rng, paths, &s);
    closeness(&rng, paths, &s);
    betweenness(&rng, paths, &s, trial % 100 == 0);
    sl_paths_destroy(paths);
    sl_graph_destroy(s.graph);
  }
}

// All simple paths by walking, their lengths sorted.
static uint32_t walk(const sample *s, uint32_t at, uint32_t target, uint32_t seen, double length,
                     double *lengths, uint32_t count) {
  if (at == target) {
    uint32_t i = count;
    for (; i > 0 && lengths[i - 1] > length; i--) lengths[i] = lengths[i - 1];
    lengths[i] = length;
    return count + 1;
  }
  for (uint32_t v = 0; v < s->n; v++)
    if (!(seen >> v & 1) && s->length[at][v] < INFINITY)
      count = walk(s, v, target, seen | 1u << v, length + s->length[at][v], lengths, count);
  return count;
}

static void the_k_shortest_are_the_shortest_of_all(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 17);
  for (int trial = 0; trial < SL_TRIES(6000); trial++) {
    const sample s = draw(&rng, 7, false);
    sl_paths *paths;
    assert_ok(sl_paths_create(s.graph, &paths));
    const uint32_t a = sl_rng_below(&rng, s.n), b = sl_rng_below(&rng, s.n);
    if (a != b) {
      static double lengths[4096];
      const uint32_t all = walk(&s, a, b, 1u << a, 0, lengths, 0), k = 1 + sl_rng_below(&rng, 20);
      double answer[SL_PATHS_NUMBERS];
      ask(paths, SL_PATHS_SHORTEST_SIMPLE, some_work(&rng), OPTIONS(1, k), NODES(a, b), 2, answer);
      const uint32_t found = (uint32_t)answer[2], *offsets = AT(uint32_t, answer[4]);
      assert_int_equal(found, all < k ? all : k);
      for (uint32_t i = 0; i < found; i++) {
        const uint32_t *path = AT(uint32_t, answer[5]) + offsets[i],
                       count = offsets[i + 1] - offsets[i];
        uint32_t seen = 0;
        for (uint32_t j = 0; j < count; j++) {
          assert_false(seen >> path[j] & 1);
          seen |= 1u << path[j];
        }
        assert_true(path[0] == a && path[count - 1] == b);
        assert_true(near(AT(double, answer[3])[i], lengths[i]));
        assert_true(near(length_of(&s, path, count), lengths[i]));
        for (uint32_t j = 0; j < i; j++) {
          const uint32_t *other = AT(uint32_t, answer[5]) + offsets[j];
          assert_false(offsets[j + 1] - offsets[j] == count &&
                       memcmp(other, path, count * sizeof *path) == 0);
        }
      }
    }
    sl_paths_destroy(paths);
    sl_graph_destroy(s.graph);
  }
}

static void orders_go_forward_and_critical_paths_are_longest(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 18);
  uint32_t acyclic = 0;
  for (int trial = 0; trial < SL_TRIES(10000); trial++) {
    const sample s = draw(&rng, 10, true);
    const uint32_t n = s.n;
    double answer[SL_PATHS_NUMBERS], durations[MOST];
    sl_paths *paths;
    assert_ok(sl_paths_create(s.graph, &paths));
    ask(paths, SL_PATHS_ORDER, some_work(&rng), OPTIONS(0), NULL, 0, answer);
    const uint32_t *order = AT(uint32_t, answer[3]), *cycle = AT(uint32_t, answer[5]),
                   count = (uint32_t)answer[4];
    bool has_cycle = false;
    for (uint32_t u = 0; u < n; u++)
      for (uint32_t v = 0; v < n; v++)
        has_cycle |= s.length[u][v] < INFINITY && s.distance[v][u] < INFINITY;
    assert_int_equal(has_cycle, count > 0);
    for (uint32_t i = 0; i < count; i++)
      assert_true(s.length[cycle[i]][cycle[(i + 1) % count]] < INFINITY);
    uint32_t sorted[MOST];
    if (!has_cycle) {
      acyclic++;
      uint32_t done = 0;
      for (uint32_t i = 0; i < n; i++) {
        uint32_t first = 0; // the smallest whose predecessors are all done
        for (;; first++) {
          bool ready = !(done >> first & 1);
          for (uint32_t u = 0; u < n; u++)
            ready &= !(s.length[u][first] < INFINITY) || (done >> u & 1);
          if (ready) break;
        }
        assert_int_equal(order[i], first);
        done |= 1u << first;
      }
    }
    if (!has_cycle) {
      // What is kept: edges between whose ends no other successor leads.
      double reduced[SL_PATHS_NUMBERS];
      memcpy(sorted, order, n * sizeof *sorted);
      ask(paths, SL_PATHS_REDUCTION, some_work(&rng), OPTIONS(0), NULL, 0, reduced);
      uint32_t kept = 0;
      for (uint32_t u = 0; u < n; u++) {
        for (uint32_t v = 0; v < n; v++) {
          bool needed = s.length[u][v] < INFINITY;
          for (uint32_t w = 0; w < n; w++)
            needed &= w == v || !(s.length[u][w] < INFINITY && s.distance[w][v] < INFINITY);
          if (!needed) continue;
          assert_true(AT(uint32_t, reduced[3])[kept] == u && AT(uint32_t, reduced[4])[kept] == v);
          assert_true(s.weighted ? AT(double, reduced[5])[kept] == s.length[u][v]
                                 : reduced[5] == 0);
          kept++;
        }
      }
      assert_true(reduced[2] == kept);
    }
    const bool timed = sl_rng_below(&rng, 2);
    for (uint32_t u = 0; u < n; u++) durations[u] = timed ? sl_rng_below(&rng, 4) : 0;
    double longest[MOST], length = 0, rest[MOST];
    const double *options = OPTIONS(1, timed ? (double)(uintptr_t)durations : 0, 1);
    if (has_cycle) {
      sl_outcome outcome;
      assert_ok(sl_paths_begin(paths, SL_PATHS_CRITICAL, options, NULL, 0));
      assert_ok(sl_job_step(sl_paths_job(paths), UINT64_MAX, &outcome));
      assert_refused(sl_paths_read(paths, answer), SL_ERR_UNSUPPORTED, "graph");
      const uint32_t node = (uint32_t)sl_last_error()->position;
      bool on_one = false;
      for (uint32_t v = 0; v < n; v++)
        on_one |= s.length[node][v] < INFINITY && s.distance[v][node] < INFINITY;
      assert_true(on_one);
    } else {
      ask(paths, SL_PATHS_CRITICAL, some_work(&rng), options, NULL, 0, answer);
    }
    for (uint32_t i = 0; i < n && !has_cycle; i++) {
      const uint32_t v = sorted[i];
      longest[v] = 0;
      for (uint32_t u = 0; u < n; u++)
        if (s.length[u][v] < INFINITY)
          longest[v] = fmax(longest[v], longest[u] + durations[u] + s.length[u][v]);
      length = fmax(length, longest[v] + durations[v]);
    }
    for (uint32_t i = n; i-- > 0 && !has_cycle;) {
      const uint32_t u = sorted[i];
      rest[u] = 0;
      for (uint32_t v = 0; v < n; v++)
        if (s.length[u][v] < INFINITY) rest[u] = fmax(rest[u], s.length[u][v] + rest[v]);
      rest[u] += durations[u];
    }
    if (!has_cycle) {
      assert_true(near(answer[2], length));
      const uint32_t *path = AT(uint32_t, answer[4]), last = (uint32_t)answer[3] - 1;
      double sum = durations[path[0]];
      for (uint32_t i = 1; i <= last; i++)
        sum += s.length[path[i - 1]][path[i]] + durations[path[i]];
      assert_true(near(sum, length));
      for (uint32_t u = 0; u < n; u++) {
        assert_true(near(AT(double, answer[5])[u], longest[u]));
        assert_true(fabs(AT(double, answer[7])[u] - (length - longest[u] - rest[u])) <
                    1e-12 * (1 + length));
        assert_true(AT(double, answer[7])[u] >= 0);
      }
    }
    sl_paths_destroy(paths);
    sl_graph_destroy(s.graph);
  }
  assert_true(acyclic > SL_TRIES(1000));
}

static void negative_lengths_give_distances_or_a_negative_cycle(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 19);
  uint32_t cycles = 0;
  for (int trial = 0; trial < SL_TRIES(10000); trial++) {
    uint32_t from[64], to[64];
    double lengths[64], distance[MOST][MOST], answer[8];
    const uint32_t n = 1 + sl_rng_below(&rng, MOST), count = sl_rng_below(&rng, 3 * n);
    const uint32_t all = sl_rng_below(&rng, 3) == 0,
                   source = all ? UINT32_MAX : sl_rng_below(&rng, n);
    for (uint32_t u = 0; u < n; u++)
      for (uint32_t v = 0; v < n; v++) distance[u][v] = u == v ? 0 : INFINITY;
    for (uint32_t k = 0; k < count; k++) {
      from[k] = sl_rng_below(&rng, n);
      to[k] = sl_rng_below(&rng, n);
      lengths[k] = (double)sl_rng_below(&rng, 12) - 2;
      distance[from[k]][to[k]] = fmin(distance[from[k]][to[k]], lengths[k]);
    }
    for (uint32_t k = 0; k < n; k++)
      for (uint32_t u = 0; u < n; u++)
        for (uint32_t v = 0; v < n; v++)
          distance[u][v] = fmin(distance[u][v], distance[u][k] + distance[k][v]);
    bool negative = false;
    for (uint32_t u = 0; u < n; u++)
      negative |= distance[u][u] < 0 && (all || distance[source][u] < INFINITY);
    sl_bellman_ford *b;
    sl_outcome outcome;
    assert_ok(sl_bellman_ford_create(n, count, from, to, lengths, source, &b));
    do assert_ok(sl_job_step(sl_bellman_ford_job(b), 1, &outcome));
    while (outcome == SL_OUTCOME_RUNNING);
    assert_ok(sl_bellman_ford_read(b, answer));
    assert_int_equal(outcome, SL_OUTCOME_CONVERGED);
    assert_int_equal(negative, answer[5] > 0);
    cycles += negative;
    double sum = 0;
    for (uint32_t i = 0; i < answer[5]; i++) {
      const uint32_t *cycle = AT(uint32_t, answer[6]), next = cycle[(i + 1) % (uint32_t)answer[5]];
      assert_int_equal(to[cycle[i]], from[next]);
      sum += lengths[cycle[i]];
    }
    assert_true(sum == answer[7] && (sum < 0) == negative);
    for (uint32_t v = 0; v < n && !negative; v++) {
      double least = all ? 0 : distance[source][v];
      for (uint32_t u = 0; u < n && all; u++) least = fmin(least, distance[u][v]);
      assert_true(AT(double, answer[2])[v] == least);
    }
    sl_bellman_ford_destroy(b);
  }
  assert_true(cycles > SL_TRIES(500) && cycles < SL_TRIES(9500));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(every_question_agrees_with_floyd_and_warshall),
      property(the_k_shortest_are_the_shortest_of_all),
      property(orders_go_forward_and_critical_paths_are_longest),
      property(negative_lengths_give_distances_or_a_negative_cycle),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
