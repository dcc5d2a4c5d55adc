// Looks at the tests of tests.h: whole pages of columns, or one id at a time.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "property/plan.h"

// ---- making -------------------------------------------------------------------------------------

static bool is_fixed(const sl_code *c) {
  return c->kind == SL_CODE_VALUE || c->kind == SL_CYPHER_PARAMETER;
}

static bool is_property(const sl_test *t, const sl_code *c) {
  return c->kind == SL_CYPHER_PROPERTY && c->args[0]->kind == SL_CYPHER_VARIABLE &&
         c->args[0]->slot == t->slot;
}

static void add(sl_test *t, uint8_t op, uint32_t key, const sl_code *value) {
  t->terms[t->term_count++] = (sl_term){.op = op, .key = key, .code = value};
}

// Appends the terms of a condition, for which there is room. False: it is not made of terms.
static bool terms_of(sl_test *t, const sl_code *c) {
  if (c->kind == SL_CYPHER_COMPARE) {
    for (uint32_t i = 0; i + 1 < c->count; i++) {
      const sl_code *a = c->args[i], *b = c->args[i + 1];
      if (is_property(t, a) && is_fixed(b))
        add(t, c->ops[i], a->names[0], b);
      else if (is_property(t, b) && is_fixed(a))
        add(t, sl_turned(c->ops[i]), b->names[0], a);
      else
        return false;
    }
    return true;
  }
  if (c->kind == SL_CYPHER_HAS_LABELS) {
    if (t->what != SL_OF_NODES || c->args[0]->kind != SL_CYPHER_VARIABLE ||
        c->args[0]->slot != t->slot)
      return false;
    for (uint32_t i = 0; i < c->name_count; i++) add(t, SL_TERM_LABEL, c->names[i], NULL);
    return true;
  }
  const bool null =
      c->kind == SL_CYPHER_UNARY && (c->op == SL_CYPHER_IS_NULL || c->op == SL_CYPHER_IS_NOT_NULL);
  if (!null && (c->kind != SL_CYPHER_BINARY || c->op < SL_CYPHER_IN || c->op >= SL_CYPHER_REGEX))
    return false;
  if (!is_property(t, c->args[0]) || (!null && !is_fixed(c->args[1]))) return false;
  add(t, c->op, c->args[0]->names[0], null ? NULL : c->args[1]);
  return true;
}

sl_status sl_test_also(sl_run *run, sl_test *t, sl_code *code) {
  sl_code *both;
  const uint32_t before = t->code == NULL ? 0 : t->code->count;
  SL_TRY(sl_code_new(run, SL_CYPHER_AND, before + 1, &both));
  for (uint32_t k = 0; k < before; k++) both->args[k] = t->code->args[k];
  both->args[before] = code;
  sl_term *terms;
  const size_t room = (size_t)t->term_count + code->count + code->name_count;
  SL_TRY(sl_pool_take(&run->plan_pool, room * sizeof *terms, &terms));
  if (t->term_count > 0) memcpy(terms, t->terms, t->term_count * sizeof *terms);
  t->terms = terms;
  if (before == 0) t->typed = true;
  t->typed = t->typed && terms_of(t, code);
  t->code = both;
  return SL_OK;
}

// ---- looking ------------------------------------------------------------------------------------

void sl_test_release(sl_test *t) {
  sl_free(t->known);
  sl_free(t->misses);
  t->known = t->misses = NULL;
  t->looked = t->room = 0;
  t->full = false;
}

// Which of below, equal and above a comparison wants.
typedef struct wanted {
  uint8_t below, equal, above;
} wanted;

static wanted wanted_of(uint8_t op) {
  const bool equal = op == SL_CYPHER_EQUAL;
  return (wanted){op == SL_CYPHER_LESS || op == SL_CYPHER_AT_MOST || op == SL_CYPHER_UNEQUAL,
                  op == SL_CYPHER_AT_MOST || op == SL_CYPHER_AT_LEAST || equal,
                  op == SL_CYPHER_GREATER || op == SL_CYPHER_AT_LEAST || op == SL_CYPHER_UNEQUAL};
}

static void integers(wanted w, const int64_t *v, int64_t x, uint8_t *ok) {
  for (uint32_t i = 0; i < SL_PAGE; i++)
    ok[i] &= (w.below & (v[i] < x)) | (w.equal & (v[i] == x)) | (w.above & (v[i] > x));
}

static void reals(wanted w, const double *v, double x, uint8_t *ok) {
  for (uint32_t i = 0; i < SL_PAGE; i++)
    ok[i] &= (w.below & (v[i] < x)) | (w.equal & (v[i] == x)) | (w.above & (v[i] > x));
}

// Strings that are equal, by their numbers.
static bool strings(const sl_run *run, const sl_term *term, const uint32_t *v, uint8_t *ok) {
  if (term->value.kind != SL_VALUE_STRING || term->op != SL_CYPHER_EQUAL) return false;
  const sl_chars *text = term->value.as.chars;
  const uint32_t number = sl_names_find(&run->store->strings, text->text, text->bytes);
  for (uint32_t i = 0; i < SL_PAGE; i++) ok[i] &= v[i] == number;
  return true;
}

