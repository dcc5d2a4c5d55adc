// The order in which a pattern is bound: from the node with the fewest candidates along its relationships, each
// condition as soon as what it reads is there.
#include <string.h>

#include "property/plan.h"

// Of planning one MATCH: a pattern of some 2,000 relationships.
enum { MOST_LOOKS = 1 << 24 };

typedef struct condition {
  const sl_cypher_expression *expression; // of WHERE; or
  sl_code *code;                          // made from a pattern
  const sl_cypher_expression *reads;      // what the code reads beside its slot, or NULL
  uint32_t slot;                          // SL_CYPHER_NONE: of an expression
  bool done, equality;
} condition;

typedef struct matching {
  sl_run *run;
  sl_pipeline *pipeline;
  sl_cypher_part *const *parts;
  uint32_t part_count;
  bool *pending; // of each slot of the statement: bound by this pattern, later
  bool *only;    // scratch: one slot
  bool keeps;
  condition *conditions;
  uint32_t condition_count;
  const sl_cypher_relationship **bound_relationships; // for their differing
  uint32_t bound_count;
  bool **done; // relationships of each part
} matching;

// ---- conditions ---------------------------------------------------------------------------------

static bool waits(const matching *m, const condition *c) {
  if (c->slot != SL_CYPHER_NONE && m->pending[c->slot]) return true;
  if (c->reads != NULL && sl_reads(c->reads, m->pending)) return true;
  return c->expression != NULL && sl_reads(c->expression, m->pending);
}

// n.key = value, either way round.
static const sl_cypher_expression *equality_value(const sl_cypher_expression *e, uint32_t slot,
                                                  const sl_cypher_expression **property) {
  if (e->kind != SL_CYPHER_COMPARE || e->count != 2 || e->ops[0] != SL_CYPHER_EQUAL) return NULL;
  for (int i = 0; i < 2; i++) {
    const sl_cypher_expression *p = e->args[i];
    if (p->kind != SL_CYPHER_PROPERTY || p->args[0]->kind != SL_CYPHER_VARIABLE) continue;
    if (p->args[0]->slot != slot) continue;
    *property = p;
    return e->args[1 - i];
  }
  return NULL;
}

static sl_status code_of(matching *m, condition *c) {
  return c->code != NULL ? SL_OK : sl_code_make(m->run, c->expression, &c->code);
}

static sl_status filter(matching *m, condition *c) {
  sl_operator *o;
  SL_TRY(code_of(m, c));
  SL_TRY(sl_operator_add(m->run, m->pipeline, SL_OP_FILTER, &o));
  o->code = c->code;
  c->done = true;
  return SL_OK;
}

// Reads nothing that changes from row to row but this slot.
static bool reads_only(matching *m, const condition *c, uint32_t slot) {
  const uint32_t slots = m->run->statement->slot_count;
  if (c->slot != SL_CYPHER_NONE && c->slot != slot) return false;
  const sl_cypher_expression *e = c->expression != NULL ? c->expression : c->reads;
  if (e == NULL) return true;
  if (!sl_is_steady(e)) return false;
  memset(m->only, 1, slots * sizeof *m->only);
  m->only[slot] = false;
  return !sl_reads(e, m->only);
}

// Conditions that can be tested now. Those of a node or a relationship alone go to the operator that finds it.
static sl_status flush(matching *m, sl_operator *finds) {
  for (uint32_t i = 0; finds != NULL && m->keeps && i < m->condition_count; i++) {
    condition *c = &m->conditions[i];
    if (c->done || waits(m, c)) continue;
    for (int what = 0; what < 2 && !c->done; what++) {
      sl_test *t = &finds->tests[what];
      if (what == SL_OF_RELATIONSHIPS && finds->kind == SL_OP_SCAN) break;
      t->what = (uint8_t)what;
      t->slot = what == SL_OF_NODES ? finds->to : finds->relationship;
      if (!reads_only(m, c, t->slot)) continue;
      SL_TRY(code_of(m, c));
      SL_TRY(sl_test_also(m->run, t, c->code));
      c->done = true;
    }
  }
  for (uint32_t i = 0; i < m->condition_count; i++)
    if (!m->conditions[i].done && !waits(m, &m->conditions[i]))
      SL_TRY(filter(m, &m->conditions[i]));
  return SL_OK;
}

