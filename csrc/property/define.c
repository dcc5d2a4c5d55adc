#include "property/defined.h"

#include <string.h>

#include "base/memory.h"
#include "property/graph_object.h"
#include "property/host.h"

// A signature while it is read: name(input :: TYPE?, ...) :: (output :: TYPE?, ...)
typedef struct source {
  char *at, *end;
} source;

static void space(source *s) {
  while (s->at < s->end && (*s->at == ' ' || *s->at == '\n')) s->at++;
}

static bool take(source *s, const char *token) {
  const size_t n = strlen(token);
  space(s);
  if ((size_t)(s->end - s->at) < n || memcmp(s->at, token, n) != 0) return false;
  s->at += n;
  return true;
}

static bool in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || (unsigned char)c >= 0x80;
}

// A name that ends with a zero byte: it moves to the left by one, over what parted it from the word before.
static const char *name(source *s) {
  space(s);
  char *const begin = s->at;
  while (s->at < s->end && in_name(*s->at)) s->at++;
  const size_t n = (size_t)(s->at - begin);
  if (n == 0) return NULL;
  memmove(begin - 1, begin, n);
  begin[n - 1] = 0;
  return begin - 1;
}

static bool type(source *s, uint8_t *out) {
  static const struct {
    const char *text;
    uint8_t type;
  } types[] = {{"INTEGER", SL_CYPHER_TYPE_INTEGER}, {"FLOAT", SL_CYPHER_TYPE_FLOAT},
               {"NUMBER", SL_CYPHER_TYPE_NUMBER},   {"STRING", SL_CYPHER_TYPE_STRING},
               {"BOOLEAN", SL_CYPHER_TYPE_BOOLEAN}, {"MAP", SL_CYPHER_TYPE_MAP},
               {"LIST", SL_CYPHER_TYPE_LIST},       {"ANY", SL_CYPHER_TYPE_ANY},
               {"NODE", SL_CYPHER_TYPE_NODE},       {"RELATIONSHIP", SL_CYPHER_TYPE_RELATIONSHIP},
               {"PATH", SL_CYPHER_TYPE_PATH}};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (take(s, types[i].text)) {
      *out = types[i].type;
      take(s, "?");
      return true;
    }
  return false;
}

#define MOST_FIELDS 64

static bool fields(source *s, sl_cypher_field *out, uint32_t *count) {
  *count = 0;
  if (!take(s, "(")) return false;
  if (take(s, ")")) return true;
  do {
    if (*count == MOST_FIELDS) return false;
    sl_cypher_field *f = out + (*count)++;
    f->name = name(s);
    if (f->name == NULL || !take(s, "::") || !type(s, &f->type)) return false;
  } while (take(s, ","));
  return take(s, ")");
}

static sl_status keep(sl_defined *d, const sl_cypher_field *from, uint32_t count,
                      const sl_cypher_field **out) {
  sl_cypher_field *copy;
  SL_TRY(sl_pool_take(&d->pool, (count + 1) * sizeof *copy, &copy));
  if (count > 0) memcpy(copy, from, count * sizeof *copy);
  *out = copy;
  return SL_OK;
}

static sl_status read_signature(sl_defined *d, const char *signature, size_t length) {
  sl_cypher_field inputs[MOST_FIELDS], outputs[MOST_FIELDS];
  char *text;
  SL_TRY(sl_pool_take(&d->pool, length + 2, &text));
  text[0] = ' ';
  if (length > 0) memcpy(text + 1, signature, length);
  source s = {text + 1, text + 1 + length};
  d->facts.name = name(&s);
  bool right = d->facts.name != NULL && fields(&s, inputs, &d->facts.input_count) &&
               take(&s, "::") && fields(&s, outputs, &d->facts.output_count);
  space(&s);
  SL_REQUIRE(right && s.at == s.end, SL_ERR_FORMAT, "signature",
             "name(input :: TYPE, ...) :: (output :: TYPE, ...), with INTEGER, FLOAT, NUMBER, "
             "STRING, BOOLEAN, "
             "MAP, LIST, NODE, RELATIONSHIP, PATH or ANY");
  SL_TRY(keep(d, inputs, d->facts.input_count, &d->facts.inputs));
  return keep(d, outputs, d->facts.output_count, &d->facts.outputs);
}

static sl_status read_rows(sl_defined *d, const uint8_t *rows, size_t row_bytes) {
  sl_value v;
  if (rows == NULL) return SL_OK; // the host gives them when they are asked for
  SL_TRY(sl_take_rows(&d->pool, rows, row_bytes, d->facts.input_count + d->facts.output_count, &v));
  d->rows = v.as.list;
  return SL_OK;
}

static void destroy(sl_defined *d) {
  sl_pool_free(&d->pool);
  sl_free(d);
}

static sl_status insert(sl_defined_set *set, sl_defined *d) {
  const uint32_t own = sl_property_setting.procedure_count;
  uint32_t at = 0;
  for (uint32_t i = 0; i < own; i++)
    SL_REQUIRE(strcmp(sl_property_setting.procedures[i].name, d->facts.name) != 0, SL_ERR_STATE,
               "signature", "a name that no procedure of the library has");
  while (at < set->count && strcmp(set->items[at]->facts.name, d->facts.name) != 0) at++;
  if (at == set->count) {
    SL_TRY(SL_REALLOC(&set->items, set->count + 1));
    SL_TRY(SL_REALLOC(&set->all, own + set->count + 1));
    memcpy(set->all, sl_property_setting.procedures, own * sizeof *set->all);
    set->count++;
  } else {
    destroy(set->items[at]);
  }
  set->items[at] = d;
  set->all[own + at] = d->facts;
  set->setting = sl_property_setting;
  set->setting.procedures = set->all;
  set->setting.procedure_count = own + set->count;
  return SL_OK;
}

sl_status sl_defined_add(sl_defined_set *set, const char *signature, size_t length,
                         const uint8_t *rows, size_t row_bytes) {
  sl_defined *d;
  SL_REQUIRE(set->count < 10000, SL_ERR_OVERFLOW, "signature", "at most 10,000 procedures");
  SL_TRY(SL_ALLOC_ZERO(&d, 1));
  sl_status status = read_signature(d, signature, length);
  if (status == SL_OK) status = read_rows(d, rows, row_bytes);
  if (status == SL_OK) status = insert(set, d);
  if (status != SL_OK) destroy(d);
  return status;
}

void sl_defined_free(sl_defined_set *set) {
  for (uint32_t i = 0; i < set->count; i++) destroy(set->items[i]);
  sl_free(set->items);
  sl_free(set->all);
  memset(set, 0, sizeof *set);
}

size_t sl_defined_bytes(const sl_defined_set *set) {
  size_t bytes = set->count * (sizeof(void *) + sizeof *set->all + sizeof(sl_defined));
  for (uint32_t i = 0; i < set->count; i++) bytes += set->items[i]->pool.bytes;
  return bytes;
}

const sl_list *sl_defined_next(const sl_defined *d, const sl_value *inputs, uint32_t *at) {
  while (*at < d->rows->count) {
    const sl_list *row = d->rows->items[(*at)++].as.list;
    uint32_t i = 0;
    while (i < d->facts.input_count && sl_value_same(row->items[i], inputs[i])) i++;
    if (i == d->facts.input_count) return row;
  }
  return NULL;
}
