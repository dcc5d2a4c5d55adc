// Parts of the parser that call each other: recursive descent for clauses and patterns, precedence
// climbing for expressions. All return NULL (or false) after a failure, which parser->status tells.
#ifndef SL_PROPERTY_CYPHER_PARSER_H
#define SL_PROPERTY_CYPHER_PARSER_H

#include "property/cypher_tree.h"

// Reading words.
void sl_cypher_advance(sl_cypher_parser *parser);
bool sl_cypher_at(const sl_cypher_parser *parser, const char *keyword);
sl_cypher_token sl_cypher_after(const sl_cypher_parser *parser, sl_cypher_token token);
bool sl_cypher_accept(sl_cypher_parser *parser, uint8_t word); // consumes it if it is there
bool sl_cypher_accept_keyword(sl_cypher_parser *parser, const char *keyword);
bool sl_cypher_expect(sl_cypher_parser *parser, uint8_t word, const char *what);
bool sl_cypher_expect_keyword(sl_cypher_parser *parser, const char *keyword, const char *what);
void *sl_cypher_unexpected(sl_cypher_parser *parser, const char *what);
bool sl_cypher_is_name(sl_cypher_token token);
// A name, quoted or not; `what` is the sentence when there is none. text NULL after a failure.
sl_cypher_name sl_cypher_name_read(sl_cypher_parser *parser, const char *what);
// name.name.name as one text.
sl_cypher_name sl_cypher_dotted_read(sl_cypher_parser *parser);

// Expressions.
sl_cypher_expression *sl_cypher_expression_read(sl_cypher_parser *parser);
sl_cypher_expression *sl_cypher_operand_read(sl_cypher_parser *parser); // no operators but . [ :
sl_cypher_expression *sl_cypher_map_read(sl_cypher_parser *parser);
sl_cypher_expression *sl_cypher_parameter_read(sl_cypher_parser *parser);
bool sl_cypher_integer_read(sl_cypher_parser *parser, bool negative, int64_t *out);

// Patterns.
bool sl_cypher_pattern_follows(const sl_cypher_parser *parser, sl_cypher_token open);
sl_cypher_part *sl_cypher_part_read(sl_cypher_parser *parser);    // with a name, perhaps
sl_cypher_part *sl_cypher_element_read(sl_cypher_parser *parser); // ()-[]-()...
sl_cypher_part *sl_cypher_shortest_read(sl_cypher_parser *parser);
bool sl_cypher_at_shortest(const sl_cypher_parser *parser);
bool sl_cypher_pattern_read(sl_cypher_parser *parser, sl_cypher_pattern *out);

// CREATE, DROP and SHOW of indexes, behind their first word. follows: whether INDEX comes behind CREATE.
bool sl_cypher_index_follows(const sl_cypher_parser *parser);
bool sl_cypher_index_read(sl_cypher_parser *parser, sl_cypher_clause *c);

// Clauses, up to the end of the text or, when `inner`, a closing brace.
bool sl_cypher_query_read(sl_cypher_parser *parser, sl_cypher_query *out, bool inner);
// What stands in the braces of EXISTS { } and COUNT { }.
sl_cypher_query *sl_cypher_subquery_read(sl_cypher_parser *parser);

#endif
