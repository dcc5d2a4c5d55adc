// Words of texts, and the terms that they stand for.
#include "text/index.h"
#include "text/stem.h"

static bool is_letter(uint8_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 128;
}

// The length at most SL_MOST_WORD that ends with a whole character.
static uint32_t whole(const uint8_t *bytes, uint32_t length) {
  if (length <= SL_MOST_WORD) return length;
  length = SL_MOST_WORD;
  while (length > 0 && (bytes[length] & 0xc0) == 0x80) length--;
  return length > 0 ? length : SL_MOST_WORD;
}

bool sl_next_word(const uint8_t *text, uint32_t length, uint32_t at, sl_word *word) {
  while (at < length && !is_letter(text[at])) at++;
  if (at == length) return false;
  word->at = at;
  uint32_t n = 0;
  for (; at < length; at++) {
    uint8_t c = text[at];
    if (!is_letter(c)) {
      if (c != '\'' || at + 1 == length || !is_letter(text[at + 1])) break;
    } else if (c >= 'A' && c <= 'Z') {
      c += 'a' - 'A';
    }
    if (n <= SL_MOST_WORD) word->bytes[n++] = c;
  }
  word->end = at;
  word->length = whole(word->bytes, n);
  return true;
}

bool sl_next_line(const uint8_t *text, uint32_t length, uint32_t at, uint8_t mark, sl_word *word) {
  while (at < length && text[at] == '\n') at++;
  if (at == length) return false;
  word->at = at;
  uint32_t n = 0;
  if (mark != 0) word->bytes[n++] = mark;
  for (; at < length && text[at] != '\n'; at++) {
    if (n <= SL_MOST_WORD) word->bytes[n++] = text[at];
  }
  word->end = at;
  word->length = whole(word->bytes, n);
  return true;
}

static sl_status new_term(sl_corpus *c, uint32_t word, uint32_t *term) {
  SL_REQUIRE(c->term_count < 1u << 30, SL_ERR_OVERFLOW, "words", "fewer different words");
  SL_TRY(SL_MAKE_ROOM(&c->terms, &c->term_room, 2 * (c->term_count + 1)));
  c->terms[2 * (size_t)c->term_count] = SL_NONE;
  c->terms[2 * (size_t)c->term_count + 1] = word;
  *term = c->term_count++;
  return SL_OK;
}

sl_status sl_corpus_term(sl_corpus *c, bool stemmed, const uint8_t *bytes, uint32_t length,
                         uint32_t *term) {
  uint32_t word, stem;
  SL_TRY(sl_lexicon_put(&c->words, bytes, length, &word));
  *term = c->words.entries[word].value;
  if (*term != SL_NONE) return SL_OK;
  if (stemmed) {
    uint8_t letters[SL_MOST_WORD + 1];
    memcpy(letters, bytes, length);
    SL_TRY(sl_lexicon_put(&c->stems, letters, sl_stem_english(letters, length), &stem));
    *term = c->stems.entries[stem].value;
    if (*term == SL_NONE) SL_TRY(new_term(c, word, term));
    c->stems.entries[stem].value = *term;
  } else {
    SL_TRY(new_term(c, word, term));
  }
  c->words.entries[word].value = *term;
  return SL_OK;
}

uint32_t sl_corpus_find_term(const sl_corpus *c, bool stemmed, const uint8_t *bytes,
                             uint32_t length) {
  const uint32_t word = sl_lexicon_find(&c->words, bytes, length);
  if (word != SL_NO_ENTRY && c->words.entries[word].value != SL_NONE)
    return c->words.entries[word].value;
  if (!stemmed) return SL_NONE;
  uint8_t letters[SL_MOST_WORD + 1];
  memcpy(letters, bytes, length);
  const uint32_t stem = sl_lexicon_find(&c->stems, letters, sl_stem_english(letters, length));
  return stem == SL_NO_ENTRY ? SL_NONE : c->stems.entries[stem].value;
}
