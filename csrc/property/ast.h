// A Cypher query as a tree: what the parser makes and the analysis completes, and all that the
// engine needs to see of a query.
//
//   sl_cypher_parse(text) -> sl_cypher_statement -> planned and executed -> sl_cypher_destroy
//
// Everything that a statement points to lives in its own memory and dies with it; nothing points
// into the text that was parsed. Nothing is shared between statements. Pointers are never null
// unless "or NULL" stands beside them; arrays with count 0 may be NULL.
//
// SLOTS. Each variable is a slot, a number below statement->slot_count, so that a row of execution
// is an array of slot_count values. A slot is written at one kind of place only:
//   - every node, relationship and named path of a pattern has one, also those without a name;
//   - an item of WITH that just hands a variable on under its own name (WITH a) keeps its slot; each
//     other item has a new one. Items are evaluated on the row before the projection; a row after it
//     may keep all old values, as no name can reach them any more;
//   - UNWIND, YIELD, and the local variables of comprehensions, quantifiers and reduce have one each;
//   - every aggregating call has one, for its result (see sl_cypher_projection.aggregates).
// A slot is written by at most one item or clause; a pattern binds it when `bound` is false. Branches
// of a UNION have different slots.
//
// DEPTH. Trees are at most SL_CYPHER_MOST_DEPTH high, expressions, patterns and subqueries together:
// recursion over them is safe. Long chains of AND, OR, XOR and comparisons are one node.
#ifndef SL_PROPERTY_AST_H
#define SL_PROPERTY_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "property/functions.h"
#include "property/problem.h"

#define SL_CYPHER_MOST_DEPTH 200
#define SL_CYPHER_NONE UINT32_MAX // no slot; no upper limit of a length

// UTF-8, without a zero byte at the end. Backticks and escapes are already taken away.
typedef struct sl_cypher_name {
  const char *text;
  uint32_t length;
} sl_cypher_name;

// ---------------------------------------------------------------- expressions

typedef enum sl_cypher_kind {
  SL_CYPHER_NULL,
  SL_CYPHER_BOOLEAN, // boolean
  SL_CYPHER_INTEGER, // integer (a minus sign before a literal number is part of it)
  SL_CYPHER_FLOAT,   // real
  SL_CYPHER_STRING,  // string
  SL_CYPHER_LIST,    // args: the elements
  SL_CYPHER_MAP,     // args: the values, names: the keys (count of both; a key may come twice, the
                     // last one counts)
  SL_CYPHER_PARAMETER,  // index: in statement->parameters
  SL_CYPHER_VARIABLE,   // slot, names[0]
  SL_CYPHER_PROPERTY,   // args[0].names[0]; of nodes, relationships, maps, temporal values, null
  SL_CYPHER_INDEX,      // args[0][args[1]]; of lists (integer), maps, nodes, relationships (string)
  SL_CYPHER_SLICE,      // args[0][args[1]..args[2]]; 1 and 2 or NULL
  SL_CYPHER_HAS_LABELS, // args[0]:names...; all of them; of a relationship: its type
  SL_CYPHER_UNARY,      // op: NOT .. IS_NOT_NULL; args[0]
  SL_CYPHER_BINARY,     // op: ADD .. REGEX; args[0], args[1]
  SL_CYPHER_COMPARE, // args[0] ops[0] args[1] ops[1] args[2] ...: count args, count - 1 ops; a < b
                     // < c is a < b AND b < c. ops: EQUAL .. AT_LEAST
  SL_CYPHER_AND,     // two or more args
  SL_CYPHER_OR,      // two or more args
  SL_CYPHER_XOR,     // two or more args, from left to right
  SL_CYPHER_CALL,    // function, args, distinct (aggregates only); names[0] as written. When it
                     // aggregates: slot, from which its value is read (see aggregates)
  SL_CYPHER_CASE,    // args[0]: the value that is compared with each WHEN, or NULL (each WHEN is a
                     // condition); then pairs WHEN, THEN; the last: ELSE, or NULL. count is even
  SL_CYPHER_LIST_COMPREHENSION,    // [slot IN args[0] WHERE args[1] | args[2]]; 1 and 2 or NULL
  SL_CYPHER_PATTERN_COMPREHENSION, // [part WHERE args[0] | args[1]]; 0 or NULL
  SL_CYPHER_QUANTIFIER,            // op: ALL .. SINGLE; (slot IN args[0] WHERE args[1]); 1 or NULL
  SL_CYPHER_REDUCE,                // reduce(slot = args[0], element_slot IN args[1] | args[2])
  SL_CYPHER_PATTERN,               // part: true when there is a match
  SL_CYPHER_SHORTEST,   // part, with part->shortest: the path (a list of paths for ALL), or null
  SL_CYPHER_EXISTS,     // EXISTS { query }: true when it has a row
  SL_CYPHER_COUNT_ROWS, // COUNT { query }: number of its rows
} sl_cypher_kind;

