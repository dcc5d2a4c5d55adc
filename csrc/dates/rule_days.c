// Based on: RFC 5545, section 3.3.10, the table of what each part does, and RFC 7529 ("Non-Gregorian
// Recurrence Rules"), section 4.1, for SKIP. Parts that expand and parts that limit come to the same
// here: the days of a period that satisfy all of them.
//
// A year is a mask of its days, of which there are 28 kinds: by the day of the week on which it
// begins, and by whether it, the year before it or the year after it is a leap year. The years
// beside it matter to weeks alone: without them there are 14.
#include "dates/rule_days.h"

#include <string.h>

#include "base/memory.h"
#include "dates/set.h"

// Bit p + 1 is day p of the year, from 0: days that SKIP moves over its ends have a place.
enum { MASK_WORDS = 6, KINDS = 28 };

typedef struct year_mask {
  uint64_t words[MASK_WORDS];
  uint32_t months; // for which it was made; 0: not yet
} year_mask;

typedef struct builder {
  const sl_date_rule *rule;
  uint32_t first, last;
  int32_t first_year;
  uint32_t first_month; // of all months, from January of the year 0
  bool by_month_day, by_year_day, by_week, by_nth, by_position;
  uint64_t month_days[4]; // BYMONTHDAY in months of 28 to 31 days
  year_mask kinds[KINDS];
} builder;

// A year as the masks see it.
typedef struct year_shape {
  uint32_t begin;  // day of the week of January 1
  uint32_t length; // days
  uint32_t before; // days of the year before
  uint32_t after;  // days of the year after
} year_shape;

// ---- positions and numbers -----------------------------------------------------------------------

static bool has(const uint32_t *list, uint32_t n) { return list[n / 32] >> (n % 32) & 1; }

// Keeps those bits of a mask whose place among them, from 1, or from the end, is asked for.
static void keep_positions(uint64_t *words, uint32_t count, const uint32_t (*positions)[12]) {
  uint32_t total = 0, place = 0;
  for (uint32_t w = 0; w < count; w++) total += (uint32_t)__builtin_popcountll(words[w]);
  for (uint32_t w = 0; w < count; w++) {
    uint64_t kept = 0;
    for (uint64_t rest = words[w]; rest != 0; rest &= rest - 1) {
      place++;
      if (has(positions[0], place) || has(positions[1], total + 1 - place)) kept |= rest & -rest;
    }
    words[w] = kept;
  }
}

// BYDAY without numbers, in a word of days of which the first is day `begin` of a week.
static uint64_t week_days(const sl_date_rule *rule, uint32_t begin) {
  // Nine weeks, and the day after them.
  uint64_t weeks = rule->by_day * 0x0102040810204081u;
  return weeks >> begin | weeks << (63 - begin);
}

// The numbered days of the week, of `length` days of which the first is day `begin` of a week: bit 1
// is the first of them.
static void add_nth_days(const sl_date_rule *rule, uint32_t begin, uint32_t length,
                         uint64_t *words) {
  for (uint32_t week_day = 0; week_day < 7; week_day++) {
    uint32_t day = (week_day + 7 - begin) % 7, total = (length - day + 6) / 7;
    const uint32_t(*numbers)[2] = rule->by_nth_day[week_day];
    if (!sl_any(numbers[0], 4)) continue;
    for (uint32_t n = 1; n <= total; n++, day += 7)
      if (has(numbers[0], n) || has(numbers[1], total + 1 - n)) sl_bit_set(words, 1 + day);
  }
}

// ---- a year -------------------------------------------------------------------------------------

