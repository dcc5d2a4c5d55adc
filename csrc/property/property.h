// A property graph that is asked in openCypher: nodes with labels, relationships of a type each, properties of both.
//
//   sl_property_create -> [ sl_property_add_nodes -> sl_property_set_column -> sl_property_add_relationships ]*
//   sl_property_prepare(graph, text) -> sl_property_begin(query, parameters)
//     -> do sl_job_step(sl_property_job(query), ...); sl_property_take(query, ...) while running
//
// One query changes the graph at a time. What a statement has changed is undone when it fails, is stopped or destroyed.
// A query that reads sees the graph as it was when it began, whatever is changed before it ends.
#ifndef SL_PROPERTY_PROPERTY_H
#define SL_PROPERTY_PROPERTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/container.h"
#include "base/job.h"
#include "base/status.h"

typedef struct sl_property sl_property;
typedef struct sl_property_query sl_property_query;

// Values as bytes, little-endian: a byte that says what follows.
typedef enum sl_wire {
  SL_WIRE_NULL = 0,
  SL_WIRE_FALSE = 1,
  SL_WIRE_TRUE = 2,
  SL_WIRE_INT = 3,    // i32
  SL_WIRE_LONG = 4,   // i64
  SL_WIRE_FLOAT = 5,  // f64
  SL_WIRE_STRING = 6, // u32 bytes, UTF-8
  SL_WIRE_LIST = 7,   // u32 elements, values
  SL_WIRE_MAP = 8,    // u32 entries: each a key as in STRING without its first byte, a value
  SL_WIRE_NODE =
      9, // u32 id; u32 labels, each as a key; u32 properties, as entries. Not as a parameter
  SL_WIRE_RELATIONSHIP = 10, // u32 id, from, to; the type as a key; properties. Not as a parameter
  SL_WIRE_PATH = 11,         // u32 length; node, relationship, node ... Not as a parameter
  SL_WIRE_TEMPORAL =
      12 // u8: date, localtime, time, localdatetime, datetime, duration; its text as a key
} sl_wire;

// An empty graph. Errors: ERR_MEMORY. Allocates.
sl_status sl_property_create(sl_property **out);
// Queries that are left can only be destroyed then. NULL is allowed.
void sl_property_destroy(sl_property *graph);
size_t sl_property_bytes(const sl_property *graph);
// About the bytes of a graph of a size, before it is made: what sl_property_bytes() says once it was added as arrays and sorted in
// is at most this, and at least half of it. One that grows bit by bit takes up to twice as much for its ids. Without what is
// in lists, texts of more than 64 KiB, indexes and older states.
//   size   SL_PROPERTY_SIZE, read: nodes, relationships, types; properties of nodes that are booleans, strings, numbers, others or
//          mixed; the same 4 of relationships; different strings, their bytes in all
#define SL_PROPERTY_SIZE 13
double sl_property_estimate(const double *size);

// Numbers, written: nodes, relationships, labels, types, keys, ids of nodes and of relationships that were given, bytes,
// relationships that are not sorted in, a number that grows with each change; then older states of the graph that are still
// read, and the bytes of what only they read. All 0 where nothing can be read any more.
#define SL_PROPERTY_FACTS 12
void sl_property_facts(const sl_property *graph, double *facts);

// ---- states -------------------------------------------------------------------------------------

typedef enum sl_property_as {
  SL_PROPERTY_GRAPH = 0,
  SL_PROPERTY_SNAPSHOT = 1,
  SL_PROPERTY_TRANSACTION = 2
} sl_property_as;

// A view of a graph, which is used as a graph itself: prepare, lists, facts, save, destroy.
//   SNAPSHOT      the graph as it is now, in which nothing can be changed. While a transaction is open: as it was before
//   TRANSACTION   whose statements see what those before have changed, and nobody else does. It ends with commit or
//                 roll_back, and with destroy, which rolls back. One can be open, and nothing else changes the graph then.
//                 Rows of a query in it must be taken before the next statement changes the graph: ERR_STATE else
// What changes afterwards is copied before, a page of 1024 values of a property at a time; the ids of the labels of all nodes,
// the types of all relationships, or the heads of the lists of new relationships, when the first of them changes. Views hold
// their graph as queries do.
//   Errors: ERR_STATE ("graph": a view itself; a query is changing it; a transaction is open, for a transaction), ERR_OPTION ("as"),
//   ERR_MEMORY. O(columns + labels + types). Allocates.
sl_status sl_property_view(sl_property *graph, int32_t as, sl_property **out);

