// Segments of property graphs: what they hold, and bytes that are cut off or wrong.
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "property/file.h"
#include "property_ask.h"

enum { MOST = 20000 };

typedef struct file {
  uint8_t bytes[MOST];
  uint32_t count;
} file;

static void write_since(sl_property *graph, sl_property **before, file *out) {
  sl_property *snapshot;
  sl_writer *writer;
  assert_ok(sl_property_view(graph, SL_PROPERTY_SNAPSHOT, &snapshot));
  assert_ok(sl_property_save_since(snapshot, *before, &writer));
  assert_ok(sl_writer_next(writer, out->bytes, MOST, &out->count));
  assert_true(out->count < MOST);
  sl_writer_destroy(writer);
  sl_property_destroy(*before);
  *before = snapshot;
}

static sl_status apply(sl_property *graph, const uint8_t *bytes, uint32_t count) {
  sl_reader *reader;
  SL_TRY(sl_reader_create(SL_FILE_PROPERTY_SEGMENT, 0, &reader));
  sl_status status = sl_reader_feed(reader, bytes, count);
  if (status == SL_OK) status = sl_property_apply(graph, reader);
  sl_reader_destroy(reader);
  return status;
}

static const char *const steps[] = {
    "UNWIND range(0, 20) AS i CREATE (:A {i: i, s: 's' + i})-[:R {w: i / 2.0}]->(:B {l: [i, 'x'], "
    "d: "
    "date('2020-02-29')})",
    "MATCH (a:A {i: 3}) SET a.i = 'three', a:C:D REMOVE a.s CREATE (a)-[:S]->(:Never {was: 1})",
    "MATCH (a:A)-[r]->(b) WHERE a.i IN [4, 5] DETACH DELETE a CREATE (b)-[:T]->(b)",
    "MATCH (n:Never) DETACH DELETE n",
    "MATCH (a) WHERE false SET a.x = 1",
};
enum { STEPS = sizeof steps / sizeof *steps };

static const char *const questions[] = {
    "MATCH (n) RETURN sum(id(n) * (1 + size(labels(n)))) + count(n.l) * 1000",
    "MATCH (a)-[r]->(b) RETURN sum(id(r) + 3 * id(a) + 5 * id(b)) + count(DISTINCT type(r)) * 9999",
    "MATCH (a:A) RETURN sum(size(coalesce(a.s, ''))) * 1000 + count(a.i)",
    "MATCH (a:A:C:D {i: 'three'}) RETURN count(*)",
    "MATCH (:A)-[r:R]->(b) WHERE b.d = date('2020-02-29') AND b.l[0] = r.w * 2 RETURN count(*)",
    "MATCH (a:A {i: 4}) RETURN count(a)",
};

static void is_same(sl_property *a, sl_property *b) {
  for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
    assert_int_equal(answer(a, questions[i]), answer(b, questions[i]));
}

static file files[STEPS];

static void segments_make_the_graph_at_each_of_them(void **state) {
  (void)state;
  sl_property *g, *copy, *before = NULL;
  assert_ok(sl_property_create(&g));
  assert_ok(sl_property_create(&copy));
  for (int i = 0; i < STEPS; i++) {
    answer(g, steps[i]);
    write_since(g, &before, &files[i]);
    assert_ok(apply(copy, files[i].bytes, files[i].count));
    is_same(g, copy);
    // Not twice, and none may be left out: numbers of nodes and relationships tell.
    if (i < 2) assert_int_equal(apply(copy, files[i].bytes, files[i].count), SL_ERR_FORMAT);
  }
  // What a change costs is about what it changes.
  assert_true(files[3].count * 4 < files[0].count);
  assert_int_equal(answer(copy, "CREATE (n) RETURN id(n)"), answer(g, "CREATE (n) RETURN id(n)"));
  sl_property_destroy(before);
  sl_property_destroy(g);
  sl_property_destroy(copy);
}

// The graph after some of the segments.
static sl_property *loaded(int count) {
  sl_property *g;
  assert_ok(sl_property_create(&g));
  for (int i = 0; i < count; i++) assert_ok(apply(g, files[i].bytes, files[i].count));
  return g;
}

static void a_segment_that_is_cut_or_changed_is_refused(void **state) {
  (void)state;
  for (int i = 0; i < STEPS; i++) {
    for (uint32_t cut = 0; cut < files[i].count; cut += 1 + cut / 64) {
      sl_property *g = loaded(i);
      const sl_status status = apply(g, files[i].bytes, cut);
      assert_int_equal(status, SL_ERR_TRUNCATED);
      sl_property_destroy(g);
    }
    for (uint32_t at = 0; at < files[i].count; at += 1 + at / 64) {
      sl_property *g = loaded(i);
      files[i].bytes[at] ^= 0x10;
      assert_true(apply(g, files[i].bytes, files[i].count) != SL_OK);
      files[i].bytes[at] ^= 0x10;
      sl_property_destroy(g);
    }
  }
  // The two kinds of files are not taken for each other.
  sl_reader *reader;
  assert_ok(sl_reader_create(SL_FILE_PROPERTY, 0, &reader));
  assert_int_equal(sl_reader_feed(reader, files[0].bytes, files[0].count), SL_ERR_FORMAT);
  sl_reader_destroy(reader);
}

static void memory_may_end_anywhere(void **state) {
  (void)state;
  for (int i = 0; i < STEPS; i++) {
    for (uint64_t bytes = 0;; bytes = bytes + 40 + bytes / 12) {
      sl_property *g = loaded(i), *before;
      sl_memory_budget budget;
      sl_writer *writer;
      assert_ok(sl_property_view(g, SL_PROPERTY_SNAPSHOT, &before));
      sl_memory_budget_begin(&budget, bytes);
      sl_status status = apply(g, files[i].bytes, files[i].count);
      sl_memory_budget_end(&budget);
      sl_memory_budget_begin(&budget, bytes);
      const sl_status saving = sl_property_save_since(before, NULL, &writer);
      if (saving == SL_OK) sl_writer_destroy(writer);
      sl_memory_budget_end(&budget);
      sl_property_destroy(before);
      sl_property_destroy(g);
      if (status == SL_OK && saving == SL_OK) break;
      assert_true(status == SL_OK || status == SL_ERR_MEMORY);
      assert_true(saving == SL_OK || saving == SL_ERR_MEMORY);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(segments_make_the_graph_at_each_of_them),
      property(a_segment_that_is_cut_or_changed_is_refused),
      property(memory_may_end_anywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
