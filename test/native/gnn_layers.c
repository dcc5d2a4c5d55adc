// Graph networks against their formulas over dense matrices, for all nodes and for a few of them;
// files; memory that runs out; arguments that are wrong.
#include "graphs.h"

#include <stdlib.h>

#include "gnn/file.h"
#include "gnn/gnn.h"

#define AT(type, number) ((const type *)(uintptr_t)(number))
#define MOST 20
#define WIDE 16

static sl_status run_job(sl_job *job, uint64_t work) {
  sl_outcome outcome;
  do SL_TRY(sl_job_step(job, work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  return SL_OK;
}

// Both parts of an answer; out: a row for each node that is asked.
static sl_status ask(const sl_gnn *gnn, sl_graph *graph, const float *features, uint32_t columns,
                     const uint32_t *nodes, uint32_t count, bool weighted, uint64_t work,
                     float *out, double *numbers) {
  sl_gnn_answer *answer;
  SL_TRY(sl_gnn_answer_create(gnn, graph, nodes, count, weighted, &answer));
  sl_status status = run_job(sl_gnn_answer_job(answer), work);
  float *wanted = NULL;
  if (status == SL_OK) status = sl_gnn_answer_read(answer, numbers);
  const uint32_t wanted_count = status == SL_OK ? (uint32_t)numbers[2] : 0;
  if (status == SL_OK) {
    wanted = malloc((size_t)wanted_count * columns * sizeof *wanted);
    for (uint32_t i = 0; i < wanted_count; i++)
      memcpy(wanted + (size_t)i * columns, features + (size_t)AT(uint32_t, numbers[3])[i] * columns,
             columns * sizeof *wanted);
    status = sl_gnn_answer_begin(answer, wanted, wanted_count * columns);
  }
  if (status == SL_OK) status = run_job(sl_gnn_answer_job(answer), work);
  if (status == SL_OK) status = sl_gnn_answer_read(answer, numbers);
  if (status == SL_OK) memcpy(out, AT(float, numbers[5]), count * (size_t)numbers[4] * sizeof *out);
  free(wanted);
  sl_gnn_answer_destroy(answer);
  return status;
}

static double activated(double z, uint32_t activation) {
  return z >= 0 || activation == SL_GNN_NONE ? z : activation == SL_GNN_RELU ? 0 : exp(z) - 1;
}

// One layer for all nodes; heard[i][j]: weight of the edge from j to i.
static void dense_layer(uint32_t n, double heard[MOST][MOST], const uint32_t *shape, const float *p,
                        double x[MOST][WIDE]) {
  const uint32_t in = shape[1], out = shape[2], heads = shape[3], width = out * heads;
  double y[MOST][WIDE] = {{0}}, z[MOST][WIDE] = {{0}};
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t o = 0; o < width; o++)
      for (uint32_t c = 0; c < in; c++) y[i][o] += (double)p[o * in + c] * x[i][c];
  const float *b = p + width * in + (shape[0] == SL_GNN_GAT ? 2 * width : 0);
  uint32_t given = width;
  if (shape[0] == SL_GNN_GCN) {
    double degree[MOST] = {0}, a[MOST][MOST];
    memcpy(a, heard, sizeof a);
    for (uint32_t i = 0; i < n; i++) {
      if (a[i][i] == 0) a[i][i] = 1;
      for (uint32_t j = 0; j < n; j++) degree[i] += a[i][j];
    }
    for (uint32_t i = 0; i < n; i++)
      for (uint32_t j = 0; j < n; j++)
        for (uint32_t o = 0; o < width; o++)
          z[i][o] += a[i][j] / sqrt(degree[i]) / sqrt(degree[j]) * y[j][o];
  } else if (shape[0] == SL_GNN_SAGE) {
    for (uint32_t i = 0; i < n; i++) {
      double count = 0;
      for (uint32_t j = 0; j < n; j++) count += heard[i][j] > 0;
      for (uint32_t o = 0; o < width; o++) {
        for (uint32_t j = 0; j < n; j++)
          if (heard[i][j] > 0) z[i][o] += y[j][o] / count;
        for (uint32_t c = 0; c < in; c++) z[i][o] += (double)b[width + o * in + c] * x[i][c];
      }
    }
  } else {
    const float *s = p + width * in, *t = s + width;
    for (uint32_t i = 0; i < n; i++)
      for (uint32_t h = 0; h < heads; h++) {
        double e[MOST], sum = 0;
        for (uint32_t j = 0; j < n; j++) {
          double score = 0;
          for (uint32_t o = h * out; o < (h + 1) * out; o++)
            score += (double)s[o] * y[j][o] + (double)t[o] * y[i][o];
          e[j] = i == j || heard[i][j] > 0 ? exp(score > 0 ? score : 0.2 * score) : 0;
          sum += e[j];
        }
        for (uint32_t j = 0; j < n; j++)
          for (uint32_t o = h * out; o < (h + 1) * out; o++) z[i][o] += e[j] / sum * y[j][o];
      }
    for (uint32_t i = 0; i < n && shape[4]; i++)
      for (uint32_t o = 0; o < out; o++) {
        double sum = 0;
        for (uint32_t h = 0; h < heads; h++) sum += z[i][h * out + o];
        z[i][o] = sum / heads;
      }
    if (shape[4]) given = out;
  }
  memset(x, 0, MOST * sizeof *x);
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t o = 0; o < given; o++) x[i][o] = activated(z[i][o] + b[o], shape[5]);
}

