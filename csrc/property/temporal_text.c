// Dates, times and durations as text, both ways: ISO 8601 as openCypher writes and reads it.
#include <math.h>
#include <string.h>

#include "property/temporal.h"
#include "sparse/number.h"

// ------------------------------------------------------------------- writing

static char *put(char *out, int64_t value, int width) {
  char digits[24];
  int n = 0;
  do digits[n++] = (char)('0' + value % 10);
  while ((value /= 10) > 0);
  while (n < width) digits[n++] = '0';
  while (n > 0) *out++ = digits[--n];
  return out;
}

static char *put_date(char *out, int64_t days) {
  const sl_civil c = sl_temporal_civil(days);
  if (c.year < 0) *out++ = '-';
  if (c.year > 9999) *out++ = '+';
  out = put(out, c.year < 0 ? -c.year : c.year, 4);
  *out++ = '-';
  out = put(out, c.month, 2);
  *out++ = '-';
  return put(out, c.day, 2);
}

static char *put_fraction(char *out, int32_t nanos) {
  if (nanos == 0) return out;
  *out++ = '.';
  out = put(out, nanos, 9);
  while (out[-1] == '0') out--;
  return out;
}

static char *put_time(char *out, const sl_temporal *t) {
  out = put(out, t->seconds / 3600, 2);
  *out++ = ':';
  out = put(out, t->seconds / 60 % 60, 2);
  if (t->seconds % 60 == 0 && t->nanos == 0) return out;
  *out++ = ':';
  return put_fraction(put(out, t->seconds % 60, 2), t->nanos);
}

uint32_t sl_temporal_offset_text(int32_t offset, char *out) {
  char *at = out;
  const int32_t size = offset < 0 ? -offset : offset;
  if (offset == 0) {
    *at = 'Z';
    return 1;
  }
  *at++ = offset < 0 ? '-' : '+';
  at = put(at, size / 3600, 2);
  *at++ = ':';
  at = put(at, size / 60 % 60, 2);
  if (size % 60 != 0) {
    *at++ = ':';
    at = put(at, size % 60, 2);
  }
  return (uint32_t)(at - out);
}

static char *put_unit(char *out, int64_t value, char unit) {
  if (value == 0) return out;
  if (value < 0) *out++ = '-';
  out = put(out, value < 0 ? -value : value, 1);
  *out++ = unit;
  return out;
}

static char *put_duration(char *out, const sl_temporal *d) {
  char *begin = out;
  *out++ = 'P';
  out = put_unit(put_unit(out, d->months / 12, 'Y'), d->months % 12, 'M');
  out = put_unit(out, d->days, 'D');
  // Seconds and their fraction with one sign.
  int64_t seconds = d->seconds;
  int32_t nanos = d->nanos;
  if (seconds < 0 && nanos > 0) {
    seconds++;
    nanos = 1000000000 - nanos;
  }
  const bool minus = d->seconds < 0;
  char *const time = out;
  *out++ = 'T';
  out = put_unit(put_unit(out, seconds / 3600, 'H'), seconds / 60 % 60, 'M');
  const int64_t rest = seconds % 60;
  if (rest != 0 || nanos != 0) {
    if (minus) *out++ = '-';
    out = put_fraction(put(out, rest < 0 ? -rest : rest, 1), nanos);
    *out++ = 'S';
  }
  if (out == time + 1) out = time;
  if (out == begin + 1) {
    memcpy(out, "T0S", 3);
    out += 3;
  }
  return out;
}

uint32_t sl_temporal_text(const sl_temporal *t, char text[SL_TEMPORAL_TEXT]) {
  char *out = text;
  if (t->type == SL_TEMPORAL_DURATION) return (uint32_t)(put_duration(out, t) - text);
  if (sl_temporal_has_date(t)) out = put_date(out, t->days);
  if (sl_temporal_has_date(t) && sl_temporal_has_time(t)) *out++ = 'T';
  if (sl_temporal_has_time(t)) out = put_time(out, t);
  if (sl_temporal_has_offset(t)) out += sl_temporal_offset_text(t->offset, out);
  return (uint32_t)(out - text);
}

