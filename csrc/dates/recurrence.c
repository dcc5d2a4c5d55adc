// Based on: RFC 5545, section 3.3.10. A recurrence is a set of days and, for each of them, a list of
// times. Rules by days and more have one list for all days. Rules by hours and less, whose interval
// does not divide a day, have as many lists as a day may begin at different places of the interval.
// BYSETPOS over several times a day makes a layer for each time, with days of its own.
#include "dates/recurrence.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "dates/rule_days.h"

enum { DAY = 86400 };

struct sl_recurrence {
  int64_t first, last; // instants, counted from 0001-01-01; none lies outside
  sl_date_set *days;   // those that may have an occurrence
  // Times in seconds of the day, by list: list k is times[begins[k] .. begins[k + 1]), ascending.
  uint32_t *times, *begins, lists;
  // Which list a day has: (phase - day * units) mod interval. interval 1: the only one.
  uint32_t units, interval, phase;
  // Layers: list k has one time, and is for layers[k] only. NULL when there are none.
  sl_date_set **layers;
  uint32_t *merged;          // times of a day out of the layers
  int64_t *added, *excluded; // ascending; not of the rule, and of the rule
  size_t added_count, excluded_count;
};

// ---- times --------------------------------------------------------------------------------------

static uint32_t bits_of(const uint32_t *words, uint32_t count, uint32_t *out) {
  uint32_t found = 0;
  for (uint32_t bit = 0; bit < 32 * count; bit++)
    if (words[bit / 32] >> (bit % 32) & 1) out[found++] = bit;
  return found;
}

static bool has_position(const sl_date_rule *rule, uint32_t place, uint32_t total) {
  uint32_t end = total + 1 - place;
  return (place <= 366 && rule->by_position[0][place / 32] >> (place % 32) & 1) ||
         (end <= 366 && rule->by_position[1][end / 32] >> (end % 32) & 1);
}

// Keeps the positions asked for of each run of `period` seconds.
static uint32_t keep_times(const sl_date_rule *rule, uint32_t *times, uint32_t count,
                           uint32_t period) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < count;) {
    uint32_t end = i;
    while (end < count && times[end] / period == times[i] / period) end++;
    uint32_t begin = i, total = end - begin;
    for (; i < end; i++)
      if (has_position(rule, i - begin + 1, total)) times[kept++] = times[i];
  }
  return kept;
}

static uint32_t seconds_in(uint32_t frequency) {
  return frequency == SL_HOURLY     ? 3600
         : frequency == SL_MINUTELY ? 60
         : frequency == SL_SECONDLY ? 1
                                    : DAY;
}

// All times of day of the rule in one list.
static sl_status make_times(const sl_date_rule *rule, uint32_t **out, uint32_t *out_count) {
  uint32_t hours[24], minutes[60], seconds[61];
  uint32_t hour_count = bits_of(&rule->by_hour, 1, hours);
  uint32_t minute_count = bits_of(rule->by_minute, 2, minutes);
  uint32_t second_count = bits_of(rule->by_second, 2, seconds);
  if (hour_count == 0)
    for (; hour_count < 24; hour_count++) hours[hour_count] = hour_count;
  if (minute_count == 0)
    for (; minute_count < 60; minute_count++) minutes[minute_count] = minute_count;
  if (second_count == 0)
    for (; second_count < 60; second_count++) seconds[second_count] = second_count;
  // The second 60 is the second 59, once.
  if (seconds[second_count - 1] == 60) {
    seconds[second_count - 1] = 59;
    if (second_count > 1 && seconds[second_count - 2] == 59) second_count--;
  }
  uint32_t *times, count = 0;
  SL_TRY(SL_ALLOC(&times, hour_count * minute_count * second_count));
  for (uint32_t h = 0; h < hour_count; h++)
    for (uint32_t m = 0; m < minute_count; m++)
      for (uint32_t s = 0; s < second_count; s++)
        times[count++] = hours[h] * 3600 + minutes[m] * 60 + seconds[s];
  if (rule->frequency >= SL_DAILY && sl_any(rule->by_position[0], 24))
    count = keep_times(rule, times, count, seconds_in(rule->frequency));
  *out = times;
  *out_count = count;
  return SL_OK;
}

