#include "property/cypher_scope.h"

#include <string.h>

#include "base/memory.h"

static uint32_t hash_of(sl_cypher_name name) {
  uint32_t h = 2166136261u; // FNV-1a
  for (uint32_t i = 0; i < name.length; i++) h = (h ^ (unsigned char)name.text[i]) * 16777619u;
  return h ^ h >> 15;
}

static void link_in(sl_cypher_names *names, uint32_t i) {
  uint32_t *bucket = names->buckets + (names->entries[i].hash & (names->capacity - 1));
  names->entries[i].below = *bucket;
  *bucket = i;
}

static bool grow(sl_cypher_parser *parser, sl_cypher_names *names) {
  const uint32_t capacity = names->capacity > 0 ? 2 * names->capacity : 32;
  parser->status = SL_REALLOC(&names->entries, capacity);
  if (parser->status == SL_OK) parser->status = SL_REALLOC(&names->buckets, capacity);
  if (parser->status != SL_OK) return false;
  names->capacity = capacity;
  memset(names->buckets, 0xff, capacity * sizeof *names->buckets);
  for (uint32_t i = 0; i < names->count; i++) link_in(names, i);
  return true;
}

bool sl_cypher_names_push(sl_cypher_parser *parser, sl_cypher_names *names, sl_cypher_name name,
                          uint32_t slot) {
  if (parser->status != SL_OK) return false;
  if (names->count == names->capacity && !grow(parser, names)) return false;
  names->entries[names->count] = (sl_cypher_visible){name, hash_of(name), slot, 0};
  link_in(names, names->count++);
  return true;
}

void sl_cypher_names_cut(sl_cypher_names *names, uint32_t count) {
  while (names->count > count) {
    const sl_cypher_visible *e = names->entries + --names->count;
    names->buckets[e->hash & (names->capacity - 1)] = e->below;
  }
}

uint32_t sl_cypher_names_find(const sl_cypher_names *names, sl_cypher_name name) {
  if (names->count == 0) return SL_CYPHER_NOT_FOUND;
  const uint32_t hash = hash_of(name);
  uint32_t i = names->buckets[hash & (names->capacity - 1)];
  while (i != SL_CYPHER_NOT_FOUND &&
         !(names->entries[i].hash == hash && sl_cypher_same(names->entries[i].name, name)))
    i = names->entries[i].below;
  return i;
}

void sl_cypher_names_free(sl_cypher_names *names) {
  sl_free(names->entries);
  sl_free(names->buckets);
}

uint32_t sl_cypher_slot_make(sl_cypher_analysis *a, sl_cypher_name name, sl_cypher_known known) {
  sl_cypher_parser *parser = a->parser;
  if (parser->status != SL_OK) return SL_CYPHER_NONE;
  if (a->slot_count == a->slot_capacity) {
    const uint32_t capacity = a->slot_capacity > 0 ? 2 * a->slot_capacity : 32;
    parser->status = SL_REALLOC(&a->slots, capacity);
    if (parser->status == SL_OK) parser->status = SL_REALLOC(&a->known, capacity);
    if (parser->status != SL_OK) return SL_CYPHER_NONE;
    a->slot_capacity = capacity;
  }
  a->slots[a->slot_count] = (sl_cypher_slot){name, known.type};
  a->known[a->slot_count] = known;
  return a->slot_count++;
}

uint32_t sl_cypher_declare(sl_cypher_analysis *a, sl_cypher_name name, sl_cypher_known known) {
  const uint32_t slot = sl_cypher_slot_make(a, name, known);
  if (slot == SL_CYPHER_NONE || !sl_cypher_names_push(a->parser, &a->scope, name, slot))
    return SL_CYPHER_NONE;
  return slot;
}

uint32_t sl_cypher_lookup(const sl_cypher_analysis *a, sl_cypher_name name) {
  const uint32_t i = sl_cypher_names_find(&a->scope, name);
  return i == SL_CYPHER_NOT_FOUND ? SL_CYPHER_NONE : a->scope.entries[i].slot;
}
