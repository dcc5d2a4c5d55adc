// Conditions on one node, or on one relationship, whose answers are kept for each of them.
//
// A test all of whose terms compare a property with a value that stays the same is looked at for whole pages of the
// columns. Any other is evaluated once for each id.
#ifndef SL_PROPERTY_TESTS_H
#define SL_PROPERTY_TESTS_H

#include "property/store.h"

struct sl_run;
struct sl_code;

enum { SL_TERM_LABEL = 64 };
enum { SL_FAILS = 1, SL_PASSES = 2 }; // of each id; 0: unknown

// property `op` value; a label; or a property that is null or not.
typedef struct sl_term {
  uint8_t op;   // sl_cypher_op, or SL_TERM_LABEL
  uint32_t key; // of the property, or the label
  const struct sl_code *code;
  sl_value value; // of the code, in a run
} sl_term;

// Zeroed: everything passes.
typedef struct sl_test {
  struct sl_code *code; // an AND
  uint32_t slot;
  uint8_t what; // sl_what
  bool typed;   // all of it are terms
  sl_term *terms;
  uint32_t term_count;
  // State of a run.
  uint32_t looked, room;
  uint8_t *known;  // of each id
  uint8_t *misses; // of each page
  bool full;       // all is known
} sl_test;

// Adds a condition; those before are looked at first. Errors: ERR_MEMORY.
sl_status sl_test_also(struct sl_run *run, sl_test *t, struct sl_code *code);
// Looks at an id that is not known. Errors: those of sl_eval.
//   out   written: FAILS or PASSES
sl_status sl_test_look(struct sl_run *run, sl_test *t, uint32_t id, uint8_t *out);
// Looks at all ids at once, where the test is made of terms.
sl_status sl_test_look_at_all(struct sl_run *run, sl_test *t);
void sl_test_release(sl_test *t);

static inline sl_status sl_test_passes(struct sl_run *run, sl_test *t, uint32_t id, bool *out) {
  uint8_t known = SL_PASSES;
  if (t->code != NULL) {
    known = id < t->room ? t->known[id] : 0;
    if (known == 0) SL_TRY(sl_test_look(run, t, id, &known));
  }
  *out = known == SL_PASSES;
  return SL_OK;
}

#endif
