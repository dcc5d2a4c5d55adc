#include "matrices.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "graph/edge_list.h"
#include "graph/metis.h"

// What to read with: METIS (options NULL) or an edge list.
typedef struct answer {
  sl_status status;
  uint64_t line;
  char expected[80], found[SL_TEXT_FOUND];
  sl_graph *graph;
  uint64_t ids[LARGEST];
} answer;

static void keep_error(answer *result, const sl_text *text) {
  result->line = sl_last_error()->position;
  strncpy(result->expected, sl_last_error()->expected, sizeof result->expected - 1);
  memcpy(result->found, text->found, sizeof result->found);
}

// Each chunk is a block of its own, so that reading past it or keeping a pointer into it is caught.
static answer read_bytes(const char *text, size_t size, size_t chunk,
                         const sl_edge_list_options *options) {
  answer result = {.status = SL_OK};
  sl_edge_list *list = NULL;
  sl_metis *metis = NULL;
  if (options)
    assert_ok(sl_edge_list_create(options, &list));
  else
    assert_ok(sl_metis_create(SL_VALUES_F64, &metis));
  for (size_t at = 0; at < size && result.status == SL_OK; at += chunk) {
    size_t n = size - at < chunk ? size - at : chunk;
    char *piece = malloc(n);
    memcpy(piece, text + at, n);
    result.status = options ? sl_edge_list_feed(list, piece, n) : sl_metis_feed(metis, piece, n);
    free(piece);
  }
  if (result.status == SL_OK) {
    result.status =
        options ? sl_edge_list_finish(list, &result.graph) : sl_metis_finish(metis, &result.graph);
  }
  if (result.status != SL_OK) {
    assert_null(result.graph);
    keep_error(&result, options ? &list->text : &metis->text);
    sl_graph *again;
    sl_status after = options ? sl_edge_list_feed(list, "x", 1) : sl_metis_feed(metis, "x", 1);
    assert_int_equal(after, SL_ERR_STATE);
    after = options ? sl_edge_list_finish(list, &again) : sl_metis_finish(metis, &again);
    assert_int_equal(after, SL_ERR_STATE);
  } else if (options && options->ids == SL_IDS_COMPACT) {
    uint32_t n = result.graph->node_count;
    for (uint32_t k = 0; k < n && k < LARGEST; k++) result.ids[k] = sl_edge_list_ids(list)[k];
  }
  sl_edge_list_destroy(list);
  sl_metis_destroy(metis);
  return result;
}

static void check_chunks(const char *text, size_t size, const sl_edge_list_options *options) {
  answer whole = read_bytes(text, size, SIZE_MAX / 2, options);
  for (size_t chunk = 1; chunk < 6; chunk++) {
    answer cut = read_bytes(text, size, chunk, options);
    assert_int_equal(cut.status, whole.status);
    if (whole.status == SL_OK) {
      assert_same_matrix(cut.graph->outgoing, whole.graph->outgoing);
      assert_memory_equal(cut.ids, whole.ids, sizeof cut.ids);
    } else {
      assert_int_equal(cut.line, whole.line);
      assert_string_equal(cut.expected, whole.expected);
      assert_string_equal(cut.found, whole.found);
    }
    sl_graph_destroy(cut.graph);
  }
  sl_graph_destroy(whole.graph);
}

static void check_refused(const char *text, const sl_edge_list_options *options, sl_status status,
                          uint64_t line, const char *found) {
  answer result = read_bytes(text, strlen(text), SIZE_MAX / 2, options);
  if (result.status != status || result.line != line || strcmp(result.found, found) != 0) {
    fail_msg("%s: %s in line %d, found %s, expected %s", text, sl_status_name(result.status),
             (int)result.line, result.found, result.expected);
  }
  check_chunks(text, strlen(text), options);
}

