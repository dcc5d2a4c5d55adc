// Recurrences: tables of RFC 5545, rules that never occur, the ends of the years, and what is refused. Random rules are
// compared with dateutil by test/vectors/dates/generate.py.
#include "check.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "dates/civil.h"
#include "dates/recurrence.h"

static double at(int32_t year, uint32_t month, uint32_t day, uint32_t second) {
  uint32_t index = sl_year_begin(year) + sl_days_before_month(sl_is_leap(year), month) + day - 1;
  return ((double)index + SL_DAY_FIRST) * 86400 + second;
}

static sl_date_rule every(sl_frequency frequency, uint32_t interval) {
  sl_date_rule rule;
  memset(&rule, 0, sizeof rule);
  rule.frequency = frequency;
  rule.interval = interval;
  return rule;
}

static sl_recurrence *make(const sl_date_rule *rule, double start, double count) {
  sl_recurrence *r;
  assert_ok(sl_recurrence_create((const uint32_t *)rule, start, SL_INSTANT_LAST, count, &r));
  return r;
}

static void assert_list(sl_recurrence *r, const double *wanted, size_t count) {
  double found[16];
  size_t written;
  sl_recurrence_list(r, -INFINITY, INFINITY, false, 16, found, &written);
  assert_int_equal(written, count);
  for (size_t i = 0; i < count; i++)
    if (found[i] != wanted[i]) fail_msg("occurrence %zu: %.0f, not %.0f", i, found[i], wanted[i]);
  sl_recurrence_list(r, -INFINITY, INFINITY, true, 16, found, &written);
  for (size_t i = 0; i < count; i++) assert_true(found[i] == wanted[count - 1 - i]);
  assert_true(sl_recurrence_count(r, -INFINITY, INFINITY) == (double)count);
}

static void fridays_the_13th(void **state) {
  (void)state;
  sl_date_rule rule = every(SL_MONTHLY, 1);
  rule.by_month_day[0] = 1 << 13;
  rule.by_day = 1 << 4;
  sl_recurrence *r = make(&rule, at(1997, 9, 2, 9 * 3600), 5);
  const double wanted[] = {at(1998, 2, 13, 32400), at(1998, 3, 13, 32400), at(1998, 11, 13, 32400),
                           at(1999, 8, 13, 32400), at(2000, 10, 13, 32400)}; // RFC 5545, 3.8.5.3
  assert_list(r, wanted, 5);
  sl_recurrence_destroy(r);
  // 688 in 400 years: the 13th is a Friday more often than any other day of the week (B. H. Brown, 1933).
  r = make(&rule, at(1, 1, 1, 0), INFINITY);
  for (int32_t year = 1; year + 400 <= 9999; year += 137)
    assert_true(sl_recurrence_count(r, at(year, 1, 1, 0), at(year + 400, 1, 1, 0) - 1) == 688);
  sl_recurrence_destroy(r);
}

static void what_never_occurs_ends(void **state) {
  (void)state;
  sl_date_rule february = every(SL_YEARLY, 1);
  february.by_month = 1 << 2;
  february.by_month_day[0] = 1 << 30;
  sl_date_rule hours = every(SL_HOURLY, 24); // starts at 10:00
  hours.by_hour = 1 << 9;
  sl_date_rule seconds = every(SL_SECONDLY, 7);
  seconds.by_month = 1 << 2;
  seconds.by_month_day[0] = (uint32_t)1 << 30;
  sl_date_rule even = every(SL_MINUTELY, 14); // from an odd minute on
  for (int m = 0; m < 60; m += 2) even.by_minute[m / 32] |= (uint32_t)1 << (m % 32);
  sl_date_rule position = every(SL_MONTHLY, 1);
  position.by_day = 1;
  position.by_position[0][0] = 1 << 6;
  const sl_date_rule *rules[] = {&february, &hours, &seconds, &even, &position};
  for (int i = 0; i < 5; i++) {
    for (int counted = 0; counted < 2; counted++) {
      sl_recurrence *r = make(rules[i], at(2000, 1, 1, 36060), counted ? 3 : INFINITY);
      assert_list(r, NULL, 0);
      sl_date_set *days;
      assert_ok(sl_recurrence_days(r, &days));
      assert_int_equal(sl_date_set_count(days, INT32_MIN, INT32_MAX), 0);
      sl_date_set_destroy(days);
      sl_recurrence_destroy(r);
    }
  }
}