typedef enum sl_cypher_op {
  SL_CYPHER_NOT,
  SL_CYPHER_NEGATE,
  SL_CYPHER_PLUS,
  SL_CYPHER_IS_NULL,
  SL_CYPHER_IS_NOT_NULL,
  SL_CYPHER_ADD, // numbers, strings, lists, temporal values
  SL_CYPHER_SUBTRACT,
  SL_CYPHER_MULTIPLY,
  SL_CYPHER_DIVIDE,
  SL_CYPHER_MODULO,
  SL_CYPHER_POWER,
  SL_CYPHER_IN,
  SL_CYPHER_STARTS_WITH,
  SL_CYPHER_ENDS_WITH,
  SL_CYPHER_CONTAINS,
  SL_CYPHER_REGEX, // =~
  SL_CYPHER_EQUAL,
  SL_CYPHER_UNEQUAL,
  SL_CYPHER_LESS,
  SL_CYPHER_AT_MOST,
  SL_CYPHER_GREATER,
  SL_CYPHER_AT_LEAST,
  SL_CYPHER_ALL,
  SL_CYPHER_ANY,
  SL_CYPHER_NO, // none(...)
  SL_CYPHER_SINGLE,
} sl_cypher_op;

typedef struct sl_cypher_expression sl_cypher_expression;
typedef struct sl_cypher_part sl_cypher_part;
typedef struct sl_cypher_query sl_cypher_query;

// Fields that the list of kinds does not name are 0.
struct sl_cypher_expression {
  uint8_t kind;     // sl_cypher_kind
  uint8_t op;       // sl_cypher_op
  uint8_t function; // sl_cypher_function
  bool distinct;
  bool aggregates; // contains an aggregating call, or is one
  bool constant;   // no variable (not even its own), no pattern, no subquery in it (parameters
  // and rand() may be)
  bool parenthesized;  // stood in parentheses
  uint16_t height;     // 1: no children
  uint32_t begin, end; // bytes [begin, end) of the text
  uint32_t slot;
  uint32_t element_slot; // of REDUCE
  uint32_t count;        // of args
  uint32_t name_count;   // of names
  sl_cypher_expression **args;
  sl_cypher_name *names;
  union {
    bool boolean;
    int64_t integer;
    double real;
    sl_cypher_name string;
    uint32_t index;
    const uint8_t *ops; // sl_cypher_op, count - 1 of them
    sl_cypher_part *part;
    sl_cypher_query *query;
  };
};

// ------------------------------------------------------------------- patterns

typedef enum sl_cypher_direction {
  SL_CYPHER_OUT,  // -->
  SL_CYPHER_BACK, // <--
  SL_CYPHER_BOTH, // -- and <-->
} sl_cypher_direction;