// edges: count triples from, to, weight that must be all there are.
static void check_edges(const char *text, const sl_edge_list_options *options, uint32_t nodes,
                        uint32_t count, const double (*edges)[3]) {
  answer result = read_bytes(text, strlen(text), SIZE_MAX / 2, options);
  if (result.status != SL_OK)
    fail_msg("%s: line %d: expected %s", text, (int)result.line, result.expected);
  assert_int_equal(result.graph->node_count, nodes);
  assert_int_equal(result.graph->edge_count, count);
  assert_canonical(result.graph->outgoing);
  for (uint32_t k = 0; k < count; k++) {
    double weight;
    assert_ok(
        sl_csr_get(result.graph->outgoing, (uint32_t)edges[k][0], (uint32_t)edges[k][1], &weight));
    assert_true(weight == edges[k][2]);
  }
  sl_graph_destroy(result.graph);
  check_chunks(text, strlen(text), options);
}

static sl_edge_list_options snap(void) { return sl_edge_list_options_default(); }
static sl_edge_list_options csv(void) {
  sl_edge_list_options options = sl_edge_list_options_default();
  options.separator = ',';
  return options;
}

static void edge_lists_of_every_style_are_read(void **state) {
  (void)state;
  sl_edge_list_options o = snap(), c = csv();
  const double plain[2][3] = {{0, 1, 1}, {3, 1, 1}}, weighted[2][3] = {{0, 1, 2.5}, {3, 1, 1e-3}};
  check_edges("0 1\n3 1\n", &o, 4, 2, plain);
  check_edges("# FromNodeId\tToNodeId\r\n\r\n0\t1\t\r\n% x\r\n 3  1\r\n0 1", &o, 4, 2, plain);
  check_edges("\xef\xbb\xbf# \xc3\xa4\n0 1\n3 1\r", &o, 4, 2, plain);
  check_edges("0 1 2.5\n3 1 1e-3\n", &o, 4, 2, weighted);
  check_edges("0 1 2\n3 1 1e-3\n0 1 .5\n", &o, 4, 2, weighted);
  check_edges("0,1\n3,1", &c, 4, 2, plain);
  check_edges("source,target,weight\r\n0,1,2.5\r\n3 , 1 , 1e-3\r\n", &c, 4, 2, weighted);
  check_edges("# c\n\n\"from, node\",x,y,z,\n0,1\n3,1\n", &c, 4, 2, plain);
  o.ignore_weights = c.ignore_weights = true;
  check_edges("0 1 x y\n3 1\n", &o, 4, 2, plain);
  check_edges("0,1,,\"a,b\"\n3,1,,\n", &c, 4, 2, plain);
  o = snap();
  o.directed = false;
  check_edges("0 1\n1 0\n3 1\n", &o, 4, 2, plain);
  o.node_count = 9;
  check_edges("0 1\n3 1\n", &o, 9, 2, plain);
  o.value_type = SL_VALUES_F32;
  const double narrow[1][3] = {{0, 1, (double)0.1f}};
  check_edges("0 1 0.1\n", &o, 9, 1, narrow);
  o = snap();
  o.separator = ';';
  check_edges("0;1\n3;1\n", &o, 4, 2, plain);
  o = snap();
  check_edges("000 0001\n", &o, 2, 1, plain);
}