// Sorts the times into lists by their place in the interval.
static sl_status make_lists(sl_recurrence *r, const sl_date_rule *rule, uint32_t count) {
  uint32_t unit = seconds_in(rule->frequency), units = DAY / unit;
  r->interval = 1;
  r->lists = 1;
  bool every_day = rule->frequency < SL_HOURLY || units % rule->interval == 0;
  uint32_t start = (uint32_t)((r->first / unit) % rule->interval);
  if (!every_day) {
    r->interval = rule->interval;
    r->units = units % rule->interval;
    r->phase = start;
    r->lists = rule->interval < units ? rule->interval : units;
  }
  if (rule->frequency >= SL_HOURLY) {
    // Those that some day can have: their places in the interval differ from the start's by a multiple of what days and
    // interval have in common.
    uint32_t common = rule->interval, rest = units, kept = 0;
    while (rest != 0) {
      uint32_t next = common % rest;
      common = rest;
      rest = next;
    }
    for (uint32_t i = 0; i < count; i++)
      if (r->times[i] / unit % common == start % common) r->times[kept++] = r->times[i];
    count = kept;
  }
  SL_TRY(SL_ALLOC_ZERO(&r->begins, r->lists + 2));
  if (every_day) {
    r->begins[1] = count;
    return SL_OK;
  }
  uint32_t *sorted;
  SL_TRY(SL_ALLOC(&sorted, count));
  uint32_t *at = r->begins + 1; // ends one list further on, when all have moved
  for (uint32_t i = 0; i < count; i++) r->begins[r->times[i] / unit % rule->interval + 2]++;
  for (uint32_t k = 0; k < r->lists; k++) at[k + 1] += at[k];
  for (uint32_t i = 0; i < count; i++)
    sorted[at[r->times[i] / unit % rule->interval]++] = r->times[i];
  sl_free(r->times);
  r->times = sorted;
  return SL_OK;
}

// The times of a day (counted from 0001-01-01) on which the rule may have some.
static uint32_t times_of(const sl_recurrence *r, uint32_t day, const uint32_t **out) {
  if (r->layers != NULL) {
    uint32_t count = 0;
    for (uint32_t k = 0; k < r->lists; k++)
      if (sl_date_set_has(r->layers[k], (int32_t)day + SL_DAY_FIRST))
        r->merged[count++] = r->times[k];
    *out = r->merged;
    return count;
  }
  uint32_t k = 0;
  if (r->interval > 1) {
    uint32_t gone = (uint32_t)((uint64_t)day * r->units % r->interval);
    k = gone <= r->phase ? r->phase - gone : r->interval - gone + r->phase;
    if (k >= r->lists) return 0;
  }
  *out = r->times + r->begins[k];
  return r->begins[k + 1] - r->begins[k];
}

// How many of them lie before second `end`.
static uint32_t times_before(const uint32_t *times, uint32_t count, uint32_t end) {
  uint32_t low = 0;
  while (low < count) {
    uint32_t middle = (low + count) / 2;
    if (times[middle] < end)
      low = middle + 1;
    else
      count = middle;
  }
  return low;
}

// ---- the rule -----------------------------------------------------------------------------------

// The first day of the rule that is not before `day` (or the last that is not after it), counted from 0001-01-01; -1: there
// is none.
static int64_t seek(const sl_recurrence *r, int64_t day, bool backward) {
  if (day < 0 || day >= SL_DAY_COUNT) return -1;
  return sl_date_set_near(r->days, (uint32_t)day, backward);
}

static bool has_day(const sl_recurrence *r, uint32_t day) {
  return sl_date_set_has(r->days, (int32_t)day + SL_DAY_FIRST);
}