static uint32_t most_conditions(const sl_cypher_part *p) {
  uint32_t count = 0;
  for (uint32_t i = 0; i <= p->length; i++)
    count += 2 + (p->nodes[i].properties != NULL ? p->nodes[i].properties->count + 1 : 0);
  for (uint32_t i = 0; i < p->length; i++)
    count += 1 + (p->relationships[i].properties != NULL ? p->relationships[i].properties->count + 1
                                                         : 0);
  return count;
}

static void add_condition(matching *m, condition c) { m->conditions[m->condition_count++] = c; }

// Properties of a pattern: one condition a key, or all at once where they come as a parameter.
static sl_status of_map(matching *m, uint32_t slot, const sl_cypher_expression *map) {
  if (map == NULL) return SL_OK;
  sl_code *code;
  if (map->kind != SL_CYPHER_MAP) {
    SL_TRY(sl_code_new(m->run, SL_CODE_HAS_MAP, 2, &code));
    code->begin = map->begin;
    SL_TRY(sl_code_variable(m->run, slot, &code->args[0]));
    SL_TRY(sl_code_make(m->run, map, &code->args[1]));
    add_condition(m, (condition){.code = code, .reads = map, .slot = slot});
    return SL_OK;
  }
  for (uint32_t i = 0; i < map->count; i++) {
    SL_TRY(sl_code_property_equals(m->run, slot, map->names[i], map->args[i], &code));
    add_condition(m,
                  (condition){.code = code, .reads = map->args[i], .slot = slot, .equality = true});
  }
  return SL_OK;
}

static sl_status collect(matching *m, const sl_cypher_part *p) {
  for (uint32_t i = 0; i <= p->length; i++) {
    const sl_cypher_node *n = &p->nodes[i];
    if (n->label_count > 0) {
      sl_code *code;
      SL_TRY(sl_code_labels(m->run, n->slot, n->labels, n->label_count, &code));
      add_condition(m, (condition){.code = code, .slot = n->slot});
    }
    SL_TRY(of_map(m, n->slot, n->properties));
    if (n->where != NULL) add_condition(m, (condition){.expression = n->where, .slot = n->slot});
  }
  for (uint32_t i = 0; i < p->length; i++) {
    const sl_cypher_relationship *r = &p->relationships[i];
    if (r->variable || p->shortest != SL_CYPHER_NOT_SHORTEST) continue;
    SL_TRY(of_map(m, r->slot, r->properties));
    if (r->where != NULL) add_condition(m, (condition){.expression = r->where, .slot = r->slot});
  }
  return SL_OK;
}

// ---- where to begin -----------------------------------------------------------------------------

// Comparisons of its properties with what is there already.
static uint32_t ranges_of(const matching *m, const sl_cypher_node *n, sl_range *out) {
  uint32_t count = 0, kept = 0;
  for (uint32_t i = 0; i < m->condition_count; i++)
    if (m->conditions[i].expression != NULL)
      count = sl_ranges_of(m->conditions[i].expression, n->slot, out, count);
  for (uint32_t i = 0; i < count; i++)
    if (sl_is_steady(out[i].value) && !sl_reads(out[i].value, m->pending)) out[kept++] = out[i];
  return kept;
}

static double estimate(matching *m, const sl_cypher_node *n) {
  const sl_store *s = m->run->store;
  double least = s->node_live;
  for (uint32_t i = 0; i < n->label_count; i++) {
    const uint32_t label = sl_names_find(&s->labels, n->labels[i].text, n->labels[i].length);
    const double count = label == SL_NO_NAME ? 0 : sl_label_count(s, label);
    least = count < least ? count : least;
  }
  for (uint32_t i = 0; i < m->condition_count; i++) {
    const condition *c = &m->conditions[i];
    const sl_cypher_expression *property, *value = c->reads;
    bool equal = c->equality && c->slot == n->slot;
    if (c->expression != NULL) {
      value = equality_value(c->expression, n->slot, &property);
      equal = value != NULL;
    }
    if (equal && (value == NULL || !sl_reads(value, m->pending)))
      return least < 1 ? least : least * 1e-3 + 0.5;
  }
  sl_range ranges[SL_MOST_BOUNDS];
  // A third of the nodes is as good a guess as any, and makes a pattern begin at the end that has a condition.
  for (uint32_t i = 0, count = ranges_of(m, n, ranges); i < count && i < 2; i++) least *= 0.3;
  return least;
}

