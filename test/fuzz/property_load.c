// Any bytes as the file of a property graph: loading fails cleanly or gives one that can be asked and changed.
#include "saved.h"

#include "property/file.h"
#include "property/property.h"

static saved_file good;

static void ask(sl_property *g, const char *text) {
  sl_property_query *q;
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  if (sl_property_prepare(g, (const uint8_t *)text, (uint32_t)strlen(text), &q) != SL_OK) return;
  sl_status status = sl_property_begin(q, NULL, 0, 1000, 0, 1);
  for (int i = 0; i < 50 && status == SL_OK && outcome == SL_OUTCOME_RUNNING; i++)
    status = sl_job_step(sl_property_job(q), 1000, &outcome);
  sl_property_query_destroy(q);
}

static void make_good(void) {
  sl_property *g;
  sl_writer *writer = NULL;
  if (sl_property_create(&g) != SL_OK) abort();
  ask(g, "UNWIND range(1, 5) AS i CREATE (:A {i: i, s: 's' + i, l: [i, 'x']})-[:R {f: i / "
         "2.0}]->(:B:C "
         "{b: true, d: date('2020-02-29')})");
  good = write_saved(sl_property_save(g, &writer), writer);
  sl_property_destroy(g);
}

static void use(sl_property *g) {
  sl_writer *writer = NULL;
  double facts[SL_PROPERTY_FACTS];
  sl_property_facts(g, facts);
  ask(g, "MATCH (a)-[r]->(b) RETURN a, r, b, labels(a) ORDER BY a.i LIMIT 20");
  ask(g, "MATCH (a {i: 3}) SET a.i = 'x', a:New MERGE (a)-[:S]->(c:C {b: true}) RETURN count(*)");
  ask(g, "MATCH (a:B) DETACH DELETE a");
  if (sl_property_save(g, &writer) == SL_OK) sl_writer_destroy(writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  if (good.bytes == NULL) make_good();
  sl_set_memory_limit((size_t)1 << 26);
  const saved_file file = saved_from(bytes, length, good);
  sl_reader *reader = read_saved(SL_FILE_PROPERTY, file);
  sl_property *graph = NULL;
  if (reader != NULL && sl_property_load(reader, &graph) == SL_OK) {
    use(graph);
    sl_property_destroy(graph);
  }
  sl_reader_destroy(reader);
  free(file.bytes);
  if (sl_bytes_in_use() != 0) abort();
  return 0;
}
