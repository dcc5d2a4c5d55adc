// Based on: G. Jacobson, "Space-efficient Static Trees and Graphs", FOCS 1989,
// doi:10.1109/SFCS.1989.63533: bits with a directory of ranks, here one entry for 512 days.
#include "dates/set.h"

#include <string.h>

#include "base/memory.h"
#include "dates/page.h"

// ---- pages --------------------------------------------------------------------------------------

sl_status sl_page_create(sl_page **out) {
  SL_TRY(SL_ALLOC_ZERO(out, 1));
  (*out)->references = 1;
  return SL_OK;
}

sl_page *sl_page_share(sl_page *page) {
  if (page != NULL) page->references++;
  return page;
}

void sl_page_release(sl_page *page) {
  if (page != NULL && --page->references == 0) sl_free(page);
}

void sl_page_finish(sl_page **page, uint32_t from) {
  uint32_t count = 0, block = from / 512;
  memset((*page)->ranks, 0, block * sizeof *(*page)->ranks);
  for (; block < SL_PAGE_BLOCKS; block++) {
    (*page)->ranks[block] = count;
    uint32_t end = 8 * block + 8 < SL_PAGE_WORDS ? 8 * block + 8 : SL_PAGE_WORDS;
    for (uint32_t w = 8 * block; w < end; w++)
      count += (uint32_t)__builtin_popcountll((*page)->words[w]);
  }
  (*page)->count = count;
  if (count > 0) return;
  sl_page_release(*page);
  *page = NULL;
}

// Bits set before bit `at` (0..SL_CYCLE_DAYS).
static uint32_t page_rank(const sl_page *page, uint32_t at) {
  uint32_t word = at / 64, w = word & ~7u;
  uint32_t rank = page->ranks[word / 8];
  for (; w < word; w++) rank += (uint32_t)__builtin_popcountll(page->words[w]);
  uint64_t below = page->words[word] & (((uint64_t)1 << (at % 64)) - 1);
  return rank + (uint32_t)__builtin_popcountll(below);
}

// The place of the bit that has `rank` set bits before it; rank < count.
static uint32_t page_select(const sl_page *page, uint32_t rank) {
  uint32_t low = 0, high = SL_PAGE_BLOCKS;
  while (high - low > 1) {
    uint32_t middle = (low + high) / 2;
    if (page->ranks[middle] <= rank)
      low = middle;
    else
      high = middle;
  }
  rank -= page->ranks[low];
  uint32_t w = low * 8;
  for (;; w++) {
    uint32_t here = (uint32_t)__builtin_popcountll(page->words[w]);
    if (rank < here) break;
    rank -= here;
  }
  uint64_t word = page->words[w];
  for (; rank > 0; rank--) word &= word - 1;
  return w * 64 + (uint32_t)__builtin_ctzll(word);
}

void sl_bits_or(uint64_t *dst, uint32_t at, const uint64_t *src, uint32_t from, uint32_t count) {
  uint32_t end = from + count;
  while (from < end) {
    uint32_t w = from / 64, s = from % 64, n = end - from < 64 ? end - from : 64;
    uint64_t bits = src[w] >> s;
    if (s > 0 && s + n > 64) bits |= src[w + 1] << (64 - s);
    bits &= sl_bits_between(0, n - 1);
    uint32_t d = at % 64;
    dst[at / 64] |= bits << d;
    if (d > 0 && bits >> (64 - d) != 0) dst[at / 64 + 1] |= bits >> (64 - d);
    from += n;
    at += n;
  }
}

void sl_page_cut(sl_page *page, uint32_t first, uint32_t last) {
  uint32_t low = first / 64, high = last / 64;
  memset(page->words, 0, low * sizeof *page->words);
  memset(page->words + high + 1, 0, (SL_PAGE_WORDS - 1 - high) * sizeof *page->words);
  page->words[low] &= sl_bits_between(first % 64, 63);
  page->words[high] &= sl_bits_between(0, last % 64);
}

// ---- making sets --------------------------------------------------------------------------------

sl_status sl_date_set_create(sl_date_set **out) { return SL_ALLOC_ZERO(out, 1); }

void sl_date_set_finish(sl_date_set *set) {
  for (int c = 0; c < SL_CYCLES; c++)
    set->before[c + 1] = set->before[c] + (set->pages[c] ? set->pages[c]->count : 0);
}

void sl_date_set_destroy(sl_date_set *set) {
  if (set == NULL) return;
  for (int c = 0; c < SL_CYCLES; c++) sl_page_release(set->pages[c]);
  sl_free(set);
}