// One node of a pattern. In CREATE and MERGE: labels and properties are what a new node gets.
typedef struct sl_cypher_node {
  uint32_t slot;
  bool named;
  sl_cypher_name name; // when `named`
  bool bound; // has its value before this clause (or this pattern of an expression): check, do not
              // bind. In MATCH and MERGE a slot may also come twice in one clause, bound in neither
              // place; in CREATE each place after the first one is bound
  uint32_t label_count;
  sl_cypher_name *labels;           // all of them
  sl_cypher_expression *properties; // a MAP or a PARAMETER, or NULL. In MATCH: equal in each key
  sl_cypher_expression
      *where; // (n:A|B), (n WHERE ...): tested once the slot has its value, or NULL
  uint32_t begin, end;
} sl_cypher_node;

// One relationship of a pattern. Within one MATCH, all its parts together, and within one pattern of
// an expression, no two of them are the same relationship.
typedef struct sl_cypher_relationship {
  uint32_t slot; // holds a relationship, or a list of them when `variable`
  bool named;
  sl_cypher_name name;  // when `named`
  bool bound;           // as in nodes; when `variable`: the list is given
  bool variable;        // [*], also [*1..1]
  uint8_t direction;    // sl_cypher_direction, from left to right as written
  bool arrows;          // written <-->
  uint32_t least, most; // when `variable`; most may be SL_CYPHER_NONE; least > most matches nothing
  uint32_t type_count;
  sl_cypher_name *types;            // one of them; none: any
  sl_cypher_expression *properties; // a MAP or a PARAMETER, or NULL; when `variable`: of each
  sl_cypher_expression *where;      // as in nodes, or NULL; never together with `variable`
  uint32_t begin, end;
} sl_cypher_relationship;

typedef enum sl_cypher_shortest {
  SL_CYPHER_NOT_SHORTEST,
  SL_CYPHER_ONE_SHORTEST, // shortestPath(...): two nodes and one relationship
  SL_CYPHER_ALL_SHORTEST, // allShortestPaths(...)
} sl_cypher_shortest;

// nodes[0] relationships[0] nodes[1] ... relationships[length - 1] nodes[length]
struct sl_cypher_part {
  uint32_t slot; // of the path; SL_CYPHER_NONE: it has no name
  sl_cypher_name name;
  uint8_t shortest; // sl_cypher_shortest
  uint32_t length;
  sl_cypher_node *nodes;                 // length + 1
  sl_cypher_relationship *relationships; // length
  uint32_t begin, end;
};

typedef struct sl_cypher_pattern {
  uint32_t count;
  sl_cypher_part **parts; // at least one
} sl_cypher_pattern;

// -------------------------------------------------------------------- clauses

typedef struct sl_cypher_item {
  sl_cypher_expression *expression;
  sl_cypher_name name; // after AS, or the text of the expression
  bool aliased;        // has an AS
  uint32_t slot;       // where its value goes
} sl_cypher_item;

typedef struct sl_cypher_sort {
  sl_cypher_expression *expression;
  bool descending;
} sl_cypher_sort;

// WITH and RETURN, in this order: items, grouping, DISTINCT, ORDER BY, SKIP, LIMIT, WHERE.
//
// GROUPING. When `aggregate_count` > 0, rows are grouped by the values of the items whose expression
// does not aggregate (no such item: one group, also of no rows). `aggregates` are the calls in items
// and ORDER BY, each once; for each row of a group their args are evaluated and taken in. When a
// group is complete the result of aggregates[i] goes to slot aggregates[i]->slot, and then the
// items that aggregate and ORDER BY are evaluated, on any row of the group with those slots:
// an aggregating CALL node evaluates to row[slot]. What else such an item reads is a grouping key.
//
// ORDER BY, and WHERE of WITH, are evaluated on rows that have the old slots (any row of the group,
// or of equal DISTINCT rows) and the new ones. Behind groups or DISTINCT, an expression in them that
// is one of the items has become a VARIABLE of the item's slot, and nothing else is read.
typedef struct sl_cypher_projection {
  bool distinct;
  bool star; // had a *; its variables are among the items, by name
  uint32_t item_count;
  sl_cypher_item *items; // after *, at least one, except in WITH * of no variables
  uint32_t aggregate_count;
  sl_cypher_expression **aggregates;
  uint32_t sort_count;
  sl_cypher_sort *sorts;
  sl_cypher_expression *skip;  // constant, or NULL; its type and sign may be wrong at run time
  sl_cypher_expression *limit; // the same
  sl_cypher_expression *where; // WITH only, or NULL
} sl_cypher_projection;

