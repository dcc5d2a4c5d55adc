#include "property/store.h"

#include <string.h>

#include "base/memory.h"

#define MOST_IDS (1u << 30)

// Room for one more element of an array, doubling.
static sl_status room_for(void **block, uint32_t *room, uint64_t count, size_t size) {
  if (count <= *room) return SL_OK;
  uint64_t wanted = *room < 16 ? 16 : (uint64_t)*room * 2;
  if (wanted < count) wanted = count;
  SL_TRY(sl_realloc(block, (size_t)wanted, size));
  *room = (uint32_t)wanted;
  return SL_OK;
}

// ---- names and sets of labels -------------------------------------------------------------------

// Zeros for names that have not been counted yet.
static sl_status room_for_counts(uint32_t **counts, uint32_t *room, uint64_t names) {
  const uint32_t before = *room;
  if (names <= before) return SL_OK;
  SL_TRY(room_for((void **)counts, room, names, sizeof(uint32_t)));
  memset(*counts + before, 0, (*room - before) * sizeof(uint32_t));
  return SL_OK;
}

static sl_status counted_name(sl_names *names, uint32_t **counts, uint32_t *room, const char *text,
                              size_t bytes, uint32_t *out) {
  SL_TRY(room_for_counts(counts, room, (uint64_t)names->count + 1));
  return sl_names_add(names, text, bytes, out);
}

// Names and sets are in common to all states, counts are those of one: a plan that was made while
// another state was asked names labels that this one has never counted.
static sl_status room_for_labels(sl_store *s, uint32_t set) {
  const sl_label_set *x = &s->sets[set];
  const uint64_t names = x->count == 0 ? 0 : (uint64_t)x->labels[x->count - 1] + 1;
  return room_for_counts(&s->label_counts, &s->label_room, names);
}

sl_status sl_store_label(sl_store *s, const char *text, size_t bytes, uint32_t *out) {
  return counted_name(&s->labels, &s->label_counts, &s->label_room, text, bytes, out);
}
sl_status sl_store_type(sl_store *s, const char *text, size_t bytes, uint32_t *out) {
  return counted_name(&s->types, &s->type_counts, &s->type_room, text, bytes, out);
}
sl_status sl_store_key(sl_store *s, const char *text, size_t bytes, uint32_t *out) {
  return sl_names_add(&s->keys, text, bytes, out);
}

bool sl_set_has(const sl_store *s, uint32_t set, uint32_t label) {
  const sl_label_set *x = &s->sets[set];
  for (uint32_t i = 0; i < x->count; i++)
    if (x->labels[i] == label) return true;
  return false;
}

sl_status sl_store_set_of(sl_store *s, const uint32_t *labels, uint32_t count, uint32_t *out) {
  uint32_t *sorted, n = 0;
  SL_TRY(SL_ALLOC(&sorted, (size_t)count + 1));
  for (uint32_t i = 0; i < count; i++) {
    uint32_t at = 0;
    while (at < n && sorted[at] < labels[i]) at++;
    if (at < n && sorted[at] == labels[i]) continue;
    memmove(sorted + at + 1, sorted + at, (n - at) * sizeof *sorted);
    sorted[at] = labels[i];
    n++;
  }
  sl_status status =
      room_for((void **)&s->sets, &s->set_room, (uint64_t)s->set_count + 1, sizeof *s->sets);
  if (status == SL_OK)
    status = sl_names_add(&s->set_names, (const char *)sorted, n * sizeof *sorted, out);
  if (status != SL_OK || *out < s->set_count) {
    sl_free(sorted);
    return status;
  }
  s->sets[s->set_count++] = (sl_label_set){n, sorted};
  return SL_OK;
}

sl_status sl_store_begin(sl_store *s) {
  uint32_t set;
  return sl_store_set_of(s, NULL, 0, &set);
}

static void free_neighbours(sl_neighbours *n) {
  sl_free(n->begin);
  sl_free(n->node);
  sl_free(n->relationship);
  sl_free(n->type);
}

