#include "property/value.h"

#include <math.h>
#include <string.h>

#include "property/temporal.h"

// FNV-1a, with a last mixing step.
uint32_t sl_hash_of_bytes(const void *bytes, size_t count) {
  const uint8_t *p = bytes;
  uint32_t h = 2166136261u;
  for (size_t i = 0; i < count; i++) h = (h ^ p[i]) * 16777619u;
  h ^= h >> 15;
  h *= 0x2c1b3c6du;
  return h ^ h >> 13;
}

sl_status sl_chars_make(sl_pool *pool, const char *text, size_t bytes, sl_value *out) {
  sl_chars *chars;
  *out = sl_null();
  if (bytes >= (size_t)1 << 31)
    return sl_fail(SL_ERR_OVERFLOW, "query", "strings below 2^31 bytes", SL_NO_POSITION);
  SL_TRY(sl_pool_take(pool, sizeof *chars + bytes, &chars));
  chars->bytes = (uint32_t)bytes;
  chars->hash = sl_hash_of_bytes(text, bytes);
  if (bytes > 0) memcpy(chars->text, text, bytes);
  *out = sl_string(chars);
  return SL_OK;
}

sl_status sl_list_make(sl_pool *pool, size_t count, sl_list **out) {
  *out = NULL;
  if (count >= (size_t)1 << (sizeof(size_t) > 4 ? 31 : 26))
    return sl_fail(SL_ERR_MEMORY, "query", "shorter lists", count * sizeof(sl_value));
  SL_TRY(sl_pool_take(pool, sizeof **out + count * sizeof(sl_value), out));
  (*out)->count = (uint32_t)count;
  (*out)->depth = 0;
  return SL_OK;
}

static uint32_t depth_of(sl_value v) {
  return v.kind == SL_VALUE_LIST ? v.as.list->depth : v.kind == SL_VALUE_MAP ? v.as.map->depth : 0;
}

static sl_status too_deep(void) {
  return sl_fail(SL_ERR_OVERFLOW, "query", "lists and maps that are nested at most 64 deep",
                 SL_NO_POSITION);
}

sl_status sl_list_close(sl_list *list, sl_value *out) {
  uint32_t depth = 0;
  for (uint32_t i = 0; i < list->count; i++) {
    const uint32_t d = depth_of(list->items[i]);
    depth = d > depth ? d : depth;
  }
  list->depth = depth + 1;
  *out = sl_list_value(list);
  return list->depth > SL_MOST_NESTED ? too_deep() : SL_OK;
}

sl_status sl_map_make(sl_pool *pool, const sl_map_entry *entries, size_t count, sl_value *out) {
  sl_map *map;
  *out = sl_null();
  SL_TRY(sl_pool_take(pool, sizeof *map + count * sizeof(sl_map_entry), &map));
  map->count = 0;
  map->depth = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t low = 0, high = map->count;
    // Keys mostly come in order.
    if (high > 0 && sl_chars_order(map->entries[high - 1].key, entries[i].key) < 0) low = high;
    while (low < high) {
      const uint32_t middle = (low + high) / 2;
      if (sl_chars_order(map->entries[middle].key, entries[i].key) < 0)
        low = middle + 1;
      else
        high = middle;
    }
    if (low == map->count || sl_chars_order(map->entries[low].key, entries[i].key) != 0) {
      memmove(map->entries + low + 1, map->entries + low,
              (map->count - low) * sizeof(sl_map_entry));
      map->count++;
    }
    map->entries[low] = entries[i];
    const uint32_t d = depth_of(entries[i].value);
    map->depth = d > map->depth ? d : map->depth;
  }
  map->depth++;
  *out = (sl_value){.kind = SL_VALUE_MAP, .as.map = map};
  return map->depth > SL_MOST_NESTED ? too_deep() : SL_OK;
}

