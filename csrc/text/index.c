#include "text/index.h"

enum { GAP = 100 }; // between the parts of a field, so that no phrase reaches from one to the next

static sl_status check_options(const sl_fulltext_options *options) {
  SL_REQUIRE(options->fields >= 1 && options->fields <= SL_MOST_FIELDS, SL_ERR_OPTION, "fields",
             "1 to 32 fields");
  SL_REQUIRE(options->language == SL_LANGUAGE_NONE || options->language == SL_LANGUAGE_ENGLISH,
             SL_ERR_OPTION, "language", "NONE or ENGLISH");
  return SL_OK;
}

static _Atomic uint32_t serials = 0;

void sl_fulltext_begin(sl_fulltext *index) {
  index->job.kind = &sl_fulltext_kind;
  index->serial = ++serials;
}

sl_status sl_fulltext_create(const sl_fulltext_options *options, const uint8_t *schema,
                             uint32_t schema_bytes, sl_fulltext **out) {
  *out = NULL;
  SL_TRY(check_options(options));
  sl_fulltext *index;
  SL_TRY(SL_ALLOC_ZERO(&index, 1));
  sl_fulltext_begin(index);
  index->options = *options;
  index->corpus.fields = options->fields;
  index->corpus.positions = options->positions;
  index->schema_bytes = schema_bytes;
  const sl_status status = SL_ALLOC(&index->schema, schema_bytes);
  if (status != SL_OK) {
    sl_fulltext_destroy(index);
    return status;
  }
  if (schema_bytes > 0) memcpy(index->schema, schema, schema_bytes);
  *out = index;
  return SL_OK;
}

void sl_fulltext_destroy(sl_fulltext *index) {
  if (index == NULL) return;
  sl_corpus_free(&index->corpus);
  sl_optimizing_free(index->optimizing);
  sl_places_free(index->places);
  sl_asked_free(index->asked);
  sl_free(index->schema);
  sl_free(index->tokens);
  sl_free(index->pending);
  sl_free(index->results.at);
  sl_free(index->keys.at);
  sl_free(index->parts.at);
  sl_free(index);
}

size_t sl_fulltext_bytes(const sl_fulltext *index) {
  return sizeof *index + sl_corpus_bytes(&index->corpus) + index->schema_bytes +
         index->token_room * sizeof *index->tokens + index->pending_room * sizeof *index->pending +
         sl_optimizing_bytes(index->optimizing) + sl_places_bytes(index->places) +
         sl_asked_bytes(index->asked) + index->results.room + index->keys.room + index->parts.room;
}

void sl_fulltext_changed(sl_fulltext *index) {
  index->version++;
  sl_optimizing_free(index->optimizing);
  index->optimizing = NULL;
  sl_job_drop(&index->job);
}

sl_status sl_fulltext_leave_out(sl_fulltext *index, const uint8_t *words, uint32_t count) {
  sl_corpus *c = &index->corpus;
  SL_REQUIRE(c->slots == 0 && c->term_count == 0, SL_ERR_STATE, "words",
             "a call before the first document");
  sl_word word;
  for (uint32_t at = 0; sl_next_line(words, count, at, 0, &word); at = word.end) {
    uint32_t entry;
    SL_TRY(sl_lexicon_put(&c->words, word.bytes, word.length, &entry));
    c->words.entries[entry].value = SL_LEFT_OUT;
  }
  return SL_OK;
}

// ---- adding -------------------------------------------------------------------------------------

static sl_status add_token(sl_fulltext *index, uint32_t term, uint32_t field, uint32_t position) {
  uint32_t list;
  SL_TRY(sl_corpus_list(&index->corpus, term, field, &list));
  SL_REQUIRE(index->token_count < 1u << 30, SL_ERR_OVERFLOW, "fields", "fewer words a document");
  SL_TRY(SL_MAKE_ROOM(&index->tokens, &index->token_room, index->token_count + 1));
  SL_TRY(SL_MAKE_ROOM(&index->pending, &index->pending_room, index->pending_count + 1));
  sl_postings *p = &index->corpus.lists[list];
  const uint32_t token = index->token_count++;
  index->tokens[token] = (sl_token){position, SL_NONE};
  if (p->pending == SL_NONE) {
    p->pending = index->pending_count++;
    index->pending[p->pending] = (sl_pending){list, token, token, 1};
    return SL_OK;
  }
  sl_pending *pending = &index->pending[p->pending];
  index->tokens[pending->last].next = token;
  pending->last = token;
  pending->count++;
  return SL_OK;
}

