// Procedures that are tables: what a host has computed elsewhere, for CALL to read.
#ifndef SL_PROPERTY_DEFINED_H
#define SL_PROPERTY_DEFINED_H

#include "property/ast.h"
#include "property/value.h"

typedef struct sl_defined {
  sl_pool pool;
  sl_cypher_procedure facts;
  const sl_list *rows; // of lists: inputs, then outputs; NULL: the host gives rows of outputs
} sl_defined;

typedef struct sl_defined_set {
  sl_defined **items;
  uint32_t count;
  sl_cypher_procedure *all; // the ones of this library first
  sl_cypher_setting setting;
} sl_defined_set;

sl_status sl_defined_add(sl_defined_set *set, const char *signature, size_t length,
                         const uint8_t *rows, size_t row_bytes);
void sl_defined_free(sl_defined_set *set);
size_t sl_defined_bytes(const sl_defined_set *set);

// The next row at or after `at` whose inputs have these values; NULL: there is none. *at is behind it then.
const sl_list *sl_defined_next(const sl_defined *d, const sl_value *inputs, uint32_t *at);

#endif
