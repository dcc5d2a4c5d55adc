// Counts of values, words that are suggested, words of a text that a question means, and filters.
#include "text/asked.h"
#include "text/stem.h"

typedef struct counted {
  uint32_t count, at, length;
} counted;

static bool comes_first(const counted *a, const counted *b, const uint8_t *pool) {
  if (a->count != b->count) return a->count > b->count;
  if (pool == NULL && a->length != b->length) return a->length < b->length;
  return a->at < b->at;
}

// Keeps the best `most`, in order; those that come in the order of their bytes have ascending places.
static sl_status offer(sl_fulltext *index, counted offered, uint32_t most, uint32_t *count,
                       bool shorter_first) {
  const uint8_t *pool = shorter_first ? NULL : index->corpus.words.pool;
  counted *all = index->parts.at;
  if (*count == most && (most == 0 || comes_first(&all[most - 1], &offered, pool))) return SL_OK;
  SL_TRY(sl_buffer_reserve(&index->parts, ((uint64_t)*count + 1) * sizeof *all));
  all = index->parts.at;
  uint32_t at = *count < most ? (*count)++ : most - 1;
  for (; at > 0 && comes_first(&offered, &all[at - 1], pool); at--) all[at] = all[at - 1];
  all[at] = offered;
  return SL_OK;
}

// Places in the order of words become places in the pool.
static void give_words(const sl_fulltext *index, uint32_t count, uint32_t skip, double *numbers) {
  const sl_lexicon *words = &index->corpus.words;
  counted *all = index->parts.at;
  for (uint32_t i = 0; i < count; i++) {
    const sl_lexeme *word = &words->entries[words->order[all[i].at]];
    all[i].at = word->at + skip;
    all[i].length = word->length - skip;
  }
  numbers[0] = count;
  numbers[1] = (double)(uintptr_t)index->parts.at;
  numbers[2] = (double)(uintptr_t)words->pool;
}

sl_status sl_fulltext_facets(sl_fulltext *index, uint32_t field, uint32_t most, double *numbers) {
  const sl_corpus *c = &index->corpus;
  SL_REQUIRE(index->places == NULL, SL_ERR_UNSUPPORTED, "index", "an index that is whole");
  SL_REQUIRE(field < c->fields, SL_ERR_OPTION, "field", "a field of the index");
  SL_REQUIRE(most <= SL_MOST_COUNTED, SL_ERR_OPTION, "most", "at most 1000");
  SL_REQUIRE(index->asked != NULL && index->asked->matches_version == index->version + 1,
             SL_ERR_STATE, "facets", "a search that counts its matches");
  SL_TRY(sl_lexicon_sort(&index->corpus.words));
  const uint8_t mark = SL_VALUE_MARK;
  uint32_t count = 0;
  sl_cursor_in *cursor;
  SL_TRY(SL_ALLOC(&cursor, 1));
  sl_status status = SL_OK;
  for (uint32_t i = sl_lexicon_lower(&c->words, &mark, 1, 0);
       i < c->words.ordered && status == SL_OK; i++) {
    const sl_lexeme *word = &c->words.entries[c->words.order[i]];
    if (c->words.pool[word->at] != mark) break;
    const uint32_t list =
        word->value < SL_LEFT_OUT ? sl_corpus_find_list(c, word->value, field) : SL_NONE;
    if (list == SL_NONE || c->lists[list].count == 0) continue;
    uint32_t found = 0;
    sl_cursor_open(cursor, &c->lists[list]);
    do {
      for (uint32_t k = 0; k < cursor->count; k++)
        found += sl_bit_at(index->asked->matches, cursor->documents[k]);
    } while (sl_cursor_next_block(cursor));
    if (found > 0) status = offer(index, (counted){found, i, 0}, most, &count, false);
  }
  sl_free(cursor);
  if (status == SL_OK) give_words(index, count, 1, numbers);
  return status;
}

