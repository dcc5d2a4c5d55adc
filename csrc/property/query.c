// A query as a job.
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "property/graph_object.h"

// A step ends when its rows have about this many bytes.
#define MOST_WAITING ((size_t)1 << 20)

void sl_property_problem(const sl_property *graph, double *numbers) {
  const sl_cypher_problem *p = &graph->problem;
  numbers[0] = (double)(uintptr_t)p->message;
  numbers[1] = (double)strlen(p->message);
  numbers[2] = p->position;
  numbers[3] = p->line;
  numbers[4] = p->column;
  const char *names[2] = {"", ""};
  if (graph->has_problem) {
    names[0] = sl_cypher_error_name(p->error);
    names[1] = sl_cypher_detail_name(p->detail);
  } else
    numbers[1] = 0;
  for (int i = 0; i < 2; i++) {
    numbers[5 + 2 * i] = (double)(uintptr_t)names[i];
    numbers[6 + 2 * i] = (double)strlen(names[i]);
  }
}

sl_status sl_property_define(sl_property *graph, const uint8_t *signature, uint32_t signature_bytes,
                             const uint8_t *rows, uint32_t row_bytes) {
  SL_REQUIRE(graph->prepared == 0 && graph->root == graph, SL_ERR_STATE, "graph",
             "a graph, no view of one, without prepared queries");
  return sl_defined_add(&graph->defined, (const char *)signature, signature_bytes, rows, row_bytes);
}

// ---- the query ----------------------------------------------------------------------------------

static sl_property_query *of(const sl_job *job) { return (sl_property_query *)(uintptr_t)job; }

sl_status sl_property_prepare(sl_property *graph, const uint8_t *text, uint32_t length,
                              sl_property_query **out) {
  sl_property_query *q;
  graph->has_problem = false;
  *out = NULL;
  SL_TRY(SL_ALLOC_ZERO(&q, 1));
  const sl_defined_set *defined = &graph->root->defined;
  const sl_cypher_setting *setting = defined->count > 0 ? &defined->setting : &sl_property_setting;
  const sl_status status =
      sl_cypher_parse((const char *)text, length, setting, &q->statement, &graph->problem);
  if (status != SL_OK) {
    graph->has_problem = status == SL_ERR_PARSE;
    sl_free(q);
    return status;
  }
  q->job.kind = &sl_property_kind;
  q->graph = graph;
  graph->queries++;
  graph->root->prepared++;
  q->run = (sl_run){.statement = q->statement, .problem = &graph->problem, .defined = defined};
  *out = q;
  return SL_OK;
}

void sl_property_leave(sl_property_query *q) {
  sl_property *root = q->graph->root;
  q->run.wanted = NULL;
  if (root->writer == q) {
    sl_store_undo(root->live);
    root->writer = NULL;
  }
  if (q->run.plan != NULL) sl_plan_release(q->run.plan);
  sl_pool_free(&q->run.pool);
  if (q->pinned != NULL && !root->closed) {
    q->pinned->readers--;
    sl_store_unpin(q->pinned);
  }
  q->pinned = NULL;
}

void sl_property_query_destroy(sl_property_query *query) {
  if (query == NULL) return;
  sl_property_leave(query);
  sl_run_free(&query->run);
  sl_buffer_free(&query->rows);
  sl_buffer_free(&query->text);
  sl_free(query->room);
  sl_cypher_destroy(query->statement);
  query->graph->queries--;
  query->graph->root->prepared--;
  sl_property_let_go(query->graph);
  sl_free(query);
}

sl_job *sl_property_job(sl_property_query *query) { return &query->job; }

size_t sl_property_query_bytes(const sl_property_query *q) {
  return sizeof *q + q->statement->bytes + q->run.plan_pool.bytes + q->run.pool.bytes +
         q->rows.room + q->text.room + q->room_bytes;
}

