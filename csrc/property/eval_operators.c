// Operators of expressions on values: arithmetic, comparison, and what looks into strings and lists.
#include <math.h>
#include <string.h>

#include "property/run.h"

sl_status sl_overflowed(sl_run *run, const sl_code *c) {
  return sl_run_fail(run, c->begin, SL_CYPHER_ERROR_ARITHMETIC, SL_CYPHER_INTEGER_OVERFLOW,
                     "The result does not fit 64 bits");
}

static sl_status join(sl_run *run, sl_value a, sl_value b, sl_value *out) {
  const bool left = a.kind == SL_VALUE_LIST, right = b.kind == SL_VALUE_LIST;
  const size_t x = left ? a.as.list->count : 1, y = right ? b.as.list->count : 1;
  sl_list *list;
  SL_TRY(sl_list_make(&run->pool, x + y, &list));
  if (x > 0) memcpy(list->items, left ? a.as.list->items : &a, x * sizeof a);
  if (y > 0) memcpy(list->items + x, right ? b.as.list->items : &b, y * sizeof b);
  return sl_list_close(list, out);
}

static sl_status concatenate(sl_run *run, sl_value a, sl_value b, sl_value *out) {
  sl_chars *chars;
  const size_t x = a.as.chars->bytes, y = b.as.chars->bytes;
  if (x + y >= (size_t)1 << 31)
    return sl_fail(SL_ERR_OVERFLOW, "query", "strings below 2^31 bytes", SL_NO_POSITION);
  SL_TRY(sl_pool_take(&run->pool, sizeof *chars + x + y, &chars));
  chars->bytes = (uint32_t)(x + y);
  memcpy(chars->text, a.as.chars->text, x);
  memcpy(chars->text + x, b.as.chars->text, y);
  chars->hash = sl_hash_of_bytes(chars->text, x + y);
  *out = sl_string(chars);
  return SL_OK;
}

static sl_status add(sl_run *run, const sl_code *c, sl_value a, sl_value b, sl_value *out) {
  if (a.kind == SL_VALUE_LIST || b.kind == SL_VALUE_LIST) return join(run, a, b, out);
  if (a.kind == SL_VALUE_STRING && b.kind == SL_VALUE_STRING) return concatenate(run, a, b, out);
  const sl_code text = {.begin = c->begin, .function = SL_CYPHER_FUNCTION_TO_STRING, .count = 1};
  if (a.kind == SL_VALUE_STRING && sl_is_number(b)) {
    sl_value number;
    SL_TRY(sl_call(run, &text, &b, &number));
    return concatenate(run, a, number, out);
  }
  if (b.kind == SL_VALUE_STRING && sl_is_number(a)) {
    sl_value number;
    SL_TRY(sl_call(run, &text, &a, &number));
    return concatenate(run, number, b, out);
  }
  return sl_bad_type(run, c->begin, "+ takes numbers, strings and lists");
}

static sl_status whole(sl_run *run, const sl_code *c, int64_t a, int64_t b, sl_value *out) {
  int64_t r = 0;
  bool over = false;
  switch (c->op) {
  case SL_CYPHER_ADD:
    over = __builtin_add_overflow(a, b, &r);
    break;
  case SL_CYPHER_SUBTRACT:
    over = __builtin_sub_overflow(a, b, &r);
    break;
  case SL_CYPHER_MULTIPLY:
    // What was cut off is a multiple of 2^64; a product of 128 bits would need a function of the compiler's library.
    r = (int64_t)((uint64_t)a * (uint64_t)b);
    over = fabs((double)a * (double)b - (double)r) > 0x1p62;
    break;
  default:
    if (b == 0)
      return sl_run_fail(run, c->begin, SL_CYPHER_ERROR_ARITHMETIC, SL_CYPHER_DIVISION_BY_ZERO,
                         "Division by zero");
    if (b == -1) {
      over = c->op == SL_CYPHER_DIVIDE && a == INT64_MIN;
      r = c->op == SL_CYPHER_DIVIDE ? (int64_t)(0 - (uint64_t)a) : 0;
    } else
      r = c->op == SL_CYPHER_DIVIDE ? a / b : a % b;
  }
  *out = sl_integer(r);
  return over ? sl_overflowed(run, c) : SL_OK;
}