// The days of one month that BYMONTHDAY names: bit d is day d, bit 0 the day before the month.
static uint64_t month_days(const builder *b, uint32_t length) {
  const sl_date_rule *rule = b->rule;
  if (!b->by_month_day) return sl_bits_between(1, length);
  uint64_t from_begin = rule->by_month_day[0], exist = sl_bits_between(1, length);
  uint64_t days = from_begin & exist;
  if (rule->skip != SL_SKIP_OMIT && (from_begin & ~exist) != 0)
    days |= (uint64_t)1 << (rule->skip == SL_SKIP_BACKWARD ? length : length + 1);
  if (rule->by_month_day[1] == 0) return days;
  for (uint32_t d = 1; d <= 31; d++) {
    if (!has(&rule->by_month_day[1], d)) continue;
    if (d <= length)
      days |= (uint64_t)1 << (length + 1 - d);
    else if (rule->skip != SL_SKIP_OMIT)
      days |= (uint64_t)1 << (rule->skip == SL_SKIP_BACKWARD ? 0 : 1);
  }
  return days;
}

// The day of the year on which its week 1 begins, which may be before it: the first week that has
// four days in it.
static int32_t week_one(uint32_t begin, uint32_t week_start) {
  int32_t in_week = (int32_t)((begin + 7 - week_start) % 7);
  return in_week <= 3 ? -in_week : 7 - in_week;
}

static bool has_week(const sl_date_rule *rule, int32_t number, int32_t total) {
  return has(rule->by_week_number[0], (uint32_t)number) ||
         has(rule->by_week_number[1], (uint32_t)(total + 1 - number));
}

static void limit_to_weeks(const sl_date_rule *rule, year_shape y, uint64_t *words) {
  int32_t start = rule->week_start, length = (int32_t)y.length;
  int32_t one = week_one(y.begin, start);
  uint32_t next_begin = (y.begin + y.length) % 7;
  int32_t next_one = length + week_one(next_begin, start);
  // Weeks of the year before and after, whose days at the edges may lie in this one.
  uint32_t last_begin = (y.begin + 371 - y.before) % 7;
  int32_t last_total = (one + (int32_t)y.before - week_one(last_begin, start)) / 7;
  int32_t after_one = length + (int32_t)y.after + week_one((next_begin + y.after) % 7, start);
  int32_t total = (next_one - one) / 7, next_total = (after_one - next_one) / 7;
  uint64_t weeks[MASK_WORDS] = {0};
  for (int32_t p = 0; p < length; p++) {
    bool in = p < one         ? has_week(rule, last_total, last_total)
              : p >= next_one ? has_week(rule, 1, next_total)
                              : has_week(rule, (p - one) / 7 + 1, total);
    if (in) sl_bit_set(weeks, (uint32_t)p + 1);
  }
  for (int w = 0; w < MASK_WORDS; w++) words[w] &= weeks[w];
}

static void limit_to_year_days(const sl_date_rule *rule, uint32_t length, uint64_t *words) {
  uint64_t days[MASK_WORDS] = {0};
  for (uint32_t d = 1; d <= length; d++)
    if (has(rule->by_year_day[0], d) || has(rule->by_year_day[1], length + 1 - d))
      sl_bit_set(days, d);
  if (rule->skip != SL_SKIP_OMIT && length < 366) {
    bool back = rule->skip == SL_SKIP_BACKWARD;
    if (has(rule->by_year_day[0], 366)) sl_bit_set(days, back ? length : length + 1);
    if (has(rule->by_year_day[1], 366)) sl_bit_set(days, back ? 0 : 1);
  }
  // A day moved out of the year is in no month of it: only BYDAY can still say no.
  uint64_t outside = rule->by_month || rule->by_month_day[0] || rule->by_month_day[1] ? 0 : 1;
  for (int w = 0; w < MASK_WORDS; w++) {
    uint64_t edges = 0;
    if (outside && w == 0) edges = 1;
    if (outside && w == (int)((length + 1) / 64)) edges |= (uint64_t)1 << ((length + 1) % 64);
    words[w] &= days[w];
    words[w] |= days[w] & edges;
  }
}