typedef enum sl_cypher_set_kind {
  SL_CYPHER_SET_PROPERTY, // target.key = value; REMOVE target.key (value NULL)
  SL_CYPHER_SET_ALL,      // target = value: replaces all properties
  SL_CYPHER_SET_SOME,     // target += value
  SL_CYPHER_SET_LABELS,   // target:labels; SET adds, REMOVE takes away
} sl_cypher_set_kind;

typedef struct sl_cypher_set {
  uint8_t kind; // sl_cypher_set_kind
  sl_cypher_expression *target;
  sl_cypher_expression *value; // or NULL
  uint32_t name_count;
  sl_cypher_name *names; // names[0]: the key; or the labels
} sl_cypher_set;

typedef struct sl_cypher_yield {
  uint32_t output;      // which output of the procedure
  sl_cypher_name name;  // of the variable or column
  sl_cypher_name field; // of the output
  uint32_t position;
  uint32_t slot;
} sl_cypher_yield;

typedef enum sl_cypher_clause_kind {
  SL_CYPHER_MATCH,          // match
  SL_CYPHER_UNWIND,         // unwind
  SL_CYPHER_WITH,           // projection
  SL_CYPHER_RETURN,         // projection
  SL_CYPHER_CREATE,         // create
  SL_CYPHER_MERGE,          // merge
  SL_CYPHER_SET,            // set
  SL_CYPHER_REMOVE,         // set
  SL_CYPHER_DELETE,         // deletion
  SL_CYPHER_CALL_PROCEDURE, // call
} sl_cypher_clause_kind;

typedef struct sl_cypher_clause {
  uint8_t kind; // sl_cypher_clause_kind
  uint32_t begin, end;
  union {
    struct {
      bool optional;
      sl_cypher_pattern pattern;
      sl_cypher_expression *where; // part of the match: an OPTIONAL MATCH where it never holds has
                                   // its row of nulls. Or NULL
    } match;
    struct {
      sl_cypher_expression *list;
      uint32_t slot;
      sl_cypher_name name;
    } unwind;
    sl_cypher_projection projection;
    struct {
      sl_cypher_pattern pattern;
    } create;
    struct {
      sl_cypher_pattern pattern; // one part
      uint32_t on_create_count, on_match_count;
      sl_cypher_set *on_create, *on_match;
    } merge;
    struct {
      uint32_t count;
      sl_cypher_set *items;
    } set;
    struct {
      bool detach;
      uint32_t count;
      sl_cypher_expression **targets;
    } deletion;
    struct {
      sl_cypher_name name; // "db.labels"
      uint32_t procedure;  // index in the setting's procedures
      bool alone;          // a command, which has to be the whole query
      bool standalone;     // the whole query: the yields are the result's columns
      bool implicit;       // CALL name without parentheses: the arguments are parameters of the
                           // names of the inputs; args has them as PARAMETER
      uint32_t count;
      sl_cypher_expression **args;
      bool yield_star;      // had YIELD *; the yields are all outputs
      uint32_t yield_count; // 0: a procedure without outputs, each row goes on
      sl_cypher_yield *yields;
      sl_cypher_expression *where; // YIELD ... WHERE, or NULL
    } call;
  };
} sl_cypher_clause;

// One branch of a UNION, or the whole query.
typedef struct sl_cypher_single {
  uint32_t count;
  sl_cypher_clause *clauses; // at least one
} sl_cypher_single;

