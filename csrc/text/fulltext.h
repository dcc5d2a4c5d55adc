// Full-text search: an inverted index of documents of several fields, ranked by BM25.
//
//   sl_fulltext_create -> [ sl_fulltext_add | sl_fulltext_remove | sl_fulltext_search ]*
//     -> sl_fulltext_optimize -> sl_job_step(sl_fulltext_job(...), ...)
//
// Documents have keys, which are bytes. Text is UTF-8 whose case, accents and scripts without spaces the
// caller has folded where they are not ASCII: words are runs of ASCII letters, digits and bytes from 128
// on, and apostrophes between them; everything else parts words. ASCII letters become small here. Of a
// word longer than SL_MOST_WORD bytes the first SL_MOST_WORD (whole characters) are kept, in documents and queries alike.
//
// A document that is removed is never found any more. Its words count in the statistics (number of documents,
// of documents with a word, average length) until sl_fulltext_optimize(), as in Lucene; then they are
// those of the living documents.
#ifndef SL_TEXT_FULLTEXT_H
#define SL_TEXT_FULLTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/container.h"
#include "base/job.h"
#include "base/status.h"

typedef struct sl_fulltext sl_fulltext;
typedef struct sl_fulltext_filter sl_fulltext_filter;

enum {
  SL_MOST_FIELDS = 32,
  SL_MOST_WORD = 255,
  SL_MOST_KEY = 1024,
  SL_MOST_CLAUSES = 1024,
  SL_MOST_COUNTED = 1000
};

typedef enum sl_language { SL_LANGUAGE_NONE = 0, SL_LANGUAGE_ENGLISH = 1 } sl_language;

typedef struct sl_fulltext_options {
  uint32_t fields;      // 1 to SL_MOST_FIELDS
  sl_language language; // ENGLISH: words are stemmed (stem.h)
  bool positions;       // kept, for phrases; about a byte a word
} sl_fulltext_options;

// An empty index.
//   schema   schema_bytes, copied: whatever the host wants to find again in a file
//   Errors: ERR_OPTION, ERR_MEMORY. Allocates.
sl_status sl_fulltext_create(const sl_fulltext_options *options, const uint8_t *schema,
                             uint32_t schema_bytes, sl_fulltext **out);
void sl_fulltext_destroy(sl_fulltext *index);

// Words that are left out of documents and queries. To be called before the first document.
//   words   count bytes, read: words as they are in analysed text, parted by line feeds
//   Errors: ERR_STATE ("words": there are documents), ERR_MEMORY. O(count).
sl_status sl_fulltext_leave_out(sl_fulltext *index, const uint8_t *words, uint32_t count);

// What a part of `parts` is: three numbers each, what, where in `bytes` it begins, and its length.
typedef enum sl_part {
  SL_PART_TEXT = 0,   // + field: text
  SL_PART_WORDS = 32, // + field: words that are complete, stemmed if need be, parted by line feeds
  SL_PART_VALUES =
      64, // + field: values parted by line feeds, each of which is one word, apart from those of texts
  SL_PART_KEY = 255 // begins a document
} sl_part;

// Adds documents, each a key and the parts of its fields. Fields may be missing, and have more parts.
//   bytes      byte_count, read
//   parts      3 * part_count, read
//   replace    whether a document of the same key gives way
//   added      written, also on failure: how many are in the index
//   Errors: ERR_ARGUMENT ("ids": the key is taken), ERR_RANGE ("ids": empty or above SL_MOST_KEY
//           bytes), ERR_OPTION ("parts"), ERR_OVERFLOW, ERR_MEMORY; position = the document. The documents
//           before it are there, it is not, and the one it should replace stays. May allocate. O(bytes).
sl_status sl_fulltext_add(sl_fulltext *index, const uint8_t *bytes, uint32_t byte_count,
                          const uint32_t *parts, uint32_t part_count, bool replace,
                          uint32_t *added);

