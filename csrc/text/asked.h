// A question, made ready. Internal to the room.
//
//   clauses   what was asked, a word each
//   sources   for each clause the lists that may satisfy it: a term in a field, or a phrase in a field
//   streams   what a search walks through: a list, or the sum of the sources of a clause made beforehand
#ifndef SL_TEXT_ASKED_H
#define SL_TEXT_ASKED_H

#include "text/index.h"

typedef struct sl_source {
  const sl_postings *list; // NULL: a phrase, in these arrays, which are its own
  uint32_t *documents, *frequencies;
  uint32_t count; // of documents
  uint32_t field;
  uint32_t group; // sources of one term in several fields have the same
  uint32_t word;  // of the lexicon
  double boost;   // of the field
  double factor;  // what the weight is apart from idf and boost
  double idf;
  // The score: weight / (1 + (shift + slope * length) / frequency)
  double weight, shift, slope;
} sl_source;

typedef struct sl_asked_clause {
  sl_occur occur;
  uint32_t given;        // number of the clause that was asked
  uint32_t first, count; // sources
  uint32_t first_stream, streams;
} sl_asked_clause;

typedef struct sl_stream {
  const sl_source *source; // of a list; NULL: an array
  uint32_t *documents;     // its own
  double *scores;
  uint32_t count, at;
  uint32_t document; // where it stands
  uint32_t block;    // whose bound this is
  double block_most, most;
  sl_cursor_in cursor;
} sl_stream;

// A word that a prefix or a fuzzy word stands for.
typedef struct sl_expansion {
  uint32_t term, word;
  uint32_t at; // in the order of words
  double weight;
} sl_expansion;

struct sl_asked {
  const sl_corpus *corpus;
  bool stemmed, positions;
  const sl_fulltext_question *question;
  const double *boosts;
  sl_asked_clause *clauses;
  uint32_t clause_count, clause_room;
  sl_source *sources;
  uint32_t source_count, source_room;
  uint32_t groups;
  sl_stream *streams;
  uint32_t stream_count, stream_room;
  sl_expansion *expansions;
  uint32_t expansion_count, expansion_room;
  // Of an index that is read by ranges.
  bool collecting;  // which terms are asked for, in place of their lists
  uint32_t *wanted; // terms
  uint32_t wanted_count, wanted_room;
  const sl_places *places;
  // Kept from one question to the next.
  double *sums, *inner; // a number a slot, zeros between questions
  uint64_t *touched;    // a bit a slot, zeros between questions
  uint64_t *allowed, *matches, *live;
  uint32_t slots;        // that there is room for
  uint64_t live_version; // + 1; 0: never
  uint64_t matches_version;
  uint8_t *rows; // of distances
};

// Makes ready what is asked: clauses and sources. Errors: those of sl_fulltext_search().
sl_status sl_asked_begin(sl_fulltext *index, const double *clauses, uint32_t clause_count,
                         const uint8_t *text, uint32_t text_bytes,
                         const sl_fulltext_question *question, const double *boosts);
// Frees what belongs to one question.
void sl_asked_end(sl_asked *asked);

// Checks the numbers of a clause, and reads them.
typedef struct sl_clause {
  sl_occur occur;
  sl_clause_kind kind;
  uint32_t fields, at, length, distance;
  double boost;
} sl_clause;
sl_status sl_clause_read(const double *numbers, uint32_t text_bytes, uint32_t i, sl_clause *out);

// The words that a word stands for, appended to asked->expansions. Errors: ERR_MEMORY. Sorts the lexicon.
sl_status sl_expand_prefix(sl_fulltext *index, const sl_word *word);
sl_status sl_expand_fuzzy(sl_fulltext *index, const sl_word *word, uint32_t distance);

// Whether two words are at most `distance` edits apart.
bool sl_is_near(const uint8_t *a, uint32_t a_length, const uint8_t *b, uint32_t b_length,
                uint32_t distance);

// The documents that have the terms at these places of a field, and how often. Allocates both.
//   terms    count pairs: a term, and its place in the phrase
//   Errors: ERR_MEMORY; nothing is allocated then.
sl_status sl_phrase_find(const sl_corpus *corpus, const uint32_t *terms, uint32_t count,
                         uint32_t field, sl_source *out);

// Frequency of a source in a document; 0: none.
uint32_t sl_source_frequency(const sl_source *source, uint32_t slot);
static inline double sl_source_score(const sl_source *s, uint32_t frequency, uint32_t length) {
  return s->weight / (1 + (s->shift + s->slope * length) / frequency);
}
static inline uint32_t sl_length_of(const sl_corpus *c, uint32_t slot, uint32_t field) {
  return c->lengths[(size_t)slot * c->fields + field];
}

// Room for a bit and a number of each slot. Errors: ERR_MEMORY.
sl_status sl_asked_reserve(sl_fulltext *index);
// Bits of living documents, kept until the next change.
const uint64_t *sl_asked_live(sl_fulltext *index);

// Streams of the clauses that score. Errors: ERR_MEMORY.
sl_status sl_streams_make(sl_asked *asked);
void sl_stream_seek(sl_stream *stream, uint32_t document);
double sl_stream_score(const sl_corpus *corpus, sl_stream *stream);
double sl_stream_block_most(const sl_corpus *corpus, sl_stream *stream);
uint32_t sl_stream_block_end(const sl_stream *stream);
// Sets the bits of all its documents.
void sl_source_mark(const sl_source *source, sl_cursor_in *cursor, uint64_t *bits);
void sl_stream_mark(const sl_stream *stream, sl_cursor_in *cursor, uint64_t *bits);

static inline void sl_bit_set(uint64_t *bits, uint32_t i) {
  bits[i >> 6] |= (uint64_t)1 << (i & 63);
}
static inline bool sl_bit_at(const uint64_t *bits, uint32_t i) {
  return bits[i >> 6] >> (i & 63) & 1;
}

// Bits of the documents of a filter that live.
//   out   written: until the index changes. Errors: ERR_MEMORY.
sl_status sl_filter_of(sl_fulltext_filter *filter, sl_fulltext *index, const uint64_t **out);

#endif