// Ends a transaction.
//   changes   eight, written: nodes created and deleted, relationships created and deleted, properties set and removed, labels
//             added and removed, in all: what was made and deleted again does not count
//   Errors: ERR_STATE ("transaction": none that is open; "query": it has a statement that has not ended), ERR_MEMORY: it is
//   still open then. O(changes log changes).
#define SL_PROPERTY_CHANGES 8
sl_status sl_property_commit(sl_property *transaction, double *changes);
// A statement that has not ended is ended. Errors: ERR_STATE ("transaction"). O(changes).
sl_status sl_property_roll_back(sl_property *transaction);

// ---- making graphs ------------------------------------------------------------------------------

// Adds nodes with the same labels.
//   labels   label_bytes, read: UTF-8, parted by line feeds; none: no label
//   first    written: the id of the first, the others follow
//   Errors: ERR_STATE ("graph": a query is changing it, a transaction is open, it is a view), ERR_OVERFLOW ("count"), ERR_MEMORY.
//   O(count).
sl_status sl_property_add_nodes(sl_property *graph, const uint8_t *labels, uint32_t label_bytes,
                                uint32_t count, uint32_t *first);

// Adds relationships of one type.
//   type       type_bytes, read: not empty
//   from, to   count ids of nodes, read
//   Errors: ERR_STATE, ERR_EMPTY ("type"), ERR_INDEX ("from", "to": no such node; position), ERR_OVERFLOW, ERR_MEMORY:
//   nothing has changed then. O(count).
sl_status sl_property_add_relationships(sl_property *graph, const uint8_t *type,
                                        uint32_t type_bytes, const uint32_t *from,
                                        const uint32_t *to, uint32_t count, uint32_t *first);

typedef enum sl_column_kind {
  SL_COLUMN_BOOLEAN = 1, // u8 each
  SL_COLUMN_INTEGER = 2, // i64 each
  SL_COLUMN_FLOAT = 3,   // f64 each
  SL_COLUMN_STRING = 4,  // u32 each: a place in the list of strings that follows as bytes
  SL_COLUMN_INT = 5,     // i32 each
  SL_COLUMN_MIXED = 6,   // no numbers: a list of values as bytes
  SL_COLUMN_SINGLE = 7   // f32 each
} sl_column_kind;

// Sets a property of nodes or relationships whose ids follow each other.
//   relationships   of relationships, else of nodes
//   numbers         count numbers of the kind, read
//   present         a byte each: 0 leaves out; or NULL
//   values          value_bytes, read: a list (sl_wire), of strings for STRING, of `count` values for MIXED
//   Errors: ERR_STATE, ERR_EMPTY ("key"), ERR_INDEX ("first": no such ids; "numbers": no such string), ERR_OPTION ("kind"),
//   ERR_FORMAT ("values"), ERR_MEMORY: some may be set then. O(count).
sl_status sl_property_set_column(sl_property *graph, bool relationships, uint32_t first,
                                 uint32_t count, const uint8_t *key, uint32_t key_bytes,
                                 sl_column_kind kind, const void *numbers, const uint8_t *present,
                                 const uint8_t *values, uint32_t value_bytes);

// Sorts in the relationships that were added one by one. Queries do it where it is worth it. Errors: ERR_STATE, ERR_MEMORY.
sl_status sl_property_compact(sl_property *graph);

