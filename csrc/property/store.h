// The store of a property graph: nodes with sets of labels, relationships of one type each, columns of
// properties, neighbours in both directions. One writer; what a statement has changed can be undone.
//
// Ids are numbers from 0 in the order of making, and are not used again. Readers may keep a state that was: see states.h.
#ifndef SL_PROPERTY_STORE_H
#define SL_PROPERTY_STORE_H

#include "property/columns.h"
#include "property/declared.h"
#include "property/index.h"

#define SL_GONE 0x80000000u // in node_set and rel_type: deleted
#define SL_NO_ID UINT32_MAX

typedef struct sl_label_set {
  uint32_t count;
  uint32_t *labels; // ascending
} sl_label_set;

typedef enum sl_what { SL_OF_NODES = 0, SL_OF_RELATIONSHIPS = 1 } sl_what;

// Neighbours of one direction, of relationships below `relationships`: rows of nodes, each ascending by type, then
// neighbour, then relationship.
typedef struct sl_neighbours {
  uint32_t *begin; // nodes + 1
  uint32_t *node, *relationship;
  uint32_t *type; // NULL where there is only one
} sl_neighbours;

typedef struct sl_adjacency {
  sl_neighbours out, in;
  uint32_t nodes, relationships;
  uint32_t removed; // of them since
  // Newer ones are lists, the last one first: next[r - relationships].
  uint32_t *first_out, *first_in, *next_out, *next_in;
  uint32_t first_room, next_room;
  uint32_t rows_born, first_born, next_born; // see states.h
} sl_adjacency;

typedef enum sl_change_kind {
  SL_MADE_NODE,
  SL_MADE_RELATIONSHIP,
  SL_GONE_NODE,
  SL_GONE_RELATIONSHIP,
  SL_CHANGED_LABELS, // key: the set before
  SL_CHANGED_NODE,   // key, before
  SL_CHANGED_RELATIONSHIP
} sl_change_kind;

typedef struct sl_change {
  uint8_t kind;
  uint32_t id, key;
  sl_value before;
} sl_change;

// What a statement has changed, net: what it made and deleted again does not count.
typedef struct sl_changes {
  uint64_t nodes_created, nodes_deleted, relationships_created, relationships_deleted;
  uint64_t properties_set, properties_removed, labels_added, labels_removed;
} sl_changes;

typedef struct sl_store {
  // All states of a graph have these in common. But for the indexes they only grow, and numbers in them do not change.
  sl_names labels, types, keys, strings;
  sl_names set_names; // of the sets, by their bytes: the number is that of the set
  sl_pool lists;      // of properties
  sl_label_set *sets;
  uint32_t set_count, set_room;
  sl_declared_set declared; // indexes

  uint32_t node_count, node_room, node_live;
  uint32_t *node_set;
  uint32_t rel_count, rel_room, rel_live;
  uint32_t *rel_from, *rel_to, *rel_type;
  uint32_t node_born, rel_born[3]; // see states.h
  uint32_t *label_counts;          // nodes of each label
  uint32_t label_room;
  uint32_t *type_counts;
  uint32_t type_room;
  sl_column *columns[2];
  uint32_t column_count[2];
  sl_index *indexes; // of nodes, by key
  uint32_t index_count;
  sl_adjacency adjacency;
  sl_change *log;
  uint32_t log_count, log_room;
  uint32_t log_begin; // where the changes of the statement begin
  bool logging;
  bool open; // what statements have changed may still be undone: a transaction
  uint64_t version;

  struct sl_states *states; // of the graph
  struct sl_store *older, *newer;
  uint32_t epoch, pins, readers;
} sl_store;

sl_status sl_store_begin(sl_store *s); // of a zeroed one
void sl_store_drop(sl_store *s);
size_t sl_store_held(const sl_store *s);

static inline bool sl_node_is_live(const sl_store *s, uint32_t id) {
  return id < s->node_count && !(s->node_set[id] & SL_GONE);
}
static inline bool sl_rel_is_live(const sl_store *s, uint32_t id) {
  return id < s->rel_count && !(s->rel_type[id] & SL_GONE);
}
bool sl_set_has(const sl_store *s, uint32_t set, uint32_t label);
// A label or type may have got its number after a state was made.
static inline uint32_t sl_label_count(const sl_store *s, uint32_t label) {
  return label < s->label_room ? s->label_counts[label] : 0;
}
static inline uint32_t sl_type_count(const sl_store *s, uint32_t type) {
  return type < s->type_room ? s->type_counts[type] : 0;
}
static inline bool sl_node_has_label(const sl_store *s, uint32_t id, uint32_t label) {
  return sl_set_has(s, s->node_set[id] & ~SL_GONE, label);
}

static inline sl_value sl_store_get(const sl_store *s, sl_what what, uint32_t id, uint32_t key) {
  if (key >= s->column_count[what]) return sl_null();
  return sl_column_get(&s->columns[what][key], id, &s->strings);
}