static bool same_times(const sl_recurrence *r) { return r->layers == NULL && r->interval == 1; }

// Occurrences of the rule in first..last, which lie in r->first..r->last.
static uint64_t count_rule(const sl_recurrence *r, int64_t first, int64_t last) {
  if (last < first) return 0;
  uint32_t begin = (uint32_t)(first / DAY), end = (uint32_t)(last / DAY);
  uint64_t found = 0;
  const uint32_t *times;
  if (same_times(r)) {
    // All times of all days, but those of the days at the ends that lie outside.
    uint32_t count = times_of(r, begin, &times);
    found = (uint64_t)count *
            sl_date_set_count(r->days, (int32_t)begin + SL_DAY_FIRST, (int32_t)end + SL_DAY_FIRST);
    if (has_day(r, begin)) found -= times_before(times, count, (uint32_t)(first % DAY));
    if (has_day(r, end)) found -= count - times_before(times, count, (uint32_t)(last % DAY) + 1);
    return found;
  }
  for (int64_t day = seek(r, begin, false); day >= 0 && day <= end; day = seek(r, day + 1, false)) {
    uint32_t count = times_of(r, (uint32_t)day, &times);
    if (count == 0) continue;
    if (day == end) count = times_before(times, count, (uint32_t)(last % DAY) + 1);
    uint32_t before = day == begin ? times_before(times, count, (uint32_t)(first % DAY)) : 0;
    found += count - before;
  }
  return found;
}

static bool rule_has(const sl_recurrence *r, int64_t instant) {
  return instant >= r->first && instant <= r->last && count_rule(r, instant, instant) > 0;
}

// The first occurrence of the rule that is not before `instant` (the last that is not after it), or
// -1. Also gives the rest of the times of its day, so that a list needs one search a day.
typedef struct run {
  int64_t day;
  const uint32_t *times; // of the day
  uint32_t at, count;    // the next one is times[at]; backward: times[at - 1]
} run;

// Goes to the first day from `day` on, in the direction, that has times on the right side of
// `second`.
static void find_run(const sl_recurrence *r, int64_t instant, bool backward, run *run) {
  int64_t day = instant / DAY;
  uint32_t second = (uint32_t)(instant % DAY);
  int64_t found = seek(r, day, backward);
  for (; found >= 0; found = seek(r, backward ? found - 1 : found + 1, backward)) {
    run->count = times_of(r, (uint32_t)found, &run->times);
    if (run->count == 0) continue;
    run->day = found;
    run->at = backward ? run->count : 0;
    if (found == day)
      run->at = times_before(run->times, run->count, backward ? second + 1 : second);
    if (backward ? run->at > 0 : run->at < run->count) return;
  }
  run->day = -1;
}

static int64_t run_next(const sl_recurrence *r, run *run, bool backward) {
  if (run->day < 0) return -1;
  if (backward ? run->at == 0 : run->at == run->count) {
    int64_t edge = backward ? run->day * DAY - 1 : (run->day + 1) * DAY;
    if (edge < r->first || edge > r->last) return -1;
    find_run(r, edge, backward, run);
    if (run->day < 0) return -1;
  }
  int64_t instant = run->day * DAY + run->times[backward ? --run->at : run->at++];
  return instant < r->first || instant > r->last ? -1 : instant;
}