// The days of a year of a shape, in the months given (bits 1..12), that satisfy all parts but the
// interval.
static void make_mask(const builder *b, year_shape y, uint32_t months, uint64_t *words) {
  const sl_date_rule *rule = b->rule;
  bool leap = y.length == 366, monthly = rule->frequency == SL_MONTHLY;
  bool by_day = rule->by_day || b->by_nth;
  bool within_month = monthly || rule->by_month;
  memset(words, 0, MASK_WORDS * sizeof *words);
  for (uint32_t month = 1; month <= 12; month++) {
    if (!(months >> month & 1)) continue;
    uint32_t before = sl_days_before_month(leap, month), length = sl_days_in_month(leap, month);
    uint64_t days = b->month_days[length - 28];
    if (by_day && within_month) {
      // Also of the days beside the month, onto which SKIP moves; they have no number in it.
      uint64_t asked = week_days(rule, (y.begin + before + 6) % 7);
      if (b->by_nth) add_nth_days(rule, (y.begin + before) % 7, length, &asked);
      days &= asked;
    }
    if (monthly && b->by_position) keep_positions(&days, 1, rule->by_position);
    // A month has at most 33 bits with the days beside it, and the last one ends in the last word.
    uint32_t word = before / 64, shift = before % 64;
    words[word] |= days << shift;
    if (shift > 64 - 33) words[word + 1] |= days >> (64 - shift);
  }
  if (b->by_year_day) limit_to_year_days(rule, y.length, words);
  if (b->by_week) limit_to_weeks(rule, y, words);
  if (by_day && !within_month) {
    uint64_t asked[MASK_WORDS];
    for (uint32_t w = 0; w < MASK_WORDS; w++) asked[w] = week_days(rule, (y.begin + 6 + w) % 7);
    if (b->by_nth) add_nth_days(rule, y.begin, y.length, asked);
    for (int w = 0; w < MASK_WORDS; w++) words[w] &= asked[w];
  }
  if (rule->frequency == SL_YEARLY && b->by_position)
    keep_positions(words, MASK_WORDS, rule->by_position);
}

// The months (bits 1..12) of a year that the rule is about; 0: none.
static uint32_t months_of(const builder *b, int32_t year) {
  const sl_date_rule *rule = b->rule;
  uint32_t months = rule->by_month ? rule->by_month : 0x1ffe;
  if (year < b->first_year) return 0;
  if (rule->frequency == SL_YEARLY)
    return ((uint32_t)(year - b->first_year) % rule->interval == 0) ? months : 0;
  if (rule->frequency != SL_MONTHLY || (rule->interval == 1 && year > b->first_year)) return months;
  for (uint32_t month = 1; month <= 12; month++) {
    uint32_t number = (uint32_t)year * 12 + month - 1;
    if (number < b->first_month || (number - b->first_month) % rule->interval != 0)
      months &= ~((uint32_t)1 << month);
  }
  return months;
}

// A year on its way through a cycle.
typedef struct walk {
  int32_t year;
  uint32_t begin; // day of the week of January 1
  bool before, leap, after;
} walk;

static walk walk_from(int32_t year) {
  return (walk){year, sl_year_begin(year) % 7, sl_is_leap(year - 1), sl_is_leap(year),
                sl_is_leap(year + 1)};
}

// Divides nothing: there are 400 steps to a page.
static void walk_on(walk *w) {
  w->begin += 1 + w->leap;
  if (w->begin >= 7) w->begin -= 7;
  w->year++;
  w->before = w->leap;
  w->leap = w->after;
  w->after = w->year % 4 == 3 && sl_is_leap(w->year + 1);
}

static const uint64_t *mask_of(builder *b, const walk *w, uint32_t months) {
  uint32_t beside = !b->by_week ? 0 : w->before ? 2 : w->after ? 3 : 0;
  year_mask *mask = &b->kinds[w->begin * 4 + (w->leap ? 1 : beside)];
  if (mask->months != months) {
    year_shape y = {w->begin, 365 + w->leap, 365 + w->before, 365 + w->after};
    make_mask(b, y, months, mask->words);
    mask->months = months;
  }
  return mask->words;
}

