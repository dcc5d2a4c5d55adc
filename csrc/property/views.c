// Graphs, and their snapshots and transactions.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "property/graph_object.h"

// ---- graphs -------------------------------------------------------------------------------------

sl_status sl_property_create(sl_property **out) {
  SL_TRY(SL_ALLOC_ZERO(out, 1));
  sl_property *graph = *out;
  graph->root = graph;
  const sl_status status = sl_states_begin(&graph->live);
  graph->store = graph->live;
  if (status != SL_OK) {
    sl_free(graph);
    *out = NULL;
  }
  return status;
}

void sl_property_let_go(sl_property *graph) {
  if (!graph->closed || graph->queries > 0) return;
  sl_property *root = graph->root;
  sl_free(graph);
  if (root == graph) return;
  root->queries--;
  sl_property_let_go(root);
}

// Everybody sees what is live again.
static void end(sl_property *transaction) {
  sl_property *root = transaction->root;
  root->live->open = false;
  transaction->store = NULL;
  root->transaction = NULL;
  sl_store_unpin(root->store);
  root->store = root->live;
}

void sl_property_destroy(sl_property *graph) {
  if (graph == NULL) return;
  sl_property *root = graph->root;
  if (graph == root) {
    sl_states_drop(graph->live);
    sl_defined_free(&graph->defined);
    graph->writer = NULL;
  } else if (!root->closed) {
    if (graph->as == SL_PROPERTY_SNAPSHOT) sl_store_unpin(graph->store);
    if (root->transaction == graph) (void)sl_property_roll_back(graph);
  }
  graph->store = NULL;
  graph->closed = true;
  sl_property_let_go(graph);
}

sl_store *sl_property_state(const sl_property *graph) {
  if (graph->root->closed || graph->store == NULL) return NULL;
  sl_store_see(graph->store, graph->root->live);
  return graph->store;
}

size_t sl_property_bytes(const sl_property *graph) {
  if (graph->root != graph || graph->closed) return sizeof *graph;
  return sizeof *graph + sl_store_held(graph->live) + sl_defined_bytes(&graph->defined);
}

// Pages of ids, and places for them, which are doubled as they are needed.
static double columns_of(double ids, const double *columns) {
  static const uint8_t widths[4] = {1, 4, 8, sizeof(sl_value)};
  const double pages = floor((ids + SL_PAGE - 1) / SL_PAGE);
  double bytes = 0;
  for (int i = 0; i < 4; i++)
    bytes += columns[i] * (pages * (sizeof(sl_page) + widths[i] * SL_PAGE + 2 * sizeof(void *)) +
                           sizeof(sl_column));
  return bytes;
}

double sl_property_estimate(const double *size) {
  const double nodes = size[0], relationships = size[1], strings = size[11], text = size[12];
  // Ids, rows of both directions; with several types these are told apart, and ids are added in several calls, as those of nodes.
  const double each = size[2] > 1 ? 24 + 24 : 12 + 16;
  // What a pool has not given out yet.
  const double spare = text + 16 * strings < 1 << 18 ? text + 16 * strings : 1 << 18;
  return sizeof(sl_property) + 16384 + (relationships > 0 ? 16 : 8) * nodes + each * relationships +
         columns_of(nodes, size + 3) + columns_of(relationships, size + 7) + spare + text +
         strings * (sizeof(sl_chars) + 7 + 2 * sizeof(void *) + 16);
}

void sl_property_facts(const sl_property *graph, double *facts) {
  const sl_store *s = sl_property_state(graph);
  for (int i = 0; i < SL_PROPERTY_FACTS; i++) facts[i] = 0;
  if (s == NULL) return;
  facts[0] = s->node_live;
  facts[1] = s->rel_live;
  facts[2] = s->labels.count;
  facts[3] = s->types.count;
  facts[4] = s->keys.count;
  facts[5] = s->node_count;
  facts[6] = s->rel_count;
  facts[7] = (double)sl_property_bytes(graph);
  facts[8] = s->rel_count - s->adjacency.relationships;
  facts[9] = (double)s->version;
  facts[10] = s->states->frozen;
  facts[11] = (double)sl_states_bytes(graph->root->live);
}

