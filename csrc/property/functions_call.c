// The functions of the language, aggregates apart.
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "property/elementary.h"
#include "property/number_text.h"
#include "property/run.h"
#include "property/temporal.h"
#include "property/text.h"

#define F(name) SL_CYPHER_FUNCTION_##name

static sl_status bad_value(sl_run *run, const sl_code *c, const char *what) {
  return sl_run_fail(run, c->begin, SL_CYPHER_ERROR_TYPE, SL_CYPHER_INVALID_ARGUMENT_VALUE, what);
}

static sl_status of_element(sl_run *run, const sl_code *c, sl_value v, sl_value *out) {
  sl_store *s = run->store;
  const bool node = v.kind == SL_VALUE_NODE;
  if (!node && v.kind != SL_VALUE_RELATIONSHIP)
    return bad_value(run, c, "This function takes a node or a relationship");
  char text[24];
  switch (c->function) {
  case F(ID):
    *out = sl_integer(v.as.id);
    return SL_OK;
  case F(ELEMENT_ID):
    return sl_chars_make(&run->pool, text, sl_integer_text(v.as.id, text), out);
  case F(LABELS): {
    sl_list *list;
    if (!node) return bad_value(run, c, "Only nodes have labels");
    SL_TRY(sl_require_alive(run, c, v));
    const sl_label_set *set = &s->sets[s->node_set[v.as.id]];
    SL_TRY(sl_list_make(&run->pool, set->count, &list));
    for (uint32_t i = 0; i < set->count; i++)
      list->items[i] = sl_string(s->labels.items[set->labels[i]]);
    return sl_list_close(list, out);
  }
  case F(TYPE):
    if (node) return bad_value(run, c, "Only relationships have a type");
    *out = sl_string(s->types.items[s->rel_type[v.as.id] & ~SL_GONE]);
    return SL_OK;
  default: // START_NODE, END_NODE
    if (node) return bad_value(run, c, "Only relationships have ends");
    *out = sl_node((c->function == F(START_NODE) ? s->rel_from : s->rel_to)[v.as.id]);
    return SL_OK;
  }
}

static sl_status of_properties(sl_run *run, const sl_code *c, sl_value v, sl_value *out) {
  if (v.kind == SL_VALUE_NODE || v.kind == SL_VALUE_RELATIONSHIP) {
    SL_TRY(sl_require_alive(run, c, v));
    SL_TRY(sl_properties_of(run, v.kind == SL_VALUE_NODE ? SL_OF_NODES : SL_OF_RELATIONSHIPS,
                            v.as.id, &v));
  }
  if (v.kind != SL_VALUE_MAP)
    return sl_bad_type(run, c->begin, "Only nodes, relationships and maps have properties");
  *out = v;
  if (c->function == F(PROPERTIES)) return SL_OK;
  sl_list *list;
  SL_TRY(sl_list_make(&run->pool, v.as.map->count, &list));
  for (uint32_t i = 0; i < list->count; i++) list->items[i] = sl_string(v.as.map->entries[i].key);
  return sl_list_close(list, out);
}

static sl_status of_path(sl_run *run, const sl_code *c, sl_value v, sl_value *out) {
  if (v.kind != SL_VALUE_PATH) return sl_bad_type(run, c->begin, "This function takes a path");
  const sl_path_value *path = v.as.path;
  if (c->function == F(LENGTH)) {
    *out = sl_integer(path->length);
    return SL_OK;
  }
  sl_list *list;
  const bool nodes = c->function == F(NODES);
  SL_TRY(sl_list_make(&run->pool, (size_t)path->length + nodes, &list));
  for (uint32_t i = 0; i < list->count; i++)
    list->items[i] = nodes ? sl_node(path->ids[2 * i]) : sl_relationship(path->ids[2 * i + 1]);
  return sl_list_close(list, out);
}