// Removes documents.
//   keys      byte_count, read: one after another; lengths: count, read
//   removed   written, also on failure
//   Errors: ERR_INDEX ("ids": no such document; position), ERR_OPTION ("lengths"). O(count).
sl_status sl_fulltext_remove(sl_fulltext *index, const uint8_t *keys, uint32_t byte_count,
                             const uint32_t *lengths, uint32_t count, uint32_t *removed);

bool sl_fulltext_has(const sl_fulltext *index, const uint8_t *key, uint32_t length);
uint32_t sl_fulltext_size(const sl_fulltext *index);
size_t sl_fulltext_bytes(const sl_fulltext *index);

// Whose memory belongs to the index.
void sl_fulltext_schema(const sl_fulltext *index, const uint8_t **schema, uint32_t *bytes);

// Numbers, written: documents, removed ones that still count, different words, different stems, lists,
// postings, words of all documents, fields, language, whether there are positions; then for each field the documents
// that have it and their words.
#define SL_FULLTEXT_FACTS 10
void sl_fulltext_facts(const sl_fulltext *index, double *facts);

// Copies of all keys, one after another. lengths: sl_fulltext_size(), written. NULL for keys: the lengths alone.
void sl_fulltext_keys(const sl_fulltext *index, uint8_t *keys, uint32_t *lengths);

// Begins to leave removed documents behind and to give back what growing has reserved: statistics are exact,
// then. Documents keep their order. A change of the index ends it without a result.
//   Errors: ERR_MEMORY; the index is the same after any failure. Takes as much memory again until the end. O(postings).
sl_status sl_fulltext_optimize(sl_fulltext *index);
sl_job *sl_fulltext_job(sl_fulltext *index);
extern const sl_job_kind sl_fulltext_kind;

// ---- asking -------------------------------------------------------------------------------------

typedef enum sl_occur { SL_OCCUR_MAY = 0, SL_OCCUR_MUST = 1, SL_OCCUR_NOT = 2 } sl_occur;
typedef enum sl_clause_kind {
  SL_CLAUSE_WORDS = 0, // each word of the text is a clause
  SL_CLAUSE_PREFIX =
      1, // every word that begins with the text; with a distance, those within it as well
  SL_CLAUSE_FUZZY =
      2, // every word within `distance` edits (insertion, deletion, substitution of a character)
  SL_CLAUSE_PHRASE = 3, // the words of the text one after another
  SL_CLAUSE_VALUE = 4,  // a value as a whole (SL_PART_VALUES)
  SL_CLAUSE_EXACT = 5   // one word that is complete (SL_PART_WORDS)
} sl_clause_kind;
// Numbers of a clause: occur, kind, bits of the fields, where its text begins, its length, distance, boost.
#define SL_CLAUSE_NUMBERS 7

typedef enum sl_scorer_kind { SL_BM25 = 0, SL_BM25F = 1 } sl_scorer_kind;

typedef struct sl_fulltext_question {
  uint32_t k, offset; // results offset to offset + k - 1
  sl_scorer_kind scorer;
  double k1, b;
  bool count; // count all matches: nothing can be skipped
} sl_fulltext_question;
sl_fulltext_question sl_fulltext_question_default(void);

