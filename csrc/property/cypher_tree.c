#include "property/cypher_tree.h"

#include <string.h>

#include "base/memory.h"

struct sl_cypher_block {
  sl_cypher_block *before;
  size_t used, capacity; // bytes behind this head
};

#define FIRST_BLOCK 2048
#define LARGEST_BLOCK 65536

void *sl_cypher_take(sl_cypher_parser *parser, size_t count, size_t size) {
  sl_cypher_tree *tree = parser->tree;
  if (parser->status != SL_OK) return NULL;
  const size_t bytes = (count * size + 7) & ~(size_t)7; // count is below the length of the text
  sl_cypher_block *block = tree->blocks;
  if (block == NULL || block->capacity - block->used < bytes) {
    size_t capacity = block == NULL ? FIRST_BLOCK : 2 * block->capacity;
    if (capacity > LARGEST_BLOCK) capacity = LARGEST_BLOCK;
    if (capacity < bytes) capacity = bytes;
    parser->status = sl_alloc_zero(sizeof *block + capacity, 1, (void **)&block);
    if (parser->status != SL_OK) return NULL;
    block->before = tree->blocks;
    block->capacity = capacity;
    tree->blocks = block;
    tree->statement.bytes += sizeof *block + capacity;
  }
  void *taken = (char *)(block + 1) + block->used;
  block->used += bytes;
  return taken;
}

void sl_cypher_destroy(sl_cypher_statement *statement) {
  sl_cypher_tree *tree = (sl_cypher_tree *)statement;
  if (tree == NULL) return;
  while (tree->blocks != NULL) {
    sl_cypher_block *block = tree->blocks;
    tree->blocks = block->before;
    sl_free(block);
  }
  sl_free(tree);
}

sl_cypher_name sl_cypher_copy(sl_cypher_parser *parser, const char *text, size_t length) {
  char *copy = SL_CYPHER_TAKE(parser, char, length > 0 ? length : 1);
  if (copy == NULL) return (sl_cypher_name){NULL, 0};
  if (length > 0) memcpy(copy, text, length);
  return (sl_cypher_name){copy, (uint32_t)length};
}

bool sl_cypher_same(sl_cypher_name a, sl_cypher_name b) {
  return a.length == b.length && (a.length == 0 || memcmp(a.text, b.text, a.length) == 0);
}

void *sl_cypher_refuse(sl_cypher_parser *parser, sl_cypher_error error, sl_cypher_detail detail,
                       uint32_t position, const char *what) {
  if (parser->status != SL_OK) return NULL;
  sl_cypher_problem_set(parser->problem, error, detail, parser->lexer.text, parser->lexer.length,
                        position, what);
  parser->status = sl_fail(SL_ERR_PARSE, "text", "a query without mistakes", position);
  return NULL;
}

void *sl_cypher_refuse_syntax(sl_cypher_parser *parser, sl_cypher_detail detail, uint32_t position,
                              const char *what) {
  return sl_cypher_refuse(parser, SL_CYPHER_ERROR_SYNTAX, detail, position, what);
}

void *sl_cypher_refuse_name(sl_cypher_parser *parser, sl_cypher_detail detail, uint32_t position,
                            const char *before, sl_cypher_name name, const char *after) {
  char what[240];
  const size_t n = strlen(before);
  uint32_t length = name.length < 100 ? name.length : 100;
  while (length > 0 && length < name.length && ((unsigned char)name.text[length] & 0xc0) == 0x80)
    length--;
  memcpy(what, before, n);
  if (length > 0) memcpy(what + n, name.text, length);
  strcpy(what + n + length, after);
  for (size_t i = n; i < n + length; i++)
    if ((unsigned char)what[i] < 32) what[i] = ' ';
  return sl_cypher_refuse_syntax(parser, detail, position, what);
}

bool sl_cypher_pend(sl_cypher_parser *parser, void *item) {
  if (item == NULL || parser->status != SL_OK) return false;
  if (parser->pending_count == parser->pending_capacity) {
    const uint32_t capacity = parser->pending_capacity > 0 ? 2 * parser->pending_capacity : 64;
    parser->status = SL_REALLOC(&parser->pending, capacity);
    if (parser->status != SL_OK) return false;
    parser->pending_capacity = capacity;
  }
  parser->pending[parser->pending_count++] = item;
  return true;
}

void **sl_cypher_collect(sl_cypher_parser *parser, uint32_t begin, uint32_t *count) {
  *count = parser->pending_count - begin;
  void **list = SL_CYPHER_TAKE(parser, void *, *count > 0 ? *count : 1);
  if (list != NULL && *count > 0) memcpy(list, parser->pending + begin, *count * sizeof *list);
  parser->pending_count = begin;
  return list;
}

void *sl_cypher_gather(sl_cypher_parser *parser, uint32_t begin, size_t size, uint32_t *count) {
  *count = parser->pending_count - begin;
  char *list = sl_cypher_take(parser, *count > 0 ? *count : 1, size);
  if (list != NULL)
    for (uint32_t i = 0; i < *count; i++) memcpy(list + i * size, parser->pending[begin + i], size);
  parser->pending_count = begin;
  return list;
}

sl_cypher_expression *sl_cypher_expression_make(sl_cypher_parser *parser, sl_cypher_kind kind,
                                                uint32_t begin, uint32_t end, uint32_t count) {
  sl_cypher_expression *e = SL_CYPHER_TAKE(parser, sl_cypher_expression, 1);
  if (e == NULL) return NULL;
  e->kind = (uint8_t)kind;
  e->begin = begin;
  e->end = end;
  e->count = count;
  e->height = 1;
  e->slot = e->element_slot = SL_CYPHER_NONE;
  if (count > 0) {
    e->args = SL_CYPHER_TAKE(parser, sl_cypher_expression *, count);
    if (e->args == NULL) return NULL;
  }
  return e;
}

static void *too_deep(sl_cypher_parser *parser, uint32_t position) {
  return sl_cypher_refuse_syntax(parser, SL_CYPHER_UNEXPECTED_SYNTAX, position,
                                 "This is nested too deeply: at most 200 levels are allowed");
}

sl_cypher_expression *sl_cypher_expression_done(sl_cypher_parser *parser, sl_cypher_expression *e) {
  if (parser->status != SL_OK) return NULL;
  uint32_t height = e->height;
  for (uint32_t i = 0; i < e->count; i++)
    if (e->args[i] != NULL && e->args[i]->height >= height) height = e->args[i]->height + 1u;
  // What stands around it is part of the height as well.
  if (height + parser->depth > SL_CYPHER_MOST_DEPTH) return too_deep(parser, e->begin);
  e->height = (uint16_t)height;
  if (height + parser->depth > parser->tallest) parser->tallest = height + parser->depth;
  return e;
}

bool sl_cypher_enter(sl_cypher_parser *parser) {
  if (parser->status != SL_OK) return false;
  if (parser->depth >= SL_CYPHER_MOST_DEPTH) {
    too_deep(parser, parser->token.begin);
    return false;
  }
  parser->depth++;
  return true;
}