// ---- a cycle ------------------------------------------------------------------------------------

// words[at ..] |= mask, all of its words.
static void or_mask(uint64_t *words, uint32_t at, const uint64_t *mask) {
  uint32_t shift = at % 64;
  uint64_t carry = 0;
  words += at / 64;
  for (int w = 0; w < MASK_WORDS; w++) {
    words[w] |= mask[w] << shift | carry;
    carry = mask[w] >> 1 >> (63 - shift);
  }
  words[MASK_WORDS] |= carry;
}

// Days of the years of a cycle, the parts that limit and expand applied, the intervals of years
// and months too.
static void add_years(builder *b, uint32_t cycle, uint64_t *words) {
  int32_t year = (int32_t)cycle * SL_CYCLE_YEARS + 1, end = year + SL_CYCLE_YEARS;
  if (year < b->first_year) year = b->first_year;
  uint32_t at = sl_year_begin(year) - cycle * SL_CYCLE_DAYS;
  walk w = walk_from(year);
  for (; w.year < end; at += 365 + w.leap, walk_on(&w)) {
    uint32_t months = months_of(b, w.year);
    if (months == 0) continue;
    const uint64_t *mask = mask_of(b, &w, months);
    // Its first bit is the day before the year, its last one the day behind it: those of the ends
    // of a cycle are in other cycles.
    if (at == 0)
      sl_bits_or(words, 0, mask, 1, 366 + w.leap);
    else if (w.year == end - 1)
      sl_bits_or(words, at - 1, mask, 0, 366 + w.leap);
    else
      or_mask(words, at - 1, mask);
  }
  uint32_t months = months_of(b, end);
  if (months != 0 && (mask_of(b, &w, months)[0] & 1)) sl_bit_set(words, SL_CYCLE_DAYS - 1);
}

// Weeks counted from the first, for BYSETPOS and intervals: their days from index `at` on.
static void add_weeks(const builder *b, uint32_t cycle, uint64_t *words) {
  const sl_date_rule *rule = b->rule;
  uint32_t begin = cycle * SL_CYCLE_DAYS, end = begin + SL_CYCLE_DAYS;
  // A week has its number in days that are counted from the week_start before 0001-01-01.
  uint32_t lead = (7 - rule->week_start) % 7;
  uint32_t first_week = (b->first + lead) / 7, week = (begin + lead) / 7;
  if (week < first_week) week = first_week;
  uint32_t late = (week - first_week) % rule->interval;
  uint64_t next = (uint64_t)week + (late ? rule->interval - late : 0);
  for (; next * 7 < (uint64_t)end + lead; next += rule->interval) {
    uint64_t days = 0;
    for (uint32_t k = 0; k < 7; k++) {
      int64_t index = (int64_t)next * 7 + k - lead;
      if (index < 0 || !(rule->by_day >> (index % 7) & 1)) continue;
      if (rule->by_month) {
        int32_t year;
        uint32_t month, day;
        sl_civil((uint32_t)index, &year, &month, &day);
        if (!(rule->by_month >> month & 1)) continue;
      }
      days |= (uint64_t)1 << k;
    }
    if (b->by_position) keep_positions(&days, 1, rule->by_position);
    for (; days != 0; days &= days - 1) {
      int64_t index = (int64_t)next * 7 + __builtin_ctzll(days) - lead;
      if (index >= begin && index < end) sl_bit_set(words, (uint32_t)index - begin);
    }
  }
}

// Keeps every interval-th day.
static void keep_days(const builder *b, uint32_t cycle, uint64_t *words) {
  uint32_t interval = b->rule->interval, begin = cycle * SL_CYCLE_DAYS;
  uint32_t late = begin > b->first ? (begin - b->first) % interval : 0;
  uint64_t at = begin > b->first ? (late ? interval - late : 0) : b->first - begin;
  uint64_t kept[SL_PAGE_WORDS] = {0};
  for (; at < SL_CYCLE_DAYS; at += interval)
    if (sl_bit(words, (uint32_t)at)) sl_bit_set(kept, (uint32_t)at);
  memcpy(words, kept, sizeof kept);
}