static sl_status range(sl_run *run, const sl_code *c, const sl_value *v, sl_value *out) {
  const int64_t step = c->count > 2 ? v[2].as.integer : 1;
  for (uint32_t i = 0; i < c->count; i++)
    if (v[i].kind != SL_VALUE_INTEGER)
      return sl_run_fail(run, c->begin, SL_CYPHER_ERROR_ARGUMENT, SL_CYPHER_INVALID_ARGUMENT_TYPE,
                         "range() takes integers");
  if (step == 0)
    return sl_run_fail(run, c->begin, SL_CYPHER_ERROR_ARGUMENT, SL_CYPHER_NUMBER_OUT_OF_RANGE,
                       "The step of range() must not be 0");
  const int64_t a = v[0].as.integer, b = v[1].as.integer;
  uint64_t count = 0;
  if (step > 0 ? a <= b : a >= b)
    count = (step > 0 ? (uint64_t)b - (uint64_t)a : (uint64_t)a - (uint64_t)b) /
                (step > 0 ? (uint64_t)step : 0 - (uint64_t)step) +
            1;
  if (count >= (uint64_t)1 << 28)
    return sl_fail(SL_ERR_MEMORY, "query", "a shorter range()", SL_NO_POSITION);
  sl_list *list;
  SL_TRY(sl_list_make(&run->pool, (size_t)count, &list));
  for (uint64_t i = 0; i < count; i++)
    list->items[i] = sl_integer((int64_t)((uint64_t)a + i * (uint64_t)step));
  run->work += count;
  return sl_list_close(list, out);
}

static sl_status of_list(sl_run *run, const sl_code *c, sl_value v, sl_value *out) {
  if (v.kind == SL_VALUE_STRING &&
      (c->function == F(REVERSE) || c->function == F(SIZE) || c->function == F(IS_EMPTY)))
    return sl_text_call(run, c, &v, out);
  if (v.kind == SL_VALUE_MAP && c->function == F(IS_EMPTY)) {
    *out = sl_boolean(v.as.map->count == 0);
    return SL_OK;
  }
  if (v.kind != SL_VALUE_LIST) return sl_bad_type(run, c->begin, "This function takes a list");
  const sl_list *from = v.as.list;
  const uint32_t n = from->count;
  sl_list *list;
  switch (c->function) {
  case F(SIZE):
    *out = sl_integer(n);
    return SL_OK;
  case F(IS_EMPTY):
    *out = sl_boolean(n == 0);
    return SL_OK;
  case F(HEAD):
    if (n > 0) *out = from->items[0];
    return SL_OK;
  case F(LAST):
    if (n > 0) *out = from->items[n - 1];
    return SL_OK;
  case F(TAIL):
    SL_TRY(sl_list_make(&run->pool, n > 0 ? n - 1 : 0, &list));
    if (n > 1) memcpy(list->items, from->items + 1, (n - 1) * sizeof *list->items);
    return sl_list_close(list, out);
  default: // REVERSE
    SL_TRY(sl_list_make(&run->pool, n, &list));
    for (uint32_t i = 0; i < n; i++) list->items[i] = from->items[n - 1 - i];
    return sl_list_close(list, out);
  }
}

static bool is_word(const sl_chars *chars, const char *word) {
  size_t a = 0, b = chars->bytes;
  while (a < b && (unsigned char)chars->text[a] <= ' ') a++;
  while (b > a && (unsigned char)chars->text[b - 1] <= ' ') b--;
  if (b - a != strlen(word)) return false;
  for (size_t i = a; i < b; i++)
    if ((chars->text[i] | 32) != word[i - a]) return false;
  return true;
}

static sl_value whole_of(double x) {
  if (isnan(x)) return sl_integer(0);
  return sl_integer(x >= 0x1p63 ? INT64_MAX : x < -0x1p63 ? INT64_MIN : (int64_t)x);
}

// Digits with a sign: exactly, beyond 2^53 as well.
static bool text_integer(const sl_chars *chars, int64_t *out) {
  size_t at = 0, end = chars->bytes;
  while (at < end && (unsigned char)chars->text[at] <= ' ') at++;
  while (end > at && (unsigned char)chars->text[end - 1] <= ' ') end--;
  const bool minus = at < end && chars->text[at] == '-';
  if (at < end && (minus || chars->text[at] == '+')) at++;
  if (at == end || end - at > 19) return false;
  uint64_t u = 0;
  for (; at < end; at++) {
    if (chars->text[at] < '0' || chars->text[at] > '9') return false;
    u = u * 10 + (uint64_t)(chars->text[at] - '0');
  }
  if (u > (uint64_t)INT64_MAX + minus) return false;
  *out = (int64_t)(minus ? 0 - u : u);
  return true;
}

