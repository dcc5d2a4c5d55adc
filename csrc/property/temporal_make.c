// The functions date(), localtime(), time(), localdatetime(), datetime(), duration() and theirs.
#include <math.h>
#include <string.h>

#include "property/run.h"
#include "property/temporal.h"

#define F(name) SL_CYPHER_FUNCTION_##name

static sl_status refuse(sl_run *run, const sl_code *c, const char *what) {
  return sl_run_fail(run, c->begin, SL_CYPHER_ERROR_ARGUMENT, SL_CYPHER_INVALID_ARGUMENT_VALUE,
                     what);
}

static const sl_value *find(const sl_map *map, const char *name) {
  const size_t length = strlen(name);
  for (uint32_t i = 0; map != NULL && i < map->count; i++)
    if (map->entries[i].key->bytes == length &&
        memcmp(map->entries[i].key->text, name, length) == 0)
      return sl_is_null(map->entries[i].value) ? NULL : &map->entries[i].value;
  return NULL;
}

// The fields of a map while a value is made of them. `good` turns false at the first that is wrong.
typedef struct maker {
  const sl_map *map;
  bool good;
} maker;

static bool has(const maker *m, const char *name) { return find(m->map, name) != NULL; }

static int64_t field(maker *m, const char *name, int64_t missing, int64_t least, int64_t most) {
  const sl_value *v = find(m->map, name);
  if (v == NULL) return missing;
  if (v->kind != SL_VALUE_INTEGER || v->as.integer < least || v->as.integer > most) {
    m->good = false;
    return missing;
  }
  return v->as.integer;
}

static const sl_temporal *base_of(maker *m, const char *name) {
  const sl_value *v = find(m->map, name);
  if (v == NULL) return NULL;
  if (v->kind != SL_VALUE_TEMPORAL || v->as.temporal->type == SL_TEMPORAL_DURATION) {
    m->good = false;
    return NULL;
  }
  return v->as.temporal;
}

// ---------------------------------------------------------------------- dates

static int64_t of_week(maker *m, const int64_t *base) {
  int64_t year = 0, week = 1, day = 1;
  if (base != NULL) sl_temporal_week(*base, &year, &week, &day);
  year = field(m, "year", year, -999999999, 999999999);
  week = field(m, "week", week, 1, 53);
  day = field(m, "dayOfWeek", day, 1, 7);
  const int64_t first = sl_temporal_week_year(year) + (week - 1) * 7;
  if (first >= sl_temporal_week_year(year + 1)) m->good = false;
  return first + day - 1;
}

static int64_t of_quarter(maker *m, int64_t year, const sl_civil *base) {
  const int64_t quarter = field(m, "quarter", base != NULL ? (base->month - 1) / 3 + 1 : 1, 1, 4);
  const int64_t first = sl_temporal_days(year, quarter * 3 - 2, 1);
  if (has(m, "dayOfQuarter") || base == NULL) {
    const int64_t day = first + field(m, "dayOfQuarter", 1, 1, 92) - 1;
    if ((sl_temporal_civil(day).month - 1) / 3 + 1 != quarter) m->good = false;
    return day;
  }
  const int64_t month = quarter * 3 - 2 + (base->month - 1) % 3;
  const int64_t length = sl_temporal_month_length(year, month);
  return sl_temporal_days(year, month, base->day < length ? base->day : length);
}

// base: days since 1970, or NULL.
static int64_t make_date(maker *m, const int64_t *base) {
  sl_civil from = {0, 1, 1};
  if (base != NULL) from = sl_temporal_civil(*base);
  if (base == NULL && !has(m, "year")) m->good = false;
  if (has(m, "week") || has(m, "dayOfWeek")) return of_week(m, base);
  const int64_t year = field(m, "year", from.year, -999999999, 999999999);
  if (has(m, "ordinalDay")) {
    const int64_t day = sl_temporal_days(year, 1, 1) + field(m, "ordinalDay", 1, 1, 366) - 1;
    if (day >= sl_temporal_days(year + 1, 1, 1)) m->good = false;
    return day;
  }
  if (has(m, "quarter") || has(m, "dayOfQuarter"))
    return of_quarter(m, year, base != NULL ? &from : NULL);
  const int64_t month = field(m, "month", from.month, 1, 12);
  const int64_t day = field(m, "day", from.day, 1, 31),
                length = sl_temporal_month_length(year, month);
  if (day > length && has(m, "day")) m->good = false;
  return sl_temporal_days(year, month, day < length ? day : length);
}