// Ends the rule with its count-th occurrence.
static void end_after(sl_recurrence *r, double count) {
  if (count > (double)SL_DAY_COUNT * DAY) return;
  uint64_t left = (uint64_t)count;
  const uint32_t *times;
  run run = {0};
  find_run(r, r->first, false, &run);
  if (run.day >= 0 && left > run.count - run.at && same_times(r)) {
    // Whole days at once.
    left -= run.count - run.at;
    uint32_t each = times_of(r, 0, &times);
    int32_t found = sl_date_set_seek(r->days, (int32_t)run.day + SL_DAY_FIRST,
                                     (int32_t)((left - 1) / each) + 1);
    if (found == SL_NO_DAY) return;
    int64_t last = ((int64_t)found - SL_DAY_FIRST) * DAY + times[(left - 1) % each];
    if (last < r->last) r->last = last;
    return;
  }
  while (run.day >= 0 && left > run.count - run.at) {
    left -= run.count - run.at;
    if ((run.day + 1) * DAY > r->last) return;
    find_run(r, (run.day + 1) * DAY, false, &run);
  }
  if (run.day < 0) return;
  int64_t last = run.day * DAY + run.times[run.at + left - 1];
  if (last < r->last) r->last = last;
}

// Takes away the days at both ends whose times lie outside, so that every day left may have one.
//   end   the day up to which there may be some now
static sl_status trim(sl_recurrence *r, int64_t end) {
  int64_t begin = r->first / DAY, first = begin, last = r->last / DAY;
  const uint32_t *times;
  if (r->last < r->first) return sl_date_set_cut(r->days, 1, 0);
  uint32_t count = times_of(r, (uint32_t)first, &times);
  if (count == 0 || times[count - 1] < r->first % DAY) first++;
  count = times_of(r, (uint32_t)last, &times);
  if (count == 0 || times[0] > r->last % DAY) last--;
  return first > begin || last < end ? sl_date_set_cut(r->days, first, last) : SL_OK;
}

// For each time of day, the positions that fall on it; see recurrence.c's head.
static sl_status make_layers(sl_recurrence *r, const sl_date_rule *rule, uint32_t count,
                             uint32_t first, uint32_t last) {
  uint32_t kept = 0;
  SL_TRY(SL_ALLOC_ZERO(&r->layers, count));
  SL_TRY(SL_ALLOC(&r->merged, count));
  r->interval = 1;
  for (uint32_t j = 0; j < count; j++) {
    sl_date_rule layer = *rule;
    memset(layer.by_position, 0, sizeof layer.by_position);
    for (uint32_t p = 1; p <= 366; p++) {
      // Of n days with `count` times each, position p is time (p - 1) mod count of day (p - 1) /
      // count + 1; from the end it is the same of the times and days counted backwards.
      uint32_t place = (p - 1) / count + 1, time = (p - 1) % count;
      if (rule->by_position[0][p / 32] >> (p % 32) & 1 && time == j)
        layer.by_position[0][place / 32] |= (uint32_t)1 << (place % 32);
      if (rule->by_position[1][p / 32] >> (p % 32) & 1 && count - 1 - time == j)
        layer.by_position[1][place / 32] |= (uint32_t)1 << (place % 32);
    }
    if (!sl_any(layer.by_position[0], 24)) continue;
    SL_TRY(sl_date_rule_days(&layer, first, last, UINT32_MAX, &r->layers[kept]));
    r->times[kept++] = r->times[j];
    r->lists = kept; // for destroy
    sl_date_set *both;
    if (r->days == NULL) {
      SL_TRY(sl_date_set_copy(r->layers[0], &both));
    } else {
      SL_TRY(sl_date_set_combine(r->days, r->layers[kept - 1], SL_DATES_OR, &both));
    }
    sl_date_set_destroy(r->days);
    r->days = both;
  }
  return r->days != NULL ? SL_OK : sl_date_set_create(&r->days);
}

static sl_status build(sl_recurrence *r, const sl_date_rule *rule, double count) {
  uint32_t first = (uint32_t)(r->first / DAY), last = (uint32_t)(r->last / DAY), times;
  SL_TRY(make_times(rule, &r->times, &times));
  if (rule->frequency <= SL_WEEKLY && times > 1 && sl_any(rule->by_position[0], 24)) {
    SL_TRY(make_layers(r, rule, times, first, last));
  } else {
    SL_TRY(make_lists(r, rule, times));
    // One day more than are wanted, as the first may have no time left.
    bool counted = rule->frequency < SL_HOURLY && count < 1e9 && times > 0;
    uint32_t enough = counted ? (uint32_t)(count / times) + 2 : UINT32_MAX;
    SL_TRY(sl_date_rule_days(rule, first, last, enough, &r->days));
  }
  if (r->last < r->first)
    r->last = r->first - 1;
  else if (count < INFINITY)
    end_after(r, count);
  return trim(r, last);
}

