// A query that runs: compiled expressions, operators in pipelines, and the row that they share.
//
// A row is one array of values, a place for each slot of the statement. Operators stand in a line; each is started
// with a row and then produces rows from it by writing its own slots. One that needs all rows first keeps them,
// and produces after the last. So nothing calls itself over the data, and work can stop between any two rows.
#ifndef SL_PROPERTY_RUN_H
#define SL_PROPERTY_RUN_H

#include "base/job.h"
#include "property/ast.h"
#include "property/store.h"
#include "property/tests.h"

typedef struct sl_run sl_run;
typedef struct sl_code sl_code;
typedef struct sl_plan sl_plan;
typedef struct sl_operator sl_operator;

// ---- expressions --------------------------------------------------------------------------------

enum {
  SL_CODE_VALUE = 64, // value
  SL_CODE_AGGREGATED, // slot
  SL_CODE_HAS_MAP,    // args[0] has each key of the map args[1] with an equal value
};

// An expression with its names as numbers of the store. Fields as in sl_cypher_expression.
struct sl_code {
  uint8_t kind, op, function;
  bool distinct;
  uint32_t begin, slot, element_slot, count, name_count, index;
  sl_code **args;
  uint32_t *names;       // labels, or the key
  const sl_chars **keys; // of PROPERTY, one; of MAP, count
  const uint8_t *ops;
  sl_value value;
  sl_plan *plan; // of subqueries and patterns
};

// The value of an expression on the row. Errors: ERR_ARGUMENT ("query": run->problem says why), ERR_MEMORY,
// ERR_OVERFLOW.
sl_status sl_eval(sl_run *run, const sl_code *code, sl_value *out);
// The same of a condition.
sl_status sl_eval_truth(sl_run *run, const sl_code *code, sl_truth *out);
sl_status sl_call(sl_run *run, const sl_code *code, const sl_value *args, sl_value *out);
// a `op` b of a comparison, of IN (b: a list or null), STARTS WITH and the like, IS NULL (of a alone).
sl_truth sl_holds(uint8_t op, sl_value a, sl_value b);
sl_status sl_binary(sl_run *run, const sl_code *code, sl_value a, sl_value b, sl_value *out);
sl_status sl_overflowed(sl_run *run, const sl_code *code);
// The functions of dates, times and durations, and + - * / with them.
sl_status sl_temporal_call(sl_run *run, const sl_code *code, const sl_value *args, sl_value *out);
sl_status sl_temporal_arithmetic(sl_run *run, const sl_code *code, sl_value a, sl_value b,
                                 sl_value *out);

// Records what went wrong at a place of the text. Returns ERR_ARGUMENT.
sl_status sl_run_fail(sl_run *run, uint32_t position, sl_cypher_error error,
                      sl_cypher_detail detail, const char *what);
sl_status sl_bad_type(sl_run *run, uint32_t position, const char *what);

// Whether an id may be read. Errors: of deleted ones.
sl_status sl_require_alive(sl_run *run, const sl_code *code, sl_value v);
// All properties as a map.
sl_status sl_properties_of(sl_run *run, sl_what what, uint32_t id, sl_value *out);

// ---- aggregates ---------------------------------------------------------------------------------

typedef struct sl_distinct sl_distinct;

typedef struct sl_tally {
  uint64_t count;
  double real, mean, squares, factor;
  int64_t integer;
  bool is_real, overflow;
  sl_value value;
  sl_value *items; // of collect and percentiles
  uint32_t item_count, item_room;
  sl_distinct *seen; // with DISTINCT
} sl_tally;

// The group of the row in an AGGREGATE, which is made where it is new.
sl_status sl_group_of_row(sl_run *run, sl_operator *o, uint32_t *number);
sl_status sl_tally_add(sl_run *run, const sl_code *call, sl_tally *tally, uint64_t times);
// The same with the value of its argument, which is not null.
sl_status sl_tally_take(sl_run *run, const sl_code *call, sl_tally *tally, sl_value v,
                        uint64_t times);
