// Saving and loading. Numbers take 7 bits a byte, the lowest first, where nothing else is said.
//
// What can be made again is not in the file: terms follow from the words and the stemmer, blocks from
// the postings. A loaded index gives the same bits as the one that was saved.
#include "text/file.h"
#include "text/file_parts.h"

#define TAG_META SL_TAG('M', 'E', 'T', 'A')
#define TAG_SCHEMA SL_TAG('S', 'C', 'H', 'M')
#define TAG_KEYS SL_TAG('K', 'E', 'Y', 'S')
#define TAG_LENGTHS SL_TAG('L', 'E', 'N', 'S')
#define TAG_WORDS SL_TAG('W', 'O', 'R', 'D')
#define TAG_POSTINGS SL_TAG('P', 'O', 'S', 'T')

// Section `META`, as it stands in the file.
typedef struct meta {
  uint32_t fields, language, positions, documents, words, reserved[3];
} meta;

// Heads of keys: 16 * shared + rest, both below 15; or one of these.
enum { KEY_LONG = 0xff, KEY_REMOVED = 0xfe };

// ---- writing ------------------------------------------------------------------------------------

sl_status sl_text_put(sl_text_out *o, uint32_t number) {
  SL_REQUIRE(o->used < UINT32_MAX - 16, SL_ERR_OVERFLOW, "index", "a file below 4 GB");
  SL_TRY(SL_MAKE_ROOM(&o->at, &o->room, o->used + 5));
  for (; number >= 128; number >>= 7) o->at[o->used++] = (uint8_t)(number | 128);
  o->at[o->used++] = (uint8_t)number;
  return SL_OK;
}

static sl_status put_bytes(sl_text_out *o, const uint8_t *bytes, uint32_t count) {
  SL_REQUIRE(count < UINT32_MAX - 16 - o->used, SL_ERR_OVERFLOW, "index", "a file below 4 GB");
  SL_TRY(SL_MAKE_ROOM(&o->at, &o->room, o->used + count));
  if (count > 0) memcpy(o->at + o->used, bytes, count);
  o->used += count;
  return SL_OK;
}

static uint32_t shared_of(const uint8_t *a, uint32_t a_length, const uint8_t *b,
                          uint32_t b_length) {
  uint32_t n = 0;
  while (n < a_length && n < b_length && a[n] == b[n]) n++;
  return n;
}

static sl_status put_keys(const sl_corpus *c, sl_text_out *o) {
  const uint8_t *before = NULL;
  uint32_t before_length = 0;
  for (uint32_t slot = 0; slot < c->slots; slot++) {
    uint8_t head = KEY_REMOVED;
    if (!sl_is_live(c, slot)) {
      SL_TRY(put_bytes(o, &head, 1));
      continue;
    }
    uint32_t length;
    const uint8_t *key = sl_lexicon_at(&c->keys, c->slot_keys[slot], &length);
    const uint32_t shared = shared_of(before, before_length, key, length), rest = length - shared;
    head = shared < 15 && rest < 15 ? (uint8_t)(16 * shared + rest) : KEY_LONG;
    SL_TRY(put_bytes(o, &head, 1));
    if (head == KEY_LONG) {
      SL_TRY(sl_text_put(o, shared));
      SL_TRY(sl_text_put(o, rest));
    }
    SL_TRY(put_bytes(o, key + shared, rest));
    before = key;
    before_length = length;
  }
  return SL_OK;
}

static sl_status put_list(const sl_fulltext *index, const sl_postings *p, sl_cursor_in *cursor,
                          uint32_t **positions, uint32_t *room, sl_text_out *o) {
  const bool with_positions = index->options.positions;
  uint32_t before = SL_NO_DOCUMENT;
  for (sl_cursor_open(cursor, p); cursor->document != SL_NO_DOCUMENT;
       sl_cursor_to(cursor, cursor->document + 1)) {
    const uint32_t frequency = sl_cursor_frequency(cursor);
    SL_TRY(sl_text_put(o, 2 * (cursor->document - before - 1) + (frequency == 1)));
    before = cursor->document;
    if (frequency != 1) SL_TRY(sl_text_put(o, frequency));
    if (!with_positions) continue;
    SL_TRY(SL_MAKE_ROOM(positions, room, frequency));
    sl_cursor_positions(cursor, *positions);
    for (uint32_t i = 0; i < frequency; i++)
      SL_TRY(sl_text_put(o, (*positions)[i] - (i == 0 ? 0 : (*positions)[i - 1])));
  }
  return SL_OK;
}

