// Any bytes as what has changed of a property graph: it is refused, or the graph can be asked, changed and saved afterwards.
#include "saved.h"

#include "property/file.h"
#include "property/property.h"

static saved_file base, good;

static void ask(sl_property *g, const char *text) {
  sl_property_query *q;
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  if (sl_property_prepare(g, (const uint8_t *)text, (uint32_t)strlen(text), &q) != SL_OK) return;
  sl_status status = sl_property_begin(q, NULL, 0, 1000, 0, 1);
  for (int i = 0; i < 50 && status == SL_OK && outcome == SL_OUTCOME_RUNNING; i++)
    status = sl_job_step(sl_property_job(q), 1000, &outcome);
  sl_property_query_destroy(q);
}

static saved_file since(sl_property *g, sl_property **before) {
  sl_property *snapshot;
  sl_writer *writer = NULL;
  if (sl_property_view(g, SL_PROPERTY_SNAPSHOT, &snapshot) != SL_OK) abort();
  const sl_status status = sl_property_save_since(snapshot, *before, &writer);
  sl_property_destroy(*before);
  *before = snapshot;
  return write_saved(status, writer);
}

static void make_good(void) {
  sl_property *g, *before = NULL;
  if (sl_property_create(&g) != SL_OK) abort();
  ask(g, "UNWIND range(1, 5) AS i CREATE (:A {i: i, s: 's' + i, l: [i, 'x']})-[:R {f: i / "
         "2.0}]->(:B:C {b: true, d: date('2020-02-29')})");
  base = since(g, &before);
  ask(g, "MATCH (a:A {i: 1})-[r]->(b) SET a:D, b.b = 'text', r.f = 7 REMOVE a.s CREATE "
         "(b)-[:S {n: 1}]->(:New {i: 8})");
  ask(g, "MATCH (a:A {i: 2}) DETACH DELETE a");
  ask(g, "CREATE (x:Gone)-[:S]->(:New) DETACH DELETE x");
  good = since(g, &before);
  sl_property_destroy(before);
  sl_property_destroy(g);
}

static sl_status apply(sl_property *g, saved_file file) {
  sl_reader *reader;
  SL_TRY(sl_reader_create(SL_FILE_PROPERTY_SEGMENT, 0, &reader));
  sl_status status = sl_reader_feed(reader, file.bytes, file.length);
  if (status == SL_OK) status = sl_property_apply(g, reader);
  sl_reader_destroy(reader);
  return status;
}

static void use(sl_property *g) {
  sl_property *snapshot = NULL;
  sl_writer *writer = NULL;
  ask(g, "MATCH (a)-[r]->(b) RETURN a, r, b, labels(a) ORDER BY a.i LIMIT 20");
  if (sl_property_view(g, SL_PROPERTY_SNAPSHOT, &snapshot) != SL_OK) return;
  ask(g, "MATCH (a {i: 3}) SET a.i = 'x', a:New MERGE (a)-[:S]->(c:C {b: true}) RETURN count(*)");
  ask(g, "MATCH (a:B) DETACH DELETE a");
  ask(snapshot, "MATCH (a)<-[r]-(b) RETURN a, r, b LIMIT 20");
  if (sl_property_save_since(snapshot, NULL, &writer) == SL_OK) sl_writer_destroy(writer);
  sl_property_destroy(snapshot);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  if (good.bytes == NULL) make_good();
  sl_set_memory_limit((size_t)1 << 26);
  // The first byte also says whether something comes before.
  const bool first = length > 0 && bytes[0] & 2;
  const saved_file file = saved_from(bytes, length, first ? base : good);
  sl_property *graph = NULL;
  if (sl_property_create(&graph) == SL_OK) {
    if ((first || apply(graph, base) == SL_OK) && apply(graph, file) == SL_OK) use(graph);
    sl_property_destroy(graph);
  }
  free(file.bytes);
  if (sl_bytes_in_use() != 0) abort();
  return 0;
}