static void the_years_end_at_9999(void **state) {
  (void)state;
  sl_date_rule rule = every(SL_YEARLY, 1);
  sl_recurrence *r = make(&rule, at(9997, 12, 31, 86399), INFINITY);
  const double wanted[] = {at(9997, 12, 31, 86399), at(9998, 12, 31, 86399),
                           at(9999, 12, 31, 86399)};
  assert_list(r, wanted, 3);
  sl_recurrence_destroy(r);
  r = make(&rule, at(1, 1, 1, 0), INFINITY);
  assert_true(sl_recurrence_count(r, -INFINITY, INFINITY) == 9999);
  sl_recurrence_destroy(r);
  for (uint32_t frequency = SL_YEARLY; frequency <= SL_SECONDLY; frequency++) {
    rule = every((sl_frequency)frequency, UINT32_MAX);
    r = make(&rule, at(1, 2, 3, 4), 1e300);
    double first = at(1, 2, 3, 4), found[70];
    size_t written;
    sl_recurrence_list(r, -INFINITY, INFINITY, false, 70, found, &written);
    assert_true(written >= 1 && found[0] == first);
    // 2^32 - 1 seconds are 136 years.
    assert_int_equal(written, frequency == SL_SECONDLY ? 70 : frequency == SL_MINUTELY ? 2 : 1);
    sl_recurrence_destroy(r);
  }
}

static void skip_moves_days_that_do_not_exist(void **state) {
  (void)state;
  sl_date_rule rule = every(SL_MONTHLY, 1); // RFC 7529, 4.1
  const double omit[] = {at(2014, 1, 31, 0), at(2014, 3, 31, 0), at(2014, 5, 31, 0)};
  const double back[] = {at(2014, 1, 31, 0), at(2014, 2, 28, 0), at(2014, 3, 31, 0)};
  const double forward[] = {at(2014, 1, 31, 0), at(2014, 3, 1, 0), at(2014, 3, 31, 0)};
  const double *wanted[] = {omit, back, forward};
  for (uint32_t skip = 0; skip < 3; skip++) {
    rule.skip = skip;
    sl_recurrence *r = make(&rule, at(2014, 1, 31, 0), 3);
    assert_list(r, wanted[skip], 3);
    sl_recurrence_destroy(r);
  }
  rule = every(SL_YEARLY, 1);
  const double leap[] = {at(2016, 2, 29, 0), at(2017, 2, 28, 0), at(2018, 2, 28, 0)};
  const double march[] = {at(2016, 2, 29, 0), at(2017, 3, 1, 0), at(2018, 3, 1, 0)};
  for (uint32_t skip = 1; skip < 3; skip++) {
    rule.skip = skip;
    sl_recurrence *r = make(&rule, at(2016, 2, 29, 0), 3);
    assert_list(r, skip == 1 ? leap : march, 3);
    sl_recurrence_destroy(r);
  }
  // The 366th day from the end of a year that has 365, at the edge of a cycle: the day before it.
  rule.by_year_day[1][11] = (uint32_t)1 << (366 - 352);
  rule.skip = SL_SKIP_BACKWARD;
  sl_recurrence *r = make(&rule, at(1999, 12, 1, 0), 3);
  const double edges[] = {at(2000, 1, 1, 0), at(2000, 12, 31, 0), at(2001, 12, 31, 0)};
  assert_list(r, edges, 3);
  sl_recurrence_destroy(r);
}

static void second_60_is_second_59(void **state) {
  (void)state;
  sl_date_rule rule = every(SL_MINUTELY, 1);
  rule.by_second[1] = ((uint32_t)1 << (59 - 32)) | ((uint32_t)1 << (60 - 32));
  sl_recurrence *r = make(&rule, at(2016, 12, 31, 86340), 2);
  const double wanted[] = {at(2016, 12, 31, 86399), at(2017, 1, 1, 59)};
  assert_list(r, wanted, 2);
  sl_recurrence_destroy(r);
}