// ---------------------------------------------------------------------- times

static void make_time(maker *m, const sl_temporal *base, sl_temporal *out) {
  const int64_t s = base != NULL ? base->seconds : 0;
  int64_t nanos = base != NULL ? base->nanos : 0;
  out->seconds = field(m, "hour", s / 3600, 0, 23) * 3600 +
                 field(m, "minute", s / 60 % 60, 0, 59) * 60 + field(m, "second", s % 60, 0, 59);
  const bool milli = has(m, "millisecond"), micro = has(m, "microsecond"),
             nano = has(m, "nanosecond");
  // Each field is the whole fraction, or what the coarser ones leave of it.
  if (milli)
    nanos = field(m, "millisecond", 0, 0, 999) * 1000000 + (base != NULL ? nanos % 1000000 : 0);
  if (micro) {
    const int64_t value = field(m, "microsecond", 0, 0, milli ? 999 : 999999);
    nanos = value < 1000 && (milli || base != NULL)
                ? nanos / 1000000 * 1000000 + value * 1000 + nanos % 1000
                : value * 1000;
  }
  if (nano) {
    const int64_t value = field(m, "nanosecond", 0, 0, micro ? 999 : milli ? 999999 : 999999999);
    if (micro || (base != NULL && value < 1000))
      nanos = nanos / 1000 * 1000 + value;
    else if (milli)
      nanos = nanos / 1000000 * 1000000 + value;
    else
      nanos = value;
  }
  out->nanos = (int32_t)nanos;
}

static bool read_zone(maker *m, int32_t *offset) {
  const sl_value *v = find(m->map, "timezone");
  if (v == NULL) return false;
  if (v->kind != SL_VALUE_STRING) {
    m->good = false;
    return false;
  }
  if (!sl_temporal_offset_parse(v->as.chars->text, v->as.chars->bytes, offset)) m->good = false;
  return true;
}

// The same instant at another offset; of a time without a date the time of day.
static sl_temporal at_offset(const sl_temporal *t, int32_t offset) {
  sl_temporal r = *t;
  const int64_t seconds = t->seconds + offset - t->offset,
                carry = sl_temporal_floor(seconds, 86400);
  r.seconds = seconds - carry * 86400;
  if (sl_temporal_has_date(t)) r.days += carry;
  r.offset = offset;
  return r;
}

// A value of `type` of the fields of a map. `base`: what is truncated already, or NULL: then the map may name them
// (date, time, datetime).
static bool from_map(sl_temporal_type type, const sl_map *map, const sl_temporal *base,
                     sl_temporal *out) {
  maker m = {map, true};
  memset(out, 0, sizeof *out);
  out->type = (uint8_t)type;
  const bool truncated = base != NULL;
  const sl_temporal *date = base, *time = base;
  sl_temporal moved;
  if (!truncated) {
    date = time = base_of(&m, "datetime");
    if (date == NULL) {
      date = base_of(&m, "date");
      time = base_of(&m, "time");
    }
    if ((date != NULL && !sl_temporal_has_date(date)) ||
        (time != NULL && !sl_temporal_has_time(time)))
      return false;
  }
  int32_t offset = 0;
  const bool zone = read_zone(&m, &offset);
  if (sl_temporal_has_offset(out)) {
    out->offset = zone ? offset : time != NULL ? time->offset : 0;
    // A time that has an offset of its own is moved to the one that is asked for.
    if (zone && !truncated && time != NULL && sl_temporal_has_offset(time)) {
      moved = at_offset(time, offset);
      if (date == time) date = &moved;
      time = &moved;
    }
  }
  if (sl_temporal_has_date(out)) out->days = make_date(&m, date != NULL ? &date->days : NULL);
  if (sl_temporal_has_time(out)) {
    if (time == NULL && !sl_temporal_has_date(out) && !has(&m, "hour")) return false;
    make_time(&m, time, out);
  }
  return m.good;
}

