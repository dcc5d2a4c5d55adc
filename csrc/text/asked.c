#include "text/asked.h"

#include <math.h>

sl_fulltext_question sl_fulltext_question_default(void) {
  return (sl_fulltext_question){.k = 10, .scorer = SL_BM25, .k1 = 1.2, .b = 0.75};
}

void sl_asked_end(sl_asked *a) {
  for (uint32_t i = 0; i < a->source_count; i++) {
    sl_free(a->sources[i].documents);
    sl_free(a->sources[i].frequencies);
  }
  for (uint32_t i = 0; i < a->stream_count; i++) {
    sl_free(a->streams[i].documents);
    sl_free(a->streams[i].scores);
  }
  a->clause_count = a->source_count = a->stream_count = a->expansion_count = a->groups = 0;
}

void sl_asked_free(sl_asked *a) {
  if (a == NULL) return;
  sl_asked_end(a);
  void *blocks[] = {a->clauses, a->sources, a->streams, a->expansions, a->sums, a->inner,
                    a->touched, a->allowed, a->matches, a->live,       a->rows, a->wanted};
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) sl_free(blocks[i]);
  sl_free(a);
}

size_t sl_asked_bytes(const sl_asked *a) {
  if (a == NULL) return 0;
  return sizeof *a + a->wanted_room * sizeof *a->wanted + a->clause_room * sizeof *a->clauses +
         a->source_room * sizeof *a->sources + a->stream_room * sizeof *a->streams +
         a->expansion_room * sizeof *a->expansions + (size_t)a->slots * 2 * sizeof(double) +
         ((size_t)a->slots + 63) / 64 * 4 * 8 +
         (a->rows == NULL ? 0 : (SL_MOST_WORD + 1) * (SL_MOST_WORD + 1));
}

sl_status sl_asked_reserve(sl_fulltext *index) {
  sl_asked *a = index->asked;
  const uint32_t slots = index->corpus.slots;
  if (slots <= a->slots && a->sums != NULL) return SL_OK;
  const uint32_t room = slots + slots / 4 + 64;
  double *sums = NULL, *inner = NULL;
  uint64_t *bits[4] = {NULL};
  sl_status status = SL_ALLOC_ZERO(&sums, room);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&inner, room);
  for (int i = 0; i < 4 && status == SL_OK; i++) {
    status = SL_ALLOC_ZERO(&bits[i], (room + 63) / 64);
  }
  if (status != SL_OK) {
    sl_free(sums);
    sl_free(inner);
    for (int i = 0; i < 4; i++) sl_free(bits[i]);
    return status;
  }
  void *old[] = {a->sums, a->inner, a->touched, a->allowed, a->matches, a->live};
  for (size_t i = 0; i < sizeof old / sizeof *old; i++) sl_free(old[i]);
  a->sums = sums;
  a->inner = inner;
  a->touched = bits[0];
  a->allowed = bits[1];
  a->matches = bits[2];
  a->live = bits[3];
  a->slots = room;
  a->live_version = a->matches_version = 0;
  return SL_OK;
}

const uint64_t *sl_asked_live(sl_fulltext *index) {
  sl_asked *a = index->asked;
  const sl_corpus *c = &index->corpus;
  if (a->live_version == index->version + 1) return a->live;
  memset(a->live, 0, ((size_t)c->slots + 63) / 64 * 8);
  for (uint32_t slot = 0; slot < c->slots; slot++) {
    if (sl_is_live(c, slot)) sl_bit_set(a->live, slot);
  }
  a->live_version = index->version + 1;
  return a->live;
}

static bool is_whole(double x, double most) { return x >= 0 && x <= most && x == floor(x); }

sl_status sl_clause_read(const double *n, uint32_t text_bytes, uint32_t i, sl_clause *out) {
  SL_REQUIRE_AT(is_whole(n[0], SL_OCCUR_NOT) && is_whole(n[1], SL_CLAUSE_EXACT) &&
                    is_whole(n[2], UINT32_MAX) && is_whole(n[3], text_bytes) &&
                    is_whole(n[4], text_bytes - n[3]),
                SL_ERR_OPTION, "clauses", "an occurrence, a kind, fields and a place in the text",
                i);
  SL_REQUIRE_AT(is_whole(n[5], 2), SL_ERR_OPTION, "distance", "0, 1 or 2", i);
  SL_REQUIRE_AT(n[6] > 0 && n[6] <= 1e100, SL_ERR_OPTION, "boost", "a number above 0", i);
  *out = (sl_clause){(sl_occur)n[0],
                     (sl_clause_kind)n[1],
                     (uint32_t)n[2],
                     (uint32_t)n[3],
                     (uint32_t)n[4],
                     (uint32_t)n[5],
                     n[6]};
  return SL_OK;
}