void sl_store_drop(sl_store *s) {
  sl_names_free(&s->labels);
  sl_names_free(&s->types);
  sl_names_free(&s->keys);
  sl_names_free(&s->strings);
  sl_names_free(&s->set_names);
  sl_pool_free(&s->lists);
  sl_free(s->node_set);
  sl_free(s->rel_from);
  sl_free(s->rel_to);
  sl_free(s->rel_type);
  for (uint32_t i = 0; i < s->set_count; i++) sl_free(s->sets[i].labels);
  sl_free(s->sets);
  sl_free(s->label_counts);
  sl_free(s->type_counts);
  for (int w = 0; w < 2; w++) {
    for (uint32_t k = 0; k < s->column_count[w]; k++) sl_column_free(&s->columns[w][k]);
    sl_free(s->columns[w]);
  }
  for (uint32_t k = 0; k < s->index_count; k++) sl_index_free(&s->indexes[k]);
  sl_free(s->indexes);
  sl_declared_free(&s->declared);
  sl_adjacency *a = &s->adjacency;
  free_neighbours(&a->out);
  free_neighbours(&a->in);
  sl_free(a->first_out);
  sl_free(a->first_in);
  sl_free(a->next_out);
  sl_free(a->next_in);
  sl_free(s->log);
  memset(s, 0, sizeof *s);
}

size_t sl_store_held(const sl_store *s) {
  const sl_adjacency *a = &s->adjacency;
  size_t bytes = sl_names_bytes(&s->labels) + sl_names_bytes(&s->types) + sl_names_bytes(&s->keys) +
                 sl_names_bytes(&s->strings) + sl_names_bytes(&s->set_names) + s->lists.bytes +
                 s->node_room * 4u + (size_t)s->rel_room * 12 + s->set_room * sizeof *s->sets +
                 s->log_room * sizeof *s->log;
  bytes += 2 * (((size_t)a->nodes + 1) * 4 + (size_t)a->relationships * 8 + a->first_room * 4u +
                a->next_room * 4u);
  if (a->out.type != NULL) bytes += (size_t)a->relationships * 8;
  for (int w = 0; w < 2; w++)
    for (uint32_t k = 0; k < s->column_count[w]; k++)
      bytes += s->columns[w][k].bytes + sizeof(sl_column);
  for (uint32_t k = 0; k < s->index_count; k++) bytes += sl_index_bytes(&s->indexes[k]);
  return bytes + sl_declared_bytes(&s->declared) + sl_states_bytes(s);
}

// ---- changes ------------------------------------------------------------------------------------

// Room in the log, before anything is changed.
static sl_status may_log(sl_store *s) {
  if (!s->logging) return SL_OK;
  return room_for((void **)&s->log, &s->log_room, (uint64_t)s->log_count + 1, sizeof *s->log);
}

static void note(sl_store *s, sl_change_kind kind, uint32_t id, uint32_t key, sl_value before) {
  s->version++;
  if (!s->logging) return;
  s->log[s->log_count++] = (sl_change){(uint8_t)kind, id, key, before};
}

static uint32_t wanted_room(uint32_t room, uint64_t count) {
  if (count <= room) return room;
  const uint64_t wanted = room < 16 ? 16 : (uint64_t)room * 2;
  return (uint32_t)(wanted < count ? count : wanted);
}

static sl_status room_for_ids(sl_store *s, uint32_t **block, uint32_t *born, uint32_t room,
                              uint32_t used, uint32_t more) {
  const uint32_t wanted = wanted_room(room, (uint64_t)used + more);
  return wanted == room ? SL_OK : sl_block_room(s, block, born, used, wanted);
}

static void count_labels(sl_store *s, uint32_t set, uint32_t by) {
  const sl_label_set *x = &s->sets[set];
  for (uint32_t i = 0; i < x->count; i++) s->label_counts[x->labels[i]] += by;
}

