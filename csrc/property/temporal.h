// Dates, times and durations of openCypher.
//
// The calendar is the proleptic Gregorian one, years -999,999,999 .. 999,999,999; days have 86,400 seconds. Offsets from
// UTC are fixed: a zone's name is refused, as its rules are not part of this library.
#ifndef SL_PROPERTY_TEMPORAL_H
#define SL_PROPERTY_TEMPORAL_H

#include "property/value.h"

typedef enum sl_temporal_type {
  SL_TEMPORAL_DATE,
  SL_TEMPORAL_LOCALTIME,
  SL_TEMPORAL_TIME,
  SL_TEMPORAL_LOCALDATETIME,
  SL_TEMPORAL_DATETIME,
  SL_TEMPORAL_DURATION,
} sl_temporal_type;

// A point is a day and a time of that day, both as clocks show them at the offset. A duration is months, days and seconds
// with nanoseconds, which do not become one another.
typedef struct sl_temporal {
  uint8_t type;    // sl_temporal_type
  int32_t offset;  // seconds east of UTC; TIME and DATETIME
  int64_t days;    // since 1970-01-01; of a duration: days
  int64_t months;  // of a duration
  int64_t seconds; // of a day, 0 .. 86399; of a duration: any
  int32_t nanos;   // 0 .. 999,999,999
} sl_temporal;

#define SL_TEMPORAL_TEXT 96

// Writes it as ISO 8601 does, as Cypher's toString(); returns the bytes (no zero at the end).
uint32_t sl_temporal_text(const sl_temporal *t, char out[SL_TEMPORAL_TEXT]);

// Reads what sl_temporal_text writes and the other forms of ISO 8601 that Cypher knows. False: it is not one.
bool sl_temporal_parse(sl_temporal_type type, const char *text, size_t length, sl_temporal *out);

// The order of points of one type is that of instants, then of offsets; of durations their average length.
int sl_temporal_order(const sl_temporal *a, const sl_temporal *b);
bool sl_temporal_same(const sl_temporal *a, const sl_temporal *b);
uint32_t sl_temporal_hash(const sl_temporal *t);

// A component by its name ("weekYear", "offsetSeconds"); null when the type has none of that name. Errors: ERR_MEMORY.
sl_status sl_temporal_component(sl_pool *pool, const sl_temporal *t, const char *name,
                                size_t length, sl_value *out);

sl_status sl_temporal_value(sl_pool *pool, const sl_temporal *t, sl_value *out);

// ---- for temporal*.c

// Days since 1970-01-01 of a date of any year; month and day in their ranges.
int64_t sl_temporal_days(int64_t year, int64_t month, int64_t day);
typedef struct sl_civil {
  int64_t year, month, day;
} sl_civil;
sl_civil sl_temporal_civil(int64_t days);
int64_t sl_temporal_month_length(int64_t year, int64_t month);
// The Monday of week 1.
int64_t sl_temporal_week_year(int64_t year);
void sl_temporal_week(int64_t days, int64_t *year, int64_t *week, int64_t *day); // day: 1 is Monday
int64_t sl_temporal_floor(int64_t a, int64_t b); // a / b rounded down, b > 0
bool sl_temporal_offset_parse(const char *text, size_t length, int32_t *out);
uint32_t sl_temporal_offset_text(int32_t offset, char *out);
bool sl_temporal_has_date(const sl_temporal *t);
bool sl_temporal_has_time(const sl_temporal *t);
bool sl_temporal_has_offset(const sl_temporal *t);

// Numbers that a duration is made of, each perhaps with a fraction: what of months does not make a whole one becomes days, what
// of days becomes seconds. False: too large.
bool sl_duration_make(double months, double days, double seconds, int64_t whole_seconds,
                      double nanos, sl_temporal *out);
bool sl_duration_normal(sl_temporal *d, int64_t nanos); // adds nanoseconds of any size

typedef enum sl_between {
  SL_BETWEEN,
  SL_BETWEEN_MONTHS,
  SL_BETWEEN_DAYS,
  SL_BETWEEN_SECONDS
} sl_between;
bool sl_temporal_between(const sl_temporal *from, const sl_temporal *to, sl_between what,
                         sl_temporal *out);
// point + sign * duration; both durations: their sum. False: out of range.
bool sl_temporal_add(const sl_temporal *a, const sl_temporal *b, int sign, sl_temporal *out);
bool sl_duration_scale(const sl_temporal *d, double factor, sl_temporal *out);

#endif
