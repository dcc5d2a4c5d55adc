// Clauses that change the graph. All rows come first, so that a clause never sees its own changes; only MERGE does.
#include <string.h>

#include "base/memory.h"
#include "property/plan.h"

// ---- plans --------------------------------------------------------------------------------------

static sl_status label_set(sl_run *run, const sl_cypher_name *names, uint32_t count,
                           uint32_t *out) {
  uint32_t *labels;
  SL_TRY(sl_pool_take(&run->plan_pool, (count + 1) * sizeof *labels, &labels));
  for (uint32_t i = 0; i < count; i++)
    SL_TRY(sl_store_label(run->store, names[i].text, names[i].length, &labels[i]));
  return sl_store_set_of(run->store, labels, count, out);
}

// `made` marks the slots that this clause makes: a second mention of one is not made again.
static sl_status plan_part(sl_run *run, const sl_cypher_part *p, bool *made, sl_made_part *out) {
  sl_pool *pool = &run->plan_pool;
  *out =
      (sl_made_part){.path = p->slot, .node_count = p->length + 1, .relationship_count = p->length};
  SL_TRY(sl_pool_take(pool, (p->length + 1) * sizeof *out->nodes, &out->nodes));
  SL_TRY(sl_pool_take(pool, p->length * sizeof *out->relationships, &out->relationships));
  SL_TRY(sl_pool_take(pool, (2 * (size_t)p->length + 1) * sizeof(uint32_t), &out->path_slots));
  for (uint32_t i = 0; i <= p->length; i++) {
    const sl_cypher_node *n = &p->nodes[i];
    sl_made_node *m = &out->nodes[i];
    *m = (sl_made_node){.slot = n->slot, .bound = n->bound || made[n->slot], .begin = n->begin};
    made[n->slot] = true;
    SL_TRY(label_set(run, n->labels, n->label_count, &m->set));
    if (n->properties != NULL) SL_TRY(sl_code_make(run, n->properties, &m->properties));
    out->path_slots[2 * i] = n->slot;
  }
  for (uint32_t i = 0; i < p->length; i++) {
    const sl_cypher_relationship *r = &p->relationships[i];
    sl_made_relationship *m = &out->relationships[i];
    const bool back = r->direction == SL_CYPHER_BACK;
    *m = (sl_made_relationship){.slot = r->slot,
                                .from = p->nodes[back ? i + 1 : i].slot,
                                .to = p->nodes[back ? i : i + 1].slot,
                                .begin = r->begin};
    SL_TRY(sl_store_type(run->store, r->types[0].text, r->types[0].length, &m->type));
    if (r->properties != NULL) SL_TRY(sl_code_make(run, r->properties, &m->properties));
    out->path_slots[2 * i + 1] = r->slot;
  }
  return SL_OK;
}

static sl_status plan_sets(sl_run *run, const sl_cypher_set *sets, uint32_t count, bool removes,
                           sl_assignment **out) {
  SL_TRY(sl_pool_take(&run->plan_pool, count * sizeof **out, out));
  for (uint32_t i = 0; i < count; i++) {
    const sl_cypher_set *s = &sets[i];
    sl_assignment *a = &(*out)[i];
    *a = (sl_assignment){.kind = s->kind, .removes = removes, .begin = s->target->begin};
    SL_TRY(sl_code_make(run, s->target, &a->target));
    if (s->value != NULL) SL_TRY(sl_code_make(run, s->value, &a->value));
    if (s->kind == SL_CYPHER_SET_PROPERTY)
      SL_TRY(sl_store_key(run->store, s->names[0].text, s->names[0].length, &a->key));
    if (s->kind != SL_CYPHER_SET_LABELS) continue;
    a->label_count = s->name_count;
    SL_TRY(sl_pool_take(&run->plan_pool, s->name_count * sizeof(uint32_t), &a->labels));
    for (uint32_t k = 0; k < s->name_count; k++)
      SL_TRY(sl_store_label(run->store, s->names[k].text, s->names[k].length, &a->labels[k]));
  }
  return SL_OK;
}

