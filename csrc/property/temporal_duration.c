// Arithmetic of dates, times and durations.
#include <math.h>
#include <string.h>

#include "property/temporal.h"

#define DAYS_OF_MONTH 30.436875 // 365.2425 / 12
#define MOST 9007199254740992.0 // of months and days: 2^53

static bool add(int64_t a, int64_t b, int64_t *out) { return !__builtin_add_overflow(a, b, out); }

bool sl_duration_normal(sl_temporal *d, int64_t nanos) {
  nanos += d->nanos;
  const int64_t carry = sl_temporal_floor(nanos, 1000000000);
  d->nanos = (int32_t)(nanos - carry * 1000000000);
  return add(d->seconds, carry, &d->seconds);
}

bool sl_duration_make(double months, double days, double seconds, int64_t whole_seconds,
                      double nanos, sl_temporal *out) {
  memset(out, 0, sizeof *out);
  out->type = SL_TEMPORAL_DURATION;
  const double whole_months = trunc(months);
  days += (months - whole_months) * DAYS_OF_MONTH;
  const double whole_days = trunc(days);
  const double of_day = (days - whole_days) * 86400;
  const double all = trunc(of_day) + trunc(seconds);
  const double fraction = (of_day - trunc(of_day)) + (seconds - trunc(seconds));
  if (!(fabs(whole_months) < MOST && fabs(whole_days) < MOST && fabs(all) < 4e18 &&
        fabs(nanos) < 9e18))
    return false;
  out->months = (int64_t)whole_months;
  out->days = (int64_t)whole_days;
  if (!add(whole_seconds, (int64_t)all, &out->seconds)) return false;
  return sl_duration_normal(out, (int64_t)round(fraction * 1e9)) &&
         sl_duration_normal(out, (int64_t)nanos);
}

bool sl_duration_scale(const sl_temporal *d, double factor, sl_temporal *out) {
  return sl_duration_make((double)d->months * factor, (double)d->days * factor,
                          (double)d->seconds * factor, 0, trunc(d->nanos * factor), out);
}

static bool in_range(int64_t days) {
  return days >= sl_temporal_days(-999999999, 1, 1) && days <= sl_temporal_days(999999999, 12, 31);
}

static int64_t add_months(int64_t days, int64_t months) {
  const sl_civil c = sl_temporal_civil(days);
  const int64_t all = c.year * 12 + c.month - 1 + months, year = sl_temporal_floor(all, 12);
  const int64_t month = all - year * 12 + 1, length = sl_temporal_month_length(year, month);
  return sl_temporal_days(year, month, c.day < length ? c.day : length);
}

bool sl_temporal_add(const sl_temporal *a, const sl_temporal *b, int sign, sl_temporal *out) {
  *out = *a;
  const int64_t months = sign * b->months, days = sign * b->days, nanos = (int64_t)sign * b->nanos;
  int64_t seconds;
  if (b->seconds == INT64_MIN || !add(a->seconds, sign * b->seconds, &seconds)) return false;
  if (a->type == SL_TEMPORAL_DURATION) {
    out->seconds = seconds;
    return add(a->months, months, &out->months) && add(a->days, days, &out->days) &&
           sl_duration_normal(out, nanos);
  }
  const bool has_date = sl_temporal_has_date(a);
  if (has_date) {
    if (months < -30000000000 || months > 30000000000 || days < -1000000000000 ||
        days > 1000000000000)
      return false;
    out->days = add_months(a->days, months) + days;
  }
  if (a->type == SL_TEMPORAL_DATE) {
    out->days += sign * b->seconds / 86400; // whole days only
    return in_range(out->days);
  }
  out->seconds = seconds;
  if (!sl_duration_normal(out, nanos)) return false;
  const int64_t carry = sl_temporal_floor(out->seconds, 86400);
  out->seconds -= carry * 86400;
  if (has_date) out->days += carry;
  return !has_date || in_range(out->days);
}

// Seconds and nanoseconds between, with the sign of floor division.
static void difference(const sl_temporal *a, const sl_temporal *b, int64_t *seconds,
                       int32_t *nanos) {
  *seconds = (b->days - a->days) * 86400 + (b->seconds - b->offset) - (a->seconds - a->offset);
  *nanos = b->nanos - a->nanos;
  if (*nanos < 0) {
    *nanos += 1000000000;
    --*seconds;
  }
}

// b's time of day and day of month against a's: is the last month whole?
static int64_t months_between(const sl_temporal *a, const sl_temporal *b) {
  const sl_civil x = sl_temporal_civil(a->days), y = sl_temporal_civil(b->days);
  const int64_t months = (y.year - x.year) * 12 + y.month - x.month;
  int order = x.day < y.day ? -1 : x.day > y.day;
  if (order == 0) order = a->seconds < b->seconds ? -1 : a->seconds > b->seconds;
  if (order == 0) order = a->nanos < b->nanos ? -1 : a->nanos > b->nanos;
  if (months > 0 && order > 0) return months - 1;
  if (months < 0 && order < 0) return months + 1;
  return months;
}

static bool negative(int64_t seconds) { return seconds < 0; }

// Whole days of a span, towards zero; what is left stays.
static int64_t take_days(int64_t *seconds, int32_t nanos) {
  int64_t days = *seconds / 86400;
  // A span just below zero has its nanoseconds counted upwards.
  if (negative(*seconds) && nanos > 0 && *seconds % 86400 == 0) days++;
  *seconds -= days * 86400;
  return days;
}

static void shift(sl_temporal *t, int32_t offset) {
  const int64_t seconds = t->seconds + offset - t->offset,
                carry = sl_temporal_floor(seconds, 86400);
  t->seconds = seconds - carry * 86400;
  t->days += carry;
  t->offset = offset;
}

bool sl_temporal_between(const sl_temporal *from, const sl_temporal *to, sl_between what,
                         sl_temporal *out) {
  sl_temporal a = *from, b = *to;
  const bool dates = sl_temporal_has_date(from) && sl_temporal_has_date(to);
  memset(out, 0, sizeof *out);
  out->type = SL_TEMPORAL_DURATION;
  if (from->type == SL_TEMPORAL_DURATION || to->type == SL_TEMPORAL_DURATION) return false;
  // One without an offset, or a date, has the other one's.
  if (!sl_temporal_has_offset(from)) a.offset = b.offset;
  if (!sl_temporal_has_offset(to)) b.offset = a.offset;
  if (!sl_temporal_has_date(from)) a.days = b.days;
  if (!sl_temporal_has_date(to)) b.days = a.days;
  shift(&b, a.offset);
  if (!dates && (what == SL_BETWEEN_MONTHS || what == SL_BETWEEN_DAYS)) return true;
  if (dates && (what == SL_BETWEEN || what == SL_BETWEEN_MONTHS)) {
    out->months = months_between(&a, &b);
    a.days = add_months(a.days, out->months);
    if (what == SL_BETWEEN_MONTHS) return true;
  }
  difference(&a, &b, &out->seconds, &out->nanos);
  if (dates && what != SL_BETWEEN_SECONDS) out->days = take_days(&out->seconds, out->nanos);
  if (what == SL_BETWEEN_DAYS) out->seconds = out->nanos = 0;
  return true;
}
