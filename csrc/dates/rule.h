// A recurrence rule of RFC 5545 (iCalendar) with the SKIP of RFC 7529, for the Gregorian calendar:
// what it says, and the days that it gives.
#ifndef SL_DATES_RULE_H
#define SL_DATES_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

typedef enum sl_frequency {
  SL_YEARLY = 0,
  SL_MONTHLY = 1,
  SL_WEEKLY = 2,
  SL_DAILY = 3,
  SL_HOURLY = 4,
  SL_MINUTELY = 5,
  SL_SECONDLY = 6,
} sl_frequency;

// What becomes of a day that a month or a year does not have: nothing, or the day before or after
// the gap (RFC 7529, 4.1).
typedef enum sl_skip { SL_SKIP_OMIT = 0, SL_SKIP_BACKWARD = 1, SL_SKIP_FORWARD = 2 } sl_skip;

// The parts of a rule. Every list is a set of bits, the least significant bit of the first word
// being bit 0: number n is bit n of `from_begin` lists, and -n is bit n of the lists beside them. A
// list without a bit stands for a part that is not given.
//
// It is an array of SL_RULE_WORDS numbers for hosts that write it by hand: fields in this order,
// without gaps.
typedef struct sl_date_rule {
  uint32_t frequency;            // sl_frequency
  uint32_t interval;             // >= 1
  uint32_t week_start;           // WKST: 0 Monday .. 6 Sunday
  uint32_t skip;                 // sl_skip; other than 0 for YEARLY and MONTHLY only
  uint32_t by_month;             // bits 1..12
  uint32_t by_month_day[2];      // bits 1..31; from the begin, from the end of the month
  uint32_t by_year_day[2][12];   // bits 1..366; from the begin, from the end of the year
  uint32_t by_week_number[2][2]; // bits 1..53; YEARLY only
  uint32_t by_day;               // bits 0 Monday .. 6 Sunday: every such day
  uint32_t by_nth_day[7][2][2];  // for each day of the week, bits 1..53: the n-th and n-th last of
                                 // the month (MONTHLY, or by_month given) or of the year
  uint32_t by_hour;              // bits 0..23
  uint32_t by_minute[2];         // bits 0..59
  uint32_t by_second[2];         // bits 0..60; 60 is taken as 59, as RFC 5545 asks (3.3.12)
  uint32_t by_position[2][12];   // BYSETPOS, bits 1..366; from the begin, from the end
} sl_date_rule;

enum { SL_RULE_WORDS = sizeof(sl_date_rule) / sizeof(uint32_t) };

// Checks every field, and the combinations that RFC 5545 (3.3.10) forbids.
//   Errors: ERR_OPTION; its argument is the field, its expectation the remedy. O(1). Safe on
//   untrusted data: yes.
sl_status sl_date_rule_check(const sl_date_rule *rule);

// Fills the parts that a rule takes from its start (RFC 5545, 3.3.10: "information, not contained
// in the rule ... derived from DTSTART"). The rule has been checked.
//   index     day of the start, counted from 0001-01-01
void sl_date_rule_complete(sl_date_rule *rule, uint32_t index, uint32_t second_of_day);

// Whether a bit is set in any of `count` words.
static inline bool sl_any(const uint32_t *words, uint32_t count) {
  uint32_t all = 0;
  for (uint32_t i = 0; i < count; i++) all |= words[i];
  return all != 0;
}

#endif