static bool is_instant(double x) {
  return x >= SL_INSTANT_FIRST && x <= SL_INSTANT_LAST && x == floor(x);
}

static int64_t counted(double instant) { return (int64_t)(instant - SL_INSTANT_FIRST); }

sl_status sl_recurrence_create(const uint32_t *words, double start, double until, double count,
                               sl_recurrence **out) {
  *out = NULL;
  sl_date_rule rule;
  memcpy(&rule, words, sizeof rule);
  SL_TRY(sl_date_rule_check(&rule));
  SL_REQUIRE(is_instant(start), SL_ERR_RANGE, "start", "a whole second of the years 1 to 9999");
  SL_REQUIRE(is_instant(until), SL_ERR_RANGE, "until", "a whole second of the years 1 to 9999");
  SL_REQUIRE(count >= 1 && count == floor(count), SL_ERR_OPTION, "count", "an integer >= 1");
  sl_recurrence *r;
  SL_TRY(SL_ALLOC_ZERO(&r, 1));
  r->first = counted(start);
  r->last = counted(until);
  sl_date_rule_complete(&rule, (uint32_t)(r->first / DAY), (uint32_t)(r->first % DAY));
  sl_status status = build(r, &rule, count);
  if (status != SL_OK) {
    sl_recurrence_destroy(r);
    return status;
  }
  *out = r;
  return SL_OK;
}

void sl_recurrence_destroy(sl_recurrence *r) {
  if (r == NULL) return;
  if (r->layers != NULL)
    for (uint32_t k = 0; k < r->lists; k++) sl_date_set_destroy(r->layers[k]);
  sl_free(r->layers);
  sl_free(r->merged);
  sl_date_set_destroy(r->days);
  sl_free(r->times);
  sl_free(r->begins);
  sl_free(r->added);
  sl_free(r->excluded);
  sl_free(r);
}

size_t sl_recurrence_bytes(const sl_recurrence *r) {
  uint32_t times = r->layers ? r->lists : r->begins[r->lists];
  size_t words = (size_t)times + r->lists + 2;
  size_t bytes = sizeof *r + words * sizeof(uint32_t) + sl_date_set_bytes(r->days) +
                 (r->added_count + r->excluded_count) * sizeof(int64_t);
  if (r->layers)
    for (uint32_t k = 0; k < r->lists; k++)
      bytes += sizeof(void *) + sl_date_set_bytes(r->layers[k]);
  return bytes;
}

// ---- single instants ----------------------------------------------------------------------------

// Heapsort: in place, without recursion, and a tenth of qsort's code.
static void sort(int64_t *list, size_t count) {
  for (size_t begin = count / 2, end = count; end > 1;) {
    int64_t value;
    if (begin > 0) {
      value = list[--begin];
    } else {
      value = list[--end];
      list[end] = list[0];
    }
    size_t hole = begin;
    for (size_t child; (child = 2 * hole + 1) < end; hole = child) {
      if (child + 1 < end && list[child] < list[child + 1]) child++;
      if (list[child] <= value) break;
      list[hole] = list[child];
    }
    list[hole] = value;
  }
}

static sl_status sorted_instants(const double *list, size_t count, const char *name,
                                 int64_t **out) {
  for (size_t i = 0; i < count; i++)
    SL_REQUIRE_AT(is_instant(list[i]), SL_ERR_RANGE, name, "whole seconds of the years 1 to 9999",
                  i);
  SL_TRY(SL_ALLOC(out, count));
  for (size_t i = 0; i < count; i++) (*out)[i] = counted(list[i]);
  sort(*out, count);
  return SL_OK;
}

