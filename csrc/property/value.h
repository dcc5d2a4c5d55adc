// Values of openCypher: what properties, parameters and rows hold.
//
// Text is UTF-8. Lists, maps and paths are written once and shared; they are nested at most SL_MOST_NESTED deep, so that
// functions over them may call themselves.
#ifndef SL_PROPERTY_VALUE_H
#define SL_PROPERTY_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "property/pool.h"

enum { SL_MOST_NESTED = 64 };

typedef enum sl_kind_of_value {
  SL_VALUE_NULL = 0,
  SL_VALUE_BOOLEAN = 1,
  SL_VALUE_INTEGER = 2,
  SL_VALUE_FLOAT = 3,
  SL_VALUE_STRING = 4,
  SL_VALUE_LIST = 5,
  SL_VALUE_MAP = 6,
  SL_VALUE_NODE = 7,
  SL_VALUE_RELATIONSHIP = 8,
  SL_VALUE_PATH = 9,
  SL_VALUE_TEMPORAL = 10 // property/temporal.h
} sl_kind_of_value;

typedef struct sl_chars {
  uint32_t bytes, hash;
  char text[];
} sl_chars;

typedef struct sl_list sl_list;
typedef struct sl_map sl_map;
typedef struct sl_temporal sl_temporal;

// length relationships and length + 1 nodes, by turns: node, relationship, node, ...
typedef struct sl_path_value {
  uint32_t length;
  uint32_t ids[];
} sl_path_value;

union sl_value_as {
  bool boolean;
  int64_t integer;
  double real;
  uint32_t id;
  const sl_chars *chars;
  const sl_list *list;
  const sl_map *map;
  const sl_path_value *path;
  const sl_temporal *temporal;
};

typedef struct sl_value {
  uint8_t kind;
  union sl_value_as as;
} sl_value;

struct sl_list {
  uint32_t count, depth;
  sl_value items[];
};

typedef struct sl_map_entry {
  const sl_chars *key;
  sl_value value;
} sl_map_entry;

// Entries ascend by key.
struct sl_map {
  uint32_t count, depth;
  sl_map_entry entries[];
};

static inline sl_value sl_null(void) { return (sl_value){.kind = SL_VALUE_NULL}; }
static inline sl_value sl_boolean(bool b) {
  return (sl_value){.kind = SL_VALUE_BOOLEAN, .as.boolean = b};
}
static inline sl_value sl_integer(int64_t i) {
  return (sl_value){.kind = SL_VALUE_INTEGER, .as.integer = i};
}
static inline sl_value sl_real(double f) {
  return (sl_value){.kind = SL_VALUE_FLOAT, .as.real = f};
}
static inline sl_value sl_node(uint32_t id) {
  return (sl_value){.kind = SL_VALUE_NODE, .as.id = id};
}
static inline sl_value sl_relationship(uint32_t id) {
  return (sl_value){.kind = SL_VALUE_RELATIONSHIP, .as.id = id};
}
static inline sl_value sl_string(const sl_chars *chars) {
  return (sl_value){.kind = SL_VALUE_STRING, .as.chars = chars};
}
static inline sl_value sl_list_value(const sl_list *list) {
  return (sl_value){.kind = SL_VALUE_LIST, .as.list = list};
}
static inline bool sl_is_null(sl_value v) { return v.kind == SL_VALUE_NULL; }
static inline bool sl_is_number(sl_value v) {
  return v.kind == SL_VALUE_INTEGER || v.kind == SL_VALUE_FLOAT;
}
static inline double sl_as_real(sl_value v) {
  return v.kind == SL_VALUE_INTEGER ? (double)v.as.integer : v.as.real;
}

// Truth of three values.
typedef enum sl_truth { SL_FALSE = 0, SL_TRUE = 1, SL_UNKNOWN = 2 } sl_truth;
static inline sl_value sl_truth_value(sl_truth t) {
  return t == SL_UNKNOWN ? sl_null() : sl_boolean(t == SL_TRUE);
}

uint32_t sl_hash_of_bytes(const void *bytes, size_t count);

// New values in a pool. Errors: ERR_MEMORY; ERR_OVERFLOW ("query": above 2^31 elements, or nested too deep).
sl_status sl_chars_make(sl_pool *pool, const char *text, size_t bytes, sl_value *out);
// Items undefined, to be written before sl_list_close().
sl_status sl_list_make(sl_pool *pool, size_t count, sl_list **out);
// Computes how deep it is nested.
sl_status sl_list_close(sl_list *list, sl_value *out);
// Entries in any order; of equal keys the last one counts.
sl_status sl_map_make(sl_pool *pool, const sl_map_entry *entries, size_t count, sl_value *out);
const sl_value *sl_map_find(const sl_map *map, const sl_chars *key);

int sl_chars_order(const sl_chars *a, const sl_chars *b);
static inline bool sl_chars_same(const sl_chars *a, const sl_chars *b) {
  return a == b || (a->bytes == b->bytes && a->hash == b->hash && sl_chars_order(a, b) == 0);
}

// a = b of the language: unknown where a null is involved.
sl_truth sl_value_equal(sl_value a, sl_value b);
// The same group: null is null and NaN is NaN. sl_value_hash() is equal then.
bool sl_value_same(sl_value a, sl_value b);
uint32_t sl_value_hash(sl_value v);
// The order of ORDER BY, total: maps, nodes, relationships, lists, paths, dates and times, strings, booleans, numbers, NaN, null.
int sl_value_order(sl_value a, sl_value b);
// The place of a kind in it: equal for integers and floats.
int sl_value_rank(uint8_t kind);

// a < b, and the like: unknown between kinds that have no order.
//   order   written where the result is TRUE: below, 0, above 0. FALSE: NaN is involved
sl_truth sl_value_compare(sl_value a, sl_value b, int *order);

// A copy whose parts are all in the pool.
sl_status sl_value_copy(sl_pool *pool, sl_value v, sl_value *out);

#endif