// -------------------------------------------------------------------- reading

typedef struct source {
  const char *at, *end;
} source;

static bool take(source *s, char c) {
  if (s->at == s->end || *s->at != c) return false;
  s->at++;
  return true;
}

static int digits_ahead(const source *s) {
  int n = 0;
  while (s->at + n < s->end && s->at[n] >= '0' && s->at[n] <= '9') n++;
  return n;
}

// Just `count` digits.
static bool number(source *s, int count, int64_t *out) {
  *out = 0;
  if (digits_ahead(s) < count) return false;
  for (int i = 0; i < count; i++) *out = *out * 10 + (*s->at++ - '0');
  return true;
}

static bool week_date(source *s, int64_t year, bool dashes, sl_temporal *t) {
  int64_t week, day = 1;
  if (!number(s, 2, &week)) return false;
  if (dashes ? take(s, '-') : digits_ahead(s) > 0)
    if (!number(s, 1, &day)) return false;
  const int64_t first = sl_temporal_week_year(year);
  t->days = first + (week - 1) * 7 + day - 1;
  return week >= 1 && day >= 1 && day <= 7 &&
         first + (week - 1) * 7 < sl_temporal_week_year(year + 1);
}

static bool ordinal_date(source *s, int64_t year, sl_temporal *t) {
  int64_t day;
  if (!number(s, 3, &day)) return false;
  t->days = sl_temporal_days(year, 1, 1) + day - 1;
  return day >= 1 && t->days < sl_temporal_days(year + 1, 1, 1);
}

static bool date(source *s, sl_temporal *t) {
  const bool minus = take(s, '-'), sign = minus || take(s, '+');
  int64_t year, month = 1, day = 1;
  const int ahead = digits_ahead(s);
  if (!number(s, sign ? (ahead <= 9 ? ahead : 9) : 4, &year) || ahead < 4) return false;
  if (minus) year = -year;
  const bool dash = take(s, '-');
  if (take(s, 'W')) return week_date(s, year, dash, t);
  const int rest = digits_ahead(s);
  if (rest == 3) return ordinal_date(s, year, t);
  if (rest > 0 && !number(s, 2, &month)) return false;
  if (rest > 0 && (dash ? take(s, '-') : digits_ahead(s) > 0))
    if (!number(s, 2, &day)) return false;
  if (dash && rest == 0) return false;
  if (month < 1 || month > 12 || day < 1 || day > sl_temporal_month_length(year, month))
    return false;
  t->days = sl_temporal_days(year, month, day);
  return true;
}

static bool time_of_day(source *s, sl_temporal *t) {
  int64_t hour, minute = 0, second = 0;
  if (!number(s, 2, &hour)) return false;
  bool colon = take(s, ':');
  if (colon || digits_ahead(s) > 0) {
    if (!number(s, 2, &minute)) return false;
    if (colon ? take(s, ':') : digits_ahead(s) > 0) {
      if (!number(s, 2, &second)) return false;
      if (take(s, '.') || take(s, ',')) {
        const int ahead = digits_ahead(s);
        int64_t fraction;
        if (ahead < 1 || ahead > 9 || !number(s, ahead, &fraction)) return false;
        for (int i = ahead; i < 9; i++) fraction *= 10;
        t->nanos = (int32_t)fraction;
      }
    }
  }
  t->seconds = hour * 3600 + minute * 60 + second;
  return hour < 24 && minute < 60 && second < 60;
}

static bool offset(source *s, int32_t *out) {
  int64_t hours, minutes = 0, seconds = 0;
  *out = 0;
  if (take(s, 'Z') || take(s, 'z')) return true;
  const bool minus = take(s, '-');
  if (!minus && !take(s, '+')) return false;
  if (!number(s, 2, &hours)) return false;
  if (take(s, ':') || digits_ahead(s) > 0) {
    if (!number(s, 2, &minutes)) return false;
    if (take(s, ':') || digits_ahead(s) > 0)
      if (!number(s, 2, &seconds)) return false;
  }
  *out = (int32_t)(hours * 3600 + minutes * 60 + seconds);
  if (minus) *out = -*out;
  return hours <= 18 && minutes < 60 && seconds < 60;
}

