#include "property/functions.h"

static const sl_cypher_function_facts functions[] = {
#define X(id, name, least, most, aggregates) {name, least, most, aggregates},
    SL_CYPHER_FUNCTION_LIST(X)
#undef X
};

const sl_cypher_function_facts *sl_cypher_function_read(sl_cypher_function function) {
  return functions + function;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

sl_cypher_function sl_cypher_function_find(const char *name, size_t length) {
  for (int f = SL_CYPHER_FUNCTION_COUNT; f < SL_CYPHER_FUNCTIONS; f++) {
    const char *known = functions[f].name;
    size_t i = 0;
    while (i < length && known[i] != 0 && lower(known[i]) == lower(name[i])) i++;
    if (i == length && known[i] == 0) return (sl_cypher_function)f;
  }
  return SL_CYPHER_FUNCTIONS;
}