static void ids_are_compacted_in_ascending_order(void **state) {
  (void)state;
  sl_edge_list_options o = snap();
  o.ids = SL_IDS_COMPACT;
  const char *text = "18446744073709551615 7\n7 0\n4294967296 7\n0 7";
  const double edges[4][3] = {{3, 1, 1}, {1, 0, 1}, {2, 1, 1}, {0, 1, 1}};
  check_edges(text, &o, 4, 4, edges);
  answer result = read_bytes(text, strlen(text), 4, &o);
  const uint64_t ids[4] = {0, 7, 4294967296, UINT64_MAX};
  assert_memory_equal(result.ids, ids, sizeof ids);
  sl_graph_destroy(result.graph);
  check_refused("18446744073709551616 7\n", &o, SL_ERR_PARSE, 1, "18446744073709551616");

  // Many ids, so that the table grows and the merge sort has odd runs; each id names its node.
  sl_rng rng;
  sl_rng_seed(&rng, 8);
  for (uint32_t count = 1; count < 3000; count += 1 + count / 2) {
    sl_edge_list *reader;
    assert_ok(sl_edge_list_create(&o, &reader));
    uint64_t *from = malloc(count * sizeof *from);
    for (uint32_t k = 0; k < count; k++) {
      char line[60];
      from[k] = sl_rng_next(&rng) >> (sl_rng_below(&rng, 2) ? 8 : 52);
      int n = sprintf(line, "%llu %llu %u\n", (unsigned long long)from[k],
                      (unsigned long long)(from[k] + 1), k + 1);
      assert_ok(sl_edge_list_feed(reader, line, (size_t)n));
    }
    assert_int_equal(sl_edge_list_bytes(reader), sl_bytes_in_use());
    assert_null(sl_edge_list_ids(reader));
    sl_graph *graph;
    assert_ok(sl_edge_list_finish(reader, &graph));
    const uint64_t *table = sl_edge_list_ids(reader);
    double total = 0;
    for (uint32_t u = 0; u < graph->node_count; u++) {
      if (u > 0) assert_true(table[u - 1] < table[u]);
      const uint32_t *targets;
      uint32_t degree;
      assert_ok(sl_graph_neighbors(graph, u, &targets, &degree));
      assert_true(degree <= 1);
      if (degree == 0) continue;
      assert_true(table[targets[0]] == table[u] + 1);
      double weight, expected = 0;
      assert_ok(sl_csr_get(graph->outgoing, u, targets[0], &weight));
      for (uint32_t k = 0; k < count; k++) expected += from[k] == table[u] ? k + 1 : 0;
      assert_true(weight == expected);
      total += weight;
    }
    assert_true(total == (double)count * (count + 1) / 2);
    free(from);
    sl_graph_destroy(graph);
    sl_edge_list_destroy(reader);
  }
}

static void edge_lists_name_the_line(void **state) {
  (void)state;
  sl_edge_list_options o = snap(), c = csv(), f = snap();
  check_refused("", &o, SL_ERR_EMPTY, 1, "end of input");
  check_refused("# nothing\n\n", &o, SL_ERR_EMPTY, 3, "end of input");
  check_refused("0 1\n\n2\n", &o, SL_ERR_PARSE, 3, "end of line");
  check_refused("0 1\n# c\n2", &o, SL_ERR_TRUNCATED, 3, "end of input");
  check_refused("0 1\n0 -1\n", &o, SL_ERR_PARSE, 2, "-1");
  check_refused("0 1.5\n", &o, SL_ERR_PARSE, 1, "1.5");
  check_refused("a b\n", &o, SL_ERR_PARSE, 1, "a");
  check_refused("0 4294967294\n", &o, SL_ERR_PARSE, 1, "4294967294");
  check_refused("0 1 2 3\n", &o, SL_ERR_PARSE, 1, "3");
  check_refused("0 1\n0 2 3\n", &o, SL_ERR_PARSE, 2, "3");
  check_refused("0 1 2\n0 2\n", &o, SL_ERR_PARSE, 2, "end of line");
  check_refused("0 1 2\n0 2", &o, SL_ERR_TRUNCATED, 2, "end of input");
  check_refused("0 1 0\n", &o, SL_ERR_PARSE, 1, "0");
  check_refused("0 1 -2\n", &o, SL_ERR_PARSE, 1, "-2");
  check_refused("0 1 nan\n", &o, SL_ERR_PARSE, 1, "nan");
  check_refused("0 1 inf\n", &o, SL_ERR_PARSE, 1, "inf");
  check_refused("0 1 2x\n", &o, SL_ERR_PARSE, 1, "2x");
  check_refused("0 1 # note\n", &o, SL_ERR_PARSE, 1, "#");
  check_refused("0 1\r2 3\n", &o, SL_ERR_PARSE, 1, "?");
  check_refused("0,1\n", &o, SL_ERR_PARSE, 1, "0,1");
  check_refused("0 1\n", &c, SL_ERR_PARSE, 1, "end of line");
  check_refused("0,,1\n", &c, SL_ERR_PARSE, 1, "");
  check_refused(",0,1\n", &c, SL_ERR_PARSE, 1, "");
  check_refused("0,1,\n", &c, SL_ERR_PARSE, 1, "");
  check_refused("0,\n", &c, SL_ERR_PARSE, 1, "");
  check_refused("a,b\nc,d\n", &c, SL_ERR_PARSE, 2, "c");
  check_refused("0,1\na,b\n", &c, SL_ERR_PARSE, 2, "a");
  check_refused("-1,1\n", &c, SL_ERR_PARSE, 1, "-1");
  check_refused("a,b\n", &c, SL_ERR_EMPTY, 2, "end of input");
  f.node_count = 3;
  check_refused("0 2\n3 0\n", &f, SL_ERR_PARSE, 2, "3");
  f.node_count = 0;
  f.value_type = SL_VALUES_F32;
  check_refused("0 1 1e-60\n", &f, SL_ERR_PARSE, 1, "1e-60");
  check_refused("0 1 1e60\n", &f, SL_ERR_PARSE, 1, "1e60");
}

