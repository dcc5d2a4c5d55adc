// Based on: RFC 5545, "Internet Calendaring and Scheduling Core Object Specification (iCalendar)",
// 2009, section 3.3.10: what a rule may say.
#include "dates/rule.h"

#include <stddef.h>

#include "dates/civil.h"

typedef struct allowed {
  uint32_t at, count; // words of the rule
  uint32_t low, high; // bits
  const char *name, *expected;
} allowed;

#define WORD(field) (offsetof(sl_date_rule, field) / sizeof(uint32_t))
#define WORDS(field) (sizeof((sl_date_rule *)0)->field / sizeof(uint32_t))

// Pairs of lists, from the begin and from the end, are two rows of the same kind.
static const allowed LISTS[] = {
    {WORD(by_month), 1, 1, 12, "by_month", "months 1 to 12"},
    {WORD(by_month_day), 1, 1, 31, "by_month_day", "days 1 to 31 or -31 to -1"},
    {WORD(by_month_day) + 1, 1, 1, 31, "by_month_day", "days 1 to 31 or -31 to -1"},
    {WORD(by_year_day), 12, 1, 366, "by_year_day", "days 1 to 366 or -366 to -1"},
    {WORD(by_year_day) + 12, 12, 1, 366, "by_year_day", "days 1 to 366 or -366 to -1"},
    {WORD(by_week_number), 2, 1, 53, "by_week_number", "weeks 1 to 53 or -53 to -1"},
    {WORD(by_week_number) + 2, 2, 1, 53, "by_week_number", "weeks 1 to 53 or -53 to -1"},
    {WORD(by_day), 1, 0, 6, "by_day", "days 0 (Monday) to 6 (Sunday)"},
    {WORD(by_hour), 1, 0, 23, "by_hour", "hours 0 to 23"},
    {WORD(by_minute), 2, 0, 59, "by_minute", "minutes 0 to 59"},
    {WORD(by_second), 2, 0, 60, "by_second", "seconds 0 to 60"},
    {WORD(by_position), 12, 1, 366, "by_position", "positions 1 to 366 or -366 to -1"},
    {WORD(by_position) + 12, 12, 1, 366, "by_position", "positions 1 to 366 or -366 to -1"},
};

static bool within(const uint32_t *words, uint32_t count, uint32_t low, uint32_t high) {
  for (uint32_t w = 0; w < count; w++) {
    uint64_t from = w == 0 ? low : 0, allowed = ~(uint64_t)0 << from;
    if (high < 32 * w + 31) allowed &= high < 32 * w ? 0 : ~(uint64_t)0 >> (63 - (high - 32 * w));
    if ((words[w] & ~allowed) != 0) return false;
  }
  return true;
}

sl_status sl_date_rule_check(const sl_date_rule *rule) {
  const uint32_t *words = (const uint32_t *)rule;
  SL_REQUIRE(rule->frequency <= SL_SECONDLY, SL_ERR_OPTION, "frequency", "0 to 6");
  SL_REQUIRE(rule->interval >= 1, SL_ERR_OPTION, "interval", "an integer >= 1");
  SL_REQUIRE(rule->week_start <= 6, SL_ERR_OPTION, "week_start", "0 (Monday) to 6 (Sunday)");
  SL_REQUIRE(rule->skip <= SL_SKIP_FORWARD, SL_ERR_OPTION, "skip", "0, 1 or 2");
  for (uint32_t i = 0; i < sizeof LISTS / sizeof *LISTS; i++)
    SL_REQUIRE(within(words + LISTS[i].at, LISTS[i].count, LISTS[i].low, LISTS[i].high),
               SL_ERR_OPTION, LISTS[i].name, LISTS[i].expected);
  for (uint32_t i = 0; i < 14; i++)
    SL_REQUIRE(within(rule->by_nth_day[i / 2][i % 2], 2, 1, 53), SL_ERR_OPTION, "by_nth_day",
               "numbers 1 to 53 or -53 to -1");

  sl_frequency frequency = (sl_frequency)rule->frequency;
  bool nth = sl_any(rule->by_nth_day[0][0], WORDS(by_nth_day));
  bool weeks = sl_any(rule->by_week_number[0], WORDS(by_week_number));
  bool year_days = sl_any(rule->by_year_day[0], WORDS(by_year_day));
  SL_REQUIRE(!weeks || frequency == SL_YEARLY, SL_ERR_OPTION, "by_week_number",
             "FREQ=YEARLY, the only one that has numbered weeks");
  SL_REQUIRE(!year_days || frequency == SL_YEARLY || frequency >= SL_HOURLY, SL_ERR_OPTION,
             "by_year_day", "FREQ=YEARLY, HOURLY, MINUTELY or SECONDLY; or BYMONTH and BYMONTHDAY");
  SL_REQUIRE(!sl_any(rule->by_month_day, 2) || frequency != SL_WEEKLY, SL_ERR_OPTION,
             "by_month_day", "a FREQ other than WEEKLY; FREQ=DAILY with BYDAY gives what is meant");
  SL_REQUIRE(!nth || frequency <= SL_MONTHLY, SL_ERR_OPTION, "by_nth_day",
             "FREQ=MONTHLY or YEARLY, whose days of the week can be counted");
  SL_REQUIRE(!nth || !weeks, SL_ERR_OPTION, "by_nth_day",
             "days without a number beside BYWEEKNO, which counts weeks already");
  SL_REQUIRE(rule->skip == SL_SKIP_OMIT || frequency <= SL_MONTHLY, SL_ERR_OPTION, "skip",
             "FREQ=MONTHLY or YEARLY: no other makes days that do not exist");
  if (sl_any(rule->by_position[0], WORDS(by_position))) {
    bool other = nth || weeks || year_days || sl_any(rule->by_month_day, 2) ||
                 sl_any(rule->by_minute, 2) || sl_any(rule->by_second, 2) || rule->by_month ||
                 rule->by_day || rule->by_hour;
    SL_REQUIRE(other, SL_ERR_OPTION, "by_position", "another BY part to take positions of");
  }
  return SL_OK;
}

static void set_word_bit(uint32_t *words, uint32_t bit) {
  words[bit / 32] |= (uint32_t)1 << (bit % 32);
}

void sl_date_rule_complete(sl_date_rule *rule, uint32_t index, uint32_t second_of_day) {
  int32_t year;
  uint32_t month, day;
  sl_civil(index, &year, &month, &day);
  sl_frequency frequency = (sl_frequency)rule->frequency;
  bool days = rule->by_day || sl_any(rule->by_nth_day[0][0], WORDS(by_nth_day)) ||
              sl_any(rule->by_month_day, 2) || sl_any(rule->by_year_day[0], WORDS(by_year_day));
  bool weeks = sl_any(rule->by_week_number[0], WORDS(by_week_number));
  if (!days && (weeks || frequency == SL_WEEKLY)) {
    set_word_bit(&rule->by_day, index % 7);
  } else if (!days && frequency <= SL_MONTHLY) {
    set_word_bit(rule->by_month_day, day);
    if (frequency == SL_YEARLY && !rule->by_month) set_word_bit(&rule->by_month, month);
  }
  if (!rule->by_hour && frequency < SL_HOURLY) set_word_bit(&rule->by_hour, second_of_day / 3600);
  if (!sl_any(rule->by_minute, 2) && frequency < SL_MINUTELY)
    set_word_bit(rule->by_minute, second_of_day / 60 % 60);
  if (!sl_any(rule->by_second, 2) && frequency < SL_SECONDLY)
    set_word_bit(rule->by_second, second_of_day % 60);
}