static uint32_t parameters_of(const uint32_t *s) {
  const uint32_t width = s[2] * s[3];
  if (s[0] == SL_GNN_GCN) return width * s[1] + width;
  if (s[0] == SL_GNN_SAGE) return 2 * width * s[1] + width;
  return width * s[1] + 2 * width + (s[4] ? s[2] : width);
}

static uint32_t random_shapes(sl_rng *rng, uint32_t layers, uint32_t *shapes) {
  uint32_t inputs = 1 + sl_rng_below(rng, 6), parameters = 0;
  for (uint32_t l = 0; l < layers; l++) {
    uint32_t *s = shapes + l * SL_GNN_SHAPE;
    s[0] = sl_rng_below(rng, 3);
    s[1] = inputs;
    s[2] = 1 + sl_rng_below(rng, 5);
    s[3] = s[0] == SL_GNN_GAT ? 1 + sl_rng_below(rng, 3) : 1;
    s[4] = s[0] == SL_GNN_GAT ? sl_rng_below(rng, 2) : 0;
    s[5] = sl_rng_below(rng, 3);
    inputs = s[4] ? s[2] : s[2] * s[3];
    parameters += parameters_of(s);
  }
  return parameters;
}

static void answers_are_what_the_formulas_say(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 4);
  for (int trial = 0; trial < SL_TRIES(1500); trial++) {
    sl_graph *graph = random_graph(&rng, MOST);
    const uint32_t n = graph->node_count, layers = 1 + sl_rng_below(&rng, 3);
    const bool weighted = trial % 2;
    uint32_t shapes[3 * SL_GNN_SHAPE], nodes[MOST];
    const uint32_t count = random_shapes(&rng, layers, shapes), columns = shapes[1];
    float parameters[2000], features[MOST * WIDE], out[MOST * WIDE];
    double heard[MOST][MOST] = {{0}}, x[MOST][WIDE] = {{0}}, numbers[SL_GNN_NUMBERS];
    for (uint32_t i = 0; i < count; i++) parameters[i] = (float)(2 * sl_rng_double(&rng) - 1);
    for (uint32_t i = 0; i < n * columns; i++) {
      features[i] = sl_rng_below(&rng, 3) ? (float)(2 * sl_rng_double(&rng) - 1) : 0;
      x[i / columns][i % columns] = features[i];
    }
    for (uint32_t u = 0; u < n; u++)
      for (uint32_t k = graph->outgoing->row_pointers[u]; k < graph->outgoing->row_pointers[u + 1];
           k++)
        heard[graph->outgoing->columns[k]][u] = weighted ? sl_csr_value(graph->outgoing, k) : 1;
    const float *p = parameters;
    for (uint32_t l = 0; l < layers; l++) {
      dense_layer(n, heard, shapes + l * SL_GNN_SHAPE, p, x);
      p += parameters_of(shapes + l * SL_GNN_SHAPE);
    }
    sl_gnn *gnn;
    assert_ok(sl_gnn_create(layers, shapes, parameters, count, &gnn));
    // Some of the nodes, in any order.
    for (uint32_t i = 0; i < n; i++) nodes[i] = i;
    for (uint32_t i = n; i > 1; i--) {
      const uint32_t j = sl_rng_below(&rng, i), swap = nodes[j];
      nodes[j] = nodes[i - 1];
      nodes[i - 1] = swap;
    }
    const uint32_t asked = 1 + sl_rng_below(&rng, n);
    assert_ok(ask(gnn, graph, features, columns, nodes, asked, weighted,
                  1 + sl_rng_below(&rng, 200), out, numbers));
    const uint32_t *last = shapes + (layers - 1) * SL_GNN_SHAPE;
    const uint32_t given = last[4] ? last[2] : last[2] * last[3];
    assert_true(numbers[0] == SL_OUTCOME_CONVERGED && numbers[4] == given && numbers[2] <= n);
    for (uint32_t i = 0; i < asked * given; i++) {
      const double wanted = x[nodes[i / given]][i % given];
      assert_true(fabs(out[i] - wanted) <= 1e-5 * (1 + fabs(wanted)));
    }
    sl_gnn_destroy(gnn);
    sl_graph_destroy(graph);
  }
}