sl_status sl_date_set_copy(const sl_date_set *set, sl_date_set **out) {
  *out = NULL;
  SL_TRY(SL_ALLOC(out, 1));
  **out = *set;
  for (int c = 0; c < SL_CYCLES; c++) sl_page_share(set->pages[c]);
  return SL_OK;
}

// A page of the set that nothing else holds.
static sl_status own_page(sl_page **page) {
  if (*page != NULL && (*page)->references == 1) return SL_OK;
  sl_page *own;
  SL_TRY(sl_page_create(&own));
  if (*page != NULL) memcpy(own->words, (*page)->words, sizeof own->words);
  sl_page_release(*page);
  *page = own;
  return SL_OK;
}

sl_status sl_date_set_put(sl_date_set *set, uint32_t index, bool in) {
  sl_page **page = &set->pages[index / SL_CYCLE_DAYS];
  uint32_t at = index % SL_CYCLE_DAYS;
  if (*page == NULL ? !in : sl_bit((*page)->words, at) == in) return SL_OK;
  SL_TRY(own_page(page));
  (*page)->words[at / 64] ^= (uint64_t)1 << (at % 64);
  return SL_OK;
}

void sl_date_set_recount(sl_date_set *set) {
  for (int c = 0; c < SL_CYCLES; c++)
    if (set->pages[c] != NULL && set->pages[c]->references == 1) sl_page_finish(&set->pages[c], 0);
  sl_date_set_finish(set);
}

sl_status sl_date_set_cut(sl_date_set *set, int64_t first, int64_t last) {
  if (last < first) first = last = INT32_MAX;
  // The pages that become smaller are made before anything changes.
  sl_page *cut[2] = {NULL, NULL};
  int where[2] = {-1, -1}, count = 0;
  for (int c = 0; c < SL_CYCLES; c++) {
    int64_t begin = (int64_t)c * SL_CYCLE_DAYS, end = begin + SL_CYCLE_DAYS - 1;
    if (set->pages[c] == NULL || end < first || begin > last || (begin >= first && end <= last))
      continue;
    sl_page *own = sl_page_share(set->pages[c]);
    sl_page *held = own;
    if (own_page(&own) != SL_OK) {
      sl_page_release(held);
      if (count > 0) sl_page_release(cut[0]);
      return sl_last_error()->status;
    }
    sl_page_cut(own, (uint32_t)(first > begin ? first - begin : 0),
                (uint32_t)(last < end ? last - begin : SL_CYCLE_DAYS - 1));
    sl_page_finish(&own, 0);
    cut[count] = own;
    where[count++] = c;
  }
  for (int c = 0, k = 0; c < SL_CYCLES; c++) {
    int64_t begin = (int64_t)c * SL_CYCLE_DAYS;
    bool outside = begin + SL_CYCLE_DAYS - 1 < first || begin > last;
    bool replaced = k < count && where[k] == c;
    if (!outside && !replaced) continue;
    sl_page_release(set->pages[c]);
    set->pages[c] = replaced ? cut[k++] : NULL;
  }
  sl_date_set_finish(set);
  return SL_OK;
}

sl_status sl_date_set_from_days(const int32_t *days, size_t count, sl_date_set **out) {
  *out = NULL;
  for (size_t i = 0; i < count; i++)
    SL_REQUIRE_AT(days[i] >= SL_DAY_FIRST && days[i] <= SL_DAY_LAST, SL_ERR_RANGE, "days",
                  "days of the years 1 to 9999", i);
  sl_date_set *set;
  SL_TRY(sl_date_set_create(&set));
  for (size_t i = 0; i < count; i++)
    if (sl_date_set_put(set, (uint32_t)(days[i] - SL_DAY_FIRST), true) != SL_OK) {
      sl_date_set_destroy(set);
      return sl_last_error()->status;
    }
  sl_date_set_recount(set);
  *out = set;
  return SL_OK;
}

sl_status sl_date_set_span(int32_t first, int32_t last, sl_date_set **out) {
  *out = NULL;
  sl_date_set *set;
  SL_TRY(sl_date_set_create(&set));
  sl_page *full;
  sl_status status = sl_page_create(&full);
  if (status == SL_OK) {
    memset(full->words, 0xff, sizeof full->words);
    sl_page_cut(full, 0, SL_CYCLE_DAYS - 1);
    sl_page_finish(&full, 0);
    for (int c = 0; c < SL_CYCLES; c++) set->pages[c] = sl_page_share(full);
    sl_page_release(full);
    if (first < SL_DAY_FIRST) first = SL_DAY_FIRST;
    if (last > SL_DAY_LAST) last = SL_DAY_LAST;
    status = sl_date_set_cut(set, (int64_t)first - SL_DAY_FIRST, (int64_t)last - SL_DAY_FIRST);
  }
  if (status != SL_OK) {
    sl_date_set_destroy(set);
    return status;
  }
  *out = set;
  return SL_OK;
}