static void options_are_checked_by_name(void **state) {
  (void)state;
  sl_edge_list *reader = (sl_edge_list *)1;
  const char bad[] = {'0', '9', '#', '%', '"', '\n', 127};
  for (size_t k = 0; k < sizeof bad; k++) {
    sl_edge_list_options o = snap();
    o.separator = (unsigned char)bad[k];
    assert_refused(sl_edge_list_create(&o, &reader), SL_ERR_OPTION, "separator");
    assert_null(reader);
  }
  sl_edge_list_options o = snap();
  o.value_type = SL_VALUES_PATTERN;
  assert_refused(sl_edge_list_create(&o, &reader), SL_ERR_OPTION, "value_type");
  o = snap();
  o.node_count = UINT32_MAX;
  assert_refused(sl_edge_list_create(&o, &reader), SL_ERR_OPTION, "node_count");
  o.node_count = 4;
  o.ids = SL_IDS_COMPACT;
  assert_refused(sl_edge_list_create(&o, &reader), SL_ERR_OPTION, "node_count");
  sl_metis *metis;
  assert_refused(sl_metis_create(SL_VALUES_PATTERN, &metis), SL_ERR_OPTION, "value_type");
}

static void metis_files_of_every_format_are_read(void **state) {
  (void)state;
  const double path[2][3] = {{0, 1, 1}, {1, 2, 1}}, heavy[2][3] = {{0, 1, 5}, {2, 1, 0.5}};
  check_edges("3 2\n2\n1 3\n2\n", NULL, 3, 2, path);
  check_edges("% c\n\n3 2 0\r\n 2 \r\n% c\r\n3 1\r\n2", NULL, 3, 2, path);
  check_edges("3 2 1\n2 5\n1 5 3 .5\n2 0.5\n", NULL, 3, 2, heavy);
  check_edges("3 2 001\n2 5\n1 5 3 .5\n2 0.5\n%\n\n", NULL, 3, 2, heavy);
  check_edges("3 2 10\n7 2\n8 1 3\n9 2\n", NULL, 3, 2, path);
  check_edges("3 2 11 2\n7 7 2 5\n8 8 1 5 3 0.5\n9 9 2 0.5\n", NULL, 3, 2, heavy);
  check_edges("3 2 100\n7 2\n8 1 3\n9 2\n", NULL, 3, 2, path);
  check_edges("3 2 110 2\n1 7 7 2\n1 8 8 1 3\n1 9 9 2\n", NULL, 3, 2, path);
  check_edges("4 2\n2\n1 3\n2\n\n", NULL, 4, 2, path);
  check_edges("4 2\n2\n1 3\n2\n", NULL, 4, 2, path); // the empty last line without line feed
  check_edges("1 0\n", NULL, 1, 0, NULL);
  check_edges("2 0\n\n\n", NULL, 2, 0, NULL);
  check_edges("3 1 0 5\n\n3\n2\n", NULL, 3, 1, (double[1][3]){{1, 2, 1}});
}