static sl_status make_page(builder *b, uint32_t cycle, sl_page **out) {
  SL_TRY(sl_page_create(out));
  const sl_date_rule *rule = b->rule;
  uint64_t *words = (*out)->words;
  if (rule->frequency == SL_WEEKLY && (rule->interval > 1 || b->by_position)) {
    add_weeks(b, cycle, words);
  } else {
    add_years(b, cycle, words);
    if (rule->frequency == SL_DAILY && rule->interval > 1) keep_days(b, cycle, words);
  }
  uint32_t begin = cycle * SL_CYCLE_DAYS, end = begin + SL_CYCLE_DAYS - 1;
  if (begin < b->first || end > b->last)
    sl_page_cut(*out, begin < b->first ? b->first - begin : 0,
                (end > b->last ? b->last : end) - begin);
  sl_page_finish(out, begin < b->first ? b->first - begin : 0);
  return SL_OK;
}

// How far the periods of a rule have come when a cycle begins: cycles with the same number have the
// same days.
static uint32_t phase_of(const builder *b, uint32_t cycle) {
  const sl_date_rule *rule = b->rule;
  uint32_t begin = cycle * SL_CYCLE_DAYS, lead = (7 - rule->week_start) % 7;
  uint32_t units;
  switch ((sl_frequency)rule->frequency) {
  case SL_YEARLY:
    units = cycle * SL_CYCLE_YEARS + 1 - (uint32_t)b->first_year;
    break;
  case SL_MONTHLY:
    units = (cycle * SL_CYCLE_YEARS + 1) * 12 - b->first_month;
    break;
  case SL_WEEKLY:
    units = (begin + lead) / 7 - (b->first + lead) / 7;
    break;
  case SL_DAILY:
    units = begin - b->first;
    break;
  default:
    return 0;
  }
  return units % rule->interval;
}

sl_status sl_date_rule_days(const sl_date_rule *rule, uint32_t first, uint32_t last,
                            uint32_t enough, sl_date_set **out) {
  *out = NULL;
  builder b = {.rule = rule, .first = first, .last = last};
  uint32_t month, day;
  sl_civil(first, &b.first_year, &month, &day);
  b.first_month = (uint32_t)b.first_year * 12 + month - 1;
  b.by_month_day = rule->by_month_day[0] || rule->by_month_day[1];
  for (uint32_t k = 0; k < 4; k++) b.month_days[k] = month_days(&b, 28 + k);
  b.by_year_day = sl_any(rule->by_year_day[0], 24);
  b.by_week = sl_any(rule->by_week_number[0], 4);
  b.by_nth = sl_any(rule->by_nth_day[0][0], 28);
  // That of days and less is about times of day.
  b.by_position = rule->frequency <= SL_WEEKLY && sl_any(rule->by_position[0], 24);

  sl_date_set *set;
  SL_TRY(sl_date_set_create(&set));
  sl_status status = SL_OK;
  uint32_t begin = first / SL_CYCLE_DAYS, found = 0;
  for (uint32_t c = begin; c <= last / SL_CYCLE_DAYS && status == SL_OK; c++) {
    // What comes before the start does not count as found.
    if (c > begin + 1) {
      if (set->pages[c - 1] != NULL) found += set->pages[c - 1]->count;
      if (found >= enough) break;
    }
    uint32_t same = begin + 1;
    while (same < c && phase_of(&b, same) != phase_of(&b, c)) same++;
    // A week that began before the first cycle is no week that was begun in a cycle like it.
    if (c > begin && same < c)
      set->pages[c] = sl_page_share(set->pages[same]);
    else
      status = make_page(&b, c, &set->pages[c]);
  }
  sl_date_set_finish(set);
  if (status != SL_OK) {
    sl_date_set_destroy(set);
    return status;
  }
  *out = set;
  return SL_OK;
}
