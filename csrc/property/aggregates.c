// Aggregates: what is kept of the rows of a group.
//
// Based on: B. P. Welford, "Note on a method for calculating corrected sums of squares and products", Technometrics 4
// (1962), doi:10.1080/00401706.1962.10490022: deviations.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "property/elementary.h"
#include "property/run.h"

#define F(name) SL_CYPHER_FUNCTION_##name

void sl_tally_free(sl_tally *tally) {
  sl_free(tally->items);
  if (tally->seen != NULL) sl_distinct_free(tally->seen);
  sl_free(tally->seen);
  *tally = (sl_tally){0};
}

static sl_status keep(sl_tally *t, sl_value v, uint64_t times) {
  for (; times > 0; times--) {
    if (t->item_count == t->item_room) {
      const uint32_t room = t->item_room < 4 ? 4 : t->item_room * 2;
      SL_TRY(SL_REALLOC(&t->items, room));
      t->item_room = room;
    }
    t->items[t->item_count++] = v;
  }
  return SL_OK;
}

static sl_status number(sl_run *run, const sl_code *call, sl_tally *t, sl_value v, uint64_t times) {
  if (!sl_is_number(v)) return sl_bad_type(run, call->begin, "This aggregate takes numbers");
  const double x = sl_as_real(v);
  if (call->function == F(SUM)) {
    int64_t part = 0;
    if (v.kind == SL_VALUE_FLOAT)
      t->is_real = true;
    else if (times > INT64_MAX || __builtin_add_overflow(t->integer, v.as.integer, &part))
      t->overflow = true;
    else {
      t->integer = part;
      for (uint64_t i = 1; i < times; i++)
        if (__builtin_add_overflow(t->integer, v.as.integer, &t->integer)) t->overflow = true;
    }
    t->real += x * (double)times;
    t->count += times;
    return SL_OK;
  }
  if (call->function == F(AVG)) {
    // The sum is exact for integers; one that a float cannot hold is there as a small part of it.
    t->count += times;
    t->real += x * (double)times;
    t->mean += x * 0x1p-64 * (double)times;
    return SL_OK;
  }
  for (; times > 0; times--) {
    t->count++;
    const double off = x - t->mean;
    t->mean += off / (double)t->count;
    t->squares += off * (x - t->mean);
  }
  t->real += x;
  return SL_OK;
}

static bool is_percentile(uint8_t f) { return f == F(PERCENTILE_CONT) || f == F(PERCENTILE_DISC); }

static sl_status factor(sl_run *run, const sl_code *call, sl_tally *t) {
  sl_value v;
  SL_TRY(sl_eval(run, call->args[1], &v));
  if (!sl_is_number(v)) return sl_bad_type(run, call->begin, "A percentile is a number");
  t->factor = sl_as_real(v);
  if (t->factor >= 0 && t->factor <= 1) return SL_OK;
  return sl_run_fail(run, call->begin, SL_CYPHER_ERROR_ARGUMENT, SL_CYPHER_NUMBER_OUT_OF_RANGE,
                     "A percentile is a number from 0 to 1");
}

sl_status sl_tally_add(sl_run *run, const sl_code *call, sl_tally *t, uint64_t times) {
  sl_value v;
  if (call->function == F(COUNT_STAR)) {
    t->count += times;
    return SL_OK;
  }
  if (is_percentile(call->function)) SL_TRY(factor(run, call, t));
  SL_TRY(sl_eval(run, call->args[0], &v));
  return sl_is_null(v) ? SL_OK : sl_tally_take(run, call, t, v, times);
}

sl_status sl_tally_take(sl_run *run, const sl_code *call, sl_tally *t, sl_value v, uint64_t times) {
  if (call->distinct) {
    uint32_t place;
    bool fresh;
    const uint32_t first = 0;
    if (t->seen == NULL) SL_TRY(SL_ALLOC_ZERO(&t->seen, 1));
    SL_TRY(sl_distinct_add(t->seen, &v, &first, 1, &place, &fresh));
    if (!fresh) return SL_OK;
    times = 1;
  }
  switch (call->function) {
  case F(COUNT):
    t->count += times;
    return SL_OK;
  case F(MIN):
  case F(MAX): {
    const int order = t->count == 0 ? 0 : sl_value_order(v, t->value);
    if (t->count == 0 || (call->function == F(MIN) ? order < 0 : order > 0)) t->value = v;
    t->count++;
    return SL_OK;
  }
  case F(COLLECT):
    return keep(t, v, times);
  case F(PERCENTILE_CONT):
  case F(PERCENTILE_DISC):
    if (!sl_is_number(v)) return sl_bad_type(run, call->begin, "This aggregate takes numbers");
    return keep(t, v, times);
  default:
    return number(run, call, t, v, times);
  }
}

static int by_order(const void *a, const void *b) {
  return sl_value_order(*(const sl_value *)a, *(const sl_value *)b);
}

static void percentile(const sl_code *call, sl_tally *t, sl_value *out) {
  const uint32_t n = t->item_count;
  if (n == 0) return;
  sl_sort(t->items, n, sizeof *t->items, by_order);
  if (call->function == F(PERCENTILE_DISC)) {
    const double place = ceil(t->factor * n) - 1;
    *out = t->items[place < 0 ? 0 : (uint32_t)place];
    return;
  }
  const double place = t->factor * (n - 1);
  const uint32_t below = (uint32_t)place, above = below + 1 < n ? below + 1 : below;
  const double x = sl_as_real(t->items[below]), y = sl_as_real(t->items[above]);
  *out = sl_real(below == above || x == y ? x : x + (y - x) * (place - below));
}

sl_status sl_tally_result(sl_run *run, const sl_code *call, sl_tally *t, sl_value *out) {
  *out = sl_null();
  switch (call->function) {
  case F(COUNT_STAR):
  case F(COUNT):
    *out = sl_integer((int64_t)t->count);
    return SL_OK;
  case F(SUM):
    if (t->is_real)
      *out = sl_real(t->real);
    else if (t->overflow)
      return sl_run_fail(run, call->begin, SL_CYPHER_ERROR_ARITHMETIC, SL_CYPHER_INTEGER_OVERFLOW,
                         "The sum does not fit 64 bits");
    else
      *out = sl_integer(t->integer);
    return SL_OK;
  case F(AVG):
    if (t->count > 0)
      *out = sl_real(isfinite(t->real) ? t->real / (double)t->count
                                       : t->mean / (double)t->count * 0x1p64);
    return SL_OK;
  case F(STDEV):
    *out = sl_real(t->count > 1 ? sqrt(t->squares / (double)(t->count - 1)) : 0);
    return SL_OK;
  case F(STDEVP):
    *out = sl_real(t->count > 0 ? sqrt(t->squares / (double)t->count) : 0);
    return SL_OK;
  case F(MIN):
  case F(MAX):
    if (t->count > 0) *out = t->value;
    return SL_OK;
  case F(COLLECT): {
    sl_list *list;
    SL_TRY(sl_list_make(&run->pool, t->item_count, &list));
    if (t->item_count > 0) memcpy(list->items, t->items, t->item_count * sizeof *t->items);
    return sl_list_close(list, out);
  }
  default:
    percentile(call, t, out);
    return SL_OK;
  }
}