// The k best documents.
//
// With tf the frequency of a word in a field of a document, len the words of that field, avg their average over
// the documents that have the field, n the documents with the word in the field, N all documents:
//   idf = ln(1 + (N - n + 0.5) / (n + 0.5))
//   BM25    sum over clauses, their words and fields of
//           weight * boost * idf * (k1 + 1) * tf / (tf + k1 * (1 - b + b * len / avg))
//   BM25F   sum over clauses and their words of weight * idf * (k1 + 1) * t / (t + k1), where
//           t = sum over fields of boost * tf / (1 - b + b * len / avg), and n the largest of the fields
// The weight is the clause's boost; of a word that a prefix stands for, times length of the prefix / length of the
// word; of one that is e edits away, times 1 - e / the shorter length (at least 0.1). A stem that several such words
// share counts once, with the largest weight. A phrase is a word whose frequency is how often it occurs, at places
// that may overlap.
//
// Based on: S. Robertson, H. Zaragoza, "The probabilistic relevance framework: BM25 and beyond",
// Foundations and Trends in IR 3 (2009), doi:10.1561/1500000019; the idf is Lucene's, never negative.
// H. Turtle, J. Flood, "Query evaluation: strategies and optimizations", IPM 31 (1995): MaxScore.
//
//   clauses   SL_CLAUSE_NUMBERS * clause_count, read
//   text      text_bytes, read
//   boosts    a number a field, read: 0 leaves it out
//   filter    bytes of sl_fulltext_filter(), or NULL: documents that may be found
//   numbers   five, written: results, all matches (-1: not counted), the addresses of scores (f64), of keys (two u32
//             each: where it begins and its length) and of where they begin, until the next call. Equal scores: the older document first
//   Errors: ERR_OPTION ("k1", "b", "boosts", "boost", "clauses", "distance", "k"), ERR_UNSUPPORTED ("positions":
//           a phrase, and they are not kept), ERR_MEMORY. May allocate.
sl_status sl_fulltext_search(sl_fulltext *index, const double *clauses, uint32_t clause_count,
                             const uint8_t *text, uint32_t text_bytes,
                             const sl_fulltext_question *question, const double *boosts,
                             sl_fulltext_filter *filter, double *numbers);

// What the words of a question add to the score of one document, in the order in which they are summed.
//   numbers   four, written: parts, their address (SL_EXPLAINED f64 each: clause, field (-1: several), frequency, length of
//             the field, documents with the word, idf, weight, score, where the word begins and its length), the score (NaN: no
//             match), the address where words begin
//   Errors: ERR_INDEX ("id"), and as above.
#define SL_EXPLAINED 10
sl_status sl_fulltext_explain(sl_fulltext *index, const uint8_t *key, uint32_t key_bytes,
                              const double *clauses, uint32_t clause_count, const uint8_t *text,
                              uint32_t text_bytes, const sl_fulltext_question *question,
                              const double *boosts, double *numbers);

// How often each value of a field (SL_PART_VALUES) occurs among the matches of the last search that counted.
//   most      of them, up to SL_MOST_COUNTED, the most frequent first, equal ones by their bytes
//   numbers   three, written: values, the address of three u32 each (count, where the value begins, its length), the
//             address where values begin
//   Errors: ERR_STATE ("facets": no such search since the index has changed), ERR_OPTION ("field", "most"), ERR_MEMORY.
//   O(values + postings of the field).
sl_status sl_fulltext_facets(sl_fulltext *index, uint32_t field, uint32_t most, double *numbers);

// Words of documents that begin with the text, those of most documents first, then the shorter.
//   fields    bits of fields where they occur
//   numbers   three, written: words, the address of three u32 each (documents, where it begins, its length), the address
//             where words begin
//   Errors: ERR_OPTION ("most"), ERR_MEMORY. O(words that begin so).
sl_status sl_fulltext_suggest(sl_fulltext *index, const uint8_t *text, uint32_t text_bytes,
                              uint32_t fields, uint32_t most, double *numbers);

// The words of a text, and which of them a question means.
//   numbers   two, written: words, the address of three u32 each: where it begins in `bytes`, its length,
//             the bit set of the clauses (the first 32) that it satisfies, wherever it stands
//   Errors: as sl_fulltext_search(), ERR_MEMORY. O(bytes + clauses).
sl_status sl_fulltext_marks(sl_fulltext *index, const uint8_t *bytes, uint32_t byte_count,
                            const double *clauses, uint32_t clause_count, const uint8_t *text,
                            uint32_t text_bytes, double *numbers);

