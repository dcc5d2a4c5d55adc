// The occurrences of a recurrence rule: days and times of day.
//
// An instant is a number of seconds since 1970-01-01T00:00 on the clock of the place that the rule
// is about, without a zone: what a zone makes of it is the host's business, after this. Every day has
// 86,400 seconds. Instants are whole numbers, passed as double.
#ifndef SL_DATES_RECURRENCE_H
#define SL_DATES_RECURRENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "dates/rule.h"
#include "dates/set.h"

#define SL_INSTANT_FIRST (SL_DAY_FIRST * 86400.0)
#define SL_INSTANT_LAST (SL_DAY_LAST * 86400.0 + 86399)

typedef struct sl_recurrence sl_recurrence;

// The occurrences of a rule from `start` on, which is one of them only if the rule says so.
//   rule    sl_date_rule as SL_RULE_WORDS numbers, read
//   start   DTSTART: what the rule leaves open is taken from it, and its periods are counted from it
//   until   the last instant that may be one; SL_INSTANT_LAST for no end
//   count   how many at most; a number >= 1, infinity for no end. COUNT of RFC 5545
//   Errors: ERR_OPTION (a field of the rule, "count"), ERR_RANGE ("start", "until"), ERR_MEMORY.
//   O(years of a cycle * distinct cycles), about 10 us for a rule without an interval; up to
//   days * BYSETPOS for one that takes positions of several times a day; for rules by hours and less
//   with a count and an interval that does not divide a day, O(days to the last one). Safe on
//   untrusted data: yes.
sl_status sl_recurrence_create(const uint32_t *rule, double start, double until, double count,
                               sl_recurrence **out);

void sl_recurrence_destroy(sl_recurrence *recurrence);

// The same with single instants added (RDATE) and taken away (EXDATE, which wins), in place of those
// that were given before.
//   added, excluded   instants in any order, read
//   Errors: ERR_RANGE ("added", "excluded", position), ERR_MEMORY; then nothing has changed.
//   O(n log n + n log pages).
sl_status sl_recurrence_set_exceptions(sl_recurrence *recurrence, const double *added,
                                       size_t added_count, const double *excluded,
                                       size_t excluded_count);

// The same on the days of a set only. Errors: ERR_MEMORY. O(pages + times).
sl_status sl_recurrence_within(const sl_recurrence *recurrence, const sl_date_set *days,
                               sl_recurrence **out);

// The days that have an occurrence. Errors: ERR_MEMORY. O(pages + exceptions); O(days) where times
// change from day to day.
sl_status sl_recurrence_days(const sl_recurrence *recurrence, sl_date_set **out);

// How many instants lie in first..last, both included. O(log n) where all days have the same times,
// otherwise O(days).
double sl_recurrence_count(const sl_recurrence *recurrence, double first, double last);

// The first instants of first..last, both included, ascending; or the last ones, descending.
//   limit     at most so many
//   out       limit numbers, written: as many as are found
//   written   how many
//   O(found + days without one that lie between).
void sl_recurrence_list(sl_recurrence *recurrence, double first, double last, bool backward,
                        size_t limit, double *out, size_t *written);

// Bytes held. Pages that are shared with sets count here as well.
size_t sl_recurrence_bytes(const sl_recurrence *recurrence);

#endif