static sl_status check_question(const sl_fulltext *index, const sl_fulltext_question *q,
                                const double *boosts, uint32_t clause_count) {
  SL_REQUIRE(q->scorer == SL_BM25 || q->scorer == SL_BM25F, SL_ERR_OPTION, "scorer",
             "BM25 or BM25F");
  SL_REQUIRE(q->k1 >= 0 && q->k1 <= 1e6, SL_ERR_OPTION, "k1", "a number from 0 to 1e6");
  SL_REQUIRE(q->b >= 0 && q->b <= 1, SL_ERR_OPTION, "b", "a number from 0 to 1");
  SL_REQUIRE(q->k >= 1, SL_ERR_OPTION, "k", "at least 1");
  for (uint32_t f = 0; f < index->corpus.fields; f++) {
    SL_REQUIRE_AT(boosts[f] == 0 || (boosts[f] >= 1e-100 && boosts[f] <= 1e100), SL_ERR_OPTION,
                  "boosts", "numbers from 0 to 1e100", f);
  }
  SL_REQUIRE(clause_count <= SL_MOST_CLAUSES, SL_ERR_OPTION, "clauses", "at most 1024 clauses");
  return SL_OK;
}

// ---- sources ------------------------------------------------------------------------------------

static sl_status add_clause(sl_asked *a, const sl_clause *clause, uint32_t given) {
  SL_REQUIRE(a->clause_count < SL_MOST_CLAUSES, SL_ERR_OPTION, "clauses", "at most 1024 words");
  SL_TRY(SL_MAKE_ROOM(&a->clauses, &a->clause_room, a->clause_count + 1));
  a->clauses[a->clause_count++] =
      (sl_asked_clause){.occur = clause->occur, .given = given, .first = a->source_count};
  return SL_OK;
}

static sl_status add_source(sl_asked *a, const sl_source *source) {
  SL_TRY(SL_MAKE_ROOM(&a->sources, &a->source_room, a->source_count + 1));
  a->sources[a->source_count++] = *source;
  a->clauses[a->clause_count - 1].count++;
  return SL_OK;
}

static bool is_asked(const sl_asked *a, uint32_t fields, uint32_t field) {
  return (fields >> field & 1) != 0 && a->boosts[field] > 0;
}

// Where lists are read when they are needed: notes the term, or looks whether they are there.
static sl_status need_term(sl_asked *a, uint32_t term) {
  if (a->places == NULL) return SL_OK;
  if (a->collecting) {
    SL_TRY(SL_MAKE_ROOM(&a->wanted, &a->wanted_room, a->wanted_count + 1));
    a->wanted[a->wanted_count++] = term;
    return SL_OK;
  }
  SL_REQUIRE(sl_places_has(a->places, term), SL_ERR_STATE, "index",
             "the lists of all words that are asked for");
  return SL_OK;
}

// The lists of a term, fields in their order.
static sl_status add_term(sl_asked *a, const sl_clause *clause, uint32_t term, uint32_t word,
                          double weight) {
  SL_TRY(need_term(a, term));
  if (a->collecting) return SL_OK;
  const uint32_t group = a->groups++;
  for (uint32_t f = 0; f < a->corpus->fields; f++) {
    if (!is_asked(a, clause->fields, f)) continue;
    const uint32_t list = sl_corpus_find_list(a->corpus, term, f);
    if (list == SL_NONE || a->corpus->lists[list].count == 0) continue;
    const sl_postings *p = &a->corpus->lists[list];
    SL_TRY(add_source(a, &(sl_source){.list = p,
                                      .count = p->count,
                                      .field = f,
                                      .group = group,
                                      .word = word,
                                      .factor = weight}));
  }
  return SL_OK;
}

typedef bool (*comes_before)(const sl_expansion *a, const sl_expansion *b);

static bool by_term(const sl_expansion *a, const sl_expansion *b) {
  if (a->term != b->term) return a->term < b->term;
  if (a->weight != b->weight) return a->weight > b->weight;
  return a->at < b->at;
}

static bool by_place(const sl_expansion *a, const sl_expansion *b) { return a->at < b->at; }