static sl_status convert(sl_run *run, const sl_code *c, sl_value v, sl_value *out) {
  double x;
  int64_t i;
  char text[SL_NUMBER_TEXT];
  const bool string = v.kind == SL_VALUE_STRING;
  switch (c->function) {
  case F(TO_BOOLEAN):
    if (v.kind == SL_VALUE_BOOLEAN)
      *out = v;
    else if (v.kind == SL_VALUE_INTEGER)
      *out = sl_boolean(v.as.integer != 0);
    else if (!string)
      return bad_value(run, c, "toBoolean() takes booleans, integers and strings");
    else if (is_word(v.as.chars, "true"))
      *out = sl_boolean(true);
    else if (is_word(v.as.chars, "false"))
      *out = sl_boolean(false);
    return SL_OK;
  case F(TO_INTEGER):
    if (v.kind == SL_VALUE_BOOLEAN)
      *out = sl_integer(v.as.boolean);
    else if (v.kind == SL_VALUE_INTEGER)
      *out = v;
    else if (v.kind == SL_VALUE_FLOAT)
      *out = whole_of(v.as.real);
    else if (!string)
      return bad_value(run, c, "toInteger() takes numbers, booleans and strings");
    else if (text_integer(v.as.chars, &i))
      *out = sl_integer(i);
    else if (sl_text_real(v.as.chars->text, v.as.chars->bytes, &x) && fabs(x) < 0x1p63)
      *out = whole_of(x);
    return SL_OK;
  case F(TO_FLOAT):
    if (sl_is_number(v))
      *out = sl_real(sl_as_real(v));
    else if (!string)
      return bad_value(run, c, "toFloat() takes numbers and strings");
    else if (sl_text_real(v.as.chars->text, v.as.chars->bytes, &x))
      *out = sl_real(x);
    return SL_OK;
  default: // TO_STRING
    if (string)
      *out = v;
    else if (v.kind == SL_VALUE_BOOLEAN)
      return sl_chars_make(&run->pool, v.as.boolean ? "true" : "false", v.as.boolean ? 4 : 5, out);
    else if (v.kind == SL_VALUE_INTEGER)
      return sl_chars_make(&run->pool, text, sl_integer_text(v.as.integer, text), out);
    else if (v.kind == SL_VALUE_FLOAT)
      return sl_chars_make(&run->pool, text, sl_real_text(v.as.real, text), out);
    else if (v.kind == SL_VALUE_TEMPORAL) {
      char iso[SL_TEMPORAL_TEXT];
      return sl_chars_make(&run->pool, iso, sl_temporal_text(v.as.temporal, iso), out);
    } else
      return bad_value(run, c, "toString() takes booleans, numbers and strings");
    return SL_OK;
  }
}

static double uniform(sl_run *run) {
  sl_rng rng;
  memcpy(&rng, run->rng, sizeof run->rng);
  const double x = sl_rng_double(&rng);
  memcpy(run->rng, &rng, sizeof run->rng);
  return x;
}

static sl_status round_to(sl_run *run, const sl_code *c, const sl_value *v, sl_value *out) {
  const double x = sl_as_real(v[0]);
  if (c->count == 1) {
    // Halves upwards; beyond 2^52 there are none.
    *out = sl_real(fabs(x) < 0x1p52 ? copysign(floor(x + 0.5), x) : x);
    if (x >= 0 && x < 0.5) *out = sl_real(0);
    return SL_OK;
  }
  if (v[1].kind != SL_VALUE_INTEGER || v[1].as.integer < 0 || v[1].as.integer > 300)
    return bad_value(run, c, "round() takes a number of digits from 0 to 300");
  double unit = 1;
  for (int64_t i = 0; i < v[1].as.integer; i++) unit *= 10;
  const double scaled = x * unit;
  const double r = fabs(scaled) < 0x1p52 ? copysign(floor(fabs(scaled) + 0.5), x) / unit : x;
  *out = sl_real(r);
  return SL_OK;
}