// Elements before `value`.
static size_t place_of(const int64_t *list, size_t count, int64_t value) {
  size_t low = 0;
  while (low < count) {
    size_t middle = (low + count) / 2;
    if (list[middle] < value)
      low = middle + 1;
    else
      count = middle;
  }
  return low;
}

static bool contains(const int64_t *list, size_t count, int64_t value) {
  size_t at = place_of(list, count, value);
  return at < count && list[at] == value;
}

sl_status sl_recurrence_set_exceptions(sl_recurrence *r, const double *added, size_t added_count,
                                       const double *excluded, size_t excluded_count) {
  int64_t *plus, *minus;
  SL_TRY(sorted_instants(added, added_count, "added", &plus));
  sl_status status = sorted_instants(excluded, excluded_count, "excluded", &minus);
  if (status != SL_OK) {
    sl_free(plus);
    return status;
  }
  // What is added is what the rule does not have; what is excluded, what it has.
  size_t kept = 0, left = 0;
  for (size_t i = 0; i < added_count; i++)
    if ((kept == 0 || plus[kept - 1] != plus[i]) && !rule_has(r, plus[i]) &&
        !contains(minus, excluded_count, plus[i]))
      plus[kept++] = plus[i];
  for (size_t i = 0; i < excluded_count; i++)
    if ((left == 0 || minus[left - 1] != minus[i]) && rule_has(r, minus[i]))
      minus[left++] = minus[i];
  sl_free(r->added);
  sl_free(r->excluded);
  r->added = plus;
  r->excluded = minus;
  r->added_count = kept;
  r->excluded_count = left;
  return SL_OK;
}

// ---- questions ----------------------------------------------------------------------------------

// The instants of first..last as they are counted here; false: none.
static bool range_of(double first, double last, int64_t *low, int64_t *high) {
  if (!(first <= last) || last < SL_INSTANT_FIRST || first > SL_INSTANT_LAST) return false;
  *low = first < SL_INSTANT_FIRST ? 0 : counted(ceil(first));
  *high = counted(last > SL_INSTANT_LAST ? SL_INSTANT_LAST : floor(last));
  return *low <= *high;
}

double sl_recurrence_count(const sl_recurrence *r, double first, double last) {
  int64_t low, high;
  if (!range_of(first, last, &low, &high)) return 0;
  size_t added =
      place_of(r->added, r->added_count, high + 1) - place_of(r->added, r->added_count, low);
  size_t excluded = place_of(r->excluded, r->excluded_count, high + 1) -
                    place_of(r->excluded, r->excluded_count, low);
  uint64_t rule = count_rule(r, low < r->first ? r->first : low, high > r->last ? r->last : high);
  return (double)rule + (double)added - (double)excluded;
}

void sl_recurrence_list(sl_recurrence *r, double from, double to, bool backward, size_t limit,
                        double *out, size_t *written) {
  *written = 0;
  int64_t first, last;
  if (!range_of(from, to, &first, &last)) return;
  int64_t low = first < r->first ? r->first : first, high = last > r->last ? r->last : last;
  run run = {.day = -1};
  if (low <= high) find_run(r, backward ? high : low, backward, &run);
  int64_t next = run_next(r, &run, backward);
  // The added ones of the range, and how many of them are left.
  size_t begin = place_of(r->added, r->added_count, first);
  size_t end = place_of(r->added, r->added_count, last + 1);
  while (*written < limit) {
    if (next >= 0 && (next < low || next > high)) next = -1;
    int64_t other = begin == end ? -1 : backward ? r->added[end - 1] : r->added[begin];
    if (next < 0 && other < 0) return;
    bool rule = other < 0 || (next >= 0 && (backward ? next > other : next < other));
    int64_t instant = rule ? next : other;
    if (rule)
      next = run_next(r, &run, backward);
    else if (backward)
      end--;
    else
      begin++;
    if (rule && contains(r->excluded, r->excluded_count, instant)) continue;
    out[(*written)++] = (double)instant + SL_INSTANT_FIRST;
  }
}

