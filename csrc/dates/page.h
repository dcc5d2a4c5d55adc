// Inside of a set: its pages, for those who fill them (rule.c).
#ifndef SL_DATES_PAGE_H
#define SL_DATES_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "dates/civil.h"

typedef struct sl_date_set sl_date_set; // as in set.h, which those who include this need not

enum { SL_PAGE_WORDS = (SL_CYCLE_DAYS + 63) / 64, SL_PAGE_BLOCKS = (SL_PAGE_WORDS + 7) / 8 };

// The days of one cycle. Bits behind the last day are 0.
typedef struct sl_page {
  uint32_t references;
  uint32_t count;                 // of bits set
  uint32_t ranks[SL_PAGE_BLOCKS]; // bits set before each block of 8 words
  uint64_t words[SL_PAGE_WORDS];
} sl_page;

// NULL is a page without a day. A page may stand in several cycles and in several sets.
struct sl_date_set {
  sl_page *pages[SL_CYCLES];
  uint32_t before[SL_CYCLES + 1]; // days of the set before each cycle
};

// A page without a day, of one reference. Errors: ERR_MEMORY.
sl_status sl_page_create(sl_page **out);
sl_page *sl_page_share(sl_page *page);
void sl_page_release(sl_page *page);

// Counts. There is no day before place `from`. A page without a day is freed and becomes NULL.
void sl_page_finish(sl_page **page, uint32_t from);

// Takes away what lies outside of first..last (first <= last, places in the page). Does not finish.
void sl_page_cut(sl_page *page, uint32_t first, uint32_t last);

// A set without a day, to be filled; then its days are counted.
sl_status sl_date_set_create(sl_date_set **out);
void sl_date_set_finish(sl_date_set *set);

// Takes away the days outside of first..last, counted from 0001-01-01. Finishes. Errors:
// ERR_MEMORY; then the set is as it was.
sl_status sl_date_set_cut(sl_date_set *set, int64_t first, int64_t last);

// Takes away or adds a day, counted from 0001-01-01; sl_date_set_recount comes after the last one.
// Errors: ERR_MEMORY.
sl_status sl_date_set_put(sl_date_set *set, uint32_t index, bool in);
void sl_date_set_recount(sl_date_set *set);

// The first day of the set from `index` on, or the last up to it, counted from 0001-01-01; -1: there is none. Walks: for
// those who go from day to day.
int64_t sl_date_set_near(const sl_date_set *set, uint32_t index, bool backward);

// A second set of the same pages. Errors: ERR_MEMORY.
sl_status sl_date_set_copy(const sl_date_set *set, sl_date_set **out);

// dst[at..at+count) |= src[from..from+count), in bits.
void sl_bits_or(uint64_t *dst, uint32_t at, const uint64_t *src, uint32_t from, uint32_t count);

static inline bool sl_bit(const uint64_t *words, uint32_t at) {
  return (words[at / 64] >> (at % 64)) & 1;
}
static inline void sl_bit_set(uint64_t *words, uint32_t at) {
  words[at / 64] |= (uint64_t)1 << (at % 64);
}

// The bits first..last of a word (0 <= first <= last < 64).
static inline uint64_t sl_bits_between(uint32_t first, uint32_t last) {
  return (~(uint64_t)0 >> (63 - last + first)) << first;
}

#endif