static void metis_files_name_the_line(void **state) {
  (void)state;
  check_refused("", NULL, SL_ERR_TRUNCATED, 1, "end of input");
  check_refused("3\n", NULL, SL_ERR_PARSE, 1, "end of line");
  check_refused("0 0\n", NULL, SL_ERR_PARSE, 1, "0");
  check_refused("4294967296 0\n", NULL, SL_ERR_PARSE, 1, "4294967296");
  check_refused("3 2147483648\n", NULL, SL_ERR_PARSE, 1, "2147483648");
  check_refused("3 2 2\n", NULL, SL_ERR_FORMAT, 1, "2");
  check_refused("3 2 0001\n", NULL, SL_ERR_FORMAT, 1, "0001");
  check_refused("3 2 1 1 1\n", NULL, SL_ERR_PARSE, 1, "1");
  check_refused("3 2 1 5000\n", NULL, SL_ERR_PARSE, 1, "5000");
  check_refused("3 -2\n", NULL, SL_ERR_PARSE, 1, "-2");
  check_refused("3 2\n2\n1 4\n", NULL, SL_ERR_PARSE, 3, "4");
  check_refused("3 2\n0\n", NULL, SL_ERR_PARSE, 2, "0");
  check_refused("3 2\n1\n", NULL, SL_ERR_PARSE, 2, "1");
  check_refused("3 2\n2\n1 3\n2 x\n", NULL, SL_ERR_PARSE, 4, "x");
  check_refused("3 2\n2\n1 3\n2\n1\n", NULL, SL_ERR_PARSE, 5, "1");
  check_refused("3 2\n2\n1 3\n2 1\n", NULL, SL_ERR_PARSE, 4, "1");
  check_refused("3 2\n2\n1\n", NULL, SL_ERR_TRUNCATED, 4, "end of input");
  check_refused("3 2\n2\n", NULL, SL_ERR_TRUNCATED, 3, "end of input");
  check_refused("4294967294 0\n\n", NULL, SL_ERR_TRUNCATED, 3, "end of input");
  check_refused("3 2\n2 2\n3 1\n\n", NULL, SL_ERR_PARSE, 2, "");
  check_refused("3 1\n2\n3\n\n", NULL, SL_ERR_PARSE, 2, "");
  check_refused("3 2\n% c\n\n3\n%\n% c\n1 2 1\n", NULL, SL_ERR_PARSE, 7, "");
  check_refused("2 1 1\n2 1\n1 2\n", NULL, SL_ERR_PARSE, 2, "");
  check_refused("2 1 1\n2\n1 2\n", NULL, SL_ERR_PARSE, 2, "end of line");
  check_refused("2 1 1\n2 1\n1", NULL, SL_ERR_TRUNCATED, 3, "end of input");
  check_refused("2 1 1\n2 0\n1 0\n", NULL, SL_ERR_PARSE, 2, "0");
  check_refused("2 1 1\n2 nan\n1 nan\n", NULL, SL_ERR_PARSE, 2, "nan");
  check_refused("2 1 10\n1.5 2\n1 1\n", NULL, SL_ERR_PARSE, 2, "1.5");
  check_refused("2 1 11 2\n1\n", NULL, SL_ERR_PARSE, 2, "end of line");
}

// Cut at every byte: an edge list is a shorter list or refused, a METIS file is refused unless only
// blanks are missing.
static void every_cut_is_an_error_or_a_prefix(void **state) {
  (void)state;
  sl_edge_list_options o = snap();
  const char list[] = "# c\r\n10 20 1.5\r\n20 30 2.5\n\n30 10 3.25\n";
  for (size_t cut = 0; cut < sizeof list; cut++) {
    answer result = read_bytes(list, cut, SIZE_MAX / 2, &o);
    if (result.status == SL_OK)
      assert_in_range(result.graph->edge_count, 1, 3);
    else
      assert_true(result.status == SL_ERR_EMPTY || result.status == SL_ERR_TRUNCATED ||
                  result.status == SL_ERR_PARSE);
    sl_graph_destroy(result.graph);
    check_chunks(list, cut, &o);
  }
  const char metis[] = "% c\n4 3 1\n2 15\n1 15 3 2.5\r\n2 2.5 4 10\n3 10\n";
  for (size_t cut = 0; cut < sizeof metis; cut++) {
    answer result = read_bytes(metis, cut, SIZE_MAX / 2, NULL);
    assert_int_equal(result.status == SL_OK, cut >= sizeof metis - 2);
    sl_graph_destroy(result.graph);
    check_chunks(metis, cut, NULL);
  }
}