sl_status sl_store_add_nodes(sl_store *s, uint32_t set, uint32_t count, uint32_t *first) {
  *first = s->node_count;
  SL_REQUIRE(count <= MOST_IDS - s->node_count, SL_ERR_OVERFLOW, "count", "below 2^30 nodes");
  SL_TRY(room_for_labels(s, set));
  SL_TRY(room_for_ids(s, &s->node_set, &s->node_born, s->node_room, s->node_count, count));
  s->node_room = wanted_room(s->node_room, (uint64_t)s->node_count + count);
  for (uint32_t i = 0; i < count; i++) s->node_set[s->node_count + i] = set;
  s->node_count += count;
  s->node_live += count;
  count_labels(s, set, count);
  s->version++;
  return SL_OK;
}

sl_status sl_store_add_node(sl_store *s, uint32_t set, uint32_t *out) {
  SL_TRY(may_log(s));
  SL_TRY(sl_store_add_nodes(s, set, 1, out));
  note(s, SL_MADE_NODE, *out, 0, sl_null());
  return SL_OK;
}

static sl_status room_for_relationships(sl_store *s, uint32_t count) {
  uint32_t **of[3] = {&s->rel_from, &s->rel_to, &s->rel_type};
  for (int i = 0; i < 3; i++)
    SL_TRY(room_for_ids(s, of[i], &s->rel_born[i], s->rel_room, s->rel_count, count));
  s->rel_room = wanted_room(s->rel_room, (uint64_t)s->rel_count + count);
  return SL_OK;
}

// Heads of the lists of newer relationships for all nodes.
static sl_status room_for_newer(sl_store *s, uint64_t relationships) {
  sl_adjacency *a = &s->adjacency;
  uint32_t born = a->first_born;
  const uint32_t heads = wanted_room(a->first_room, s->node_count);
  const bool grows = heads > a->first_room;
  if (grows || sl_is_shared(s, born)) {
    SL_TRY(sl_block_room(s, &a->first_out, &born, a->first_room, heads));
    born = a->first_born;
    SL_TRY(sl_block_room(s, &a->first_in, &born, a->first_room, heads));
    a->first_born = born;
    memset(a->first_out + a->first_room, 0xff, (heads - a->first_room) * sizeof(uint32_t));
    memset(a->first_in + a->first_room, 0xff, (heads - a->first_room) * sizeof(uint32_t));
    a->first_room = heads;
  }
  const uint64_t newer = relationships - a->relationships;
  const uint32_t wanted = wanted_room(a->next_room, newer);
  if (wanted == a->next_room) return SL_OK;
  const uint32_t used = s->rel_count - a->relationships;
  born = a->next_born;
  SL_TRY(sl_block_room(s, &a->next_out, &born, used, wanted));
  born = a->next_born;
  SL_TRY(sl_block_room(s, &a->next_in, &born, used, wanted));
  a->next_born = born;
  a->next_room = wanted;
  return SL_OK;
}

sl_status sl_store_add_relationships(sl_store *s, uint32_t type, const uint32_t *from,
                                     const uint32_t *to, uint32_t count, uint32_t *first) {
  *first = s->rel_count;
  SL_REQUIRE(count <= MOST_IDS - s->rel_count, SL_ERR_OVERFLOW, "count",
             "below 2^30 relationships");
  SL_TRY(room_for_counts(&s->type_counts, &s->type_room, (uint64_t)type + 1));
  SL_TRY(room_for_relationships(s, count));
  SL_TRY(room_for_newer(s, (uint64_t)s->rel_count + count));
  sl_adjacency *a = &s->adjacency;
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t r = s->rel_count + i;
    s->rel_from[r] = from[i];
    s->rel_to[r] = to[i];
    s->rel_type[r] = type;
    a->next_out[r - a->relationships] = a->first_out[from[i]];
    a->next_in[r - a->relationships] = a->first_in[to[i]];
    a->first_out[from[i]] = r;
    a->first_in[to[i]] = r;
  }
  s->rel_count += count;
  s->rel_live += count;
  s->type_counts[type] += count;
  s->version++;
  return SL_OK;
}