// ---- operations ---------------------------------------------------------------------------------

static sl_status combine_pages(sl_page *a, sl_page *b, sl_date_operation operation, sl_page **out) {
  *out = NULL;
  bool either = operation == SL_DATES_OR;
  if (a == b || a == NULL || b == NULL) {
    sl_page *only = a == NULL ? (either ? b : NULL) : a;
    if (a == b ? operation == SL_DATES_EXCEPT : operation == SL_DATES_AND) only = NULL;
    *out = sl_page_share(only);
    return SL_OK;
  }
  SL_TRY(sl_page_create(out));
  uint64_t *words = (*out)->words;
  for (uint32_t w = 0; w < SL_PAGE_WORDS; w++) {
    uint64_t x = a->words[w], y = b->words[w];
    words[w] = either ? x | y : operation == SL_DATES_AND ? x & y : x & ~y;
  }
  sl_page_finish(out, 0);
  return SL_OK;
}

sl_status sl_date_set_combine(const sl_date_set *a, const sl_date_set *b,
                              sl_date_operation operation, sl_date_set **out) {
  *out = NULL;
  SL_REQUIRE((unsigned)operation <= SL_DATES_EXCEPT, SL_ERR_OPTION, "operation",
             "SL_DATES_AND, SL_DATES_OR or SL_DATES_EXCEPT");
  sl_date_set *set;
  SL_TRY(sl_date_set_create(&set));
  for (int c = 0; c < SL_CYCLES; c++) {
    int same = 0;
    while (same < c && (a->pages[same] != a->pages[c] || b->pages[same] != b->pages[c])) same++;
    if (same < c) {
      set->pages[c] = sl_page_share(set->pages[same]);
    } else if (combine_pages(a->pages[c], b->pages[c], operation, &set->pages[c]) != SL_OK) {
      sl_date_set_destroy(set);
      return sl_last_error()->status;
    }
  }
  sl_date_set_finish(set);
  *out = set;
  return SL_OK;
}

sl_status sl_date_set_shift(const sl_date_set *source, int32_t days, sl_date_set **out) {
  *out = NULL;
  SL_REQUIRE(days > -SL_DAY_COUNT && days < SL_DAY_COUNT, SL_ERR_RANGE, "days",
             "at most 3652058 days either way");
  sl_date_set *set;
  SL_TRY(sl_date_set_create(&set));
  // Cycle c is made of the last part of cycle c - whole - 1 (or less) and the first of the next.
  int64_t begin = (int64_t)SL_CYCLES * SL_CYCLE_DAYS - days;
  int behind = SL_CYCLES - (int)(begin / SL_CYCLE_DAYS);
  uint32_t from = (uint32_t)(begin % SL_CYCLE_DAYS);
  sl_status status = SL_OK;
  for (int c = 0; c < SL_CYCLES && status == SL_OK; c++) {
    int q = c - behind;
    sl_page *first = q >= 0 && q < SL_CYCLES ? source->pages[q] : NULL;
    sl_page *second = q + 1 >= 0 && q + 1 < SL_CYCLES ? source->pages[q + 1] : NULL;
    sl_page *before_first = q >= 1 && q <= SL_CYCLES ? source->pages[q - 1] : NULL;
    if (c > 0 && first == before_first && second == first && q >= 1 && q + 1 < SL_CYCLES) {
      set->pages[c] = sl_page_share(set->pages[c - 1]);
    } else if (from == 0) {
      set->pages[c] = sl_page_share(first);
    } else if (first != NULL || second != NULL) {
      status = sl_page_create(&set->pages[c]);
      if (status != SL_OK) break;
      uint64_t *words = set->pages[c]->words;
      if (first) sl_bits_or(words, 0, first->words, from, SL_CYCLE_DAYS - from);
      if (second) sl_bits_or(words, SL_CYCLE_DAYS - from, second->words, 0, from);
      sl_page_finish(&set->pages[c], 0);
    }
  }
  if (status == SL_OK) status = sl_date_set_cut(set, 0, SL_DAY_COUNT - 1);
  if (status != SL_OK) {
    sl_date_set_destroy(set);
    return status;
  }
  *out = set;
  return SL_OK;
}

