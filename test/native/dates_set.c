// Sets of days against an array of booleans, and the calendar against itself counted day by day.
#include "check.h"

#include <string.h>

#include "base/rng.h"
#include "dates/civil.h"
#include "dates/set.h"

enum { N = SL_DAY_COUNT };

static int32_t day_of(uint32_t index) { return (int32_t)index + SL_DAY_FIRST; }

static void calendar_counts_every_day_of_ten_thousand_years(void **state) {
  (void)state;
  uint32_t index = 0;
  static const uint32_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (int32_t year = 1; year <= 9999; year++) {
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    assert_int_equal(sl_year_begin(year), index);
    uint32_t before = 0;
    for (uint32_t month = 1; month <= 12; month++) {
      uint32_t length = lengths[month - 1] + (month == 2 && leap);
      if (sl_days_before_month(leap, month) != before) fail();
      if (sl_days_in_month(leap, month) != length) fail();
      before += length;
      for (uint32_t day = 1; day <= length; day++, index++) {
        int32_t y;
        uint32_t m, d;
        sl_civil(index, &y, &m, &d);
        if (y != year || m != month || d != day) fail_msg("day %u", index);
      }
    }
  }
  assert_int_equal(index, N);
}

// A model of a set: which days are in.
static uint8_t model[2][N + 1], other[N + 1];

static void make(uint64_t seed, uint8_t *in, sl_date_set **out) {
  sl_rng rng;
  sl_rng_seed(&rng, seed);
  static int32_t days[4000];
  memset(in, 0, N);
  for (int i = 0; i < 4000; i++) {
    // Some all over, some close together, with repetitions.
    uint32_t at = (uint32_t)(sl_rng_double(&rng) * (i % 2 ? N : 3000)) + (i % 2 ? 0 : 146000);
    days[i] = day_of(at < N ? at : N - 1);
    in[days[i] - SL_DAY_FIRST] = 1;
  }
  assert_ok(sl_date_set_from_days(days, 4000, out));
}

static void same_as(const uint8_t *in, const sl_date_set *set) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < N; i++) {
    count += in[i];
    if (sl_date_set_has(set, day_of(i)) != (in[i] == 1)) fail_msg("day %u of the set", i);
    if (i % 977 == 0 && sl_date_set_count(set, SL_DAY_FIRST, day_of(i)) != count)
      fail_msg("count up to %u", i);
  }
  assert_int_equal(sl_date_set_count(set, INT32_MIN, INT32_MAX), count);
  int32_t *list;
  assert_ok(SL_ALLOC(&list, count));
  assert_int_equal(sl_date_set_list(set, INT32_MIN, INT32_MAX, count, list), count);
  if (count > 0) {
    list[count - 1] = 0;
    assert_int_equal(sl_date_set_list(set, INT32_MIN, INT32_MAX, count - 1, list), count - 1);
    assert_int_equal(list[count - 1], 0);
    sl_date_set_list(set, INT32_MIN, INT32_MAX, count, list);
  }
  for (uint32_t i = 0, k = 0; i < N; i++)
    if (in[i] && list[k++] != day_of(i)) fail_msg("listed day %u", k);
  for (uint32_t k = 0; k < count; k += 1 + count / 500) {
    assert_int_equal(sl_date_set_seek(set, SL_DAY_FIRST, (int32_t)k), list[k]);
    assert_int_equal(sl_date_set_seek(set, list[k], 0), list[k]);
    assert_int_equal(sl_date_set_seek(set, list[k] + 1, -1), list[k]);
    if (k > 0) assert_int_equal(sl_date_set_seek(set, list[k], -1), list[k - 1]);
  }
  assert_int_equal(sl_date_set_seek(set, INT32_MAX, 0), SL_NO_DAY);
  assert_int_equal(sl_date_set_seek(set, INT32_MIN, -1), SL_NO_DAY);
  assert_int_equal(sl_date_set_seek(set, SL_DAY_FIRST, INT32_MAX), SL_NO_DAY);
  sl_free(list);
}