sl_status sl_plan_update(sl_run *run, sl_pipeline *p, const sl_cypher_clause *c) {
  sl_update *u;
  sl_operator *o;
  bool *made;
  SL_TRY(sl_pool_take(&run->plan_pool, sizeof *u, &u));
  SL_TRY(sl_pool_take(&run->plan_pool, run->statement->slot_count, &made));
  memset(u, 0, sizeof *u);
  memset(made, 0, run->statement->slot_count);
  u->kind = c->kind;
  const sl_cypher_pattern *pattern = c->kind == SL_CYPHER_CREATE  ? &c->create.pattern
                                     : c->kind == SL_CYPHER_MERGE ? &c->merge.pattern
                                                                  : NULL;
  if (pattern != NULL) {
    SL_TRY(sl_pool_take(&run->plan_pool, pattern->count * sizeof *u->parts, &u->parts));
    for (uint32_t i = 0; i < pattern->count; i++) {
      SL_TRY(plan_part(run, pattern->parts[i], made, &u->parts[i]));
      u->part_count++;
    }
  }
  switch (c->kind) {
  case SL_CYPHER_MERGE:
    SL_TRY(plan_sets(run, c->merge.on_create, c->merge.on_create_count, false, &u->on_create));
    SL_TRY(plan_sets(run, c->merge.on_match, c->merge.on_match_count, false, &u->on_match));
    u->on_create_count = c->merge.on_create_count;
    u->on_match_count = c->merge.on_match_count;
    SL_TRY(sl_plan_new(run, 1, &u->match));
    SL_TRY(sl_plan_match(run, &u->match->branches[0], pattern->parts, 1, NULL, false));
    break;
  case SL_CYPHER_SET:
  case SL_CYPHER_REMOVE:
    u->count = c->set.count;
    SL_TRY(plan_sets(run, c->set.items, u->count, c->kind == SL_CYPHER_REMOVE, &u->sets));
    break;
  case SL_CYPHER_DELETE:
    u->detach = c->deletion.detach;
    u->count = c->deletion.count;
    SL_TRY(sl_pool_take(&run->plan_pool, u->count * sizeof(sl_code *), &u->targets));
    for (uint32_t i = 0; i < u->count; i++)
      SL_TRY(sl_code_make(run, c->deletion.targets[i], &u->targets[i]));
    break;
  default:
    break;
  }
  SL_TRY(sl_operator_add(run, p, SL_OP_UPDATE, &o));
  o->update = u;
  return SL_OK;
}

// ---- values -------------------------------------------------------------------------------------

static bool storable(sl_value v) {
  if (v.kind == SL_VALUE_LIST) {
    for (uint32_t i = 0; i < v.as.list->count; i++)
      if (!storable(v.as.list->items[i])) return false;
    return true;
  }
  return v.kind <= SL_VALUE_STRING || v.kind == SL_VALUE_TEMPORAL;
}

static sl_status set_one(sl_run *run, uint32_t begin, sl_what what, uint32_t id, uint32_t key,
                         sl_value v) {
  if (!storable(v))
    return sl_run_fail(run, begin, SL_CYPHER_ERROR_TYPE, SL_CYPHER_INVALID_PROPERTY_TYPE,
                       "Properties are booleans, numbers, strings and lists of them");
  return sl_store_set_property(run->store, what, id, key, v);
}

static sl_status set_map(sl_run *run, uint32_t begin, sl_what what, uint32_t id, sl_value map,
                         bool all) {
  if (map.kind == SL_VALUE_NODE || map.kind == SL_VALUE_RELATIONSHIP)
    SL_TRY(sl_properties_of(run, map.kind == SL_VALUE_NODE ? SL_OF_NODES : SL_OF_RELATIONSHIPS,
                            map.as.id, &map));
  if (map.kind != SL_VALUE_MAP)
    return sl_bad_type(run, begin, "Properties come as a map, a node or a relationship");
  sl_store *s = run->store;
  for (uint32_t k = 0; all && k < s->column_count[what]; k++)
    if (sl_map_find(map.as.map, s->keys.items[k]) == NULL)
      SL_TRY(sl_store_set_property(s, what, id, k, sl_null()));
  for (uint32_t i = 0; i < map.as.map->count; i++) {
    const sl_map_entry *e = &map.as.map->entries[i];
    uint32_t key;
    SL_TRY(sl_store_key(s, e->key->text, e->key->bytes, &key));
    SL_TRY(set_one(run, begin, what, id, key, e->value));
  }
  return SL_OK;
}

// ---- CREATE -------------------------------------------------------------------------------------

static sl_status no_nulls(sl_run *run, uint32_t begin, sl_value map) {
  for (uint32_t i = 0; map.kind == SL_VALUE_MAP && i < map.as.map->count; i++)
    if (sl_is_null(map.as.map->entries[i].value))
      return sl_run_fail(run, begin, SL_CYPHER_ERROR_SEMANTIC, SL_CYPHER_MERGE_READ_OWN_WRITES,
                         "A property in MERGE must not be null: it would never be found again");
  return SL_OK;
}

