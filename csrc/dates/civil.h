// Days of the proleptic Gregorian calendar, counted from 1970-01-01, of the years 1 to 9999.
#ifndef SL_DATES_CIVIL_H
#define SL_DATES_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

#define SL_DAY_FIRST (-719162) // 0001-01-01, a Monday
#define SL_DAY_LAST 2932896    // 9999-12-31

// The calendar repeats after 400 years, which are whole weeks. Cycles are counted from 0001-01-01:
// the last of the 25 has 366 days, those of the year 10000, that belong to no set.
enum { SL_CYCLE_DAYS = 146097, SL_CYCLE_YEARS = 400, SL_CYCLES = 25 };
enum { SL_DAY_COUNT = SL_DAY_LAST - SL_DAY_FIRST + 1 };

static inline bool sl_is_leap(int32_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

// Days before `month` (1..13) in a year.
static inline uint32_t sl_days_before_month(bool leap, uint32_t month) {
  // 30.6 days a month from March on, as in Hinnant's algorithms.
  if (month <= 2) return 31 * (month - 1);
  return 59 + leap + (153 * (month - 3) + 2) / 5;
}

static inline uint32_t sl_days_in_month(bool leap, uint32_t month) {
  return sl_days_before_month(leap, month + 1) - sl_days_before_month(leap, month);
}

// The first day of a year (1..10000), counted from 0001-01-01.
static inline uint32_t sl_year_begin(int32_t year) {
  uint32_t before = (uint32_t)year - 1;
  return before * 365 + before / 4 - before / 100 + before / 400;
}

// Year, month 1..12 and day 1..31 of a day counted from 0001-01-01 (below SL_CYCLES cycles). O(1).
void sl_civil(uint32_t index, int32_t *year, uint32_t *month, uint32_t *day);

#endif