static void operations_are_those_of_sets(void **state) {
  (void)state;
  sl_date_set *a, *b, *c, *span;
  make(1, model[0], &a);
  make(2, model[1], &b);
  same_as(model[0], a);
  for (int operation = 0; operation < 3; operation++) {
    assert_ok(sl_date_set_combine(a, b, (sl_date_operation)operation, &c));
    for (uint32_t i = 0; i < N; i++)
      other[i] = operation == SL_DATES_AND  ? model[0][i] && model[1][i]
                 : operation == SL_DATES_OR ? model[0][i] || model[1][i]
                                            : model[0][i] && !model[1][i];
    same_as(other, c);
    sl_date_set_destroy(c);
  }
  assert_ok(sl_date_set_span(INT32_MIN, INT32_MAX, &span));
  assert_int_equal(sl_date_set_count(span, INT32_MIN, INT32_MAX), N);
  assert_true(sl_date_set_bytes(span) < 45000); // two pages, whatever the years
  assert_ok(sl_date_set_combine(span, a, SL_DATES_EXCEPT, &c));
  for (uint32_t i = 0; i < N; i++) other[i] = !model[0][i];
  same_as(other, c);
  sl_date_set_destroy(c);
  assert_refused(sl_date_set_combine(a, b, (sl_date_operation)7, &c), SL_ERR_OPTION, "operation");
  assert_null(c);
  sl_date_set_destroy(span);
  sl_date_set_destroy(a);
  sl_date_set_destroy(b);
}

static void shifts_move_every_day(void **state) {
  (void)state;
  static const int32_t by[] = {0,      1,       -1,      63,      64,     -64,
                               365,    146096,  146097,  -146097, 146098, -292193,
                               700000, -700000, 3652058, -3652058};
  sl_date_set *a, *c;
  make(3, model[0], &a);
  for (size_t k = 0; k < sizeof by / sizeof *by; k++) {
    assert_ok(sl_date_set_shift(a, by[k], &c));
    for (int64_t i = 0; i < N; i++)
      other[i] = i - by[k] >= 0 && i - by[k] < N && model[0][i - by[k]];
    same_as(other, c);
    sl_date_set_destroy(c);
  }
  assert_refused(sl_date_set_shift(a, 3652059, &c), SL_ERR_RANGE, "days");
  assert_refused(sl_date_set_shift(a, INT32_MIN, &c), SL_ERR_RANGE, "days");
  sl_date_set_destroy(a);
}

static void spans_begin_and_end_anywhere(void **state) {
  (void)state;
  static const int32_t ends[] = {INT32_MIN, SL_DAY_FIRST, SL_DAY_FIRST + 63, -573066,  -573065, 0,
                                 1,         2932895,      2932896,           INT32_MAX};
  for (size_t i = 0; i < 10; i++)
    for (size_t j = 0; j < 10; j++) {
      sl_date_set *set;
      assert_ok(sl_date_set_span(ends[i], ends[j], &set));
      int64_t first = ends[i] < SL_DAY_FIRST ? SL_DAY_FIRST : ends[i];
      int64_t last = ends[j] > SL_DAY_LAST ? SL_DAY_LAST : ends[j];
      int64_t length = last < first ? 0 : last - first + 1;
      assert_int_equal(sl_date_set_count(set, INT32_MIN, INT32_MAX), length);
      if (length > 0) {
        assert_int_equal(sl_date_set_seek(set, INT32_MIN, 0), first);
        assert_int_equal(sl_date_set_seek(set, INT32_MAX, -1), last);
      }
      sl_date_set_destroy(set);
    }
  sl_date_set *none;
  assert_ok(sl_date_set_from_days(NULL, 0, &none));
  assert_int_equal(sl_date_set_count(none, INT32_MIN, INT32_MAX), 0);
  sl_date_set_destroy(none);
  int32_t bad[2] = {0, SL_DAY_LAST + 1};
  assert_refused(sl_date_set_from_days(bad, 2, &none), SL_ERR_RANGE, "days");
  assert_int_equal(sl_last_error()->position, 1);
}

static void a_full_memory_loses_nothing(void **state) {
  (void)state;
  sl_date_set *a, *b, *c;
  make(1, model[0], &a);
  make(2, model[1], &b);
  size_t held = sl_bytes_in_use();
  for (size_t room = 0; room < 600000; room += 17000) {
    sl_set_memory_limit(held + room);
    bool done = sl_date_set_combine(a, b, SL_DATES_OR, &c) == SL_OK;
    if (done)
      sl_date_set_destroy(c);
    else
      assert_int_equal(sl_last_error()->status, SL_ERR_MEMORY);
    if (sl_date_set_shift(a, 5, &c) == SL_OK) sl_date_set_destroy(c);
    if (sl_date_set_span(3, 100, &c) == SL_OK) sl_date_set_destroy(c);
    assert_int_equal(sl_bytes_in_use(), held);
  }
  sl_set_memory_limit(SIZE_MAX);
  sl_date_set_destroy(a);
  sl_date_set_destroy(b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(calendar_counts_every_day_of_ten_thousand_years),
      property(operations_are_those_of_sets),
      property(shifts_move_every_day),
      property(spans_begin_and_end_anywhere),
      property(a_full_memory_loses_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