static void exceptions_count_and_win(void **state) {
  (void)state;
  sl_date_rule rule = every(SL_DAILY, 1);
  sl_recurrence *r = make(&rule, at(2020, 1, 1, 100), 4);
  const double added[] = {at(2020, 1, 9, 5), at(2020, 1, 2, 100), at(2020, 1, 2, 50),
                          at(2020, 1, 9, 5)};
  const double excluded[] = {at(2020, 1, 3, 100), at(2020, 1, 3, 100), at(2020, 5, 1, 0)};
  assert_ok(sl_recurrence_set_exceptions(r, added, 4, excluded, 3));
  const double wanted[] = {at(2020, 1, 1, 100), at(2020, 1, 2, 50), at(2020, 1, 2, 100),
                           at(2020, 1, 4, 100), at(2020, 1, 9, 5)};
  assert_list(r, wanted, 5);
  sl_date_set *days, *some;
  assert_ok(sl_recurrence_days(r, &days));
  assert_int_equal(sl_date_set_count(days, INT32_MIN, INT32_MAX), 4);
  assert_ok(sl_date_set_shift(days, 5, &some)); // January 6, 7, 9 and 14
  sl_recurrence *part;
  assert_ok(sl_recurrence_within(r, some, &part));
  assert_list(part, wanted + 4, 1);
  double bad[2] = {0, 0.5};
  assert_refused(sl_recurrence_set_exceptions(r, bad, 2, NULL, 0), SL_ERR_RANGE, "added");
  assert_refused(sl_recurrence_set_exceptions(r, NULL, 0, bad, 2), SL_ERR_RANGE, "excluded");
  assert_list(r, wanted, 5);
  sl_recurrence_destroy(part);
  sl_recurrence_destroy(r);
  sl_date_set_destroy(some);
  sl_date_set_destroy(days);
}

static void refused(sl_date_rule rule, const char *name) {
  sl_recurrence *r;
  assert_refused(sl_recurrence_create((const uint32_t *)&rule, 0, SL_INSTANT_LAST, INFINITY, &r),
                 SL_ERR_OPTION, name);
  assert_null(r);
}

static void what_the_rfc_forbids_is_refused_by_name(void **state) {
  (void)state;
#define REFUSED(name, frequency, change)                                                           \
  do {                                                                                             \
    sl_date_rule rule = every(frequency, 1);                                                       \
    rule.change;                                                                                   \
    refused(rule, name);                                                                           \
  } while (0)
  REFUSED("frequency", SL_YEARLY, frequency = 7);
  REFUSED("interval", SL_YEARLY, interval = 0);
  REFUSED("week_start", SL_YEARLY, week_start = 7);
  REFUSED("skip", SL_YEARLY, skip = 3);
  REFUSED("skip", SL_DAILY, skip = 1);
  REFUSED("by_month", SL_YEARLY, by_month = 1);
  REFUSED("by_month", SL_YEARLY, by_month = 1 << 13);
  REFUSED("by_month_day", SL_YEARLY, by_month_day[1] = 1);
  REFUSED("by_month_day", SL_WEEKLY, by_month_day[0] = 2);
  REFUSED("by_year_day", SL_YEARLY, by_year_day[0][11] = 1u << 31);
  REFUSED("by_year_day", SL_DAILY, by_year_day[0][0] = 2);
  REFUSED("by_week_number", SL_YEARLY, by_week_number[1][1] = 1 << 22);
  REFUSED("by_week_number", SL_MONTHLY, by_week_number[0][0] = 2);
  REFUSED("by_day", SL_YEARLY, by_day = 128);
  REFUSED("by_nth_day", SL_YEARLY, by_nth_day[6][1][0] = 1);
  REFUSED("by_nth_day", SL_WEEKLY, by_nth_day[6][1][0] = 2);
  REFUSED("by_hour", SL_YEARLY, by_hour = 1 << 24);
  REFUSED("by_minute", SL_YEARLY, by_minute[1] = 1 << 28);
  REFUSED("by_second", SL_YEARLY, by_second[1] = 1 << 29);
  REFUSED("by_position", SL_YEARLY, by_position[0][0] = 1);
  REFUSED("by_position", SL_YEARLY, by_position[0][0] = 2);
  sl_date_rule rule = every(SL_DAILY, 1);
  sl_recurrence *r;
  const uint32_t *words = (const uint32_t *)&rule;
  const double no[] = {NAN, INFINITY, -INFINITY, 0.5, SL_INSTANT_LAST + 1, SL_INSTANT_FIRST - 1};
  for (int i = 0; i < 6; i++) {
    assert_refused(sl_recurrence_create(words, no[i], 0, 1, &r), SL_ERR_RANGE, "start");
    assert_refused(sl_recurrence_create(words, 0, no[i], 1, &r), SL_ERR_RANGE, "until");
  }
  const double counts[] = {0, -1, 1.5, NAN};
  for (int i = 0; i < 4; i++)
    assert_refused(sl_recurrence_create(words, 0, 0, counts[i], &r), SL_ERR_OPTION, "count");
}