// Lists of a term, fields in their order; then as many zeros as fields that have none.
static sl_status put_term(const sl_fulltext *index, uint32_t term, sl_cursor_in *cursor,
                          uint32_t **positions, uint32_t *room, sl_text_out *o) {
  const sl_corpus *c = &index->corpus;
  for (uint32_t f = 0; f < c->fields; f++) {
    const uint32_t list = sl_corpus_find_list(c, term, f);
    SL_TRY(sl_text_put(o, list == SL_NONE ? 0 : c->lists[list].count));
    if (list != SL_NONE) SL_TRY(put_list(index, &c->lists[list], cursor, positions, room, o));
  }
  return SL_OK;
}

static sl_status put_words(const sl_fulltext *index, sl_text_out *o) {
  const sl_lexicon *words = &index->corpus.words;
  const uint8_t *before = NULL;
  uint32_t before_length = 0;
  for (uint32_t i = 0; i < words->ordered; i++) {
    const uint32_t entry = words->order[i];
    uint32_t length;
    const uint8_t *word = sl_lexicon_at(words, entry, &length);
    const uint32_t shared = shared_of(before, before_length, word, length);
    SL_TRY(sl_text_put(o, shared));
    SL_TRY(sl_text_put(o, 2 * (length - shared) + (words->entries[entry].value == SL_LEFT_OUT)));
    SL_TRY(put_bytes(o, word + shared, length - shared));
    before = word;
    before_length = length;
  }
  return SL_OK;
}

sl_status sl_text_put_lists(const sl_fulltext *index, sl_text_out *o, sl_text_out *sizes) {
  const sl_corpus *c = &index->corpus;
  const sl_lexicon *words = &c->words;
  uint8_t *seen = NULL;
  uint32_t *positions = NULL, room = 0;
  sl_cursor_in *cursor = NULL;
  sl_status status = SL_ALLOC_ZERO(&seen, c->term_count);
  if (status == SL_OK) status = SL_ALLOC(&cursor, 1);
  for (uint32_t i = 0; i < words->ordered && status == SL_OK; i++) {
    const uint32_t term = words->entries[words->order[i]].value, before = o->used;
    if (term >= SL_LEFT_OUT || seen[term]) continue;
    seen[term] = 1;
    status = put_term(index, term, cursor, &positions, &room, o);
    if (status == SL_OK && sizes != NULL) status = sl_text_put(sizes, o->used - before);
  }
  sl_free(seen);
  sl_free(cursor);
  sl_free(positions);
  return status;
}

// Words of which nothing became, when memory ended in the middle, are not for the file.
static sl_status forget_words(sl_fulltext *index) {
  sl_lexicon *words = &index->corpus.words;
  for (uint32_t i = 0; i < words->count; i++) {
    uint32_t term;
    if (words->entries[i].value != SL_NONE) continue;
    const uint8_t *bytes = words->pool + words->entries[i].at;
    const bool stemmed = index->options.language == SL_LANGUAGE_ENGLISH &&
                         !(words->entries[i].length > 0 && bytes[0] == SL_VALUE_MARK);
    uint8_t copy[SL_MOST_WORD + 1];
    memcpy(copy, bytes, words->entries[i].length);
    SL_TRY(sl_corpus_term(&index->corpus, stemmed, copy, words->entries[i].length, &term));
  }
  return SL_OK;
}

sl_status sl_text_settle(sl_fulltext *index) {
  SL_REQUIRE(index->places == NULL, SL_ERR_UNSUPPORTED, "index", "an index that is whole");
  SL_TRY(forget_words(index));
  return sl_lexicon_sort(&index->corpus.words);
}