static void declared_sizes_allocate_nothing(void **state) {
  (void)state;
  sl_metis *reader;
  assert_ok(sl_metis_create(SL_VALUES_F64, &reader));
  size_t before = sl_bytes_in_use();
  assert_ok(sl_metis_feed(reader, "4294967294 2147483647 11 9\n", 27));
  assert_int_equal(sl_bytes_in_use(), before);
  assert_int_equal(sl_metis_bytes(reader), before);
  sl_metis_destroy(reader);
  // The largest id costs what it costs, at the end, and the limit says how much.
  sl_edge_list_options o = snap();
  sl_set_memory_limit(1 << 20);
  answer result = read_bytes("0 4294967293\n", 13, 13, &o);
  assert_int_equal(result.status, SL_ERR_MEMORY);
  assert_int_equal(result.line, (uint64_t)4294967295 * 4);
}

static void every_allocation_may_fail(void **state) {
  (void)state;
  char list[20000], metis[20000];
  int size = 0, metis_size = sprintf(metis, "%% c\n600 599 1\n2 1\n");
  for (int k = 600; k > 0; k--) size += sprintf(list + size, "%d000000 %d000000 %d\n", k, k - 1, k);
  for (int k = 2; k <= 600; k++) {
    metis_size += sprintf(metis + metis_size, "%s%d 1", k % 100 == 0 ? "%\n" : "", k - 1);
    metis_size += sprintf(metis + metis_size, k < 600 ? " %d 1\n" : "\n", k + 1);
  }
  sl_edge_list_options o = snap();
  o.ids = SL_IDS_COMPACT;
  o.directed = false;
  for (int kind = 0; kind < 2; kind++) {
    bool done = false;
    int refusals = 0;
    for (size_t limit = 0; !done; limit += limit < 4000 ? 16 : 256) {
      sl_set_memory_limit(limit);
      sl_edge_list *reader = NULL;
      sl_metis *other = NULL;
      sl_graph *graph = NULL;
      sl_status status =
          kind == 0 ? sl_edge_list_create(&o, &reader) : sl_metis_create(SL_VALUES_F32, &other);
      if (status == SL_OK) {
        status = kind == 0 ? sl_edge_list_feed(reader, list, (size_t)size)
                           : sl_metis_feed(other, metis, (size_t)metis_size);
      }
      if (status == SL_OK)
        status = kind == 0 ? sl_edge_list_finish(reader, &graph) : sl_metis_finish(other, &graph);
      done = status == SL_OK;
      if (done)
        assert_int_equal(graph->edge_count, kind == 0 ? 600 : 599);
      else
        assert_int_equal(status, SL_ERR_MEMORY);
      refusals += !done;
      sl_graph_destroy(graph);
      sl_edge_list_destroy(reader);
      sl_metis_destroy(other);
      assert_int_equal(sl_bytes_in_use(), 0);
    }
    assert_true(refusals > 100);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(edge_lists_of_every_style_are_read),
      property(ids_are_compacted_in_ascending_order),
      property(edge_lists_name_the_line),
      property(options_are_checked_by_name),
      property(metis_files_of_every_format_are_read),
      property(metis_files_name_the_line),
      property(every_cut_is_an_error_or_a_prefix),
      property(declared_sizes_allocate_nothing),
      property(every_allocation_may_fail),
  };
  return cmocka_run_group_tests_name("graph_readers", tests, NULL, NULL);
}