static sl_status arithmetic(sl_run *run, const sl_code *c, sl_value a, sl_value b, sl_value *out) {
  *out = sl_null();
  if (sl_is_null(a) || sl_is_null(b)) return SL_OK;
  if (!sl_is_number(a) || !sl_is_number(b)) {
    const bool list = a.kind == SL_VALUE_LIST || b.kind == SL_VALUE_LIST;
    if (!list && (a.kind == SL_VALUE_TEMPORAL || b.kind == SL_VALUE_TEMPORAL))
      return sl_temporal_arithmetic(run, c, a, b, out);
    if (c->op == SL_CYPHER_ADD) return add(run, c, a, b, out);
    return sl_bad_type(run, c->begin, "Arithmetic takes numbers");
  }
  if (c->op == SL_CYPHER_POWER) {
    *out = sl_real(pow(sl_as_real(a), sl_as_real(b)));
    return SL_OK;
  }
  if (a.kind == SL_VALUE_INTEGER && b.kind == SL_VALUE_INTEGER)
    return whole(run, c, a.as.integer, b.as.integer, out);
  const double x = sl_as_real(a), y = sl_as_real(b);
  *out = sl_real(c->op == SL_CYPHER_ADD        ? x + y
                 : c->op == SL_CYPHER_SUBTRACT ? x - y
                 : c->op == SL_CYPHER_MULTIPLY ? x * y
                 : c->op == SL_CYPHER_DIVIDE   ? x / y
                                               : fmod(x, y));
  return SL_OK;
}

static sl_truth contains(const sl_chars *a, const sl_chars *b, uint8_t op) {
  if (b->bytes > a->bytes) return SL_FALSE;
  if (b->bytes == 0) return SL_TRUE;
  const uint32_t rest = a->bytes - b->bytes;
  if (op == SL_CYPHER_STARTS_WITH) return memcmp(a->text, b->text, b->bytes) == 0;
  if (op == SL_CYPHER_ENDS_WITH) return memcmp(a->text + rest, b->text, b->bytes) == 0;
  for (uint32_t i = 0; i <= rest; i++)
    if (a->text[i] == b->text[0] && memcmp(a->text + i, b->text, b->bytes) == 0) return SL_TRUE;
  return SL_FALSE;
}

static sl_truth in(sl_value a, sl_value b) {
  if (b.kind != SL_VALUE_LIST) return SL_UNKNOWN;
  sl_truth any = SL_FALSE;
  for (uint32_t i = 0; i < b.as.list->count; i++) {
    const sl_truth t = sl_value_equal(a, b.as.list->items[i]);
    if (t == SL_TRUE) return SL_TRUE;
    if (t == SL_UNKNOWN) any = SL_UNKNOWN;
  }
  return any;
}

sl_truth sl_holds(uint8_t op, sl_value a, sl_value b) {
  int order;
  sl_truth t;
  switch (op) {
  case SL_CYPHER_EQUAL:
    return sl_value_equal(a, b);
  case SL_CYPHER_UNEQUAL:
    t = sl_value_equal(a, b);
    return t == SL_UNKNOWN ? t : t == SL_TRUE ? SL_FALSE : SL_TRUE;
  case SL_CYPHER_IS_NULL:
    return sl_is_null(a) ? SL_TRUE : SL_FALSE;
  case SL_CYPHER_IS_NOT_NULL:
    return sl_is_null(a) ? SL_FALSE : SL_TRUE;
  case SL_CYPHER_IN:
    return in(a, b);
  case SL_CYPHER_STARTS_WITH:
  case SL_CYPHER_ENDS_WITH:
  case SL_CYPHER_CONTAINS:
    if (a.kind != SL_VALUE_STRING || b.kind != SL_VALUE_STRING) return SL_UNKNOWN;
    return contains(a.as.chars, b.as.chars, op);
  default:
    t = sl_value_compare(a, b, &order);
    if (t != SL_TRUE) return t;
    return (op == SL_CYPHER_LESS      ? order < 0
            : op == SL_CYPHER_AT_MOST ? order <= 0
            : op == SL_CYPHER_GREATER ? order > 0
                                      : order >= 0)
               ? SL_TRUE
               : SL_FALSE;
  }
}

sl_status sl_binary(sl_run *run, const sl_code *c, sl_value a, sl_value b, sl_value *out) {
  switch (c->op) {
  case SL_CYPHER_IN:
    if (!sl_is_null(b) && b.kind != SL_VALUE_LIST)
      return sl_bad_type(run, c->args[1]->begin, "IN takes a list");
    // fallthrough
  case SL_CYPHER_STARTS_WITH:
  case SL_CYPHER_ENDS_WITH:
  case SL_CYPHER_CONTAINS:
    *out = sl_truth_value(sl_holds(c->op, a, b));
    return SL_OK;
  default:
    return arithmetic(run, c, a, b, out);
  }
}
