// Edges from chosen columns: separated values, names, times. The fields of the tables are what
// Python's csv module reads, the dates what its datetime computes.
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/date.h"
#include "graph/edge_list.h"

typedef struct answer {
  sl_status status;
  uint64_t line;
  const char *argument;
  char found[SL_TEXT_FOUND];
  uint32_t nodes, edges;
  sl_value_type type;
  char picture[1000]; // "ann>bob:2 ..." in node order
} answer;

static void draw(answer *result, const sl_edge_list *reader, const sl_graph *graph) {
  const char *text = sl_edge_list_name_text(reader);
  const uint32_t *ends = sl_edge_list_name_ends(reader);
  const uint64_t *ids = sl_edge_list_ids(reader);
  char *at = result->picture, *end = at + sizeof result->picture;
  for (uint32_t u = 0; u < graph->node_count; u++) {
    for (uint32_t k = graph->outgoing->row_pointers[u]; k < graph->outgoing->row_pointers[u + 1];
         k++) {
      uint32_t pair[2] = {u, graph->outgoing->columns[k]};
      if (!graph->directed && pair[1] < u) continue;
      for (int side = 0; side < 2; side++) {
        uint32_t v = pair[side], begin = v > 0 && ends ? ends[v - 1] : 0;
        if (ends)
          at += snprintf(at, (size_t)(end - at), "%.*s", (int)(ends[v] - begin), text + begin);
        else
          at += snprintf(at, (size_t)(end - at), "%llu",
                         (unsigned long long)(ids ? ids[v] : (uint64_t)v));
        *at++ = side ? ' ' : '>';
      }
      if (graph->outgoing->value_type != SL_VALUES_PATTERN)
        at += snprintf(at - 1, (size_t)(end - at), ":%g ", sl_csr_value(graph->outgoing, k)) - 1;
      *at = 0;
    }
  }
  if (at > result->picture) at[-1] = 0;
}

static answer read_cut(const char *text, size_t size, size_t chunk,
                       const sl_edge_list_options *options) {
  answer result = {.status = SL_OK};
  sl_edge_list *reader;
  sl_graph *graph = NULL;
  assert_ok(sl_edge_list_create(options, &reader));
  for (size_t at = 0; at < size && result.status == SL_OK; at += chunk) {
    size_t n = size - at < chunk ? size - at : chunk;
    char *piece = malloc(n);
    memcpy(piece, text + at, n);
    result.status = sl_edge_list_feed(reader, piece, n);
    free(piece);
  }
  if (result.status == SL_OK) result.status = sl_edge_list_finish(reader, &graph);
  if (result.status == SL_OK) {
    result.nodes = graph->node_count;
    result.edges = graph->edge_count;
    result.type = graph->outgoing->value_type;
    draw(&result, reader, graph);
    assert_int_equal(sl_edge_list_bytes(reader) + sl_graph_bytes(graph), sl_bytes_in_use());
  } else {
    result.line = sl_last_error()->position;
    result.argument = sl_last_error()->argument;
    memcpy(result.found, reader->text.found, sizeof result.found);
  }
  sl_graph_destroy(graph);
  sl_edge_list_destroy(reader);
  return result;
}

// Whole and in every small chunk; the same comes out.
static answer read_text(const char *text, const sl_edge_list_options *options) {
  size_t size = strlen(text);
  answer whole = read_cut(text, size, size ? size : 1, options);
  for (size_t chunk = 1; chunk < 7; chunk++) {
    answer cut = read_cut(text, size, chunk, options);
    assert_int_equal(cut.status, whole.status);
    assert_int_equal(cut.line, whole.line);
    assert_string_equal(cut.found, whole.found);
    assert_string_equal(cut.picture, whole.picture);
  }
  return whole;
}

static void check_picture(const char *text, const sl_edge_list_options *options,
                          const char *picture) {
  answer found = read_text(text, options);
  if (found.status != SL_OK || strcmp(found.picture, picture) != 0)
    fail_msg("%s: %s, %s in line %d", text, found.picture, sl_status_name(found.status),
             (int)found.line);
}