// branches[0] UNION [ALL] branches[1] ...; without ALL rows are distinct. In EXISTS and COUNT a
// branch may end without RETURN, as one that only writes does; then it has no columns.
struct sl_cypher_query {
  uint32_t count;
  sl_cypher_single *branches;
  bool all;
};

// ------------------------------------------------------------------ statement

typedef enum sl_cypher_mode { SL_CYPHER_RUN, SL_CYPHER_EXPLAIN, SL_CYPHER_PROFILE } sl_cypher_mode;

// What the analysis knows of the values in a slot.
typedef enum sl_cypher_type {
  SL_CYPHER_TYPE_ANY, // nothing
  SL_CYPHER_TYPE_NODE,
  SL_CYPHER_TYPE_RELATIONSHIP,
  SL_CYPHER_TYPE_RELATIONSHIPS, // a list of them
  SL_CYPHER_TYPE_PATH,
  SL_CYPHER_TYPE_BOOLEAN,
  SL_CYPHER_TYPE_INTEGER,
  SL_CYPHER_TYPE_FLOAT,
  SL_CYPHER_TYPE_NUMBER, // integer or float
  SL_CYPHER_TYPE_STRING,
  SL_CYPHER_TYPE_LIST,
  SL_CYPHER_TYPE_MAP,
  SL_CYPHER_TYPE_TEMPORAL,
  SL_CYPHER_TYPE_NULL,
} sl_cypher_type; // null is a value of each type

typedef struct sl_cypher_slot {
  sl_cypher_name name; // length 0: not a variable of the text
  uint8_t type;        // sl_cypher_type
} sl_cypher_slot;

typedef struct sl_cypher_statement {
  sl_cypher_name text; // a copy of the query
  uint8_t mode;        // sl_cypher_mode
  bool writes;         // has CREATE, MERGE, SET, REMOVE or DELETE
  sl_cypher_query query;
  uint32_t slot_count;
  sl_cypher_slot *slots;
  uint32_t parameter_count;
  sl_cypher_name *parameters; // each name once, in order of first use
  uint32_t *parameter_begins; // where that is
  uint32_t column_count;      // 0: a query without result
  sl_cypher_name *columns;
  uint32_t *column_slots; // of the first branch; other branches: the items of their RETURN
  size_t bytes;           // of memory that the statement holds
} sl_cypher_statement;

// Inputs and outputs of procedures that CALL may name.
typedef struct sl_cypher_field {
  const char *name; // ends with a zero byte, as all names here
  uint8_t type;     // sl_cypher_type
} sl_cypher_field;

typedef struct sl_cypher_procedure {
  const char *name; // "db.labels"
  uint32_t input_count, output_count;
  const sl_cypher_field *inputs, *outputs;
} sl_cypher_procedure;

// What a query is checked against. Zeroed: no procedures, parameters unknown. Only read during the
// call.
typedef struct sl_cypher_setting {
  uint32_t procedure_count;
  const sl_cypher_procedure *procedures;
  bool parameters_known; // a parameter that CALL name (without parentheses) needs and that is not
                         // among these is refused
  uint32_t parameter_count;
  const char *const *parameters;
} sl_cypher_setting;

#define SL_CYPHER_MOST_TEXT (1u << 24) // bytes of a query

// Parses and checks a query. Safe on untrusted bytes.
//   text      length bytes of UTF-8; at most SL_CYPHER_MOST_TEXT
//   setting   or NULL
//   out       written: the statement, or NULL on failure
//   problem   written when ERR_PARSE is returned
//   Errors: ERR_PARSE ("text": the query is refused, `problem` says why), ERR_RANGE ("length"),
//   ERR_MEMORY. O(length * depth). Allocates.
sl_status sl_cypher_parse(const char *text, size_t length, const sl_cypher_setting *setting,
                          sl_cypher_statement **out, sl_cypher_problem *problem);

// Frees a statement and all it points to. NULL is allowed.
void sl_cypher_destroy(sl_cypher_statement *statement);

#endif
