// The days of a rule. Inside of the module.
#ifndef SL_DATES_RULE_DAYS_H
#define SL_DATES_RULE_DAYS_H

#include "dates/page.h"
#include "dates/rule.h"

// The days on which the periods of a rule (years, months, weeks or days; those of a rule by hours
// and less: all days) give an occurrence, BYSETPOS applied to the days of a period.
//   rule    checked and completed
//   first, last   days counted from 0001-01-01; the periods are counted from that of `first`
//   enough  no more days are looked for once so many have been found; UINT32_MAX for all
//   Errors: ERR_MEMORY. O(years of the first two cycles + distinct cycles).
sl_status sl_date_rule_days(const sl_date_rule *rule, uint32_t first, uint32_t last,
                            uint32_t enough, sl_date_set **out);

#endif