static sl_status parameters_of(sl_property_query *q, const uint8_t *bytes, uint32_t count) {
  sl_run *run = &q->run;
  sl_value map = sl_null();
  if (count > 0) {
    SL_TRY(sl_take_value(&run->pool, bytes, count, "parameters", &map));
    SL_REQUIRE(map.kind == SL_VALUE_MAP, SL_ERR_FORMAT, "parameters", "a map");
  }
  const uint32_t wanted = q->statement->parameter_count;
  SL_TRY(sl_pool_take(&run->pool, wanted * sizeof(sl_value), &run->parameters));
  for (uint32_t i = 0; i < wanted; i++) {
    const sl_cypher_name name = q->statement->parameters[i];
    sl_value key;
    SL_TRY(sl_chars_make(&run->pool, name.text, name.length, &key));
    const sl_value *found = map.kind == SL_VALUE_MAP ? sl_map_find(map.as.map, key.as.chars) : NULL;
    if (found == NULL && q->statement->mode != SL_CYPHER_EXPLAIN)
      return sl_run_fail(run, q->statement->parameter_begins[i], SL_CYPHER_ERROR_PARAMETER_MISSING,
                         SL_CYPHER_MISSING_PARAMETER, "A parameter of the query is not given");
    run->parameters[i] = found != NULL ? *found : sl_null();
  }
  return SL_OK;
}

// Records that what fails without a message of the language has none.
static sl_status noted(sl_property_query *q, sl_status status) {
  q->graph->has_problem = status == SL_ERR_ARGUMENT;
  return status;
}

sl_status sl_property_plan(sl_property_query *q) {
  sl_store *s = sl_property_state(q->graph);
  SL_REQUIRE(s != NULL, SL_ERR_STATE, "graph", "a graph that is there, a transaction that is open");
  if (q->pinned != NULL) return SL_OK; // it runs with the plan that it has
  const uint64_t size = (uint64_t)s->node_live + s->rel_live;
  // What was cheap in another graph need not be in this one.
  if (q->planned && (size > 4 * q->planned_size + 64 || size * 4 + 64 < q->planned_size))
    q->planned = false;
  sl_run *run = &q->run;
  run->store = s;
  if (q->planned) return SL_OK;
  if (run->plan != NULL) sl_plan_release(run->plan);
  run->plan = NULL;
  sl_pool_free(&run->plan_pool);
  const sl_status status = sl_plan_make(run);
  sl_store_tell(s, q->graph->root->live);
  SL_TRY(noted(q, status));
  q->planned = true;
  q->planned_size = size;
  return SL_OK;
}

// CREATE INDEX and DROP INDEX: what somebody reads keeps its index.
static bool changes_indexes(const sl_cypher_statement *s) {
  const sl_cypher_clause *c = s->query.branches->clauses;
  return c->kind == SL_CYPHER_CALL_PROCEDURE && c->call.alone;
}

// Whether a query may begin, and what has to be done to the live state before.
static sl_status may_begin(const sl_property_query *q) {
  sl_property *graph = q->graph, *root = graph->root;
  SL_REQUIRE(!root->closed && !graph->closed, SL_ERR_STATE, "graph",
             "a graph that was not destroyed");
  SL_REQUIRE(graph->store != NULL, SL_ERR_STATE, "transaction", "a transaction that has not ended");
  if (graph == root && (q->statement->writes || changes_indexes(q->statement)))
    return sl_property_may_change(graph);
  SL_REQUIRE(!q->statement->writes || graph->as == SL_PROPERTY_TRANSACTION, SL_ERR_STATE, "graph",
             "no snapshot, in which nothing can be changed: use its graph or a transaction");
  SL_REQUIRE(
      graph->store != root->live || root->writer == NULL, SL_ERR_STATE, "graph",
      "no other query that is changing it: what a transaction changes does not stop readers");
  return SL_OK;
}