// What a value of `type` takes of another one.
static bool from_temporal(sl_temporal_type type, const sl_temporal *from, sl_temporal *out) {
  memset(out, 0, sizeof *out);
  out->type = (uint8_t)type;
  if (from->type == SL_TEMPORAL_DURATION ||
      (sl_temporal_has_date(out) && !sl_temporal_has_date(from)) ||
      (type != SL_TEMPORAL_DATE && !sl_temporal_has_date(out) && !sl_temporal_has_time(from)))
    return false;
  if (sl_temporal_has_date(out)) out->days = from->days;
  if (sl_temporal_has_time(out)) {
    out->seconds = from->seconds;
    out->nanos = from->nanos;
  }
  if (sl_temporal_has_offset(out)) out->offset = from->offset;
  return true;
}

static void from_now(sl_temporal_type type, double ms, int32_t offset, sl_temporal *out) {
  if (!(ms > -8.64e15 && ms < 8.64e15)) ms = 0;
  const int64_t whole = (int64_t)floor(ms), seconds = sl_temporal_floor(whole, 1000);
  const int64_t local = seconds + offset, days = sl_temporal_floor(local, 86400);
  const sl_temporal now = {.type = SL_TEMPORAL_DATETIME,
                           .offset = offset,
                           .days = days,
                           .seconds = local - days * 86400,
                           .nanos = (int32_t)(whole - seconds * 1000) * 1000000};
  from_temporal(type, &now, out);
}

// ------------------------------------------------------------------ durations

static double amount(maker *m, const char *name) {
  const sl_value *v = find(m->map, name);
  if (v == NULL) return 0;
  if (v->kind == SL_VALUE_INTEGER || (v->kind == SL_VALUE_FLOAT && isfinite(v->as.real)))
    return sl_as_real(*v);
  m->good = false;
  return 0;
}

static bool duration_from_map(const sl_map *map, sl_temporal *out) {
  maker m = {map, true};
  const double months =
      amount(&m, "years") * 12 + amount(&m, "quarters") * 3 + amount(&m, "months");
  const double days = amount(&m, "weeks") * 7 + amount(&m, "days");
  const double seconds = amount(&m, "hours") * 3600 + amount(&m, "minutes") * 60;
  // Whole seconds are exact: they are counted apart.
  const sl_value *whole = find(map, "seconds");
  const bool exact = whole != NULL && whole->kind == SL_VALUE_INTEGER;
  const double nanos = amount(&m, "milliseconds") * 1e6 + amount(&m, "microseconds") * 1e3 +
                       amount(&m, "nanoseconds");
  return sl_duration_make(months, days, seconds + (exact ? 0 : amount(&m, "seconds")),
                          exact ? whole->as.integer : 0, trunc(nanos), out) &&
         m.good;
}

// ----------------------------------------------------------------- truncation

// Truncates the date; false: the unit is none of a date.
static bool truncate_date(const char *unit, int64_t *days) {
  static const char *const years[] = {"millennium", "century", "decade", "year"};
  static const int64_t spans[] = {1000, 100, 10, 1};
  const sl_civil c = sl_temporal_civil(*days);
  for (int i = 0; i < 4; i++)
    if (strcmp(unit, years[i]) == 0) {
      *days = sl_temporal_days(sl_temporal_floor(c.year, spans[i]) * spans[i], 1, 1);
      return true;
    }
  int64_t year, week, day;
  sl_temporal_week(*days, &year, &week, &day);
  if (strcmp(unit, "weekYear") == 0)
    *days = sl_temporal_week_year(year);
  else if (strcmp(unit, "quarter") == 0)
    *days = sl_temporal_days(c.year, (c.month - 1) / 3 * 3 + 1, 1);
  else if (strcmp(unit, "month") == 0)
    *days = sl_temporal_days(c.year, c.month, 1);
  else if (strcmp(unit, "week") == 0)
    *days -= day - 1;
  else
    return strcmp(unit, "day") == 0;
  return true;
}

static bool truncate_time(const char *unit, sl_temporal *t) {
  static const struct {
    const char *name;
    int64_t seconds, nanos;
  } units[] = {{"day", 86400, 1000000000}, {"hour", 3600, 1000000000},  {"minute", 60, 1000000000},
               {"second", 1, 1000000000},  {"millisecond", 1, 1000000}, {"microsecond", 1, 1000}};
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (strcmp(unit, units[i].name) == 0) {
      t->seconds -= t->seconds % units[i].seconds;
      t->nanos -= (int32_t)(t->nanos % units[i].nanos);
      return true;
    }
  return false;
}