// Names, made where they are new. Errors: ERR_MEMORY.
sl_status sl_store_label(sl_store *s, const char *text, size_t bytes, uint32_t *out);
sl_status sl_store_type(sl_store *s, const char *text, size_t bytes, uint32_t *out);
sl_status sl_store_key(sl_store *s, const char *text, size_t bytes, uint32_t *out);

// The set of these labels, in any order, also twice.
sl_status sl_store_set_of(sl_store *s, const uint32_t *labels, uint32_t count, uint32_t *out);

// Changes. Errors: ERR_MEMORY, ERR_OVERFLOW (2^31 ids are taken): nothing has changed then.
sl_status sl_store_add_node(sl_store *s, uint32_t set, uint32_t *out);
sl_status sl_store_add_relationship(sl_store *s, uint32_t type, uint32_t from, uint32_t to,
                                    uint32_t *out);
sl_status sl_store_set_labels(sl_store *s, uint32_t node, uint32_t set);
// null takes it away. Lists and strings are copied.
sl_status sl_store_set_property(sl_store *s, sl_what what, uint32_t id, uint32_t key, sl_value v);
sl_status sl_store_delete_relationship(sl_store *s, uint32_t id);
sl_status sl_store_delete_node(sl_store *s,
                               uint32_t id); // its relationships stay: see has_relationship
bool sl_store_has_relationship(const sl_store *s, uint32_t node);

// Many at once, of one label or type; not logged.
sl_status sl_store_add_nodes(sl_store *s, uint32_t set, uint32_t count, uint32_t *first);
sl_status sl_store_add_relationships(sl_store *s, uint32_t type, const uint32_t *from,
                                     const uint32_t *to, uint32_t count, uint32_t *first);

// A statement: begin, changes, then undo or commit. Nothing of undo can fail. Where the store is `open`, what is committed stays
// in the log; with log_begin = 0 the next undo or commit is of all of it.
void sl_store_log(sl_store *s);
void sl_store_undo(sl_store *s);
// Errors: ERR_MEMORY: it can only be undone then.
sl_status sl_store_commit(sl_store *s, sl_changes *out);

// Sorts the newer relationships in where there are many, or all of them. Errors: ERR_MEMORY: as before then.
sl_status sl_store_compact(sl_store *s, bool always);

// ---- blocks that older states may share, see states.h ---------------------------------------------

static inline bool sl_is_shared(const sl_store *s, uint32_t born) {
  return s->older != NULL && s->older->epoch >= born;
}

// Before a block of `used` elements is written to, or gets room for more. Errors: ERR_MEMORY: as before then.
sl_status sl_block_own(sl_store *s, uint32_t **block, uint32_t *born, uint64_t used, uint64_t room);
sl_status sl_block_room(sl_store *s, uint32_t **block, uint32_t *born, uint64_t used,
                        uint64_t room);
// The same before a value of a column is set.
sl_status sl_column_own(sl_store *s, sl_column *c, uint32_t id);
// Room for blocks that are dropped, and one of them. Errors: ERR_MEMORY.
sl_status sl_keep_room(sl_store *s, uint32_t blocks);
void sl_block_drop(sl_store *s, void *block, uint32_t born, size_t bytes);

// Of all older states and of what only they read.
size_t sl_states_bytes(const sl_store *live);

// ---- neighbours ---------------------------------------------------------------------------------

typedef enum sl_towards { SL_TOWARDS_OUT = 1, SL_TOWARDS_IN = 2, SL_TOWARDS_BOTH = 3 } sl_towards;

// Types that are wanted. count 0: all; ids may have SL_NO_NAME, which nothing has.
typedef struct sl_types {
  const uint32_t *ids;
  uint32_t count;
} sl_types;

static inline bool sl_types_have(const sl_types *types, uint32_t type) {
  for (uint32_t i = 0; i < types->count; i++)
    if (types->ids[i] == type) return true;
  return types->count == 0;
}

typedef struct sl_walk {
  const sl_store *store;
  const sl_types *types;
  uint32_t from;
  uint8_t towards, now; // now: the direction that is walked
  const uint32_t *node, *relationship, *type;
  uint32_t at, end, newer;
} sl_walk;

void sl_walk_begin(sl_walk *w, const sl_store *s, uint32_t node, sl_towards towards,
                   const sl_types *types);
// The next neighbour, living ones only; a loop once. False: there is none.
bool sl_walk_next(sl_walk *w, uint32_t *node, uint32_t *relationship);
// How many there are, without walking where that can be.
uint64_t sl_store_degree(const sl_store *s, uint32_t node, sl_towards towards,
                         const sl_types *types);
// The part of a sorted row of one type, or of all; false where there is more than that: newer or deleted ones.
bool sl_store_row(const sl_store *s, uint32_t node, sl_towards towards, const sl_types *types,
                  uint32_t *begin, uint32_t *end);

#endif