// Defines a procedure that is a table, for CALL: it gives the outputs of the rows whose inputs have the values of the
// arguments. One of the same name takes its place. Not saved with the graph.
//   signature   signature_bytes, read: name(input :: TYPE, ...) :: (output :: TYPE, ...), at most 64 of each, with INTEGER,
//               FLOAT, NUMBER, STRING, BOOLEAN, MAP, LIST, NODE, RELATIONSHIP, PATH or ANY as types. Without outputs it does
//               nothing. In rows a NODE or RELATIONSHIP is its id, and a PATH a list: the id of its first node, then those of
//               the relationships that lead on; where one is not there any more, the row is left out
//   rows        row_bytes, read: a list (sl_wire) of lists, a value for each input and then for each output; or NULL: the host
//               gives rows during the query, see sl_property_wanted()
//   Errors: ERR_STATE ("graph": it or a view of it has prepared queries, or it is a view; "signature": the name of one of this library), ERR_FORMAT
//   ("signature", "rows"), ERR_OVERFLOW, ERR_MEMORY. A call costs O(rows).
sl_status sl_property_define(sl_property *graph, const uint8_t *signature, uint32_t signature_bytes,
                             const uint8_t *rows, uint32_t row_bytes);

// What the last query was refused or failed for: the message is UTF-8, with the line of the query and a caret.
//   numbers   nine, written: address and bytes of the message (0 bytes: there is none), position in the text, line, column (from
//             1); address and bytes of the type of the error ("SyntaxError") and of its detail ("UndefinedVariable")
#define SL_PROPERTY_PROBLEM 9
void sl_property_problem(const sl_property *graph, double *numbers);

// ---- queries ------------------------------------------------------------------------------------

// Parses and checks a query. It reads the graph until it is destroyed.
//   Errors: ERR_PARSE ("text"; position; see sl_property_problem), ERR_RANGE ("length"), ERR_MEMORY. Allocates.
sl_status sl_property_prepare(sl_property *graph, const uint8_t *text, uint32_t length,
                              sl_property_query **out);
void sl_property_query_destroy(sl_property_query *query);
sl_job *sl_property_job(sl_property_query *query);
size_t sl_property_query_bytes(const sl_property_query *query);
extern const sl_job_kind sl_property_kind;

// Begins to run it. It ends with CONVERGED; WORK_LIMIT: there are more rows than asked for; TIME_LIMIT: stopped.
//   parameters   parameter_bytes, read: a map (sl_wire), or none
//   most_rows    UINT64_MAX: all. A query that changes the graph does all its work and gives no more rows than these
//   now          milliseconds since 1970, for timestamp(); seed: for rand()
//   Errors: ERR_STATE ("graph": another query is changing it, or would have to be let change it; "transaction": it has ended),
//   ERR_FORMAT ("parameters"), ERR_ARGUMENT ("query": see
//   sl_property_problem), ERR_MEMORY. sl_job_step() has the last two as well, and ERR_STATE ("graph": it was changed).
sl_status sl_property_begin(sl_property_query *query, const uint8_t *parameters,
                            uint32_t parameter_bytes, uint64_t most_rows, double now,
                            uint64_t seed);

// After sl_property_begin(): the most work of one step, which is more than that of sl_job_step() only where expressions with
// subqueries, patterns and lists are evaluated, each whole. What takes more ends the query as a stop with TIME_LIMIT does. Until the
// next begin; without it there is no limit.
void sl_property_limit(sl_property_query *query, uint64_t most);

// Rows since the last call: values in the order of the columns, row by row.
//   numbers   three, written: address, bytes, rows; valid until the next step
void sl_property_take(sl_property_query *query, double *numbers);

// Begins and goes on at once, for small answers: sl_property_begin(), one sl_job_step() of `work`, sl_property_take().
//   numbers   four, written: the outcome (sl_outcome), then those of sl_property_take()
//   Errors: those of the three.
sl_status sl_property_ask(sl_property_query *query, const uint8_t *parameters,
                          uint32_t parameter_bytes, uint64_t most_rows, double now, uint64_t seed,
                          uint64_t work, double *numbers);

// Memory of the query for `bytes` bytes behind four numbers, for the arguments of sl_property_ask(); it stays until the
// next call. NULL: ERR_MEMORY.
double *sl_property_room(sl_property_query *query, uint32_t bytes);