static void narrow(const sl_run *run, const sl_term *term, const sl_column *c, uint32_t p,
                   uint8_t *ok) {
  const sl_page *page = p < c->page_count ? c->pages[p] : NULL;
  const bool null = term->op == SL_CYPHER_IS_NULL;
  if (page == NULL || page->count == 0) {
    if (!null) memset(ok, 0, SL_PAGE);
    return;
  }
  if (page->count < SL_PAGE || null)
    for (uint32_t i = 0; i < SL_PAGE; i++) ok[i] &= (uint8_t)(sl_page_has(page, i) ^ null);
  if (null || term->op == SL_CYPHER_IS_NOT_NULL) return;
  const bool compares = term->op >= SL_CYPHER_EQUAL && term->op <= SL_CYPHER_AT_LEAST;
  const wanted w = wanted_of(term->op);
  if (compares && page->kind == SL_VALUE_INTEGER && term->value.kind == SL_VALUE_INTEGER) {
    integers(w, (const int64_t *)page->data, term->value.as.integer, ok);
    return;
  }
  // NaN differs from everything, and a large integer is not what it is as a float.
  if (compares && term->op != SL_CYPHER_UNEQUAL && page->kind == SL_VALUE_FLOAT &&
      term->value.kind == SL_VALUE_FLOAT) {
    reals(w, (const double *)page->data, term->value.as.real, ok);
    return;
  }
  if (page->kind == SL_VALUE_STRING && strings(run, term, (const uint32_t *)page->data, ok)) return;
  for (uint32_t i = 0; i < SL_PAGE; i++)
    ok[i] = ok[i] && sl_holds(term->op, sl_page_value(page, i, &run->store->strings),
                              term->value) == SL_TRUE;
}

static void look_at_page(const sl_run *run, sl_test *t, uint32_t p) {
  const sl_store *s = run->store;
  uint8_t *ok = t->known + (size_t)p * SL_PAGE;
  static const sl_column none = {0};
  memset(ok, 1, SL_PAGE);
  for (uint32_t k = 0; k < t->term_count; k++) {
    const sl_term *term = &t->terms[k];
    if (term->op != SL_TERM_LABEL) {
      const bool there = term->key < s->column_count[t->what];
      narrow(run, term, there ? &s->columns[t->what][term->key] : &none, p, ok);
      continue;
    }
    uint32_t set = SL_NO_ID;
    bool has = false;
    for (uint32_t i = 0, id = p * SL_PAGE; i < SL_PAGE && id < s->node_count; i++, id++) {
      if (s->node_set[id] != set) {
        set = s->node_set[id];
        has = sl_set_has(s, set & ~SL_GONE, term->key);
      }
      ok[i] &= has;
    }
  }
  for (uint32_t i = 0; i < SL_PAGE; i++) ok[i]++;
}

static bool look_at_one(const sl_run *run, const sl_test *t, uint32_t id) {
  const sl_store *s = run->store;
  for (uint32_t k = 0; k < t->term_count; k++) {
    const sl_term *term = &t->terms[k];
    const bool right = term->op == SL_TERM_LABEL
                           ? sl_node_has_label(s, id, term->key)
                           : sl_holds(term->op, sl_store_get(s, (sl_what)t->what, id, term->key),
                                      term->value) == SL_TRUE;
    if (!right) return false;
  }
  return true;
}

// Values of the terms. IN of what is no list is refused where it is evaluated.
static sl_status prepare(sl_run *run, sl_test *t) {
  for (uint32_t k = 0; k < t->term_count; k++) {
    sl_term *term = &t->terms[k];
    if (term->code == NULL) continue;
    SL_TRY(sl_eval(run, term->code, &term->value));
    if (term->op == SL_CYPHER_IN && term->value.kind != SL_VALUE_LIST) t->term_count = 0;
  }
  return SL_OK;
}

static sl_status keep_room(const sl_run *run, sl_test *t) {
  const uint32_t count = t->what == SL_OF_NODES ? run->store->node_count : run->store->rel_count;
  const uint32_t pages = (count + SL_PAGE - 1) / SL_PAGE, had = t->room / SL_PAGE;
  if (pages <= had) return SL_OK;
  SL_TRY(SL_REALLOC(&t->known, (size_t)pages * SL_PAGE));
  SL_TRY(SL_REALLOC(&t->misses, pages));
  memset(t->known + t->room, 0, (size_t)pages * SL_PAGE - t->room);
  memset(t->misses + had, 0, pages - had);
  t->room = pages * SL_PAGE;
  return SL_OK;
}

sl_status sl_test_look_at_all(sl_run *run, sl_test *t) {
  if (t->code == NULL || !t->typed || t->full) return SL_OK;
  if (t->looked == 0) SL_TRY(prepare(run, t));
  t->looked++;
  if (t->term_count == 0) return SL_OK;
  SL_TRY(keep_room(run, t));
  for (uint32_t p = 0; p < t->room / SL_PAGE; p++) look_at_page(run, t, p);
  t->full = true;
  return SL_OK;
}

sl_status sl_test_look(sl_run *run, sl_test *t, uint32_t id, uint8_t *out) {
  enum { FEW = 64, MOST_MISSES = 4 };
  if (t->looked == 0) SL_TRY(prepare(run, t));
  const bool typed = t->typed && t->term_count > 0;
  // Where few are asked about, nothing is worth being kept.
  if (t->looked < FEW)
    t->looked++;
  else if (id >= t->room)
    SL_TRY(keep_room(run, t));
  if (id < t->room && typed && ++t->misses[id / SL_PAGE] > MOST_MISSES) {
    look_at_page(run, t, id / SL_PAGE);
    *out = t->known[id];
    return SL_OK;
  }
  if (typed)
    *out = look_at_one(run, t, id) ? SL_PASSES : SL_FAILS;
  else {
    sl_truth truth;
    const sl_pool_mark mark = sl_pool_here(&run->pool);
    run->row[t->slot] = t->what == SL_OF_NODES ? sl_node(id) : sl_relationship(id);
    SL_TRY(sl_eval_truth(run, t->code, &truth));
    sl_pool_release(&run->pool, mark);
    *out = truth == SL_TRUE ? SL_PASSES : SL_FAILS;
  }
  if (id < t->room) t->known[id] = *out;
  return SL_OK;
}