const sl_value *sl_map_find(const sl_map *map, const sl_chars *key) {
  uint32_t low = 0, high = map->count;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    const int order = sl_chars_order(map->entries[middle].key, key);
    if (order == 0) return &map->entries[middle].value;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

int sl_chars_order(const sl_chars *a, const sl_chars *b) {
  const uint32_t least = a->bytes < b->bytes ? a->bytes : b->bytes;
  const int order = least == 0 ? 0 : memcmp(a->text, b->text, least);
  return order != 0 ? order : a->bytes < b->bytes ? -1 : a->bytes > b->bytes;
}

// Exact, also where the integer is not a double. NaN is above everything.
static int integer_real_order(int64_t i, double f) {
  if (isnan(f)) return -1;
  if (f >= 0x1p63) return -1;
  if (f < -0x1p63) return 1;
  const int64_t whole = (int64_t)f;
  if (i != whole) return i < whole ? -1 : 1;
  const double rest = f - (double)whole;
  return rest > 0 ? -1 : rest < 0;
}

static int real_order(double a, double b) {
  if (isnan(a) || isnan(b)) return isnan(a) - isnan(b);
  return a < b ? -1 : a > b;
}

static int number_order(sl_value a, sl_value b) {
  if (a.kind == SL_VALUE_INTEGER && b.kind == SL_VALUE_INTEGER)
    return a.as.integer < b.as.integer ? -1 : a.as.integer > b.as.integer;
  if (a.kind == SL_VALUE_INTEGER) return integer_real_order(a.as.integer, b.as.real);
  if (b.kind == SL_VALUE_INTEGER) return -integer_real_order(b.as.integer, a.as.real);
  return real_order(a.as.real, b.as.real);
}

static bool is_nan(sl_value v) { return v.kind == SL_VALUE_FLOAT && isnan(v.as.real); }

static int path_order(const sl_path_value *a, const sl_path_value *b) {
  const uint32_t least = (a->length < b->length ? a->length : b->length) * 2 + 1;
  for (uint32_t i = 0; i < least; i++)
    if (a->ids[i] != b->ids[i]) return a->ids[i] < b->ids[i] ? -1 : 1;
  return a->length < b->length ? -1 : a->length > b->length;
}

// Same kind, no list or map, no numbers.
static int simple_order(sl_value a, sl_value b) {
  switch (a.kind) {
  case SL_VALUE_BOOLEAN:
    return (int)a.as.boolean - (int)b.as.boolean;
  case SL_VALUE_STRING:
    return a.as.chars == b.as.chars ? 0 : sl_chars_order(a.as.chars, b.as.chars);
  case SL_VALUE_NODE:
  case SL_VALUE_RELATIONSHIP:
    return a.as.id < b.as.id ? -1 : a.as.id > b.as.id;
  case SL_VALUE_PATH:
    return path_order(a.as.path, b.as.path);
  case SL_VALUE_TEMPORAL:
    return sl_temporal_order(a.as.temporal, b.as.temporal);
  default:
    return 0;
  }
}

sl_truth sl_value_equal(sl_value a, sl_value b) {
  if (sl_is_null(a) || sl_is_null(b)) return SL_UNKNOWN;
  if (sl_is_number(a) && sl_is_number(b)) {
    if (is_nan(a) || is_nan(b)) return SL_FALSE;
    return number_order(a, b) == 0 ? SL_TRUE : SL_FALSE;
  }
  if (a.kind != b.kind) return SL_FALSE;
  sl_truth all = SL_TRUE;
  if (a.kind == SL_VALUE_LIST) {
    if (a.as.list->count != b.as.list->count) return SL_FALSE;
    for (uint32_t i = 0; i < a.as.list->count; i++) {
      const sl_truth t = sl_value_equal(a.as.list->items[i], b.as.list->items[i]);
      if (t == SL_FALSE) return SL_FALSE;
      if (t == SL_UNKNOWN) all = SL_UNKNOWN;
    }
    return all;
  }
  if (a.kind == SL_VALUE_MAP) {
    if (a.as.map->count != b.as.map->count) return SL_FALSE;
    for (uint32_t i = 0; i < a.as.map->count; i++)
      if (!sl_chars_same(a.as.map->entries[i].key, b.as.map->entries[i].key)) return SL_FALSE;
    for (uint32_t i = 0; i < a.as.map->count; i++) {
      const sl_truth t = sl_value_equal(a.as.map->entries[i].value, b.as.map->entries[i].value);
      if (t == SL_FALSE) return SL_FALSE;
      if (t == SL_UNKNOWN) all = SL_UNKNOWN;
    }
    return all;
  }
  return simple_order(a, b) == 0 ? SL_TRUE : SL_FALSE;
}

int sl_value_rank(uint8_t kind) {
  static const uint8_t ranks[] = {9, 7, 8, 8, 6, 3, 0, 1, 2, 4, 5};
  return ranks[kind];
}

int sl_value_order(sl_value a, sl_value b) {
  const int by_kind = sl_value_rank(a.kind) - sl_value_rank(b.kind);
  if (by_kind != 0) return by_kind;
  if (sl_is_number(a)) return number_order(a, b);
  if (a.kind == SL_VALUE_LIST) {
    const sl_list *x = a.as.list, *y = b.as.list;
    for (uint32_t i = 0; i < x->count && i < y->count; i++) {
      const int order = sl_value_order(x->items[i], y->items[i]);
      if (order != 0) return order;
    }
    return x->count < y->count ? -1 : x->count > y->count;
  }
  if (a.kind == SL_VALUE_MAP) {
    const sl_map *x = a.as.map, *y = b.as.map;
    for (uint32_t i = 0; i < x->count && i < y->count; i++) {
      int order = sl_chars_order(x->entries[i].key, y->entries[i].key);
      if (order == 0) order = sl_value_order(x->entries[i].value, y->entries[i].value);
      if (order != 0) return order;
    }
    return x->count < y->count ? -1 : x->count > y->count;
  }
  return simple_order(a, b);
}

bool sl_value_same(sl_value a, sl_value b) {
  if (a.kind == SL_VALUE_STRING && b.kind == SL_VALUE_STRING)
    return sl_chars_same(a.as.chars, b.as.chars);
  return sl_value_order(a, b) == 0;
}

static uint32_t mix(uint32_t h, uint32_t x) {
  h = (h ^ x) * 0x85ebca6bu;
  return h ^ h >> 13;
}

static uint32_t hash_integer(int64_t i) {
  uint64_t x = (uint64_t)i * 0x9e3779b97f4a7c15u;
  x ^= x >> 29;
  return (uint32_t)(x >> 16) ^ (uint32_t)x;
}

uint32_t sl_value_hash(sl_value v) {
  uint32_t h = v.kind;
  switch (v.kind) {
  case SL_VALUE_BOOLEAN:
    return mix(h, v.as.boolean);
  case SL_VALUE_INTEGER:
    return hash_integer(v.as.integer);
  case SL_VALUE_FLOAT:
    // As the integer that it equals, if there is one.
    if (v.as.real >= -0x1p63 && v.as.real < 0x1p63 && v.as.real == floor(v.as.real))
      return hash_integer((int64_t)v.as.real);
    if (isnan(v.as.real)) return mix(h, 7);
    return sl_hash_of_bytes(&v.as.real, sizeof v.as.real);
  case SL_VALUE_STRING:
    return v.as.chars->hash;
  case SL_VALUE_NODE:
  case SL_VALUE_RELATIONSHIP:
    return hash_integer((int64_t)v.as.id << 8 | h);
  case SL_VALUE_PATH:
    return sl_hash_of_bytes(v.as.path->ids, (2 * (size_t)v.as.path->length + 1) * sizeof(uint32_t));
  case SL_VALUE_TEMPORAL:
    return sl_temporal_hash(v.as.temporal);
  case SL_VALUE_LIST:
    for (uint32_t i = 0; i < v.as.list->count; i++) h = mix(h, sl_value_hash(v.as.list->items[i]));
    return h;
  case SL_VALUE_MAP:
    for (uint32_t i = 0; i < v.as.map->count; i++)
      h = mix(mix(h, v.as.map->entries[i].key->hash), sl_value_hash(v.as.map->entries[i].value));
    return h;
  default:
    return h;
  }
}

sl_truth sl_value_compare(sl_value a, sl_value b, int *order) {
  *order = 0;
  if (sl_is_number(a) && sl_is_number(b)) {
    if (is_nan(a) || is_nan(b)) return SL_FALSE;
    *order = number_order(a, b);
    return SL_TRUE;
  }
  if (a.kind != b.kind) return SL_UNKNOWN;
  if (a.kind == SL_VALUE_STRING || a.kind == SL_VALUE_BOOLEAN) {
    *order = simple_order(a, b);
    return SL_TRUE;
  }
  if (a.kind == SL_VALUE_TEMPORAL) {
    const uint8_t x = a.as.temporal->type, y = b.as.temporal->type;
    if (x != y || x == SL_TEMPORAL_DURATION) return SL_UNKNOWN;
    *order = simple_order(a, b);
    return SL_TRUE;
  }
  if (a.kind != SL_VALUE_LIST) return SL_UNKNOWN;
  const sl_list *x = a.as.list, *y = b.as.list;
  for (uint32_t i = 0; i < x->count && i < y->count; i++) {
    const sl_truth equal = sl_value_equal(x->items[i], y->items[i]);
    if (equal == SL_UNKNOWN) return SL_UNKNOWN;
    if (equal == SL_FALSE) return sl_value_compare(x->items[i], y->items[i], order);
  }
  *order = x->count < y->count ? -1 : x->count > y->count;
  return SL_TRUE;
}

sl_status sl_value_copy(sl_pool *pool, sl_value v, sl_value *out) {
  *out = v;
  if (v.kind == SL_VALUE_STRING)
    return sl_chars_make(pool, v.as.chars->text, v.as.chars->bytes, out);
  if (v.kind == SL_VALUE_LIST) {
    sl_list *list;
    SL_TRY(sl_list_make(pool, v.as.list->count, &list));
    for (uint32_t i = 0; i < list->count; i++)
      SL_TRY(sl_value_copy(pool, v.as.list->items[i], &list->items[i]));
    return sl_list_close(list, out);
  }
  if (v.kind == SL_VALUE_MAP) {
    sl_map *map;
    SL_TRY(sl_pool_take(pool, sizeof *map + v.as.map->count * sizeof(sl_map_entry), &map));
    *map = *v.as.map;
    for (uint32_t i = 0; i < map->count; i++) {
      sl_value key;
      const sl_chars *from = v.as.map->entries[i].key;
      SL_TRY(sl_chars_make(pool, from->text, from->bytes, &key));
      map->entries[i].key = key.as.chars;
      SL_TRY(sl_value_copy(pool, v.as.map->entries[i].value, &map->entries[i].value));
    }
    out->as.map = map;
  }
  if (v.kind == SL_VALUE_PATH) {
    const size_t bytes = sizeof *v.as.path + (2 * (size_t)v.as.path->length + 1) * sizeof(uint32_t);
    void *path;
    SL_TRY(sl_pool_take(pool, bytes, &path));
    memcpy(path, v.as.path, bytes);
    out->as.path = path;
  }
  if (v.kind == SL_VALUE_TEMPORAL) return sl_temporal_value(pool, v.as.temporal, out);
  return SL_OK;
}