bool sl_temporal_offset_parse(const char *text, size_t length, int32_t *out) {
  source s = {text, text + length};
  return offset(&s, out) && s.at == s.end;
}

// [-]digits[.digits] and the letter behind.
static bool amount(source *s, double *value, int64_t *whole, double *fraction, char *unit) {
  const char *begin = s->at;
  const bool minus = s->at < s->end && *s->at == '-';
  if (minus || (s->at < s->end && *s->at == '+')) s->at++;
  const int ahead = digits_ahead(s);
  if (ahead < 1 || ahead > 18 || !number(s, ahead, whole)) return false;
  *fraction = 0;
  const char *const point = s->at;
  if (take(s, '.') || take(s, ',')) {
    const int behind = digits_ahead(s);
    char text[24] = "0.";
    if (behind < 1 || behind > 18) return false;
    memcpy(text + 2, point + 1, (size_t)behind);
    if (sl_parse_double(text, (size_t)behind + 2, fraction) != SL_NUMBER_OK) return false;
    s->at += behind;
  }
  if (minus) {
    *whole = -*whole;
    *fraction = -*fraction;
  }
  (void)begin;
  *value = (double)*whole + *fraction;
  if (s->at == s->end) return false;
  *unit = *s->at++;
  return true;
}

// P2012-02-02T14:37:21.545
static bool duration_as_date(source *s, sl_temporal *t) {
  int64_t year, month, day;
  sl_temporal time = {0};
  if (!number(s, 4, &year) || !take(s, '-') || !number(s, 2, &month) || !take(s, '-') ||
      !number(s, 2, &day))
    return false;
  if (take(s, 'T') && !time_of_day(s, &time)) return false;
  t->months = year * 12 + month;
  t->days = day;
  t->seconds = time.seconds;
  t->nanos = time.nanos;
  return true;
}

static bool duration(source *s, sl_temporal *t) {
  double months = 0, days = 0, seconds = 0, value, fraction, nanos = 0;
  int64_t whole_seconds = 0, whole;
  bool time = false, any = false;
  char unit;
  if (!take(s, 'P')) return false;
  source ahead = *s;
  if (duration_as_date(&ahead, t) && ahead.at == ahead.end) {
    *s = ahead;
    return true;
  }
  while (s->at < s->end) {
    if (!time && take(s, 'T')) {
      time = true;
      continue;
    }
    if (!amount(s, &value, &whole, &fraction, &unit)) return false;
    any = true;
    if (time) {
      const int64_t units = unit == 'H' ? 3600 : unit == 'M' ? 60 : unit == 'S' ? 1 : 0;
      if (units == 0 || whole > INT64_MAX / 4 / units || whole < -(INT64_MAX / 4 / units))
        return false;
      whole_seconds += whole * units;
      if (unit == 'S')
        nanos = round(fraction * 1e9);
      else
        seconds += fraction * (double)units;
    } else if (unit == 'Y' || unit == 'M') {
      months += unit == 'Y' ? value * 12 : value;
    } else if (unit == 'W' || unit == 'D') {
      days += unit == 'W' ? value * 7 : value;
    } else {
      return false;
    }
  }
  return any && sl_duration_make(months, days, seconds, whole_seconds, nanos, t);
}

bool sl_temporal_parse(sl_temporal_type type, const char *text, size_t length, sl_temporal *out) {
  source s = {text, text + length};
  memset(out, 0, sizeof *out);
  out->type = (uint8_t)type;
  if (type == SL_TEMPORAL_DURATION) return duration(&s, out) && s.at == s.end;
  if (sl_temporal_has_date(out) && !date(&s, out)) return false;
  if (sl_temporal_has_time(out)) {
    // A date alone is its first moment.
    const bool wanted = !sl_temporal_has_date(out) || take(&s, 'T') || take(&s, 't');
    if (wanted && !time_of_day(&s, out)) return false;
  }
  if (sl_temporal_has_offset(out) && s.at < s.end && !offset(&s, &out->offset)) return false;
  return s.at == s.end;
}
