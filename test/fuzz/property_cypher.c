// Any bytes as a Cypher query: refused with a place inside the text and a message of UTF-8, or a tree that
// holds what its header promises, and that the same text gives again.
#include <string.h>

#include "../native/property_tree.h"
#include "base/memory.h"
#include "cypher_mutator.h"
#include "readers.h"

static const sl_cypher_field fields[] = {{"name", SL_CYPHER_TYPE_STRING},
                                         {"age", SL_CYPHER_TYPE_INTEGER}};
static const sl_cypher_procedure procedures[] = {{"test.proc", 2, 2, fields, fields},
                                                 {"db.labels", 0, 1, NULL, fields}};
static const sl_cypher_setting setting = {2, procedures, false, 0, NULL};

static bool is_utf8(const char *text) {
  for (const unsigned char *s = (const unsigned char *)text; *s != 0;) {
    const int n = *s < 0x80 ? 1 : *s < 0xc0 ? 9 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;
    for (int i = 1; i < n; i++)
      if ((s[i] & 0xc0) != 0x80) return false;
    s += n;
  }
  return true;
}

static bool all_ascii(const uint8_t *bytes, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (bytes[i] >= 0x80) return false;
  return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  sl_cypher_statement *statement, *again;
  sl_cypher_problem problem;
  char *text = malloc(length > 0 ? length : 1);
  if (length > 0) memcpy(text, bytes, length);
  const sl_status status = sl_cypher_parse(text, length, &setting, &statement, &problem);
  if (status == SL_OK) {
    check_statement(statement);
    REQUIRE(statement->text.length == length);
    REQUIRE(sl_cypher_parse(statement->text.text, length, &setting, &again, &problem) == SL_OK);
    REQUIRE(again->slot_count == statement->slot_count && again->bytes == statement->bytes);
    sl_cypher_destroy(again);
  } else {
    REQUIRE(status == SL_ERR_PARSE && statement == NULL);
    REQUIRE(problem.position <= length && problem.line > 0 && problem.column > 0);
    REQUIRE(memchr(problem.message, 0, sizeof problem.message) != NULL);
    REQUIRE(!all_ascii(bytes, length) || is_utf8(problem.message));
  }
  // What is left of memory when there is little of it.
  sl_memory_budget budget;
  sl_memory_budget_begin(&budget, length * 16);
  const sl_status tight = sl_cypher_parse(text, length, &setting, &again, &problem);
  sl_memory_budget_end(&budget);
  REQUIRE(tight == status || tight == SL_ERR_MEMORY);
  sl_cypher_destroy(again);
  sl_cypher_destroy(statement);
  free(text);
  REQUIRE(sl_bytes_in_use() == 0);
  return 0;
}