sl_status sl_store_add_relationship(sl_store *s, uint32_t type, uint32_t from, uint32_t to,
                                    uint32_t *out) {
  SL_TRY(may_log(s));
  SL_TRY(sl_store_add_relationships(s, type, &from, &to, 1, out));
  note(s, SL_MADE_RELATIONSHIP, *out, 0, sl_null());
  return SL_OK;
}

static void change_labels(sl_store *s, uint32_t node, uint32_t set) {
  count_labels(s, s->node_set[node], (uint32_t)-1);
  count_labels(s, set, 1);
  s->node_set[node] = set;
}

sl_status sl_store_set_labels(sl_store *s, uint32_t node, uint32_t set) {
  const uint32_t before = s->node_set[node];
  if (before == set) return SL_OK;
  SL_TRY(room_for_labels(s, set));
  SL_TRY(may_log(s));
  SL_TRY(sl_block_own(s, &s->node_set, &s->node_born, s->node_count, s->node_room));
  change_labels(s, node, set);
  note(s, SL_CHANGED_LABELS, node, before, sl_null());
  return SL_OK;
}

sl_status sl_store_set_property(sl_store *s, sl_what what, uint32_t id, uint32_t key, sl_value v) {
  if (key >= s->column_count[what]) {
    if (sl_is_null(v)) return SL_OK;
    const uint32_t count = s->keys.count;
    SL_TRY(SL_REALLOC(&s->columns[what], count));
    memset(s->columns[what] + s->column_count[what], 0,
           (count - s->column_count[what]) * sizeof(sl_column));
    s->column_count[what] = count;
  }
  SL_TRY(may_log(s));
  sl_column *c = &s->columns[what][key];
  const sl_value before = sl_column_get(c, id, &s->strings);
  if (sl_is_null(v) && sl_is_null(before)) return SL_OK;
  if (v.kind == SL_VALUE_LIST || v.kind == SL_VALUE_TEMPORAL)
    SL_TRY(sl_value_copy(&s->lists, v, &v));
  SL_TRY(sl_column_own(s, c, id));
  SL_TRY(sl_column_set(c, id, v, &s->strings));
  if (what == SL_OF_NODES) sl_index_set(s, key, id, v);
  note(s, what == SL_OF_NODES ? SL_CHANGED_NODE : SL_CHANGED_RELATIONSHIP, id, key, before);
  return SL_OK;
}

static void mark_relationship(sl_store *s, uint32_t id, bool gone) {
  if (gone) s->type_counts[s->rel_type[id]]--;
  s->rel_type[id] ^= SL_GONE;
  if (!gone) s->type_counts[s->rel_type[id]]++;
  s->rel_live += gone ? (uint32_t)-1 : 1;
  if (id < s->adjacency.relationships) s->adjacency.removed += gone ? 1 : (uint32_t)-1;
}

static void mark_node(sl_store *s, uint32_t id, bool gone) {
  count_labels(s, s->node_set[id] & ~SL_GONE, gone ? (uint32_t)-1 : 1);
  s->node_set[id] ^= SL_GONE;
  s->node_live += gone ? (uint32_t)-1 : 1;
}

sl_status sl_store_delete_relationship(sl_store *s, uint32_t id) {
  SL_TRY(may_log(s));
  SL_TRY(sl_block_own(s, &s->rel_type, &s->rel_born[2], s->rel_count, s->rel_room));
  mark_relationship(s, id, true);
  note(s, SL_GONE_RELATIONSHIP, id, 0, sl_null());
  return SL_OK;
}

sl_status sl_store_delete_node(sl_store *s, uint32_t id) {
  SL_TRY(may_log(s));
  SL_TRY(sl_block_own(s, &s->node_set, &s->node_born, s->node_count, s->node_room));
  mark_node(s, id, true);
  note(s, SL_GONE_NODE, id, 0, sl_null());
  return SL_OK;
}

bool sl_store_has_relationship(const sl_store *s, uint32_t node) {
  const sl_types all = {NULL, 0};
  sl_walk walk;
  uint32_t other, relationship;
  sl_walk_begin(&walk, s, node, SL_TOWARDS_BOTH, &all);
  return sl_walk_next(&walk, &other, &relationship);
}