sl_status sl_tally_result(sl_run *run, const sl_code *call, sl_tally *tally, sl_value *out);
void sl_tally_free(sl_tally *tally);

// ---- tables -------------------------------------------------------------------------------------

// Rows of the same slots.
typedef struct sl_table {
  sl_pool pool;
  sl_value **rows;
  uint32_t count, room;
} sl_table;

sl_status sl_table_add(sl_table *table, const sl_value *row, const uint32_t *slots, uint32_t width,
                       sl_value **out);
void sl_table_free(sl_table *table);

// Different rows, each with a number: the order in which they came.
struct sl_distinct {
  sl_table table;
  uint32_t *places; // number + 1
  uint32_t *hashes;
  uint32_t size, hash_room;
};
// The number of the row of these slots. fresh: whether it is new.
sl_status sl_distinct_add(sl_distinct *d, const sl_value *row, const uint32_t *slots,
                          uint32_t width, uint32_t *number, bool *fresh);
void sl_distinct_free(sl_distinct *d);

// ---- operators ----------------------------------------------------------------------------------

typedef enum sl_operator_kind {
  SL_OP_ONCE,
  SL_OP_BLOCKS,   // several scans and expansions, many rows at a time
  SL_OP_SCAN,     // nodes, of label or all
  SL_OP_SEEK,     // nodes by a property
  SL_OP_ENDS,     // the nodes of a relationship that is there
  SL_OP_EXPAND,   // neighbours
  SL_OP_VARIABLE, // paths of several lengths
  SL_OP_SHORTEST, // shortest paths
  SL_OP_FILTER,
  SL_OP_PATH,     // puts a path together
  SL_OP_OPTIONAL, // rows of a plan, or one of nulls
  SL_OP_UNWIND,
  SL_OP_PROJECT,
  SL_OP_DISTINCT,
  SL_OP_SKIP,
  SL_OP_LIMIT,
  SL_OP_PROCEDURE,
  // From here on: all rows first.
  SL_OP_AGGREGATE,
  SL_OP_SORT,
  SL_OP_UPDATE
} sl_operator_kind;

// What is changed for each row.
typedef struct sl_made_node {
  uint32_t slot, set;
  bool bound;
  sl_code *properties;
  uint32_t begin;
} sl_made_node;
typedef struct sl_made_relationship {
  uint32_t slot, type, from, to; // slots of nodes
  sl_code *properties;
  uint32_t begin;
} sl_made_relationship;
typedef struct sl_made_part {
  uint32_t path, node_count, relationship_count;
  sl_made_node *nodes;
  sl_made_relationship *relationships;
  uint32_t *path_slots;
} sl_made_part;
typedef struct sl_assignment {
  uint8_t kind; // sl_cypher_set_kind
  bool removes;
  sl_code *target, *value;
  uint32_t key, label_count, *labels;
  uint32_t begin;
} sl_assignment;
typedef struct sl_update {
  uint8_t kind; // sl_cypher_clause_kind
  bool detach;
  uint32_t part_count, count, on_create_count, on_match_count;
  sl_made_part *parts;
  sl_assignment *sets, *on_create, *on_match;
  sl_code **targets;
  sl_plan *match; // of MERGE
} sl_update;

// A comparison of a property of the node that a scan looks for with a value that is there before.
typedef struct sl_bound {
  uint8_t op; // sl_cypher_op
  uint32_t key;
  sl_code *code;
  sl_value value; // of the code, at the start of a scan
} sl_bound;