sl_status sl_text_put_head(sl_fulltext *index, sl_writer *writer) {
  const sl_corpus *c = &index->corpus;
  SL_TRY(sl_text_settle(index));
  const meta m = {.fields = c->fields,
                  .language = index->options.language,
                  .positions = index->options.positions,
                  .documents = c->slots,
                  .words = c->words.count};
  sl_writer_add_copy(writer, TAG_META, &m, sizeof m);
  sl_writer_add_copy(writer, TAG_SCHEMA, index->schema, index->schema_bytes);
  sl_text_out o = {0};
  sl_status status = put_keys(c, &o);
  if (status == SL_OK) sl_writer_add_copy(writer, TAG_KEYS, o.at, o.used);
  o.used = 0;
  for (uint64_t i = 0; i < (uint64_t)c->slots * c->fields && status == SL_OK; i++)
    status = sl_text_put(&o, c->lengths[i]);
  if (status == SL_OK) sl_writer_add_copy(writer, TAG_LENGTHS, o.at, o.used);
  o.used = 0;
  if (status == SL_OK) status = put_words(index, &o);
  if (status == SL_OK) sl_writer_add_copy(writer, TAG_WORDS, o.at, o.used);
  sl_free(o.at);
  return status;
}

static sl_status add_sections(sl_fulltext *index, sl_writer *writer) {
  SL_TRY(sl_text_put_head(index, writer));
  sl_text_out o = {0};
  const sl_status status = sl_text_put_lists(index, &o, NULL);
  if (status == SL_OK) sl_writer_add_copy(writer, TAG_POSTINGS, o.at, o.used);
  sl_free(o.at);
  return status;
}

sl_status sl_fulltext_save(sl_fulltext *index, sl_writer **out) {
  SL_TRY(sl_writer_create(SL_FILE_TEXT, out));
  const sl_status status = add_sections(index, *out);
  if (status != SL_OK) {
    sl_writer_destroy(*out);
    *out = NULL;
    return status;
  }
  sl_writer_watch(*out, &index->version);
  return SL_OK;
}

// ---- reading ------------------------------------------------------------------------------------

sl_status sl_text_take(sl_reader *reader, uint32_t tag, sl_text_in *in) {
  sl_section section;
  SL_TRY(sl_reader_section(reader, &section));
  SL_TRY(sl_reader_take(reader, tag, section.bytes, (void **)&in->block));
  in->at = in->block;
  in->end = in->block + section.bytes;
  return SL_OK;
}

bool sl_text_get(sl_text_in *in, uint32_t *out) {
  uint32_t number = 0;
  for (uint32_t shift = 0; shift < 35 && in->at < in->end; shift += 7) {
    const uint32_t byte = *in->at++;
    if (shift == 28 && byte > 15) return false;
    number |= (byte & 127) << shift;
    if (byte < 128) {
      *out = number;
      return byte != 0 || shift == 0;
    }
  }
  return false;
}

static bool get_bytes(sl_text_in *in, uint32_t count, uint8_t *to) {
  if ((size_t)(in->end - in->at) < count) return false;
  memcpy(to, in->at, count);
  in->at += count;
  return true;
}

static sl_status take_keys(sl_fulltext *index, sl_reader *reader, sl_text_in *in, uint32_t slots) {
  sl_corpus *c = &index->corpus;
  uint8_t key[SL_MOST_KEY];
  uint32_t length = 0;
  if (slots > (size_t)(in->end - in->at)) return sl_reader_bad(reader, "a key for each document");
  for (uint32_t slot = 0; slot < slots; slot++) {
    uint32_t entry = SL_NONE;
    uint8_t head;
    bool right = get_bytes(in, 1, &head);
    if (right && head != KEY_REMOVED) {
      uint32_t shared = head >> 4, rest = head & 15;
      if (head == KEY_LONG)
        right = sl_text_get(in, &shared) && sl_text_get(in, &rest) && (shared > 14 || rest > 14);
      right = right && (head == KEY_LONG || (shared < 15 && rest < 15)) && shared <= length &&
              rest <= SL_MOST_KEY - shared && shared + rest > 0;
      // The longest beginning is shared, so that there is one way to write each key.
      const uint8_t next = right && shared < length ? key[shared] : 0;
      right = right && get_bytes(in, rest, key + shared) &&
              !(shared < length && rest > 0 && key[shared] == next);
      if (!right) return sl_reader_bad(reader, "keys of documents");
      length = shared + rest;
      SL_TRY(sl_lexicon_put(&c->keys, key, length, &entry));
      right = c->keys.entries[entry].value == SL_NONE;
      c->keys.entries[entry].value = slot;
      c->live++;
    }
    if (!right) return sl_reader_bad(reader, "keys of documents, each once");
    SL_TRY(sl_corpus_reserve_slot(c));
    c->slot_keys[c->slots++] = entry;
  }
  return in->at == in->end ? SL_OK : sl_reader_bad(reader, "keys of documents and nothing else");
}

