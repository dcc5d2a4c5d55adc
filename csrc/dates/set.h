// Sets of days: one bit a day, in pages of 400 years. The calendar repeats after 400 years, so that
// most rules need two pages, which the cycles share: 40 KB for all years from 1 to 9999.
//
// A set never changes. Days are counted from 1970-01-01; a day before SL_DAY_FIRST or after
// SL_DAY_LAST is in no set.
#ifndef SL_DATES_SET_H
#define SL_DATES_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "dates/civil.h"

typedef struct sl_date_set sl_date_set;

// The set of the days listed.
//   days   count days in any order, read; repeated ones count once
//   Errors: ERR_RANGE ("days", position), ERR_MEMORY. O(count + pages). Safe on untrusted data: yes.
sl_status sl_date_set_from_days(const int32_t *days, size_t count, sl_date_set **out);

// All days from `first` to `last`, both included; none when last < first. Days outside of the years
// 1 to 9999 are left out. Errors: ERR_MEMORY. O(pages).
sl_status sl_date_set_span(int32_t first, int32_t last, sl_date_set **out);

typedef enum sl_date_operation {
  SL_DATES_AND = 0,    // in both
  SL_DATES_OR = 1,     // in one of them at least
  SL_DATES_EXCEPT = 2, // in the first and not in the second
} sl_date_operation;

// Errors: ERR_OPTION ("operation"), ERR_MEMORY. O(distinct pairs of pages), about 2 us a page.
sl_status sl_date_set_combine(const sl_date_set *a, const sl_date_set *b,
                              sl_date_operation operation, sl_date_set **out);

// Every day moved by `days`; what leaves the years 1 to 9999 is dropped.
//   Errors: ERR_RANGE ("days": more than 3,652,058 either way), ERR_MEMORY. O(distinct pages).
sl_status sl_date_set_shift(const sl_date_set *set, int32_t days, sl_date_set **out);

void sl_date_set_destroy(sl_date_set *set);

// Bytes held. Pages that two sets share count in both.
size_t sl_date_set_bytes(const sl_date_set *set);

bool sl_date_set_has(const sl_date_set *set, int32_t day); // O(1)

// How many days of the set lie in first..last, both included. O(1).
uint32_t sl_date_set_count(const sl_date_set *set, int32_t first, int32_t last);

// What sl_date_set_seek gives when there is no such day.
#define SL_NO_DAY INT32_MIN

// The n-th day of the set from `day` on: 0 is the first that is not before `day`, 1 the one after
// it, -1 the last before `day`. SL_NO_DAY where there is none. O(log pages).
int32_t sl_date_set_seek(const sl_date_set *set, int32_t day, int32_t n);

// The days of the set in first..last, ascending.
//   out   limit days, written: the first ones
//   Returns how many were written. O(days / 64 + found).
uint32_t sl_date_set_list(const sl_date_set *set, int32_t first, int32_t last, uint32_t limit,
                          int32_t *out);

#endif