struct sl_operator {
  uint8_t kind;
  bool into; // the other end is there already
  bool
      list; // EXPAND, VARIABLE: the relationship is there already; SHORTEST: a list of them is wanted
  bool wanted; // VARIABLE: the list of relationships is
  uint8_t towards, shortest;
  bool swapped; // walked from right to left: lists are turned round
  uint32_t from, to, relationship, slot;
  uint32_t label, key; // SL_NO_NAME: none
  uint32_t least, most;
  sl_types types;
  uint32_t *unlike; // slots of relationships, or of lists of them, that must differ
  uint32_t unlike_count;
  sl_code *code, *where; // where: of each relationship, in `relationship_slot`
  sl_test tests[2];      // of the node that is found alone, and of the relationship alone
  uint32_t hop_slot;
  uint32_t count;
  sl_code **codes;
  bool *down;                  // of SORT: descending
  uint32_t *slots, slot_count; // written, of the path, kept
  uint32_t *key_slots, key_count;
  sl_operator *inner; // of one that counts: the next one, which counts as well
  bool counts;        // the row stands for as many as there are neighbours: run->times
  sl_plan *plan;
  sl_update *update;
  struct sl_blocks *blocks;
  double estimate;
  sl_bound *bounds; // SCAN and SEEK: for an ordered index
  uint32_t bound_count;
  bool by_order; // only the nodes whose bits are set in places[0] can pass
  // EXPAND: the neighbour must be one of this node's as well, which a later operator makes sure of.
  bool hinted;
  uint8_t hint_towards;
  uint32_t hint;
  sl_types hint_types;

  // State of a run.
  // Since the run began: rows that it gave, and nodes, relationships and entries of indexes that it looked at.
  uint64_t produced, hits;
  uint32_t at, end, number, hint_at, hint_end;
  const uint32_t *hint_nodes; // NULL: no hint for this row
  uint64_t limit;
  bool started, finished, found;
  sl_walk walk;
  sl_value list_value;
  int64_t integer, step_by, last;
  sl_table table;
  sl_distinct distinct;
  sl_tally *tallies;
  uint32_t tally_room;
  sl_walk *trail;
  uint32_t *trail_ids, depth, trail_room;
  bool plain;     // all neighbours that it walks are in sorted rows of one type
  uint32_t *sums; // of one that counts: how many neighbours of each node pass, + 1; 0: unknown
  uint32_t sums_room, summed;
  uint32_t *places[4];
  uint32_t place_room;
};

typedef struct sl_pipeline {
  sl_operator *operators;
  uint32_t count, room;
  uint32_t *columns; // slots of the result
  uint32_t at, base;
  bool begun, start;
} sl_pipeline;

struct sl_plan {
  sl_pipeline *branches;
  uint32_t count, column_count, branch;
  bool distinct, started;
  sl_distinct seen;
  uint64_t produced; // rows since the run began
};

typedef enum sl_step_result { SL_ROW, SL_END, SL_PAUSE } sl_step_result;

struct sl_run {
  sl_store *store;
  const struct sl_defined_set *defined; // procedures of the host
  const sl_cypher_statement *statement;
  sl_cypher_problem *problem;
  sl_pool plan_pool, pool;
  sl_value *row;
  uint32_t slot_count, slot_room;
  sl_value *parameters;
  sl_plan *plan;
  sl_operator *wanted;  // a procedure whose rows the host has to give
  uint64_t work, limit; // limit: where to pause
  uint64_t most;        // where what cannot pause ends the query
  uint64_t times;       // how many rows this one stands for
  bool cannot_pause, too_long;
  uint64_t rng[4];
  double now; // ms since 1970, for timestamp()
  uint32_t operator_count;
};