static sl_status begin_at(matching *m, const sl_cypher_node *n) {
  sl_run *run = m->run;
  const sl_store *s = run->store;
  sl_operator *o;
  SL_TRY(sl_operator_add(run, m->pipeline, SL_OP_SCAN, &o));
  o->to = n->slot;
  o->label = SL_NO_NAME;
  o->key = SL_NO_NAME;
  o->estimate = estimate(m, n);
  double least = 0;
  for (uint32_t i = 0; i < n->label_count; i++) {
    const uint32_t label = sl_names_find(&s->labels, n->labels[i].text, n->labels[i].length);
    if (o->label == SL_NO_NAME || sl_label_count(s, label) < least) {
      o->label = label;
      least = sl_label_count(s, label);
    }
  }
  for (uint32_t i = 0; i < m->condition_count && o->kind == SL_OP_SCAN; i++) {
    condition *c = &m->conditions[i];
    const sl_cypher_expression *property = NULL, *value;
    if (c->done) continue;
    if (c->equality && c->slot == n->slot && !sl_reads(c->reads, m->pending)) {
      o->key = c->code->args[0]->names[0];
      o->code = c->code->args[1];
    } else if (c->expression != NULL &&
               (value = equality_value(c->expression, n->slot, &property)) != NULL &&
               !sl_reads(value, m->pending) && sl_is_steady(value)) {
      SL_TRY(sl_store_key(run->store, property->names[0].text, property->names[0].length, &o->key));
      SL_TRY(sl_code_make(run, value, &o->code));
    } else
      continue;
    o->kind = SL_OP_SEEK;
    c->done = true; // it looks at the value itself
  }
  sl_range ranges[SL_MOST_BOUNDS];
  SL_TRY(sl_bounds_add(run, o, ranges, ranges_of(m, n, ranges)));
  // Where a value repeats too often for a table of its places, the order still has them side by side.
  if (o->kind == SL_OP_SEEK)
    o->bounds[o->bound_count++] = (sl_bound){.op = SL_CYPHER_EQUAL, .key = o->key, .code = o->code};
  for (uint32_t i = 0; i < m->condition_count && n->label_count == 1; i++)
    if (m->conditions[i].code != NULL && m->conditions[i].code->kind == SL_CYPHER_HAS_LABELS &&
        m->conditions[i].slot == n->slot && m->conditions[i].code->args[0]->slot == n->slot &&
        m->conditions[i].code->name_count == 1 && m->conditions[i].code->names[0] == o->label)
      m->conditions[i].done = true;
  m->pending[n->slot] = false;
  return flush(m, o->kind == SL_OP_SCAN ? o : NULL);
}

// ---- along relationships ------------------------------------------------------------------------

static sl_status types_of(sl_run *run, const sl_cypher_relationship *r, sl_types *out) {
  uint32_t *ids;
  SL_TRY(sl_pool_take(&run->plan_pool, r->type_count * sizeof *ids, &ids));
  for (uint32_t i = 0; i < r->type_count; i++)
    SL_TRY(sl_store_type(run->store, r->types[i].text, r->types[i].length, &ids[i]));
  *out = (sl_types){ids, r->type_count};
  return SL_OK;
}

static sl_towards towards_of(const sl_cypher_relationship *r, bool backwards) {
  if (r->direction == SL_CYPHER_BOTH) return SL_TOWARDS_BOTH;
  return (r->direction == SL_CYPHER_OUT) != backwards ? SL_TOWARDS_OUT : SL_TOWARDS_IN;
}

// Conditions on each relationship of a path, on a slot of their own.
static sl_status hop_conditions(matching *m, const sl_cypher_relationship *r, sl_operator *o) {
  if (r->properties == NULL && r->where == NULL) return SL_OK;
  o->hop_slot = r->slot;
  if (r->properties != NULL) {
    o->hop_slot = m->run->slot_count++;
    SL_TRY(sl_code_new(m->run, SL_CODE_HAS_MAP, 2, &o->where));
    o->where->begin = r->properties->begin;
    SL_TRY(sl_code_variable(m->run, o->hop_slot, &o->where->args[0]));
    return sl_code_make(m->run, r->properties, &o->where->args[1]);
  }
  return sl_code_make(m->run, r->where, &o->where);
}