static void check_refused(const char *text, const sl_edge_list_options *options, sl_status status,
                          uint64_t line, const char *argument) {
  answer found = read_text(text, options);
  if (found.status != status || found.line != line || strcmp(found.argument, argument) != 0)
    fail_msg("%s: %s, %s %s in line %d", text, found.picture, sl_status_name(found.status),
             found.argument, (int)found.line);
}

static sl_edge_list_options csv(sl_id_kind ids) {
  sl_edge_list_options options = sl_edge_list_options_default();
  options.separator = ',';
  options.ids = ids;
  options.header = SL_HEADER_NONE;
  return options;
}

static void names_are_nodes_in_order_of_appearance(void **state) {
  (void)state;
  sl_edge_list_options o = sl_edge_list_options_default();
  o.ids = SL_IDS_NAMES;
  check_picture("ann bob\nbob cay\n", &o, "ann>bob bob>cay");
  check_picture("b a 2\na http://x/?q=1&r=2 .5", &o, "b>a:2 a>http://x/?q=1&r=2:0.5");
  // Digits are a name like others, and 7 is not 07.
  check_picture("7 07\n07 -1\n", &o, "7>07 07>-1");
  check_picture("\xc3\x84 \xc3\xa4\n", &o, "\xc3\x84>\xc3\xa4");
  o.ids = SL_IDS_AUTO;
  check_picture("12 7\n7 3\n", &o, "7>3 12>7");
  check_picture("12 7\n7 ann\n12 ann", &o, "12>7 12>ann 7>ann");
  check_picture("ann 7\n7 -1\n-1 07\n", &o, "ann>7 7>-1 -1>07");
  check_picture("18446744073709551615 x\n", &o, "18446744073709551615>x");
  check_refused("1 2\n3 -1\n", &o, SL_ERR_PARSE, 2, "to");
  check_refused("1.5 2\n", &o, SL_ERR_PARSE, 1, "from");
  check_refused("1 18446744073709551616\n", &o, SL_ERR_PARSE, 1, "to");
  check_refused("07 1\n1 ann\n", &o, SL_ERR_PARSE, 2, "to");
  o.ids = SL_IDS_COMPACT;
  check_refused("1 2\n1 ann\n", &o, SL_ERR_PARSE, 2, "to");
}

static void thousands_of_names_keep_their_nodes(void **state) {
  (void)state;
  // Numbers first, so that all of them turn into names while the table is large.
  sl_edge_list_options o = sl_edge_list_options_default();
  o.ids = SL_IDS_AUTO;
  sl_edge_list *reader;
  sl_graph *graph;
  assert_ok(sl_edge_list_create(&o, &reader));
  char line[64];
  for (uint32_t k = 0; k < 5000; k++) {
    int n = k < 3000 ? sprintf(line, "%u %u\n", k * 7919 + 1, (k + 1) * 7919 + 1)
                     : sprintf(line, "n%u n%u\n", k, k + 1);
    assert_ok(sl_edge_list_feed(reader, line, (size_t)n));
  }
  assert_int_equal(sl_edge_list_bytes(reader), sl_bytes_in_use());
  assert_ok(sl_edge_list_finish(reader, &graph));
  assert_int_equal(graph->node_count, 3001 + 2001);
  const char *text = sl_edge_list_name_text(reader);
  const uint32_t *ends = sl_edge_list_name_ends(reader);
  assert_null(sl_edge_list_ids(reader));
  for (uint32_t u = 0; u < graph->node_count; u++) {
    int n = u < 3001 ? sprintf(line, "%u", u * 7919 + 1) : sprintf(line, "n%u", u - 1);
    uint32_t begin = u > 0 ? ends[u - 1] : 0;
    assert_int_equal(ends[u] - begin, n);
    assert_memory_equal(text + begin, line, n);
  }
  sl_graph_destroy(graph);
  sl_edge_list_destroy(reader);
}