// BYSETPOS of several times a day, by its definition: all instants of a month in order.
static void positions_count_instants(void **state) {
  (void)state;
  sl_date_rule rule = every(SL_MONTHLY, 1);
  rule.by_day = 1 << 1 | 1 << 3;
  rule.by_hour = 1 << 6 | 1 << 12 | 1 << 18;
  rule.by_position[0][0] = 1 << 2 | 1 << 7;
  rule.by_position[1][0] = 1 << 1 | 1 << 5;
  sl_recurrence *r = make(&rule, at(2023, 11, 1, 0), INFINITY);
  sl_date_rule all = rule;
  memset(all.by_position, 0, sizeof all.by_position);
  sl_recurrence *s = make(&all, at(2023, 11, 1, 0), INFINITY);
  double expected[64], found[64], month[32];
  size_t total = 0, written, count;
  for (uint32_t m = 11; m <= 24; m++) {
    int32_t year = 2023 + (int32_t)(m - 1) / 12;
    double first = at(year, (m - 1) % 12 + 1, 1, 0),
           last = at(year, (m - 1) % 12 + 1, 28, 0) + 4 * 86400;
    last = at(2023 + (int32_t)m / 12, m % 12 + 1, 1, 0) - 1;
    sl_recurrence_list(s, first, last, false, 32, month, &count);
    for (size_t i = 0; i < count; i++)
      if (i == 1 || i == 6 || i == count - 1 || i == count - 5) expected[total++] = month[i];
  }
  sl_recurrence_list(r, -INFINITY, INFINITY, false, total, found, &written);
  assert_int_equal(written, total);
  for (size_t i = 0; i < total; i++) assert_true(found[i] == expected[i]);
  assert_true(sl_recurrence_count(r, found[0], found[total - 1]) == (double)total);
  sl_recurrence_destroy(r);
  sl_recurrence_destroy(s);
}

static void a_full_memory_loses_nothing(void **state) {
  (void)state;
  sl_date_rule plain = every(SL_DAILY, 5), layers = every(SL_MONTHLY, 1),
               lists = every(SL_MINUTELY, 7);
  layers.by_day = 3;
  layers.by_hour = 7;
  layers.by_position[0][0] = 30;
  const sl_date_rule *rules[] = {&plain, &layers, &lists};
  double added[2] = {5, 7};
  for (int i = 0; i < 3; i++)
    for (size_t room = 0; room < 400000; room += 9000) {
      sl_set_memory_limit(room);
      sl_recurrence *r, *part;
      sl_date_set *days;
      if (sl_recurrence_create((const uint32_t *)rules[i], 0, SL_INSTANT_LAST, INFINITY, &r) !=
          SL_OK) {
        assert_int_equal(sl_last_error()->status, SL_ERR_MEMORY);
        assert_int_equal(sl_bytes_in_use(), 0);
        continue;
      }
      (void)sl_recurrence_set_exceptions(r, added, 2, added, 1);
      if (sl_recurrence_days(r, &days) == SL_OK) {
        if (sl_recurrence_within(r, days, &part) == SL_OK) sl_recurrence_destroy(part);
        sl_date_set_destroy(days);
      }
      sl_recurrence_destroy(r);
      assert_int_equal(sl_bytes_in_use(), 0);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(fridays_the_13th),
      property(what_never_occurs_ends),
      property(the_years_end_at_9999),
      property(skip_moves_days_that_do_not_exist),
      property(second_60_is_second_59),
      property(exceptions_count_and_win),
      property(what_the_rfc_forbids_is_refused_by_name),
      property(positions_count_instants),
      property(a_full_memory_loses_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