sl_status sl_fulltext_suggest(sl_fulltext *index, const uint8_t *text, uint32_t text_bytes,
                              uint32_t fields, uint32_t most, double *numbers) {
  const sl_corpus *c = &index->corpus;
  sl_word word;
  uint32_t count = 0;
  SL_REQUIRE(index->places == NULL, SL_ERR_UNSUPPORTED, "index", "an index that is whole");
  SL_REQUIRE(most <= SL_MOST_COUNTED, SL_ERR_OPTION, "most", "at most 1000");
  SL_TRY(sl_lexicon_sort(&index->corpus.words));
  bool any = false;
  for (uint32_t at = 0; sl_next_word(text, text_bytes, at, &word); at = word.end) any = true;
  // After another character than one of a word nothing has begun.
  if (any && word.end == text_bytes) {
    uint32_t i = sl_lexicon_lower(&c->words, word.bytes, word.length, 0);
    for (; i < c->words.ordered; i++) {
      const sl_lexeme *w = &c->words.entries[c->words.order[i]];
      if (w->length < word.length || memcmp(c->words.pool + w->at, word.bytes, word.length) != 0)
        break;
      uint32_t documents = 0;
      if (w->value >= SL_LEFT_OUT) continue;
      for (uint32_t f = 0; f < c->fields; f++) {
        const uint32_t list =
            (fields >> f & 1) != 0 ? sl_corpus_find_list(c, w->value, f) : SL_NONE;
        if (list != SL_NONE && c->lists[list].count > documents) documents = c->lists[list].count;
      }
      if (documents > 0)
        SL_TRY(offer(index, (counted){documents, i, w->length}, most, &count, true));
    }
  }
  give_words(index, count, 0, numbers);
  return SL_OK;
}

// ---- marks --------------------------------------------------------------------------------------

typedef struct wanted {
  sl_word word;
  uint32_t stem_length;
  uint8_t stem[SL_MOST_WORD + 1];
  uint32_t clause, distance;
  bool prefix, fuzzy;
} wanted;

static uint32_t stem_of(const sl_fulltext *index, const sl_word *word, uint8_t *stem) {
  memcpy(stem, word->bytes, word->length);
  return index->options.language == SL_LANGUAGE_ENGLISH ? sl_stem_english(stem, word->length)
                                                        : word->length;
}

static bool is_left_out(const sl_fulltext *index, const sl_word *word) {
  const sl_lexicon *words = &index->corpus.words;
  const uint32_t entry = sl_lexicon_find(words, word->bytes, word->length);
  return entry != SL_NO_ENTRY && words->entries[entry].value == SL_LEFT_OUT;
}

static sl_status find_wanted(sl_fulltext *index, const double *clauses, uint32_t clause_count,
                             const uint8_t *text, uint32_t text_bytes, wanted **out,
                             uint32_t *count, uint32_t *room) {
  for (uint32_t i = 0; i < clause_count; i++) {
    sl_clause clause;
    sl_word word;
    SL_TRY(sl_clause_read(clauses + SL_CLAUSE_NUMBERS * (size_t)i, text_bytes, i, &clause));
    if (clause.occur == SL_OCCUR_NOT || clause.kind == SL_CLAUSE_VALUE || i >= 32) continue;
    const uint32_t before = *count;
    const bool lines = clause.kind == SL_CLAUSE_EXACT;
    const uint8_t *from = clause.length > 0 ? text + clause.at : text;
    for (uint32_t at = 0; lines ? sl_next_line(from, clause.length, at, 0, &word)
                                : sl_next_word(from, clause.length, at, &word);
         at = word.end) {
      if (is_left_out(index, &word) && clause.kind != SL_CLAUSE_PREFIX) continue;
      SL_REQUIRE(*count < SL_MOST_CLAUSES, SL_ERR_OPTION, "clauses", "at most 1024 words");
      SL_TRY(SL_MAKE_ROOM(out, room, *count + 1));
      wanted *w = &(*out)[(*count)++];
      w->word = word;
      w->stem_length = stem_of(index, &word, w->stem);
      w->clause = i;
      w->distance = clause.distance;
      w->fuzzy = clause.kind == SL_CLAUSE_FUZZY;
      w->prefix = false;
    }
    if (*count > before && clause.kind == SL_CLAUSE_PREFIX) {
      wanted *last = &(*out)[*count - 1];
      last->prefix = true;
      last->fuzzy = clause.distance > 0;
    }
  }
  return SL_OK;
}

static uint32_t marks_of(const sl_fulltext *index, const sl_word *word, const wanted *all,
                         uint32_t count) {
  uint8_t stem[SL_MOST_WORD + 1];
  const uint32_t length = stem_of(index, word, stem);
  uint32_t marks = 0;
  for (uint32_t i = 0; i < count; i++) {
    const wanted *w = &all[i];
    bool meant = w->stem_length == length && memcmp(w->stem, stem, length) == 0;
    if (w->prefix)
      meant =
          word->length >= w->word.length && memcmp(word->bytes, w->word.bytes, w->word.length) == 0;
    if (w->fuzzy && !(w->prefix && meant))
      meant = sl_is_near(w->word.bytes, w->word.length, word->bytes, word->length, w->distance);
    if (meant) marks |= 1u << w->clause;
  }
  return marks;
}