static sl_status take_lengths(sl_fulltext *index, sl_reader *reader, sl_text_in *in) {
  sl_corpus *c = &index->corpus;
  for (uint32_t slot = 0; slot < c->slots; slot++) {
    for (uint32_t f = 0; f < c->fields; f++) {
      uint32_t words;
      if (!sl_text_get(in, &words) || words >= 1u << 31)
        return sl_reader_bad(reader, "lengths of fields");
      c->lengths[(size_t)slot * c->fields + f] = words;
      c->total[f] += words;
      c->having[f] += words > 0;
    }
  }
  return in->at == in->end ? SL_OK : sl_reader_bad(reader, "lengths of fields");
}

static sl_status take_words(sl_fulltext *index, sl_reader *reader, sl_text_in *in, uint32_t count) {
  sl_corpus *c = &index->corpus;
  const bool english = index->options.language == SL_LANGUAGE_ENGLISH;
  uint8_t word[SL_MOST_WORD + 1], before[SL_MOST_WORD + 1];
  uint32_t length = 0;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t shared, rest, term, before_length = length;
    memcpy(before, word, length);
    bool right = sl_text_get(in, &shared) && sl_text_get(in, &rest) && shared <= length &&
                 rest / 2 <= SL_MOST_WORD - shared && get_bytes(in, rest / 2, word + shared);
    if (!right) return sl_reader_bad(reader, "words in their order");
    length = shared + rest / 2;
    // Ascending, with the longest beginning shared.
    if (shared < before_length)
      right = rest / 2 > 0 && word[shared] > before[shared];
    else
      right = rest / 2 > 0;
    if (!right) return sl_reader_bad(reader, "words in their order");
    if ((rest & 1) != 0) {
      uint32_t entry;
      SL_TRY(sl_lexicon_put(&c->words, word, length, &entry));
      c->words.entries[entry].value = SL_LEFT_OUT;
    } else {
      SL_TRY(sl_corpus_term(c, english && word[0] != SL_VALUE_MARK, word, length, &term));
    }
  }
  return in->at == in->end ? SL_OK : sl_reader_bad(reader, "words and nothing else");
}

typedef struct loading {
  sl_text_in in;
  uint32_t *left; // words of each field of each document that have not come
} loading;

sl_status sl_text_take_posting(sl_fulltext *index, sl_text_in *in, uint32_t *left, uint32_t list,
                               uint32_t before, const char **wrong) {
  sl_corpus *c = &index->corpus;
  uint32_t number, frequency = 1;
  bool right = sl_text_get(in, &number);
  if (right && (number & 1) == 0) right = sl_text_get(in, &frequency) && frequency > 1;
  const uint64_t slot = (uint64_t)(before + 1) + number / 2;
  const uint32_t field = c->lists[list].field;
  const uint32_t *most = left == NULL ? c->lengths : left;
  right = right && slot < c->slots && frequency <= most[slot * c->fields + field] &&
          frequency <= (size_t)(index->options.positions ? in->end - in->at : UINT32_MAX / 8);
  if (!right) {
    *wrong = "documents in their order, as long as they are";
    return SL_OK;
  }
  if (left != NULL) left[slot * c->fields + field] -= frequency;
  SL_TRY(sl_postings_reserve(&c->lists[list], frequency, c->lengths + field, c->fields));
  sl_postings *p = &c->lists[list];
  sl_postings_add(p, (uint32_t)slot, frequency, sl_length_of(c, (uint32_t)slot, field));
  c->postings++;
  uint64_t position = 0;
  for (uint32_t i = 0; i < frequency && index->options.positions; i++) {
    right = sl_text_get(in, &number) && (i == 0 || number > 0);
    position += number;
    if (!right || position > UINT32_MAX) {
      *wrong = "ascending positions";
      return SL_OK;
    }
    sl_put_number(p, number);
  }
  return SL_OK;
}

