// Any numbers as a rule: refused, or a recurrence whose answers agree with each other.
//   bytes   start (4, in 1,000 s), days to the end (4, 0: none), count (2, 0: none), interval (4), then pairs: a word of
//           the rule, and which bit of it is turned over
#include <math.h>

#include "dates/recurrence.h"
#include "readers.h"

enum { MOST = 24, HEAD = 14 };

static uint32_t take(const uint8_t *data, int bytes) {
  uint32_t value = 0;
  for (int i = 0; i < bytes; i++) value |= (uint32_t)data[i] << (8 * i);
  return value;
}

static double clamp(double instant) {
  return instant < SL_INSTANT_FIRST  ? SL_INSTANT_FIRST
         : instant > SL_INSTANT_LAST ? SL_INSTANT_LAST
                                     : instant;
}

static void ask(sl_recurrence *r, double start, double until, double count) {
  double found[MOST], back[MOST], previous = -INFINITY;
  size_t written, same;
  sl_recurrence_list(r, -INFINITY, INFINITY, false, MOST, found, &written);
  for (size_t i = 0; i < written; i++) {
    REQUIRE(found[i] > previous && found[i] >= start && found[i] <= until);
    REQUIRE(found[i] == floor(found[i]));
    previous = found[i];
    REQUIRE(sl_recurrence_count(r, found[i], found[i]) == 1);
  }
  REQUIRE((double)written <= count);
  if (written == 0) {
    REQUIRE(sl_recurrence_count(r, -INFINITY, INFINITY) == 0);
  } else {
    REQUIRE(sl_recurrence_count(r, start, previous) == (double)written);
    sl_recurrence_list(r, start, previous, true, MOST, back, &same);
    REQUIRE(same == written);
    for (size_t i = 0; i < written; i++) REQUIRE(back[i] == found[written - 1 - i]);
  }
  // Its days, and what is left of it on these days: all of it.
  sl_date_set *days;
  sl_recurrence *part;
  if (sl_recurrence_days(r, &days) != SL_OK) return;
  int32_t first = sl_date_set_seek(days, INT32_MIN, 0);
  REQUIRE(written == 0 ? first == SL_NO_DAY : first == (int32_t)floor(found[0] / 86400));
  if (sl_recurrence_within(r, days, &part) == SL_OK) {
    sl_recurrence_list(part, -INFINITY, INFINITY, false, MOST, back, &same);
    REQUIRE(same == written && memcmp(back, found, written * sizeof *found) == 0);
    sl_recurrence_destroy(part);
  }
  sl_date_set_destroy(days);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < HEAD || size > HEAD + 400) return 0;
  uint32_t words[SL_RULE_WORDS] = {0};
  double start = clamp(SL_INSTANT_FIRST + 1000.0 * take(data, 4));
  uint32_t length = take(data + 4, 4), count = take(data + 8, 2);
  double until = length ? clamp(start + 86400.0 * length) : SL_INSTANT_LAST;
  words[1] = take(data + 10, 4);
  for (size_t i = HEAD; i + 1 < size; i += 2)
    words[data[i] % SL_RULE_WORDS] ^= (uint32_t)1 << (data[i + 1] % 32);
  // Some of these are found day by day, which is slow under sanitizers.
  double horizon = start + 86400.0 * 20000;
  if (words[0] >= SL_HOURLY && until > horizon) until = clamp(horizon);
  sl_set_memory_limit(8u << 20);
  sl_recurrence *r;
  double most = count ? count : INFINITY;
  sl_status status = sl_recurrence_create(words, start, until, most, &r);
  if (status == SL_OK) {
    ask(r, start, until, most);
    double added[2] = {start, until}, removed[1] = {start};
    if (sl_recurrence_set_exceptions(r, added, 2, removed, 1) == SL_OK) {
      REQUIRE(sl_recurrence_count(r, start, start) == 0);
      REQUIRE(sl_recurrence_count(r, until, until) == (until > start));
    }
    sl_recurrence_destroy(r);
  } else {
    REQUIRE(r == NULL && sl_last_error()->argument[0] != 0);
  }
  REQUIRE(sl_bytes_in_use() == 0);
  return 0;
}