// Makes run->plan. Errors: those of sl_eval.
sl_status sl_plan_make(sl_run *run);
void sl_plan_reset(sl_plan *plan);
// Rows and hits of all its operators are counted from 0 again.
void sl_plan_forget(sl_plan *plan);
sl_status sl_plan_step(sl_run *run, sl_plan *plan, sl_step_result *out);
sl_status sl_produce(sl_run *run, sl_operator *o, sl_step_result *out);
sl_status sl_start(sl_run *run, sl_operator *o);
sl_status sl_operator_begin(sl_run *run, sl_operator *o);
void sl_operator_release(sl_operator *o);
sl_status sl_match_start(sl_run *run, sl_operator *o);
// Before a scan: looks for an ordered index of one of its bounds that leaves few nodes. Errors: ERR_MEMORY.
sl_status sl_scan_begin(sl_run *run, sl_operator *o);
// The first id from `id` on, below `end`, that can pass; `end`: there is none.
static inline uint32_t sl_scan_next(const sl_operator *o, uint32_t id, uint32_t end) {
  const uint32_t *bits = o->places[0];
  uint32_t word = bits[id / 32] >> (id & 31);
  if (word != 0) return id + (uint32_t)__builtin_ctz(word);
  for (id = (id | 31) + 1; id < end; id += 32)
    if (bits[id / 32] != 0) return id + (uint32_t)__builtin_ctz(bits[id / 32]);
  return end;
}
sl_status sl_match_produce(sl_run *run, sl_operator *o, sl_step_result *out);
sl_status sl_shortest_start(sl_run *run, sl_operator *o);
sl_status sl_shortest_produce(sl_run *run, sl_operator *o, sl_step_result *out);
sl_status sl_variable_start(sl_run *run, sl_operator *o);
sl_status sl_variable_produce(sl_run *run, sl_operator *o, sl_step_result *out);
// Whether a relationship that is there may be the one of a pattern.
bool sl_fits(const sl_run *run, const sl_operator *o, uint32_t relationship);
// Decides how an operator walks: before the first row.
void sl_step_begin(const sl_run *run, sl_operator *o);
// How many rows an operator that counts has from a node.
sl_status sl_count_from(sl_run *run, sl_operator *o, uint32_t from, uint64_t *out);
// Whether a relationship differs from those that were bound before.
bool sl_is_unlike(const sl_run *run, const sl_operator *o, uint32_t relationship);
sl_status sl_hop_passes(sl_run *run, const sl_operator *o, uint32_t relationship, bool *out);
sl_status sl_procedure_start(sl_run *run, sl_operator *o);
sl_status sl_procedure_produce(sl_run *run, sl_operator *o, sl_step_result *out);
void sl_plan_release(sl_plan *plan);
sl_status sl_update_apply(sl_run *run, sl_operator *o, sl_step_result *out);
sl_status sl_code_make(sl_run *run, const sl_cypher_expression *e, sl_code **out);
sl_status sl_plan_pattern(sl_run *run, const sl_cypher_part *part,
                          const sl_cypher_expression *where, sl_plan **out);
sl_status sl_plan_query(sl_run *run, const sl_cypher_query *query, sl_plan **out);
// How often a pattern, or a query, has a row; at most `most`.
sl_status sl_plan_count(sl_run *run, sl_plan *plan, uint64_t most, uint64_t *out);
// A path of slots: node, relationship or list of them, node ...
sl_status sl_path_of(sl_run *run, const uint32_t *slots, uint32_t count, sl_value *out);
void sl_run_free(sl_run *run);

// The neighbours of a node, as sl_walk_begin() and sl_walk_next(), faster where the operator is plain.
void sl_step_walk(const sl_run *run, const sl_operator *o, sl_walk *w, uint32_t from);
static inline bool sl_step_next(const sl_operator *o, sl_walk *w, uint32_t *node,
                                uint32_t *relationship) {
  if (!o->plain) return sl_walk_next(w, node, relationship);
  if (w->at == w->end) return false;
  *node = w->node[w->at];
  *relationship = w->relationship[w->at++];
  return true;
}

// Whether a node that was found, and the relationship to it, pass the tests of an operator.
sl_status sl_step_passes(sl_run *run, sl_operator *o, uint32_t node, uint32_t relationship,
                         bool *out);

// Expressions are evaluated whole: where a pause is due in one, the query has to end.
static inline bool sl_over_budget(const sl_run *run) {
  return run->work >= (run->cannot_pause ? run->most : run->limit);
}
static inline sl_status sl_end_if_too_long(sl_run *run) {
  run->too_long = run->work >= run->most;
  return run->too_long ? SL_ERR_STATE : SL_OK;
}

#endif