static void sift(sl_expansion *heap, uint32_t at, uint32_t count, comes_before before) {
  const sl_expansion moved = heap[at];
  for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && before(&heap[child], &heap[child + 1])) child++;
    if (!before(&moved, &heap[child])) break;
    heap[at] = heap[child];
  }
  heap[at] = moved;
}

static void sort(sl_expansion *all, uint32_t n, comes_before before) {
  for (uint32_t i = n / 2; i-- > 0;) sift(all, i, n, before);
  for (uint32_t i = n; i-- > 1;) {
    const sl_expansion first = all[0];
    all[0] = all[i];
    all[i] = first;
    sift(all, 0, i, before);
  }
}

// Each term once, with its largest weight, in the order of words: how terms are numbered must not show in sums.
static void sort_expansions(sl_asked *a) {
  sl_expansion *all = a->expansions;
  sort(all, a->expansion_count, by_term);
  uint32_t kept = 0;
  for (uint32_t i = 0; i < a->expansion_count; i++) {
    if (kept == 0 || all[kept - 1].term != all[i].term) all[kept++] = all[i];
  }
  a->expansion_count = kept;
  sort(all, kept, by_place);
}

static sl_status add_expanded(sl_fulltext *index, const sl_clause *clause, const sl_word *word) {
  sl_asked *a = index->asked;
  a->expansion_count = 0;
  if (clause->kind == SL_CLAUSE_PREFIX) SL_TRY(sl_expand_prefix(index, word));
  if (clause->kind == SL_CLAUSE_FUZZY || clause->distance > 0)
    SL_TRY(sl_expand_fuzzy(index, word, clause->distance));
  sort_expansions(a);
  for (uint32_t i = 0; i < a->expansion_count; i++) {
    const sl_expansion *e = &a->expansions[i];
    SL_TRY(add_term(a, clause, e->term, e->word, clause->boost * e->weight));
  }
  return SL_OK;
}

// One word, or a value.
static sl_status add_word(sl_fulltext *index, const sl_clause *clause, uint32_t given,
                          const sl_word *word, bool expanded) {
  sl_asked *a = index->asked;
  const bool stemmed = a->stemmed && clause->kind != SL_CLAUSE_VALUE;
  const uint32_t term = sl_corpus_find_term(a->corpus, stemmed, word->bytes, word->length);
  if (term == SL_LEFT_OUT && !expanded) return SL_OK;
  SL_TRY(add_clause(a, clause, given));
  if (expanded) return add_expanded(index, clause, word);
  if (term == SL_NONE) return SL_OK;
  uint32_t entry = sl_lexicon_find(&a->corpus->words, word->bytes, word->length);
  if (entry == SL_NO_ENTRY) entry = a->corpus->terms[2 * (size_t)term + 1];
  return add_term(a, clause, term, entry, clause->boost);
}

static sl_status add_words(sl_fulltext *index, const sl_clause *clause, uint32_t given,
                           const uint8_t *text) {
  sl_word word, next;
  const bool lines = clause->kind >= SL_CLAUSE_VALUE;
  const uint8_t mark = clause->kind == SL_CLAUSE_VALUE ? SL_VALUE_MARK : 0;
  bool more = lines ? sl_next_line(text, clause->length, 0, mark, &word)
                    : sl_next_word(text, clause->length, 0, &word);
  while (more) {
    more = lines ? sl_next_line(text, clause->length, word.end, mark, &next)
                 : sl_next_word(text, clause->length, word.end, &next);
    const bool expanded =
        clause->kind == SL_CLAUSE_FUZZY || (clause->kind == SL_CLAUSE_PREFIX && !more);
    SL_TRY(add_word(index, clause, given, &word, expanded));
    word = next;
  }
  return SL_OK;
}