sl_status sl_property_begin(sl_property_query *q, const uint8_t *parameters,
                            uint32_t parameter_bytes, uint64_t most_rows, double now,
                            uint64_t seed) {
  sl_property *graph = q->graph, *root = graph->root;
  sl_rng rng;
  sl_property_leave(q);
  sl_job_drop(&q->job);
  graph->has_problem = false;
  SL_TRY(may_begin(q));
  SL_TRY(noted(q, parameters_of(q, parameters, parameter_bytes)));
  if (graph->store == root->live && root->transaction == NULL && root->live->pins == 0)
    SL_TRY(sl_store_compact(root->live, false));
  SL_TRY(sl_property_plan(q));
  sl_rng_seed(&rng, seed);
  memcpy(q->run.rng, rng.state, sizeof q->run.rng);
  q->run.now = now;
  q->run.work = 0;
  q->run.times = 1;
  q->run.cannot_pause = q->run.too_long = false;
  q->most_at_once = UINT64_MAX;
  q->rows.count = 0;
  q->row_count = q->taken_rows = 0;
  q->most_rows = most_rows;
  q->full = false;
  memset(&q->changes, 0, sizeof q->changes);
  sl_plan_reset(q->run.plan);
  sl_plan_forget(q->run.plan);
  if (q->statement->writes) {
    root->writer = q;
    sl_store_log(root->live);
  }
  q->pinned = q->run.store;
  q->pinned->readers++;
  sl_store_pin(q->pinned);
  q->version = q->pinned->version;
  sl_job_begin(&q->job);
  return SL_OK;
}

static sl_status put_row(sl_property_query *q) {
  const sl_plan *p = q->run.plan;
  const uint32_t *columns = p->branches[p->branch].columns;
  if (q->full) return SL_OK;
  if (q->row_count == q->most_rows) {
    q->full = true;
    return SL_OK;
  }
  for (uint32_t i = 0; columns != NULL && i < q->statement->column_count; i++)
    SL_TRY(sl_put_value(&q->rows, q->run.store, q->run.row[columns[i]]));
  q->row_count += columns != NULL;
  return SL_OK;
}

// No relationship may be left without one of its nodes.
static sl_status check_deleted(sl_property_query *q) {
  const sl_store *s = q->run.store;
  for (uint32_t i = s->log_begin; i < s->log_count; i++)
    if (s->log[i].kind == SL_GONE_NODE && sl_store_has_relationship(s, s->log[i].id))
      return sl_run_fail(
          &q->run, 0, SL_CYPHER_ERROR_CONSTRAINT_VERIFICATION, SL_CYPHER_DELETE_CONNECTED_NODE,
          "A node that still has relationships cannot be deleted: use DETACH DELETE");
  return SL_OK;
}