// Words of one part; lengths and positions: a number a field, read and written.
static sl_status add_part(sl_fulltext *index, uint32_t what, const uint8_t *bytes, uint32_t length,
                          uint32_t *lengths, uint32_t *positions) {
  sl_corpus *c = &index->corpus;
  const uint32_t field = what % SL_MOST_FIELDS, kind = what - field;
  SL_REQUIRE(what < SL_PART_VALUES + SL_MOST_FIELDS && field < c->fields, SL_ERR_OPTION, "parts",
             "fields of the index");
  const bool english = index->options.language == SL_LANGUAGE_ENGLISH;
  SL_REQUIRE(kind != SL_PART_WORDS || !english, SL_ERR_OPTION, "parts",
             "text, in an index that stems");
  const uint8_t mark = kind == SL_PART_VALUES ? SL_VALUE_MARK : 0;
  uint32_t position = positions[field] > 0 ? positions[field] + GAP : 0;
  sl_word word;
  for (uint32_t at = 0; kind == SL_PART_TEXT ? sl_next_word(bytes, length, at, &word)
                                             : sl_next_line(bytes, length, at, mark, &word);
       at = word.end, position++) {
    uint32_t term;
    SL_TRY(sl_corpus_term(c, english && mark == 0, word.bytes, word.length, &term));
    if (term == SL_LEFT_OUT) continue;
    SL_TRY(add_token(index, term, field, position));
    lengths[field]++;
  }
  positions[field] = position;
  return SL_OK;
}

static void commit(sl_fulltext *index, uint32_t key, const uint32_t *lengths) {
  sl_corpus *c = &index->corpus;
  const uint32_t slot = c->slots;
  for (uint32_t i = 0; i < index->pending_count; i++) {
    const sl_pending *pending = &index->pending[i];
    sl_postings *p = &c->lists[pending->list];
    sl_postings_add(p, slot, pending->count, lengths[p->field]);
    if (!index->options.positions) continue;
    uint32_t before = 0;
    for (uint32_t t = pending->first; t != SL_NONE; t = index->tokens[t].next) {
      sl_put_number(p, index->tokens[t].position - before);
      before = index->tokens[t].position;
    }
  }
  c->postings += index->pending_count;
  for (uint32_t f = 0; f < c->fields; f++) {
    c->lengths[(size_t)slot * c->fields + f] = lengths[f];
    c->total[f] += lengths[f];
    c->having[f] += lengths[f] > 0;
  }
  c->slot_keys[slot] = key;
  c->slots++;
  c->live++;
}

static void kill(sl_corpus *c, uint32_t key) {
  c->slot_keys[c->keys.entries[key].value] = SL_NONE;
  c->keys.entries[key].value = SL_NONE;
  c->live--;
}

// One document: everything that may fail comes before the first change.
static sl_status add_document(sl_fulltext *index, const uint8_t *bytes, uint32_t byte_count,
                              const uint32_t *parts, uint32_t part_count, bool replace) {
  sl_corpus *c = &index->corpus;
  uint32_t lengths[SL_MOST_FIELDS] = {0}, positions[SL_MOST_FIELDS] = {0}, key;
  for (uint32_t i = 0; i < part_count; i++) {
    const uint32_t at = parts[3 * (size_t)i + 1], length = parts[3 * (size_t)i + 2];
    SL_REQUIRE(at <= byte_count && length <= byte_count - at, SL_ERR_OPTION, "parts",
               "places in the bytes");
  }
  SL_REQUIRE(parts[2] >= 1 && parts[2] <= SL_MOST_KEY, SL_ERR_RANGE, "ids", "1 to 1024 bytes");
  SL_TRY(sl_corpus_reserve_slot(c));
  SL_TRY(sl_lexicon_put(&c->keys, bytes + parts[1], parts[2], &key));
  const bool taken = c->keys.entries[key].value != SL_NONE;
  SL_REQUIRE(!taken || replace, SL_ERR_ARGUMENT, "ids", "an id that is not in use");
  for (uint32_t i = 1; i < part_count; i++) {
    const uint32_t *part = parts + 3 * (size_t)i;
    SL_TRY(add_part(index, part[0], bytes + part[1], part[2], lengths, positions));
  }
  for (uint32_t i = 0; i < index->pending_count; i++) {
    const sl_pending *pending = &index->pending[i];
    sl_postings *p = &c->lists[pending->list];
    const size_t before = sl_postings_bytes(p);
    const sl_status status =
        sl_postings_reserve(p, pending->count, c->lengths + p->field, c->fields);
    c->list_bytes += sl_postings_bytes(p) - before;
    SL_TRY(status);
  }
  commit(index, key, lengths);
  if (taken) kill(c, key);
  c->keys.entries[key].value = c->slots - 1;
  return SL_OK;
}