static sl_status add_phrase(sl_fulltext *index, const sl_clause *clause, uint32_t given,
                            const uint8_t *text) {
  sl_asked *a = index->asked;
  uint32_t *terms = NULL, count = 0, room = 0, position = 0;
  bool unknown = false;
  sl_word word;
  sl_status status = SL_OK;
  for (uint32_t at = 0; status == SL_OK && sl_next_word(text, clause->length, at, &word);
       at = word.end, position++) {
    const uint32_t term = sl_corpus_find_term(a->corpus, a->stemmed, word.bytes, word.length);
    if (term == SL_LEFT_OUT) continue;
    unknown = unknown || term == SL_NONE;
    status = SL_MAKE_ROOM(&terms, &room, 2 * (count + 1));
    if (status != SL_OK) break;
    terms[2 * count] = term;
    terms[2 * count++ + 1] = position;
    if (count > SL_MOST_CLAUSES)
      status = sl_fail(SL_ERR_OPTION, "clauses", "at most 1024 words", given);
  }
  if (status == SL_OK && count > 1 && !a->positions)
    status = sl_fail(SL_ERR_UNSUPPORTED, "positions", "an index that keeps positions, for phrases",
                     given);
  if (status == SL_OK && count > 0) status = add_clause(a, clause, given);
  if (status == SL_OK && count > 0 && !unknown) {
    const uint32_t entry = a->corpus->terms[2 * (size_t)terms[0] + 1], group = a->groups++;
    if (count == 1) status = add_term(a, clause, terms[0], entry, clause->boost);
    for (uint32_t i = 0; i < count && count > 1 && status == SL_OK; i++)
      status = need_term(a, terms[2 * i]);
    for (uint32_t f = 0; f < a->corpus->fields && count > 1 && status == SL_OK && !a->collecting;
         f++) {
      if (!is_asked(a, clause->fields, f)) continue;
      sl_source source = {.field = f, .group = group, .word = entry, .factor = clause->boost};
      status = sl_phrase_find(a->corpus, terms, count, f, &source);
      if (status != SL_OK || source.count == 0) continue;
      status = add_source(a, &source);
      if (status != SL_OK) {
        sl_free(source.documents);
        sl_free(source.frequencies);
      }
    }
  }
  sl_free(terms);
  return status;
}

// Weights, once it is known in how many documents the words are.
static void weigh(sl_asked *a) {
  const sl_fulltext_question *q = a->question;
  const double all = a->corpus->slots;
  for (uint32_t i = 0, end; i < a->source_count; i = end) {
    uint32_t most = 0;
    for (end = i; end < a->source_count && a->sources[end].group == a->sources[i].group; end++) {
      if (a->sources[end].count > most) most = a->sources[end].count;
    }
    for (uint32_t k = i; k < end; k++) {
      sl_source *s = &a->sources[k];
      const double n = q->scorer == SL_BM25F ? most : s->count, boost = a->boosts[s->field];
      const double average = (double)a->corpus->total[s->field] / a->corpus->having[s->field];
      s->boost = boost;
      s->idf = log(1 + (all - n + 0.5) / (n + 0.5));
      s->weight = s->factor * s->idf * (q->k1 + 1);
      s->shift = q->k1 * (1 - q->b);
      s->slope = q->k1 * q->b / average;
      if (q->scorer == SL_BM25F) {
        s->shift /= boost;
        s->slope /= boost;
      } else {
        s->weight *= boost;
      }
    }
  }
}

sl_status sl_asked_begin(sl_fulltext *index, const double *clauses, uint32_t clause_count,
                         const uint8_t *text, uint32_t text_bytes,
                         const sl_fulltext_question *question, const double *boosts) {
  SL_TRY(check_question(index, question, boosts, clause_count));
  if (index->asked == NULL) SL_TRY(SL_ALLOC_ZERO(&index->asked, 1));
  sl_asked *a = index->asked;
  a->corpus = &index->corpus;
  a->stemmed = index->options.language == SL_LANGUAGE_ENGLISH;
  a->positions = index->options.positions;
  a->question = question;
  a->boosts = boosts;
  a->places = index->places;
  SL_TRY(sl_asked_reserve(index));
  for (uint32_t i = 0; i < clause_count; i++) {
    sl_clause clause;
    SL_TRY(sl_clause_read(clauses + SL_CLAUSE_NUMBERS * (size_t)i, text_bytes, i, &clause));
    const uint8_t *from = clause.length > 0 ? text + clause.at : text;
    SL_TRY((clause.kind == SL_CLAUSE_PHRASE ? add_phrase : add_words)(index, &clause, i, from));
  }
  weigh(a);
  return SL_OK;
}

uint32_t sl_source_frequency(const sl_source *s, uint32_t slot) {
  if (s->list != NULL) {
    sl_cursor_in cursor;
    sl_cursor_open(&cursor, s->list);
    sl_cursor_to(&cursor, slot);
    return cursor.document == slot ? sl_cursor_frequency(&cursor) : 0;
  }
  for (uint32_t i = 0; i < s->count; i++) {
    if (s->documents[i] == slot) return s->frequencies[i];
  }
  return 0;
}