// Two relationships of a pattern that have a type in common.
static bool may_be_same(const sl_cypher_relationship *a, const sl_cypher_relationship *b) {
  if (a == b || a->slot == b->slot) return false;
  if (a->type_count == 0 || b->type_count == 0) return true;
  for (uint32_t i = 0; i < a->type_count; i++)
    for (uint32_t k = 0; k < b->type_count; k++)
      if (a->types[i].length == b->types[k].length &&
          memcmp(a->types[i].text, b->types[k].text, a->types[i].length) == 0)
        return true;
  return false;
}

// The neighbour that was found last is joined to a node that was there before: only those that both have need be looked at.
static void hint(matching *m, const sl_operator *closing) {
  const sl_pipeline *p = m->pipeline;
  if (p->count < 2 || closing->towards == SL_TOWARDS_BOTH) return;
  sl_operator *before = &p->operators[p->count - 2];
  if (before->kind != SL_OP_EXPAND || before->into || before->list || before->hinted ||
      before->towards == SL_TOWARDS_BOTH || closing->from == closing->to)
    return;
  const bool from = closing->from == before->to;
  if (!from && closing->to != before->to) return;
  before->hint = from ? closing->to : closing->from;
  if (before->hint == before->to) return;
  const bool out = (closing->towards == SL_TOWARDS_OUT) != from;
  before->hint_towards = out ? SL_TOWARDS_OUT : SL_TOWARDS_IN;
  before->hint_types = closing->types;
  before->hinted = true;
}

static sl_status follow(matching *m, const sl_cypher_part *p, uint32_t i, bool backwards) {
  const sl_cypher_relationship *r = &p->relationships[i];
  const sl_cypher_node *from = &p->nodes[backwards ? i + 1 : i],
                       *to = &p->nodes[backwards ? i : i + 1];
  sl_operator *o;
  SL_TRY(sl_operator_add(m->run, m->pipeline, r->variable ? SL_OP_VARIABLE : SL_OP_EXPAND, &o));
  o->from = from->slot;
  o->to = to->slot;
  o->relationship = r->slot;
  o->towards = (uint8_t)towards_of(r, backwards);
  o->swapped = backwards;
  o->into = !m->pending[to->slot];
  o->list = !m->pending[r->slot]; // the relationship is there already
  o->least = r->least;
  o->most = r->most;
  SL_TRY(types_of(m->run, r, &o->types));
  if (r->variable) SL_TRY(hop_conditions(m, r, o));
  SL_TRY(sl_pool_take(&m->run->plan_pool, m->bound_count * sizeof(uint32_t), &o->unlike));
  for (uint32_t k = 0; k < m->bound_count; k++)
    if (may_be_same(m->bound_relationships[k], r))
      o->unlike[o->unlike_count++] = m->bound_relationships[k]->slot;
  m->bound_relationships[m->bound_count++] = r;
  o->wanted = r->named || p->slot != SL_CYPHER_NONE;
  for (uint32_t k = 0; k < m->part_count && !o->wanted; k++)
    for (uint32_t j = 0; j < m->parts[k]->length; j++)
      o->wanted |= may_be_same(&m->parts[k]->relationships[j], r);
  m->pending[to->slot] = false;
  m->pending[r->slot] = false;
  m->done[0][i] = true;
  if (o->into && !r->variable && !o->list) hint(m, o);
  return flush(m, o->into || r->variable ? NULL : o);
}

// Both ends of a relationship that is bound where none of them is.
static sl_status ends_of(matching *m, const sl_cypher_part *p, uint32_t i) {
  const sl_cypher_relationship *r = &p->relationships[i];
  sl_operator *o;
  SL_TRY(sl_operator_add(m->run, m->pipeline, SL_OP_ENDS, &o));
  o->relationship = r->slot;
  o->from = p->nodes[i].slot;
  o->to = p->nodes[i + 1].slot;
  o->towards = (uint8_t)towards_of(r, false);
  SL_TRY(types_of(m->run, r, &o->types));
  SL_TRY(sl_pool_take(&m->run->plan_pool, m->bound_count * sizeof(uint32_t), &o->unlike));
  for (uint32_t k = 0; k < m->bound_count; k++)
    if (may_be_same(m->bound_relationships[k], r))
      o->unlike[o->unlike_count++] = m->bound_relationships[k]->slot;
  m->bound_relationships[m->bound_count++] = r;
  m->pending[o->from] = m->pending[o->to] = false;
  return flush(m, NULL);
}