// A path of a million nodes and a star: one node's answer reads two steps of it.
static void answers_read_the_surroundings_alone(void **state) {
  (void)state;
  enum { N = 1000000 };
  uint32_t *from = malloc(N * sizeof *from), *to = malloc(N * sizeof *to);
  float *features = malloc(N * sizeof *features);
  for (uint32_t i = 0; i < N; i++) features[i] = (float)(i % 7);
  const uint32_t shapes[] = {SL_GNN_GCN, 1, 1, 1, 0, 0, SL_GNN_SAGE, 1, 1, 1, 0, 0};
  const float parameters[] = {1, 0, 1, 0, 1};
  sl_gnn *gnn;
  assert_ok(sl_gnn_create(2, shapes, parameters, 5, &gnn));
  for (int star = 0; star < 2; star++) {
    for (uint32_t i = 0; i + 1 < N; i++) {
      from[i] = star ? 0 : i;
      to[i] = i + 1;
    }
    sl_graph *graph = make_graph(N, N - 1, from, to, NULL, SL_VALUES_PATTERN, false);
    const uint32_t node = 500000;
    float out[1];
    double numbers[SL_GNN_NUMBERS];
    assert_ok(ask(gnn, graph, features, 1, &node, 1, false, UINT64_MAX, out, numbers));
    assert_true(star ? numbers[2] == N : numbers[2] == 5 && numbers[6] == 6);
    if (!star) {
      // mean of the neighbours' means, and the node's own mean: all within the path have three parts
      const float *f = features + node;
      const double left = (f[-2] + f[-1] + f[0]) / 3, right = (f[0] + f[1] + f[2]) / 3;
      assert_true(fabs(out[0] - (left + right) / 2 - (f[-1] + f[0] + f[1]) / 3) < 1e-5);
    }
    sl_graph_destroy(graph);
  }
  sl_gnn_destroy(gnn);
  free(features);
  free(from);
  free(to);
}