static sl_status take_postings(sl_fulltext *index, sl_reader *reader, loading *l) {
  sl_corpus *c = &index->corpus;
  const uint64_t lengths = (uint64_t)c->slots * c->fields;
  SL_TRY(SL_ALLOC(&l->left, lengths));
  if (lengths > 0) memcpy(l->left, c->lengths, lengths * sizeof *l->left);
  for (uint32_t term = 0; term < c->term_count; term++) {
    for (uint32_t f = 0; f < c->fields; f++) {
      uint32_t count, list, before = UINT32_MAX;
      if (!sl_text_get(&l->in, &count)) return sl_reader_bad(reader, "lists of each word");
      if (count == 0) continue;
      SL_TRY(sl_corpus_list(c, term, f, &list));
      for (uint32_t i = 0; i < count; i++) {
        const char *wrong = NULL;
        SL_TRY(sl_text_take_posting(index, &l->in, l->left, list, before, &wrong));
        if (wrong != NULL) return sl_reader_bad(reader, wrong);
        before = c->lists[list].last;
      }
      sl_postings *p = &c->lists[list];
      SL_TRY(sl_trim_room((void **)&p->data, 1, &p->room, p->used));
      c->list_bytes += sl_postings_bytes(p);
    }
  }
  bool right = l->in.at == l->in.end;
  for (uint64_t i = 0; i < lengths && right; i++) right = l->left[i] == 0;
  return right ? SL_OK : sl_reader_bad(reader, "every word of every document once");
}

sl_status sl_text_take_head(sl_fulltext *index, sl_reader *reader) {
  meta m;
  sl_section schema;
  SL_TRY(sl_reader_end(reader));
  SL_TRY(sl_reader_copy(reader, TAG_META, &m, sizeof m));
  const bool right = m.fields >= 1 && m.fields <= SL_MOST_FIELDS &&
                     m.language <= SL_LANGUAGE_ENGLISH && m.positions <= 1 && m.reserved[0] == 0 &&
                     m.reserved[1] == 0 && m.reserved[2] == 0;
  if (!right) return sl_reader_bad(reader, "1 to 32 fields, a language, then zeros");
  index->options = (sl_fulltext_options){m.fields, (sl_language)m.language, m.positions};
  index->corpus.fields = m.fields;
  index->corpus.positions = m.positions;
  SL_TRY(sl_reader_section(reader, &schema));
  if (schema.bytes > 1u << 24) return sl_reader_bad(reader, "a schema below 16 MB");
  index->schema_bytes = (uint32_t)schema.bytes;
  SL_TRY(sl_reader_take(reader, TAG_SCHEMA, schema.bytes, (void **)&index->schema));
  sl_text_in keys = {0}, lengths = {0}, words = {0};
  sl_status status = sl_text_take(reader, TAG_KEYS, &keys);
  if (status == SL_OK) status = take_keys(index, reader, &keys, m.documents);
  if (status == SL_OK) status = sl_text_take(reader, TAG_LENGTHS, &lengths);
  if (status == SL_OK) status = take_lengths(index, reader, &lengths);
  if (status == SL_OK) status = sl_text_take(reader, TAG_WORDS, &words);
  if (status == SL_OK) status = take_words(index, reader, &words, m.words);
  sl_free(keys.block);
  sl_free(lengths.block);
  sl_free(words.block);
  return status;
}

static sl_status read_file(sl_fulltext *index, sl_reader *reader, loading *l) {
  SL_TRY(sl_text_take_head(index, reader));
  SL_TRY(sl_text_take(reader, TAG_POSTINGS, &l->in));
  SL_TRY(take_postings(index, reader, l));
  return sl_reader_close(reader);
}

sl_status sl_fulltext_load(sl_reader *reader, sl_fulltext **out) {
  *out = NULL;
  sl_fulltext *index;
  SL_TRY(SL_ALLOC_ZERO(&index, 1));
  sl_fulltext_begin(index);
  loading l = {0};
  const sl_status status = read_file(index, reader, &l);
  sl_free(l.in.block);
  sl_free(l.left);
  if (status != SL_OK) {
    sl_fulltext_destroy(index);
    return status;
  }
  *out = index;
  return SL_OK;
}
