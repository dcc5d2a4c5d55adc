// The functions that Cypher expressions can call, with how many arguments they take. Names are
// matched without regard to case. The analysis turns a name into its id, so the engine switches on
// numbers.
#ifndef SL_PROPERTY_FUNCTIONS_H
#define SL_PROPERTY_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SL_CYPHER_ANY_COUNT 255

// X(id, name, least arguments, most arguments, aggregates)
#define SL_CYPHER_FUNCTION_LIST(X)                                                                 \
  /* aggregates; COUNT_STAR is count(*), which has no argument */                                  \
  X(COUNT_STAR, "count(*)", 0, 0, true)                                                            \
  X(COUNT, "count", 1, 1, true)                                                                    \
  X(SUM, "sum", 1, 1, true)                                                                        \
  X(AVG, "avg", 1, 1, true)                                                                        \
  X(MIN, "min", 1, 1, true)                                                                        \
  X(MAX, "max", 1, 1, true)                                                                        \
  X(COLLECT, "collect", 1, 1, true)                                                                \
  X(STDEV, "stDev", 1, 1, true)                                                                    \
  X(STDEVP, "stDevP", 1, 1, true)                                                                  \
  X(PERCENTILE_CONT, "percentileCont", 2, 2, true)                                                 \
  X(PERCENTILE_DISC, "percentileDisc", 2, 2, true)                                                 \
  /* of graph elements */                                                                          \
  X(ID, "id", 1, 1, false)                                                                         \
  X(ELEMENT_ID, "elementId", 1, 1, false)                                                          \
  X(LABELS, "labels", 1, 1, false)                                                                 \
  X(TYPE, "type", 1, 1, false)                                                                     \
  X(PROPERTIES, "properties", 1, 1, false)                                                         \
  X(KEYS, "keys", 1, 1, false)                                                                     \
  X(START_NODE, "startNode", 1, 1, false)                                                          \
  X(END_NODE, "endNode", 1, 1, false)                                                              \
  X(NODES, "nodes", 1, 1, false)                                                                   \
  X(RELATIONSHIPS, "relationships", 1, 1, false)                                                   \
  X(RELS, "rels", 1, 1, false)                                                                     \
  X(LENGTH, "length", 1, 1, false)                                                                 \
  X(EXISTS, "exists", 1, 1, false)                                                                 \
  /* of lists and strings */                                                                       \
  X(SIZE, "size", 1, 1, false)                                                                     \
  X(COALESCE, "coalesce", 1, SL_CYPHER_ANY_COUNT, false)                                           \
  X(HEAD, "head", 1, 1, false)                                                                     \
  X(LAST, "last", 1, 1, false)                                                                     \
  X(TAIL, "tail", 1, 1, false)                                                                     \
  X(RANGE, "range", 2, 3, false)                                                                   \
  X(REVERSE, "reverse", 1, 1, false)                                                               \
  X(IS_EMPTY, "isEmpty", 1, 1, false)                                                              \
  X(SUBSTRING, "substring", 2, 3, false)                                                           \
  X(LEFT, "left", 2, 2, false)                                                                     \
  X(RIGHT, "right", 2, 2, false)                                                                   \
  X(TRIM, "trim", 1, 1, false)                                                                     \
  X(LTRIM, "lTrim", 1, 1, false)                                                                   \
  X(RTRIM, "rTrim", 1, 1, false)                                                                   \
  X(REPLACE, "replace", 3, 3, false)                                                               \
  X(SPLIT, "split", 2, 2, false)                                                                   \
  X(TO_LOWER, "toLower", 1, 1, false)                                                              \
  X(TO_UPPER, "toUpper", 1, 1, false)                                                              \
  X(CHAR_LENGTH, "char_length", 1, 1, false)                                                       \
  /* conversions */                                                                                \
  X(TO_STRING, "toString", 1, 1, false)                                                            \
  X(TO_INTEGER, "toInteger", 1, 1, false)                                                          \
  X(TO_FLOAT, "toFloat", 1, 1, false)                                                              \
  X(TO_BOOLEAN, "toBoolean", 1, 1, false)                                                          \
  /* numbers */                                                                                    \
  X(ABS, "abs", 1, 1, false)                                                                       \
  X(CEIL, "ceil", 1, 1, false)                                                                     \
  X(FLOOR, "floor", 1, 1, false)                                                                   \
  X(ROUND, "round", 1, 2, false)                                                                   \
  X(SIGN, "sign", 1, 1, false)                                                                     \
  X(SQRT, "sqrt", 1, 1, false)                                                                     \
  X(EXP, "exp", 1, 1, false)                                                                       \
  X(LOG, "log", 1, 1, false)                                                                       \
  X(LOG10, "log10", 1, 1, false)                                                                   \
  X(E, "e", 0, 0, false)                                                                           \
  X(PI, "pi", 0, 0, false)                                                                         \
  X(SIN, "sin", 1, 1, false)                                                                       \
  X(COS, "cos", 1, 1, false)                                                                       \
  X(TAN, "tan", 1, 1, false)                                                                       \
  X(COT, "cot", 1, 1, false)                                                                       \
  X(ASIN, "asin", 1, 1, false)                                                                     \
  X(ACOS, "acos", 1, 1, false)                                                                     \
  X(ATAN, "atan", 1, 1, false)                                                                     \
  X(ATAN2, "atan2", 2, 2, false)                                                                   \
  X(DEGREES, "degrees", 1, 1, false)                                                               \
  X(RADIANS, "radians", 1, 1, false)                                                               \
  X(HAVERSIN, "haversin", 1, 1, false)                                                             \
  X(RAND, "rand", 0, 0, false)                                                                     \
  X(TIMESTAMP, "timestamp", 0, 0, false)                                                           \
  /* dates, times and durations */                                                                 \
  X(DATE, "date", 0, 1, false)                                                                     \
  X(DATE_TRUNCATE, "date.truncate", 1, 3, false)                                                   \
  X(DATE_TRANSACTION, "date.transaction", 0, 1, false)                                             \
  X(DATE_STATEMENT, "date.statement", 0, 1, false)                                                 \
  X(DATE_REALTIME, "date.realtime", 0, 1, false)                                                   \
  X(LOCALTIME, "localtime", 0, 1, false)                                                           \
  X(LOCALTIME_TRUNCATE, "localtime.truncate", 1, 3, false)                                         \
  X(LOCALTIME_TRANSACTION, "localtime.transaction", 0, 1, false)                                   \
  X(LOCALTIME_STATEMENT, "localtime.statement", 0, 1, false)                                       \
  X(LOCALTIME_REALTIME, "localtime.realtime", 0, 1, false)                                         \
  X(TIME, "time", 0, 1, false)                                                                     \
  X(TIME_TRUNCATE, "time.truncate", 1, 3, false)                                                   \
  X(TIME_TRANSACTION, "time.transaction", 0, 1, false)                                             \
  X(TIME_STATEMENT, "time.statement", 0, 1, false)                                                 \
  X(TIME_REALTIME, "time.realtime", 0, 1, false)                                                   \
  X(LOCALDATETIME, "localdatetime", 0, 1, false)                                                   \
  X(LOCALDATETIME_TRUNCATE, "localdatetime.truncate", 1, 3, false)                                 \
  X(LOCALDATETIME_TRANSACTION, "localdatetime.transaction", 0, 1, false)                           \
  X(LOCALDATETIME_STATEMENT, "localdatetime.statement", 0, 1, false)                               \
  X(LOCALDATETIME_REALTIME, "localdatetime.realtime", 0, 1, false)                                 \
  X(DATETIME, "datetime", 0, 1, false)                                                             \
  X(DATETIME_TRUNCATE, "datetime.truncate", 1, 3, false)                                           \
  X(DATETIME_TRANSACTION, "datetime.transaction", 0, 1, false)                                     \
  X(DATETIME_STATEMENT, "datetime.statement", 0, 1, false)                                         \
  X(DATETIME_REALTIME, "datetime.realtime", 0, 1, false)                                           \
  X(DATETIME_FROM_EPOCH, "datetime.fromepoch", 2, 2, false)                                        \
  X(DATETIME_FROM_EPOCH_MILLIS, "datetime.fromepochmillis", 1, 1, false)                           \
  X(DURATION, "duration", 1, 1, false)                                                             \
  X(DURATION_BETWEEN, "duration.between", 2, 2, false)                                             \
  X(DURATION_IN_MONTHS, "duration.inMonths", 2, 2, false)                                          \
  X(DURATION_IN_DAYS, "duration.inDays", 2, 2, false)                                              \
  X(DURATION_IN_SECONDS, "duration.inSeconds", 2, 2, false)

typedef enum sl_cypher_function {
#define X(id, name, least, most, aggregates) SL_CYPHER_FUNCTION_##id,
  SL_CYPHER_FUNCTION_LIST(X)
#undef X
      SL_CYPHER_FUNCTIONS // how many
} sl_cypher_function;

typedef struct sl_cypher_function_facts {
  const char *name;
  uint8_t least, most;
  bool aggregates;
} sl_cypher_function_facts;

// function must be below SL_CYPHER_FUNCTIONS. Static.
const sl_cypher_function_facts *sl_cypher_function_read(sl_cypher_function function);

// The function of that name (any case), or SL_CYPHER_FUNCTIONS. O(functions).
sl_cypher_function sl_cypher_function_find(const char *name, size_t length);

#endif