sl_status sl_fulltext_marks(sl_fulltext *index, const uint8_t *bytes, uint32_t byte_count,
                            const double *clauses, uint32_t clause_count, const uint8_t *text,
                            uint32_t text_bytes, double *numbers) {
  wanted *all = NULL;
  uint32_t count = 0, room = 0, found = 0;
  sl_status status =
      find_wanted(index, clauses, clause_count, text, text_bytes, &all, &count, &room);
  sl_word word;
  for (uint32_t at = 0; status == SL_OK && sl_next_word(bytes, byte_count, at, &word);
       at = word.end) {
    status = sl_buffer_reserve(&index->parts, ((uint64_t)found + 1) * 12);
    if (status != SL_OK) break;
    uint32_t *to = (uint32_t *)index->parts.at + 3 * (size_t)found++;
    to[0] = word.at;
    to[1] = word.end - word.at;
    to[2] = is_left_out(index, &word) ? 0 : marks_of(index, &word, all, count);
  }
  sl_free(all);
  numbers[0] = found;
  numbers[1] = (double)(uintptr_t)index->parts.at;
  return status;
}

// ---- filters ------------------------------------------------------------------------------------

struct sl_fulltext_filter {
  sl_lexicon keys;
  uint64_t *bits;
  uint32_t room;
  const sl_fulltext *index; // that the bits are of; never followed
  uint64_t version, serial; // of it
};

sl_status sl_fulltext_filter_create(const uint8_t *keys, uint32_t byte_count,
                                    const uint32_t *lengths, uint32_t count,
                                    sl_fulltext_filter **out) {
  *out = NULL;
  sl_fulltext_filter *filter;
  SL_TRY(SL_ALLOC_ZERO(&filter, 1));
  sl_status status = SL_OK;
  for (uint32_t i = 0, at = 0; i < count && status == SL_OK; at += lengths[i++]) {
    uint32_t entry;
    if (lengths[i] > byte_count - at)
      status = sl_fail(SL_ERR_OPTION, "lengths", "lengths of the keys", i);
    else
      status = sl_lexicon_put(&filter->keys, keys + at, lengths[i], &entry);
  }
  if (status != SL_OK) {
    sl_fulltext_filter_destroy(filter);
    return status;
  }
  *out = filter;
  return SL_OK;
}

void sl_fulltext_filter_destroy(sl_fulltext_filter *filter) {
  if (filter == NULL) return;
  sl_lexicon_free(&filter->keys);
  sl_free(filter->bits);
  sl_free(filter);
}

uint32_t sl_fulltext_filter_count(const sl_fulltext_filter *filter) { return filter->keys.count; }

size_t sl_fulltext_filter_bytes(const sl_fulltext_filter *filter) {
  return sizeof *filter + sl_lexicon_bytes(&filter->keys) + filter->room * sizeof *filter->bits;
}

sl_status sl_filter_of(sl_fulltext_filter *filter, sl_fulltext *index, const uint64_t **out) {
  const sl_corpus *c = &index->corpus;
  const uint32_t words = (c->slots + 63) / 64;
  *out = filter->bits;
  if (filter->index == index && filter->serial == index->serial &&
      filter->version == index->version && filter->bits != NULL)
    return SL_OK;
  filter->index = NULL;
  SL_TRY(SL_MAKE_ROOM(&filter->bits, &filter->room, words));
  *out = filter->bits;
  if (words > 0) memset(filter->bits, 0, words * sizeof *filter->bits);
  for (uint32_t i = 0; i < filter->keys.count; i++) {
    uint32_t length;
    const uint8_t *key = sl_lexicon_at(&filter->keys, i, &length);
    const uint32_t entry = sl_lexicon_find(&c->keys, key, length);
    if (entry != SL_NO_ENTRY && c->keys.entries[entry].value != SL_NONE)
      sl_bit_set(filter->bits, c->keys.entries[entry].value);
  }
  filter->index = index;
  filter->serial = index->serial;
  filter->version = index->version;
  return SL_OK;
}
