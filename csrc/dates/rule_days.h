// The days of a rule. Inside of the module.
#ifndef SL_DATES_RULE_DAYS_H
#define SL_DATES_RULE_DAYS_H

#include <stdbool.h>

#include "dates/page.h"
#include "dates/rule.h"

// Fills the parts that a rule takes from its start (RFC 5545, 3.3.10: "information, not contained
// in the rule ... derived from DTSTART"). The rule has been checked.
//   index     day of the start, counted from 0001-01-01
void sl_date_rule_complete(sl_date_rule *rule, uint32_t index, uint32_t second_of_day);

// The days on which the periods of a rule (years, months, weeks or days; those of a rule by hours
// and less: all days) give an occurrence, BYSETPOS applied to the days of a period.
//   rule    checked and completed
//   first, last   days counted from 0001-01-01; the periods are counted from that of `first`
//   enough  no more days are looked for once so many have been found; UINT32_MAX for all
//   Errors: ERR_MEMORY. O(years of the first two cycles + distinct cycles).
sl_status sl_date_rule_days(const sl_date_rule *rule, uint32_t first, uint32_t last,
                            uint32_t enough, sl_date_set **out);

static inline bool sl_any(const uint32_t *words, uint32_t count) {
  uint32_t all = 0;
  for (uint32_t i = 0; i < count; i++) all |= words[i];
  return all != 0;
}

#endif
