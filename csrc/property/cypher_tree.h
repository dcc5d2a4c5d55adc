// How the parser and the analysis make the tree of a query: memory that is freed with the
// statement, the first problem, and the limit of depth.
#ifndef SL_PROPERTY_CYPHER_TREE_H
#define SL_PROPERTY_CYPHER_TREE_H

#include "property/ast.h"
#include "property/cypher_lexer.h"

typedef struct sl_cypher_block sl_cypher_block;

// A statement as it is allocated: what the header shows comes first.
typedef struct sl_cypher_tree {
  sl_cypher_statement statement;
  sl_cypher_block *blocks;
} sl_cypher_tree;

// The state of one call of sl_cypher_parse. After the first failure `status` is not SL_OK, and all
// functions return NULL or false until the call ends.
typedef struct sl_cypher_parser {
  sl_cypher_tree *tree;
  sl_cypher_problem *problem;
  const sl_cypher_setting *setting;
  sl_status status;
  sl_cypher_lexer lexer;
  sl_cypher_token token; // the next one, not consumed
  uint32_t last_end;     // where the last consumed one ended
  uint32_t depth;        // of the recursion
  uint32_t tallest;      // depth + height of the tallest expression since it was set to 0
  void **pending;        // lists that are being read, one above the other
  uint32_t pending_count, pending_capacity;
} sl_cypher_parser;

// Memory of the statement, zeroed, 8-byte aligned; NULL when there is none left.
void *sl_cypher_take(sl_cypher_parser *parser, size_t count, size_t size);
#define SL_CYPHER_TAKE(parser, type, count)                                                        \
  ((type *)sl_cypher_take((parser), (count), sizeof(type)))

sl_cypher_name sl_cypher_copy(sl_cypher_parser *parser, const char *text, size_t length);

// Keeps the first problem only. Both return NULL.
void *sl_cypher_refuse(sl_cypher_parser *parser, sl_cypher_error error, sl_cypher_detail detail,
                       uint32_t position, const char *what);
void *sl_cypher_refuse_syntax(sl_cypher_parser *parser, sl_cypher_detail detail, uint32_t position,
                              const char *what);
// The same, with a name in the sentence: before + name + after.
void *sl_cypher_refuse_name(sl_cypher_parser *parser, sl_cypher_detail detail, uint32_t position,
                            const char *before, sl_cypher_name name, const char *after);

bool sl_cypher_same(sl_cypher_name a, sl_cypher_name b);

// Lists of pointers of unknown length: add while reading, then take all added since `begin` =
// pending_count as an array of the statement. sl_cypher_pend returns false after a failure.
bool sl_cypher_pend(sl_cypher_parser *parser, void *item);
void **sl_cypher_collect(sl_cypher_parser *parser, uint32_t begin, uint32_t *count);
// The same for pointers to things of `size` bytes, which are copied side by side.
void *sl_cypher_gather(sl_cypher_parser *parser, uint32_t begin, size_t size, uint32_t *count);

// A node of an expression with the height of its args; refuses what is too high.
sl_cypher_expression *sl_cypher_expression_make(sl_cypher_parser *parser, sl_cypher_kind kind,
                                                uint32_t begin, uint32_t end, uint32_t count);
// Call when args are set: computes the height.
sl_cypher_expression *sl_cypher_expression_done(sl_cypher_parser *parser,
                                                sl_cypher_expression *expression);

// Enters one level of recursion; false when it is too deep or something failed before.
bool sl_cypher_enter(sl_cypher_parser *parser);

#endif