static bool truncated(sl_temporal_type type, const sl_chars *unit, const sl_temporal *from,
                      const sl_map *map, sl_temporal *out) {
  char name[16];
  sl_temporal t = *from;
  if (unit->bytes >= sizeof name || from->type == SL_TEMPORAL_DURATION) return false;
  memcpy(name, unit->text, unit->bytes);
  name[unit->bytes] = 0;
  if (sl_temporal_has_date(from) && truncate_date(name, &t.days))
    t.seconds = t.nanos = 0;
  else if (!truncate_time(name, &t))
    return false;
  sl_temporal cut;
  return from_temporal(type, &t, &cut) && from_map(type, map, &cut, out);
}

// ---------------------------------------------------------------------- calls

static sl_temporal_type type_of(uint8_t function) {
  if (function >= F(DURATION)) return SL_TEMPORAL_DURATION;
  if (function >= F(DATETIME)) return SL_TEMPORAL_DATETIME;
  if (function >= F(LOCALDATETIME)) return SL_TEMPORAL_LOCALDATETIME;
  if (function >= F(TIME)) return SL_TEMPORAL_TIME;
  return function >= F(LOCALTIME) ? SL_TEMPORAL_LOCALTIME : SL_TEMPORAL_DATE;
}

static bool is_truncate(uint8_t f) {
  return f == F(DATE_TRUNCATE) || f == F(LOCALTIME_TRUNCATE) || f == F(TIME_TRUNCATE) ||
         f == F(LOCALDATETIME_TRUNCATE) || f == F(DATETIME_TRUNCATE);
}

static sl_status between(sl_run *run, const sl_code *c, const sl_value *v, sl_value *out) {
  sl_temporal t;
  if (v[0].kind != SL_VALUE_TEMPORAL || v[1].kind != SL_VALUE_TEMPORAL ||
      !sl_temporal_between(v[0].as.temporal, v[1].as.temporal,
                           (sl_between)(c->function - F(DURATION_BETWEEN)), &t))
    return refuse(run, c, "This function takes two dates or times");
  return sl_temporal_value(&run->pool, &t, out);
}

static sl_status truncation(sl_run *run, const sl_code *c, const sl_value *v, sl_value *out) {
  const sl_temporal_type type = type_of(c->function);
  sl_temporal t, now;
  from_now(SL_TEMPORAL_DATETIME, run->now, 0, &now);
  const sl_temporal *from = &now;
  const sl_map *map = NULL;
  bool right = v[0].kind == SL_VALUE_STRING;
  if (c->count > 1) {
    right = right && v[1].kind == SL_VALUE_TEMPORAL;
    from = v[1].as.temporal;
  }
  if (c->count > 2) {
    right = right && v[2].kind == SL_VALUE_MAP;
    map = v[2].as.map;
  }
  if (!right || !truncated(type, v[0].as.chars, from, map, &t))
    return refuse(run, c,
                  "This function takes a unit, a date or time that has it, and a map of fields");
  return sl_temporal_value(&run->pool, &t, out);
}

static sl_status from_epoch(sl_run *run, const sl_code *c, const sl_value *v, sl_value *out) {
  const bool millis = c->function == F(DATETIME_FROM_EPOCH_MILLIS);
  sl_temporal t = {.type = SL_TEMPORAL_DATETIME};
  bool right = v[0].kind == SL_VALUE_INTEGER && (millis || v[1].kind == SL_VALUE_INTEGER);
  if (right) {
    const int64_t seconds = millis ? sl_temporal_floor(v[0].as.integer, 1000) : v[0].as.integer;
    const int64_t nanos = millis ? (v[0].as.integer - seconds * 1000) * 1000000 : v[1].as.integer;
    t.days = sl_temporal_floor(seconds, 86400);
    t.seconds = seconds - t.days * 86400;
    t.nanos = (int32_t)nanos;
    right = nanos >= 0 && nanos < 1000000000 && t.days < 365000000000 && t.days > -365000000000;
  }
  if (!right) return refuse(run, c, "This function takes seconds and nanoseconds, or milliseconds");
  return sl_temporal_value(&run->pool, &t, out);
}

