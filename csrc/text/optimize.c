// The index without the documents that were removed, made beside it piece by piece.
#include "text/asked.h"

typedef enum stage { DOCUMENTS, LISTS, WORDS, DONE } stage;

struct sl_optimizing {
  sl_corpus corpus;
  stage stage;
  uint32_t at;         // slot, term or word that is next
  uint32_t *slots;     // of an old one the new one, or SL_NONE
  uint32_t *terms;     // the same
  uint32_t *positions; // of a document
  uint32_t positions_room, slot_count, term_count;
  sl_cursor_in cursor;
};

void sl_optimizing_free(sl_optimizing *o) {
  if (o == NULL) return;
  sl_corpus_free(&o->corpus);
  sl_free(o->slots);
  sl_free(o->terms);
  sl_free(o->positions);
  sl_free(o);
}

size_t sl_optimizing_bytes(const sl_optimizing *o) {
  if (o == NULL) return 0;
  return sizeof *o + sl_corpus_bytes(&o->corpus) +
         ((size_t)o->slot_count + o->term_count + o->positions_room) * sizeof(uint32_t);
}

sl_status sl_fulltext_optimize(sl_fulltext *index) {
  SL_REQUIRE(index->places == NULL, SL_ERR_UNSUPPORTED, "index", "an index that is whole");
  sl_optimizing_free(index->optimizing);
  index->optimizing = NULL;
  sl_job_drop(&index->job);
  sl_optimizing *o;
  SL_TRY(SL_ALLOC_ZERO(&o, 1));
  o->corpus.fields = index->corpus.fields;
  o->corpus.positions = index->corpus.positions;
  o->slot_count = index->corpus.slots;
  o->term_count = index->corpus.term_count;
  sl_status status = SL_ALLOC(&o->slots, o->slot_count);
  if (status == SL_OK) status = SL_ALLOC(&o->terms, o->term_count);
  if (status != SL_OK) {
    sl_optimizing_free(o);
    return status;
  }
  index->optimizing = o;
  index->work = 0;
  sl_job_begin(&index->job);
  return SL_OK;
}

static sl_status take_document(const sl_corpus *old, sl_optimizing *o, uint32_t slot) {
  sl_corpus *c = &o->corpus;
  o->slots[slot] = SL_NONE;
  if (!sl_is_live(old, slot)) return SL_OK;
  uint32_t length, key;
  const uint8_t *bytes = sl_lexicon_at(&old->keys, old->slot_keys[slot], &length);
  SL_TRY(sl_corpus_reserve_slot(c));
  SL_TRY(sl_lexicon_put(&c->keys, bytes, length, &key));
  c->keys.entries[key].value = c->slots;
  for (uint32_t f = 0; f < c->fields; f++) {
    const uint32_t words = sl_length_of(old, slot, f);
    c->lengths[(size_t)c->slots * c->fields + f] = words;
    c->total[f] += words;
    c->having[f] += words > 0;
  }
  o->slots[slot] = c->slots;
  c->slot_keys[c->slots++] = key;
  c->live++;
  return SL_OK;
}

static sl_status take_posting(sl_optimizing *o, uint32_t list, uint32_t slot, bool positions) {
  sl_corpus *c = &o->corpus;
  sl_postings *p = &c->lists[list];
  const uint32_t frequency = sl_cursor_frequency(&o->cursor);
  const size_t before = sl_postings_bytes(p);
  const sl_status status = sl_postings_reserve(p, frequency, c->lengths + p->field, c->fields);
  c->list_bytes += sl_postings_bytes(p) - before;
  SL_TRY(status);
  if (positions) {
    SL_TRY(SL_MAKE_ROOM(&o->positions, &o->positions_room, frequency));
    sl_cursor_positions(&o->cursor, o->positions);
  }
  sl_postings_add(p, slot, frequency, sl_length_of(c, slot, p->field));
  for (uint32_t i = 0; i < frequency && positions; i++)
    sl_put_number(p, o->positions[i] - (i == 0 ? 0 : o->positions[i - 1]));
  c->postings++;
  return SL_OK;
}

static sl_status take_list(const sl_corpus *old, sl_optimizing *o, uint32_t term, uint32_t from,
                           bool positions) {
  sl_corpus *c = &o->corpus;
  uint32_t list = SL_NONE;
  sl_cursor_in *cursor = &o->cursor;
  for (sl_cursor_open(cursor, &old->lists[from]); cursor->document != SL_NO_DOCUMENT;
       sl_cursor_to(cursor, cursor->document + 1)) {
    const uint32_t slot = o->slots[cursor->document];
    if (slot == SL_NONE) continue;
    if (o->terms[term] == SL_NONE) {
      SL_TRY(SL_MAKE_ROOM(&c->terms, &c->term_room, 2 * (c->term_count + 1)));
      c->terms[2 * (size_t)c->term_count] = c->terms[2 * (size_t)c->term_count + 1] = SL_NONE;
      o->terms[term] = c->term_count++;
    }
    if (list == SL_NONE) SL_TRY(sl_corpus_list(c, o->terms[term], old->lists[from].field, &list));
    SL_TRY(take_posting(o, list, slot, positions));
  }
  if (list == SL_NONE) return SL_OK;
  sl_postings *p = &c->lists[list];
  const size_t before = sl_postings_bytes(p);
  const sl_status status = sl_trim_room((void **)&p->data, 1, &p->room, p->used);
  c->list_bytes += sl_postings_bytes(p) - before;
  return status;
}