static sl_status make_part(sl_run *run, const sl_made_part *p) {
  for (uint32_t i = 0; i < p->node_count; i++) {
    const sl_made_node *m = &p->nodes[i];
    uint32_t id;
    if (m->bound) continue;
    sl_value map = sl_null();
    if (m->properties != NULL) SL_TRY(sl_eval(run, m->properties, &map));
    SL_TRY(sl_store_add_node(run->store, m->set, &id));
    if (!sl_is_null(map)) SL_TRY(set_map(run, m->begin, SL_OF_NODES, id, map, false));
    run->row[m->slot] = sl_node(id);
  }
  for (uint32_t i = 0; i < p->relationship_count; i++) {
    const sl_made_relationship *m = &p->relationships[i];
    const sl_value from = run->row[m->from], to = run->row[m->to];
    uint32_t id;
    if (from.kind != SL_VALUE_NODE || to.kind != SL_VALUE_NODE)
      return sl_bad_type(run, m->begin, "A relationship needs two nodes, and one of them is null");
    if (!sl_node_is_live(run->store, from.as.id) || !sl_node_is_live(run->store, to.as.id))
      return sl_run_fail(run, m->begin, SL_CYPHER_ERROR_ENTITY_NOT_FOUND,
                         SL_CYPHER_DELETED_ENTITY_ACCESS,
                         "One of the nodes was deleted before in the query");
    sl_value map = sl_null();
    if (m->properties != NULL) SL_TRY(sl_eval(run, m->properties, &map));
    SL_TRY(sl_store_add_relationship(run->store, m->type, from.as.id, to.as.id, &id));
    if (!sl_is_null(map)) SL_TRY(set_map(run, m->begin, SL_OF_RELATIONSHIPS, id, map, false));
    run->row[m->slot] = sl_relationship(id);
  }
  if (p->path == SL_CYPHER_NONE) return SL_OK;
  return sl_path_of(run, p->path_slots, 2 * p->relationship_count + 1, &run->row[p->path]);
}

// ---- SET, REMOVE, DELETE ------------------------------------------------------------------------

static sl_status set_labels(sl_run *run, const sl_assignment *a, uint32_t node) {
  sl_store *s = run->store;
  const sl_label_set *before = &s->sets[s->node_set[node]];
  uint32_t *labels, count = 0, set;
  SL_TRY(SL_ALLOC(&labels, (size_t)before->count + a->label_count + 1));
  for (uint32_t i = 0; i < before->count; i++) {
    bool keep = true;
    for (uint32_t k = 0; a->removes && k < a->label_count; k++)
      keep = keep && before->labels[i] != a->labels[k];
    if (keep) labels[count++] = before->labels[i];
  }
  for (uint32_t k = 0; !a->removes && k < a->label_count; k++) labels[count++] = a->labels[k];
  sl_status status = sl_store_set_of(s, labels, count, &set);
  if (status == SL_OK) status = sl_store_set_labels(s, node, set);
  sl_free(labels);
  return status;
}

static sl_status assign(sl_run *run, const sl_assignment *a) {
  sl_value target, value = sl_null();
  SL_TRY(sl_eval(run, a->target, &target));
  if (a->value != NULL) SL_TRY(sl_eval(run, a->value, &value));
  if (sl_is_null(target)) return SL_OK;
  const bool node = target.kind == SL_VALUE_NODE;
  if (!node && target.kind != SL_VALUE_RELATIONSHIP)
    return sl_bad_type(run, a->begin, "Only nodes and relationships can be changed");
  SL_TRY(sl_require_alive(run, a->target, target));
  const sl_what what = node ? SL_OF_NODES : SL_OF_RELATIONSHIPS;
  switch (a->kind) {
  case SL_CYPHER_SET_LABELS:
    if (!node) return sl_bad_type(run, a->begin, "Only nodes have labels");
    return set_labels(run, a, target.as.id);
  case SL_CYPHER_SET_PROPERTY:
    return set_one(run, a->begin, what, target.as.id, a->key, value);
  default:
    if (sl_is_null(value) && a->kind == SL_CYPHER_SET_SOME) return SL_OK;
    return set_map(run, a->begin, what, target.as.id, value, a->kind == SL_CYPHER_SET_ALL);
  }
}

static sl_status assign_all(sl_run *run, const sl_assignment *sets, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) SL_TRY(assign(run, &sets[i]));
  return SL_OK;
}

static sl_status delete_relationship(sl_run *run, uint32_t id) {
  return sl_rel_is_live(run->store, id) ? sl_store_delete_relationship(run->store, id) : SL_OK;
}

static sl_status delete_node(sl_run *run, uint32_t id, bool detach) {
  sl_store *s = run->store;
  const sl_types all = {NULL, 0};
  if (!sl_node_is_live(s, id)) return SL_OK;
  if (detach) {
    sl_walk walk;
    uint32_t other, r;
    sl_walk_begin(&walk, s, id, SL_TOWARDS_BOTH, &all);
    while (sl_walk_next(&walk, &other, &r)) SL_TRY(sl_store_delete_relationship(s, r));
  }
  return sl_store_delete_node(s, id);
}

