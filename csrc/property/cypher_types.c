// What is known about the types of values before a query runs. Null belongs to every type.
#include "property/cypher_scope.h"

bool sl_cypher_is_number(uint8_t type) {
  return type == SL_CYPHER_TYPE_INTEGER || type == SL_CYPHER_TYPE_FLOAT ||
         type == SL_CYPHER_TYPE_NUMBER;
}

bool sl_cypher_is_list(uint8_t type) {
  return type == SL_CYPHER_TYPE_LIST || type == SL_CYPHER_TYPE_RELATIONSHIPS;
}

bool sl_cypher_is_open(uint8_t type) {
  return type == SL_CYPHER_TYPE_ANY || type == SL_CYPHER_TYPE_NULL;
}

sl_cypher_known sl_cypher_element_of(sl_cypher_known list) {
  if (list.type == SL_CYPHER_TYPE_RELATIONSHIPS) return SL_CYPHER_IS(RELATIONSHIP);
  if (list.type == SL_CYPHER_TYPE_LIST) return (sl_cypher_known){list.element, SL_CYPHER_TYPE_ANY};
  return SL_CYPHER_IS(ANY);
}

uint8_t sl_cypher_common(uint8_t a, uint8_t b) {
  if (a == b || b == SL_CYPHER_TYPE_NULL) return a;
  if (a == SL_CYPHER_TYPE_NULL) return b;
  return sl_cypher_is_number(a) && sl_cypher_is_number(b) ? SL_CYPHER_TYPE_NUMBER
                                                          : SL_CYPHER_TYPE_ANY;
}

sl_cypher_known sl_cypher_call_type(sl_cypher_function function, const sl_cypher_known *args,
                                    uint32_t count) {
  if (function >= SL_CYPHER_FUNCTION_DATE) return SL_CYPHER_IS(TEMPORAL);
  switch (function) {
  case SL_CYPHER_FUNCTION_COUNT_STAR:
  case SL_CYPHER_FUNCTION_COUNT:
  case SL_CYPHER_FUNCTION_ID:
  case SL_CYPHER_FUNCTION_LENGTH:
  case SL_CYPHER_FUNCTION_SIZE:
  case SL_CYPHER_FUNCTION_CHAR_LENGTH:
  case SL_CYPHER_FUNCTION_TO_INTEGER:
  case SL_CYPHER_FUNCTION_SIGN:
  case SL_CYPHER_FUNCTION_TIMESTAMP:
    return SL_CYPHER_IS(INTEGER);
  case SL_CYPHER_FUNCTION_COLLECT:
    return (sl_cypher_known){SL_CYPHER_TYPE_LIST, args[0].type};
  case SL_CYPHER_FUNCTION_LABELS:
  case SL_CYPHER_FUNCTION_KEYS:
  case SL_CYPHER_FUNCTION_SPLIT:
    return (sl_cypher_known){SL_CYPHER_TYPE_LIST, SL_CYPHER_TYPE_STRING};
  case SL_CYPHER_FUNCTION_RANGE:
    return (sl_cypher_known){SL_CYPHER_TYPE_LIST, SL_CYPHER_TYPE_INTEGER};
  case SL_CYPHER_FUNCTION_NODES:
    return (sl_cypher_known){SL_CYPHER_TYPE_LIST, SL_CYPHER_TYPE_NODE};
  case SL_CYPHER_FUNCTION_RELATIONSHIPS:
  case SL_CYPHER_FUNCTION_RELS:
    return SL_CYPHER_IS(RELATIONSHIPS);
  case SL_CYPHER_FUNCTION_START_NODE:
  case SL_CYPHER_FUNCTION_END_NODE:
    return SL_CYPHER_IS(NODE);
  case SL_CYPHER_FUNCTION_PROPERTIES:
    return SL_CYPHER_IS(MAP);
  case SL_CYPHER_FUNCTION_EXISTS:
  case SL_CYPHER_FUNCTION_IS_EMPTY:
  case SL_CYPHER_FUNCTION_TO_BOOLEAN:
    return SL_CYPHER_IS(BOOLEAN);
  case SL_CYPHER_FUNCTION_TYPE:
  case SL_CYPHER_FUNCTION_ELEMENT_ID:
  case SL_CYPHER_FUNCTION_TO_STRING:
  case SL_CYPHER_FUNCTION_SUBSTRING:
  case SL_CYPHER_FUNCTION_TO_LOWER:
  case SL_CYPHER_FUNCTION_TO_UPPER:
    return SL_CYPHER_IS(STRING);
  case SL_CYPHER_FUNCTION_TO_FLOAT:
  case SL_CYPHER_FUNCTION_RAND:
  case SL_CYPHER_FUNCTION_SQRT:
    return SL_CYPHER_IS(FLOAT);
  case SL_CYPHER_FUNCTION_TAIL:
    return args[0];
  case SL_CYPHER_FUNCTION_HEAD:
  case SL_CYPHER_FUNCTION_LAST:
    return sl_cypher_element_of(args[0]);
  case SL_CYPHER_FUNCTION_MIN:
  case SL_CYPHER_FUNCTION_MAX:
    return count > 0 ? args[0] : SL_CYPHER_IS(ANY);
  default:
    return SL_CYPHER_IS(ANY);
  }
}

bool sl_cypher_call_refuses(sl_cypher_function function, uint8_t type) {
  switch (function) {
  case SL_CYPHER_FUNCTION_TYPE:
    return type == SL_CYPHER_TYPE_NODE || type == SL_CYPHER_TYPE_PATH;
  case SL_CYPHER_FUNCTION_LABELS:
    return type == SL_CYPHER_TYPE_RELATIONSHIP || type == SL_CYPHER_TYPE_PATH;
  case SL_CYPHER_FUNCTION_PROPERTIES:
    return sl_cypher_is_number(type) || type == SL_CYPHER_TYPE_STRING ||
           type == SL_CYPHER_TYPE_BOOLEAN || sl_cypher_is_list(type);
  case SL_CYPHER_FUNCTION_SIZE:
    return type == SL_CYPHER_TYPE_PATH || type == SL_CYPHER_TYPE_NODE ||
           type == SL_CYPHER_TYPE_RELATIONSHIP;
  case SL_CYPHER_FUNCTION_LENGTH:
    return type == SL_CYPHER_TYPE_NODE || type == SL_CYPHER_TYPE_RELATIONSHIP;
  case SL_CYPHER_FUNCTION_NODES:
  case SL_CYPHER_FUNCTION_RELATIONSHIPS:
  case SL_CYPHER_FUNCTION_RELS:
    return type == SL_CYPHER_TYPE_NODE || type == SL_CYPHER_TYPE_RELATIONSHIP;
  case SL_CYPHER_FUNCTION_START_NODE:
  case SL_CYPHER_FUNCTION_END_NODE:
    return type == SL_CYPHER_TYPE_NODE || type == SL_CYPHER_TYPE_PATH;
  default:
    return false;
  }
}
