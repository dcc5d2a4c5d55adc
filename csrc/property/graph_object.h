// A property graph and its queries, as they are behind property.h.
#ifndef SL_PROPERTY_GRAPH_OBJECT_H
#define SL_PROPERTY_GRAPH_OBJECT_H

#include "property/defined.h"
#include "property/property.h"
#include "property/run.h"
#include "property/states.h"
#include "property/wire.h"

struct sl_property {
  sl_property *root; // of a snapshot or transaction its graph; else itself
  sl_property_as as;
  sl_store *store; // what its queries see; NULL: a transaction that has ended
  sl_cypher_problem problem;
  bool has_problem;
  bool closed;      // destroyed while there were queries: these can only be destroyed as well
  uint32_t queries; // and snapshots and transactions
  // Of a graph:
  uint32_t prepared; // queries, those of its views as well
  sl_store *live;
  sl_defined_set defined;
  sl_property *transaction;  // that is open
  sl_property_query *writer; // the query that is changing it
};

struct sl_property_query {
  sl_job job;
  sl_property *graph;
  sl_cypher_statement *statement;
  sl_run run;
  sl_buffer rows, text;
  double *room; // for arguments
  size_t room_bytes;
  sl_store *pinned; // what it reads while it runs
  uint64_t row_count, taken_rows, most_rows, most_at_once, version, planned_size;
  bool full; // most_rows are out
  bool planned;
  sl_changes changes;
};

extern const sl_cypher_setting sl_property_setting;

// The state that the queries of a graph see, ready to be read; NULL: the graph was destroyed, or the transaction has ended.
sl_store *sl_property_state(const sl_property *graph);
// Before the graph itself is changed: whoever reads keeps what is there. Errors: ERR_STATE ("graph"), ERR_MEMORY.
sl_status sl_property_may_change(sl_property *graph);
// Frees what was destroyed and is not used any more.
void sl_property_let_go(sl_property *graph);
// Ends a query that runs: what it has changed is undone.
void sl_property_leave(sl_property_query *q);

// Plans the query where it has no plan that fits the size of the graph.
sl_status sl_property_plan(sl_property_query *q);

#endif
