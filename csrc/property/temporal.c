// The calendar and the order of dates, times and durations.
//
// Based on: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013): days from civil dates and back.
#include "property/temporal.h"

#include <string.h>

int64_t sl_temporal_floor(int64_t a, int64_t b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

int64_t sl_temporal_days(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2;
  const int64_t era = sl_temporal_floor(year, 400), of_era = year - era * 400;
  const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

sl_civil sl_temporal_civil(int64_t days) {
  days += 719468;
  const int64_t era = sl_temporal_floor(days, 146097), of_era = days - era * 146097;
  const int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const int64_t month = (5 * of_year + 2) / 153;
  sl_civil c;
  c.day = of_year - (153 * month + 2) / 5 + 1;
  c.month = month + (month < 10 ? 3 : -9);
  c.year = year + era * 400 + (c.month <= 2);
  return c;
}

int64_t sl_temporal_month_length(int64_t year, int64_t month) {
  static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return lengths[month - 1] + (month == 2 && leap);
}

static int64_t weekday(int64_t days) { return days + 3 - sl_temporal_floor(days + 3, 7) * 7 + 1; }

int64_t sl_temporal_week_year(int64_t year) {
  const int64_t fourth = sl_temporal_days(year, 1, 4);
  return fourth - (weekday(fourth) - 1);
}

void sl_temporal_week(int64_t days, int64_t *year, int64_t *week, int64_t *day) {
  *day = weekday(days);
  *year = sl_temporal_civil(days - *day + 4).year; // that of the week's Thursday
  *week = (days - sl_temporal_week_year(*year)) / 7 + 1;
}

bool sl_temporal_has_date(const sl_temporal *t) {
  return t->type == SL_TEMPORAL_DATE || t->type == SL_TEMPORAL_LOCALDATETIME ||
         t->type == SL_TEMPORAL_DATETIME;
}

bool sl_temporal_has_time(const sl_temporal *t) {
  return t->type != SL_TEMPORAL_DATE && t->type != SL_TEMPORAL_DURATION;
}

bool sl_temporal_has_offset(const sl_temporal *t) {
  return t->type == SL_TEMPORAL_TIME || t->type == SL_TEMPORAL_DATETIME;
}

static int order(int64_t a, int64_t b) { return a < b ? -1 : a > b; }

// Seconds that a duration takes on the average: a month is a twelfth of 365.2425 days. Durations are at most about 2^63 seconds:
// the days of seconds are kept apart.
static int duration_order(const sl_temporal *a, const sl_temporal *b) {
  const double x = (double)a->months * 2629746 + (double)a->days * 86400 + (double)a->seconds;
  const double y = (double)b->months * 2629746 + (double)b->days * 86400 + (double)b->seconds;
  int o = x < y ? -1 : x > y;
  if (o == 0) o = order(a->nanos, b->nanos);
  if (o == 0) o = order(a->months, b->months);
  if (o == 0) o = order(a->days, b->days);
  return o != 0 ? o : order(a->seconds, b->seconds);
}

int sl_temporal_order(const sl_temporal *a, const sl_temporal *b) {
  if (a->type != b->type) {
    static const uint8_t ranks[] = {2, 4, 3, 1, 0, 5};
    return order(ranks[a->type], ranks[b->type]);
  }
  if (a->type == SL_TEMPORAL_DURATION) return duration_order(a, b);
  int o = order(a->days * 86400 + a->seconds - a->offset, b->days * 86400 + b->seconds - b->offset);
  if (o == 0) o = order(a->nanos, b->nanos);
  return o != 0 ? o : order(a->offset, b->offset);
}

bool sl_temporal_same(const sl_temporal *a, const sl_temporal *b) {
  return a->type == b->type && a->offset == b->offset && a->days == b->days &&
         a->months == b->months && a->seconds == b->seconds && a->nanos == b->nanos;
}

uint32_t sl_temporal_hash(const sl_temporal *t) {
  const int64_t parts[] = {t->type, t->offset, t->days, t->months, t->seconds, t->nanos};
  return sl_hash_of_bytes(parts, sizeof parts);
}

sl_status sl_temporal_value(sl_pool *pool, const sl_temporal *t, sl_value *out) {
  sl_temporal *copy;
  *out = sl_null();
  SL_TRY(sl_pool_take(pool, sizeof *copy, &copy));
  *copy = *t;
  *out = (sl_value){.kind = SL_VALUE_TEMPORAL, .as.temporal = copy};
  return SL_OK;
}

// ----------------------------------------------------------------- components

typedef enum part {
  YEAR,
  QUARTER,
  MONTH,
  WEEK,
  WEEK_YEAR,
  DAY,
  ORDINAL_DAY,
  WEEK_DAY,
  DAY_OF_QUARTER, // of dates
  HOUR,
  MINUTE,
  SECOND,
  MILLISECOND,
  MICROSECOND,
  NANOSECOND, // of times
  OFFSET_MINUTES,
  OFFSET_SECONDS, // of offsets
  EPOCH_SECONDS,
  EPOCH_MILLIS, // of DATETIME
  YEARS,
  QUARTERS,
  MONTHS,
  WEEKS,
  DAYS,
  HOURS,
  MINUTES,
  SECONDS,
  MILLISECONDS,
  MICROSECONDS,
  NANOSECONDS,
  QUARTERS_OF_YEAR,
  MONTHS_OF_QUARTER,
  MONTHS_OF_YEAR,
  DAYS_OF_WEEK,
  MINUTES_OF_HOUR,
  SECONDS_OF_MINUTE,
  MILLISECONDS_OF_SECOND,
  MICROSECONDS_OF_SECOND,
  NANOSECONDS_OF_SECOND,
} part;

static const char *const part_names[] = {"year",
                                         "quarter",
                                         "month",
                                         "week",
                                         "weekYear",
                                         "day",
                                         "ordinalDay",
                                         "weekDay",
                                         "dayOfQuarter",
                                         "hour",
                                         "minute",
                                         "second",
                                         "millisecond",
                                         "microsecond",
                                         "nanosecond",
                                         "offsetMinutes",
                                         "offsetSeconds",
                                         "epochSeconds",
                                         "epochMillis",
                                         "years",
                                         "quarters",
                                         "months",
                                         "weeks",
                                         "days",
                                         "hours",
                                         "minutes",
                                         "seconds",
                                         "milliseconds",
                                         "microseconds",
                                         "nanoseconds",
                                         "quartersOfYear",
                                         "monthsOfQuarter",
                                         "monthsOfYear",
                                         "daysOfWeek",
                                         "minutesOfHour",
                                         "secondsOfMinute",
                                         "millisecondsOfSecond",
                                         "microsecondsOfSecond",
                                         "nanosecondsOfSecond"};

static bool has_part(const sl_temporal *t, int p) {
  if (p >= YEARS) return t->type == SL_TEMPORAL_DURATION;
  if (p >= EPOCH_SECONDS) return t->type == SL_TEMPORAL_DATETIME;
  if (p >= OFFSET_MINUTES) return sl_temporal_has_offset(t);
  return p >= HOUR ? sl_temporal_has_time(t) : sl_temporal_has_date(t);
}

static int64_t part_of_date(int64_t days, int p) {
  const sl_civil c = sl_temporal_civil(days);
  int64_t year, week, day;
  sl_temporal_week(days, &year, &week, &day);
  switch (p) {
  case YEAR:
    return c.year;
  case QUARTER:
    return (c.month - 1) / 3 + 1;
  case MONTH:
    return c.month;
  case WEEK:
    return week;
  case WEEK_YEAR:
    return year;
  case DAY:
    return c.day;
  case ORDINAL_DAY:
    return days - sl_temporal_days(c.year, 1, 1) + 1;
  case WEEK_DAY:
    return day;
  default:
    return days - sl_temporal_days(c.year, (c.month - 1) / 3 * 3 + 1, 1) + 1;
  }
}

// Numbers of nanoseconds above 2^63 wrap around: durations of more than 292 years.
static int64_t of_seconds(const sl_temporal *t, int64_t units) {
  return (int64_t)((uint64_t)t->seconds * (uint64_t)units +
                   (uint64_t)(t->nanos / (1000000000 / units)));
}

static int64_t part_of(const sl_temporal *t, int p) {
  const int64_t instant = t->days * 86400 + t->seconds - t->offset;
  switch (p) {
  case HOUR:
    return t->seconds / 3600;
  case MINUTE:
    return t->seconds / 60 % 60;
  case SECOND:
    return t->seconds % 60;
  case MILLISECOND:
  case MILLISECONDS_OF_SECOND:
    return t->nanos / 1000000;
  case MICROSECOND:
  case MICROSECONDS_OF_SECOND:
    return t->nanos / 1000;
  case NANOSECOND:
  case NANOSECONDS_OF_SECOND:
    return t->nanos;
  case OFFSET_MINUTES:
    return t->offset / 60;
  case OFFSET_SECONDS:
    return t->offset;
  case EPOCH_SECONDS:
    return instant;
  case EPOCH_MILLIS:
    return instant * 1000 + t->nanos / 1000000;
  case YEARS:
    return t->months / 12;
  case QUARTERS:
    return t->months / 3;
  case MONTHS:
    return t->months;
  case WEEKS:
    return t->days / 7;
  case DAYS:
    return t->days;
  case HOURS:
    return t->seconds / 3600;
  case MINUTES:
    return t->seconds / 60;
  case SECONDS:
    return t->seconds;
  case MILLISECONDS:
    return of_seconds(t, 1000);
  case MICROSECONDS:
    return of_seconds(t, 1000000);
  case NANOSECONDS:
    return of_seconds(t, 1000000000);
  case QUARTERS_OF_YEAR:
    return t->months / 3 % 4;
  case MONTHS_OF_QUARTER:
    return t->months % 3;
  case MONTHS_OF_YEAR:
    return t->months % 12;
  case DAYS_OF_WEEK:
    return t->days % 7;
  case MINUTES_OF_HOUR:
    return t->seconds / 60 % 60;
  case SECONDS_OF_MINUTE:
    return t->seconds % 60;
  default:
    return part_of_date(t->days, p);
  }
}

sl_status sl_temporal_component(sl_pool *pool, const sl_temporal *t, const char *name,
                                size_t length, sl_value *out) {
  *out = sl_null();
  const bool zone = (length == 6 && memcmp(name, "offset", 6) == 0) ||
                    (length == 8 && memcmp(name, "timezone", 8) == 0);
  if (zone && sl_temporal_has_offset(t)) {
    char text[16];
    return sl_chars_make(pool, text, sl_temporal_offset_text(t->offset, text), out);
  }
  for (int p = 0; p <= NANOSECONDS_OF_SECOND; p++)
    if (strlen(part_names[p]) == length && memcmp(part_names[p], name, length) == 0 &&
        has_part(t, p))
      *out = sl_integer(part_of(t, p));
  return SL_OK;
}
