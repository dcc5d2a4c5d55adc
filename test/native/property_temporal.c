// Dates, times and durations: the calendar against day-by-day counting, text both ways, components against definitions of ISO
// 8601, arithmetic, hostile texts. The kit of openCypher has a thousand more cases (test/property/kit.test.ts).
#include "check.h"

#include <string.h>

#include "base/rng.h"
#include "property/temporal.h"

static void assert_text(const sl_temporal *t, const char *wanted) {
  char text[SL_TEMPORAL_TEXT + 1];
  text[sl_temporal_text(t, text)] = 0;
  assert_string_equal(text, wanted);
}

static sl_temporal parse(sl_temporal_type type, const char *text) {
  sl_temporal t;
  if (!sl_temporal_parse(type, text, strlen(text), &t)) fail_msg("not read: %s", text);
  return t;
}

static void refuse(sl_temporal_type type, const char *text) {
  sl_temporal t;
  if (sl_temporal_parse(type, text, strlen(text), &t)) fail_msg("read: %s", text);
}

static void days_are_counted(void **state) {
  (void)state;
  // Day by day through two cycles of the calendar, before and after year 0.
  int64_t year = -400, month = 1, day = 1, days = sl_temporal_days(-400, 1, 1);
  assert_int_equal(sl_temporal_days(1970, 1, 1), 0);
  assert_int_equal(sl_temporal_days(2000, 3, 1), 11017); // date -d 2000-03-01 +%s / 86400
  assert_int_equal(sl_temporal_days(1600, 1, 1), -135140);
  for (; year < 401; days++) {
    const sl_civil c = sl_temporal_civil(days);
    if (c.year != year || c.month != month || c.day != day ||
        sl_temporal_days(year, month, day) != days)
      fail_msg("day %lld", (long long)days);
    if (++day > sl_temporal_month_length(year, month)) {
      day = 1;
      if (++month > 12) {
        month = 1;
        year++;
      }
    }
  }
}

static void weeks_are_those_of_iso(void **state) {
  (void)state;
  int64_t year, week, day;
  // A week belongs to the year of its Thursday; weeks follow each other without a gap.
  int64_t before_year = 0, before_week = 0, monday = sl_temporal_week_year(1970);
  for (int64_t days = monday; days < monday + 146097; days++) {
    sl_temporal_week(days, &year, &week, &day);
    assert_int_equal(day, (days - monday) % 7 + 1);
    if (day == 4) assert_int_equal(sl_temporal_civil(days).year, year);
    if (day == 1 && before_week > 0)
      assert_true(year == before_year ? week == before_week + 1
                                      : year == before_year + 1 && week == 1 && before_week >= 52);
    before_year = year;
    before_week = week;
  }
  sl_temporal_week(sl_temporal_days(1984, 1, 1), &year, &week, &day);
  assert_true(year == 1983 && week == 52 && day == 7);
}

static void text_comes_back(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 7);
  for (int i = 0; i < 20000; i++) {
    sl_temporal t = {.type = (uint8_t)(i % 6)}, again;
    char text[SL_TEMPORAL_TEXT];
    const double size = i % 3 == 0 ? 1e4 : 1e11;
    if (t.type == SL_TEMPORAL_DURATION) {
      t.months = (int64_t)((sl_rng_double(&rng) - 0.5) * size / 100);
      t.days = (int64_t)((sl_rng_double(&rng) - 0.5) * size);
      t.seconds = (int64_t)((sl_rng_double(&rng) - 0.5) * size);
    } else {
      if (sl_temporal_has_date(&t)) t.days = (int64_t)((sl_rng_double(&rng) - 0.5) * size);
      if (sl_temporal_has_time(&t)) t.seconds = (int64_t)(sl_rng_double(&rng) * 86400);
      if (sl_temporal_has_offset(&t)) t.offset = (int32_t)((sl_rng_double(&rng) - 0.5) * 100000);
    }
    if (sl_temporal_has_time(&t) || t.type == SL_TEMPORAL_DURATION)
      t.nanos = (int32_t)(sl_rng_double(&rng) * 1e9);
    const uint32_t length = sl_temporal_text(&t, text);
    assert_true(length <= SL_TEMPORAL_TEXT);
    if (!sl_temporal_parse((sl_temporal_type)t.type, text, length, &again) ||
        !sl_temporal_same(&t, &again))
      fail_msg("%.*s", (int)length, text);
    assert_int_equal(sl_temporal_order(&t, &again), 0);
    assert_int_equal(sl_temporal_hash(&t), sl_temporal_hash(&again));
  }
}