static void quoted_fields_hold_anything(void **state) {
  (void)state;
  sl_edge_list_options o = csv(SL_IDS_NAMES);
  check_picture("\"Lovelace, Ada\",Charles Babbage\n", &o, "Lovelace, Ada>Charles Babbage");
  check_picture("\"a\"\"b\"\"\",\"\"\"\"\n", &o, "a\"b\">\"");
  check_picture("\"two\nlines\",\"cr\r\nlf\"\r\nx,y", &o, "two\nlines>cr\r\nlf x>y");
  check_picture("  a b  ,\t\"  c  \"  \n", &o, "a b>  c  ");
  check_picture("5\" disk,say \"hi\"\n", &o, "5\" disk>say \"hi\"");
  check_picture("\xef\xbb\xbf\"a\",b", &o, "a>b");
  check_picture("# c, d\n\n   \n% e\n\"# f\",g\n", &o, "# f>g");
  check_picture("\"0\",\"1\",\"2.5\"\n", &o, "0>1:2.5");
  check_refused("a,\"b\n", &o, SL_ERR_TRUNCATED, 1, "text");
  check_refused("x,y\n\na,\"b\"c\n", &o, SL_ERR_PARSE, 3, "text");
  check_refused("a,\"\"\n", &o, SL_ERR_PARSE, 1, "text");
  check_refused("a,b\rc,d\n", &o, SL_ERR_PARSE, 1, "text");
  // An error behind a record of several lines names the line it begins in.
  check_refused("\"a\nb\",c\nd\n", &o, SL_ERR_PARSE, 3, "text");
  o.separator = '\t';
  check_picture("a b\tc\n \"d\te\" \t f\n", &o, "a b>c d\te>f");
  o.separator = ' ';
  check_picture("a b\nb \"c d\"\n", &o, "a>b b>c d");
}

static void columns_are_chosen(void **state) {
  (void)state;
  sl_edge_list_options o = csv(SL_IDS_NODES);
  // As Gephi exports: Source,Target,Type,Id,Label,Weight.
  const char *gephi =
      "Source,Target,Type,Id,Label,Weight\n0,1,Undirected,0,,1.5\n1,2,U,1,\"a,b\",2\n";
  o.header = SL_HEADER_SKIP;
  o.weight_column = 5;
  check_picture(gephi, &o, "0>1:1.5 1>2:2");
  o.weight_column = SL_COLUMN_NONE;
  o.from_column = 1;
  o.to_column = 0;
  check_picture(gephi, &o, "1>0 2>1");
  o.from_column = 4;
  check_refused(gephi, &o, SL_ERR_PARSE, 2, "text");
  o.from_column = 6;
  check_refused(gephi, &o, SL_ERR_PARSE, 2, "text");
  o = csv(SL_IDS_NODES);
  check_refused("0,1\n1,2,3\n", &o, SL_ERR_PARSE, 2, "text");
  check_refused("0,1,2\n1,2\n", &o, SL_ERR_PARSE, 2, "text");
  o.weight_column = SL_COLUMN_NONE;
  check_picture("0,1,\n1,2,\n", &o, "0>1 1>2");
  // Columns of words between blanks; what follows them is not read.
  o = sl_edge_list_options_default();
  o.from_column = 2;
  o.to_column = 0;
  o.weight_column = 1;
  check_picture("5 .5 3 # note\n6 2 5\n", &o, "3>5:0.5 5>6:2");
  check_refused("5 .5 3\n6 2\n", &o, SL_ERR_PARSE, 2, "text");
  sl_edge_list *reader;
  o.to_column = 2;
  assert_refused(sl_edge_list_create(&o, &reader), SL_ERR_OPTION, "to_column");
  o.to_column = SL_COLUMN_AUTO;
  assert_refused(sl_edge_list_create(&o, &reader), SL_ERR_OPTION, "to_column");
}

static void times_choose_edges(void **state) {
  (void)state;
  sl_edge_list_options o = sl_edge_list_options_default();
  o.weight_column = SL_COLUMN_NONE;
  o.time_column = 2;
  o.since = 10;
  o.until = 20;
  check_picture("0 1 9\n1 2 10\n2 3 19.5\n3 4 20\n", &o, "1>2 2>3");
  check_refused("0 1 9\n", &o, SL_ERR_EMPTY, 2, "text");
  check_refused("0 1 2024-01-01\n", &o, SL_ERR_PARSE, 1, "time");
  check_refused("0 1 9\n1 2\n", &o, SL_ERR_PARSE, 2, "text");
  o = csv(SL_IDS_NAMES);
  o.weight_column = 3;
  o.time_column = 0;
  o.from_column = 1;
  o.to_column = 2;
  o.dates = true;
  assert_true(sl_parse_date("2024-01-01", 10, &o.since));
  check_picture("2023-12-31T23:59:59Z,a,b,1\n2024-01-01,b,c,2\n2024-01-01T01:00+02:00,c,d,3\n", &o,
                "b>c:2");
  check_refused("17,a,b,1\n", &o, SL_ERR_PARSE, 1, "time");
}

