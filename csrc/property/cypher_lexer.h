// The words of a Cypher text. Safe on untrusted bytes; allocates nothing.
#ifndef SL_PROPERTY_CYPHER_LEXER_H
#define SL_PROPERTY_CYPHER_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "property/problem.h"

// Punctuation of one character is its own code: '(' ')' '[' ']' '{' '}' ',' '.' ':' ';' '|' '+' '-'
// '*' '/' '%' '^' '=' '<' '>' '$' '&' '!'.
typedef enum sl_cypher_word {
  SL_CYPHER_WORD_END = 0, // the end of the text, as often as asked
  SL_CYPHER_WORD_NAME = 128,
  SL_CYPHER_WORD_QUOTED,  // `name`
  SL_CYPHER_WORD_INTEGER, // decimal, hexadecimal or octal
  SL_CYPHER_WORD_FLOAT,
  SL_CYPHER_WORD_STRING,
  SL_CYPHER_WORD_UNEQUAL,  // <>
  SL_CYPHER_WORD_AT_MOST,  // <=
  SL_CYPHER_WORD_AT_LEAST, // >=
  SL_CYPHER_WORD_MATCHES,  // =~
  SL_CYPHER_WORD_ADD_TO,   // +=
  SL_CYPHER_WORD_DOTS,     // ..
  SL_CYPHER_WORD_WRONG,    // not a word; `detail` and `what` say why
} sl_cypher_word;

typedef struct sl_cypher_token {
  uint32_t begin, end; // bytes [begin, end)
  uint8_t word;        // sl_cypher_word
  uint8_t detail;      // sl_cypher_detail, of WRONG
  const char *what;    // of WRONG: a sentence
} sl_cypher_token;

typedef struct sl_cypher_lexer {
  const char *text;
  uint32_t length;
} sl_cypher_lexer;

// The first word at or after `position`. O(its length and that of the space before it).
sl_cypher_token sl_cypher_next(const sl_cypher_lexer *lexer, uint32_t position);

// Is the word this keyword (capitals), in any case?
bool sl_cypher_is(const sl_cypher_lexer *lexer, sl_cypher_token token, const char *keyword);

// The code point at `position`, and its bytes in *size; 0xfffd and 1 for what is not UTF-8.
uint32_t sl_cypher_code_point(const sl_cypher_lexer *lexer, uint32_t position, uint32_t *size);

// Writes a code point (below 0x110000) as UTF-8, up to 4 bytes; returns how many.
uint32_t sl_cypher_utf8(uint32_t code_point, char *out);

#endif
