// Names that are visible, and the slots of a query while it is analysed.
#ifndef SL_PROPERTY_CYPHER_SCOPE_H
#define SL_PROPERTY_CYPHER_SCOPE_H

#include "property/cypher_tree.h"

// A stack of names; the last one of several that are the same is found. Zeroed: empty.
typedef struct sl_cypher_visible {
  sl_cypher_name name;
  uint32_t hash, slot;
  uint32_t below; // the next older entry of the same bucket
} sl_cypher_visible;

typedef struct sl_cypher_names {
  sl_cypher_visible *entries;
  uint32_t *buckets; // the newest entry of each, or NONE; as many as `capacity`
  uint32_t count, capacity;
} sl_cypher_names;

// What is known of a value; element: of a LIST.
typedef struct sl_cypher_known {
  uint8_t type, element; // sl_cypher_type
} sl_cypher_known;

typedef struct sl_cypher_analysis {
  sl_cypher_parser *parser;
  sl_cypher_names scope, parameters;
  sl_cypher_slot *slots;
  sl_cypher_known *known; // of each slot
  uint32_t slot_count, slot_capacity;
  uint32_t clause_first; // slots below were there before the clause
  uint32_t scope_base;   // names below belong to the query around this subquery
  uint32_t hidden;       // names below are not allowed here (SKIP, LIMIT); 0: all are
  uint32_t subject;      // slot that label tests inside of a pattern are about
  bool aggregates_allowed, in_aggregate, in_subquery;
} sl_cypher_analysis;

// Lists of aggregating calls are pended in parser->pending while a projection is analysed.

#define SL_CYPHER_NOT_FOUND UINT32_MAX

bool sl_cypher_names_push(sl_cypher_parser *parser, sl_cypher_names *names, sl_cypher_name name,
                          uint32_t slot);
void sl_cypher_names_cut(sl_cypher_names *names, uint32_t count);
// Index of the entry, or NOT_FOUND. O(1) on average.
uint32_t sl_cypher_names_find(const sl_cypher_names *names, sl_cypher_name name);
void sl_cypher_names_free(sl_cypher_names *names);

// A new slot; `name` may be empty. SL_CYPHER_NONE after a failure.
uint32_t sl_cypher_slot_make(sl_cypher_analysis *a, sl_cypher_name name, sl_cypher_known known);
// A new slot whose name is visible from here on.
uint32_t sl_cypher_declare(sl_cypher_analysis *a, sl_cypher_name name, sl_cypher_known known);
// The slot of a visible name, or SL_CYPHER_NONE.
uint32_t sl_cypher_lookup(const sl_cypher_analysis *a, sl_cypher_name name);

// Types.
#define SL_CYPHER_IS(type_) ((sl_cypher_known){SL_CYPHER_TYPE_##type_, SL_CYPHER_TYPE_ANY})
bool sl_cypher_is_number(uint8_t type);
bool sl_cypher_is_list(uint8_t type);
bool sl_cypher_is_open(uint8_t type); // nothing is known, or it is null
sl_cypher_known sl_cypher_element_of(sl_cypher_known list);
uint8_t sl_cypher_common(uint8_t a, uint8_t b); // a type that has the values of both
sl_cypher_known sl_cypher_call_type(sl_cypher_function function, const sl_cypher_known *args,
                                    uint32_t count);
// Is a value of the type refused as the first argument, whatever it is?
bool sl_cypher_call_refuses(sl_cypher_function function, uint8_t type);

// Expressions; `predicate`: a pattern may stand here.
sl_cypher_known sl_cypher_resolve(sl_cypher_analysis *a, sl_cypher_expression *e, bool predicate);
bool sl_cypher_resolve_where(sl_cypher_analysis *a, sl_cypher_expression *e); // NULL is allowed
bool sl_cypher_equal(const sl_cypher_expression *a, const sl_cypher_expression *b);

// Patterns. What a pattern is for says which names it may make.
typedef enum sl_cypher_use {
  SL_CYPHER_USE_MATCH,
  SL_CYPHER_USE_PREDICATE, // no new names
  SL_CYPHER_USE_CREATE,
  SL_CYPHER_USE_MERGE,
} sl_cypher_use;
bool sl_cypher_declare_part(sl_cypher_analysis *a, sl_cypher_part *part, sl_cypher_use use);
bool sl_cypher_resolve_part(sl_cypher_analysis *a, sl_cypher_part *part, sl_cypher_use use);

// Clauses.
bool sl_cypher_resolve_projection(sl_cypher_analysis *a, sl_cypher_clause *clause);
bool sl_cypher_resolve_query(sl_cypher_analysis *a, sl_cypher_query *query);

#endif
