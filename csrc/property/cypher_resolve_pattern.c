// Patterns: which names they bind, which they make, and what may not be created.
#include "property/cypher_scope.h"

static bool refuse(sl_cypher_analysis *a, sl_cypher_detail detail, uint32_t position,
                   const char *what) {
  return sl_cypher_refuse_syntax(a->parser, detail, position, what) != NULL;
}

static bool refuse_name(sl_cypher_analysis *a, sl_cypher_detail detail, uint32_t position,
                        sl_cypher_name name, const char *after) {
  return sl_cypher_refuse_name(a->parser, detail, position, "Variable ", name, after) != NULL;
}

static bool is_update(sl_cypher_use use) {
  return use == SL_CYPHER_USE_CREATE || use == SL_CYPHER_USE_MERGE;
}

static bool undefined(sl_cypher_analysis *a, uint32_t position, sl_cypher_name name) {
  return refuse_name(a, SL_CYPHER_UNDEFINED_VARIABLE, position, name,
                     " is not defined: a pattern in a condition makes no variables");
}

static bool declare_node(sl_cypher_analysis *a, sl_cypher_node *n, sl_cypher_use use, bool alone) {
  const uint32_t slot = n->named ? sl_cypher_lookup(a, n->name) : SL_CYPHER_NONE;
  if (slot == SL_CYPHER_NONE) {
    if (n->named && use == SL_CYPHER_USE_PREDICATE) return undefined(a, n->begin, n->name);
    n->slot = n->named ? sl_cypher_declare(a, n->name, SL_CYPHER_IS(NODE))
                       : sl_cypher_slot_make(a, n->name, SL_CYPHER_IS(NODE));
    return n->slot != SL_CYPHER_NONE;
  }
  const uint8_t type = a->known[slot].type;
  if (is_update(use) && (alone || n->label_count > 0 || n->properties != NULL))
    return refuse_name(a, SL_CYPHER_VARIABLE_ALREADY_BOUND, n->begin, n->name,
                       " is bound already: it cannot be created once more");
  if (type != SL_CYPHER_TYPE_NODE && !sl_cypher_is_open(type))
    return refuse_name(a, SL_CYPHER_VARIABLE_TYPE_CONFLICT, n->begin, n->name, " is not a node");
  n->slot = slot;
  n->bound = slot < a->clause_first || use == SL_CYPHER_USE_CREATE;
  return true;
}

static bool may_create(sl_cypher_analysis *a, const sl_cypher_relationship *r, sl_cypher_use use) {
  if (!is_update(use)) return true;
  if (r->variable)
    return refuse(a, SL_CYPHER_CREATING_VAR_LENGTH, r->begin,
                  "A relationship of variable length cannot be created");
  if (r->type_count != 1 || r->where != NULL)
    return refuse(a, SL_CYPHER_NO_SINGLE_RELATIONSHIP_TYPE, r->begin,
                  "A relationship that is created has one type, as in -[:KNOWS]->");
  if (use == SL_CYPHER_USE_CREATE && r->direction == SL_CYPHER_BOTH)
    return refuse(a, SL_CYPHER_REQUIRES_DIRECTED_RELATIONSHIP, r->begin,
                  "A relationship that is created has one direction");
  return true;
}

static bool declare_relationship(sl_cypher_analysis *a, sl_cypher_relationship *r,
                                 sl_cypher_use use) {
  const sl_cypher_known known =
      r->variable ? SL_CYPHER_IS(RELATIONSHIPS) : SL_CYPHER_IS(RELATIONSHIP);
  const uint32_t slot = r->named ? sl_cypher_lookup(a, r->name) : SL_CYPHER_NONE;
  if (is_update(use) && slot != SL_CYPHER_NONE)
    return refuse_name(a, SL_CYPHER_VARIABLE_ALREADY_BOUND, r->begin, r->name,
                       " is bound already: it cannot be created once more");
  if (!may_create(a, r, use)) return false;
  if (slot == SL_CYPHER_NONE) {
    if (r->named && use == SL_CYPHER_USE_PREDICATE) return undefined(a, r->begin, r->name);
    r->slot =
        r->named ? sl_cypher_declare(a, r->name, known) : sl_cypher_slot_make(a, r->name, known);
    return r->slot != SL_CYPHER_NONE;
  }
  const sl_cypher_known old = a->known[slot];
  const bool list =
      r->variable && old.type == SL_CYPHER_TYPE_LIST &&
      (old.element == SL_CYPHER_TYPE_ANY || old.element == SL_CYPHER_TYPE_RELATIONSHIP);
  if (old.type != known.type && !sl_cypher_is_open(old.type) && !list)
    return refuse_name(a, SL_CYPHER_VARIABLE_TYPE_CONFLICT, r->begin, r->name,
                       r->variable ? " is not a list of relationships" : " is not a relationship");
  if (slot >= a->clause_first)
    return refuse_name(a, SL_CYPHER_RELATIONSHIP_UNIQUENESS_VIOLATION, r->begin, r->name,
                       " stands twice: relationships of one pattern are different");
  r->slot = slot;
  r->bound = true;
  return true;
}

