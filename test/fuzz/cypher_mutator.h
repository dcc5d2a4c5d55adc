// Changes a Cypher text by words: one is put in, taken out, doubled or replaced by a piece of the language. Bytes are changed as well,
// one time in four.
#ifndef SL_FUZZ_CYPHER_MUTATOR_H
#define SL_FUZZ_CYPHER_MUTATOR_H

#include <ctype.h>
#include <stdint.h>
#include <string.h>

// Without libFuzzer there is none.
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *bytes, size_t length, size_t most);

static const char *const cypher_pieces[] = {"MATCH (a)-[r:R]->(b)",
                                            "OPTIONAL MATCH (b)--(c)",
                                            "WHERE a.i > 1",
                                            "RETURN *",
                                            "RETURN a, b",
                                            "WITH a, count(*) AS n",
                                            "UNWIND [1, null, 'x', 2.5] AS u",
                                            "FOR f IN [1, null]",
                                            "LET l = a.i, k = $p",
                                            "FILTER WHERE a.i > 1",
                                            "MATCH s = ANY SHORTEST (a)-[:R]->+(b)",
                                            "MATCH ALL SHORTEST (a)--{1,2}(b)",
                                            "ORDER BY a.i DESC",
                                            "SKIP 1",
                                            "LIMIT 2",
                                            "CREATE (x:A {i: 1})-[:R]->(y)",
                                            "MERGE (m:A {i: 3})",
                                            "ON CREATE SET m.n = 1",
                                            "ON MATCH SET m:B",
                                            "SET a.i = a.i + 1",
                                            "SET a += {k: [1, 2]}",
                                            "REMOVE a.i",
                                            "REMOVE a:A",
                                            "DETACH DELETE a",
                                            "DELETE r",
                                            "CALL db.labels() YIELD label",
                                            "UNION",
                                            "UNION ALL",
                                            "DISTINCT",
                                            "EXPLAIN",
                                            "PROFILE",
                                            "EXISTS { (a)-->() }",
                                            "COUNT { MATCH (a)--(q) RETURN q }",
                                            "shortestPath((a)-[*]-(b))",
                                            "allShortestPaths((a)-[:R*1..3]->(b))",
                                            "p = (a)-[*0..3]->(b)",
                                            "[x IN range(0, 5) WHERE x % 2 = 0 | x * x]",
                                            "[(a)-->(q) | q.i]",
                                            "all(x IN [1, 2] WHERE x > 0)",
                                            "reduce(s = 0, x IN [1, 2, 3] | s + x)",
                                            "CASE a.i WHEN 1 THEN 'one' ELSE null END",
                                            "date('2020-02-30')",
                                            "datetime({year: 2020, month: 2, timezone: '+01:00'})",
                                            "duration('P1Y2M3DT4H5M6.789S')",
                                            "a.d + duration({months: 1})",
                                            "toInteger('9223372036854775808')",
                                            "-9223372036854775808",
                                            "1e308 * 10",
                                            "0.0 / 0.0",
                                            "$p",
                                            "$list",
                                            "$map.k",
                                            "a {.i, .*}",
                                            "split('a,b', ',')",
                                            "substring('abc', 1, 9)",
                                            "collect(DISTINCT a.i)",
                                            "percentileCont(a.i, 0.5)",
                                            "stdev(a.i)",
                                            "a:A:B",
                                            "a IS NOT NULL",
                                            "IN [1, 2]",
                                            "STARTS WITH 'a'",
                                            "[1..-1]",
                                            "[0]",
                                            "NOT",
                                            "XOR",
                                            "AND",
                                            "OR",
                                            "`q u`",
                                            "/* c */",
                                            "// l\n",
                                            "'\\u00e9'",
                                            "<=",
                                            "<>",
                                            "=",
                                            "+",
                                            "^",
                                            "(",
                                            ")",
                                            "[",
                                            "]",
                                            "{",
                                            "}",
                                            ",",
                                            ".",
                                            ":",
                                            ";",
                                            "|",
                                            "*",
                                            "->",
                                            "<-",
                                            "-",
                                            "id(a)",
                                            "labels(a)",
                                            "keys(r)",
                                            "properties(a)",
                                            "nodes(p)",
                                            "relationships(p)",
                                            "head([])",
                                            "size('x')",
                                            "rand()",
                                            "LOAD CSV FROM 'f' AS row",
                                            "INSERT (:A)",
                                            "CREATE INDEX i FOR (n:A) ON (n.i)",
                                            "DROP INDEX i IF EXISTS",
                                            "SHOW INDEXES YIELD name",
                                            "AS n",
                                            "a",
                                            "b",
                                            "r",
                                            "u",
                                            "n"};

static uint32_t cypher_next(uint32_t *state, uint32_t below) {
  *state = *state * 1664525u + 1013904223u;
  return (*state >> 8) % below;
}

// The end of the word at a place: letters and digits, or a single character; with the space behind it.
static size_t cypher_word_end(const uint8_t *text, size_t at, size_t length) {
  const size_t begin = at;
  while (at < length && (isalnum(text[at]) || text[at] == '_')) at++;
  if (at == begin && at < length) at++;
  while (at < length && text[at] == ' ') at++;
  return at;
}

// bytes [begin, end) become `count` others.
static size_t cypher_splice(uint8_t *text, size_t length, size_t most, size_t begin, size_t end,
                            const uint8_t *with, size_t count) {
  if (length - (end - begin) + count > most) return length;
  memmove(text + begin + count, text + end, length - end);
  memcpy(text + begin, with, count);
  return length - (end - begin) + count;
}

size_t LLVMFuzzerCustomMutator(uint8_t *text, size_t length, size_t most, unsigned seed) {
  uint32_t state = seed;
  if (cypher_next(&state, 4) == 0 && LLVMFuzzerMutate != NULL)
    return LLVMFuzzerMutate(text, length, most);
  for (uint32_t times = 1 + cypher_next(&state, 3); times > 0; times--) {
    size_t at = 0, word = cypher_next(&state, 40);
    while (word-- > 0 && at < length) at = cypher_word_end(text, at, length);
    size_t end = at;
    for (uint32_t words = 1 + cypher_next(&state, 4); words > 0; words--)
      end = cypher_word_end(text, end, length);
    char piece[64];
    const char *chosen =
        cypher_pieces[cypher_next(&state, sizeof cypher_pieces / sizeof *cypher_pieces)];
    const size_t count = strlen(chosen);
    memcpy(piece, chosen, count);
    piece[count] = ' ';
    const uint8_t *with = (const uint8_t *)piece;
    switch (cypher_next(&state, 4)) {
    case 0:
      length = cypher_splice(text, length, most, at, at, with, count + 1);
      break;
    case 1:
      length = cypher_splice(text, length, most, at, end, with, count + 1);
      break;
    case 2:
      length = cypher_splice(text, length, most, at, end, with, 0);
      break;
    default:
      if (end - at <= sizeof piece) {
        memcpy(piece, text + at, end - at);
        length = cypher_splice(text, length, most, at, at, with, end - at);
      }
    }
  }
  return length;
}

#endif