static void files_come_back(void **state) {
  (void)state;
  const uint32_t shapes[] = {SL_GNN_GAT, 3, 2, 2, 1, 2};
  float parameters[22];
  for (int i = 0; i < 22; i++) parameters[i] = (float)i / 7;
  sl_gnn *gnn, *again;
  sl_writer *writer;
  sl_reader *reader;
  double numbers[SL_GNN_NUMBERS];
  assert_ok(sl_gnn_create(1, shapes, parameters, 22, &gnn));
  assert_ok(sl_gnn_save(gnn, &writer));
  const uint32_t size = (uint32_t)sl_writer_size(writer);
  uint8_t bytes[1000];
  uint32_t written;
  assert_ok(sl_writer_next(writer, bytes, sizeof bytes, &written));
  assert_int_equal(written, size);
  sl_writer_destroy(writer);
  sl_gnn_destroy(gnn);
  for (uint32_t length = 0; length <= size; length++) {
    assert_ok(sl_reader_create(SL_FILE_GNN, 0, &reader));
    sl_status status = sl_reader_feed(reader, bytes, length);
    if (status == SL_OK) status = sl_gnn_load(reader, &again);
    assert_int_equal(status == SL_OK, length == size);
    if (status == SL_OK) {
      assert_ok(sl_gnn_read(again, numbers));
      assert_true(numbers[2] == 1 && numbers[5] == 22);
      assert_memory_equal(AT(float, numbers[4]), parameters, sizeof parameters);
      sl_gnn_destroy(again);
    }
    sl_reader_destroy(reader);
  }
}

static sl_status attempt(void) {
  const uint32_t from[] = {0, 1, 2, 3, 4}, to[] = {1, 2, 3, 4, 0}, nodes[] = {2, 0};
  const uint32_t shapes[] = {SL_GNN_GAT, 1, 2, 2, 0, 1, SL_GNN_SAGE, 4, 2, 1, 0, 0};
  const float features[] = {1, 2, 3, 4, 5};
  float parameters[34] = {1, 1, 1}, out[4];
  double numbers[SL_GNN_NUMBERS];
  sl_graph *graph;
  sl_gnn *gnn;
  SL_TRY(sl_graph_from_edges(5, 5, from, to, NULL, SL_VALUES_PATTERN, true, &graph));
  sl_status status = sl_gnn_create(2, shapes, parameters, 34, &gnn);
  if (status == SL_OK) {
    status = ask(gnn, graph, features, 1, nodes, 2, true, 3, out, numbers);
    sl_gnn_destroy(gnn);
  }
  sl_graph_destroy(graph);
  return status;
}

static void running_out_of_memory_loses_nothing(void **state) {
  (void)state;
  uint32_t failures = 0;
  for (size_t more = 0;; more += 8) {
    sl_set_memory_limit(sl_bytes_in_use() + more);
    const sl_status status = attempt();
    sl_set_memory_limit(SIZE_MAX);
    if (status == SL_OK) break;
    assert_int_equal(status, SL_ERR_MEMORY);
    failures++;
  }
  assert_true(failures > 10);
}

