// Based on: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013,
// https://howardhinnant.github.io/date_algorithms.html, days_from_civil.
#include "graph/date.h"

#include <stdint.h>

typedef struct cursor {
  const char *at, *end;
} cursor;

// Exactly `digits` digits, the value at most `most`.
static bool take_number(cursor *text, int digits, int32_t most, int32_t *out) {
  int32_t value = 0;
  if (text->end - text->at < digits) return false;
  for (int k = 0; k < digits; k++, text->at++) {
    unsigned digit = (unsigned char)*text->at - '0';
    if (digit > 9) return false;
    value = value * 10 + (int32_t)digit;
  }
  *out = value;
  return value <= most;
}

static bool take(cursor *text, char c) {
  if (text->at == text->end || *text->at != c) return false;
  text->at++;
  return true;
}

static int32_t days_in_month(int32_t year, int32_t month) {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// Of the proleptic Gregorian calendar, from 1970-01-01.
static int64_t days_from_civil(int32_t year, int32_t month, int32_t day) {
  if (month <= 2) year--;
  int32_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
  int32_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int32_t day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
  return (int64_t)era * 146097 + day_of_era - 719468;
}

// Seconds of the day, with their fraction.
static bool take_time(cursor *text, double *out) {
  int32_t hour, minute, second = 0;
  if (!take_number(text, 2, 23, &hour) || !take(text, ':') || !take_number(text, 2, 59, &minute))
    return false;
  double fraction = 0;
  if (take(text, ':')) {
    if (!take_number(text, 2, 60, &second)) return false;
    if (take(text, '.')) {
      double scale = 0.1;
      const char *begin = text->at;
      for (; text->at < text->end; text->at++, scale /= 10) {
        unsigned digit = (unsigned char)*text->at - '0';
        if (digit > 9) break;
        fraction += digit * scale;
      }
      if (text->at == begin) return false;
    }
  }
  *out = hour * 3600.0 + minute * 60.0 + second + fraction;
  return true;
}

// Seconds east of UTC; 0 where nothing stands.
static bool take_zone(cursor *text, double *out) {
  *out = 0;
  if (text->at == text->end || take(text, 'Z')) return true;
  bool west = take(text, '-');
  int32_t hours, minutes;
  if (!west && !take(text, '+')) return false;
  if (!take_number(text, 2, 23, &hours)) return false;
  take(text, ':');
  if (!take_number(text, 2, 59, &minutes)) return false;
  *out = (west ? -60.0 : 60.0) * (hours * 60 + minutes);
  return true;
}

bool sl_parse_date(const char *text, size_t length, double *out) {
  cursor cursor = {text, text + length};
  int32_t year, month, day;
  if (!take_number(&cursor, 4, 9999, &year) || !take(&cursor, '-')) return false;
  if (!take_number(&cursor, 2, 12, &month) || !take(&cursor, '-')) return false;
  if (!take_number(&cursor, 2, 31, &day)) return false;
  if (month == 0 || day == 0 || day > days_in_month(year, month)) return false;
  double seconds = 0, zone = 0;
  if (cursor.at < cursor.end) {
    if (!take(&cursor, 'T') && !take(&cursor, ' ')) return false;
    if (!take_time(&cursor, &seconds) || !take_zone(&cursor, &zone)) return false;
  }
  *out = ((double)days_from_civil(year, month, day) * 86400 + seconds - zone) * 1000;
  return cursor.at == cursor.end;
}