static sl_status take_word(const sl_lexicon *from, sl_optimizing *o, sl_lexicon *to, uint32_t entry,
                           bool is_word) {
  uint32_t value = from->entries[entry].value, added;
  if (value == SL_NONE) return SL_OK;
  if (value != SL_LEFT_OUT) value = o->terms[value];
  if (value == SL_NONE) return SL_OK;
  uint32_t length;
  const uint8_t *bytes = sl_lexicon_at(from, entry, &length);
  SL_TRY(sl_lexicon_put(to, bytes, length, &added));
  to->entries[added].value = value;
  if (is_word && value != SL_LEFT_OUT && o->corpus.terms[2 * (size_t)value + 1] == SL_NONE)
    o->corpus.terms[2 * (size_t)value + 1] = added;
  return SL_OK;
}

static sl_status trim(sl_corpus *c) {
  SL_TRY(sl_lexicon_trim(&c->words));
  SL_TRY(sl_lexicon_trim(&c->stems));
  SL_TRY(sl_lexicon_trim(&c->keys));
  SL_TRY(sl_trim_room((void **)&c->terms, sizeof *c->terms, &c->term_room, 2 * c->term_count));
  SL_TRY(sl_trim_room((void **)&c->lists, sizeof *c->lists, &c->list_room, c->list_count));
  SL_TRY(sl_trim_room((void **)&c->slot_keys, 4, &c->slot_keys_room, c->slots));
  return sl_trim_room((void **)&c->lengths, 4, &c->lengths_room, c->slots * c->fields);
}

// One piece of work. Errors: ERR_MEMORY.
static sl_status go_on(sl_fulltext *index, sl_optimizing *o) {
  const sl_corpus *old = &index->corpus;
  const uint32_t at = o->at++;
  index->work++;
  switch (o->stage) {
  case DOCUMENTS:
    if (at < old->slots) return take_document(old, o, at);
    break;
  case LISTS:
    if (at < old->term_count) {
      o->terms[at] = SL_NONE;
      for (uint32_t l = sl_first_list(old, at); l != SL_NONE; l = old->lists[l].next) {
        index->work += old->lists[l].count;
        SL_TRY(take_list(old, o, at, l, index->options.positions));
      }
      return SL_OK;
    }
    break;
  case WORDS:
    if (at < old->words.count) return take_word(&old->words, o, &o->corpus.words, at, true);
    if (at - old->words.count < old->stems.count)
      return take_word(&old->stems, o, &o->corpus.stems, at - old->words.count, false);
    SL_TRY(trim(&o->corpus));
    break;
  case DONE:
    return SL_OK;
  }
  o->stage++;
  o->at = 0;
  return SL_OK;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_fulltext *index = (sl_fulltext *)job;
  sl_optimizing *o = index->optimizing;
  const uint64_t end = index->work > UINT64_MAX - work ? UINT64_MAX : index->work + work;
  while (o->stage != DONE && index->work < end) {
    const sl_status status = go_on(index, o);
    if (status == SL_OK) continue;
    sl_optimizing_free(o);
    index->optimizing = NULL;
    return status;
  }
  if (o->stage != DONE) return SL_OK;
  sl_corpus_free(&index->corpus);
  index->corpus = o->corpus;
  o->corpus = (sl_corpus){0};
  sl_optimizing_free(o);
  index->optimizing = NULL;
  sl_asked_free(index->asked);
  index->asked = NULL;
  index->version++;
  sl_job_end(job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  sl_fulltext *index = (sl_fulltext *)job;
  sl_optimizing_free(index->optimizing);
  index->optimizing = NULL;
  sl_job_end(job, why);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_fulltext *)job)->work; }

static uint64_t expected(const sl_job *job) {
  const sl_corpus *c = &((const sl_fulltext *)job)->corpus;
  return c->postings + c->slots + c->term_count + c->words.count + c->stems.count + 4;
}

static size_t job_bytes(const sl_job *job) { return sl_fulltext_bytes((const sl_fulltext *)job); }
static void destroy(sl_job *job) { sl_fulltext_destroy((sl_fulltext *)job); }

const sl_job_kind sl_fulltext_kind = {.name = "index",
                                      .step = step,
                                      .stop = stop,
                                      .work = work_done,
                                      .expected = expected,
                                      .bytes = job_bytes,
                                      .destroy = destroy};

sl_job *sl_fulltext_job(sl_fulltext *index) { return &index->job; }