static double fan_out(const matching *m, const sl_cypher_relationship *r) {
  const sl_store *s = m->run->store;
  double count = r->type_count == 0 ? s->rel_live : 0;
  for (uint32_t i = 0; i < r->type_count; i++) {
    const uint32_t type = sl_names_find(&s->types, r->types[i].text, r->types[i].length);
    count += type == SL_NO_NAME ? 0 : sl_type_count(s, type);
  }
  if (r->direction == SL_CYPHER_BOTH) count *= 2;
  count /= s->node_live > 0 ? s->node_live : 1;
  return r->variable ? count * count + 1 : count;
}

// The next relationship with an end that is bound: the one that leaves the fewest rows.
static bool next_step(matching *m, uint32_t *part, uint32_t *at, bool *backwards) {
  double best = 0;
  bool found = false;
  for (uint32_t k = 0; k < m->part_count; k++) {
    const sl_cypher_part *p = m->parts[k];
    if (p->shortest != SL_CYPHER_NOT_SHORTEST) continue;
    for (uint32_t i = 0; i < p->length; i++) {
      if (m->done[k][i]) continue;
      const bool left = !m->pending[p->nodes[i].slot], right = !m->pending[p->nodes[i + 1].slot];
      if (!left && !right) continue;
      const sl_cypher_relationship *r = &p->relationships[i];
      double cost = left && right ? -1e18 + fan_out(m, r) : fan_out(m, r);
      if (!m->pending[r->slot]) cost = -2e18;
      if (!left || !right) {
        const sl_cypher_node *far = &p->nodes[left ? i + 1 : i];
        const double all = m->run->store->node_live;
        cost *= all > 0 ? (estimate(m, far) + 1e-3 * all) / all : 1;
      }
      if (found && cost >= best) continue;
      found = true;
      best = cost;
      *part = k;
      *at = i;
      *backwards = !left;
    }
  }
  return found;
}

static bool next_begin(matching *m, const sl_cypher_node **out, uint32_t *part, uint32_t *at) {
  double best = 0;
  *out = NULL;
  for (uint32_t k = 0; k < m->part_count; k++) {
    const sl_cypher_part *p = m->parts[k];
    for (uint32_t i = 0; i < p->length && p->shortest == SL_CYPHER_NOT_SHORTEST; i++) {
      if (m->done[k][i] || m->pending[p->relationships[i].slot] || p->relationships[i].variable)
        continue;
      *part = k;
      *at = i;
      return true;
    }
    for (uint32_t i = 0; i <= p->length; i++) {
      if (!m->pending[p->nodes[i].slot]) continue;
      const double cost = estimate(m, &p->nodes[i]);
      if (*out != NULL && cost >= best) continue;
      best = cost;
      *out = &p->nodes[i];
    }
  }
  return *out != NULL;
}

static sl_status walk_all(matching *m) {
  for (;;) {
    uint32_t part = 0, at = 0;
    bool backwards = false;
    const sl_cypher_node *begin;
    if (next_step(m, &part, &at, &backwards)) {
      bool *first = m->done[0];
      m->done[0] = m->done[part];
      const sl_status status = follow(m, m->parts[part], at, backwards);
      m->done[0] = first;
      SL_TRY(status);
      m->done[part][at] = true;
    } else if (next_begin(m, &begin, &part, &at)) {
      if (begin != NULL)
        SL_TRY(begin_at(m, begin));
      else {
        SL_TRY(ends_of(m, m->parts[part], at));
        m->done[part][at] = true;
      }
    } else
      return SL_OK;
  }
}

