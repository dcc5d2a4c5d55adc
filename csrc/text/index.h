// What an index holds. Internal to the room; the contract is fulltext.h.
#ifndef SL_TEXT_INDEX_H
#define SL_TEXT_INDEX_H

#include <string.h>

#include "base/arena.h"
#include "text/fulltext.h"
#include "text/lexicon.h"
#include "text/postings.h"
#include "text/room.h"

#define SL_NONE UINT32_MAX
// The value of a word that is left out.
#define SL_LEFT_OUT (UINT32_MAX - 1)
// Values of fields begin with this byte in the lexicon, words with none like it.
enum { SL_VALUE_MARK = 1 };

// Documents are numbered in the order in which they came: `slot`.
typedef struct sl_corpus {
  uint32_t fields;
  bool positions;
  sl_lexicon words; // value: the term
  sl_lexicon stems; // where words are stemmed; value: the term
  sl_lexicon keys;  // value: the slot
  uint32_t *terms;  // of a term its first list, and its first word
  uint32_t term_count, term_room;
  sl_postings *lists;
  uint32_t list_count, list_room;
  uint32_t *slot_keys; // SL_NONE: removed
  uint32_t *lengths;   // slot * fields + field
  uint32_t slots, slot_keys_room, lengths_room;
  uint32_t live;
  uint64_t total[SL_MOST_FIELDS];  // words of all slots
  uint32_t having[SL_MOST_FIELDS]; // slots with a word
  uint64_t postings;
  size_t list_bytes;
} sl_corpus;

typedef struct sl_token {
  uint32_t position, next;
} sl_token;
typedef struct sl_pending {
  uint32_t list, first, last, count;
} sl_pending;

typedef struct sl_buffer {
  void *at;
  uint32_t room; // bytes
} sl_buffer;

typedef struct sl_optimizing sl_optimizing;
typedef struct sl_places sl_places;
typedef struct sl_asked sl_asked;

struct sl_fulltext {
  sl_job job; // the first member
  sl_fulltext_options options;
  sl_corpus corpus;
  uint8_t *schema;
  uint32_t schema_bytes;
  uint64_t version; // counts changes
  uint64_t
      serial; // of the index among all, so that another one at the same address is not taken for it
  // Of the document that is being added.
  sl_token *tokens;
  uint32_t token_count, token_room;
  sl_pending *pending;
  uint32_t pending_count, pending_room;
  sl_optimizing *optimizing;
  uint64_t work;
  sl_places *places; // of lists that are read when they are needed; NULL: all lists are there
  // Of questions.
  sl_asked *asked;
  sl_buffer results, keys, parts;
};

// What a new index has.
void sl_fulltext_begin(sl_fulltext *index);

void sl_corpus_free(sl_corpus *corpus);
size_t sl_corpus_bytes(const sl_corpus *corpus);

// A word of a text: lower case, cut, and how it is found in the lexicon.
typedef struct sl_word {
  uint8_t bytes[SL_MOST_WORD + 1];
  uint32_t length;
  uint32_t at, end; // in the text
} sl_word;

// The next word from `at` on; false: there is none.
bool sl_next_word(const uint8_t *text, uint32_t length, uint32_t at, sl_word *word);
// The next piece between line feeds that is not empty. mark: a byte to put before it, or 0.
bool sl_next_line(const uint8_t *text, uint32_t length, uint32_t at, uint8_t mark, sl_word *word);

// The term of a word, which is added where it is new. SL_LEFT_OUT for a word that is. Errors: ERR_MEMORY, ERR_OVERFLOW.
sl_status sl_corpus_term(sl_corpus *corpus, bool stemmed, const uint8_t *bytes, uint32_t length,
                         uint32_t *term);
// The same where nothing may be added: SL_NONE for a word that is not there.
uint32_t sl_corpus_find_term(const sl_corpus *corpus, bool stemmed, const uint8_t *bytes,
                             uint32_t length);

static inline uint32_t sl_first_list(const sl_corpus *c, uint32_t term) {
  return c->terms[2 * (size_t)term];
}
static inline bool sl_is_live(const sl_corpus *c, uint32_t slot) {
  return c->slot_keys[slot] != SL_NONE;
}

// The list of a term in a field, which is made where there is none. Errors: ERR_MEMORY, ERR_OVERFLOW.
sl_status sl_corpus_list(sl_corpus *corpus, uint32_t term, uint32_t field, uint32_t *list);
// The same, or SL_NONE.
uint32_t sl_corpus_find_list(const sl_corpus *corpus, uint32_t term, uint32_t field);

// Adds an empty document. Errors: ERR_MEMORY, ERR_OVERFLOW.
sl_status sl_corpus_reserve_slot(sl_corpus *corpus);

sl_status sl_buffer_reserve(sl_buffer *buffer, uint64_t bytes);

// Nothing that was found or begun is of use any more.
void sl_fulltext_changed(sl_fulltext *index);
void sl_optimizing_free(sl_optimizing *optimizing);
size_t sl_optimizing_bytes(const sl_optimizing *optimizing);
void sl_places_free(sl_places *places);
size_t sl_places_bytes(const sl_places *places);
// Are the lists of the term there?
bool sl_places_has(const sl_places *places, uint32_t term);
void sl_asked_free(sl_asked *asked);
size_t sl_asked_bytes(const sl_asked *asked);

#endif
