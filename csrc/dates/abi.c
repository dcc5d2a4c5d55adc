// Raw ABI of dates/set.h and dates/recurrence.h.
#include "base/abi.h"

#include "dates/recurrence.h"

static const sl_kind SL_HANDLE_SET[1] = {{"the handle of a set of days"}};
static const sl_kind SL_HANDLE_RECURRENCE[1] = {{"the handle of a recurrence"}};

static sl_status get_set(sl_handle handle, sl_date_set **out) {
  return sl_handle_get(handle, SL_HANDLE_SET, (void **)out);
}

static sl_status get(sl_handle handle, sl_recurrence **out) {
  return sl_handle_get(handle, SL_HANDLE_RECURRENCE, (void **)out);
}

// 0 after a failure, as after that of the call that made it.
static sl_handle give_set(sl_status status, sl_date_set *set) {
  sl_handle handle = 0;
  if (status == SL_OK && sl_handle_create(SL_HANDLE_SET, set, &handle) != SL_OK)
    sl_date_set_destroy(set);
  return handle;
}

static sl_handle give(sl_status status, sl_recurrence *recurrence) {
  sl_handle handle = 0;
  if (status == SL_OK && sl_handle_create(SL_HANDLE_RECURRENCE, recurrence, &handle) != SL_OK)
    sl_recurrence_destroy(recurrence);
  return handle;
}

// ---- sets of days -------------------------------------------------------------------------------

sl_handle SL_ABI(sl_abi_dates_from_days)(const int32_t *days, size_t count) {
  sl_date_set *set = NULL;
  return give_set(sl_date_set_from_days(days, count, &set), set);
}

sl_handle SL_ABI(sl_abi_dates_span)(int32_t first, int32_t last) {
  sl_date_set *set = NULL;
  return give_set(sl_date_set_span(first, last, &set), set);
}

sl_handle SL_ABI(sl_abi_dates_combine)(sl_handle handle, sl_handle other, int32_t operation) {
  sl_date_set *a, *b, *set = NULL;
  if (get_set(handle, &a) != SL_OK || get_set(other, &b) != SL_OK) return 0;
  return give_set(sl_date_set_combine(a, b, (sl_date_operation)operation, &set), set);
}

sl_handle SL_ABI(sl_abi_dates_shift)(sl_handle handle, int32_t days) {
  sl_date_set *source, *set = NULL;
  if (get_set(handle, &source) != SL_OK) return 0;
  return give_set(sl_date_set_shift(source, days, &set), set);
}

int32_t SL_ABI(sl_abi_dates_destroy)(sl_handle handle) {
  sl_date_set *set;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_SET, (void **)&set));
  sl_date_set_destroy(set);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_dates_bytes)(sl_handle handle, size_t *out) {
  sl_date_set *set;
  SL_TRY(get_set(handle, &set));
  *out = sl_date_set_bytes(set);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_dates_has)(sl_handle handle, int32_t day, uint32_t *out) {
  sl_date_set *set;
  SL_TRY(get_set(handle, &set));
  *out = sl_date_set_has(set, day);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_dates_count)(sl_handle handle, int32_t first, int32_t last, uint32_t *out) {
  sl_date_set *set;
  SL_TRY(get_set(handle, &set));
  *out = sl_date_set_count(set, first, last);
  return SL_OK;
}

// Writes INT32_MIN where there is no such day.
int32_t SL_ABI(sl_abi_dates_seek)(sl_handle handle, int32_t day, int32_t n, int32_t *out) {
  sl_date_set *set;
  SL_TRY(get_set(handle, &set));
  *out = sl_date_set_seek(set, day, n);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_dates_list)(sl_handle handle, int32_t first, int32_t last, uint32_t limit,
                                  int32_t *out, uint32_t *written) {
  sl_date_set *set;
  SL_TRY(get_set(handle, &set));
  *written = sl_date_set_list(set, first, last, limit, out);
  return SL_OK;
}

// ---- recurrences --------------------------------------------------------------------------------

// Numbers in a rule; see sl_date_rule in dates/rule.h.
uint32_t SL_ABI(sl_abi_recurrence_rule_words)(void) { return SL_RULE_WORDS; }

sl_handle SL_ABI(sl_abi_recurrence_create)(const uint32_t *rule, double start, double until,
                                           double count) {
  sl_recurrence *recurrence = NULL;
  return give(sl_recurrence_create(rule, start, until, count, &recurrence), recurrence);
}

int32_t SL_ABI(sl_abi_recurrence_set_exceptions)(sl_handle handle, const double *added,
                                                 size_t added_count, const double *excluded,
                                                 size_t excluded_count) {
  sl_recurrence *r;
  SL_TRY(get(handle, &r));
  return sl_recurrence_set_exceptions(r, added, added_count, excluded, excluded_count);
}

sl_handle SL_ABI(sl_abi_recurrence_within)(sl_handle handle, sl_handle days) {
  sl_recurrence *source, *recurrence = NULL;
  sl_date_set *set;
  if (get(handle, &source) != SL_OK || get_set(days, &set) != SL_OK) return 0;
  return give(sl_recurrence_within(source, set, &recurrence), recurrence);
}

sl_handle SL_ABI(sl_abi_recurrence_days)(sl_handle handle) {
  sl_recurrence *source;
  sl_date_set *set = NULL;
  if (get(handle, &source) != SL_OK) return 0;
  return give_set(sl_recurrence_days(source, &set), set);
}

int32_t SL_ABI(sl_abi_recurrence_destroy)(sl_handle handle) {
  sl_recurrence *r;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_RECURRENCE, (void **)&r));
  sl_recurrence_destroy(r);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_recurrence_bytes)(sl_handle handle, size_t *out) {
  sl_recurrence *r;
  SL_TRY(get(handle, &r));
  *out = sl_recurrence_bytes(r);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_recurrence_count)(sl_handle handle, double first, double last, double *out) {
  sl_recurrence *r;
  SL_TRY(get(handle, &r));
  *out = sl_recurrence_count(r, first, last);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_recurrence_list)(sl_handle handle, double first, double last,
                                       uint32_t backward, size_t limit, double *out,
                                       size_t *written) {
  sl_recurrence *r;
  SL_TRY(get(handle, &r));
  sl_recurrence_list(r, first, last, backward != 0, limit, out, written);
  return SL_OK;
}