static sl_status of_number(sl_run *run, const sl_code *c, const sl_value *v, sl_value *out) {
  for (uint32_t i = 0; i < c->count; i++)
    if (!sl_is_number(v[i])) return sl_bad_type(run, c->begin, "This function takes numbers");
  const double x = c->count > 0 ? sl_as_real(v[0]) : 0;
  double r = 0;
  switch (c->function) {
  case F(ABS):
    if (v[0].kind == SL_VALUE_INTEGER) {
      if (v[0].as.integer == INT64_MIN)
        return sl_run_fail(run, c->begin, SL_CYPHER_ERROR_ARITHMETIC, SL_CYPHER_INTEGER_OVERFLOW,
                           "The result does not fit 64 bits");
      *out = sl_integer(v[0].as.integer < 0 ? -v[0].as.integer : v[0].as.integer);
      return SL_OK;
    }
    r = fabs(x);
    break;
  case F(SIGN):
    *out = sl_integer((x > 0) - (x < 0));
    return SL_OK;
  case F(ROUND):
    return round_to(run, c, v, out);
  case F(CEIL):
    r = ceil(x);
    break;
  case F(FLOOR):
    r = floor(x);
    break;
  case F(SQRT):
    r = sqrt(x);
    break;
  case F(EXP):
    r = sl_exp(x);
    break;
  case F(LOG):
    r = log(x);
    break;
  case F(LOG10):
    r = sl_log10(x);
    break;
  case F(E):
    r = 0x1.5bf0a8b145769p+1;
    break;
  case F(PI):
    r = 0x1.921fb54442d18p+1;
    break;
  case F(SIN):
    r = sl_sin(x);
    break;
  case F(COS):
    r = sl_cos(x);
    break;
  case F(TAN):
    r = sl_tan(x);
    break;
  case F(COT):
    r = 1 / sl_tan(x);
    break;
  case F(ASIN):
    r = sl_asin(x);
    break;
  case F(ACOS):
    r = sl_acos(x);
    break;
  case F(ATAN):
    r = atan(x);
    break;
  case F(ATAN2):
    r = atan2(x, sl_as_real(v[1]));
    break;
  case F(DEGREES):
    r = x * 0x1.ca5dc1a63c1f8p+5;
    break;
  case F(RADIANS):
    r = x * 0x1.1df46a2529d39p-6;
    break;
  case F(HAVERSIN):
    r = sl_sin(x / 2) * sl_sin(x / 2);
    break;
  default: // RAND
    r = uniform(run);
  }
  *out = sl_real(r);
  return SL_OK;
}

sl_status sl_call(sl_run *run, const sl_code *c, const sl_value *v, sl_value *out) {
  sl_value first = c->count > 0 ? v[0] : sl_null();
  *out = sl_null();
  if (c->function == F(EXISTS)) {
    *out = sl_boolean(!sl_is_null(first));
    return SL_OK;
  }
  for (uint32_t i = 0; i < c->count; i++)
    if (sl_is_null(v[i])) return SL_OK;
  if (c->function >= F(DATE)) return sl_temporal_call(run, c, v, out);
  switch (c->function) {
  case F(ID):
  case F(ELEMENT_ID):
  case F(LABELS):
  case F(TYPE):
  case F(START_NODE):
  case F(END_NODE):
    return of_element(run, c, first, out);
  case F(PROPERTIES):
  case F(KEYS):
    return of_properties(run, c, first, out);
  case F(NODES):
  case F(RELATIONSHIPS):
  case F(RELS):
  case F(LENGTH):
    return of_path(run, c, first, out);
  case F(SIZE):
  case F(HEAD):
  case F(LAST):
  case F(TAIL):
  case F(REVERSE):
  case F(IS_EMPTY):
    return of_list(run, c, first, out);
  case F(RANGE):
    return range(run, c, v, out);
  case F(SUBSTRING):
  case F(LEFT):
  case F(RIGHT):
  case F(TRIM):
  case F(LTRIM):
  case F(RTRIM):
  case F(REPLACE):
  case F(SPLIT):
  case F(TO_LOWER):
  case F(TO_UPPER):
  case F(CHAR_LENGTH):
    return sl_text_call(run, c, v, out);
  case F(TO_STRING):
  case F(TO_INTEGER):
  case F(TO_FLOAT):
  case F(TO_BOOLEAN):
    return convert(run, c, first, out);
  case F(TIMESTAMP):
    *out = whole_of(run->now);
    return SL_OK;
  default:
    return of_number(run, c, v, out);
  }
}