static bool resolve_inner(sl_cypher_analysis *a, sl_cypher_expression *properties,
                          sl_cypher_expression *where, uint32_t slot, sl_cypher_use use) {
  if (properties != NULL && properties->kind == SL_CYPHER_PARAMETER && use != SL_CYPHER_USE_CREATE)
    return refuse(a, SL_CYPHER_INVALID_PARAMETER_USE, properties->begin,
                  "A parameter is no pattern of properties: name the keys, as in {key: $value}");
  if (where != NULL && is_update(use))
    return refuse(a, SL_CYPHER_UNEXPECTED_SYNTAX, where->begin,
                  "What is created has labels, and no conditions");
  sl_cypher_resolve(a, properties, false);
  const uint32_t subject = a->subject;
  a->subject = slot;
  sl_cypher_resolve_where(a, where);
  a->subject = subject;
  return a->parser->status == SL_OK;
}

static bool resolve_node(sl_cypher_analysis *a, sl_cypher_node *n, sl_cypher_use use) {
  return resolve_inner(a, n->properties, n->where, n->slot, use);
}

static bool resolve_relationship(sl_cypher_analysis *a, sl_cypher_relationship *r,
                                 sl_cypher_use use) {
  return resolve_inner(a, r->properties, r->where, r->slot, use);
}

// In CREATE and MERGE the properties of an element see what stands before it: nodes from left to
// right, then relationships.
static bool declare_in_order(sl_cypher_analysis *a, sl_cypher_part *part, sl_cypher_use use) {
  for (uint32_t i = 0; i <= part->length; i++)
    if (!resolve_node(a, part->nodes + i, use) ||
        !declare_node(a, part->nodes + i, use, part->length == 0))
      return false;
  for (uint32_t i = 0; i < part->length; i++)
    if (!resolve_relationship(a, part->relationships + i, use) ||
        !declare_relationship(a, part->relationships + i, use))
      return false;
  return true;
}

static bool declare_elements(sl_cypher_analysis *a, sl_cypher_part *part, sl_cypher_use use) {
  if (is_update(use)) return declare_in_order(a, part, use);
  for (uint32_t i = 0; i <= part->length; i++)
    if (!declare_node(a, part->nodes + i, use, false) ||
        (i < part->length && !declare_relationship(a, part->relationships + i, use)))
      return false;
  return true;
}

bool sl_cypher_declare_part(sl_cypher_analysis *a, sl_cypher_part *part, sl_cypher_use use) {
  if (part->shortest != SL_CYPHER_NOT_SHORTEST && is_update(use))
    return refuse(a, SL_CYPHER_UNEXPECTED_SYNTAX, part->begin, "A shortest path is matched only");
  if (!declare_elements(a, part, use)) return false;
  if (part->name.length == 0) return true;
  if (sl_cypher_lookup(a, part->name) != SL_CYPHER_NONE)
    return refuse_name(a, SL_CYPHER_VARIABLE_ALREADY_BOUND, part->begin, part->name,
                       " is bound already: a path needs a name of its own");
  part->slot = sl_cypher_declare(a, part->name, SL_CYPHER_IS(PATH));
  return part->slot != SL_CYPHER_NONE;
}

bool sl_cypher_resolve_part(sl_cypher_analysis *a, sl_cypher_part *part, sl_cypher_use use) {
  if (is_update(use)) return a->parser->status == SL_OK;
  for (uint32_t i = 0; i <= part->length; i++)
    if (!resolve_node(a, part->nodes + i, use) ||
        (i < part->length && !resolve_relationship(a, part->relationships + i, use)))
      return false;
  return true;
}
