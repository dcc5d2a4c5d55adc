// Making plans out of the tree of a statement.
#ifndef SL_PROPERTY_PLAN_H
#define SL_PROPERTY_PLAN_H

#include "property/run.h"

// Code of expressions; all of it in run->plan_pool. Errors: ERR_MEMORY, ERR_ARGUMENT ("query").
sl_status sl_code_new(sl_run *run, uint8_t kind, uint32_t count, sl_code **out);
sl_status sl_code_variable(sl_run *run, uint32_t slot, sl_code **out);
sl_status sl_code_labels(sl_run *run, uint32_t slot, const sl_cypher_name *names, uint32_t count,
                         sl_code **out);
sl_status sl_code_property_equals(sl_run *run, uint32_t slot, sl_cypher_name key,
                                  const sl_cypher_expression *value, sl_code **out);
sl_status sl_code_aggregate(sl_run *run, const sl_cypher_expression *e, sl_code **out);

// Whether an expression reads one of the marked slots.
bool sl_reads(const sl_cypher_expression *e, const bool *slots);
// Whether it has the same value whenever it is evaluated on the same row and store, and no subquery in it.
bool sl_is_steady(const sl_cypher_expression *e);

// A new operator at the end of a pipeline.
sl_status sl_operator_add(sl_run *run, sl_pipeline *p, sl_operator_kind kind, sl_operator **out);
sl_status sl_plan_new(sl_run *run, uint32_t branches, sl_plan **out);

// A comparison of a property of a node with something else, as it is written: `property` `op` `value`.
typedef struct sl_range {
  uint8_t op;
  const sl_cypher_expression *property, *value;
} sl_range;
enum { SL_MOST_BOUNDS = 8 };
// Those that a condition asks for with AND: at most SL_MOST_BOUNDS with the `count` that there are. Returns how many then.
uint32_t sl_ranges_of(const sl_cypher_expression *e, uint32_t slot, sl_range *out, uint32_t count);
// Gives them to a scan, with room for one more.
sl_status sl_bounds_add(sl_run *run, sl_operator *o, const sl_range *ranges, uint32_t count);
// b `op'` a where a `op` b.
uint8_t sl_turned(uint8_t op);

// Operators that bind a pattern.
//   keeps    tests of single nodes may be remembered: the graph does not change while it is matched
sl_status sl_plan_match(sl_run *run, sl_pipeline *p, sl_cypher_part *const *parts, uint32_t count,
                        const sl_cypher_expression *where, bool keeps);

sl_status sl_plan_update(sl_run *run, sl_pipeline *p, const sl_cypher_clause *clause);

#endif