sl_status sl_fulltext_add(sl_fulltext *index, const uint8_t *bytes, uint32_t byte_count,
                          const uint32_t *parts, uint32_t part_count, bool replace,
                          uint32_t *added) {
  *added = 0;
  SL_REQUIRE(index->places == NULL, SL_ERR_UNSUPPORTED, "index", "an index that is whole");
  SL_REQUIRE(part_count == 0 || parts[0] == SL_PART_KEY, SL_ERR_OPTION, "parts",
             "a key that begins a document");
  if (part_count > 0) sl_fulltext_changed(index);
  for (uint32_t i = 0, end; i < part_count; i = end) {
    end = i + 1;
    while (end < part_count && parts[3 * (size_t)end] != SL_PART_KEY) end++;
    const sl_status status =
        add_document(index, bytes, byte_count, parts + 3 * (size_t)i, end - i, replace);
    for (uint32_t k = 0; k < index->pending_count; k++) {
      index->corpus.lists[index->pending[k].list].pending = SL_NONE;
    }
    index->pending_count = 0;
    index->token_count = 0;
    if (status != SL_OK) {
      const sl_error error = *sl_last_error();
      return sl_fail(status, error.argument, error.expected,
                     status == SL_ERR_MEMORY ? error.position : *added);
    }
    ++*added;
  }
  // What an unusually long document has taken is given back.
  if (index->token_room > 1u << 16) {
    sl_free(index->tokens);
    index->tokens = NULL;
    index->token_room = 0;
  }
  return SL_OK;
}

// ---- removing -----------------------------------------------------------------------------------

static uint32_t find_key(const sl_corpus *c, const uint8_t *key, uint32_t length) {
  const uint32_t entry = sl_lexicon_find(&c->keys, key, length);
  return entry == SL_NO_ENTRY || c->keys.entries[entry].value == SL_NONE ? SL_NONE : entry;
}

sl_status sl_fulltext_remove(sl_fulltext *index, const uint8_t *keys, uint32_t byte_count,
                             const uint32_t *lengths, uint32_t count, uint32_t *removed) {
  *removed = 0;
  SL_REQUIRE(index->places == NULL, SL_ERR_UNSUPPORTED, "index", "an index that is whole");
  if (count > 0) sl_fulltext_changed(index);
  for (uint32_t i = 0, at = 0; i < count; at += lengths[i++]) {
    SL_REQUIRE_AT(lengths[i] <= byte_count - at, SL_ERR_OPTION, "lengths", "lengths of the keys",
                  i);
    const uint32_t key = find_key(&index->corpus, keys + at, lengths[i]);
    SL_REQUIRE_AT(key != SL_NONE, SL_ERR_INDEX, "ids", "an id that is in the index", i);
    kill(&index->corpus, key);
    ++*removed;
  }
  return SL_OK;
}

bool sl_fulltext_has(const sl_fulltext *index, const uint8_t *key, uint32_t length) {
  return find_key(&index->corpus, key, length) != SL_NONE;
}

uint32_t sl_fulltext_size(const sl_fulltext *index) { return index->corpus.live; }

void sl_fulltext_schema(const sl_fulltext *index, const uint8_t **schema, uint32_t *bytes) {
  *schema = index->schema;
  *bytes = index->schema_bytes;
}

void sl_fulltext_facts(const sl_fulltext *index, double *facts) {
  const sl_corpus *c = &index->corpus;
  double words = 0;
  for (uint32_t f = 0; f < c->fields; f++) words += (double)c->total[f];
  *facts++ = c->live;
  *facts++ = c->slots - c->live;
  *facts++ = c->words.count;
  *facts++ = c->term_count;
  *facts++ = c->list_count;
  *facts++ = (double)c->postings;
  *facts++ = words;
  *facts++ = c->fields;
  *facts++ = index->options.language;
  *facts++ = index->options.positions;
  for (uint32_t f = 0; f < c->fields; f++) {
    *facts++ = c->having[f];
    *facts++ = (double)c->total[f];
  }
}

void sl_fulltext_keys(const sl_fulltext *index, uint8_t *keys, uint32_t *lengths) {
  const sl_corpus *c = &index->corpus;
  for (uint32_t slot = 0; slot < c->slots; slot++) {
    if (!sl_is_live(c, slot)) continue;
    const uint8_t *bytes = sl_lexicon_at(&c->keys, c->slot_keys[slot], lengths);
    if (keys != NULL) {
      memcpy(keys, bytes, *lengths);
      keys += *lengths;
    }
    lengths++;
  }
}