static void dates_are_those_of_the_calendar(void **state) {
  (void)state;
  static const struct {
    const char *text;
    double ms;
  } dates[] = {
      {"1970-01-01", 0},
      {"1969-12-31", -86400000},
      {"2000-02-29", 951782400000},
      {"2024-01-31T10:20:30Z", 1706696430000},
      {"0001-01-01", -62135596800000},
      {"9999-12-31T23:59:59", 253402300799000},
      {"2024-03-10 01:02", 1710032520000},
      {"2024-03-10T01:02:03+05:30", 1710012723000},
      {"2024-03-10T01:02-0800", 1710061320000},
      {"1900-03-01", -2203891200000},
      {"1970-01-01T00:00:00.25Z", 250},
  };
  for (size_t k = 0; k < sizeof dates / sizeof *dates; k++) {
    double ms;
    assert_true(sl_parse_date(dates[k].text, strlen(dates[k].text), &ms));
    if (ms != dates[k].ms) fail_msg("%s: %.0f", dates[k].text, ms);
  }
  static const char *const bad[] = {"",
                                    "2024",
                                    "2024-01",
                                    "2024-13-01",
                                    "2024-00-01",
                                    "2024-01-00",
                                    "2023-02-29",
                                    "1900-02-29",
                                    "24-01-01",
                                    "2024-1-1",
                                    "2024-01-01T",
                                    "2024-01-01T24:00",
                                    "2024-01-01x",
                                    "2024-01-01T10",
                                    "2024-01-01T10:00:00.",
                                    "2024-01-01T10:00+2"};
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    double ms;
    if (sl_parse_date(bad[k], strlen(bad[k]), &ms)) fail_msg("%s: %.0f", bad[k], ms);
  }
}

static void parallel_edges_count_when_asked(void **state) {
  (void)state;
  sl_edge_list_options o = sl_edge_list_options_default();
  const char *text = "0 1\n0 1\n0 2\n1 0\n";
  check_picture(text, &o, "0>1 0>2 1>0");
  o.count_parallel = true;
  check_picture(text, &o, "0>1:2 0>2:1 1>0:1");
  check_picture("0 1\n0 2\n1 0\n", &o, "0>1 0>2 1>0");
  o.value_type = SL_VALUES_F32;
  o.directed = false;
  check_picture(text, &o, "0>1:3 0>2:1");
  assert_int_equal(read_text(text, &o).type, SL_VALUES_F32);
}

static void long_fields_are_refused(void **state) {
  (void)state;
  sl_edge_list_options o = csv(SL_IDS_NAMES);
  o.weight_column = SL_COLUMN_NONE;
  const size_t size = SL_CSV_RECORD + 10;
  char *text = malloc(size + 1);
  memset(text, 'a', size);
  text[size] = 0;
  text[SL_CSV_RECORD - 1] = ',';
  check_refused(text, &o, SL_ERR_PARSE, 1, "text");
  // What is not kept may be as long as it likes.
  text[1] = ',';
  text[SL_CSV_RECORD - 1] = 'a';
  text[3] = ',';
  answer found = read_cut(text, size, size, &o);
  assert_int_equal(found.status, SL_OK);
  assert_string_equal(found.picture, "a>a");
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(names_are_nodes_in_order_of_appearance),
      property(thousands_of_names_keep_their_nodes),
      property(quoted_fields_hold_anything),
      property(columns_are_chosen),
      property(times_choose_edges),
      property(dates_are_those_of_the_calendar),
      property(parallel_edges_count_when_asked),
      property(long_fields_are_refused),
  };
  return cmocka_run_group_tests_name("graph_columns", tests, NULL, NULL);
}