// ---- filters ------------------------------------------------------------------------------------

// A set of keys, for many searches.
//   keys   byte_count, read: one after another; lengths: count, read. Keys that an index does not know are
//          ignored there
//   Errors: ERR_OPTION ("lengths"), ERR_MEMORY. Allocates. O(count).
sl_status sl_fulltext_filter_create(const uint8_t *keys, uint32_t byte_count,
                                    const uint32_t *lengths, uint32_t count,
                                    sl_fulltext_filter **out);
void sl_fulltext_filter_destroy(sl_fulltext_filter *filter);
uint32_t sl_fulltext_filter_count(const sl_fulltext_filter *filter);
size_t sl_fulltext_filter_bytes(const sl_fulltext_filter *filter);

// ---- files --------------------------------------------------------------------------------------

// Saves, as base/container.h says; the index must stay, and not change, as long as the writer. Errors: ERR_MEMORY. Allocates
// about the size of the file.
sl_status sl_fulltext_save(sl_fulltext *index, sl_writer **out);

// From a file that was read whole. Errors: those of the reader, ERR_FORMAT, ERR_MEMORY. Safe on untrusted bytes: yes.
// O(bytes).
sl_status sl_fulltext_load(sl_reader *reader, sl_fulltext **out);

// ---- an index that is read by ranges ------------------------------------------------------------
//
//   sl_fulltext_save_head, sl_fulltext_lists -> two parts of a file
//   sl_fulltext_load_head -> [ sl_fulltext_wanted -> sl_fulltext_give* -> sl_fulltext_search -> sl_fulltext_forget* ]*
//
// The head has everything but the lists of words: keys, lengths, words, and where the lists of each are. A question says
// which it needs, and when they are given it is answered as by the whole index, to the same bits. What changes the index, saves it, and
// counts values or words of all documents (facets, suggest) is ERR_UNSUPPORTED ("index"); a question whose lists are not there
// ERR_STATE ("index").

// Saves the head, a file of the kind SL_FILE_TEXT_HEAD, as sl_fulltext_save() saves a whole index.
sl_status sl_fulltext_save_head(sl_fulltext *index, sl_writer **out);

// The lists of all words, one behind another.
//   numbers   two, written: their address, until the next call of anything that writes numbers, and how many bytes
//   Errors: ERR_MEMORY, ERR_OVERFLOW (4 GB). O(bytes).
sl_status sl_fulltext_lists(sl_fulltext *index, double *numbers);

// From a head. Errors: those of the reader, ERR_FORMAT, ERR_MEMORY. Safe on untrusted bytes: yes. O(bytes).
sl_status sl_fulltext_load_head(sl_reader *reader, sl_fulltext **out);

// The words whose lists a question needs; one may come several times. Takes what sl_fulltext_search() takes.
//   numbers   two, written: how many, and the address of four numbers each: the word, where its lists begin among those of all,
//             their bytes, and the bytes that they take in memory (0: they are not there), until the next call
//   Errors: those of sl_fulltext_search(), ERR_STATE ("index": it is a whole one).
sl_status sl_fulltext_wanted(sl_fulltext *index, const double *clauses, uint32_t clause_count,
                             const uint8_t *text, uint32_t text_bytes, const double *boosts,
                             double *numbers);

// The lists of a word, which stay until they are forgotten. Nothing happens where they are there.
//   bytes   count, read
//   Errors: ERR_FORMAT ("bytes": no lists of this index), ERR_SHAPE ("bytes"), ERR_INDEX ("term"), ERR_STATE, ERR_MEMORY; they are not there
//           then. Safe on untrusted bytes: yes. O(count).
sl_status sl_fulltext_give(sl_fulltext *index, uint32_t term, const uint8_t *bytes, uint32_t count);
// Frees them. Errors: ERR_INDEX ("term"), ERR_STATE.
sl_status sl_fulltext_forget(sl_fulltext *index, uint32_t term);

#endif