static void wrong_arguments_are_refused_by_name(void **state) {
  (void)state;
  const uint32_t from[] = {0, 1}, to[] = {1, 2}, twice[] = {1, 1}, beyond[] = {3}, node[] = {1};
  const uint32_t good[] = {0, 2, 1, 1, 0, 0};
  const float parameters[] = {1, 1, 0}, wild[] = {1, INFINITY, 0};
  sl_gnn *gnn;
  sl_gnn_answer *answer;
  double numbers[SL_GNN_NUMBERS];
  sl_graph *graph = make_graph(3, 2, from, to, NULL, SL_VALUES_PATTERN, false);
  assert_refused(sl_gnn_create(0, good, parameters, 3, &gnn), SL_ERR_OPTION, "layers");
  assert_refused(sl_gnn_create(17, good, parameters, 3, &gnn), SL_ERR_OPTION, "layers");
  assert_refused(sl_gnn_create(1, good, parameters, 2, &gnn), SL_ERR_SHAPE, "parameters");
  assert_int_equal(sl_last_error()->position, 3);
  assert_refused(sl_gnn_create(1, good, wild, 3, &gnn), SL_ERR_NOT_FINITE, "parameters");
  for (uint32_t i = 0; i < SL_GNN_SHAPE; i++) {
    uint32_t shape[SL_GNN_SHAPE];
    memcpy(shape, good, sizeof shape);
    shape[i] = UINT32_MAX;
    assert_refused(sl_gnn_create(1, shape, parameters, 3, &gnn), SL_ERR_OPTION, "layers");
    assert_int_equal(sl_last_error()->position, i);
  }
  const uint32_t apart[] = {0, 2, 1, 1, 0, 0, 0, 2, 1, 1, 0, 0};
  assert_refused(sl_gnn_create(2, apart, parameters, 6, &gnn), SL_ERR_OPTION, "layers");
  assert_int_equal(sl_last_error()->position, 7);
  assert_ok(sl_gnn_create(1, good, parameters, 3, &gnn));
  assert_refused(sl_gnn_answer_create(gnn, graph, node, 0, 0, &answer), SL_ERR_EMPTY, "nodes");
  assert_refused(sl_gnn_answer_create(gnn, graph, twice, 2, 0, &answer), SL_ERR_ARGUMENT, "nodes");
  assert_refused(sl_gnn_answer_create(gnn, graph, beyond, 1, 0, &answer), SL_ERR_INDEX, "nodes");
  assert_ok(sl_gnn_answer_create(gnn, graph, node, 1, 0, &answer));
  const float features[] = {1, 2, 3, 4, 5, 6}, bad[] = {1, 2, 3, NAN, 5, 6};
  assert_refused(sl_gnn_answer_read(answer, numbers), SL_ERR_STATE, "answer");
  assert_refused(sl_gnn_answer_begin(answer, features, 6), SL_ERR_STATE, "answer");
  assert_ok(run_job(sl_gnn_answer_job(answer), 1));
  assert_refused(sl_gnn_answer_begin(answer, features, 4), SL_ERR_SHAPE, "features");
  assert_int_equal(sl_last_error()->position, 6);
  assert_refused(sl_gnn_answer_begin(answer, bad, 6), SL_ERR_NOT_FINITE, "features");
  assert_ok(sl_gnn_answer_begin(answer, features, 6));
  assert_ok(sl_job_stop(sl_gnn_answer_job(answer), SL_OUTCOME_TIME_LIMIT));
  assert_ok(sl_gnn_answer_read(answer, numbers));
  assert_true(numbers[0] == SL_OUTCOME_TIME_LIMIT && numbers[5] == 0);
  assert_refused(sl_gnn_answer_begin(answer, features, 6), SL_ERR_STATE, "answer");
  sl_gnn_answer_destroy(answer);
  sl_gnn_destroy(gnn);
  // Products that f32 cannot hold are an error, and no infinite answer.
  float out[1];
  const float limits[] = {1e18f, 1e18f, 1e18f, 1e18f, 1e18f, 1e18f};
  const uint32_t two[] = {0, 2, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0};
  const float five[] = {1e18f, 1e18f, 0, 1e18f, 0};
  assert_ok(sl_gnn_create(2, two, five, 5, &gnn));
  assert_refused(ask(gnn, graph, limits, 2, node, 1, false, 5, out, numbers), SL_ERR_RANGE,
                 "features");
  sl_gnn_destroy(gnn);
  sl_graph_destroy(graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(answers_are_what_the_formulas_say),
      property(answers_read_the_surroundings_alone),
      property(files_come_back),
      property(running_out_of_memory_loses_nothing),
      property(wrong_arguments_are_refused_by_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