static void forms_of_iso(void **state) {
  (void)state;
  static const char *const dates[] = {"2015-07-21", "20150721", "2015-W30-2",
                                      "2015W302",   "2015-202", "2015202"};
  for (int i = 0; i < 6; i++) {
    const sl_temporal t = parse(SL_TEMPORAL_DATE, dates[i]);
    assert_text(&t, "2015-07-21");
  }
  sl_temporal t = parse(SL_TEMPORAL_DATETIME, "-0044-03-15T12:00:00.5-02:05:07");
  assert_text(&t, "-0044-03-15T12:00:00.5-02:05:07");
  t = parse(SL_TEMPORAL_DURATION, "P-1Y2M-3DT4H-5M6.7S");
  assert_text(&t, "P-10M-3DT3H55M6.7S");
  t = parse(SL_TEMPORAL_DURATION, "PT-0.5S");
  assert_text(&t, "PT-0.5S");
  static const char *const wrong[] = {
      "",           "2015-13",  "2015-02-29", "2015-W54",    "2015-366",    "2015-7",
      "2015-07-2",  "20150732", "+15-07-21",  "2015-07-21T", "2015-07-21x", "99999999999",
      "2015-W30-8", "W30",      "-"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) refuse(SL_TEMPORAL_DATE, wrong[i]);
  static const char *const times[] = {"",         "24",   "12:60",     "12:00:60",
                                      "1",        "12:",  "12:00:00.", "12:00:00.1234567890",
                                      "12+19:00", "12+1", "12Z1"};
  for (size_t i = 0; i < sizeof times / sizeof *times; i++) refuse(SL_TEMPORAL_TIME, times[i]);
  static const char *const durations[] = {"",
                                          "P",
                                          "PT",
                                          "P1",
                                          "1D",
                                          "P1H",
                                          "PT1D",
                                          "P1D1",
                                          "P1..5D",
                                          "PT99999999999999999999S",
                                          "PT999999999999999999H"};
  for (size_t i = 0; i < sizeof durations / sizeof *durations; i++)
    refuse(SL_TEMPORAL_DURATION, durations[i]);
}

static void sums_and_differences(void **state) {
  (void)state;
  sl_temporal a = parse(SL_TEMPORAL_DATE, "2024-01-31"), d = parse(SL_TEMPORAL_DURATION, "P1M"), r;
  assert_true(sl_temporal_add(&a, &d, 1, &r));
  assert_text(&r, "2024-02-29"); // the last day, where the month is shorter
  a = parse(SL_TEMPORAL_DATETIME, "2024-12-31T23:59:59.999999999+01:00");
  d = parse(SL_TEMPORAL_DURATION, "PT0.000000001S");
  assert_true(sl_temporal_add(&a, &d, 1, &r));
  assert_text(&r, "2025-01-01T00:00+01:00");
  a = parse(SL_TEMPORAL_DATE, "+999999999-12-31");
  d = parse(SL_TEMPORAL_DURATION, "P1D");
  assert_false(sl_temporal_add(&a, &d, 1, &r));
  d.seconds = INT64_MAX;
  assert_false(sl_temporal_add(&d, &d, 1, &r));
  assert_false(sl_duration_scale(&d, 1e300, &r));
  // a + between(a, b) is b.
  sl_rng rng;
  sl_rng_seed(&rng, 3);
  for (int i = 0; i < 20000; i++) {
    sl_temporal p[2], span;
    for (int k = 0; k < 2; k++)
      p[k] = (sl_temporal){.type = SL_TEMPORAL_LOCALDATETIME,
                           .days = (int64_t)(sl_rng_double(&rng) * 4000),
                           .seconds = (int64_t)(sl_rng_double(&rng) * 86400),
                           .nanos = (int32_t)(sl_rng_double(&rng) * 1e9)};
    for (int what = 0; what < 4; what += 3) {
      assert_true(sl_temporal_between(&p[0], &p[1], (sl_between)what, &span));
      assert_true(sl_temporal_add(&p[0], &span, 1, &r));
      if (!sl_temporal_same(&r, &p[1])) fail_msg("pair %d", i);
    }
  }
}

static void order_is_that_of_instants(void **state) {
  (void)state;
  const sl_temporal a = parse(SL_TEMPORAL_DATETIME, "2020-01-01T12:00+05:00");
  const sl_temporal b = parse(SL_TEMPORAL_DATETIME, "2020-01-01T08:00Z");
  const sl_temporal c = parse(SL_TEMPORAL_DATETIME, "2020-01-01T07:00Z");
  assert_true(sl_temporal_order(&a, &b) < 0);
  assert_true(sl_temporal_order(&a, &c) != 0); // the same instant at another offset
  assert_true(sl_temporal_order(&a, &c) == -sl_temporal_order(&c, &a));
}

static void any_text_ends(void **state) {
  (void)state;
  static const char letters[] = "0123456789--::..TWZP+YMDHS/ ";
  sl_rng rng;
  sl_rng_seed(&rng, 11);
  for (int i = 0; i < 300000; i++) {
    char text[40], out[SL_TEMPORAL_TEXT];
    sl_temporal t;
    const size_t length = (size_t)(sl_rng_double(&rng) * sizeof text);
    for (size_t k = 0; k < length; k++)
      text[k] = letters[(size_t)(sl_rng_double(&rng) * (sizeof letters - 1))];
    if (i % 2 == 0 && length > 0) text[0] = 'P';
    for (int type = 0; type < 6; type++)
      if (sl_temporal_parse((sl_temporal_type)type, text, length, &t))
        assert_true(sl_temporal_text(&t, out) <= SL_TEMPORAL_TEXT);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(days_are_counted),     property(weeks_are_those_of_iso),
      property(text_comes_back),      property(forms_of_iso),
      property(sums_and_differences), property(order_is_that_of_instants),
      property(any_text_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
