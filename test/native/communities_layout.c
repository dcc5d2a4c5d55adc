// ForceAtlas2 against its formulas over all pairs; stars, paths, points at one place, memory that runs
// out, arguments that are wrong.
#include "communities_ask.h"

#include "communities/layout.h"

#define LAYOUT(...) ((const double[SL_LAYOUT_OPTIONS]){__VA_ARGS__})

static void run(sl_layout *layout, uint32_t steps, uint64_t work) {
  sl_outcome outcome;
  assert_ok(sl_layout_begin(layout, steps));
  do assert_ok(sl_job_step(sl_layout_job(layout), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_int_equal(outcome, SL_OUTCOME_CONVERGED);
}

static const float *positions_of(const sl_layout *layout) {
  double numbers[SL_LAYOUT_NUMBERS];
  assert_ok(sl_layout_read(layout, numbers));
  return AT(float, numbers[0]);
}

// One step as the paper has it, in f64 and over all pairs. The first one: nothing has swung before.
static void reference_step(const sl_graph *graph, const double *o, const float *from, double *to) {
  static sample s;
  read_sample(&s, graph, o[9] != 0);
  const uint32_t n = s.n, dimensions = (uint32_t)o[0];
  double mass[MOST], force[MOST][3] = {{0}}, mean = 0, count = 0;
  for (uint32_t u = 0; u < n; u++) {
    mass[u] = 1;
    for (uint32_t v = 0; v < n; v++) {
      if (u != v && (s.weight[u][v] > 0 || s.weight[v][u] > 0)) mass[u]++;
      if (s.weight[u][v] > 0) {
        mean += !s.directed && u == v ? 2 * s.weight[u][v] : s.weight[u][v];
        count += !s.directed && u == v ? 2 : 1;
      }
    }
  }
  for (uint32_t u = 0; u < n; u++) {
    double square_u = 0;
    for (uint32_t d = 0; d < dimensions; d++)
      square_u += (double)from[u * dimensions + d] * from[u * dimensions + d];
    for (uint32_t v = 0; v < n; v++) {
      if (u == v) continue;
      double delta[3], square = 0;
      for (uint32_t d = 0; d < dimensions; d++) {
        delta[d] = (double)from[u * dimensions + d] - from[v * dimensions + d];
        square += delta[d] * delta[d];
      }
      const double w = s.directed ? s.weight[u][v] + s.weight[v][u] : s.weight[u][v];
      const bool plain = !s.directed && graph->outgoing->value_type == SL_VALUES_PATTERN;
      double pull = w > 0 ? (plain ? 1 : pow(fmin(w / (mean / count), 1e6), o[4])) : 0;
      if (o[6] != 0) pull *= log1p(sqrt(square)) / sqrt(square);
      if (o[8] != 0) pull /= mass[u];
      for (uint32_t d = 0; d < dimensions; d++)
        force[u][d] += o[1] * mass[u] * mass[v] * delta[d] / square - pull * delta[d];
    }
    for (uint32_t d = 0; d < dimensions; d++)
      force[u][d] -= o[2] * mass[u] * from[u * dimensions + d] / (o[7] != 0 ? 1 : sqrt(square_u));
  }
  double swinging = 0, traction = 0, speed = 1;
  for (uint32_t u = 0; u < n; u++) {
    double length = 0;
    for (uint32_t d = 0; d < dimensions; d++) length += force[u][d] * force[u][d];
    swinging += mass[u] * sqrt(length);
    traction += mass[u] * sqrt(length) / 2;
  }
  const double optimum = 0.05 * sqrt(n);
  double efficiency = 1;
  double jitter = o[5] * fmax(sqrt(optimum), fmin(10, optimum * traction / ((double)n * n)));
  if (swinging / traction > 2) efficiency = 0.5, jitter = fmax(jitter, o[5]);
  speed += fmin(jitter * efficiency * traction / swinging - speed, 0.5 * speed);
  for (uint32_t u = 0; u < n; u++) {
    double length = 0;
    for (uint32_t d = 0; d < dimensions; d++) length += force[u][d] * force[u][d];
    const double factor = speed / (1 + sqrt(speed * mass[u] * sqrt(length)));
    for (uint32_t d = 0; d < dimensions; d++)
      to[u * dimensions + d] = from[u * dimensions + d] + factor * force[u][d];
  }
}

static void a_step_is_what_the_formulas_say(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  double worst = 0;
  for (int trial = 0; trial < SL_TRIES(1000); trial++) {
    sl_graph *graph = random_graph(&rng, MOST);
    if (graph->node_count < 2 || graph->outgoing->nnz == 0) {
      sl_graph_destroy(graph);
      continue;
    }
    const double *o =
        LAYOUT(2 + trial % 2, 0.5 + sl_rng_double(&rng), sl_rng_double(&rng), 0,
               trial % 3 == 0 ? 1 : 0.5 * sl_rng_below(&rng, 3), 1, sl_rng_below(&rng, 2),
               sl_rng_below(&rng, 2), sl_rng_below(&rng, 2), 1, trial);
    const uint32_t all = graph->node_count * (uint32_t)o[0];
    sl_layout *layout;
    float from[3 * MOST];
    double to[3 * MOST], size = 0;
    assert_ok(sl_layout_create(graph, o, NULL, 0, &layout));
    memcpy(from, positions_of(layout), all * sizeof *from);
    reference_step(graph, o, from, to);
    run(layout, 1, 1 + sl_rng_below(&rng, 100));
    const float *found = positions_of(layout);
    for (uint32_t i = 0; i < all; i++) size = fmax(size, fabs(to[i]));
    for (uint32_t i = 0; i < all; i++) worst = fmax(worst, fabs(found[i] - to[i]) / size);
    sl_layout_destroy(layout);
    sl_graph_destroy(graph);
  }
  print_message("largest relative error of a position: %.1e\n", worst);
  assert_true(worst < 2e-5);
}

// Groups of 40 nodes; a ring of them.
static sl_graph *groups(uint32_t count) {
  static uint32_t from[60000], to[60000];
  uint32_t edges = 0;
  for (uint32_t u = 0; u < 40 * count; u++) {
    for (uint32_t i = 1; i <= 5; i++) {
      from[edges] = u;
      to[edges++] = u / 40 * 40 + (u + i * i) % 40;
    }
    if (u % 40 < 2) {
      from[edges] = u;
      to[edges++] = (u + 43) % (40 * count);
    }
  }
  return make_graph(40 * count, edges, from, to, NULL, SL_VALUES_PATTERN, false);
}

static double distance(const float *positions, uint32_t dimensions, uint32_t u, uint32_t v) {
  double square = 0;
  for (uint32_t d = 0; d < dimensions; d++) {
    const double delta = (double)positions[u * dimensions + d] - positions[v * dimensions + d];
    square += delta * delta;
  }
  return sqrt(square);
}

static void groups_lie_together_whatever_the_steps_of_work(void **state) {
  (void)state;
  sl_graph *graph = groups(20);
  for (uint32_t dimensions = 2; dimensions <= 3; dimensions++) {
    sl_layout *one, *other;
    const double *o = LAYOUT(dimensions, 2, 1, 1.2, 1, 1, 0, 0, 0, 1, 3);
    assert_ok(sl_layout_create(graph, o, NULL, 0, &one));
    assert_ok(sl_layout_create(graph, o, NULL, 0, &other));
    run(one, 300, UINT64_MAX);
    for (int i = 0; i < 30; i++) run(other, 10, 1777);
    const float *positions = positions_of(one);
    assert_memory_equal(positions, positions_of(other), 800 * dimensions * sizeof(float));
    double within = 0, apart = 0, pairs = 0, others = 0;
    for (uint32_t u = 0; u < 800; u++)
      for (uint32_t v = 0; v < u; v++) {
        const double d = distance(positions, dimensions, u, v);
        if (u / 40 == v / 40)
          within += d, pairs++;
        else
          apart += d, others++;
      }
    assert_true(apart / others > 2.5 * (within / pairs));
    double numbers[SL_LAYOUT_NUMBERS];
    assert_ok(sl_layout_read(one, numbers));
    assert_int_equal(numbers[1], 300);
    sl_layout_destroy(one);
    sl_layout_destroy(other);
  }
  sl_graph_destroy(graph);
}

// Theta trades accuracy for time: the forces of the first step.
static void theta_is_an_approximation(void **state) {
  (void)state;
  sl_graph *graph = groups(25);
  float exact[2000];
  const double thetas[] = {0, 0.3, 0.8, 1.2};
  double before = 0;
  for (int i = 0; i < 4; i++) {
    sl_layout *layout;
    double numbers[SL_LAYOUT_NUMBERS], error = 0, size = 0;
    assert_ok(
        sl_layout_create(graph, LAYOUT(2, 2, 0, thetas[i], 1, 1, 0, 0, 0, 1, 3), NULL, 0, &layout));
    run(layout, 1, UINT64_MAX);
    const float *found = positions_of(layout);
    if (i == 0) memcpy(exact, found, sizeof exact);
    for (int k = 0; k < 2000; k++) {
      error += pow((double)found[k] - exact[k], 2);
      size += pow(exact[k], 2);
    }
    assert_true(sqrt(error / size) < 0.05 * thetas[i] * thetas[i] + 1e-9);
    assert_ok(sl_layout_read(layout, numbers));
    assert_true(i == 0 || numbers[5] < before);
    before = numbers[5];
    sl_layout_destroy(layout);
  }
  sl_graph_destroy(graph);
}

static void stars_paths_and_points_at_one_place(void **state) {
  (void)state;
  enum { MANY = 300000 };
  uint32_t *from, *to;
  float *positions;
  assert_ok(SL_ALLOC(&from, MANY));
  assert_ok(SL_ALLOC(&to, MANY));
  assert_ok(SL_ALLOC(&positions, 2 * (MANY + 1)));
  for (int shape = 0; shape < 3; shape++) {
    for (uint32_t i = 0; i < MANY; i++) {
      from[i] = shape == 0 ? 0 : i;
      to[i] = i + 1;
    }
    // The last one begins with all nodes at three places.
    for (uint32_t i = 0; i < 2 * (MANY + 1); i++) positions[i] = (float)(i / 2 % 3);
    sl_graph *graph = make_graph(MANY + 1, MANY, from, to, NULL, SL_VALUES_PATTERN, shape == 1);
    sl_layout *layout;
    assert_ok(sl_layout_create(graph, LAYOUT(2, 2, 1, 1.2, 1, 1, 0, 0, 0, 1, 3),
                               shape == 2 ? positions : NULL, shape == 2 ? 2 * (MANY + 1) : 0,
                               &layout));
    run(layout, 2, 1000000);
    const float *found = positions_of(layout);
    for (uint32_t i = 0; i < 2 * (MANY + 1); i++) assert_true(isfinite(found[i]));
    assert_true(sl_layout_bytes(layout) > 2 * MANY * sizeof(float));
    sl_layout_destroy(layout);
    sl_graph_destroy(graph);
  }
  sl_free(from);
  sl_free(to);
  sl_free(positions);
  for (uint32_t n = 1; n < 4; n++) {
    sl_graph *graph = make_graph(n, 0, NULL, NULL, NULL, SL_VALUES_PATTERN, false);
    sl_layout *layout;
    const float zero[9] = {0};
    assert_ok(sl_layout_create(graph, LAYOUT(3, 2, 1, 1.2, 1, 1), zero, 3 * n, &layout));
    run(layout, 5, 1);
    for (uint32_t i = 0; i < 3 * n; i++) assert_true(positions_of(layout)[i] == 0);
    sl_layout_destroy(layout);
    assert_ok(sl_layout_create(graph, LAYOUT(2, 2, 1, 1.2, 1, 1), NULL, 0, &layout));
    run(layout, 50, 1);
    for (uint32_t i = 0; i < 2 * n; i++) assert_true(isfinite(positions_of(layout)[i]));
    sl_layout_destroy(layout);
    sl_graph_destroy(graph);
  }
}

static void weights_of_every_size_and_wild_settings(void **state) {
  (void)state;
  const uint32_t from[] = {0, 1, 2, 3}, to[] = {1, 2, 3, 0};
  const double weights[] = {1e-300, 1, 1e300, 5e-324};
  sl_graph *graph = make_graph(4, 4, from, to, weights, SL_VALUES_F64, false);
  const double sizes[] = {1e-12, 1, 1e12};
  const float apart[] = {1e9f, -1e9f, 1e-30f, 0, 1, 1, -1e9f, 1e9f};
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++)
      for (int linlog = 0; linlog < 2; linlog++) {
        sl_layout *layout;
        assert_ok(sl_layout_create(graph,
                                   LAYOUT(2, sizes[i], sizes[k], 1e300, 16, 1e6, linlog, 1, 0, 1),
                                   apart, 8, &layout));
        run(layout, 100, 50);
        for (uint32_t j = 0; j < 8; j++) assert_true(isfinite(positions_of(layout)[j]));
        sl_layout_destroy(layout);
      }
  sl_graph_destroy(graph);
}

static void nodes_that_are_held_stay(void **state) {
  (void)state;
  sl_graph *graph = groups(2);
  sl_layout *layout;
  sl_outcome outcome;
  assert_ok(sl_layout_create(graph, LAYOUT(2, 2, 1, 1, 1, 1), NULL, 0, &layout));
  const double here[] = {7, -3}, nowhere[] = {0, NAN};
  assert_ok(sl_layout_place(layout, 5, here, 1));
  run(layout, 20, 1000);
  assert_true(positions_of(layout)[10] == 7 && positions_of(layout)[11] == -3);
  assert_ok(sl_layout_place(layout, 5, NULL, 0));
  run(layout, 2, 1000);
  assert_true(positions_of(layout)[10] != 7);
  assert_refused(sl_layout_place(layout, 80, here, 1), SL_ERR_INDEX, "node");
  assert_refused(sl_layout_place(layout, 0, nowhere, 1), SL_ERR_NOT_FINITE, "position");
  assert_ok(sl_layout_begin(layout, 3));
  assert_ok(sl_job_step(sl_layout_job(layout), 1, &outcome));
  assert_refused(sl_layout_place(layout, 0, here, 1), SL_ERR_STATE, "layout");
  assert_ok(sl_job_step(sl_layout_job(layout), UINT64_MAX, &outcome));
  assert_int_equal(outcome, SL_OUTCOME_CONVERGED);
  assert_ok(sl_layout_begin(layout, 3));
  assert_ok(sl_job_step(sl_layout_job(layout), 1, &outcome));
  // Dropped: back to the last step that was finished.
  float before[160];
  memcpy(before, positions_of(layout), sizeof before);
  assert_ok(sl_layout_begin(layout, 1));
  assert_memory_equal(before, positions_of(layout), sizeof before);
  assert_ok(sl_job_stop(sl_layout_job(layout), SL_OUTCOME_TIME_LIMIT));
  assert_refused(sl_layout_begin(layout, 0), SL_ERR_OPTION, "steps");
  sl_layout_destroy(layout);
  sl_graph_destroy(graph);
}

static sl_status attempt(sl_graph *graph, uint32_t steps) {
  sl_layout *layout;
  sl_outcome outcome;
  SL_TRY(sl_layout_create(graph, LAYOUT(2, 2, 1, 1, 0.5, 1, 0, 0, 0, 1), NULL, 0, &layout));
  sl_status status = sl_layout_begin(layout, steps);
  do status = status == SL_OK ? sl_job_step(sl_layout_job(layout), 50, &outcome) : status;
  while (status == SL_OK && outcome == SL_OUTCOME_RUNNING);
  sl_layout_destroy(layout);
  return status;
}

static void running_out_of_memory_loses_nothing(void **state) {
  (void)state;
  sl_graph *graph = groups(10);
  uint32_t failures = 0;
  for (size_t more = 0;; more += 64) {
    sl_set_memory_limit(sl_bytes_in_use() + more);
    const sl_status status = attempt(graph, 2);
    sl_set_memory_limit(SIZE_MAX);
    if (status == SL_OK) break;
    assert_int_equal(status, SL_ERR_MEMORY);
    failures++;
  }
  assert_true(failures > 20);
  assert_ok(attempt(graph, 2));
  sl_graph_destroy(graph);
}

static void wrong_arguments_are_refused_by_name(void **state) {
  (void)state;
  static const struct {
    double options[SL_LAYOUT_OPTIONS];
    const char *name;
  } wrong[] = {
      {{4, 1, 1, 1, 1, 1}, "dimensions"},       {{2, 0, 1, 1, 1, 1}, "scaling"},
      {{2, INFINITY, 1, 1, 1, 1}, "scaling"},   {{2, 1, -1, 1, 1, 1}, "gravity"},
      {{2, 1, 1, NAN, 1, 1}, "theta"},          {{2, 1, 1, 1, -1, 1}, "edge_weight_influence"},
      {{2, 1, 1, 1, 1, 0}, "jitter_tolerance"}, {{2, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0.5}, "seed"},
  };
  sl_graph *graph = groups(1);
  sl_layout *layout;
  const float positions[80] = {0, NAN};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
    assert_refused(sl_layout_create(graph, wrong[i].options, NULL, 0, &layout), SL_ERR_OPTION,
                   wrong[i].name);
  assert_refused(sl_layout_create(graph, LAYOUT(2, 1, 1, 1, 1, 1), positions, 79, &layout),
                 SL_ERR_SHAPE, "positions");
  assert_refused(sl_layout_create(graph, LAYOUT(2, 1, 1, 1, 1, 1), positions, 80, &layout),
                 SL_ERR_NOT_FINITE, "positions");
  assert_int_equal(sl_last_error()->position, 1);
  assert_null(layout);
  sl_graph_destroy(graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(a_step_is_what_the_formulas_say),
      property(groups_lie_together_whatever_the_steps_of_work),
      property(theta_is_an_approximation),
      property(stars_paths_and_points_at_one_place),
      property(weights_of_every_size_and_wild_settings),
      property(nodes_that_are_held_stay),
      property(running_out_of_memory_loses_nothing),
      property(wrong_arguments_are_refused_by_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