// ---- questions ----------------------------------------------------------------------------------

size_t sl_date_set_bytes(const sl_date_set *set) {
  size_t bytes = sizeof *set;
  for (int c = 0; c < SL_CYCLES; c++) {
    bool seen = set->pages[c] == NULL;
    for (int k = 0; k < c; k++) seen = seen || set->pages[k] == set->pages[c];
    if (!seen) bytes += sizeof(sl_page);
  }
  return bytes;
}

// Days of the set before `index` (0..SL_DAY_COUNT).
static uint32_t rank_of(const sl_date_set *set, uint32_t index) {
  uint32_t c = index / SL_CYCLE_DAYS;
  uint32_t before = set->before[c];
  return set->pages[c] ? before + page_rank(set->pages[c], index % SL_CYCLE_DAYS) : before;
}

static uint32_t rank_before(const sl_date_set *set, int64_t day) {
  int64_t index = day - SL_DAY_FIRST;
  return rank_of(set, index < 0 ? 0 : index > SL_DAY_COUNT ? SL_DAY_COUNT : (uint32_t)index);
}

int64_t sl_date_set_near(const sl_date_set *set, uint32_t index, bool backward) {
  int32_t c = (int32_t)(index / SL_CYCLE_DAYS);
  uint32_t at = index % SL_CYCLE_DAYS;
  for (; c >= 0 && c < SL_CYCLES; c += backward ? -1 : 1) {
    const sl_page *page = set->pages[c];
    if (page != NULL) {
      int32_t w = (int32_t)(at / 64);
      uint64_t word = page->words[w];
      word &= backward ? sl_bits_between(0, at % 64) : sl_bits_between(at % 64, 63);
      for (;;) {
        uint32_t begin = (uint32_t)(c * SL_CYCLE_DAYS + w * 64);
        if (word != 0)
          return begin + (backward ? 63 - __builtin_clzll(word) : __builtin_ctzll(word));
        w += backward ? -1 : 1;
        if (w < 0 || w >= SL_PAGE_WORDS) break;
        word = page->words[w];
      }
    }
    at = backward ? SL_CYCLE_DAYS - 1 : 0;
  }
  return -1;
}

bool sl_date_set_has(const sl_date_set *set, int32_t day) {
  if (day < SL_DAY_FIRST || day > SL_DAY_LAST) return false;
  uint32_t index = (uint32_t)(day - SL_DAY_FIRST);
  const sl_page *page = set->pages[index / SL_CYCLE_DAYS];
  return page != NULL && sl_bit(page->words, index % SL_CYCLE_DAYS);
}

uint32_t sl_date_set_count(const sl_date_set *set, int32_t first, int32_t last) {
  if (last < first) return 0;
  return rank_before(set, (int64_t)last + 1) - rank_before(set, first);
}

int32_t sl_date_set_seek(const sl_date_set *set, int32_t day, int32_t n) {
  int64_t rank = (int64_t)rank_before(set, day) + n;
  if (rank < 0 || rank >= set->before[SL_CYCLES]) return SL_NO_DAY;
  int c = 0;
  while (set->before[c + 1] <= rank) c++;
  uint32_t at = page_select(set->pages[c], (uint32_t)rank - set->before[c]);
  return SL_DAY_FIRST + c * SL_CYCLE_DAYS + (int32_t)at;
}

uint32_t sl_date_set_list(const sl_date_set *set, int32_t first, int32_t last, uint32_t limit,
                          int32_t *out) {
  uint32_t written = 0;
  if (first < SL_DAY_FIRST) first = SL_DAY_FIRST;
  if (last > SL_DAY_LAST) last = SL_DAY_LAST;
  for (int32_t day = first; day <= last && written < limit;) {
    uint32_t index = (uint32_t)(day - SL_DAY_FIRST), at = index % SL_CYCLE_DAYS;
    const sl_page *page = set->pages[index / SL_CYCLE_DAYS];
    if (page == NULL) {
      day += (int32_t)(SL_CYCLE_DAYS - at);
      continue;
    }
    // One word, of which the last of a page is not full.
    uint32_t here = at / 64 < SL_PAGE_WORDS - 1 ? 64 - at % 64 : SL_CYCLE_DAYS - at;
    uint64_t word = page->words[at / 64] >> (at % 64);
    for (; word != 0; word &= word - 1) {
      int32_t found = day + __builtin_ctzll(word);
      if (found > last || written == limit) return written;
      out[written++] = found;
    }
    day += (int32_t)here;
  }
  return written;
}
