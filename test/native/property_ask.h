// Asks a property graph for one integer.
#ifndef SL_TEST_PROPERTY_ASK_H
#define SL_TEST_PROPERTY_ASK_H

#include "check.h"

#include <string.h>

#include "property/property.h"

#define TEXT(s) (const uint8_t *)(s), (uint32_t)strlen(s)

// Runs a query whose answer is one integer. INT64_MIN: it gave none.
static inline sl_status ask(sl_property *g, const char *text, int64_t *out) {
  sl_property_query *q;
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  double numbers[3] = {0};
  *out = INT64_MIN;
  SL_TRY(sl_property_prepare(g, TEXT(text), &q));
  sl_status status = sl_property_begin(q, NULL, 0, UINT64_MAX, 0, 1);
  while (status == SL_OK && outcome == SL_OUTCOME_RUNNING)
    status = sl_job_step(sl_property_job(q), 50, &outcome);
  if (status == SL_OK) {
    sl_property_take(q, numbers);
    const uint8_t *p = (const uint8_t *)(uintptr_t)numbers[0];
    int32_t n = 0;
    if (numbers[2] > 0 && p[0] == SL_WIRE_LONG) memcpy(out, p + 1, sizeof *out);
    if (numbers[2] > 0 && p[0] == SL_WIRE_INT) {
      memcpy(&n, p + 1, sizeof n);
      *out = n;
    }
  }
  sl_property_query_destroy(q);
  return status;
}

static inline int64_t answer(sl_property *g, const char *text) {
  int64_t out;
  const sl_status status = ask(g, text, &out);
  double p[SL_PROPERTY_PROBLEM];
  sl_property_problem(g, p);
  if (status != SL_OK)
    fail_msg("%s: %s\n%s", text, sl_status_name(status), (const char *)(uintptr_t)p[0]);
  return out;
}

#endif