sl_status sl_property_may_change(sl_property *graph) {
  SL_REQUIRE(graph->root == graph, SL_ERR_STATE, "graph",
             "a graph: views are changed by statements, in a transaction");
  SL_REQUIRE(graph->transaction == NULL, SL_ERR_STATE, "graph",
             "no open transaction: commit it or roll it back, or use it");
  SL_REQUIRE(graph->writer == NULL, SL_ERR_STATE, "graph", "no query that is changing it");
  if (graph->live->pins == 0) return SL_OK;
  SL_TRY(sl_store_freeze(&graph->live));
  graph->store = graph->live;
  return SL_OK;
}

// ---- views --------------------------------------------------------------------------------------

static sl_status begin(sl_property *root, sl_property *view) {
  if (view->as == SL_PROPERTY_TRANSACTION) {
    // Whoever reads the graph meanwhile needs a state that nothing is changed in.
    SL_TRY(sl_store_freeze(&root->live));
    sl_store_pin(root->store);
    root->transaction = view;
    view->store = root->live;
    view->store->open = true;
    view->store->log_begin = 0;
    return SL_OK;
  }
  view->store = root->store;
  sl_store_pin(view->store);
  return SL_OK;
}

sl_status sl_property_view(sl_property *graph, int32_t as, sl_property **out) {
  *out = NULL;
  SL_REQUIRE(as == SL_PROPERTY_SNAPSHOT || as == SL_PROPERTY_TRANSACTION, SL_ERR_OPTION, "as",
             "a snapshot or a transaction");
  SL_REQUIRE(graph->root == graph && !graph->closed, SL_ERR_STATE, "graph",
             "a graph, not a view of one");
  SL_REQUIRE(graph->store != graph->live || graph->writer == NULL, SL_ERR_STATE, "graph",
             "no query that is changing it");
  SL_REQUIRE(as == SL_PROPERTY_SNAPSHOT || graph->transaction == NULL, SL_ERR_STATE, "graph",
             "no other transaction that is open: one changes a graph at a time");
  if (graph->store == graph->live && graph->live->pins == 0)
    SL_TRY(sl_store_compact(graph->live, false));
  SL_TRY(SL_ALLOC_ZERO(out, 1));
  sl_property *view = *out;
  view->root = graph;
  view->as = (sl_property_as)as;
  const sl_status status = begin(graph, view);
  if (status != SL_OK) {
    sl_free(view);
    *out = NULL;
    return status;
  }
  graph->queries++;
  return SL_OK;
}

static sl_status require_open(const sl_property *t) {
  SL_REQUIRE(!t->root->closed && t->as == SL_PROPERTY_TRANSACTION && t->store != NULL, SL_ERR_STATE,
             "transaction", "a transaction that has not ended");
  return SL_OK;
}

sl_status sl_property_commit(sl_property *transaction, double *changes) {
  sl_changes c;
  SL_TRY(require_open(transaction));
  SL_REQUIRE(transaction->root->writer == NULL, SL_ERR_STATE, "query",
             "no statement of the transaction that has not ended");
  sl_store *s = transaction->store;
  s->open = false;
  s->log_begin = 0;
  const sl_status status = sl_store_commit(s, &c);
  if (status != SL_OK) {
    s->open = true;
    return status;
  }
  end(transaction);
  const uint64_t numbers[SL_PROPERTY_CHANGES] = {
      c.nodes_created,  c.nodes_deleted,      c.relationships_created, c.relationships_deleted,
      c.properties_set, c.properties_removed, c.labels_added,          c.labels_removed};
  for (int i = 0; i < SL_PROPERTY_CHANGES; i++) changes[i] = (double)numbers[i];
  return SL_OK;
}

sl_status sl_property_roll_back(sl_property *transaction) {
  SL_TRY(require_open(transaction));
  sl_property *root = transaction->root;
  if (root->writer != NULL) {
    sl_property_query *q = root->writer;
    sl_property_leave(q);
    sl_job_drop(&q->job);
  }
  root->live->log_begin = 0;
  sl_store_undo(root->live);
  end(transaction);
  return SL_OK;
}