// What the query waits for: after a step that has not ended, a call of a procedure that was defined without rows.
//   numbers   four, written: address and bytes of the procedure's name (0 bytes: it waits for nothing), address and bytes of
//             the arguments, a list (sl_wire) in which nodes and relationships are their ids; valid until the next call
//   Errors: ERR_MEMORY.
#define SL_PROPERTY_WANTED 4
sl_status sl_property_wanted(sl_property_query *query, double *numbers);

// Gives the rows that it waits for; then steps go on.
//   rows   row_bytes, read: a list (sl_wire) of lists, a value for each output
//   Errors: ERR_STATE ("query": it waits for nothing; the same from steps before this call), ERR_FORMAT ("rows"), ERR_MEMORY: it
//   still waits then. The step has ERR_FORMAT ("rows") for values that do not fit their type. Safe on untrusted bytes: yes.
sl_status sl_property_answer(sl_property_query *query, const uint8_t *rows, uint32_t row_bytes);

// The graph as arrays, in the order of ids. Neither allocates. O(ids given).
//   label, type   bytes of a name, read: those that have it; none: all
//   key           of the property that is the weight: NaN where it is no number; none: all weights are 1
//   ids           of nodes or relationships, written: room for all that there are (sl_property_facts)
//   from, to      ids of nodes, and weights: the same, of relationships
//   count         written
void sl_property_list_nodes(const sl_property *graph, const uint8_t *label, uint32_t label_bytes,
                            uint32_t *ids, uint32_t *count);
void sl_property_list_relationships(const sl_property *graph, const uint8_t *type,
                                    uint32_t type_bytes, const uint8_t *key, uint32_t key_bytes,
                                    uint32_t *ids, uint32_t *from, uint32_t *to, double *weights,
                                    uint32_t *count);

// Numbers, written: columns, rows so far, nodes created and deleted, relationships created and deleted, properties set and
// removed, labels added and removed, whether it changes the graph, and whether its text begins with EXPLAIN (1: it is not run and has
// no rows) or PROFILE (2).
#define SL_PROPERTY_QUERY_FACTS 12
void sl_property_query_facts(const sl_property_query *query, double *facts);

// The names of the columns: a list (sl_wire). numbers: address and bytes, written; until the next call.
//   Errors: ERR_MEMORY.
sl_status sl_property_columns(sl_property_query *query, double *numbers);

// The plan as text, a line an operator, with the rows that it gave in the last run and its hits: the nodes, relationships and entries
// of indexes that it looked at. What only counts neighbours (counted only) has as rows what its rows stand for.
//   Errors: as sl_property_begin().
sl_status sl_property_explain(sl_property_query *query, double *numbers);
// The same as a list (sl_wire) of lists: the depth (0: no part of another operator), the text without these numbers, rows, hits.
sl_status sl_property_profile(sl_property_query *query, double *numbers);

// ---- files --------------------------------------------------------------------------------------

// Saves, as base/container.h says; everything is copied. Ids of what was deleted are not kept: those above move down.
//   Errors: ERR_STATE, ERR_MEMORY. Allocates about the size of the file.
sl_status sl_property_save(sl_property *graph, sl_writer **out);
// From a file that was read whole. Errors: those of the reader, ERR_FORMAT, ERR_MEMORY. Safe on untrusted bytes: yes.
sl_status sl_property_load(sl_reader *reader, sl_property **out);

// Saves what has changed from one snapshot to a newer one of the same graph, with all ids as they are: sl_property_apply() of
// each, in their order, makes the same graph. Everything is copied.
//   before   an older snapshot, or NULL: from an empty graph
//   Errors: ERR_STATE ("graph", "before"), ERR_OVERFLOW, ERR_MEMORY. Allocates. O(pages that have changed, and ids where labels
//   of nodes have changed or relationships were deleted).
sl_status sl_property_save_since(sl_property *graph, sl_property *before, sl_writer **out);
// Does the changes of such a file, which was read whole, to an empty graph or to one that is as `before` was: made by such
// files alone, and not asked anything in between, because queries give numbers to names.
//   Errors: ERR_STATE, those of the reader, ERR_FORMAT, ERR_MEMORY: some may be done then. O(its size + relationships). Safe
//   on untrusted bytes: yes.
sl_status sl_property_apply(sl_property *graph, sl_reader *reader);

#endif