// ---- days ---------------------------------------------------------------------------------------

sl_status sl_recurrence_days(const sl_recurrence *r, sl_date_set **out) {
  *out = NULL;
  sl_date_set *days;
  SL_TRY(sl_date_set_copy(r->days, &days));
  sl_status status = SL_OK;
  const uint32_t *times;
  if (r->layers == NULL && (r->interval > 1 || r->begins[1] == 0)) {
    for (int64_t day = seek(r, 0, false); day >= 0 && status == SL_OK;
         day = seek(r, day + 1, false))
      if (times_of(r, (uint32_t)day, &times) == 0)
        status = sl_date_set_put(days, (uint32_t)day, false);
  }
  for (size_t i = 0; i < r->excluded_count && status == SL_OK; i++) {
    int64_t day = r->excluded[i] / DAY;
    double begin = (double)(day * DAY) + SL_INSTANT_FIRST;
    if (sl_recurrence_count(r, begin, begin + DAY - 1) == 0)
      status = sl_date_set_put(days, (uint32_t)day, false);
  }
  for (size_t i = 0; i < r->added_count && status == SL_OK; i++)
    status = sl_date_set_put(days, (uint32_t)(r->added[i] / DAY), true);
  sl_date_set_recount(days);
  if (status != SL_OK) {
    sl_date_set_destroy(days);
    return status;
  }
  *out = days;
  return SL_OK;
}

static sl_status copy_block(const void *from, size_t bytes, void **out) {
  SL_TRY(sl_alloc(bytes, 1, out));
  if (bytes > 0) memcpy(*out, from, bytes);
  return SL_OK;
}
#define COPY(to, from, field, count)                                                               \
  copy_block((from)->field, (count) * sizeof *(from)->field, (void **)&(to)->field)

static sl_status fill_within(const sl_recurrence *r, const sl_date_set *days, sl_recurrence *to) {
  SL_TRY(sl_date_set_combine(r->days, days, SL_DATES_AND, &to->days));
  if (r->layers) {
    SL_TRY(SL_ALLOC_ZERO(&to->layers, r->lists));
    SL_TRY(SL_ALLOC(&to->merged, r->lists));
    SL_TRY(COPY(to, r, times, r->lists));
    for (uint32_t k = 0; k < r->lists; k++)
      SL_TRY(sl_date_set_combine(r->layers[k], days, SL_DATES_AND, &to->layers[k]));
  } else {
    SL_TRY(COPY(to, r, times, r->begins[r->lists]));
    SL_TRY(COPY(to, r, begins, r->lists + 2));
  }
  SL_TRY(COPY(to, r, added, r->added_count));
  SL_TRY(COPY(to, r, excluded, r->excluded_count));
  for (size_t i = 0; i < r->added_count; i++)
    if (sl_date_set_has(days, (int32_t)(r->added[i] / DAY) + SL_DAY_FIRST))
      to->added[to->added_count++] = r->added[i];
  for (size_t i = 0; i < r->excluded_count; i++)
    if (sl_date_set_has(days, (int32_t)(r->excluded[i] / DAY) + SL_DAY_FIRST))
      to->excluded[to->excluded_count++] = r->excluded[i];
  return SL_OK;
}

sl_status sl_recurrence_within(const sl_recurrence *r, const sl_date_set *days,
                               sl_recurrence **out) {
  *out = NULL;
  sl_recurrence *to;
  SL_TRY(SL_ALLOC_ZERO(&to, 1));
  to->first = r->first;
  to->last = r->last;
  to->lists = r->lists;
  to->units = r->units;
  to->interval = r->interval;
  to->phase = r->phase;
  sl_status status = fill_within(r, days, to);
  if (status != SL_OK) {
    sl_recurrence_destroy(to);
    return status;
  }
  *out = to;
  return SL_OK;
}