sl_status sl_temporal_call(sl_run *run, const sl_code *c, const sl_value *v, sl_value *out) {
  const sl_temporal_type type = type_of(c->function);
  sl_temporal t;
  bool right = false;
  *out = sl_null();
  if (c->function >= F(DURATION_BETWEEN)) return between(run, c, v, out);
  if (is_truncate(c->function)) return truncation(run, c, v, out);
  if (c->function == F(DATETIME_FROM_EPOCH) || c->function == F(DATETIME_FROM_EPOCH_MILLIS))
    return from_epoch(run, c, v, out);
  // Without an argument, or with an offset for the functions that name a clock: now.
  const bool clock = c->function != F(DATE) && c->function != F(LOCALTIME) &&
                     c->function != F(TIME) && c->function != F(LOCALDATETIME) &&
                     c->function != F(DATETIME) && type != SL_TEMPORAL_DURATION;
  int32_t offset = 0;
  if (c->count == 0 || clock) {
    right = c->count == 0 ||
            (v[0].kind == SL_VALUE_STRING &&
             sl_temporal_offset_parse(v[0].as.chars->text, v[0].as.chars->bytes, &offset));
    from_now(type, run->now, offset, &t);
  } else if (v[0].kind == SL_VALUE_STRING) {
    right = sl_temporal_parse(type, v[0].as.chars->text, v[0].as.chars->bytes, &t);
  } else if (v[0].kind == SL_VALUE_MAP) {
    right = type == SL_TEMPORAL_DURATION ? duration_from_map(v[0].as.map, &t)
                                         : from_map(type, v[0].as.map, NULL, &t);
  } else if (v[0].kind == SL_VALUE_TEMPORAL) {
    t = *v[0].as.temporal;
    right =
        type == SL_TEMPORAL_DURATION ? t.type == type : from_temporal(type, v[0].as.temporal, &t);
  }
  if (!right)
    return refuse(
        run, c,
        "This is no such date, time or duration: a string of ISO 8601, a map of fields or "
        "another value is taken, with an offset like '+02:00' and no zone's name");
  return sl_temporal_value(&run->pool, &t, out);
}

sl_status sl_temporal_arithmetic(sl_run *run, const sl_code *c, sl_value a, sl_value b,
                                 sl_value *out) {
  const bool left = a.kind == SL_VALUE_TEMPORAL, right = b.kind == SL_VALUE_TEMPORAL;
  const bool sum = c->op == SL_CYPHER_ADD || c->op == SL_CYPHER_SUBTRACT;
  sl_temporal t;
  bool good = false;
  if (left && right && sum) {
    const sl_temporal *x = a.as.temporal, *y = b.as.temporal;
    if (c->op == SL_CYPHER_ADD && y->type != SL_TEMPORAL_DURATION) {
      x = b.as.temporal;
      y = a.as.temporal;
    }
    good = y->type == SL_TEMPORAL_DURATION &&
           sl_temporal_add(x, y, c->op == SL_CYPHER_ADD ? 1 : -1, &t);
  } else if (left && sl_is_number(b) &&
             (c->op == SL_CYPHER_MULTIPLY || c->op == SL_CYPHER_DIVIDE)) {
    const double factor = c->op == SL_CYPHER_MULTIPLY ? sl_as_real(b) : 1 / sl_as_real(b);
    good = a.as.temporal->type == SL_TEMPORAL_DURATION && isfinite(factor) &&
           sl_duration_scale(a.as.temporal, factor, &t);
  } else if (right && sl_is_number(a) && c->op == SL_CYPHER_MULTIPLY) {
    good = b.as.temporal->type == SL_TEMPORAL_DURATION && isfinite(sl_as_real(a)) &&
           sl_duration_scale(b.as.temporal, sl_as_real(a), &t);
  }
  if (!good)
    return sl_bad_type(
        run, c->begin,
        "Durations are added to dates, times and durations, and multiplied by numbers, as far "
        "as the result has at most 9 digits of years");
  return sl_temporal_value(&run->pool, &t, out);
}
