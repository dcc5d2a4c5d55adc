// A property graph and its queries, as they are behind property.h.
#ifndef SL_PROPERTY_GRAPH_OBJECT_H
#define SL_PROPERTY_GRAPH_OBJECT_H

#include "property/defined.h"
#include "property/property.h"
#include "property/run.h"
#include "property/wire.h"

struct sl_property {
  sl_store store;
  sl_defined_set defined;
  sl_property_query *writer; // the query that is changing it
  sl_cypher_problem problem;
  bool has_problem;
  bool closed; // destroyed while there were queries: these can only be destroyed as well
  uint32_t queries;
};

struct sl_property_query {
  sl_job job;
  sl_property *graph;
  sl_cypher_statement *statement;
  sl_run run;
  sl_buffer rows, text;
  double *room; // for arguments
  size_t room_bytes;
  uint64_t row_count, taken_rows, most_rows, version, planned_size;
  bool full; // most_rows are out
  bool planned;
  sl_changes changes;
};

extern const sl_cypher_setting sl_property_setting;

// Plans the query where it has no plan that fits the size of the graph.
sl_status sl_property_plan(sl_property_query *q);

#endif