static sl_status paths_of(matching *m, const sl_cypher_part *p) {
  sl_operator *o;
  if (p->shortest != SL_CYPHER_NOT_SHORTEST) {
    const sl_cypher_relationship *r = &p->relationships[0];
    SL_TRY(sl_operator_add(m->run, m->pipeline, SL_OP_SHORTEST, &o));
    o->from = p->nodes[0].slot;
    o->to = p->nodes[1].slot;
    o->relationship = r->slot;
    o->towards = (uint8_t)towards_of(r, false);
    o->least = r->variable ? r->least : 1;
    o->most = r->variable ? r->most : 1;
    o->shortest = p->shortest;
    o->list = r->variable;
    SL_TRY(types_of(m->run, r, &o->types));
    SL_TRY(hop_conditions(m, r, o));
    o->slot = p->slot == SL_CYPHER_NONE ? m->run->slot_count++ : p->slot;
    m->pending[r->slot] = false;
  } else {
    if (p->slot == SL_CYPHER_NONE) return SL_OK;
    SL_TRY(sl_operator_add(m->run, m->pipeline, SL_OP_PATH, &o));
    o->slot = p->slot;
    o->slot_count = 2 * p->length + 1;
    SL_TRY(sl_pool_take(&m->run->plan_pool, o->slot_count * sizeof(uint32_t), &o->slots));
    for (uint32_t i = 0; i <= p->length; i++) {
      o->slots[2 * i] = p->nodes[i].slot;
      if (i < p->length) o->slots[2 * i + 1] = p->relationships[i].slot;
    }
  }
  if (p->slot != SL_CYPHER_NONE) m->pending[p->slot] = false;
  return flush(m, NULL);
}

static void mark(matching *m, const sl_cypher_part *p) {
  for (uint32_t i = 0; i <= p->length; i++)
    if (!p->nodes[i].bound) m->pending[p->nodes[i].slot] = true;
  for (uint32_t i = 0; i < p->length; i++)
    if (!p->relationships[i].bound) m->pending[p->relationships[i].slot] = true;
  if (p->slot != SL_CYPHER_NONE) m->pending[p->slot] = true;
}

sl_status sl_plan_match(sl_run *run, sl_pipeline *pipeline, sl_cypher_part *const *parts,
                        uint32_t count, const sl_cypher_expression *where, bool keeps) {
  matching m = {
      .run = run, .pipeline = pipeline, .parts = parts, .part_count = count, .keeps = keeps};
  sl_pool *pool = &run->plan_pool;
  const uint32_t slots = run->statement->slot_count;
  uint32_t conditions = where == NULL                  ? 0
                        : where->kind == SL_CYPHER_AND ? where->count
                                                       : 1,
           relationships = 0;
  SL_TRY(sl_pool_take(pool, slots * sizeof(bool), &m.pending));
  SL_TRY(sl_pool_take(pool, slots * sizeof(bool), &m.only));
  SL_TRY(sl_pool_take(pool, count * sizeof(bool *), &m.done));
  memset(m.pending, 0, slots * sizeof(bool));
  for (uint32_t k = 0; k < count; k++) {
    conditions += most_conditions(parts[k]);
    relationships += parts[k]->length;
    SL_TRY(sl_pool_take(pool, parts[k]->length * sizeof(bool), &m.done[k]));
    memset(m.done[k], 0, parts[k]->length * sizeof(bool));
    mark(&m, parts[k]);
  }
  // Each step looks at all relationships and conditions.
  SL_REQUIRE((uint64_t)(relationships + count) * (relationships + conditions) <= MOST_LOOKS,
             SL_ERR_OVERFLOW, "query", "a query with fewer clauses and patterns");
  SL_TRY(sl_pool_take(pool, conditions * sizeof(condition), &m.conditions));
  SL_TRY(sl_pool_take(pool, relationships * sizeof(void *), &m.bound_relationships));
  for (uint32_t k = 0; k < count; k++) SL_TRY(collect(&m, parts[k]));
  if (where != NULL && where->kind == SL_CYPHER_AND) {
    for (uint32_t i = 0; i < where->count; i++)
      add_condition(&m, (condition){.expression = where->args[i], .slot = SL_CYPHER_NONE});
  } else if (where != NULL)
    add_condition(&m, (condition){.expression = where, .slot = SL_CYPHER_NONE});
  SL_TRY(flush(&m, NULL));
  SL_TRY(walk_all(&m));
  for (uint32_t k = 0; k < count; k++) SL_TRY(paths_of(&m, parts[k]));
  return SL_OK;
}