static sl_status finish(sl_property_query *q) {
  if (q->graph->root->writer == q) {
    SL_TRY(check_deleted(q));
    SL_TRY(sl_store_commit(q->run.store, &q->changes));
    q->graph->root->writer = NULL;
  }
  sl_property_leave(q);
  sl_job_end(&q->job, q->full ? SL_OUTCOME_WORK_LIMIT : SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status go_on(sl_property_query *q, uint64_t work) {
  sl_run *run = &q->run;
  sl_property *root = q->graph->root;
  SL_REQUIRE(!root->closed && !q->graph->closed, SL_ERR_STATE, "graph",
             "a graph that was not destroyed");
  if (root->writer != q)
    SL_REQUIRE(q->version == run->store->version && q->graph->store != NULL, SL_ERR_STATE, "graph",
               "no changes in its transaction before the query has ended");
  sl_store_see(run->store, root->live);
  SL_REQUIRE(run->wanted == NULL, SL_ERR_STATE, "query", "rows of the procedure that it waits for");
  if (q->statement->mode == SL_CYPHER_EXPLAIN) return finish(q); // nothing is done
  if (q->taken_rows == q->row_count) q->rows.count = 0;
  const size_t before = q->rows.count;
  // Operators ask before they go on as well: with less, a step could end before anything was done.
  const uint64_t least = work < 16 ? 16 : work;
  const uint64_t most = q->most_at_once < least ? least : q->most_at_once;
  run->limit = run->work + least < least ? UINT64_MAX : run->work + least;
  run->most = run->work + most < most ? UINT64_MAX : run->work + most;
  for (;;) {
    sl_step_result step;
    SL_TRY(sl_plan_step(run, run->plan, &step));
    if (step == SL_PAUSE) return SL_OK;
    if (step == SL_END) return finish(q);
    SL_TRY(put_row(q));
    if (q->full && !q->statement->writes) return finish(q);
    if (q->rows.count - before >= MOST_WAITING) return SL_OK;
  }
}

static sl_status stop(sl_job *job, sl_outcome why);

static sl_status step(sl_job *job, uint64_t work) {
  sl_property_query *q = of(job);
  const sl_status status = go_on(q, work);
  if (status == SL_OK) return SL_OK;
  if (q->run.too_long) return stop(job, SL_OUTCOME_TIME_LIMIT);
  sl_property_leave(q);
  sl_job_drop(job);
  return noted(q, status);
}

static sl_status stop(sl_job *job, sl_outcome why) {
  sl_property_query *q = of(job);
  if (q->graph->root->writer == q) { // nothing of it has happened
    q->rows.count = 0;
    q->row_count = q->taken_rows = 0;
  }
  sl_property_leave(q);
  sl_job_end(job, why);
  return SL_OK;
}

void sl_property_limit(sl_property_query *q, uint64_t most) { q->most_at_once = most; }

static uint64_t work_done(const sl_job *job) { return of(job)->run.work; }
static size_t job_bytes(const sl_job *job) { return sl_property_query_bytes(of(job)); }
static void job_destroy(sl_job *job) { sl_property_query_destroy(of(job)); }

const sl_job_kind sl_property_kind = {.name = "query",
                                      .step = step,
                                      .stop = stop,
                                      .work = work_done,
                                      .bytes = job_bytes,
                                      .destroy = job_destroy};

void sl_property_take(sl_property_query *q, double *numbers) {
  numbers[0] = (double)(uintptr_t)q->rows.bytes;
  numbers[1] = (double)q->rows.count;
  numbers[2] = (double)(q->row_count - q->taken_rows);
  if (q->row_count == q->taken_rows) numbers[1] = 0;
  q->taken_rows = q->row_count;
}

sl_status sl_property_ask(sl_property_query *q, const uint8_t *parameters, uint32_t parameter_bytes,
                          uint64_t most_rows, double now, uint64_t seed, uint64_t work,
                          double *numbers) {
  sl_outcome outcome;
  SL_TRY(sl_property_begin(q, parameters, parameter_bytes, most_rows, now, seed));
  SL_TRY(sl_job_step(&q->job, work, &outcome));
  numbers[0] = outcome;
  numbers[1] = numbers[2] = numbers[3] = 0;
  if (outcome != SL_OUTCOME_RUNNING) sl_property_take(q, numbers + 1);
  return SL_OK;
}

double *sl_property_room(sl_property_query *q, uint32_t bytes) {
  const size_t wanted = 4 * sizeof(double) + bytes;
  if (wanted <= q->room_bytes) return q->room;
  sl_free(q->room);
  q->room = NULL;
  q->room_bytes = 0;
  if (sl_alloc(1, wanted, (void **)&q->room) != SL_OK) return NULL;
  q->room_bytes = wanted;
  return q->room;
}

void sl_property_query_facts(const sl_property_query *q, double *facts) {
  const sl_changes *c = &q->changes;
  const double numbers[SL_PROPERTY_QUERY_FACTS] = {q->statement->column_count,
                                                   (double)q->row_count,
                                                   (double)c->nodes_created,
                                                   (double)c->nodes_deleted,
                                                   (double)c->relationships_created,
                                                   (double)c->relationships_deleted,
                                                   (double)c->properties_set,
                                                   (double)c->properties_removed,
                                                   (double)c->labels_added,
                                                   (double)c->labels_removed,
                                                   q->statement->writes,
                                                   q->statement->mode};
  memcpy(facts, numbers, sizeof numbers);
}

sl_status sl_property_columns(sl_property_query *q, double *numbers) {
  const uint8_t tag[1] = {SL_WIRE_LIST}, text[1] = {SL_WIRE_STRING};
  sl_buffer *b = &q->text;
  b->count = 0;
  SL_TRY(sl_put_bytes(b, tag, 1));
  SL_TRY(sl_put_count(b, q->statement->column_count));
  for (uint32_t i = 0; i < q->statement->column_count; i++) {
    SL_TRY(sl_put_bytes(b, text, 1));
    SL_TRY(sl_put_text(b, q->statement->columns[i].text, q->statement->columns[i].length));
  }
  numbers[0] = (double)(uintptr_t)b->bytes;
  numbers[1] = (double)b->count;
  return SL_OK;
}