static sl_status delete_value(sl_run *run, const sl_code *c, sl_value v, bool detach) {
  switch (v.kind) {
  case SL_VALUE_NULL:
    return SL_OK;
  case SL_VALUE_NODE:
    return delete_node(run, v.as.id, detach);
  case SL_VALUE_RELATIONSHIP:
    return delete_relationship(run, v.as.id);
  case SL_VALUE_PATH:
    for (uint32_t i = 0; i < v.as.path->length; i++)
      SL_TRY(delete_relationship(run, v.as.path->ids[2 * i + 1]));
    for (uint32_t i = 0; i <= v.as.path->length; i++)
      SL_TRY(delete_node(run, v.as.path->ids[2 * i], detach));
    return SL_OK;
  default:
    return sl_bad_type(run, c->begin, "Only nodes, relationships and paths can be deleted");
  }
}

// ---- rows ---------------------------------------------------------------------------------------

static sl_status keep_row(sl_run *run, sl_operator *o) {
  return sl_table_add(&o->distinct.table, run->row, o->slots, o->slot_count, NULL);
}

static sl_status merge(sl_run *run, sl_operator *o) {
  const sl_update *u = o->update;
  const sl_made_part *p = &u->parts[0];
  sl_step_result step = SL_ROW;
  sl_value map;
  for (uint32_t i = 0; i < p->node_count; i++) {
    if (p->nodes[i].bound && run->row[p->nodes[i].slot].kind == SL_VALUE_NULL)
      return sl_bad_type(run, p->nodes[i].begin, "MERGE needs nodes, and this one is null");
    if (p->nodes[i].properties == NULL) continue;
    SL_TRY(sl_eval(run, p->nodes[i].properties, &map));
    SL_TRY(no_nulls(run, p->nodes[i].begin, map));
  }
  for (uint32_t i = 0; i < p->relationship_count; i++) {
    if (p->relationships[i].properties == NULL) continue;
    SL_TRY(sl_eval(run, p->relationships[i].properties, &map));
    SL_TRY(no_nulls(run, p->relationships[i].begin, map));
  }
  const uint32_t before = o->distinct.table.count;
  const bool could_not = run->cannot_pause;
  run->cannot_pause = true;
  sl_plan_reset(u->match);
  sl_status status = SL_OK;
  while (status == SL_OK) {
    status = sl_plan_step(run, u->match, &step);
    if (status != SL_OK || step != SL_ROW) break;
    status = keep_row(run, o);
  }
  run->cannot_pause = could_not;
  SL_TRY(status);
  // What ON MATCH changes must not be seen by the matching itself.
  for (uint32_t i = before; i < o->distinct.table.count && u->on_match_count > 0; i++) {
    for (uint32_t k = 0; k < o->slot_count; k++)
      run->row[o->slots[k]] = o->distinct.table.rows[i][k];
    SL_TRY(assign_all(run, u->on_match, u->on_match_count));
  }
  if (o->distinct.table.count > before) return SL_OK;
  SL_TRY(make_part(run, p));
  SL_TRY(assign_all(run, u->on_create, u->on_create_count));
  return keep_row(run, o);
}

static sl_status apply(sl_run *run, sl_operator *o) {
  const sl_update *u = o->update;
  switch (u->kind) {
  case SL_CYPHER_MERGE:
    return merge(run, o);
  case SL_CYPHER_CREATE:
    for (uint32_t i = 0; i < u->part_count; i++) SL_TRY(make_part(run, &u->parts[i]));
    break;
  case SL_CYPHER_DELETE:
    for (uint32_t i = 0; i < u->count; i++) {
      sl_value v;
      SL_TRY(sl_eval(run, u->targets[i], &v));
      SL_TRY(delete_value(run, u->targets[i], v, u->detach));
    }
    break;
  default:
    SL_TRY(assign_all(run, u->sets, u->count));
  }
  return keep_row(run, o);
}

sl_status sl_update_apply(sl_run *run, sl_operator *o, sl_step_result *out) {
  while (!o->started) {
    if (o->at == o->table.count) {
      o->started = true;
      o->at = 0;
      sl_table_free(&o->table);
      break;
    }
    const sl_value *row = o->table.rows[o->at++];
    for (uint32_t k = 0; k < o->slot_count; k++) run->row[o->slots[k]] = row[k];
    SL_TRY(apply(run, o));
    run->work += 4;
    if (sl_over_budget(run)) {
      *out = SL_PAUSE;
      return SL_OK;
    }
  }
  *out = SL_END;
  if (o->at >= o->distinct.table.count) return SL_OK;
  const sl_value *row = o->distinct.table.rows[o->at++];
  for (uint32_t k = 0; k < o->slot_count; k++) run->row[o->slots[k]] = row[k];
  *out = SL_ROW;
  return SL_OK;
}
